#include "serve/members.h"

#include "base/jsonw.h"

struct cursor {
    const char *p, *end;
};

static void skip_space(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || *c->p == '\n'))
        c->p++;
}

static bool take(struct cursor *c, char wanted)
{
    skip_space(c);
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool take_hex(struct cursor *c, uint32_t *ret)
{
    uint32_t value = 0;
    if (c->end - c->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char digit = *c->p++;
        uint32_t v = digit >= '0' && digit <= '9'   ? (uint32_t)(digit - '0')
                     : digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a' + 10)
                     : digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A' + 10)
                                                    : 16;
        if (v == 16)
            return false;
        value = value << 4 | v;
    }
    *ret = value;
    return true;
}

/* Behind the backslash; what stands for one character is never shorter than it. */
static bool take_escape(struct cursor *c, char *out, size_t *n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t code, low;
    if (c->p == c->end)
        return false;
    char kind = *c->p++;
    const char *known = kind == '\0' ? NULL : strchr(from, kind);
    if (known != NULL) {
        out[(*n)++] = to[known - from];
        return true;
    }
    if (kind != 'u' || !take_hex(c, &code) || code == 0 || (code >= 0xdc00 && code < 0xe000))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (c->end - c->p < 6 || c->p[0] != '\\' || c->p[1] != 'u')
            return false;
        c->p += 2;
        if (!take_hex(c, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *n += hg_utf8_put(code, out + *n);
    return true;
}

static bool take_string(struct cursor *c, struct hg_arena *arena, struct hg_slice *ret)
{
    if (!take(c, '"'))
        return false;
    char *out = hg_arena_alloc(arena, (size_t)(c->end - c->p) + 1);
    size_t n = 0;
    if (out == NULL)
        return false;
    while (c->p < c->end && *c->p != '"') {
        char byte = *c->p++;
        if ((unsigned char)byte < 0x20 || (byte == '\\' && !take_escape(c, out, &n)))
            return false;
        if (byte != '\\')
            out[n++] = byte;
    }
    *ret = (struct hg_slice){out, n};
    return take(c, '"');
}

static bool keep(struct hg_member *members, size_t n, struct hg_slice name, struct hg_slice value)
{
    for (size_t i = 0; i < n; i++)
        if (hg_slice_is(name, members[i].name) && members[i].value.p == NULL) {
            members[i].value = value;
            return true;
        }
    return false;
}

bool hg_members_read(struct hg_slice text, struct hg_member *members, size_t n, struct hg_arena *arena)
{
    struct cursor c = {text.p, text.len == 0 ? text.p : text.p + text.len};
    struct hg_slice name, value;
    for (size_t i = 0; i < n; i++)
        members[i].value = HG_SLICE_NONE;
    if (text.len == 0 || !hg_utf8_valid(text) || !take(&c, '{'))
        return false;
    if (!take(&c, '}')) {
        do {
            if (!take_string(&c, arena, &name) || !take(&c, ':') || !take_string(&c, arena, &value) || !keep(members, n, name, value))
                return false;
        } while (take(&c, ','));
        if (!take(&c, '}'))
            return false;
    }
    skip_space(&c);
    return c.p == c.end;
}
