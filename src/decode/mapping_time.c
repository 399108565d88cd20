#include "decode/mapping_time.h"

/* ---- reading what the mapping says */

static const char directives[] = "YmdHIpMSfbz%";

/* A date and an hour must be there, each part once, or the time is no time. */
static const char *check_pattern(struct hg_slice pattern)
{
    unsigned seen = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.p[i] != '%')
            continue;
        const char *at = i + 1 < pattern.len ? memchr(directives, pattern.p[i + 1], sizeof directives - 1) : NULL;
        if (at == NULL)
            return "a pattern of %Y %m %d %H %I %p %M %S %f %b %z %%";
        unsigned bit = 1u << (at - directives);
        if ((seen & bit) != 0 && *at != '%')
            return "a pattern with each part once";
        seen |= bit;
        i++;
    }
#define SEEN(c) ((seen & 1u << (strchr(directives, c) - directives)) != 0)
    if (!SEEN('Y') || !SEEN('d') || SEEN('m') == SEEN('b'))
        return "a pattern with %Y, %d and one of %m and %b";
    if (SEEN('H') == SEEN('I') || SEEN('I') != SEEN('p'))
        return "a pattern with %H, or with %I and %p";
#undef SEEN
    return NULL;
}

const char *mapping_time_read(struct hg_slice text, struct mapping_time *ret)
{
    static const char *const names[] = {"epoch_s", "epoch_ms", "epoch_us", "iso"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (hg_slice_is(text, names[i])) {
            *ret = (struct mapping_time){(enum mapping_clock)i, HG_SLICE_NONE};
            return NULL;
        }
    }
    if (memchr(text.p, '%', text.len) == NULL)
        return "epoch_s, epoch_ms, epoch_us, iso or a pattern such as %Y-%m-%d %H:%M:%S";
    *ret = (struct mapping_time){CLOCK_PATTERN, text};
    return check_pattern(text);
}

/* ---- epochs */

#define EPOCH_DIGITS_MAX 17 /* of the whole part: no product below leaves 64 bits */

/* Digits, and for seconds a fraction, which is cut to microseconds. */
static bool parse_epoch(struct hg_slice text, int64_t unit_us, int64_t *ret_us)
{
    size_t i = 0;
    bool negative = text.len > 0 && text.p[0] == '-';
    int64_t whole = 0, fraction = 0, step = unit_us;
    for (i = negative; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
        if (i - negative >= EPOCH_DIGITS_MAX)
            return false;
        whole = whole * 10 + (text.p[i] - '0');
    }
    if (i == (size_t)negative || whole > INT64_MAX / 4 / unit_us)
        return false;
    if (i < text.len && text.p[i] != '.')
        return false;
    for (i++; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        step /= 10;
        fraction += (text.p[i] - '0') * step;
    }
    int64_t us = whole * unit_us + fraction;
    *ret_us = negative ? -us : us;
    return true;
}

/* ---- patterns */

struct parts {
    int year, month, day, hour, minute, second, us;
    int afternoon; /* -1: the clock has 24 hours */
    bool has_zone;
    int64_t zone_us;
};

/* Up to `most` digits, at least one. */
static bool digits(const char **p, const char *end, int most, int *ret)
{
    int value = 0, n = 0;
    for (; *p < end && **p >= '0' && **p <= '9' && n < most; (*p)++, n++)
        value = value * 10 + (**p - '0');
    *ret = value;
    return n > 0;
}

static bool parse_fraction(const char **p, const char *end, int *ret_us)
{
    int step = 100000;
    const char *start = *p;
    for (*ret_us = 0; *p < end && **p >= '0' && **p <= '9' && *p - start < 9; (*p)++, step /= 10)
        *ret_us += (**p - '0') * step;
    return *p > start;
}

/* The word at p among n of `len` letters each, whatever their case. */
static bool parse_word(const char **p, const char *end, const char *words, int n, int len, int *ret)
{
    for (int i = 0; i < n && end - *p >= len; i++) {
        int same = 0;
        while (same < len && ((*p)[same] | 32) == words[i * len + same])
            same++;
        if (same == len) {
            *ret = i;
            *p += len;
            return true;
        }
    }
    return false;
}

static bool parse_zone(const char **p, const char *end, struct parts *parts)
{
    const char *stop = *p;
    while (stop < end && (*stop == '+' || *stop == '-' || *stop == ':' || *stop == 'Z' || (*stop >= '0' && *stop <= '9')))
        stop++;
    struct hg_slice text = {*p, (size_t)(stop - *p)};
    *p = stop;
    parts->has_zone = true;
    return hg_time_parse_offset(text, &parts->zone_us);
}

static bool parse_part(char directive, const char **p, const char *end, struct parts *parts)
{
    switch (directive) {
    case 'Y':
        return digits(p, end, 4, &parts->year);
    case 'm':
        return digits(p, end, 2, &parts->month);
    case 'b':
        return parse_word(p, end, "janfebmaraprmayjunjulaugsepoctnovdec", 12, 3, &parts->month) && parts->month++ >= 0;
    case 'd':
        return digits(p, end, 2, &parts->day);
    case 'H':
        return digits(p, end, 2, &parts->hour);
    case 'I':
        return digits(p, end, 2, &parts->hour) && parts->hour >= 1 && parts->hour <= 12;
    case 'p':
        return parse_word(p, end, "ampm", 2, 2, &parts->afternoon);
    case 'M':
        return digits(p, end, 2, &parts->minute);
    case 'S':
        return digits(p, end, 2, &parts->second);
    case 'f':
        return parse_fraction(p, end, &parts->us);
    case 'z':
        return parse_zone(p, end, parts);
    default: /* %% */
        return *p < end && *(*p)++ == '%';
    }
}

static bool parse_parts(struct hg_slice pattern, struct hg_slice text, struct parts *parts)
{
    const char *p = text.p, *end = text.p + text.len;
    for (size_t i = 0; i < pattern.len; i++) {
        bool fits = pattern.p[i] == '%' ? parse_part(pattern.p[++i], &p, end, parts) : p < end && *p++ == pattern.p[i];
        if (!fits)
            return false;
    }
    return p == end;
}

static bool parse_pattern(struct hg_slice pattern, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us)
{
    struct parts t = {.afternoon = -1};
    if (!parse_parts(pattern, text, &t))
        return false;
    int hour = t.afternoon < 0 ? t.hour : t.hour % 12 + 12 * t.afternoon;
    if (!hg_time_valid_civil(t.year, t.month, t.day) || hour > 23 || t.minute > 59 || t.second > 60)
        return false;
    *ret_us = hg_time_days_from_civil(t.year, t.month, t.day) * HG_DAY + hour * HG_HOUR + t.minute * HG_MINUTE +
              t.second * HG_SECOND + t.us - (t.has_zone ? t.zone_us : naive_offset_us);
    return true;
}

static bool parse(const struct mapping_time *time, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us)
{
    switch (time->clock) {
    case CLOCK_EPOCH_S:
        return parse_epoch(text, HG_SECOND, ret_us);
    case CLOCK_EPOCH_MS:
        return parse_epoch(text, 1000, ret_us);
    case CLOCK_EPOCH_US:
        return parse_epoch(text, 1, ret_us);
    case CLOCK_ISO:
        return hg_time_parse_iso(text, naive_offset_us, ret_us, NULL);
    case CLOCK_PATTERN:
        break;
    }
    return parse_pattern(time->pattern, text, naive_offset_us, ret_us);
}

#define FIRST_US (-62135596800 * HG_SECOND) /* of year 1 */
#define LAST_US  (253402300800 * HG_SECOND) /* the end of year 9999: no date beyond can be written */

bool mapping_time_parse(const struct mapping_time *time, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us)
{
    int64_t us;
    if (!parse(time, text, naive_offset_us, &us) || us < FIRST_US || us >= LAST_US)
        return false;
    *ret_us = us;
    return true;
}
