/* Models of other people's tables: one sub-model on the table's own columns. */
#include "base/rng.h"
#include "detect/model_priv.h"

#include <stdlib.h>

#define SHEET_ROWS_SET_MIN 64u /* rows that make a set of columns of its own */

/* A sheet's columns as the sub-model reads them. */
struct sheet_view {
    const float **numbers;
    const uint32_t **codes;
};

static void sheet_view_free(struct sheet_view *view)
{
    free(view->numbers);
    free(view->codes);
}

static enum hg_rc sheet_view_make(const struct hg_sheet *sheet, struct sheet_view *ret, struct hg_err *reterr)
{
    ret->numbers = calloc(sheet->n_columns, sizeof *ret->numbers);
    ret->codes = calloc(sheet->n_columns, sizeof *ret->codes);
    if (ret->numbers == NULL || ret->codes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %zu columns", sheet->n_columns);
    for (size_t c = 0; c < sheet->n_columns; c++) {
        ret->numbers[c] = sheet->columns[c].numbers;
        ret->codes[c] = sheet->columns[c].codes;
    }
    return HG_OK;
}

static struct rows_view rows_of(const struct sheet_view *view, size_t n_columns)
{
    return (struct rows_view){n_columns, view->numbers, view->codes};
}

/* ---- fitting */

/* A copy of the chosen rows' columns, and what is known of them. */
struct learnt_rows {
    struct sheet_view view;
    void **owned; /* by column */
    enum column_kind *kinds;
    uint32_t *rows;
    size_t n;
};

static void learnt_rows_free(struct learnt_rows *learnt, size_t n_columns)
{
    for (size_t c = 0; learnt->owned != NULL && c < n_columns; c++)
        free(learnt->owned[c]);
    free(learnt->owned);
    free(learnt->kinds);
    free(learnt->rows);
    sheet_view_free(&learnt->view);
}

/* Normal rows; where no row says Normal, those that say nothing. */
static enum hg_label learnt_label(const struct hg_sheet *sheet, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sheet->labels[rows == NULL ? i : rows[i]] == HG_LABEL_NORMAL)
            return HG_LABEL_NORMAL;
    return HG_LABEL_NONE;
}

/* Up to HG_TRAIN_ROWS_KEPT of the rows that may be learnt from, each with the same chance (algorithm R). */
static void choose_rows(const struct hg_sheet *sheet, const uint32_t *rows, size_t n, const struct hg_train_settings *settings,
                        struct learnt_rows *ret, uint64_t *ret_seen)
{
    struct hg_rng rng = hg_rng_seeded(hg_mix64(settings->seed));
    enum hg_label wanted = sheet->labelled ? learnt_label(sheet, rows, n) : HG_LABEL_NONE;
    *ret_seen = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = rows == NULL ? (uint32_t)i : rows[i];
        if (sheet->labelled && !settings->all && sheet->labels[row] != wanted)
            continue;
        size_t place = ret->n < HG_TRAIN_ROWS_KEPT ? ret->n++ : (size_t)hg_rng_below(&rng, *ret_seen + 1);
        ++*ret_seen;
        if (place < HG_TRAIN_ROWS_KEPT)
            ret->rows[place] = row;
    }
}

static enum hg_rc copy_column(const struct hg_sheet_column *column, size_t c, struct learnt_rows *learnt, struct hg_err *reterr)
{
    _Static_assert(sizeof *column->numbers == sizeof *column->codes, "a cell is four bytes either way");
    uint32_t *cells = malloc(learnt->n * sizeof *cells);
    if (cells == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %zu rows", learnt->n);
    learnt->owned[c] = cells;
    learnt->kinds[c] = column->is_category ? COLUMN_CATEGORY : COLUMN_ASK;
    const void *from = column->is_category ? (const void *)column->codes : (const void *)column->numbers;
    for (size_t i = 0; i < learnt->n; i++)
        memcpy(&cells[i], (const char *)from + learnt->rows[i] * sizeof *cells, sizeof *cells);
    learnt->view.numbers[c] = column->is_category ? NULL : (const float *)(const void *)cells;
    learnt->view.codes[c] = column->is_category ? cells : NULL;
    return HG_OK;
}

static enum hg_rc copy_rows(const struct hg_sheet *sheet, struct learnt_rows *learnt, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t c = 0; rc == HG_OK && c < sheet->n_columns; c++)
        rc = copy_column(&sheet->columns[c], c, learnt, reterr);
    return rc;
}

static enum hg_rc copy_names(const struct hg_sheet *sheet, struct hg_model *model, struct hg_err *reterr)
{
    model->names = calloc(sheet->n_columns, sizeof *model->names);
    for (uint32_t c = 0; model->names != NULL && c < sheet->n_columns; c++) {
        model->n_names = c + 1;
        if (strlen(sheet->columns[c].name) > UINT16_MAX)
            return hg_fail(reterr, HG_EUSAGE, "the name of column %u is longer than 65,535 bytes", c + 1);
        if ((model->names[c] = strdup(sheet->columns[c].name)) == NULL)
            return hg_fail(reterr, HG_ENOMEM, "model: no memory for names");
    }
    return model->names != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "model: no memory for names");
}

static enum trained_on trained_on(const struct hg_sheet *sheet, const struct hg_train_settings *settings, const struct learnt_rows *learnt)
{
    if (!sheet->labelled)
        return TRAINED_ON_UNLABELLED;
    if (settings->all)
        return TRAINED_ON_ALL;
    return sheet->labels[learnt->rows[0]] == HG_LABEL_NORMAL ? TRAINED_ON_NORMAL : TRAINED_ON_UNLABELLED;
}

/* Nothing that varies is nothing to learn. */
static enum hg_rc check_columns(const struct hg_sheet *sheet, const struct submodel *submodel, struct hg_err *reterr)
{
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        if (submodel->scorers[i].state != NULL)
            return HG_OK;
    struct hg_buf reason;
    hg_buf_init(&reason, 256);
    column_reason(&submodel->columns[0], &reason);
    enum hg_rc rc = hg_fail(reterr, HG_ESTATE, "none of the %zu columns is left to learn from (the first: %.*s)", sheet->n_columns,
                            (int)reason.len, reason.p);
    hg_buf_free(&reason);
    return rc;
}

static enum hg_rc fit_model(const struct hg_sheet *sheet, const struct hg_train_settings *settings, struct learnt_rows *learnt,
                            struct hg_model *model, struct hg_err *reterr)
{
    struct submodel *submodel = &model->submodels[0];
    submodel->trained_on = (uint8_t)trained_on(sheet, settings, learnt);
    struct submodel_settings fit = {.seed = hg_mix64(settings->seed + 1),
                                    .detector = settings->detector != NULL ? settings->detector : hg_detector_default(),
                                    .contamination = submodel->trained_on == TRAINED_ON_NORMAL ? 0 : HG_CONTAMINATION,
                                    .with_clock = true, .rows_min = SHEET_ROWS_SET_MIN, .kinds = learnt->kinds};
    struct rows_view view = rows_of(&learnt->view, sheet->n_columns);
    enum hg_rc rc = copy_names(sheet, model, reterr);
    if (rc == HG_OK)
        rc = submodel_fit(&view, learnt->n, &fit, submodel, reterr);
    if (rc == HG_OK)
        rc = check_columns(sheet, submodel, reterr);
    if (rc == HG_OK)
        rc = model_note_categories(model, reterr);
    return rc == HG_OK ? model_take_digest(model, reterr) : rc;
}

enum hg_rc hg_model_fit_sheet(const struct hg_sheet *sheet, const uint32_t *rows, size_t n, const struct hg_train_settings *settings,
                              struct hg_model **ret, struct hg_err *reterr)
{
    struct learnt_rows learnt = {.owned = calloc(sheet->n_columns, sizeof *learnt.owned),
                                 .kinds = calloc(sheet->n_columns, sizeof *learnt.kinds),
                                 .rows = calloc(HG_TRAIN_ROWS_KEPT, sizeof *learnt.rows)};
    struct hg_model *model = NULL;
    uint64_t seen = 0;
    enum hg_rc rc = sheet_view_make(sheet, &learnt.view, reterr);
    if (rc == HG_OK && (learnt.owned == NULL || learnt.kinds == NULL || learnt.rows == NULL))
        rc = hg_fail(reterr, HG_ENOMEM, "model: no memory for %zu columns", sheet->n_columns);
    if (rc == HG_OK)
        choose_rows(sheet, rows, n, settings, &learnt, &seen);
    if (rc == HG_OK && learnt.n < HG_SHEET_ROWS_MIN)
        rc = hg_fail(reterr, HG_ESTATE, "%zu rows may be learnt from, at least %u are needed", learnt.n, HG_SHEET_ROWS_MIN);
    if (rc == HG_OK)
        rc = copy_rows(sheet, &learnt, reterr);
    if (rc == HG_OK)
        rc = model_create(&model, reterr);
    if (rc == HG_OK) {
        model->of_table = true;
        model->seed = settings->seed;
        model->submodels[0].seen = seen;
        rc = fit_model(sheet, settings, &learnt, model, reterr);
    }
    learnt_rows_free(&learnt, sheet->n_columns);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return rc;
    }
    *ret = model;
    return HG_OK;
}

/* ---- scoring */

bool hg_model_is_of_table(const struct hg_model *model)
{
    return model->of_table;
}

bool hg_model_schema(const struct hg_model *model, struct hg_sheet_schema *ret)
{
    const struct submodel *submodel = &model->submodels[0];
    if (!model->of_table)
        return false;
    *ret = (struct hg_sheet_schema){.n = submodel->n_columns, .names = (const char *const *)model->names, .is_category = model->categories};
    return true;
}

static enum hg_rc check_schema(const struct hg_model *model, const struct hg_sheet *sheet, struct hg_err *reterr)
{
    const struct submodel *submodel = &model->submodels[0];
    bool fits = model->of_table && sheet->n_columns == submodel->n_columns;
    for (size_t c = 0; fits && c < sheet->n_columns; c++)
        fits = strcmp(sheet->columns[c].name, model->names[c]) == 0 && sheet->columns[c].is_category == submodel->columns[c].is_category;
    return fits ? HG_OK : hg_fail(reterr, HG_EUSAGE, model->of_table ? "the table's columns are not the model's" : "the model is of logs, not of a table");
}

struct sheet_scratch {
    struct sheet_view view;
    struct chunk_scratch *chunk;
    float *cells, *row;
    uint32_t rows[CHUNK_ROWS], places[CHUNK_ROWS];
    struct verdict verdicts[CHUNK_ROWS];
};

static void sheet_scratch_free(struct sheet_scratch *scratch)
{
    sheet_view_free(&scratch->view);
    free(scratch->chunk);
    free(scratch->cells);
    free(scratch->row);
}

static enum hg_rc sheet_scratch_make(const struct hg_sheet *sheet, struct sheet_scratch *ret, struct hg_err *reterr)
{
    ret->chunk = calloc(1, sizeof *ret->chunk);
    ret->cells = malloc(sheet->n_columns * CHUNK_ROWS * sizeof *ret->cells);
    ret->row = malloc(sheet->n_columns * sizeof *ret->row);
    if (ret->chunk == NULL || ret->cells == NULL || ret->row == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to score %zu columns", sheet->n_columns);
    ret->chunk->cells = ret->cells;
    ret->chunk->row = ret->row;
    return sheet_view_make(sheet, &ret->view, reterr);
}

static struct hg_score score_of(const struct verdict *verdict)
{
    return (struct hg_score){.p = verdict->p, .value = 1 - verdict->p, .state = verdict->state, .partial = verdict->partial,
                             .columns = verdict->columns};
}

enum hg_rc hg_model_score_sheet(const struct hg_model *model, const struct hg_sheet *sheet, const uint32_t *rows, size_t n,
                                struct hg_score *ret_scores, struct hg_err *reterr)
{
    enum hg_rc rc = check_schema(model, sheet, reterr);
    if (rc != HG_OK)
        return rc;
    struct sheet_scratch scratch = {0};
    rc = sheet_scratch_make(sheet, &scratch, reterr);
    if (rc == HG_OK) {
        struct rows_view view = rows_of(&scratch.view, sheet->n_columns);
        for (size_t first = 0; first < n; first += CHUNK_ROWS) {
            size_t chunk = n - first < CHUNK_ROWS ? n - first : CHUNK_ROWS;
            for (size_t i = 0; i < chunk; i++) {
                scratch.rows[i] = rows == NULL ? (uint32_t)(first + i) : rows[first + i];
                scratch.places[i] = (uint32_t)i;
            }
            submodel_score(&model->submodels[0], &view, scratch.rows, scratch.places, chunk, scratch.chunk, scratch.verdicts);
            for (size_t i = 0; i < chunk; i++)
                ret_scores[first + i] = score_of(&scratch.verdicts[i]);
        }
    }
    sheet_scratch_free(&scratch);
    return rc;
}
