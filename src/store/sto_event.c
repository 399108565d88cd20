/* Stored events: a row in, a row out. */
#include "store/store_priv.h"

#include <math.h>

/* The score's detail: state, flags (1 learned_in_sample, 2 partial), columns, number of contributions (a byte each); per contribution
 * hg_code32 of the feature's name, share, value, low, median, high (4 bytes each); then p (8 bytes). Little endian. */

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

static void put64(char *p, uint64_t v)
{
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

static uint64_t get64(const char *p)
{
    return (uint64_t)get32(p + 4) << 32 | get32(p);
}

static void put_double(char *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put64(p, bits);
}

static double get_double(const char *p)
{
    uint64_t bits = get64(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

enum { LEARNED = 1, PARTIAL = 2 };

struct hg_slice score_detail_print(const struct hg_score *score, char out[SCORE_DETAIL_BYTES])
{
    out[0] = (char)score->state;
    out[1] = (char)((score->learned_in_sample ? LEARNED : 0) | (score->partial ? PARTIAL : 0));
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
    put_double(p, score->p);
    return (struct hg_slice){out, (size_t)(p + 8 - out)};
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
    ret->state = known((uint8_t)bytes.p[0], HG_NO_SUBMODEL + 1);
    ret->learned_in_sample = (bytes.p[1] & LEARNED) != 0;
    ret->partial = (bytes.p[1] & PARTIAL) != 0;
    ret->columns = (uint8_t)bytes.p[2];
    ret->n_top = 0;
    const char *end = bytes.p + bytes.len, *p = bytes.p + 4;
    for (; end - p >= 24; p += 24) {
        struct hg_contribution top = {.share = get_float(p + 4), .value = get_float(p + 8), .low = get_float(p + 12),
                                      .median = get_float(p + 16), .high = get_float(p + 20)};
        if (ret->n_top < HG_TOP_FEATURES && feature_of_code(get32(p), &top.feature)) /* a feature that is no more is left out */
            ret->top[ret->n_top++] = top;
    }
    ret->p = end - p == 8 ? get_double(p) : (double)NAN; /* stores of before p-values have none */
}

/* detail: what nobody filters by, in one column, since every column costs: offset (8), missing (4), source_port (2), direction,
 * tcp_flags, payload_form (a byte each), duration, bytes_sent, bytes_received, packets_sent, packets_received (8 each), then the
 * score's. Little endian. */
#define FIELD_BYTES  (8 + 4 + 2 + 3 + 5 * 8)
#define DETAIL_BYTES (FIELD_BYTES + SCORE_DETAIL_BYTES)

#define LATE 0x80 /* a flag beside the direction */

static struct hg_slice detail_print(const struct hg_stored_event *stored, char out[DETAIL_BYTES])
{
    const struct hg_event *event = stored->event;
    const int64_t counters[] = {event->bytes_sent, event->bytes_received, event->packets_sent, event->packets_received};
    put64(out, event->offset);
    put32(out + 8, event->missing);
    out[12] = (char)(uint8_t)event->source_port;
    out[13] = (char)(uint8_t)(event->source_port >> 8);
    out[14] = (char)(event->direction | (stored->late ? LATE : 0));
    out[15] = (char)event->tcp_flags;
    out[16] = (char)event->payload_form;
    put_double(out + 17, event->duration);
    for (int i = 0; i < 4; i++)
        put64(out + 25 + 8 * i, (uint64_t)counters[i]);
    return (struct hg_slice){out, FIELD_BYTES + score_detail_print(stored->score, out + FIELD_BYTES).len};
}

static void detail_read(struct hg_slice bytes, struct hg_event_row *ret)
{
    struct hg_event *event = &ret->event;
    int64_t *const counters[] = {&event->bytes_sent, &event->bytes_received, &event->packets_sent, &event->packets_received};
    if (bytes.len < FIELD_BYTES)
        return;
    const char *p = bytes.p;
    event->offset = get64(p);
    event->missing = get32(p + 8);
    event->source_port = (uint16_t)((uint8_t)p[12] | (uint8_t)p[13] << 8);
    event->direction = known((uint8_t)p[14] & 0x7f, HG_DIRECTION_NONE + 1);
    ret->late = ((uint8_t)p[14] & LATE) != 0;
    event->tcp_flags = (uint8_t)p[15];
    event->payload_form = known((uint8_t)p[16], HG_PAYLOAD_PYTHON + 1);
    event->duration = get_double(p + 17);
    for (int i = 0; i < 4; i++)
        *counters[i] = (int64_t)get64(p + 25 + 8 * i);
    score_detail_read(hg_slice_from(bytes, FIELD_BYTES), &ret->score);
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
