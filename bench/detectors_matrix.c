/* Numbers in, scores out, as scikit-learn's score_samples has it: a matrix of float32, a row after another, from a file; a forest of
 * 100 x 256 fitted to it; two threads score a half each. Turning rows into columns is part of the time. */
#include "bench/detectors.h"
#include "detect/iforest.h"

#include <pthread.h>

#define BLOCK  1024u
#define STRIDE (BLOCK + 16u) /* columns of a power of two apart would share the same lines of the cache */
#define PASSES 5

struct matrix {
    float *cells; /* row-major */
    size_t rows, columns;
};

struct half {
    const struct forest *forest;
    const struct matrix *matrix;
    size_t first, end;
    float *columns; /* of a block */
    float *scores;
};

static struct matrix read_matrix(const char *path, size_t columns)
{
    struct matrix matrix = {.columns = columns};
    FILE *file = fopen(path, "rb");
    HG_ASSERT(file != NULL && columns > 0 && fseek(file, 0, SEEK_END) == 0);
    size_t cells = (size_t)ftell(file) / sizeof(float);
    rewind(file);
    matrix.rows = cells / columns;
    matrix.cells = malloc(cells * sizeof(float));
    HG_ASSERT(matrix.cells != NULL && fread(matrix.cells, sizeof(float), cells, file) == cells);
    fclose(file);
    return matrix;
}

static struct hg_table turned(const struct matrix *matrix, size_t first, size_t rows, size_t stride, float *out)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < matrix->columns; c++)
            out[c * stride + i] = matrix->cells[(first + i) * matrix->columns + c];
    return (struct hg_table){.cells = out, .rows = rows, .columns = matrix->columns, .stride = stride};
}

static void *score_half(void *self)
{
    struct half *half = self;
    for (size_t first = half->first; first < half->end; first += BLOCK) {
        size_t rows = half->end - first < BLOCK ? half->end - first : BLOCK;
        struct hg_table table = turned(half->matrix, first, rows, STRIDE, half->columns);
        forest_score(half->forest, &table, half->scores + first);
    }
    return NULL;
}

static double pass(struct half halves[2])
{
    pthread_t other;
    double start = bench_wall_ns();
    int failed = pthread_create(&other, NULL, score_half, &halves[1]);
    HG_ASSERT(failed == 0);
    score_half(&halves[0]);
    pthread_join(other, NULL);
    return (double)halves[1].end / (bench_wall_ns() - start) * 1e9;
}

int bench_matrix(const char *path, size_t columns)
{
    struct matrix matrix = read_matrix(path, columns);
    float *all = malloc(matrix.rows * columns * sizeof *all), *blocks = malloc(2 * STRIDE * columns * sizeof *blocks);
    float *scores = malloc(matrix.rows * sizeof *scores);
    struct forest *forest;
    HG_ASSERT(all != NULL && blocks != NULL && scores != NULL);
    struct hg_table table = turned(&matrix, 0, matrix.rows, matrix.rows, all);
    struct hg_err err;
    if (forest_fit(&table, &FOREST_SHALLOW, 1, &forest, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    struct half halves[2] = {{forest, &matrix, 0, matrix.rows / 2, blocks, scores},
                             {forest, &matrix, matrix.rows / 2, matrix.rows, blocks + STRIDE * columns, scores}};
    double rates[PASSES];
    for (int i = 0; i < PASSES; i++)
        rates[i] = pass(halves);
    bench_figure(bench_at(rates, PASSES, 0.5), "rows/s", "numbers in, scores out, two threads");
    forest_destroy(forest);
    free(scores);
    free(blocks);
    free(all);
    free(matrix.cells);
    return 0;
}
