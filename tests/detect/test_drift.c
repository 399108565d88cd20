/* Drift: even p-values bring no mark, ties neither; what shifts is marked, and lasts or doesn't. */
#include "support/cmocka_all.h"

#include "detect/drift.h"

#include "base/rng.h"

#include <math.h>

#define SEED  20261123u
#define START (INT64_C(1700000000000000) / HG_HOUR * HG_HOUR)

static double even(struct hg_rng *rng)
{
    return hg_rng_unit(rng);
}

/* As a honeypot's: nine of ten events are alike and share the middle of their mass. */
static double tied(struct hg_rng *rng)
{
    double u = hg_rng_unit(rng);
    return u < 0.03 ? 0.03 : u < 0.1 ? 0.1 : 0.55;
}

static double shifted(struct hg_rng *rng) /* the distribution function is off by 0.25 */
{
    double u = hg_rng_unit(rng);
    return u * u;
}

struct outcome {
    uint64_t checks, marks, hours, events;
    bool lasts;
};

static struct outcome run(struct drift *drift, double (*draw)(struct hg_rng *), size_t n, int64_t step_us, int64_t *clock_us)
{
    struct hg_rng rng = hg_rng_seeded(SEED);
    struct outcome outcome = {0};
    struct hg_drift_hour hour;
    for (size_t i = 0; i < n; i++, *clock_us += step_us) {
        if (!drift_add(drift, *clock_us, draw(&rng), &hour))
            continue;
        outcome.hours++;
        outcome.checks += hour.checks;
        outcome.marks += hour.marks;
        outcome.events += hour.events;
    }
    outcome.checks += drift->hour.checks;
    outcome.marks += drift->hour.marks;
    outcome.events += drift->hour.events;
    outcome.lasts = drift_lasts(drift);
    return outcome;
}

static void test_even_values_bring_no_mark(void **state)
{
    struct drift drift;
    int64_t clock_us = START;
    (void)state;
    drift_init(&drift, "iscx");
    struct outcome outcome = run(&drift, even, 500000, HG_SECOND, &clock_us);
    assert_int_equal(outcome.events, 500000);
    assert_int_equal(outcome.hours, 138);
    assert_int_equal(outcome.checks, 500000 / DRIFT_EVENTS);
    assert_int_equal(outcome.marks, 0);
    drift_init(&drift, "iscx");
    outcome = run(&drift, tied, 100000, HG_SECOND, &clock_us);
    assert_int_equal(outcome.marks, 0);
}

static void test_what_shifts_is_marked_and_lasts(void **state)
{
    struct drift drift;
    int64_t clock_us = START;
    (void)state;
    drift_init(&drift, "iscx");
    run(&drift, even, 20000, HG_SECOND, &clock_us);
    struct outcome outcome = run(&drift, shifted, 20000, HG_SECOND, &clock_us);
    assert_true(outcome.marks >= 8);
    assert_true(outcome.lasts);
    drift_restart(&drift);
    assert_false(drift_lasts(&drift));
    assert_int_equal(run(&drift, even, 20000, HG_SECOND, &clock_us).lasts, false);
}

/* A burst of a minute: marked, and soon over. */
static void test_a_burst_does_not_last(void **state)
{
    struct drift drift;
    int64_t clock_us = START;
    (void)state;
    drift_init(&drift, "iscx");
    struct outcome burst = run(&drift, shifted, 3 * DRIFT_EVENTS, 10000, &clock_us);
    assert_true(burst.marks >= 2);
    assert_false(burst.lasts);
    run(&drift, even, 3 * DRIFT_EVENTS, HG_SECOND, &clock_us);
    assert_false(drift_lasts(&drift));
}

/* A hundred events an hour: a day of them is a check. */
static void test_few_events_are_checked_by_the_day(void **state)
{
    struct drift drift;
    int64_t clock_us = START;
    (void)state;
    drift_init(&drift, "iscx");
    assert_int_equal(run(&drift, even, 24 * 100 * 10, 36 * HG_SECOND, &clock_us).checks, 11);
    drift_init(&drift, "iscx");
    assert_int_equal(run(&drift, even, 2400, 864 * HG_SECOND, &clock_us).checks, 2400 / 257); /* 100 a day */
}

/* Kolmogorov's limit, by his table: 1.36 is exceeded with 0.0494, 1.63 with 0.0098. */
static void test_significance(void **state)
{
    (void)state;
    double root = sqrt(1e8);
    assert_true(fabs(drift_significance(1.36 / root, 100000000) - 0.0495) < 0.0005);
    assert_true(fabs(drift_significance(1.63 / root, 100000000) - 0.0098) < 0.0002);
    assert_true(drift_significance(0, 1000) >= 1);
    assert_true(drift_significance(1, 2048) > 0 && drift_significance(1, 2048) < 1e-200);

    struct hg_rng rng = hg_rng_seeded(SEED); /* by simulation */
    size_t beyond = 0, rounds = 2000;
    for (size_t r = 0; r < rounds; r++) {
        uint32_t steps[DRIFT_STEPS] = {0};
        for (uint32_t i = 0; i < DRIFT_EVENTS; i++)
            steps[hg_rng_below(&rng, DRIFT_STEPS)]++;
        beyond += drift_significance(drift_distance(steps, DRIFT_EVENTS), DRIFT_EVENTS) < 0.05;
    }
    print_message("# %zu of %zu at 0.05\n", beyond, rounds);
    assert_true(beyond < rounds / 20 + 30); /* steps make it a little conservative */
}

static void test_bytes_give_it_back(void **state)
{
    struct drift drift, read;
    struct hg_buf bytes, again;
    struct hg_rng rng = hg_rng_seeded(SEED);
    int64_t clock_us = START;
    (void)state;
    hg_buf_init(&bytes, 1 << 16);
    hg_buf_init(&again, 1 << 16);
    drift_init(&drift, "iscx");
    run(&drift, shifted, 5000, HG_SECOND, &clock_us);
    drift_put(&drift, &bytes);
    drift_init(&read, "iscx");
    struct bytes_in in = {.rest = hg_buf_slice(&bytes)};
    assert_true(drift_get(&in, &read));
    assert_int_equal(in.rest.len, 0);
    run(&drift, shifted, 5000, HG_SECOND, &clock_us);
    clock_us -= 5000 * HG_SECOND;
    run(&read, shifted, 5000, HG_SECOND, &clock_us);
    assert_memory_equal(&drift, &read, sizeof drift);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        in = (struct bytes_in){.rest = {bytes.p, cut}};
        assert_false(drift_get(&in, &read));
    }
    for (int round = 0; round < 5000; round++) {
        hg_buf_clear(&again);
        hg_buf_add(&again, bytes.p, bytes.len);
        again.p[hg_rng_below(&rng, again.len)] = (char)hg_rng_next(&rng);
        in = (struct bytes_in){.rest = hg_buf_slice(&again)};
        drift_init(&read, "iscx");
        if (drift_get(&in, &read)) {
            struct hg_drift_hour hour;
            drift_add(&read, clock_us, 0.5, &hour);
            (void)drift_lasts(&read);
        }
    }
    hg_buf_free(&bytes);
    hg_buf_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_even_values_bring_no_mark), cmocka_unit_test(test_what_shifts_is_marked_and_lasts),
                                       cmocka_unit_test(test_a_burst_does_not_last), cmocka_unit_test(test_few_events_are_checked_by_the_day),
                                       cmocka_unit_test(test_significance), cmocka_unit_test(test_bytes_give_it_back)};
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
