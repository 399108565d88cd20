#include "evaluate/run_priv.h"

#include <math.h>
#include <stdlib.h>

static enum hg_rc run_init(struct run *run, struct hg_err *reterr)
{
    size_t n = run->subject->n + 1, kinds = run->subject->n_kinds;
    run->p = malloc(n * sizeof *run->p);
    run->fold_p = malloc(n * sizeof *run->fold_p);
    run->in_headline = calloc(kinds, sizeof *run->in_headline);
    run->first_us = malloc(kinds * sizeof *run->first_us);
    run->last_us = malloc(kinds * sizeof *run->last_us);
    run->rows = malloc(n * sizeof *run->rows);
    run->judged = malloc(n * sizeof *run->judged);
    run->opinions = malloc(HG_EVALUATE_BLOCK * sizeof *run->opinions);
    if (run->p == NULL || run->fold_p == NULL || run->in_headline == NULL || run->first_us == NULL || run->last_us == NULL ||
        run->rows == NULL || run->judged == NULL || run->opinions == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        run->p[i] = (double)NAN;
    for (size_t k = 0; k < kinds; k++)
        run->first_us[k] = run->last_us[k] = HG_TIME_NONE;
    return hg_folds_make(run->subject, run->settings->split, &run->folds, reterr);
}

static void run_free(struct run *run)
{
    free(run->p);
    free(run->fold_p);
    free(run->in_headline);
    free(run->first_us);
    free(run->last_us);
    free(run->rows);
    free(run->judged);
    free(run->opinions);
    hg_alarms_free(&run->alarms);
    hg_folds_free(&run->folds);
}

/* ---- days and what comes in one */
static double days_between(int64_t first_us, int64_t last_us)
{
    return first_us == HG_TIME_NONE || last_us - first_us < HG_MINUTE ? 0 : (double)(last_us - first_us) / (double)HG_DAY;
}

static void widen(int64_t *first_us, int64_t *last_us, int64_t time_us)
{
    if (time_us == HG_TIME_NONE)
        return;
    *first_us = *first_us == HG_TIME_NONE || time_us < *first_us ? time_us : *first_us;
    *last_us = *last_us == HG_TIME_NONE || time_us > *last_us ? time_us : *last_us;
}

/* Of each kind over its own days, since logs of different years may be evaluated together. */
static double events_a_day(const struct hg_subject *subject)
{
    double sum = 0;
    for (size_t kind = 0; kind < subject->n_kinds; kind++) {
        int64_t first = HG_TIME_NONE, last = HG_TIME_NONE;
        double n = 0;
        for (size_t i = 0; i < subject->n; i++) {
            if (subject->cases[i].kind == kind) {
                n++;
                widen(&first, &last, subject->cases[i].time_us);
            }
        }
        double days = days_between(first, last);
        sum += days > 0 ? n / days : 0;
    }
    return subject->n == 0 ? 0 : sum * (double)subject->seen / (double)subject->n;
}

static void count_alerts(struct run *run)
{
    struct hg_evaluation *out = run->out;
    double days = 0;
    out->false_alarms_a_day = out->alerts_a_day = (double)NAN;
    for (size_t k = 0; k < run->subject->n_kinds; k++) {
        double its = days_between(run->first_us[k], run->last_us[k]);
        days = its > days ? its : days;
    }
    if (isnan(out->rate) || days <= 0 || run->settings->split == HG_SPLIT_FAMILIES)
        return;
    out->false_alarms_a_day = (double)run->false_alarms / days * (double)out->seen / (double)out->rows;
    if (out->seen == out->rows)
        out->alerts_a_day = (double)hg_alarms_count_alerts(&run->alarms) / days;
}

/* ---- one fold */
static size_t rows_of_role(struct run *run, size_t fold, enum hg_role role)
{
    size_t n = 0;
    for (uint32_t i = 0; i < run->subject->n; i++)
        if (hg_folds_role(&run->folds, fold, i) == role)
            run->rows[n++] = i;
    return n;
}

/* Where families are left out in turn, each normal row is tested in every fold; among all rows it stands with the opinion of one. */
static bool is_turn(const struct run *run, size_t fold, uint32_t row)
{
    return run->settings->split != HG_SPLIT_FAMILIES || run->subject->cases[row].truth == HG_LABEL_ATTACK || row % run->folds.n == fold;
}

static void take_opinion(struct run *run, size_t fold, uint32_t row, const struct hg_opinion *opinion)
{
    if (run->subject->cases[row].truth == HG_LABEL_NONE) {
        run->out->unknown++;
        return;
    }
    run->fold_p[row] = opinion->scored ? opinion->p : UNSCORED;
    if (is_turn(run, fold, row))
        run->p[row] = run->fold_p[row];
}

static enum hg_rc count_alarm(struct run *run, uint32_t row, const struct hg_opinion *opinion, struct hg_err *reterr)
{
    const struct hg_case *at = &run->subject->cases[row];
    widen(&run->first_us[at->kind], &run->last_us[at->kind], at->time_us);
    if (!opinion->scored || !(opinion->p < run->out->rate))
        return HG_OK;
    run->false_alarms += at->truth == HG_LABEL_NORMAL;
    return hg_alarms_add(&run->alarms, (struct hg_alarm){opinion->group, at->time_us}, reterr);
}

static enum hg_rc test_rows(struct run *run, size_t fold, const struct hg_model *model, enum hg_role role, struct hg_err *reterr)
{
    const struct hg_subject *subject = run->subject;
    size_t n = rows_of_role(run, fold, role);
    for (size_t start = 0; start < n; start += HG_EVALUATE_BLOCK) {
        size_t some = n - start < HG_EVALUATE_BLOCK ? n - start : HG_EVALUATE_BLOCK;
        const uint32_t *rows = run->rows + start;
        enum hg_rc rc = subject->score(subject->self, model, rows, NULL, some, run->out->rate, run->opinions, reterr);
        for (size_t i = 0; rc == HG_OK && i < some; i++) {
            if (role == HG_ROLE_TEST)
                take_opinion(run, fold, rows[i], &run->opinions[i]);
            rc = count_alarm(run, rows[i], &run->opinions[i], reterr);
        }
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

static enum hg_rc test_fold(struct run *run, size_t fold, const struct hg_model *model, struct hg_err *reterr)
{
    for (size_t i = 0; i < run->subject->n; i++)
        run->fold_p[i] = (double)NAN;
    enum hg_rc rc = test_rows(run, fold, model, HG_ROLE_TEST, reterr);
    if (rc == HG_OK)
        rc = test_rows(run, fold, model, HG_ROLE_REPEAT, reterr);
    if (rc == HG_OK && run->settings->split == HG_SPLIT_FAMILIES)
        rc = make_family(run, run->fold_p, run->folds.families[fold], reterr);
    return rc;
}

static enum hg_rc run_fold(struct run *run, size_t fold, struct hg_err *reterr)
{
    if (run->settings->model != NULL)
        return test_fold(run, fold, run->settings->model, reterr);
    struct hg_model *model = NULL;
    size_t n = rows_of_role(run, fold, HG_ROLE_TRAIN);
    enum hg_rc rc = run->subject->fit(run->subject->self, run->rows, NULL, n, &run->settings->train, &model, reterr);
    if (rc == HG_ESTATE && run->folds.n > 1) { /* this fold has too little to learn from; others may have enough */
        run->out->folds_failed++;
        return HG_OK;
    }
    if (rc == HG_OK)
        rc = test_fold(run, fold, model, reterr);
    hg_model_destroy(model);
    return rc;
}

/* ---- all of it */
static enum hg_rc check_met(const struct run *run, const size_t met[HG_LABEL_ATTACK + 1], const size_t tested[HG_LABEL_ATTACK + 1],
                            struct hg_err *reterr)
{
    if (run->subject->n == 0)
        return hg_fail(reterr, HG_ESTATE, "there is no row to evaluate on");
    if (met[HG_LABEL_ATTACK] == 0 && met[HG_LABEL_NORMAL] == 0)
        return hg_fail(reterr, HG_ESTATE, "no row says whether it is an attack: there are no labels%s",
                       run->subject->has_times ? ", and no --truth FILE" : "");
    for (int label = HG_LABEL_NORMAL; label <= HG_LABEL_ATTACK; label++) {
        const char *what = label == HG_LABEL_ATTACK ? "Attack" : "Normal";
        if (met[label] == 0)
            return hg_fail(reterr, HG_ESTATE, "no row is known to be %s: there is nothing to tell apart", what);
        if (tested[label] == 0)
            return hg_fail(reterr, HG_ESTATE, "no row that the split leaves to test is %s: another --split may leave some", what);
    }
    return HG_OK;
}

/* The headline is over the kinds that have both attacks and normal rows to test; over all, where none has. */
static enum hg_rc look_at_labels(struct run *run, struct hg_err *reterr)
{
    const struct hg_subject *subject = run->subject;
    size_t of_kind[UINT8_MAX + 1u][HG_LABEL_ATTACK + 1] = {0}, met[HG_LABEL_ATTACK + 1] = {0}, tested[HG_LABEL_ATTACK + 1] = {0};
    bool any = false;
    for (uint32_t i = 0; i < subject->n; i++) {
        met[subject->cases[i].truth]++;
        for (size_t fold = 0; fold < run->folds.n; fold++)
            of_kind[subject->cases[i].kind][subject->cases[i].truth] += hg_folds_role(&run->folds, fold, i) == HG_ROLE_TEST;
    }
    for (size_t k = 0; k < subject->n_kinds; k++) {
        any |= run->in_headline[k] = of_kind[k][HG_LABEL_ATTACK] > 0 && of_kind[k][HG_LABEL_NORMAL] > 0;
        for (int label = 0; label <= HG_LABEL_ATTACK; label++)
            tested[label] += of_kind[k][label];
    }
    run->out->controls.label_is_dataset = !any;
    for (size_t k = 0; !any && k < subject->n_kinds; k++)
        run->in_headline[k] = true;
    return check_met(run, met, tested, reterr);
}

static void count_rows(struct run *run)
{
    struct hg_evaluation *out = run->out;
    out->rows = run->subject->n;
    out->seen = run->subject->seen;
    out->folds = run->folds.n;
    for (size_t i = 0; i < run->subject->n; i++)
        out->duplicates += run->subject->cases[i].duplicate;
}

static enum hg_rc make_controls(struct run *run, struct hg_err *reterr)
{
    struct hg_controls *controls = &run->out->controls;
    size_t n = 0;
    for (uint32_t i = 0; i < run->subject->n; i++)
        if (!isnan(run->p[i]) && run->in_headline[run->subject->cases[i].kind])
            run->rows[n++] = i;
    controls->mask = run->out->overall.mask;
    enum hg_rc rc = hg_control_label_by_kind(run->subject, run->rows, n, &controls->label_by_dataset, reterr);
    if (rc == HG_OK)
        rc = hg_control_dataset(run->subject, run->rows, n, &controls->dataset, reterr);
    if (rc == HG_OK)
        rc = hg_control_null(run->subject, &run->settings->train, controls, reterr);
    return rc;
}

static enum hg_rc run_folds(struct run *run, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t fold = 0; rc == HG_OK && fold < run->folds.n; fold++)
        rc = run_fold(run, fold, reterr);
    if (rc == HG_OK && run->out->folds_failed == run->folds.n)
        return hg_fail(reterr, HG_ESTATE, "no fold leaves enough rows to learn from");
    return rc;
}

static enum hg_rc run_all(struct run *run, struct hg_err *reterr)
{
    count_rows(run);
    enum hg_rc rc = look_at_labels(run, reterr);
    if (rc == HG_OK)
        rc = run_folds(run, reterr);
    if (rc == HG_OK)
        rc = make_overall(run, reterr);
    if (rc == HG_OK)
        rc = make_kinds(run, reterr);
    if (rc == HG_OK && run->settings->split != HG_SPLIT_FAMILIES)
        rc = make_families(run, reterr);
    if (rc == HG_OK)
        rc = make_controls(run, reterr);
    if (rc == HG_OK)
        count_alerts(run);
    return rc;
}

enum hg_rc hg_evaluate(const struct hg_subject *subject, const struct hg_evaluate_settings *settings, struct hg_evaluation *ret,
                       struct hg_err *reterr)
{
    HG_ASSERT((settings->model != NULL) == (settings->split == HG_SPLIT_NONE));
    *ret = (struct hg_evaluation){.split = settings->split, .truth = settings->truth, .budget = settings->budget, .draws = settings->draws,
                                  .seed = settings->train.seed, .kind_names = subject->kinds};
    struct run run = {.subject = subject, .settings = settings, .out = ret};
    ret->kinds = calloc(subject->n_kinds, sizeof *ret->kinds);
    ret->families = calloc(subject->n_families + 1, sizeof *ret->families);
    ret->events_a_day = events_a_day(subject);
    bool has_rate = subject->has_times || settings->budget.mode == HG_BUDGET_RATE;
    ret->rate = has_rate ? hg_budget_rate_at(&settings->budget, ret->events_a_day) : (double)NAN;
    enum hg_rc rc = ret->kinds == NULL || ret->families == NULL ? hg_fail(reterr, HG_ENOMEM, "evaluate: no memory") : run_init(&run, reterr);
    if (rc == HG_OK)
        rc = run_all(&run, reterr);
    run_free(&run);
    if (rc == HG_OK)
        hg_evaluation_warn(ret);
    else
        hg_evaluation_free(ret);
    return rc;
}

void hg_evaluation_free(struct hg_evaluation *evaluation)
{
    free(evaluation->kinds);
    free(evaluation->families);
    *evaluation = (struct hg_evaluation){0};
}
