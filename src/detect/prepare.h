/*
 * Preparation: from a column of numbers or categories to what a detector sees. log1p on heavy tails, -log frequency for categories;
 * all of it is chosen in training and recorded in the model. Nothing missing is ever filled in: NaN stays NaN.
 */
#ifndef HG_DETECT_PREPARE_H
#define HG_DETECT_PREPARE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Rows by columns: of column c, either numbers[c] (NaN and inf: missing) or codes[c] (0: missing) is there, the other is NULL. */
struct rows_view {
    size_t n_columns;
    const float *const *numbers;
    const uint32_t *const *codes;
};

enum column_state { COLUMN_KEPT = 0, COLUMN_MISSING, COLUMN_CONSTANT, COLUMN_SHORT_CLOCK, COLUMN_GAPS, COLUMN_EVEN,
                    COLUMN_ELSEWHERE /* another sub-model's */, COLUMN_STATES };

/* What is known of a column before training. */
enum column_kind { COLUMN_PLAIN, COLUMN_HEAVY /* log1p */, COLUMN_EXCESS /* log1p; below the median there is nothing to see */,
                    COLUMN_ASK /* log1p where that lowers its skewness */, COLUMN_CLOCK, COLUMN_CATEGORY };

/* A category's code to its share of the training rows and the -log of that. Sorted by code; index is an open hash of them. */
struct categories {
    uint32_t *codes, *index;
    float *rarity, *share;
    uint32_t n, index_mask;
    float unseen; /* rarity of any other */
};

struct column {
    uint8_t state;           /* enum column_state */
    bool is_category, logarithm;
    bool excess;             /* values below the median count as the median */
    uint8_t missing_percent; /* of the training rows, rounded up */
    uint8_t bit;             /* its place in a set of columns */
    float low, median, high; /* 5th, 50th and 95th percentile, in its own unit; of a category's share for categories */
    struct categories categories;
};

/* Some rows of a view. */
struct row_list {
    const uint32_t *rows;
    size_t n;
};
/* Judges a column by all n rows of the view, and counts categories in the counted ones; scratch has room for n floats and n codes.
 * HG_ENOMEM. */
enum hg_rc column_learn(const struct rows_view *view, size_t c, size_t n, struct row_list counted, enum column_kind kind, bool with_clock,
                        float *scratch, uint32_t *scratch_codes, struct column *ret, struct hg_err *reterr);
/* Counts its categories anew, in these rows. */
enum hg_rc column_recount(const struct rows_view *view, size_t c, struct row_list counted, uint32_t *scratch_codes, struct column *column,
                          struct hg_err *reterr);
void column_free(struct column *column);

/* Makes the arrays of n categories, and the index once the codes are there. */
enum hg_rc categories_reserve(struct categories *categories, uint32_t n, struct hg_err *reterr);
enum hg_rc categories_make_index(struct categories *categories, struct hg_err *reterr);
/* Share of the training rows; 0 for a category that they did not have. */
float categories_share(const struct categories *categories, uint32_t code);

/* ret[i]: column c of row order[i] (of row i where order is NULL), prepared; NaN where missing. */
void column_prepare(const struct column *column, const struct rows_view *view, size_t c, const uint32_t *order, size_t n, float *ret);
/* Whether it is there at all. */
static inline bool column_present(const struct rows_view *view, size_t c, size_t row)
{
    if (view->codes[c] != NULL)
        return view->codes[c][row] != 0;
    float value = view->numbers[c][row];
    return value - value == 0.0f;
}

/* sign(x) log(1 + |x|), the same bits on every processor; NaN stays NaN. In place is fine. */
void log1p_of(const float *values, size_t n, float *ret);
float log1p_reference(float value);

#endif
