/*
 * Who is watched: sources, targets and pairs, their windows and since when they are known; and which addresses and ports they were seen
 * with.
 *
 *  - The clock is the greatest event time of all. Who wasn't seen while it went on by two hours (POOL_TICKS of two minutes) begins anew:
 *    nothing of his was in a window any more, unless events come more than an hour late.
 *  - Distinct counts need no sets. A pair's last time says whether it counts for its source already, and in which sub-bucket; so do those
 *    of (source, port) and of (source, destination, port), which are kept as items.
 *  - Beyond HG_ENTITIES_MAX of a kind the one seen longest ago is given up, to two minutes; so for the HG_RINGS_MAX with more than
 *    WINDOW_FEW cells, whose windows alone are given up. What was given up goes into a sketch, and who comes back begins with its estimate;
 *    bytes, packets and distinct counts begin at 0. An item that had to go counts again when it is seen again: distinct counts are too
 *    high by at most the items that came back, never too low but for that.
 *  - First seen and last seen outlive the windows: HG_FAMILIAR_MAX of a kind, forgotten when not confirmed for 30 days of the clock.
 */
#ifndef HG_BEHAVE_ENTITIES_H
#define HG_BEHAVE_ENTITIES_H

#include "behave/window_sketch.h"

#define TICK_SECONDS    120u
#define FAMILIAR_TICKS  360u /* of the above: POOL_TICKS of 12 hours are 30 days */

/* Known for days; `link` leads to its windows, while it has some. */
struct entity {
    struct pool_head head;
    int64_t first_us, last_us; /* HG_TIME_NONE: never; last_us: the greatest */
};

/* Watched now; `link` leads back. */
struct active {
    struct pool_head head;
    int64_t top_us; /* the greatest since `born`; HG_TIME_NONE: none */
    uint64_t born;  /* number of the event that it began with; 0: begins anew with the next */
    uint64_t seen;  /* number of its last event */
    uint32_t ring;  /* record + 1 in the pool of rings; 0: none */
    struct windows windows;
};

struct item {
    struct pool_head head;
    uint64_t second; /* the greatest */
    uint64_t seen;   /* number of its last event */
};

struct kind {
    struct table entities;
    struct pool active;
    struct window_sketch sketch;
    uint64_t given_up;
};

enum items { ITEMS_SOURCE_PORT, ITEMS_PAIR_PORT, ITEM_KINDS };

struct entities {
    struct kind kinds[HG_ENTITY_KINDS];
    struct pool rings;
    struct table items[ITEM_KINDS];
    int64_t since_us, clock_us; /* least and greatest time of all; HG_TIME_NONE: none yet */
    uint64_t n_events;
};

/* Everything of an event that its entities count. */
struct note {
    const struct hg_event *event;
    int64_t us;
    uint64_t second;
    struct edges edges; /* at `second` */
    struct cell cell;
    uint64_t keys[HG_ENTITY_KINDS], item_keys[ITEM_KINDS];
    uint8_t has, has_items; /* bits 1 << enum hg_entity, 1 << enum items */
    const struct entity *guess[HG_ENTITY_KINDS]; /* where they most likely are: for prefetching */
};

HG_MUST_USE enum hg_rc entities_create(struct entities *entities, struct hg_err *reterr);
void entities_free(struct entities *entities);
uint64_t entities_bytes(const struct entities *entities);

void note_event(const struct hg_event *event, struct note *ret);
/* Memory latency is hidden by asking for what several events will need, one step after the other: 0 to ENTITIES_STEPS. */
#define ENTITIES_STEPS 4
void entities_prefetch(const struct entities *entities, struct note *note, int step);

/* Counts the event; windows of what it has none of stay as they are. */
void entities_see(struct entities *entities, const struct note *note, struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS],
                  struct hg_context *ret);

static inline struct ring *active_ring(const struct entities *entities, const struct active *active)
{
    return active->ring == 0 ? NULL : (struct ring *)pool_at(&entities->rings, active->ring - 1);
}

void entities_clock(struct entities *entities, int64_t clock_us);


/* Their part of a state (behave_file.c). They are taken back into new ones, which are of no use after a failure. */
struct state_reader;
void entities_put(const struct entities *entities, struct hg_buf *out);
HG_MUST_USE enum hg_rc entities_take(struct entities *entities, struct state_reader *in, struct hg_err *reterr);

#endif
