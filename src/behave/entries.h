/*
 * A bounded table of equal entries by a 64-bit key, for what rules remember: eight places a bucket, the one that was used longest ago is
 * given up for a new key. Nothing is allocated after creation; the same calls make the same table.
 */
#ifndef HG_BEHAVE_ENTRIES_H
#define HG_BEHAVE_ENTRIES_H

#include "base/buf.h"
#include "base/err.h"

struct entry { /* each entry begins with it */
    uint64_t key; /* 0: free */
    int64_t last_us;
};

struct entries {
    unsigned char *at;
    size_t entry_bytes;
    uint32_t n; /* a power of two */
};

bool entries_create(struct entries *entries, size_t entry_bytes, uint32_t n);
void entries_destroy(struct entries *entries);
void entries_clear(struct entries *entries);
static inline size_t entries_bytes(const struct entries *entries)
{
    return entries->entry_bytes * entries->n;
}

/* The key's entry; NULL where there is none. */
void *entries_find(const struct entries *entries, uint64_t key);
/* The key's entry, a zeroed one where there was none (its key is set). last_us becomes the greatest of all calls. */
void *entries_use(struct entries *entries, uint64_t key, int64_t now_us);

/* All of it, and back: HG_EFORMAT where the bytes are no such table. What stands in an entry is not looked at: its
 * reader must bear any content. *bytes moves behind what was read. */
void entries_put(const struct entries *entries, struct hg_buf *out);
HG_MUST_USE enum hg_rc entries_take(struct entries *entries, struct hg_slice *bytes, struct hg_err *reterr);

/* now - then, whatever stands there: a damaged snapshot must not overflow. */
static inline int64_t elapsed(int64_t now_us, int64_t then_us)
{
    return (int64_t)((uint64_t)now_us - (uint64_t)then_us);
}

#endif
