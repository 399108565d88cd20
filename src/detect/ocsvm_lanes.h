/*
 * What the SIMD kernels have in common, for vectors of WIDTH doubles: the same operations in the same order as portable_sums() of
 * ocsvm_kernel.c, lane by lane. Multiplications and additions stay apart: a fused one would round once less. The includer defines
 * TARGET, WIDTH, VECTOR and the operations on it: SET (all lanes), LOAD, STORE, ADD, SUB, MUL, MAX and
 * RAISE(sum, rounded), which adds the low bits of rounded to the exponent of sum.
 *
 * Two vectors of a block and four rows at once: eight chains of additions hide one another's latency and still fit the registers.
 */
#ifndef HG_DETECT_OCSVM_LANES_H
#define HG_DETECT_OCSVM_LANES_H

#include "detect/ocsvm_power.h"

/* A power is one long chain of operations: four of them go in step. */
TARGET static inline void powers(VECTOR y[OCSVM_ROWS])
{
    VECTOR rounded[OCSVM_ROWS], sums[OCSVM_ROWS];
#pragma GCC unroll 4
    for (size_t u = 0; u < OCSVM_ROWS; u++) {
        y[u] = MAX(y[u], SET(-OCSVM_EXPONENT));
        rounded[u] = ADD(y[u], SET(OCSVM_ROUNDER));
        y[u] = SUB(y[u], SUB(rounded[u], SET(OCSVM_ROUNDER)));
        sums[u] = SET(ocsvm_power[OCSVM_POWER_DEGREE]);
    }
#pragma GCC unroll 8
    for (int k = OCSVM_POWER_DEGREE - 1; k >= 0; k--) {
#pragma GCC unroll 4
        for (size_t u = 0; u < OCSVM_ROWS; u++)
            sums[u] = ADD(MUL(sums[u], y[u]), SET(ocsvm_power[k]));
    }
#pragma GCC unroll 4
    for (size_t u = 0; u < OCSVM_ROWS; u++)
        y[u] = RAISE(sums[u], rounded[u]);
}

/* Of one vector of a block, its exponents still without the rows' |x'|^2/2. */
TARGET static inline void add_powers(const double *coefficients, const struct ocsvm_rows *rows, VECTOR y[OCSVM_ROWS], size_t lane,
                                     struct ocsvm_sums *sums)
{
#pragma GCC unroll 4
    for (size_t u = 0; u < OCSVM_ROWS; u++)
        y[u] = SUB(y[u], SET(rows->half[u]));
    powers(y);
#pragma GCC unroll 4
    for (size_t u = 0; u < OCSVM_ROWS; u++)
        STORE(sums->lanes[u] + lane, ADD(LOAD(sums->lanes[u] + lane), MUL(LOAD(coefficients), y[u])));
}

/* Lanes `lane` to `lane` + 2 WIDTH of one block. */
TARGET static inline void add_pair(const struct hg_detector_state *svm, const struct ocsvm_rows *rows, size_t block, size_t lane,
                                   struct ocsvm_sums *sums)
{
    size_t at = block * OCSVM_LANES + lane;
    const double *cells = svm->blocked + block * svm->used * OCSVM_LANES + lane;
    VECTOR low[OCSVM_ROWS], high[OCSVM_ROWS];
    for (size_t u = 0; u < OCSVM_ROWS; u++) {
        low[u] = LOAD(svm->minus_half + at);
        high[u] = LOAD(svm->minus_half + at + WIDTH);
    }
    for (size_t c = 0; c < svm->used; c++, cells += OCSVM_LANES) {
        VECTOR first = LOAD(cells), second = LOAD(cells + WIDTH);
#pragma GCC unroll 4
        for (size_t u = 0; u < OCSVM_ROWS; u++) {
            VECTOR x = SET(rows->cells[c][u]);
            low[u] = ADD(low[u], MUL(x, first));
            high[u] = ADD(high[u], MUL(x, second));
        }
    }
    add_powers(svm->coefficients + at, rows, low, lane, sums);
    add_powers(svm->coefficients + at + WIDTH, rows, high, lane + WIDTH, sums);
}

TARGET static void vector_sums(const struct hg_detector_state *svm, const struct ocsvm_rows *rows, struct ocsvm_sums *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t b = 0; b < svm->blocks; b++)
        for (size_t lane = 0; lane < OCSVM_LANES; lane += 2 * WIDTH)
            add_pair(svm, rows, b, lane, ret);
}

#endif
