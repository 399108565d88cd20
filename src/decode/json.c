#include "decode/json.h"

#include "decode/json_index.h"
#include "decode/json_plan.h"

#include <stdlib.h>

struct hg_json {
    struct hg_json_indexer *indexer;
};

enum hg_rc hg_json_create(struct hg_json **ret, struct hg_err *reterr)
{
    struct hg_json *json = calloc(1, sizeof *json);
    if (json != NULL)
        json->indexer = hg_json_indexer_create(HG_JSON_BYTES_MAX);
    if (json == NULL || json->indexer == NULL) {
        hg_json_destroy(json);
        return hg_fail(reterr, HG_ENOMEM, "json: no memory for a parser");
    }
    *ret = json;
    return HG_OK;
}

void hg_json_destroy(struct hg_json *json)
{
    if (json == NULL)
        return;
    hg_json_indexer_destroy(json->indexer);
    free(json);
}

/* ---- tokens */

struct frame {                      /* an open object or array */
    const struct hg_json_node *node; /* NULL: nothing inside is wanted */
    uint32_t start;
    int8_t slot; /* that the whole of it goes to; -1: none */
    bool is_array;
};

struct walk {
    const char *text;
    const uint32_t *at; /* token i starts at text[at[i]]; at[n] is the text's length */
    size_t i, n;
    const struct hg_json_plan *plan;
    struct hg_json_doc *doc;
    int depth;
    bool backslashes; /* there is one somewhere in the text */
    struct frame stack[HG_JSON_DEPTH];
};

static inline bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Token i without the white space behind it. */
static inline struct hg_slice token(const struct walk *k, size_t i)
{
    const char *p = k->text + k->at[i], *end = k->text + k->at[i + 1];
    while (end > p + 1 && is_space(end[-1]))
        end--;
    return (struct hg_slice){p, (size_t)(end - p)};
}

static bool is_hex4(const char *p)
{
    for (int i = 0; i < 4; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'f')))
            return false;
    return true;
}

static bool valid_escapes(struct hg_slice s)
{
    const char *p = s.p, *end = s.p + s.len;
    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        if (end - p < 2)
            return false;
        if (p[1] == 'u') {
            if (end - p < 6 || !is_hex4(p + 2))
                return false;
            p += 6;
        } else if (memchr("\"\\/bfnrt", p[1], 8) != NULL) {
            p += 2;
        } else {
            return false;
        }
    }
    return true;
}

/* The string at token i without its quotes. Stage 1 has seen to it that it ends. */
static inline bool string_token(const struct walk *k, size_t i, struct hg_slice *ret, bool *ret_escaped)
{
    struct hg_slice s = {k->text + k->at[i], k->at[i + 1] - k->at[i]};
    if (s.p[s.len - 1] != '"' || s.len < 2) /* white space behind it */
        s = token(k, i);
    if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
        return false;
    *ret = (struct hg_slice){s.p + 1, s.len - 2};
    *ret_escaped = k->backslashes && memchr(ret->p, '\\', ret->len) != NULL;
    return !*ret_escaped || valid_escapes(*ret);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

bool hg_json_valid_number(struct hg_slice s)
{
    const char *p = s.p, *end = s.p + s.len;
    if (p < end && *p == '-')
        p++;
    const char *digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return false;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = skip_digits(p, end);
        if (p == fraction)
            return false;
    }
    if (p < end && (*p | 32) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *exponent = p;
        p = skip_digits(p, end);
        if (p == exponent)
            return false;
    }
    return p == end;
}

static bool scalar_token(const struct walk *k, struct hg_json_value *ret)
{
    struct hg_slice s = token(k, k->i);
    ret->raw = s;
    ret->escaped = false;
    switch (s.p[0]) {
    case '"':
        ret->type = HG_JSON_STRING;
        return string_token(k, k->i, &ret->raw, &ret->escaped);
    case 't':
        ret->type = HG_JSON_TRUE;
        return s.len == 4 && memcmp(s.p, "true", 4) == 0;
    case 'f':
        ret->type = HG_JSON_FALSE;
        return s.len == 5 && memcmp(s.p, "false", 5) == 0;
    case 'n':
        ret->type = HG_JSON_NULL;
        return s.len == 4 && memcmp(s.p, "null", 4) == 0;
    default:
        ret->type = HG_JSON_NUMBER;
        return hg_json_valid_number(s);
    }
}

/* ---- keys */

static size_t unescape(struct hg_slice s, char *out);

/* A key that is written with escapes; wanted ones are short. */
static const struct hg_json_key *find_escaped_key(const struct hg_json_node *node, struct hg_slice raw)
{
    char name[6 * 32];
    if (raw.len > sizeof name)
        return NULL;
    return hg_json_find_key(node, (struct hg_slice){name, unescape(raw, name)});
}

/* ---- grammar */

static inline void store(struct walk *k, int slot, const struct hg_json_value *value)
{
    k->doc->values[slot] = *value;
    k->doc->present |= UINT64_C(1) << slot;
}

/* Opens the object or array at token i. */
static inline bool push(struct walk *k, const struct hg_json_key *key, bool is_array)
{
    if (k->depth == HG_JSON_DEPTH)
        return false;
    struct frame *frame = &k->stack[k->depth++];
    frame->start = k->at[k->i];
    frame->is_array = is_array;
    frame->slot = key == NULL ? -1 : key->slot;
    frame->node = key == NULL || key->child < 0 || is_array ? NULL : &k->plan->nodes[key->child];
    k->i++;
    return true;
}

/* Closes the innermost one, whose bracket is token i. */
static inline void pop(struct walk *k)
{
    const struct frame *frame = &k->stack[--k->depth];
    if (frame->slot >= 0) {
        uint32_t end = k->at[k->i] + 1;
        struct hg_json_value value = {{k->text + frame->start, end - frame->start}, HG_JSON_OBJECT, false};
        value.type = frame->is_array ? HG_JSON_ARRAY : HG_JSON_OBJECT;
        store(k, frame->slot, &value);
    }
    k->i++;
}

/* The key at token i and its colon; moves to the value. A key seen before is forgotten with all that was inside. */
static inline bool read_key(struct walk *k, const struct hg_json_key **ret)
{
    struct hg_slice name;
    bool escaped;
    if (!string_token(k, k->i, &name, &escaped) || k->i + 2 >= k->n || k->text[k->at[k->i + 1]] != ':')
        return false;
    k->i += 2;
    const struct hg_json_node *node = k->stack[k->depth - 1].node;
    const struct hg_json_key *key = node == NULL ? NULL : escaped ? find_escaped_key(node, name) : hg_json_find_key(node, name);
    if (key != NULL)
        k->doc->present &= ~hg_json_key_slots(k->plan, key);
    *ret = key;
    return true;
}

/* After a value: a comma, or brackets that close. True with *ret_done at the end of the text, else i is at the next key or
 * element. */
static inline bool after_value(struct walk *k, bool *ret_done)
{
    while (k->depth > 0) {
        if (k->i >= k->n)
            return false;
        char c = k->text[k->at[k->i]];
        if (c == ',') {
            k->i++;
            return k->i < k->n;
        }
        if (c != (k->stack[k->depth - 1].is_array ? ']' : '}'))
            return false;
        pop(k);
    }
    *ret_done = true;
    return k->i == k->n;
}

/* The value at token i, brackets of its own only opened. *ret_opened: its first key or element is next. */
static inline bool read_value(struct walk *k, const struct hg_json_key *key, bool *ret_opened)
{
    char c = k->text[k->at[k->i]];
    if (c == '{' || c == '[') {
        if (!push(k, key, c == '[') || k->i >= k->n)
            return false;
        *ret_opened = k->text[k->at[k->i]] != (c == '[' ? ']' : '}');
        return true;
    }
    struct hg_json_value value;
    *ret_opened = false;
    if (!scalar_token(k, &value))
        return false;
    if (key != NULL && key->slot >= 0)
        store(k, key->slot, &value);
    k->i++;
    return true;
}

static bool walk(struct walk *k)
{
    static const struct hg_json_key root = {"", 0, -1, 0, 0};
    const struct hg_json_key *key = &root;
    bool done = false, opened;
    for (;;) {
        if (!read_value(k, key, &opened))
            return false;
        if (!opened) {
            if (!after_value(k, &done))
                return false;
            if (done)
                return true;
        }
        key = NULL;
        if (!k->stack[k->depth - 1].is_array && !read_key(k, &key))
            return false;
    }
}

enum hg_reason hg_json_read(struct hg_json *json, const struct hg_json_plan *plan, struct hg_slice text, struct hg_json_doc *doc)
{
    struct walk k;
    doc->present = 0;
    switch (hg_json_index(json->indexer, text.p, text.len, &k.at, &k.n)) {
    case HG_JSON_NOT_UTF8:
        return HG_REASON_invalid_utf8;
    case HG_JSON_BROKEN:
        return HG_REASON_invalid_json;
    case HG_JSON_INDEXED:
        break;
    }
    k.text = text.p;
    k.i = 0;
    k.plan = plan;
    k.doc = doc;
    k.depth = 0;
    k.backslashes = memchr(text.p, '\\', text.len) != NULL;
    if (k.n == 0 || !walk(&k))
        return HG_REASON_invalid_json;
    return text.p[k.at[0]] == '{' ? HG_REASON_NONE : HG_REASON_not_an_object;
}

/* ---- values */

static unsigned hex4(const char *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    return value;
}

/* \uXXXX at p, its second half included; a half on its own becomes U+FFFD. */
static size_t put_unicode(const char **p, const char *end, char *out)
{
    unsigned c = hex4(*p + 2);
    *p += 6;
    if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        unsigned low = hex4(*p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *p += 6;
            return hg_utf8_put(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00), out);
        }
    }
    return hg_utf8_put(c >= 0xd800 && c < 0xe000 ? 0xfffd : c, out);
}

/* Text of a string with valid escapes; never longer than the string. */
static size_t unescape(struct hg_slice s, char *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = s.p, *end = s.p + s.len;
    size_t n = 0;
    while (p < end) {
        if (*p != '\\') {
            out[n++] = *p++;
        } else if (p[1] == 'u') {
            n += put_unicode(&p, end, out + n);
        } else {
            const char *at = memchr(from, p[1], 5);
            out[n++] = at == NULL ? p[1] : to[at - from];
            p += 2;
        }
    }
    return n;
}

struct hg_slice hg_json_text(const struct hg_json_value *value, struct hg_arena *arena)
{
    if (value == NULL || value->type != HG_JSON_STRING)
        return HG_SLICE_NONE;
    if (!value->escaped)
        return value->raw;
    char *out = hg_arena_alloc(arena, value->raw.len);
    if (out == NULL)
        return HG_SLICE_NONE;
    return (struct hg_slice){out, unescape(value->raw, out)};
}

struct hg_slice hg_json_number_text(const struct hg_json_value *value, struct hg_arena *arena)
{
    if (value != NULL && value->type == HG_JSON_NUMBER)
        return value->raw;
    return hg_json_text(value, arena);
}

static bool all_plain(struct hg_slice s)
{
    unsigned odd = 0;
    for (size_t i = 0; i < s.len; i++)
        odd |= (unsigned char)(s.p[i] - 0x20) >= 0x7f - 0x20;
    return odd == 0;
}

static void put_escaping(struct hg_buf *buf, struct hg_slice s)
{
    const char *p = s.p, *end = s.p + s.len, *start = p;
    while (p < end) {
        uint32_t c = 0;
        if ((unsigned char)(*p - 0x20) < 0x7f - 0x20) {
            p++;
            continue;
        }
        bool space = (unsigned char)*p < 0x20; /* stands between tokens: strings have none */
        size_t n = space ? 1 : hg_text_control(p, end, &c);
        if (n == 0) {
            p += hg_utf8_len(p, end);
            continue;
        }
        hg_buf_add(buf, start, (size_t)(p - start));
        if (space)
            hg_buf_char(buf, ' ');
        else
            hg_buf_printf(buf, "\\u%04x", c);
        start = p += n;
    }
    hg_buf_add(buf, start, (size_t)(end - start));
}

void hg_json_put(struct hg_jsonw *w, const struct hg_json_value *value)
{
    bool string = value->type == HG_JSON_STRING;
    if (w->comma)
        hg_buf_char(w->buf, ',');
    w->comma = true;
    if (string)
        hg_buf_char(w->buf, '"');
    if (all_plain(value->raw))
        hg_buf_put(w->buf, value->raw);
    else
        put_escaping(w->buf, value->raw);
    if (string)
        hg_buf_char(w->buf, '"');
}
