/* What leaves the house for an address and port that nobody turned to before: data, or a regular sign of life. Company routines look the
 * same, but are old. */
#include "behave/rules_priv.h"

#include "base/instant.h"

#define NTP_PORT 123 /* clocks are asked regularly */

float age_of_target(const struct glance *glance)
{
    return (float)elapsed(glance->event->time_us, glance->context->of[HG_ENTITY_TARGET].first_us) / (float)HG_SECOND;
}

bool leaves_for_new(const struct glance *glance, double seconds)
{
    return glance->from_inside && !glance->to_inside && glance->watched && is_new(glance, HG_ENTITY_TARGET, seconds);
}

bool rule_exfiltration(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_behave_settings *s = glance->settings;
    const struct hg_window *w = &glance->target[HG_SPAN_1H];
    if (!leaves_for_new(glance, s->exfiltration_new) || w->events < s->exfiltration_connections)
        return false;
    if ((double)w->bytes_sent < s->exfiltration_bytes || (double)w->bytes_sent < s->exfiltration_excess * (double)w->bytes_received)
        return false;
    found(glance, HG_RULE_exfiltration, (double)w->bytes_sent, s->exfiltration_bytes, ret);
    ret->second = (float)w->events;
    ret->seconds = age_of_target(glance);
    return true;
}

bool rule_beaconing(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_behave_settings *s = glance->settings;
    const struct hg_window *w = &glance->pair[HG_SPAN_1H];
    const struct hg_entity_view *pair = &glance->context->of[HG_ENTITY_PAIR];
    if (!leaves_for_new(glance, s->beaconing_new) || w->events < s->beaconing_events || glance->event->destination_port == NTP_PORT)
        return false;
    double irregular = 100 * (1 / (double)pair->regularity - 1);
    if (!(irregular <= s->beaconing_irregularity) || !((double)pair->interval_s >= s->beaconing_interval))
        return false;
    found(glance, HG_RULE_beaconing, w->events, s->beaconing_events, ret);
    ret->second = pair->interval_s;
    ret->usual = (float)irregular;
    ret->seconds = age_of_target(glance);
    return true;
}
