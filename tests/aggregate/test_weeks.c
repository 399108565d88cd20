/* Asked and achieved: intervals against scipy's, weeks against a recount, verdicts and their words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aggregate/weeks.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MONDAY INT64_C(1773014400000000) /* 2026-03-09 */

static void test_interval(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        double low, high;
    } known[] = {/* scipy: chi2.ppf(.025, 2 k) / 2, chi2.ppf(.975, 2 k + 2) / 2 */
                 {0, 0, 3.68887945}, {1, 0.025317808, 5.57164339}, {2, 0.242209279, 7.22468767}, {3, 0.618672123, 8.76727307},
                 {5, 1.62348639, 11.6683321}, {10, 4.7953887, 18.390356}, {20, 12.2165196, 30.8883779}, {50, 37.1109637, 65.9187667},
                 {117, 96.7621877, 140.221429}, {1000, 938.973018, 1063.95214}, {100000, 99381.1527, 100621.745},
                 {10000000, 9993803, 10006199.9}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct hg_interval interval = hg_poisson_interval(known[i].count);
        assert_true(fabs(interval.low - known[i].low) <= 1e-7 * known[i].low);
        assert_true(fabs(interval.high - known[i].high) <= 1e-7 * known[i].high);
    }
}

static void test_week(void **state)
{
    (void)state;
    assert_int_equal(hg_week_of(0), -3 * HG_DAY);
    assert_int_equal(hg_week_of(MONDAY), MONDAY);
    assert_int_equal(hg_week_of(MONDAY - 1), MONDAY - HG_WEEK);
    assert_int_equal(hg_week_of(MONDAY + HG_WEEK - 1), MONDAY);
    assert_int_equal(hg_week_of(-3 * HG_DAY - 1), -3 * HG_DAY - HG_WEEK);
}

/* Sums by (source, week), whatever the rows; false: a week that isn't kept was counted. */
struct recount {
    struct hg_reliability rows[3][8];
};

static void check_recount(const struct hg_weeks *weeks, const struct recount *recount)
{
    static const char *const names[] = {"a", "b", "c"};
    for (size_t source = 0; source < 3; source++) {
        for (size_t week = 0; week < 8; week++) {
            struct hg_reliability sum = {0};
            const struct hg_reliability *expected = &recount->rows[source][week];
            for (size_t i = 0; i < weeks->n; i++) {
                const struct hg_reliability *row = &weeks->rows[i];
                if (strcmp(row->source, names[source]) != 0 || row->week_us != MONDAY + (int64_t)week * HG_WEEK)
                    continue;
                sum.events += row->events;
                sum.expected += row->expected;
                sum.alarms += row->alarms;
                sum.alerts += row->alerts;
                for (int b = 0; b < HG_RELIABILITY_BINS; b++)
                    sum.bins[b] += row->bins[b];
                for (int t = 0; t < HG_RELIABILITY_TAILS; t++)
                    sum.tails[t] += row->tails[t];
            }
            assert_memory_equal(&sum.events, &expected->events, sizeof sum - offsetof(struct hg_reliability, events));
        }
    }
}

static void test_sums(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    uint64_t seed = (uint64_t)hg_time_now_us();
    struct hg_rng rng = hg_rng_seeded(seed);
    struct hg_weeks weeks = {0};
    struct recount recount = {0};
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 20000; i++) {
        uint32_t source = (uint32_t)hg_rng_below(&rng, 3);
        uint64_t week = hg_rng_below(&rng, 8);
        double p = pow(hg_rng_unit(&rng), 3), rate = hg_rng_unit(&rng) / 10;
        struct hg_judged judged = {.time_us = MONDAY + (int64_t)week * HG_WEEK + (int64_t)hg_rng_below(&rng, (uint64_t)HG_WEEK), .p = p,
                                   .rate = rate, .alarm = p < rate, .alert = p < rate && hg_rng_below(&rng, 2) == 0};
        struct hg_reliability *row = &recount.rows[source][week];
        assert_int_equal(hg_weeks_add(&weeks, source, names[source], MONDAY + 8 * HG_WEEK, &judged, NULL), HG_OK);
        row->events++;
        row->expected += (uint64_t)(rate * 0x1p36 + 0.5);
        row->alarms += p < rate;
        row->alerts += judged.alert;
        int bin = 0;
        while (bin < 19 && (double)(bin + 1) <= p * 20)
            bin++;
        row->bins[bin]++;
        row->tails[0] += p <= 1e-2;
        row->tails[1] += p <= 1e-3;
        row->tails[2] += p <= 1e-4;
    }
    check_recount(&weeks, &recount);
    assert_int_equal(weeks.n, 24);
    hg_weeks_clear(&weeks);
    check_recount(&weeks, &(struct recount){0});
    struct hg_judged one = {.time_us = MONDAY, .p = 1};
    assert_int_equal(hg_weeks_add(&weeks, 7, "h", MONDAY + HG_WEEKS_KEPT * HG_WEEK, &one, NULL), HG_OK);
    assert_int_equal(weeks.n, 0); /* too old */
    assert_int_equal(hg_weeks_add(&weeks, 7, "h", MONDAY + HG_WEEKS_KEPT * HG_WEEK - 1, &one, NULL), HG_OK);
    assert_int_equal(weeks.n, 1);
    assert_int_equal(weeks.rows[0].bins[19], 1);
    hg_weeks_free(&weeks);
}

/* Times that jump about, far beyond what is looked through, lose nothing. */
static void test_many_weeks(void **state)
{
    (void)state;
    struct hg_weeks weeks = {0};
    uint64_t events = 0;
    for (int i = 0; i < 1000; i++) {
        struct hg_judged judged = {.time_us = MONDAY + i % 500 * HG_WEEK, .p = 0.5};
        assert_int_equal(hg_weeks_add(&weeks, 0, "a", MONDAY, &judged, NULL), HG_OK);
    }
    for (size_t i = 0; i < weeks.n; i++)
        events += weeks.rows[i].events;
    assert_int_equal(events, 1000);
    hg_weeks_free(&weeks);
}

/* ---- verdicts */

static struct hg_reliability even(uint64_t events, double expected, uint64_t alarms, uint64_t alerts)
{
    struct hg_reliability row = {.source = "s", .week_us = MONDAY, .events = events, .expected = (uint64_t)(expected * HG_RATE_ONE),
                                 .alarms = alarms, .alerts = alerts};
    for (int i = 0; i < HG_RELIABILITY_BINS; i++)
        row.bins[i] = events / HG_RELIABILITY_BINS;
    return row;
}

static void check_words(const struct hg_reliability *row, enum hg_verdict verdict, const char *words)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 1024);
    hg_reliability_words(row, &buf);
    hg_buf_char(&buf, '\0');
    assert_int_equal(hg_reliability_verdict(row), verdict);
    assert_string_equal(buf.p, words);
    hg_buf_free(&buf);
}

static void test_verdicts(void **state)
{
    (void)state;
    struct hg_reliability row = even(412340, 101.4, 117, 64);
    check_words(&row, HG_VERDICT_AS_ASKED, "As asked: 117 false alarms, 101 expected.");
    row = even(412340, 90.2, 117, 64);
    check_words(&row, HG_VERDICT_MORE, "More false alarms than asked: 117 instead of 90. "
                                       "The traffic has drifted from what was learnt or comes in bursts, or too few rows were learnt from for so "
                                       "small a rate.");
    row.alerts = 1;
    check_words(&row, HG_VERDICT_MORE, "More false alarms than asked: 117 instead of 90. They come in bursts: 1 alert holds them all.");
    row = even(412340, 90.2, 117, 64);
    row.bins[0] += 100000;
    row.bins[10] = row.bins[11] = row.bins[12] = row.bins[13] = row.bins[14] = 0;
    check_words(&row, HG_VERDICT_MORE, "More false alarms than asked: 117 instead of 90. "
                                       "The traffic has drifted from what was learnt: its p-values are far from uniform.");
    check_words(&(struct hg_reliability){.events = 999, .expected = (uint64_t)(7.25 * HG_RATE_ONE)}, HG_VERDICT_TOO_FEW,
                "Too few to say: 999 events, 7.2 false alarms to expect.");
    row = even(412340, 4.9, 3, 3);
    check_words(&row, HG_VERDICT_TOO_FEW, "Too few to say: 412340 events, 4.9 false alarms to expect.");
    row = even(71322, 0.8, 27, 20); /* an excess shows all the same */
    check_words(&row, HG_VERDICT_MORE, "More false alarms than asked: 27 instead of 0.8. "
                                       "The traffic has drifted from what was learnt or comes in bursts, or too few rows were learnt from for so "
                                       "small a rate.");
    row = even(412340, 20, 0, 0);
    check_words(&row, HG_VERDICT_FEWER, "Fewer false alarms than asked: 0 instead of 20. The traffic is plainer than what was learnt, or the p-values "
                                        "are cautious, as they are where few rows were learnt from.");
    row.bins[1] = row.bins[3] = row.bins[5] = row.bins[7] = 0;
    check_words(&row, HG_VERDICT_FEWER, "Fewer false alarms than asked: 0 instead of 20. "
                                        "Many events have the same score, so a rate between two of them can't be had.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_interval), cmocka_unit_test(test_week), cmocka_unit_test(test_sums),
                                       cmocka_unit_test(test_many_weeks), cmocka_unit_test(test_verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
