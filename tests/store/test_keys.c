/* Tallies by key: thousands of keys over days, against a plain recount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 20000, KEYS = 3000, MINUTES = 3 * 24 * 60 };
#define TALLY_BYTES (offsetof(struct hg_tally, score_max) + sizeof(uint32_t)) /* without padding */
#define START_US    (INT64_C(1736370000) * HG_SECOND)

static struct hg_rollup rows[ROWS];

static void make_rows(struct hg_rng *rng)
{
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t events = 1 + hg_rng_below(rng, 5), odd = hg_rng_below(rng, 4) == 0 ? hg_rng_below(rng, events + 1) : 0;
        rows[i] = (struct hg_rollup){.minute_us = START_US + (int64_t)hg_rng_below(rng, MINUTES) * HG_MINUTE, .dim = HG_DIM_PORT};
        rows[i].key_len = (uint8_t)snprintf(rows[i].key, sizeof rows[i].key, "%u", (unsigned)hg_rng_below(rng, KEYS));
        rows[i].tally = (struct hg_tally){.events = events, .by_score = odd, .low = odd, .scored = events, .score_sum = 7 * events,
                                          .score_max = (uint32_t)hg_rng_below(rng, 1000)};
    }
}

static void commit_rows(const char *dir)
{
    struct hg_store *store;
    assert_int_equal(hg_store_open(dir, &(struct hg_store_settings){.recent_events = 1000}, &store, NULL), HG_OK);
    struct hg_rollup_delta delta = {.rollups = rows, .n_rollups = ROWS, .clock_us = START_US};
    struct hg_commit commit = {.sequence = 1, .delta = &delta};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
}

static void recount(struct hg_range range, struct hg_key_tally *all)
{
    memset(all, 0, KEYS * sizeof *all);
    for (size_t i = 0; i < ROWS; i++) {
        unsigned long key = strtoul(rows[i].key, NULL, 10);
        if (rows[i].minute_us < range.from_us || rows[i].minute_us >= range.to_us)
            continue;
        memcpy(all[key].key, rows[i].key, rows[i].key_len);
        hg_tally_add(&all[key].tally, &rows[i].tally);
    }
}

/* As the answer says: greatest first, then by key; absent ones last. */
static int order(const void *left, const void *right)
{
    const struct hg_key_tally *a = left, *b = right;
    if ((a->tally.events == 0) != (b->tally.events == 0))
        return a->tally.events == 0 ? 1 : -1;
    if (a->tally.by_score != b->tally.by_score)
        return a->tally.by_score < b->tally.by_score ? 1 : -1;
    return strcmp(a->key, b->key);
}

static void check_range(struct hg_reader_db *reader, struct hg_range range, size_t limit)
{
    static struct hg_key_tally all[KEYS];
    struct hg_key_tallies keys;
    struct hg_tally sum = {0};
    size_t there = 0, odd = 0;
    recount(range, all);
    qsort(all, KEYS, sizeof *all, order);
    for (size_t i = 0; i < KEYS; i++) {
        hg_tally_add(&sum, &all[i].tally);
        there += all[i].tally.events > 0;
        odd += all[i].tally.by_score > 0;
    }
    assert_int_equal(hg_reader_keys(reader, HG_DIM_PORT, range, limit, &keys, NULL), HG_OK);
    assert_int_equal(keys.n, there < limit ? there : limit);
    assert_int_equal(keys.distinct, odd);
    assert_memory_equal(&keys.sum, &sum, TALLY_BYTES);
    for (size_t i = 0; i < keys.n; i++) {
        assert_string_equal(keys.rows[i].key, all[i].key);
        assert_memory_equal(&keys.rows[i].tally, &all[i].tally, TALLY_BYTES);
    }
    free(keys.rows);
}

static void test_keys_equal_a_recount(void **state)
{
    (void)state;
    char dir[64];
    struct hg_rng rng = hg_rng_seeded(test_seed());
    struct hg_reader_db *reader;
    make_rows(&rng);
    dir_make(dir);
    commit_rows(dir);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    for (int i = 0; i < 20; i++) {
        int64_t from = START_US + (int64_t)hg_rng_below(&rng, MINUTES) * HG_MINUTE;
        struct hg_range range = {from, from + (int64_t)hg_rng_below(&rng, MINUTES) * HG_MINUTE};
        check_range(reader, i == 0 ? (struct hg_range){START_US, START_US + MINUTES * HG_MINUTE} : range, (size_t)hg_rng_below(&rng, 4000));
    }
    check_range(reader, (struct hg_range){0, HG_DAY}, 10); /* nothing there */
    hg_store_reader_close(reader);
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys_equal_a_recount)};
    return cmocka_run_group_tests_name("store keys", tests, NULL, NULL);
}
