/*
 * A slice borrows bytes: it owns nothing and ends nothing with NUL. {NULL, 0} is "absent", {p, 0} is "empty".
 */
#ifndef HG_BASE_SLICE_H
#define HG_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct hg_slice {
    const char *p;
    size_t len;
};

#define HG_SLICE(literal) ((struct hg_slice){"" literal, sizeof(literal) - 1})
#define HG_SLICE_NONE     ((struct hg_slice){NULL, 0})

static inline struct hg_slice hg_slice_of(const char *text)
{
    return text == NULL ? HG_SLICE_NONE : (struct hg_slice){text, strlen(text)};
}

static inline bool hg_slice_eq(struct hg_slice a, struct hg_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool hg_slice_is(struct hg_slice a, const char *text)
{
    return hg_slice_eq(a, hg_slice_of(text));
}

static inline bool hg_slice_starts(struct hg_slice a, struct hg_slice prefix)
{
    return a.len >= prefix.len && memcmp(a.p, prefix.p, prefix.len) == 0;
}

static inline struct hg_slice hg_slice_from(struct hg_slice a, size_t start)
{
    return (struct hg_slice){a.p + start, a.len - start};
}

/* What stands before the first `end`, which goes with it; all of it where there is none. */
static inline struct hg_slice hg_slice_take_until(struct hg_slice *rest, char end)
{
    const char *at = rest->len > 0 ? (const char *)memchr(rest->p, end, rest->len) : NULL;
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->p);
    struct hg_slice part = {rest->p, len};
    *rest = hg_slice_from(*rest, at == NULL ? len : len + 1);
    return part;
}

#endif
