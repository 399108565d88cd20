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

enum hg_rc model_create(struct hg_model **ret, struct hg_err *reterr)
{
    struct hg_model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory");
    model->trained_from = model->trained_to = HG_TIME_NONE;
    *ret = model;
    return HG_OK;
}

static void submodel_clear(struct submodel *submodel)
{
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        if (submodel->scorers[i].state != NULL)
            submodel->scorers[i].detector->destroy(submodel->scorers[i].state);
    for (size_t i = 0; i < HG_CODE_COUNT; i++) {
        free(submodel->categories[i].codes);
        free(submodel->categories[i].rarity);
        free(submodel->categories[i].share);
    }
}

void hg_model_destroy(struct hg_model *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < HG_SUB_COUNT; i++)
        submodel_clear(&model->submodels[i]);
    free(model);
}

enum hg_rc categories_reserve(struct categories *categories, uint32_t n, struct hg_err *reterr)
{
    categories->codes = calloc(n + 1u, sizeof *categories->codes);
    categories->rarity = calloc(n + 1u, sizeof *categories->rarity);
    categories->share = calloc(n + 1u, sizeof *categories->share);
    if (categories->codes == NULL || categories->rarity == NULL || categories->share == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %u categories", n);
    return HG_OK;
}

const struct scorer *submodel_nearest_scorer(const struct submodel *submodel, uint32_t available)
{
    const struct scorer *nearest = NULL;
    size_t most = 0;
    for (uint32_t i = 0; i < submodel->n_scorers; i++) {
        size_t shared = set_size(submodel->scorers[i].columns & available);
        if (shared > most) {
            most = shared;
            nearest = &submodel->scorers[i];
        }
    }
    return nearest;
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
    case COLUMN_KEPT:
    case COLUMN_STATES:
        break;
    }
}
