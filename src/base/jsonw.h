/*
 * JSON text into a buffer. The caller keeps the grammar; commas come by themselves.
 *
 *   struct hg_jsonw w = {.buf = &buf};
 *   hg_jsonw_open(&w, '{');  hg_jsonw_key(&w, "port");  hg_jsonw_i64(&w, 22);  hg_jsonw_close(&w, '}');
 *
 * Strings must be UTF-8; bytes that aren't become U+FFFD. C0, DEL, C1 and the bidi controls are written as \u escapes, so that
 * output is safe to show on a terminal.
 */
#ifndef HG_BASE_JSONW_H
#define HG_BASE_JSONW_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/ip.h"

struct hg_jsonw {
    struct hg_buf *buf;
    bool comma; /* a value stands before: the next one needs a comma */
};

void hg_jsonw_open(struct hg_jsonw *w, char bracket);  /* { or [ */
void hg_jsonw_close(struct hg_jsonw *w, char bracket); /* } or ] */
void hg_jsonw_key_bytes(struct hg_jsonw *w, const char *key, size_t len);
static inline void hg_jsonw_key(struct hg_jsonw *w, const char *key) /* plain ASCII without quotes */
{
    hg_jsonw_key_bytes(w, key, strlen(key)); /* inline, so that a literal's length is known */
}
void hg_jsonw_str(struct hg_jsonw *w, struct hg_slice text);
void hg_jsonw_text(struct hg_jsonw *w, const char *text); /* NULL: null */
void hg_jsonw_i64(struct hg_jsonw *w, int64_t value);
void hg_jsonw_u64(struct hg_jsonw *w, uint64_t value);
void hg_jsonw_f64(struct hg_jsonw *w, double value); /* null where not finite */
void hg_jsonw_f32(struct hg_jsonw *w, float value);
void hg_jsonw_bool(struct hg_jsonw *w, bool value);
void hg_jsonw_null(struct hg_jsonw *w);
void hg_jsonw_ip(struct hg_jsonw *w, const struct hg_ip *ip);
void hg_jsonw_time(struct hg_jsonw *w, int64_t us); /* HG_TIME_NONE: null */
void hg_jsonw_id(struct hg_jsonw *w, const struct hg_id *id);
void hg_jsonw_raw(struct hg_jsonw *w, struct hg_slice json); /* a JSON value already */

/* Length of the valid UTF-8 sequence at p (1 to 4), or 0. */
size_t hg_utf8_len(const char *p, const char *end);
/* Writes a code point as UTF-8, up to 4 bytes; returns how many. */
size_t hg_utf8_put(uint32_t code, char *out);
/* Length of the control character at p if there is one that must not reach a terminal (C0 but newline and tab, DEL, C1, bidi
 * controls, a byte that is no UTF-8), else 0; *ret_code is its code point. */
size_t hg_text_control(const char *p, const char *end, uint32_t *ret_code);
bool hg_utf8_valid(struct hg_slice text);

#endif
