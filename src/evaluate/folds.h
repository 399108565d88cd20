/*
 * Which rows are learnt from and which are tested on, fold by fold. Duplicates are never learnt from and never tested: a row's inputs
 * stand on one side alone.
 */
#ifndef HG_EVALUATE_FOLDS_H
#define HG_EVALUATE_FOLDS_H

#include "evaluate/subject.h"

enum hg_split {
    HG_SPLIT_TIME,     /* the first 70 % of each kind's rows, in order of event time (of a table: in its order), train */
    HG_SPLIT_FAMILIES, /* each family in turn: nothing of it is learnt from; tested are it, and the last 30 % of the normal rows */
    HG_SPLIT_DAYS,     /* each UTC day in turn is tested */
    HG_SPLIT_NONE,     /* all rows are tested: the model comes from elsewhere */
};
const char *hg_split_name(enum hg_split split); /* time, leave-one-attack-out, leave-one-day-out, none */
bool hg_split_parse(const char *name, enum hg_split *ret); /* of the first three */

#define HG_TRAIN_SHARE 0.7

enum hg_role {
    HG_ROLE_NONE = 0,
    HG_ROLE_TRAIN,
    HG_ROLE_TEST,
    HG_ROLE_REPEAT, /* a duplicate among the tested rows: counts where alerts are counted, nowhere else */
};

struct hg_folds {
    const struct hg_subject *subject;
    enum hg_split split;
    size_t n;
    bool *early;       /* by row: before its kind's cut */
    int64_t *days;     /* of each fold, of HG_SPLIT_DAYS */
    uint16_t *families; /* of each fold, of HG_SPLIT_FAMILIES */
};

/* HG_EUSAGE: no days or no families to split by. ret is to be freed also then. */
HG_MUST_USE enum hg_rc hg_folds_make(const struct hg_subject *subject, enum hg_split split, struct hg_folds *ret, struct hg_err *reterr);
void hg_folds_free(struct hg_folds *folds);
enum hg_role hg_folds_role(const struct hg_folds *folds, size_t fold, uint32_t row);
/* Text that names the fold: a date, a family, or "". */
#define HG_FOLD_NAME_BYTES 80
void hg_folds_name(const struct hg_folds *folds, size_t fold, char out[HG_FOLD_NAME_BYTES]);

#endif
