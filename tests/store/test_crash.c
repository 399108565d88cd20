/* A writer that is killed leaves whole commits; one that can't write leaves what was there and goes on when it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "extras.h"
#include "feed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH 500u
#define KILLS 20

static struct feed feed(uint64_t seed)
{
    return (struct feed){.seed = seed, .start_us = INT64_C(1736370811885951), .step_us = HG_SECOND, .sources = 300,
                         .anomalous_percent = 50, .record_len = 300, .extras = true};
}

static uint64_t stored(const char *dir)
{
    struct hg_store_settings settings = {.recent_events = 2000};
    struct hg_store *store;
    struct hg_err err;
    if (hg_store_open(dir, &settings, &store, &err) != HG_OK)
        fail_msg("%s", err.msg);
    uint64_t sequence = hg_store_sequence(store);
    hg_store_close(store);
    return sequence;
}

static uint64_t total(const char *dir)
{
    struct hg_reader_db *reader;
    struct hg_tally tally;
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_total(reader, (struct hg_range){INT64_MIN, INT64_MAX}, &tally, NULL), HG_OK);
    hg_store_reader_close(reader);
    return tally.events;
}

/* Until the writer has committed something. */
static void wait_for_more(const char *dir, uint64_t at)
{
    struct hg_reader_db *reader;
    uint64_t sequence = at;
    int64_t clock_us, begun = hg_time_monotonic_us();
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    while (sequence == at && hg_time_monotonic_us() - begun < 20 * HG_SECOND) {
        usleep(2000);
        assert_int_equal(hg_reader_begin(reader, &sequence, &clock_us, NULL), HG_OK);
        hg_reader_end(reader);
    }
    hg_store_reader_close(reader);
}

static void test_kill(void **state)
{
    (void)state;
    uint64_t seed = test_seed();
    struct feed f = feed(seed);
    struct hg_rng rng = hg_rng_seeded(seed);
    char dir[64], other[64], one[HG_DIGEST_TEXT_BYTES + 1], two[HG_DIGEST_TEXT_BYTES + 1];
    dir_make(dir);
    dir_make(other);
    uint64_t at = stored(dir);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            feed_write(&f, dir, 2000, at + 1, 10000000, BATCH);
            _exit(0);
        }
        wait_for_more(dir, at);
        usleep((useconds_t)hg_rng_below(&rng, 30000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        uint64_t now = stored(dir);
        assert_true(now > at && now % BATCH == 0); /* whole commits alone */
        assert_int_equal(total(dir), now);          /* and all of them */
        extras_check(dir, now);                     /* with all that is in them */
        at = now;
    }
    fprintf(stderr, "# %d kills, %llu events\n", KILLS, (unsigned long long)at);
    feed_write(&f, other, 2000, 1, at, 1999); /* never disturbed */
    assert_int_equal(hg_store_digest(dir, one, NULL), HG_OK);
    assert_int_equal(hg_store_digest(other, two, NULL), HG_OK);
    assert_string_equal(one, two);
    extras_check(other, at);
    dir_remove(dir);
    dir_remove(other);
}

/* Files may not grow beyond a limit, as if the disk were full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct feed f = feed(1);
    struct hg_store_settings settings = {.recent_events = 100000};
    struct hg_store *store;
    struct hg_err err;
    char dir[64];
    static struct made made[BATCH];
    static struct hg_stored_event rows[BATCH];
    dir_make(dir);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(hg_store_open(dir, &settings, &store, &err), HG_OK);
    enum hg_rc rc = HG_OK;
    uint64_t sequence = 0, full = 0;
    limit_files(1 << 20);
    while (sequence < 20000) {
        for (uint64_t i = 0; i < BATCH; i++) {
            feed_make(&f, sequence + i + 1, &made[i]);
            rows[i] = (struct hg_stored_event){.sequence = sequence + i + 1, .event = &made[i].event, .score = &made[i].score};
        }
        struct hg_commit commit = {.sequence = sequence + BATCH, .events = rows, .n_events = BATCH};
        rc = hg_store_commit(store, &commit, &err);
        if (rc != HG_OK) {
            assert_int_equal(rc, HG_EIO);
            assert_true(err.msg[0] != '\0');
            assert_int_equal(hg_store_sequence(store), sequence);
            assert_int_equal(hg_store_commit(store, &commit, &err), HG_EIO); /* again the same */
            full = sequence;
            limit_files(RLIM_INFINITY);
            assert_int_equal(hg_store_commit(store, &commit, &err), HG_OK);
        }
        sequence += BATCH;
    }
    limit_files(RLIM_INFINITY);
    assert_true(full > 0);
    assert_int_equal(hg_store_sequence(store), sequence);
    hg_store_close(store);
    assert_int_equal(stored(dir), sequence);
    struct hg_reader_db *reader;
    struct hg_arena arena;
    struct hg_event_row *events;
    char cursor[HG_CURSOR_BYTES];
    size_t n;
    hg_arena_init(&arena, 1 << 20, 1 << 27);
    assert_int_equal(hg_store_reader_open(dir, &reader, NULL), HG_OK);
    assert_int_equal(hg_reader_events(reader, (struct hg_range){INT64_MIN, INT64_MAX}, NULL, 50000, "", &arena, &events, &n, cursor,
                                      NULL), HG_OK);
    assert_int_equal(n, sequence);
    hg_store_reader_close(reader);
    hg_arena_free(&arena);
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill), cmocka_unit_test(test_full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
