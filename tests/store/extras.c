#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "extras.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS   100
#define KEYS    37
#define JOURNAL 1000u /* entries older than so many numbers are done with */
#define RELEASE 2000u
#define SENSORS 3u
#define WEEKS   4u
#define WEEK_US (INT64_C(2209161600) * HG_SECOND + 3 * HG_DAY) /* Monday 2040-01-09: later than any event here, so that none goes */

static void *room(struct extras *extras, uint64_t n, size_t size)
{
    void *p = hg_arena_alloc(&extras->arena, (size_t)(n + 1) * size);
    assert(p != NULL);
    return p;
}

static struct hg_slice text_of(struct extras *extras, const char *what, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof text, "%s %llu", what, (unsigned long long)n);
    return hg_arena_copy(&extras->arena, hg_slice_of(text));
}

static bool is_text(struct hg_slice bytes, const char *what, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof text, "%s %llu", what, (unsigned long long)n);
    return hg_slice_is(bytes, text);
}

static struct hg_id id_of(uint64_t n)
{
    struct hg_id id = {{0}};
    uint64_t mixed = hg_mix64(n);
    memcpy(id.b, &mixed, sizeof mixed);
    return id;
}

static void add_journal(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to)
{
    struct hg_journaled *rows = room(extras, to - from + 1, sizeof *rows);
    for (uint64_t s = from; s <= to; s++)
        if (s % 2 == 0)
            rows[commit->n_journaled++] = (struct hg_journaled){s, (uint32_t)(s % 3), 1, s * 10, id_of(s), text_of(extras, "held", s)};
    commit->journaled = rows;
    commit->journal_done = extras->done;
    commit->n_journal_done = to > JOURNAL ? 3 : 0;
    for (uint32_t kind = 0; kind < 3 && to > JOURNAL; kind++)
        extras->done[kind] = (struct hg_journal_done){kind, to - JOURNAL};
}

static void add_quarantine(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to)
{
    struct hg_quarantined *rows = room(extras, to - from + 1, sizeof *rows);
    uint64_t *released = room(extras, to - from + 1, sizeof *released);
    for (uint64_t s = from; s <= to; s++) {
        if (s % 7 == 0) /* is given number s / 7 */
            rows[commit->n_quarantined++] = (struct hg_quarantined){0, 1, s, HG_REASON_invalid_json, text_of(extras, "bad", s)};
        if (s > RELEASE && (s - RELEASE) % 35 == 0)
            released[commit->n_released++] = (s - RELEASE) / 7;
    }
    commit->quarantined = rows;
    commit->released = released;
}

static void add_kept(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to)
{
    struct hg_slot_bytes *sessions = room(extras, to - from + 1, sizeof *sessions);
    struct hg_answer *answers = room(extras, to - from + 1, sizeof *answers);
    for (uint64_t s = from; s <= to; s++) {
        sessions[commit->n_sessions++] = (struct hg_slot_bytes){(uint32_t)(s % SLOTS), text_of(extras, "session", s)};
        if (s % 10 == 0)
            answers[commit->n_answers++] =
                (struct hg_answer){text_of(extras, "key", s / 10 % KEYS), id_of(s), text_of(extras, "answer", s)};
    }
    extras->state = (struct hg_named_bytes){"last", text_of(extras, "state", to)};
    extras->mark = (struct hg_source_mark){"sensor", (int64_t)to};
    extras->digest = id_of(to);
    commit->sessions = sessions;
    commit->answers = answers;
    commit->states = &extras->state;
    commit->marks = &extras->mark;
    commit->n_states = commit->n_marks = 1;
    commit->model_digest = &extras->digest;
    commit->model = text_of(extras, "model", to);
}

static const char *const sensors[SENSORS] = {"a", "b/c", "d\xc3\xa9"};

/* A row an event: some of them are of the same source and week. */
static void add_budgets(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to)
{
    struct hg_reliability *weeks = room(extras, to - from + 1, sizeof *weeks);
    struct hg_named_bytes *budgets = room(extras, to - from + 1, sizeof *budgets);
    for (uint64_t s = from; s <= to; s++) {
        struct hg_reliability *week = &weeks[commit->n_weeks++];
        *week = (struct hg_reliability){.source = sensors[s % SENSORS], .week_us = WEEK_US + (int64_t)(s / 7 % WEEKS) * HG_WEEK};
        hg_reliability_add(week, (double)(s % 1000) / 1000, 0.001 * (double)(s % 9), s % 5 == 0, s % 10 == 0);
        budgets[commit->n_budgets++] = (struct hg_named_bytes){sensors[s % SENSORS], text_of(extras, "budget", s)};
    }
    commit->weeks = weeks;
    commit->budgets = budgets;
}

void extras_add(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to)
{
    hg_arena_init(&extras->arena, 1 << 20, (size_t)1 << 30);
    add_journal(extras, commit, from, to);
    add_quarantine(extras, commit, from, to);
    add_kept(extras, commit, from, to);
    add_budgets(extras, commit, from, to);
}

void extras_free(struct extras *extras)
{
    hg_arena_free(&extras->arena);
}

/* ---- what must be there */

static void check_journal(struct hg_store *store, struct hg_arena *arena, uint64_t to)
{
    struct hg_journaled *rows;
    size_t n, at = 0;
    assert_int_equal(hg_store_journal(store, arena, &rows, &n, NULL), HG_OK);
    for (uint64_t s = to > JOURNAL ? to - JOURNAL + 1 : 1; s <= to; s++) {
        if (s % 2 != 0)
            continue;
        struct hg_id id = id_of(s);
        assert_true(at < n && rows[at].number == s && rows[at].kind == s % 3 && rows[at].input == 1 && rows[at].offset == s * 10);
        assert_memory_equal(rows[at].id.b, id.b, sizeof id.b);
        assert_true(is_text(rows[at++].bytes, "held", s));
    }
    assert_int_equal(n, at);
    free(rows);
}

static void check_kept(struct hg_store *store, struct hg_arena *arena, uint64_t to)
{
    struct hg_slot_bytes *sessions;
    struct hg_slice bytes;
    struct hg_buf model;
    int64_t mark;
    size_t n;
    assert_int_equal(hg_store_sessions(store, arena, &sessions, &n, NULL), HG_OK);
    assert_int_equal(n, to < SLOTS ? to : SLOTS);
    for (size_t i = 0; i < n && to >= SLOTS; i++) {
        assert_int_equal(sessions[i].slot, i);
        assert_true(is_text(sessions[i].bytes, "session", to - (to - i) % SLOTS));
    }
    free(sessions);
    assert_int_equal(hg_store_state(store, "last", arena, &bytes, NULL), HG_OK);
    assert_true(to == 0 ? bytes.p == NULL : is_text(bytes, "state", to));
    assert_int_equal(hg_store_mark(store, "sensor", &mark, NULL), HG_OK);
    assert_true(mark == (to == 0 ? HG_TIME_NONE : (int64_t)to));
    hg_buf_init(&model, 1 << 20);
    assert_int_equal(hg_store_model(store, &model, NULL), to == 0 ? HG_ESTATE : HG_OK);
    assert_true(to == 0 || is_text(hg_buf_slice(&model), "model", to));
    hg_buf_free(&model);
}

static void check_answers(struct hg_store *store, struct hg_arena *arena, uint64_t to)
{
    for (uint64_t key = 0; key < KEYS; key++) {
        struct hg_answer answer;
        char name[32];
        bool found;
        uint64_t last = to / 10; /* the last number that had this key */
        while (last > 0 && last % KEYS != key)
            last--;
        snprintf(name, sizeof name, "key %llu", (unsigned long long)key);
        assert_int_equal(hg_store_answer(store, hg_slice_of(name), arena, &answer, &found, NULL), HG_OK);
        assert_int_equal(found, last > 0);
        if (!found)
            continue;
        struct hg_id body = id_of(last * 10);
        assert_memory_equal(answer.body.b, body.b, sizeof body.b);
        assert_true(hg_slice_is(answer.key, name) && is_text(answer.answer, "answer", last * 10));
    }
}

static void check_quarantine(const char *dir, struct hg_arena *arena, uint64_t to)
{
    struct hg_reader_db *reader;
    struct hg_quarantine_row *rows;
    struct hg_quarantine_sum sum;
    uint64_t bytes = 0;
    size_t n, at = 0;
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_quarantine_sum(reader, &sum, NULL), HG_OK);
    assert_int_equal(hg_reader_quarantine(reader, NULL, 0, HG_QUARANTINE_MAX, arena, &rows, &n, NULL), HG_OK);
    for (uint64_t number = to / 7; number > 0 && at < HG_QUARANTINE_MAX; number--) {
        if (number % 5 == 0 && number * 7 + RELEASE <= to)
            continue;
        assert_true(at < n && rows[at].number == number && rows[at].offset == number * 7 && rows[at].reason == HG_REASON_invalid_json);
        assert_true(is_text(rows[at].record, "bad", number * 7));
        bytes += rows[at++].record.len;
    }
    assert_int_equal(n, at);
    assert_int_equal(sum.records, n);
    assert_int_equal(sum.bytes, bytes);
    free(rows);
    hg_store_reader_close(reader);
}

static void check_budgets(struct hg_store *store, struct hg_arena *arena, uint64_t to)
{
    struct hg_named_bytes *rows;
    size_t n;
    assert_int_equal(hg_store_budgets(store, arena, &rows, &n, NULL), HG_OK);
    assert_int_equal(n, to < SENSORS ? to : SENSORS);
    for (size_t i = 0; i < n && to >= SENSORS; i++) {
        assert_string_equal(rows[i].name, sensors[i]);
        assert_true(is_text(rows[i].bytes, "budget", to - (to + SENSORS - i) % SENSORS));
    }
    free(rows);
}

void extras_check_weeks(const char *dir, uint64_t to)
{
    struct hg_reliability sums[SENSORS][WEEKS] = {0}, *rows;
    struct hg_reader_db *reader;
    struct hg_arena arena;
    size_t n, at = 0;
    for (uint64_t s = 1; s <= to; s++)
        hg_reliability_add(&sums[s % SENSORS][s / 7 % WEEKS], (double)(s % 1000) / 1000, 0.001 * (double)(s % 9), s % 5 == 0, s % 10 == 0);
    hg_arena_init(&arena, 1 << 16, (size_t)1 << 24);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_reliability(reader, HG_WEEKS_KEPT, &arena, &rows, &n, NULL), HG_OK);
    for (size_t sensor = 0; sensor < SENSORS; sensor++) {
        for (size_t week = WEEKS; week-- > 0;) {
            const struct hg_reliability *sum = &sums[sensor][week];
            if (sum->events == 0)
                continue;
            assert_true(at < n && rows[at].week_us == WEEK_US + (int64_t)week * HG_WEEK);
            assert_string_equal(rows[at].source, sensors[sensor]);
            assert_memory_equal(&rows[at++].events, &sum->events, sizeof *sum - offsetof(struct hg_reliability, events));
        }
    }
    assert_int_equal(at, n);
    free(rows);
    hg_store_reader_close(reader);
    hg_arena_free(&arena);
}

void extras_check(const char *dir, uint64_t to)
{
    struct hg_store_settings settings = {.recent_events = 2000};
    struct hg_store *store;
    struct hg_arena arena;
    hg_arena_init(&arena, 1 << 20, (size_t)1 << 28);
    assert_int_equal(hg_store_open(dir, &settings, &store, NULL), HG_OK);
    check_journal(store, &arena, to);
    check_kept(store, &arena, to);
    check_answers(store, &arena, to);
    check_budgets(store, &arena, to);
    hg_store_close(store);
    check_quarantine(dir, &arena, to);
    hg_arena_free(&arena);
}
