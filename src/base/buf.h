/*
 * A byte buffer that grows up to a ceiling given at birth. A write that can't be kept sets `failed` and is dropped as a
 * whole, so that a row of writes needs one check at its end.
 */
#ifndef HG_BASE_BUF_H
#define HG_BASE_BUF_H

#include "base/slice.h"

#include <stdint.h>

struct hg_buf {
    char *p;
    size_t len, cap, limit;
    bool failed;
};

void hg_buf_init(struct hg_buf *buf, size_t limit);
void hg_buf_free(struct hg_buf *buf);
static inline void hg_buf_clear(struct hg_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

bool hg_buf_grow(struct hg_buf *buf, size_t more);
/* Room for `more` bytes behind len; false (and failed) where there is none. The caller writes there and raises len. */
static inline bool hg_buf_reserve(struct hg_buf *buf, size_t more)
{
    return more <= buf->cap - buf->len || hg_buf_grow(buf, more);
}

static inline void hg_buf_add(struct hg_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || !hg_buf_reserve(buf, len))
        return;
    memcpy(buf->p + buf->len, bytes, len);
    buf->len += len;
}
void hg_buf_printf(struct hg_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void hg_buf_put(struct hg_buf *buf, struct hg_slice s)
{
    hg_buf_add(buf, s.p, s.len);
}
static inline void hg_buf_text(struct hg_buf *buf, const char *text)
{
    hg_buf_add(buf, text, strlen(text));
}
static inline void hg_buf_char(struct hg_buf *buf, char c)
{
    hg_buf_add(buf, &c, 1);
}
void hg_buf_i64(struct hg_buf *buf, int64_t value);
void hg_buf_u64(struct hg_buf *buf, uint64_t value);
void hg_buf_f64(struct hg_buf *buf, double value); /* shortest form that reads back the same; finite values only */
void hg_buf_f32(struct hg_buf *buf, float value);

static inline struct hg_slice hg_buf_slice(const struct hg_buf *buf)
{
    return (struct hg_slice){buf->p, buf->len};
}

#endif
