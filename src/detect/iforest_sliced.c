#include "detect/iforest.h"

#include <stdlib.h>

/* The trees in the form of the bit-sliced kernels; iforest_slices.h says how they are used. */

struct slicing {
    const struct forest *forest;
    struct forest_slices *slices;
    uint16_t *tests; /* by column and cut: its place, counted from 1; 0: nobody asks */
    uint32_t n_tests, n_nodes, n_leaves, n_groups, n_bits;
};

void forest_slices_destroy(struct forest_slices *slices)
{
    if (slices == NULL)
        return;
    free(slices->columns);
    free(slices->cuts);
    free(slices->trees);
    free(slices->nodes);
    free(slices->leaves);
    free(slices->group_ends);
    free(slices->bits);
    free(slices);
}

static uint16_t *test_at(const struct slicing *s, uint32_t feature, uint32_t cut)
{
    return &s->tests[feature * (CODES_MAX + 1u) + cut];
}

static void mark_tests(struct slicing *s)
{
    for (uint32_t t = 0; t < s->forest->n_trees; t++) {
        const struct forest_node *nodes = s->forest->nodes + s->forest->trees[t].first;
        for (uint32_t at = 0; at < s->forest->trees[t].nodes; at++) {
            if (forest_is_leaf(nodes, at))
                continue;
            uint16_t *test = test_at(s, nodes[at].feature, nodes[at].cut);
            s->n_tests += *test == 0;
            *test = 1;
        }
    }
}

/* By column, and in a column by cut. */
static void number_tests(struct slicing *s)
{
    uint32_t n = 0;
    for (uint32_t f = 0; f < s->forest->n_features; f++) {
        struct forest_column *column = &s->slices->columns[s->slices->n_columns++];
        *column = (struct forest_column){.feature = s->forest->features[f], .first_test = (uint16_t)n};
        for (uint32_t cut = 0; cut <= CODES_MAX; cut++) {
            uint16_t *test = test_at(s, column->feature, cut);
            if (*test == 0)
                continue;
            s->slices->cuts[n] = (uint8_t)cut;
            *test = (uint16_t)++n;
        }
        column->tests = (uint16_t)(n - column->first_test);
    }
}

static int by_length(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct leaf_group {
    uint32_t length;
    uint16_t place; /* of its first leaf, where the kernel joins them */
};

static size_t sorted_leaves(const struct forest *forest, const struct forest_tree *tree, uint64_t *ret_keys)
{
    size_t n = 0;
    for (uint32_t at = 0; at < tree->nodes; at++)
        if (forest_is_leaf(forest->nodes + tree->first, at))
            ret_keys[n++] = (uint64_t)forest->lengths[tree->first + at] << 32 | at;
    qsort(ret_keys, n, sizeof *ret_keys, by_length);
    return n;
}

/* Groups of one leaf need no joining. */
static void put_group(struct slicing *s, struct sliced_tree *sliced, const uint64_t *keys, size_t n)
{
    if (n < 2)
        return;
    for (size_t i = 0; i < n; i++)
        s->slices->leaves[s->n_leaves++] = (uint16_t)keys[i];
    s->slices->group_ends[s->n_groups++] = (uint16_t)(s->n_leaves - sliced->first_leaf);
}

static size_t put_leaves(struct slicing *s, const struct forest_tree *tree, struct sliced_tree *sliced, struct leaf_group *ret)
{
    uint64_t keys[FOREST_SAMPLE_MAX];
    size_t n = sorted_leaves(s->forest, tree, keys), groups = 0;
    sliced->first_leaf = s->n_leaves;
    sliced->first_group = s->n_groups;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && keys[end] >> 32 == keys[i] >> 32; end++)
            ;
        ret[groups++] = (struct leaf_group){(uint32_t)(keys[i] >> 32), (uint16_t)keys[i]};
        put_group(s, sliced, keys + i, end - i);
    }
    sliced->groups = (uint16_t)(s->n_groups - sliced->first_group);
    return groups;
}

static void put_planes(struct slicing *s, struct sliced_tree *sliced, const struct leaf_group *groups, size_t n)
{
    sliced->first_bit = s->n_bits;
    for (int b = 0; b < FOREST_LENGTH_BITS; b++) {
        for (size_t g = 0; g < n; g++)
            if (groups[g].length >> b & 1)
                s->slices->bits[s->n_bits++] = groups[g].place;
        sliced->plane_end[b] = (uint16_t)(s->n_bits - sliced->first_bit);
    }
}

static void slice_tree(struct slicing *s, uint32_t t)
{
    struct leaf_group groups[FOREST_SAMPLE_MAX];
    const struct forest_tree *tree = &s->forest->trees[t];
    const struct forest_node *nodes = s->forest->nodes + tree->first;
    struct sliced_tree *sliced = &s->slices->trees[t];
    sliced->first_node = s->n_nodes;
    for (uint32_t at = 0; at < tree->nodes; at++) {
        if (forest_is_leaf(nodes, at))
            continue;
        uint16_t test = (uint16_t)(*test_at(s, nodes[at].feature, nodes[at].cut) - 1);
        s->slices->nodes[s->n_nodes++] = (struct sliced_node){test, (uint16_t)at, (uint16_t)nodes[at].left};
    }
    sliced->nodes = (uint16_t)(s->n_nodes - sliced->first_node);
    put_planes(s, sliced, groups, put_leaves(s, tree, sliced, groups));
}

static bool make_room(struct slicing *s)
{
    const struct forest *forest = s->forest;
    struct forest_slices *slices = s->slices;
    size_t leaves = (forest->n_nodes + forest->n_trees) / 2;
    slices->columns = calloc(forest->n_features + 1, sizeof *slices->columns);
    slices->cuts = calloc(s->n_tests + 1, sizeof *slices->cuts);
    slices->trees = calloc(forest->n_trees, sizeof *slices->trees);
    slices->nodes = calloc(forest->n_nodes, sizeof *slices->nodes);
    slices->leaves = calloc(leaves, sizeof *slices->leaves);
    slices->group_ends = calloc(leaves, sizeof *slices->group_ends);
    slices->bits = calloc(leaves * FOREST_LENGTH_BITS, sizeof *slices->bits);
    return slices->columns != NULL && slices->cuts != NULL && slices->trees != NULL && slices->nodes != NULL &&
           slices->leaves != NULL && slices->group_ends != NULL && slices->bits != NULL;
}

/* A failure to shrink is none. */
static void give_back(struct slicing *s)
{
    void *p = realloc(s->slices->nodes, (s->n_nodes + 1) * sizeof *s->slices->nodes);
    s->slices->nodes = p != NULL ? p : s->slices->nodes;
    p = realloc(s->slices->group_ends, (s->n_groups + 1) * sizeof *s->slices->group_ends);
    s->slices->group_ends = p != NULL ? p : s->slices->group_ends;
    p = realloc(s->slices->bits, (s->n_bits + 1) * sizeof *s->slices->bits);
    s->slices->bits = p != NULL ? p : s->slices->bits;
}

static bool slice_all(struct slicing *s)
{
    mark_tests(s);
    if (s->n_tests > FOREST_TESTS_MAX)
        return true; /* no slices: rows walk */
    s->slices = calloc(1, sizeof *s->slices);
    if (s->slices == NULL || !make_room(s)) {
        forest_slices_destroy(s->slices);
        return false;
    }
    number_tests(s);
    for (uint32_t t = 0; t < s->forest->n_trees; t++)
        slice_tree(s, t);
    give_back(s);
    return true;
}

enum hg_rc forest_slice(struct forest *forest, struct hg_err *reterr)
{
    struct slicing s = {.forest = forest, .tests = calloc(forest->columns, (CODES_MAX + 1) * sizeof(uint16_t))};
    bool done = s.tests != NULL && slice_all(&s);
    free(s.tests);
    if (!done)
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory for the fast form of its trees");
    forest->slices = s.slices;
    return HG_OK;
}
