/* Stored events: a row in, a row out. */
#include "store/store_priv.h"

static void bind_ip(struct binder *b, const struct hg_event *event, enum hg_field field, const struct hg_ip *ip)
{
    if (hg_event_has(event, field))
        bind_16(b, ip->b);
    else
        bind_null(b);
}

static bool is_zero(const struct hg_id *id)
{
    static const struct hg_id zero = {{0}};
    return memcmp(id->b, zero.b, sizeof zero.b) == 0;
}

enum hg_rc event_put(struct db *db, const struct hg_stored_event *stored, bool kept, struct hg_err *reterr)
{
    const struct hg_event *event = stored->event;
    char detail[DETAIL_BYTES];
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, kept ? SQL_EVENT_PUT : SQL_RECENT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, stored->sequence);
    bind_i64(&b, event->time_us);
    bind_16(&b, event->id.b);
    bind_i64(&b, event->input);
    bind_i64(&b, event->dataset);
    bind_i64(&b, event->label);
    bind_i64(&b, event->attack_type);
    bind_ip(&b, event, HG_FIELD_source_ip, &event->source_ip);
    bind_ip(&b, event, HG_FIELD_destination_ip, &event->destination_ip);
    if (hg_event_has(event, HG_FIELD_destination_port))
        bind_i64(&b, event->destination_port);
    else
        bind_null(&b);
    bind_text(&b, event->protocol);
    bind_text(&b, event->application_protocol);
    bind_text(&b, event->kind);
    bind_text(&b, event->session);
    bind_i64(&b, stored->by);
    if (is_zero(&stored->alert))
        bind_null(&b);
    else
        bind_16(&b, stored->alert.b);
    bind_f64(&b, stored->score->value);
    bind_i64(&b, stored->score->severity);
    bind_blob(&b, detail_print(stored, detail));
    bind_blob(&b, event->payload);
    bind_blob(&b, event->record);
    return binder_run(&b, "event", reterr);
}

static bool event_names(struct row *row, struct hg_arena *arena, struct hg_event *event)
{
    if (!row_copy(row, arena, &event->protocol) || !row_copy(row, arena, &event->application_protocol) ||
        !row_copy(row, arena, &event->kind) || !row_copy(row, arena, &event->session))
        return false;
    event->protocol_code = event->protocol.p == NULL ? 0 : hg_code32(event->protocol);
    event->application_code = event->application_protocol.p == NULL ? 0 : hg_code32(event->application_protocol);
    event->kind_code = event->kind.p == NULL ? 0 : hg_code32(event->kind);
    return true;
}

/* Columns as in EVENT_COLUMNS. */
bool event_row(sqlite3_stmt *statement, struct hg_arena *arena, struct hg_event_row *ret)
{
    struct row row = {statement, 0};
    *ret = (struct hg_event_row){.sequence = row_u64(&row)};
    struct hg_event *event = &ret->event;
    event->time_us = row_i64(&row);
    row_16(&row, event->id.b);
    event->input = (uint32_t)row_i64(&row);
    event->dataset = known(row_u64(&row), HG_DATASET_COUNT);
    event->label = known(row_u64(&row), HG_LABEL_ATTACK + 1);
    event->attack_type = known(row_u64(&row), HG_ATTACK_TYPE_COUNT);
    row_16(&row, event->source_ip.b);
    row_16(&row, event->destination_ip.b);
    event->destination_port = (uint16_t)row_i64(&row);
    if (!event_names(&row, arena, event))
        return false;
    ret->by = (unsigned)row_i64(&row);
    row_16(&row, ret->alert.b);
    ret->score.value = row_f64(&row);
    ret->score.severity = known(row_u64(&row), HG_SEVERITY_HIGH + 1);
    detail_read(row_bytes(&row), ret);
    return row_copy(&row, arena, &event->payload) && row_copy(&row, arena, &event->record);
}
