/* Learning while running, by the clock of made-up weeks: which rows stay, what refits do to false alarms, a slow poisoner, and state. */
#include "support/cmocka_all.h"

#include "detect/learner.h"
#include "tests/detect/rows.h"

#define SEED  20261123u
#define START (INT64_C(1700000000000000) / HG_DAY * HG_DAY)
#define RATE  1e-3
#define BLOCK 500u /* rows scored at once */

/* A pipeline in small: a model, the frozen one, a learner, refits that take effect HG_REFIT_AFTER events later. */
struct run {
    struct hg_learner *learner;
    struct hg_model *model, *reference, *waiting;
    struct hg_score_scratch *scratch;
    struct hg_rng rng;
    uint64_t sequence, effective; /* effective 0: no refit is under way */
    int64_t clock_us;
    unsigned refits;
    enum hg_learn_reason why;
    struct rows rows;
};

static double normal(struct hg_rng *rng) /* of mean 0 and deviation 1, nearly */
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += hg_rng_unit(rng);
    return sum - 6;
}

/* A flow of about `bytes` bytes. */
static void fill(struct rows *rows, size_t i, struct hg_rng *rng, double bytes, int64_t time_us)
{
    struct hg_event *event = &rows->events[i];
    double duration = exp(normal(rng) - 1), packets = 2 + bytes / (600 + 200 * hg_rng_unit(rng));
    *event = (struct hg_event){.dataset = HG_DATASET_suricata, .kind = HG_SLICE("flow"), .time_us = time_us};
    rows_set(rows, i, HG_FEATURE_duration, (float)duration);
    rows_set(rows, i, HG_FEATURE_total_bytes, (float)bytes);
    rows_set(rows, i, HG_FEATURE_total_packets, (float)packets);
    rows_set(rows, i, HG_FEATURE_bytes_per_second, (float)(bytes / duration));
    rows_set(rows, i, HG_FEATURE_bytes_per_packet, (float)(bytes / packets));
    rows_set(rows, i, HG_FEATURE_bytes_ratio, (float)(0.5 + 0.1 * normal(rng)));
    rows_set_code(rows, i, HG_FEATURE_port_rarity, 1 + (uint32_t)hg_rng_below(rng, 4));
}

static void fill_ordinary(struct rows *rows, size_t i, struct hg_rng *rng, int64_t time_us)
{
    fill(rows, i, rng, exp(9 + normal(rng)), time_us);
}

static struct run run_begin(const struct hg_learn_settings *settings)
{
    struct run run = {.rng = hg_rng_seeded(settings->seed), .clock_us = START, .rows = rows_create(10000)};
    struct hg_trainer *trainer;
    for (size_t i = 0; i < 10000; i++, run.clock_us += 12 * HG_SECOND) /* a day and a half */
        fill_ordinary(&run.rows, i, &run.rng, run.clock_us);
    assert_int_equal(hg_trainer_create(&(struct hg_train_settings){.seed = settings->seed}, &trainer, NULL), HG_OK);
    assert_int_equal(hg_trainer_add(trainer, run.rows.pointers, 10000, &run.rows.matrix, NULL), HG_OK);
    assert_int_equal(hg_trainer_fit(trainer, &run.model, NULL), HG_OK);
    hg_trainer_destroy(trainer);
    assert_int_equal(hg_learner_create(settings, &run.learner, NULL), HG_OK);
    assert_int_equal(hg_score_scratch_create(&run.scratch, NULL), HG_OK);
    run.reference = run.model;
    hg_learner_in_force(run.learner, run.model, HG_LEARN_FIRST);
    return run;
}

static void run_end(struct run *run)
{
    if (run->reference != run->model)
        hg_model_destroy(run->reference);
    hg_model_destroy(run->model);
    hg_model_destroy(run->waiting);
    hg_score_scratch_destroy(run->scratch);
    hg_learner_destroy(run->learner);
    rows_free(&run->rows);
}

static void start_refit(struct run *run)
{
    struct hg_buf training, ledger;
    hg_buf_init(&training, 1 << 28);
    hg_buf_init(&ledger, 1 << 20);
    hg_learner_draw(run->learner, run->sequence, &training, &(struct hg_jsonw){.buf = &ledger});
    hg_learner_started(run->learner, run->clock_us);
    assert_int_equal(hg_refit(hg_buf_slice(&training), &run->waiting, NULL), HG_OK);
    run->effective = run->sequence + HG_REFIT_AFTER;
    hg_buf_free(&training);
    hg_buf_free(&ledger);
}

static void take_effect(struct run *run)
{
    if (run->model != run->reference)
        hg_model_destroy(run->model);
    run->model = run->waiting;
    run->waiting = NULL;
    run->effective = 0;
    run->refits++;
    hg_learner_in_force(run->learner, run->model, run->why);
}

/* The first n of the run's rows go through; ret_alarms[i], where it isn't NULL: whether row i alarmed. */
static void run_through(struct run *run, size_t n, bool *ret_alarms)
{
    struct hg_score scores[BLOCK], then[BLOCK];
    assert_true(n <= BLOCK);
    if (run->effective != 0 && run->sequence + n >= run->effective)
        take_effect(run);
    hg_model_score(run->model, run->scratch, run->rows.pointers, n, &run->rows.matrix, scores);
    hg_model_score(run->reference, run->scratch, run->rows.pointers, n, &run->rows.matrix, then);
    for (size_t i = 0; i < n; i++) {
        run->sequence++;
        if (run->rows.events[i].time_us > run->clock_us)
            run->clock_us = run->rows.events[i].time_us;
        scores[i].severity = (uint8_t)hg_severity_at(scores[i].p, RATE);
        struct hg_judged_event judged = {.event = &run->rows.events[i], .score = &scores[i], .reference_p = then[i].p, .rate = RATE,
                                         .clock_us = run->clock_us, .source = 1, .is_reference = run->model == run->reference};
        assert_int_equal(hg_learner_see(run->learner, &judged, &run->rows.matrix, i, NULL), HG_OK);
        if (ret_alarms != NULL)
            ret_alarms[i] = scores[i].severity != HG_SEVERITY_NONE;
        enum hg_learn_reason why = run->effective == 0 ? hg_learner_due(run->learner, run->clock_us) : HG_LEARN_NONE;
        if (why != HG_LEARN_NONE) {
            run->why = why;
            start_refit(run);
        }
    }
    hg_learner_saved(run->learner); /* a commit */
}

/* ---- false alarms over many refits */

static double alarm_share_after(unsigned refits, bool ungated_edge)
{
    struct hg_learn_settings settings = {.seed = SEED, .refit_us = HG_DAY, .drift_us = 10000 * HG_DAY, .ungated_edge = ungated_edge};
    struct run run = run_begin(&settings);
    size_t alarms = 0, n = 0;
    bool alarmed[BLOCK];
    for (uint64_t end = UINT64_MAX; run.sequence < end;) { /* 100,000 events a day */
        for (size_t i = 0; i < BLOCK; i++)
            fill_ordinary(&run.rows, i, &run.rng, run.clock_us + (int64_t)(i + 1) * 864000);
        run_through(&run, BLOCK, alarmed);
        if (end == UINT64_MAX && run.refits == refits)
            end = run.sequence + 60000;
        for (size_t i = 0; i < BLOCK && end != UINT64_MAX; i++)
            alarms += alarmed[i];
        n += end != UINT64_MAX ? BLOCK : 0;
    }
    run_end(&run);
    return (double)alarms / (double)n;
}

/* The rows that rarely come keep their place in the calibration: where they are left out, each refit finds more of what is ordinary odd. */
static void test_refits_keep_the_rate(void **state)
{
    (void)state;
    double kept = alarm_share_after(10, false), left_out = alarm_share_after(4, true);
    print_message("# asked %g; after 10 refits %g, without the edge after 4 %g\n", RATE, kept, left_out);
    assert_true(kept > 0.5 * RATE && kept < 2 * RATE);
    assert_true(left_out > 4 * RATE);
}

/* ---- a slow poisoner */

struct poisoned {
    double caught; /* share of his flows of the last 12 hours that alarm */
    unsigned refits;
    struct hg_divergence divergence;
};

/* Three weeks in which one of `one_in` flows is his, each hour 1 % larger. */
static struct poisoned poison(size_t one_in, bool without_reference)
{
    struct hg_learn_settings settings = {.seed = SEED, .refit_us = HG_DAY, .drift_us = 6 * HG_HOUR, .without_reference = without_reference};
    struct run run = run_begin(&settings);
    double volume = exp(9 + 2.0); /* within what is usual: one of 44 flows is larger */
    size_t his = 0, caught = 0;
    bool alarmed[BLOCK];
    for (int hour = 0; hour < 21 * 24; hour++, volume *= 1.01) {
        for (size_t done = 0; done < 4000; done += BLOCK) {
            for (size_t i = 0; i < BLOCK; i++) {
                int64_t at = run.clock_us + (int64_t)(i + 1) * 900000;
                if (i % one_in == 7)
                    fill(&run.rows, i, &run.rng, volume * exp(0.1 * normal(&run.rng)), at);
                else
                    fill_ordinary(&run.rows, i, &run.rng, at);
            }
            run_through(&run, BLOCK, alarmed);
            for (size_t i = 7; i < BLOCK && hour >= 21 * 24 - 12; i += one_in, his++)
                caught += alarmed[i];
        }
    }
    struct poisoned poisoned = {(double)caught / (double)his, run.refits, hg_learner_divergence(run.learner, 1)};
    run_end(&run);
    return poisoned;
}

/* Who sends a tenth of all flows would be learnt, were it not for the reference: without it this test could show nothing. */
static void test_a_slow_poisoner_is_caught(void **state)
{
    static const struct {
        size_t one_in;
        bool without_reference;
    } cases[] = {{100, false}, {10, false}, {10, true}};
    struct poisoned poisoned[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        poisoned[i] = poison(cases[i].one_in, cases[i].without_reference);
        print_message("# 1 %% an hour for three weeks, one of %zu flows%s: %u refits, %.3f of his last flows alarm, %llu of the last %llu "
                      "would have alarmed by the first model and don't\n",
                      cases[i].one_in, cases[i].without_reference ? ", the reference has no say" : "", poisoned[i].refits, poisoned[i].caught,
                      (unsigned long long)poisoned[i].divergence.now_ordinary, (unsigned long long)poisoned[i].divergence.events);
        assert_true(poisoned[i].refits >= 15);
    }
    assert_true(poisoned[0].caught > 0.99 && poisoned[1].caught > 0.99);
    assert_true(poisoned[2].caught < 0.5);
    assert_true(poisoned[2].divergence.now_ordinary > 10 * poisoned[1].divergence.now_ordinary);
}

/* ---- which rows stay */

static size_t changed(const struct hg_learner *learner)
{
    const uint32_t *slots;
    return hg_learner_changed(learner, &slots);
}

static bool stays(struct run *run, const struct hg_event *event, const struct hg_score *score, double reference_p)
{
    run->rows.events[0] = *event;
    struct hg_judged_event judged = {.event = event, .score = score, .reference_p = reference_p, .rate = RATE, .clock_us = START, .source = 1};
    size_t before = changed(run->learner);
    assert_int_equal(hg_learner_see(run->learner, &judged, &run->rows.matrix, 0, NULL), HG_OK);
    return changed(run->learner) > before;
}

static void test_gates(void **state)
{
    struct hg_learn_settings settings = {.seed = SEED};
    struct run run = run_begin(&settings);
    struct hg_event flow = {.dataset = HG_DATASET_suricata, .kind = HG_SLICE("flow"), .time_us = START}, attack = flow, trap = flow;
    attack.label = HG_LABEL_ATTACK;
    trap = attack;
    trap.dataset = HG_DATASET_cowrie;
    struct hg_score usual = {.p = 0.5}, rare = {.p = 0.005}, alarm = {.p = RATE / 2, .severity = HG_SEVERITY_HIGH}, found = usual;
    found.finding.rule = HG_RULE_NONE + 1;
    (void)state;
    assert_true(stays(&run, &flow, &usual, 0.5));
    assert_true(stays(&run, &flow, &usual, (double)NAN));
    assert_true(stays(&run, &flow, &(struct hg_score){.p = 1, .state = HG_NO_SUBMODEL}, (double)NAN));
    assert_true(stays(&run, &flow, &rare, 0.5));
    assert_false(stays(&run, &attack, &usual, 0.5));
    assert_false(stays(&run, &flow, &found, 0.5));
    assert_false(stays(&run, &flow, &usual, RATE / 11));
    assert_true(stays(&run, &flow, &usual, RATE / 9));
    assert_false(stays(&run, &flow, &alarm, 0.5)); /* no credit yet */
    for (int i = 0; i < 2000; i++)
        stays(&run, &flow, &usual, 0.5);
    assert_true(stays(&run, &flow, &alarm, 0.5)); /* two by now */
    assert_true(stays(&run, &flow, &alarm, 0.5));
    assert_false(stays(&run, &flow, &alarm, 0.5));
    assert_true(stays(&run, &trap, &usual, (double)NAN)); /* a honeypot's own, whatever is said of it */
    assert_true(stays(&run, &trap, &found, (double)NAN));
    run_end(&run);
}

static void test_when_it_is_due(void **state)
{
    struct hg_learn_settings settings = {.seed = SEED, .refit_us = HG_DAY, .drift_us = 6 * HG_HOUR};
    struct run run = run_begin(&settings);
    (void)state;
    for (int i = 0; i < 33; i++) {
        assert_int_equal(hg_learner_due(run.learner, run.clock_us + 10 * HG_DAY), HG_LEARN_NONE);
        for (size_t k = 0; k < BLOCK; k++)
            fill_ordinary(&run.rows, k, &run.rng, run.clock_us + 1000);
        run_through(&run, BLOCK, NULL);
    }
    assert_int_equal(hg_learner_due(run.learner, run.clock_us + HG_HOUR), HG_LEARN_NONE);
    assert_int_equal(hg_learner_due(run.learner, run.clock_us + HG_DAY), HG_LEARN_DUE);
    hg_learner_started(run.learner, run.clock_us);
    assert_int_equal(hg_learner_due(run.learner, run.clock_us + HG_DAY), HG_LEARN_NONE);
    while (run.effective == 0) { /* others than before: not odd, but all of them larger */
        for (size_t k = 0; k < BLOCK; k++)
            fill(&run.rows, k, &run.rng, exp(11 + 0.5 * normal(&run.rng)), run.clock_us + (int64_t)k * 1500000);
        run_through(&run, BLOCK, NULL);
    }
    assert_int_equal(run.why, HG_LEARN_DRIFT);
    run_end(&run);
}

/* ---- state */

/* As a store would keep it: rows by slot, and the rest. */
struct kept {
    struct hg_buf state;
    uint32_t slots[200000];
    struct hg_buf rows;
    size_t n;
};

static void keep_all(const struct hg_learner *learner, struct kept *kept)
{
    const uint32_t *slots;
    size_t n = hg_learner_changed(learner, &slots);
    hg_buf_init(&kept->state, 1 << 20);
    hg_buf_init(&kept->rows, 1 << 26);
    hg_learner_put(learner, &kept->state);
    for (kept->n = 0; kept->n < n; kept->n++) {
        kept->slots[kept->n] = slots[kept->n];
        hg_learner_put_row(learner, slots[kept->n], &kept->rows);
    }
}

static bool take_all(struct hg_learner *learner, const struct kept *kept)
{
    bool good = hg_learner_take(learner, hg_buf_slice(&kept->state));
    for (size_t i = 0; good && i < kept->n; i++)
        good = hg_learner_take_row(learner, kept->slots[i], (struct hg_slice){kept->rows.p + i * HG_LEARNER_ROW_BYTES, HG_LEARNER_ROW_BYTES});
    return good && hg_learner_taken(learner);
}

static struct hg_id refit_digest(const struct hg_learner *learner)
{
    struct hg_buf training, ledger;
    struct hg_model *model;
    hg_buf_init(&training, 1 << 28);
    hg_buf_init(&ledger, 1 << 20);
    hg_learner_draw(learner, 12345, &training, &(struct hg_jsonw){.buf = &ledger});
    assert_int_equal(hg_refit(hg_buf_slice(&training), &model, NULL), HG_OK);
    for (size_t cut = 0; cut < training.len; cut += 1 + training.len / 50) { /* any bytes are safe */
        struct hg_model *none;
        if (hg_refit((struct hg_slice){training.p, cut}, &none, NULL) == HG_OK)
            hg_model_destroy(none);
    }
    struct hg_id digest = hg_model_digest(model);
    hg_model_destroy(model);
    hg_buf_free(&training);
    hg_buf_free(&ledger);
    return digest;
}

static void go_on(struct run *run, int blocks)
{
    for (int i = 0; i < blocks; i++) {
        for (size_t k = 0; k < BLOCK; k++)
            fill_ordinary(&run->rows, k, &run->rng, run->clock_us + (int64_t)k * 100000);
        run_through(run, BLOCK, NULL);
    }
}

static void test_taken_up_it_goes_on_alike(void **state)
{
    struct hg_learn_settings settings = {.seed = SEED};
    struct run run = run_begin(&settings), other = run_begin(&settings);
    struct kept *kept = calloc(1, sizeof *kept);
    struct hg_score score = {.p = 0.5};
    (void)state;
    assert_int_equal(hg_learner_source(run.learner, HG_SLICE("sensor-1")), 1);
    for (size_t i = 0; i < 50000; i++) { /* without commits between: every row is in the list */
        fill_ordinary(&run.rows, 0, &run.rng, START + (int64_t)i * HG_SECOND);
        struct hg_judged_event judged = {.event = &run.rows.events[0], .score = &score, .reference_p = 0.5, .rate = RATE,
                                         .clock_us = START + (int64_t)i * HG_SECOND, .source = 1};
        assert_int_equal(hg_learner_see(run.learner, &judged, &run.rows.matrix, 0, NULL), HG_OK);
    }
    keep_all(run.learner, kept);
    assert_true(take_all(other.learner, kept));
    assert_int_equal(hg_learner_source(other.learner, HG_SLICE("sensor-1")), 1);
    assert_true(hg_learner_knows(other.learner, run.model));
    other.rng = run.rng;
    other.clock_us = run.clock_us = START + 50000 * HG_SECOND;
    go_on(&run, 20);
    go_on(&other, 20);
    struct hg_id a = refit_digest(run.learner), b = refit_digest(other.learner);
    assert_memory_equal(&a, &b, sizeof a);

    struct hg_rng rng = hg_rng_seeded(SEED);
    for (int round = 0; round < 300; round++) { /* damaged bytes */
        struct hg_learner *learner;
        assert_int_equal(hg_learner_create(&settings, &learner, NULL), HG_OK);
        char *byte = &kept->state.p[hg_rng_below(&rng, kept->state.len)], before = *byte;
        *byte = (char)hg_rng_next(&rng);
        size_t len = kept->state.len;
        kept->state.len -= round % 3 == 0 ? (size_t)hg_rng_below(&rng, len) : 0;
        (void)hg_learner_take(learner, hg_buf_slice(&kept->state));
        kept->state.len = len;
        *byte = before;
        hg_learner_destroy(learner);
    }
    hg_buf_free(&kept->state);
    hg_buf_free(&kept->rows);
    free(kept);
    run_end(&run);
    run_end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refits_keep_the_rate), cmocka_unit_test(test_a_slow_poisoner_is_caught),
                                       cmocka_unit_test(test_gates), cmocka_unit_test(test_when_it_is_due),
                                       cmocka_unit_test(test_taken_up_it_goes_on_alike)};
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
