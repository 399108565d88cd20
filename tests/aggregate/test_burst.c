/* Bursts: the Poisson tail against an exact sum, and the rule of 12 windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/burst.h"

#include <math.h>

/* 1 - P(X < count), term by term: good while the tail is far from 0 */
static double plain_tail(unsigned count, double mean)
{
    double term = exp(-mean), sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += term;
        term *= mean / (i + 1);
    }
    return 1 - sum;
}

static void test_tail(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 60; count++) {
        for (double mean = 0.25; mean < count; mean *= 1.5) {
            double p = hg_poisson_tail(count, mean), q = plain_tail(count, mean);
            assert_true(fabs(p - q) < 1e-9 + 1e-6 * q);
        }
    }
    assert_true(hg_poisson_tail(0, 5) == 1.0);
    assert_true(hg_poisson_tail(1, 0) == 0.0);
    assert_true(hg_poisson_tail(5, 5) > 0.5);
    /* R: ppois(9, 2, lower.tail = FALSE) = 4.649808e-05 */
    assert_true(fabs(hg_poisson_tail(10, 2) - 4.649808e-05) < 1e-10);
    double p = hg_poisson_tail(1000000, 990000); /* 10 standard deviations: small, but a number */
    assert_true(p > 0 && p < 1e-20);
    assert_true(hg_poisson_tail(UINT64_C(1) << 40, 1) < 1e-300);
}

static void test_rule(void **state)
{
    (void)state;
    uint64_t counts[30] = {0};
    bool burst[30];
    counts[5] = 1000; /* too little before it */
    counts[18] = 2;   /* nothing before it, but too few */
    counts[22] = 3;   /* the mean before it is 2/12: P(X >= 3) is 6.8e-4 */
    counts[27] = 6;   /* 5/12: P(X >= 6) is 5.1e-6 */
    hg_bursts(counts, 30, burst);
    for (int i = 0; i < 30; i++)
        assert_int_equal(burst[i], i == 27);
    counts[18] = counts[22] = 0;
    counts[27] = 3; /* nothing for an hour, then three */
    hg_bursts(counts, 30, burst);
    assert_true(burst[27]);
}

static void test_history(void **state)
{
    (void)state;
    uint64_t counts[26];
    bool burst[26];
    for (int i = 0; i < 26; i++)
        counts[i] = 10;
    counts[12] = 24; /* P(X >= 24 | 10) = 1.2e-4 */
    counts[25] = 25; /* P(X >= 25 | 10) = 4.7e-5; the 24 is no longer among its 12 */
    hg_bursts(counts, 26, burst);
    assert_false(burst[12]);
    assert_true(burst[25]);
    hg_bursts(counts, 0, burst);
}

static void test_one_behind_its_history(void **state)
{
    (void)state;
    uint64_t before[HG_BURST_HISTORY] = {0};
    assert_false(hg_is_burst(before, 2));
    assert_true(hg_is_burst(before, 3));
    before[0] = before[HG_BURST_HISTORY - 1] = 60; /* a mean of 10 */
    assert_false(hg_is_burst(before, 24));
    assert_true(hg_is_burst(before, 25));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tail), cmocka_unit_test(test_rule), cmocka_unit_test(test_history),
                                       cmocka_unit_test(test_one_behind_its_history)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
