#include "detect/explain_priv.h"
#include "detect/phrase.h"
#include "detect/plain_math.h"

#include <math.h>

/* What a detector sees, back into the unit of the feature: near to it, since the detector kept a byte of it. */

/* The share of the category whose rarity is nearest. */
static float share_of(const struct categories *categories, float rarity)
{
    float least = fabsf(rarity - categories->unseen), share = 0;
    for (uint32_t i = 0; i < categories->n; i++) {
        if (fabsf(rarity - categories->rarity[i]) < least) {
            least = fabsf(rarity - categories->rarity[i]);
            share = categories->share[i];
        }
    }
    return share;
}

static float restored(const struct column *column, enum hg_feature feature, float prepared)
{
    if (isnan(prepared))
        return prepared;
    if (column->is_category)
        return share_of(&column->categories, prepared);
    double value = (double)prepared;
    if (column->logarithm)
        value = value < 0 ? -plain_expm1(-value) : plain_expm1(value);
    if (hg_feature_kind(feature) == HG_KIND_amount || hg_feature_kind(feature) == HG_KIND_ratio || hg_feature_kind(feature) == HG_KIND_flag)
        value = value < 0 ? 0 : value;
    if (hg_feature_kind(feature) == HG_KIND_ratio)
        value = value > 1 ? 1 : value;
    return (float)(phrase_is_whole(feature) ? floor(value + 0.5) : value);
}

bool explain_nearest(const struct explaining *explaining, float ret[HG_FEATURE_COUNT])
{
    const struct scorer *scorer = explaining->scorer;
    float near[HG_FEATURE_COUNT];
    if (scorer->detector->nearest == NULL)
        return false;
    scorer->detector->nearest(scorer->state, model_prepared_row(explaining->scratch), near);
    for (size_t c = 0, at = 0; c < explaining->submodel->n_columns; c++) {
        const struct column *column = &explaining->submodel->columns[c];
        ret[c] = scorer_uses(scorer, column) ? restored(column, (enum hg_feature)c, near[at++]) : NAN;
    }
    return true;
}
