#include "base/hash.h"

#include <endian.h>

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static inline void store64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static inline uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

/* Inlined by force: the state lives in registers, and an identifier is made for every event. */
__attribute__((always_inline)) static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

struct hg_id hg_siphash128(const struct hg_id *key, struct hg_slice bytes)
{
    uint64_t k0 = load64(key->b), k1 = load64(key->b + 8);
    uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    const uint8_t *p = (const uint8_t *)bytes.p;
    size_t whole = bytes.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t m = load64(p + i);
        v[3] ^= m;
        sip_round(v);
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)bytes.len << 56;
    for (size_t i = whole; i < bytes.len; i++)
        last |= (uint64_t)p[i] << 8 * (i - whole);
    v[3] ^= last;
    sip_round(v);
    sip_round(v);
    v[0] ^= last;
    struct hg_id id;
    v[2] ^= 0xee;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    store64(id.b, v[0] ^ v[1] ^ v[2] ^ v[3]);
    v[1] ^= 0xdd;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    store64(id.b + 8, v[0] ^ v[1] ^ v[2] ^ v[3]);
    return id;
}

void hg_id_print(const struct hg_id *id, char out[HG_ID_TEXT_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[2 * i] = hex[id->b[i] >> 4];
        out[2 * i + 1] = hex[id->b[i] & 15];
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hg_id_parse(struct hg_slice text, struct hg_id *ret)
{
    if (text.len != HG_ID_TEXT_BYTES)
        return false;
    for (int i = 0; i < 16; i++) {
        int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret->b[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

uint64_t hg_hash64(struct hg_slice bytes, uint64_t seed)
{
    const uint8_t *p = (const uint8_t *)bytes.p;
    uint64_t h = hg_mix64(seed ^ bytes.len);
    size_t i = 0;
    for (; i + 8 <= bytes.len; i += 8) {
        uint64_t v;
        memcpy(&v, p + i, 8);
        h = hg_mix64(h ^ v);
    }
    uint64_t tail = 0;
    for (; i < bytes.len; i++)
        tail = tail << 8 | p[i];
    return hg_mix64(h ^ tail);
}
