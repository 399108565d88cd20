/*
 * Sources as people know them: one a name, the store's accounts of all its streams together with what the running program knows.
 */
#ifndef HG_SERVE_SOURCES_H
#define HG_SERVE_SOURCES_H

#include "base/arena.h"
#include "core/backend.h"
#include "store/store.h"

enum hg_shown_state { /* the run's states, as enum hg_source_state, and one that needs both sides to see */
    HG_SHOWN_SILENT = HG_SOURCE_IDLE + 1,
    HG_SHOWN_COUNT
};
const char *hg_shown_state_name(unsigned state);

struct hg_source {
    const char *name, *kind;
    const struct hg_source_status *status; /* NULL: not in this run */
    const struct hg_input_state *streams;  /* oldest first */
    size_t n_streams;
    unsigned state;
    struct hg_counts counts; /* of all streams */
    int64_t first_event_us, last_event_us, last_arrival_us;
    int64_t lag_us; /* HG_TIME_NONE: nothing can be said */
};

struct hg_sources {
    struct hg_arena arena;
    struct hg_input_state *inputs;
    struct hg_source_status *statuses;
    struct hg_source *rows; /* by name */
    size_t n_inputs, n_statuses, n;
};

/* Inside a read of the store. hg_sources_free in any case. */
HG_MUST_USE enum hg_rc hg_sources_read(const struct hg_backend *backend, struct hg_reader_db *reader, int64_t now_us,
                                       struct hg_sources *ret, struct hg_err *reterr);
void hg_sources_free(struct hg_sources *sources);

/* Accepted events. */
static inline uint64_t hg_source_events(const struct hg_source *source)
{
    return source->counts.decoded - source->counts.duplicates;
}

/* A steady offset in words: "2 h ahead of the time of arrival: is its time zone right?" */
void hg_skew_words(int64_t skew_us, struct hg_buf *buf);

#endif
