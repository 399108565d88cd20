#include "source/framing.h"

#define COUNT_DIGITS 8u /* of FRAMING_COUNT_MAX */

static bool is_end(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

/* The first LF or NUL, NULL: none. */
static const char *line_end(struct hg_slice bytes)
{
    if (bytes.len == 0)
        return NULL;
    const char *lf = memchr(bytes.p, '\n', bytes.len);
    const char *nul = memchr(bytes.p, '\0', lf == NULL ? bytes.len : (size_t)(lf - bytes.p));
    return nul != NULL ? nul : lf;
}

static struct hg_slice without_ends(struct hg_slice s)
{
    while (s.len > 0 && is_end(s.p[s.len - 1]))
        s.len--;
    return s;
}

size_t framing_skip_line(struct hg_slice bytes, bool *ret_found)
{
    const char *end = line_end(bytes);
    *ret_found = end != NULL;
    return end == NULL ? bytes.len : (size_t)(end - bytes.p) + 1;
}

/* Blank lines, and the line end that some senders put behind a counted frame. */
static struct hg_slice without_blank(struct hg_slice bytes, struct framing *ret)
{
    *ret = (struct framing){0};
    while (ret->used < bytes.len && is_end(bytes.p[ret->used]))
        ret->used++;
    struct hg_slice rest = hg_slice_from(bytes, ret->used);
    if (rest.len > FRAMING_BYTES_MAX)
        rest.len = FRAMING_BYTES_MAX;
    return rest;
}

/* rest: not empty, at most FRAMING_BYTES_MAX bytes, behind ret->used. */
static bool take_line(struct hg_slice rest, bool ended, struct framing *ret)
{
    const char *end = line_end(rest);
    bool full = rest.len == FRAMING_BYTES_MAX;
    if (end == NULL && !full && !ended)
        return false;
    size_t len = end == NULL ? rest.len : (size_t)(end - rest.p);
    ret->message = without_ends((struct hg_slice){rest.p, len});
    ret->skip_line = end == NULL && full;
    ret->used += end == NULL ? len : len + 1;
    return true;
}

bool framing_line(struct hg_slice bytes, bool ended, struct framing *ret)
{
    struct hg_slice rest = without_blank(bytes, ret);
    return rest.len > 0 && take_line(rest, ended, ret);
}

enum counted { COUNTED, NOT_COUNTED, NOT_YET };

/* MSG-LEN SP, with MSG-LEN = NONZERO-DIGIT *DIGIT */
static enum counted read_count(struct hg_slice rest, size_t *ret_count, size_t *ret_digits)
{
    size_t n = 0, count = 0;
    for (; n < rest.len && rest.p[n] >= '0' && rest.p[n] <= '9'; n++) {
        if (n == COUNT_DIGITS)
            return NOT_COUNTED;
        count = count * 10 + (size_t)(rest.p[n] - '0');
    }
    if (n == rest.len)
        return NOT_YET;
    *ret_count = count;
    *ret_digits = n;
    return rest.p[n] == ' ' && rest.p[0] != '0' && count <= FRAMING_COUNT_MAX ? COUNTED : NOT_COUNTED;
}

bool framing_syslog(struct hg_slice bytes, bool ended, struct framing *ret)
{
    struct hg_slice rest = without_blank(bytes, ret);
    if (rest.len == 0)
        return false;
    if (rest.p[0] < '0' || rest.p[0] > '9')
        return take_line(rest, ended, ret);
    size_t count, digits;
    enum counted counted = read_count(rest, &count, &digits);
    if (counted == NOT_YET && !ended)
        return false;
    if (counted != COUNTED) {
        ret->bad = true;
        return take_line(rest, ended, ret);
    }
    struct hg_slice message = hg_slice_from(rest, digits + 1);
    bool full = rest.len == FRAMING_BYTES_MAX;
    if (message.len < count && !full && !ended)
        return false;
    if (message.len > count)
        message.len = count;
    ret->skip = count - message.len;
    ret->used += digits + 1 + message.len;
    ret->message = without_ends(message);
    return true;
}

size_t framing_put_line(struct hg_slice message, char *out)
{
    message = without_ends(message);
    if (message.len > HG_LISTENER_LINE_MAX)
        message.len = HG_LISTENER_LINE_MAX;
    if (message.len == 0)
        return 0;
    memcpy(out, message.p, message.len);
    char *p = out, *end = out + message.len;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL)
        *p++ = ' ';
    *end = '\n';
    return message.len + 1;
}
