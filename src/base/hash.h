/*
 * SipHash-2-4 with 128 bits out (Aumasson, Bernstein 2012), little endian on any machine, for identifiers;
 * and a fast 64-bit mix for hash tables (not against an attacker who knows the seed; tables are bounded besides).
 */
#ifndef HG_BASE_HASH_H
#define HG_BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

struct hg_id {
    uint8_t b[16];
};
#define HG_ID_TEXT_BYTES 32

struct hg_id hg_siphash128(const struct hg_id *key, struct hg_slice bytes);
void hg_id_print(const struct hg_id *id, char out[HG_ID_TEXT_BYTES]); /* hex, no NUL */
bool hg_id_parse(struct hg_slice text, struct hg_id *ret);

static inline uint64_t hg_mix64(uint64_t x) /* splitmix64's finaliser */
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t hg_hash64(struct hg_slice bytes, uint64_t seed);

/* FNV-1a, 32 bits: the code of a category's name. */
static inline uint32_t hg_code32(struct hg_slice s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h;
}

#endif
