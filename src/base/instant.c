#include "base/instant.h"

#include "base/num.h"

#include <time.h>

int64_t hg_time_days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void hg_time_civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

bool hg_time_valid_civil(int year, int month, int day)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= length[month - 1] + leap;
}

/* `n` digits at p; -1 when one of them isn't. */
static int digits(const char *p, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

bool hg_time_parse_offset(struct hg_slice text, int64_t *ret_offset_us)
{
    if (hg_slice_is(text, "Z") || hg_slice_is(text, "z") || hg_slice_is(text, "UTC")) {
        *ret_offset_us = 0;
        return true;
    }
    if (text.len < 3 || text.len > 6 || (text.p[0] != '+' && text.p[0] != '-'))
        return false;
    int hours = digits(text.p + 1, 2), minutes = 0;
    if (text.len == 5)
        minutes = digits(text.p + 3, 2);
    else if (text.len == 6)
        minutes = text.p[3] == ':' ? digits(text.p + 4, 2) : -1;
    else if (text.len != 3)
        return false;
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    int64_t offset = hours * HG_HOUR + minutes * HG_MINUTE;
    *ret_offset_us = text.p[0] == '-' ? -offset : offset;
    return true;
}

bool hg_time_parse_iso(struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us, bool *ret_naive)
{
    const char *p = text.p;
    if (text.len < 19 || p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != ' ') || p[13] != ':' || p[16] != ':')
        return false;
    int year = digits(p, 4), month = digits(p + 5, 2), day = digits(p + 8, 2);
    int hour = digits(p + 11, 2), minute = digits(p + 14, 2), second = digits(p + 17, 2);
    if (!hg_time_valid_civil(year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    size_t at = 19;
    int64_t fraction = 0;
    if (at < text.len && p[at] == '.') {
        int64_t unit = 100000;
        size_t start = ++at;
        for (; at < text.len && p[at] >= '0' && p[at] <= '9'; at++, unit /= 10)
            fraction += (p[at] - '0') * unit;
        if (at == start || at - start > 9)
            return false;
    }
    int64_t offset = naive_offset_us;
    bool naive = at == text.len;
    if (!naive && !hg_time_parse_offset(hg_slice_from(text, at), &offset))
        return false;
    *ret_us = hg_time_days_from_civil(year, month, day) * HG_DAY + hour * HG_HOUR + minute * HG_MINUTE + second * HG_SECOND +
              fraction - offset;
    if (ret_naive != NULL)
        *ret_naive = naive;
    return true;
}

bool hg_time_parse_duration(struct hg_slice text, int64_t *ret_us)
{
    uint64_t n;
    if (text.len < 2 || !hg_num_parse_u64((struct hg_slice){text.p, text.len - 1}, &n) || n == 0 || n > 1000000)
        return false;
    switch (text.p[text.len - 1]) {
    case 's':
        *ret_us = (int64_t)n * HG_SECOND;
        return true;
    case 'm':
        *ret_us = (int64_t)n * HG_MINUTE;
        return true;
    case 'h':
        *ret_us = (int64_t)n * HG_HOUR;
        return true;
    case 'd':
        *ret_us = (int64_t)n * HG_DAY;
        return true;
    default:
        return false;
    }
}

static void put(char *p, int64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        p[i] = (char)('0' + value % 10);
}

void hg_time_print(int64_t us, char out[HG_TIME_TEXT_BYTES])
{
    int64_t days = hg_time_floor(us, HG_DAY) / HG_DAY;
    int64_t rest = us - days * HG_DAY;
    int year, month, day;
    hg_time_civil_from_days(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.000000Z", HG_TIME_TEXT_BYTES);
    put(out, year, 4);
    put(out + 5, month, 2);
    put(out + 8, day, 2);
    put(out + 11, rest / HG_HOUR, 2);
    put(out + 14, rest / HG_MINUTE % 60, 2);
    put(out + 17, rest / HG_SECOND % 60, 2);
    put(out + 20, rest % HG_SECOND, 6);
}

static int64_t clock_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * HG_SECOND + ts.tv_nsec / 1000;
}

int64_t hg_time_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t hg_time_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}
