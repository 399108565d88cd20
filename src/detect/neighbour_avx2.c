#include "detect/neighbour.h"

/* Half a block of prototypes at a time against two rows, or one. */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define ROWS 2u
#define HALF (NEIGHBOUR_BLOCK / 2)

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2");
}

TARGET static uint32_t least_of(__m256i least)
{
    uint64_t lanes[HALF], nearest = UINT64_MAX;
    _mm256_storeu_si256((__m256i *)lanes, least);
    for (size_t i = 0; i < HALF; i++)
        nearest = lanes[i] < nearest ? lanes[i] : nearest;
    return (uint32_t)nearest;
}

/* Inlined for some numbers of rows and groups, so that the rows' words stay in registers. */
TARGET __attribute__((always_inline)) static inline void nearest_of(const struct neighbour *neighbour, size_t groups,
                                                                  const uint64_t *rows, size_t n, uint32_t *ret)
{
    const uint64_t *words = neighbour->words;
    __m256i least[ROWS];
    for (size_t i = 0; i < n; i++)
        least[i] = _mm256_set1_epi64x(INT32_MAX);
    for (size_t block = 0; block < neighbour->blocks; block++, words += groups * NEIGHBOUR_BLOCK) {
        __m256i low[ROWS], high[ROWS];
        for (size_t i = 0; i < n; i++)
            low[i] = high[i] = _mm256_setzero_si256();
        for (size_t g = 0; g < groups; g++) {
            const __m256i *at = (const __m256i *)(const void *)(words + g * NEIGHBOUR_BLOCK);
            __m256i first = _mm256_load_si256(at), second = _mm256_load_si256(at + 1);
            for (size_t i = 0; i < n; i++) {
                __m256i word = _mm256_set1_epi64x((int64_t)rows[i * groups + g]);
                low[i] = _mm256_add_epi32(low[i], _mm256_sad_epu8(first, word));
                high[i] = _mm256_add_epi32(high[i], _mm256_sad_epu8(second, word));
            }
        }
        for (size_t i = 0; i < n; i++)
            least[i] = _mm256_min_epi32(least[i], _mm256_min_epi32(low[i], high[i]));
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = least_of(least[i]);
}

#include "detect/neighbour_rows.h"
#else
static bool runs_here(void)
{
    return false;
}

static void nearest(const struct neighbour *neighbour, const uint64_t *rows, size_t n, uint32_t *ret)
{
    neighbour_kernel_portable.nearest(neighbour, rows, n, ret);
}
#endif

const struct neighbour_kernel neighbour_kernel_avx2 = {"avx2", runs_here, nearest};
