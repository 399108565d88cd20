#include "serve/args.h"

#include "base/num.h"

#define YEAR_1     (INT64_C(-62135596800) * HG_SECOND) /* 0001-01-01T00:00:00Z */
#define YEAR_10000 (INT64_C(253402300800) * HG_SECOND)

static bool fault(struct hg_args_fault *ret, struct hg_slice name, const char *expected)
{
    *ret = (struct hg_args_fault){name, expected};
    return false;
}

bool hg_args_add(struct hg_args *args, struct hg_slice name, struct hg_slice value)
{
    if (args->n == HG_ARGS_MAX)
        return false;
    if (value.p == NULL)
        value = HG_SLICE("");
    args->rows[args->n].name = name;
    args->rows[args->n].value = value;
    args->n++;
    return true;
}

struct hg_slice hg_args_get(const struct hg_args *args, const char *name)
{
    for (size_t i = 0; i < args->n; i++)
        if (hg_slice_is(args->rows[i].name, name))
            return args->rows[i].value;
    return HG_SLICE_NONE;
}

static bool is_listed(const char *names, struct hg_slice name)
{
    while (*names != '\0') {
        size_t len = strcspn(names, " ");
        if (hg_slice_eq(name, (struct hg_slice){names, len}))
            return len > 0;
        names += len;
        names += *names == ' ';
    }
    return false;
}

bool hg_args_known(const struct hg_args *args, const char *known, struct hg_args_fault *ret_fault)
{
    for (size_t i = 0; i < args->n; i++) {
        struct hg_slice name = args->rows[i].name;
        if (!is_listed(known, name))
            return fault(ret_fault, name, "no parameter of this route");
        for (size_t k = 0; k < i; k++)
            if (hg_slice_eq(args->rows[k].name, name))
                return fault(ret_fault, name, "it only once");
    }
    return true;
}

bool hg_args_limit(const struct hg_args *args, size_t preset, size_t max, size_t *ret, struct hg_args_fault *ret_fault)
{
    struct hg_slice text = hg_args_get(args, "limit");
    uint64_t limit = preset;
    if (text.p != NULL && (!hg_num_parse_u64(text, &limit) || limit == 0 || limit > max))
        return fault(ret_fault, HG_SLICE("limit"), max == 1000 ? "a number from 1 to 1000" : "a number from 1 to 500");
    *ret = (size_t)limit;
    return true;
}

static bool read_time(const struct hg_args *args, const char *name, int64_t *ret, struct hg_args_fault *ret_fault)
{
    struct hg_slice text = hg_args_get(args, name);
    bool naive = false;
    *ret = HG_TIME_NONE;
    if (text.p == NULL)
        return true;
    if (!hg_time_parse_iso(text, 0, ret, &naive) || naive)
        return fault(ret_fault, hg_slice_of(name), "an RFC 3339 time with its zone, such as 2025-01-08T21:00:00Z");
    return true;
}

bool hg_args_span(const struct hg_args *args, struct hg_span *ret, struct hg_args_fault *ret_fault)
{
    struct hg_slice window = hg_args_get(args, "window");
    struct hg_span span = {.window_us = HG_WINDOW_US};
    if (!read_time(args, "from", &span.from_us, ret_fault) || !read_time(args, "to", &span.to_us, ret_fault))
        return false;
    bool bounded = span.from_us != HG_TIME_NONE || span.to_us != HG_TIME_NONE;
    if (span.from_us != HG_TIME_NONE && span.to_us != HG_TIME_NONE && span.from_us >= span.to_us)
        return fault(ret_fault, HG_SLICE("to"), "a time after `from`");
    if (window.p != NULL) {
        span.all = hg_slice_is(window, "all");
        if (!span.all && (!hg_time_parse_duration(window, &span.window_us) || span.window_us < 5 * HG_MINUTE ||
                          span.window_us > 30 * HG_DAY || span.window_us % HG_MINUTE != 0))
            return fault(ret_fault, HG_SLICE("window"), "5m to 30d in whole minutes, or all");
        if (bounded && (span.all || (span.from_us != HG_TIME_NONE && span.to_us != HG_TIME_NONE)))
            return fault(ret_fault, HG_SLICE("window"), "either a window or from and to");
    }
    if (span.all)
        span.window_us = 0;
    *ret = span;
    return true;
}

static int64_t minute_after(int64_t us) /* the first whole minute that `us` is before */
{
    return hg_time_floor(us, HG_MINUTE) + HG_MINUTE;
}

bool hg_span_resolve(const struct hg_span *span, const struct hg_moment *moment, int64_t *ret_from_us, int64_t *ret_to_us)
{
    int64_t from = span->from_us, to = span->to_us;
    if (span->all) {
        if (moment->first_us == HG_TIME_NONE)
            return false;
        from = moment->first_us;
        to = moment->last_us;
    } else if (from == HG_TIME_NONE || to == HG_TIME_NONE) {
        if (to == HG_TIME_NONE && moment->clock_us == HG_TIME_NONE)
            return false;
        if (to == HG_TIME_NONE)
            to = minute_after(moment->clock_us);
        if (from == HG_TIME_NONE)
            from = to - span->window_us;
        else if (to <= from)
            to = from; /* from lies ahead of the clock: an empty range */
    }
    const int64_t last = YEAR_10000 - HG_MINUTE; /* a range can be printed: years 1 to 9999 */
    from = hg_time_floor(from, HG_MINUTE);
    to = -hg_time_floor(-to, HG_MINUTE);
    *ret_from_us = from < YEAR_1 ? YEAR_1 : from;
    *ret_to_us = to > last ? last : to;
    return true;
}

static int64_t buckets_in(int64_t from_us, int64_t to_us, int64_t bucket_us)
{
    return (-hg_time_floor(-to_us, bucket_us) - hg_time_floor(from_us, bucket_us)) / bucket_us;
}

/* The finest of these that leaves a chart at most 300 points: 5 minutes for a day, 6 hours for a month. */
static int64_t fitting_bucket(int64_t from_us, int64_t to_us)
{
    static const int64_t steps[] = {5 * HG_MINUTE, 10 * HG_MINUTE, 30 * HG_MINUTE, HG_HOUR, 2 * HG_HOUR, 6 * HG_HOUR,
                                    12 * HG_HOUR, HG_DAY, 2 * HG_DAY, 7 * HG_DAY, 30 * HG_DAY, 365 * HG_DAY};
    const size_t n = sizeof steps / sizeof steps[0];
    for (size_t i = 0; i < n; i++)
        if (buckets_in(from_us, to_us, steps[i]) <= 300)
            return steps[i];
    return 10 * steps[n - 1]; /* ten thousand years in 1,000 parts */
}

bool hg_args_bucket(const struct hg_args *args, int64_t from_us, int64_t to_us, int64_t *ret_us, struct hg_args_fault *ret_fault)
{
    struct hg_slice text = hg_args_get(args, "bucket");
    int64_t bucket = 0;
    if (text.p == NULL) {
        *ret_us = fitting_bucket(from_us, to_us);
        return true;
    }
    if (!hg_time_parse_duration(text, &bucket) || bucket % HG_MINUTE != 0 || bucket > 3660 * HG_DAY)
        return fault(ret_fault, HG_SLICE("bucket"), "a duration in whole minutes, such as 5m");
    if (buckets_in(from_us, to_us, bucket) > HG_BUCKETS_MAX)
        return fault(ret_fault, HG_SLICE("bucket"), "a longer bucket: at most 2000 fit one answer");
    *ret_us = bucket;
    return true;
}
