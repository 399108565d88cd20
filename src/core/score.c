#include "core/score.h"

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
