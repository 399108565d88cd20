/* Why: is the feature that was put out of place named, do the shares sum to 1, is what is said to be ordinary so? */
#include "support/cmocka_all.h"

#include "detect/explain.h"
#include "detect/model_priv.h"
#include "tests/detect/generated.h"

#define SEED      7u
#define ROWS      40000u
#define TRIALS    200
#define RATE      0.01
#define NEW_CODE  UINT32_C(0xfeedbeef)
#define NAMED_MIN 0.75

static struct rows generated, made_up;

/* Flows of a quiet network: sizes, durations and packets follow from each other as a rule, flags and protocols have their usual values. */
static struct rows quiet_flows(size_t n, uint64_t seed)
{
    struct rows rows = rows_flows(n, seed);
    struct hg_rng rng = hg_rng_seeded(seed);
    for (size_t i = 0; i < n; i++) {
        double size = hg_rng_unit(&rng) + hg_rng_unit(&rng) + hg_rng_unit(&rng), some = hg_rng_unit(&rng) + hg_rng_unit(&rng);
        float bytes = (float)exp(4 + 3 * size), packets = ceilf(bytes / (float)(300 + 500 * some)), duration = (float)exp(size + some - 2);
        const float amounts[] = {duration, bytes, packets, bytes / duration, packets / duration, bytes / packets};
        for (int f = 0; f < 6; f++)
            rows_set(&rows, i, (enum hg_feature)(HG_FEATURE_duration + f), amounts[f]);
        rows_set(&rows, i, HG_FEATURE_bytes_ratio, (float)(0.1 + 0.2 * some));
        rows_set(&rows, i, HG_FEATURE_packets_ratio, (float)(0.4 + 0.1 * some));
        for (int f = HG_FEATURE_flag_syn; f <= HG_FEATURE_is_internal; f++)
            rows_set(&rows, i, (enum hg_feature)f, hg_rng_below(&rng, 50) == 0 ? f % 2 == 0 : f % 2 != 0);
        rows_set_code(&rows, i, HG_FEATURE_port_rarity, 80 + (uint32_t)(hg_rng_unit(&rng) * hg_rng_unit(&rng) * hg_rng_unit(&rng) * 60));
        rows_set_code(&rows, i, HG_FEATURE_application_rarity, 100 + (uint32_t)(hg_rng_unit(&rng) * hg_rng_unit(&rng) * hg_rng_unit(&rng) * 9));
    }
    return rows;
}

static int make_rows(void **state)
{
    (void)state;
    print_message("# seed %u\n", SEED);
    generated = generated_rows(ROWS, SEED);
    made_up = quiet_flows(20000, SEED);
    return 0;
}

static int free_rows(void **state)
{
    (void)state;
    rows_free(&generated);
    rows_free(&made_up);
    return 0;
}

struct subject { /* rows, a model of theirs, and where to score */
    const struct rows *rows;
    struct hg_model *model;
    struct hg_score_scratch *scratch;
    struct hg_matrix one;
};

static struct subject subject_of(const struct rows *rows, const char *detector)
{
    struct subject subject = {.rows = rows};
    struct hg_train_settings settings = {.seed = 1, .detector = hg_detector_named(hg_slice_of(detector))};
    struct hg_trainer *trainer;
    assert_int_equal(hg_trainer_create(&settings, &trainer, NULL), HG_OK);
    assert_int_equal(hg_trainer_add(trainer, rows->pointers, rows->n, &rows->matrix, NULL), HG_OK);
    assert_int_equal(hg_trainer_fit(trainer, &subject.model, NULL), HG_OK);
    hg_trainer_destroy(trainer);
    assert_int_equal(hg_score_scratch_create(&subject.scratch, NULL), HG_OK);
    assert_int_equal(hg_matrix_reserve(&subject.one, 1, NULL), HG_OK);
    return subject;
}

static void subject_free(struct subject *subject)
{
    hg_model_destroy(subject->model);
    hg_score_scratch_destroy(subject->scratch);
    hg_matrix_free(&subject->one);
}

static struct hg_score score_row(struct subject *subject, const struct hg_event *event, const struct hg_feature_row *row)
{
    struct hg_score score;
    hg_matrix_set_row(&subject->one, 0, row);
    hg_model_score(subject->model, subject->scratch, &event, 1, &subject->one, &score);
    return score;
}

static size_t rows_of_kind(const struct rows *rows, enum hg_submodel_kind kind, uint32_t **ret)
{
    size_t n = 0;
    *ret = calloc(rows->n, sizeof **ret);
    assert_non_null(*ret);
    for (size_t i = 0; i < rows->n; i++)
        if (hg_submodel_of(&rows->events[i]) == kind && hg_trainer_takes(&rows->events[i]))
            (*ret)[n++] = (uint32_t)i;
    return n;
}

/* ---- is the feature named? */

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The 99.99 % quantiles of the numbers; NaN where there are none. */
static void quantiles_of(const struct rows *rows, const uint32_t *some, size_t n, float ret[HG_FEATURE_FIRST_CODE])
{
    float *values = calloc(n + 1, sizeof *values);
    assert_non_null(values);
    for (int f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        size_t present = 0;
        for (size_t i = 0; i < n; i++) {
            float value = hg_matrix_column(&rows->matrix, (enum hg_feature)f)[some[i]];
            if (!isnan(value))
                values[present++] = value;
        }
        qsort(values, present, sizeof *values, compare);
        ret[f] = present == 0 ? NAN : values[(size_t)((double)(present - 1) * 0.9999)];
    }
    free(values);
}

static bool is_kept(const struct hg_model *model, enum hg_submodel_kind kind, int feature)
{
    const struct submodel *views[] = {&model->submodels[kind], &model->behaviour[kind]};
    for (int v = 0; v < 2; v++)
        if (views[v]->n_columns > 0 && views[v]->columns[feature].state == COLUMN_KEPT)
            return true;
    return false;
}

/* Puts one feature that the row has and its sub-model keeps past the quantile, where there is anything past it: amounts to twice as much,
 * shares and flags to 1, categories to one never seen. HG_FEATURE_COUNT: none can be. */
static int put_past(const struct hg_model *model, enum hg_submodel_kind kind, const float *quantiles, struct hg_rng *rng, struct hg_feature_row *row)
{
    int can[HG_FEATURE_COUNT], n = 0;
    for (int f = 0; f < HG_FEATURE_COUNT; f++) {
        enum hg_feature_kind what = hg_feature_kind((enum hg_feature)f);
        bool is_code = what == HG_KIND_code;
        if (!is_kept(model, kind, f) || what == HG_KIND_clock || (is_code ? row->codes[f - HG_FEATURE_FIRST_CODE] == 0 : isnan(row->cells[f])))
            continue;
        if (is_code || what == HG_KIND_amount || quantiles[f] < 1)
            can[n++] = f;
    }
    if (n == 0)
        return HG_FEATURE_COUNT;
    int f = can[hg_rng_below(rng, (uint64_t)n)];
    if (f >= HG_FEATURE_FIRST_CODE)
        row->codes[f - HG_FEATURE_FIRST_CODE] = NEW_CODE;
    else
        row->cells[f] = hg_feature_kind((enum hg_feature)f) == HG_KIND_amount ? 2 * quantiles[f] + 1e-6f : 1;
    return f;
}

static void check_shares(const struct hg_contribution *all, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(all[i].share > 0 && (i == 0 || all[i].share <= all[i - 1].share));
        sum += (double)all[i].share;
    }
    assert_true(n == 0 || fabs(sum - 1) <= 1e-6);
}

static void check_named(struct subject *subject, enum hg_submodel_kind kind, const char *detector)
{
    uint32_t *some;
    float quantiles[HG_FEATURE_FIRST_CODE];
    size_t n = rows_of_kind(subject->rows, kind, &some);
    struct hg_rng rng = hg_rng_seeded(SEED);
    int tried = 0, named = 0;
    quantiles_of(subject->rows, some, n, quantiles);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct hg_feature_row row;
        struct hg_contribution all[HG_FEATURE_COUNT];
        uint32_t at = some[hg_rng_below(&rng, n)];
        hg_matrix_get_row(&subject->rows->matrix, at, &row);
        int feature = put_past(subject->model, kind, quantiles, &rng, &row);
        struct hg_score score = score_row(subject, &subject->rows->events[at], &row);
        hg_model_explain(subject->model, subject->scratch, &subject->rows->events[at], 0, &subject->one, &score);
        size_t n_all = hg_model_contributions(subject->model, subject->scratch, &subject->rows->events[at], 0, &subject->one,
                                              score.by_behaviour, HG_FEATURE_COUNT, all);
        check_shares(all, n_all);
        assert_int_equal(score.n_top, n_all < HG_TOP_FEATURES ? n_all : HG_TOP_FEATURES);
        for (size_t i = 0; i < score.n_top; i++)
            assert_true(score.top[i].feature == all[i].feature && score.top[i].share == all[i].share);
        tried += feature != HG_FEATURE_COUNT;
        named += feature != HG_FEATURE_COUNT && n_all > 0 && all[0].feature == feature;
    }
    print_message("# %-9s %-14s named first %d of %d\n", detector, hg_submodel_name(kind), named, tried);
    assert_true(tried > TRIALS / 2);
    assert_true(named >= NAMED_MIN * tried);
    free(some);
}

static void test_what_was_put_out_of_place_is_named_first(void **state)
{
    static const char *const detectors[] = {"ensemble", "iforest", "neighbour"};
    (void)state;
    for (int d = 0; d < 3; d++) {
        struct subject logs = subject_of(&generated, detectors[d]), synthetic = subject_of(&made_up, detectors[d]);
        for (int kind = 0; kind < HG_SUB_COUNT; kind++)
            if (hg_model_knows(logs.model, (enum hg_submodel_kind)kind))
                check_named(&logs, (enum hg_submodel_kind)kind, detectors[d]);
        print_message("# rows made up here:\n");
        check_named(&synthetic, HG_SUB_SURICATA_FLOW, detectors[d]);
        subject_free(&logs);
        subject_free(&synthetic);
    }
}

/* ---- what would be ordinary */

/* Some features moved far out, or another row's. */
static void spoil(struct hg_rng *rng, const struct rows *rows, const uint32_t *some, size_t n, const float *quantiles, struct hg_feature_row *row)
{
    struct hg_feature_row other;
    hg_matrix_get_row(&rows->matrix, some[hg_rng_below(rng, n)], &other);
    for (uint64_t times = 1 + hg_rng_below(rng, 9); times > 0; times--) {
        size_t f = (size_t)hg_rng_below(rng, HG_FEATURE_COUNT);
        if (f >= HG_FEATURE_FIRST_CODE)
            row->codes[f - HG_FEATURE_FIRST_CODE] = row->codes[f - HG_FEATURE_FIRST_CODE] == 0 ? 0 : NEW_CODE;
        else if (!isnan(row->cells[f]) && hg_feature_kind((enum hg_feature)f) == HG_KIND_amount)
            row->cells[f] = hg_rng_below(rng, 4) == 0 ? 0 : quantiles[f] * (float)(1 + 20 * hg_rng_unit(rng));
        else if (!isnan(row->cells[f]) && !isnan(other.cells[f]))
            row->cells[f] = other.cells[f];
    }
}

static void change(struct hg_feature_row *row, const struct hg_change *change, float value, uint32_t code)
{
    if (change->feature >= HG_FEATURE_FIRST_CODE)
        row->codes[change->feature - HG_FEATURE_FIRST_CODE] = code;
    else
        row->cells[change->feature] = value;
}

/* Scored again with the change it is ordinary: at the value named, and as far as is said. */
static void check_counterfactual(struct subject *subject, const struct hg_event *event, const struct hg_feature_row *row,
                                 const struct hg_counterfactual *counterfactual)
{
    struct hg_feature_row changed = *row;
    assert_true(counterfactual->n == 1 || counterfactual->n == 2);
    for (uint8_t i = 0; i < counterfactual->n; i++)
        change(&changed, &counterfactual->changes[i], counterfactual->changes[i].value, counterfactual->changes[i].code);
    assert_true(score_row(subject, event, &changed).p >= RATE);
    if (counterfactual->n == 2 || counterfactual->changes[0].feature >= HG_FEATURE_FIRST_CODE)
        return;
    change(&changed, &counterfactual->changes[0], counterfactual->until, 0);
    assert_true(score_row(subject, event, &changed).p >= RATE);
}

static void check_words(const struct hg_explanation *explanation, bool show)
{
    for (size_t i = 0; i < explanation->n_counterfactuals; i++) {
        struct hg_buf words;
        hg_buf_init(&words, 4096);
        hg_counterfactual_words(&explanation->counterfactuals[i], &words);
        hg_buf_char(&words, '\0');
        assert_int_equal(strncmp(words.p, "Had ", 4), 0);
        assert_non_null(strstr(words.p, ", it would be ordinary."));
        if (show)
            print_message("# %s\n", words.p);
        hg_buf_free(&words);
    }
}

static void check_nearest(const struct hg_explanation *explanation)
{
    assert_true(explanation->has_nearest);
    for (size_t i = 0; i < explanation->n; i++) {
        enum hg_feature_kind kind = hg_feature_kind((enum hg_feature)explanation->features[i].feature);
        float near = explanation->nearest[i];
        assert_true(isnan(near) || near >= 0);
        assert_true(isnan(near) || near <= 1 || (kind != HG_KIND_ratio && kind != HG_KIND_code));
    }
}

struct found {
    int odd, single, pairs, none;
};

static void try_counterfactuals(struct subject *subject, enum hg_submodel_kind kind, struct found *found)
{
    uint32_t *some;
    float quantiles[HG_FEATURE_FIRST_CODE];
    size_t n = rows_of_kind(subject->rows, kind, &some);
    struct hg_rng rng = hg_rng_seeded(SEED + 1);
    quantiles_of(subject->rows, some, n, quantiles);
    for (int trial = 0, odd = 0; trial < 20 * TRIALS && odd < TRIALS; trial++) {
        struct hg_feature_row row;
        struct hg_explanation explanation;
        const struct hg_event *event = &subject->rows->events[some[0]];
        hg_matrix_get_row(&subject->rows->matrix, some[hg_rng_below(&rng, n)], &row);
        spoil(&rng, subject->rows, some, n, quantiles, &row);
        struct hg_score score = score_row(subject, event, &row);
        assert_int_equal(hg_explain(subject->model, subject->scratch, event, &row, RATE, &explanation, NULL), HG_OK);
        assert_true(explanation.score.p == score.p);
        check_shares(explanation.features, explanation.n);
        check_nearest(&explanation);
        assert_true(score.p < RATE || explanation.n_counterfactuals == 0);
        for (size_t i = 0; i < explanation.n_counterfactuals; i++)
            check_counterfactual(subject, event, &row, &explanation.counterfactuals[i]);
        check_words(&explanation, score.p < RATE && odd % 50 == 0);
        if (!(score.p < RATE))
            continue;
        odd++;
        found->odd++;
        found->single += explanation.n_counterfactuals > 0 && explanation.counterfactuals[0].n == 1;
        found->pairs += explanation.n_counterfactuals > 0 && explanation.counterfactuals[0].n == 2;
        found->none += explanation.n_counterfactuals == 0;
    }
    free(some);
}

static void test_what_is_said_to_be_ordinary_is(void **state)
{
    (void)state;
    struct subject logs = subject_of(&generated, "ensemble"), synthetic = subject_of(&made_up, "ensemble");
    for (int kind = 0; kind < HG_SUB_COUNT; kind++) {
        struct found found = {0};
        if (!hg_model_knows(logs.model, (enum hg_submodel_kind)kind))
            continue;
        try_counterfactuals(&logs, (enum hg_submodel_kind)kind, &found);
        print_message("# %-14s %d odd: %d by one figure, %d by two, %d by neither\n", hg_submodel_name((enum hg_submodel_kind)kind), found.odd,
                      found.single, found.pairs, found.none);
        assert_true(found.odd >= TRIALS / 2);
    }
    struct found found = {0};
    try_counterfactuals(&synthetic, HG_SUB_SURICATA_FLOW, &found);
    print_message("# made up: %d odd: %d by one figure, %d by two, %d by neither\n", found.odd, found.single, found.pairs, found.none);
    assert_int_equal(found.odd, TRIALS);
    assert_true(found.single > 0 && found.pairs > 0);
    subject_free(&logs);
    subject_free(&synthetic);
}

/* ---- the rest */

static void test_models_without_rows_say_so(void **state)
{
    (void)state;
    struct subject subject = subject_of(&made_up, "iforest");
    struct hg_feature_row row;
    struct hg_explanation explanation;
    hg_matrix_get_row(&made_up.matrix, 5, &row);
    assert_int_equal(hg_explain(subject.model, subject.scratch, &made_up.events[5], &row, RATE, &explanation, NULL), HG_OK);
    assert_false(explanation.has_nearest);
    assert_true(explanation.n > 0 && isnan(explanation.nearest[0]));
    struct hg_event stranger = {.dataset = HG_DATASET_zeek}; /* no sub-model: nothing to say, and nothing breaks */
    assert_int_equal(hg_explain(subject.model, subject.scratch, &stranger, &row, RATE, &explanation, NULL), HG_OK);
    assert_int_equal(explanation.score.state, HG_NO_SUBMODEL);
    assert_int_equal(explanation.n + explanation.n_counterfactuals, 0);
    subject_free(&subject);
}

/* A row of training has itself for its nearest, to within a byte's steps. */
static void test_a_prototype_is_its_own_nearest(void **state)
{
    (void)state;
    struct rows few = rows_flows(900, SEED); /* all of them are prototypes, or the ends of their scales */
    for (size_t i = 0; i < few.n; i++)
        few.events[i].label = HG_LABEL_NORMAL;
    struct subject subject = subject_of(&few, "neighbour");
    size_t close = 0, compared = 0;
    for (size_t i = 0; i < few.n; i++) {
        struct hg_feature_row row;
        struct hg_explanation explanation;
        hg_matrix_get_row(&few.matrix, i, &row);
        row.cells[HG_FEATURE_total_packets] += 1; /* something must have a share */
        assert_int_equal(hg_explain(subject.model, subject.scratch, &few.events[i], &row, RATE, &explanation, NULL), HG_OK);
        for (size_t k = 0; k < explanation.n; k++) {
            float value = explanation.features[k].value, near = explanation.nearest[k];
            compared++;
            close += fabsf(log1pf(value) - log1pf(near)) < 0.7f;
        }
    }
    print_message("# %zu of %zu figures with a share are close to the nearest row's\n", close, compared);
    assert_true(compared > 0 && (double)close > 0.5 * (double)compared);
    subject_free(&subject);
    rows_free(&few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_put_out_of_place_is_named_first),
        cmocka_unit_test(test_what_is_said_to_be_ordinary_is),
        cmocka_unit_test(test_models_without_rows_say_so),
        cmocka_unit_test(test_a_prototype_is_its_own_nearest),
    };
    return cmocka_run_group_tests(tests, make_rows, free_rows);
}
