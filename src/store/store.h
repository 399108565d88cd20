/*
 * The store: one SQLite file, honeyguide.db, in the state directory (WAL, synchronous=NORMAL: proved against kill -9; on power
 * loss the last commits may be missing, never damaged). One writer; any number of readers, each with its own connection and a
 * snapshot that never blocks the writer.
 *
 * Kept: anomalous events with their raw record and all honeypot records (table event), a ring of the last
 * settings.recent_events others (table recent), rollups and attackers of everything, alerts, inputs with their bookmarks.
 * Events are append-only and have no secondary index; a coarse table of spans (sequence and time range a commit) narrows scans.
 *
 * Migrations are schema/NNN_*.sql, applied in order in one transaction each; a newer database than the program knows is refused.
 */
#ifndef HG_STORE_STORE_H
#define HG_STORE_STORE_H

#include "base/err.h"
#include "base/arena.h"
#include "base/buf.h"
#include "core/counts.h"
#include "core/learning.h"
#include "core/reliability.h"
#include "core/rollup.h"

struct hg_store;

/* What is kept at most; 0: no limit. The oldest goes, a little with each commit, in runs of some thousand events: what came after the last snapshot
 * (hg_commit.settled) and the newest run stay. */
struct hg_retention {
    int64_t keep_us;         /* events, alerts, tallies that are older by the source clock; tallies and alerts by whole hours */
    uint64_t keep_bytes;     /* the database takes more: events go. Its file doesn't shrink, what is freed is used again */
    uint64_t min_free_bytes; /* the disk has less: events go until the file needs no more of it */
};

struct hg_store_settings {
    uint64_t recent_events; /* size of the ring */
    struct hg_retention retention;
};
#define HG_STORE_RECENT_EVENTS 1000000u

/* Creates the directory (mode 0700) and the file where they are missing. HG_EBUSY when another process has it open for writing. */
HG_MUST_USE enum hg_rc hg_store_open(const char *state_dir, const struct hg_store_settings *settings, struct hg_store **ret,
                                     struct hg_err *reterr);
void hg_store_close(struct hg_store *store);

/* ---- writing: one commit is one transaction */
struct hg_stored_event { /* one row, in or out */
    uint64_t sequence;
    const struct hg_event *event; /* in; out: points into the row itself */
    const struct hg_score *score;
    unsigned by;                  /* hg_anomalous */
    struct hg_id alert;           /* zero: none */
    bool late;                    /* older than the source clock by more than the lateness */
    const struct hg_feature_row *features; /* NULL: not kept */
    const struct hg_geo *geo;     /* of its source; NULL: it wasn't looked up */
};

struct hg_input_state { /* one input: a stream (what a log file held between two rotations, or a push source's) */
    struct hg_id identity;    /* of its stream: the key */
    const char *name;         /* of its source, as given, shown to people: the streams of a rotated log have one name */
    const char *format;       /* decoder's name */
    struct hg_slice header;   /* CSV header, else {NULL, 0} */
    uint64_t next_offset;     /* everything below was taken: re-reading is recognised by it */
    struct hg_counts counts;
    int64_t shift_us;         /* added to its events' times (replay --align) */
    int64_t first_event_us, last_event_us; /* HG_TIME_NONE: none yet */
    int64_t last_arrival_us;  /* wall time of the last new record; no part of the digest */
    int64_t timezone_us;      /* of naive stamps, where its source has a setting; HG_TIME_NONE: none. No part of the digest */
    uint32_t index;           /* hg_event.input of its events; stable across restarts */
};

struct hg_quarantined {
    uint64_t number; /* out; ever greater */
    uint32_t input;
    uint64_t offset;
    enum hg_reason reason;
    struct hg_slice record;
};

/* The journal: what was taken in and has no effect in the store yet, so that bookmarks may move past it. Kind 0: events held
 * until there is a model, as records; kind 1 + k: rows for the late sub-model k, as the pipeline writes them. */
struct hg_journaled {
    uint64_t number; /* ever greater */
    uint32_t kind, input;
    uint64_t offset;
    struct hg_id id; /* of the event */
    struct hg_slice bytes;
};
struct hg_journal_done { /* entries of `kind` up to and with `number` are done with */
    uint32_t kind;
    uint64_t number;
};

struct hg_slot_bytes { /* a row of a table of slots: Cowrie's sessions */
    uint32_t slot;
    struct hg_slice bytes;
};

struct hg_named_bytes { /* a small state that is replaced whole */
    const char *name;
    struct hg_slice bytes;
};

struct hg_answer { /* what was answered to a push with an Idempotency-Key; of the last HG_ANSWERS_MAX keys it is kept */
    struct hg_slice key;    /* source and key, as the pipeline writes them */
    struct hg_id body;      /* hash of format and body */
    struct hg_slice answer; /* as the pipeline writes it */
};
#define HG_ANSWERS_MAX 65536u

struct hg_source_mark { /* a followed source: everything written to it before complete_us is in this or an earlier commit */
    const char *name;
    int64_t complete_us;
};

struct hg_commit {
    uint64_t sequence; /* of the last event in it; commits have ever greater ones */
    uint64_t settled;  /* events up to it are needed for no restart any more: retention may drop them. 0: none */
    const struct hg_stored_event *events;
    size_t n_events;
    const struct hg_rollup_delta *delta;
    const struct hg_input_state *inputs; /* whole rows, to replace by identity */
    size_t n_inputs;
    const struct hg_quarantined *quarantined; /* kept: the last HG_QUARANTINE_MAX, and HG_QUARANTINE_BYTES_MAX of records */
    size_t n_quarantined;
    const uint64_t *released; /* numbers that leave the quarantine */
    size_t n_released;
    const struct hg_journaled *journaled;
    size_t n_journaled;
    const struct hg_journal_done *journal_done; /* after journaled */
    size_t n_journal_done;
    const struct hg_slot_bytes *sessions; /* to replace by slot */
    size_t n_sessions;
    const struct hg_named_bytes *states; /* to replace by name */
    size_t n_states;
    const struct hg_answer *answers;
    size_t n_answers;
    const struct hg_source_mark *marks; /* to replace by name */
    size_t n_marks;
    const struct hg_named_bytes *budgets; /* of sources, to replace by name */
    size_t n_budgets;
    const struct hg_reliability *weeks; /* sums to add; weeks that are older than HG_WEEKS_KEPT go */
    size_t n_weeks;
    const struct hg_slot_bytes *learnt; /* rows to learn from, to replace by slot */
    size_t n_learnt;
    const struct hg_model_record *models; /* lines of the ledger, each with its model's bytes; kept: see core/learning.h */
    size_t n_models;
    const struct hg_drift_hour *drift; /* to replace by hour and kind */
    size_t n_drift;
    const struct hg_id *model_digest; /* NULL: the model is as it was */
    struct hg_slice model;
};
#define HG_QUARANTINE_MAX       10000u
#define HG_QUARANTINE_BYTES_MAX (64u * 1024 * 1024)

/* All or nothing. HG_EIO (disk full, I/O error) can be retried with the same commit. */
HG_MUST_USE enum hg_rc hg_store_commit(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr);

/* ---- what was there when it was opened; arrays belong to the caller (free) */
uint64_t hg_store_sequence(struct hg_store *store);
int64_t hg_store_clock(struct hg_store *store);
/* strings and headers in the rows live in *ret_arena */
HG_MUST_USE enum hg_rc hg_store_inputs(struct hg_store *store, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n,
                                       struct hg_err *reterr);
/* Alerts with last_us >= since_us (HG_TIME_NONE: all) that may still grow: the newest of each key, of these the
 * HG_ALERTS_OPEN_MAX that got an event last; in the order of that event. */
HG_MUST_USE enum hg_rc hg_store_open_alerts(struct hg_store *store, int64_t since_us, struct hg_alert **ret, size_t *ret_n,
                                            struct hg_err *reterr);
/* Every stored event after `sequence`, in order; a row lives until visit returns, whose failure ends it. Whole as far as the ring reaches. */
struct hg_event_row;
HG_MUST_USE enum hg_rc hg_store_events_since(struct hg_store *store, uint64_t sequence,
                                             enum hg_rc (*visit)(void *self, struct hg_event_row *row, struct hg_err *reterr), void *self,
                                             struct hg_err *reterr);
/* HG_ESTATE: none kept. */
HG_MUST_USE enum hg_rc hg_store_model(struct hg_store *store, struct hg_buf *ret_bytes, struct hg_err *reterr);
/* In the order of their numbers; slices point into the arena. */
HG_MUST_USE enum hg_rc hg_store_journal(struct hg_store *store, struct hg_arena *arena, struct hg_journaled **ret, size_t *ret_n,
                                        struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_store_sessions(struct hg_store *store, struct hg_arena *arena, struct hg_slot_bytes **ret, size_t *ret_n,
                                         struct hg_err *reterr);
/* {NULL, 0} in *ret where there is none of that name. */
HG_MUST_USE enum hg_rc hg_store_state(struct hg_store *store, const char *name, struct hg_arena *arena, struct hg_slice *ret,
                                      struct hg_err *reterr);
/* The answer to a key, from this or any earlier commit; false: not known (any more). */
HG_MUST_USE enum hg_rc hg_store_answer(struct hg_store *store, struct hg_slice key, struct hg_arena *arena, struct hg_answer *ret,
                                       bool *ret_found, struct hg_err *reterr);
/* HG_TIME_NONE in *ret where the source was never followed. */
HG_MUST_USE enum hg_rc hg_store_mark(struct hg_store *store, const char *source, int64_t *ret, struct hg_err *reterr);

/* names and bytes live in the arena */
HG_MUST_USE enum hg_rc hg_store_budgets(struct hg_store *store, struct hg_arena *arena, struct hg_named_bytes **ret, size_t *ret_n,
                                        struct hg_err *reterr);

/* Each row to learn from, until visit says false. */
HG_MUST_USE enum hg_rc hg_store_learnt(struct hg_store *store, bool (*visit)(void *self, uint32_t slot, struct hg_slice bytes), void *self,
                                       struct hg_err *reterr);
/* The newest lines of the ledger, at most `limit`, newest first; texts live in the arena. As hg_reader_models. */
HG_MUST_USE enum hg_rc hg_store_models(struct hg_store *store, size_t limit, struct hg_arena *arena, struct hg_model_record **ret, size_t *ret_n,
                                       struct hg_err *reterr);
/* HG_ESTATE: its bytes are not kept. As hg_reader_model_of. */
HG_MUST_USE enum hg_rc hg_store_model_of(struct hg_store *store, const struct hg_id *digest, struct hg_buf *ret_bytes, struct hg_err *reterr);

/* ---- reading, from any thread, each with a reader of its own */
struct hg_reader_db;
HG_MUST_USE enum hg_rc hg_store_reader_open(const char *state_dir, struct hg_reader_db **ret, struct hg_err *reterr);
void hg_store_reader_close(struct hg_reader_db *reader);
/* Everything between begin and end sees one snapshot; *ret_sequence is its last commit's. */
HG_MUST_USE enum hg_rc hg_reader_begin(struct hg_reader_db *reader, uint64_t *ret_sequence, int64_t *ret_clock_us,
                                       struct hg_err *reterr);
void hg_reader_end(struct hg_reader_db *reader);
/* All four for one look: `look` reads in one snapshot; what it returns is returned. */
HG_MUST_USE enum hg_rc hg_store_look(const char *state_dir, enum hg_rc (*look)(void *self, struct hg_reader_db *reader, struct hg_err *reterr),
                                     void *self, struct hg_err *reterr);

struct hg_range { /* [from_us, to_us): whole minutes are compared, so both are rounded down to the minute, `to` up */
    int64_t from_us, to_us;
};

HG_MUST_USE enum hg_rc hg_reader_extent(struct hg_reader_db *reader, struct hg_range *ret, struct hg_err *reterr); /* of all events; from = to when empty */
HG_MUST_USE enum hg_rc hg_reader_total(struct hg_reader_db *reader, struct hg_range range, struct hg_tally *ret, struct hg_err *reterr);
struct hg_unique {
    uint64_t count;
    bool estimated;
    double error; /* relative standard error, 0 when exact */
};
HG_MUST_USE enum hg_rc hg_reader_attackers(struct hg_reader_db *reader, struct hg_range range, struct hg_unique *ret, struct hg_err *reterr);

/* Tallies of one dimension, greatest anomalous count first (then key), at most limit; distinct keys and the sum over all. */
struct hg_key_tally {
    char key[HG_ROLLUP_KEY_BYTES + 1];
    struct hg_tally tally;
};
struct hg_key_tallies {
    struct hg_key_tally *rows; /* free */
    size_t n;
    uint64_t distinct;      /* keys with an anomalous event */
    struct hg_tally sum;    /* over all keys */
};
HG_MUST_USE enum hg_rc hg_reader_keys(struct hg_reader_db *reader, enum hg_dim dim, struct hg_range range, size_t limit,
                                      struct hg_key_tallies *ret, struct hg_err *reterr);

/* One tally a bucket (whole minutes) from range.from (rounded down to the bucket), ascending, without holes. Only the range is
 * counted, so that the buckets add up to hg_reader_total. HG_EUSAGE beyond HG_SERIES_MAX buckets. */
#define HG_SERIES_MAX 100000u
HG_MUST_USE enum hg_rc hg_reader_series(struct hg_reader_db *reader, struct hg_range range, int64_t bucket_us,
                                        struct hg_tally **ret, size_t *ret_n, struct hg_err *reterr);

struct hg_alert_counts {
    uint64_t total, high, medium, low, none;
};
HG_MUST_USE enum hg_rc hg_reader_alert_counts(struct hg_reader_db *reader, struct hg_range range, struct hg_alert_counts *ret,
                                              struct hg_err *reterr);
/* Alerts that overlap the range, score descending, then newest last_us, then id. A cursor is opaque text, "" to begin;
 * ret_cursor is "" at the end. */
#define HG_CURSOR_BYTES 96
HG_MUST_USE enum hg_rc hg_reader_alerts(struct hg_reader_db *reader, struct hg_range range, size_t limit, const char *cursor,
                                        struct hg_alert **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], struct hg_err *reterr);
/* HG_EEND: no such alert. */
HG_MUST_USE enum hg_rc hg_reader_alert(struct hg_reader_db *reader, const struct hg_id *id, struct hg_alert *ret, struct hg_err *reterr);

/* Stored events, newest sequence first; alert NULL: all of the range. Rows live in *arena, which the caller resets. */
struct hg_event_row {
    struct hg_event event;
    struct hg_score score;
    uint64_t sequence;
    unsigned by;
    struct hg_id alert;
    bool late;
    bool has_features;
    struct hg_feature_row features; /* of anomalous events by score: what the score was made of */
    struct hg_slice place;   /* of its source: "lat,lon,CC", "CC", or a word as HG_DIM_COUNTRY has them ("-private"); {NULL, 0}: it wasn't looked up */
    struct hg_slice country; /* the two letters of it; {NULL, 0}: unknown */
};
HG_MUST_USE enum hg_rc hg_reader_events(struct hg_reader_db *reader, struct hg_range range, const struct hg_alert *alert, size_t limit,
                                        const char *cursor, struct hg_arena *arena, struct hg_event_row **ret, size_t *ret_n,
                                        char ret_cursor[HG_CURSOR_BYTES], struct hg_err *reterr);
/* Whether every event of the range is still stored: false when the ring dropped one whose time was at or after range.from. */
HG_MUST_USE enum hg_rc hg_reader_complete(struct hg_reader_db *reader, struct hg_range range, bool *ret, struct hg_err *reterr);
/* What the database takes, and what there is; in bytes. */
struct hg_store_size {
    uint64_t bytes;           /* in use */
    uint64_t spare_bytes;     /* of the file, free to be used again */
    uint64_t disk_free_bytes; /* UINT64_MAX: nobody knows */
};
struct hg_store_fill {
    struct hg_store_size size;
    uint64_t dropped_events;  /* anomalous and honeypot ones that retention dropped, ever */
    uint64_t recent_events;   /* in the ring */
    int64_t dropped_us;       /* greatest time of an event that the ring or retention dropped; HG_TIME_NONE: none was */
    int64_t oldest_us;        /* least time of the stored events, to a run of some thousand; HG_TIME_NONE: there are none */
};
HG_MUST_USE enum hg_rc hg_reader_fill(struct hg_reader_db *reader, struct hg_store_fill *ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_reader_inputs(struct hg_reader_db *reader, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n,
                                        struct hg_err *reterr);

/* Records in quarantine, newest first; before 0: from the newest, else those with a smaller number; name NULL: of all sources. At most
 * HG_QUARANTINE_MAX at a time. *ret belongs to the caller (free), texts and bytes in the rows live in *arena. */
struct hg_quarantine_row {
    uint64_t number, offset;
    enum hg_reason reason;
    const char *name, *format; /* of its input */
    struct hg_slice header, record;
    uint32_t input;
};
HG_MUST_USE enum hg_rc hg_reader_quarantine(struct hg_reader_db *reader, const char *name, uint64_t before, size_t limit,
                                            struct hg_arena *arena, struct hg_quarantine_row **ret, size_t *ret_n, struct hg_err *reterr);
struct hg_quarantine_sum {
    uint64_t records, bytes; /* kept now */
    uint64_t dropped;        /* left by the bound, ever */
};
HG_MUST_USE enum hg_rc hg_reader_quarantine_sum(struct hg_reader_db *reader, struct hg_quarantine_sum *ret, struct hg_err *reterr);

/*
 * Time in which a source was not observed, by event time and minutes. Usual for a source is 3 times the 99th percentile of the gaps
 * between its minutes with events, in the last day of them, and at least HG_GAP_MIN_US; a longer gap was not observed, nor was the
 * time before its first event and from its last one to range.to where that is longer than usual. Gaps are cut at the range, but
 * measured as far back as a day before it. Ranges over 7 days are looked at by the hour.
 * name NULL: the time in which no source at all was observed. Ascending; at most `limit`, the longest; total is the number of all.
 */
#define HG_GAP_MIN_US (5 * HG_MINUTE)
struct hg_gaps {
    struct hg_range *rows; /* free */
    size_t n;
    uint64_t total;
    int64_t usual_us; /* of one source; 0 for all, and where there are too few events to say */
};
HG_MUST_USE enum hg_rc hg_reader_gaps(struct hg_reader_db *reader, const char *name, struct hg_range range, size_t limit,
                                      struct hg_gaps *ret, struct hg_err *reterr);

/* The same of every source that is known, from one scan: by name, and all of it in *arena. */
struct hg_source_gaps {
    const char *name;
    struct hg_gaps gaps;
};
HG_MUST_USE enum hg_rc hg_reader_gaps_all(struct hg_reader_db *reader, struct hg_range range, size_t limit, struct hg_arena *arena,
                                          struct hg_source_gaps **ret, size_t *ret_n, struct hg_err *reterr);
const struct hg_gaps *hg_gaps_of(const struct hg_source_gaps *rows, size_t n, const char *name); /* NULL: no such source */

/* Asked and achieved of the last `weeks` weeks to the source clock: by source, newest week first. *ret belongs to the caller (free), the
 * names in it live in the arena. */
HG_MUST_USE enum hg_rc hg_reader_reliability(struct hg_reader_db *reader, unsigned weeks, struct hg_arena *arena, struct hg_reliability **ret,
                                             size_t *ret_n, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_reader_models(struct hg_reader_db *reader, size_t limit, struct hg_arena *arena, struct hg_model_record **ret,
                                        size_t *ret_n, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_reader_model_of(struct hg_reader_db *reader, const struct hg_id *digest, struct hg_buf *ret_bytes,
                                          struct hg_err *reterr);
/* Digest of the model that was in force at an event, by the ledger; zeros: nobody knows. */
HG_MUST_USE enum hg_rc hg_reader_model_at(struct hg_reader_db *reader, uint64_t sequence, struct hg_id *ret, struct hg_err *reterr);
/* Drift of the last `hours` hours to the source clock: by kind, oldest hour first; names live in the arena. */
HG_MUST_USE enum hg_rc hg_reader_drift(struct hg_reader_db *reader, unsigned hours, struct hg_arena *arena, struct hg_drift_hour **ret,
                                       size_t *ret_n, struct hg_err *reterr);
/* As hg_store_model and hg_store_state, for who only reads. */
HG_MUST_USE enum hg_rc hg_reader_model(struct hg_reader_db *reader, struct hg_buf *ret_bytes, struct hg_err *reterr);
HG_MUST_USE enum hg_rc hg_reader_state(struct hg_reader_db *reader, const char *name, struct hg_arena *arena, struct hg_slice *ret,
                                       struct hg_err *reterr);

/* SHA-256 in hex over alerts, stored events, inputs' accounts, rollups and asked and achieved by week in canonical order, and nothing that depends on where
 * commits fell, on paths or on the wall clock. */
#define HG_DIGEST_TEXT_BYTES 64
HG_MUST_USE enum hg_rc hg_store_digest(const char *state_dir, char ret[HG_DIGEST_TEXT_BYTES + 1], struct hg_err *reterr);

#endif
