#include "core/incident.h"

#include <stdlib.h>

bool hg_alert_before(const struct hg_alert *a, const struct hg_alert *b)
{
    if (a->score.value > b->score.value || a->score.value < b->score.value)
        return a->score.value > b->score.value;
    if (a->last_us != b->last_us)
        return a->last_us > b->last_us;
    return memcmp(&a->id, &b->id, sizeof a->id) < 0;
}

static int by_source(const void *a, const void *b)
{
    const struct hg_alert *x = a, *y = b;
    if (hg_alert_has_source(x) != hg_alert_has_source(y))
        return hg_alert_has_source(x) ? -1 : 1;
    int order = hg_alert_has_source(x) ? memcmp(&x->source_ip, &y->source_ip, sizeof x->source_ip) : 0;
    if (order == 0)
        order = x->first_us < y->first_us ? -1 : x->first_us > y->first_us;
    return order != 0 ? order : memcmp(&x->id, &y->id, sizeof x->id);
}

static bool belongs(const struct hg_incident *incident, const struct hg_alert *alerts, const struct hg_alert *next)
{
    const struct hg_alert *first = &alerts[incident->first];
    return hg_alert_has_source(first) && hg_alert_has_source(next) && hg_ip_eq(&first->source_ip, &next->source_ip) &&
           next->first_us - incident->last_us <= HG_INCIDENT_GAP_US;
}

static void add(struct hg_incident *incident, const struct hg_alert *alerts, size_t i)
{
    const struct hg_alert *alert = &alerts[i];
    incident->n++;
    incident->last_us = alert->last_us > incident->last_us ? alert->last_us : incident->last_us;
    incident->events += alert->count;
    incident->by_label += alert->by_label;
    incident->by_score += alert->by_score;
    incident->by_both += alert->by_both;
    if (hg_alert_before(alert, &alerts[incident->top]))
        incident->top = i;
}

static int by_rank(const void *a, const void *b, void *alerts)
{
    const struct hg_alert *x = (const struct hg_alert *)alerts + ((const struct hg_incident *)a)->top;
    const struct hg_alert *y = (const struct hg_alert *)alerts + ((const struct hg_incident *)b)->top;
    return hg_alert_before(x, y) ? -1 : hg_alert_before(y, x);
}

size_t hg_incidents_group(struct hg_alert *alerts, size_t n, struct hg_incident *ret)
{
    size_t n_incidents = 0;
    if (n == 0)
        return 0;
    qsort(alerts, n, sizeof *alerts, by_source);
    for (size_t i = 0; i < n; i++) {
        if (n_incidents == 0 || !belongs(&ret[n_incidents - 1], alerts, &alerts[i]))
            ret[n_incidents++] = (struct hg_incident){.first = i, .top = i, .first_us = alerts[i].first_us, .last_us = alerts[i].last_us};
        add(&ret[n_incidents - 1], alerts, i);
    }
    qsort_r(ret, n_incidents, sizeof *ret, by_rank, alerts);
    return n_incidents;
}
