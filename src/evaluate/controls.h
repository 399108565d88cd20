/*
 * What stands beside a figure, to tell whether it can be believed (docs/detection.md, "Controls"). Without help from a model:
 *
 *  - the mask: how well what is missing in a row tells whether it is an attack. Attack shares of each mask are learnt on one half of
 *    the rows and judged on the other, both ways, so that chance gives 0.5.
 *  - the data set: how well a row's values tell which kind of row it is (naive Bayes over 16 bins a column, on the columns that all
 *    kinds have, learnt on one half and judged on the other; mean over kinds of one against the rest); and how well the kind tells
 *    whether it is an attack. Both together mean that telling the data sets apart would pass for finding attacks.
 *
 * With a model:
 *  - the null test: normal rows of one kind, half of them passed off as rows of another kind, without the columns that it lacks. There
 *    is nothing to find, so that the AUROC of one half against the other has to be 0.5.
 */
#ifndef HG_EVALUATE_CONTROLS_H
#define HG_EVALUATE_CONTROLS_H

#include "evaluate/subject.h"

#define HG_CONTROL_HIGH 0.65 /* of mask and data set: above, a headline isn't believed */
#define HG_NULL_LOW     0.45
#define HG_NULL_HIGH    0.55
#define HG_NULL_ROWS    10000u /* of each half, at most, and as many to learn from */
#define HG_NULL_ROWS_MIN 512u
#define HG_NULL_PAIRS_MAX 12u

struct hg_null_pair {
    uint8_t kind, mask_of;
    double auroc;
    size_t n; /* rows of each half */
};

struct hg_controls { /* NaN: undefined, for there is one kind, or one class, or no column that all have */
    double mask, dataset, label_by_dataset;
    bool label_is_dataset; /* no kind has both attacks and normal rows */
    struct hg_null_pair pairs[HG_NULL_PAIRS_MAX];
    size_t n_pairs, pairs_possible; /* two kinds of which one lacks columns */
    size_t pairs_passed_over;       /* nothing is left that varies */
    double null_worst;  /* the pair furthest from 0.5 */
};

/* rows: labelled ones. */
HG_MUST_USE enum hg_rc hg_control_mask(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_control_label_by_kind(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret,
                                                struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_control_dataset(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret,
                                          struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_control_null(const struct hg_subject *subject, const struct hg_train_settings *settings, struct hg_controls *ret,
                                       struct hg_err *reterr);

#endif
