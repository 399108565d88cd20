/*
 * A flat JSON object of strings, such as {"name":"…","query":"…"}: all that bodies of the page's own settings need.
 */
#ifndef HG_SERVE_MEMBERS_H
#define HG_SERVE_MEMBERS_H

#include "base/arena.h"
#include "base/slice.h"

struct hg_member {
    const char *name;
    struct hg_slice value; /* out: decoded, in the arena; {NULL, 0}: not there */
};

/* Reads the object into the members wanted. False: it is no such object, has another member, one twice, bytes that are no UTF-8, or no memory. */
bool hg_members_read(struct hg_slice text, struct hg_member *members, size_t n, struct hg_arena *arena);

#endif
