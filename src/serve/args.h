/*
 * Query parameters: found by name, read with their limits. A parse that fails names the parameter and what was expected.
 */
#ifndef HG_SERVE_ARGS_H
#define HG_SERVE_ARGS_H

#include "base/instant.h"
#include "base/slice.h"

#define HG_ARGS_MAX     16u
#define HG_WINDOW_US    HG_HOUR /* where none is asked for */
#define HG_BUCKETS_MAX  2000u

struct hg_args {
    struct {
        struct hg_slice name, value;
    } rows[HG_ARGS_MAX];
    size_t n;
};

/* What was wrong, for a 400: `name` is NULL where nothing was. */
struct hg_args_fault {
    struct hg_slice name;
    const char *expected;
};

/* False where there is no room. */
bool hg_args_add(struct hg_args *args, struct hg_slice name, struct hg_slice value);
/* {NULL, 0}: not given. */
struct hg_slice hg_args_get(const struct hg_args *args, const char *name);
/* Every name must be in `known` (names with one space between) and stand once. */
bool hg_args_known(const struct hg_args *args, const char *known, struct hg_args_fault *ret_fault);
/* 1 to max. */
bool hg_args_limit(const struct hg_args *args, size_t preset, size_t max, size_t *ret, struct hg_args_fault *ret_fault);

/* What range was asked for, before it is known what the store holds. */
struct hg_span {
    bool all;
    int64_t window_us;       /* 0 with `all` */
    int64_t from_us, to_us;  /* HG_TIME_NONE: not given */
};
bool hg_args_span(const struct hg_args *args, struct hg_span *ret, struct hg_args_fault *ret_fault);

/* The range in whole minutes, [from, to); `clock` is where windows end, `first` and `last` the extent of all events (HG_TIME_NONE:
 * nothing was seen). False where nothing was seen and the range isn't given either. */
struct hg_moment {
    int64_t clock_us, first_us, last_us;
};
bool hg_span_resolve(const struct hg_span *span, const struct hg_moment *moment, int64_t *ret_from_us, int64_t *ret_to_us);

/* `bucket`: a duration of whole minutes that divides the range into at most HG_BUCKETS_MAX parts; one is chosen where none is given. */
bool hg_args_bucket(const struct hg_args *args, int64_t from_us, int64_t to_us, int64_t *ret_us, struct hg_args_fault *ret_fault);

#endif
