/*
 * XML records: each element inside <dataroot>. Tags are followed, text is not looked into. A broken element ends where the next
 * record starts: at a tag of the same name, or at one whose content begins with a tag that is not itself opened by another.
 */
#include "decode/frame.h"

#include <string.h>

#define DEPTH_MAX 16
#define TAG_BYTES_MAX 1024

static bool is_name_start(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

/* The name of the tag at p, which is "<name" or "</name". */
static struct hg_slice tag_name(const char *p, const char *end)
{
    p += p + 1 < end && p[1] == '/' ? 2 : 1;
    const char *q = p;
    while (q < end && !hg_frame_space(*q) && *q != '>' && *q != '/' && *q != '<')
        q++;
    return (struct hg_slice){p, (size_t)(q - p)};
}

/* Behind `mark`, looked for from p on. */
static enum hg_scan scan_to(const char *p, const char *end, const char *mark, const char **ret_end)
{
    const char *at = p < end ? memmem(p, (size_t)(end - p), mark, strlen(mark)) : NULL;
    *ret_end = at == NULL ? end : at + strlen(mark);
    return at == NULL ? HG_SCAN_SHORT : HG_SCAN_WHOLE;
}

static enum hg_scan scan_tag(const char *p, const char *end, const char **ret_end)
{
    const char *far = end - p > TAG_BYTES_MAX ? p + TAG_BYTES_MAX : end;
    char quote = '\0';
    for (const char *q = p + 1; q < far; q++) {
        if (*q == '<') { /* not in attributes either */
            *ret_end = q;
            return HG_SCAN_BROKEN;
        }
        if (quote != '\0') {
            quote = *q == quote ? '\0' : quote;
        } else if (*q == '"' || *q == '\'') {
            quote = *q;
        } else if (*q == '>') {
            *ret_end = q + 1;
            return HG_SCAN_WHOLE;
        }
    }
    *ret_end = far;
    return far == end ? HG_SCAN_SHORT : HG_SCAN_BROKEN;
}

static bool begins(struct hg_slice mark, struct hg_slice part)
{
    return part.len < mark.len && memcmp(mark.p, part.p, part.len) == 0;
}

enum hg_scan hg_markup_scan(const char *p, const char *end, const char **ret_end)
{
    struct hg_slice rest = {p, (size_t)(end - p)};
    if (hg_slice_starts(rest, HG_SLICE("<!--")))
        return scan_to(p + 4, end, "-->", ret_end);
    if (hg_slice_starts(rest, HG_SLICE("<![CDATA[")))
        return scan_to(p + 9, end, "]]>", ret_end);
    *ret_end = p;
    if (begins(HG_SLICE("<!--"), rest) || begins(HG_SLICE("<![CDATA["), rest)) /* it may be going to be one */
        return HG_SCAN_SHORT;
    if (rest.p[1] == '?')
        return scan_to(p + 2, end, "?>", ret_end);
    if (rest.p[1] != '!' && rest.p[1] != '/' && !is_name_start(rest.p[1]))
        return HG_SCAN_BROKEN;
    return scan_tag(p, end, ret_end);
}

static bool is_open_tag(const char *p)
{
    return is_name_start(p[1]);
}

/* One tag of an element; false: it doesn't belong there. */
static bool take_tag(struct hg_slice *open, size_t *depth, const char *p, const char *tag_end)
{
    struct hg_slice name = tag_name(p, tag_end);
    if (p[1] == '/') {
        if (*depth == 0 || !hg_slice_eq(open[*depth - 1], name))
            return false;
        --*depth;
        return true;
    }
    if (tag_end[-2] == '/')
        return true;
    if (*depth == DEPTH_MAX || (*depth > 0 && hg_slice_eq(open[0], name)))
        return false;
    open[(*depth)++] = name;
    return true;
}

static enum hg_scan scan_element(const char *p, const char *end, const char **ret_end)
{
    struct hg_slice open[DEPTH_MAX];
    size_t depth = 0;
    do {
        const char *tag = memchr(p, '<', (size_t)(end - p)), *tag_end;
        if (tag == NULL) {
            *ret_end = end;
            return HG_SCAN_SHORT;
        }
        enum hg_scan scan = hg_markup_scan(tag, end, &tag_end);
        *ret_end = tag_end;
        if (scan != HG_SCAN_WHOLE)
            return scan;
        p = tag_end;
        if ((is_open_tag(tag) || tag[1] == '/') && !take_tag(open, &depth, tag, tag_end))
            return HG_SCAN_BROKEN;
    } while (depth > 0);
    return HG_SCAN_WHOLE;
}

/* Does a record start at the open tag p: a tag in it comes first, and that one holds none? */
static enum hg_scan begins_record(const char *p, const char *end)
{
    for (int level = 0; level < 2; level++) {
        const char *behind;
        enum hg_scan scan = hg_markup_scan(p, end, &behind);
        if (scan != HG_SCAN_WHOLE)
            return scan;
        if (behind[-2] == '/')
            return level == 0 ? HG_SCAN_BROKEN : HG_SCAN_WHOLE;
        p = hg_frame_skip_space(behind, end);
        if (p == end || (*p == '<' && p + 1 == end))
            return HG_SCAN_SHORT;
        bool opens = *p == '<' && is_open_tag(p);
        if (opens != (level == 0))
            return HG_SCAN_BROKEN;
    }
    return HG_SCAN_WHOLE;
}

/* Where the next record starts, after `from`; NULL: not in these bytes. */
static const char *next_element(const char *from, struct hg_slice name, const char *end)
{
    for (const char *p = from + 1; p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++) {
        if (p + 1 == end)
            return NULL;
        if (!is_open_tag(p))
            continue;
        struct hg_slice other = tag_name(p, end);
        if (name.len > 0 && other.p + other.len == end && other.len <= name.len && memcmp(other.p, name.p, other.len) == 0)
            return NULL; /* it may be going to be one */
        if (name.len > 0 && hg_slice_eq(other, name))
            return p;
        enum hg_scan scan = begins_record(p, end);
        if (scan == HG_SCAN_SHORT)
            return NULL;
        if (scan == HG_SCAN_WHOLE)
            return p;
    }
    return NULL;
}

static bool is_root(const char *p, const char *end)
{
    return hg_slice_is(tag_name(p, end), "dataroot");
}

/* Behind what is no record: blanks, comments, instructions, the root's tags and closing tags. True: something else stands there. */
static bool skip_separators(const char **p, const char *end, bool final)
{
    for (;;) {
        *p = hg_frame_skip_space(*p, end);
        if (*p == end)
            return false;
        if (**p != '<')
            return true;
        const char *behind;
        enum hg_scan scan = hg_markup_scan(*p, end, &behind);
        if (scan == HG_SCAN_SHORT)
            return final;
        if (scan == HG_SCAN_BROKEN || (is_open_tag(*p) && !is_root(*p, behind)))
            return true;
        if (hg_slice_starts((struct hg_slice){*p, (size_t)(end - *p)}, HG_SLICE("<![CDATA[")))
            return true;
        *p = behind;
    }
}

/* The element at p, or what is broken: where it ends; NULL: not to be told yet. */
static const char *element_end(const char *p, const char *end, bool final, bool *ret_whole)
{
    const char *at, *limit = (size_t)(end - p) > HG_RECORD_BYTES_MAX ? p + HG_RECORD_BYTES_MAX : end;
    struct hg_slice name = HG_SLICE_NONE;
    enum hg_scan scan = HG_SCAN_BROKEN;
    if (end - p >= 2 && *p == '<' && is_open_tag(p)) {
        name = tag_name(p, end);
        scan = scan_element(p, limit, &at);
        if (scan == HG_SCAN_SHORT && limit < end) { /* too long, or a comment that doesn't end */
            const char *next = next_element(p, name, limit);
            if (next != NULL)
                return next;
            scan = scan_element(p, end, &at);
        }
    }
    *ret_whole = scan == HG_SCAN_WHOLE;
    if (scan == HG_SCAN_WHOLE)
        return at;
    const char *next = scan == HG_SCAN_BROKEN || final ? next_element(p, name, end) : NULL;
    return next == NULL && final ? end : next;
}

bool hg_elements_next(struct hg_slice bytes, bool final, struct hg_frame_piece *ret)
{
    const char *p = bytes.p, *end = bytes.p + bytes.len;
    bool found = skip_separators(&p, end, final);
    ret->next = (size_t)(p - bytes.p);
    ret->whole = false;
    const char *next = found ? element_end(p, end, final, &ret->whole) : NULL;
    if (next == NULL)
        return false;
    ret->start = (size_t)(p - bytes.p);
    ret->next = (size_t)(next - bytes.p);
    while (next > p + 1 && hg_frame_space(next[-1]))
        next--;
    ret->end = (size_t)(next - bytes.p);
    return true;
}

size_t hg_elements_skip(struct hg_slice bytes)
{
    if (bytes.len == 0)
        return 0;
    const char *next = next_element(bytes.p - 1, HG_SLICE_NONE, bytes.p + bytes.len);
    return next == NULL ? bytes.len : (size_t)(next - bytes.p);
}
