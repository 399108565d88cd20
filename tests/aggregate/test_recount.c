/* Rollups and attackers of random events equal a count by brute force, however the deltas were cut; and deltas are in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aggregate/aggregate.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS 4000u
#define START  INT64_C(1736370800000000)

static struct hg_event events[EVENTS];
static struct hg_score scores[EVENTS];

static void make(uint64_t seed)
{
    static const char *const apps[] = {NULL, "HTTP", "SSH"};
    struct hg_rng rng = hg_rng_seeded(seed);
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct hg_event *e = &events[i];
        *e = (struct hg_event){.time_us = START + (int64_t)hg_rng_below(&rng, (uint64_t)(7 * HG_MINUTE)), .protocol = HG_SLICE("udp")};
        memcpy(e->id.b, &i, sizeof i);
        e->dataset = (uint8_t)hg_rng_below(&rng, HG_DATASET_COUNT);
        e->source_ip = hg_ip_v4((uint32_t)(0xc0000200 + hg_rng_below(&rng, 30)));
        e->destination_port = (uint16_t)hg_rng_below(&rng, 5);
        e->application_protocol = hg_slice_of(apps[hg_rng_below(&rng, 3)]);
        e->label = hg_rng_below(&rng, 5) == 0 ? HG_LABEL_ATTACK : HG_LABEL_NORMAL;
        scores[i] = (struct hg_score){.value = (float)hg_rng_unit(&rng), .state = (uint8_t)hg_rng_below(&rng, 3)};
        if (scores[i].state == HG_NO_SUBMODEL)
            scores[i].value = 0;
        else if (scores[i].value > 0.8)
            scores[i].severity = (uint8_t)(1 + hg_rng_below(&rng, 3));
    }
}

static void count_one(const struct hg_event *e, const struct hg_score *s, struct hg_tally *t)
{
    bool label = e->label == HG_LABEL_ATTACK, score = s->severity != HG_SEVERITY_NONE;
    uint64_t units = (uint64_t)((double)s->value * 1048576 + 0.5);
    t->events++;
    t->by_label += label && !score;
    t->by_score += score && !label;
    t->by_both += label && score;
    t->high += s->severity == HG_SEVERITY_HIGH;
    t->medium += s->severity == HG_SEVERITY_MEDIUM;
    t->low += s->severity == HG_SEVERITY_LOW;
    if (s->state == HG_NO_SUBMODEL)
        return;
    t->scored++;
    t->score_sum += units;
    if (!label && !score)
        return;
    t->anomalous_scored++;
    t->anomalous_score_sum += units;
    t->score_max = units > t->score_max ? (uint32_t)units : t->score_max;
}

static bool in_row(const struct hg_event *e, const struct hg_rollup *row)
{
    char key[HG_ROLLUP_KEY_BYTES + 1] = "";
    const char *app = e->application_protocol.p != NULL ? e->application_protocol.p : "UDP";
    if (hg_time_floor(e->time_us, HG_MINUTE) != row->minute_us)
        return false;
    switch ((enum hg_dim)row->dim) {
    case HG_DIM_TOTAL:
        break;
    case HG_DIM_DATASET:
        snprintf(key, sizeof key, "%s", hg_dataset_name((enum hg_dataset)e->dataset));
        break;
    case HG_DIM_PROTOCOL:
        snprintf(key, sizeof key, "%s", app);
        break;
    case HG_DIM_PORT:
        snprintf(key, sizeof key, "%u", (unsigned)e->destination_port);
        break;
    case HG_DIM_COUNTRY:
    case HG_DIM_COORDINATE:
    case HG_DIM_SOURCE:
    case HG_DIM_COUNT:
        return false;
    }
    return strlen(key) == row->key_len && memcmp(key, row->key, row->key_len) == 0;
}

static int row_order(const struct hg_rollup *a, const struct hg_rollup *b)
{
    char left[HG_ROLLUP_KEY_BYTES + 1] = "", right[HG_ROLLUP_KEY_BYTES + 1] = "";
    memcpy(left, a->key, a->key_len);
    memcpy(right, b->key, b->key_len);
    if (a->dim != b->dim)
        return a->dim - b->dim;
    return a->minute_us != b->minute_us ? (a->minute_us < b->minute_us ? -1 : 1) : strcmp(left, right);
}

/* Events [from, to) against the delta. */
static void check(const struct hg_rollup_delta *delta, uint32_t from, uint32_t to)
{
    uint64_t sums[HG_DIM_COUNT] = {0};
    for (size_t r = 0; r < delta->n_rollups; r++) {
        const struct hg_rollup *row = &delta->rollups[r];
        struct hg_tally wanted = {0};
        assert_true(r == 0 || row_order(row - 1, row) < 0);
        sums[row->dim] += row->tally.events;
        if (row->dim >= HG_DIM_COUNTRY)
            continue;
        for (uint32_t i = from; i < to; i++)
            if (in_row(&events[i], row))
                count_one(&events[i], &scores[i], &wanted);
        assert_memory_equal(&row->tally, &wanted, sizeof wanted);
    }
    uint64_t anomalous = 0;
    for (uint32_t i = from; i < to; i++)
        anomalous += hg_anomalous(&events[i], &scores[i], false) != 0;
    for (int dim = 0; dim < HG_DIM_COUNTRY; dim++)
        assert_int_equal(sums[dim], to - from);
    assert_int_equal(sums[HG_DIM_COUNTRY], anomalous);
    assert_int_equal(sums[HG_DIM_COORDINATE] + sums[HG_DIM_SOURCE], 0);
}

static void check_attackers(const struct hg_rollup_delta *delta, uint32_t from, uint32_t to)
{
    size_t found = 0;
    for (uint32_t i = from; i < to; i++) {
        if (hg_anomalous(&events[i], &scores[i], false) == 0)
            continue;
        bool first = true, there = false;
        int64_t minute = hg_time_floor(events[i].time_us, HG_MINUTE);
        for (uint32_t j = from; j < i && first; j++)
            first = hg_anomalous(&events[j], &scores[j], false) == 0 || hg_time_floor(events[j].time_us, HG_MINUTE) != minute ||
                    !hg_ip_eq(&events[i].source_ip, &events[j].source_ip);
        for (size_t k = 0; k < delta->n_attackers && !there; k++)
            there = delta->attackers[k].minute_us == minute && hg_ip_eq(&delta->attackers[k].ip, &events[i].source_ip);
        assert_true(there);
        found += first;
    }
    assert_int_equal(delta->n_attackers, found);
}

static void run(uint32_t cut)
{
    struct hg_aggregate *aggregate;
    struct hg_aggregate_settings settings = {.ignore_labels = false};
    struct hg_rollup_delta delta;
    struct hg_id alert;
    assert_int_equal(hg_aggregate_create(&settings, &aggregate, NULL), HG_OK);
    for (uint32_t i = 0, from = 0; i < EVENTS; i++) {
        struct hg_observation seen = {.event = &events[i], .score = &scores[i], .sequence = i + 1, .reason_key = "r"};
        assert_int_equal(hg_aggregate_add(aggregate, &seen, START + HG_DAY, &alert, NULL), HG_OK);
        if (i % 97 == 0) /* looked at between commits: must change nothing */
            hg_aggregate_delta(aggregate, &delta);
        if ((i + 1) % cut != 0 && i + 1 != EVENTS)
            continue;
        hg_aggregate_delta(aggregate, &delta);
        check(&delta, from, i + 1);
        check_attackers(&delta, from, i + 1);
        hg_aggregate_committed(aggregate);
        from = i + 1;
    }
    hg_aggregate_destroy(aggregate);
}

static void test_recount(void **state)
{
    (void)state;
    const char *text = getenv("HG_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)hg_time_now_us();
    fprintf(stderr, "seed: HG_SEED=%llu\n", (unsigned long long)seed);
    make(seed);
    run(EVENTS);
    run(333);
    run(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recount)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
