/*
 * What a model says of an event, and the rule by which an event counts as anomalous.
 */
#ifndef HG_CORE_SCORE_H
#define HG_CORE_SCORE_H

#include "core/event.h"
#include "core/finding.h"
#include "core/matrix.h"

enum hg_severity { HG_SEVERITY_NONE = 0, HG_SEVERITY_LOW, HG_SEVERITY_MEDIUM, HG_SEVERITY_HIGH };
enum hg_score_state {
    HG_SCORED = 0,
    HG_NOTHING_TO_COMPARE, /* the sub-model never saw two different vectors: lowest score */
    HG_NO_SUBMODEL,        /* the model knows nothing of this kind of event: no score */
};

#define HG_TOP_FEATURES 3

struct hg_contribution {
    uint8_t feature;          /* enum hg_feature */
    float share;              /* of the score, 0..1 */
    float value;              /* of this event, in the feature's unit; for categories its share of the training rows, 0..1 */
    float low, median, high;  /* usual range: 5th, 50th and 95th percentile in training */
};

struct hg_score {
    double p;                /* p-value: the share of ordinary events that are as odd, 0..1; 1 when not scored; NaN of a score that was stored before there were p-values */
    double value;            /* anomaly_score, 1 - p, or what a finding is worth: 0..1; 0 when not scored */
    uint8_t state;           /* enum hg_score_state */
    uint8_t severity;        /* enum hg_severity, from the score and a finding alone: see hg_severity_at, hg_score_take_finding */
    bool learned_in_sample;  /* the event was among those the model was trained on */
    bool partial;            /* it had a set of features that no sub-model knows: scored on those that the nearest one shares */
    uint16_t columns;        /* how many features it was scored on */
    bool by_behaviour;       /* what came before it was odder than the event by itself: the leading features are of that */
    uint8_t n_top;           /* leading features; filled for anomalous events only */
    struct hg_contribution top[HG_TOP_FEATURES];
    struct hg_finding finding; /* rule HG_RULE_NONE: nothing was found */
};

/* Severities are tail probabilities: how rare so odd an event is among ordinary ones. */
#define HG_P_HIGH   1e-4
#define HG_P_MEDIUM 1e-3

/* What the score alone says, at a rate of false alarms: none unless p < rate. */
static inline enum hg_severity hg_severity_at(double p, double rate)
{
    if (!(p < rate))
        return HG_SEVERITY_NONE;
    return p <= HG_P_HIGH ? HG_SEVERITY_HIGH : p <= HG_P_MEDIUM ? HG_SEVERITY_MEDIUM : HG_SEVERITY_LOW;
}

enum { HG_BY_LABEL = 1, HG_BY_SCORE = 2 };

/* Which rule makes the event anomalous: HG_BY_LABEL, HG_BY_SCORE, both, or 0 for neither. */
static inline unsigned hg_anomalous(const struct hg_event *event, const struct hg_score *score, bool ignore_labels)
{
    unsigned by = 0;
    if (!ignore_labels && event->label == HG_LABEL_ATTACK)
        by |= HG_BY_LABEL;
    if (score->severity != HG_SEVERITY_NONE)
        by |= HG_BY_SCORE;
    return by;
}

/* What a named detector found at the event goes with its score. On a honeypot it is evidence alone: all there is an attack. Elsewhere it
 * makes the event anomalous, and of high severity: value becomes 1 - the smaller of both p; p stays the model's. Call it once
 * severity is known. */
void hg_score_take_finding(struct hg_score *score, const struct hg_event *event, const struct hg_finding *finding);
/* Is there a value to show? */
static inline bool hg_score_has_value(const struct hg_score *score)
{
    return score->state != HG_NO_SUBMODEL || score->severity != HG_SEVERITY_NONE;
}

/* What an alert led by this feature is of: the feature's name, but for windows that count events and addresses. Those of a target, or of who
 * comes to it from outside, are what rule `surge` tells, more than is usual; those of a source inside are src_activity. How many targets
 * and ports a source turns to is src_spread. */
const char *hg_reason_of_feature(enum hg_feature feature, bool from_inside);
/* What alerts of this leading reason are grouped by, but on a honeypot: by what the rule or the window is of; of two addresses by the one
 * inside, by the source where it is private. */
enum hg_grouping hg_grouping_of_reason(struct hg_slice reason_key, bool from_inside);
/* The leading features into an open array: feature, words, unit, value, low, median, high, share. */
struct hg_jsonw;
void hg_score_json_features(const struct hg_score *score, struct hg_jsonw *w);

const char *hg_severity_name(enum hg_severity severity); /* none, low, medium, high */
const char *hg_by_name(unsigned by);                     /* label, score, both; NULL for 0 */

#endif
