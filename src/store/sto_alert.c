/* Alerts: rows in and out, counts, pages. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_FIELDS (1u << HG_FIELD_source_ip | 1u << HG_FIELD_destination_port)

static void bind_chars(struct binder *b, const char *text)
{
    bind_text(b, hg_slice_of(text));
}

enum hg_rc alert_put(struct db *db, const struct hg_alert *alert, struct hg_err *reterr)
{
    char detail[SCORE_DETAIL_BYTES];
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_ALERT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, alert->first_sequence);
    bind_16(&b, alert->id.b);
    bind_i64(&b, alert->first_us);
    bind_i64(&b, alert->last_us);
    bind_u64(&b, alert->last_sequence);
    bind_u64(&b, alert->count);
    bind_u64(&b, alert->by_label);
    bind_u64(&b, alert->by_score);
    bind_u64(&b, alert->by_both);
    bind_i64(&b, alert->score.severity);
    bind_f64(&b, alert->score.value);
    bind_16(&b, alert->event_id.b);
    bind_u64(&b, alert->event_sequence);
    bind_i64(&b, alert->missing);
    bind_i64(&b, alert->dataset);
    bind_i64(&b, alert->attack_type);
    bind_16(&b, alert->source_ip.b);
    bind_i64(&b, alert->source_port);
    bind_16(&b, alert->destination_ip.b);
    bind_i64(&b, alert->destination_port);
    bind_chars(&b, alert->protocol);
    bind_chars(&b, alert->application_protocol);
    bind_chars(&b, alert->kind);
    bind_chars(&b, alert->reason_key);
    bind_blob(&b, score_detail_print(&alert->score, detail));
    bind_i64(&b, alert->geo.state);
    bind_chars(&b, alert->geo.country);
    if (alert->geo.has_point) {
        bind_f64(&b, (double)alert->geo.latitude);
        bind_f64(&b, (double)alert->geo.longitude);
    } else {
        bind_null(&b);
        bind_null(&b);
    }
    bind_chars(&b, alert->geo.city);
    bind_16(&b, alert->model.b);
    return binder_run(&b, "alert", reterr);
}

/* Columns as in ALERT_COLUMNS. */
void alert_row(sqlite3_stmt *statement, struct hg_alert *ret)
{
    struct row row = {statement, 0};
    *ret = (struct hg_alert){.first_sequence = row_u64(&row)};
    row_16(&row, ret->id.b);
    ret->first_us = row_i64(&row);
    ret->last_us = row_i64(&row);
    ret->last_sequence = row_u64(&row);
    ret->count = row_u64(&row);
    ret->by_label = row_u64(&row);
    ret->by_score = row_u64(&row);
    ret->by_both = row_u64(&row);
    ret->score.severity = known(row_u64(&row), HG_SEVERITY_HIGH + 1);
    ret->score.value = row_f64(&row);
    row_16(&row, ret->event_id.b);
    ret->event_sequence = row_u64(&row);
    ret->missing = (uint32_t)row_i64(&row);
    ret->dataset = known(row_u64(&row), HG_DATASET_COUNT);
    ret->attack_type = known(row_u64(&row), HG_ATTACK_TYPE_COUNT);
    row_16(&row, ret->source_ip.b);
    ret->source_port = (uint16_t)row_i64(&row);
    row_16(&row, ret->destination_ip.b);
    ret->destination_port = (uint16_t)row_i64(&row);
    row_chars(&row, ret->protocol, sizeof ret->protocol);
    row_chars(&row, ret->application_protocol, sizeof ret->application_protocol);
    row_chars(&row, ret->kind, sizeof ret->kind);
    row_chars(&row, ret->reason_key, sizeof ret->reason_key);
    (void)score_detail_read(row_bytes(&row), &ret->score);
    ret->geo.state = known(row_u64(&row), HG_GEO_STATE_COUNT);
    row_chars(&row, ret->geo.country, sizeof ret->geo.country);
    ret->geo.has_point = !row_is_null(&row);
    ret->geo.latitude = (float)row_f64(&row);
    ret->geo.longitude = (float)row_f64(&row);
    row_chars(&row, ret->geo.city, sizeof ret->geo.city);
    row_16(&row, ret->model.b);
}

enum hg_rc alert_rows(struct binder *b, struct hg_alert **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct hg_alert *rows = NULL;
    size_t n = 0, cap = 0;
    bool row;
    enum hg_rc rc;
    while ((rc = binder_step(b, &row, "alerts", reterr)) == HG_OK && row) {
        struct hg_alert *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown == NULL) {
            binder_reset(b);
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for alerts");
            break;
        }
        rows = grown;
        alert_row(b->statement, &rows[n++]);
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

enum hg_rc hg_store_open_alerts(struct hg_store *store, int64_t since_us, struct hg_alert **ret, size_t *ret_n,
                                struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_ALERTS_OPEN, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, KEY_FIELDS);
    bind_i64(&b, since_us);
    bind_i64(&b, HG_ALERTS_OPEN_MAX);
    bind_i64(&b, 1u << HG_FIELD_source_ip);
    return alert_rows(&b, ret, ret_n, reterr);
}

enum hg_rc hg_reader_alert_counts(struct hg_reader_db *reader, struct hg_range range, struct hg_alert_counts *ret,
                                  struct hg_err *reterr)
{
    struct binder b;
    bool found;
    range = range_minutes(range);
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_ALERT_COUNTS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, range.from_us);
    bind_i64(&b, range.to_us);
    rc = binder_step(&b, &found, "alert counts", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    *ret = (struct hg_alert_counts){.none = row_u64(&row)};
    ret->low = row_u64(&row);
    ret->medium = row_u64(&row);
    ret->high = row_u64(&row);
    ret->total = ret->none + ret->low + ret->medium + ret->high;
    binder_reset(&b);
    return HG_OK;
}

void alert_place_print(const struct hg_alert *alert, char out[HG_CURSOR_BYTES])
{
    char id[HG_ID_TEXT_BYTES];
    uint64_t bits;
    hg_id_print(&alert->id, id);
    memcpy(&bits, &alert->score.value, sizeof bits);
    snprintf(out, HG_CURSOR_BYTES, "%" PRIu64 ":%" PRId64 ":%.*s", bits, alert->last_us, HG_ID_TEXT_BYTES, id);
}

bool alert_place_parse(const char *cursor, struct alert_place *ret)
{
    *ret = (struct alert_place){.score = 2}; /* in front of every alert */
    if (*cursor == '\0')
        return true;
    unsigned long long bits;
    long long last_us;
    int id_at = 0;
    if (sscanf(cursor, "%20llu:%19lld:%n", &bits, &last_us, &id_at) != 2 || id_at == 0)
        return false;
    memcpy(&ret->score, &(uint64_t){bits}, sizeof ret->score);
    ret->last_us = last_us;
    return hg_id_parse(hg_slice_of(cursor + id_at), &ret->id);
}

enum hg_rc hg_reader_alerts(struct hg_reader_db *reader, struct hg_range range, size_t limit, const char *cursor,
                            struct hg_alert **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], struct hg_err *reterr)
{
    struct alert_place place;
    struct binder b;
    if (!alert_place_parse(cursor, &place))
        return hg_fail(reterr, HG_EUSAGE, "not a cursor of alerts");
    range = range_minutes(range);
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_ALERTS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, range.from_us);
    bind_i64(&b, range.to_us);
    bind_f64(&b, place.score);
    bind_i64(&b, place.last_us);
    bind_16(&b, place.id.b);
    bind_u64(&b, (uint64_t)limit + 1); /* one more tells whether there is another page */
    size_t n;
    rc = alert_rows(&b, ret, &n, reterr);
    if (rc != HG_OK)
        return rc;
    *ret_n = n > limit ? limit : n;
    ret_cursor[0] = '\0';
    if (n > limit && limit > 0)
        alert_place_print(&(*ret)[limit - 1], ret_cursor);
    return HG_OK;
}

enum hg_rc hg_reader_alert(struct hg_reader_db *reader, const struct hg_id *id, struct hg_alert *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_ALERT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_16(&b, id->b);
    rc = binder_step(&b, &found, "alert", reterr);
    if (rc != HG_OK)
        return rc;
    if (!found)
        return hg_fail(reterr, HG_EEND, "no such alert");
    alert_row(b.statement, ret);
    binder_reset(&b);
    return HG_OK;
}
