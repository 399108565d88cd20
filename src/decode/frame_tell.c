/* What a stream's head says of its framing. */
#include "decode/frame.h"

#include <string.h>

#define HEAD_ENOUGH ((size_t)4 * HG_RECORD_BYTES_MAX) /* what isn't told by so many bytes is a log of lines */

enum told { TOLD_NOT_YET, TOLD };

struct head {
    const char *start, *text, *p, *end; /* text: behind a byte order mark; p: its first byte that isn't blank */
    bool all; /* nothing follows, or nothing that is waited for */
};

static enum told tell(const struct head *head, enum hg_framing framing, const char *first, enum hg_framing *ret, size_t *ret_skip)
{
    *ret = framing;
    *ret_skip = framing == HG_FRAME_LINES ? 0 : (size_t)(first - head->start);
    return TOLD;
}

static enum told lines_if_all(const struct head *head, enum hg_framing *ret, size_t *ret_skip)
{
    return head->all ? tell(head, HG_FRAME_LINES, head->start, ret, ret_skip) : TOLD_NOT_YET;
}

/* <?xml …?>, comments and <!DOCTYPE …> may stand before <dataroot>. Another root is no such file. */
static enum told tell_xml(const struct head *head, enum hg_framing *ret, size_t *ret_skip)
{
    const char *p = head->p, *end = head->end, *behind = p;
    enum hg_scan scan;
    for (;;) {
        if (p == end)
            return lines_if_all(head, ret, ret_skip);
        scan = *p == '<' ? hg_markup_scan(p, end, &behind) : HG_SCAN_BROKEN;
        if (scan == HG_SCAN_SHORT)
            return lines_if_all(head, ret, ret_skip);
        if (scan == HG_SCAN_BROKEN || (p[1] != '?' && p[1] != '!'))
            break;
        p = hg_frame_skip_space(behind, end);
    }
    if (scan == HG_SCAN_WHOLE && hg_slice_starts((struct hg_slice){p, (size_t)(end - p)}, HG_SLICE("<dataroot")) && (p[9] == '>' || hg_frame_space(p[9])))
        return tell(head, HG_FRAME_XML, behind, ret, ret_skip);
    return tell(head, HG_FRAME_LINES, head->start, ret, ret_skip);
}

/* [ before the first object; a line may also begin with a bracket that is no array's. */
static enum told tell_array(const struct head *head, const char *bracket, enum hg_framing *ret, size_t *ret_skip)
{
    const char *p = hg_frame_skip_space(bracket + 1, head->end);
    if (p == head->end)
        return lines_if_all(head, ret, ret_skip);
    return tell(head, *p == '{' || *p == ']' ? HG_FRAME_OBJECTS : HG_FRAME_LINES, bracket + 1, ret, ret_skip);
}

/* The string at p, which begins a member: behind its colon and blanks; NULL: there is none, or not yet. */
static const char *member_value(const char *p, const char *end, struct hg_slice *ret_name)
{
    const char *close = p < end && *p == '"' ? memchr(p + 1, '"', (size_t)(end - p - 1)) : NULL;
    const char *colon = close == NULL ? end : hg_frame_skip_space(close + 1, end);
    if (colon == end || *colon != ':' || memchr(p, '\n', (size_t)(close - p)) != NULL)
        return NULL;
    *ret_name = (struct hg_slice){p + 1, (size_t)(close - p - 1)};
    return hg_frame_skip_space(colon + 1, end);
}

/* Behind { "a": { "b": [ where objects are in that array; "b" may also stand in the outermost object. NULL: it is something else. */
static const char *outer_array(const char *p, const char *end)
{
    struct hg_slice name;
    for (int level = 0; level < 2; level++) {
        const char *value = *p != '{' ? NULL : member_value(hg_frame_skip_space(p + 1, end), end, &name);
        if (value == NULL || value == end)
            return NULL;
        if (*value == '[') {
            const char *inner = hg_frame_skip_space(value + 1, end);
            return inner < end && *inner == '{' ? value + 1 : NULL;
        }
        p = value;
    }
    return NULL;
}

/* Behind the [ of Kibana's {…,"hits":{…,"hits":[ */
static const char *search_answer(const char *p, const char *end)
{
    struct hg_slice rest = {p, (size_t)(end - p)}, name;
    for (int level = 0; level < 2; level++) {
        const char *hits = memmem(rest.p, rest.len, "\"hits\"", 6);
        const char *value = hits == NULL ? NULL : member_value(hits, end, &name);
        if (value == NULL || value == end || *value != (level == 0 ? '{' : '['))
            return NULL;
        rest = hg_slice_from(rest, (size_t)(value + 1 - rest.p));
    }
    const char *first = hg_frame_skip_space(rest.p, end);
    return first < end && *first == '{' ? rest.p : NULL;
}

static bool has_newline(const char *p, const char *end)
{
    return memchr(p, '\n', (size_t)(end - p)) != NULL;
}

/* An object that begins the stream: one line of a log, one that spans lines, or what is wrapped around an array of them. */
static enum told tell_object(const struct head *head, enum hg_framing *ret, size_t *ret_skip)
{
    const char *p = head->p, *end = head->end, *behind;
    enum hg_scan scan = hg_object_scan(p, end, &behind);
    if (scan == HG_SCAN_WHOLE && !has_newline(p, behind)) { /* of several lines each is a record of its own */
        const char *next = hg_frame_skip_space(behind, end);
        if (next < end && *next == '{')
            return tell(head, HG_FRAME_LINES, head->start, ret, ret_skip);
        if (next == end && !head->all && outer_array(p, end) != NULL)
            return TOLD_NOT_YET;
    }
    const char *array = outer_array(p, end);
    if (array == NULL)
        array = search_answer(p, behind);
    if (array != NULL)
        return tell(head, HG_FRAME_OBJECTS, array, ret, ret_skip);
    if (scan == HG_SCAN_SHORT && !head->all)
        return TOLD_NOT_YET;
    const char *next = hg_frame_skip_space(p + 1, end);
    bool alone = next < end && *next == '"' && has_newline(p, next); /* no line of a log is a brace */
    bool spans = alone || (scan == HG_SCAN_WHOLE && has_newline(p, behind));
    return tell(head, spans ? HG_FRAME_OBJECTS : HG_FRAME_LINES, head->text, ret, ret_skip);
}

bool hg_frame_tell(struct hg_slice head, bool final, enum hg_framing *ret, size_t *ret_skip)
{
    struct head h = {.start = head.p, .end = head.p + head.len, .all = final || head.len >= HEAD_ENOUGH};
    h.text = hg_slice_starts(head, HG_SLICE("\xef\xbb\xbf")) ? head.p + 3 : head.p;
    const char *p = h.p = hg_frame_skip_space(h.text, h.end);
    enum told told;
    if (p == h.end)
        told = lines_if_all(&h, ret, ret_skip);
    else if (*p == '[')
        told = tell_array(&h, p, ret, ret_skip);
    else if (*p == '{')
        told = tell_object(&h, ret, ret_skip);
    else if (*p == '<')
        told = tell_xml(&h, ret, ret_skip);
    else
        told = tell(&h, HG_FRAME_LINES, h.start, ret, ret_skip);
    return told == TOLD;
}
