/*
 * Why a row of features scored as it did, on demand: all shares of the score, the nearest row of training beside it, and what would have
 * been ordinary (a counterfactual).
 *
 * A counterfactual changes one figure, or two, and nothing else: what follows from it (bytes a second from bytes) stays as it was. Each
 * one given was scored again with that change, and its p is not below the rate.
 */
#ifndef HG_DETECT_EXPLAIN_H
#define HG_DETECT_EXPLAIN_H

#include "core/matrix.h"
#include "detect/model.h"

struct hg_change {
    uint8_t feature;
    float value; /* the nearest at which the event is ordinary; of a category its share of the training rows */
    float own;     /* the event's */
    uint32_t code; /* of a category */
};

struct hg_counterfactual {
    uint8_t n; /* changes, 1 or 2 */
    struct hg_change changes[2];
    /* Of one change: the event is ordinary at `value` and from there on, away from its own value, up to `until`; for categories, of all more
     * frequent ones. */
    float until;
    bool to_the_end; /* `until` is as far as there is anything, or as training went */
};

#define HG_COUNTERFACTUALS_MAX HG_TOP_FEATURES

struct hg_explanation {
    struct hg_score score; /* by this model; severity and finding are not of it */
    double rate;           /* below which p is anomalous */
    size_t n;              /* features that have a share, of the view that decides (score.by_behaviour), */
    struct hg_contribution features[HG_FEATURE_COUNT]; /* greatest share first */
    bool has_nearest;      /* the detector keeps rows of training */
    float nearest[HG_FEATURE_COUNT]; /* features[i] of the nearest one, as far as a byte tells; NaN: not kept */
    size_t n_counterfactuals; /* for each leading feature that would do alone; else one of two changes; none of an ordinary event */
    struct hg_counterfactual counterfactuals[HG_COUNTERFACTUALS_MAX];
};

/* event: its dataset and kind count. HG_ENOMEM. */
HG_MUST_USE enum hg_rc hg_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                                  const struct hg_feature_row *row, double rate, struct hg_explanation *ret, struct hg_err *reterr);

/* "Had it moved at most 1.2 MB in both directions, it would be ordinary." */
void hg_counterfactual_words(const struct hg_counterfactual *counterfactual, struct hg_buf *buf);
/* "3.8 GB", "48", "yes", "0.02 %" */
void hg_value_words(enum hg_feature feature, float value, struct hg_buf *buf);
/* Members into an open object: p, rate, features, nearest, counterfactuals. */
void hg_explanation_json_members(const struct hg_explanation *explanation, struct hg_jsonw *w);

#endif
