#include "serve/idempotency.h"

static struct hg_slice trim(struct hg_slice s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hg_slice_from(s, 1);
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_printable(char c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* Structure where it doesn't belong means that something else was sent: a list, parameters, half a string. */
static bool is_bare(char c)
{
    return is_printable(c) && strchr(" \",;\\", c) == NULL;
}

bool hg_idempotency_key(struct hg_slice header, char out[HG_IDEMPOTENCY_KEY_MAX], struct hg_slice *ret_key)
{
    struct hg_slice text = trim(header);
    bool quoted = text.len >= 2 && text.p[0] == '"' && text.p[text.len - 1] == '"';
    size_t n = 0;
    if (quoted)
        text = (struct hg_slice){text.p + 1, text.len - 2};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (quoted && c == '\\') {
            if (++i == text.len || (text.p[i] != '"' && text.p[i] != '\\'))
                return false;
            c = text.p[i];
        } else if (quoted ? c == '"' || !is_printable(c) : !is_bare(c)) {
            return false;
        }
        if (n == HG_IDEMPOTENCY_KEY_MAX)
            return false;
        out[n++] = c;
    }
    *ret_key = (struct hg_slice){out, n};
    return n > 0;
}
