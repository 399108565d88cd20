#include "detect/iforest.h"

/* The bit-sliced kernel of iforest_avx512.c with 256 rows a tile. Packing comparisons to bits mixes the rows of each 32; they
 * stay mixed until the sums are integers. */
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
#define SUM_BIT(a, b, c)   _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define CARRY_BIT(a, b, c) _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(_mm256_xor_si256(a, b), c))
#define LOAD(words)        _mm256_load_si256((const __m256i *)(words))
#include "detect/iforest_slices.h"

TARGET static inline __m256i goes_right(const float *c, __m256 threshold)
{
    return _mm256_castps_si256(_mm256_cmp_ps(_mm256_loadu_ps(c), threshold, _CMP_NLE_UQ));
}

TARGET static void ask(const struct hg_detector_state *forest, const float *cells, size_t stride, struct work *work)
{
    for (size_t i = 0; i < forest->n_tests; i++) {
        const float *column = cells + forest->tests[i].feature * stride;
        __m256 threshold = _mm256_set1_ps(forest->tests[i].threshold);
        uint32_t bits[8];
        for (size_t u = 0; u < 8; u++) {
            const float *c = column + 32 * u;
            __m256i low = _mm256_packs_epi32(goes_right(c, threshold), goes_right(c + 8, threshold));
            __m256i high = _mm256_packs_epi32(goes_right(c + 16, threshold), goes_right(c + 24, threshold));
            bits[u] = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(low, high));
        }
        memcpy(work->masks[i], bits, sizeof bits);
    }
}

/* Which of its 32 rows bit p of a packed mask speaks for. */
static inline size_t row_of(size_t p)
{
    return p % 16 / 4 * 8 + p / 16 * 4 + p % 4;
}

TARGET static void to_integers(const struct work *work, uint32_t *ret_sums)
{
    uint8_t planes[FOREST_SUM_BITS][TILE_ROWS / 8];
    memcpy(planes, work->sums, sizeof planes);
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    for (size_t g = 0; g < TILE_ROWS / 8; g++) {
        uint32_t eight[8];
        __m256i sum = _mm256_setzero_si256();
        for (int b = 0; b < FOREST_SUM_BITS; b++) {
            __m256i set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(planes[b][g]), bits), bits);
            sum = _mm256_add_epi32(sum, _mm256_and_si256(set, _mm256_set1_epi32(1 << b)));
        }
        _mm256_storeu_si256((__m256i *)eight, sum);
        for (size_t i = 0; i < 8; i++)
            ret_sums[g / 4 * 32 + row_of(g % 4 * 8 + i)] = eight[i];
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
    return __builtin_cpu_supports("avx2");
}

const struct forest_kernel forest_kernel_avx2 = {"avx2", TILE_ROWS, 96, runs_here, sums};

#else

static bool runs_here(void)
{
    return false;
}

const struct forest_kernel forest_kernel_avx2 = {"avx2", 256, 96, runs_here, NULL};

#endif
