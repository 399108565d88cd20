/* Both tables' rows in one sequence. Two statements and not a UNION: SQLite would copy every column of every row for that. */
#include "store/look.h"

static enum hg_rc step(struct row_merge *merge, int which, struct hg_err *reterr)
{
    bool found;
    enum hg_rc rc = binder_step(&merge->b[which], &found, "events", reterr);
    if (rc == HG_OK)
        merge->at[which] = found ? (uint64_t)sqlite3_column_int64(merge->b[which].statement, 0) : UINT64_MAX;
    return rc;
}

enum hg_rc merge_open(struct row_merge *merge, struct db *db, uint64_t first, uint64_t last, struct hg_range range, struct hg_err *reterr)
{
    static const enum sql statements[2] = {SQL_RECENT_ROWS, SQL_EVENT_ROWS};
    enum hg_rc rc = HG_OK;
    merge->now = -1;
    for (int i = 0; i < 2 && rc == HG_OK; i++) {
        rc = binder_open(&merge->b[i], db, statements[i], reterr);
        if (rc != HG_OK)
            break;
        bind_u64(&merge->b[i], first);
        bind_u64(&merge->b[i], last);
        bind_i64(&merge->b[i], range.from_us);
        bind_i64(&merge->b[i], range.to_us);
        rc = step(merge, i, reterr);
    }
    return rc;
}

enum hg_rc merge_next(struct row_merge *merge, sqlite3_stmt **ret, bool *ret_kept, struct hg_err *reterr)
{
    enum hg_rc rc = merge->now < 0 ? HG_OK : step(merge, merge->now, reterr);
    if (rc != HG_OK)
        return rc;
    merge->now = merge->at[1] < merge->at[0];
    *ret_kept = merge->now == 1;
    *ret = merge->at[merge->now] == UINT64_MAX ? NULL : merge->b[merge->now].statement;
    if (*ret == NULL)
        merge->now = -1;
    return HG_OK;
}

void merge_close(struct row_merge *merge)
{
    for (int i = 0; i < 2; i++)
        if (merge->b[i].statement != NULL)
            binder_reset(&merge->b[i]);
}
