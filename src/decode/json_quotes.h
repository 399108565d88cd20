/* Where the quotes of a record stand, for json_habit.c. One kernel for each sort of processor, all of which say the same. */
#ifndef HG_DECODE_JSON_QUOTES_H
#define HG_DECODE_JSON_QUOTES_H

#include "base/slice.h"

#include <stdint.h>

#define HG_QUOTES_TEXT 4096 /* a longer text isn't looked at; neither is one with more quotes than */
#define HG_QUOTES_MAX  1024

/* ret_at gets the offset of each quote, and behind the last one the text's length; it has room for 64 more. How many there are, or
 * -1 where the text is too long, or not all of it is printable ASCII without a backslash. */
typedef int hg_quotes_find(struct hg_slice text, uint16_t ret_at[HG_QUOTES_MAX + 64]);

hg_quotes_find hg_quotes_portable, hg_quotes_avx2, hg_quotes_avx512;

/* The fastest that the processor has. */
hg_quotes_find *hg_quotes_kernel(void);

#endif
