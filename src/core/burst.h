/*
 * Bursts: a window whose anomalous count is too great for chance, given the windows before it.
 */
#ifndef HG_CORE_BURST_H
#define HG_CORE_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HG_BURST_HISTORY 12   /* windows whose mean is the rate to compare with */
#define HG_BURST_MIN     3    /* fewer events are no burst */
#define HG_BURST_P       1e-4 /* probability of as many by chance, below which it is one */

/* P(X >= count) of a Poisson variable with this mean. */
double hg_poisson_tail(uint64_t count, double mean);

/* Whether count is one behind the HG_BURST_HISTORY counts of `before`. */
bool hg_is_burst(const uint64_t *before, uint64_t count);

/* ret[i]: whether counts[i] is a burst. The first HG_BURST_HISTORY windows have too little before them and are none. */
void hg_bursts(const uint64_t *counts, size_t n, bool *ret);

#endif
