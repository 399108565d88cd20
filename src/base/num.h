/*
 * Numbers from and to text, without locale. A parse takes the whole slice or fails.
 */
#ifndef HG_BASE_NUM_H
#define HG_BASE_NUM_H

#include "base/slice.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HG_NUM_BYTES 32 /* room for any printed number */

/* Decimal digits, with a sign where the type has one; false on anything else and on overflow. */
bool hg_num_parse_u64(struct hg_slice text, uint64_t *ret);
bool hg_num_parse_i64(struct hg_slice text, int64_t *ret);
/* 1, 1.5, -2e-3; neither hexadecimal nor inf nor nan. */
bool hg_num_parse_f64(struct hg_slice text, double *ret);

/* The shortest decimal that reads back as the same value; whole numbers below 1e15 without exponent. Returns its length. */
size_t hg_num_print_f64(double value, char out[HG_NUM_BYTES]);
size_t hg_num_print_f32(float value, char out[HG_NUM_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
