#include "base/jsonw.h"

#include "base/instant.h"

#include <math.h>

static void separate(struct hg_jsonw *w)
{
    if (w->comma)
        hg_buf_char(w->buf, ',');
    w->comma = true;
}

void hg_jsonw_open(struct hg_jsonw *w, char bracket)
{
    separate(w);
    hg_buf_char(w->buf, bracket);
    w->comma = false;
}

void hg_jsonw_close(struct hg_jsonw *w, char bracket)
{
    hg_buf_char(w->buf, bracket);
    w->comma = true;
}

void hg_jsonw_key_bytes(struct hg_jsonw *w, const char *key, size_t len)
{
    if (!hg_buf_reserve(w->buf, len + 4))
        return;
    char *p = w->buf->p + w->buf->len;
    if (w->comma)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, key, len);
    p += len;
    *p++ = '"';
    *p++ = ':';
    w->buf->len = (size_t)(p - w->buf->p);
    w->comma = false;
}

size_t hg_utf8_put(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xf0) | code);
    return n;
}

size_t hg_utf8_len(const char *p, const char *end)
{
    const unsigned char *b = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    if (b[0] < 0x80)
        return 1;
    size_t n = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return n;
}

bool hg_utf8_valid(struct hg_slice text)
{
    if (text.len == 0)
        return true;
    const char *p = text.p, *end = text.p + text.len;
    while (p < end) {
        size_t n = hg_utf8_len(p, end);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

/* Written as an escape though JSON would allow the bytes: C1 controls and the bidi controls (Unicode TR 9). */
static bool must_escape(uint32_t c)
{
    return (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static uint32_t code_point(const char *p, size_t n)
{
    const unsigned char *b = (const unsigned char *)p;
    if (n == 1)
        return b[0];
    uint32_t c = b[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (b[i] & 0x3f);
    return c;
}

size_t hg_text_control(const char *p, const char *end, uint32_t *ret_code)
{
    size_t n = hg_utf8_len(p, end);
    *ret_code = n == 0 ? (unsigned char)*p : code_point(p, n);
    if (n == 0)
        return 1;
    return must_escape(*ret_code) || (*ret_code < 0x20 && *ret_code != '\n' && *ret_code != '\t') ? n : 0;
}

static bool plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The high bit of each byte of v that isn't plain, for bytes below 0x80; whole words let most text pass eight at a time. */
static uint64_t special_bytes(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\', del = v ^ ones * 0x7f;
    uint64_t low = (v - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones);
    return (low | v) & highs;
}

static const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        if (special_bytes(v) != 0)
            break;
        p += 8;
    }
    while (p < end && plain((unsigned char)*p))
        p++;
    return p;
}

static void put_special(struct hg_buf *buf, const char *p, size_t n)
{
    static const char *const replacement = "\xef\xbf\xbd";
    if (n == 0) {
        hg_buf_add(buf, replacement, 3);
        return;
    }
    uint32_t c = code_point(p, n);
    if (c == '"' || c == '\\') {
        hg_buf_char(buf, '\\');
        hg_buf_char(buf, (char)c);
    } else if (c == '\n') {
        hg_buf_text(buf, "\\n");
    } else if (c == '\r') {
        hg_buf_text(buf, "\\r");
    } else if (c == '\t') {
        hg_buf_text(buf, "\\t");
    } else if (c < 0x20 || must_escape(c)) {
        hg_buf_printf(buf, "\\u%04x", c);
    } else {
        hg_buf_add(buf, p, n);
    }
}

void hg_jsonw_str(struct hg_jsonw *w, struct hg_slice text)
{
    if (text.p == NULL) {
        hg_jsonw_null(w);
        return;
    }
    separate(w);
    hg_buf_char(w->buf, '"');
    const char *p = text.p, *end = p + text.len;
    while (p < end) {
        const char *start = p;
        p = skip_plain(p, end);
        hg_buf_add(w->buf, start, (size_t)(p - start));
        if (p == end)
            break;
        size_t n = hg_utf8_len(p, end);
        put_special(w->buf, p, n);
        p += n == 0 ? 1 : n;
    }
    hg_buf_char(w->buf, '"');
}

void hg_jsonw_text(struct hg_jsonw *w, const char *text)
{
    hg_jsonw_str(w, hg_slice_of(text));
}

void hg_jsonw_i64(struct hg_jsonw *w, int64_t value)
{
    separate(w);
    hg_buf_i64(w->buf, value);
}

void hg_jsonw_u64(struct hg_jsonw *w, uint64_t value)
{
    separate(w);
    hg_buf_u64(w->buf, value);
}

void hg_jsonw_f64(struct hg_jsonw *w, double value)
{
    if (!isfinite(value)) {
        hg_jsonw_null(w);
        return;
    }
    separate(w);
    hg_buf_f64(w->buf, value);
}

void hg_jsonw_f32(struct hg_jsonw *w, float value)
{
    if (!isfinite(value)) {
        hg_jsonw_null(w);
        return;
    }
    separate(w);
    hg_buf_f32(w->buf, value);
}

void hg_jsonw_bool(struct hg_jsonw *w, bool value)
{
    separate(w);
    hg_buf_text(w->buf, value ? "true" : "false");
}

void hg_jsonw_null(struct hg_jsonw *w)
{
    separate(w);
    hg_buf_add(w->buf, "null", 4);
}

static void put_quoted(struct hg_jsonw *w, const char *text, size_t len)
{
    separate(w);
    hg_buf_char(w->buf, '"');
    hg_buf_add(w->buf, text, len);
    hg_buf_char(w->buf, '"');
}

void hg_jsonw_ip(struct hg_jsonw *w, const struct hg_ip *ip)
{
    char text[HG_IP_TEXT_BYTES];
    put_quoted(w, text, hg_ip_print(ip, text));
}

void hg_jsonw_time(struct hg_jsonw *w, int64_t us)
{
    char text[HG_TIME_TEXT_BYTES];
    if (us == HG_TIME_NONE) {
        hg_jsonw_null(w);
        return;
    }
    hg_time_print(us, text);
    put_quoted(w, text, sizeof text);
}

void hg_jsonw_id(struct hg_jsonw *w, const struct hg_id *id)
{
    char text[HG_ID_TEXT_BYTES];
    hg_id_print(id, text);
    put_quoted(w, text, sizeof text);
}

void hg_jsonw_raw(struct hg_jsonw *w, struct hg_slice json)
{
    separate(w);
    hg_buf_put(w->buf, json);
}
