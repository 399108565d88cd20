/* One judgement of quality under way, for this folder alone. */
#ifndef HG_EVALUATE_QUALITY_PRIV_H
#define HG_EVALUATE_QUALITY_PRIV_H

#include "evaluate/quality.h"
#include "evaluate/ranks.h"

struct quality_run {
    const struct hg_subject *subject;
    const struct hg_quality_settings *settings;
    struct hg_quality *out;
    uint32_t *learnt, *tried, *drawn; /* rows; tried ones kind by kind */
    size_t n_learnt, n_tried;
    size_t first[HG_SUB_COUNT];       /* of out->kinds: where its rows begin among the tried */
    struct hg_opinion *opinions;      /* of a block */
    double *p_model, *p_unlike[HG_UNLIKE], *p_refit; /* by place among the tried */
    struct ranked_row *by_model, *by_other, *by_third;
    double *ranks, *ranks_other;
    double *sum, *squares;            /* of log10 p over refits */
    uint32_t *alarmed;                /* bit b: among the alarms of refit b */
    uint8_t *marks;
    unsigned fitted, to_fit;
};

/* quality_halves.c: fills learnt, tried and what the kinds are. */
HG_MUST_USE enum hg_rc quality_halves(struct quality_run *run, struct hg_err *reterr);
/* quality_agreement.c */
HG_MUST_USE enum hg_rc quality_agreement(struct quality_run *run, struct hg_err *reterr);
/* quality_stability.c */
HG_MUST_USE enum hg_rc quality_stability(struct quality_run *run, struct hg_err *reterr);

/* quality.c: fits and tries; model may be NULL where the p-values alone are wanted. */
HG_MUST_USE enum hg_rc quality_fit(struct quality_run *run, const uint32_t *rows, size_t n, const struct hg_train_settings *settings,
                                   struct hg_model **ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc quality_try(struct quality_run *run, const struct hg_model *model, double *ret_p, struct hg_err *reterr);

struct hg_mark quality_mark(double value, double good, double fair);

#endif
