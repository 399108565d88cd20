/*
 * Asking the store: stored events by filter, page by page, counted, over time, and by value.
 *
 * Runs of events are kept a second time as columns, in index.db beside the database, made by a thread of its own: first as chunks (10 minutes of event
 * time or some thousand events, whichever is first), then put together as segments of HG_SEGMENT_EVENTS. Ingestion never waits for it, and what it
 * doesn't hold yet is read from the rows. index.db is derived: it
 * may be deleted, and is made again. Terms that columns don't know (free text, counters, ...) are looked up in the rows that the columns leave open.
 *
 * Ranges are whole minutes, as everywhere. All of a reader's answers between hg_reader_begin and hg_reader_end are of one commit.
 */
#ifndef HG_STORE_QUERY_H
#define HG_STORE_QUERY_H

#include "core/filter.h"
#include "store/store.h"

#define HG_SEGMENT_EVENTS 65536u

struct hg_query {
    struct hg_range range;
    const struct hg_filter *filter; /* NULL: every event */
    int64_t deadline_us;            /* monotonic; when it is over the answer is what was found until then, and says so. 0: none */
};

/* Newest sequence first (oldest first with `ascending`), as hg_reader_events: rows live in *arena, cursors are opaque. With the deadline over before
 * `limit` were found, ret_cursor goes on where it stopped, and there may be fewer rows (even none). */
HG_MUST_USE enum hg_rc hg_query_events(struct hg_reader_db *reader, const struct hg_query *query, bool ascending, size_t limit, const char *cursor,
                                       struct hg_arena *arena, struct hg_event_row **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES],
                                       struct hg_err *reterr);

struct hg_query_count {
    uint64_t events;
    bool exact; /* false: at least so many */
};
HG_MUST_USE enum hg_rc hg_query_count(struct hg_reader_db *reader, const struct hg_query *query, struct hg_query_count *ret, struct hg_err *reterr);

/* As hg_reader_total, hg_reader_attackers and hg_reader_series, of what matches. *ret_exact false: the deadline was over. */
HG_MUST_USE enum hg_rc hg_query_total(struct hg_reader_db *reader, const struct hg_query *query, struct hg_tally *ret, struct hg_unique *ret_attackers,
                                      bool *ret_exact, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_query_series(struct hg_reader_db *reader, const struct hg_query *query, int64_t bucket_us, struct hg_tally **ret,
                                       size_t *ret_n, bool *ret_exact, struct hg_err *reterr);

/* The values of a field among what matches, most first; the rest is in `sum` (over all matching events, those without the field too). Values as a
 * filter says them: addresses, ports, names. country is asked for by HG_FILTER_country; HG_QUERY_PLACE gives keys as HG_DIM_COORDINATE. */
enum hg_query_order { HG_BY_EVENTS, HG_BY_ANOMALOUS };
#define HG_QUERY_PLACE HG_FILTER_FIELD_COUNT
struct hg_query_value {
    struct hg_slice key; /* {NULL, 0}: events without the field */
    struct hg_tally tally;
    int64_t first_us, last_us;
};
struct hg_query_values {
    struct hg_query_value *rows; /* in the arena */
    size_t n;
    uint64_t distinct; /* values */
    struct hg_tally sum;
    bool exact;
};
/* Several fields at once, in one pass: rets[i] is of fields[i]. Fields that columns hold: all but HG_FILTER_time, event, session, the counters and duration
 * (HG_EUSAGE for those). */
HG_MUST_USE enum hg_rc hg_query_top(struct hg_reader_db *reader, const struct hg_query *query, const enum hg_filter_field *fields, size_t n_fields,
                                    enum hg_query_order order, size_t limit, struct hg_arena *arena, struct hg_query_values *rets,
                                    struct hg_err *reterr);

/* Alerts of which at least one event matches, as hg_reader_alerts and hg_reader_alert_counts (which are the same without a filter). */
HG_MUST_USE enum hg_rc hg_query_alerts(struct hg_reader_db *reader, const struct hg_query *query, size_t limit, const char *cursor,
                                       struct hg_alert **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], struct hg_alert_counts *ret_counts,
                                       bool *ret_exact, struct hg_err *reterr);

/* An event by its identifier, however old. HG_EEND: it is not stored (any more). The row lives in *arena. */
HG_MUST_USE enum hg_rc hg_query_event(struct hg_reader_db *reader, const struct hg_id *id, struct hg_arena *arena, struct hg_event_row **ret,
                                      struct hg_err *reterr);

/* ---- the thread that makes columns of closed segments; at most one for a state directory */
struct hg_indexer;
struct hg_indexer_settings {
    uint64_t bytes_a_second; /* written at most, over time */
    uint32_t segment_events; /* of a segment; 0, or more than HG_SEGMENT_EVENTS: that */
};
#define HG_INDEX_BYTES_A_SECOND (32u * 1024 * 1024)
HG_MUST_USE enum hg_rc hg_indexer_start(const char *state_dir, const struct hg_indexer_settings *settings, struct hg_indexer **ret,
                                        struct hg_err *reterr);
/* Something was committed. Never waits. */
void hg_indexer_poke(struct hg_indexer *indexer);
void hg_indexer_stop(struct hg_indexer *indexer);

struct hg_index_status {
    uint64_t events;    /* in segments */
    uint64_t behind;    /* stored and not in a segment yet */
    uint64_t bytes;     /* of index.db */
};
HG_MUST_USE enum hg_rc hg_reader_index_status(struct hg_reader_db *reader, struct hg_index_status *ret, struct hg_err *reterr);

#endif
