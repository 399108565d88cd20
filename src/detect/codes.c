#include "detect/codes.h"

static void code_plainly(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = codes_of_one(coder, values[i]);
}

static _Bool everywhere(void)
{
    return 1;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2   __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX2 static inline __m256 climb8(const struct codes_ramp *ramp, __m256 values)
{
    __m256 climbed = _mm256_mul_ps(_mm256_sub_ps(values, _mm256_set1_ps(ramp->low)), _mm256_set1_ps(ramp->scale));
    return _mm256_min_ps(_mm256_max_ps(climbed, _mm256_setzero_ps()), _mm256_set1_ps(ramp->height));
}

AVX2 static inline __m256i code8(const struct codes_coder *coder, const float *values)
{
    __m256 v = _mm256_loadu_ps(values);
    __m256 sum = _mm256_add_ps(climb8(&coder->ramps[0], v), climb8(&coder->ramps[1], v));
    return _mm256_cvttps_epi32(_mm256_add_ps(sum, climb8(&coder->ramps[2], v)));
}

AVX2 static void code_by_avx2(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7); /* packing works on halves of a vector */
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i low = _mm256_packs_epi32(code8(coder, values + i), code8(coder, values + i + 8));
        __m256i high = _mm256_packs_epi32(code8(coder, values + i + 16), code8(coder, values + i + 24));
        __m256i codes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
        _mm256_storeu_si256((__m256i *)(void *)(ret + i), codes);
    }
    code_plainly(coder, values + i, n - i, ret + i);
}

AVX512 static inline __m512 climb16(const struct codes_ramp *ramp, __m512 values)
{
    __m512 climbed = _mm512_mul_ps(_mm512_sub_ps(values, _mm512_set1_ps(ramp->low)), _mm512_set1_ps(ramp->scale));
    return _mm512_min_ps(_mm512_max_ps(climbed, _mm512_setzero_ps()), _mm512_set1_ps(ramp->height));
}

AVX512 static void code_by_avx512(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512 v = _mm512_loadu_ps(values + i);
        __m512 sum = _mm512_add_ps(climb16(&coder->ramps[0], v), climb16(&coder->ramps[1], v));
        __m512i codes = _mm512_cvttps_epi32(_mm512_add_ps(sum, climb16(&coder->ramps[2], v)));
        _mm_storeu_si128((__m128i *)(void *)(ret + i), _mm512_cvtepi32_epi8(codes));
    }
    code_plainly(coder, values + i, n - i, ret + i);
}

static _Bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

static _Bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

const struct codes_kernel codes_kernels[] = {
    {"avx512", has_avx512, code_by_avx512}, {"avx2", has_avx2, code_by_avx2}, {"portable", everywhere, code_plainly}};
#else
const struct codes_kernel codes_kernels[] = {{"portable", everywhere, code_plainly}};
#endif

const size_t codes_kernel_count = sizeof codes_kernels / sizeof codes_kernels[0];

void codes_of(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret)
{
    const struct codes_kernel *kernel = codes_kernels;
    while (!kernel->runs_here())
        kernel++;
    kernel->code(coder, values, n, ret);
}

double codes_value(const struct codes_coder *coder, unsigned code)
{
    double left = code, value = (double)coder->ramps[0].low;
    for (int r = 0; r < CODES_RAMPS; r++) {
        const struct codes_ramp *ramp = &coder->ramps[r];
        if (!(ramp->scale > 0 && ramp->height > 0))
            continue;
        double climbed = left < (double)ramp->height ? left : (double)ramp->height;
        value = (double)ramp->low + climbed / (double)ramp->scale;
        left -= climbed;
        if (left <= 0)
            break;
    }
    return value;
}
