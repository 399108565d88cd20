/* Following what is compressed behind us, over restarts, with and without inotify. */
#include "source/follow_one.h"

#include <poll.h>

/* ---- compressed */

static void compressed_behind_us_before_it_was_read(bool zstd)
{
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    pass(10 * HG_SECOND);
    assert_string_equal("", taken());
    int64_t complete_us = stop_and_keep();
    file_append(LOG, "a2\na3\n");
    pack(zstd, LOG, LOG ".1.packed", 4);
    assert_int_equal(0, unlink(LOG));
    file_append(LOG, "b1\n");
    start(complete_us);
    assert_non_null(taken()); /* the compressed one may be at work still: in whichever order */
    pass(10 * HG_SECOND);
    stop();
    taker.n_streams = 0;
    start(complete_us);
    assert_string_equal("a1\na2\na3\nb1\n", taken_later());
}

static void compressed_as_gzip_before_it_was_read(void **state)
{
    (void)state;
    compressed_behind_us_before_it_was_read(false);
}

static void compressed_as_zstd_before_it_was_read(void **state)
{
    (void)state;
    compressed_behind_us_before_it_was_read(true);
}

static void what_became_of_a_file_that_was_read_is_not_unpacked(void **state)
{
    (void)state;
    for (int zstd = 0; zstd < 2; zstd++) {
        file_append(LOG, zstd ? "b1\n" : "a1\n");
        zstd ? (void)0 : start(HG_TIME_NONE);
        assert_string_equal(zstd ? "b1\n" : "a1\n", taken());
        rename_to(LOG, LOG ".1");
        file_append(LOG, "new\n");
        assert_string_equal("new\n", taken());
        pass(HG_SECOND);
        unsigned visits = taker.left + taker.final;
        pack(zstd, LOG ".1", LOG ".1.gz", 1000);
        assert_int_equal(0, unlink(LOG ".1"));
        assert_string_equal("", taken_later());
        assert_int_equal(visits, taker.left + taker.final);
        rename_to(LOG, zstd ? LOG ".8" : LOG ".9");
        rename_to(LOG ".1.gz", zstd ? LOG ".6.gz" : LOG ".7.gz");
        taker.n_streams = 0; /* "new" comes once more */
        pass(10 * HG_SECOND);
    }
}

static void compressed_with_lines_that_came_after_its_end(void **state)
{
    (void)state;
    char a1[2 * HEAD_BYTES]; /* the same beginning, so that only the length tells */
    memset(a1, 'a', sizeof a1);
    a1[sizeof a1 - 2] = '\n';
    a1[sizeof a1 - 1] = '\0';
    file_append(LOG, a1);
    start(HG_TIME_NONE);
    assert_string_equal(a1, taken());
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken());
    file_append(LOG ".1", "a2\n");
    pack(false, LOG ".1", LOG ".1.gz", 1000);
    assert_int_equal(0, unlink(LOG ".1"));
    assert_string_equal("a2\n", taken_later());
}

static void compressed_data_that_grows_is_read_when_it_rests(void **state)
{
    (void)state;
    start(HG_TIME_NONE);
    assert_string_equal("", taken());
    file_write("whole", "a1\na2\na3\n", 9);
    pack(false, "whole", "whole.gz", 1000);
    size_t n = file_read("whole.gz", packed_bytes, sizeof packed_bytes);
    file_write(LOG ".1.gz", packed_bytes, n - 12);
    int64_t cut_us = test_now_us;
    assert_non_null(taken_later()); /* cut: the line that is not whole is none */
    assert_true(status().complete_us <= cut_us); /* there is more to come */
    assert_non_null(strstr(status().trouble, "ends in the middle"));
    file_write(LOG ".1.gz", packed_bytes, n);
    taken_later();
    assert_string_equal("", status().trouble);
    assert_int_equal(9, taker.streams[0].next);
}

static void damaged_compressed_data_is_told_and_left(void **state)
{
    (void)state;
    start(HG_TIME_NONE);
    file_write(LOG ".1.gz", "\x1f\x8b\x08\0\0\0\0\0\0\0 no deflate at all", 28);
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken_later());
    assert_non_null(strstr(status().trouble, "damaged"));
    file_append(LOG, "b2\n");
    assert_string_equal("b2\n", taken());
    pass(10 * HG_SECOND);
    taken_later();
    assert_true(status().complete_us > test_now_us - 10 * HG_SECOND); /* it holds nothing up */
}

/* ---- restarts */

static void rotated_while_nobody_looked(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    int64_t complete_us = stop_and_keep();
    assert_true(complete_us != HG_TIME_NONE);
    pass(HG_MINUTE);
    file_append(LOG, "a2\n");
    rename_to(LOG, LOG ".3");
    pass(HG_MINUTE);
    file_append(LOG ".2", "b1\n");
    pass(HG_MINUTE);
    file_append(LOG ".1", "c1\n");
    pass(HG_MINUTE);
    file_append(LOG, "d1\n");
    start(complete_us);
    assert_string_equal("a2\nb1\nc1\nd1\n", taken());
}

static void the_first_time_older_siblings_are_left_alone(void **state)
{
    (void)state;
    file_append(LOG ".1", "older\n");
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken_later());
    rename_to(LOG, LOG ".2");
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken_later());
}

static void killed_before_anything_was_read_the_renamed_file_is_visited(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    int64_t complete_us = stop_and_keep();
    pass(HG_MINUTE);
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    start(complete_us);
    assert_string_equal("a1\nb1\n", taken_later());
}

static void complete_waits_for_what_is_unread(void **state)
{
    (void)state;
    size_t n;
    char some[4];
    enum hg_got how;
    struct hg_err err;
    file_append(LOG, "a1\na2\n");
    int64_t first = test_now_us;
    pass(10 * HG_SECOND);
    start(HG_TIME_NONE);
    assert_int_equal(first, status().complete_us);
    assert_int_equal(HG_OK, hg_follow_read(follow, some, 3, &n, &how, &err));
    assert_int_equal(first, status().complete_us);
    assert_int_equal(3, status().behind_bytes);
    pass(10 * HG_SECOND);
    taken();
    assert_int_equal(test_now_us, status().complete_us);
    assert_int_equal(0, status().behind_bytes);
}

/* ---- what it costs and how it tells */

static void the_descriptor_tells_and_quiet_reads_do_not_look(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    taken_later();
    struct pollfd ready = {.fd = hg_follow_fd(follow), .events = POLLIN};
    if (ready.fd < 0)
        return; /* no inotify here */
    assert_int_equal(0, poll(&ready, 1, 0));
    int64_t looked = follow->look_us;
    pass(HG_SECOND);
    for (int i = 0; i < 1000; i++)
        taken();
    assert_int_equal(looked, follow->look_us);
    file_append("unrelated", "x");
    taken();
    assert_int_equal(looked, follow->look_us);
    file_append(LOG, "a2\n");
    assert_int_equal(1, poll(&ready, 1, 0));
    assert_string_equal("a2\n", taken());
    assert_int_equal(0, poll(&ready, 1, 0));
    rename_to(LOG, LOG ".1");
    assert_int_equal(1, poll(&ready, 1, 0));
    taken();
    assert_int_equal(test_now_us, follow->look_us);
}

static void without_inotify_it_looks_each_second(void **state)
{
    (void)state;
    start(HG_TIME_NONE);
    follow_watch_close(follow);
    follow->inotify = follow->watch = -1;
    file_append(LOG, "a1\n");
    pass(1100000);
    assert_string_equal("a1\n", taken());
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    pass(1100000);
    assert_string_equal("b1\n", taken());
}

static void a_clock_that_is_set_back_stops_nothing(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken_later());
    int64_t complete_us = stop_and_keep();
    pass(-HG_HOUR);
    file_append(LOG, "a2\n");
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    start(complete_us);
    assert_string_equal("a2\nb1\n", taken());
    rename_to(LOG, LOG ".2");
    pass(1000);
    file_append(LOG, "c1\n");
    assert_string_equal("c1\n", taken());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)
    const struct CMUnitTest tests[] = {
        TEST(compressed_as_gzip_before_it_was_read),
        TEST(compressed_as_zstd_before_it_was_read),
        TEST(what_became_of_a_file_that_was_read_is_not_unpacked),
        TEST(compressed_with_lines_that_came_after_its_end),
        TEST(compressed_data_that_grows_is_read_when_it_rests),
        TEST(damaged_compressed_data_is_told_and_left),
        TEST(rotated_while_nobody_looked),
        TEST(the_first_time_older_siblings_are_left_alone),
        TEST(killed_before_anything_was_read_the_renamed_file_is_visited),
        TEST(complete_waits_for_what_is_unread),
        TEST(the_descriptor_tells_and_quiet_reads_do_not_look),
        TEST(without_inotify_it_looks_each_second),
        TEST(a_clock_that_is_set_back_stops_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
