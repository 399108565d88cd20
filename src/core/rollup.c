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
