/* Time in which sources were not observed, against a recount by minutes; and how long the question takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

#define DAYS    12
#define MINUTES (DAYS * 1440)
#define SOURCES 5
#define STREAMS 3 /* of each source, at most */
#define LIMIT   100000u

struct world { /* what the test knows: minutes with events, by source */
    int64_t base_us;
    bool active[SOURCES][MINUTES];
    int64_t first_us[SOURCES]; /* HG_TIME_NONE: it never had any */
    char dir[64];
};
static struct world world;
static struct hg_rng rng;

static const char *const names[SOURCES] = {"sensor-b", "sensor-a", "old.log", "cron", "quiet"};

/* ---- writing it */

struct rows {
    struct hg_rollup rollups[8192];
    size_t n;
    struct hg_store *store;
};

static void flush(struct rows *rows)
{
    struct hg_rollup_delta delta = {.rollups = rows->rollups, .n_rollups = rows->n, .clock_us = HG_TIME_NONE};
    struct hg_commit commit = {.sequence = 0, .delta = &delta};
    assert_int_equal(hg_store_commit(rows->store, &commit, NULL), HG_OK);
    rows->n = 0;
}

static void put(struct rows *rows, int64_t minute_us, const struct hg_id *identity)
{
    struct hg_rollup *r = &rows->rollups[rows->n++];
    *r = (struct hg_rollup){.minute_us = minute_us, .dim = HG_DIM_SOURCE, .key_len = HG_ID_TEXT_BYTES, .tally = {.events = 1}};
    hg_id_print(identity, r->key);
    if (rows->n == sizeof rows->rollups / sizeof rows->rollups[0])
        flush(rows);
}

static struct hg_id identity_of(unsigned source, unsigned stream)
{
    struct hg_id id = {{0}};
    uint64_t mixed[2] = {hg_mix64(source * 1000 + stream + 1), source * 1000 + stream};
    memcpy(id.b, mixed, sizeof id.b);
    return id;
}

static void put_input(struct hg_store *store, unsigned source, unsigned stream, const char *name, int64_t first_us)
{
    struct hg_input_state input = {.identity = identity_of(source, stream), .name = name, .format = "suricata", .index = source * STREAMS + stream,
                                   .first_event_us = first_us, .last_event_us = first_us, .last_arrival_us = HG_TIME_NONE,
                                   .timezone_us = HG_TIME_NONE};
    struct hg_commit commit = {.sequence = 0, .inputs = &input, .n_inputs = 1};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
}

/* Each has its own habits: dense with outages, every few minutes, dead after a while, once an hour; the last has nothing. */
static bool is_active(unsigned source, int minute)
{
    static int until[SOURCES];
    static bool on[SOURCES];
    if (minute == 0 || minute >= until[source]) {
        on[source] = !on[source];
        until[source] = minute + 1 + (int)hg_rng_below(&rng, on[source] ? 4000 : source == 0 ? 40 : 900);
    }
    switch (source) {
    case 0:
        return on[0] && hg_rng_below(&rng, 10) > 0;
    case 1:
        return minute > 3000 && on[1] && hg_rng_below(&rng, 4) == 0;
    case 2:
        return minute < 6000 && on[2];
    case 3:
        return minute % 60 == 7 && hg_rng_below(&rng, 10) > 0;
    default:
        return false;
    }
}

static void write_source(struct rows *rows, unsigned source)
{
    int64_t first[STREAMS] = {HG_TIME_NONE, HG_TIME_NONE, HG_TIME_NONE};
    world.first_us[source] = HG_TIME_NONE;
    for (int m = 0; m < MINUTES; m++) {
        world.active[source][m] = is_active(source, m);
        if (!world.active[source][m])
            continue;
        int64_t minute_us = world.base_us + m * HG_MINUTE;
        unsigned streams = 1 + (unsigned)hg_rng_below(&rng, (1u << STREAMS) - 1); /* one or several of them */
        for (unsigned s = 0; s < STREAMS; s++) {
            struct hg_id id = identity_of(source, s);
            if ((streams >> s & 1) == 0)
                continue;
            put(rows, minute_us, &id);
            if (first[s] == HG_TIME_NONE)
                first[s] = minute_us + (int64_t)hg_rng_below(&rng, HG_MINUTE);
            if (world.first_us[source] == HG_TIME_NONE || first[s] < world.first_us[source])
                world.first_us[source] = first[s];
        }
    }
    for (unsigned s = 0; s < STREAMS; s++)
        put_input(rows->store, source, s, names[source], first[s]);
}

static int set_up(void **state)
{
    (void)state;
    static struct rows rows;
    struct hg_store_settings settings = {.recent_events = 1};
    rng = hg_rng_seeded(test_seed());
    world.base_us = INT64_C(1736294400000000) + (int64_t)hg_rng_below(&rng, 1440) * HG_MINUTE;
    dir_make(world.dir);
    assert_int_equal(hg_store_open(world.dir, &settings, &rows.store, NULL), HG_OK);
    for (unsigned i = 0; i < SOURCES; i++)
        write_source(&rows, i);
    flush(&rows);
    hg_store_close(rows.store);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dir_remove(world.dir);
    return 0;
}

/* ---- the recount: one answer a minute */

struct recount {
    int64_t from, to;    /* minutes since the base; the range */
    int64_t step;        /* minutes */
    bool silent[MINUTES + 6 * 1440];
};

static int64_t floor_to(int64_t minute, int64_t step) /* by the wall, not by the base */
{
    int64_t wall = world.base_us / HG_MINUTE + minute;
    return wall - wall % step - world.base_us / HG_MINUTE;
}

static bool cell_active(unsigned source, int64_t cell, int64_t step)
{
    for (int64_t m = cell; m < cell + step; m++)
        if (m >= 0 && m < MINUTES && world.active[source][m])
            return true;
    return false;
}

static int64_t recount_usual(const struct recount *r, unsigned source)
{
    static int64_t lengths[4 * 1440];
    int64_t last = INT64_MIN, latest = INT64_MIN;
    size_t n = 0;
    for (int64_t cell = floor_to(r->from - 1440, r->step); cell < r->to; cell += r->step)
        if (cell_active(source, cell, r->step))
            latest = cell;
    for (int64_t cell = floor_to(r->from - 1440, r->step); cell < r->to; cell += r->step) {
        if (!cell_active(source, cell, r->step))
            continue;
        if (last != INT64_MIN && cell >= latest - 1440)
            lengths[n++] = cell - last - r->step;
        last = cell;
    }
    if (n == 0)
        return 0;
    for (int64_t length = 0;; length++) { /* the least that is enough for 99 of 100 */
        size_t within = 0;
        for (size_t i = 0; i < n; i++)
            within += lengths[i] <= length;
        if (100 * within >= 99 * n)
            return 3 * length < 5 ? 5 : 3 * length;
    }
}

/* Clears what was observed of the source. */
static void recount_source(struct recount *r, unsigned source, int64_t usual)
{
    bool known = world.first_us[source] != HG_TIME_NONE && world.first_us[source] < world.base_us + r->from * HG_MINUTE;
    int64_t since = known ? r->from - 1440 : INT64_MIN / 2, longest = usual == 0 ? 5 : usual;
    for (int64_t cell = floor_to(r->from - 1440, r->step); cell < r->to + r->step; cell += r->step) {
        bool active = cell < r->to && cell_active(source, cell, r->step), end = !active && cell + r->step >= r->to;
        int64_t until = active ? cell : r->to, seen_from = until - since <= longest ? since : until;
        if (!active && !end)
            continue;
        for (int64_t m = seen_from; m < (active ? cell + r->step : r->to); m++)
            if (m >= r->from && m < r->to)
                r->silent[m - r->from] = false;
        if (end)
            return;
        since = cell + r->step;
    }
}

static void same(const struct recount *r, const struct hg_gaps *gaps, size_t limit)
{
    static struct hg_range found[MINUTES];
    size_t n = 0, kept = 0;
    for (int64_t m = r->from; m < r->to; m++) {
        int64_t at = world.base_us + m * HG_MINUTE;
        if (!r->silent[m - r->from])
            continue;
        if (n > 0 && found[n - 1].to_us == at)
            found[n - 1].to_us += HG_MINUTE;
        else
            found[n++] = (struct hg_range){at, at + HG_MINUTE};
    }
    assert_int_equal(gaps->total, n);
    assert_int_equal(gaps->n, n < limit ? n : limit);
    for (size_t i = 0; i < n; i++) {
        size_t longer = 0;
        int64_t length = found[i].to_us - found[i].from_us;
        for (size_t k = 0; k < n; k++)
            longer += found[k].to_us - found[k].from_us > length || (found[k].to_us - found[k].from_us == length && k < i);
        if (longer >= limit)
            continue;
        assert_int_equal(gaps->rows[kept].from_us, found[i].from_us);
        assert_int_equal(gaps->rows[kept++].to_us, found[i].to_us);
    }
}

static struct hg_range some_range(void)
{
    static const int64_t lengths[] = {3, 60, 61, 1440, 3 * 1440, 7 * 1440, 7 * 1440 + 1, 10 * 1440};
    int64_t length = lengths[hg_rng_below(&rng, 8)], from = (int64_t)hg_rng_below(&rng, MINUTES + 2 * 1440) - 1440;
    struct hg_range range = {world.base_us + from * HG_MINUTE, world.base_us + (from + length) * HG_MINUTE};
    if (hg_rng_below(&rng, 2) == 0) { /* the same minutes */
        range.from_us += (int64_t)hg_rng_below(&rng, HG_MINUTE);
        range.to_us -= (int64_t)hg_rng_below(&rng, HG_MINUTE);
    }
    return range;
}

static void recount_begin(struct recount *r, struct hg_range range)
{
    r->from = hg_time_floor(range.from_us - world.base_us, HG_MINUTE) / HG_MINUTE;
    r->to = hg_time_floor(range.to_us - world.base_us + HG_MINUTE - 1, HG_MINUTE) / HG_MINUTE;
    r->step = r->to - r->from <= 7 * 1440 ? 1 : 60;
    memset(r->silent, 1, sizeof r->silent);
}

static void check(struct hg_reader_db *reader, struct hg_range range, size_t limit)
{
    static struct recount one, all;
    struct hg_source_gaps *rows;
    struct hg_arena arena;
    struct hg_gaps gaps;
    size_t n;
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    recount_begin(&all, range);
    assert_int_equal(hg_reader_gaps_all(reader, range, limit, &arena, &rows, &n, NULL), HG_OK);
    assert_int_equal(n, SOURCES);
    for (unsigned i = 0; i < SOURCES; i++) {
        recount_begin(&one, range);
        int64_t usual = recount_usual(&one, i);
        recount_source(&one, i, usual);
        recount_source(&all, i, usual);
        assert_int_equal(hg_reader_gaps(reader, names[i], range, limit, &gaps, NULL), HG_OK);
        assert_int_equal(gaps.usual_us, usual * HG_MINUTE);
        same(&one, &gaps, limit);
        const struct hg_gaps *again = hg_gaps_of(rows, n, names[i]);
        assert_non_null(again);
        assert_int_equal(again->usual_us, usual * HG_MINUTE);
        same(&one, again, limit);
        free(gaps.rows);
    }
    assert_null(hg_gaps_of(rows, n, "sensor"));
    assert_int_equal(hg_reader_gaps(reader, NULL, range, limit, &gaps, NULL), HG_OK);
    assert_int_equal(gaps.usual_us, 0);
    same(&all, &gaps, limit);
    free(gaps.rows);
    hg_arena_free(&arena);
}

static void test_recount(void **state)
{
    (void)state;
    struct hg_reader_db *reader;
    assert_int_equal(hg_store_reader_open(world.dir, &reader, NULL), HG_OK);
    for (int i = 0; i < 80; i++)
        check(reader, some_range(), i % 3 == 0 ? 3 : LIMIT);
    const int64_t end = world.base_us + MINUTES * HG_MINUTE;
    check(reader, (struct hg_range){world.base_us - HG_DAY, world.base_us}, LIMIT);
    check(reader, (struct hg_range){end + HG_DAY, end + 2 * HG_DAY}, LIMIT);
    check(reader, (struct hg_range){world.base_us, end}, LIMIT);
    hg_store_reader_close(reader);
}

static void test_nothing(void **state)
{
    (void)state;
    struct hg_store_settings settings = {.recent_events = 1};
    struct hg_range day = {world.base_us, world.base_us + HG_DAY}, none = {world.base_us, world.base_us};
    struct hg_store *store;
    struct hg_reader_db *reader;
    struct hg_source_gaps *rows;
    struct hg_arena arena;
    struct hg_gaps gaps;
    size_t n = 1;
    char dir[64];
    dir_make(dir);
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    hg_store_close(store);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    for (int i = 0; i < 2; i++) { /* nobody looked: nothing was observed */
        assert_int_equal(hg_reader_gaps(reader, i == 0 ? NULL : "who", day, 9, &gaps, NULL), HG_OK);
        assert_true(gaps.n == 1 && gaps.total == 1 && gaps.usual_us == 0);
        assert_true(gaps.rows[0].from_us == day.from_us && gaps.rows[0].to_us == day.to_us);
        free(gaps.rows);
    }
    assert_int_equal(hg_reader_gaps_all(reader, day, 9, &arena, &rows, &n, NULL), HG_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hg_reader_gaps(reader, NULL, none, 9, &gaps, NULL), HG_OK);
    assert_true(gaps.n == 0 && gaps.rows == NULL);
    hg_store_reader_close(reader);
    hg_arena_free(&arena);
    dir_remove(dir);
}

/* ---- how long it takes */

static void write_many(const char *dir, unsigned sources, int minutes, int every)
{
    static struct rows rows;
    struct hg_store_settings settings = {.recent_events = 1};
    assert_int_equal(hg_store_open(dir, &settings, &rows.store, NULL), HG_OK);
    for (int m = 0; m < minutes; m += every)
        for (unsigned s = 0; s < sources; s++) {
            struct hg_id id = identity_of(s, 0);
            put(&rows, m * HG_MINUTE, &id);
        }
    flush(&rows);
    for (unsigned s = 0; s < sources; s++) {
        char name[32];
        snprintf(name, sizeof name, "source-%u", s);
        put_input(rows.store, s, 0, name, 0);
    }
    hg_store_close(rows.store);
}

static int64_t took(struct hg_reader_db *reader, int64_t from_us, int64_t to_us, const char *name, bool each)
{
    struct hg_source_gaps *rows;
    struct hg_gaps gaps = {0};
    struct hg_arena arena;
    size_t n;
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    int64_t begun = hg_time_monotonic_us();
    if (each)
        assert_int_equal(hg_reader_gaps_all(reader, (struct hg_range){from_us, to_us}, 20, &arena, &rows, &n, NULL), HG_OK);
    else
        assert_int_equal(hg_reader_gaps(reader, name, (struct hg_range){from_us, to_us}, 20, &gaps, NULL), HG_OK);
    int64_t us = hg_time_monotonic_us() - begun;
    free(gaps.rows);
    hg_arena_free(&arena);
    return us;
}

static void test_time(void **state)
{
    (void)state;
    struct hg_reader_db *reader;
    char dir[64];
    dir_make(dir);
    write_many(dir, 10, 30 * 1440, 1);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    took(reader, 0, 30 * HG_DAY, NULL, false); /* warm */
    int64_t month = took(reader, 0, 30 * HG_DAY, NULL, false), one = took(reader, 0, 30 * HG_DAY, "source-3", false);
    int64_t week = took(reader, 23 * HG_DAY, 30 * HG_DAY, NULL, true), day = took(reader, 29 * HG_DAY, 30 * HG_DAY, NULL, true);
    fprintf(stderr, "# 10 sources: 30 days %.1f ms (one source %.1f ms), 7 days by minutes %.1f ms, 1 day %.1f ms\n", (double)month / 1e3,
            (double)one / 1e3, (double)week / 1e3, (double)day / 1e3);
    hg_store_reader_close(reader);
    dir_remove(dir);
    dir_make(dir);
    write_many(dir, 1000, 1440, 10);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    took(reader, 0, HG_DAY, NULL, true);
    int64_t thousand = took(reader, 0, HG_DAY, NULL, true);
    fprintf(stderr, "# 1,000 sources, each every 10 minutes: 1 day %.1f ms for all of them\n", (double)thousand / 1e3);
    hg_store_reader_close(reader);
    dir_remove(dir);
    assert_true(month < 100 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recount), cmocka_unit_test(test_nothing), cmocka_unit_test(test_time)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
