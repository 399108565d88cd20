/* Where records end: for decode.c and identity. hg_frame_whole() and hg_identity_first_record() stand in decode.h. */
#ifndef HG_DECODE_FRAME_H
#define HG_DECODE_FRAME_H

#include "decode/decode.h"

/* Length of the first record of bytes, its newline included; the bytes end where the last record does. len > 0. */
size_t hg_frame_next(enum hg_framing framing, const char *bytes, size_t len);
/* The record without its line end. */
struct hg_slice hg_frame_trim(const char *bytes, size_t len);
bool hg_frame_is_blank(struct hg_slice record);

#endif
