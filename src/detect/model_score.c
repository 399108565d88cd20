#include "detect/model_priv.h"

#include <math.h>
#include <stdlib.h>

/*
 * Rows of many kinds come mixed; detectors want tables. A chunk's rows are sorted by scorer, copied to a compact table,
 * scored together and scattered back. A chunk bounds the scratch; no result depends on its size.
 */
#define CHUNK_ROWS 2048

/* A group is a (sub-model, scorer); one more a sub-model holds the rows that fit no scorer, and one those of no
 * sub-model. */
#define GROUPS_EACH (MODEL_SCORERS + 1)
#define GROUP_NONE  (HG_SUB_COUNT * GROUPS_EACH)
#define GROUPS      (GROUP_NONE + 1)

struct hg_score_scratch {
    uint32_t available[CHUNK_ROWS];
    uint8_t group[CHUNK_ROWS];
    uint32_t order[CHUNK_ROWS]; /* rows of the matrix, by group */
    float results[CHUNK_ROWS];
    float cells[HG_FEATURE_COUNT * CHUNK_ROWS];
};

struct chunk {
    const struct hg_model *model;
    struct hg_score_scratch *scratch;
    const struct hg_matrix *matrix;
    struct hg_score *scores;
};

enum hg_rc hg_score_scratch_create(struct hg_score_scratch **ret, struct hg_err *reterr)
{
    struct hg_score_scratch *scratch = malloc(sizeof *scratch);
    if (scratch == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to score with");
    *ret = scratch;
    return HG_OK;
}

void hg_score_scratch_destroy(struct hg_score_scratch *scratch)
{
    free(scratch);
}

/* The features that rows first to first + n have. */
static void find_available(const struct hg_matrix *matrix, size_t first, size_t n, uint32_t *available)
{
    memset(available, 0, n * sizeof *available);
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        const float *column = matrix->cells + f * matrix->stride + first;
        for (size_t i = 0; i < n; i++)
            available[i] |= column[i] - column[i] == 0.0f ? FEATURE_BIT(f) : 0;
    }
    for (size_t c = 0; c < HG_CODE_COUNT; c++) {
        const uint32_t *column = matrix->codes + c * matrix->stride + first;
        for (size_t i = 0; i < n; i++)
            available[i] |= column[i] != 0 ? FEATURE_BIT(HG_FEATURE_FIRST_CODE + c) : 0;
    }
}

static uint8_t group_of(const struct hg_model *model, const struct hg_event *event, uint32_t available)
{
    enum hg_submodel_kind kind = hg_submodel_of(event);
    const struct submodel *submodel = &model->submodels[kind];
    if (submodel->rows == 0)
        return GROUP_NONE;
    const struct scorer *scorer = submodel_scorer(submodel, available);
    size_t place = scorer == NULL ? MODEL_SCORERS : (size_t)(scorer - submodel->scorers);
    return (uint8_t)(kind * GROUPS_EACH + place);
}

static void sort_by_group(struct hg_score_scratch *scratch, size_t first, size_t n, size_t ret_ends[GROUPS])
{
    size_t next[GROUPS] = {0};
    for (size_t i = 0; i < n; i++)
        next[scratch->group[i]]++;
    for (size_t g = 0, start = 0; g < GROUPS; g++) {
        size_t count = next[g];
        next[g] = start;
        start += count;
        ret_ends[g] = start;
    }
    for (size_t i = 0; i < n; i++)
        scratch->order[next[scratch->group[i]]++] = (uint32_t)(first + i);
}

static float cell(const struct submodel *submodel, const struct hg_matrix *matrix, size_t f, size_t row)
{
    if (!feature_is_code(f)) {
        float value = matrix->cells[f * matrix->stride + row];
        return value - value == 0.0f ? value : NAN;
    }
    size_t c = f - HG_FEATURE_FIRST_CODE;
    uint32_t code = matrix->codes[c * matrix->stride + row];
    return code == 0 ? NAN : categories_rarity(&submodel->categories[c], code);
}

static struct hg_table make_table(const struct chunk *chunk, const struct submodel *submodel, uint32_t columns,
                                  const uint32_t *order, size_t rows)
{
    const struct hg_matrix *matrix = chunk->matrix;
    size_t n = 0;
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        if ((columns & FEATURE_BIT(f)) == 0)
            continue;
        float *to = chunk->scratch->cells + n++ * CHUNK_ROWS;
        if (feature_is_code(f)) {
            for (size_t i = 0; i < rows; i++)
                to[i] = cell(submodel, matrix, f, order[i]);
        } else {
            const float *from = matrix->cells + f * matrix->stride;
            for (size_t i = 0; i < rows; i++)
                to[i] = from[order[i]];
        }
    }
    return (struct hg_table){.cells = chunk->scratch->cells, .rows = rows, .columns = n, .stride = CHUNK_ROWS};
}

static uint8_t severity_of(const struct scorer *scorer, float value)
{
    if (value > scorer->thresholds[2])
        return HG_SEVERITY_HIGH;
    if (value > scorer->thresholds[1])
        return HG_SEVERITY_MEDIUM;
    return value > scorer->thresholds[0] ? HG_SEVERITY_LOW : HG_SEVERITY_NONE;
}

static void score_group(const struct chunk *chunk, const struct submodel *submodel, const struct scorer *scorer,
                        const uint32_t *order, size_t rows)
{
    uint8_t columns = (uint8_t)set_size(scorer->columns);
    if (scorer->state == NULL) {
        for (size_t i = 0; i < rows; i++)
            chunk->scores[order[i]] = (struct hg_score){.state = HG_NOTHING_TO_COMPARE, .columns = columns};
        return;
    }
    struct hg_table table = make_table(chunk, submodel, scorer->columns, order, rows);
    float *results = chunk->scratch->results;
    scorer->detector->score(scorer->state, &table, results);
    for (size_t i = 0; i < rows; i++)
        chunk->scores[order[i]] = (struct hg_score){
            .value = results[i], .state = HG_SCORED, .severity = severity_of(scorer, results[i]), .columns = columns};
}

static void gather_row(const struct submodel *submodel, const struct hg_matrix *matrix, size_t row, uint32_t columns,
                       float *ret)
{
    for (size_t f = 0, n = 0; f < HG_FEATURE_COUNT; f++)
        if ((columns & FEATURE_BIT(f)) != 0)
            ret[n++] = cell(submodel, matrix, f, row);
}

/* A row with gaps that training hardly knew. */
static struct hg_score score_partial(const struct chunk *chunk, const struct submodel *submodel, size_t row)
{
    uint32_t available;
    find_available(chunk->matrix, row, 1, &available);
    const struct scorer *scorer = submodel_nearest_scorer(submodel, available);
    if (scorer == NULL)
        return (struct hg_score){.state = HG_NOTHING_TO_COMPARE};
    uint8_t columns = (uint8_t)set_size(scorer->columns & available);
    if (scorer->state == NULL)
        return (struct hg_score){.state = HG_NOTHING_TO_COMPARE, .columns = columns};
    float values[HG_FEATURE_COUNT];
    gather_row(submodel, chunk->matrix, row, scorer->columns, values);
    float value = scorer->detector->score_partial(scorer->state, values);
    return (struct hg_score){
        .value = value, .state = HG_SCORED, .severity = severity_of(scorer, value), .columns = columns};
}

static void score_chunk(const struct chunk *chunk, const size_t ends[GROUPS])
{
    const uint32_t *order = chunk->scratch->order;
    for (size_t g = 0, start = 0; g < GROUPS; start = ends[g], g++) {
        size_t rows = ends[g] - start;
        if (rows == 0)
            continue;
        if (g == GROUP_NONE) {
            for (size_t i = 0; i < rows; i++)
                chunk->scores[order[start + i]] = (struct hg_score){.state = HG_NO_SUBMODEL};
            continue;
        }
        const struct submodel *submodel = &chunk->model->submodels[g / GROUPS_EACH];
        if (g % GROUPS_EACH == MODEL_SCORERS) {
            for (size_t i = 0; i < rows; i++)
                chunk->scores[order[start + i]] = score_partial(chunk, submodel, order[start + i]);
            continue;
        }
        score_group(chunk, submodel, &submodel->scorers[g % GROUPS_EACH], order + start, rows);
    }
}

void hg_model_score(const struct hg_model *model, struct hg_score_scratch *scratch,
                    const struct hg_event *const *events, size_t n, const struct hg_matrix *matrix,
                    struct hg_score *scores)
{
    struct chunk chunk = {model, scratch, matrix, scores};
    for (size_t first = 0; first < n; first += CHUNK_ROWS) {
        size_t rows = n - first < CHUNK_ROWS ? n - first : CHUNK_ROWS, ends[GROUPS];
        find_available(matrix, first, rows, scratch->available);
        for (size_t i = 0; i < rows; i++)
            scratch->group[i] = group_of(model, events[first + i], scratch->available[i]);
        sort_by_group(scratch, first, rows, ends);
        score_chunk(&chunk, ends);
    }
}

/* ---- reasons */

static struct hg_contribution contribution(const struct submodel *submodel, const struct hg_matrix *matrix, size_t row,
                                           size_t feature, float share)
{
    const struct column *column = &submodel->columns[feature];
    float value;
    if (feature_is_code(feature)) {
        size_t c = feature - HG_FEATURE_FIRST_CODE;
        value = categories_share(&submodel->categories[c], matrix->codes[c * matrix->stride + row]);
    } else {
        value = matrix->cells[feature * matrix->stride + row];
    }
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

static size_t nth_feature(uint32_t set, size_t n)
{
    for (; n > 0; n--)
        set &= set - 1;
    return (size_t)__builtin_ctz(set);
}

void hg_model_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                      size_t row, const struct hg_matrix *matrix, struct hg_score *score)
{
    (void)scratch;
    score->n_top = 0;
    if (score->state != HG_SCORED)
        return;
    const struct submodel *submodel = &model->submodels[hg_submodel_of(event)];
    uint32_t available;
    find_available(matrix, row, 1, &available);
    const struct scorer *scorer = submodel_scorer(submodel, available);
    if (scorer == NULL)
        scorer = submodel_nearest_scorer(submodel, available);
    if (scorer == NULL || scorer->state == NULL)
        return;
    float values[HG_FEATURE_COUNT], shares[HG_FEATURE_COUNT];
    size_t n = set_size(scorer->columns), place;
    gather_row(submodel, matrix, row, scorer->columns, values);
    scorer->detector->explain(scorer->state, values, shares);
    while (score->n_top < HG_TOP_FEATURES && take_greatest(shares, n, &place)) {
        size_t feature = nth_feature(scorer->columns, place);
        score->top[score->n_top++] = contribution(submodel, matrix, row, feature, shares[place]);
        shares[place] = 0;
    }
}
