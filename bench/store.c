/*
 * Speed of aggregation and of the store: events a second into each with ordinary and with anomalous events of 600 bytes, and the
 * time of the questions that a page asks, on 1,000,000 events over 24 hours. HG_BENCH_EVENTS changes the number.
 */
#include "feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 65536u

static struct made *pool; /* one batch, made beforehand: making events isn't measured */
static struct hg_stored_event *rows;

struct run {
    struct feed feed;
    const char *dir; /* NULL: aggregate only */
    double aggregate_s, store_s, store_cpu_s;
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum hg_rc rc, const struct hg_err *err)
{
    if (rc != HG_OK) {
        fprintf(stderr, "bench: %s\n", err->msg);
        exit(1);
    }
}

static void flush(struct run *run, struct hg_store *store, struct hg_aggregate *aggregate, size_t from, size_t to, uint64_t sequence)
{
    struct hg_rollup_delta delta;
    struct hg_err err;
    int64_t begun = hg_time_monotonic_us();
    hg_aggregate_delta(aggregate, &delta);
    int64_t between = hg_time_monotonic_us();
    run->aggregate_s += (double)(between - begun) / 1e6;
    if (store != NULL) {
        struct hg_commit commit = {.sequence = sequence, .events = rows + from, .n_events = to - from, .delta = &delta};
        double cpu = cpu_s();
        must(hg_store_commit(store, &commit, &err), &err);
        run->store_cpu_s += cpu_s() - cpu;
        run->store_s += (double)(hg_time_monotonic_us() - between) / 1e6;
    }
    hg_aggregate_committed(aggregate);
}

static void batch(struct run *run, struct hg_store *store, struct hg_aggregate *aggregate, uint64_t first, size_t n)
{
    struct hg_err err;
    size_t from = 0;
    for (size_t i = 0; i < n; i++)
        feed_make(&run->feed, first + i, &pool[i]);
    int64_t begun = hg_time_monotonic_us();
    for (size_t i = 0; i < n; i++) {
        const struct made *one = &pool[i];
        struct hg_observation seen = {.event = &one->event, .score = &one->score, .geo = &one->geo, .sequence = first + i,
                                      .reason_key = feed_reason(one), .source = HG_SLICE("eve.json")};
        rows[i] = (struct hg_stored_event){.sequence = first + i, .event = &one->event, .score = &one->score,
                                           .by = hg_anomalous(&one->event, &one->score, false)};
        enum hg_rc rc = hg_aggregate_add(aggregate, &seen, INT64_MAX - HG_DAY, &rows[i].alert, &err);
        if (rc == HG_ENOMEM) {
            run->aggregate_s += (double)(hg_time_monotonic_us() - begun) / 1e6;
            flush(run, store, aggregate, from, i, first + i - 1);
            from = i--;
            begun = hg_time_monotonic_us();
            continue;
        }
        must(rc, &err);
    }
    run->aggregate_s += (double)(hg_time_monotonic_us() - begun) / 1e6;
    flush(run, store, aggregate, from, n, first + n - 1);
}

static void run_all(struct run *run, uint64_t events)
{
    struct hg_aggregate_settings plain = {.ignore_labels = false};
    struct hg_store_settings settings = {.recent_events = HG_STORE_RECENT_EVENTS};
    struct hg_aggregate *aggregate;
    struct hg_store *store = NULL;
    struct hg_err err;
    must(hg_aggregate_create(&plain, &aggregate, &err), &err);
    if (run->dir != NULL)
        must(hg_store_open(run->dir, &settings, &store, &err), &err);
    for (uint64_t first = 1; first <= events; first += BATCH)
        batch(run, store, aggregate, first, (size_t)(events - first + 1 < BATCH ? events - first + 1 : BATCH));
    hg_aggregate_destroy(aggregate);
    hg_store_close(store);
}

/* ---- questions */

static void ask(const char *what, const char *dir, int64_t window_us, void (*question)(struct hg_reader_db *, struct hg_range))
{
    struct hg_reader_db *reader;
    struct hg_range all;
    struct hg_err err;
    must(hg_store_reader_open(dir, &reader, &err), &err);
    must(hg_reader_extent(reader, &all, &err), &err);
    struct hg_range range = {all.to_us - window_us - 90 * HG_SECOND, all.to_us - 90 * HG_SECOND};
    int64_t worst = 0, sum = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t sequence;
        int64_t clock_us, begun = hg_time_monotonic_us();
        must(hg_reader_begin(reader, &sequence, &clock_us, &err), &err);
        question(reader, range);
        hg_reader_end(reader);
        int64_t took = hg_time_monotonic_us() - begun;
        sum += took;
        worst = took > worst ? took : worst;
    }
    printf("  %-34s mean %8.2f ms, worst %8.2f ms\n", what, (double)sum / 20e3, (double)worst / 1e3);
    hg_store_reader_close(reader);
}

static void summary(struct hg_reader_db *reader, struct hg_range now)
{
    struct hg_tally tally;
    struct hg_unique unique;
    struct hg_alert_counts counts;
    struct hg_err err;
    struct hg_range before = {2 * now.from_us - now.to_us, now.from_us}, *both[] = {&now, &before};
    for (int i = 0; i < 2; i++) {
        must(hg_reader_total(reader, *both[i], &tally, &err), &err);
        must(hg_reader_attackers(reader, *both[i], &unique, &err), &err);
        must(hg_reader_alert_counts(reader, *both[i], &counts, &err), &err);
    }
}

static void ports(struct hg_reader_db *reader, struct hg_range range)
{
    struct hg_key_tallies keys;
    struct hg_err err;
    must(hg_reader_keys(reader, HG_DIM_PORT, range, 10, &keys, &err), &err);
    free(keys.rows);
}

static void series(struct hg_reader_db *reader, struct hg_range range)
{
    struct hg_tally *buckets;
    size_t n;
    struct hg_err err;
    must(hg_reader_series(reader, range, 5 * HG_MINUTE, &buckets, &n, &err), &err);
    free(buckets);
}

static void alerts(struct hg_reader_db *reader, struct hg_range range)
{
    struct hg_alert *found;
    size_t n;
    char cursor[HG_CURSOR_BYTES];
    struct hg_err err;
    must(hg_reader_alerts(reader, range, 50, "", &found, &n, cursor, &err), &err);
    free(found);
}

static void events(struct hg_reader_db *reader, struct hg_range range)
{
    struct hg_event_row *found;
    size_t n;
    char cursor[HG_CURSOR_BYTES];
    struct hg_arena arena;
    struct hg_err err;
    hg_arena_init(&arena, 1 << 20, 16 << 20);
    must(hg_reader_events(reader, range, NULL, 50, "", &arena, &found, &n, cursor, &err), &err);
    hg_arena_free(&arena);
}

static void questions(const char *dir)
{
    struct hg_reader_db *reader;
    struct hg_alert_counts counts;
    struct hg_err err;
    must(hg_store_reader_open(dir, &reader, &err), &err);
    must(hg_reader_alert_counts(reader, (struct hg_range){INT64_MIN, INT64_MAX}, &counts, &err), &err);
    hg_store_reader_close(reader);
    printf("  %" PRIu64 " alerts\n", counts.total);
    ask("summary, 1 h and the hour before", dir, HG_HOUR, summary);
    ask("summary, 11 h and the 11 before", dir, 11 * HG_HOUR, summary);
    ask("ports, 1 h", dir, HG_HOUR, ports);
    ask("ports, 24 h", dir, HG_DAY, ports);
    ask("series of 5 minutes, 24 h", dir, HG_DAY, series);
    ask("50 alerts, 1 h", dir, HG_HOUR, alerts);
    ask("50 alerts, 24 h", dir, HG_DAY, alerts);
    ask("50 events, newest of 24 h", dir, HG_DAY, events);
}

int main(void)
{
    const char *text = getenv("HG_BENCH_EVENTS");
    uint64_t n = text != NULL ? strtoull(text, NULL, 10) : 1000000;
    pool = malloc(BATCH * sizeof *pool);
    rows = calloc(BATCH, sizeof *rows);
    if (pool == NULL || rows == NULL)
        return 1;
    const unsigned shares[] = {0, 2, 100};
    for (size_t i = 0; i < 3; i++) {
        char dir[64];
        dir_make(dir);
        struct run run = {.feed = {.seed = 7, .start_us = INT64_C(1736294400000000), .step_us = HG_DAY / (int64_t)n,
                                   .sources = 200,  .anomalous_percent = shares[i], .record_len = 600}, .dir = dir};
        run_all(&run, n);
        printf("%" PRIu64 " events, %u %% anomalous: aggregate %.0f/s, store %.0f/s (%.0f a second of CPU), both %.0f/s\n", n, shares[i],
               (double)n / run.aggregate_s, (double)n / run.store_s, (double)n / run.store_cpu_s, (double)n / (run.aggregate_s + run.store_s));
        questions(dir);
        dir_remove(dir);
    }
    free(pool);
    free(rows);
    return 0;
}
