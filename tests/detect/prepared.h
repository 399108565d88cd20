/* Tables of prepared numbers for the tests of single detectors: flags, a few values, heavy and even spreads, one value far out. */
#ifndef HG_TESTS_DETECT_PREPARED_H
#define HG_TESTS_DETECT_PREPARED_H

#include "base/rng.h"
#include "detect/detect.h"

#include <math.h>
#include <stdlib.h>

static inline float prepared_cell(struct hg_rng *rng, size_t column)
{
    double u = hg_rng_unit(rng), v = hg_rng_unit(rng);
    switch (column % 6) {
    case 0:
        return (float)hg_rng_below(rng, 2);
    case 1:
        return (float)(u * v);
    case 2:
        return (float)(-1e6 * u);
    case 3:
        return (float)hg_rng_below(rng, 40) * 0.25f;
    case 4:
        return u < 0.001 ? 1e30f : (float)v;
    default:
        return (float)(u + v - 1);
    }
}

/* Freed by prepared_free(). Its stride is greater than its rows. */
static inline struct hg_table prepared_table(size_t rows, size_t columns, uint64_t seed)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    size_t stride = rows + 3;
    float *cells = calloc(columns * stride, sizeof *cells);
    HG_ASSERT(cells != NULL);
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < rows; i++)
            cells[c * stride + i] = prepared_cell(&rng, c);
    return (struct hg_table){.cells = cells, .rows = rows, .columns = columns, .stride = stride};
}

static inline float *prepared_at(const struct hg_table *table, size_t row, size_t column)
{
    float *cells;
    memcpy(&cells, &table->cells, sizeof cells); /* ours, for all that a table is read only */
    return &cells[column * table->stride + row];
}

static inline void prepared_row(const struct hg_table *table, size_t row, float *ret)
{
    for (size_t c = 0; c < table->columns; c++)
        ret[c] = *prepared_at(table, row, c);
}

static inline void prepared_free(struct hg_table *table)
{
    free(prepared_at(table, 0, 0));
}

static inline struct hg_detector_state *prepared_fit(const struct hg_detector *detector, const struct hg_table *table, uint64_t seed,
                                                     float contamination)
{
    struct hg_detector_state *state = NULL;
    struct hg_fit_settings settings = {.seed = seed, .contamination = contamination};
    HG_ASSERT(detector->fit(table, &settings, &state, NULL) == HG_OK);
    return state;
}

#endif
