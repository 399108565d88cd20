/* One evaluation under way, for this folder alone. */
#ifndef HG_EVALUATE_RUN_PRIV_H
#define HG_EVALUATE_RUN_PRIV_H

#include "evaluate/alarms.h"
#include "evaluate/evaluate.h"

#define UNSCORED 2.0 /* in the place of a p-value: tested, but there was no sub-model */

struct run {
    const struct hg_subject *subject;
    const struct hg_evaluate_settings *settings;
    struct hg_evaluation *out;
    struct hg_folds folds;
    double *p;      /* by row, labelled and tested; NaN: not tested */
    double *fold_p; /* the same of the last fold alone */
    bool *in_headline;           /* by kind */
    int64_t *first_us, *last_us; /* by kind: of the tested rows */
    uint32_t *rows;              /* of a fold, or of a part */
    struct hg_judged *judged;    /* of a part */
    struct hg_opinion *opinions; /* of a block */
    struct hg_alarms alarms;
    size_t false_alarms;
};

/* parts.c: figures of a part of the tested rows. p: run->p, or run->fold_p. */
HG_MUST_USE enum hg_rc make_overall(struct run *run, struct hg_err *reterr);
HG_MUST_USE enum hg_rc make_kinds(struct run *run, struct hg_err *reterr);
HG_MUST_USE enum hg_rc make_families(struct run *run, struct hg_err *reterr);
/* Attacks of the family against the normal rows of the kinds that it was met in, as far as the headline goes. */
HG_MUST_USE enum hg_rc make_family(struct run *run, const double *p, size_t family, struct hg_err *reterr);

#endif
