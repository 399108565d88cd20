/*
 * 2^y for y <= 0, or above it by a rounding error; below -OCSVM_EXPONENT that is taken instead. One sequence of operations, which the
 * kernels repeat lane by lane: a polynomial for the fraction, of relative error 8e-13 and exactly 1 at 0 (least maximum error, by
 * Lawson's iteration), and the whole part added to the exponent's bits.
 */
#ifndef HG_DETECT_OCSVM_POWER_H
#define HG_DETECT_OCSVM_POWER_H

#include <stdint.h>
#include <string.h>

#define OCSVM_EXPONENT 900 /* leaves room for the coefficients: a product below 2^-1022 would be slow and inexact */
/* Adding it leaves the nearest whole number in the low bits, and taking it away again that number. */
#define OCSVM_ROUNDER 0x1.8p52

#define OCSVM_POWER_DEGREE 8
static const double ocsvm_power[OCSVM_POWER_DEGREE + 1] = {
    1,
    0.6931471805482118,
    0.24022650698110698,
    0.055504109352679694,
    0.009618128616111254,
    0.001333345485921603,
    0.00015403825466890145,
    1.5309156473832506e-05,
    1.317893313411702e-06,
};

static inline double ocsvm_exp2(double y)
{
    y = y > -OCSVM_EXPONENT ? y : -OCSVM_EXPONENT;
    double rounded = y + OCSVM_ROUNDER, z = y - (rounded - OCSVM_ROUNDER), sum = ocsvm_power[OCSVM_POWER_DEGREE];
    for (int k = OCSVM_POWER_DEGREE - 1; k >= 0; k--)
        sum = sum * z + ocsvm_power[k];
    uint64_t whole, bits;
    memcpy(&whole, &rounded, sizeof whole);
    memcpy(&bits, &sum, sizeof bits);
    bits += whole << 52;
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

#endif
