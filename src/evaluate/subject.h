/*
 * What is evaluated: rows of logs (log_rows.h) or of a table (sheet_rows.h), behind one interface.
 */
#ifndef HG_EVALUATE_SUBJECT_H
#define HG_EVALUATE_SUBJECT_H

#include "base/instant.h"
#include "detect/model.h"

#define HG_NO_FAMILY      UINT16_MAX
#define HG_EVALUATE_BLOCK 4096u /* rows that are scored at once */

struct hg_case { /* what is known of a row, whatever it is a row of */
    int64_t time_us;  /* HG_TIME_NONE: none */
    uint32_t mask;    /* of what is missing in it; equal where the same is */
    uint16_t family;  /* of attacks */
    uint8_t kind;     /* of rows: which sub-model is asked */
    uint8_t truth;    /* enum hg_label, what it is judged by; HG_LABEL_NONE: nobody said */
    bool duplicate;   /* a row before it has the same inputs and truth */
};

struct hg_opinion { /* of a model, on a row */
    double p;
    bool scored;
    uint64_t group; /* of alarms (p < rate): who, on which port, and why; 0: not known */
};

struct hg_subject {
    void *self;
    struct hg_case *cases;
    size_t n;
    uint64_t seen;              /* n of them were kept, a sample drawn evenly where it is more */
    size_t n_kinds, n_families;
    const char *const *kinds;   /* names */
    const char *const *families;
    bool has_times;             /* of a table: no */
    /* as: NULL; or for each row the kind that it passes for: a Normal row of that kind, without the columns that the kind lacks. */
    enum hg_rc (*fit)(void *self, const uint32_t *rows, const uint8_t *as, size_t n, const struct hg_train_settings *settings,
                      struct hg_model **ret, struct hg_err *reterr);
    enum hg_rc (*score)(void *self, const struct hg_model *model, const uint32_t *rows, const uint8_t *as, size_t n, double rate,
                        struct hg_opinion *ret, struct hg_err *reterr);
    /* The row's inputs as numbers below 16, for telling kinds apart; 0xff: missing. NULL: there is one kind. */
    void (*bins)(void *self, uint32_t row, uint8_t *ret);
    size_t n_bins;              /* columns that `bins` fills */
    bool (*lacks)(const void *self, uint8_t kind, uint8_t other); /* does `other` lack columns that `kind` has? NULL: never */
    bool (*is_honeypot)(uint8_t kind); /* NULL: never */
};

/* Marks all but the first of each run of equal hashes as duplicates. */
HG_MUST_USE enum hg_rc hg_mark_duplicates(struct hg_case *cases, const uint64_t *hashes, size_t n, struct hg_err *reterr);

#endif
