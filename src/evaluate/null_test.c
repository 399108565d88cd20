#include "base/rng.h"
#include "evaluate/controls.h"
#include "evaluate/figures.h"

#include <math.h>
#include <stdlib.h>

/* Rows of one kind in four parts of `part` rows: learnt as themselves, learnt as the other kind, and both again to test. */
struct trial {
    uint32_t *rows;
    uint8_t *as;
    size_t part;
    struct hg_opinion *opinions;
    struct hg_judged *judged;
};

static void trial_free(struct trial *trial)
{
    free(trial->rows);
    free(trial->as);
    free(trial->opinions);
    free(trial->judged);
}

static size_t count_normal(const struct hg_subject *subject, size_t kind)
{
    size_t n = 0;
    for (size_t i = 0; i < subject->n; i++)
        n += subject->cases[i].kind == kind && subject->cases[i].truth == HG_LABEL_NORMAL && !subject->cases[i].duplicate;
    return n;
}

static bool kind_is_met(const struct hg_subject *subject, size_t kind)
{
    for (size_t i = 0; i < subject->n; i++)
        if (subject->cases[i].kind == kind)
            return true;
    return false;
}

/* A shuffle of all normal rows of the kind; the parts are its beginning. */
static void draw_rows(const struct hg_subject *subject, size_t kind, uint64_t seed, struct trial *trial)
{
    struct hg_rng rng = hg_rng_seeded(hg_mix64(seed) + kind);
    size_t n = 0;
    for (size_t i = 0; i < subject->n; i++) {
        const struct hg_case *at = &subject->cases[i];
        if (at->kind != kind || at->truth != HG_LABEL_NORMAL || at->duplicate)
            continue;
        size_t j = (size_t)hg_rng_below(&rng, n + 1);
        if (j < n)
            trial->rows[n] = trial->rows[j];
        trial->rows[j] = (uint32_t)i;
        n++;
    }
}

static enum hg_rc trial_make(const struct hg_subject *subject, size_t kind, size_t normal, uint64_t seed, struct trial *trial,
                             struct hg_err *reterr)
{
    trial->part = normal / 4 < HG_NULL_ROWS ? normal / 4 : HG_NULL_ROWS;
    trial->rows = malloc(normal * sizeof *trial->rows);
    trial->as = malloc(4 * trial->part);
    trial->opinions = malloc(2 * trial->part * sizeof *trial->opinions);
    trial->judged = malloc(2 * trial->part * sizeof *trial->judged);
    if (trial->rows == NULL || trial->as == NULL || trial->opinions == NULL || trial->judged == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", normal);
    draw_rows(subject, kind, seed, trial);
    return HG_OK;
}

/* *ret is NaN where the other kind's columns leave nothing that varies. */
static enum hg_rc try_pair(const struct hg_subject *subject, struct trial *trial, uint8_t kind, uint8_t other,
                           const struct hg_train_settings *settings, double *ret, struct hg_err *reterr)
{
    size_t part = trial->part;
    for (size_t i = 0; i < 4 * part; i++)
        trial->as[i] = i / part % 2 == 0 ? kind : other;
    *ret = (double)NAN;
    struct hg_model *model = NULL;
    enum hg_rc rc = subject->fit(subject->self, trial->rows, trial->as, 2 * part, settings, &model, reterr);
    if (rc == HG_OK)
        rc = subject->score(subject->self, model, trial->rows + 2 * part, trial->as + 2 * part, 2 * part, 0, trial->opinions, reterr);
    hg_model_destroy(model);
    if (rc != HG_OK)
        return rc;
    bool varies = false;
    for (size_t i = 0; i < 2 * part; i++) {
        const struct hg_opinion *opinion = &trial->opinions[i];
        if (!opinion->scored)
            return HG_OK;
        varies |= i > part && opinion->p != trial->opinions[part].p;
        trial->judged[i] = (struct hg_judged){.p = opinion->p, .attack = i >= part};
    }
    struct hg_figures figures;
    rc = hg_figures_make(trial->judged, 2 * part, 0, 0, &figures, reterr);
    if (rc == HG_OK && varies)
        *ret = figures.value[HG_AUROC];
    return rc;
}

static void note_pair(struct hg_controls *controls, uint8_t kind, uint8_t other, double auroc, size_t n)
{
    if (isnan(auroc)) {
        controls->pairs_passed_over++;
        return;
    }
    controls->pairs[controls->n_pairs++] = (struct hg_null_pair){kind, other, auroc, n};
    if (isnan(controls->null_worst) || fabs(auroc - 0.5) > fabs(controls->null_worst - 0.5))
        controls->null_worst = auroc;
}

static enum hg_rc try_kind(const struct hg_subject *subject, uint8_t kind, size_t normal, const struct hg_train_settings *settings,
                           struct hg_controls *controls, struct hg_err *reterr)
{
    struct trial trial = {0};
    enum hg_rc rc = trial_make(subject, kind, normal, settings->seed, &trial, reterr);
    for (size_t other = 0; rc == HG_OK && other < subject->n_kinds && controls->n_pairs < HG_NULL_PAIRS_MAX; other++) {
        double auroc = 0;
        if (other == kind || !kind_is_met(subject, other) || !subject->lacks(subject->self, kind, (uint8_t)other))
            continue;
        rc = try_pair(subject, &trial, kind, (uint8_t)other, settings, &auroc, reterr);
        if (rc == HG_OK)
            note_pair(controls, kind, (uint8_t)other, auroc, trial.part);
    }
    trial_free(&trial);
    return rc;
}

enum hg_rc hg_control_null(const struct hg_subject *subject, const struct hg_train_settings *settings, struct hg_controls *ret,
                           struct hg_err *reterr)
{
    ret->null_worst = (double)NAN;
    ret->n_pairs = ret->pairs_possible = ret->pairs_passed_over = 0;
    for (size_t kind = 0; subject->lacks != NULL && kind < subject->n_kinds; kind++) {
        size_t normal = count_normal(subject, kind);
        for (size_t other = 0; normal > 0 && other < subject->n_kinds; other++)
            ret->pairs_possible += other != kind && kind_is_met(subject, other) &&
                                   subject->lacks(subject->self, (uint8_t)kind, (uint8_t)other);
        enum hg_rc rc = normal / 4 < HG_NULL_ROWS_MIN ? HG_OK : try_kind(subject, (uint8_t)kind, normal, settings, ret, reterr);
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}
