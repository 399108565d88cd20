/*
 * The alerts that may still grow. One is open for each (source_ip, destination_port, reason_key); an event joins it when it is
 * within HG_ALERT_GAP_US of the alert's times, else the alert is closed and a new one begins. Kept in the order of their last event:
 * when HG_ALERTS_OPEN_MAX are open, the one at the far end is closed. All of it depends on the sequence of events alone.
 */
#ifndef HG_AGGREGATE_OPEN_ALERTS_H
#define HG_AGGREGATE_OPEN_ALERTS_H

#include "aggregate/aggregate.h"

struct open_alert;

struct open_alerts {
    struct open_alert *pool;      /* HG_ALERTS_OPEN_MAX */
    uint32_t *heads;              /* of hash chains */
    uint32_t n, newest, oldest;   /* of the list by last event */
    struct hg_alert *closed;      /* closed since the last commit and not yet stored as they are */
    size_t n_closed;
    struct hg_alert *out;         /* the delta's rows */
    const struct hg_alert **order;
};

bool open_alerts_init(struct open_alerts *alerts); /* false: no memory */
void open_alerts_free(struct open_alerts *alerts);
void open_alerts_restore(struct open_alerts *alerts, const struct hg_alert *rows, size_t n);
/* Adds an anomalous event; the caller has made sure of room for one more closed alert. Returns the alert's id. */
struct hg_id open_alerts_add(struct open_alerts *alerts, const struct hg_observation *observation, unsigned by);
/* Everything that changed since the last commit, by first_sequence. */
size_t open_alerts_changed(struct open_alerts *alerts, const struct hg_alert **ret);
void open_alerts_committed(struct open_alerts *alerts);

#endif
