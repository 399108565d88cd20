/*
 * The isolation forest (Liu, Ting, Zhou 2008) on coded columns, for det_iforest.c, its kernels and the ensemble.
 *
 * A tree's nodes stand breadth first in one array, so that brothers are neighbours: a row whose code of the node's column is above
 * the cut goes to left + 1, others to left. A leaf is its own left child and its cut is above all codes, so that a walk of
 * `depth` steps ends in the right leaf whatever the leaf's depth, without a branch.
 *
 * Path lengths are integers (FOREST_FRACTION fraction bits), so a sum over trees is the same in any order and at any width.
 */
#ifndef HG_DETECT_IFOREST_H
#define HG_DETECT_IFOREST_H

#include "detect/codes.h"
#include "detect/detect.h"
#include "detect/plain_math.h"

#define FOREST_TREES_MAX   100u
#define FOREST_SAMPLE_MAX  1024u
#define FOREST_DEPTH_MAX   10u
#define FOREST_NODES_MAX   (2u * FOREST_SAMPLE_MAX - 1u) /* of a tree, leaves too */
#define FOREST_FRACTION    14
#define FOREST_LENGTH_BITS 19 /* of a path length: at most depth + the mean path among 1,024, which is below 32 */
#define FOREST_SUM_BITS    26 /* of a sum over up to 128 trees */
#define FOREST_NO_CUT      255 /* no code is above it */

struct forest_settings {
    uint32_t trees, sample, depth; /* of fewer rows than the sample all are taken, and the depth is log2 of them at most */
};
#define FOREST_DEEP    ((struct forest_settings){100, 1024, 10})
#define FOREST_SHALLOW ((struct forest_settings){100, 256, 8}) /* that of the paper */

struct forest_node {
    uint32_t cut : 8, feature : 12, left : 12; /* left: in the tree */
};

struct forest_tree {
    uint32_t first; /* of its nodes among those of all trees */
    uint32_t nodes;
};

/* What the bit-sliced kernels need: inner nodes breadth first; groups of leaves of one length, since they add the same and are joined
 * in the place of the first of them; bit by bit of a length, the groups that have it. */
struct sliced_node {
    uint16_t test, self, left;
};
struct sliced_tree {
    uint32_t first_node, first_leaf, first_group, first_bit; /* in the arrays of struct forest_slices */
    uint16_t nodes, groups;
    uint16_t plane_end[FOREST_LENGTH_BITS]; /* in the tree's bits */
};
struct forest_column { /* a column that the forest looks at, and its tests */
    uint16_t feature, first_test, tests;
};
#define FOREST_TESTS_MAX 4096u /* distinct (column, cut); where there are more, rows walk */

struct forest_slices {
    uint32_t n_columns;
    struct forest_column *columns;
    uint8_t *cuts; /* of the tests */
    struct sliced_tree *trees;
    struct sliced_node *nodes;
    uint16_t *leaves;     /* places in the tree, of groups of two and more */
    uint16_t *group_ends; /* in the tree's leaves */
    uint16_t *bits;       /* places of groups, by plane */
};

struct forest {
    uint32_t columns, sample, depth, n_trees, n_nodes;
    double scale; /* of a sum of lengths, so that the score is 2^-(sum * scale) */
    struct codes_coder *coders;
    struct forest_tree *trees;
    struct forest_node *nodes;
    uint16_t *counts;   /* training rows of a node */
    uint32_t *lengths;  /* of a leaf; of an inner node what its training rows have in the mean */
    uint16_t *features; /* those that are used, ascending */
    uint32_t n_features;
    struct forest_slices *slices; /* NULL: too many tests */
};

enum hg_rc forest_fit(const struct hg_table *table, const struct forest_settings *settings, uint64_t seed, struct forest **ret,
                      struct hg_err *reterr);
void forest_destroy(struct forest *forest); /* NULL is fine */
void forest_score(const struct forest *forest, const struct hg_table *table, float *ret_scores);
float forest_score_partial(const struct forest *forest, const float *row);
/* Returns the row's score, as forest_score_partial. */
float forest_explain(const struct forest *forest, const float *row, float *ret_shares);
void forest_serialise(const struct forest *forest, struct hg_buf *buf);
enum hg_rc forest_parse(struct hg_slice bytes, size_t columns, struct forest **ret, struct hg_err *reterr);

/* The score of a sum of lengths. */
static inline float forest_score_of(const struct forest *forest, double sum)
{
    return (float)plain_exp2(-(sum * forest->scale));
}

static inline uint32_t forest_step(const struct forest_node *tree, uint32_t at, uint8_t code)
{
    return (uint32_t)tree[at].left + (code > tree[at].cut);
}

static inline bool forest_is_leaf(const struct forest_node *tree, uint32_t at)
{
    return tree[at].left == at;
}

/* By the book, one row; the tests compare everything else with it, bit for bit. */
float forest_reference(const struct forest *forest, const float *row);

/* ---- kernels: all give the same integers */

/* Where the codes of a tile's rows come from: codes of all columns that are there already, or numbers to be coded. */
struct forest_source {
    const struct hg_table *table; /* NULL: codes */
    const uint8_t *codes;         /* column-major */
    size_t stride;                /* of codes */
};

struct forest_kernel {
    const char *name;
    size_t rows;       /* of a tile, a multiple of 64 */
    size_t worthwhile; /* fewer rows are left to the portable kernel */
    bool (*runs_here)(void);
    /* For each cut one mask of `rows` bits: which codes are above it? */
    void (*ask)(const uint8_t *codes, const uint8_t *cuts, size_t n, uint64_t *ret_masks);
    /* Sums of lengths from the masks of all tests; reach has room for FOREST_NODES_MAX masks. */
    void (*sums)(const struct forest *forest, const uint64_t *masks, uint64_t *reach, uint32_t *ret_sums);
    void (*scores)(const struct forest *forest, const uint32_t *sums, size_t n, float *ret_scores);
};
#define FOREST_TILE_MAX 512u
/* Best first; the last is the portable one, which runs everywhere and whose ask and sums are NULL: rows walk. */
extern const struct forest_kernel *const forest_kernels[];
extern const size_t forest_kernel_count;
extern const struct forest_kernel forest_kernel_avx512, forest_kernel_avx2, forest_kernel_portable;
const struct forest_kernel *forest_kernel_here(void);

/* The scores of rows [first, first + rows) of the source. */
void forest_score_with(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                       size_t rows, float *ret_scores);
/* Codes of a table, for those who score it often: column-major, `stride` a column. */
void forest_code(const struct forest *forest, const struct hg_table *table, size_t stride, uint8_t *ret_codes);

/* Steps of a walk, in iforest_walk.c: up to FOREST_WALK_ROWS rows at a time, codes column-major. */
#define FOREST_WALK_ROWS  64u
#define FOREST_WALK_LANES 8u  /* rows side by side: `rows` is a multiple */
#define FOREST_WALK_TREES 10u /* trees side by side, for one row */
void forest_walk(const struct forest *forest, const uint8_t *codes, size_t stride, size_t rows, uint32_t *ret_sums);
uint32_t forest_walk_one(const struct forest *forest, const uint8_t *codes);

/* ---- for those who make forests */

/* Room for the largest forest of such settings; trees are put in order, then it is finished and fits. */
enum hg_rc forest_create(size_t columns, const struct forest_settings *settings, struct forest **ret, struct hg_err *reterr);
size_t forest_nodes_of(const struct forest_settings *settings); /* at most, of a tree */
void forest_put_leaf(struct forest *forest, const struct forest_tree *tree, uint32_t at, uint32_t depth, uint32_t count);
void forest_put_split(struct forest *forest, const struct forest_tree *tree, uint32_t at, uint32_t feature, uint32_t cut,
                      uint32_t left);
enum hg_rc forest_finish(struct forest *forest, struct hg_err *reterr);
enum hg_rc forest_slice(struct forest *forest, struct hg_err *reterr);
void forest_slices_destroy(struct forest_slices *slices);

/* Mean path length of an unsuccessful search among n: what a leaf with n rows stands for. */
double forest_average_path(uint32_t n);
uint32_t forest_length(uint32_t depth, uint32_t count);

#endif
