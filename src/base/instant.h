/*
 * Time is int64_t microseconds since 1970-01-01T00:00:00Z. Calendar arithmetic is proleptic Gregorian, years 1 to 9999.
 * No function here reads a clock except hg_time_now_us, which only app/, pipeline/ and serve/ call.
 */
#ifndef HG_BASE_INSTANT_H
#define HG_BASE_INSTANT_H

#include "base/slice.h"

#include <stdint.h>

#define HG_SECOND INT64_C(1000000)
#define HG_MINUTE (60 * HG_SECOND)
#define HG_HOUR   (60 * HG_MINUTE)
#define HG_DAY    (24 * HG_HOUR)
#define HG_TIME_NONE INT64_MIN

#define HG_TIME_TEXT_BYTES 27 /* 2025-01-08T21:13:31.885951Z */

/* Days since the epoch of a civil date, and back. Howard Hinnant, "chrono-compatible low-level date algorithms". */
int64_t hg_time_days_from_civil(int year, int month, int day);
void hg_time_civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
bool hg_time_valid_civil(int year, int month, int day);

/* ISO 8601 / RFC 3339: YYYY-MM-DD, T or space, HH:MM:SS, up to 9 digits of fraction (cut to microseconds), and Z, ±HH:MM,
 * ±HHMM, ±HH or nothing. Without a zone the stamp counts as local to naive_offset_us (east positive; *ret_naive tells).
 * Second 60 is taken as the next second. */
bool hg_time_parse_iso(struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us, bool *ret_naive);

/* ±HH:MM, ±HHMM, Z or UTC as microseconds east of Greenwich, within ±14:00. */
bool hg_time_parse_offset(struct hg_slice text, int64_t *ret_offset_us);
/* 90s, 5m, 1h, 30d; at least a second. */
bool hg_time_parse_duration(struct hg_slice text, int64_t *ret_us);

/* Always HG_TIME_TEXT_BYTES bytes, without NUL. */
void hg_time_print(int64_t us, char out[HG_TIME_TEXT_BYTES]);

/* hour 0-23 and day of week 0 (Monday) - 6 of the instant, seen from offset_us east. */
static inline void hg_time_clock(int64_t us, int64_t offset_us, int *ret_hour, int *ret_weekday)
{
    int64_t t = us + offset_us;
    int64_t days = t / HG_DAY - (t % HG_DAY < 0);
    *ret_hour = (int)((t - days * HG_DAY) / HG_HOUR);
    *ret_weekday = (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static inline int64_t hg_time_floor(int64_t us, int64_t step)
{
    int64_t rest = us % step;
    return us - rest - (rest < 0 ? step : 0);
}

int64_t hg_time_now_us(void);       /* wall clock */
int64_t hg_time_monotonic_us(void); /* for pacing and rates */

#endif
