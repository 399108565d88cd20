/*
 * Several logs as one sequence. Records come in event time order, compared at the logs' heads (ties: input order, which is by
 * name); inside a log order is kept, never sorted. Or, for `normalize`, one log after the other.
 *
 * Batches are decoded by the pool ahead of the merge; what comes out doesn't depend on it. Cowrie's sessions are applied in
 * sequence. An item borrows from its slot: hold the slot while it is needed.
 */
#ifndef HG_PIPELINE_MERGE_H
#define HG_PIPELINE_MERGE_H

#include "pipeline/input.h"
#include "pipeline/pool.h"

#define HG_MERGE_AHEAD_BYTES ((size_t)32 * 1024 * 1024) /* of all logs together, to be decoded; */
#define HG_MERGE_BATCH_MIN   ((size_t)16 * 1024)        /* but no less than this of each */

struct hg_sessions;
struct hg_merge;
struct hg_slot; /* a decoded batch, shared by those who hold it */

struct hg_merge_settings {
    bool sequential;   /* input order instead of event time */
    bool follow;       /* logs grow: an unfinished last line waits, HG_EEND may be followed by more, and what fails is that log alone */
    bool with_rejects; /* records that are no events come too, where they stood */
    bool ignore_labels; /* events come without the label that their data set gave them */
    bool align;        /* move each log by one constant so that all start together */
    size_t held_max;   /* slots of one log that the caller may hold at a time */
};

struct hg_item {
    struct hg_event *event;         /* NULL: a reject */
    const struct hg_reject *reject; /* NULL: an event */
    uint32_t input;
    struct hg_stream *stream;       /* that the record is of; lives as long as its slot is held */
    struct hg_slot *slot;
};

/* Paths are copied and, unless sequential, sorted. sessions (NULL: none are applied) and pool are borrowed. All logs are opened now. */
HG_MUST_USE enum hg_rc hg_merge_create(const char *const *paths, size_t n, const struct hg_input_settings *inputs,
                                       const struct hg_merge_settings *settings, struct hg_pool *pool, struct hg_sessions *sessions,
                                       struct hg_merge **ret, struct hg_err *reterr);
void hg_merge_destroy(struct hg_merge *merge);

/* One more log, while the merge goes on; *ret_input is its number, ever the next. */
struct hg_merge_log {
    const char *path;
    const struct hg_input_settings *settings;
    bool follow;         /* through rotation; else it is read once to its end */
    int64_t complete_us; /* as for hg_follow_open */
};
HG_MUST_USE enum hg_rc hg_merge_add(struct hg_merge *merge, const struct hg_merge_log *log, uint32_t *ret_input, struct hg_err *reterr);
/* HG_EEND was said and nothing is in flight: what was read so far has been given out. */
bool hg_merge_idle(const struct hg_merge *merge);

/* HG_EEND: no log has more (for now). The item is valid until its slot is released. */
HG_MUST_USE enum hg_rc hg_merge_next(struct hg_merge *merge, struct hg_item *ret, struct hg_err *reterr);
void hg_slot_hold(struct hg_slot *slot);
void hg_slot_release(struct hg_slot *slot);

size_t hg_merge_inputs(const struct hg_merge *merge);
const struct hg_input *hg_merge_input(const struct hg_merge *merge, size_t i);
/* Shift of input i by --align, 0 before its first event. Already added to its events' time_us. */
int64_t hg_merge_shift(const struct hg_merge *merge, size_t i);
/* Why a followed log can't be read any further, or NULL. Without `follow` the merge fails instead. */
const struct hg_err *hg_merge_failure(const struct hg_merge *merge, size_t i);
/* Everything read so far, by every input. */
struct hg_counts hg_merge_counts(const struct hg_merge *merge);
bool hg_merge_any_unknown(const struct hg_merge *merge);
uint64_t hg_merge_taken(const struct hg_merge *merge);
uint64_t hg_merge_size(const struct hg_merge *merge);

#endif
