/* Hints: what isn't usual, but may well be harmless. In a network where it comes often it says nothing, and is not said (rules.c). */
#include "behave/rules_priv.h"

#include "base/instant.h"

#define LONGER_MINUTES 10.0 /* of the window that is compared with the usual minute */

static bool by_returns(const struct glance *glance, struct hg_finding *ret)
{
    double usual = glance->usual->returns * RETURN_MINUTES, limit = usual_limit(usual, glance->settings->surge_returns_factor);
    unsigned returns = usual_returns(glance->usual);
    if (limit < glance->settings->surge_returns)
        limit = glance->settings->surge_returns;
    if (returns < limit)
        return false;
    found(glance, HG_RULE_surge, returns, limit, ret);
    ret->trait = HG_FOUND_RETURNS;
    ret->seconds = RETURN_MINUTES * 60;
    ret->usual = (float)usual_limit(usual, 2);
    return true;
}

static bool by_events(const struct glance *glance, struct hg_finding *ret)
{
    double usual = glance->usual->events * LONGER_MINUTES, limit = usual_limit(usual, glance->settings->surge_factor);
    uint32_t events = glance->target[HG_SPAN_10M].events;
    if (limit < glance->settings->surge_events)
        limit = glance->settings->surge_events;
    if (events < limit)
        return false;
    found(glance, HG_RULE_surge, events, limit, ret);
    ret->seconds = 600;
    ret->second = (float)glance->target[HG_SPAN_10M].peers;
    ret->usual = (float)usual_limit(usual, 2);
    return true;
}

bool rule_surge(const struct glance *glance, struct hg_finding *ret)
{
    if (glance->usual == NULL || glance->from_inside || glance->at_honeypot || !glance->watched)
        return false;
    return by_returns(glance, ret) || by_events(glance, ret);
}

bool rule_new_destination(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_behave_settings *s = glance->settings;
    const struct hg_window *w = &glance->target[HG_SPAN_1H];
    bool watched = elapsed(glance->event->time_us, glance->context->since_us) >= HG_DAY; /* at first all are new */
    if (!watched || !leaves_for_new(glance, s->new_destination_new) || w->events < s->new_destination_connections)
        return false;
    found(glance, HG_RULE_new_destination, w->events, s->new_destination_connections, ret);
    ret->seconds = age_of_target(glance);
    ret->second = (float)w->peers;
    return true;
}
