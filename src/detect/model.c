#include "detect/model_priv.h"

#include <stdlib.h>

const char *hg_submodel_name(enum hg_submodel_kind kind)
{
    static const char *const names[HG_SUB_COUNT] = {"iscx",         "suricata_flow", "suricata_other", "cowrie",  "dionaea", "zeek",
                                                    "cicflowmeter", "unsw_nb15",     "custom1",        "custom2", "custom3", "custom4"};
    return names[kind];
}

_Static_assert(HG_SUB_CUSTOM4 - HG_SUB_ZEEK == HG_DATASET_custom4 - HG_DATASET_zeek, "one for each dataset that mappings read");

enum hg_submodel_kind hg_submodel_of(const struct hg_event *event)
{
    switch ((enum hg_dataset)event->dataset) {
    case HG_DATASET_iscx:
        return HG_SUB_ISCX;
    case HG_DATASET_cowrie:
        return HG_SUB_COWRIE;
    case HG_DATASET_dionaea:
        return HG_SUB_DIONAEA;
    case HG_DATASET_zeek:
    case HG_DATASET_cicflowmeter:
    case HG_DATASET_unsw_nb15:
    case HG_DATASET_custom1:
    case HG_DATASET_custom2:
    case HG_DATASET_custom3:
    case HG_DATASET_custom4:
        return (enum hg_submodel_kind)(HG_SUB_ZEEK + (event->dataset - HG_DATASET_zeek));
    case HG_DATASET_suricata:
    case HG_DATASET_COUNT:
        break;
    }
    return hg_slice_eq(event->kind, HG_SLICE("flow")) ? HG_SUB_SURICATA_FLOW : HG_SUB_SURICATA_OTHER;
}

bool hg_submodel_is_honeypot(size_t kind)
{
    return kind == HG_SUB_COWRIE || kind == HG_SUB_DIONAEA;
}

enum hg_rc model_create(struct hg_model **ret, struct hg_err *reterr)
{
    struct hg_model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory");
    model->trained_from = model->trained_to = HG_TIME_NONE;
    *ret = model;
    return HG_OK;
}

void submodel_free(struct submodel *submodel)
{
    for (uint32_t i = 0; i < submodel->n_scorers; i++) {
        if (submodel->scorers[i].state != NULL)
            submodel->scorers[i].detector->destroy(submodel->scorers[i].state);
        free(submodel->scorers[i].calibration);
    }
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        column_free(&submodel->columns[c]);
    free(submodel->columns);
}

enum hg_rc submodel_make_columns(struct submodel *submodel, uint32_t n, struct hg_err *reterr)
{
    submodel->columns = calloc(n, sizeof *submodel->columns);
    if (submodel->columns == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %u columns", n);
    submodel->n_columns = n;
    return HG_OK;
}

void hg_model_destroy(struct hg_model *model)
{
    if (model == NULL)
        return;
    for (uint32_t c = 0; c < model->n_names; c++)
        free(model->names[c]);
    free(model->names);
    free(model->categories);
    for (size_t i = 0; i < HG_SUB_COUNT; i++) {
        submodel_free(&model->submodels[i]);
        submodel_free(&model->behaviour[i]);
    }
    free(model);
}

void model_widen_period(struct hg_model *model, int64_t from_us, int64_t to_us)
{
    if (from_us == HG_TIME_NONE)
        return;
    if (model->trained_from == HG_TIME_NONE || from_us < model->trained_from)
        model->trained_from = from_us;
    if (model->trained_to == HG_TIME_NONE || to_us > model->trained_to)
        model->trained_to = to_us;
}

enum hg_rc model_take_digest(struct hg_model *model, struct hg_err *reterr)
{
    struct hg_buf buf;
    hg_buf_init(&buf, MODEL_BYTES_MAX);
    hg_model_serialise(model, &buf);
    enum hg_rc rc = buf.failed ? hg_fail(reterr, HG_ENOMEM, "model: no memory for its bytes, or more than 256 MiB of them") : HG_OK;
    if (rc == HG_OK)
        memcpy(model->digest.b, buf.p + buf.len - sizeof model->digest.b, sizeof model->digest.b);
    hg_buf_free(&buf);
    return rc;
}

enum hg_rc model_note_categories(struct hg_model *model, struct hg_err *reterr)
{
    const struct submodel *submodel = &model->submodels[0];
    model->categories = calloc(submodel->n_columns, sizeof *model->categories);
    if (model->categories == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %u columns", submodel->n_columns);
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        model->categories[c] = submodel->columns[c].is_category;
    return HG_OK;
}

const char *model_column_name(const struct hg_model *model, size_t c)
{
    return model->names != NULL ? model->names[c] : hg_feature_name((enum hg_feature)c);
}

void hg_model_events_a_day(const struct hg_model *model, double ret[HG_SUB_COUNT])
{
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        ret[kind] = model->submodels[kind].events_a_day;
}

struct hg_id hg_model_digest(const struct hg_model *model)
{
    return model->digest;
}

void column_reason(const struct column *column, struct hg_buf *buf)
{
    switch ((enum column_state)column->state) {
    case COLUMN_MISSING:
        hg_buf_printf(buf, "over 50 %% missing (%u %%)", (unsigned)column->missing_percent);
        break;
    case COLUMN_CONSTANT:
        hg_buf_text(buf, "constant");
        break;
    case COLUMN_SHORT_CLOCK:
        hg_buf_text(buf, "less than 14 days of training");
        break;
    case COLUMN_EVEN:
        hg_buf_text(buf, "all its categories are equally frequent");
        break;
    case COLUMN_GAPS:
        hg_buf_printf(buf, "one more column with gaps than the %u that can be told apart", COLUMN_BITS);
        break;
    case COLUMN_ELSEWHERE:
        hg_buf_text(buf, "another sub-model's");
        break;
    case COLUMN_KEPT:
    case COLUMN_STATES:
        break;
    }
}
