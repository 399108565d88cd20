/* Stored events: a row in, a row out. */
#include "store/store_priv.h"

/* score_detail: state, learned_in_sample, columns, number of contributions (a byte each); per contribution hg_code32 of the
 * feature's name, share, value, low, median, high (4 bytes each). Little endian. */

static void put32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(uint8_t)(v >> 8 * i);
}

static uint32_t get32(const char *p)
{
    uint32_t v = 0;
    for (int i = 3; i >= 0; i--)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

static void put_float(char *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put32(p, bits);
}

static float get_float(const char *p)
{
    uint32_t bits = get32(p);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

struct hg_slice score_detail_print(const struct hg_score *score, char out[SCORE_DETAIL_BYTES])
{
    out[0] = (char)score->state;
    out[1] = score->learned_in_sample;
    out[2] = (char)score->columns;
    out[3] = (char)score->n_top;
    char *p = out + 4;
    for (uint8_t i = 0; i < score->n_top; i++, p += 24) {
        const struct hg_contribution *top = &score->top[i];
        put32(p, hg_code32(hg_slice_of(hg_feature_name((enum hg_feature)top->feature))));
        put_float(p + 4, top->share);
        put_float(p + 8, top->value);
        put_float(p + 12, top->low);
        put_float(p + 16, top->median);
        put_float(p + 20, top->high);
    }
    return (struct hg_slice){out, (size_t)(p - out)};
}

static bool feature_of_code(uint32_t code, uint8_t *ret)
{
    for (int i = 0; i < HG_FEATURE_COUNT; i++) {
        if (hg_code32(hg_slice_of(hg_feature_name((enum hg_feature)i))) == code) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return false;
}

void score_detail_read(struct hg_slice bytes, struct hg_score *ret)
{
    if (bytes.len < 4)
        return;
    ret->state = (uint8_t)bytes.p[0];
    ret->learned_in_sample = bytes.p[1] != 0;
    ret->columns = (uint8_t)bytes.p[2];
    ret->n_top = 0;
    const char *end = bytes.p + bytes.len;
    for (const char *p = bytes.p + 4; end - p >= 24 && ret->n_top < HG_TOP_FEATURES; p += 24) {
        struct hg_contribution top = {.share = get_float(p + 4), .value = get_float(p + 8), .low = get_float(p + 12),
                                      .median = get_float(p + 16), .high = get_float(p + 20)};
        if (feature_of_code(get32(p), &top.feature)) /* a feature that is no more is left out */
            ret->top[ret->n_top++] = top;
    }
}

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
    const struct hg_score *score = stored->score;
    char detail[SCORE_DETAIL_BYTES];
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, kept ? SQL_EVENT_PUT : SQL_RECENT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, stored->sequence);
    bind_i64(&b, event->time_us);
    bind_16(&b, event->id.b);
    bind_i64(&b, event->input);
    bind_u64(&b, event->offset);
    bind_i64(&b, event->missing);
    bind_i64(&b, event->dataset);
    bind_i64(&b, event->direction);
    bind_i64(&b, event->label);
    bind_i64(&b, event->attack_type);
    bind_i64(&b, event->tcp_flags);
    bind_ip(&b, event, HG_FIELD_source_ip, &event->source_ip);
    bind_i64(&b, event->source_port);
    bind_ip(&b, event, HG_FIELD_destination_ip, &event->destination_ip);
    bind_i64(&b, event->destination_port);
    bind_text(&b, event->protocol);
    bind_text(&b, event->application_protocol);
    bind_text(&b, event->kind);
    bind_text(&b, event->session);
    bind_f64(&b, event->duration);
    bind_i64(&b, event->bytes_sent);
    bind_i64(&b, event->bytes_received);
    bind_i64(&b, event->packets_sent);
    bind_i64(&b, event->packets_received);
    bind_blob(&b, event->payload);
    bind_i64(&b, event->payload_form);
    bind_i64(&b, stored->by);
    if (is_zero(&stored->alert))
        bind_null(&b);
    else
        bind_16(&b, stored->alert.b);
    bind_f64(&b, (double)score->value);
    bind_i64(&b, score->severity);
    bind_blob(&b, score_detail_print(score, detail));
    bind_blob(&b, event->record);
    return binder_run(&b, "event", reterr);
}

/* A slice of the row that outlives it; false: no memory. */
static bool row_copy(struct row *row, struct hg_arena *arena, struct hg_slice *ret)
{
    struct hg_slice bytes = row_bytes(row);
    *ret = bytes.p == NULL ? bytes : hg_arena_copy(arena, bytes);
    return bytes.p == NULL || ret->p != NULL;
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
    event->offset = row_u64(&row);
    event->missing = (uint32_t)row_i64(&row);
    event->dataset = (uint8_t)row_i64(&row);
    event->direction = (uint8_t)row_i64(&row);
    event->label = (uint8_t)row_i64(&row);
    event->attack_type = (uint8_t)row_i64(&row);
    event->tcp_flags = (uint8_t)row_i64(&row);
    row_16(&row, event->source_ip.b);
    event->source_port = (uint16_t)row_i64(&row);
    row_16(&row, event->destination_ip.b);
    event->destination_port = (uint16_t)row_i64(&row);
    if (!event_names(&row, arena, event))
        return false;
    event->duration = row_f64(&row);
    event->bytes_sent = row_i64(&row);
    event->bytes_received = row_i64(&row);
    event->packets_sent = row_i64(&row);
    event->packets_received = row_i64(&row);
    if (!row_copy(&row, arena, &event->payload))
        return false;
    event->payload_form = (uint8_t)row_i64(&row);
    ret->by = (unsigned)row_i64(&row);
    row_16(&row, ret->alert.b);
    ret->score.value = (float)row_f64(&row);
    ret->score.severity = (uint8_t)row_i64(&row);
    score_detail_read(row_bytes(&row), &ret->score);
    return row_copy(&row, arena, &event->record);
}
