#include "detect/iforest.h"

#include <stdlib.h>

/* What a forest is made of, whoever makes it. */

double forest_average_path(uint32_t n)
{
    if (n < 2)
        return 0;
    double harmonic = 0;
    for (uint32_t i = n - 1; i >= 1; i--)
        harmonic += 1.0 / i;
    return 2 * harmonic - 2.0 * (n - 1) / n;
}

uint32_t forest_length(uint32_t depth, uint32_t count)
{
    return (uint32_t)((depth + forest_average_path(count)) * (1 << FOREST_FRACTION) + 0.5);
}

size_t forest_nodes_of(const struct forest_settings *settings)
{
    size_t leaves = (size_t)1 << settings->depth;
    return 2 * (leaves < settings->sample ? leaves : settings->sample) - 1;
}

enum hg_rc forest_create(size_t columns, const struct forest_settings *settings, struct forest **ret, struct hg_err *reterr)
{
    size_t nodes = settings->trees * forest_nodes_of(settings);
    struct forest *forest = calloc(1, sizeof *forest);
    if (forest == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory for a forest");
    forest->columns = (uint32_t)columns;
    forest->sample = settings->sample;
    forest->depth = settings->depth;
    forest->n_trees = settings->trees;
    forest->scale = 1 / (forest_average_path(settings->sample) * (1 << FOREST_FRACTION) * settings->trees);
    forest->coders = calloc(columns, sizeof *forest->coders);
    forest->trees = calloc(settings->trees, sizeof *forest->trees);
    forest->nodes = malloc(nodes * sizeof *forest->nodes);
    forest->counts = malloc(nodes * sizeof *forest->counts);
    forest->lengths = malloc(nodes * sizeof *forest->lengths);
    forest->features = calloc(columns, sizeof *forest->features);
    if (forest->coders == NULL || forest->trees == NULL || forest->nodes == NULL || forest->counts == NULL ||
        forest->lengths == NULL || forest->features == NULL) {
        forest_destroy(forest);
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory for a forest of %zu nodes", nodes);
    }
    *ret = forest;
    return HG_OK;
}

void forest_destroy(struct forest *forest)
{
    if (forest == NULL)
        return;
    forest_slices_destroy(forest->slices);
    free(forest->features);
    free(forest->lengths);
    free(forest->counts);
    free(forest->nodes);
    free(forest->trees);
    free(forest->coders);
    free(forest);
}

void forest_put_leaf(struct forest *forest, const struct forest_tree *tree, uint32_t at, uint32_t depth, uint32_t count)
{
    forest->nodes[tree->first + at] = (struct forest_node){.cut = FOREST_NO_CUT, .left = at & 0xfff};
    forest->counts[tree->first + at] = (uint16_t)count;
    forest->lengths[tree->first + at] = forest_length(depth, count);
}

void forest_put_split(struct forest *forest, const struct forest_tree *tree, uint32_t at, uint32_t feature, uint32_t cut,
                      uint32_t left)
{
    forest->nodes[tree->first + at] = (struct forest_node){.cut = cut & 0xff, .feature = feature & 0xfff, .left = left & 0xfff};
}

/* Inner nodes from their children, which stand behind them. */
static void sum_up(struct forest *forest, const struct forest_tree *tree)
{
    const struct forest_node *nodes = forest->nodes + tree->first;
    uint16_t *counts = forest->counts + tree->first;
    uint32_t *lengths = forest->lengths + tree->first;
    for (uint32_t at = tree->nodes; at-- > 0;) {
        uint32_t left = nodes[at].left, right = left + 1;
        if (left == at)
            continue;
        uint32_t count = (uint32_t)counts[left] + counts[right];
        uint64_t sum = (uint64_t)counts[left] * lengths[left] + (uint64_t)counts[right] * lengths[right];
        counts[at] = (uint16_t)count;
        lengths[at] = (uint32_t)((sum + count / 2) / count);
    }
}

static void list_features(struct forest *forest)
{
    uint8_t used[HG_COLUMNS_MAX] = {0};
    for (uint32_t t = 0; t < forest->n_trees; t++) {
        const struct forest_node *nodes = forest->nodes + forest->trees[t].first;
        for (uint32_t at = 0; at < forest->trees[t].nodes; at++)
            if (!forest_is_leaf(nodes, at))
                used[nodes[at].feature] = 1;
    }
    for (uint32_t c = 0; c < forest->columns; c++)
        if (used[c])
            forest->features[forest->n_features++] = (uint16_t)c;
}

/* Trees are smaller than they could be; a failure to shrink is none. */
static void shrink(struct forest *forest)
{
    void *p = realloc(forest->nodes, forest->n_nodes * sizeof *forest->nodes);
    forest->nodes = p != NULL ? p : forest->nodes;
    p = realloc(forest->counts, forest->n_nodes * sizeof *forest->counts);
    forest->counts = p != NULL ? p : forest->counts;
    p = realloc(forest->lengths, forest->n_nodes * sizeof *forest->lengths);
    forest->lengths = p != NULL ? p : forest->lengths;
}

enum hg_rc forest_finish(struct forest *forest, struct hg_err *reterr)
{
    const struct forest_tree *last = &forest->trees[forest->n_trees - 1];
    forest->n_nodes = last->first + last->nodes;
    for (uint32_t t = 0; t < forest->n_trees; t++)
        sum_up(forest, &forest->trees[t]);
    list_features(forest);
    shrink(forest);
    return forest_slice(forest, reterr);
}
