#include "base/buf.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void hg_buf_init(struct hg_buf *buf, size_t limit)
{
    *buf = (struct hg_buf){.limit = limit};
}

void hg_buf_free(struct hg_buf *buf)
{
    free(buf->p);
    *buf = (struct hg_buf){.limit = buf->limit};
}

bool hg_buf_grow(struct hg_buf *buf, size_t more)
{
    if (more > buf->limit - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + more;
    size_t least = buf->limit < 256 ? buf->limit : 256; /* never above the limit: what is reserved is checked against cap alone */
    size_t cap = buf->cap < least ? least : buf->cap;
    while (cap < need)
        cap = cap > buf->limit / 2 ? buf->limit : cap * 2;
    char *p = realloc(buf->p, cap);
    if (p == NULL) {
        buf->failed = true;
        return false;
    }
    buf->p = p;
    buf->cap = cap;
    return true;
}

void hg_buf_printf(struct hg_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n >= 0 && hg_buf_reserve(buf, (size_t)n + 1)) {
        vsnprintf(buf->p + buf->len, (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void hg_buf_u64(struct hg_buf *buf, uint64_t value)
{
    char text[20];
    size_t i = sizeof text;
    do {
        text[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    hg_buf_add(buf, text + i, sizeof text - i);
}

void hg_buf_i64(struct hg_buf *buf, int64_t value)
{
    if (value < 0)
        hg_buf_char(buf, '-');
    hg_buf_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void hg_buf_f64(struct hg_buf *buf, double value)
{
    if (hg_buf_reserve(buf, HG_NUM_BYTES))
        buf->len += hg_num_print_f64(value, buf->p + buf->len);
}

void hg_buf_f32(struct hg_buf *buf, float value)
{
    if (hg_buf_reserve(buf, HG_NUM_BYTES))
        buf->len += hg_num_print_f32(value, buf->p + buf->len);
}
