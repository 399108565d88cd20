/*
 * Rows of logs, kept for evaluation: the features of each event, and what can't be told from them. At most HG_LOG_ROWS_MAX rows
 * (about 640 MB); of more, a sample that each row has the same chance to be in (Vitter's algorithm R, seeded).
 *
 * Models learn by what the logs themselves say of their rows. truth.csv judges and does nothing else.
 */
#ifndef HG_EVALUATE_LOG_ROWS_H
#define HG_EVALUATE_LOG_ROWS_H

#include "evaluate/subject.h"
#include "evaluate/truth.h"

#define HG_LOG_ROWS_MAX 4000000u

struct hg_log_rows;

/* truth: borrowed; NULL: rows are judged by their own labels. max: HG_LOG_ROWS_MAX, or less. */
HG_MUST_USE enum hg_rc hg_log_rows_create(struct hg_truth *truth, uint64_t seed, size_t max, struct hg_log_rows **ret,
                                          struct hg_err *reterr);
void hg_log_rows_destroy(struct hg_log_rows *rows);
HG_MUST_USE enum hg_rc hg_log_rows_add(struct hg_log_rows *rows, const struct hg_event *const *events, size_t n,
                                       const struct hg_matrix *matrix, struct hg_err *reterr);
/* Once all were added. The subject borrows from rows. */
HG_MUST_USE enum hg_rc hg_log_rows_subject(struct hg_log_rows *rows, struct hg_subject *ret, struct hg_err *reterr);

#endif
