#include "detect/model_priv.h"

#include <inttypes.h>

static const char *const trained_on_words[TRAINED_ON_COUNT] = {"labelled Normal", "without label", "of any label"};

static void describe_features(const struct submodel *submodel, struct hg_buf *buf)
{
    const char *between = " from ";
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        if (submodel->columns[f].state != COLUMN_KEPT)
            continue;
        hg_buf_text(buf, between);
        hg_buf_text(buf, hg_feature_name((enum hg_feature)f));
        between = " ";
    }
    between = "; left out: ";
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        if (submodel->columns[f].state == COLUMN_KEPT)
            continue;
        hg_buf_text(buf, between);
        hg_buf_text(buf, hg_feature_name((enum hg_feature)f));
        hg_buf_text(buf, ": ");
        column_reason(&submodel->columns[f], buf);
        between = ", ";
    }
}

static size_t count_kept(const struct submodel *submodel)
{
    size_t n = 0;
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++)
        n += submodel->columns[f].state == COLUMN_KEPT;
    return n;
}

/* Of logs that only some have nothing is said until one was seen. */
static bool is_shown(const struct hg_model *model, size_t kind)
{
    return kind < HG_SUB_ZEEK || model->submodels[kind].seen > 0;
}

void hg_model_describe(const struct hg_model *model, struct hg_buf *buf)
{
    for (size_t i = 0; i < HG_SUB_COUNT; i++) {
        const struct submodel *submodel = &model->submodels[i];
        if (!is_shown(model, i))
            continue;
        hg_buf_printf(buf, "%s: ", hg_submodel_name((enum hg_submodel_kind)i));
        if (submodel->rows == 0) {
            hg_buf_printf(buf, "not learnt, %" PRIu64 " usable rows of at least %u\n", submodel->seen,
                          HG_TRAIN_ROWS_MIN);
            continue;
        }
        hg_buf_printf(buf, "%u rows %s used of %" PRIu64 ", %zu columns, %u detector%s;", submodel->rows,
                      trained_on_words[submodel->trained_on], submodel->seen, count_kept(submodel), submodel->n_scorers,
                      submodel->n_scorers == 1 ? "" : "s");
        describe_features(submodel, buf);
        hg_buf_char(buf, '\n');
    }
}

static void json_columns(const struct submodel *submodel, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "columns");
    hg_jsonw_open(w, '[');
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++)
        if (submodel->rows > 0 && submodel->columns[f].state == COLUMN_KEPT)
            hg_jsonw_text(w, hg_feature_name((enum hg_feature)f));
    hg_jsonw_close(w, ']');
}

static void json_dropped(const struct submodel *submodel, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "dropped");
    hg_jsonw_open(w, '[');
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        if (submodel->columns[f].state == COLUMN_KEPT)
            continue;
        struct hg_buf reason;
        hg_buf_init(&reason, 256);
        column_reason(&submodel->columns[f], &reason);
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "feature");
        hg_jsonw_text(w, hg_feature_name((enum hg_feature)f));
        hg_jsonw_key(w, "reason");
        hg_jsonw_str(w, hg_buf_slice(&reason));
        hg_jsonw_close(w, '}');
        hg_buf_free(&reason);
    }
    hg_jsonw_close(w, ']');
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
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "name");
        hg_jsonw_text(w, hg_submodel_name((enum hg_submodel_kind)i));
        hg_jsonw_key(w, "rows");
        hg_jsonw_u64(w, model->submodels[i].rows);
        json_columns(&model->submodels[i], w);
        json_dropped(&model->submodels[i], w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}
