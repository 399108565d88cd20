/*
 * Features of a run of events, column-major: cell(feature, row) = cells[feature * stride + row]. NaN is "missing or undefined".
 * The category columns keep exact 32-bit codes instead: codes[(feature - HG_FEATURE_FIRST_CODE) * stride + row], 0 for missing.
 */
#ifndef HG_CORE_MATRIX_H
#define HG_CORE_MATRIX_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum hg_feature {
#define HG_FEATURE(name, kind, words, unit) HG_FEATURE_##name,
#include "core/features.def"
#undef HG_FEATURE
    HG_FEATURE_COUNT
};
#define HG_FEATURE_FIRST_BEHAVIOUR HG_FEATURE_src_events_1m /* to FIRST_CODE: what src/behave computes */
#define HG_FEATURE_FIRST_CODE HG_FEATURE_protocol_rarity
#define HG_CODE_COUNT         (HG_FEATURE_COUNT - HG_FEATURE_FIRST_CODE)

enum hg_feature_kind { HG_KIND_amount, HG_KIND_ratio, HG_KIND_flag, HG_KIND_clock, HG_KIND_code };

struct hg_matrix {
    float *cells;    /* HG_FEATURE_FIRST_CODE columns */
    uint32_t *codes; /* HG_CODE_COUNT columns */
    size_t rows, stride;
    bool unwatched;  /* every behaviour column is missing */
};

/* Room for `rows`; grows only. Both arrays are aligned to 64 bytes and stride is a multiple of 16. */
HG_MUST_USE enum hg_rc hg_matrix_reserve(struct hg_matrix *matrix, size_t rows, struct hg_err *reterr);
void hg_matrix_free(struct hg_matrix *matrix);

/* One event's features. */
struct hg_feature_row {
    float cells[HG_FEATURE_FIRST_CODE];
    uint32_t codes[HG_CODE_COUNT];
};
void hg_matrix_get_row(const struct hg_matrix *matrix, size_t row, struct hg_feature_row *ret);
void hg_matrix_set_row(struct hg_matrix *matrix, size_t row, const struct hg_feature_row *values);

const char *hg_feature_name(enum hg_feature feature);
const char *hg_feature_words(enum hg_feature feature);
const char *hg_feature_unit(enum hg_feature feature);
enum hg_feature_kind hg_feature_kind(enum hg_feature feature);

static inline float *hg_matrix_column(const struct hg_matrix *matrix, enum hg_feature feature)
{
    return matrix->cells + (size_t)feature * matrix->stride;
}
static inline uint32_t *hg_matrix_codes(const struct hg_matrix *matrix, enum hg_feature feature)
{
    return matrix->codes + (size_t)(feature - HG_FEATURE_FIRST_CODE) * matrix->stride;
}

#endif
