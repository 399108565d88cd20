/* Reopening, questions against a recount, pages, refusals, quarantine, model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feed.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS 6000u
#define RING   1000u

static struct feed the_feed;
static char the_dir[64];
static struct made made[EVENTS + 1];

static int set_up(void **state)
{
    (void)state;
    the_feed = (struct feed){.seed = test_seed(), .start_us = INT64_C(1736370811885951), .step_us = 4 * HG_SECOND,
                             .sources = 40, .anomalous_percent = 40, .record_len = 90};
    dir_make(the_dir);
    feed_write(&the_feed, the_dir, RING, 1, EVENTS / 2, 777);
    feed_write(&the_feed, the_dir, RING, EVENTS / 2 + 1, EVENTS, 131);
    for (uint64_t i = 1; i <= EVENTS; i++)
        feed_make(&the_feed, i, &made[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dir_remove(the_dir);
    return 0;
}

static struct hg_reader_db *reader_open(void)
{
    struct hg_reader_db *reader;
    uint64_t sequence;
    int64_t clock_us;
    assert_int_equal(hg_store_reader_open(the_dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_begin(reader, &sequence, &clock_us, NULL), HG_OK);
    assert_int_equal(sequence, EVENTS);
    return reader;
}

static void reader_close(struct hg_reader_db *reader)
{
    hg_reader_end(reader);
    hg_store_reader_close(reader);
}

static unsigned by_of(const struct made *one)
{
    return hg_anomalous(&one->event, &one->score, false);
}

static bool within(const struct made *one, struct hg_range range)
{
    int64_t minute = hg_time_floor(one->event.time_us, HG_MINUTE);
    return minute > range.from_us - HG_MINUTE && minute < range.to_us;
}

static struct hg_range some_range(struct hg_reader_db *reader, int i)
{
    struct hg_range all;
    assert_int_equal(hg_reader_extent(reader, &all, NULL), HG_OK);
    const struct hg_range ranges[] = {all, {all.from_us + 7 * HG_MINUTE + 1, all.to_us - 95 * HG_MINUTE - 3},
                                      {all.from_us + HG_HOUR, all.from_us + HG_HOUR + 12 * HG_MINUTE},
                                      {INT64_MIN + HG_DAY, INT64_MAX}, {all.to_us, all.to_us + HG_DAY}, {all.to_us, all.from_us}};
    return ranges[i];
}
#define RANGES 6

static void test_totals(void **state)
{
    (void)state;
    struct hg_reader_db *reader = reader_open();
    for (int i = 0; i < RANGES; i++) {
        struct hg_range range = some_range(reader, i);
        struct hg_tally total;
        uint64_t events = 0, anomalous = 0;
        assert_int_equal(hg_reader_total(reader, range, &total, NULL), HG_OK);
        for (uint64_t n = 1; n <= EVENTS; n++) {
            events += within(&made[n], range);
            anomalous += within(&made[n], range) && by_of(&made[n]) != 0;
        }
        assert_int_equal(total.events, events);
        assert_int_equal(hg_tally_anomalous(&total), anomalous);
    }
    reader_close(reader);
}

static void test_attackers(void **state)
{
    (void)state;
    struct hg_reader_db *reader = reader_open();
    for (int i = 0; i < RANGES; i++) {
        struct hg_range range = some_range(reader, i);
        struct hg_unique unique;
        uint64_t distinct = 0;
        assert_int_equal(hg_reader_attackers(reader, range, &unique, NULL), HG_OK);
        struct hg_ip seen[64];
        for (uint64_t n = 1; n <= EVENTS; n++) {
            uint64_t k = 0;
            if (!within(&made[n], range) || by_of(&made[n]) == 0 || !hg_event_has(&made[n].event, HG_FIELD_source_ip))
                continue;
            while (k < distinct && !hg_ip_eq(&seen[k], &made[n].event.source_ip))
                k++;
            if (k == distinct)
                seen[distinct++] = made[n].event.source_ip;
        }
        assert_int_equal(unique.count, distinct);
        assert_false(unique.estimated);
    }
    reader_close(reader);
}

static void test_series_and_keys(void **state)
{
    (void)state;
    const int64_t buckets[] = {HG_MINUTE, 5 * HG_MINUTE, HG_HOUR, 3 * HG_HOUR};
    struct hg_reader_db *reader = reader_open();
    for (int i = 0; i < RANGES; i++) {
        struct hg_range range = some_range(reader, i);
        struct hg_tally total, sum, *series;
        struct hg_key_tallies keys;
        size_t n;
        assert_int_equal(hg_reader_total(reader, range, &total, NULL), HG_OK);
        for (int b = 0; b < 4 && i != 3; b++) {
            memset(&sum, 0, sizeof sum);
            assert_int_equal(hg_reader_series(reader, range, buckets[b], &series, &n, NULL), HG_OK);
            for (size_t k = 0; k < n; k++)
                hg_tally_add(&sum, &series[k]);
            assert_memory_equal(&sum, &total, sizeof sum);
            free(series);
        }
        for (int dim = 0; dim < HG_DIM_COUNT; dim++) {
            if (dim == HG_DIM_COUNTRY || dim == HG_DIM_COORDINATE) /* of anomalous events alone */
                continue;
            assert_int_equal(hg_reader_keys(reader, (enum hg_dim)dim, range, 3, &keys, NULL), HG_OK);
            assert_memory_equal(&keys.sum, &total, sizeof total);
            assert_true(keys.n <= 3);
            for (size_t k = 1; k < keys.n; k++)
                assert_true(hg_tally_anomalous(&keys.rows[k - 1].tally) >= hg_tally_anomalous(&keys.rows[k].tally));
            free(keys.rows);
        }
    }
    struct hg_tally *series;
    size_t n;
    assert_int_equal(hg_reader_series(reader, (struct hg_range){INT64_MIN, INT64_MAX}, HG_HOUR, &series, &n, NULL), HG_EUSAGE);
    assert_int_equal(hg_reader_series(reader, (struct hg_range){0, HG_DAY}, HG_SECOND, &series, &n, NULL), HG_EUSAGE);
    reader_close(reader);
}

static void same_place(const struct hg_event_row *row, const struct made *one)
{
    const struct hg_geo *geo = &one->geo;
    char point[64];
    bool found = by_of(one) != 0 && geo->state == HG_GEO_FOUND;
    snprintf(point, sizeof point, "%.2f,%.2f,%s", (double)geo->latitude, (double)geo->longitude, geo->country);
    assert_int_equal(row->place.p != NULL, by_of(one) != 0);
    assert_true(hg_slice_is(row->country, found ? geo->country : ""));
    if (found && geo->has_point)
        assert_true(hg_slice_is(row->place, point) || geo->latitude == 0);
    else if (by_of(one) != 0)
        assert_true(hg_slice_eq(row->place, hg_geo_country_key(geo)));
    assert_int_equal(row->late, feed_late(row->sequence));
}

static void same_event(const struct hg_event_row *row, const struct made *one)
{
    struct hg_event a = row->event, b = one->event;
    const struct hg_slice texts[][2] = {{a.protocol, b.protocol}, {a.application_protocol, b.application_protocol}, {a.kind, b.kind},
                                        {a.session, b.session},   {a.payload, b.payload}, {a.record, b.record}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(hg_slice_eq(texts[i][0], texts[i][1]));
        assert_int_equal(texts[i][0].p == NULL, texts[i][1].p == NULL);
    }
    for (int i = 0; i < HG_TRAIT_COUNT; i++)
        assert_true(hg_slice_eq(a.traits[i], b.traits[i]) && (a.traits[i].p == NULL) == (b.traits[i].p == NULL));
    same_place(row, one);
    assert_true(a.time_us == b.time_us && a.offset == b.offset && a.missing == b.missing && a.input == b.input);
    assert_true(a.dataset == b.dataset && a.direction == b.direction && a.label == b.label && a.attack_type == b.attack_type);
    assert_true(a.tcp_flags == b.tcp_flags && a.payload_form == b.payload_form && a.source_port == b.source_port);
    assert_true(a.destination_port == b.destination_port && a.duration == b.duration && a.bytes_sent == b.bytes_sent);
    assert_true(hg_ip_eq(&a.source_ip, &b.source_ip) && hg_ip_eq(&a.destination_ip, &b.destination_ip));
    assert_memory_equal(a.id.b, b.id.b, 16);
    assert_true(row->by == by_of(one) && row->score.value == one->score.value && row->score.severity == one->score.severity);
    assert_true(row->score.state == one->score.state && row->score.n_top == one->score.n_top && row->score.columns == 9);
    assert_int_equal(row->score.learned_in_sample, one->score.learned_in_sample);
    assert_true(row->score.p == one->score.p && row->score.partial == one->score.partial);
    for (int i = 0; i < row->score.n_top; i++) {
        assert_int_equal(row->score.top[i].feature, one->score.top[i].feature);
        assert_true(row->score.top[i].value == one->score.top[i].value && row->score.top[i].high == one->score.top[i].high);
    }
}

/* Pages of events, newest first, hold what is kept: all anomalous and honeypot events, and the ring's. */
static void test_event_pages(void **state)
{
    (void)state;
    struct hg_reader_db *reader = reader_open();
    struct hg_arena arena;
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    uint64_t oldest_ring = EVENTS + 1, ring = 0;
    while (ring < RING) {
        oldest_ring--;
        ring += by_of(&made[oldest_ring]) == 0 && !hg_dataset_is_honeypot((enum hg_dataset)made[oldest_ring].event.dataset);
    }
    for (int i = 0; i < RANGES; i++) {
        struct hg_range range = some_range(reader, i);
        char cursor[HG_CURSOR_BYTES] = "";
        uint64_t next = EVENTS;
        do {
            struct hg_event_row *rows;
            size_t n;
            hg_arena_reset(&arena);
            assert_int_equal(hg_reader_events(reader, range, NULL, 97, cursor, &arena, &rows, &n, cursor, NULL), HG_OK);
            assert_true(n == 97 || cursor[0] == '\0');
            for (size_t k = 0; k < n; k++, next--) {
                while (!within(&made[next], range) || (by_of(&made[next]) == 0 && next < oldest_ring &&
                                                       !hg_dataset_is_honeypot((enum hg_dataset)made[next].event.dataset)))
                    next--;
                assert_int_equal(rows[k].sequence, next);
                same_event(&rows[k], &made[next]);
            }
        } while (cursor[0] != '\0');
        for (; next >= 1; next--) /* none is left out at the end */
            assert_false(within(&made[next], range) && by_of(&made[next]) != 0);
    }
    bool complete;
    assert_int_equal(hg_reader_complete(reader, some_range(reader, 0), &complete, NULL), HG_OK);
    assert_false(complete);
    assert_int_equal(hg_reader_complete(reader, some_range(reader, 4), &complete, NULL), HG_OK);
    assert_true(complete);
    struct hg_event_row *rows;
    size_t n;
    char cursor[HG_CURSOR_BYTES];
    assert_int_equal(hg_reader_events(reader, some_range(reader, 0), NULL, 9, "x1", &arena, &rows, &n, cursor, NULL), HG_EUSAGE);
    hg_arena_free(&arena);
    reader_close(reader);
}

static bool before(const struct hg_alert *a, const struct hg_alert *b)
{
    if (a->score.value != b->score.value)
        return a->score.value > b->score.value;
    if (a->last_us != b->last_us)
        return a->last_us > b->last_us;
    return memcmp(a->id.b, b->id.b, 16) < 0;
}

static void test_alert_pages(void **state)
{
    (void)state;
    struct hg_reader_db *reader = reader_open();
    for (int i = 0; i < RANGES; i++) {
        struct hg_range range = some_range(reader, i);
        struct hg_alert_counts counts;
        struct hg_alert *alerts, last = {.count = 0}, same;
        char cursor[HG_CURSOR_BYTES] = "";
        size_t n, total = 0, by_severity[4] = {0};
        assert_int_equal(hg_reader_alert_counts(reader, range, &counts, NULL), HG_OK);
        do {
            assert_int_equal(hg_reader_alerts(reader, range, 17, cursor, &alerts, &n, cursor, NULL), HG_OK);
            for (size_t k = 0; k < n; k++) {
                assert_true((total == 0 && k == 0) || before(&last, &alerts[k]));
                last = alerts[k];
                by_severity[last.score.severity]++;
            }
            total += n;
            free(alerts);
        } while (cursor[0] != '\0');
        assert_int_equal(counts.total, total);
        assert_true(counts.none == by_severity[0] && counts.low == by_severity[1] && counts.medium == by_severity[2]);
        assert_true((total > 0) == (i < 4));
        if (total == 0)
            continue;
        assert_int_equal(hg_reader_alert(reader, &last.id, &same, NULL), HG_OK);
        assert_memory_equal(&same, &last, sizeof same);
    }
    struct hg_id none = {{0}};
    struct hg_alert alert, *alerts;
    char cursor[HG_CURSOR_BYTES];
    size_t n;
    assert_int_equal(hg_reader_alert(reader, &none, &alert, NULL), HG_EEND);
    assert_int_equal(hg_reader_alerts(reader, some_range(reader, 0), 5, "1:2:zz", &alerts, &n, cursor, NULL), HG_EUSAGE);
    reader_close(reader);
}

/* Every alert's events are there, and make up its counts. */
static void test_alert_events(void **state)
{
    (void)state;
    struct hg_reader_db *reader = reader_open();
    struct hg_alert *alerts;
    struct hg_arena arena;
    struct hg_event_row *rows;
    char cursor[HG_CURSOR_BYTES];
    size_t n_alerts, n;
    uint64_t events = 0;
    struct hg_range all = some_range(reader, 0);
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    assert_int_equal(hg_reader_alerts(reader, all, 100000, "", &alerts, &n_alerts, cursor, NULL), HG_OK);
    for (size_t i = 0; i < n_alerts; i++) {
        const struct hg_alert *alert = &alerts[i];
        hg_arena_reset(&arena);
        assert_int_equal(hg_reader_events(reader, all, alert, 100000, "", &arena, &rows, &n, cursor, NULL), HG_OK);
        assert_int_equal(n, alert->count);
        assert_int_equal(rows[0].sequence, alert->last_sequence);
        assert_int_equal(rows[n - 1].sequence, alert->first_sequence);
        assert_memory_equal(rows[n - 1].event.id.b, alert->id.b, 16);
        for (size_t k = 0; k < n; k++) {
            assert_memory_equal(rows[k].alert.b, alert->id.b, 16);
            assert_true(rows[k].event.time_us >= alert->first_us && rows[k].event.time_us <= alert->last_us);
        }
        events += n;
    }
    uint64_t anomalous = 0;
    for (uint64_t i = 1; i <= EVENTS; i++)
        anomalous += by_of(&made[i]) != 0;
    assert_int_equal(events, anomalous);
    free(alerts);
    hg_arena_free(&arena);
    reader_close(reader);
}

static void test_inputs_and_model(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = RING};
    struct hg_store *store, *second;
    struct hg_input_state *inputs;
    struct hg_arena arena;
    struct hg_buf bytes;
    struct hg_err err;
    size_t n;
    hg_arena_init(&arena, 4096, 1 << 20);
    hg_buf_init(&bytes, 1 << 20);
    assert_int_equal(hg_store_open(the_dir, &settings, &store, NULL), HG_OK);
    assert_int_equal(hg_store_open(the_dir, &settings, &second, &err), HG_EBUSY); /* one writer */
    assert_int_equal(hg_store_sequence(store), EVENTS);
    assert_int_equal(hg_store_inputs(store, &arena, &inputs, &n, NULL), HG_OK);
    assert_int_equal(n, 1);
    assert_string_equal(inputs[0].name, "eve.json");
    assert_string_equal(inputs[0].format, "suricata");
    assert_null(inputs[0].header.p);
    assert_int_equal(inputs[0].next_offset, EVENTS * 700);
    assert_int_equal(inputs[0].counts.read, EVENTS);
    assert_int_equal(inputs[0].counts.decoded, EVENTS);
    assert_true(inputs[0].first_event_us == HG_TIME_NONE);
    free(inputs);
    assert_int_equal(hg_store_model(store, &bytes, &err), HG_ESTATE);
    struct hg_id digest = {{9}};
    struct hg_commit commit = {.sequence = EVENTS, .model_digest = &digest, .model = HG_SLICE("one")};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    commit.model = HG_SLICE("two\0three");
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
    assert_int_equal(hg_store_open(the_dir, &settings, &store, NULL), HG_OK);
    assert_int_equal(hg_store_model(store, &bytes, NULL), HG_OK);
    assert_true(hg_slice_eq(hg_buf_slice(&bytes), HG_SLICE("two\0three")));
    struct hg_commit late = {.sequence = EVENTS - 1};
    assert_int_equal(hg_store_commit(store, &late, &err), HG_ESTATE);
    hg_store_close(store);
    hg_arena_free(&arena);
    hg_buf_free(&bytes);
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

static void test_quarantine(void **state)
{
    (void)state;
    static char big[HG_RECORD_BYTES_MAX + 10];
    static struct hg_quarantined bad[6000];
    struct hg_store_settings settings = {.recent_events = 1};
    struct hg_store *store;
    char dir[64];
    dir_make(dir);
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    for (uint64_t i = 0; i < 6000; i++)
        bad[i] = (struct hg_quarantined){.input = 1, .offset = i, .reason = HG_REASON_invalid_json, .record = HG_SLICE("{\"x")};
    bad[5999].record = (struct hg_slice){big, sizeof big};
    struct hg_commit commit = {.sequence = 0, .quarantined = bad, .n_quarantined = 6000}; /* nothing but bad records */
    for (int i = 0; i < 3; i++)
        assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
    assert_int_equal(ask(dir, "SELECT count(*) FROM quarantine"), HG_QUARANTINE_MAX);
    assert_int_equal(ask(dir, "SELECT max(length(record)) FROM quarantine"), HG_RECORD_BYTES_MAX);
    assert_int_equal(ask(dir, "SELECT count(*) FROM quarantine WHERE reason = 'invalid_json'"), HG_QUARANTINE_MAX);
    dir_remove(dir);
}

static void test_newer_version_is_refused(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 1};
    struct hg_store *store;
    struct hg_reader_db *reader;
    struct hg_err err;
    char dir[64], digest[HG_DIGEST_TEXT_BYTES + 1];
    dir_make(dir);
    assert_int_equal(hg_store_reader_open(dir, &reader, &err), HG_EIO); /* nothing there yet */
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    hg_store_close(store);
    assert_int_equal(ask(dir, "PRAGMA user_version = 99"), -1);
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_EFORMAT);
    assert_non_null(strstr(err.msg, "version 99"));
    assert_int_equal(hg_store_reader_open(dir, &reader, &err), HG_EFORMAT);
    assert_int_equal(hg_store_digest(dir, digest, &err), HG_EFORMAT);
    dir_remove(dir);
}

static void test_foreign_file_is_refused(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 1};
    struct hg_store *store;
    struct hg_err err;
    char dir[64], path[128];
    dir_make(dir);
    snprintf(path, sizeof path, "%s/honeyguide.db", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_EFORMAT);
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals),           cmocka_unit_test(test_attackers),
        cmocka_unit_test(test_series_and_keys),  cmocka_unit_test(test_event_pages),
        cmocka_unit_test(test_alert_pages),      cmocka_unit_test(test_alert_events),
        cmocka_unit_test(test_inputs_and_model), cmocka_unit_test(test_quarantine),
        cmocka_unit_test(test_newer_version_is_refused), cmocka_unit_test(test_foreign_file_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
