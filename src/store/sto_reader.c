/* Readers: a connection of their own, a snapshot, stored events by page. */
#include "base/num.h"
#include "store/store_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum hg_rc hg_store_reader_open(const char *state_dir, struct hg_reader_db **ret, struct hg_err *reterr)
{
    struct hg_reader_db *reader = calloc(1, sizeof *reader);
    int version = 0;
    if (reader == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory");
    enum hg_rc rc = db_open(&reader->db, state_dir, false, reterr);
    if (rc == HG_OK)
        rc = db_exec(&reader->db, "PRAGMA query_only = 1; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192", reterr);
    if (rc == HG_OK)
        rc = db_version(&reader->db, &version, reterr);
    if (rc == HG_OK && version != n_migrations)
        rc = hg_fail(reterr, HG_EFORMAT, "store: the database is of version %d, this program reads %d%s", version, n_migrations,
                     version < n_migrations ? "; `honeyguide serve` brings it up once it is started on it" : ": use a newer one");
    if (rc != HG_OK) {
        hg_store_reader_close(reader);
        return rc;
    }
    *ret = reader;
    return HG_OK;
}

void hg_store_reader_close(struct hg_reader_db *reader)
{
    if (reader == NULL)
        return;
    db_close(&reader->db);
    address_union_free(&reader->addresses);
    reader_desk_free(reader->desk);
    free(reader);
}

enum hg_rc hg_reader_begin(struct hg_reader_db *reader, uint64_t *ret_sequence, int64_t *ret_clock_us, struct hg_err *reterr)
{
    struct binder b;
    struct store_state state;
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_BEGIN_READ, reterr);
    if (rc == HG_OK)
        rc = binder_run(&b, "begin", reterr);
    if (rc != HG_OK)
        return rc;
    rc = state_read(&reader->db, &state, reterr); /* the first read takes the snapshot */
    if (rc != HG_OK) {
        hg_reader_end(reader);
        return rc;
    }
    *ret_sequence = state.sequence;
    *ret_clock_us = state.clock_us;
    return HG_OK;
}

void hg_reader_end(struct hg_reader_db *reader)
{
    if (!sqlite3_get_autocommit(reader->db.handle))
        sqlite3_exec(reader->db.handle, "ROLLBACK", NULL, NULL, NULL);
}

enum hg_rc hg_store_look(const char *state_dir, enum hg_rc (*look)(void *self, struct hg_reader_db *reader, struct hg_err *reterr), void *self,
                         struct hg_err *reterr)
{
    struct hg_reader_db *reader;
    uint64_t sequence;
    int64_t clock_us;
    enum hg_rc rc = hg_store_reader_open(state_dir, &reader, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_reader_begin(reader, &sequence, &clock_us, reterr);
    if (rc == HG_OK) {
        rc = look(self, reader, reterr);
        hg_reader_end(reader);
    }
    hg_store_reader_close(reader);
    return rc;
}

enum hg_rc hg_reader_complete(struct hg_reader_db *reader, struct hg_range range, bool *ret, struct hg_err *reterr)
{
    struct store_state state;
    enum hg_rc rc = state_read(&reader->db, &state, reterr);
    if (rc == HG_OK)
        *ret = state.ring_dropped_us == HG_TIME_NONE || state.ring_dropped_us < range_minutes(range).from_us;
    return rc;
}

/* ---- stored events */

struct page { /* what is asked for, and what was found */
    struct hg_range range;
    const struct hg_alert *alert;
    uint64_t low, high; /* sequences */
    size_t limit;       /* one more than asked for tells whether there is another page */
    struct hg_arena *arena;
    struct hg_event_row *rows;
    size_t n, cap;
};

static enum hg_rc page_add(struct page *page, sqlite3_stmt *statement, struct hg_err *reterr)
{
    if (page->n == page->cap) {
        size_t cap = page->cap == 0 ? 64 : 2 * page->cap;
        struct hg_event_row *rows = hg_arena_alloc(page->arena, cap * sizeof *rows);
        if (rows == NULL)
            return hg_fail(reterr, HG_ENOMEM, "store: no memory for events");
        if (page->n > 0)
            memcpy(rows, page->rows, page->n * sizeof *rows);
        page->rows = rows;
        page->cap = cap;
    }
    if (!event_row(statement, page->arena, &page->rows[page->n]))
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for events");
    page->n++;
    return HG_OK;
}

static enum hg_rc span_scan(struct hg_reader_db *reader, struct page *page, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    struct binder b;
    bool more;
    enum hg_rc rc = binder_open(&b, &reader->db, page->alert != NULL ? SQL_ALERT_EVENTS : SQL_EVENTS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, first > page->low ? first : page->low);
    bind_u64(&b, last < page->high ? last : page->high);
    bind_i64(&b, page->range.from_us);
    bind_i64(&b, page->range.to_us);
    if (page->alert != NULL)
        bind_16(&b, page->alert->id.b);
    while (page->n < page->limit && (rc = binder_step(&b, &more, "events", reterr)) == HG_OK && more) {
        rc = page_add(page, b.statement, reterr);
        if (rc != HG_OK)
            break;
    }
    binder_reset(&b);
    return rc;
}

static enum hg_rc spans_scan(struct hg_reader_db *reader, struct page *page, struct hg_err *reterr)
{
    struct binder b;
    bool more;
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_SPANS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, page->high);
    bind_u64(&b, page->low);
    bind_i64(&b, page->range.from_us);
    bind_i64(&b, page->range.to_us);
    while (rc == HG_OK && page->n < page->limit && (rc = binder_step(&b, &more, "spans", reterr)) == HG_OK && more) {
        struct row row = {b.statement, 0};
        uint64_t first = row_u64(&row), last = row_u64(&row);
        rc = span_scan(reader, page, first, last, reterr);
    }
    binder_reset(&b);
    return rc;
}

enum hg_rc hg_reader_events(struct hg_reader_db *reader, struct hg_range range, const struct hg_alert *alert, size_t limit,
                            const char *cursor, struct hg_arena *arena, struct hg_event_row **ret, size_t *ret_n,
                            char ret_cursor[HG_CURSOR_BYTES], struct hg_err *reterr)
{
    struct page page = {.range = range_minutes(range), .alert = alert, .high = INT64_MAX, .limit = limit + 1, .arena = arena};
    if (alert != NULL) {
        page.low = alert->first_sequence;
        page.high = alert->last_sequence;
    }
    if (*cursor != '\0') { /* sequence of the last event shown */
        uint64_t shown;
        if (!hg_num_parse_u64(hg_slice_of(cursor), &shown) || shown == 0 || shown > INT64_MAX)
            return hg_fail(reterr, HG_EUSAGE, "not a cursor of events");
        page.high = shown - 1 < page.high ? shown - 1 : page.high;
    }
    enum hg_rc rc = spans_scan(reader, &page, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = page.rows;
    *ret_n = page.n > limit ? limit : page.n;
    ret_cursor[0] = '\0';
    if (page.n > limit && limit > 0)
        snprintf(ret_cursor, HG_CURSOR_BYTES, "%" PRIu64, page.rows[limit - 1].sequence);
    return HG_OK;
}
