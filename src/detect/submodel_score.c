#include "detect/model_priv.h"

#include <math.h>

/*
 * Rows of one kind to scores. Detectors want tables without gaps: rows are sorted by scorer, prepared into a compact table, scored
 * together and scattered back.
 */
#define GROUPS (MODEL_SCORERS + 1) /* the last: rows that fit no scorer */

struct rows_view view_of_matrix(const struct hg_matrix *matrix, struct matrix_view *columns)
{
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        bool is_code = f >= HG_FEATURE_FIRST_CODE;
        columns->numbers[f] = is_code ? NULL : hg_matrix_column(matrix, (enum hg_feature)f);
        columns->codes[f] = is_code ? hg_matrix_codes(matrix, (enum hg_feature)f) : NULL;
    }
    return (struct rows_view){HG_FEATURE_COUNT, columns->numbers, columns->codes};
}

static void mark_numbers(const float *values, const uint32_t *order, size_t n, uint64_t bit, uint64_t *available)
{
    for (size_t i = 0; i < n; i++) {
        float value = values[order == NULL ? i : order[i]];
        available[i] |= value - value == 0.0f ? bit : 0;
    }
}

static void mark_codes(const uint32_t *codes, const uint32_t *order, size_t n, uint64_t bit, uint64_t *available)
{
    for (size_t i = 0; i < n; i++)
        available[i] |= codes[order == NULL ? i : order[i]] != 0 ? bit : 0;
}

/* A shared bit is there only where all that share it are. */
static void unmark_shared(const struct rows_view *view, size_t c, const uint32_t *order, size_t n, uint64_t *available)
{
    for (size_t i = 0; i < n; i++)
        if (!column_present(view, c, order == NULL ? i : order[i]))
            available[i] &= ~(UINT64_C(1) << SHARED_BIT);
}

void submodel_available(const struct submodel *submodel, const struct rows_view *view, const uint32_t *order, size_t n, uint64_t *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = submodel->n_columns > COLUMN_BITS ? UINT64_C(1) << SHARED_BIT : 0;
    for (size_t c = 0; c < submodel->n_columns; c++) {
        const struct column *column = &submodel->columns[c];
        if (column->state != COLUMN_KEPT)
            continue;
        if (column->bit == SHARED_BIT)
            unmark_shared(view, c, order, n, ret);
        else if (column->is_category)
            mark_codes(view->codes[c], order, n, UINT64_C(1) << column->bit, ret);
        else
            mark_numbers(view->numbers[c], order, n, UINT64_C(1) << column->bit, ret);
    }
}

void submodel_prepare(const struct submodel *submodel, const struct scorer *scorer, const struct rows_view *view, const uint32_t *order,
                      size_t n, float *ret, size_t stride)
{
    for (size_t c = 0, at = 0; c < submodel->n_columns; c++)
        if (scorer_uses(scorer, &submodel->columns[c]))
            column_prepare(&submodel->columns[c], view, c, order, n, ret + stride * at++);
}

static struct verdict verdict_of(const struct scorer *scorer, float raw)
{
    return (struct verdict){.p = calibration_p(scorer->calibration, raw), .state = HG_SCORED, .columns = (uint16_t)scorer->n_columns};
}

static void score_group(const struct submodel *submodel, const struct scorer *scorer, const struct rows_view *view, const uint32_t *rows,
                        const uint32_t *places, size_t n, struct chunk_scratch *scratch, struct verdict *ret)
{
    if (scorer->state == NULL) {
        for (size_t i = 0; i < n; i++)
            ret[places[i]] = (struct verdict){.p = 1, .state = HG_NOTHING_TO_COMPARE, .columns = (uint16_t)scorer->n_columns};
        return;
    }
    submodel_prepare(submodel, scorer, view, rows, n, scratch->cells, CHUNK_ROWS);
    struct hg_table table = {.cells = scratch->cells, .rows = n, .columns = scorer->n_columns, .stride = CHUNK_ROWS};
    scorer->detector->score(scorer->state, &table, scratch->results);
    for (size_t i = 0; i < n; i++)
        ret[places[i]] = verdict_of(scorer, scratch->results[i]);
}

/* The scorer that shares most columns with the row, and how many; NULL where none shares any. */
static const struct scorer *nearest_scorer(const struct submodel *submodel, const struct rows_view *view, uint32_t row, size_t *ret_shared)
{
    const struct scorer *nearest = NULL;
    *ret_shared = 0;
    for (uint32_t i = 0; i < submodel->n_scorers; i++) {
        size_t shared = 0;
        if (submodel->scorers[i].state == NULL)
            continue;
        for (size_t c = 0; c < submodel->n_columns; c++)
            shared += scorer_uses(&submodel->scorers[i], &submodel->columns[c]) && column_present(view, c, row);
        if (shared > *ret_shared) {
            *ret_shared = shared;
            nearest = &submodel->scorers[i];
        }
    }
    return nearest;
}

/* A row with gaps that training hardly knew. */
static struct verdict score_partial(const struct submodel *submodel, const struct rows_view *view, uint32_t row,
                                     struct chunk_scratch *scratch)
{
    size_t shared;
    const struct scorer *scorer = nearest_scorer(submodel, view, row, &shared);
    if (scorer == NULL || scorer->state == NULL)
        return (struct verdict){.p = 1, .state = HG_NOTHING_TO_COMPARE, .partial = true, .columns = (uint16_t)shared};
    submodel_prepare(submodel, scorer, view, &row, 1, scratch->row, 1);
    struct verdict verdict = verdict_of(scorer, scorer->detector->score_partial(scorer->state, scratch->row));
    verdict.partial = true;
    verdict.columns = (uint16_t)shared;
    return verdict;
}

const struct scorer *submodel_row(const struct submodel *submodel, const struct rows_view *view, uint32_t row, struct chunk_scratch *scratch)
{
    uint64_t available;
    size_t shared;
    submodel_available(submodel, view, &row, 1, &available);
    const struct scorer *scorer = submodel_scorer(submodel, available);
    if (scorer == NULL)
        scorer = nearest_scorer(submodel, view, row, &shared);
    if (scorer != NULL)
        submodel_prepare(submodel, scorer, view, &row, 1, scratch->row, 1);
    return scorer;
}

void counting_sort(const uint8_t *keys, size_t n, size_t n_keys, uint32_t *ret_order, size_t *ret_ends)
{
    memset(ret_ends, 0, n_keys * sizeof *ret_ends);
    for (size_t i = 0; i < n; i++)
        ret_ends[keys[i]]++;
    for (size_t k = 0, start = 0; k < n_keys; k++) {
        size_t count = ret_ends[k];
        ret_ends[k] = start; /* the next place, and once all are placed the end */
        start += count;
    }
    for (size_t i = 0; i < n; i++)
        ret_order[ret_ends[keys[i]]++] = (uint32_t)i;
}

void submodel_score(const struct submodel *submodel, const struct rows_view *view, const uint32_t *rows, const uint32_t *places, size_t n,
                    struct chunk_scratch *scratch, struct verdict *ret)
{
    submodel_available(submodel, view, rows, n, scratch->available);
    for (size_t i = 0; i < n; i++) {
        const struct scorer *scorer = submodel_scorer(submodel, scratch->available[i]);
        scratch->group[i] = (uint8_t)(scorer == NULL ? MODEL_SCORERS : scorer - submodel->scorers);
    }
    size_t ends[GROUPS];
    counting_sort(scratch->group, n, GROUPS, scratch->rows, ends);
    for (size_t i = 0; i < n; i++) {
        uint32_t at = scratch->rows[i];
        scratch->rows[i] = rows[at];
        scratch->places[i] = places[at];
    }
    for (size_t g = 0, start = 0; g < MODEL_SCORERS; start = ends[g], g++)
        if (ends[g] > start)
            score_group(submodel, &submodel->scorers[g], view, scratch->rows + start, scratch->places + start, ends[g] - start, scratch,
                        ret);
    for (size_t i = ends[MODEL_SCORERS - 1]; i < n; i++)
        ret[scratch->places[i]] = score_partial(submodel, view, scratch->rows[i], scratch);
}
