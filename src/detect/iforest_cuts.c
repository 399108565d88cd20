#include "detect/iforest.h"

#include <stdlib.h>

/*
 * The grid that thresholds come from. A column of few values is cut at each of them, which loses nothing: a threshold between two
 * neighbours parts the rows the same wherever it lies. Others get even cuts over the trimmed range (0.1 % to 99.9 %), on a log
 * scale for heavy tails, and a few more out to the extremes, so that what is far out can still be set apart.
 */
static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static size_t sorted_sample(const struct hg_table *table, size_t column, float *ret)
{
    size_t n = table->rows < FOREST_CUT_ROWS ? table->rows : FOREST_CUT_ROWS;
    const float *cells = table->cells + column * table->stride;
    for (size_t i = 0; i < n; i++)
        ret[i] = cells[i * table->rows / n];
    qsort(ret, n, sizeof *ret, by_value);
    return n;
}

static void extremes(const struct hg_table *table, size_t column, float *ret_low, float *ret_high)
{
    const float *cells = table->cells + column * table->stride;
    float low = cells[0], high = cells[0];
    for (size_t i = 1; i < table->rows; i++) {
        low = cells[i] < low ? cells[i] : low;
        high = cells[i] > high ? cells[i] : high;
    }
    *ret_low = low;
    *ret_high = high;
}

static void put_cut(struct forest_cuts *cuts, float at)
{
    if (cuts->n < FOREST_CUTS && (cuts->n == 0 || at > cuts->at[cuts->n - 1]))
        cuts->at[cuts->n++] = at;
}

/* n cuts from low on, short of high. */
static void put_even(struct forest_cuts *cuts, float low, float high, uint32_t n)
{
    double from = (double)low, to = (double)high;
    for (uint32_t i = 0; i < n; i++) {
        double at = from + (to - from) * i / n;
        put_cut(cuts, i == 0 ? low : (float)at);
    }
}

static uint32_t distinct_values(const float *sorted, size_t n)
{
    uint32_t distinct = 1;
    for (size_t i = 1; i < n && distinct <= FOREST_CUTS; i++)
        distinct += sorted[i] != sorted[i - 1];
    return distinct;
}

static void choose(const struct hg_table *table, size_t column, float *sample, struct forest_cuts *cuts)
{
    size_t n = sorted_sample(table, column, sample);
    float low, high;
    cuts->n = 0;
    extremes(table, column, &low, &high);
    if (distinct_values(sample, n) <= FOREST_CUTS) {
        put_cut(cuts, low);
        for (size_t i = 0; i < n; i++)
            put_cut(cuts, sample[i]);
        return;
    }
    float trimmed_low = sample[n / 1000], trimmed_high = sample[n - 1 - n / 1000];
    put_even(cuts, low, trimmed_low, low < trimmed_low ? FOREST_TAIL_CUTS : 0);
    put_even(cuts, trimmed_low, trimmed_high, FOREST_CUTS - 2 * FOREST_TAIL_CUTS);
    put_even(cuts, trimmed_high, high, FOREST_TAIL_CUTS);
}

void forest_choose_cuts(const struct hg_table *table, struct forest_cuts cuts[FOREST_COLUMNS])
{
    float sample[FOREST_CUT_ROWS];
    for (size_t c = 0; c < table->columns; c++)
        choose(table, c, sample, &cuts[c]);
}
