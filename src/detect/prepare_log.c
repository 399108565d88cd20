#include "detect/prepare.h"

#include <string.h>

/*
 * log1p of many floats. One body, compiled for several widths: the same operations in the same order, so the same bits. The error is
 * below 1e-6 of the result or of 1, whichever is greater; what follows is coded in at most 256 steps.
 */
#define LN2       0.693147180559945f
#define SQRT_HALF UINT32_C(0x3f3504f3) /* bits of sqrt(1/2) */

static inline __attribute__((always_inline)) float log1p_body(float value)
{
    uint32_t bits, sign;
    memcpy(&bits, &value, sizeof bits);
    sign = bits & UINT32_C(0x80000000);
    bits ^= sign;
    float magnitude, mantissa;
    memcpy(&magnitude, &bits, sizeof magnitude);
    float y = 1.0f + magnitude;
    memcpy(&bits, &y, sizeof bits);
    int32_t exponent = (int32_t)(bits - SQRT_HALF) >> 23;
    bits -= (uint32_t)exponent << 23;
    memcpy(&mantissa, &bits, sizeof mantissa); /* sqrt(1/2) to sqrt(2) */
    float s = (mantissa - 1.0f) / (mantissa + 1.0f), square = s * s; /* log = 2 artanh s, |s| < 0.172 */
    float series = 1.0f + square * (0.33333333f + square * (0.2f + square * (0.14285715f + square * 0.11111111f)));
    float result = 2.0f * s * series + (float)exponent * LN2 + (magnitude - magnitude); /* NaN stays NaN */
    memcpy(&bits, &result, sizeof bits);
    bits ^= sign;
    memcpy(&result, &bits, sizeof result);
    return result;
}

float log1p_reference(float value)
{
    return log1p_body(value);
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512vl"))) static void with_avx512(const float *values, size_t n, float *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = log1p_body(values[i]);
}

__attribute__((target("avx2"))) static void with_avx2(const float *values, size_t n, float *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = log1p_body(values[i]);
}
#endif

static void plain(const float *values, size_t n, float *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = log1p_body(values[i]);
}

void log1p_of(const float *values, size_t n, float *ret)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        with_avx512(values, n, ret);
    else if (__builtin_cpu_supports("avx2"))
        with_avx2(values, n, ret);
    else
#endif
        plain(values, n, ret);
}
