/*
 * JSON objects that may span lines. A broken one must not take the next ones with it: the grammar is followed strictly enough to
 * see where it breaks (a string never spans lines; braces, commas and colons have their places), and the next object is looked
 * for from its start on: a brace with the same first key, or at the start of a line that is indented less than its own keys.
 */
#include "decode/frame.h"
#include "decode/json.h"

#include <string.h>

#define INDENT_ANY SIZE_MAX

/* ---- the grammar */

enum expect { E_VALUE, E_VALUE_OR_END, E_KEY, E_KEY_OR_END, E_COLON, E_COMMA_OR_END };

struct scan {
    const char *start, *p, *end;
    uint64_t arrays; /* bit per open bracket, the innermost lowest: is it an array? */
    int depth;
    enum expect expect;
    size_t own_indent; /* of the first key's line; INDENT_ANY: it stands beside its brace */
};

/* Behind the string whose quote is at p; NULL: it is broken by a newline. *ret_short: the bytes end first. */
static const char *skip_string(const char *p, const char *end, bool *ret_short)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\n')
            return NULL;
        p += *p == '\\' && p + 1 < end && p[1] != '\n';
    }
    *ret_short = true;
    return NULL;
}

static bool open_bracket(struct scan *s)
{
    size_t indent;
    bool is_array = *s->p == '[';
    if ((s->expect != E_VALUE && s->expect != E_VALUE_OR_END) || s->depth == HG_JSON_DEPTH)
        return false;
    if (!is_array && s->own_indent != INDENT_ANY && hg_frame_first_on_line(s->start, s->p, &indent) && indent < s->own_indent)
        return false; /* further out than what it would be inside of */
    s->arrays = s->arrays << 1 | is_array;
    s->depth++;
    s->expect = is_array ? E_VALUE_OR_END : E_KEY_OR_END;
    s->p++;
    return true;
}

static bool close_bracket(struct scan *s)
{
    bool is_array = *s->p == ']';
    if (s->depth == 0 || (s->arrays & 1) != is_array)
        return false;
    if (s->expect != E_COMMA_OR_END && s->expect != (is_array ? E_VALUE_OR_END : E_KEY_OR_END))
        return false;
    s->arrays >>= 1;
    s->depth--;
    s->expect = E_COMMA_OR_END;
    s->p++;
    return true;
}

static bool take_string(struct scan *s, bool *ret_short)
{
    bool is_key = s->expect == E_KEY || s->expect == E_KEY_OR_END;
    if (!is_key && s->expect != E_VALUE && s->expect != E_VALUE_OR_END)
        return false;
    const char *behind = skip_string(s->p, s->end, ret_short);
    if (behind == NULL)
        return false;
    s->p = behind;
    s->expect = is_key ? E_COLON : E_COMMA_OR_END;
    return true;
}

/* A number, a word or anything else up to the next mark: what it says is the reader's to check. */
static bool take_scalar(struct scan *s)
{
    if (s->expect != E_VALUE && s->expect != E_VALUE_OR_END)
        return false;
    while (s->p < s->end && !hg_frame_space(*s->p) && memchr(",:\"{}[]", *s->p, 7) == NULL)
        s->p++;
    s->expect = E_COMMA_OR_END;
    return true;
}

static bool take_token(struct scan *s, bool *ret_short)
{
    switch (*s->p) {
    case '{':
    case '[':
        return open_bracket(s);
    case '}':
    case ']':
        return close_bracket(s);
    case '"':
        return take_string(s, ret_short);
    case ':':
        if (s->expect != E_COLON)
            return false;
        s->expect = E_VALUE;
        s->p++;
        return true;
    case ',':
        if (s->expect != E_COMMA_OR_END)
            return false;
        s->expect = (s->arrays & 1) != 0 ? E_VALUE : E_KEY;
        s->p++;
        return true;
    default:
        return take_scalar(s);
    }
}

/* The first key's place; its line's indent, where it has a line of its own. */
static const char *first_key(const char *object, const char *end, size_t *ret_indent)
{
    const char *key = hg_frame_skip_space(object + 1, end);
    if (!hg_frame_first_on_line(object, key, ret_indent))
        *ret_indent = INDENT_ANY;
    return key;
}

enum hg_scan hg_object_scan(const char *p, const char *end, const char **ret_end)
{
    struct scan s = {.start = p, .p = p, .end = end, .expect = E_VALUE};
    first_key(p, end, &s.own_indent);
    bool is_short = false;
    do {
        s.p = hg_frame_skip_space(s.p, end);
        if (s.p == end)
            break;
        if (!take_token(&s, &is_short)) {
            *ret_end = s.p;
            return is_short ? HG_SCAN_SHORT : HG_SCAN_BROKEN;
        }
    } while (s.depth > 0);
    *ret_end = s.p;
    return s.depth > 0 ? HG_SCAN_SHORT : HG_SCAN_WHOLE;
}

/* ---- after a broken one */

/* Where the object after a broken one starts; NULL: not in these bytes. */
static const char *next_object(const char *broken, const char *end)
{
    size_t own_indent, indent;
    bool is_short = false;
    const char *key = first_key(broken, end, &own_indent);
    const char *key_end = key < end && *key == '"' ? skip_string(key, end, &is_short) : NULL;
    size_t key_len = key_end == NULL ? 0 : (size_t)(key_end - key);
    const char *brace = key_len == 0 ? NULL : memchr(key, '{', key_len); /* so that no comparison goes beyond another object's start */
    key_len = brace == NULL ? key_len : (size_t)(brace - key);
    for (const char *p = broken + 1; (p = memchr(p, '{', (size_t)(end - p))) != NULL; p++) {
        if (hg_frame_first_on_line(broken, p, &indent) && indent < own_indent)
            return p;
        const char *other = hg_frame_skip_space(p + 1, end);
        size_t seen = (size_t)(end - other) < key_len ? (size_t)(end - other) : key_len;
        if (key_len > 0 && memcmp(other, key, seen) == 0)
            return seen == key_len ? p : NULL; /* NULL: it can't be told yet, and it comes first */
    }
    return NULL;
}

/* Behind bytes that are of no object at all, such as the rest of one whose head is missing. */
static const char *object_after(const char *from, const char *end)
{
    for (const char *p = from; (p = memchr(p, '{', (size_t)(end - p))) != NULL; p++) {
        size_t indent;
        const char *before = p;
        if (hg_frame_first_on_line(from, p, &indent))
            return p;
        while (before > from && hg_frame_space(before[-1]))
            before--;
        if (before > from && before[-1] == ',') {
            before--;
            while (before > from && hg_frame_space(before[-1]))
                before--;
            if (before > from && before[-1] == '}')
                return p;
        }
    }
    return NULL;
}

/* ---- pieces */

static bool is_separator(char c)
{
    return hg_frame_space(c) || c == ',' || c == '[' || c == ']' || c == '}';
}

/* "name": [ between two arrays of one outer object; *ret_end behind its colon. */
static enum hg_scan scan_array_name(const char *p, const char *end, const char **ret_end)
{
    bool is_short = false;
    const char *behind = skip_string(p, end, &is_short);
    if (behind == NULL)
        return is_short ? HG_SCAN_SHORT : HG_SCAN_BROKEN;
    behind = hg_frame_skip_space(behind, end);
    if (behind < end && *behind != ':')
        return HG_SCAN_BROKEN;
    const char *value = behind == end ? end : hg_frame_skip_space(behind + 1, end);
    if (value == end)
        return HG_SCAN_SHORT;
    if (*value != '[')
        return HG_SCAN_BROKEN;
    *ret_end = value;
    return HG_SCAN_WHOLE;
}

/* Behind the separators at p. True: something stands there that is a record, or a broken one. */
static bool skip_separators(const char **p, const char *end, bool final)
{
    while (*p < end) {
        if (is_separator(**p)) {
            (*p)++;
            continue;
        }
        if (**p != '"')
            return true;
        enum hg_scan scan = scan_array_name(*p, end, p);
        if (scan == HG_SCAN_SHORT)
            return final;
        if (scan == HG_SCAN_BROKEN)
            return true;
    }
    return false;
}

/* A broken record without the separators behind it. */
static void set_piece(struct hg_frame_piece *ret, struct hg_slice bytes, const char *start, const char *next)
{
    const char *end = next;
    while (end > start + 1 && (hg_frame_space(end[-1]) || end[-1] == ',' || end[-1] == ']'))
        end--;
    ret->start = (size_t)(start - bytes.p);
    ret->end = (size_t)(end - bytes.p);
    ret->next = (size_t)(next - bytes.p);
    ret->whole = false;
}

/* The object at p: where it ends, or where the next one starts when it is broken; NULL: not to be told yet. */
static const char *object_end(const char *p, const char *end, bool final, bool *ret_whole)
{
    const char *at, *limit = (size_t)(end - p) > HG_RECORD_BYTES_MAX ? p + HG_RECORD_BYTES_MAX : end;
    enum hg_scan scan = hg_object_scan(p, limit, &at);
    if (scan == HG_SCAN_SHORT && limit < end) { /* too long; or it lacks a bracket, and others are taken to be inside it */
        const char *next = next_object(p, limit);
        if (next != NULL)
            return next;
        scan = hg_object_scan(p, end, &at);
    }
    *ret_whole = scan == HG_SCAN_WHOLE;
    if (scan == HG_SCAN_WHOLE)
        return at;
    const char *next = scan == HG_SCAN_BROKEN || final ? next_object(p, end) : NULL;
    return next == NULL && final ? end : next;
}

bool hg_objects_next(struct hg_slice bytes, bool final, struct hg_frame_piece *ret)
{
    const char *p = bytes.p, *end = bytes.p + bytes.len, *next;
    bool whole = false, found = skip_separators(&p, end, final);
    ret->next = (size_t)(p - bytes.p);
    if (!found)
        return false;
    if (*p == '{') {
        next = object_end(p, end, final, &whole);
    } else {
        next = object_after(p, end);
        if (next == NULL && final)
            next = end;
    }
    if (next == NULL)
        return false;
    if (whole)
        *ret = (struct hg_frame_piece){(size_t)(p - bytes.p), (size_t)(next - bytes.p), (size_t)(next - bytes.p), true};
    else
        set_piece(ret, bytes, p, next);
    return true;
}

size_t hg_objects_skip(struct hg_slice bytes)
{
    const char *next = object_after(bytes.p, bytes.p + bytes.len);
    return next == NULL ? bytes.len : (size_t)(next - bytes.p);
}
