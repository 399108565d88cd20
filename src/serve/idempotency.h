/*
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a string of Structured Fields (RFC 9651), "…" with \" and
 * \\ inside. Clients that send the key without quotes are many, so a bare one is taken as well.
 */
#ifndef HG_SERVE_IDEMPOTENCY_H
#define HG_SERVE_IDEMPOTENCY_H

#include "base/slice.h"

#define HG_IDEMPOTENCY_KEY_MAX 255u

/* *ret_key points into `out`; false where the header is neither, is empty or too long. */
bool hg_idempotency_key(struct hg_slice header, char out[HG_IDEMPOTENCY_KEY_MAX], struct hg_slice *ret_key);

#endif
