/*
 * Aggregation by event time: rollups a minute, alerts, the source clock. Stateful; apply events in sequence order.
 * No result depends on where batches or commits fall: rollups are sums of integers, alerts depend on the sequence alone.
 *
 * Between commits everything new gathers in a delta; the store writes the delta in one transaction and the pipeline then calls
 * hg_aggregate_committed. A commit that failed is retried with the same delta.
 *
 * Memory is taken once, at most 80 MiB, and only touched as it is needed: HG_DELTA_ROLLUPS_MAX rollups, HG_DELTA_ATTACKERS_MAX
 * attackers and HG_DELTA_CLOSED_MAX closed alerts in a delta (the add that might pass one gets HG_ENOMEM: commit, then add it
 * again), and HG_ALERTS_OPEN_MAX open alerts (the one that waited longest for an event is closed).
 */
#ifndef HG_AGGREGATE_AGGREGATE_H
#define HG_AGGREGATE_AGGREGATE_H

#include "base/err.h"
#include "core/geo.h"
#include "core/rollup.h"
#include "core/score.h"

#define HG_DELTA_ROLLUPS_MAX   131072u
#define HG_DELTA_ATTACKERS_MAX 131072u
#define HG_DELTA_CLOSED_MAX    16384u

struct hg_aggregate;

struct hg_aggregate_settings {
    bool ignore_labels;
};

HG_MUST_USE enum hg_rc hg_aggregate_create(const struct hg_aggregate_settings *settings, struct hg_aggregate **ret,
                                           struct hg_err *reterr);
void hg_aggregate_destroy(struct hg_aggregate *aggregate);

/* Takes up where a store was left: the alerts that may still grow (hg_store_open_alerts with HG_TIME_NONE; any order), and the
 * source clock. The same alerts stay open as without the restart. */
void hg_aggregate_restore(struct hg_aggregate *aggregate, const struct hg_alert *open_alerts, size_t n, int64_t clock_us);

/* What the pipeline knows of one event when it gets here. */
struct hg_observation {
    const struct hg_event *event;
    const struct hg_score *score;
    const struct hg_geo *geo;    /* of source_ip; filled for anomalous events */
    uint64_t sequence;           /* place in the order of all events, from 1 */
    const char *reason_key;      /* static; anomalous events only; the name of the rule that an alert is of */
    struct hg_slice source;      /* identity of the log it came from, in hex: the key of HG_DIM_SOURCE; {NULL, 0}: not tallied */
    struct hg_id model;          /* digest of the model that gave the score; zeros: none */
    enum hg_grouping grouping;   /* what its alert is grouped by */
};

/* wall_us: events more than an hour ahead of it don't move the source clock. Returns the alert that the event belongs to in
 * *ret_alert (its id; all zero for an event that isn't anomalous). HG_ENOMEM leaves the aggregate as it was. */
HG_MUST_USE enum hg_rc hg_aggregate_add(struct hg_aggregate *aggregate, const struct hg_observation *observation, int64_t wall_us,
                                        struct hg_id *ret_alert, struct hg_err *reterr);

/* Is there room in the delta for so many events, whatever they are? */
bool hg_aggregate_has_room(const struct hg_aggregate *aggregate, size_t events);

/* Everything since the last hg_aggregate_committed; borrowed, valid until the next add. Rows in canonical order. */
void hg_aggregate_delta(struct hg_aggregate *aggregate, struct hg_rollup_delta *ret);
void hg_aggregate_committed(struct hg_aggregate *aggregate);

/* Greatest event_time seen, or HG_TIME_NONE. */
int64_t hg_aggregate_clock(const struct hg_aggregate *aggregate);

#endif
