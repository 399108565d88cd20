/* What budgets remember, and asked and achieved by source and week. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <stdlib.h>

/* ---- writing */

static enum hg_rc budget_put(struct db *db, const struct hg_named_bytes *budget, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_BUDGET_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_text(&b, hg_slice_of(budget->name));
    bind_bytes(&b, budget->bytes);
    return binder_run(&b, "budget", reterr);
}

static enum hg_rc week_put(struct db *db, const struct hg_reliability *row, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_RELIABILITY_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, row->week_us);
    bind_text(&b, hg_slice_of(row->source));
    bind_u64(&b, row->events);
    bind_u64(&b, row->expected);
    bind_u64(&b, row->alarms);
    bind_u64(&b, row->alerts);
    for (int i = 0; i < HG_RELIABILITY_BINS; i++)
        bind_u64(&b, row->bins[i]);
    for (int i = 0; i < HG_RELIABILITY_TAILS; i++)
        bind_u64(&b, row->tails[i]);
    return binder_run(&b, "reliability", reterr);
}

static enum hg_rc trim(struct hg_store *store, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_RELIABILITY_TRIM, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, hg_week_of(store->state.clock_us) - HG_WEEKS_KEPT * HG_WEEK);
    return binder_run(&b, "reliability", reterr);
}

enum hg_rc reliability_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_budgets && rc == HG_OK; i++)
        rc = budget_put(&store->db, &commit->budgets[i], reterr);
    for (size_t i = 0; i < commit->n_weeks && rc == HG_OK; i++)
        rc = week_put(&store->db, &commit->weeks[i], reterr);
    return rc == HG_OK && store->state.clock_us != HG_TIME_NONE ? trim(store, reterr) : rc;
}

/* ---- reading */

static enum hg_rc no_memory(struct binder *b, void *rows, struct hg_err *reterr)
{
    binder_reset(b);
    free(rows);
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for budgets");
}

enum hg_rc hg_store_budgets(struct hg_store *store, struct hg_arena *arena, struct hg_named_bytes **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    struct hg_named_bytes *rows = NULL;
    size_t n = 0, cap = 0;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_BUDGETS, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "budgets", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        struct hg_named_bytes *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown == NULL)
            return no_memory(&b, rows, reterr);
        rows = grown;
        rows[n].name = row_text(&row, arena);
        if (rows[n].name == NULL || !row_copy(&row, arena, &rows[n].bytes))
            return no_memory(&b, rows, reterr);
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

static struct hg_reliability week_row(sqlite3_stmt *statement, struct hg_arena *arena)
{
    struct row row = {statement, 0};
    struct hg_reliability week = {.week_us = row_i64(&row)};
    week.source = row_text(&row, arena);
    week.events = row_u64(&row);
    week.expected = row_u64(&row);
    week.alarms = row_u64(&row);
    week.alerts = row_u64(&row);
    for (int i = 0; i < HG_RELIABILITY_BINS; i++)
        week.bins[i] = row_u64(&row);
    for (int i = 0; i < HG_RELIABILITY_TAILS; i++)
        week.tails[i] = row_u64(&row);
    return week;
}

enum hg_rc hg_reader_reliability(struct hg_reader_db *reader, unsigned weeks, struct hg_arena *arena, struct hg_reliability **ret,
                                 size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    struct store_state state;
    struct hg_reliability *rows = NULL;
    size_t n = 0, cap = 0;
    bool found;
    enum hg_rc rc = state_read(&reader->db, &state, reterr);
    if (rc == HG_OK)
        rc = binder_open(&b, &reader->db, SQL_RELIABILITY, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, state.clock_us == HG_TIME_NONE ? 0 : hg_week_of(state.clock_us) - ((int64_t)weeks - 1) * HG_WEEK);
    while ((rc = binder_step(&b, &found, "reliability", reterr)) == HG_OK && found) {
        struct hg_reliability *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown == NULL)
            return no_memory(&b, rows, reterr);
        rows = grown;
        rows[n] = week_row(b.statement, arena);
        if (rows[n++].source == NULL)
            return no_memory(&b, rows, reterr);
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}
