/* A flood: many addresses at once at one service, more than is usual there. Where people log in, that is guessing. */
#include "behave/rules_priv.h"

bool rule_flood(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_window *w = &glance->target[HG_SPAN_1M];
    if (glance->usual == NULL || !glance->watched || glance->attempt != ATTEMPT_NONE || w->peers < glance->settings->flood_sources)
        return false;
    double limit = usual_limit(glance->usual->sources, glance->settings->flood_factor);
    if (limit < glance->settings->flood_sources)
        limit = glance->settings->flood_sources;
    if (w->peers < limit)
        return false;
    found(glance, HG_RULE_flood, w->peers, limit, ret);
    ret->seconds = 60;
    ret->second = (float)w->events;
    ret->usual = (float)usual_limit(glance->usual->sources, 2);
    return true;
}
