/* The alert budget: hours against a recount of all that came, the hour's edges, catching up, state, and the rates it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "detect/budget.h"

#include <stdio.h>
#include <stdlib.h>

#define START (INT64_C(1773014400) * HG_SECOND) /* a Monday, 00:00 */
#define SOURCES 3u

static struct hg_budget *made(struct hg_budget_settings settings)
{
    struct hg_budget *budget;
    assert_int_equal(hg_budget_create(&settings, &budget, NULL), HG_OK);
    for (uint32_t i = 0; i < SOURCES; i++)
        assert_int_equal(hg_budget_add_source(budget, NULL), HG_OK);
    return budget;
}

static const struct hg_budget_settings total = {.mode = HG_BUDGET_TOTAL, .alerts_per_day = 20};
static const struct hg_budget_settings each = {.mode = HG_BUDGET_PER_SOURCE, .alerts_per_day = 20};

static double give(struct hg_budget *budget, uint32_t source, int64_t clock_us)
{
    double rate = hg_budget_judge(budget, source, HG_SUB_ISCX);
    hg_budget_count(budget, source, clock_us, false);
    return rate;
}

/* ---- a recount: everything that came, by the definition in budget.h */

struct came {
    uint32_t source;
    int64_t hour;
};

struct model {
    const struct came *came;
    size_t n;
    double learnt, caught;
    int64_t caught_hour;
    uint32_t source; /* HG_BUDGET_ALL: all */
};

static bool is_of(const struct model *model, size_t i)
{
    return model->source == HG_BUDGET_ALL || model->came[i].source == model->source;
}

static double recount(const struct model *model, int64_t hour, uint64_t *ret_seen)
{
    int64_t first = INT64_MAX;
    uint64_t whole = 0, now = 0;
    for (size_t i = 0; i < model->n; i++)
        if (is_of(model, i) && model->came[i].hour < first)
            first = model->came[i].hour;
    for (size_t i = 0; i < model->n; i++) {
        int64_t at = model->came[i].hour;
        whole += is_of(model, i) && at > first && at < hour && at >= hour - 24;
        now += is_of(model, i) && at == hour;
    }
    int64_t hours = hour - first - 1 < 24 ? hour - first - 1 : 24;
    *ret_seen = whole + now;
    double events = whole > 0 ? (double)whole * 24 / (double)hours : first == INT64_MAX ? 0 : model->learnt;
    return model->caught_hour == hour && model->caught > events ? model->caught : events;
}

static void test_recount(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)hg_time_now_us();
    struct hg_rng rng = hg_rng_seeded(seed);
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20; round++) {
        struct came came[1500];
        double learnt[HG_SUB_COUNT] = {round % 2 == 0 ? 500 : 0};
        struct hg_budget *budget = made(each);
        struct model models[SOURCES + 1];
        int64_t clock_us = START - (int64_t)hg_rng_below(&rng, (uint64_t)HG_HOUR);
        for (uint32_t s = 0; s <= SOURCES; s++)
            models[s] = (struct model){came, 0, learnt[0], 0, INT64_MIN, s == SOURCES ? HG_BUDGET_ALL : s};
        hg_budget_learnt(budget, learnt);
        for (size_t i = 0; i < sizeof came / sizeof *came; i++) {
            uint64_t step = hg_rng_below(&rng, 100);
            clock_us += step < 80 ? (int64_t)hg_rng_below(&rng, (uint64_t)HG_MINUTE)
                        : step < 98 ? (int64_t)hg_rng_below(&rng, (uint64_t)(2 * HG_HOUR)) : (int64_t)hg_rng_below(&rng, (uint64_t)(60 * HG_HOUR));
            uint32_t source = (uint32_t)hg_rng_below(&rng, SOURCES);
            give(budget, source, clock_us);
            int64_t hour = clock_us / HG_HOUR;
            came[i] = (struct came){source, hour};
            for (uint32_t s = 0; s <= SOURCES; s++) {
                struct model *model = &models[s];
                uint64_t seen;
                model->n = i + 1;
                double events = recount(model, hour, &seen);
                if (is_of(model, i) && (double)seen > 2 * (events > 0 ? events : 20 / HG_RATE_UNKNOWN)) {
                    model->caught = (double)seen;
                    model->caught_hour = hour;
                    events = recount(model, hour, &seen);
                }
                assert_true(hg_budget_events_a_day(budget, model->source) == events);
                if (s < SOURCES)
                    assert_true(hg_budget_rate(budget, s) == hg_budget_rate_at(&each, events));
            }
        }
        hg_budget_destroy(budget);
    }
}

static void test_hours(void **state)
{
    (void)state;
    struct hg_budget *budget = made(total);
    assert_true(hg_budget_rate(budget, 0) == HG_RATE_UNKNOWN);
    for (int i = 0; i < 7; i++) /* this hour isn't whole */
        assert_true(give(budget, 0, START + 59 * HG_MINUTE + i) == HG_RATE_UNKNOWN);
    for (int i = 0; i < 100; i++)
        assert_true(give(budget, (uint32_t)i % 2, START + HG_HOUR + i) == HG_RATE_UNKNOWN);
    assert_true(give(budget, 1, START + 2 * HG_HOUR) == HG_RATE_UNKNOWN); /* it is judged by what came before it */
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) == 2400);
    assert_true(give(budget, 2, START + 2 * HG_HOUR) == 20.0 / 2400);
    assert_true(hg_budget_events_a_day(budget, 0) == 50 * 24);
    assert_true(hg_budget_events_a_day(budget, 1) == 0); /* its first hour was that one */
    give(budget, 0, START + 4 * HG_HOUR); /* 100, 2, none: an empty hour counts */
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) == 102.0 * 24 / 3);
    give(budget, 0, START + 25 * HG_HOUR); /* a whole day: 102 and the one of 4:00 */
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) == 103);
    give(budget, 0, START + 26 * HG_HOUR); /* what was at 1:00 is out, that of 25:00 in */
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) == 4);
    assert_true(hg_budget_rate(budget, 0) == HG_RATE_MAX);
    give(budget, 0, START + 100 * HG_HOUR); /* silence */
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) == 0);
    assert_true(hg_budget_rate(budget, 0) == HG_RATE_UNKNOWN);
    hg_budget_destroy(budget);
}

static void test_learnt(void **state)
{
    (void)state;
    struct hg_budget *budget = made(total);
    double learnt[HG_SUB_COUNT] = {[HG_SUB_ISCX] = 40000, [HG_SUB_COWRIE] = 10000};
    hg_budget_learnt(budget, learnt);
    assert_true(hg_budget_judge(budget, 0, HG_SUB_ISCX) == 20.0 / 40000);
    hg_budget_count(budget, 0, START, false);
    assert_true(hg_budget_judge(budget, 1, HG_SUB_COWRIE) == 20.0 / 50000);
    hg_budget_count(budget, 1, START, false);
    assert_true(hg_budget_events_a_day(budget, 1) == 10000);
    assert_true(hg_budget_judge(budget, 1, HG_SUB_DIONAEA) == HG_RATE_UNKNOWN); /* nobody knows how many of these come */
    hg_budget_count(budget, 1, START, false);
    learnt[HG_SUB_DIONAEA] = 150000;
    hg_budget_learnt(budget, learnt);
    assert_true(hg_budget_rate(budget, 0) == 20.0 / 200000);
    hg_budget_destroy(budget);
}

/* A flood: what it costs stays near the budget. */
static void test_catches_up(void **state)
{
    (void)state;
    struct hg_budget *budget = made(total);
    for (int i = 0; i < 2; i++)
        give(budget, 0, START + i * HG_HOUR);
    double expected = 0;
    for (int i = 0; i < 1000000; i++)
        expected += give(budget, 0, START + 2 * HG_HOUR);
    assert_true(expected > 20 && expected < 20.0 * 20);
    assert_true(hg_budget_events_a_day(budget, HG_BUDGET_ALL) > 500000);
    hg_budget_destroy(budget);
}

static void test_rate(void **state)
{
    (void)state;
    struct hg_budget *budget = made((struct hg_budget_settings){.mode = HG_BUDGET_RATE, .rate = 0.002});
    for (int i = 0; i < 5000; i++)
        assert_true(give(budget, 0, START + i * HG_MINUTE) == 0.002);
    assert_true(hg_budget_events_a_day(budget, 0) == 1440);
    hg_budget_destroy(budget);
    double rates[HG_SUB_COUNT], learnt[HG_SUB_COUNT] = {[HG_SUB_ISCX] = 30000, [HG_SUB_COWRIE] = 10000};
    hg_budget_kind_rates(&total, learnt, rates);
    assert_true(rates[HG_SUB_ISCX] == 20.0 / 40000 && rates[HG_SUB_DIONAEA] == 20.0 / 40000);
    hg_budget_kind_rates(&each, learnt, rates);
    assert_true(rates[HG_SUB_ISCX] == 20.0 / 30000 && rates[HG_SUB_COWRIE] == 20.0 / 10000 && rates[HG_SUB_DIONAEA] == HG_RATE_UNKNOWN);
}

/* Stopped and taken up anywhere, it goes on as if it had not been. */
static void test_state(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)hg_time_now_us();
    struct hg_rng rng = hg_rng_seeded(seed);
    print_message("# seed %llu\n", (unsigned long long)seed);
    double learnt[HG_SUB_COUNT] = {[HG_SUB_ISCX] = 700};
    struct hg_budget *one = made(each), *other = made(each);
    char bytes[SOURCES + 1][HG_BUDGET_ALL_BYTES] = {{0}};
    bool known[SOURCES + 1] = {false};
    hg_budget_learnt(one, learnt);
    hg_budget_learnt(other, learnt);
    int64_t clock_us = START;
    for (int i = 0; i < 20000; i++) {
        uint32_t source = (uint32_t)hg_rng_below(&rng, SOURCES);
        clock_us += (int64_t)hg_rng_below(&rng, (uint64_t)HG_MINUTE) * (hg_rng_below(&rng, 500) == 0 ? 600 : 1);
        bool alarm = hg_rng_below(&rng, 10) == 0;
        assert_true(hg_budget_judge(one, source, HG_SUB_ISCX) == hg_budget_judge(other, source, HG_SUB_ISCX));
        hg_budget_count(one, source, clock_us, alarm);
        hg_budget_count(other, source, clock_us, alarm);
        if (hg_rng_below(&rng, 100) != 0)
            continue;
        for (uint32_t s = 0; s <= SOURCES; s++) { /* as a commit does, only what changed; then a kill */
            uint32_t which = s == SOURCES ? HG_BUDGET_ALL : s;
            if (!hg_budget_changed(other, which))
                continue;
            hg_budget_put(other, which, bytes[s]);
            known[s] = true;
        }
        hg_budget_destroy(other);
        other = made(each);
        hg_budget_learnt(other, learnt);
        for (uint32_t s = 0; s <= SOURCES; s++)
            if (known[s])
                assert_true(s == SOURCES ? hg_budget_take(other, HG_BUDGET_ALL, (struct hg_slice){bytes[s], HG_BUDGET_ALL_BYTES})
                                         : hg_budget_take(other, s, (struct hg_slice){bytes[s], HG_BUDGET_BYTES}));
        for (uint32_t s = 0; s < SOURCES; s++) {
            assert_int_equal(hg_budget_alarms(one, s), hg_budget_alarms(other, s));
            assert_false(hg_budget_changed(other, s));
        }
    }
    struct hg_budget_settings settings;
    assert_true(hg_budget_kept_settings((struct hg_slice){bytes[SOURCES], HG_BUDGET_ALL_BYTES}, &settings));
    assert_true(settings.mode == each.mode && settings.alerts_per_day == 20);
    assert_false(hg_budget_kept_settings((struct hg_slice){bytes[SOURCES], HG_BUDGET_BYTES}, &settings));
    assert_false(hg_budget_take(other, 0, (struct hg_slice){bytes[0], HG_BUDGET_BYTES - 1}));
    hg_budget_saved(one);
    assert_false(hg_budget_changed(one, HG_BUDGET_ALL));
    hg_budget_destroy(one);
    hg_budget_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recount), cmocka_unit_test(test_hours), cmocka_unit_test(test_learnt),
                                       cmocka_unit_test(test_catches_up), cmocka_unit_test(test_rate), cmocka_unit_test(test_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
