/* The controls on rows of which is known what they must say, and the warning that follows. */
#include "evaluate/made.h"

#include "evaluate/log_rows.h"

#include "detect/rows.h"

static uint64_t some_seed(void)
{
    struct hg_rng rng = test_rng();
    return hg_rng_next(&rng);
}

static uint32_t *all_rows(size_t n)
{
    uint32_t *rows = malloc(n * sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)i;
    return rows;
}

/* ---- masks */
static double mask_control(struct made *made)
{
    struct hg_subject subject = made_subject(made);
    uint32_t *rows = all_rows(made->n);
    double auroc;
    assert_int_equal(hg_control_mask(&subject, rows, made->n, &auroc, NULL), HG_OK);
    free(rows);
    return auroc;
}

static void test_masks_that_say_nothing(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    struct made made = made_rows(8000);
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].mask = (uint32_t)hg_rng_below(&rng, 4);
        if (hg_rng_below(&rng, 10) == 0)
            made_attack(&made, i, 0);
    }
    assert_true(fabs(mask_control(&made) - 0.5) < 0.06);
    for (size_t i = 0; i < made.n; i++)
        made.cases[i].mask = 7;
    assert_true(fabs(mask_control(&made) - 0.5) < 1e-12); /* one mask: nothing to tell by */
    free(made.cases);
}

/* What is learnt of a mask on some rows is judged on others: many masks of few rows each look telling, and are not. */
static void test_many_masks_are_not_learnt_by_heart(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    struct made made = made_rows(6000);
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].mask = (uint32_t)hg_rng_below(&rng, 2000);
        if (hg_rng_below(&rng, 3) == 0)
            made_attack(&made, i, 0);
    }
    assert_true(fabs(mask_control(&made) - 0.5) < 0.06);
    free(made.cases);
}

static void test_masks_that_say_all(void **state)
{
    (void)state;
    struct made made = made_rows(2000);
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].mask = i % 5 == 0 ? 3 : 4; /* the attacks', be it the rarer or not */
        if (i % 5 != 0)
            made_attack(&made, i, 0);
    }
    assert_true(mask_control(&made) > 0.999);
    free(made.cases);
}

/* ---- data sets: flows, and a honeypot that knows less of them */
static void make_honeypot(struct rows *rows, size_t i)
{
    rows->events[i].dataset = HG_DATASET_cowrie;
    for (int f = HG_FEATURE_duration; f <= HG_FEATURE_packets_ratio; f++)
        rows_set(rows, i, (enum hg_feature)f, NAN);
}

static struct hg_log_rows *keep(const struct rows *rows, struct hg_truth *truth, struct hg_subject *subject)
{
    struct hg_log_rows *kept = NULL;
    assert_int_equal(hg_log_rows_create(truth, 1, HG_LOG_ROWS_MAX, &kept, NULL), HG_OK);
    assert_int_equal(hg_log_rows_add(kept, rows->pointers, rows->n, &rows->matrix, NULL), HG_OK);
    assert_int_equal(hg_log_rows_subject(kept, subject, NULL), HG_OK);
    return kept;
}

static struct hg_evaluate_settings settings_of(enum hg_split split)
{
    return (struct hg_evaluate_settings){.split = split, .train.seed = 1, .draws = 50, .budget = hg_budget_default(), .truth = "labels"};
}

/* Split by time. The evaluation borrows from the rows that are returned. */
static struct hg_log_rows *evaluate(const struct rows *rows, struct hg_evaluation *ret)
{
    struct hg_subject subject;
    struct hg_log_rows *kept = keep(rows, NULL, &subject);
    struct hg_evaluate_settings settings = settings_of(HG_SPLIT_TIME);
    assert_int_equal(hg_evaluate(&subject, &settings, ret, NULL), HG_OK);
    return kept;
}

/* Flows are drawn as in the detectors' tests; attacks send far more. */
static void label_flow(struct rows *rows, size_t i, bool attack)
{
    rows->events[i].label = attack ? HG_LABEL_ATTACK : HG_LABEL_NORMAL;
    rows->events[i].attack_type = attack ? HG_ATTACK_TYPE_exfiltration : HG_ATTACK_TYPE_none;
    if (attack) {
        rows_set(rows, i, HG_FEATURE_total_bytes, 1e12f + (float)i);
        rows_set(rows, i, HG_FEATURE_total_packets, 1e9f + (float)i);
        rows_set(rows, i, HG_FEATURE_bytes_per_packet, 1e6f + (float)i);
    }
}

static void test_an_honest_log_keeps_its_headline(void **state)
{
    (void)state;
    struct rows rows = rows_flows(9000, some_seed());
    for (size_t i = 0; i < rows.n; i++)
        label_flow(&rows, i, i % 40 == 0);
    struct hg_evaluation evaluation;
    struct hg_log_rows *kept = evaluate(&rows, &evaluation);
    assert_string_equal(evaluation.warning, "");
    assert_true(evaluation.overall.figures.value[HG_AUROC] > 0.95);
    assert_true(isnan(evaluation.controls.dataset) && isnan(evaluation.controls.null_worst)); /* one kind of rows */
    assert_int_equal(evaluation.n_families, 1);
    assert_string_equal(evaluation.families[0].name, "exfiltration");
    hg_evaluation_free(&evaluation);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

/* A rival's mistake: a honeypot's rows are the attacks, a network's flows are the normal rows. */
static void test_telling_data_sets_apart_is_no_headline(void **state)
{
    (void)state;
    struct rows rows = rows_flows(8000, some_seed());
    for (size_t i = 0; i < rows.n; i++) {
        rows.events[i].label = HG_LABEL_NORMAL;
        if (i % 3 == 0) {
            make_honeypot(&rows, i);
            rows.events[i].label = HG_LABEL_ATTACK;
        }
    }
    struct hg_evaluation evaluation;
    struct hg_log_rows *kept = evaluate(&rows, &evaluation);
    assert_true(evaluation.controls.mask > 0.95);
    assert_true(evaluation.controls.label_by_dataset > 0.95);
    assert_non_null(strstr(evaluation.warning, "can't be believed"));
    hg_evaluation_free(&evaluation);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

/* The same honeypot beside flows that have both: it stays out of the headline. */
static void test_a_honeypot_stays_out_of_the_headline(void **state)
{
    (void)state;
    struct rows rows = rows_flows(9000, some_seed());
    for (size_t i = 0; i < rows.n; i++) {
        label_flow(&rows, i, i % 40 == 0);
        if (i % 3 == 1) {
            make_honeypot(&rows, i);
            rows.events[i].label = HG_LABEL_ATTACK;
        }
    }
    struct hg_evaluation evaluation;
    struct hg_log_rows *kept = evaluate(&rows, &evaluation);
    assert_true(evaluation.overall.figures.n < 2000);
    assert_true(evaluation.controls.mask < HG_CONTROL_HIGH);
    assert_int_equal(evaluation.n_kinds, 2);
    assert_true(evaluation.kinds[0].in_headline && !evaluation.kinds[1].in_headline && evaluation.kinds[1].is_honeypot);
    assert_true(evaluation.controls.n_pairs > 0);
    hg_evaluation_free(&evaluation);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

static void test_the_null_test_finds_nothing_to_find(void **state)
{
    (void)state;
    struct rows rows = rows_flows(24000, some_seed());
    for (size_t i = 0; i < rows.n; i++) {
        rows.events[i].label = HG_LABEL_NORMAL;
        if (i % 6 == 0)
            make_honeypot(&rows, i);
    }
    struct hg_subject subject;
    struct hg_log_rows *kept = keep(&rows, NULL, &subject);
    struct hg_train_settings train = {.seed = 1};
    struct hg_controls controls;
    assert_int_equal(hg_control_null(&subject, &train, &controls, NULL), HG_OK);
    assert_int_equal(controls.n_pairs, 1);
    assert_in_range(controls.pairs[0].n, 4000, HG_NULL_ROWS);
    if (!(controls.null_worst > 0.46 && controls.null_worst < 0.54))
        fail_msg("null test: %.4f", controls.null_worst);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

/* A row that passes for a honeypot's has lost what the honeypot lacks. */
static void test_a_disguise_takes_columns_away(void **state)
{
    (void)state;
    struct rows rows = rows_flows(3000, some_seed());
    for (size_t i = 0; i < rows.n; i += 6)
        make_honeypot(&rows, i);
    struct hg_subject subject;
    struct hg_log_rows *kept = keep(&rows, NULL, &subject);
    uint32_t indexes[1000];
    uint8_t as[1000];
    size_t n = 0;
    for (uint32_t i = 0; i < subject.n && n < 1000; i++) {
        if (subject.cases[i].kind == HG_SUB_SURICATA_FLOW) {
            as[n] = HG_SUB_COWRIE;
            indexes[n++] = i;
        }
    }
    struct hg_train_settings train = {.seed = 1};
    struct hg_model *model = NULL;
    assert_int_equal(subject.fit(subject.self, indexes, as, n, &train, &model, NULL), HG_OK);
    assert_true(hg_model_knows(model, HG_SUB_COWRIE) && !hg_model_knows(model, HG_SUB_SURICATA_FLOW));
    struct hg_buf text;
    hg_buf_init(&text, 65536);
    hg_model_describe(model, &text);
    hg_buf_char(&text, '\0');
    for (int f = HG_FEATURE_duration; f <= HG_FEATURE_packets_ratio; f++) {
        char part[80];
        snprintf(part, sizeof part, "%s: over 50 %% missing (100 %%)", hg_feature_name((enum hg_feature)f));
        assert_non_null(strstr(text.p, part));
    }
    hg_buf_free(&text);
    hg_model_destroy(model);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

/* Rows of different kinds that hold the same: nothing in them tells the kind. */
static void test_data_sets_that_are_alike_and_unlike(void **state)
{
    (void)state;
    for (int unlike = 0; unlike < 2; unlike++) {
        struct rows rows = rows_flows(6000, some_seed());
        for (size_t i = 0; i < rows.n; i++) {
            rows.events[i].dataset = i % 2 == 0 ? HG_DATASET_iscx : HG_DATASET_zeek;
            if (unlike && i % 2 == 0)
                hg_matrix_column(&rows.matrix, HG_FEATURE_total_bytes)[i] *= 1000;
        }
        struct hg_subject subject;
        struct hg_log_rows *kept = keep(&rows, NULL, &subject);
        uint32_t *indexes = all_rows(subject.n);
        double auroc;
        assert_int_equal(hg_control_dataset(&subject, indexes, subject.n, &auroc, NULL), HG_OK);
        assert_true(unlike ? auroc > 0.85 : fabs(auroc - 0.5) < 0.05);
        free(indexes);
        hg_log_rows_destroy(kept);
        rows_free(&rows);
    }
}

/* ---- rows of logs */
static void test_rows_that_differ_in_the_clock_alone_are_equal(void **state)
{
    (void)state;
    struct rows rows = rows_flows(400, some_seed());
    for (size_t i = 0; i < rows.n; i++)
        rows.events[i].time_us = INT64_C(1700000000000000);
    for (size_t i = 200; i < 400; i++) { /* the first 200 again, at another hour */
        for (int f = 0; f < HG_FEATURE_FIRST_CODE; f++)
            hg_matrix_column(&rows.matrix, (enum hg_feature)f)[i] = hg_matrix_column(&rows.matrix, (enum hg_feature)f)[i - 200];
        for (int f = HG_FEATURE_FIRST_CODE; f < HG_FEATURE_COUNT; f++)
            hg_matrix_codes(&rows.matrix, (enum hg_feature)f)[i] = hg_matrix_codes(&rows.matrix, (enum hg_feature)f)[i - 200];
        rows_set(&rows, i, HG_FEATURE_hour, 23);
    }
    rows.events[399].label = HG_LABEL_ATTACK; /* says something else: no duplicate */
    struct hg_subject subject;
    struct hg_log_rows *kept = keep(&rows, NULL, &subject);
    size_t duplicates = 0;
    for (size_t i = 0; i < subject.n; i++)
        duplicates += subject.cases[i].duplicate;
    assert_int_equal(duplicates, 199);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

static void test_more_rows_than_there_is_room_for_are_sampled(void **state)
{
    (void)state;
    struct rows rows = rows_flows(1000, some_seed());
    struct hg_log_rows *kept = NULL;
    struct hg_subject subject;
    size_t early = 0;
    assert_int_equal(hg_log_rows_create(NULL, 1, 4000, &kept, NULL), HG_OK);
    for (int k = 0; k < 20; k++) {
        for (size_t i = 0; i < rows.n; i++)
            rows.events[i].time_us = k * HG_DAY;
        assert_int_equal(hg_log_rows_add(kept, rows.pointers, rows.n, &rows.matrix, NULL), HG_OK);
    }
    assert_int_equal(hg_log_rows_subject(kept, &subject, NULL), HG_OK);
    assert_int_equal(subject.n, 4000);
    assert_int_equal(subject.seen, 20000);
    for (size_t i = 0; i < subject.n; i++)
        early += subject.cases[i].time_us < 10 * HG_DAY;
    assert_in_range(early, 1850, 2150);
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

static void test_without_labels_there_is_no_figure(void **state)
{
    (void)state;
    struct rows rows = rows_flows(2000, some_seed());
    struct hg_subject subject;
    struct hg_log_rows *kept = keep(&rows, NULL, &subject);
    struct hg_evaluate_settings settings = settings_of(HG_SPLIT_TIME);
    struct hg_evaluation evaluation;
    struct hg_err err;
    assert_int_equal(hg_evaluate(&subject, &settings, &evaluation, &err), HG_ESTATE);
    assert_non_null(strstr(err.msg, "no labels"));
    hg_log_rows_destroy(kept);
    rows_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks_that_say_nothing),
        cmocka_unit_test(test_many_masks_are_not_learnt_by_heart),
        cmocka_unit_test(test_masks_that_say_all),
        cmocka_unit_test(test_an_honest_log_keeps_its_headline),
        cmocka_unit_test(test_telling_data_sets_apart_is_no_headline),
        cmocka_unit_test(test_a_honeypot_stays_out_of_the_headline),
        cmocka_unit_test(test_the_null_test_finds_nothing_to_find),
        cmocka_unit_test(test_a_disguise_takes_columns_away),
        cmocka_unit_test(test_data_sets_that_are_alike_and_unlike),
        cmocka_unit_test(test_rows_that_differ_in_the_clock_alone_are_equal),
        cmocka_unit_test(test_more_rows_than_there_is_room_for_are_sampled),
        cmocka_unit_test(test_without_labels_there_is_no_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
