/* One commit: everything that came since the last one, in one transaction, or nothing. */
#include "store/store_priv.h"

#define SPAN_EVENTS 4096u /* a span grows until it has as many */

static enum hg_rc run(struct db *db, enum sql sql, const char *what, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, sql, reterr);
    return rc == HG_OK ? binder_run(&b, what, reterr) : rc;
}

/* ---- events */

static bool is_kept(const struct hg_stored_event *stored)
{
    return stored->by != 0 || hg_dataset_is_honeypot((enum hg_dataset)stored->event->dataset);
}

static enum hg_rc events_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_events && rc == HG_OK; i++) {
        bool kept = is_kept(&commit->events[i]);
        rc = event_put(store, &commit->events[i], kept, reterr);
        store->state.ring_events += !kept;
    }
    return rc;
}

/* Brings the ring down to its size: the oldest in sequence go. */
static enum hg_rc ring_trim(struct hg_store *store, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    if (store->state.ring_events <= store->settings.recent_events)
        return HG_OK;
    uint64_t over = store->state.ring_events - store->settings.recent_events;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_RING_OVER, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, over);
    rc = binder_step(&b, &found, "ring", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    uint64_t last = row_u64(&row);
    int64_t dropped_us = row_time(&row);
    binder_reset(&b);
    rc = binder_open(&b, &store->db, SQL_RING_TRIM, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, last);
    rc = binder_run(&b, "ring", reterr);
    store->state.ring_events -= over;
    if (dropped_us > store->state.ring_dropped_us)
        store->state.ring_dropped_us = dropped_us;
    return rc;
}

static enum hg_rc span_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    struct span *span = &store->state.span;
    struct binder b;
    if (commit->n_events == 0)
        return HG_OK;
    if (span->last == 0 || span->last - span->first >= SPAN_EVENTS)
        *span = (struct span){commit->events[0].sequence, 0, INT64_MAX, INT64_MIN};
    span->last = commit->sequence;
    for (size_t i = 0; i < commit->n_events; i++) {
        int64_t time_us = commit->events[i].event->time_us;
        span->min_us = time_us < span->min_us ? time_us : span->min_us;
        span->max_us = time_us > span->max_us ? time_us : span->max_us;
    }
    enum hg_rc rc = binder_open(&b, &store->db, SQL_SPAN_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, span->first);
    bind_u64(&b, span->last);
    bind_i64(&b, span->min_us);
    bind_i64(&b, span->max_us);
    return binder_run(&b, "span", reterr);
}

/* ---- the rest */

static enum hg_rc delta_put(struct hg_store *store, const struct hg_rollup_delta *delta, struct hg_err *reterr)
{
    enum hg_rc rc = rollups_put(&store->db, delta->rollups, delta->n_rollups, reterr);
    if (rc == HG_OK)
        rc = attackers_put(store, delta->attackers, delta->n_attackers, reterr);
    for (size_t i = 0; i < delta->n_alerts && rc == HG_OK; i++)
        rc = alert_put(&store->db, &delta->alerts[i], reterr);
    if (delta->clock_us > store->state.clock_us)
        store->state.clock_us = delta->clock_us;
    return rc;
}

static enum hg_rc state_put(struct hg_store *store, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_STATE_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, store->state.sequence);
    bind_time(&b, store->state.clock_us);
    bind_u64(&b, store->state.ring_events);
    bind_time(&b, store->state.ring_dropped_us);
    bind_u64(&b, store->state.quarantine.last);
    bind_u64(&b, store->state.quarantine.records);
    bind_u64(&b, store->state.quarantine.bytes);
    bind_u64(&b, store->state.quarantine.dropped);
    bind_u64(&b, store->state.dropped_events);
    return binder_run(&b, "state", reterr);
}

static enum hg_rc commit_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = events_put(store, commit, reterr);
    if (rc == HG_OK)
        rc = ring_trim(store, reterr);
    if (rc == HG_OK)
        rc = span_put(store, commit, reterr);
    if (rc == HG_OK && commit->delta != NULL)
        rc = delta_put(store, commit->delta, reterr);
    for (size_t i = 0; i < commit->n_inputs && rc == HG_OK; i++)
        rc = input_put(store, &commit->inputs[i], reterr);
    if (rc == HG_OK)
        rc = quarantine_put(store, commit, reterr);
    if (rc == HG_OK)
        rc = kept_put(&store->db, commit, reterr);
    if (rc == HG_OK)
        rc = reliability_put(store, commit, reterr); /* after the clock */
    if (rc == HG_OK)
        rc = learning_put(store, commit, reterr);
    if (rc == HG_OK && commit->model_digest != NULL)
        rc = model_put(&store->db, commit->model_digest, commit->model, reterr);
    if (rc == HG_OK)
        rc = retention_trim(store, commit->settled, reterr); /* after the clock */
    if (rc != HG_OK)
        return rc;
    store->state.sequence = commit->sequence;
    return state_put(store, reterr);
}

static void roll_back(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum hg_rc hg_store_commit(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    if (commit->sequence < store->state.sequence || (commit->n_events > 0 && commit->sequence == store->state.sequence))
        return hg_fail(reterr, HG_ESTATE, "store: a commit of sequence %llu after %llu", (unsigned long long)commit->sequence,
                       (unsigned long long)store->state.sequence);
    struct store_state before = store->state;
    roll_back(&store->db); /* what is left of a try that couldn't even be taken back */
    enum hg_rc rc = run(&store->db, SQL_BEGIN_WRITE, "begin", reterr);
    if (rc == HG_OK)
        rc = commit_put(store, commit, reterr);
    if (rc == HG_OK)
        rc = run(&store->db, SQL_COMMIT, "commit", reterr);
    if (rc != HG_OK) {
        store->state = before;
        roll_back(&store->db);
    }
    return rc;
}
