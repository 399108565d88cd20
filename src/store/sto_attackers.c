/* Sets of attacking addresses per minute and per hour: read, grown and written back; united over a range. */
#include "store/store_priv.h"

static enum hg_rc set_load(struct hg_store *store, enum sql sql, int64_t time, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, time);
    rc = binder_step(&b, &found, "attackers", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    rc = address_set_load(&store->addresses, found ? row_bytes(&row) : HG_SLICE_NONE, reterr);
    if (found)
        binder_reset(&b);
    return rc;
}

static enum hg_rc set_put(struct hg_store *store, enum sql get, enum sql put, int64_t time, const struct hg_attacker *rows,
                          size_t n, struct hg_err *reterr)
{
    struct binder b;
    struct hg_slice bytes;
    enum hg_rc rc = set_load(store, get, time, reterr);
    if (rc == HG_OK)
        rc = address_set_add(&store->addresses, rows, n, reterr);
    if (rc == HG_OK)
        rc = address_set_bytes(&store->addresses, &bytes, reterr);
    if (rc == HG_OK)
        rc = binder_open(&b, &store->db, put, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, time);
    bind_blob(&b, bytes);
    return binder_run(&b, "attackers", reterr);
}

/* One set for each run of rows within the same unit of time. */
static enum hg_rc runs_put(struct hg_store *store, enum sql get, enum sql put, int64_t unit_us, const struct hg_attacker *rows,
                           size_t n, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0, end; i < n && rc == HG_OK; i = end) {
        int64_t start_us = hg_time_floor(rows[i].minute_us, unit_us);
        for (end = i + 1; end < n && hg_time_floor(rows[end].minute_us, unit_us) == start_us;)
            end++;
        rc = set_put(store, get, put, start_us / unit_us, rows + i, end - i, reterr);
    }
    return rc;
}

enum hg_rc attackers_put(struct hg_store *store, const struct hg_attacker *rows, size_t n, struct hg_err *reterr)
{
    enum hg_rc rc = runs_put(store, SQL_ATTACKERS_GET, SQL_ATTACKERS_PUT, HG_MINUTE, rows, n, reterr);
    return rc == HG_OK ? runs_put(store, SQL_ATTACKERS_HOUR_GET, SQL_ATTACKERS_HOUR_PUT, HG_HOUR, rows, n, reterr) : rc;
}

static enum hg_rc unite(struct hg_reader_db *reader, enum sql sql, int64_t from, int64_t to, struct hg_err *reterr)
{
    struct binder b;
    bool more;
    if (from >= to)
        return HG_OK;
    enum hg_rc rc = binder_open(&b, &reader->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, from);
    bind_i64(&b, to);
    while ((rc = binder_step(&b, &more, "attackers", reterr)) == HG_OK && more) {
        struct row row = {b.statement, 0};
        rc = address_union_add(&reader->addresses, row_bytes(&row), reterr);
        if (rc != HG_OK) {
            binder_reset(&b);
            return rc;
        }
    }
    return rc;
}

enum hg_rc hg_reader_attackers(struct hg_reader_db *reader, struct hg_range range, struct hg_unique *ret, struct hg_err *reterr)
{
    struct minutes m = minutes_of(range);
    struct hg_unique unique;
    enum hg_rc rc = address_union_begin(&reader->addresses, reterr);
    if (rc == HG_OK)
        rc = unite(reader, SQL_ATTACKERS_MINUTES, m.from, m.to, reterr);
    if (rc == HG_OK)
        rc = unite(reader, SQL_ATTACKERS_HOURS, m.hour_from, m.hour_to, reterr);
    if (rc == HG_OK)
        rc = unite(reader, SQL_ATTACKERS_MINUTES, m.tail_from, m.tail_to, reterr);
    if (rc != HG_OK)
        return rc;
    address_union_count(&reader->addresses, &unique.count, &unique.estimated);
    unique.error = unique.estimated ? HLL_ERROR : 0;
    *ret = unique;
    return HG_OK;
}
