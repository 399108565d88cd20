/*
 * What the bit-sliced kernels have in common, for vectors of any width: steps 2 to 4 of iforest_avx512.c. The includer defines
 * TARGET, TILE_ROWS, VECTOR (a vector of TILE_ROWS bits) and the operations on it: ZERO, ONES, AND, AND_NOT (a and not b), OR,
 * SUM_BIT and CARRY_BIT (of a full adder), LOAD.
 */
#ifndef HG_DETECT_IFOREST_SLICES_H
#define HG_DETECT_IFOREST_SLICES_H

struct work {
    _Alignas(64) uint64_t masks[FOREST_TESTS_MAX][TILE_ROWS / 64];
    VECTOR reach[FOREST_ALL];
    VECTOR sums[FOREST_SUM_BITS];
};

TARGET static void descend(const struct sliced_tree *tree, struct work *work)
{
    work->reach[0] = ONES;
    for (size_t i = 0; i < tree->n_nodes; i++) {
        const struct sliced_node *node = &tree->nodes[i];
        VECTOR mask = LOAD(work->masks[node->test]), here = work->reach[i];
        work->reach[node->right] = AND(here, mask);
        work->reach[node->left] = AND_NOT(here, mask);
    }
}

TARGET static void add_lengths(const struct sliced_tree *tree, struct work *work)
{
    VECTOR planes[FOREST_LENGTH_BITS];
    for (int b = 0; b < FOREST_LENGTH_BITS; b++)
        planes[b] = ZERO;
    size_t leaf = 0;
    for (size_t g = 0; g < tree->n_groups; g++) {
        VECTOR joined = work->reach[tree->leaves[leaf++]];
        while (leaf < tree->groups[g].end)
            joined = OR(joined, work->reach[tree->leaves[leaf++]]);
        for (uint32_t bits = tree->groups[g].length; bits != 0; bits &= bits - 1) {
            int b = __builtin_ctz(bits);
            planes[b] = OR(planes[b], joined);
        }
    }
    VECTOR carry = ZERO;
    for (int b = 0; b < FOREST_SUM_BITS; b++) {
        VECTOR sum = work->sums[b], plane = b < FOREST_LENGTH_BITS ? planes[b] : ZERO;
        work->sums[b] = SUM_BIT(sum, plane, carry);
        carry = CARRY_BIT(sum, plane, carry);
    }
}

#endif
