#include "core/score.h"

#include "base/jsonw.h"

const char *hg_severity_name(enum hg_severity severity)
{
    static const char *const names[] = {"none", "low", "medium", "high"};
    return names[severity];
}

const char *hg_by_name(unsigned by)
{
    static const char *const names[] = {NULL, "label", "score", "both"};
    return names[by & 3];
}

void hg_score_take_finding(struct hg_score *score, const struct hg_event *event, const struct hg_finding *finding)
{
    score->finding = *finding;
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset))
        return;
    if (score->severity == HG_SEVERITY_NONE || 1 - finding->p > score->value)
        score->value = 1 - (score->state == HG_SCORED && score->p < finding->p ? score->p : finding->p);
    score->severity = finding->p <= HG_P_HIGH || score->severity == HG_SEVERITY_HIGH ? HG_SEVERITY_HIGH : HG_SEVERITY_MEDIUM;
}

/* Windows of other lengths, or of the other end of the same traffic, say the same in other figures. */
#define SRC_ACTIVITY "src_activity"
#define SRC_SPREAD   "src_spread"

enum same { ALONE, OF_SOURCE, OF_TARGET, OF_SPREAD };
static const uint8_t same_as[HG_FEATURE_COUNT] = {
    [HG_FEATURE_src_events_1m] = OF_SOURCE,    [HG_FEATURE_src_events_1h] = OF_SOURCE,   [HG_FEATURE_pair_events_10m] = OF_SOURCE,
    [HG_FEATURE_pair_events_1h] = OF_SOURCE,   [HG_FEATURE_dst_events_1m] = OF_TARGET,   [HG_FEATURE_dst_events_10m] = OF_TARGET,
    [HG_FEATURE_dst_sources_1m] = OF_TARGET,   [HG_FEATURE_dst_sources_10m] = OF_TARGET, [HG_FEATURE_src_targets_10m] = OF_SPREAD,
    [HG_FEATURE_src_ports_10m] = OF_SPREAD,    [HG_FEATURE_pair_ports_10m] = OF_SPREAD,
};

const char *hg_reason_of_feature(enum hg_feature feature, bool from_inside)
{
    enum same same = (enum same)same_as[feature];
    if (same == ALONE)
        return hg_feature_name(feature);
    if (same == OF_SPREAD)
        return SRC_SPREAD;
    return same == OF_SOURCE && from_inside ? SRC_ACTIVITY : hg_rule_name(HG_RULE_surge);
}

static bool is_window_of(struct hg_slice key, struct hg_slice prefix)
{
    if (!hg_slice_starts(key, prefix))
        return false;
    for (int f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++)
        if (hg_slice_is(key, hg_feature_name((enum hg_feature)f)))
            return true;
    return false;
}

enum hg_grouping hg_grouping_of_reason(struct hg_slice reason_key, bool from_inside)
{
    enum hg_rule rule;
    if (hg_rule_parse(reason_key, &rule))
        return hg_rule_grouping(rule);
    if (hg_slice_is(reason_key, SRC_ACTIVITY) || hg_slice_is(reason_key, SRC_SPREAD) || is_window_of(reason_key, HG_SLICE("src_")))
        return HG_GROUP_SOURCE;
    if (is_window_of(reason_key, HG_SLICE("pair_")))
        return from_inside ? HG_GROUP_SOURCE : HG_GROUP_TARGET;
    return is_window_of(reason_key, HG_SLICE("dst_")) ? HG_GROUP_TARGET : HG_GROUP_SOURCE_AND_PORT;
}

void hg_score_json_features(const struct hg_score *score, struct hg_jsonw *w)
{
    for (unsigned i = 0; i < score->n_top && i < HG_TOP_FEATURES; i++) {
        const struct hg_contribution *top = &score->top[i];
        enum hg_feature feature = (enum hg_feature)top->feature;
        const struct {
            const char *key;
            float value;
        } values[] = {{"value", top->value}, {"low", top->low}, {"median", top->median}, {"high", top->high}, {"share", top->share}};
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "feature");
        hg_jsonw_text(w, hg_feature_name(feature));
        hg_jsonw_key(w, "words");
        hg_jsonw_text(w, hg_feature_words(feature));
        hg_jsonw_key(w, "unit");
        hg_jsonw_text(w, hg_feature_unit(feature));
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            hg_jsonw_key(w, values[k].key);
            hg_jsonw_f32(w, values[k].value);
        }
        hg_jsonw_close(w, '}');
    }
}
