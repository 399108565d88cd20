/* Retention: the oldest go, in whole runs; what a restart needs and the newest stay; figures say what went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feed.h"

#include <stdlib.h>

#define EVENTS 40000u
#define RING   5000u
#define BATCH  500u

static struct feed feed(void)
{
    return (struct feed){.seed = test_seed(), .start_us = INT64_C(1736370811885951), .step_us = HG_SECOND, .sources = 300,
                         .anomalous_percent = 50, .record_len = 400};
}

static bool is_stored_kept(const struct made *made)
{
    return hg_anomalous(&made->event, &made->score, false) != 0 || hg_dataset_is_honeypot((enum hg_dataset)made->event.dataset);
}

struct seen {
    const struct feed *feed;
    uint64_t first, last, n, kept;
};

static enum hg_rc see(void *self, struct hg_event_row *row, struct hg_err *reterr)
{
    struct seen *seen = self;
    struct made made;
    (void)reterr;
    feed_make(seen->feed, row->sequence, &made);
    bool kept = is_stored_kept(&made);
    if (seen->n == 0)
        seen->first = row->sequence;
    seen->last = row->sequence;
    seen->kept += kept;
    seen->n++;
    return HG_OK;
}

static struct seen look(const struct feed *feed, const char *dir, uint64_t ring)
{
    struct hg_store *store;
    struct hg_store_settings settings = {.recent_events = ring};
    struct seen seen = {.feed = feed};
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    assert_int_equal(hg_store_events_since(store, 0, see, &seen, NULL), HG_OK);
    hg_store_close(store);
    return seen;
}

/* Kept events of the feed from `first` on. */
static uint64_t kept_from(const struct feed *feed, uint64_t first, uint64_t last)
{
    uint64_t n = 0;
    struct made made;
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        feed_make(feed, sequence, &made);
        n += is_stored_kept(&made);
    }
    return n;
}

static struct hg_store_fill fill_of(const char *dir)
{
    struct hg_reader_db *reader;
    struct hg_store_fill fill;
    uint64_t sequence;
    int64_t clock;
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_begin(reader, &sequence, &clock, NULL), HG_OK);
    assert_int_equal(hg_reader_fill(reader, &fill, NULL), HG_OK);
    hg_reader_end(reader);
    hg_store_reader_close(reader);
    return fill;
}

/* What is stored is the feed's from some event on, and the figures say so. */
static void check(const struct feed *feed, const char *dir, const struct seen *seen)
{
    struct hg_store_fill fill = fill_of(dir);
    assert_int_equal(seen->last, EVENTS);
    assert_int_equal(seen->kept, kept_from(feed, seen->first, EVENTS));
    assert_int_equal(fill.dropped_events, kept_from(feed, 1, seen->first - 1));
    assert_int_equal(fill.recent_events, seen->n - seen->kept);
}

static void by_age(void **state)
{
    (void)state;
    struct feed f = feed();
    char dir[64];
    f.retention.keep_us = 3 * HG_HOUR; /* of eleven */
    dir_make(dir);
    feed_write(&f, dir, RING, 1, EVENTS, BATCH);
    struct seen seen = look(&f, dir, RING);
    check(&f, dir, &seen);
    assert_in_range(seen.first, EVENTS - 3 * 3600 - 2 * 4096 - BATCH, EVENTS - 3 * 3600 + 60); /* runs have 4096 events, and a commit more */

    struct hg_reader_db *reader;
    struct hg_range extent;
    struct hg_tally total;
    uint64_t sequence;
    int64_t clock;
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_begin(reader, &sequence, &clock, NULL), HG_OK);
    assert_int_equal(hg_reader_extent(reader, &extent, NULL), HG_OK);
    assert_in_range(clock - extent.from_us, 3 * HG_HOUR - 2 * HG_MINUTE, 4 * HG_HOUR + 2 * HG_MINUTE);
    assert_int_equal(hg_reader_total(reader, (struct hg_range){INT64_MIN / 4, INT64_MAX / 4}, &total, NULL), HG_OK);
    struct hg_tally within;
    assert_int_equal(hg_reader_total(reader, extent, &within, NULL), HG_OK);
    assert_int_equal(total.events, within.events); /* hours and minutes went together */
    struct hg_alert *alerts;
    size_t n;
    char cursor[HG_CURSOR_BYTES];
    assert_int_equal(hg_reader_alerts(reader, (struct hg_range){INT64_MIN / 4, INT64_MAX / 4}, 100000, "", &alerts, &n, cursor, NULL), HG_OK);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++)
        assert_true(alerts[i].last_us >= extent.from_us - HG_HOUR);
    free(alerts);
    bool complete;
    assert_int_equal(hg_reader_complete(reader, extent, &complete, NULL), HG_OK);
    assert_false(complete); /* the ring reaches back less far */
    hg_reader_end(reader);
    hg_store_reader_close(reader);
    dir_remove(dir);
}

static void by_size(void **state)
{
    (void)state;
    struct feed f = feed();
    char dir[64];
    f.retention.keep_bytes = UINT64_C(16) * 1024 * 1024;
    dir_make(dir);
    feed_write(&f, dir, RING, 1, EVENTS, BATCH);
    struct seen seen = look(&f, dir, RING);
    check(&f, dir, &seen);
    assert_true(seen.first > 4096); /* it took more, and something went */
    struct hg_store_fill fill = fill_of(dir);
    assert_true(fill.size.bytes <= f.retention.keep_bytes + (uint64_t)BATCH * 1500);
    dir_remove(dir);
}

/* A disk that has less than is asked for, whatever goes: all but the newest run and the spare bytes' worth. */
static void by_free_disk(void **state)
{
    (void)state;
    struct feed f = feed();
    char dir[64];
    f.retention.min_free_bytes = UINT64_MAX / 2;
    dir_make(dir);
    feed_write(&f, dir, RING, 1, EVENTS, BATCH);
    struct seen seen = look(&f, dir, RING);
    check(&f, dir, &seen);
    assert_in_range(seen.first, EVENTS - 2 * (4096 + BATCH), EVENTS);
    dir_remove(dir);
}

/* What came after the last snapshot stays, however old. */
static void unsettled_stay(void **state)
{
    (void)state;
    struct feed f = feed();
    char dir[64];
    f.retention.keep_us = HG_HOUR;
    f.unsettled = EVENTS / 2;
    dir_make(dir);
    feed_write(&f, dir, EVENTS, 1, EVENTS, BATCH);
    struct seen seen = look(&f, dir, EVENTS);
    assert_in_range(seen.first, EVENTS / 2 - 2 * 4096, EVENTS / 2 + 1);
    check(&f, dir, &seen);
    dir_remove(dir);
}

static void nothing_goes_unasked(void **state)
{
    (void)state;
    struct feed f = feed();
    char dir[64];
    dir_make(dir);
    feed_write(&f, dir, EVENTS, 1, EVENTS, BATCH);
    assert_int_equal(look(&f, dir, EVENTS).n, EVENTS);
    assert_int_equal(fill_of(dir).dropped_events, 0);
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_age),         cmocka_unit_test(by_size),              cmocka_unit_test(by_free_disk),
        cmocka_unit_test(unsettled_stay), cmocka_unit_test(nothing_goes_unasked),
    };
    return cmocka_run_group_tests_name("store retention", tests, NULL, NULL);
}
