/* Records that could not be read: the last ones, bounded by number and by bytes. Numbers are given in the order of arrival, and only by
 * commits that are made. */
#include "store/store_priv.h"

#include <stdlib.h>

static struct hg_slice cut(struct hg_slice record)
{
    return (struct hg_slice){record.p, record.len < HG_RECORD_BYTES_MAX ? record.len : HG_RECORD_BYTES_MAX};
}

static enum hg_rc add(struct hg_store *store, const struct hg_quarantined *q, struct hg_err *reterr)
{
    struct quarantine_account *account = &store->state.quarantine;
    struct binder b;
    struct hg_slice record = cut(q->record);
    enum hg_rc rc = binder_open(&b, &store->db, SQL_QUARANTINE_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, ++account->last);
    bind_i64(&b, q->input);
    bind_u64(&b, q->offset);
    bind_text(&b, hg_slice_of(hg_reason_name(q->reason)));
    bind_bytes(&b, record);
    account->records++;
    account->bytes += record.len;
    return binder_run(&b, "quarantine", reterr);
}

static enum hg_rc release(struct hg_store *store, uint64_t number, struct hg_err *reterr)
{
    struct quarantine_account *account = &store->state.quarantine;
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_QUARANTINE_RELEASE, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, number);
    rc = binder_step(&b, &found, "quarantine", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    account->records--;
    account->bytes -= row_u64(&row);
    return binder_step(&b, &found, "quarantine", reterr); /* a DELETE is over when it says so */
}

/* The oldest leave until both bounds hold. */
static enum hg_rc trim(struct hg_store *store, struct hg_err *reterr)
{
    struct quarantine_account *account = &store->state.quarantine;
    struct binder b;
    uint64_t last = 0;
    bool found = true;
    if (account->records <= HG_QUARANTINE_MAX && account->bytes <= HG_QUARANTINE_BYTES_MAX)
        return HG_OK;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_QUARANTINE_OLDEST, reterr);
    while (rc == HG_OK && found && (account->records > HG_QUARANTINE_MAX || account->bytes > HG_QUARANTINE_BYTES_MAX)) {
        rc = binder_step(&b, &found, "quarantine", reterr);
        if (rc != HG_OK || !found)
            break;
        struct row row = {b.statement, 0};
        last = row_u64(&row);
        account->bytes -= row_u64(&row);
        account->records--;
        account->dropped++;
    }
    if (rc != HG_OK)
        return rc;
    binder_reset(&b);
    rc = binder_open(&b, &store->db, SQL_QUARANTINE_TRIM, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, last);
    return binder_run(&b, "quarantine", reterr);
}

/* Of more than there is room for, only the last are written: a flood of bad records costs no more than the bounds. */
static size_t first_that_fits(const struct hg_commit *commit)
{
    size_t i = commit->n_quarantined;
    uint64_t bytes = 0;
    while (i > 0 && commit->n_quarantined - i < HG_QUARANTINE_MAX) {
        bytes += cut(commit->quarantined[i - 1].record).len;
        if (bytes > HG_QUARANTINE_BYTES_MAX)
            break;
        i--;
    }
    return i;
}

enum hg_rc quarantine_put(struct hg_store *store, const struct hg_commit *commit, struct hg_err *reterr)
{
    struct quarantine_account *account = &store->state.quarantine;
    size_t first = first_that_fits(commit);
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_released && rc == HG_OK; i++)
        rc = release(store, commit->released[i], reterr);
    account->last += first;
    account->dropped += first;
    for (size_t i = first; i < commit->n_quarantined && rc == HG_OK; i++)
        rc = add(store, &commit->quarantined[i], reterr);
    return rc == HG_OK ? trim(store, reterr) : rc;
}

/* ---- reading */

static enum hg_reason reason_named(struct hg_slice name)
{
    for (int i = 1; i < HG_REASON_COUNT; i++)
        if (hg_slice_is(name, hg_reason_name((enum hg_reason)i)))
            return (enum hg_reason)i;
    return HG_REASON_invalid_json; /* of another version: something could not be read */
}

static bool quarantine_row(sqlite3_stmt *statement, struct hg_arena *arena, struct hg_quarantine_row *ret)
{
    struct row row = {statement, 0};
    ret->number = row_u64(&row);
    ret->input = (uint32_t)row_i64(&row);
    ret->offset = row_u64(&row);
    ret->reason = reason_named(row_bytes(&row));
    bool copied = row_copy(&row, arena, &ret->record);
    ret->name = row_text(&row, arena);
    ret->format = row_text(&row, arena);
    return row_copy(&row, arena, &ret->header) && copied && ret->name != NULL && ret->format != NULL;
}

enum hg_rc hg_reader_quarantine(struct hg_reader_db *reader, const char *name, uint64_t before, size_t limit, struct hg_arena *arena,
                                struct hg_quarantine_row **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    limit = limit < HG_QUARANTINE_MAX ? limit : HG_QUARANTINE_MAX;
    struct hg_quarantine_row *rows = calloc(limit + 1, sizeof *rows);
    size_t n = 0;
    bool found = true;
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for %zu quarantined records", limit);
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_QUARANTINE, reterr);
    if (rc == HG_OK) {
        bind_u64(&b, before == 0 || before > INT64_MAX ? INT64_MAX : before);
        bind_text(&b, name == NULL ? HG_SLICE_NONE : hg_slice_of(name));
        bind_u64(&b, limit);
    }
    while (rc == HG_OK && n < limit && (rc = binder_step(&b, &found, "quarantine", reterr)) == HG_OK && found)
        if (!quarantine_row(b.statement, arena, &rows[n++]))
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for quarantined records");
    binder_reset(&b); /* it may stand at the last row that was asked for */
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

enum hg_rc hg_reader_quarantine_sum(struct hg_reader_db *reader, struct hg_quarantine_sum *ret, struct hg_err *reterr)
{
    struct store_state state;
    enum hg_rc rc = state_read(&reader->db, &state, reterr);
    if (rc == HG_OK)
        *ret = (struct hg_quarantine_sum){state.quarantine.records, state.quarantine.bytes, state.quarantine.dropped};
    return rc;
}
