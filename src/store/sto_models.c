/* Learning while running: rows to learn from, the ledger of models, drift of p-values. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <stdlib.h>

#define BINS_BYTES (4 * HG_DRIFT_BINS)

/* ---- writing */

static enum hg_rc row_put(struct db *db, const struct hg_slot_bytes *row, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_LEARNT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, row->slot);
    bind_bytes(&b, row->bytes);
    return binder_run(&b, "rows to learn from", reterr);
}

static enum hg_rc record_put(struct db *db, const struct hg_model_record *record, struct hg_err *reterr)
{
    static const struct hg_id none;
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_MODELS_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_16(&b, record->digest.b);
    if (memcmp(&record->parent, &none, sizeof none) == 0)
        bind_null(&b);
    else
        bind_16(&b, record->parent.b);
    bind_u64(&b, record->sequence);
    bind_time(&b, record->clock_us);
    bind_text(&b, hg_slice_of(hg_learn_reason_name(record->reason)));
    bind_u64(&b, record->rows);
    bind_i64(&b, record->reference);
    bind_text(&b, record->ledger.p == NULL ? HG_SLICE("") : record->ledger);
    bind_blob(&b, record->model);
    return binder_run(&b, "ledger", reterr);
}

static enum hg_rc bound(struct db *db, enum sql sql, int64_t value, const char *what, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, value);
    return binder_run(&b, what, reterr);
}

static enum hg_rc models_put(struct db *db, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_models && rc == HG_OK; i++)
        rc = record_put(db, &commit->models[i], reterr);
    if (rc == HG_OK && commit->n_models > 0)
        rc = bound(db, SQL_MODELS_STRIP, HG_MODELS_KEPT, "ledger", reterr);
    return rc == HG_OK && commit->n_models > 0 ? bound(db, SQL_MODELS_TRIM, HG_LEDGER_LINES, "ledger", reterr) : rc;
}

static enum hg_rc hour_put(struct db *db, const struct hg_drift_hour *hour, struct hg_err *reterr)
{
    struct binder b;
    char bins[BINS_BYTES];
    enum hg_rc rc = binder_open(&b, db, SQL_DRIFT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; i < BINS_BYTES; i++)
        bins[i] = (char)(uint8_t)(hour->bins[i / 4] >> 8 * (i % 4));
    bind_i64(&b, hour->hour_us);
    bind_text(&b, hg_slice_of(hour->kind));
    bind_i64(&b, hour->events);
    bind_blob(&b, (struct hg_slice){bins, sizeof bins});
    bind_i64(&b, hour->checks);
    bind_i64(&b, hour->marks);
    bind_f64(&b, hour->distance);
    bind_f64(&b, hour->significance);
    return binder_run(&b, "drift", reterr);
}

static int64_t hours_before(int64_t clock_us, int64_t hours)
{
    return hg_time_floor(clock_us, HG_HOUR) - hours * HG_HOUR;
}

enum hg_rc learning_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_learnt && rc == HG_OK; i++)
        rc = row_put(&store->db, &commit->learnt[i], reterr);
    if (rc == HG_OK)
        rc = models_put(&store->db, commit, reterr);
    for (size_t i = 0; i < commit->n_drift && rc == HG_OK; i++)
        rc = hour_put(&store->db, &commit->drift[i], reterr);
    if (rc != HG_OK || commit->n_drift == 0 || store->state.clock_us == HG_TIME_NONE)
        return rc;
    return bound(&store->db, SQL_DRIFT_TRIM, hours_before(store->state.clock_us, HG_DRIFT_HOURS_KEPT), "drift", reterr);
}

/* ---- reading */

enum hg_rc hg_store_learnt(struct hg_store *store, bool (*visit)(void *self, uint32_t slot, struct hg_slice bytes), void *self,
                           struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_LEARNT, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "rows to learn from", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        uint64_t slot = row_u64(&row);
        if (slot <= UINT32_MAX && !visit(self, (uint32_t)slot, row_bytes(&row)))
            break;
    }
    if (rc == HG_OK)
        binder_reset(&b);
    return rc;
}

static bool record_row(sqlite3_stmt *statement, struct hg_arena *arena, void *to)
{
    struct hg_model_record *ret = to;
    struct row row = {statement, 0};
    *ret = (struct hg_model_record){.number = row_u64(&row)};
    row_16(&row, ret->digest.b);
    row_16(&row, ret->parent.b);
    ret->sequence = row_u64(&row);
    ret->clock_us = row_time(&row);
    ret->reason = hg_learn_reason_parse(row_bytes(&row));
    ret->rows = row_u64(&row);
    ret->reference = row_i64(&row) != 0;
    if (!row_copy(&row, arena, &ret->ledger))
        return false;
    ret->kept = row_i64(&row) != 0;
    ret->alerts = row_u64(&row);
    return true;
}

static enum hg_rc no_memory(struct binder *b, void *rows, struct hg_err *reterr)
{
    binder_reset(b);
    free(rows);
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for what was learnt");
}

/* All rows of a bound statement, of `size` bytes each. *ret belongs to the caller. */
static enum hg_rc take_rows(struct binder *b, const char *what, size_t size, bool (*take)(sqlite3_stmt *, struct hg_arena *, void *to),
                            struct hg_arena *arena, void **ret, size_t *ret_n, struct hg_err *reterr)
{
    char *rows = NULL;
    size_t n = 0, cap = 0;
    bool found;
    enum hg_rc rc;
    while ((rc = binder_step(b, &found, what, reterr)) == HG_OK && found) {
        char *grown = hg_grow(rows, n, &cap, size);
        if (grown == NULL || !take(b->statement, arena, grown + n * size))
            return no_memory(b, grown == NULL ? rows : grown, reterr);
        rows = grown;
        n++;
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

static enum hg_rc models_read(struct db *db, size_t limit, struct hg_arena *arena, struct hg_model_record **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_MODELS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, limit);
    void *rows = NULL;
    rc = take_rows(&b, "ledger", sizeof **ret, record_row, arena, &rows, ret_n, reterr);
    *ret = rows;
    return rc;
}

enum hg_rc hg_store_models(struct hg_store *store, size_t limit, struct hg_arena *arena, struct hg_model_record **ret, size_t *ret_n,
                           struct hg_err *reterr)
{
    return models_read(&store->db, limit, arena, ret, ret_n, reterr);
}

enum hg_rc hg_reader_models(struct hg_reader_db *reader, size_t limit, struct hg_arena *arena, struct hg_model_record **ret, size_t *ret_n,
                            struct hg_err *reterr)
{
    return models_read(&reader->db, limit, arena, ret, ret_n, reterr);
}

static enum hg_rc bytes_read(struct db *db, const struct hg_id *digest, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, db, SQL_MODEL_OF, reterr);
    if (rc != HG_OK)
        return rc;
    bind_16(&b, digest->b);
    rc = binder_step(&b, &found, "model", reterr);
    if (rc != HG_OK)
        return rc;
    if (!found)
        return hg_fail(reterr, HG_ESTATE, "no model of this digest is kept");
    struct row row = {b.statement, 0};
    hg_buf_put(ret_bytes, row_bytes(&row));
    binder_reset(&b);
    return ret_bytes->failed ? hg_fail(reterr, HG_ENOMEM, "store: no memory for a model") : HG_OK;
}

enum hg_rc hg_store_model_of(struct hg_store *store, const struct hg_id *digest, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    return bytes_read(&store->db, digest, ret_bytes, reterr);
}

enum hg_rc hg_reader_model_of(struct hg_reader_db *reader, const struct hg_id *digest, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    return bytes_read(&reader->db, digest, ret_bytes, reterr);
}

enum hg_rc hg_reader_model_at(struct hg_reader_db *reader, uint64_t sequence, struct hg_id *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    *ret = (struct hg_id){{0}};
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_MODEL_AT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, sequence);
    rc = binder_step(&b, &found, "ledger", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    row_16(&row, ret->b);
    binder_reset(&b);
    return HG_OK;
}

static bool hour_row(sqlite3_stmt *statement, struct hg_arena *arena, void *to)
{
    struct hg_drift_hour *ret = to;
    struct row row = {statement, 0};
    *ret = (struct hg_drift_hour){.hour_us = row_i64(&row)};
    ret->kind = row_text(&row, arena);
    ret->events = (uint32_t)row_u64(&row);
    struct hg_slice bins = row_bytes(&row);
    for (size_t i = 0; i < BINS_BYTES && bins.len == BINS_BYTES; i++)
        ret->bins[i / 4] |= (uint32_t)(uint8_t)bins.p[i] << 8 * (i % 4);
    ret->checks = (uint32_t)row_u64(&row);
    ret->marks = (uint32_t)row_u64(&row);
    ret->distance = row_f64(&row);
    ret->significance = row_f64(&row);
    return ret->kind != NULL;
}

enum hg_rc hg_reader_drift(struct hg_reader_db *reader, unsigned hours, struct hg_arena *arena, struct hg_drift_hour **ret, size_t *ret_n,
                           struct hg_err *reterr)
{
    struct binder b;
    struct store_state state;
    enum hg_rc rc = state_read(&reader->db, &state, reterr);
    if (rc == HG_OK)
        rc = binder_open(&b, &reader->db, SQL_DRIFT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, state.clock_us == HG_TIME_NONE ? 0 : hours_before(state.clock_us, hours));
    void *rows = NULL;
    rc = take_rows(&b, "drift", sizeof **ret, hour_row, arena, &rows, ret_n, reterr);
    *ret = rows;
    return rc;
}
