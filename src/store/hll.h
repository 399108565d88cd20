/*
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with the estimator of Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), which needs no bias tables. Registers are a byte each.
 */
#ifndef HG_STORE_HLL_H
#define HG_STORE_HLL_H

#include "base/hash.h"
#include "core/rollup.h"

#define HLL_REGISTERS (1u << HG_HLL_BITS)
#define HLL_ERROR     0.008125 /* 1.04 / sqrt(HLL_REGISTERS) */

void hll_add(uint8_t registers[HLL_REGISTERS], uint64_t hash);
void hll_merge(uint8_t registers[HLL_REGISTERS], const uint8_t *other);
double hll_estimate(const uint8_t registers[HLL_REGISTERS]);

#endif
