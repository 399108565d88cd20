#include "detect/iforest.h"

/* The bit-sliced kernel, 256 rows a tile. */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET    __attribute__((target("avx2")))
#define TILE_ROWS 256

#define VECTOR             __m256i
#define ZERO               _mm256_setzero_si256()
#define ONES               _mm256_set1_epi64x(-1)
#define AND(a, b)          _mm256_and_si256(a, b)
#define AND_NOT(a, b)      _mm256_andnot_si256(b, a)
#define OR(a, b)           _mm256_or_si256(a, b)
#define OR3(a, b, c)       OR(OR(b, c), a)
#define SUM_BIT(a, b, c)   _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define CARRY_BIT(a, b, c) _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(_mm256_xor_si256(a, b), c))
#define LOAD(words)        _mm256_load_si256((const __m256i *)(const void *)(words))
#define STORE(words, v)    _mm256_store_si256((__m256i *)(void *)(words), v)
#include "detect/iforest_slices.h"

/* Bytes compare as signed numbers only: both sides are moved down by 128. */
TARGET static void ask(const uint8_t *codes, const uint8_t *cuts, size_t n, uint64_t *ret_masks)
{
    const __m256i down = _mm256_set1_epi8(-128);
    __m256i rows[2 * WORDS];
    for (size_t u = 0; u < 2 * WORDS; u++)
        rows[u] = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(codes + 32 * u)), down);
    for (size_t i = 0; i < n; i++) {
        __m256i cut = _mm256_xor_si256(_mm256_set1_epi8((char)cuts[i]), down);
        for (size_t u = 0; u < WORDS; u++) {
            uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(rows[2 * u], cut));
            uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(rows[2 * u + 1], cut));
            ret_masks[i * WORDS + u] = (uint64_t)high << 32 | low;
        }
    }
}

TARGET static void to_integers(const VECTOR *planes, uint32_t *ret_sums)
{
    uint8_t bytes[FOREST_SUM_BITS][TILE_ROWS / 8];
    memcpy(bytes, planes, sizeof bytes);
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    for (size_t g = 0; g < TILE_ROWS / 8; g++) {
        __m256i sum = _mm256_setzero_si256();
        for (int b = 0; b < FOREST_SUM_BITS; b++) {
            __m256i set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bytes[b][g]), bits), bits);
            sum = _mm256_add_epi32(sum, _mm256_and_si256(set, _mm256_set1_epi32(1 << b)));
        }
        _mm256_storeu_si256((__m256i *)(void *)(ret_sums + 8 * g), sum);
    }
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2");
}

const struct forest_kernel forest_kernel_avx2 = {"avx2", TILE_ROWS, 64, runs_here, ask, sums, scores};

#else

static bool runs_here(void)
{
    return false;
}

const struct forest_kernel forest_kernel_avx2 = {"avx2", 256, 64, runs_here, NULL, NULL, NULL};

#endif
