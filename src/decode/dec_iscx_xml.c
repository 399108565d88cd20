/*
 * ISCX IDS 2012 flows as UNB distributes them: XML, an element a flow, an element in it for each column. A record is read by
 * hand: it needs no more of XML than tags, text and the five entities, and there is then no document type, no entity of
 * the document's own and no allocation for a hostile file to play with; cells are borrowed where they need no unescaping.
 */
#include "decode/frame.h"
#include "decode/iscx.h"

/* ---- markup */

static bool is_open_tag(struct hg_slice tag)
{
    return tag.p[1] != '/' && tag.p[1] != '!' && tag.p[1] != '?';
}

static bool is_cdata(struct hg_slice tag)
{
    return hg_slice_starts(tag, HG_SLICE("<![CDATA["));
}

/* The name in <name …>, <name/> or </name>. */
static struct hg_slice name_of(struct hg_slice tag)
{
    struct hg_slice name = hg_slice_from(tag, tag.p[1] == '/' ? 2 : 1);
    size_t n = 0;
    while (n < name.len && !hg_frame_space(name.p[n]) && name.p[n] != '/' && name.p[n] != '>')
        n++;
    return (struct hg_slice){name.p, n};
}

static bool is_empty_tag(struct hg_slice tag)
{
    return tag.p[tag.len - 2] == '/';
}

/* The next tag, comment or section from *p on, which moves behind it. *ret_text: what stands before it. */
static bool next_markup(const char **p, const char *end, struct hg_slice *ret_text, struct hg_slice *ret_tag)
{
    const char *start = *p == end ? NULL : memchr(*p, '<', (size_t)(end - *p)), *behind;
    if (start == NULL || hg_markup_scan(start, end, &behind) != HG_SCAN_WHOLE)
        return false;
    *ret_text = (struct hg_slice){*p, (size_t)(start - *p)};
    *ret_tag = (struct hg_slice){start, (size_t)(behind - start)};
    *p = behind;
    return true;
}

/* ---- text */

/* XML's own characters. */
static bool is_char(uint32_t c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c < 0xd800 || (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c <= 0x10ffff);
}

/* &#38; or &#x26;, without & and ; */
static bool numeric_entity(struct hg_slice name, uint32_t *ret)
{
    bool hex = name.len > 1 && name.p[1] == 'x';
    uint32_t c = 0;
    size_t i = hex ? 2 : 1;
    if (i >= name.len || name.len > 10)
        return false;
    for (; i < name.len; i++) {
        unsigned char digit = (unsigned char)name.p[i], letter = digit | 0x20;
        if (digit >= '0' && digit <= '9')
            c = c * (hex ? 16 : 10) + (uint32_t)(digit - '0');
        else if (hex && letter >= 'a' && letter <= 'f')
            c = c * 16 + (uint32_t)(letter - 'a') + 10;
        else
            return false;
        if (c > 0x10ffff)
            return false;
    }
    *ret = c;
    return is_char(c);
}

static bool entity(struct hg_slice name, uint32_t *ret)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    if (name.len > 0 && name.p[0] == '#')
        return numeric_entity(name, ret);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (hg_slice_is(name, known[i].name)) {
            *ret = (unsigned char)known[i].c;
            return true;
        }
    return false;
}

/* Appends text to out: entities resolved unless it is a CDATA section's, line ends as \n. Never longer than the text. */
static bool append_text(struct hg_slice text, bool literal, char *out, size_t *n)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\r') {
            out[(*n)++] = '\n';
            i += i + 1 < text.len && text.p[i + 1] == '\n';
        } else if (text.p[i] == '&' && !literal) {
            const char *stop = memchr(text.p + i, ';', text.len - i < 12 ? text.len - i : 12);
            uint32_t c;
            if (stop == NULL || !entity((struct hg_slice){text.p + i + 1, (size_t)(stop - text.p) - i - 1}, &c))
                return false;
            *n += hg_utf8_put(c, out + *n);
            i = (size_t)(stop - text.p);
        } else {
            out[(*n)++] = text.p[i];
        }
    }
    return true;
}

static bool is_plain(struct hg_slice text)
{
    return text.len == 0 || (memchr(text.p, '&', text.len) == NULL && memchr(text.p, '\r', text.len) == NULL);
}

/* ---- cells */

struct cell {
    struct hg_slice text;
    char *joined; /* in the arena, once the text is in several parts or has entities; room for the rest of the record */
};

static bool add_part(struct cell *cell, struct hg_slice text, bool literal, const char *end, struct hg_arena *arena)
{
    if (text.len == 0)
        return true;
    if (cell->text.len == 0 && (literal ? memchr(text.p, '\r', text.len) == NULL : is_plain(text))) {
        cell->text = text;
        return true;
    }
    if (cell->joined == NULL) {
        cell->joined = hg_arena_alloc(arena, cell->text.len + (size_t)(end - text.p));
        if (cell->joined == NULL)
            return false;
        if (cell->text.len > 0)
            memcpy(cell->joined, cell->text.p, cell->text.len);
    }
    cell->text.p = cell->joined;
    return append_text(text, literal, cell->joined, &cell->text.len);
}

/* What stands between an element's tags; *p is behind the first. Elements inside are stepped over where the text isn't wanted. */
static bool read_cell(const char **p, const char *end, struct hg_slice name, bool wanted, struct hg_arena *arena, struct hg_slice *ret)
{
    struct cell cell = {HG_SLICE_NONE, NULL};
    struct hg_slice text, tag;
    for (size_t depth = 0; next_markup(p, end, &text, &tag);) {
        if (wanted && !add_part(&cell, text, false, end, arena))
            return false;
        if (is_cdata(tag)) {
            if (wanted && !add_part(&cell, (struct hg_slice){tag.p + 9, tag.len - 12}, true, end, arena))
                return false;
        } else if (tag.p[1] == '/') {
            if (depth == 0) {
                *ret = cell.text;
                return hg_slice_eq(name_of(tag), name);
            }
            depth--;
        } else if (is_open_tag(tag)) {
            if (wanted)
                return false;
            depth += !is_empty_tag(tag);
        }
    }
    return false;
}

static bool is_blank(struct hg_slice text)
{
    return hg_frame_skip_space(text.p, text.p + text.len) == text.p + text.len;
}

struct element {
    struct hg_csv_cell cells[HG_ISCX_COLUMNS];
    struct hg_iscx_flow flow; /* made of them */
    struct hg_slice name;
};

/* The whole record: <Name><column>text</column>…</Name>. */
static bool read_element(struct hg_slice record, struct hg_arena *arena, struct element *element)
{
    const char *p = record.p, *end = record.p + record.len;
    struct hg_slice text, tag;
    *element = (struct element){.flow = {.cells = element->cells, .at = hg_iscx_in_order}};
    if (!next_markup(&p, end, &text, &tag) || text.len > 0 || !is_open_tag(tag))
        return false;
    element->name = name_of(tag);
    if (is_empty_tag(tag))
        return p == end;
    while (next_markup(&p, end, &text, &tag)) {
        if (!is_blank(text) || is_cdata(tag))
            return false;
        if (tag.p[1] == '/')
            return p == end && hg_slice_eq(name_of(tag), element->name);
        if (!is_open_tag(tag))
            continue;
        struct hg_slice name = name_of(tag), value = HG_SLICE_NONE;
        int column = hg_iscx_column(name);
        if (!is_empty_tag(tag) && !read_cell(&p, end, name, column >= 0, arena, &value))
            return false;
        if (column >= 0)
            element->cells[column].raw = value;
        element->flow.has_base64 |= column == HG_ISCX_SOURCE_BASE64;
    }
    return false;
}

static bool all_chars(struct hg_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 && !hg_frame_space(s.p[i]))
            return false;
    return true;
}

static enum hg_reason read_flow(struct hg_slice record, struct hg_arena *arena, struct element *element)
{
    if (!hg_utf8_valid(record))
        return HG_REASON_invalid_utf8;
    return all_chars(record) && read_element(record, arena, element) ? HG_REASON_NONE : HG_REASON_invalid_xml;
}

/* ---- decoder */

static bool has_tag(struct hg_slice record, const char *tag)
{
    return memmem(record.p, record.len, tag, strlen(tag)) != NULL;
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    (void)worker;
    if (record.len == 0 || *hg_frame_skip_space(record.p, record.p + record.len - 1) != '<' || !has_tag(record, "<startDateTime>") ||
        !has_tag(record, "<source>") || !has_tag(record, "<destination>"))
        return record.len > 0 && has_tag(record, "</appName>") && has_tag(record, "<totalSourceBytes>") ? 40 : 0; /* it may be cut */
    return 95;
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    struct element element;
    enum hg_reason reason = read_flow(record, arena, &element);
    if (reason != HG_REASON_NONE) {
        *ret_reason = reason;
        return HG_MALFORMED;
    }
    element.flow.attack = hg_vocab_iscx_day(element.name); /* TestbedTueJun15-1Flows; the file may hold several days */
    if (element.flow.attack == HG_ATTACK_TYPE_other)
        element.flow.attack = (enum hg_attack_type)context->attack_type;
    return hg_iscx_decode(context, worker, &element.flow, arena, ret_event, ret_reason, counts);
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    struct element element;
    (void)context;
    (void)worker;
    if (read_flow(record, arena, &element) == HG_REASON_NONE)
        hg_iscx_attributes(&element.flow, arena, w);
}

const struct hg_decoder hg_decoder_iscx_xml = {
    .name = "iscx_xml",
    .summary = "ISCX IDS 2012 labelled flows, XML as it is distributed",
    .dataset = HG_DATASET_iscx,
    .framing = HG_FRAME_XML,
    .naive_offset_us = HG_ISCX_ZONE,
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
