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

/* traits: for each that there is its number (1 byte), its length (7 bits a byte, the lowest first; the top bit: more follow), its bytes. */
static struct hg_slice traits_print(const struct hg_event *event, struct hg_buf *buf)
{
    hg_buf_clear(buf);
    for (int i = 0; i < HG_TRAIT_COUNT; i++) {
        size_t len = event->traits[i].len;
        if (event->traits[i].p == NULL)
            continue;
        hg_buf_char(buf, (char)i);
        for (; len > 0x7f; len >>= 7)
            hg_buf_char(buf, (char)(uint8_t)(0x80 | (len & 0x7f)));
        hg_buf_char(buf, (char)len);
        hg_buf_put(buf, event->traits[i]);
    }
    return buf->len == 0 ? HG_SLICE_NONE : hg_buf_slice(buf);
}

static void traits_read(struct hg_slice bytes, struct hg_event *event)
{
    if (bytes.len == 0)
        return;
    const char *p = bytes.p, *end = p + bytes.len;
    while (p < end) {
        uint8_t trait = (uint8_t)*p++;
        size_t len = 0;
        for (unsigned shift = 0; p < end && shift < 28; shift += 7) {
            uint8_t part = (uint8_t)*p++;
            len |= (size_t)(part & 0x7f) << shift;
            if (part < 0x80)
                break;
        }
        if (len > (size_t)(end - p))
            return;
        if (trait < HG_TRAIT_COUNT)
            event->traits[trait] = (struct hg_slice){p, len};
        p += len;
    }
}

/* place: a point with its country, or else the country's key. */
static struct hg_slice place_print(const struct hg_geo *geo, char out[HG_GEO_POINT_BYTES])
{
    if (geo == NULL)
        return HG_SLICE_NONE;
    bool point = geo->state == HG_GEO_FOUND && geo->has_point;
    return point ? hg_geo_point_key(geo, out) : hg_geo_country_key(geo);
}

struct hg_slice place_country(struct hg_slice place)
{
    const char *comma = place.len == 0 ? NULL : memrchr(place.p, ',', place.len);
    struct hg_slice country = comma == NULL ? place : hg_slice_from(place, (size_t)(comma + 1 - place.p));
    return comma != NULL && country.len == 0 ? HG_SLICE("-unknown") : country;
}

enum hg_rc event_put(struct hg_store *store, const struct hg_stored_event *stored, bool kept, struct hg_err *reterr)
{
    const struct hg_event *event = stored->event;
    char detail[DETAIL_BYTES], place[HG_GEO_POINT_BYTES];
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, kept ? SQL_EVENT_PUT : SQL_RECENT_PUT, reterr);
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
    bind_text(&b, place_print(stored->geo, place));
    bind_blob(&b, traits_print(event, &store->text));
    if (store->text.failed)
        b.failed = 1;
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
    struct hg_slice traits;
    if (!row_copy(&row, arena, &event->payload) || !row_copy(&row, arena, &event->record) || !row_copy(&row, arena, &ret->place) ||
        !row_copy(&row, arena, &traits))
        return false;
    traits_read(traits, event);
    struct hg_slice country = place_country(ret->place);
    if (country.len == 2 && country.p[0] != '-')
        ret->country = country;
    return true;
}
