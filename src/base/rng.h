/*
 * xoshiro256++ (Blackman, Vigna 2019), seeded by splitmix64: the same numbers on every machine. Not for secrets.
 */
#ifndef HG_BASE_RNG_H
#define HG_BASE_RNG_H

#include "base/hash.h"

#include <stdint.h>

__extension__ typedef unsigned __int128 hg_u128; /* the one typedef: ISO C has no name for it */

struct hg_rng {
    uint64_t s[4];
};

static inline struct hg_rng hg_rng_seeded(uint64_t seed)
{
    struct hg_rng rng;
    for (int i = 0; i < 4; i++)
        rng.s[i] = hg_mix64(seed + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15));
    return rng;
}

static inline uint64_t hg_rng_next(struct hg_rng *rng)
{
    uint64_t *s = rng->s, sum = s[0] + s[3], t = s[1] << 17;
    uint64_t result = (sum << 23 | sum >> 41) + s[0];
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

static inline double hg_rng_unit(struct hg_rng *rng) /* [0, 1) with 53 bits */
{
    return (double)(hg_rng_next(rng) >> 11) * 0x1.0p-53;
}

static inline uint64_t hg_rng_below(struct hg_rng *rng, uint64_t n) /* uniform in [0, n), n > 0; Lemire 2019 */
{
    hg_u128 m = (hg_u128)hg_rng_next(rng) * n;
    if ((uint64_t)m < n) {
        uint64_t floor = (0 - n) % n;
        while ((uint64_t)m < floor)
            m = (hg_u128)hg_rng_next(rng) * n;
    }
    return (uint64_t)(m >> 64);
}

#endif
