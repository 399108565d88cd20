/* Journal, sessions, states, answers, marks and late flags: what was committed comes back; what couldn't be committed left nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "extras.h"
#include "feed.h"
#include "store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>

static struct hg_store *open_store(const char *dir)
{
    struct hg_store_settings settings = {.recent_events = 2000};
    struct hg_store *store;
    struct hg_err err;
    if (hg_store_open(dir, &settings, &store, &err) != HG_OK)
        fail_msg("%s", err.msg);
    return store;
}

static void digest_of(const char *dir, char ret[HG_DIGEST_TEXT_BYTES + 1])
{
    assert_int_equal(hg_store_digest(dir, ret, NULL), HG_OK);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct feed feed = {.seed = test_seed(), .start_us = 0, .step_us = HG_SECOND, .sources = 9, .anomalous_percent = 50, .extras = true};
    char dir[64];
    dir_make(dir);
    feed_write(&feed, dir, 2000, 1, 50, 7);
    extras_check(dir, 50);
    extras_check_weeks(dir, 50);
    feed_write(&feed, dir, 2000, 51, 3000, 111);
    extras_check(dir, 3000);
    extras_check_weeks(dir, 3000);
    feed_write(&feed, dir, 2000, 3001, 9000, 1999);
    extras_check(dir, 9000);
    extras_check_weeks(dir, 9000);
    dir_remove(dir);
}

static void test_nothing_and_empty(void **state)
{
    (void)state;
    const struct hg_slot_bytes slot = {UINT32_MAX, HG_SLICE_NONE};
    const struct hg_named_bytes named = {"empty", HG_SLICE_NONE};
    const struct hg_answer given = {.key = HG_SLICE("a\0b")};
    const struct hg_journaled held = {.number = 1, .kind = UINT32_MAX, .input = UINT32_MAX, .offset = INT64_MAX};
    struct hg_journaled *journal;
    struct hg_slot_bytes *sessions;
    struct hg_answer answer;
    struct hg_slice bytes;
    struct hg_arena arena;
    bool found;
    size_t n;
    char dir[64];
    dir_make(dir);
    hg_arena_init(&arena, 4096, 1 << 20);
    extras_check(dir, 0); /* a new store knows of nothing */
    struct hg_store *store = open_store(dir);
    struct hg_commit commit = {.sessions = &slot, .n_sessions = 1, .states = &named, .n_states = 1, .answers = &given, .n_answers = 1,
                               .journaled = &held, .n_journaled = 1};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
    store = open_store(dir);
    assert_int_equal(hg_store_state(store, "empty", &arena, &bytes, NULL), HG_OK);
    assert_true(bytes.p != NULL && bytes.len == 0); /* kept, and empty */
    assert_int_equal(hg_store_state(store, "other", &arena, &bytes, NULL), HG_OK);
    assert_null(bytes.p);
    assert_int_equal(hg_store_sessions(store, &arena, &sessions, &n, NULL), HG_OK);
    assert_true(n == 1 && sessions[0].slot == UINT32_MAX && sessions[0].bytes.len == 0);
    assert_int_equal(hg_store_journal(store, &arena, &journal, &n, NULL), HG_OK);
    assert_true(n == 1 && journal[0].kind == UINT32_MAX && journal[0].input == UINT32_MAX && journal[0].offset == INT64_MAX);
    assert_int_equal(hg_store_answer(store, HG_SLICE("a\0b"), &arena, &answer, &found, NULL), HG_OK);
    assert_true(found && answer.answer.len == 0 && hg_slice_eq(answer.key, HG_SLICE("a\0b")));
    assert_int_equal(hg_store_answer(store, HG_SLICE("a\0c"), &arena, &answer, &found, NULL), HG_OK);
    assert_false(found);
    assert_int_equal(hg_store_answer(store, HG_SLICE("a"), &arena, &answer, &found, NULL), HG_OK);
    assert_false(found);
    free(journal);
    free(sessions);
    hg_store_close(store);
    hg_arena_free(&arena);
    dir_remove(dir);
}

/* ---- answers: the last so many keys */

static bool knows(struct hg_store *store, uint64_t key, uint64_t *ret_answer)
{
    struct hg_arena arena;
    struct hg_answer answer;
    bool found;
    hg_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(hg_store_answer(store, (struct hg_slice){(const char *)&key, sizeof key}, &arena, &answer, &found, NULL), HG_OK);
    if (found)
        memcpy(ret_answer, answer.answer.p, sizeof *ret_answer);
    hg_arena_free(&arena);
    return found;
}

static void answer_keys(struct hg_store *store, uint64_t from, uint64_t to, uint64_t plus)
{
    static uint64_t keys[HG_ANSWERS_MAX], values[HG_ANSWERS_MAX];
    static struct hg_answer answers[HG_ANSWERS_MAX];
    size_t n = 0;
    for (uint64_t key = from; key <= to; key++, n++) {
        keys[n] = key;
        values[n] = key + plus;
        answers[n] = (struct hg_answer){{(const char *)&keys[n], sizeof keys[n]}, {{1}}, {(const char *)&values[n], sizeof values[n]}};
    }
    struct hg_commit commit = {.answers = answers, .n_answers = n};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
}

static void test_answers_are_bounded(void **state)
{
    (void)state;
    uint64_t answer;
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    answer_keys(store, 1, 60000, 0);
    answer_keys(store, 500, 1500, 7); /* again: they count once, and keep their place */
    answer_keys(store, 60001, HG_ANSWERS_MAX, 0);
    assert_true(knows(store, 1, &answer) && answer == 1);
    assert_true(knows(store, 500, &answer) && answer == 507);
    answer_keys(store, HG_ANSWERS_MAX + 1, HG_ANSWERS_MAX + 1, 0);
    assert_false(knows(store, 1, &answer));
    assert_true(knows(store, 2, &answer));
    hg_store_close(store);
    store = open_store(dir);
    answer_keys(store, 70000, 70998, 0);
    assert_false(knows(store, 1000, &answer));
    assert_true(knows(store, 1001, &answer) && answer == 1008);
    assert_true(knows(store, 70998, &answer) && answer == 70998);
    hg_store_close(store);
    dir_remove(dir);
}

/* ---- a commit that fails at any moment */

struct interruption {
    int64_t steps; /* until it comes */
    bool once;     /* else it stays, and nothing can be taken back either */
};

static int interrupt(void *self)
{
    struct interruption *i = self;
    i->steps--;
    return i->once ? i->steps == -1 : i->steps < 0;
}

struct batch { /* one commit with everything in it */
    struct made made[300];
    struct hg_stored_event rows[300];
    struct extras extras;
    struct hg_commit commit;
};

static void make_batch(struct batch *batch, uint64_t from, uint64_t to)
{
    static const struct hg_id identity = {{5}};
    static struct hg_input_state input;
    struct feed feed = {.seed = 3, .start_us = 0, .step_us = HG_SECOND, .sources = 9, .anomalous_percent = 50};
    input = (struct hg_input_state){.identity = identity, .name = "sensor", .format = "suricata", .next_offset = to, .index = 1,
                                    .first_event_us = HG_TIME_NONE, .last_event_us = HG_TIME_NONE, .last_arrival_us = HG_TIME_NONE,
                                    .timezone_us = HG_TIME_NONE};
    size_t n = 0;
    for (uint64_t s = from; s <= to; s++, n++) {
        feed_make(&feed, s, &batch->made[n]);
        batch->rows[n] = (struct hg_stored_event){.sequence = s, .event = &batch->made[n].event, .score = &batch->made[n].score,
                                                  .late = s % 3 == 0};
    }
    batch->commit = (struct hg_commit){.sequence = to, .events = batch->rows, .n_events = n, .inputs = &input, .n_inputs = 1};
    extras_add(&batch->extras, &batch->commit, from, to);
}

/* Commits [1, 2700] and then [2701, 3000], the latter interrupted after ever more steps; returns the failures. */
static int commit_interrupted(const char *dir, struct hg_rng *rng)
{
    static struct batch batch;
    struct hg_err err;
    int failures = 0;
    struct hg_store *store = open_store(dir);
    for (uint64_t from = 1; from < 2700; from += 300) {
        make_batch(&batch, from, from + 299);
        assert_int_equal(hg_store_commit(store, &batch.commit, &err), HG_OK);
        extras_free(&batch.extras);
    }
    make_batch(&batch, 2701, 3000);
    struct store_state before = store->state;
    for (int64_t steps = 1;; steps += 1 + (int64_t)hg_rng_below(rng, (uint64_t)steps / 4 + 1)) {
        struct interruption interruption = {steps, failures % 2 == 0};
        sqlite3_progress_handler(store->db.handle, 1, interrupt, &interruption);
        enum hg_rc rc = hg_store_commit(store, &batch.commit, &err);
        sqlite3_progress_handler(store->db.handle, 0, NULL, NULL);
        if (rc == HG_OK)
            break;
        failures++;
        assert_int_equal(rc, HG_EIO);
        assert_memory_equal(&store->state, &before, sizeof before);
        assert_true(sqlite3_get_autocommit(store->db.handle) || failures % 2 == 0);
        for (int i = 0; i < SQL_COUNT; i++) /* nothing is left open that would hold a snapshot */
            assert_true(store->db.statements[i] == NULL || !sqlite3_stmt_busy(store->db.statements[i]));
    }
    extras_free(&batch.extras);
    hg_store_close(store);
    return failures;
}

static void test_interrupted(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(test_seed());
    char dir[64], other[64], one[HG_DIGEST_TEXT_BYTES + 1], two[HG_DIGEST_TEXT_BYTES + 1];
    static struct batch batch;
    dir_make(dir);
    dir_make(other);
    int failures = commit_interrupted(dir, &rng);
    fprintf(stderr, "# %d failed tries\n", failures);
    assert_true(failures > 20);
    extras_check(dir, 3000);
    extras_check_weeks(dir, 3000);
    struct hg_store *store = open_store(other); /* never disturbed */
    for (uint64_t from = 1; from < 3000; from += 300) {
        make_batch(&batch, from, from + 299);
        assert_int_equal(hg_store_commit(store, &batch.commit, NULL), HG_OK);
        extras_free(&batch.extras);
    }
    hg_store_close(store);
    digest_of(dir, one);
    digest_of(other, two);
    assert_string_equal(one, two);
    dir_remove(dir);
    dir_remove(other);
}

/* The database may not grow: as a full disk, but seen by every statement that needs a page. */
static void test_full(void **state)
{
    (void)state;
    static struct batch batch;
    struct hg_err err;
    char dir[64];
    dir_make(dir);
    struct hg_store *store = open_store(dir);
    make_batch(&batch, 1, 300);
    struct store_state before = store->state;
    int tries = 0;
    for (int pages = 1;; pages += 3, tries++) { /* no less than it has */
        char limit[64];
        snprintf(limit, sizeof limit, "PRAGMA max_page_count = %d", pages);
        assert_int_equal(sqlite3_exec(store->db.handle, limit, NULL, NULL, NULL), SQLITE_OK);
        enum hg_rc rc = hg_store_commit(store, &batch.commit, &err);
        if (rc == HG_OK)
            break;
        assert_int_equal(rc, HG_EIO);
        assert_non_null(strstr(err.msg, "full"));
        assert_memory_equal(&store->state, &before, sizeof before);
    }
    assert_true(tries > 3);
    extras_free(&batch.extras);
    hg_store_close(store);
    extras_check(dir, 300);
    dir_remove(dir);
}

/* ---- late events, and what is no part of the digest */

static void write_events(const char *dir, bool late, const struct hg_input_state *input)
{
    static struct batch batch;
    struct hg_store *store = open_store(dir);
    make_batch(&batch, 1, 300);
    for (size_t i = 0; i < 300; i++) {
        batch.rows[i].by = i % 2 == 0 ? 0 : 1; /* both tables */
        batch.rows[i].late = late && i % 3 == 0;
        batch.made[i].event.direction = (uint8_t)(i % HG_DIRECTION_NONE);
    }
    struct hg_commit commit = {.sequence = 300, .events = batch.rows, .n_events = 300, .inputs = input, .n_inputs = 1};
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    extras_free(&batch.extras);
    hg_store_close(store);
}

static struct hg_input_state sensor(uint64_t late)
{
    return (struct hg_input_state){.identity = {{5}}, .name = "sensor", .format = "suricata", .index = 1, .next_offset = 900,
                                   .counts = {.read = 300, .decoded = 300, .late = late}, .first_event_us = 1, .last_event_us = 2,
                                   .last_arrival_us = HG_TIME_NONE, .timezone_us = HG_TIME_NONE};
}

static void test_late(void **state)
{
    (void)state;
    char dir[64], other[64], one[HG_DIGEST_TEXT_BYTES + 1], two[HG_DIGEST_TEXT_BYTES + 1], cursor[HG_CURSOR_BYTES];
    struct hg_reader_db *reader;
    struct hg_event_row *rows;
    struct hg_input_state input = sensor(100), *inputs;
    struct hg_arena arena;
    size_t n;
    hg_arena_init(&arena, 1 << 20, 1 << 26);
    dir_make(dir);
    dir_make(other);
    write_events(dir, true, &input);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_events(reader, (struct hg_range){INT64_MIN, INT64_MAX}, NULL, 1000, "", &arena, &rows, &n, cursor, NULL), HG_OK);
    assert_int_equal(n, 300);
    for (size_t i = 0; i < n; i++) {
        size_t k = (size_t)rows[i].sequence - 1;
        assert_int_equal(rows[i].late, k % 3 == 0);
        assert_int_equal(rows[i].event.direction, k % HG_DIRECTION_NONE);
    }
    assert_int_equal(hg_reader_inputs(reader, &arena, &inputs, &n, NULL), HG_OK);
    assert_true(n == 1 && inputs[0].counts.late == 100 && inputs[0].last_arrival_us == HG_TIME_NONE);
    free(inputs);
    hg_store_reader_close(reader);
    write_events(other, false, &input); /* the events' flags alone */
    digest_of(dir, one);
    digest_of(other, two);
    assert_string_not_equal(one, two);
    dir_remove(other);
    dir_make(other);
    input = sensor(99); /* the account alone */
    write_events(other, true, &input);
    digest_of(other, two);
    assert_string_not_equal(one, two);
    hg_arena_free(&arena);
    dir_remove(dir);
    dir_remove(other);
}

static void test_not_in_the_digest(void **state)
{
    (void)state;
    char dir[64], one[HG_DIGEST_TEXT_BYTES + 1], two[HG_DIGEST_TEXT_BYTES + 1];
    struct hg_input_state input = sensor(0), *inputs;
    struct extras extras;
    struct hg_arena arena;
    size_t n;
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    dir_make(dir);
    write_events(dir, true, &input);
    digest_of(dir, one);
    input.last_arrival_us = INT64_C(1736370811885951);
    input.timezone_us = -3 * HG_HOUR;
    struct hg_commit commit = {.sequence = 300, .inputs = &input, .n_inputs = 1};
    extras_add(&extras, &commit, 1, 300);
    commit.n_weeks = 0; /* these are */
    struct hg_store *store = open_store(dir);
    assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
    hg_store_close(store);
    extras_free(&extras);
    digest_of(dir, two);
    assert_string_equal(one, two);
    extras_check(dir, 300); /* it is all there */
    store = open_store(dir);
    assert_int_equal(hg_store_inputs(store, &arena, &inputs, &n, NULL), HG_OK);
    assert_true(n == 1 && inputs[0].last_arrival_us == input.last_arrival_us && inputs[0].timezone_us == input.timezone_us);
    free(inputs);
    hg_store_close(store);
    hg_arena_free(&arena);
    dir_remove(dir);
}

/* Weeks go once the clock has left them far behind, whatever comes with the commit; whose p-values they are is no part of the digest. */
static void test_weeks(void **state)
{
    (void)state;
    struct hg_reliability weeks[] = {{.source = "a", .week_us = 0}, {.source = "b", .week_us = 0}, {.source = "a", .week_us = HG_WEEK}};
    struct hg_rollup_delta delta = {.clock_us = HG_DAY};
    struct hg_commit commit = {.delta = &delta, .weeks = weeks, .n_weeks = 3};
    char dir[64], one[HG_DIGEST_TEXT_BYTES + 1], two[HG_DIGEST_TEXT_BYTES + 1];
    struct hg_reader_db *reader;
    struct hg_reliability *rows;
    struct hg_arena arena;
    const size_t left[] = {3, 3, 1, 0};
    hg_arena_init(&arena, 1 << 16, 1 << 24);
    for (size_t i = 0; i < 3; i++) {
        weeks[i].week_us = hg_week_of(weeks[i].week_us);
        hg_reliability_add(&weeks[i], 0.5, 0.01, false, false);
    }
    for (int swapped = 0; swapped < 2; swapped++) {
        dir_make(dir);
        struct hg_store *store = open_store(dir);
        delta.clock_us = HG_DAY;
        commit.n_weeks = 3;
        weeks[0].source = swapped ? "b" : "a";
        weeks[1].source = swapped ? "c" : "b";
        assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
        digest_of(dir, swapped ? two : one);
        commit.n_weeks = 0;
        for (int i = 0; i < 4; i++) {
            size_t n;
            assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
            assert_int_equal(hg_reader_reliability(reader, HG_WEEKS_KEPT, &arena, &rows, &n, NULL), HG_OK);
            assert_int_equal(n, left[i]);
            free(rows);
            if (i > 0 && i < 3) {
                assert_int_equal(hg_reader_reliability(reader, 1, &arena, &rows, &n, NULL), HG_OK);
                assert_int_equal(n, 0);
                free(rows);
            }
            hg_store_reader_close(reader);
            delta.clock_us = (HG_WEEKS_KEPT - 1 + i) * HG_WEEK + HG_DAY;
            assert_int_equal(hg_store_commit(store, &commit, NULL), HG_OK);
        }
        hg_store_close(store);
        dir_remove(dir);
    }
    assert_string_equal(one, two);
    hg_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_nothing_and_empty), cmocka_unit_test(test_answers_are_bounded),
        cmocka_unit_test(test_interrupted), cmocka_unit_test(test_full),              cmocka_unit_test(test_late),
        cmocka_unit_test(test_not_in_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
