/*
 * How fast an analyst is answered: first page and exact count by filter, while events come in and the indexer works.
 * query EVENTS RATE: makes so many stored events (honeypot-like, and a ring of others), lets the indexer catch up, then asks while RATE events a
 * second are committed.
 */
#include "base/rng.h"
#include "store/query.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BATCH  12500u
#define ROUNDS 20u

struct bench {
    char dir[64];
    struct hg_store *store;
    struct hg_indexer *indexer;
    struct hg_rng rng;
    uint64_t sequence, rate;
    int64_t begin_us, step_us;
    atomic_bool stop;
    uint64_t committed;
    int64_t slowest_us; /* commit */
};

static struct hg_event events[BATCH];
static struct hg_score scores[BATCH];
static struct hg_stored_event rows[BATCH];
static struct hg_geo places[64];
static char records[BATCH][512];

static void must(enum hg_rc rc, const struct hg_err *err)
{
    if (rc != HG_OK) {
        fprintf(stderr, "bench: %s\n", err->msg);
        exit(1);
    }
}

/* Some addresses and ports come often, most seldom. */
static uint32_t often(struct hg_rng *rng, uint32_t n)
{
    double u = hg_rng_unit(rng);
    return (uint32_t)(u * u * u * n);
}

static void make(struct bench *bench, size_t i)
{
    static const uint16_t ports[] = {22, 23, 445, 80, 443, 3389, 1433, 5900};
    static const char *const users[] = {"root", "admin", "user", "test", "oracle", "pi", "ubuntu", "postgres"};
    struct hg_rng *rng = &bench->rng;
    struct hg_event *event = &events[i];
    bool honeypot = hg_rng_below(rng, 100) < 84;
    uint64_t sequence = ++bench->sequence, id[2] = {hg_mix64(sequence), hg_rng_next(rng)};
    int n = snprintf(records[i], sizeof records[i], "{\"eventid\":\"login.failed\",\"sequence\":%" PRIu64 ",\"padding\":\"%0*d\"}", sequence, 300, 7);
    *event = (struct hg_event){.time_us = bench->begin_us + (int64_t)sequence * bench->step_us, .offset = sequence * 400,
                               .dataset = honeypot ? HG_DATASET_cowrie : HG_DATASET_suricata, .direction = HG_INBOUND,
                               .source_ip = hg_ip_v4(UINT32_C(0xc6120000) + often(rng, 100000)), .destination_ip = hg_ip_v4(UINT32_C(0xc0000200) + often(rng, 50)),
                               .source_port = (uint16_t)hg_rng_next(rng), .protocol = HG_SLICE("tcp"),
                               .kind = honeypot ? HG_SLICE("login.failed") : HG_SLICE("flow"), .record = {records[i], (size_t)n}};
    memcpy(event->id.b, id, sizeof id);
    event->destination_port = hg_rng_below(rng, 20) == 0 ? (uint16_t)hg_rng_next(rng) : ports[often(rng, 8)];
    event->label = honeypot ? HG_LABEL_ATTACK : HG_LABEL_NONE;
    event->attack_type = honeypot ? (uint8_t)(1 + often(rng, 5)) : HG_ATTACK_TYPE_none;
    event->traits[HG_TRAIT_username] = honeypot ? hg_slice_of(users[often(rng, 8)]) : HG_SLICE_NONE;
    event->traits[HG_TRAIT_password] = honeypot ? (struct hg_slice){records[i] + 20 + often(rng, 200), 6} : HG_SLICE_NONE;
    scores[i] = (struct hg_score){.p = 0.5, .value = (double)hg_rng_below(rng, 10000) / 10000};
    scores[i].severity = honeypot ? (uint8_t)often(rng, 4) : HG_SEVERITY_NONE;
    rows[i] = (struct hg_stored_event){.sequence = sequence, .event = event, .score = &scores[i], .by = hg_anomalous(event, &scores[i], false),
                                       .geo = honeypot ? &places[often(rng, 64)] : NULL};
    uint64_t alert[2] = {hg_mix64(sequence / 700), 1};
    if (honeypot)
        memcpy(rows[i].alert.b, alert, sizeof alert);
}

static void commit(struct bench *bench)
{
    struct hg_rollup_delta delta = {.clock_us = HG_TIME_NONE};
    struct hg_err err;
    for (size_t i = 0; i < BATCH; i++)
        make(bench, i);
    struct hg_commit commit = {.sequence = bench->sequence, .events = rows, .n_events = BATCH, .delta = &delta};
    int64_t begun = hg_time_monotonic_us();
    must(hg_store_commit(bench->store, &commit, &err), &err);
    int64_t took = hg_time_monotonic_us() - begun;
    bench->slowest_us = took > bench->slowest_us ? took : bench->slowest_us;
    if (bench->indexer != NULL)
        hg_indexer_poke(bench->indexer);
}

static void sleep_us(int64_t us)
{
    if (us > 0)
        nanosleep(&(struct timespec){.tv_sec = us / HG_SECOND, .tv_nsec = us % HG_SECOND * 1000}, NULL);
}

static void *write_on(void *self)
{
    struct bench *bench = self;
    int64_t begun = hg_time_monotonic_us();
    while (!atomic_load(&bench->stop)) {
        commit(bench);
        bench->committed += BATCH;
        sleep_us(begun + (int64_t)(bench->committed * (uint64_t)HG_SECOND / bench->rate) - hg_time_monotonic_us());
    }
    return NULL;
}

/* ---- questions */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void ask(struct hg_reader_db *reader, const char *text, bool hours, int64_t times[ROUNDS], struct hg_query_count *ret, int64_t deadline_us)
{
    struct hg_filter_fault fault;
    struct hg_arena arena;
    struct hg_err err;
    hg_arena_init(&arena, 1 << 20, (size_t)1 << 28);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct hg_query query = {.range = {INT64_MIN / 4, INT64_MAX / 4}};
        struct hg_event_row *page;
        char cursor[HG_CURSOR_BYTES];
        uint64_t sequence;
        int64_t clock_us, begun = hg_time_monotonic_us();
        size_t n;
        hg_arena_reset(&arena);
        must(hg_filter_parse(hg_slice_of(text), 0, &arena, &query.filter, &fault, &err), &err);
        must(hg_reader_begin(reader, &sequence, &clock_us, &err), &err);
        if (hours) { /* an hour in the middle */
            query.range.from_us = INT64_C(1736294400000000) + 12 * HG_HOUR;
            query.range.to_us = query.range.from_us + HG_HOUR;
        }
        must(hg_query_events(reader, &query, false, 100, "", &arena, &page, &n, cursor, &err), &err);
        query.deadline_us = deadline_us == 0 ? 0 : hg_time_monotonic_us() + deadline_us;
        must(hg_query_count(reader, &query, ret, &err), &err);
        hg_reader_end(reader);
        times[i] = hg_time_monotonic_us() - begun;
    }
    hg_arena_free(&arena);
    qsort(times, ROUNDS, sizeof times[0], by_time);
}

/* What the page fills in later, by GET /count, within as long. */
#define WHOLE_US (30 * HG_SECOND)
static void count_whole(struct hg_reader_db *reader, const char *text)
{
    struct hg_query query = {.range = {INT64_MIN / 4, INT64_MAX / 4}};
    struct hg_query_count count;
    struct hg_filter_fault fault;
    struct hg_arena arena;
    struct hg_err err;
    uint64_t sequence;
    int64_t clock_us, begun = hg_time_monotonic_us();
    hg_arena_init(&arena, 1 << 20, (size_t)1 << 28);
    must(hg_filter_parse(hg_slice_of(text), 0, &arena, &query.filter, &fault, &err), &err);
    must(hg_reader_begin(reader, &sequence, &clock_us, &err), &err);
    query.deadline_us = begun + WHOLE_US;
    must(hg_query_count(reader, &query, &count, &err), &err);
    hg_reader_end(reader);
    hg_arena_free(&arena);
    printf("%-68s %s%11" PRIu64 " %9.1f s of counting\n", text, count.exact ? " " : ">", count.events, (double)(hg_time_monotonic_us() - begun) / 1e6);
}

static void questions(struct bench *bench)
{
    static const struct {
        const char *filter;
        bool hours, text;
    } all[] = {{"", false, false}, {"", true, false}, {"time>2025-01-08T12:00", false, false}, {"src:198.18.0.7", false, false},
               {"src:192.0.2.99", false, false}, {"src:198.18.64.0/20", false, false}, {"ip:198.18.0.0/24", false, false}, {"port:22", false, false},
               {"port:10000..20000", false, false}, {"port:1", false, false}, {"severity:high", false, false}, {"severity>=low", false, false},
               {"type:scan", false, false}, {"-type:scan -port:22", false, false}, {"src:198.18.0.0/18 port:22,23 score>0.8 -type:scan user:root", false, false},
               {"severity:high or (port:445 -src:198.18.0.0/20)", false, false}, {"type:scan severity:high port:22", true, false},
               {"\"sequence\\\":4\"", false, true}, {"session:none", false, true}};
    struct hg_reader_db *reader;
    struct hg_err err;
    int64_t times[ROUNDS];
    must(hg_store_reader_open(bench->dir, &reader, &err), &err);
    printf("%-68s %12s %9s %9s\n", "first page of 100 and count", "events", "p50 ms", "p95 ms");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct hg_query_count count;
        ask(reader, all[i].filter, all[i].hours, times, &count, all[i].text ? 250000 : 0);
        char name[96];
        snprintf(name, sizeof name, "%s%s", all[i].filter[0] == '\0' ? "(everything)" : all[i].filter, all[i].hours ? ", an hour" : "");
        printf("%-68s %s%11" PRIu64 " %9.1f %9.1f%s\n", name, count.exact ? " " : ">", count.events, (double)times[ROUNDS / 2] / 1e3,
               (double)times[ROUNDS * 95 / 100] / 1e3, all[i].text ? "  (counting for 250 ms)" : times[ROUNDS * 95 / 100] < 300000 ? "" : "  over 300");
        if (all[i].text)
            count_whole(reader, all[i].filter);
        fflush(stdout);
    }
    hg_store_reader_close(reader);
}

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct hg_index_status status_of(struct bench *bench)
{
    struct hg_reader_db *reader;
    struct hg_index_status status;
    struct hg_err err;
    must(hg_store_reader_open(bench->dir, &reader, &err), &err);
    must(hg_reader_index_status(reader, &status, &err), &err);
    hg_store_reader_close(reader);
    return status;
}

static void fill(struct bench *bench, uint64_t n)
{
    int64_t begun = hg_time_monotonic_us();
    while (bench->sequence < n)
        commit(bench);
    int64_t filled = hg_time_monotonic_us();
    struct hg_indexer_settings settings = {.bytes_a_second = HG_INDEX_BYTES_A_SECOND};
    struct hg_err err;
    must(hg_indexer_start(bench->dir, &settings, &bench->indexer, &err), &err);
    double cpu = cpu_s();
    while (status_of(bench).behind > 65536)
        sleep_us(50000);
    struct hg_index_status status = status_of(bench);
    printf("%" PRIu64 " events stored at %.0f a second; indexed at %.0f a second (%.2f us of CPU an event), %.1f bytes an event\n", bench->sequence,
           (double)n * 1e6 / (double)(filled - begun), (double)status.events * 1e6 / (double)(hg_time_monotonic_us() - filled),
           (cpu_s() - cpu) * 1e6 / (double)status.events, (double)status.bytes / (double)status.events);
    fflush(stdout);
}

static void clean(const char *dir)
{
    static const char *const names[] = {"honeyguide.db", "honeyguide.db-wal", "honeyguide.db-shm", "honeyguide.lock",
                                        "index.db",      "index.db-wal",      "index.db-shm",      "index.damaged"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.dir = "/tmp/hg-query-XXXXXX"};
    struct hg_store_settings settings = {.recent_events = HG_STORE_RECENT_EVENTS};
    struct hg_err err;
    pthread_t writer;
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
    bench.rate = argc > 2 ? strtoull(argv[2], NULL, 10) : 50000;
    bench.rng = hg_rng_seeded(7);
    bench.begin_us = INT64_C(1736294400000000);
    bench.step_us = HG_DAY / (int64_t)n;
    for (size_t i = 0; i < 64; i++)
        places[i] = (struct hg_geo){.state = HG_GEO_FOUND, .country = {(char)('A' + i % 26), (char)('A' + i / 26), 0}, .has_point = true,
                                    .latitude = (float)i, .longitude = (float)i * 2};
    if (mkdtemp(bench.dir) == NULL)
        return 1;
    must(hg_store_open(bench.dir, &settings, &bench.store, &err), &err);
    fill(&bench, n);
    bench.slowest_us = 0;
    int64_t begun = hg_time_monotonic_us();
    double cpu = cpu_s();
    if (pthread_create(&writer, NULL, write_on, &bench) != 0)
        return 1;
    questions(&bench);
    double took = (double)(hg_time_monotonic_us() - begun) / 1e6;
    atomic_store(&bench.stop, true);
    pthread_join(writer, NULL);
    printf("meanwhile %.0f events a second were committed (asked: %" PRIu64 "), the slowest commit in %.0f ms; %.2f cores in all; %" PRIu64
           " events behind\n", (double)bench.committed / took, bench.rate, (double)bench.slowest_us / 1e3, (cpu_s() - cpu) / took, status_of(&bench).behind);
    hg_indexer_stop(bench.indexer);
    hg_store_close(bench.store);
    clean(bench.dir);
    return 0;
}
