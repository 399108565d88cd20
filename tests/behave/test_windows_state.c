#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS  3000u
#define COLUMNS ((size_t)(HG_FEATURE_FIRST_CODE - HG_FEATURE_FIRST_BEHAVIOUR))

static uint64_t seed;
static const struct made_up forms[] = {{200, 40, 30, 40000, 1000, 300, 0}, {5, 4, 6, 20000, 300, 0, 0}, {300, 3, 3, 7200, 0, 0, 15}};

static struct hg_behave *new_behave(void)
{
    struct hg_behave *behave = NULL;
    assert_int_equal(hg_behave_create(NULL, &behave, NULL), HG_OK);
    return behave;
}

static void run(struct hg_behave *behave, const struct hg_event *events, size_t n, float *ret_columns)
{
    static struct hg_finding findings[EVENTS];
    const struct hg_event *pointers[EVENTS];
    struct hg_matrix matrix = {0};
    assert_int_equal(hg_matrix_reserve(&matrix, n, NULL), HG_OK);
    for (size_t i = 0; i < n; i++)
        pointers[i] = &events[i];
    (void)hg_behave_run(behave, pointers, n, &matrix, findings);
    for (size_t c = 0; ret_columns != NULL && c < COLUMNS; c++)
        memcpy(ret_columns + c * n, hg_matrix_column(&matrix, (enum hg_feature)(HG_FEATURE_FIRST_BEHAVIOUR + c)), n * sizeof *ret_columns);
    hg_matrix_free(&matrix);
}

static struct hg_buf state_of(const struct hg_behave *behave)
{
    struct hg_buf buf;
    hg_buf_init(&buf, (size_t)1 << 28);
    hg_behave_put(behave, &buf);
    assert_false(buf.failed);
    return buf;
}

static void test_a_state_that_is_read_back_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(seed);
    struct hg_event *events = calloc(EVENTS, sizeof *events);
    float *whole = calloc(EVENTS * COLUMNS, sizeof *whole), *other = calloc(EVENTS * COLUMNS, sizeof *other);
    for (int round = 0; round < 6; round++) {
        make_up(&rng, &forms[round % 3], events, EVENTS);
        size_t half = round == 0 ? 0 : (size_t)hg_rng_below(&rng, EVENTS), rest = EVENTS - half;
        struct hg_behave *one = new_behave(), *two = new_behave();
        run(one, events, half, NULL);
        struct hg_buf bytes = state_of(one);
        assert_int_equal(hg_behave_take(two, hg_buf_slice(&bytes), NULL), HG_OK);
        run(one, events + half, rest, whole);
        run(two, events + half, rest, other);
        assert_memory_equal(whole, other, rest * COLUMNS * sizeof *whole);
        struct hg_buf last = state_of(one), same = state_of(two);
        assert_int_equal(last.len, same.len);
        assert_memory_equal(last.p, same.p, last.len);
        hg_buf_free(&bytes);
        hg_buf_free(&last);
        hg_buf_free(&same);
        hg_behave_destroy(one);
        hg_behave_destroy(two);
    }
    free(whole);
    free(other);
    free(events);
}

static void reseal(struct hg_buf *bytes)
{
    static const struct hg_id key = {"honeyguide behav"};
    struct hg_id seal = hg_siphash128(&key, (struct hg_slice){bytes->p, bytes->len - sizeof seal.b});
    memcpy(bytes->p + bytes->len - sizeof seal.b, seal.b, sizeof seal.b);
}

static void refused(const struct hg_buf *bytes, size_t len)
{
    struct hg_err err = {0};
    struct hg_behave *behave = new_behave();
    char *copy = malloc(len > 0 ? len : 1); /* exactly so long, so that reading on is seen */
    assert_non_null(copy);
    memcpy(copy, bytes->p, len);
    assert_int_equal(hg_behave_take(behave, (struct hg_slice){copy, len}, &err), HG_EFORMAT);
    assert_true(err.msg[0] != '\0');
    free(copy);
    hg_behave_destroy(behave);
}

static struct hg_buf some_state(struct hg_event *events, size_t n)
{
    struct hg_rng rng = hg_rng_seeded(seed + 1);
    struct hg_behave *behave = new_behave();
    make_up(&rng, &forms[0], events, n);
    run(behave, events, n, NULL);
    struct hg_buf bytes = state_of(behave);
    hg_behave_destroy(behave);
    return bytes;
}

static void test_what_is_damaged_is_refused(void **state)
{
    (void)state;
    struct hg_event *events = calloc(EVENTS, sizeof *events);
    struct hg_buf bytes = some_state(events, 300);
    for (size_t i = 0; i < bytes.len; i += 1 + bytes.len / 60) {
        bytes.p[i] ^= 16;
        refused(&bytes, bytes.len);
        bytes.p[i] ^= 16;
        refused(&bytes, i);
    }
    struct hg_behave *behave = new_behave();
    assert_int_equal(hg_behave_take(behave, hg_buf_slice(&bytes), NULL), HG_OK);
    hg_behave_destroy(behave);
    hg_buf_free(&bytes);
    free(events);
}

/* With a right checksum: refused, or a state that takes events without a crash. */
static void test_hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(seed + 2);
    struct hg_event *events = calloc(EVENTS, sizeof *events);
    struct hg_buf bytes = some_state(events, 200);
    unsigned taken = 0;
    for (int round = 0; round < 400; round++) {
        size_t n = 1 + (size_t)hg_rng_below(&rng, 3), at[3];
        char was[3];
        for (size_t i = 0; i < n; i++) {
            at[i] = 5 + (size_t)hg_rng_below(&rng, bytes.len - 21);
            was[i] = bytes.p[at[i]];
            bytes.p[at[i]] = (char)hg_rng_next(&rng);
        }
        reseal(&bytes);
        struct hg_behave *behave = new_behave();
        if (hg_behave_take(behave, hg_buf_slice(&bytes), NULL) == HG_OK)
            taken++;
        run(behave, events, 200, NULL);
        hg_behave_destroy(behave);
        for (size_t i = n; i-- > 0;)
            bytes.p[at[i]] = was[i];
    }
    assert_in_range(taken, 1, 399);
    hg_buf_free(&bytes);
    free(events);
}

int main(void)
{
    const char *given = getenv("HG_TEST_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("# seed %llu (HG_TEST_SEED)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_state_that_is_read_back_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(test_what_is_damaged_is_refused),
        cmocka_unit_test(test_hostile_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
