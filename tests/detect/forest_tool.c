/*
 * The isolation forest for test_adbench.py: forest_tool COLUMNS SEEDS < rows > scores. Rows are float32, row-major; for
 * each seed from 0 the forest is fitted to all rows and their scores are written as float32.
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

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t columns = strtoul(argv[1], NULL, 10), seeds = strtoul(argv[2], NULL, 10), rows;
    float *cells = read_rows(columns, &rows);
    float *turned = transpose(cells, rows, columns), *scores = malloc(rows * sizeof *scores);
    if (turned == NULL || scores == NULL)
        return 1;
    struct hg_table table = {.cells = turned, .rows = rows, .columns = columns, .stride = rows};
    const struct hg_detector *detector = hg_detector_named(HG_SLICE("iforest"));
    for (size_t seed = 0; seed < seeds; seed++) {
        struct hg_detector_state *state;
        struct hg_err err;
        if (detector->fit(&table, &(struct hg_fit_settings){.seed = seed}, &state, &err) != HG_OK) {
            fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
        detector->score(state, &table, scores);
        detector->destroy(state);
        if (fwrite(scores, sizeof *scores, rows, stdout) != rows)
            return 1;
    }
    free(cells);
    free(turned);
    free(scores);
    return 0;
}
