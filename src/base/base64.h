/*
 * Base64 (RFC 4648). Decoding skips line breaks, takes input with or without padding, and fails on anything else.
 */
#ifndef HG_BASE_BASE64_H
#define HG_BASE_BASE64_H

#include "base/slice.h"

static inline size_t hg_base64_decoded_bound(size_t len)
{
    return len / 4 * 3 + 3;
}
static inline size_t hg_base64_encoded_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* out has room for hg_base64_decoded_bound(text.len). */
bool hg_base64_decode(struct hg_slice text, char *out, size_t *ret_len);
/* out has room for hg_base64_encoded_len(bytes.len); returns that. */
size_t hg_base64_encode(struct hg_slice bytes, char *out);

#endif
