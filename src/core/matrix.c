#include "core/matrix.h"

#include <stdlib.h>

static const struct {
    const char *name, *words, *unit;
    enum hg_feature_kind kind;
} features[] = {
#define HG_FEATURE(name, kind, words, unit) {#name, words, unit, HG_KIND_##kind},
#include "core/features.def"
#undef HG_FEATURE
};

enum hg_rc hg_matrix_reserve(struct hg_matrix *matrix, size_t rows, struct hg_err *reterr)
{
    matrix->rows = rows;
    if (rows <= matrix->stride && matrix->cells != NULL)
        return HG_OK;
    size_t stride = (rows + 63) / 64 * 64;
    hg_matrix_free(matrix);
    matrix->cells = aligned_alloc(64, HG_FEATURE_FIRST_CODE * stride * sizeof *matrix->cells);
    matrix->codes = aligned_alloc(64, HG_CODE_COUNT * stride * sizeof *matrix->codes);
    if (matrix->cells == NULL || matrix->codes == NULL) {
        hg_matrix_free(matrix);
        return hg_fail(reterr, HG_ENOMEM, "no memory for the features of %zu events", rows);
    }
    matrix->rows = rows;
    matrix->stride = stride;
    return HG_OK;
}

void hg_matrix_free(struct hg_matrix *matrix)
{
    free(matrix->cells);
    free(matrix->codes);
    *matrix = (struct hg_matrix){0};
}

const char *hg_feature_name(enum hg_feature feature)
{
    return features[feature].name;
}

const char *hg_feature_words(enum hg_feature feature)
{
    return features[feature].words;
}

const char *hg_feature_unit(enum hg_feature feature)
{
    return features[feature].unit;
}

enum hg_feature_kind hg_feature_kind(enum hg_feature feature)
{
    return features[feature].kind;
}

void hg_matrix_get_row(const struct hg_matrix *matrix, size_t row, struct hg_feature_row *ret)
{
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        ret->cells[f] = matrix->cells[f * matrix->stride + row];
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        ret->codes[c] = matrix->codes[c * matrix->stride + row];
}

void hg_matrix_set_row(struct hg_matrix *matrix, size_t row, const struct hg_feature_row *values)
{
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        matrix->cells[f * matrix->stride + row] = values->cells[f];
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        matrix->codes[c * matrix->stride + row] = values->codes[c];
}
