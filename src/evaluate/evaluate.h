/*
 * Figures of a model on labelled rows, fold by fold, with controls beside them (docs/detection.md, "Figures"). Where a control says
 * that the figure may be made of something else than attacks, a warning stands in the headline's place.
 *
 *  - The headline is over the kinds of rows among whose tested rows are both attacks and normal ones, whose p-values are pooled. Where
 *    no kind has both, it is over all of them, and only its warning is of use.
 *  - Attacks of a family are set against the normal rows of the kinds that it was met in.
 *  - Rows of which nobody said what they are may be learnt from, but are not tested.
 *  - Same rows, settings and seed: same figures.
 */
#ifndef HG_EVALUATE_EVALUATE_H
#define HG_EVALUATE_EVALUATE_H

#include "core/budget.h"
#include "evaluate/controls.h"
#include "evaluate/figures.h"
#include "evaluate/folds.h"

struct hg_evaluate_settings {
    enum hg_split split;
    const struct hg_model *model; /* of HG_SPLIT_NONE */
    struct hg_train_settings train;
    unsigned draws;               /* bootstrap; 0: no intervals */
    struct hg_budget_settings budget;
    const char *truth;            /* what judged, in words: "labels" or "truth" */
};

struct hg_part { /* of the rows */
    const char *name;
    struct hg_figures figures;
    double mask;      /* hg_control_mask of them */
    size_t unscored;  /* labelled rows for which there was no sub-model */
    bool is_honeypot, in_headline;
};

#define HG_WARNING_BYTES 640

struct hg_evaluation {
    enum hg_split split;
    const char *truth;
    size_t folds, folds_failed; /* failed: too few rows to learn from */
    uint64_t seen;
    size_t rows, duplicates, unknown; /* unknown: of the tested, not judged */
    struct hg_part overall;
    struct hg_part *kinds, *families;
    size_t n_kinds, n_families;
    const char *const *kind_names;
    struct hg_controls controls;
    char warning[HG_WARNING_BYTES]; /* "": the headline stands */
    /* budget; NaN where a table has no times, or families are left out in turn */
    struct hg_budget_settings budget;
    double events_a_day, rate, false_alarms_a_day, alerts_a_day;
    unsigned draws;
    uint64_t seed;
};

/* HG_ESTATE, with what is missing, where nothing is labelled or nothing can be learnt. */
HG_MUST_USE enum hg_rc hg_evaluate(const struct hg_subject *subject, const struct hg_evaluate_settings *settings,
                                   struct hg_evaluation *ret, struct hg_err *reterr);
void hg_evaluation_free(struct hg_evaluation *evaluation);

/* Fills warning from the rest. */
void hg_evaluation_warn(struct hg_evaluation *evaluation);
void hg_evaluation_json(const struct hg_evaluation *evaluation, struct hg_jsonw *w);
void hg_evaluation_text(const struct hg_evaluation *evaluation, struct hg_buf *buf);

#endif
