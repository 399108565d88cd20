#include "decode/iscx.h"

#include "base/num.h"

const char *const hg_iscx_names[HG_ISCX_COLUMNS] = {
    [HG_ISCX_APP_NAME] = "appName",
    [HG_ISCX_SOURCE_BYTES] = "totalSourceBytes",
    [HG_ISCX_DESTINATION_BYTES] = "totalDestinationBytes",
    [HG_ISCX_SOURCE_PACKETS] = "totalSourcePackets",
    [HG_ISCX_DESTINATION_PACKETS] = "totalDestinationPackets",
    [HG_ISCX_SOURCE_BASE64] = "sourcePayloadAsBase64",
    [HG_ISCX_SOURCE_UTF] = "sourcePayloadAsUTF",
    [HG_ISCX_DESTINATION_BASE64] = "destinationPayloadAsBase64",
    [HG_ISCX_DIRECTION] = "direction",
    [HG_ISCX_SOURCE_FLAGS] = "sourceTCPFlagsDescription",
    [HG_ISCX_DESTINATION_FLAGS] = "destinationTCPFlagsDescription",
    [HG_ISCX_SOURCE] = "source",
    [HG_ISCX_PROTOCOL] = "protocolName",
    [HG_ISCX_SOURCE_PORT] = "sourcePort",
    [HG_ISCX_DESTINATION] = "destination",
    [HG_ISCX_DESTINATION_PORT] = "destinationPort",
    [HG_ISCX_START] = "startDateTime",
    [HG_ISCX_STOP] = "stopDateTime",
    [HG_ISCX_LABEL] = "Label",
    [HG_ISCX_TAG] = "Tag",
};

static bool is_null(struct hg_slice s)
{
    if (s.len == 0)
        return true;
    if (s.len > 4 || (s.p[0] != 'N' && s.p[0] != 'n'))
        return false;
    return hg_slice_is(s, "N/A") || hg_slice_is(s, "null") || hg_slice_is(s, "nan") || hg_slice_is(s, "NaN");
}

static inline struct hg_slice cell(const struct hg_iscx_flow *flow, int column)
{
    struct hg_slice s = flow->cells[flow->at[column]].raw;
    return is_null(s) ? HG_SLICE_NONE : s;
}

static inline struct hg_slice cell_text(const struct hg_iscx_flow *flow, int column, struct hg_arena *arena)
{
    const struct hg_csv_cell *c = &flow->cells[flow->at[column]];
    return is_null(c->raw) ? HG_SLICE_NONE : hg_csv_text(c, arena);
}

const uint8_t hg_iscx_in_order[HG_ISCX_COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

int hg_iscx_column(struct hg_slice name)
{
    for (int i = 0; i < HG_ISCX_COLUMNS; i++)
        if (hg_slice_is(name, hg_iscx_names[i]))
            return i;
    return -1;
}

/* ---- dates: M/D/YYYY H:MM, with or without seconds, or ISO */

static bool number(const char **p, const char *end, int max_digits, char stop, int *ret)
{
    int value = 0, n = 0;
    while (*p < end && **p >= '0' && **p <= '9' && n < max_digits) {
        value = value * 10 + (**p - '0');
        (*p)++;
        n++;
    }
    bool stopped = *p == end ? stop == '\0' : **p == stop;
    if (n == 0 || !stopped)
        return false;
    if (*p < end)
        (*p)++;
    *ret = value;
    return true;
}

static bool parse_american(struct hg_slice text, int64_t *ret_us)
{
    const char *p = text.p, *end = text.p + text.len;
    int month, day, year, hour, minute, second = 0;
    if (!number(&p, end, 2, '/', &month) || !number(&p, end, 2, '/', &day) || !number(&p, end, 4, ' ', &year) ||
        !number(&p, end, 2, ':', &hour))
        return false;
    const char *minutes = p;
    if (!number(&p, end, 2, '\0', &minute)) {
        p = minutes;
        if (!number(&p, end, 2, ':', &minute) || !number(&p, end, 2, '\0', &second))
            return false;
    }
    if (!hg_time_valid_civil(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_us = hg_time_days_from_civil(year, month, day) * HG_DAY + hour * HG_HOUR + minute * HG_MINUTE + second * HG_SECOND;
    return true;
}

static bool parse_date(struct hg_decode_worker *worker, struct hg_slice text, int64_t offset_us, int64_t *ret_us)
{
    struct hg_text_stamp *known = NULL;
    if (text.len >= 4 && text.len <= sizeof known->text) { /* neighbours share their minutes */
        uint32_t tail;
        memcpy(&tail, text.p + text.len - 4, 4);
        known = &worker->text_stamps[(tail * 2654435761u >> 16 ^ text.len) % HG_TEXT_STAMPS];
        if (known->len == text.len && memcmp(known->text, text.p, text.len) == 0) {
            *ret_us = known->us - offset_us;
            return true;
        }
    }
    int64_t us;
    if (!parse_american(text, &us))
        return hg_time_parse_iso(text, offset_us, ret_us, NULL); /* may have a zone of its own: not for the cache */
    *ret_us = us - offset_us;
    if (known != NULL) {
        known->len = (uint8_t)text.len;
        memcpy(known->text, text.p, text.len);
        known->us = us;
    }
    return true;
}

/* ---- fields */

static enum hg_direction parse_direction(struct hg_slice s)
{
    if (s.len != 3 || s.p[1] != '2')
        return HG_DIRECTION_NONE;
    bool from_local = s.p[0] == 'L', to_local = s.p[2] == 'L';
    if ((!from_local && s.p[0] != 'R') || (!to_local && s.p[2] != 'R'))
        return HG_DIRECTION_NONE;
    return from_local ? (to_local ? HG_INTERNAL : HG_OUTBOUND) : to_local ? HG_INBOUND : HG_EXTERNAL;
}

/* F,S,P,A or F;S;P;A. Longer tokens (Illegal7, Illegal8) say nothing. */
static uint8_t parse_flags(struct hg_slice s)
{
    static const char letters[] = "FSRPAU";
    uint8_t flags = 0;
    for (size_t i = 0, start = 0; i <= s.len; i++) {
        if (i < s.len && s.p[i] != ',' && s.p[i] != ';' && s.p[i] != ' ')
            continue;
        const char *letter = i - start == 1 ? memchr(letters, s.p[start], 6) : NULL;
        if (letter != NULL)
            flags |= (uint8_t)(1 << (letter - letters));
        start = i + 1;
    }
    return flags;
}

static bool take_numbers(const struct hg_iscx_flow *flow, struct hg_event *event, struct hg_counts *counts)
{
    return hg_event_take_port(event, HG_FIELD_source_port, cell(flow, HG_ISCX_SOURCE_PORT)) &&
           hg_event_take_port(event, HG_FIELD_destination_port, cell(flow, HG_ISCX_DESTINATION_PORT)) &&
           hg_event_take_count(event, HG_FIELD_bytes_sent, cell(flow, HG_ISCX_SOURCE_BYTES), counts) &&
           hg_event_take_count(event, HG_FIELD_bytes_received, cell(flow, HG_ISCX_DESTINATION_BYTES), counts) &&
           hg_event_take_count(event, HG_FIELD_packets_sent, cell(flow, HG_ISCX_SOURCE_PACKETS), counts) &&
           hg_event_take_count(event, HG_FIELD_packets_received, cell(flow, HG_ISCX_DESTINATION_PACKETS), counts);
}

static bool take_label(const struct hg_iscx_flow *flow, struct hg_event *event)
{
    struct hg_slice label = cell(flow, HG_ISCX_LABEL);
    if (label.len == 0)
        label = cell(flow, HG_ISCX_TAG);
    if (hg_slice_is(label, "Normal"))
        hg_event_take_label(event, HG_LABEL_NORMAL, HG_ATTACK_TYPE_none);
    else if (hg_slice_is(label, "Attack"))
        hg_event_take_label(event, HG_LABEL_ATTACK, flow->attack);
    else
        return label.len == 0; /* no such column, or nothing in it: nobody said */
    return true;
}

static void take_payload(const struct hg_iscx_flow *flow, struct hg_arena *arena, struct hg_event *event)
{
    struct hg_slice base64 = cell_text(flow, HG_ISCX_SOURCE_BASE64, arena);
    if (base64.len > 0)
        hg_event_take_payload(event, base64, HG_PAYLOAD_BASE64);
    else if (!flow->has_base64) /* the text is a lossy copy: second best */
        hg_event_take_payload(event, cell_text(flow, HG_ISCX_SOURCE_UTF, arena), HG_PAYLOAD_BYTES);
}

/* The times; NONE or the reason why the flow is malformed. */
static enum hg_reason take_times(const struct hg_decode_context *context, struct hg_decode_worker *worker, const struct hg_iscx_flow *flow,
                                 struct hg_event *event, struct hg_counts *counts)
{
    struct hg_slice start = cell(flow, HG_ISCX_START), stop = cell(flow, HG_ISCX_STOP);
    int64_t stop_us;
    if (start.len == 0)
        return HG_REASON_missing_timestamp;
    if (!parse_date(worker, start, context->naive_offset_us, &event->time_us))
        return HG_REASON_bad_timestamp;
    if (stop.len == 0)
        return HG_REASON_NONE;
    if (!parse_date(worker, stop, context->naive_offset_us, &stop_us))
        return HG_REASON_bad_timestamp;
    hg_event_take_duration(event, (double)(stop_us - event->time_us) / 1e6, counts);
    return HG_REASON_NONE;
}

static void take_rest(const struct hg_iscx_flow *flow, struct hg_decode_worker *worker, struct hg_arena *arena, struct hg_event *event,
                      struct hg_counts *counts)
{
    hg_event_take_ip(event, HG_FIELD_source_ip, cell(flow, HG_ISCX_SOURCE));
    hg_event_take_ip(event, HG_FIELD_destination_ip, cell(flow, HG_ISCX_DESTINATION));
    hg_vocab_transport(cell(flow, HG_ISCX_PROTOCOL), arena, event);
    hg_vocab_application(worker->vocab, cell(flow, HG_ISCX_APP_NAME), arena, event, counts);
    hg_event_take_direction(event, parse_direction(cell(flow, HG_ISCX_DIRECTION)));
    struct hg_slice flags = cell(flow, HG_ISCX_SOURCE_FLAGS);
    if (flags.len > 0)
        hg_event_take_flags(event, parse_flags(flags));
    take_payload(flow, arena, event);
    hg_vocab_kind(HG_SLICE("flow"), event);
}

enum hg_decoded hg_iscx_decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, const struct hg_iscx_flow *flow,
                               struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason, struct hg_counts *counts)
{
    hg_event_start(ret_event, HG_DATASET_iscx);
    enum hg_reason reason = take_times(context, worker, flow, ret_event, counts);
    if (reason == HG_REASON_NONE && !take_label(flow, ret_event))
        reason = HG_REASON_bad_label;
    if (reason == HG_REASON_NONE && !take_numbers(flow, ret_event, counts))
        reason = HG_REASON_bad_number;
    if (reason != HG_REASON_NONE) {
        *ret_reason = reason;
        return HG_MALFORMED;
    }
    take_rest(flow, worker, arena, ret_event, counts);
    return HG_DECODED;
}

void hg_iscx_attributes(const struct hg_iscx_flow *flow, struct hg_arena *arena, struct hg_jsonw *w)
{
    static const struct {
        int column;
        const char *name;
    } extra[] = {{HG_ISCX_APP_NAME, "app_name"},
                 {HG_ISCX_DESTINATION_FLAGS, "destination_tcp_flags"},
                 {HG_ISCX_DESTINATION_BASE64, "destination_payload_base64"}};
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        struct hg_slice text = cell_text(flow, extra[i].column, arena);
        if (text.len == 0)
            continue;
        hg_jsonw_key(w, extra[i].name);
        hg_jsonw_str(w, text);
    }
}
