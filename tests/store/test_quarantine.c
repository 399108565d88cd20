/* Records that could not be read: bounds, numbers, release, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

#define BIG HG_RECORD_BYTES_MAX

static char bytes[BIG + 100];

static struct hg_store *open_store(const char *dir)
{
    struct hg_store_settings settings = {.recent_events = 1};
    struct hg_store *store;
    struct hg_err err;
    if (hg_store_open(dir, &settings, &store, &err) != HG_OK)
        fail_msg("%s", err.msg);
    return store;
}

static struct hg_quarantined bad(uint32_t input, uint64_t offset, size_t len)
{
    return (struct hg_quarantined){.input = input, .offset = offset, .reason = HG_REASON_bad_number, .record = {bytes, len}};
}

static void put(struct hg_store *store, const struct hg_quarantined *rows, size_t n)
{
    struct hg_commit commit = {.quarantined = rows, .n_quarantined = n};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
}

static void put_many(struct hg_store *store, size_t n, size_t len)
{
    struct hg_quarantined *rows = calloc(n, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = bad(1, i, len);
    put(store, rows, n);
    free(rows);
}

static void release(struct hg_store *store, const uint64_t *numbers, size_t n)
{
    struct hg_commit commit = {.released = numbers, .n_released = n};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
}

/* What is kept now: its account, and the numbers of the newest and the oldest. */
static void expect(const char *dir, uint64_t records, uint64_t total_bytes, uint64_t dropped, uint64_t newest, uint64_t oldest)
{
    struct hg_reader_db *reader;
    struct hg_quarantine_sum sum;
    struct hg_quarantine_row *rows;
    struct hg_arena arena;
    size_t n;
    uint64_t counted = 0;
    hg_arena_init(&arena, 1 << 20, (size_t)1 << 28);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_quarantine_sum(reader, &sum, NULL), HG_OK);
    assert_int_equal(sum.records, records);
    assert_int_equal(sum.bytes, total_bytes);
    assert_int_equal(sum.dropped, dropped);
    assert_int_equal(hg_reader_quarantine(reader, NULL, 0, SIZE_MAX, &arena, &rows, &n, NULL), HG_OK);
    assert_int_equal(n, records);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || rows[i].number < rows[i - 1].number);
        counted += rows[i].record.len;
    }
    assert_int_equal(counted, total_bytes);
    if (n > 0) {
        assert_int_equal(rows[0].number, newest);
        assert_int_equal(rows[n - 1].number, oldest);
    }
    free(rows);
    hg_store_reader_close(reader);
    hg_arena_free(&arena);
}

static void test_bound_by_number(void **state)
{
    (void)state;
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    put_many(store, HG_QUARANTINE_MAX, 1);
    expect(dir, HG_QUARANTINE_MAX, HG_QUARANTINE_MAX, 0, HG_QUARANTINE_MAX, 1);
    put_many(store, 3, 2);
    expect(dir, HG_QUARANTINE_MAX, HG_QUARANTINE_MAX + 3, 3, HG_QUARANTINE_MAX + 3, 4);
    put_many(store, HG_QUARANTINE_MAX + 500, 1); /* more in one commit than there is room for */
    expect(dir, HG_QUARANTINE_MAX, HG_QUARANTINE_MAX, HG_QUARANTINE_MAX + 503, 2 * HG_QUARANTINE_MAX + 503, HG_QUARANTINE_MAX + 504);
    hg_store_close(store);
    dir_remove(dir);
}

static void test_bound_by_bytes(void **state)
{
    (void)state;
    const size_t fit = HG_QUARANTINE_BYTES_MAX / BIG;
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    put_many(store, 10, 5);
    put_many(store, fit - 1, sizeof bytes); /* cut to what a record may have */
    expect(dir, fit + 9, (fit - 1) * BIG + 50, 0, fit + 9, 1);
    put_many(store, 1, BIG - 20); /* 30 bytes too many: six of the small ones leave */
    expect(dir, fit + 4, HG_QUARANTINE_BYTES_MAX, 6, fit + 10, 7);
    put_many(store, 1, 1);
    expect(dir, fit + 4, HG_QUARANTINE_BYTES_MAX - 4, 7, fit + 11, 8);
    put_many(store, fit + 2, BIG); /* a commit that is more than all the room */
    expect(dir, fit, HG_QUARANTINE_BYTES_MAX, fit + 13, 2 * fit + 13, fit + 14);
    hg_store_close(store);
    dir_remove(dir);
}

static void test_numbers_and_release(void **state)
{
    (void)state;
    const uint64_t some[] = {2, 4, 99, 2}, rest[] = {1, 3, 5};
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    put_many(store, 5, 10);
    release(store, some, 4); /* one that isn't there, and one twice */
    expect(dir, 3, 30, 0, 5, 1);
    release(store, rest, 3);
    expect(dir, 0, 0, 0, 0, 0);
    hg_store_close(store);
    store = open_store(dir);
    put_many(store, 1, 10); /* numbers go on though nothing is left of the others */
    expect(dir, 1, 10, 0, 6, 6);
    struct hg_quarantined row = bad(1, 0, 3);
    const uint64_t last[] = {6, 7};
    struct hg_commit commit = {.quarantined = &row, .n_quarantined = 1, .released = last, .n_released = 2};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    expect(dir, 1, 3, 0, 7, 7); /* what leaves was there before the commit */
    struct hg_commit none = {.sequence = 0};
    assert_int_equal(hg_store_commit(store, &none, NULL), HG_OK);
    expect(dir, 1, 3, 0, 7, 7);
    hg_store_close(store);
    dir_remove(dir);
}

/* ---- pages */

static void put_inputs(struct hg_store *store)
{
    struct hg_input_state inputs[3] = {
        {.identity = {{1}}, .name = "a.log", .format = "iscx", .header = HG_SLICE("h1,h2"), .index = 0},
        {.identity = {{2}}, .name = "b.json", .format = "cowrie", .index = 1},
        {.identity = {{3}}, .name = "a.log", .format = "suricata", .index = 2}, /* the same log, after a rotation */
    };
    for (size_t i = 0; i < 3; i++)
        inputs[i].first_event_us = inputs[i].last_event_us = inputs[i].last_arrival_us = inputs[i].timezone_us = HG_TIME_NONE;
    struct hg_commit commit = {.inputs = inputs, .n_inputs = 3};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
}

static void expect_page(struct hg_reader_db *reader, const char *name, uint64_t before, size_t limit, const uint64_t *numbers, size_t n_numbers)
{
    struct hg_quarantine_row *rows;
    struct hg_arena arena;
    size_t n;
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    assert_int_equal(hg_reader_quarantine(reader, name, before, limit, &arena, &rows, &n, NULL), HG_OK);
    assert_int_equal(n, n_numbers);
    for (size_t i = 0; i < n; i++) {
        const struct hg_quarantine_row *row = &rows[i];
        assert_int_equal(row->number, numbers[i]);
        assert_int_equal(row->input, numbers[i] % 4);
        assert_int_equal(row->offset, 100 * numbers[i]);
        assert_int_equal(row->reason, HG_REASON_bad_number);
        assert_true(hg_slice_eq(row->record, (struct hg_slice){bytes, (size_t)numbers[i]}));
        assert_string_equal(row->name, row->input == 1 ? "b.json" : row->input == 3 ? "" : "a.log");
        assert_string_equal(row->format, row->input == 0 ? "iscx" : row->input == 1 ? "cowrie" : row->input == 2 ? "suricata" : "");
        assert_true(row->input == 0 ? hg_slice_is(row->header, "h1,h2") : row->header.p == NULL);
    }
    free(rows);
    hg_arena_free(&arena);
}

static void test_pages(void **state)
{
    (void)state;
    struct hg_quarantined rows[12];
    struct hg_reader_db *reader;
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    put_inputs(store);
    for (size_t i = 0; i < 12; i++) /* number n is of input n % 4; of input 3 nothing else is known */
        rows[i] = bad((uint32_t)(i + 1) % 4, 100 * (i + 1), i + 1);
    put(store, rows, 12);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    expect_page(reader, NULL, 0, 3, (const uint64_t[]){12, 11, 10}, 3);
    expect_page(reader, NULL, 10, 3, (const uint64_t[]){9, 8, 7}, 3);
    expect_page(reader, NULL, 3, 100, (const uint64_t[]){2, 1}, 2);
    expect_page(reader, NULL, 1, 100, NULL, 0);
    expect_page(reader, NULL, UINT64_MAX, 1, (const uint64_t[]){12}, 1);
    expect_page(reader, NULL, 0, 0, NULL, 0);
    expect_page(reader, "a.log", 0, 100, (const uint64_t[]){12, 10, 8, 6, 4, 2}, 6);
    expect_page(reader, "a.log", 8, 2, (const uint64_t[]){6, 4}, 2);
    expect_page(reader, "b.json", 0, 100, (const uint64_t[]){9, 5, 1}, 3);
    expect_page(reader, "", 0, 100, NULL, 0);
    expect_page(reader, "a.lo", 0, 100, NULL, 0);
    hg_store_reader_close(reader);
    hg_store_close(store);
    dir_remove(dir);
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound_by_number), cmocka_unit_test(test_bound_by_bytes),
                                       cmocka_unit_test(test_numbers_and_release), cmocka_unit_test(test_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
