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

struct hg_detector_state {
    uint32_t columns, sample;
    double scale; /* of a sum of lengths, so that the score is 2^-(sum * scale) */
    struct forest_tree trees[FOREST_TREES];
};

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
/* Fills scale, and counts and expected of every node from the leaves. */
void forest_finish(struct hg_detector_state *forest);

/* Column-major cells to sums of lengths; rows 8 at a time. */
void forest_kernel(const struct hg_detector_state *forest, const struct hg_table *table, float *ret_scores);
/* The same by the book, one row. The test compares both bit for bit. */
float forest_reference(const struct hg_detector_state *forest, const float *row);

float forest_score_partial(const struct hg_detector_state *forest, const float *row);
void forest_explain(const struct hg_detector_state *forest, const float *row, float *ret_shares);

void forest_serialise(const struct hg_detector_state *forest, struct hg_buf *buf);
enum hg_rc forest_parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr);

#endif
