#include "detect/model_priv.h"

#include <stdlib.h>

/* Events of many kinds come mixed: a chunk's rows are sorted by kind, and each kind's are scored by its sub-model. */
#define KINDS (HG_SUB_COUNT + 1) /* the last: no sub-model */

struct hg_score_scratch {
    uint8_t kind[CHUNK_ROWS];
    uint32_t rows[CHUNK_ROWS]; /* of the matrix, by kind */
    struct chunk_scratch chunk;
    struct verdict events[CHUNK_ROWS], behaviour[CHUNK_ROWS]; /* by place in the chunk */
    uint32_t places[CHUNK_ROWS];
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

/* Two opinions, one p-value: of two independent ones, the lesser is m or less with probability 1 - (1 - m)^2. */
static struct hg_score combine(const struct verdict *event, const struct verdict *behaviour)
{
    bool both = event->state == HG_SCORED && behaviour->state == HG_SCORED;
    bool by_behaviour = behaviour->state == HG_SCORED && (!both || behaviour->p < event->p);
    double least = by_behaviour ? behaviour->p : event->p, p = both ? least * (2 - least) : least;
    return (struct hg_score){.p = p, .value = 1 - p, .state = by_behaviour ? HG_SCORED : event->state,
                             .partial = event->partial || (behaviour->partial && behaviour->columns > 0),
                             .columns = (uint16_t)(event->columns + behaviour->columns), .by_behaviour = by_behaviour};
}

static void score_kind(const struct hg_model *model, size_t kind, const struct rows_view *view, const uint32_t *rows, const uint32_t *places,
                       size_t n, bool watched, struct hg_score_scratch *scratch, struct hg_score *scores)
{
    static const struct verdict none = {.p = 1, .state = HG_NO_SUBMODEL};
    bool behaves = watched && model->behaviour[kind].n_scorers > 0;
    submodel_score(&model->submodels[kind], view, rows, places, n, &scratch->chunk, scratch->events);
    if (behaves)
        submodel_score(&model->behaviour[kind], view, rows, places, n, &scratch->chunk, scratch->behaviour);
    for (size_t i = 0; i < n; i++)
        scores[places[i]] = combine(&scratch->events[places[i]], behaves ? &scratch->behaviour[places[i]] : &none);
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
        counting_sort(scratch->kind, rows, KINDS, scratch->places, ends);
        for (size_t i = 0; i < rows; i++)
            scratch->rows[i] = scratch->places[i] + (uint32_t)first;
        for (size_t k = 0, start = 0; k < HG_SUB_COUNT; start = ends[k], k++)
            if (ends[k] > start)
                score_kind(model, k, &view, scratch->rows + start, scratch->places + start, ends[k] - start, !matrix->unwatched, scratch, scores + first);
        for (size_t i = ends[HG_SUB_COUNT - 1]; i < rows; i++)
            scores[scratch->rows[i]] = (struct hg_score){.p = 1, .state = HG_NO_SUBMODEL};
    }
}

/* ---- reasons */

const struct scorer *model_row_of_matrix(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                                         size_t row, const struct hg_matrix *matrix, bool by_behaviour, const struct submodel **ret)
{
    struct matrix_view columns;
    struct rows_view view = view_of_matrix(matrix, &columns);
    *ret = by_behaviour ? &model->behaviour[hg_submodel_of(event)] : &model->submodels[hg_submodel_of(event)];
    if (model->of_table || (*ret)->rows == 0)
        return NULL;
    const struct scorer *scorer = submodel_row(*ret, &view, (uint32_t)row, &scratch->chunk);
    return scorer == NULL || scorer->state == NULL ? NULL : scorer;
}

const float *model_prepared_row(const struct hg_score_scratch *scratch)
{
    return scratch->row;
}

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

/* The shares by feature, 0 for those that it wasn't scored on; the sub-model, or NULL where there is nothing to share. */
static const struct submodel *shares_of(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                                        size_t row, const struct hg_matrix *matrix, bool by_behaviour, float *ret)
{
    const struct submodel *submodel;
    const struct scorer *scorer = model_row_of_matrix(model, scratch, event, row, matrix, by_behaviour, &submodel);
    if (scorer == NULL)
        return NULL;
    float shares[HG_FEATURE_COUNT];
    scorer->detector->explain(scorer->state, scratch->row, shares);
    for (size_t c = 0, at = 0; c < submodel->n_columns; c++)
        ret[c] = scorer_uses(scorer, &submodel->columns[c]) ? shares[at++] : 0;
    return submodel;
}

/* The greatest share that is left; of equals the first. */
static size_t greatest(const float *shares)
{
    size_t best = 0;
    for (size_t i = 1; i < HG_FEATURE_COUNT; i++)
        if (shares[i] > shares[best])
            best = i;
    return best;
}

size_t hg_model_contributions(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event, size_t row,
                              const struct hg_matrix *matrix, bool by_behaviour, size_t most, struct hg_contribution *ret)
{
    float shares[HG_FEATURE_COUNT];
    const struct submodel *submodel = shares_of(model, scratch, event, row, matrix, by_behaviour, shares);
    size_t n = 0;
    for (size_t feature; submodel != NULL && n < most && shares[feature = greatest(shares)] > 0; shares[feature] = 0)
        ret[n++] = contribution(submodel, matrix, row, feature, shares[feature]);
    return n;
}

void hg_model_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                      size_t row, const struct hg_matrix *matrix, struct hg_score *score)
{
    score->n_top = 0;
    if (score->state == HG_SCORED)
        score->n_top = (uint8_t)hg_model_contributions(model, scratch, event, row, matrix, score->by_behaviour, HG_TOP_FEATURES, score->top);
}
