#include "evaluate/quality_priv.h"

#include "detect/budget.h"

#include <math.h>
#include <stdlib.h>

const char *const hg_unlike_names[HG_UNLIKE] = {"iforest", "neighbour", "ecod", "ocsvm"};
const double hg_strengths[HG_STRENGTHS] = {1, 0.25, 0.0625};
const char *const hg_quality_assumptions[3] = {
    "detectors of unlike methods err unlike: what they agree on is odd in itself (they share the columns, and what no column shows)",
    "the rows learnt from are a fair sample of what is ordinary: an alarm that another sample of them would not give is chance",
    "real attacks look like these made-up ones, and the flows that they are made from are ordinary",
};

/* ---- models */
enum hg_rc quality_fit(struct quality_run *run, const uint32_t *rows, size_t n, const struct hg_train_settings *settings, struct hg_model **ret,
                       struct hg_err *reterr)
{
    const struct hg_quality_settings *asked = run->settings;
    enum hg_rc rc = run->subject->fit(run->subject->self, rows, NULL, n, settings, ret, reterr);
    run->fitted++;
    if (asked->progress != NULL)
        asked->progress(asked->progress_self, run->fitted, run->to_fit);
    return rc;
}

enum hg_rc quality_try(struct quality_run *run, const struct hg_model *model, double *ret_p, struct hg_err *reterr)
{
    const struct hg_subject *subject = run->subject;
    for (size_t i = 0; i < run->n_tried; i += HG_EVALUATE_BLOCK) {
        size_t n = run->n_tried - i < HG_EVALUATE_BLOCK ? run->n_tried - i : HG_EVALUATE_BLOCK;
        enum hg_rc rc = subject->score(subject->self, model, run->tried + i, NULL, n, 0, run->opinions, reterr);
        if (rc != HG_OK)
            return rc;
        for (size_t k = 0; k < n; k++)
            ret_p[i + k] = run->opinions[k].scored ? run->opinions[k].p : 1;
    }
    return HG_OK;
}

/* What is left of the kinds where the model knows nothing of some: rows that may be learnt from can be fewer than all. */
static void keep_known(struct quality_run *run)
{
    struct hg_quality *out = run->out;
    size_t kept = 0;
    for (size_t k = 0; k < out->n_kinds; k++) {
        if (!hg_model_knows(out->model, (enum hg_submodel_kind)out->of_kind[k]))
            continue;
        out->kinds[kept] = out->kinds[k];
        out->of_kind[kept] = out->of_kind[k];
        run->first[kept++] = run->first[k];
    }
    out->n_kinds = kept;
}

/* The rows that stand for alarms, of each kind. */
static void set_rates(struct quality_run *run)
{
    struct hg_quality *out = run->out;
    double events_a_day[HG_SUB_COUNT];
    hg_model_events_a_day(out->model, events_a_day);
    double shown = run->settings->model == NULL && out->rows > 0 ? (double)out->seen / (double)out->rows : 1;
    for (size_t k = 0; k < HG_SUB_COUNT; k++)
        events_a_day[k] *= shown; /* it was fitted to a sample */
    hg_budget_kind_rates(&out->budget, events_a_day, out->rates);
    for (size_t k = 0; k < out->n_kinds; k++) {
        struct hg_quality_kind *kind = &out->kinds[k];
        kind->rate = out->rates[out->of_kind[k]];
        kind->alarms = (size_t)(kind->rate * (double)kind->tried + 0.5);
        kind->at_least = kind->alarms < HG_QUALITY_ALARMS_MIN;
        kind->alarms = kind->at_least ? HG_QUALITY_ALARMS_MIN : kind->alarms;
    }
}

static enum hg_rc take_model(struct quality_run *run, struct hg_err *reterr)
{
    struct hg_quality *out = run->out;
    const struct hg_quality_settings *settings = run->settings;
    enum hg_rc rc = HG_OK;
    if (settings->model == NULL)
        rc = quality_fit(run, run->learnt, run->n_learnt, &settings->train, &out->own_model, reterr);
    if (rc != HG_OK)
        return rc;
    out->model = settings->model != NULL ? settings->model : out->own_model;
    keep_known(run);
    if (out->n_kinds == 0)
        return hg_fail(reterr, HG_ESTATE, "the model knows none of the kinds of events that have rows enough to be tried");
    set_rates(run);
    rc = quality_try(run, out->model, run->p_model, reterr);
    for (size_t k = 0; rc == HG_OK && k < out->n_kinds; k++)
        ranks_order(run->p_model + run->first[k], out->kinds[k].tried, settings->train.seed, run->by_model + run->first[k]);
    return rc;
}

/* ---- marks */
struct hg_mark quality_mark(double value, double good, double fair)
{
    return (struct hg_mark){value, isnan(value) ? "unknown" : value >= good ? "good" : value >= fair ? "fair" : "poor"};
}

/* ---- the whole */
static enum hg_rc run_init(struct quality_run *run, struct hg_err *reterr)
{
    size_t n = run->subject->n + 1;
    bool fine = (run->learnt = malloc(n * sizeof *run->learnt)) != NULL && (run->tried = malloc(n * sizeof *run->tried)) != NULL &&
                (run->drawn = malloc(n * sizeof *run->drawn)) != NULL && (run->marks = calloc(n, 1)) != NULL &&
                (run->alarmed = calloc(n, sizeof *run->alarmed)) != NULL &&
                (run->opinions = malloc(HG_EVALUATE_BLOCK * sizeof *run->opinions)) != NULL;
    double **numbers[] = {&run->p_model, &run->p_refit, &run->ranks, &run->ranks_other, &run->sum, &run->squares};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fine = (*numbers[i] = calloc(n, sizeof(double))) != NULL && fine;
    for (size_t d = 0; d < HG_UNLIKE; d++)
        fine = (run->p_unlike[d] = calloc(n, sizeof(double))) != NULL && fine;
    struct ranked_row **ordered[] = {&run->by_model, &run->by_other, &run->by_third};
    for (size_t i = 0; i < 3; i++)
        fine = (*ordered[i] = malloc(n * sizeof **ordered[i])) != NULL && fine;
    return fine ? HG_OK : hg_fail(reterr, HG_ENOMEM, "quality: no memory for %zu rows", n);
}

static void run_free(struct quality_run *run)
{
    void *all[] = {run->learnt, run->tried, run->drawn, run->marks, run->alarmed, run->opinions, run->p_model, run->p_refit, run->ranks,
                   run->ranks_other, run->sum, run->squares, run->by_model, run->by_other, run->by_third};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    for (size_t d = 0; d < HG_UNLIKE; d++)
        free(run->p_unlike[d]);
}

enum hg_rc hg_quality_make(const struct hg_subject *subject, const struct hg_quality_settings *settings, struct hg_quality *ret,
                           struct hg_err *reterr)
{
    const struct hg_detector *detector = settings->train.detector == NULL ? hg_detector_default() : settings->train.detector;
    *ret = (struct hg_quality){.seen = subject->seen, .rows = subject->n, .refits = settings->refits, .detector = detector->name,
                               .budget = settings->budget, .seed = settings->train.seed,
                               .probes = quality_mark((double)NAN, 0, 0), .probes_by_score = quality_mark((double)NAN, 0, 0)};
    struct quality_run run = {.subject = subject, .settings = settings, .out = ret,
                              .to_fit = (settings->model == NULL) + HG_UNLIKE + settings->refits};
    enum hg_rc rc = run_init(&run, reterr);
    if (rc == HG_OK)
        rc = quality_halves(&run, reterr);
    if (rc == HG_OK)
        rc = take_model(&run, reterr);
    if (rc == HG_OK)
        rc = quality_agreement(&run, reterr);
    if (rc == HG_OK)
        rc = quality_stability(&run, reterr);
    run_free(&run);
    return rc;
}

void hg_quality_free(struct hg_quality *quality)
{
    hg_model_destroy(quality->own_model);
    quality->own_model = NULL;
}
