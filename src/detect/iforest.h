/*
 * The isolation forest (Liu, Ting, Zhou 2008), for det_iforest.c, its kernel and its reference. Trees are stored as
 * perfect binary trees of FOREST_DEPTH levels: the children of node q are 2q + 1 and 2q + 2, and a leaf higher up is
 * continued by nodes that send everything left, so that a walk always takes the same number of steps.
 *
 * Path lengths are integers (FOREST_FRACTION fraction bits), so a sum over trees is the same whatever the order.
 */
#ifndef HG_DETECT_IFOREST_H
#define HG_DETECT_IFOREST_H

#include "detect/detect.h"
#include "detect/plain_math.h"

#include <float.h>

#define FOREST_TREES    100
#define FOREST_SAMPLE   256
#define FOREST_DEPTH    8
#define FOREST_NODES    255 /* inner nodes of a perfect tree */
#define FOREST_LEAVES   256
#define FOREST_ALL      (FOREST_NODES + FOREST_LEAVES)
#define FOREST_FRACTION 14
#define FOREST_COLUMNS  64 /* at most */

struct forest_node {
    float threshold; /* left where value <= threshold; +inf in a leaf and below it */
    uint32_t feature;
};

struct forest_tree {
    struct forest_node nodes[FOREST_NODES];
    uint32_t lengths[FOREST_LEAVES];
    uint16_t counts[FOREST_ALL]; /* training rows; the branches' shares */
    float expected[FOREST_ALL];  /* mean length of the training rows that came through, in units of a length */
};

/* Thresholds come from a grid of cuts a column, so that the forest asks few distinct questions. */
#define FOREST_CUTS      128                     /* distinct values that a column has at most for its cuts to be all of them */
#define FOREST_TAIL_CUTS 16                      /* beyond the trimmed range, on each side */
#define FOREST_TESTS_MAX (FOREST_COLUMNS * FOREST_CUTS)

struct forest_cuts { /* of one column, ascending: left is value <= cut */
    uint32_t n;
    float at[FOREST_CUTS];
};
/* Chooses the cuts of each column from its rows (up to FOREST_CUT_ROWS of them, evenly spread). */
#define FOREST_CUT_ROWS 4096
void forest_choose_cuts(const struct hg_table *table, struct forest_cuts cuts[FOREST_COLUMNS]);

/* A distinct question of the forest: does the row go right, is its value > threshold? */
struct sliced_test {
    float threshold;
    uint32_t feature;
};
/* The same tree for the bit-sliced kernels: inner nodes breadth first, then its leaves, numbered through as slots (node i is
 * slot i). Leaves of one length stand together, since they add the same. */
struct sliced_node {
    uint16_t test, left, right; /* left and right: slots */
};
struct sliced_group {
    uint32_t length;
    uint16_t end; /* of its leaves in `leaves` */
};
struct sliced_tree {
    uint16_t n_nodes, n_groups;
    struct sliced_node nodes[FOREST_NODES];
    uint16_t leaves[FOREST_LEAVES]; /* slots, by length */
    struct sliced_group groups[FOREST_LEAVES];
};

struct hg_detector_state {
    uint32_t columns, sample;
    double scale; /* of a sum of lengths, so that the score is 2^-(sum * scale) */
    struct forest_tree trees[FOREST_TREES];
    uint32_t n_tests;
    struct sliced_test tests[FOREST_TESTS_MAX];
    struct sliced_tree sliced[FOREST_TREES];
};

#define FOREST_LENGTH_BITS 19 /* of a path length: below 32, with its fraction */
#define FOREST_SUM_BITS    26 /* of a sum over the trees */

static inline bool forest_is_leaf(const struct forest_tree *tree, uint32_t q)
{
    return q >= FOREST_NODES || tree->nodes[q].threshold > FLT_MAX;
}

static inline float forest_score_of(const struct hg_detector_state *forest, double sum)
{
    return (float)plain_exp2(-(sum * forest->scale));
}

/* Mean path length of an unsuccessful search among n: what a leaf with n rows stands for. */
double forest_average_path(uint32_t n);
/* A leaf at q with so many rows: pads everything below. */
void forest_put_leaf(struct forest_tree *tree, uint32_t q, uint32_t depth, uint16_t count);
/* Fills scale, counts and expected of every node from the leaves, and the sliced form. False: more than FOREST_TESTS_MAX
 * distinct questions, which no forest that was fitted here has. */
bool forest_finish(struct hg_detector_state *forest);
bool forest_slice(struct hg_detector_state *forest);

/*
 * Kernels: column-major cells of one tile to sums of lengths. Each gives the same integers. A tile has at most `rows` rows; cells
 * and sums have room for all of them, whatever the number that counts.
 */
struct forest_kernel {
    const char *name;
    size_t rows;       /* of a tile */
    size_t worthwhile; /* fewer rows are left to the portable kernel */
    bool (*runs_here)(void);
    void (*sums)(const struct hg_detector_state *forest, const float *cells, size_t stride, size_t rows, uint32_t *ret_sums);
};
#define FOREST_TILE_MAX 512
/* Best first; the last is the portable one, which runs everywhere. */
extern const struct forest_kernel *const forest_kernels[];
extern const size_t forest_kernel_count;
extern const struct forest_kernel forest_kernel_avx512, forest_kernel_avx2, forest_kernel_portable;

/* Scores with one kernel, and with the best that runs here. */
void forest_score_with(const struct forest_kernel *kernel, const struct hg_detector_state *forest, const struct hg_table *table,
                       float *ret_scores);
void forest_score(const struct hg_detector_state *forest, const struct hg_table *table, float *ret_scores);
/* The same by the book, one row. The test compares all of them bit for bit. */
float forest_reference(const struct hg_detector_state *forest, const float *row);

float forest_score_partial(const struct hg_detector_state *forest, const float *row);
void forest_explain(const struct hg_detector_state *forest, const float *row, float *ret_shares);

void forest_serialise(const struct hg_detector_state *forest, struct hg_buf *buf);
enum hg_rc forest_parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr);

#endif
