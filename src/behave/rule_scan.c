/* A scan turns to many hosts, or to many ports. Hosts inside turn to many by trade, so that more is asked of them, and failures. */
#include "behave/rules_priv.h"

static float within_hosts(const struct glance *glance)
{
    const struct hg_window *w = glance->source;
    return within(&glance->context->of[HG_ENTITY_SOURCE], glance->event->time_us, w[HG_SPAN_10S].peers, w[HG_SPAN_1M].peers,
                  w[HG_SPAN_10M].peers);
}

#define INVENTORY_PORTS 10 /* in ten minutes */

/* Hosts for whose shared files nobody had asked: what spreads from host to host over SMB does, and people don't. Who turns to many other
 * ports as well takes an inventory. */
static bool asks_for_shares(const struct glance *glance, struct hg_finding *ret)
{
    if (glance->unasked < glance->settings->scan_horizontal_shares || glance->source[HG_SPAN_10M].ports >= INVENTORY_PORTS)
        return false;
    found(glance, HG_RULE_scan_horizontal, glance->unasked, glance->settings->scan_horizontal_shares, ret);
    ret->trait = HG_FOUND_SHARES;
    ret->seconds = 3600;
    return true;
}

bool rule_scan_horizontal(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_behave_settings *s = glance->settings;
    const struct hg_window *w = &glance->source[HG_SPAN_10M];
    if (asks_for_shares(glance, ret))
        return true;
    bool outside = !glance->from_inside && glance->to_inside;
    double limit = outside ? s->scan_horizontal_hosts : s->scan_horizontal_inside_hosts;
    if (w->peers < limit || (!outside && w->failed < s->scan_horizontal_failed * w->known))
        return false;
    found(glance, HG_RULE_scan_horizontal, w->peers, limit, ret);
    ret->seconds = within_hosts(glance);
    ret->second = (float)w->ports;
    return true;
}

static bool many_ports(const struct glance *glance, struct hg_finding *ret)
{
    double limit = glance->settings->scan_vertical_scattered;
    const struct hg_window *w = glance->source;
    if (glance->from_inside || w[HG_SPAN_10M].ports < limit)
        return false;
    found(glance, HG_RULE_scan_vertical, w[HG_SPAN_10M].ports, limit, ret);
    ret->trait = HG_FOUND_PORTS_OF_HOSTS;
    ret->second = (float)w[HG_SPAN_10M].peers;
    ret->seconds = within(&glance->context->of[HG_ENTITY_SOURCE], glance->event->time_us, w[HG_SPAN_10S].ports, w[HG_SPAN_1M].ports,
                          w[HG_SPAN_10M].ports);
    return true;
}

bool rule_scan_vertical(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_window *w = glance->pair;
    double limit = glance->from_inside ? glance->settings->scan_vertical_inside_ports : glance->settings->scan_vertical_ports;
    if (w[HG_SPAN_10M].ports < limit)
        return many_ports(glance, ret);
    found(glance, HG_RULE_scan_vertical, w[HG_SPAN_10M].ports, limit, ret);
    ret->seconds = within(&glance->context->of[HG_ENTITY_PAIR], glance->event->time_us, w[HG_SPAN_10S].ports, w[HG_SPAN_1M].ports,
                          w[HG_SPAN_10M].ports);
    return true;
}
