/*
 * A request's body as it arrives: counted, inflated where it is gzip, kept up to its limits. What is refused is read on and
 * dropped for a while, because a client that is still writing does not read the answer.
 */
#ifndef HG_SERVE_BODY_H
#define HG_SERVE_BODY_H

#include "base/buf.h"

#define ZLIB_CONST
#include <zlib.h>

enum hg_body_state {
    HG_BODY_DROPPED = 0, /* nobody wants it */
    HG_BODY_TAKEN,
    HG_BODY_TOO_LARGE,   /* as sent, or inflated */
    HG_BODY_DAMAGED,     /* no whole gzip stream */
    HG_BODY_NO_MEMORY,
    HG_BODY_REFUSED,     /* by hg_body_refuse */
};

struct hg_body {
    enum hg_body_state state;
    struct hg_buf bytes;  /* inflated; limit: inflated_max and padding */
    uint64_t received;    /* as sent */
    uint64_t sent_max, inflated_max;
    bool gzip, inside;    /* inside: of a gzip member */
    z_stream zip;
};

/* A zeroed body drops what it gets. */
void hg_body_init(struct hg_body *body, bool gzip, uint64_t sent_max, uint64_t inflated_max);
void hg_body_take(struct hg_body *body, const void *bytes, size_t len);
/* Gives back what it holds; what still comes is dropped. */
void hg_body_refuse(struct hg_body *body);
/* No more will come; leaves `padding` readable bytes behind the content. */
void hg_body_end(struct hg_body *body, size_t padding);
void hg_body_free(struct hg_body *body); /* of a zeroed or initialised body */

#endif
