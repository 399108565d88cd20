/* Times of a filter: a day, an hour's minute, a second, or reckoned from now. All are UTC unless they say their zone. */
#include "core/filter_priv.h"

static bool parse_relative(struct hg_slice text, int64_t now_us, int64_t *ret_from, int64_t *ret_to)
{
    int64_t ago = 0;
    if (hg_filter_same(text, "today") || hg_filter_same(text, "yesterday")) {
        int64_t today = hg_time_floor(now_us, HG_DAY);
        *ret_from = hg_filter_same(text, "today") ? today : today - HG_DAY;
        *ret_to = *ret_from + HG_DAY;
        return true;
    }
    if (!hg_filter_same(text, "now") &&
        (text.len < 3 || text.p[0] != '-' || text.p[1] == '+' || text.p[1] == '-' || !hg_time_parse_duration(hg_slice_from(text, 1), &ago)))
        return false;
    *ret_from = now_us - ago;
    *ret_to = *ret_from + 1;
    return true;
}

/* Where a zone begins: Z, or the sign behind the time of day. */
static size_t zone_of(struct hg_slice text, size_t from)
{
    size_t at = from;
    while (at < text.len && text.p[at] != 'Z' && text.p[at] != 'z' && text.p[at] != '+' && text.p[at] != '-')
        at++;
    return at;
}

bool hg_filter_parse_time(struct hg_slice text, int64_t now_us, int64_t *ret_from, int64_t *ret_to)
{
    if (parse_relative(text, now_us, ret_from, ret_to))
        return true;
    static const char midnight[] = "0000-00-00T00:00:00";
    char full[64];
    if (text.len < 10 || text.len > 40)
        return false;
    size_t zone = zone_of(text, 10);
    int64_t length = zone == 10 ? HG_DAY : zone == 16 ? HG_MINUTE : zone == 19 ? HG_SECOND : 1;
    if ((zone != 10 && zone != 16 && zone < 19) || (zone == 10 && text.len > 10)) /* a day has no zone */
        return false;
    memcpy(full, midnight, sizeof midnight);
    memcpy(full, text.p, zone);
    size_t len = zone < 19 ? 19 : zone;
    memcpy(full + len, text.p + zone, text.len - zone);
    if (!hg_time_parse_iso((struct hg_slice){full, len + text.len - zone}, 0, ret_from, NULL))
        return false;
    *ret_to = *ret_from + length;
    return true;
}
