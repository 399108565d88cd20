/*
 * Sampling with the same results on every machine: only IEEE additions, multiplications and divisions, no libm.
 */
#ifndef HG_GENERATE_DIST_H
#define HG_GENERATE_DIST_H

#include "base/rng.h"

/* 2^x for |x| up to 1000, within 1e-6 of the truth. */
double hg_dist_exp2(double x);

/* Nearly normal with mean 0 and deviation 1: four uniform numbers added, so never beyond 3.5. */
static inline double hg_dist_normal(struct hg_rng *rng)
{
    uint64_t r = hg_rng_next(rng);
    uint64_t sum = (r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48);
    return ((double)sum - 131070.0) * (1.0 / 37837.2);
}

/* -log2 of a uniform number in (0, 1]. */
double hg_dist_bits(struct hg_rng *rng);

static inline double hg_dist_exponential(struct hg_rng *rng, double mean)
{
    return mean * 0.6931471805599453 * hg_dist_bits(rng);
}

/* spread is the deviation of log2. */
static inline double hg_dist_log_normal(struct hg_rng *rng, double median, double spread)
{
    return median * hg_dist_exp2(spread * hg_dist_normal(rng));
}

/* Log-normal with a Pareto tail: one draw of 40 comes from the tail, which begins at four medians. */
double hg_dist_amount(struct hg_rng *rng, double median, double spread);

static inline bool hg_dist_chance(struct hg_rng *rng, unsigned per_mille)
{
    return (hg_rng_next(rng) >> 32) * 1000 >> 32 < per_mille;
}

static inline uint32_t hg_dist_between(struct hg_rng *rng, uint32_t low, uint32_t high) /* both included */
{
    return low + (uint32_t)((hg_rng_next(rng) >> 32) * (uint64_t)(high - low + 1) >> 32);
}

#endif
