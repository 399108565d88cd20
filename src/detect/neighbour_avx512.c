#include "detect/neighbour.h"

/* One block of prototypes at a time against four rows, or one. */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define ROWS   4u

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

/* Inlined for some numbers of rows and groups, so that the rows' words stay in registers. */
TARGET __attribute__((always_inline)) static inline void nearest_of(const struct neighbour *neighbour, size_t groups,
                                                                    const uint64_t *rows, size_t n, uint32_t *ret)
{
    const uint64_t *words = neighbour->words;
    __m512i least[ROWS];
    for (size_t i = 0; i < n; i++)
        least[i] = _mm512_set1_epi64(INT32_MAX);
    for (size_t block = 0; block < neighbour->blocks; block++, words += groups * NEIGHBOUR_BLOCK) {
        __m512i sums[ROWS];
        for (size_t i = 0; i < n; i++)
            sums[i] = _mm512_setzero_si512();
        for (size_t g = 0; g < groups; g++) {
            __m512i prototypes = _mm512_load_si512(words + g * NEIGHBOUR_BLOCK);
            for (size_t i = 0; i < n; i++) {
                __m512i word = _mm512_set1_epi64((int64_t)rows[i * groups + g]);
                sums[i] = _mm512_add_epi32(sums[i], _mm512_sad_epu8(prototypes, word));
            }
        }
        for (size_t i = 0; i < n; i++)
            least[i] = _mm512_min_epi32(least[i], sums[i]);
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = (uint32_t)_mm512_reduce_min_epu64(least[i]);
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

const struct neighbour_kernel neighbour_kernel_avx512 = {"avx512", runs_here, nearest};
