/* Questions by filter against every stored row looked at one by one: with no segment made yet, with some, with all, and with a damaged index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "desk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RING    4000u
#define SEGMENT 1000u
#define FILTERS 12

static struct feed the_feed;
static struct hg_rng the_rng;
static char the_dir[64];
static uint64_t written;

static int set_up(void **state)
{
    (void)state;
    the_feed = (struct feed){.seed = test_seed(), .start_us = INT64_C(1736370811885951), .step_us = HG_SECOND / 2,
                             .sources = 40, .anomalous_percent = 20, .record_len = 60};
    the_rng = hg_rng_seeded(the_feed.seed);
    dir_make(the_dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dir_remove(the_dir);
    return 0;
}

static void add(uint64_t n, size_t batch)
{
    feed_write(&the_feed, the_dir, RING, written + 1, written + n, batch);
    written += n;
}

static struct hg_index_status status_now(void)
{
    struct hg_reader_db *reader;
    struct hg_index_status status;
    assert_int_equal(hg_store_reader_open(the_dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_index_status(reader, &status, NULL), HG_OK);
    hg_store_reader_close(reader);
    return status;
}

/* Runs the indexer until it has what there is, but for the rows of a chunk. */
static void index_all(void)
{
    struct hg_indexer_settings settings = {.bytes_a_second = HG_INDEX_BYTES_A_SECOND, .segment_events = SEGMENT};
    struct hg_indexer *indexer;
    assert_int_equal(hg_indexer_start(the_dir, &settings, &indexer, NULL), HG_OK);
    int64_t until = hg_time_monotonic_us() + 60 * HG_SECOND;
    while (status_now().behind >= SEGMENT / 16) {
        assert_true(hg_time_monotonic_us() < until);
        hg_indexer_poke(indexer);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    hg_indexer_stop(indexer);
}

static void check_some(int n)
{
    struct desk desk;
    desk_open(&desk, the_dir);
    for (int i = 0; i < n; i++)
        desk_check(&desk, &the_rng, i == 0 ? "" : NULL);
    desk_close(&desk);
}

static int64_t ask_index(const char *sql)
{
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/index.db", the_dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static void test_rows(void **state)
{
    (void)state;
    add(7000, 777);
    assert_int_equal(status_now().events, 0);
    check_some(FILTERS);
}

static void test_columns(void **state)
{
    (void)state;
    index_all();
    assert_true(status_now().events > 0 && status_now().bytes > 0);
    check_some(3 * FILTERS);
}

/* The ring goes on, so that segments hold rows which are gone. */
static void test_both(void **state)
{
    (void)state;
    add(2500, 131);
    assert_true(status_now().behind >= 2500);
    check_some(FILTERS);
    index_all();
    check_some(FILTERS);
}

static void test_settled(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) { /* what was in the ring is indexed first, and gone later */
        add(1700, 1000);
        index_all();
    }
    assert_true(ask_index("SELECT count(*) FROM segment WHERE level = 2") > 0);
    assert_int_equal(ask_index("SELECT count(*) FROM part WHERE id / 128 NOT IN (SELECT number FROM segment)"), 0);
    check_some(2 * FILTERS);
}

/* A reader that began before keeps to its commit, whatever the indexer does meanwhile. */
static void test_snapshot(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, the_dir);
    desk_check(&desk, &the_rng, NULL);
    add(9000, 500);
    index_all();
    for (int i = 0; i < FILTERS; i++)
        desk_check(&desk, &the_rng, i == 0 ? "" : NULL);
    desk_close(&desk);
    check_some(FILTERS);
}

static void damage(int how)
{
    char path[128];
    snprintf(path, sizeof path, "%s/index.db", the_dir);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    if (how == 0)
        assert_int_equal(ftruncate(fileno(file), size / 2), 0);
    for (int i = 0; how > 0 && i < how; i++) {
        fseek(file, (long)hg_rng_below(&the_rng, (uint64_t)size), SEEK_SET);
        int c = fgetc(file);
        fseek(file, -1, SEEK_CUR);
        fputc(c ^ (1 << hg_rng_below(&the_rng, 8)), file);
    }
    fclose(file);
}

static void test_damaged(void **state)
{
    (void)state;
    char path[128];
    for (int how = 0; how < 40; how = how == 0 ? 1 : how * 3) {
        damage(how);
        check_some(FILTERS / 3);
        index_all(); /* from what is left, or from nothing */
        check_some(FILTERS / 3);
    }
    snprintf(path, sizeof path, "%s/index.db", the_dir);
    assert_int_equal(unlink(path), 0);
    check_some(FILTERS / 3);
    for (int i = 0; i < 20 && status_now().events == 0; i++)
        index_all(); /* more than once where a reader told that the last one was damaged: it is made anew whenever that is seen */
    assert_true(status_now().events > 0);
    check_some(FILTERS / 3);
}

/* An index of another database, or of a state that was taken back, isn't believed. */
static void test_of_another(void **state)
{
    (void)state;
    char from[128], to[128], other[64];
    uint64_t before = written;
    dir_make(other);
    snprintf(to, sizeof to, "%s/index.db", other);
    snprintf(from, sizeof from, "%s/index.db", the_dir);
    assert_int_equal(rename(from, to), 0);
    dir_remove(the_dir);
    dir_make(the_dir);
    snprintf(from, sizeof from, "%s/index.db", the_dir);
    the_feed.seed++;
    written = 0;
    add(5000, 700);
    assert_int_equal(rename(to, from), 0);
    check_some(FILTERS / 3); /* its segments are of later commits */
    add(before, 5000);
    check_some(FILTERS / 3); /* and of other events */
    index_all();
    check_some(FILTERS / 3);
    dir_remove(other);
}

static void test_deadline(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, the_dir);
    desk_check_deadline(&desk);
    desk_close(&desk);
}

static void test_like_rollups(void **state)
{
    (void)state;
    char dir[64];
    struct desk desk;
    memcpy(dir, the_dir, sizeof dir);
    dir_remove(dir);
    dir_make(the_dir);
    written = 0;
    add(3500, 900); /* all of them are still there */
    for (int i = 0; i < 2; i++) {
        desk_open(&desk, the_dir);
        for (int k = 0; k < 10; k++)
            desk_check_rollups(&desk, &the_rng);
        desk_close(&desk);
        index_all();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),       cmocka_unit_test(test_columns),  cmocka_unit_test(test_both),
                                       cmocka_unit_test(test_settled),    cmocka_unit_test(test_snapshot), cmocka_unit_test(test_damaged),
                                       cmocka_unit_test(test_of_another), cmocka_unit_test(test_deadline), cmocka_unit_test(test_like_rollups)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
