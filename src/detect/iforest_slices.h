/*
 * What the bit-sliced kernels have in common, for vectors of any width. A row is one bit of a vector:
 *  1. of each distinct test of the forest one mask says which rows go right;
 *  2. breadth first, reach[right] = reach & mask and reach[left] = reach & ~mask: at the end each row reaches one leaf a tree;
 *  3. leaves of one length are joined; bit b of the rows' lengths is the OR of the joined masks whose length has bit b;
 *  4. these planes are added to the planes of the sum with carry, as many adders side by side as there are rows;
 *  5. after all trees the planes are turned back into integers.
 * The includer defines TARGET, TILE_ROWS, VECTOR (a vector of TILE_ROWS bits) and the operations on it: ZERO, ONES, AND, AND_NOT
 * (a and not b), OR, OR3, SUM_BIT and CARRY_BIT (of a full adder), LOAD and STORE.
 */
#ifndef HG_DETECT_IFOREST_SLICES_H
#define HG_DETECT_IFOREST_SLICES_H

#define WORDS (TILE_ROWS / 64) /* of a mask */

TARGET static inline void descend(const struct sliced_node *nodes, size_t n, const uint64_t *masks, uint64_t *reach)
{
    STORE(reach, ONES);
    for (size_t i = 0; i < n; i++) {
        VECTOR mask = LOAD(masks + (size_t)nodes[i].test * WORDS), here = LOAD(reach + (size_t)nodes[i].self * WORDS);
        uint64_t *left = reach + (size_t)nodes[i].left * WORDS;
        STORE(left, AND_NOT(here, mask));
        STORE(left + WORDS, AND(here, mask));
    }
}

/* Two ways at once, since each OR waits for the one before. */
TARGET static inline VECTOR join(const uint64_t *reach, const uint16_t *places, size_t n)
{
    VECTOR a = ZERO, b = ZERO;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a = OR3(a, LOAD(reach + (size_t)places[i] * WORDS), LOAD(reach + (size_t)places[i + 1] * WORDS));
        b = OR3(b, LOAD(reach + (size_t)places[i + 2] * WORDS), LOAD(reach + (size_t)places[i + 3] * WORDS));
    }
    for (; i < n; i++)
        a = OR(a, LOAD(reach + (size_t)places[i] * WORDS));
    return OR(a, b);
}

TARGET static inline void join_groups(const struct forest_slices *slices, const struct sliced_tree *tree, uint64_t *reach)
{
    const uint16_t *leaves = slices->leaves + tree->first_leaf, *ends = slices->group_ends + tree->first_group;
    size_t begin = 0;
    for (size_t g = 0; g < tree->groups; begin = ends[g++])
        STORE(reach + (size_t)leaves[begin] * WORDS, join(reach, leaves + begin, ends[g] - begin));
}

TARGET static inline void add_lengths(const struct sliced_tree *tree, const uint16_t *bits, const uint64_t *reach, VECTOR *sums)
{
    VECTOR carry = ZERO;
    size_t begin = 0;
    for (int b = 0; b < FOREST_LENGTH_BITS; begin = tree->plane_end[b++]) {
        VECTOR plane = join(reach, bits + begin, tree->plane_end[b] - begin), sum = sums[b];
        sums[b] = SUM_BIT(sum, plane, carry);
        carry = CARRY_BIT(sum, plane, carry);
    }
    for (int b = FOREST_LENGTH_BITS; b < FOREST_SUM_BITS; b++) {
        VECTOR sum = sums[b];
        sums[b] = SUM_BIT(sum, ZERO, carry);
        carry = AND(sum, carry);
    }
}

TARGET static void to_integers(const VECTOR *planes, uint32_t *ret_sums);

TARGET static void sums(const struct forest *forest, const uint64_t *masks, uint64_t *reach, uint32_t *ret_sums)
{
    VECTOR planes[FOREST_SUM_BITS];
    const struct forest_slices *slices = forest->slices;
    for (int b = 0; b < FOREST_SUM_BITS; b++)
        planes[b] = ZERO;
    for (uint32_t t = 0; t < forest->n_trees; t++) {
        const struct sliced_tree *tree = &slices->trees[t];
        descend(slices->nodes + tree->first_node, tree->nodes, masks, reach);
        join_groups(slices, tree, reach);
        add_lengths(tree, slices->bits + tree->first_bit, reach, planes);
    }
    to_integers(planes, ret_sums);
}

TARGET static void scores(const struct forest *forest, const uint32_t *sums_, size_t n, float *ret_scores)
{
    for (size_t i = 0; i < n; i++)
        ret_scores[i] = forest_score_of(forest, (double)(int32_t)sums_[i]);
}

#endif
