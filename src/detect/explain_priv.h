/* What the parts of an explanation share: explain.c asks nearest.c and counterfactual.c. */
#ifndef HG_DETECT_EXPLAIN_PRIV_H
#define HG_DETECT_EXPLAIN_PRIV_H

#include "detect/explain.h"
#include "detect/model_priv.h"

#define EXPLAIN_ROWS 192u /* scored at once */

struct explaining {
    const struct hg_model *model;
    const struct submodel *submodel;
    const struct scorer *scorer;
    struct hg_score_scratch *scratch;
    const struct hg_event *event;
    const struct hg_feature_row *row;
    struct hg_matrix *matrix; /* EXPLAIN_ROWS copies of the row */
};

/* The column that the feature is scored by: each feature is of one view alone. */
static inline const struct column *explain_column(const struct explaining *explaining, enum hg_feature feature)
{
    enum hg_submodel_kind kind = hg_submodel_of(explaining->event);
    const struct submodel *behaviour = &explaining->model->behaviour[kind];
    bool is_behaviour = feature >= HG_FEATURE_FIRST_BEHAVIOUR && feature < HG_FEATURE_FIRST_CODE;
    return is_behaviour && behaviour->n_columns > 0 ? &behaviour->columns[feature] : &explaining->model->submodels[kind].columns[feature];
}

/* The nearest row of training in the units of the features; false where the detector keeps none. */
bool explain_nearest(const struct explaining *explaining, float ret[HG_FEATURE_COUNT]);
void explain_counterfactuals(const struct explaining *explaining, struct hg_explanation *explanation);

#endif
