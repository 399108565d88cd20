#include "detect/iforest.h"

/*
 * Bit-sliced kernel, 512 rows a tile. A row is one bit of a vector:
 *  1. of each distinct question of the forest one mask says which rows go right;
 *  2. breadth first, reach[right] = reach & mask and reach[left] = reach & ~mask: at the end each row reaches one leaf a tree;
 *  3. leaves of one length are joined; bit b of the row's length is the OR of the joined masks whose length has bit b;
 *  4. these planes are added to the planes of the sum with carry, 512 adders side by side;
 *  5. after all trees the planes are turned back into integers.
 * Only comparisons touch floats, so that the sums are those of the portable kernel, bit for bit.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET    __attribute__((target("avx512f,avx512bw,avx512dq")))
#define TILE_ROWS 512

#define VECTOR              __m512i
#define ZERO                _mm512_setzero_si512()
#define ONES                _mm512_set1_epi64(-1)
#define AND(a, b)           _mm512_and_si512(a, b)
#define AND_NOT(a, b)       _mm512_andnot_si512(b, a)
#define OR(a, b)            _mm512_or_si512(a, b)
#define SUM_BIT(a, b, c)    _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define CARRY_BIT(a, b, c)  _mm512_ternarylogic_epi64(a, b, c, 0xe8)
#define LOAD(words)         _mm512_load_si512(words)
#include "detect/iforest_slices.h"

TARGET static void ask(const struct hg_detector_state *forest, const float *cells, size_t stride, struct work *work)
{
    for (size_t i = 0; i < forest->n_tests; i++) {
        const float *column = cells + forest->tests[i].feature * stride;
        __m512 threshold = _mm512_set1_ps(forest->tests[i].threshold);
        for (size_t u = 0; u < 8; u++) {
            const float *c = column + 64 * u;
            __mmask16 m0 = _mm512_cmp_ps_mask(_mm512_loadu_ps(c), threshold, _CMP_NLE_UQ);
            __mmask16 m1 = _mm512_cmp_ps_mask(_mm512_loadu_ps(c + 16), threshold, _CMP_NLE_UQ);
            __mmask16 m2 = _mm512_cmp_ps_mask(_mm512_loadu_ps(c + 32), threshold, _CMP_NLE_UQ);
            __mmask16 m3 = _mm512_cmp_ps_mask(_mm512_loadu_ps(c + 48), threshold, _CMP_NLE_UQ);
            __mmask32 low = _mm512_kunpackw(m1, m0), high = _mm512_kunpackw(m3, m2);
            work->masks[i][u] = _cvtmask64_u64(_mm512_kunpackd(high, low));
        }
    }
}

TARGET static void to_integers(const struct work *work, uint32_t *ret_sums)
{
    uint16_t planes[FOREST_SUM_BITS][TILE_ROWS / 16];
    memcpy(planes, work->sums, sizeof planes);
    for (size_t g = 0; g < TILE_ROWS / 16; g++) {
        __m512i sum = _mm512_setzero_si512();
        for (int b = 0; b < FOREST_SUM_BITS; b++)
            sum = _mm512_mask_add_epi32(sum, planes[b][g], sum, _mm512_set1_epi32(1 << b));
        _mm512_storeu_si512(ret_sums + 16 * g, sum);
    }
}

TARGET static void sums(const struct hg_detector_state *forest, const float *cells, size_t stride, size_t rows,
                        uint32_t *ret_sums)
{
    struct work work;
    (void)rows; /* always a whole tile */
    memset(work.sums, 0, sizeof work.sums);
    ask(forest, cells, stride, &work);
    for (int t = 0; t < FOREST_TREES; t++) {
        descend(&forest->sliced[t], &work);
        add_lengths(&forest->sliced[t], &work);
    }
    to_integers(&work, ret_sums);
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

const struct forest_kernel forest_kernel_avx512 = {"avx512", TILE_ROWS, 96, runs_here, sums};

#else

static bool runs_here(void)
{
    return false;
}

const struct forest_kernel forest_kernel_avx512 = {"avx512", 512, 96, runs_here, NULL};

#endif
