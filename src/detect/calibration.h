/*
 * From a detector's raw score to a p-value: the share of ordinary events that score at least as high.
 *
 * Split-conformal (Bates et al. 2023): with n scores of rows that the detector was not fitted to, the k-th highest of them is
 * exceeded by a new ordinary row with probability k / (n + 1), whatever the distribution. Between two of them p is interpolated.
 * Where many rows share a score, p is the share of all that score as high or higher, so that ties never alarm more than asked; beyond
 * HG_P_TIES, where nobody asks, it is the middle of their share, so that rows of few columns look no less odd than others. Where fewer than HG_CONFORMAL_RANK rows are left
 * beyond a score, a generalised Pareto tail, fitted by moments to the excesses over the 98 % quantile, goes on from there (Pickands
 * 1975; Siffer et al. 2017 for its use), by HG_TAIL_REACH times at most: what n rows can't tell is not claimed. Below that p falls ever
 * more slowly, so that order is kept.
 */
#ifndef HG_DETECT_CALIBRATION_H
#define HG_DETECT_CALIBRATION_H

#include "base/buf.h"
#include "base/err.h"
#include "detect/bytes.h"

#define HG_CONFORMAL_RANK 5u
#define HG_TAIL_REACH     20.0 /* p-values down to 1 / (20 (n + 1)) are extrapolated */
#define HG_P_TIES         0.1
#define CALIBRATION_ROWS_MAX (1u << 24)
#define CALIBRATION_TOP   2048u /* highest scores kept one by one */
#define CALIBRATION_BODY  512u  /* knots below them, even in rank */
#define CALIBRATION_KNOTS (CALIBRATION_TOP + CALIBRATION_BODY)

struct calibration {
    uint32_t rows;                   /* it is made from */
    uint32_t n;                      /* knots, ascending and distinct */
    float at[CALIBRATION_KNOTS];     /* score */
    uint32_t above[CALIBRATION_KNOTS]; /* rows that score higher than the knot */
    uint32_t from[CALIBRATION_KNOTS];  /* rows that score as high or higher */
    float tail_shape, tail_scale;    /* of the Pareto tail beyond the knot tail_knot */
    uint32_t tail_knot;              /* n: there is none, since fewer than two scores differ */
};

/* Sorts the scores. n > 0. */
void calibration_make(float *scores, size_t n, struct calibration *ret);
/* Greater than 0, at most 1; falls with the score. */
double calibration_p(const struct calibration *calibration, float score);

void calibration_put(const struct calibration *calibration, struct hg_buf *buf);
/* False: damaged. */
bool calibration_get(struct bytes_in *in, struct calibration *ret);

#endif
