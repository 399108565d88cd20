#include "detect/model_priv.h"

#include <inttypes.h>

static const char *const trained_on_words[TRAINED_ON_COUNT] = {"labelled Normal", "without label", "of any label"};

/* Wide tables have more columns than anybody reads. */
#define NAMES_MAX 60u

static void describe_columns(const struct hg_model *model, const struct submodel *submodel, struct hg_buf *buf)
{
    const char *between = " from ";
    for (uint32_t c = 0, said = 0; c < submodel->n_columns && said < NAMES_MAX; c++) {
        if (submodel->columns[c].state != COLUMN_KEPT)
            continue;
        hg_buf_text(buf, between);
        hg_buf_text(buf, ++said == NAMES_MAX ? "…" : model_column_name(model, c));
        between = " ";
    }
    between = "; left out: ";
    for (uint32_t c = 0; c < submodel->n_columns; c++) {
        if (submodel->columns[c].state == COLUMN_KEPT || submodel->columns[c].state == COLUMN_ELSEWHERE)
            continue;
        hg_buf_text(buf, between);
        hg_buf_text(buf, model_column_name(model, c));
        hg_buf_text(buf, ": ");
        column_reason(&submodel->columns[c], buf);
        between = ", ";
    }
}

static size_t count_kept(const struct submodel *submodel)
{
    size_t n = 0;
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        n += submodel->columns[c].state == COLUMN_KEPT;
    return n;
}

/* Of logs that only some have nothing is said until one was seen. */
static bool is_shown(const struct hg_model *model, size_t kind)
{
    return model->of_table ? kind == 0 : kind < HG_SUB_ZEEK || model->submodels[kind].seen > 0;
}

static const char *submodel_name(const struct hg_model *model, size_t kind)
{
    return model->of_table ? "table" : hg_submodel_name((enum hg_submodel_kind)kind);
}

static const char *detector_name(const struct submodel *submodel)
{
    return submodel->n_scorers > 0 ? submodel->scorers[0].detector->name : "none";
}

/* Rows that p-values are made from; a row may serve several sets of columns. */
static uint64_t calibration_rows(const struct submodel *submodel)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        rows += submodel->scorers[i].calibration != NULL ? submodel->scorers[i].calibration->rows : 0;
    return rows < submodel->rows ? rows : submodel->rows;
}

static void describe_fit(const struct hg_model *model, const struct submodel *submodel, struct hg_buf *buf)
{
    hg_buf_printf(buf, "p-values from %" PRIu64 " of them; %s on %zu columns, %u set%s of columns;", calibration_rows(submodel),
                  detector_name(submodel), count_kept(submodel), submodel->n_scorers, submodel->n_scorers == 1 ? "" : "s");
    describe_columns(model, submodel, buf);
    hg_buf_char(buf, '\n');
}

void hg_model_describe(const struct hg_model *model, struct hg_buf *buf)
{
    for (size_t i = 0; i < HG_SUB_COUNT; i++) {
        const struct submodel *submodel = &model->submodels[i];
        if (!is_shown(model, i))
            continue;
        hg_buf_printf(buf, "%s: ", submodel_name(model, i));
        if (submodel->rows == 0) {
            hg_buf_printf(buf, "not learnt, %" PRIu64 " usable rows of at least %u\n", submodel->seen,
                          HG_TRAIN_ROWS_MIN);
            continue;
        }
        hg_buf_printf(buf, "%u rows %s used of %" PRIu64 ", ", submodel->rows, trained_on_words[submodel->trained_on], submodel->seen);
        describe_fit(model, submodel, buf);
        if (model->behaviour[i].n_scorers == 0)
            continue;
        hg_buf_printf(buf, "%s, what came before: ", submodel_name(model, i));
        describe_fit(model, &model->behaviour[i], buf);
    }
}

static void json_columns(const struct hg_model *model, const struct submodel *submodel, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "columns");
    hg_jsonw_open(w, '[');
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        if (submodel->columns[c].state == COLUMN_KEPT)
            hg_jsonw_text(w, model_column_name(model, c));
    hg_jsonw_close(w, ']');
}

static void json_dropped(const struct hg_model *model, const struct submodel *submodel, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "dropped");
    hg_jsonw_open(w, '[');
    for (uint32_t c = 0; c < submodel->n_columns; c++) {
        if (submodel->columns[c].state == COLUMN_KEPT || submodel->columns[c].state == COLUMN_ELSEWHERE)
            continue;
        struct hg_buf reason;
        hg_buf_init(&reason, 256);
        column_reason(&submodel->columns[c], &reason);
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "feature");
        hg_jsonw_text(w, model_column_name(model, c));
        hg_jsonw_key(w, "reason");
        hg_jsonw_str(w, hg_buf_slice(&reason));
        hg_jsonw_close(w, '}');
        hg_buf_free(&reason);
    }
    hg_jsonw_close(w, ']');
}

static void json_fit(const struct hg_model *model, const struct submodel *submodel, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "detector");
    hg_jsonw_text(w, detector_name(submodel));
    hg_jsonw_key(w, "calibration_rows");
    hg_jsonw_u64(w, calibration_rows(submodel));
    hg_jsonw_key(w, "scored_on");
    hg_jsonw_u64(w, count_kept(submodel));
    json_columns(model, submodel, w);
    json_dropped(model, submodel, w);
}

static void json_submodel(const struct hg_model *model, size_t kind, struct hg_jsonw *w)
{
    const struct submodel *submodel = &model->submodels[kind], *behaviour = &model->behaviour[kind];
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "name");
    hg_jsonw_text(w, submodel_name(model, kind));
    hg_jsonw_key(w, "rows");
    hg_jsonw_u64(w, submodel->rows);
    hg_jsonw_key(w, "events_a_day");
    hg_jsonw_f64(w, submodel->events_a_day);
    json_fit(model, submodel, w);
    hg_jsonw_key(w, "behaviour");
    if (behaviour->n_scorers == 0) {
        hg_jsonw_null(w);
    } else {
        hg_jsonw_open(w, '{');
        json_fit(model, behaviour, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, '}');
}

void hg_model_json(const struct hg_model *model, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "digest");
    hg_jsonw_id(w, &model->digest);
    hg_jsonw_key(w, "trained_from");
    hg_jsonw_time(w, model->trained_from);
    hg_jsonw_key(w, "trained_to");
    hg_jsonw_time(w, model->trained_to);
    hg_jsonw_key(w, "seed");
    hg_jsonw_u64(w, model->seed);
    hg_jsonw_key(w, "sub_models");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < HG_SUB_COUNT; i++) {
        if (!is_shown(model, i))
            continue;
        json_submodel(model, i, w);
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}

struct hg_model_origin hg_model_origin(const struct hg_model *model)
{
    return (struct hg_model_origin){model->trained_from, model->trained_to, model->seed};
}

uint64_t hg_model_rows(const struct hg_model *model)
{
    uint64_t rows = 0;
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        rows += model->submodels[kind].rows;
    return rows;
}
