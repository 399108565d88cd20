/* Following, one kind of change at a time. Time is the test's: pass() moves it. */
#include "source/follow_support.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define LOG "eve.json"

static struct taker taker;
static struct hg_follow *follow;
static char got[1 << 16];
static char packed_bytes[1 << 16];

static void keep(void *to, const char *line, size_t len, bool whole)
{
    (void)to;
    size_t n = strlen(got);
    snprintf(got + n, sizeof got - n, "%.*s%s", (int)len, line, whole ? "" : "(cut)\n");
}

static void pass(int64_t us)
{
    test_now_us += us;
}

static void start(int64_t complete_us)
{
    struct hg_err err;
    assert_int_equal(HG_OK, follow_open_clock(LOG, complete_us, test_clock, NULL, &follow, &err));
    taker_reset(&taker);
}

static struct hg_follow_status status(void)
{
    struct hg_follow_status s;
    hg_follow_status(follow, &s);
    return s;
}

static void stop(void)
{
    hg_follow_close(follow);
    follow = NULL;
}

static int64_t stop_and_keep(void)
{
    int64_t complete_us = status().complete_us;
    stop();
    return complete_us;
}

/* What came since the last call. */
static const char *taken(void)
{
    static char text[sizeof got];
    taker_drain(&taker, follow, 4096);
    memcpy(text, got, sizeof got);
    got[0] = '\0';
    return text;
}

/* The same after everything had time to settle. */
static const char *taken_later(void)
{
    for (int i = 0; i < 5; i++) {
        taker_drain(&taker, follow, 4096);
        pass(1100000);
    }
    return taken();
}

static void rename_to(const char *from, const char *to)
{
    assert_int_equal(0, rename(from, to));
}

static void truncate_log(void)
{
    assert_int_equal(0, truncate(LOG, 0));
    file_times(LOG, test_now_us);
}

static void pack(bool zstd, const char *from, const char *to, size_t member)
{
    static char plain[1 << 16];
    size_t len = file_read(from, plain, sizeof plain);
    file_write(to, packed_bytes, packed(zstd, plain, len, member, packed_bytes, sizeof packed_bytes));
}

static int before(void **state)
{
    (void)state;
    test_folder_make();
    memset(&taker, 0, sizeof taker);
    taker.line = keep;
    got[0] = '\0';
    return 0;
}

static int after(void **state)
{
    (void)state;
    stop();
    test_folder_remove();
    return 0;
}

/* ---- plain growing */

static void a_growing_file_and_a_line_without_its_end(void **state)
{
    (void)state;
    file_append(LOG, "one\ntw");
    start(HG_TIME_NONE);
    assert_string_equal("one\n", taken());
    pass(HG_MINUTE);
    assert_string_equal("", taken());
    file_append(LOG, "o\n");
    assert_string_equal("two\n", taken());
    assert_string_equal(LOG, status().visiting);
    assert_true(status().present);
}

static void a_file_that_appears_later_in_a_folder_that_appears_later(void **state)
{
    (void)state;
    struct hg_err err;
    assert_int_equal(HG_OK, follow_open_clock("deep/" LOG, HG_TIME_NONE, test_clock, NULL, &follow, &err));
    taker_reset(&taker);
    assert_string_equal("", taken());
    assert_false(status().present);
    assert_int_equal(0, mkdir("deep", 0700));
    pass(1100000);
    assert_string_equal("", taken());
    file_append("deep/" LOG, "one\n");
    pass(1100000);
    assert_string_equal("one\n", taken());
    assert_string_equal("", status().trouble);
}

static void tiny_files_are_given_at_last(void **state)
{
    (void)state;
    file_append(LOG, "(");
    start(HG_TIME_NONE);
    assert_string_equal("", taken()); /* may become zstd */
    rename_to(LOG, LOG ".1");
    file_append(LOG, "new\n");
    pass(HG_SECOND);
    assert_string_equal("(" "(cut)\nnew\n", taken_later());
}

/* ---- renamed */

static void renamed_the_old_one_is_read_to_its_end_first(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG, "a2\n");
    rename_to(LOG, LOG ".1");
    file_write(LOG, "", 0);
    assert_string_equal("a2\n", taken());
    file_append(LOG ".1", "a3\n"); /* its writer was not told yet */
    assert_string_equal("a3\n", taken());
    file_append(LOG ".1", "a4\n");
    file_append(LOG, "b1\n");
    assert_string_equal("a4\nb1\n", taken());
    assert_int_equal(1, status().rotations);
    assert_int_equal(1, taker.final);
    assert_string_equal("", taken_later()); /* and .1 is not visited again */
    assert_int_equal(1, taker.final);
}

static void renamed_with_half_a_line_which_its_writer_ends(void **state)
{
    (void)state;
    file_append(LOG, "a1\na");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    pass(HG_MINUTE);
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    pass(HG_SECOND);
    assert_string_equal("", taken());
    file_append(LOG ".1", "2\n");
    assert_string_equal("a2\nb1\n", taken());
}

static void renamed_with_half_a_line_that_never_ends(void **state)
{
    (void)state;
    file_append(LOG, "a1\na");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    assert_string_equal("a(cut)\nb1\n", taken_later());
}

static void a_renamed_file_that_grows_after_its_end_is_visited_again(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    rename_to(LOG, LOG ".1");
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken());
    pass(HG_SECOND);
    file_append(LOG ".1", "a2\n");
    assert_string_equal("a2\n", taken_later());
    file_append(LOG, "b2\n");
    assert_string_equal("b2\n", taken());
}

static void rotated_twice_between_two_looks(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG, "a2\n");
    rename_to(LOG, LOG ".2");
    pass(1000);
    file_append(LOG ".1", "b1\n");
    pass(1000);
    file_append(LOG, "c1\n");
    assert_string_equal("a2\nb1\nc1\n", taken());
}

/* ---- copied and truncated */

static void copied_and_truncated_the_rest_comes_from_the_copy(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG, "a2\na3\n");
    file_append(LOG ".1", "a1\na2\na3\n");
    pass(1000);
    truncate_log();
    file_append(LOG, "b1\n");
    assert_string_equal("a2\na3\nb1\n", taken());
    assert_int_equal(0, status().lost_bytes);
    assert_int_equal(1, status().rotations);
    assert_string_equal("", taken_later());
}

static void truncated_and_grown_beyond_where_it_was_read_to(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG ".1", "a1\n");
    truncate_log();
    file_append(LOG, "b1 which is longer than a1 was\nb2\n");
    assert_string_equal("b1 which is longer than a1 was\nb2\n", taken());
}

static void truncated_and_grown_to_the_same_size(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    pass(1000);
    truncate_log();
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken());
}

static void truncated_without_a_copy_is_told_as_lost(void **state)
{
    (void)state;
    char some[4];
    size_t n;
    enum hg_got how;
    struct hg_err err;
    file_append(LOG, "a1\na2\na3\n");
    start(HG_TIME_NONE);
    assert_int_equal(HG_OK, hg_follow_read(follow, some, 3, &n, &how, &err));
    assert_int_equal(HG_GOT_BYTES, how);
    truncate_log();
    assert_int_equal(HG_OK, hg_follow_read(follow, some, 3, &n, &how, &err));
    assert_int_equal(HG_GOT_FINAL, how);
    assert_int_equal(6, status().lost_bytes);
}

static void the_line_that_a_copy_cuts_is_not_taken_in_halves(void **state)
{
    (void)state;
    file_append(LOG, "a1\na2");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG ".1", "a1\na2"); /* a copy that nobody truncates after */
    assert_string_equal("", taken_later());
    file_append(LOG, " ends\n");
    assert_string_equal("a2 ends\n", taken_later());
}

/* ---- replaced, removed, unreadable */

static void replaced_by_another_file(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG, "a2\n");
    file_append(LOG ".tmp", "b1\n");
    rename_to(LOG ".tmp", LOG);
    assert_string_equal("a2\nb1\n", taken());
}

static void removed_and_made_again(void **state)
{
    (void)state;
    file_append(LOG, "a1\n");
    start(HG_TIME_NONE);
    assert_string_equal("a1\n", taken());
    file_append(LOG, "a2\n");
    assert_int_equal(0, unlink(LOG));
    assert_string_equal("a2\n", taken_later());
    assert_false(status().present);
    file_append(LOG, "b1\n");
    assert_string_equal("b1\n", taken());
    assert_true(status().present);
}

static void a_folder_in_its_place_is_told_and_waited_for(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir(LOG, 0700));
    start(HG_TIME_NONE);
    assert_string_equal("", taken());
    assert_non_null(strstr(status().trouble, "is a folder"));
    assert_int_equal(0, rmdir(LOG));
    file_append(LOG, "a1\n");
    pass(1100000);
    assert_string_equal("a1\n", taken());
    assert_string_equal("", status().trouble);
}

static void unreadable_for_a_while(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root reads everything */
    file_append(LOG, "a1\n");
    assert_int_equal(0, chmod(LOG, 0));
    start(HG_TIME_NONE);
    assert_string_equal("", taken());
    assert_non_null(strstr(status().trouble, "Permission denied"));
    assert_int_equal(0, chmod(LOG, 0600));
    pass(1100000);
    assert_string_equal("a1\n", taken());
    assert_string_equal("", status().trouble);
}

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
        skip(); /* no inotify here */
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
        TEST(a_growing_file_and_a_line_without_its_end),
        TEST(a_file_that_appears_later_in_a_folder_that_appears_later),
        TEST(tiny_files_are_given_at_last),
        TEST(renamed_the_old_one_is_read_to_its_end_first),
        TEST(renamed_with_half_a_line_which_its_writer_ends),
        TEST(renamed_with_half_a_line_that_never_ends),
        TEST(a_renamed_file_that_grows_after_its_end_is_visited_again),
        TEST(rotated_twice_between_two_looks),
        TEST(copied_and_truncated_the_rest_comes_from_the_copy),
        TEST(truncated_and_grown_beyond_where_it_was_read_to),
        TEST(truncated_and_grown_to_the_same_size),
        TEST(truncated_without_a_copy_is_told_as_lost),
        TEST(the_line_that_a_copy_cuts_is_not_taken_in_halves),
        TEST(replaced_by_another_file),
        TEST(removed_and_made_again),
        TEST(a_folder_in_its_place_is_told_and_waited_for),
        TEST(unreadable_for_a_while),
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
