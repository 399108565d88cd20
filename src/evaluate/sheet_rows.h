/* A table's rows, for evaluation: one kind of rows, without times. */
#ifndef HG_EVALUATE_SHEET_ROWS_H
#define HG_EVALUATE_SHEET_ROWS_H

#include "evaluate/subject.h"

struct hg_sheet_rows {
    const struct hg_sheet *sheet;
    struct hg_case *cases;
    struct hg_score scores[HG_EVALUATE_BLOCK];
};

/* The sheet is labelled and stays the caller's, as does ret_rows: to be freed by hg_sheet_rows_free, also after a failure. */
HG_MUST_USE enum hg_rc hg_sheet_rows_subject(const struct hg_sheet *sheet, struct hg_sheet_rows *ret_rows, struct hg_subject *ret,
                                             struct hg_err *reterr);
void hg_sheet_rows_free(struct hg_sheet_rows *rows);

#endif
