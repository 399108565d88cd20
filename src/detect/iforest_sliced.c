#include "detect/iforest.h"

#include <stdlib.h>

/* The trees in the form of the bit-sliced kernels; iforest_avx512.c says how they are used. */

struct slicing {
    const struct hg_detector_state *forest;
    const struct forest_tree *tree;
    struct sliced_tree *sliced;
    uint32_t queue[FOREST_ALL]; /* places of the padded tree, breadth first */
    uint8_t depths[FOREST_ALL];
    uint16_t slots[FOREST_ALL]; /* of the places in the queue */
    size_t n;
};

static void visit(struct slicing *s)
{
    s->queue[0] = 0;
    s->depths[0] = 0;
    s->n = 1;
    for (size_t i = 0; i < s->n; i++) {
        if (forest_is_leaf(s->tree, s->queue[i]))
            continue;
        for (uint32_t child = 1; child <= 2; child++) {
            s->depths[s->n] = (uint8_t)(s->depths[i] + 1);
            s->queue[s->n++] = 2 * s->queue[i] + child;
        }
    }
}

static void number_slots(struct slicing *s)
{
    uint16_t next = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!forest_is_leaf(s->tree, s->queue[i]))
            s->slots[i] = next++;
    s->sliced->n_nodes = next;
    for (size_t i = 0; i < s->n; i++)
        if (forest_is_leaf(s->tree, s->queue[i]))
            s->slots[i] = next++;
}

/* The place of a node's question among the forest's, by bisection. */
static uint16_t test_of(const struct hg_detector_state *forest, const struct forest_node *node)
{
    uint32_t low = 0, high = forest->n_tests;
    while (low + 1 < high) {
        uint32_t middle = (low + high) / 2;
        const struct sliced_test *test = &forest->tests[middle];
        if (test->feature < node->feature || (test->feature == node->feature && test->threshold <= node->threshold))
            low = middle;
        else
            high = middle;
    }
    return (uint16_t)low;
}

static void put_nodes(struct slicing *s)
{
    size_t child = 1;
    for (size_t i = 0; i < s->n; i++) {
        if (forest_is_leaf(s->tree, s->queue[i]))
            continue;
        const struct forest_node *node = &s->tree->nodes[s->queue[i]];
        s->sliced->nodes[s->slots[i]] =
            (struct sliced_node){test_of(s->forest, node), s->slots[child], s->slots[child + 1]};
        child += 2;
    }
}

static uint32_t leaf_length(const struct slicing *s, size_t i)
{
    uint32_t leftmost = ((s->queue[i] + 1) << (FOREST_DEPTH - s->depths[i])) - 1;
    return s->tree->lengths[leftmost - FOREST_NODES];
}

/* Leaves by length, by insertion: there are few. */
static void put_leaves(struct slicing *s)
{
    uint32_t lengths[FOREST_LEAVES];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!forest_is_leaf(s->tree, s->queue[i]))
            continue;
        uint32_t length = leaf_length(s, i);
        size_t at = n++;
        for (; at > 0 && lengths[at - 1] > length; at--) {
            lengths[at] = lengths[at - 1];
            s->sliced->leaves[at] = s->sliced->leaves[at - 1];
        }
        lengths[at] = length;
        s->sliced->leaves[at] = s->slots[i];
    }
    s->sliced->n_groups = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || lengths[i + 1] != lengths[i])
            s->sliced->groups[s->sliced->n_groups++] = (struct sliced_group){lengths[i], (uint16_t)(i + 1)};
}

/* ---- distinct questions: the thresholds of all nodes, by feature and value */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static size_t thresholds_of(const struct hg_detector_state *forest, uint32_t feature, float *ret)
{
    size_t n = 0;
    for (int t = 0; t < FOREST_TREES; t++) {
        for (uint32_t q = 0; q < FOREST_NODES; q++) {
            const struct forest_node *node = &forest->trees[t].nodes[q];
            if (node->feature == feature && node->threshold <= FLT_MAX)
                ret[n++] = node->threshold;
        }
    }
    qsort(ret, n, sizeof *ret, by_value);
    return n;
}

static bool collect_tests(struct hg_detector_state *forest)
{
    float thresholds[FOREST_TREES * FOREST_NODES];
    forest->n_tests = 0;
    for (uint32_t feature = 0; feature < forest->columns; feature++) {
        size_t n = thresholds_of(forest, feature, thresholds);
        for (size_t i = 0; i < n; i++) {
            if (i > 0 && thresholds[i] == thresholds[i - 1])
                continue;
            if (forest->n_tests == FOREST_TESTS_MAX)
                return false;
            forest->tests[forest->n_tests++] = (struct sliced_test){thresholds[i], feature};
        }
    }
    return true;
}

bool forest_slice(struct hg_detector_state *forest)
{
    if (!collect_tests(forest))
        return false;
    for (int t = 0; t < FOREST_TREES; t++) {
        struct slicing s = {.forest = forest, .tree = &forest->trees[t], .sliced = &forest->sliced[t]};
        visit(&s);
        number_slots(&s);
        put_nodes(&s);
        put_leaves(&s);
    }
    return true;
}
