/* Rules of alerts, keys of dimensions, bounds, restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "aggregate/aggregate.h"

#include <stdio.h>

#define START INT64_C(1736370840000000) /* a full minute */

struct scene {
    struct hg_aggregate *aggregate;
    uint64_t sequence;
};

static struct scene scene_begin(bool ignore_labels)
{
    struct scene scene = {.sequence = 0};
    struct hg_aggregate_settings settings = {.ignore_labels = ignore_labels};
    assert_int_equal(hg_aggregate_create(&settings, &scene.aggregate, NULL), HG_OK);
    return scene;
}

static struct hg_id id_of(uint64_t sequence)
{
    struct hg_id id = {{1}};
    memcpy(id.b + 8, &sequence, sizeof sequence);
    return id;
}

struct shot { /* what differs between events */
    uint32_t ip;
    uint16_t port;
    const char *reason;
    int64_t time_us;
    float score;
    bool label;
};

static struct hg_event event_of(const struct shot *shot, uint64_t sequence)
{
    struct hg_event event = {.time_us = shot->time_us, .id = id_of(sequence), .source_ip = hg_ip_v4(UINT32_C(0xcb007100) + shot->ip),
                             .destination_port = shot->port, .dataset = HG_DATASET_suricata,
                             .protocol = HG_SLICE("tcp"), .label = shot->label ? HG_LABEL_ATTACK : HG_LABEL_NONE};
    return event;
}

static struct hg_score score_of(const struct shot *shot)
{
    return (struct hg_score){.value = shot->score, .severity = shot->score >= 0.9f   ? HG_SEVERITY_HIGH
                                                               : shot->score >= 0.5f ? HG_SEVERITY_LOW
                                                                                     : HG_SEVERITY_NONE};
}

static enum hg_rc try_shoot(struct scene *scene, struct shot shot, struct hg_id *ret)
{
    struct hg_event event = event_of(&shot, scene->sequence + 1);
    struct hg_score score = score_of(&shot);
    struct hg_geo geo = {.state = HG_GEO_FOUND, .country = "NL", .has_point = true, .latitude = -0.004f, .longitude = 4.9f};
    struct hg_observation seen = {.event = &event, .score = &score, .geo = &geo, .sequence = scene->sequence + 1,
                                  .reason_key = shot.reason, .source = HG_SLICE("eve.json")};
    enum hg_rc rc = hg_aggregate_add(scene->aggregate, &seen, START + HG_DAY, ret, NULL);
    scene->sequence += rc == HG_OK;
    return rc;
}

static struct hg_id shoot(struct scene *scene, struct shot shot)
{
    struct hg_id id;
    assert_int_equal(try_shoot(scene, shot, &id), HG_OK);
    return id;
}

#define assert_id(a, n) assert_memory_equal((a).b, id_of(n).b, 16)

static void test_gap(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    struct shot shot = {1, 22, "rate", START, 0.9f, false};
    assert_id(shoot(&s, shot), 1);
    shot.time_us = START + HG_ALERT_GAP_US; /* just within */
    assert_id(shoot(&s, shot), 1);
    shot.time_us = START - HG_ALERT_GAP_US; /* out of order, just within */
    assert_id(shoot(&s, shot), 1);
    shot.time_us = START + 2 * HG_ALERT_GAP_US + 1; /* just beyond */
    assert_id(shoot(&s, shot), 4);
    struct hg_rollup_delta delta;
    hg_aggregate_delta(s.aggregate, &delta);
    assert_int_equal(delta.n_alerts, 2); /* the closed one is in the delta too */
    assert_int_equal(delta.alerts[0].count, 3);
    assert_true(delta.alerts[0].first_us == START - HG_ALERT_GAP_US && delta.alerts[0].last_us == START + HG_ALERT_GAP_US);
    assert_int_equal(delta.alerts[0].first_sequence, 1);
    assert_int_equal(delta.alerts[0].last_sequence, 3);
    assert_int_equal(delta.alerts[1].count, 1);
    hg_aggregate_destroy(s.aggregate);
}

static void test_keys_differ(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    struct shot shot = {1, 22, "rate", START, 0.9f, false}, other = shot;
    assert_id(shoot(&s, shot), 1);
    other.ip = 2;
    assert_id(shoot(&s, other), 2);
    other = shot;
    other.port = 23;
    assert_id(shoot(&s, other), 3);
    other = shot;
    other.reason = "rarity";
    assert_id(shoot(&s, other), 4);
    assert_id(shoot(&s, shot), 1);
    shot.score = 0.1f; /* ordinary: no alert */
    struct hg_id none = shoot(&s, shot), zero = {{0}};
    assert_memory_equal(none.b, zero.b, 16);
    hg_aggregate_destroy(s.aggregate);
}

static void test_top(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    struct hg_rollup_delta delta;
    shoot(&s, (struct shot){1, 22, "rate", START, 0.4f, true}); /* label alone: ranks as no score */
    hg_aggregate_delta(s.aggregate, &delta);
    assert_true(delta.alerts[0].score.value == 0 && delta.alerts[0].score.severity == HG_SEVERITY_NONE);
    shoot(&s, (struct shot){1, 22, "rate", START, 0.7f, false});
    shoot(&s, (struct shot){1, 22, "rate", START, 0.95f, true});
    shoot(&s, (struct shot){1, 22, "rate", START, 0.95f, false}); /* the first of equals stays */
    hg_aggregate_delta(s.aggregate, &delta);
    const struct hg_alert *alert = &delta.alerts[0];
    assert_int_equal(delta.n_alerts, 1);
    assert_id(alert->id, 1);
    assert_id(alert->event_id, 3);
    assert_int_equal(alert->event_sequence, 3);
    assert_int_equal(alert->score.severity, HG_SEVERITY_HIGH);
    assert_int_equal(alert->by_label, 1);
    assert_int_equal(alert->by_score, 2);
    assert_int_equal(alert->by_both, 1);
    assert_string_equal(alert->reason_key, "rate");
    assert_string_equal(alert->protocol, "tcp");
    hg_aggregate_destroy(s.aggregate);
}

static void test_ignore_labels(void **state)
{
    (void)state;
    struct scene s = scene_begin(true);
    struct hg_rollup_delta delta;
    shoot(&s, (struct shot){1, 22, "rate", START, 0.4f, true});
    shoot(&s, (struct shot){1, 22, "rate", START, 0.9f, true});
    hg_aggregate_delta(s.aggregate, &delta);
    assert_int_equal(delta.n_alerts, 1);
    assert_int_equal(delta.alerts[0].by_score, 1);
    assert_int_equal(delta.alerts[0].by_both + delta.alerts[0].by_label, 0);
    hg_aggregate_destroy(s.aggregate);
}

static struct hg_rollup rollup_of(const struct hg_rollup_delta *delta, enum hg_dim dim, const char *key)
{
    for (size_t i = 0; i < delta->n_rollups; i++)
        if (delta->rollups[i].dim == dim && strlen(key) == delta->rollups[i].key_len &&
            memcmp(delta->rollups[i].key, key, strlen(key)) == 0)
            return delta->rollups[i];
    fail_msg("no rollup of %s %s", hg_dim_name(dim), key);
    return (struct hg_rollup){.minute_us = 0};
}

static void test_dimensions(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    struct hg_rollup_delta delta;
    shoot(&s, (struct shot){1, 60022, "rate", START + 59 * HG_SECOND, 0.75f, false});
    hg_aggregate_delta(s.aggregate, &delta);
    static const struct {
        enum hg_dim dim;
        const char *key;
    } wanted[] = {{HG_DIM_TOTAL, ""}, {HG_DIM_DATASET, "suricata"}, {HG_DIM_PROTOCOL, "TCP"}, {HG_DIM_PORT, "60022"},
                  {HG_DIM_COUNTRY, "NL"}, {HG_DIM_COORDINATE, "0.00,4.90,NL"}, {HG_DIM_SOURCE, "eve.json"}};
    assert_int_equal(delta.n_rollups, HG_DIM_COUNT);
    for (size_t i = 0; i < HG_DIM_COUNT; i++) {
        struct hg_rollup row = rollup_of(&delta, wanted[i].dim, wanted[i].key);
        assert_true(row.minute_us == START);
        assert_int_equal(row.tally.by_score, 1);
        assert_int_equal(row.tally.score_sum, HG_SCORE_ONE / 4 * 3);
        assert_int_equal(row.tally.score_max, HG_SCORE_ONE / 4 * 3);
    }
    hg_aggregate_destroy(s.aggregate);
}

static void test_clock(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    assert_true(hg_aggregate_clock(s.aggregate) == HG_TIME_NONE);
    shoot(&s, (struct shot){1, 22, "rate", START, 0.1f, false});
    shoot(&s, (struct shot){1, 22, "rate", START - HG_HOUR, 0.1f, false});
    assert_true(hg_aggregate_clock(s.aggregate) == START);
    shoot(&s, (struct shot){1, 22, "rate", START + HG_DAY + HG_HOUR + 1, 0.1f, false}); /* more than an hour ahead of the wall */
    assert_true(hg_aggregate_clock(s.aggregate) == START);
    shoot(&s, (struct shot){1, 22, "rate", START + HG_DAY + HG_HOUR, 0.1f, false});
    assert_true(hg_aggregate_clock(s.aggregate) == START + HG_DAY + HG_HOUR);
    hg_aggregate_destroy(s.aggregate);
}

/* More alerts than may be open: the longest untouched goes; a delta that is full says so and takes the event after a commit. */
static void test_bounds(void **state)
{
    (void)state;
    struct scene s = scene_begin(false);
    struct hg_rollup_delta delta;
    struct hg_id id;
    uint32_t n = 0;
    for (; n < HG_ALERTS_OPEN_MAX; n++)
        shoot(&s, (struct shot){n, 22, "rate", START, 0.9f, false});
    assert_id(shoot(&s, (struct shot){0, 22, "rate", START, 0.9f, false}), 1);            /* touched: 1 is the oldest now */
    shoot(&s, (struct shot){n++, 22, "rate", START, 0.9f, false});                        /* closes that of address 1 */
    id = shoot(&s, (struct shot){1, 22, "rate", START, 0.9f, false});                     /* a new one, closes 2's */
    assert_id(id, s.sequence);
    assert_id(shoot(&s, (struct shot){0, 22, "rate", START, 0.9f, false}), 1);
    enum hg_rc rc;
    while ((rc = try_shoot(&s, (struct shot){n, 22, "rate", START, 0.9f, false}, &id)) == HG_OK)
        n++;
    assert_int_equal(rc, HG_ENOMEM);
    hg_aggregate_delta(s.aggregate, &delta);
    assert_int_equal(delta.n_alerts, HG_ALERTS_OPEN_MAX + HG_DELTA_CLOSED_MAX);
    uint64_t sum = 0;
    for (size_t i = 0; i < delta.n_alerts; i++)
        sum += delta.alerts[i].count;
    assert_int_equal(sum, s.sequence);
    hg_aggregate_committed(s.aggregate);
    hg_aggregate_delta(s.aggregate, &delta);
    assert_int_equal(delta.n_alerts + delta.n_rollups + delta.n_attackers, 0);
    assert_int_equal(try_shoot(&s, (struct shot){n, 22, "rate", START, 0.9f, false}, &id), HG_OK);
    hg_aggregate_destroy(s.aggregate);
}

/* A restored aggregate goes on as the one that was never stopped. */
static void test_restore(void **state)
{
    (void)state;
    struct scene a = scene_begin(false), b = scene_begin(false);
    struct hg_rollup_delta delta;
    shoot(&a, (struct shot){1, 22, "rate", START, 0.9f, false});
    shoot(&a, (struct shot){2, 22, "rate", START, 0.9f, false});
    shoot(&a, (struct shot){1, 22, "rate", START + HG_HOUR, 0.9f, false}); /* follows the first with the same key */
    hg_aggregate_delta(a.aggregate, &delta);
    assert_int_equal(delta.n_alerts, 3);
    hg_aggregate_restore(b.aggregate, delta.alerts, delta.n_alerts, hg_aggregate_clock(a.aggregate));
    b.sequence = a.sequence;
    hg_aggregate_committed(a.aggregate);
    const struct shot next[] = {{1, 22, "rate", START + HG_HOUR, 0.9f, false}, {2, 22, "rate", START, 0.95f, false},
                                {1, 22, "rate", START, 0.9f, false}};
    for (int i = 0; i < 3; i++) {
        struct hg_id x = shoot(&a, next[i]), y = shoot(&b, next[i]);
        assert_memory_equal(x.b, y.b, 16);
    }
    struct hg_rollup_delta other;
    hg_aggregate_delta(a.aggregate, &delta);
    hg_aggregate_delta(b.aggregate, &other);
    assert_int_equal(delta.n_alerts, other.n_alerts);
    assert_memory_equal(delta.alerts, other.alerts, delta.n_alerts * sizeof *delta.alerts);
    assert_true(hg_aggregate_clock(b.aggregate) == START + HG_HOUR);
    hg_aggregate_destroy(a.aggregate);
    hg_aggregate_destroy(b.aggregate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap),    cmocka_unit_test(test_keys_differ), cmocka_unit_test(test_top),
        cmocka_unit_test(test_ignore_labels), cmocka_unit_test(test_dimensions), cmocka_unit_test(test_clock),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
