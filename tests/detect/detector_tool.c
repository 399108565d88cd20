/*
 * A detector for test_quality.py: detector_tool NAME COLUMNS TRAINING CONTAMINATION SEEDS < rows > scores. Rows are float32,
 * row-major. For each seed from 0 the detector is fitted to the first TRAINING rows, and the scores of the others are written as
 * float32.
 */
#include "detect/detect.h"

#include <stdio.h>
#include <stdlib.h>

static float *read_rows(size_t columns, size_t *ret_rows)
{
    float *cells = NULL;
    size_t n = 0, cap = 0;
    for (size_t got = 1; got > 0; n += got) {
        if (n == cap) {
            cap = cap == 0 ? 65536 : cap * 2;
            cells = realloc(cells, cap * sizeof *cells);
            if (cells == NULL)
                exit(1);
        }
        got = fread(cells + n, sizeof *cells, cap - n, stdin);
    }
    *ret_rows = n / columns;
    return cells;
}

static float *transpose(const float *cells, size_t rows, size_t columns)
{
    float *out = malloc(rows * columns * sizeof *out);
    for (size_t i = 0; out != NULL && i < rows; i++)
        for (size_t c = 0; c < columns; c++)
            out[c * rows + i] = cells[i * columns + c];
    return out;
}

static int run(const struct hg_detector *detector, const struct hg_table *table, size_t training, float contamination, size_t seeds)
{
    struct hg_table fitted = *table, others = *table;
    fitted.rows = training;
    others.rows -= training;
    others.cells += training;
    float *scores = malloc(others.rows * sizeof *scores);
    for (size_t seed = 0; scores != NULL && seed < seeds; seed++) {
        struct hg_detector_state *state;
        struct hg_err err;
        struct hg_fit_settings settings = {.seed = seed, .contamination = contamination};
        if (detector->fit(&fitted, &settings, &state, &err) != HG_OK) {
            fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
        detector->score(state, &others, scores);
        detector->destroy(state);
        if (fwrite(scores, sizeof *scores, others.rows, stdout) != others.rows)
            return 1;
    }
    free(scores);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    const struct hg_detector *detector = hg_detector_named(hg_slice_of(argv[1]));
    size_t columns = strtoul(argv[2], NULL, 10), training = strtoul(argv[3], NULL, 10), seeds = strtoul(argv[5], NULL, 10), rows;
    if (detector == NULL || columns == 0)
        return 2;
    float *cells = read_rows(columns, &rows), *turned = transpose(cells, rows, columns);
    if (turned == NULL || training > rows)
        return 1;
    struct hg_table table = {.cells = turned, .rows = rows, .columns = columns, .stride = rows};
    int status = run(detector, &table, training, strtof(argv[4], NULL), seeds);
    free(cells);
    free(turned);
    return status;
}
