#include "detect/quantity.h"

/* Two significant digits below ten, whole from there on. */
static void put_short(double value, struct hg_buf *buf)
{
    double tenths = value * 10 + 0.5;
    bool whole = value >= 9.95 || (int)tenths % 10 == 0;
    hg_buf_printf(buf, whole ? "%.0f" : "%.1f", value);
}

void quantity_put_bytes(double bytes, struct hg_buf *buf)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    put_short(bytes, buf);
    hg_buf_printf(buf, " %s", units[unit]);
}

static void put_plural(double value, const char *unit, struct hg_buf *buf)
{
    size_t start = buf->len;
    put_short(value, buf);
    bool one = buf->len == start + 1 && buf->p[start] == '1';
    hg_buf_printf(buf, " %s%s", unit, one ? "" : "s");
}

struct span {
    double below, unit; /* seconds */
    const char *name;
};

static const struct span *span_of(double seconds)
{
    static const struct span spans[] = {
        {0.95, 0.001, "millisecond"}, {119.5, 1, "second"}, {119.5 * 60, 60, "minute"}, {47.95 * 3600, 3600, "hour"}, {1e300, 86400, "day"}};
    const struct span *span = seconds > 0 ? spans : spans + 1;
    while (seconds >= span->below && span->below < 1e300)
        span++;
    return span;
}

double quantity_duration_unit(double seconds)
{
    return span_of(seconds)->unit;
}

void quantity_put_duration(double seconds, struct hg_buf *buf)
{
    const struct span *span = span_of(seconds);
    if (seconds > 0 && seconds < 0.0005)
        hg_buf_text(buf, "less than a millisecond");
    else
        put_plural(seconds / span->unit, span->name, buf);
}

double quantity_round(double value, bool up)
{
    double scale = 1;
    if (!(value > 0 && value < 1e15))
        return value;
    for (; value / scale >= 100; scale *= 10)
        ;
    for (; value / scale < 10; scale /= 10)
        ;
    double digits = value / scale;
    return (up ? __builtin_ceil(digits) : __builtin_floor(digits)) * scale;
}

static void put_thousands(uint64_t value, struct hg_buf *buf)
{
    if (value < 1000) {
        hg_buf_u64(buf, value);
        return;
    }
    put_thousands(value / 1000, buf);
    hg_buf_printf(buf, ",%03u", (unsigned)(value % 1000));
}

void quantity_put_number(double value, struct hg_buf *buf)
{
    if (value > 0 && value < 0.095)
        hg_buf_printf(buf, "%.2g", value);
    else if (value < 9.95)
        put_short(value, buf);
    else if (value < 1e15)
        put_thousands((uint64_t)(value + 0.5), buf);
    else
        hg_buf_printf(buf, "%.1e", value);
}

/* Never "0 %" for a share above 0 nor "100 %" for one below 1. */
void quantity_put_percent(double share, struct hg_buf *buf)
{
    double percent = share * 100;
    if (percent > 0 && percent < 0.01)
        hg_buf_text(buf, "less than 0.01 %");
    else if (percent > 0 && percent < 9.95)
        hg_buf_printf(buf, "%.2g %%", percent);
    else if (percent > 99 && percent < 100)
        hg_buf_text(buf, "over 99 %");
    else
        hg_buf_printf(buf, "%.0f %%", percent);
}

void quantity_put_hour(double hour, struct hg_buf *buf)
{
    hg_buf_printf(buf, "%02d:00", hour >= 0 && hour < 24 ? (int)hour : 0);
}
