#include "detect/iforest.h"

/* The slow ways through a forest: the reference of the kernel, rows with gaps, and the reasons for a score. */

float forest_reference(const struct hg_detector_state *forest, const float *row)
{
    uint64_t sum = 0;
    for (int t = 0; t < FOREST_TREES; t++) {
        const struct forest_tree *tree = &forest->trees[t];
        uint32_t q = 0, depth = 0;
        for (; !forest_is_leaf(tree, q); depth++)
            q = row[tree->nodes[q].feature] <= tree->nodes[q].threshold ? 2 * q + 1 : 2 * q + 2;
        uint32_t leftmost = ((q + 1) << (FOREST_DEPTH - depth)) - 1;
        sum += tree->lengths[leftmost - FOREST_NODES];
    }
    return forest_score_of(forest, (double)sum);
}

static inline bool is_missing(float value)
{
    return value != value;
}

/* The expected length below q: both branches, weighted by their training rows, where the column is missing. */
static double partial_length(const struct forest_tree *tree, uint32_t q, const float *row)
{
    while (!forest_is_leaf(tree, q)) {
        float value = row[tree->nodes[q].feature];
        if (is_missing(value)) {
            double left = tree->counts[2 * q + 1], right = tree->counts[2 * q + 2];
            return (left * partial_length(tree, 2 * q + 1, row) + right * partial_length(tree, 2 * q + 2, row)) /
                   (left + right);
        }
        q = value <= tree->nodes[q].threshold ? 2 * q + 1 : 2 * q + 2;
    }
    return (double)tree->expected[q];
}

float forest_score_partial(const struct hg_detector_state *forest, const float *row)
{
    double sum = 0;
    for (int t = 0; t < FOREST_TREES; t++)
        sum += partial_length(&forest->trees[t], 0, row);
    return forest_score_of(forest, sum);
}

/* Each split is credited with how much shorter the path became by it; what made it longer speaks for the row and counts
 * 0. */
static void credit(const struct forest_tree *tree, const float *row, double *credits)
{
    uint32_t q = 0;
    while (!forest_is_leaf(tree, q)) {
        uint32_t feature = tree->nodes[q].feature, left = 2 * q + 1, right = 2 * q + 2;
        float value = row[feature];
        if (is_missing(value)) { /* no credit: on with the larger branch */
            q = tree->counts[left] >= tree->counts[right] ? left : right;
            continue;
        }
        uint32_t child = value <= tree->nodes[q].threshold ? left : right;
        credits[feature] += (double)tree->expected[q] - (double)tree->expected[child];
        q = child;
    }
}

void forest_explain(const struct hg_detector_state *forest, const float *row, float *ret_shares)
{
    double credits[FOREST_COLUMNS] = {0}, total = 0;
    for (int t = 0; t < FOREST_TREES; t++)
        credit(&forest->trees[t], row, credits);
    for (uint32_t c = 0; c < forest->columns; c++) {
        credits[c] = credits[c] > 0 ? credits[c] : 0;
        total += credits[c];
    }
    for (uint32_t c = 0; c < forest->columns; c++)
        ret_shares[c] = total > 0 ? (float)(credits[c] / total) : 0;
}
