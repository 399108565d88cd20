/*
 * Behaviour: what an event alone can't show. Events go through in sequence; each moves the windows of its source address, of its target
 * (destination address and port) and of the pair of addresses, and gets its behaviour columns and, where a named detector fires, a
 * finding from them, itself included.
 *
 *  - A window of length W is a ring of 10 sub-buckets of W / 10, aligned to the epoch: that is its definition. An entity stands in the
 *    sub-bucket of the greatest event time that it was seen at; the window is that sub-bucket and the nine before it. An event of an
 *    earlier sub-bucket counts in its own where the ring still holds it, else in no window. Event time alone counts: nothing depends on
 *    batches, commits, threads or speed.
 *  - Exact while no more than HG_ENTITIES_MAX of a kind were seen within the hour; beyond, the one that was seen longest ago is
 *    given up, and what it counted goes into a sketch (window_sketch.h states the error).
 *  - All columns are missing until an hour, the longest window, has passed since the first event: nobody watched for so long yet.
 *
 * One thread at a time. Memory is stated by hg_behave_memory and never more than HG_BEHAVE_BYTES_MAX.
 */
#ifndef HG_BEHAVE_BEHAVE_H
#define HG_BEHAVE_BEHAVE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/finding.h"
#include "core/matrix.h"

#define HG_ENTITIES_MAX     98304u  /* of each kind */
#define HG_RINGS_MAX        16384u  /* of all kinds: those that need a ring each (window.h) */
#define HG_ITEMS_MAX        262144u /* (source, port) and (source, destination, port) that distinct counts are exact for, each */
#define HG_FAMILIAR_MAX     262144u /* of each kind: whose first time is remembered, beyond those watched */
#define HG_BEHAVE_BYTES_MAX (UINT64_C(256) << 20)

enum hg_span { HG_SPAN_10S, HG_SPAN_1M, HG_SPAN_10M, HG_SPAN_1H, HG_SPANS };
enum hg_entity { HG_ENTITY_SOURCE, HG_ENTITY_TARGET, HG_ENTITY_PAIR, HG_ENTITY_KINDS };

/* Sums over one window of one entity. */
struct hg_window {
    uint32_t events;
    uint32_t failed, known;  /* events that failed, of those of which it is known (hg_event_failed) */
    uint32_t peers;          /* distinct addresses: targets of a source, sources of a target; of a pair 0 */
    uint32_t ports;          /* distinct destination ports: of a source, of a pair; of a target 0 */
    uint32_t packets_sent, packets_received; /* stay at their most */
    uint64_t bytes_sent, bytes_received;
};

/* What is known of one entity, the event at hand included. */
struct hg_entity_view {
    const struct hg_window *windows;   /* [HG_SPANS]; NULL: the event has no such entity, and the rest is nothing */
    uint64_t key;                      /* a hash of its addresses: the same for the same entity, for ever */
    int64_t first_us;                  /* first seen, as far as it is remembered */
    int64_t last_us;                   /* seen before this event; HG_TIME_NONE: never */
    float interval_s;                  /* mean time between its events within the last hour; NaN with fewer than 2 such times */
    float regularity;                  /* 1 / (1 + standard deviation / mean of these times), 0..1; NaN likewise */
};

struct hg_context {
    struct hg_entity_view of[HG_ENTITY_KINDS];
    int64_t since_us; /* time of the first event of all */
};

struct hg_behave;
struct hg_behave_settings;

HG_MUST_USE enum hg_rc hg_behave_create(const struct hg_behave_settings *settings, struct hg_behave **ret, struct hg_err *reterr);
void hg_behave_destroy(struct hg_behave *behave);

/* Takes the events in; writes their behaviour columns into rows 0 to n of the matrix and up to n findings, by row, into ret_findings.
 * Returns how many. */
size_t hg_behave_run(struct hg_behave *behave, const struct hg_event *const *events, size_t n, struct hg_matrix *matrix,
                     struct hg_finding *ret_findings);
/* For those who don't watch behaviour: all of its columns missing. */
void hg_behave_none(size_t n, struct hg_matrix *matrix);

/* For who wants to see more than the columns: called with each event and what is known of its entities, in sequence, within hg_behave_run;
 * the context is the call's. NULL: nobody. */
typedef void hg_behave_see(void *self, const struct hg_event *event, const struct hg_context *context);
void hg_behave_watch(struct hg_behave *behave, hg_behave_see *see, void *self);

struct hg_behave_memory {
    uint64_t bytes, bytes_max;
    uint64_t entities[HG_ENTITY_KINDS], entities_max[HG_ENTITY_KINDS];
    uint64_t given_up[HG_ENTITY_KINDS]; /* since the start */
};
struct hg_behave_memory hg_behave_memory(const struct hg_behave *behave);

/* What was seen on honeypots, behind the rule honeypot_sighting; its state is kept by itself (behave/sightings.h). */
struct hg_sightings;
struct hg_sightings *hg_behave_sightings(struct hg_behave *behave);

/* The whole state but the sightings, for a snapshot: taken back into a new hg_behave of the same settings it goes on as if nothing had been. */
void hg_behave_put(const struct hg_behave *behave, struct hg_buf *out);
HG_MUST_USE enum hg_rc hg_behave_take(struct hg_behave *behave, struct hg_slice bytes, struct hg_err *reterr);

#endif
