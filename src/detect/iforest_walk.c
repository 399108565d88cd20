#include "detect/iforest.h"

/* Walks through the trees, as far as rows aren't bits of a vector; the reference of all kernels; rows with gaps; and the reasons for
 * a score. */

static const struct forest_node *nodes_of(const struct forest *forest, uint32_t t)
{
    return forest->nodes + forest->trees[t].first;
}

/* Side by side, so that their loads overlap. */
static inline void walk_lanes(const struct forest *forest, uint32_t t, const uint8_t *codes, size_t stride, uint32_t *sums)
{
    const struct forest_node *nodes = nodes_of(forest, t);
    uint32_t at[FOREST_WALK_LANES] = {0};
    for (uint32_t level = 0; level < forest->depth; level++)
        for (uint32_t lane = 0; lane < FOREST_WALK_LANES; lane++)
            at[lane] = forest_step(nodes, at[lane], codes[nodes[at[lane]].feature * stride + lane]);
    for (uint32_t lane = 0; lane < FOREST_WALK_LANES; lane++)
        sums[lane] += forest->lengths[forest->trees[t].first + at[lane]];
}

void forest_walk(const struct forest *forest, const uint8_t *codes, size_t stride, size_t rows, uint32_t *ret_sums)
{
    memset(ret_sums, 0, rows * sizeof *ret_sums);
    for (uint32_t t = 0; t < forest->n_trees; t++)
        for (size_t i = 0; i < rows; i += FOREST_WALK_LANES)
            walk_lanes(forest, t, codes + i, stride, ret_sums + i);
}

/* One row in n trees side by side; inlined, so that n is known. */
__attribute__((always_inline)) static inline uint32_t walk_trees(const struct forest *forest, uint32_t t, uint32_t n,
                                                                 const uint8_t *codes)
{
    uint32_t at[FOREST_WALK_TREES] = {0}, sum = 0;
    for (uint32_t level = 0; level < forest->depth; level++)
        for (uint32_t u = 0; u < n; u++) {
            const struct forest_node *nodes = nodes_of(forest, t + u);
            at[u] = forest_step(nodes, at[u], codes[nodes[at[u]].feature]);
        }
    for (uint32_t u = 0; u < n; u++)
        sum += forest->lengths[forest->trees[t + u].first + at[u]];
    return sum;
}

uint32_t forest_walk_one(const struct forest *forest, const uint8_t *codes)
{
    uint32_t sum = 0, t = 0;
    for (; t + FOREST_WALK_TREES <= forest->n_trees; t += FOREST_WALK_TREES)
        sum += walk_trees(forest, t, FOREST_WALK_TREES, codes);
    for (; t < forest->n_trees; t++)
        sum += walk_trees(forest, t, 1, codes);
    return sum;
}

float forest_reference(const struct forest *forest, const float *row)
{
    uint64_t sum = 0;
    for (uint32_t t = 0; t < forest->n_trees; t++) {
        const struct forest_node *nodes = nodes_of(forest, t);
        uint32_t at = 0;
        while (!forest_is_leaf(nodes, at)) {
            uint32_t feature = nodes[at].feature;
            at = codes_of_one(&forest->coders[feature], row[feature]) > nodes[at].cut ? nodes[at].left + 1u : nodes[at].left;
        }
        sum += forest->lengths[forest->trees[t].first + at];
    }
    return forest_score_of(forest, (double)sum);
}

/* ---- one row with gaps */

struct coded_row {
    uint8_t codes[HG_COLUMNS_MAX];
    bool missing[HG_COLUMNS_MAX];
};

static void code_row(const struct forest *forest, const float *row, struct coded_row *ret)
{
    for (uint32_t f = 0; f < forest->n_features; f++) {
        uint32_t c = forest->features[f];
        ret->missing[c] = row[c] != row[c];
        ret->codes[c] = codes_of_one(&forest->coders[c], row[c]);
    }
}

/* The expected length below a node: both branches, weighted by their training rows, where the column is missing. */
static double partial_length(const struct forest *forest, const struct forest_tree *tree, uint32_t at, const struct coded_row *row)
{
    const struct forest_node *nodes = forest->nodes + tree->first;
    const uint16_t *counts = forest->counts + tree->first;
    while (!forest_is_leaf(nodes, at)) {
        uint32_t left = nodes[at].left, feature = nodes[at].feature;
        if (row->missing[feature]) {
            double below_left = partial_length(forest, tree, left, row), below_right = partial_length(forest, tree, left + 1, row);
            return ((double)counts[left] * below_left + (double)counts[left + 1] * below_right) / counts[at];
        }
        at = forest_step(nodes, at, row->codes[feature]);
    }
    return forest->lengths[tree->first + at];
}

float forest_score_partial(const struct forest *forest, const float *row)
{
    struct coded_row coded;
    double sum = 0;
    code_row(forest, row, &coded);
    for (uint32_t t = 0; t < forest->n_trees; t++)
        sum += partial_length(forest, &forest->trees[t], 0, &coded);
    return forest_score_of(forest, sum);
}

/*
 * Reasons: each split is credited with how much shorter the path became by it; what made it longer speaks for the row and counts 0. A
 * tree's credits count 2^-length: as much as the row is rare to it, since the trees that set it apart early know why
 * (docs/detection.md has the figures).
 */
#define CREDIT_BITS 31 /* lengths are below 32, so that sums over all trees fit 64 bits */

static inline int64_t weight_of(const struct forest *forest, const struct forest_tree *tree, uint32_t leaf)
{
    return INT64_C(1) << (CREDIT_BITS - (forest->lengths[tree->first + leaf] >> FOREST_FRACTION));
}

static inline void add_credit(const struct forest *forest, const struct forest_tree *tree, uint32_t at, uint32_t next, int64_t weight,
                              int64_t *credits)
{
    const uint32_t *lengths = forest->lengths + tree->first;
    credits[forest->nodes[tree->first + at].feature] += ((int64_t)lengths[at] - (int64_t)lengths[next]) * weight;
}

/* As walk_trees; a leaf is its own child, and adds 0 to whatever it is credited to. */
__attribute__((always_inline)) static inline uint32_t credit_trees(const struct forest *forest, uint32_t t, uint32_t n,
                                                                   const uint8_t *codes, int64_t *credits)
{
    uint32_t path[FOREST_DEPTH_MAX + 1][FOREST_WALK_TREES] = {0}, sum = 0;
    for (uint32_t level = 0; level < forest->depth; level++)
        for (uint32_t u = 0; u < n; u++) {
            const struct forest_node *nodes = nodes_of(forest, t + u);
            path[level + 1][u] = forest_step(nodes, path[level][u], codes[nodes[path[level][u]].feature]);
        }
    for (uint32_t u = 0; u < n; u++) {
        const struct forest_tree *tree = &forest->trees[t + u];
        int64_t weight = weight_of(forest, tree, path[forest->depth][u]);
        for (uint32_t level = 0; level < forest->depth; level++)
            add_credit(forest, tree, path[level][u], path[level + 1][u], weight, credits);
        sum += forest->lengths[tree->first + path[forest->depth][u]];
    }
    return sum;
}

/* Where the column is missing nothing is credited, and the larger branch is taken. */
static uint32_t step_gaps(const struct forest *forest, const struct forest_tree *tree, uint32_t at, const struct coded_row *row)
{
    const struct forest_node *nodes = forest->nodes + tree->first;
    const uint16_t *counts = forest->counts + tree->first;
    uint32_t left = nodes[at].left, feature = nodes[at].feature;
    return row->missing[feature] ? left + (counts[left + 1] > counts[left]) : forest_step(nodes, at, row->codes[feature]);
}

static void credit_gaps(const struct forest *forest, const struct forest_tree *tree, const struct coded_row *row, int64_t *credits)
{
    const struct forest_node *nodes = forest->nodes + tree->first;
    uint32_t leaf = 0;
    while (!forest_is_leaf(nodes, leaf))
        leaf = step_gaps(forest, tree, leaf, row);
    int64_t weight = weight_of(forest, tree, leaf);
    for (uint32_t at = 0, next; at != leaf; at = next) {
        next = step_gaps(forest, tree, at, row);
        if (!row->missing[nodes[at].feature])
            add_credit(forest, tree, at, next, weight, credits);
    }
}

static bool has_gaps(const struct forest *forest, const struct coded_row *row)
{
    bool gaps = false;
    for (uint32_t f = 0; f < forest->n_features; f++)
        gaps |= row->missing[forest->features[f]];
    return gaps;
}

static double credit_all(const struct forest *forest, const struct coded_row *row, int64_t *credits)
{
    double sum = 0;
    uint32_t t = 0;
    if (has_gaps(forest, row)) {
        for (; t < forest->n_trees; t++) {
            credit_gaps(forest, &forest->trees[t], row, credits);
            sum += partial_length(forest, &forest->trees[t], 0, row);
        }
        return sum;
    }
    for (; t + FOREST_WALK_TREES <= forest->n_trees; t += FOREST_WALK_TREES)
        sum += credit_trees(forest, t, FOREST_WALK_TREES, row->codes, credits);
    for (; t < forest->n_trees; t++)
        sum += credit_trees(forest, t, 1, row->codes, credits);
    return sum;
}

float forest_explain(const struct forest *forest, const float *row, float *ret_shares)
{
    struct coded_row coded;
    int64_t credits[HG_COLUMNS_MAX], total = 0;
    memset(credits, 0, forest->columns * sizeof *credits);
    code_row(forest, row, &coded);
    double sum = credit_all(forest, &coded, credits);
    for (uint32_t c = 0; c < forest->columns; c++)
        total += credits[c] > 0 ? credits[c] : 0;
    for (uint32_t c = 0; c < forest->columns; c++)
        ret_shares[c] = credits[c] > 0 ? (float)((double)credits[c] / (double)total) : 0;
    return forest_score_of(forest, sum);
}
