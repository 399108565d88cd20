/*
 * log and 2^x by additions, multiplications and divisions alone. libm picks its variants by CPU, and their last bits
 * differ; what leads to a model or a score must not. Errors stay within a few units in the last place of a double.
 */
#ifndef HG_DETECT_PLAIN_MATH_H
#define HG_DETECT_PLAIN_MATH_H

#include <stdint.h>
#include <string.h>

#define PLAIN_LN2 0.69314718055994530942

/* x is positive, finite and normal. */
static inline double plain_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    double s = (m - 1) / (m + 1), square = s * s, sum = 0; /* log m = 2 artanh s, |s| < 0.172 */
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2 * s * sum + exponent * PLAIN_LN2;
}

/* |x| is at most 1000. */
static inline double plain_exp2(double x)
{
    int whole = (int)(x + (x < 0 ? -0.5 : 0.5));
    double z = (x - whole) * PLAIN_LN2, sum = 1; /* |z| < 0.347 */
    for (int k = 14; k >= 1; k--)
        sum = 1 + sum * z * (1.0 / k);
    uint64_t bits = (uint64_t)(whole + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/* sign(x) log(1 + |x|) and its inverse. */
static inline double plain_log1p(double x)
{
    return x < 0 ? -plain_log(1 - x) : plain_log(1 + x);
}

static inline double plain_expm1(double y)
{
    return y < 0 ? 1 - plain_exp2(-y / PLAIN_LN2) : plain_exp2(y / PLAIN_LN2) - 1;
}

#endif
