/* Comparing how two models order the same rows. */
#ifndef HG_EVALUATE_RANKS_H
#define HG_EVALUATE_RANKS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct ranked_row {
    double p;
    uint64_t tie;
    uint32_t at;
};

/* The rows from the oddest on; of equal p by chance. */
void ranks_order(const double *p, size_t n, uint64_t seed, struct ranked_row *ret);
/* Mean ranks, ties sharing theirs; ordered is of the same p. */
void ranks_mean(const struct ranked_row *ordered, size_t n, double *ret);
/* Pearson's of two rows of ranks; NaN where one of them is constant. */
double ranks_correlation(const double *a, const double *b, size_t n);
/* The share of the first k of both that is in common; NaN for k = 0. scratch: n bytes of 0, and left so. */
double ranks_overlap(const struct ranked_row *a, const struct ranked_row *b, size_t k, uint8_t *scratch);

#endif
