/* Retention: what is too old, or too much for the bytes or the disk that the store may take, goes oldest first, a little with every commit. */
#include "store/store_priv.h"

#include <sys/statvfs.h>

#define SPARE_BYTES ((uint64_t)64 * 1024 * 1024) /* free pages inside the file that are enough while the disk is low */
#define SPANS_MOST  4u                           /* dropped by one commit */

static enum hg_rc read_number(struct db *db, enum sql sql, uint64_t *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, db, sql, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "size", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    *ret = found ? row_u64(&row) : 0;
    binder_reset(&b);
    return HG_OK;
}

enum hg_rc store_size(struct db *db, struct hg_store_size *ret, struct hg_err *reterr)
{
    uint64_t pages = 0, unused = 0, page = 0;
    enum hg_rc rc = read_number(db, SQL_PAGES, &pages, reterr);
    if (rc == HG_OK)
        rc = read_number(db, SQL_PAGES_UNUSED, &unused, reterr);
    if (rc == HG_OK)
        rc = read_number(db, SQL_PAGE_SIZE, &page, reterr);
    if (rc != HG_OK)
        return rc;
    ret->bytes = (pages - unused) * page;
    ret->spare_bytes = unused * page;
    struct statvfs disk;
    const char *path = sqlite3_db_filename(db->handle, "main");
    ret->disk_free_bytes = path != NULL && statvfs(path, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
    return HG_OK;
}

/* ---- events, by spans */

static enum hg_rc drop_up_to(struct hg_store *store, enum sql sql, uint64_t last, uint64_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, last);
    rc = binder_run(&b, "retention", reterr);
    *ret_n = rc == HG_OK ? (uint64_t)sqlite3_changes(store->db.handle) : 0;
    return rc;
}

static enum hg_rc drop_span(struct hg_store *store, const struct span *span, struct hg_err *reterr)
{
    uint64_t kept = 0, ring = 0, spans = 0;
    enum hg_rc rc = drop_up_to(store, SQL_EVENT_DROP, span->last, &kept, reterr);
    if (rc == HG_OK)
        rc = drop_up_to(store, SQL_RING_TRIM, span->last, &ring, reterr);
    if (rc == HG_OK)
        rc = drop_up_to(store, SQL_SPAN_DROP, span->last, &spans, reterr);
    if (rc != HG_OK)
        return rc;
    store->state.ring_events -= ring;
    store->state.dropped_events += kept;
    if (kept + ring > 0 && span->max_us > store->state.ring_dropped_us)
        store->state.ring_dropped_us = span->max_us;
    return HG_OK;
}

static bool is_due(const struct hg_store *store, const struct span *span, const struct hg_store_size *size)
{
    const struct hg_retention *keep = &store->settings.retention;
    bool old = keep->keep_us != 0 && store->state.clock_us != HG_TIME_NONE && span->max_us < store->state.clock_us - keep->keep_us;
    bool big = keep->keep_bytes != 0 && size->bytes > keep->keep_bytes;
    bool low = keep->min_free_bytes != 0 && size->disk_free_bytes < keep->min_free_bytes && size->spare_bytes < SPARE_BYTES;
    return old || big || low;
}

static enum hg_rc events_trim(struct hg_store *store, uint64_t settled, struct hg_err *reterr)
{
    struct hg_store_size size;
    struct span span;
    enum hg_rc rc = HG_OK;
    for (unsigned i = 0; i < SPANS_MOST && rc == HG_OK; i++) {
        rc = store_size(&store->db, &size, reterr);
        if (rc == HG_OK)
            rc = span_read(&store->db, SQL_SPAN_FIRST, &span, reterr);
        if (rc != HG_OK || span.last == 0 || span.last > settled || span.first == store->state.span.first || !is_due(store, &span, &size))
            break;
        rc = drop_span(store, &span, reterr);
    }
    return rc;
}

/* ---- tallies and alerts, by hours */

static enum hg_rc drop_before(struct hg_store *store, enum sql sql, int dim, int64_t before, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, before);
    if (dim >= 0)
        bind_i64(&b, dim);
    return binder_run(&b, "retention", reterr);
}

/* One hour of them, the oldest, where it is too old. */
static enum hg_rc tallies_trim(struct hg_store *store, struct hg_err *reterr)
{
    uint64_t minute = 0;
    if (store->settings.retention.keep_us == 0 || store->state.clock_us == HG_TIME_NONE)
        return HG_OK;
    enum hg_rc rc = read_number(&store->db, SQL_FIRST_MINUTE, &minute, reterr);
    int64_t first_hour = hg_time_floor((int64_t)minute * HG_MINUTE, HG_HOUR) / HG_HOUR, next = first_hour + 1;
    if (rc != HG_OK || next * HG_HOUR > store->state.clock_us - store->settings.retention.keep_us)
        return rc;
    for (int dim = 0; dim < HG_DIM_COUNT && rc == HG_OK; dim++) {
        rc = drop_before(store, SQL_ROLLUP_DROP, dim, next * 60, reterr);
        if (rc == HG_OK)
            rc = drop_before(store, SQL_ROLLUP_HOUR_DROP, dim, next, reterr);
    }
    if (rc == HG_OK)
        rc = drop_before(store, SQL_ATTACKERS_DROP, -1, next * 60, reterr);
    if (rc == HG_OK)
        rc = drop_before(store, SQL_ATTACKERS_HOUR_DROP, -1, next, reterr);
    return rc == HG_OK ? drop_before(store, SQL_ALERT_DROP, -1, next * HG_HOUR, reterr) : rc;
}

enum hg_rc retention_trim(struct hg_store *store, uint64_t settled, struct hg_err *reterr)
{
    const struct hg_retention *keep = &store->settings.retention;
    if (settled == 0 || (keep->keep_us == 0 && keep->keep_bytes == 0 && keep->min_free_bytes == 0))
        return HG_OK;
    enum hg_rc rc = events_trim(store, settled, reterr);
    return rc == HG_OK ? tallies_trim(store, reterr) : rc;
}

/* ---- how full it is */

enum hg_rc hg_reader_fill(struct hg_reader_db *reader, struct hg_store_fill *ret, struct hg_err *reterr)
{
    struct store_state state;
    struct span span = {0};
    enum hg_rc rc = state_read(&reader->db, &state, reterr);
    *ret = (struct hg_store_fill){.oldest_us = HG_TIME_NONE};
    if (rc == HG_OK)
        rc = store_size(&reader->db, &ret->size, reterr);
    if (rc == HG_OK)
        rc = span_read(&reader->db, SQL_SPAN_FIRST, &span, reterr);
    if (rc != HG_OK)
        return rc;
    ret->dropped_events = state.dropped_events;
    ret->recent_events = state.ring_events;
    ret->dropped_us = state.ring_dropped_us;
    if (span.last != 0)
        ret->oldest_us = span.min_us;
    return HG_OK;
}
