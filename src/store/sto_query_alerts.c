/* Alerts of which an event matches. */
#include "store/look.h"

#include <stdlib.h>

struct ids { /* a set */
    struct hg_id *slots; /* zeros: free; no alert has that identifier */
    size_t n, n_slots;
};

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for alerts");
}

static struct hg_id *ids_slot(const struct ids *ids, const struct hg_id *id)
{
    static const struct hg_id none;
    size_t i = hg_hash64((struct hg_slice){(const char *)id->b, sizeof id->b}, 0) & (ids->n_slots - 1);
    while (memcmp(&ids->slots[i], &none, sizeof none) != 0 && memcmp(&ids->slots[i], id, sizeof *id) != 0)
        i = (i + 1) & (ids->n_slots - 1);
    return &ids->slots[i];
}

static bool ids_grow(struct ids *ids)
{
    static const struct hg_id none;
    struct ids more = {.n = ids->n, .n_slots = ids->n_slots == 0 ? 1024 : 2 * ids->n_slots};
    if (ids->n_slots > 2 * ids->n)
        return true;
    more.slots = calloc(more.n_slots, sizeof *more.slots);
    if (more.slots == NULL)
        return false;
    for (size_t i = 0; i < ids->n_slots; i++)
        if (memcmp(&ids->slots[i], &none, sizeof none) != 0)
            *ids_slot(&more, &ids->slots[i]) = ids->slots[i];
    free(ids->slots);
    *ids = more;
    return true;
}

static enum hg_rc alerts_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    struct ids *ids = look->self;
    const struct column *column = &segment->columns[COLUMN_ALERT];
    uint8_t *seen = hg_arena_alloc(&look->reader->desk->scratch, column->n + 1);
    if (seen == NULL)
        return no_memory(reterr);
    memset(seen, 0, column->n + 1);
    FOR_BITS(i, mask->yes, segment->n)
        seen[column_code(column, i)] = 1;
    for (uint32_t code = 1; code < column->n; code++) {
        struct hg_id id;
        struct hg_slice value = column_value(column, code);
        if (!seen[code] || value.len != sizeof id)
            continue;
        if (!ids_grow(ids))
            return no_memory(reterr);
        memcpy(&id, value.p, sizeof id);
        struct hg_id *slot = ids_slot(ids, &id);
        ids->n += memcmp(slot, &id, sizeof id) != 0;
        *slot = id;
    }
    return HG_OK;
}

/* ---- those of the set, in the order of hg_reader_alerts */

struct brief {
    uint64_t first_sequence;
    struct alert_place place;
};

struct briefs {
    struct brief *rows;
    size_t n, limit;
    struct hg_alert_counts counts;
};

static bool is_before(const struct alert_place *a, const struct alert_place *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->last_us != b->last_us)
        return a->last_us > b->last_us;
    return memcmp(&a->id, &b->id, sizeof a->id) < 0;
}

static void briefs_add(struct briefs *briefs, const struct brief *one)
{
    if (briefs->limit == 0 || (briefs->n == briefs->limit && !is_before(&one->place, &briefs->rows[briefs->n - 1].place)))
        return;
    size_t i = briefs->n < briefs->limit ? briefs->n++ : briefs->limit - 1;
    for (; i > 0 && is_before(&one->place, &briefs->rows[i - 1].place); i--)
        briefs->rows[i] = briefs->rows[i - 1];
    briefs->rows[i] = *one;
}

static enum hg_rc briefs_read(struct hg_reader_db *reader, struct hg_range range, const struct ids *ids, const struct alert_place *after,
                              struct briefs *briefs, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    uint64_t by_severity[HG_SEVERITY_HIGH + 1] = {0};
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_ALERTS_BRIEF, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, range.from_us);
    bind_i64(&b, range.to_us);
    while ((rc = binder_step(&b, &found, "alerts", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        struct brief one = {.first_sequence = row_u64(&row)};
        row_16(&row, one.place.id.b);
        one.place.last_us = row_i64(&row);
        uint8_t severity = known(row_u64(&row), HG_SEVERITY_HIGH + 1);
        one.place.score = row_f64(&row);
        if (ids->n == 0 || memcmp(ids_slot(ids, &one.place.id), &one.place.id, sizeof one.place.id) != 0)
            continue;
        by_severity[severity]++;
        if (is_before(after, &one.place))
            briefs_add(briefs, &one);
    }
    briefs->counts = (struct hg_alert_counts){by_severity[0] + by_severity[1] + by_severity[2] + by_severity[3], by_severity[HG_SEVERITY_HIGH],
                                              by_severity[HG_SEVERITY_MEDIUM], by_severity[HG_SEVERITY_LOW], by_severity[HG_SEVERITY_NONE]};
    return rc;
}

static enum hg_rc load(struct hg_reader_db *reader, const struct briefs *briefs, size_t n, struct hg_alert *ret, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        struct binder b;
        bool found = false;
        rc = binder_open(&b, &reader->db, SQL_ALERT_AT, reterr);
        if (rc != HG_OK)
            break;
        bind_u64(&b, briefs->rows[i].first_sequence);
        rc = binder_step(&b, &found, "alert", reterr);
        if (rc == HG_OK && found) {
            alert_row(b.statement, &ret[i]);
            binder_reset(&b);
        }
    }
    return rc;
}

static enum hg_rc filtered(struct hg_reader_db *reader, const struct hg_query *query, struct briefs *briefs, const struct alert_place *after,
                           struct hg_alert **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], bool *ret_exact, struct hg_err *reterr)
{
    struct ids ids = {0};
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .visit = alerts_visit, .self = &ids, .columns = COLUMN_BIT(COLUMN_ALERT)};
    enum hg_rc rc = look_run(&look, reterr);
    if (rc == HG_OK)
        rc = briefs_read(reader, range_minutes(query->range), &ids, after, briefs, reterr);
    free(ids.slots);
    if (rc != HG_OK)
        return rc;
    size_t n = briefs->n == briefs->limit ? briefs->limit - 1 : briefs->n; /* one more was read than is asked for */
    struct hg_alert *rows = calloc(n + 1, sizeof *rows);
    if (rows == NULL)
        return no_memory(reterr);
    rc = load(reader, briefs, n, rows, reterr);
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    if (briefs->n > n && n > 0)
        alert_place_print(&rows[n - 1], ret_cursor);
    *ret = rows;
    *ret_n = n;
    *ret_exact = !look.over;
    return HG_OK;
}

enum hg_rc hg_query_alerts(struct hg_reader_db *reader, const struct hg_query *query, size_t limit, const char *cursor, struct hg_alert **ret,
                           size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], struct hg_alert_counts *ret_counts, bool *ret_exact,
                           struct hg_err *reterr)
{
    struct alert_place after;
    ret_cursor[0] = '\0';
    *ret_exact = true;
    if (query->filter == NULL) {
        enum hg_rc rc = hg_reader_alert_counts(reader, query->range, ret_counts, reterr);
        return rc == HG_OK ? hg_reader_alerts(reader, query->range, limit, cursor, ret, ret_n, ret_cursor, reterr) : rc;
    }
    if (!alert_place_parse(cursor, &after))
        return hg_fail(reterr, HG_EUSAGE, "not a cursor of alerts");
    struct briefs briefs = {.limit = limit + 1, .rows = calloc(limit + 1, sizeof *briefs.rows)};
    if (briefs.rows == NULL)
        return no_memory(reterr);
    enum hg_rc rc = filtered(reader, query, &briefs, &after, ret, ret_n, ret_cursor, ret_exact, reterr);
    *ret_counts = briefs.counts;
    free(briefs.rows);
    return rc;
}
