#include "pipeline/skew.h"

#include <stdlib.h>

void hg_skew_add(struct hg_skew *skew, int64_t newest_us, int64_t now_us)
{
    if (skew->n > 0 && now_us - skew->last_us < HG_SKEW_EVERY_US)
        return;
    skew->last_us = now_us;
    skew->offsets_us[skew->next] = newest_us - now_us;
    skew->next = (skew->next + 1) % HG_SKEW_SAMPLES;
    if (skew->n < HG_SKEW_SAMPLES)
        skew->n++;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The last HG_SKEW_NEEDED samples, ascending. */
static void latest(const struct hg_skew *skew, int64_t out[HG_SKEW_NEEDED])
{
    for (size_t i = 0; i < HG_SKEW_NEEDED; i++)
        out[i] = skew->offsets_us[(skew->next + HG_SKEW_SAMPLES - 1 - i) % HG_SKEW_SAMPLES];
    qsort(out, HG_SKEW_NEEDED, sizeof *out, by_value);
}

enum hg_skew_state hg_skew_state(const struct hg_skew *skew, int64_t *ret_us)
{
    int64_t offsets[HG_SKEW_NEEDED];
    *ret_us = 0;
    if (skew->n < HG_SKEW_NEEDED)
        return HG_SKEW_UNKNOWN;
    latest(skew, offsets);
    int64_t median = offsets[HG_SKEW_NEEDED / 2], spread = offsets[HG_SKEW_NEEDED - 1] - offsets[0];
    if (llabs(median) > HG_SKEW_MAX_US || spread > HG_SKEW_WANDER_US)
        return HG_SKEW_UNKNOWN;
    if (llabs(median) <= HG_SKEW_MIN_US)
        return HG_SKEW_NONE;
    *ret_us = median;
    return HG_SKEW_STEADY;
}

bool hg_skew_is_live(const struct hg_skew *skew)
{
    int64_t us;
    if (skew->n == 0)
        return false;
    int64_t last = skew->offsets_us[(skew->next + HG_SKEW_SAMPLES - 1) % HG_SKEW_SAMPLES];
    return llabs(last) <= HG_SKEW_MIN_US || hg_skew_state(skew, &us) == HG_SKEW_STEADY;
}
