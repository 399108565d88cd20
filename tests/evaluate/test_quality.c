/* Orders compared, made-up attacks and what is told of them; the whole is tested through the program (tests/system/test_trying.py). */
#include "support/cmocka_all.h"

#include "base/rng.h"
#include "evaluate/injector.h"
#include "evaluate/ranks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 20000u

static bool close_to(double value, double expected, double by)
{
    return fabs(value - expected) <= by;
}

/* ---- ranks */
static double overlap_of(const double *a, const double *b, size_t k)
{
    static struct ranked_row x[ROWS], y[ROWS];
    static uint8_t scratch[ROWS];
    ranks_order(a, ROWS, 1, x);
    ranks_order(b, ROWS, 2, y);
    double overlap = ranks_overlap(x, y, k, scratch);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(scratch[i], 0);
    return overlap;
}

static double correlation_of(const double *a, const double *b)
{
    static struct ranked_row ordered[ROWS];
    static double ra[ROWS], rb[ROWS];
    ranks_order(a, ROWS, 1, ordered);
    ranks_mean(ordered, ROWS, ra);
    ranks_order(b, ROWS, 2, ordered);
    ranks_mean(ordered, ROWS, rb);
    return ranks_correlation(ra, rb, ROWS);
}

static void orders_that_agree_and_that_don_t(void **state)
{
    (void)state;
    static double a[ROWS], squared[ROWS], reversed[ROWS], other[ROWS], constant[ROWS];
    struct hg_rng rng = hg_rng_seeded(7);
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = hg_rng_unit(&rng);
        squared[i] = a[i] * a[i];
        reversed[i] = 1 - a[i];
        other[i] = hg_rng_unit(&rng);
        constant[i] = 1;
    }
    assert_true(close_to(correlation_of(a, squared), 1, 1e-12));
    assert_true(close_to(correlation_of(a, reversed), -1, 1e-12));
    assert_true(close_to(correlation_of(a, other), 0, 0.03));
    assert_true(isnan(correlation_of(a, constant)));
    assert_true(close_to(overlap_of(a, squared, 200), 1, 0));
    assert_true(close_to(overlap_of(a, reversed, 200), 0, 0));
    assert_true(close_to(overlap_of(a, other, 2000), 0.1, 0.03));
    assert_true(close_to(overlap_of(constant, constant, 2000), 0.1, 0.03)); /* nothing is in common but by chance */
    assert_true(isnan(overlap_of(a, other, 0)));
}

static void tied_rows_share_their_rank(void **state)
{
    (void)state;
    static const double p[] = {0.5, 0.1, 0.5, 0.5, 0.9};
    struct ranked_row ordered[5];
    double ranks[5];
    ranks_order(p, 5, 3, ordered);
    ranks_mean(ordered, 5, ranks);
    static const double expected[] = {2, 0, 2, 2, 4};
    for (size_t i = 0; i < 5; i++)
        assert_true(close_to(ranks[i], expected[i], 0));
}

/* ---- probes */
static struct hg_event flow(uint32_t from, uint32_t to, int64_t time_us)
{
    return (struct hg_event){.time_us = time_us, .dataset = HG_DATASET_iscx, .kind = HG_SLICE("flow"), .protocol = HG_SLICE("tcp"),
                             .missing = 1u << HG_FIELD_duration, .source_ip = hg_ip_v4(from), .destination_ip = hg_ip_v4(to),
                             .destination_port = 80, .bytes_sent = 900, .bytes_received = 4000, .packets_sent = 9, .packets_received = 8,
                             .direction = HG_OUTBOUND, .label = HG_LABEL_NORMAL, .record = HG_SLICE("a record")};
}

static bool in_test_block(const struct hg_ip *ip)
{
    return hg_ip_is_v4(ip) && ip->b[12] == 198 && (ip->b[13] & 0xfe) == 18;
}

static void probes_of_the_test_block_stay_in_it(void **state)
{
    (void)state;
    struct hg_event template = flow(0x0a000001, 0xc0000201, 1000 * HG_SECOND), event;
    for (uint64_t key = 0; key < 300; key++) {
        struct hg_probe probe = {.kind = (enum hg_probe_kind)(key % HG_PROBE_COUNT), .strength = 1, .start_us = template.time_us, .key = key,
                                 .in_test_block = true};
        hg_probe_aim(&probe, &template);
        for (unsigned i = 0; i < hg_probe_events(&probe); i++) {
            hg_probe_event(&probe, &template, i, &event);
            assert_true(in_test_block(&event.source_ip) && in_test_block(&event.destination_ip));
            assert_false(hg_ip_eq(&event.source_ip, &event.destination_ip));
        }
    }
}

static void a_probe_has_its_template_s_columns_and_no_label(void **state)
{
    (void)state;
    struct hg_event template = flow(0xc0000201, 0x0a000001, 1000 * HG_SECOND), event; /* from outside to a private address */
    for (int kind = 0; kind < HG_PROBE_COUNT; kind++) {
        struct hg_probe probe = {.kind = (enum hg_probe_kind)kind, .strength = 1, .start_us = template.time_us, .key = 5, .usual_sent = 1000};
        hg_probe_aim(&probe, &template);
        int64_t before = probe.start_us;
        bool inward = kind == HG_PROBE_scan || kind == HG_PROBE_brute_force || kind == HG_PROBE_flood;
        for (unsigned i = 0; i < hg_probe_events(&probe); i++) {
            hg_probe_event(&probe, &template, i, &event);
            assert_true(event.time_us >= before);
            before = event.time_us;
            uint32_t forgotten = 1u << HG_FIELD_label | 1u << HG_FIELD_attack_type | 1u << HG_FIELD_payload;
            assert_int_equal(event.missing & ~forgotten, template.missing);
            assert_int_equal(event.label, HG_LABEL_NONE);
            assert_null(event.record.p);
            assert_int_equal(event.direction, inward ? HG_INBOUND : HG_OUTBOUND);
            assert_true(hg_ip_is_private(inward ? &event.destination_ip : &event.source_ip));
        }
    }
}

static void weaker_probes_do_less(void **state)
{
    (void)state;
    struct hg_event template = flow(0xc0000201, 0x0a000001, 0), event;
    for (int kind = 0; kind < HG_PROBE_COUNT; kind++) {
        int64_t sent[HG_STRENGTHS] = {0};
        unsigned events[HG_STRENGTHS];
        for (size_t s = 0; s < HG_STRENGTHS; s++) {
            struct hg_probe probe = {.kind = (enum hg_probe_kind)kind, .strength = hg_strengths[s], .key = 5, .usual_sent = 100000};
            hg_probe_aim(&probe, &template);
            events[s] = hg_probe_events(&probe);
            for (unsigned i = 0; i < events[s]; i++) {
                hg_probe_event(&probe, &template, i, &event);
                sent[s] += event.bytes_sent;
            }
        }
        assert_true(sent[0] > 2 * sent[1] && sent[1] > 2 * sent[2]);
        if (kind != HG_PROBE_exfiltration)
            assert_true(events[0] == 4 * events[1] && events[1] > 3 * events[2]);
    }
}

static void templates_are_answered_flows(void **state)
{
    (void)state;
    struct hg_event event = flow(0x0a000001, 0xc0000201, 0);
    assert_true(hg_probe_template(&event));
    event.packets_received = 0;
    assert_false(hg_probe_template(&event));
    event = flow(0x0a000001, 0xc0000201, 0);
    event.dataset = HG_DATASET_cowrie;
    assert_false(hg_probe_template(&event));
    event = flow(0x0a000001, 0xc0000201, 0);
    event.dataset = HG_DATASET_suricata;
    event.kind = HG_SLICE("alert");
    assert_false(hg_probe_template(&event));
    event = flow(0x0a000001, 0xc0000201, 0);
    hg_event_set_missing(&event, HG_FIELD_event_time);
    assert_false(hg_probe_template(&event));
}

/* ---- the injector */
struct told {
    size_t records, probes[HG_PROBE_COUNT][HG_STRENGTHS];
    uint64_t digest;
};

static void take(struct told *told, bool *met, const struct hg_event *event, const struct hg_probe_record *record)
{
    told->probes[record->kind][record->strength] += !met[record->probe];
    met[record->probe] = true;
    told->records++;
    told->digest = hg_hash64((struct hg_slice){(const char *)&event->source_ip, sizeof event->source_ip}, told->digest ^ (uint64_t)event->time_us);
}

static struct told inject(uint64_t seed)
{
    struct hg_quality quality = {.n_kinds = 2, .of_kind = {HG_SUB_ISCX, HG_SUB_COWRIE}};
    for (size_t k = 0; k < 2; k++)
        quality.kinds[k] = (struct hg_quality_kind){.from_us = 10 * HG_HOUR, .to_us = 20 * HG_HOUR};
    static const bool flows[HG_SUB_COUNT] = {[HG_SUB_ISCX] = true};
    struct hg_injector *injector;
    struct told told = {0};
    bool met[HG_PROBE_COUNT * HG_STRENGTHS * HG_PROBES_EACH] = {false};
    int64_t last = 10 * HG_HOUR;
    assert_int_equal(hg_injector_create(&quality, flows, seed, &injector, NULL), HG_OK);
    struct hg_event made;
    struct hg_probe_record record;
    for (int64_t at = 0; at <= 20 * HG_HOUR; at += 20 * HG_SECOND) {
        struct hg_event event = flow(0x0a000001, 0xc0000201, at);
        for (; hg_injector_next(injector, at, &made, &record); last = made.time_us) {
            assert_true(made.time_us >= last && made.time_us <= at);
            take(&told, met, &made, &record);
        }
        assert_int_equal(hg_injector_see(injector, &event, NULL), HG_OK);
    }
    while (hg_injector_next(injector, INT64_MAX - 1, &made, &record))
        take(&told, met, &made, &record);
    hg_injector_destroy(injector);
    return told;
}

static void all_are_injected_in_order_the_same_each_time(void **state)
{
    (void)state;
    struct told first = inject(3), again = inject(3), other = inject(4);
    for (size_t i = 0; i < HG_PROBE_COUNT * HG_STRENGTHS; i++)
        assert_in_range(first.probes[i / HG_STRENGTHS][i % HG_STRENGTHS], HG_PROBES_EACH - 2, HG_PROBES_EACH); /* the latest have no flow behind them */
    assert_int_equal(first.records, again.records);
    assert_int_equal(first.digest, again.digest);
    assert_int_not_equal(first.digest, other.digest);
}

/* ---- what is told of them */
static enum hg_rc p_by_number(void *self, const struct hg_model *model, const uint32_t *rows, const uint8_t *as, size_t n, double rate,
                              struct hg_opinion *ret, struct hg_err *reterr)
{
    (void)model, (void)as, (void)rate, (void)reterr;
    const double *p = self;
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct hg_opinion){.p = p[rows[i]], .scored = true};
    return HG_OK;
}

static void probes_are_counted_by_who_found_them(void **state)
{
    (void)state;
    /* two scans, their records mixed: one found by score at its second record, one by a rule at its third; a beacon that nobody finds */
    struct hg_probe_record records[] = {
        {0, HG_PROBE_scan, 0, false, 0}, {1, HG_PROBE_scan, 0, false, 1 * HG_SECOND}, {0, HG_PROBE_scan, 0, false, 2 * HG_SECOND},
        {1, HG_PROBE_scan, 0, false, 3 * HG_SECOND}, {1, HG_PROBE_scan, 0, true, 5 * HG_SECOND}, {2, HG_PROBE_beacon, 1, false, 6 * HG_SECOND}};
    double p[] = {0.5, 0.5, 1e-6, 0.5, 0.5, 0.5};
    struct hg_case cases[6] = {0};
    struct hg_subject subject = {.self = p, .cases = cases, .n = 6, .score = p_by_number};
    struct hg_quality quality = {.rates = {1e-3}};
    assert_int_equal(hg_quality_probes(&quality, &subject, records, NULL), HG_OK);
    const struct hg_probed *scans = &quality.probed[HG_PROBE_scan][0], *beacons = &quality.probed[HG_PROBE_beacon][1];
    assert_int_equal(scans->probes, 2);
    assert_int_equal(scans->records, 5);
    assert_int_equal(scans->found[HG_FOUND_BY_SCORE], 1);
    assert_int_equal(scans->found[HG_FOUND_BY_RULES], 1);
    assert_int_equal(scans->found[HG_FOUND_BY_EITHER], 2);
    assert_int_equal(scans->alarms[HG_FOUND_BY_EITHER], 2);
    assert_true(close_to(scans->seconds, 4, 0)); /* the upper middle of 2 s and 4 s */
    assert_int_equal(beacons->probes, 1);
    assert_int_equal(beacons->found[HG_FOUND_BY_EITHER], 0);
    assert_true(isnan(beacons->seconds));
    assert_true(close_to(quality.probes.value, 0.5, 1e-12)); /* the mean of all scans and no beacon */
    assert_true(close_to(quality.probes_by_score.value, 0.25, 1e-12));
    assert_string_equal(quality.probes_by_score.word, "poor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_that_agree_and_that_don_t),
        cmocka_unit_test(tied_rows_share_their_rank),
        cmocka_unit_test(probes_of_the_test_block_stay_in_it),
        cmocka_unit_test(a_probe_has_its_template_s_columns_and_no_label),
        cmocka_unit_test(weaker_probes_do_less),
        cmocka_unit_test(templates_are_answered_flows),
        cmocka_unit_test(all_are_injected_in_order_the_same_each_time),
        cmocka_unit_test(probes_are_counted_by_who_found_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
