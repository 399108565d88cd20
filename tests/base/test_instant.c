/* Time: dates against libc's calendar, stamps with every kind of zone, durations, clocks. */
#include "base/instant.h"
#include "support/cmocka_all.h"

static int64_t parsed(const char *text, int64_t naive_offset_us, bool *ret_naive)
{
    int64_t us = HG_TIME_NONE;
    if (!hg_time_parse_iso(hg_slice_of(text), naive_offset_us, &us, ret_naive))
        fail_msg("%s was refused", text);
    return us;
}

static void assert_stamp(const char *text, int64_t naive_offset_us, const char *expected)
{
    char out[HG_TIME_TEXT_BYTES];
    hg_time_print(parsed(text, naive_offset_us, NULL), out);
    assert_slice(((struct hg_slice){out, sizeof out}), expected);
}

static void reads_every_kind_of_zone(void **state)
{
    (void)state;
    assert_stamp("2025-01-08T21:13:31.885951Z", 0, "2025-01-08T21:13:31.885951Z");
    assert_stamp("2025-01-08T21:13:31.885951+0000", 0, "2025-01-08T21:13:31.885951Z");
    assert_stamp("2025-01-08T21:13:31.885951+0200", 0, "2025-01-08T19:13:31.885951Z");
    assert_stamp("2025-01-08T21:13:31.885951-04:00", 0, "2025-01-09T01:13:31.885951Z");
    assert_stamp("2025-01-08T21:13:31+10", 0, "2025-01-08T11:13:31.000000Z");
    assert_stamp("2010-06-13T23:57:19", -3 * HG_HOUR, "2010-06-14T02:57:19.000000Z");
    assert_stamp("2010-06-13 23:57:19", 0, "2010-06-13T23:57:19.000000Z");
    assert_stamp("2025-01-08T21:13:31+0530", -3 * HG_HOUR, "2025-01-08T15:43:31.000000Z"); /* its own zone wins */
    bool naive = false;
    parsed("2025-01-08T21:13:31", 0, &naive);
    assert_true(naive);
    parsed("2025-01-08T21:13:31Z", 0, &naive);
    assert_false(naive);
}

static void cuts_fractions_and_carries_the_leap_second(void **state)
{
    (void)state;
    assert_stamp("2025-01-08T21:13:31.5Z", 0, "2025-01-08T21:13:31.500000Z");
    assert_stamp("2025-01-08T21:13:31.123456789Z", 0, "2025-01-08T21:13:31.123456Z");
    assert_stamp("2016-12-31T23:59:60Z", 0, "2017-01-01T00:00:00.000000Z");
    assert_stamp("2024-02-29T00:00:00Z", 0, "2024-02-29T00:00:00.000000Z");
    assert_stamp("1969-12-31T23:59:59.999999Z", 0, "1969-12-31T23:59:59.999999Z");
    assert_stamp("0001-01-01T00:00:00Z", 0, "0001-01-01T00:00:00.000000Z");
    assert_stamp("9999-12-31T23:59:59Z", 0, "9999-12-31T23:59:59.000000Z");
}

static void refuses_what_is_no_stamp(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         "2025-01-08",
                         "2025-01-08T21:13",
                         "2025-02-29T00:00:00Z",
                         "2025-13-01T00:00:00Z",
                         "2025-00-01T00:00:00Z",
                         "2025-01-32T00:00:00Z",
                         "2025-01-08T24:00:00Z",
                         "2025-01-08T00:60:00Z",
                         "2025-01-08T00:00:61Z",
                         "0000-01-01T00:00:00Z",
                         "2025-01-08T00:00:00.Z",
                         "2025-01-08T00:00:00.1234567890Z",
                         "2025-01-08T00:00:00+15:00",
                         "2025-01-08T00:00:00+1:00",
                         "2025-01-08T00:00:00 UTC",
                         "2025-01-08T00:00:00Z ",
                         "2025/01/08T00:00:00Z",
                         "-025-01-08T00:00:00Z",
                         "2025-01-08x00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 7;
        if (hg_time_parse_iso(hg_slice_of(bad[i]), 0, &us, NULL))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(us, 7);
    }
}

static void reads_offsets_and_durations(void **state)
{
    (void)state;
    int64_t us;
    assert_true(hg_time_parse_offset(HG_SLICE("-03:00"), &us) && us == -3 * HG_HOUR);
    assert_true(hg_time_parse_offset(HG_SLICE("+14:00"), &us) && us == 14 * HG_HOUR);
    assert_true(hg_time_parse_offset(HG_SLICE("UTC"), &us) && us == 0);
    assert_false(hg_time_parse_offset(HG_SLICE("+14:01"), &us));
    assert_false(hg_time_parse_offset(HG_SLICE("03:00"), &us));
    assert_false(hg_time_parse_offset(HG_SLICE("+3"), &us));
    assert_true(hg_time_parse_duration(HG_SLICE("90s"), &us) && us == 90 * HG_SECOND);
    assert_true(hg_time_parse_duration(HG_SLICE("5m"), &us) && us == 5 * HG_MINUTE);
    assert_true(hg_time_parse_duration(HG_SLICE("30d"), &us) && us == 30 * HG_DAY);
    const char *bad[] = {"", "m", "0s", "-1h", "5", "5 m", "1.5h", "5w", "99999999999999999999s", "1000001s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hg_time_parse_duration(hg_slice_of(bad[i]), &us));
}

static void agrees_with_libc(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int i = 0; i < 50000; i++) {
        int64_t seconds = (int64_t)hg_rng_below(&rng, UINT64_C(253402300800) + UINT64_C(62135596800)) - INT64_C(62135596800);
        int64_t us = seconds * HG_SECOND + (int64_t)hg_rng_below(&rng, 1000000);
        time_t t = (time_t)seconds;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char expected[96], out[HG_TIME_TEXT_BYTES];
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(us - seconds * HG_SECOND));
        hg_time_print(us, out);
        assert_slice(((struct hg_slice){out, sizeof out}), expected);
        assert_int_equal(parsed(expected, 5 * HG_HOUR, NULL), us);
        int hour, weekday;
        hg_time_clock(us, 0, &hour, &weekday);
        assert_int_equal(hour, tm.tm_hour);
        assert_int_equal(weekday, (tm.tm_wday + 6) % 7);
    }
}

static void rounds_down_on_both_sides_of_the_epoch(void **state)
{
    (void)state;
    assert_int_equal(hg_time_floor(119 * HG_SECOND, HG_MINUTE), HG_MINUTE);
    assert_int_equal(hg_time_floor(HG_MINUTE, HG_MINUTE), HG_MINUTE);
    assert_int_equal(hg_time_floor(-1, HG_MINUTE), -HG_MINUTE);
    assert_int_equal(hg_time_floor(-HG_MINUTE, HG_MINUTE), -HG_MINUTE);
    int hour, weekday;
    hg_time_clock(-1, 0, &hour, &weekday); /* the last moment of Wednesday, 31 December 1969 */
    assert_int_equal(hour, 23);
    assert_int_equal(weekday, 2);
    hg_time_clock(2 * HG_HOUR, -3 * HG_HOUR, &hour, &weekday);
    assert_int_equal(hour, 23);
    assert_int_equal(weekday, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_zone),
        cmocka_unit_test(cuts_fractions_and_carries_the_leap_second),
        cmocka_unit_test(refuses_what_is_no_stamp),
        cmocka_unit_test(reads_offsets_and_durations),
        cmocka_unit_test(agrees_with_libc),
        cmocka_unit_test(rounds_down_on_both_sides_of_the_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
