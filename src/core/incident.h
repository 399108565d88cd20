/*
 * Incidents: the alerts of one source address within an hour of each other, and the sentence that tells what happened.
 */
#ifndef HG_CORE_INCIDENT_H
#define HG_CORE_INCIDENT_H

#include "base/buf.h"
#include "core/rollup.h"

#define HG_INCIDENT_GAP_US HG_HOUR /* from the end of what came before to the begin of the next alert, at most */

struct hg_incident {
    size_t first, n;              /* its alerts: [first, first + n) of those grouped, by their begin */
    int64_t first_us, last_us;
    uint64_t events, by_label, by_score, by_both;
    size_t top;                   /* its most critical alert: hg_alert_before */
};

/* An alert of a target, a flood of many, has none. */
static inline bool hg_alert_has_source(const struct hg_alert *alert)
{
    return (alert->missing & 1u << HG_FIELD_source_ip) == 0;
}

/* Is `a` more critical? By score, then newest, then id. */
bool hg_alert_before(const struct hg_alert *a, const struct hg_alert *b);

/* Sorts the alerts by source address, begin and id, and groups them; ret has room for n. An alert without a source address (of a target: a flood of
 * many) is an incident of its own. Returns how many there are, most critical first. */
size_t hg_incidents_group(struct hg_alert *alerts, size_t n, struct hg_incident *ret);

/* What was counted of an incident's events. 0, {NULL, 0}: nothing of it was seen, and the story says nothing of it. */
struct hg_incident_facts {
    struct hg_slice source;       /* the address as text; {NULL, 0}: unknown */
    struct hg_slice country;
    bool own;                     /* a private address */
    uint64_t passwords, users;    /* distinct ones tried */
    uint64_t commands, files;     /* commands run; distinct files fetched or brought */
    uint64_t targets, ports;      /* distinct destination addresses and ports */
    uint64_t signature_events;    /* of the most frequent signature */
    struct hg_slice got_in_as;    /* user name of a log-in that worked */
    struct hg_slice signature;
    struct hg_slice application;  /* most frequent one */
    struct hg_slice type;         /* words of the most frequent attack type */
    uint64_t port;                /* most frequent destination port; 0: unknown */
    bool logged_in;
};

/* "198.51.100.7 (NL) tried 412 passwords on ssh over 9 minutes, got in as "root", ran 6 commands, fetched 1 file": what was counted, else what the
 * finding of the most critical alert says, else the reason (a sentence). What attackers wrote stands in quotes, and is cut; who shows it must still take
 * it for foreign text. */
void hg_incident_story(const struct hg_incident *incident, const struct hg_incident_facts *facts, const struct hg_finding *finding, struct hg_slice reason,
                       struct hg_buf *buf);

#endif
