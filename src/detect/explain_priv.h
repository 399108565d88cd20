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

/* The nearest row of training in the units of the features; false where the detector keeps none. */
bool explain_nearest(const struct explaining *explaining, float ret[HG_FEATURE_COUNT]);
/* NaN where it isn't among the features. */
float explain_own_value(const struct hg_explanation *explanation, uint8_t feature);
void explain_counterfactuals(const struct explaining *explaining, struct hg_explanation *explanation);


#endif
