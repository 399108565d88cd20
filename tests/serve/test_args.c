/* Query parameters: what is taken, what is refused and which range comes out. */
#include "serve/args.h"
#include "support/cmocka_all.h"

#define T0 INT64_C(1736370811885951) /* 2025-01-08T21:13:31.885951Z */
#define M0 (INT64_C(1736370780) * HG_SECOND) /* 21:13:00 */

/* "name=value&…", without escapes */
static struct hg_args args_of(const char *query)
{
    struct hg_args args = {0};
    while (*query != '\0') {
        size_t len = strcspn(query, "&"), name = strcspn(query, "=");
        assert_true(hg_args_add(&args, (struct hg_slice){query, name}, (struct hg_slice){query + name + 1, len - name - 1}));
        query += len + (query[len] == '&');
    }
    return args;
}

static bool span_of(const char *query, struct hg_span *ret)
{
    struct hg_args args = args_of(query);
    struct hg_args_fault fault = {HG_SLICE_NONE, NULL};
    bool ok = hg_args_span(&args, ret, &fault);
    assert_true(ok || (fault.name.len > 0 && fault.expected != NULL));
    return ok;
}

static bool resolve(const char *query, struct hg_moment moment, int64_t *ret_from, int64_t *ret_to)
{
    struct hg_span span;
    assert_true(span_of(query, &span));
    return hg_span_resolve(&span, &moment, ret_from, ret_to);
}

static void test_known(void **state)
{
    (void)state;
    struct hg_args_fault fault;
    struct hg_args none = args_of(""), good = args_of("window=1h&limit=3"), unknown = args_of("windw=1h"), twice = args_of("limit=1&limit=2");
    struct hg_args part = args_of("win=1h"), pair = {0};
    assert_true(hg_args_known(&none, "", &fault));
    assert_true(hg_args_known(&good, "window from to limit", &fault));
    assert_false(hg_args_known(&good, "", &fault));
    assert_false(hg_args_known(&unknown, "window from to limit", &fault));
    assert_true(hg_slice_is(fault.name, "windw"));
    assert_false(hg_args_known(&twice, "limit", &fault));
    assert_false(hg_args_known(&part, "window", &fault));
    assert_true(hg_args_add(&pair, HG_SLICE("from to"), HG_SLICE("x")));
    assert_false(hg_args_known(&pair, "window from to", &fault));
}

static void test_room(void **state)
{
    (void)state;
    struct hg_args args = {0};
    for (size_t i = 0; i < HG_ARGS_MAX; i++)
        assert_true(hg_args_add(&args, HG_SLICE("a"), HG_SLICE_NONE));
    assert_false(hg_args_add(&args, HG_SLICE("a"), HG_SLICE("1")));
}

static void test_limit(void **state)
{
    (void)state;
    struct hg_args_fault fault;
    size_t limit = 0;
    struct hg_args none = args_of(""), seven = args_of("limit=7");
    assert_true(hg_args_limit(&none, 50, 500, &limit, &fault));
    assert_int_equal(limit, 50);
    assert_true(hg_args_limit(&seven, 50, 500, &limit, &fault));
    assert_int_equal(limit, 7);
    static const char *const bad[] = {"limit=0", "limit=501", "limit=-1", "limit=", "limit=1e2", "limit=99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hg_args args = args_of(bad[i]);
        assert_false(hg_args_limit(&args, 50, 500, &limit, &fault));
        assert_string_equal(fault.expected, "a number from 1 to 500");
    }
}

static void test_span(void **state)
{
    (void)state;
    struct hg_span span;
    static const char *const good[] = {"", "window=5m", "window=300s", "window=30d", "window=all", "from=2025-01-08T21:00:00Z",
                                       "to=2025-01-08T21:00:00%2B01:00", "window=2h&to=2025-01-08T21:00:00Z"};
    static const char *const bad[] = {"window=4m", "window=31d", "window=90s", "window=301s", "window=", "window=hour", "window=ALL",
                                      "from=2025-01-08", "from=2025-01-08T21:00:00", "to=", "from=now",
                                      "from=2025-01-08T21:00:00Z&to=2025-01-08T21:00:00Z", "from=2025-01-08T21:00:00Z&to=2025-01-08T20:00:00Z",
                                      "window=all&from=2025-01-08T21:00:00Z",
                                      "window=1h&from=2025-01-08T21:00:00Z&to=2025-01-08T22:00:00Z"};
    for (size_t i = 0; i + 2 < sizeof good / sizeof good[0]; i++)
        assert_true(span_of(good[i], &span));
    assert_false(span_of(good[6], &span)); /* escapes are undone before */
    assert_true(span_of(good[7], &span));
    assert_int_equal(span.window_us, 2 * HG_HOUR);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(span_of(bad[i], &span));
}

static void test_resolve(void **state)
{
    (void)state;
    int64_t from, to;
    const struct hg_moment seen = {T0, M0 - 3 * HG_DAY, M0 + HG_MINUTE}, nothing = {HG_TIME_NONE, HG_TIME_NONE, HG_TIME_NONE};
    assert_true(resolve("", seen, &from, &to)); /* ends after the clock's minute */
    assert_int_equal(to, M0 + HG_MINUTE);
    assert_int_equal(to - from, HG_HOUR);
    assert_true(resolve("", (struct hg_moment){M0, M0, M0}, &from, &to)); /* an event on the minute is inside */
    assert_int_equal(to, M0 + HG_MINUTE);
    assert_true(resolve("window=all", seen, &from, &to));
    assert_int_equal(from, M0 - 3 * HG_DAY);
    assert_int_equal(to, M0 + HG_MINUTE);
    assert_true(resolve("from=2025-01-08T21:00:30Z&to=2025-01-08T21:10:30Z", nothing, &from, &to)); /* whole minutes */
    assert_int_equal(from, M0 - 13 * HG_MINUTE);
    assert_int_equal(to, M0 - 2 * HG_MINUTE);
    assert_true(resolve("from=2025-01-08T21:00:00Z", seen, &from, &to));
    assert_int_equal(to, M0 + HG_MINUTE);
    assert_true(resolve("window=10m&to=2025-01-08T21:00:00Z", seen, &from, &to));
    assert_int_equal(to - from, 10 * HG_MINUTE);
    assert_true(resolve("from=2099-01-01T00:00:00Z", seen, &from, &to)); /* ahead of the clock: empty */
    assert_int_equal(from, to);
    assert_false(resolve("", nothing, &from, &to));
    assert_false(resolve("window=all", nothing, &from, &to));
    assert_false(resolve("from=2025-01-08T21:00:00Z", nothing, &from, &to));
}

/* Whatever was asked for, a range can be printed: years 1 to 9999. */
static void test_resolve_ends_of_time(void **state)
{
    (void)state;
    int64_t from, to;
    char text[HG_TIME_TEXT_BYTES];
    const struct hg_moment nothing = {HG_TIME_NONE, HG_TIME_NONE, HG_TIME_NONE};
    assert_true(resolve("window=30d&to=0001-01-02T00:00:00Z", nothing, &from, &to));
    hg_time_print(from, text);
    assert_memory_equal(text, "0001-01-01T00:00:00", 19);
    assert_true(resolve("from=9999-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", nothing, &from, &to));
    hg_time_print(to, text);
    assert_memory_equal(text, "9999-12-31T23:59:00", 19);
}

static int64_t bucket_of(const char *query, int64_t length)
{
    struct hg_args args = args_of(query);
    struct hg_args_fault fault;
    int64_t bucket = 0;
    return hg_args_bucket(&args, M0, M0 + length, &bucket, &fault) ? bucket : -1;
}

static void test_bucket(void **state)
{
    (void)state;
    assert_int_equal(bucket_of("", HG_HOUR), 5 * HG_MINUTE);
    assert_int_equal(bucket_of("", HG_DAY), 5 * HG_MINUTE);
    assert_int_equal(bucket_of("", 30 * HG_DAY), 6 * HG_HOUR);
    assert_int_equal(bucket_of("", 5500 * HG_DAY), 30 * HG_DAY);
    assert_int_equal(bucket_of("bucket=10m", HG_DAY), 10 * HG_MINUTE);
    assert_int_equal(bucket_of("bucket=1m", HG_DAY), HG_MINUTE);
    assert_int_equal(bucket_of("bucket=1m", 30 * HG_DAY), -1);
    static const char *const bad[] = {"bucket=", "bucket=0m", "bucket=30s", "bucket=61s", "bucket=5", "bucket=-5m", "bucket=999999d"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bucket_of(bad[i], HG_HOUR), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_room),    cmocka_unit_test(test_limit),
        cmocka_unit_test(test_span),  cmocka_unit_test(test_resolve), cmocka_unit_test(test_resolve_ends_of_time),
        cmocka_unit_test(test_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
