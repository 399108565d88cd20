/* A database of the first schema, and of the second: migrated with all that it holds, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feed.h"
#include "store/store_priv.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* What the program of that time could have written: two kept events, one of the ring, rollups, an input, an alert, quarantine, a model. */
static const char first_rows[] =
    "UPDATE state SET sequence = 3, clock_us = 120000000, ring_events = 1;"
    "INSERT INTO event SELECT value, value * 60000000, randomblob(16), 0, 1, 2, 3, zeroblob(16), zeroblob(16), 22, 'tcp', 'SSH', 'flow',"
    " 's1', 1, NULL, 0.5, 1, zeroblob(57 + 4), NULL, CAST('{\"n\":1}' AS BLOB) FROM json_each('[1,2]');"
    "INSERT INTO recent SELECT 3, 90000000, randomblob(16), 0, 1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0,"
    " zeroblob(57 + 4), NULL, CAST('{}' AS BLOB);"
    "INSERT INTO span VALUES (1, 3, 60000000, 120000000);"
    "INSERT INTO rollup SELECT 0, value, '', 1, 1,0,0, 0,0,0, 0,0, 0,0,0 FROM json_each('[1,2]');"
    "INSERT INTO rollup_hour VALUES (0, 0, '', 2, 2,0,0, 0,0,0, 0,0, 0,0,0);"
    "INSERT INTO input VALUES (x'2a000000000000000000000000000000', 0, 'eve.json', 'suricata', NULL, 900, 5, 'read 3' || char(10) ||"
    " 'decoded 3' || char(10), 2, 60000000, 120000000);"
    "INSERT INTO quarantine VALUES (5, 0, 10, 'invalid_json', x'616263'), (6, 0, 20, 'too_long', x'6465'), (9, 0, 30, 'written_later', x'00ff01');"
    "INSERT INTO model VALUES (1, zeroblob(16), CAST('the model' AS BLOB));";

static void run(const char *dir, const char *sql)
{
    char path[128], *error = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/honeyguide.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

static int64_t ask(const char *dir, const char *sql)
{
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/honeyguide.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static void run_file(const char *dir, const char *path)
{
    static char sql[64 * 1024];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(sql, 1, sizeof sql - 1, file);
    fclose(file);
    sql[len] = '\0';
    run(dir, sql);
}

static void make_first(char dir[64], const char *rows)
{
    dir_make(dir);
    run(dir, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL");
    run_file(dir, "src/store/schema/001_initial.sql");
    run(dir, rows);
    run(dir, "PRAGMA user_version = 1");
}

static void make_second(char dir[64])
{
    make_first(dir, first_rows);
    run_file(dir, "src/store/schema/002_ingestion.sql");
    run(dir, "INSERT INTO named_state VALUES ('late', x'0102'); INSERT INTO source_mark VALUES ('eve.json', 7); PRAGMA user_version = 2");
}

static void check_inputs(struct hg_store *store)
{
    struct hg_input_state *inputs;
    struct hg_arena arena;
    size_t n;
    hg_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(hg_store_inputs(store, &arena, &inputs, &n, NULL), HG_OK);
    assert_int_equal(n, 1);
    assert_string_equal(inputs[0].name, "eve.json");
    assert_true(inputs[0].next_offset == 900 && inputs[0].shift_us == 5 && inputs[0].counts.duplicates == 2);
    assert_true(inputs[0].counts.read == 5 && inputs[0].counts.late == 0);
    assert_true(inputs[0].first_event_us == HG_MINUTE && inputs[0].last_event_us == 2 * HG_MINUTE);
    assert_true(inputs[0].last_arrival_us == HG_TIME_NONE && inputs[0].timezone_us == HG_TIME_NONE); /* nobody noted them */
    free(inputs);
    hg_arena_free(&arena);
}

static void check_rows(const char *dir)
{
    static const uint64_t numbers[] = {9, 6, 5}, offsets[] = {30, 20, 10};
    static const enum hg_reason reasons[] = {HG_REASON_invalid_json /* unknown here */, HG_REASON_too_long, HG_REASON_invalid_json};
    struct hg_reader_db *reader;
    struct hg_quarantine_row *bad;
    struct hg_quarantine_sum sum;
    struct hg_event_row *events;
    struct hg_tally total;
    struct hg_arena arena;
    char cursor[HG_CURSOR_BYTES];
    size_t n;
    const struct hg_range all = {INT64_MIN, INT64_MAX};
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_quarantine_sum(reader, &sum, NULL), HG_OK);
    assert_true(sum.records == 3 && sum.bytes == 8 && sum.dropped == 6);
    assert_int_equal(hg_reader_quarantine(reader, "eve.json", 0, 9, &arena, &bad, &n, NULL), HG_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(bad[i].number == numbers[i] && bad[i].offset == offsets[i] && bad[i].reason == reasons[i]);
    assert_true(hg_slice_eq(bad[0].record, HG_SLICE("\x00\xff\x01")));
    free(bad);
    assert_int_equal(hg_reader_events(reader, all, NULL, 9, "", &arena, &events, &n, cursor, NULL), HG_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(events[i].sequence == 3 - i && !events[i].late && events[i].place.p == NULL && events[i].country.p == NULL &&
                    events[i].event.traits[HG_TRAIT_username].p == NULL);
    assert_true(hg_slice_is(events[1].event.record, "{\"n\":1}"));
    assert_int_equal(hg_reader_total(reader, all, &total, NULL), HG_OK);
    assert_int_equal(total.events, 2);
    hg_store_reader_close(reader);
    hg_arena_free(&arena);
}

static void test_migrates(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 10};
    struct hg_quarantined row = {.reason = HG_REASON_bad_number, .record = HG_SLICE("xy")};
    struct hg_commit commit = {.sequence = 3, .quarantined = &row, .n_quarantined = 1};
    struct hg_store *store;
    struct hg_reader_db *reader;
    struct hg_buf model;
    struct hg_err err;
    char dir[64];
    make_first(dir, first_rows);
    assert_int_equal(hg_store_reader_open(dir, &reader, &err), HG_EFORMAT); /* a reader migrates nothing */
    assert_non_null(strstr(err.msg, "version 1"));
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        if (hg_store_open(dir, &settings, &store, &err) != HG_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(hg_store_sequence(store), 3);
        assert_int_equal(hg_store_clock(store), 2 * HG_MINUTE);
        check_inputs(store);
        hg_buf_init(&model, 4096);
        assert_int_equal(hg_store_model(store, &model, NULL), HG_OK);
        assert_true(hg_slice_is(hg_buf_slice(&model), "the model"));
        hg_buf_free(&model);
        check_rows(dir);
        hg_store_close(store);
    }
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
    assert_int_equal(ask(dir, "SELECT max(number) FROM quarantine"), 10); /* numbers go on */
    assert_int_equal(ask(dir, "SELECT quarantine_bytes FROM state"), 10);
    assert_int_equal(ask(dir, "PRAGMA user_version"), n_migrations);
    dir_remove(dir);
}

static void test_migrates_the_second(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 10};
    struct hg_named_bytes budget = {"eve.json", HG_SLICE("b")};
    struct hg_reliability week = {.source = "eve.json", .events = 4};
    struct hg_commit commit = {.sequence = 3, .budgets = &budget, .n_budgets = 1, .weeks = &week, .n_weeks = 1};
    struct hg_store *store;
    char dir[64];
    make_second(dir);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
        check_inputs(store);
        check_rows(dir);
        assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
        hg_store_close(store);
    }
    assert_int_equal(ask(dir, "SELECT length(bytes) FROM named_state WHERE name = 'late'"), 2);
    assert_int_equal(ask(dir, "SELECT complete_us FROM source_mark"), 7);
    assert_int_equal(ask(dir, "SELECT events FROM reliability"), 8);
    assert_int_equal(ask(dir, "SELECT count(*) FROM budget"), 1);
    dir_remove(dir);
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 10};
    struct hg_store *store;
    struct hg_err err;
    char dir[64];
    make_first(dir, "CREATE TABLE answer (in_the_way INTEGER)");
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_EIO);
    assert_int_equal(ask(dir, "PRAGMA user_version"), 1);
    assert_int_equal(ask(dir, "SELECT count(*) FROM sqlite_schema WHERE name IN ('journal', 'session')"), 0);
    assert_int_equal(ask(dir, "SELECT count(*) FROM pragma_table_info('state') WHERE name LIKE 'quarantine%'"), 0);
    run(dir, "DROP TABLE answer");
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_OK);
    hg_store_close(store);
    dir_remove(dir);
}

static void test_newer_is_refused(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 10};
    struct hg_store *store;
    struct hg_err err;
    char dir[64];
    make_first(dir, first_rows);
    run(dir, "PRAGMA user_version = 99");
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_EFORMAT);
    assert_non_null(strstr(err.msg, "version 99"));
    assert_int_equal(ask(dir, "PRAGMA user_version"), 99); /* and left alone */
    assert_int_equal(ask(dir, "SELECT count(*) FROM quarantine"), 3);
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_migrates), cmocka_unit_test(test_migrates_the_second), cmocka_unit_test(test_all_or_nothing),
                                       cmocka_unit_test(test_newer_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
