#include "base/rng.h"
#include "detect/iforest.h"

#include <math.h>
#include <stdlib.h>

double forest_average_path(uint32_t n)
{
    if (n < 2)
        return 0;
    double harmonic = 0;
    for (uint32_t i = n - 1; i >= 1; i--)
        harmonic += 1.0 / i;
    return 2 * harmonic - 2.0 * (n - 1) / n;
}

void forest_put_leaf(struct forest_tree *tree, uint32_t q, uint32_t depth, uint16_t count)
{
    double length = depth + forest_average_path(count);
    tree->counts[q] = count;
    for (; depth < FOREST_DEPTH; depth++) {
        tree->nodes[q] = (struct forest_node){.threshold = INFINITY, .feature = 0};
        q = 2 * q + 1;
    }
    tree->lengths[q - FOREST_NODES] = (uint32_t)(length * (1 << FOREST_FRACTION) + 0.5);
}

static void finish_node(struct forest_tree *tree, uint32_t q, uint32_t depth)
{
    if (forest_is_leaf(tree, q)) {
        uint32_t leftmost = ((q + 1) << (FOREST_DEPTH - depth)) - 1;
        tree->expected[q] = (float)tree->lengths[leftmost - FOREST_NODES];
        return;
    }
    uint32_t left = 2 * q + 1, right = 2 * q + 2;
    finish_node(tree, left, depth + 1);
    finish_node(tree, right, depth + 1);
    tree->counts[q] = (uint16_t)(tree->counts[left] + tree->counts[right]);
    double sum = (double)tree->counts[left] * (double)tree->expected[left] +
                 (double)tree->counts[right] * (double)tree->expected[right];
    tree->expected[q] = (float)(sum / tree->counts[q]);
}

bool forest_finish(struct hg_detector_state *forest)
{
    double per_tree = forest_average_path(forest->sample) * (1 << FOREST_FRACTION);
    forest->scale = 1 / (per_tree * FOREST_TREES);
    for (int t = 0; t < FOREST_TREES; t++)
        finish_node(&forest->trees[t], 0, 0);
    return forest_slice(forest);
}

/* ---- growing */

struct growth {
    struct forest_cuts cuts[FOREST_COLUMNS];
    struct forest_tree *tree;
    struct hg_rng rng;
    uint32_t columns, depth_limit;
    uint16_t rows[FOREST_SAMPLE]; /* of the sample, partitioned as the tree grows */
    float cells[FOREST_COLUMNS][FOREST_SAMPLE];
};

static void sample_rows(const struct hg_table *table, uint32_t sample, uint32_t *shuffled, struct growth *growth)
{
    for (uint32_t i = 0; i < sample; i++) { /* Fisher-Yates, its first steps; any start order will do */
        size_t j = i + (size_t)hg_rng_below(&growth->rng, table->rows - i);
        uint32_t row = shuffled[j];
        shuffled[j] = shuffled[i];
        shuffled[i] = row;
        growth->rows[i] = (uint16_t)i;
        for (size_t c = 0; c < table->columns; c++)
            growth->cells[c][i] = table->cells[c * table->stride + row];
    }
}

/* The first cut that is not below the value; cuts->n when all are. */
static uint32_t first_cut(const struct forest_cuts *cuts, float value)
{
    uint32_t low = 0, high = cuts->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cuts->at[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A cut in [low, high), so that both branches get rows: the one at or below a uniform point between them, on a log scale for heavy
 * tails. False where the grid has none there. */
static bool draw_threshold(struct growth *growth, uint32_t column, float low, float high, float *ret)
{
    const struct forest_cuts *cuts = &growth->cuts[column];
    uint32_t first = first_cut(cuts, low), end = first_cut(cuts, high);
    double u = hg_rng_unit(&growth->rng), point;
    if (first == end)
        return false;
    point = (double)low + u * ((double)high - (double)low);
    uint32_t pick = first_cut(cuts, (float)point);
    if (pick == end || cuts->at[pick] > (float)point)
        pick = pick > first ? pick - 1 : first;
    *ret = cuts->at[pick];
    return true;
}

static bool column_range(const struct growth *growth, uint32_t column, uint32_t begin, uint32_t end, float *ret_low,
                         float *ret_high)
{
    const float *cells = growth->cells[column];
    float low = cells[growth->rows[begin]], high = low;
    for (uint32_t i = begin + 1; i < end; i++) {
        float value = cells[growth->rows[i]];
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    *ret_low = low;
    *ret_high = high;
    return low < high;
}

/* A column that can be cut between the rows, each with the same chance. */
static bool draw_split(struct growth *growth, uint32_t begin, uint32_t end, struct forest_node *ret)
{
    uint8_t left[FOREST_COLUMNS];
    for (uint32_t c = 0; c < growth->columns; c++)
        left[c] = (uint8_t)c;
    for (uint32_t n = growth->columns; n > 0; n--) {
        uint64_t pick = hg_rng_below(&growth->rng, n);
        uint8_t column = left[pick];
        left[pick] = left[n - 1];
        float low, high;
        if (column_range(growth, column, begin, end, &low, &high) && draw_threshold(growth, column, low, high, &ret->threshold)) {
            ret->feature = column;
            return true;
        }
    }
    return false;
}

static uint32_t partition(struct growth *growth, const struct forest_node *split, uint32_t begin, uint32_t end)
{
    const float *cells = growth->cells[split->feature];
    uint32_t middle = begin;
    for (uint32_t i = begin; i < end; i++) {
        uint16_t row = growth->rows[i];
        if (cells[row] <= split->threshold) {
            growth->rows[i] = growth->rows[middle];
            growth->rows[middle++] = row;
        }
    }
    return middle;
}

static void grow(struct growth *growth, uint32_t q, uint32_t depth, uint32_t begin, uint32_t end)
{
    struct forest_node split;
    if (depth == growth->depth_limit || end - begin < 2 || !draw_split(growth, begin, end, &split)) {
        forest_put_leaf(growth->tree, q, depth, (uint16_t)(end - begin));
        return;
    }
    growth->tree->nodes[q] = split;
    uint32_t middle = partition(growth, &split, begin, end);
    grow(growth, 2 * q + 1, depth + 1, begin, middle);
    grow(growth, 2 * q + 2, depth + 1, middle, end);
}

static uint32_t log2_ceil(uint32_t n)
{
    uint32_t bits = 0;
    while (1u << bits < n)
        bits++;
    return bits;
}

static void grow_all(const struct hg_table *table, uint64_t seed, struct growth *growth, uint32_t *shuffled,
                     struct hg_detector_state *forest)
{
    for (uint32_t i = 0; i < table->rows; i++)
        shuffled[i] = i;
    growth->columns = forest->columns;
    forest_choose_cuts(table, growth->cuts);
    growth->depth_limit = log2_ceil(forest->sample);
    for (uint32_t t = 0; t < FOREST_TREES; t++) {
        growth->tree = &forest->trees[t];
        growth->rng = hg_rng_seeded(hg_mix64(seed) + t);
        sample_rows(table, forest->sample, shuffled, growth);
        grow(growth, 0, 0, 0, forest->sample);
    }
    HG_ASSERT(forest_finish(forest));
}

static enum hg_rc fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr)
{
    if (table->rows < 2 || table->rows > UINT32_MAX || table->columns < 1 || table->columns > FOREST_COLUMNS)
        return hg_fail(reterr, HG_ESTATE, "iforest: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct hg_detector_state *forest = calloc(1, sizeof *forest);
    struct growth *growth = malloc(sizeof *growth);
    uint32_t *shuffled = malloc(table->rows * sizeof *shuffled);
    enum hg_rc rc = HG_OK;
    if (forest == NULL || growth == NULL || shuffled == NULL) {
        rc = hg_fail(reterr, HG_ENOMEM, "iforest: no memory for a forest of %zu rows", table->rows);
        free(forest);
    } else {
        forest->columns = (uint32_t)table->columns;
        forest->sample = table->rows < FOREST_SAMPLE ? (uint32_t)table->rows : FOREST_SAMPLE;
        grow_all(table, settings->seed, growth, shuffled, forest);
        *ret = forest;
    }
    free(growth);
    free(shuffled);
    return rc;
}

static void destroy(struct hg_detector_state *forest)
{
    free(forest);
}

extern const struct hg_detector hg_detector_iforest;
const struct hg_detector hg_detector_iforest = {
    .name = "iforest",
    .summary = "isolation forest: odd is what few random cuts set apart",
    .fit = fit,
    .destroy = destroy,
    .score = forest_score,
    .score_partial = forest_score_partial,
    .explain = forest_explain,
    .serialise = forest_serialise,
    .parse = forest_parse,
};
