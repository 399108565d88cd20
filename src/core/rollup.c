#include "core/rollup.h"

const char *hg_dim_name(enum hg_dim dim)
{
    static const char *const names[] = {"total", "dataset", "protocol", "port", "country", "coordinate", "source"};
    return names[dim];
}

void hg_tally_add(struct hg_tally *sum, const struct hg_tally *part)
{
    sum->events += part->events;
    sum->by_label += part->by_label;
    sum->by_score += part->by_score;
    sum->by_both += part->by_both;
    sum->high += part->high;
    sum->medium += part->medium;
    sum->low += part->low;
    sum->scored += part->scored;
    sum->score_sum += part->score_sum;
    sum->anomalous_scored += part->anomalous_scored;
    sum->anomalous_score_sum += part->anomalous_score_sum;
    if (part->score_max > sum->score_max)
        sum->score_max = part->score_max;
}

struct hg_tally hg_tally_of(const struct hg_score *score, unsigned by)
{
    struct hg_tally one = {.events = 1};
    uint32_t units = (uint32_t)(score->value * HG_SCORE_ONE + 0.5);
    if (hg_score_has_value(score)) {
        one.scored = 1;
        one.score_sum = units;
    }
    if (by == 0)
        return one;
    one.by_label = by == HG_BY_LABEL;
    one.by_score = by == HG_BY_SCORE;
    one.by_both = by == (HG_BY_LABEL | HG_BY_SCORE);
    one.high = score->severity == HG_SEVERITY_HIGH;
    one.medium = score->severity == HG_SEVERITY_MEDIUM;
    one.low = score->severity == HG_SEVERITY_LOW;
    one.anomalous_scored = one.scored;
    one.anomalous_score_sum = one.score_sum;
    one.score_max = (uint32_t)one.score_sum;
    return one;
}
