#include "source/syslog.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct hg_slice skip_spaces(struct hg_slice s)
{
    while (s.len > 0 && s.p[0] == ' ')
        s = hg_slice_from(s, 1);
    return s;
}

static size_t word_len(struct hg_slice s)
{
    const char *space = s.len == 0 ? NULL : memchr(s.p, ' ', s.len);
    return space == NULL ? s.len : (size_t)(space - s.p);
}

static size_t digits_len(struct hg_slice s)
{
    size_t n = 0;
    while (n < s.len && is_digit(s.p[n]))
        n++;
    return n;
}

/* A digit where the pattern has 9, one or a space for 8, a letter for A, else the character itself. */
static bool looks_like(struct hg_slice s, const char *pattern)
{
    size_t n = strlen(pattern);
    if (s.len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[i];
        bool good = pattern[i] == '9'   ? is_digit(c)
                    : pattern[i] == '8' ? is_digit(c) || c == ' '
                    : pattern[i] == 'A' ? is_alpha(c)
                                        : c == pattern[i];
        if (!good)
            return false;
    }
    return true;
}

/* <PRI> of one to three digits: its length, 0: none. */
static size_t pri_len(struct hg_slice s)
{
    if (s.len < 3 || s.p[0] != '<')
        return 0;
    size_t n = digits_len(hg_slice_from(s, 1));
    return n >= 1 && n <= 3 && s.len > n + 1 && s.p[n + 1] == '>' ? n + 2 : 0;
}

/* [id name="value" …]: in a value, a backslash makes " \ and ] ordinary. Its length, 0: it doesn't end. */
static size_t element_len(struct hg_slice s)
{
    bool quoted = false;
    for (size_t i = 1; i < s.len; i++) {
        if (quoted && s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == ']' && !quoted)
            return i + 1;
    }
    return 0;
}

/* STRUCTURED-DATA [SP MSG]; false: it is none. */
static bool after_structured_data(struct hg_slice s, struct hg_slice *ret)
{
    size_t n = 0;
    if (s.len > 0 && s.p[0] == '-')
        n = 1;
    else
        for (size_t one = 1; n < s.len && s.p[n] == '['; n += one)
            if ((one = element_len(hg_slice_from(s, n))) == 0)
                return false;
    if (n == 0 || (n < s.len && s.p[n] != ' '))
        return false;
    s = hg_slice_from(s, n);
    *ret = s.len > 0 ? hg_slice_from(s, 1) : s;
    return true;
}

/* s: behind PRI. false: it isn't RFC 5424. */
static bool modern_message(struct hg_slice s, struct hg_slice *ret)
{
    size_t version = digits_len(s);
    if (version < 1 || version > 3 || s.p[0] == '0')
        return false;
    for (int word = 0; word < 6; word++) { /* VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID */
        size_t n = word_len(s);
        if (n == 0 || n == s.len || (word == 0 && n != version))
            return false;
        if (word == 1 && !(n == 1 && s.p[0] == '-') && !looks_like(s, "9999-99-99T99:99:99"))
            return false;
        s = hg_slice_from(s, n + 1);
    }
    if (!after_structured_data(s, ret))
        *ret = s;
    if (hg_slice_starts(*ret, HG_SLICE("\xef\xbb\xbf")))
        *ret = hg_slice_from(*ret, 3);
    return true;
}

static struct hg_slice after_timestamp(struct hg_slice s)
{
    size_t n = 0;
    if (looks_like(s, "AAA 89 99:99:99"))
        n = 15;
    else if (looks_like(s, "9999-99-99T99:99:99"))
        n = word_len(s);
    return n > 0 && (n == s.len || s.p[n] == ' ') ? skip_spaces(hg_slice_from(s, n)) : s;
}

static bool begins_message(struct hg_slice s)
{
    return s.len > 0 && (s.p[0] == '{' || s.p[0] == '[' || s.p[0] == '@');
}

/* s: behind PRI. Host and tag are at most two words, the tag is the one that ends with a colon; JSON needs neither. */
static struct hg_slice classic_message(struct hg_slice s)
{
    s = after_timestamp(s);
    struct hg_slice rest = s;
    for (int word = 0; word < 2 && rest.len > 0; word++) {
        size_t n = word_len(rest);
        if (begins_message(rest))
            return rest;
        bool tag = n > 1 && rest.p[n - 1] == ':';
        rest = skip_spaces(hg_slice_from(rest, n));
        if (tag)
            return rest;
    }
    return begins_message(rest) ? rest : s;
}

struct hg_slice hg_syslog_message(struct hg_slice packet)
{
    size_t pri = pri_len(packet);
    if (pri == 0)
        return packet;
    struct hg_slice behind = hg_slice_from(packet, pri), message;
    if (!modern_message(behind, &message))
        message = classic_message(behind);
    struct hg_slice text = skip_spaces(message);
    return hg_slice_starts(text, HG_SLICE("@cee:")) ? skip_spaces(hg_slice_from(text, 5)) : message;
}
