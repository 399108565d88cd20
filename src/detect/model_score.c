#include "detect/model_priv.h"

#include <stdlib.h>

/* Events of many kinds come mixed: a chunk's rows are sorted by kind, and each kind's are scored by its sub-model. */
#define KINDS (HG_SUB_COUNT + 1) /* the last: no sub-model */

struct hg_score_scratch {
    uint8_t kind[CHUNK_ROWS];
    uint32_t rows[CHUNK_ROWS]; /* of the matrix, by kind */
    struct chunk_scratch chunk;
    float cells[HG_FEATURE_COUNT * CHUNK_ROWS];
    float row[HG_FEATURE_COUNT];
};

enum hg_rc hg_score_scratch_create(struct hg_score_scratch **ret, struct hg_err *reterr)
{
    struct hg_score_scratch *scratch = malloc(sizeof *scratch);
    if (scratch == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to score with");
    scratch->chunk.cells = scratch->cells;
    scratch->chunk.row = scratch->row;
    *ret = scratch;
    return HG_OK;
}

void hg_score_scratch_destroy(struct hg_score_scratch *scratch)
{
    free(scratch);
}

void hg_model_score(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *const *events, size_t n,
                    const struct hg_matrix *matrix, struct hg_score *scores)
{
    struct matrix_view columns;
    struct rows_view view = view_of_matrix(matrix, &columns);
    for (size_t first = 0; first < n; first += CHUNK_ROWS) {
        size_t rows = n - first < CHUNK_ROWS ? n - first : CHUNK_ROWS, ends[KINDS];
        for (size_t i = 0; i < rows; i++) {
            enum hg_submodel_kind kind = hg_submodel_of(events[first + i]);
            scratch->kind[i] = (uint8_t)(model->of_table || model->submodels[kind].rows == 0 ? HG_SUB_COUNT : kind);
        }
        counting_sort(scratch->kind, rows, KINDS, scratch->rows, ends);
        for (size_t i = 0; i < rows; i++)
            scratch->rows[i] += (uint32_t)first;
        for (size_t k = 0, start = 0; k < HG_SUB_COUNT; start = ends[k], k++)
            if (ends[k] > start)
                submodel_score(&model->submodels[k], &view, scratch->rows + start, scratch->rows + start, ends[k] - start, &scratch->chunk, scores);
        for (size_t i = ends[HG_SUB_COUNT - 1]; i < rows; i++)
            scores[scratch->rows[i]] = (struct hg_score){.p = 1, .state = HG_NO_SUBMODEL};
    }
}

/* ---- reasons */

static struct hg_contribution contribution(const struct submodel *submodel, const struct hg_matrix *matrix, size_t row,
                                           size_t feature, float share)
{
    const struct column *column = &submodel->columns[feature];
    float value;
    if (column->is_category)
        value = categories_share(&column->categories, matrix->codes[(feature - HG_FEATURE_FIRST_CODE) * matrix->stride + row]);
    else
        value = matrix->cells[feature * matrix->stride + row];
    return (struct hg_contribution){.feature = (uint8_t)feature,
                                    .share = share,
                                    .value = value,
                                    .low = column->low,
                                    .median = column->median,
                                    .high = column->high};
}

/* Takes the greatest share that is left; of equals the first. False where none is. */
static bool take_greatest(float *shares, size_t n, size_t *ret)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (shares[i] > shares[best])
            best = i;
    *ret = best;
    return shares[best] > 0;
}

void hg_model_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                      size_t row, const struct hg_matrix *matrix, struct hg_score *score)
{
    score->n_top = 0;
    if (score->state != HG_SCORED)
        return;
    const struct submodel *submodel = &model->submodels[hg_submodel_of(event)];
    struct matrix_view columns;
    struct rows_view view = view_of_matrix(matrix, &columns);
    const struct scorer *scorer = submodel_row(submodel, &view, (uint32_t)row, &scratch->chunk);
    if (scorer == NULL || scorer->state == NULL)
        return;
    float shares[HG_FEATURE_COUNT];
    size_t features[HG_FEATURE_COUNT], n = 0, place;
    for (size_t c = 0; c < submodel->n_columns; c++)
        if (scorer_uses(scorer, &submodel->columns[c]))
            features[n++] = c;
    scorer->detector->explain(scorer->state, scratch->row, shares);
    while (score->n_top < HG_TOP_FEATURES && take_greatest(shares, n, &place)) {
        score->top[score->n_top++] = contribution(submodel, matrix, row, features[place], shares[place]);
        shares[place] = 0;
    }
}
