#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hg_range ever = {INT64_MIN / 4, INT64_MAX / 4};

void desk_open(struct desk *desk, const char *dir)
{
    char cursor[HG_CURSOR_BYTES];
    uint64_t sequence;
    int64_t clock_us;
    *desk = (struct desk){0};
    hg_arena_init(&desk->arena, 1 << 20, (size_t)1 << 30);
    assert_int_equal(hg_store_reader_open(dir, &desk->reader, NULL), HG_OK);
    assert_int_equal(hg_reader_begin(desk->reader, &sequence, &clock_us, NULL), HG_OK);
    assert_int_equal(hg_reader_events(desk->reader, ever, NULL, 1u << 20, "", &desk->arena, &desk->rows, &desk->n, cursor, NULL), HG_OK);
    assert_int_equal(hg_reader_extent(desk->reader, &desk->extent, NULL), HG_OK);
}

void desk_close(struct desk *desk)
{
    hg_reader_end(desk->reader);
    hg_store_reader_close(desk->reader);
    hg_arena_free(&desk->arena);
}

static void same_tally(const struct hg_tally *a, const struct hg_tally *b) /* without the padding */
{
    assert_memory_equal(a, b, offsetof(struct hg_tally, score_max));
    assert_int_equal(a->score_max, b->score_max);
}

/* ---- made-up questions */

static const char *const terms[] = {
    "src:198.51.100.3", "src:198.51.100.0/28", "dst:198.51.130.97", "ip:198.51.100.5", "src:2001:db8::/32", "src:*", "src:192.0.2.1", "port:22",
    "port:22,80", "port:1000..20000", "port>60000", "port:*", "sport<1000", "proto:udp", "app:ssh", "app:S*", "app:*", "dataset:cowrie",
    "dataset:suricata", "source:eve*", "source:*", "kind:alert", "kind:f*", "type:scan", "type:*", "label:attack", "by:label", "by:both", "by:*",
    "severity:high", "severity>=medium", "severity:none", "score>0.8", "score:0.1..0.3", "score:*", "rule:*", "country:nl", "country:*", "country:BR,DE",
    "user:root", "user:ADM*", "user:*", "password:p*", "password:\"\"", "signature:\"*made up*\"", "signature:*", "command:*", "direction:inbound",
    "late:yes", "late:no", "duration>0.5", "bytes_sent:1000..50000", "session:s5", "session:*", "\"n\\\":12\"", "17}", "alert:*", "event:*",
    "time:2025-01-08", "time>2025-01-08T22:00", "duration:*", "packets_sent:*"};

static void put_term(struct hg_rng *rng, char *out, size_t size)
{
    snprintf(out + strlen(out), size - strlen(out), "%s%s", hg_rng_below(rng, 4) == 0 ? "-" : "",
             terms[hg_rng_below(rng, sizeof terms / sizeof terms[0])]);
}

static void make_filter(struct hg_rng *rng, char *out, size_t size)
{
    static const char *const between[] = {" ", " or ", " (", " or (", " -("};
    unsigned open = 0;
    out[0] = '\0';
    for (uint64_t n = hg_rng_below(rng, 4) + 1; n > 0; n--) {
        put_term(rng, out, size);
        if (n == 1)
            break;
        const char *glue = between[hg_rng_below(rng, 5)];
        snprintf(out + strlen(out), size - strlen(out), "%s", glue);
        open += strchr(glue, '(') != NULL;
    }
    while (open-- > 0)
        snprintf(out + strlen(out), size - strlen(out), ")");
}

static struct hg_range make_range(const struct desk *desk, struct hg_rng *rng)
{
    int64_t len = desk->extent.to_us - desk->extent.from_us;
    int64_t from = desk->extent.from_us + (int64_t)hg_rng_below(rng, (uint64_t)len), to = from + (int64_t)hg_rng_below(rng, (uint64_t)len);
    return hg_rng_below(rng, 3) == 0 ? (struct hg_range){from, to} : hg_rng_below(rng, 2) == 0 ? desk->extent : ever;
}

/* ---- the same, row by row */

struct naive {
    const struct hg_filter *filter;
    struct hg_range range;
    bool *matches;
    uint64_t n;
};

static bool within(int64_t time_us, struct hg_range range)
{
    int64_t minute = hg_time_floor(time_us, HG_MINUTE);
    return minute > range.from_us - HG_MINUTE && minute < range.to_us;
}

static bool is_wanted(const struct hg_event_row *row, const struct naive *naive)
{
    struct hg_filter_row r = {.event = &row->event, .score = &row->score, .by = row->by, .late = row->late, .alert = &row->alert,
                              .source = row->event.input == 0 ? "eve.json" : NULL, .country = row->country};
    return within(row->event.time_us, naive->range) && hg_filter_match(naive->filter, &r);
}

/* ---- each question */

static void same_row(const struct hg_event_row *a, const struct hg_event_row *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_memory_equal(a->event.id.b, b->event.id.b, 16);
    assert_true(a->event.time_us == b->event.time_us && hg_slice_eq(a->event.record, b->event.record) && hg_slice_eq(a->place, b->place));
    assert_true(hg_slice_eq(a->event.traits[HG_TRAIT_username], b->event.traits[HG_TRAIT_username]));
}

static void check_events(struct desk *desk, const struct naive *naive, const struct hg_query *query, size_t limit, bool ascending)
{
    char cursor[HG_CURSOR_BYTES] = "";
    size_t at = 0, pages = 0;
    do {
        struct hg_arena arena;
        struct hg_event_row *rows;
        char next[HG_CURSOR_BYTES];
        size_t n;
        hg_arena_init(&arena, 1 << 18, (size_t)1 << 28);
        assert_int_equal(hg_query_events(desk->reader, query, ascending, limit, cursor, &arena, &rows, &n, next, NULL), HG_OK);
        assert_true(n <= limit && (n == limit || next[0] == '\0' || query->deadline_us != 0));
        for (size_t i = 0; i < n; i++) {
            while (at < desk->n && !naive->matches[ascending ? desk->n - 1 - at : at])
                at++;
            assert_true(at < desk->n);
            same_row(&rows[i], &desk->rows[ascending ? desk->n - 1 - at : at]);
            at++;
        }
        memcpy(cursor, next, sizeof cursor);
        hg_arena_free(&arena);
    } while (cursor[0] != '\0' && ++pages < 4);
    for (; cursor[0] == '\0' && at < desk->n; at++)
        assert_false(naive->matches[ascending ? desk->n - 1 - at : at]);
}

static void check_sums(struct desk *desk, const struct naive *naive, const struct hg_query *query)
{
    struct hg_tally sum = {0}, total;
    struct hg_unique attackers;
    struct hg_query_count count;
    struct hg_ip *seen = calloc(desk->n + 1, sizeof *seen);
    size_t n_seen = 0;
    bool exact;
    for (size_t i = 0; i < desk->n; i++) {
        const struct hg_event_row *row = &desk->rows[i];
        if (!naive->matches[i])
            continue;
        struct hg_tally one = hg_tally_of(&row->score, row->by);
        hg_tally_add(&sum, &one);
        size_t k = 0;
        if (row->by == 0 || !hg_event_has(&row->event, HG_FIELD_source_ip))
            continue;
        while (k < n_seen && !hg_ip_eq(&seen[k], &row->event.source_ip))
            k++;
        if (k == n_seen)
            seen[n_seen++] = row->event.source_ip;
    }
    assert_int_equal(hg_query_count(desk->reader, query, &count, NULL), HG_OK);
    assert_true(count.exact);
    assert_int_equal(count.events, naive->n);
    assert_int_equal(hg_query_total(desk->reader, query, &total, &attackers, &exact, NULL), HG_OK);
    assert_true(exact);
    same_tally(&total, &sum);
    assert_int_equal(attackers.count, n_seen);
    free(seen);
}

static void check_series(struct desk *desk, const struct naive *naive, const struct hg_query *query, int64_t bucket_us)
{
    struct hg_tally *got, *made;
    size_t n;
    bool exact;
    if (query->range.to_us - query->range.from_us > 30 * HG_DAY)
        return;
    int64_t from = hg_time_floor(hg_time_floor(query->range.from_us, HG_MINUTE), bucket_us);
    assert_int_equal(hg_query_series(desk->reader, query, bucket_us, &got, &n, &exact, NULL), HG_OK);
    made = calloc(n + 1, sizeof *made);
    for (size_t i = 0; i < desk->n; i++) {
        if (!naive->matches[i])
            continue;
        size_t bucket = (size_t)((desk->rows[i].event.time_us - from) / bucket_us);
        assert_true(bucket < n);
        struct hg_tally one = hg_tally_of(&desk->rows[i].score, desk->rows[i].by);
        hg_tally_add(&made[bucket], &one);
    }
    for (size_t i = 0; i < n; i++)
        same_tally(&got[i], &made[i]);
    free(got);
    free(made);
}

/* A value of a row as the filter would say it; "" without NULL: none. */
static struct hg_slice key_of(const struct hg_event_row *row, enum hg_filter_field field, char text[64])
{
    const struct hg_event *event = &row->event;
    switch ((int)field) {
    case HG_FILTER_src:
        return hg_event_has(event, HG_FIELD_source_ip) ? (struct hg_slice){text, hg_ip_print(&event->source_ip, text)} : HG_SLICE_NONE;
    case HG_FILTER_port:
        snprintf(text, 64, "%u", event->destination_port);
        return hg_event_has(event, HG_FIELD_destination_port) ? hg_slice_of(text) : HG_SLICE_NONE;
    case HG_FILTER_type:
        return hg_slice_of(hg_attack_type_name((enum hg_attack_type)event->attack_type));
    case HG_FILTER_password:
        return event->traits[HG_TRAIT_password];
    case HG_FILTER_severity:
        return hg_slice_of(hg_severity_name((enum hg_severity)row->score.severity));
    case HG_FILTER_source:
        return event->input == 0 ? HG_SLICE("eve.json") : HG_SLICE_NONE;
    case HG_QUERY_PLACE:
        return row->place.len > 0 && memchr(row->place.p, ',', row->place.len) != NULL ? row->place : HG_SLICE_NONE;
    default:
        return HG_SLICE_NONE;
    }
}

static void check_value(struct desk *desk, const struct naive *naive, enum hg_filter_field field, const struct hg_query_value *value)
{
    struct hg_tally sum = {0};
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < desk->n; i++) {
        const struct hg_event_row *row = &desk->rows[i];
        char text[64];
        if (!naive->matches[i])
            continue;
        struct hg_slice key = key_of(row, field, text);
        if (!hg_slice_eq(key, value->key) || (key.p == NULL) != (value->key.p == NULL))
            continue;
        struct hg_tally one = hg_tally_of(&row->score, row->by);
        hg_tally_add(&sum, &one);
        first = row->event.time_us < first ? row->event.time_us : first;
        last = row->event.time_us > last ? row->event.time_us : last;
    }
    same_tally(&sum, &value->tally);
    assert_true(first == value->first_us && last == value->last_us);
}

static void check_top(struct desk *desk, const struct naive *naive, const struct hg_query *query, enum hg_query_order order, size_t limit)
{
    static const enum hg_filter_field fields[] = {HG_FILTER_src,      HG_FILTER_port,   HG_FILTER_type, HG_FILTER_password,
                                                  HG_FILTER_severity, HG_FILTER_source, HG_QUERY_PLACE};
    struct hg_query_values tops[7];
    struct hg_arena arena;
    hg_arena_init(&arena, 1 << 18, (size_t)1 << 28);
    assert_int_equal(hg_query_top(desk->reader, query, fields, 7, order, limit, &arena, tops, NULL), HG_OK);
    for (size_t f = 0; f < 7; f++) {
        uint64_t events = 0;
        assert_true(tops[f].exact && tops[f].n <= limit && tops[f].sum.events == naive->n);
        for (size_t k = 0; k < tops[f].n; k++) {
            const struct hg_tally *tally = &tops[f].rows[k].tally, *before = k == 0 ? tally : &tops[f].rows[k - 1].tally;
            check_value(desk, naive, fields[f], &tops[f].rows[k]);
            assert_true(order == HG_BY_EVENTS ? before->events >= tally->events : hg_tally_anomalous(before) >= hg_tally_anomalous(tally));
            events += tally->events;
        }
        assert_true(events <= naive->n && (tops[f].n == limit || events == naive->n));
    }
    hg_arena_free(&arena);
}

static void check_alerts(struct desk *desk, const struct naive *naive, const struct hg_query *query)
{
    struct hg_alert *all, *got;
    struct hg_alert_counts counts;
    char cursor[HG_CURSOR_BYTES] = "", next[HG_CURSOR_BYTES];
    size_t n_all, n, at = 0;
    bool exact;
    assert_int_equal(hg_reader_alerts(desk->reader, query->range, 100000, "", &all, &n_all, next, NULL), HG_OK);
    uint64_t total = 0;
    for (size_t i = 0; i < n_all; i++) { /* those that stay move to the front */
        bool found = query->filter == NULL;
        for (size_t k = 0; k < desk->n && !found; k++)
            found = naive->matches[k] && memcmp(&desk->rows[k].alert, &all[i].id, sizeof all[i].id) == 0;
        if (found)
            all[total++] = all[i];
    }
    do {
        assert_int_equal(hg_query_alerts(desk->reader, query, 150, cursor, &got, &n, next, &counts, &exact, NULL), HG_OK);
        assert_true(exact && counts.total == total && at + n <= total);
        for (size_t i = 0; i < n; i++)
            assert_memory_equal(&got[i], &all[at + i], sizeof *got);
        at += n;
        free(got);
        memcpy(cursor, next, sizeof cursor);
    } while (cursor[0] != '\0');
    assert_int_equal(at, total);
    free(all);
}

static void check_event(struct desk *desk, struct hg_rng *rng)
{
    const struct hg_event_row *one = &desk->rows[hg_rng_below(rng, desk->n)];
    struct hg_event_row *got;
    struct hg_arena arena;
    hg_arena_init(&arena, 1 << 18, (size_t)1 << 28);
    assert_int_equal(hg_query_event(desk->reader, &one->event.id, &arena, &got, NULL), HG_OK);
    same_row(got, one);
    struct hg_id other = one->event.id;
    other.b[15] ^= 1;
    assert_int_equal(hg_query_event(desk->reader, &other, &arena, &got, NULL), HG_EEND);
    hg_arena_free(&arena);
}

void desk_check(struct desk *desk, struct hg_rng *rng, const char *text)
{
    char made[1024];
    struct naive naive = {.range = make_range(desk, rng), .matches = calloc(desk->n + 1, sizeof(bool))};
    struct hg_filter_fault fault;
    struct hg_arena arena;
    hg_arena_init(&arena, 4096, 1 << 20);
    make_filter(rng, made, sizeof made);
    text = text == NULL ? made : text;
    if (hg_filter_parse(hg_slice_of(text), desk->extent.to_us, &arena, &naive.filter, &fault, NULL) != HG_OK)
        fail_msg("%s: at %zu expected %s", text, fault.offset, fault.expected);
    for (size_t i = 0; i < desk->n; i++) {
        naive.matches[i] = is_wanted(&desk->rows[i], &naive);
        naive.n += naive.matches[i];
    }
    struct hg_query query = {.range = naive.range, .filter = naive.filter};
    if (getenv("HG_TEST_SHOW") != NULL)
        print_message("# %s: %llu\n", text, (unsigned long long)naive.n);
    check_events(desk, &naive, &query, 1 + (size_t)hg_rng_below(rng, 300), hg_rng_below(rng, 2) == 0);
    check_sums(desk, &naive, &query);
    check_series(desk, &naive, &query, HG_MINUTE * (1 + (int64_t)hg_rng_below(rng, 90)));
    check_top(desk, &naive, &query, hg_rng_below(rng, 2) == 0 ? HG_BY_EVENTS : HG_BY_ANOMALOUS, 1 + (size_t)hg_rng_below(rng, 8));
    check_alerts(desk, &naive, &query);
    check_event(desk, rng);
    free(naive.matches);
    hg_arena_free(&arena);
}

void desk_check_deadline(struct desk *desk)
{
    struct hg_query query = {.range = ever, .deadline_us = 1}; /* over long ago: each call does one step all the same */
    struct hg_query_count count;
    char cursor[HG_CURSOR_BYTES] = "", next[HG_CURSOR_BYTES];
    size_t n, at = 0, calls = 0;
    do {
        struct hg_event_row *rows;
        struct hg_arena arena;
        hg_arena_init(&arena, 1 << 18, (size_t)1 << 28);
        assert_int_equal(hg_query_events(desk->reader, &query, false, 5000, cursor, &arena, &rows, &n, next, NULL), HG_OK);
        for (size_t i = 0; i < n; i++)
            same_row(&rows[i], &desk->rows[at++]);
        memcpy(cursor, next, sizeof cursor);
        hg_arena_free(&arena);
        calls++;
    } while (cursor[0] != '\0');
    assert_int_equal(at, desk->n);
    assert_true(calls > 2);
    assert_int_equal(hg_query_count(desk->reader, &query, &count, NULL), HG_OK);
    assert_true(!count.exact && count.events > 0 && count.events < desk->n);
}

void desk_check_rollups(struct desk *desk, struct hg_rng *rng)
{
    static const enum hg_filter_field fields[] = {HG_FILTER_dataset, HG_FILTER_port, HG_FILTER_country, HG_QUERY_PLACE};
    static const enum hg_dim dims[] = {HG_DIM_DATASET, HG_DIM_PORT, HG_DIM_COUNTRY, HG_DIM_COORDINATE};
    struct hg_query query = {.range = make_range(desk, rng)};
    struct hg_query_values tops[4];
    struct hg_key_tallies keys;
    struct hg_tally a, b, *x, *y;
    struct hg_unique u, v;
    struct hg_arena arena;
    size_t n, m;
    bool exact;
    assert_int_equal(hg_query_total(desk->reader, &query, &a, &u, &exact, NULL), HG_OK);
    assert_int_equal(hg_reader_total(desk->reader, query.range, &b, NULL), HG_OK);
    assert_int_equal(hg_reader_attackers(desk->reader, query.range, &v, NULL), HG_OK);
    same_tally(&a, &b);
    assert_true(u.count == v.count && u.estimated == v.estimated);
    if (query.range.to_us - query.range.from_us < HG_DAY) {
        assert_int_equal(hg_query_series(desk->reader, &query, 7 * HG_MINUTE, &x, &n, &exact, NULL), HG_OK);
        assert_int_equal(hg_reader_series(desk->reader, query.range, 7 * HG_MINUTE, &y, &m, NULL), HG_OK);
        assert_int_equal(n, m);
        for (size_t i = 0; i < n; i++)
            same_tally(&x[i], &y[i]);
        free(x);
        free(y);
    }
    hg_arena_init(&arena, 1 << 18, (size_t)1 << 28);
    assert_int_equal(hg_query_top(desk->reader, &query, fields, 4, HG_BY_ANOMALOUS, 100000, &arena, tops, NULL), HG_OK);
    for (size_t f = 0; f < 4; f++) {
        assert_int_equal(hg_reader_keys(desk->reader, dims[f], query.range, 100000, &keys, NULL), HG_OK);
        for (size_t i = 0, k = 0; i < tops[f].n; i++) {
            bool without = tops[f].rows[i].key.p == NULL && dims[f] != HG_DIM_PORT; /* rollups of places have anomalous events alone */
            if (without)
                continue;
            assert_true(k < keys.n && hg_slice_is(tops[f].rows[i].key, keys.rows[k].key));
            same_tally(&tops[f].rows[i].tally, &keys.rows[k].tally);
            k++;
        }
        free(keys.rows);
    }
    hg_arena_free(&arena);
}
