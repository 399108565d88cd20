/* A model that gains a sub-model after its training: copies go through the file's form, so that the digest is of the content. */
#include "detect/model_priv.h"

bool hg_model_knows(const struct hg_model *model, enum hg_submodel_kind kind)
{
    return model->submodels[kind].rows > 0;
}

static enum hg_rc copy(const struct hg_model *model, struct hg_model **ret, struct hg_err *reterr)
{
    struct hg_buf bytes;
    hg_buf_init(&bytes, MODEL_BYTES_MAX);
    hg_model_serialise(model, &bytes);
    enum hg_rc rc = bytes.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to copy a model") : hg_model_parse(hg_buf_slice(&bytes), ret, reterr);
    hg_buf_free(&bytes);
    return rc;
}

enum hg_rc hg_model_join(const struct hg_model *base, const struct hg_model *addition, enum hg_submodel_kind kind, struct hg_model **ret,
                         struct hg_err *reterr)
{
    struct hg_model *joined = NULL, *donor = NULL;
    enum hg_rc rc = copy(base, &joined, reterr);
    if (rc == HG_OK)
        rc = copy(addition, &donor, reterr);
    if (rc == HG_OK) {
        struct submodel mine = joined->submodels[kind], behaviour = joined->behaviour[kind];
        joined->submodels[kind] = donor->submodels[kind];
        joined->behaviour[kind] = donor->behaviour[kind];
        donor->submodels[kind] = mine;
        donor->behaviour[kind] = behaviour;
        model_widen_period(joined, donor->trained_from, donor->trained_to);
        rc = copy(joined, ret, reterr);
    }
    hg_model_destroy(donor);
    hg_model_destroy(joined);
    return rc;
}

enum hg_rc hg_model_fill(struct hg_model **model, const struct hg_model *from, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (int kind = 0; rc == HG_OK && kind < HG_SUB_COUNT; kind++) {
        struct hg_model *filled;
        if (hg_model_knows(*model, (enum hg_submodel_kind)kind) || !hg_model_knows(from, (enum hg_submodel_kind)kind))
            continue;
        rc = hg_model_join(*model, from, (enum hg_submodel_kind)kind, &filled, reterr);
        if (rc != HG_OK)
            break;
        hg_model_destroy(*model);
        *model = filled;
    }
    return rc;
}
