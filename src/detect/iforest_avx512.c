#include "detect/iforest.h"

/* The bit-sliced kernel, 512 rows a tile. */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define TILE_ROWS 512

#define VECTOR             __m512i
#define ZERO               _mm512_setzero_si512()
#define ONES               _mm512_set1_epi64(-1)
#define AND(a, b)          _mm512_and_si512(a, b)
#define AND_NOT(a, b)      _mm512_andnot_si512(b, a)
#define OR(a, b)           _mm512_or_si512(a, b)
#define OR3(a, b, c)       _mm512_ternarylogic_epi64(a, b, c, 0xfe)
#define SUM_BIT(a, b, c)   _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define CARRY_BIT(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xe8)
#define LOAD(words)        _mm512_load_si512(words)
#define STORE(words, v)    _mm512_store_si512(words, v)
#include "detect/iforest_slices.h"

TARGET static void ask(const uint8_t *codes, const uint8_t *cuts, size_t n, uint64_t *ret_masks)
{
    __m512i rows[WORDS];
    for (size_t u = 0; u < WORDS; u++)
        rows[u] = _mm512_loadu_si512(codes + 64 * u);
    for (size_t i = 0; i < n; i++) {
        __m512i cut = _mm512_set1_epi8((char)cuts[i]);
        for (size_t u = 0; u < WORDS; u++)
            ret_masks[i * WORDS + u] = _cvtmask64_u64(_mm512_cmpgt_epu8_mask(rows[u], cut));
    }
}

TARGET static void to_integers(const VECTOR *planes, uint32_t *ret_sums)
{
    uint16_t bits[FOREST_SUM_BITS][TILE_ROWS / 16];
    memcpy(bits, planes, sizeof bits);
    for (size_t g = 0; g < TILE_ROWS / 16; g++) {
        __m512i sum = _mm512_setzero_si512();
        for (int b = 0; b < FOREST_SUM_BITS; b++)
            sum = _mm512_mask_add_epi32(sum, bits[b][g], sum, _mm512_set1_epi32(1 << b));
        _mm512_storeu_si512(ret_sums + 16 * g, sum);
    }
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

const struct forest_kernel forest_kernel_avx512 = {"avx512", TILE_ROWS, 64, runs_here, ask, sums, scores};

#else

static bool runs_here(void)
{
    return false;
}

const struct forest_kernel forest_kernel_avx512 = {"avx512", 512, 64, runs_here, NULL, NULL, NULL};

#endif
