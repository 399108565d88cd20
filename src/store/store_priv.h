/* What the files of the store share. */
#ifndef HG_STORE_PRIV_H
#define HG_STORE_PRIV_H

#include "store/attackers.h"
#include "store/store.h"

#include <sqlite3.h>

struct migration {
    const char *name, *sql;
};
extern const struct migration migrations[]; /* made from schema/ by the build */
extern const int n_migrations;

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/statements.def"
#undef SQL
    SQL_COUNT
};

struct db { /* one connection */
    sqlite3 *handle;
    sqlite3_stmt *statements[SQL_COUNT];
};

struct span {
    uint64_t first, last; /* sequences; last 0: none */
    int64_t min_us, max_us;
};

struct quarantine_account {
    uint64_t last, records, bytes, dropped; /* number given last; kept now; left by the bounds, ever */
};

struct store_state { /* what a transaction changes besides the tables, so that it can be taken back */
    uint64_t sequence;
    int64_t clock_us;
    uint64_t ring_events;
    int64_t ring_dropped_us;
    struct quarantine_account quarantine;
    uint64_t dropped_events; /* kept ones, by retention, ever */
    struct span span;
};

struct hg_store {
    struct db db;
    struct hg_store_settings settings;
    struct store_state state;
    struct address_set addresses;
    struct hg_buf text;
    int lock;
};

struct reader_desk; /* what questions to stored events need: sto_look.c */
struct hg_reader_db {
    struct db db;
    struct address_union addresses;
    struct reader_desk *desk; /* NULL: nobody asked yet */
};
void reader_desk_free(struct reader_desk *desk);

/* ---- sto_sqlite.c: connections and statements */
HG_MUST_USE enum hg_rc db_open(struct db *db, const char *state_dir, bool create, struct hg_err *reterr);
void db_close(struct db *db);
/* The failure that SQLite tells of: HG_EBUSY, HG_ENOMEM, HG_EFORMAT (damaged) or HG_EIO. */
enum hg_rc db_fail(struct db *db, const char *what, struct hg_err *reterr);
HG_MUST_USE enum hg_rc db_exec(struct db *db, const char *sql, struct hg_err *reterr);
/* The statement, reset. */
HG_MUST_USE enum hg_rc db_statement(struct db *db, enum sql sql, sqlite3_stmt **ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc db_version(struct db *db, int *ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc state_read(struct db *db, struct store_state *ret, struct hg_err *reterr);
/* which: SQL_SPAN_FIRST or SQL_SPAN_LAST; zeros where there is none. */
HG_MUST_USE enum hg_rc span_read(struct db *db, enum sql which, struct span *ret, struct hg_err *reterr);

/* Values go to parameters from left to right; failures gather. */
struct binder {
    struct db *db;
    sqlite3_stmt *statement;
    int at, failed;
};
HG_MUST_USE enum hg_rc binder_open(struct binder *b, struct db *db, enum sql sql, struct hg_err *reterr);
/* Runs a statement without results. */
HG_MUST_USE enum hg_rc binder_run(struct binder *b, const char *what, struct hg_err *reterr);
/* The next row; false at the end, when the statement is reset. */
HG_MUST_USE enum hg_rc binder_step(struct binder *b, bool *ret_row, const char *what, struct hg_err *reterr);
void binder_reset(struct binder *b);

static inline void bind_i64(struct binder *b, int64_t value)
{
    b->failed |= sqlite3_bind_int64(b->statement, ++b->at, value);
}
static inline void bind_u64(struct binder *b, uint64_t value)
{
    bind_i64(b, (int64_t)value);
}
static inline void bind_f64(struct binder *b, double value)
{
    b->failed |= sqlite3_bind_double(b->statement, ++b->at, value);
}
static inline void bind_null(struct binder *b)
{
    b->failed |= sqlite3_bind_null(b->statement, ++b->at);
}
static inline void bind_time(struct binder *b, int64_t us)
{
    if (us == HG_TIME_NONE)
        bind_null(b);
    else
        bind_i64(b, us);
}
static inline void bind_text(struct binder *b, struct hg_slice text) /* {NULL, 0}: NULL; must outlive the run */
{
    b->failed |= sqlite3_bind_text(b->statement, ++b->at, text.p, (int)text.len, SQLITE_STATIC);
}
static inline void bind_blob(struct binder *b, struct hg_slice bytes) /* the same */
{
    b->failed |= sqlite3_bind_blob(b->statement, ++b->at, bytes.p, (int)bytes.len, SQLITE_STATIC);
}
static inline void bind_bytes(struct binder *b, struct hg_slice bytes) /* {NULL, 0}: an empty blob, for columns that are never NULL */
{
    bind_blob(b, bytes.p == NULL ? HG_SLICE("") : bytes);
}
static inline void bind_16(struct binder *b, const uint8_t bytes[16])
{
    bind_blob(b, (struct hg_slice){(const char *)bytes, 16});
}

/* Columns of a result from left to right. */
struct row {
    sqlite3_stmt *statement;
    int at;
};
static inline int64_t row_i64(struct row *row)
{
    return sqlite3_column_int64(row->statement, row->at++);
}
static inline uint64_t row_u64(struct row *row)
{
    return (uint64_t)row_i64(row);
}
/* A number of an enumeration; one that this program doesn't know becomes 0. */
static inline uint8_t known(uint64_t value, int count)
{
    return value < (uint64_t)count ? (uint8_t)value : 0;
}
static inline double row_f64(struct row *row)
{
    return sqlite3_column_double(row->statement, row->at++);
}
static inline bool row_is_null(const struct row *row)
{
    return sqlite3_column_type(row->statement, row->at) == SQLITE_NULL;
}
static inline int64_t row_time(struct row *row)
{
    bool none = row_is_null(row);
    int64_t us = row_i64(row);
    return none ? HG_TIME_NONE : us;
}
struct hg_slice row_bytes(struct row *row);   /* until the next step; an empty one is not {NULL, 0} */
void row_16(struct row *row, uint8_t out[16]); /* zeros for NULL or another length */
void row_chars(struct row *row, char *out, size_t size); /* cut, with NUL */
/* A slice of the row that outlives it (arena NULL: it doesn't); NULL stays {NULL, 0}. False: no memory. */
HG_MUST_USE bool row_copy(struct row *row, struct hg_arena *arena, struct hg_slice *ret);
/* The same as text with NUL; "" for NULL. NULL: no memory. */
const char *row_text(struct row *row, struct hg_arena *arena);

/* ---- sto_event.c */
HG_MUST_USE enum hg_rc event_put(struct hg_store *store, const struct hg_stored_event *stored, bool kept, struct hg_err *reterr);
/* Texts and bytes are copied; with arena NULL they live until the next step. False: no memory. */
bool event_row(sqlite3_stmt *statement, struct hg_arena *arena, struct hg_event_row *ret);

/* A place's key as HG_DIM_COUNTRY has it; {NULL, 0} of {NULL, 0}. */
struct hg_slice place_country(struct hg_slice place);

/* ---- sto_detail.c */
#define FINDING_BYTES      44
#define SCORE_DETAIL_BYTES (4 + 24 * HG_TOP_FEATURES + 8 + FINDING_BYTES)
#define FEATURES_BYTES     (4 + 4 * HG_FEATURE_COUNT)
#define DETAIL_BYTES       (8 + 4 + 2 + 3 + 5 * 8 + SCORE_DETAIL_BYTES + FEATURES_BYTES)
struct hg_slice detail_print(const struct hg_stored_event *stored, char out[DETAIL_BYTES]);
void detail_read(struct hg_slice bytes, struct hg_event_row *ret);
struct hg_slice score_detail_print(const struct hg_score *score, char out[SCORE_DETAIL_BYTES]);
size_t score_detail_read(struct hg_slice bytes, struct hg_score *ret); /* after its value; returns how many bytes it took */

/* ---- sto_alert.c */
HG_MUST_USE enum hg_rc alert_put(struct db *db, const struct hg_alert *alert, struct hg_err *reterr);
void alert_row(sqlite3_stmt *statement, struct hg_alert *ret);
/* A cursor of alerts names the last one shown: "score's bits:last_us:id". */
struct alert_place {
    double score;
    int64_t last_us;
    struct hg_id id;
};
void alert_place_print(const struct hg_alert *alert, char out[HG_CURSOR_BYTES]);
HG_MUST_USE bool alert_place_parse(const char *cursor, struct alert_place *ret); /* "": in front of every alert */
/* Reads all rows of a bound statement; the array belongs to the caller. */
HG_MUST_USE enum hg_rc alert_rows(struct binder *b, struct hg_alert **ret, size_t *ret_n, struct hg_err *reterr);

/* ---- sto_rollup.c */
HG_MUST_USE enum hg_rc rollups_put(struct db *db, const struct hg_rollup *rows, size_t n, struct hg_err *reterr);
/* A range as whole minutes, with whole hours inside: minutes [from, to), hours [hour_from, hour_to), minutes [tail_from, tail_to). */
struct minutes {
    int64_t from, to, hour_from, hour_to, tail_from, tail_to;
};
struct hg_range range_minutes(struct hg_range range); /* rounded; safe for any input */
struct minutes minutes_of(struct hg_range range);

/* ---- sto_attackers.c: rows sorted by minute */
HG_MUST_USE enum hg_rc attackers_put(struct hg_store *store, const struct hg_attacker *rows, size_t n, struct hg_err *reterr);

/* ---- sto_input.c */
HG_MUST_USE enum hg_rc input_put(struct hg_store *store, const struct hg_input_state *input, struct hg_err *reterr);
HG_MUST_USE enum hg_rc inputs_read(struct db *db, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n,
                                   struct hg_err *reterr);
HG_MUST_USE enum hg_rc model_put(struct db *db, const struct hg_id *digest, struct hg_slice bytes, struct hg_err *reterr);

/* ---- sto_reliability.c */
HG_MUST_USE enum hg_rc reliability_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr);

/* ---- sto_models.c: after the clock */
HG_MUST_USE enum hg_rc learning_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr);

/* ---- sto_quarantine.c */
HG_MUST_USE enum hg_rc quarantine_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr);

/* ---- sto_retention.c */
HG_MUST_USE enum hg_rc store_size(struct db *db, struct hg_store_size *ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc retention_trim(struct hg_store *store, uint64_t settled, struct hg_err *reterr);

/* ---- sto_kept.c: journal, sessions, states, answers, marks */
HG_MUST_USE enum hg_rc kept_put(struct db *db, const struct hg_commit *commit, struct hg_err *reterr);

#endif
