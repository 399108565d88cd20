/* Following through renames, copies, replacements and absences, one kind of change at a time. */
#include "source/follow_one.h"

#include <sys/stat.h>

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
    file_append(LOG, "a1\n");
    assert_int_equal(0, chmod(LOG, 0));
    assert_int_equal(0, chmod(".", 0755));
    uid_t me = geteuid();
    assert_true(me != 0 || seteuid(65534) == 0); /* root reads everything */
    start(HG_TIME_NONE);
    assert_string_equal("", taken());
    assert_true(me != 0 || seteuid(0) == 0);
    assert_non_null(strstr(status().trouble, "Permission denied"));
    assert_int_equal(0, chmod(LOG, 0600));
    pass(1100000);
    assert_string_equal("a1\n", taken());
    assert_string_equal("", status().trouble);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
