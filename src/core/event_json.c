#include "core/event_json.h"

#include "base/base64.h"

static void put_address(struct hg_jsonw *w, const struct hg_event *event, enum hg_field field, const struct hg_ip *ip)
{
    if (hg_event_has(event, field))
        hg_jsonw_ip(w, ip);
    else
        hg_jsonw_null(w);
}

static void put_port(struct hg_jsonw *w, const struct hg_event *event, enum hg_field field, uint16_t port)
{
    if (hg_event_has(event, field))
        hg_jsonw_u64(w, port);
    else
        hg_jsonw_null(w);
}

static void put_flags(struct hg_jsonw *w, const struct hg_event *event)
{
    char letters[6];
    if (hg_event_has(event, HG_FIELD_tcp_flags))
        hg_jsonw_str(w, (struct hg_slice){letters, hg_tcp_flags_print(event->tcp_flags, letters)});
    else
        hg_jsonw_null(w);
}

/* b'\x16\x03' as bytes: the escapes of Python's repr. An unknown escape stands for itself. */
static struct hg_slice python_bytes(struct hg_slice text, struct hg_arena *scratch)
{
    if (text.len < 3 || text.p[0] != 'b' || (text.p[1] != '\'' && text.p[1] != '"') || text.p[text.len - 1] != text.p[1])
        return text;
    char *out = hg_arena_alloc(scratch, text.len);
    if (out == NULL)
        return HG_SLICE_NONE;
    size_t n = 0;
    const char *p = text.p + 2, *end = text.p + text.len - 1;
    while (p < end) {
        if (*p != '\\' || p + 1 == end) {
            out[n++] = *p++;
            continue;
        }
        static const char from[] = "nrt0\\'\"abfv", to[] = "\n\r\t\0\\'\"\a\b\f\v";
        const char *at = memchr(from, p[1], sizeof from - 1);
        struct hg_slice hex = {p + 2, 2};
        unsigned value = 0;
        bool is_hex = p[1] == 'x' && end - p >= 4;
        for (int i = 0; is_hex && i < 2; i++) {
            char c = hex.p[i];
            int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
            is_hex = digit >= 0;
            value = value << 4 | (unsigned)(digit & 15);
        }
        if (is_hex) {
            out[n++] = (char)value;
            p += 4;
        } else if (at != NULL) {
            out[n++] = to[at - from];
            p += 2;
        } else {
            out[n++] = *p++;
        }
    }
    return (struct hg_slice){out, n};
}

struct hg_slice hg_event_payload(const struct hg_event *event, struct hg_arena *scratch)
{
    if (!hg_event_has(event, HG_FIELD_payload))
        return HG_SLICE_NONE;
    if (event->payload_form == HG_PAYLOAD_PYTHON)
        return python_bytes(event->payload, scratch);
    if (event->payload_form == HG_PAYLOAD_BYTES)
        return event->payload;
    char *out = hg_arena_alloc(scratch, hg_base64_decoded_bound(event->payload.len));
    size_t len;
    if (out == NULL || !hg_base64_decode(event->payload, out, &len))
        return event->payload; /* not Base64 after all: shown as it was logged */
    return (struct hg_slice){out, len};
}

/* The payload as text where it is UTF-8, else Base64; *ret_base64 tells. */
static struct hg_slice payload_text(const struct hg_event *event, struct hg_arena *scratch, bool *ret_base64)
{
    struct hg_slice bytes = hg_event_payload(event, scratch);
    *ret_base64 = bytes.p != NULL && !hg_utf8_valid(bytes);
    if (!*ret_base64)
        return bytes;
    char *out = hg_arena_alloc(scratch, hg_base64_encoded_len(bytes.len));
    if (out == NULL)
        return HG_SLICE_NONE;
    return (struct hg_slice){out, hg_base64_encode(bytes, out)};
}

/* Only event_time to attack_type, in the order of fields.def. */
static void put_fields(const struct hg_event *event, struct hg_arena *scratch, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "event_time");
    hg_jsonw_time(w, event->time_us);
    hg_jsonw_key(w, "dataset");
    hg_jsonw_text(w, hg_dataset_name((enum hg_dataset)event->dataset));
    hg_jsonw_key(w, "source_ip");
    put_address(w, event, HG_FIELD_source_ip, &event->source_ip);
    hg_jsonw_key(w, "source_port");
    put_port(w, event, HG_FIELD_source_port, event->source_port);
    hg_jsonw_key(w, "destination_ip");
    put_address(w, event, HG_FIELD_destination_ip, &event->destination_ip);
    hg_jsonw_key(w, "destination_port");
    put_port(w, event, HG_FIELD_destination_port, event->destination_port);
    hg_jsonw_key(w, "protocol");
    hg_jsonw_str(w, event->protocol);
    hg_jsonw_key(w, "application_protocol");
    hg_jsonw_str(w, event->application_protocol);
    hg_jsonw_key(w, "duration");
    if (hg_event_has(event, HG_FIELD_duration))
        hg_jsonw_f64(w, event->duration);
    else
        hg_jsonw_null(w);
    hg_jsonw_key(w, "bytes_sent");
    hg_jsonw_i64(w, event->bytes_sent);
    hg_jsonw_key(w, "bytes_received");
    hg_jsonw_i64(w, event->bytes_received);
    hg_jsonw_key(w, "packets_sent");
    hg_jsonw_i64(w, event->packets_sent);
    hg_jsonw_key(w, "packets_received");
    hg_jsonw_i64(w, event->packets_received);
    hg_jsonw_key(w, "direction");
    hg_jsonw_text(w, hg_direction_name((enum hg_direction)event->direction));
    hg_jsonw_key(w, "tcp_flags");
    put_flags(w, event);
    bool base64;
    struct hg_slice payload = payload_text(event, scratch, &base64);
    hg_jsonw_key(w, "payload");
    hg_jsonw_str(w, payload);
    hg_jsonw_key(w, "payload_encoding");
    hg_jsonw_text(w, base64 ? "base64" : NULL);
    hg_jsonw_key(w, "label");
    hg_jsonw_text(w, hg_label_name((enum hg_label)event->label));
    hg_jsonw_key(w, "attack_type");
    hg_jsonw_text(w, hg_attack_type_name((enum hg_attack_type)event->attack_type));
}

void hg_event_json_members(const struct hg_event *event, struct hg_arena *scratch, struct hg_jsonw *w)
{
    put_fields(event, scratch, w);
    hg_jsonw_key(w, "missing");
    hg_jsonw_open(w, '[');
    for (uint32_t left = event->missing; left != 0; left &= left - 1)
        hg_jsonw_text(w, hg_field_name((enum hg_field)__builtin_ctz(left)));
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "event_id");
    hg_jsonw_id(w, &event->id);
}

void hg_score_json_coverage(const struct hg_score *score, size_t features_total, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "p_value");
    if (score->state == HG_NO_SUBMODEL)
        hg_jsonw_null(w);
    else
        hg_jsonw_f64(w, score->p);
    hg_jsonw_key(w, "features_used");
    hg_jsonw_u64(w, score->columns);
    hg_jsonw_key(w, "features_total");
    hg_jsonw_u64(w, features_total);
    hg_jsonw_key(w, "partial");
    hg_jsonw_bool(w, score->partial);
}

void hg_finding_json(const struct hg_finding *finding, struct hg_jsonw *w)
{
    struct hg_buf words;
    hg_jsonw_key(w, "finding");
    if (finding->rule == HG_RULE_NONE) {
        hg_jsonw_null(w);
        return;
    }
    hg_buf_init(&words, 1024);
    hg_finding_words(finding, &words);
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "name");
    hg_jsonw_text(w, hg_rule_name((enum hg_rule)finding->rule));
    hg_jsonw_key(w, "words");
    hg_jsonw_str(w, hg_buf_slice(&words));
    hg_jsonw_key(w, "counted");
    hg_jsonw_f32(w, finding->counted);
    hg_jsonw_key(w, "limit");
    hg_jsonw_f32(w, finding->limit);
    hg_jsonw_key(w, "seconds");
    hg_jsonw_f32(w, finding->seconds);
    hg_jsonw_key(w, "p");
    hg_jsonw_f64(w, finding->p);
    hg_jsonw_key(w, "also");
    hg_jsonw_open(w, '[');
    for (int i = HG_RULE_NONE + 1; i < HG_RULE_COUNT; i++)
        if ((finding->also >> i & 1) != 0)
            hg_jsonw_text(w, hg_rule_name((enum hg_rule)i));
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
    hg_buf_free(&words);
}

void hg_score_json_members(const struct hg_score *score, size_t features_total, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "anomaly_score");
    if (!hg_score_has_value(score))
        hg_jsonw_null(w);
    else
        hg_jsonw_f64(w, score->value);
    hg_score_json_coverage(score, features_total, w);
    hg_jsonw_key(w, "is_anomaly");
    hg_jsonw_bool(w, score->severity != HG_SEVERITY_NONE);
    hg_jsonw_key(w, "severity");
    hg_jsonw_text(w, hg_severity_name((enum hg_severity)score->severity));
}

void hg_event_csv_header(struct hg_buf *buf)
{
    for (int i = 0; i < HG_FIELD_COUNT; i++) {
        hg_buf_text(buf, hg_field_name((enum hg_field)i));
        hg_buf_char(buf, ',');
    }
    hg_buf_text(buf, "missing,event_id,attributes");
}

/* Quotes are doubled; a byte that is no UTF-8 becomes U+FFFD, as in JSON. */
static void csv_text_bytes(struct hg_buf *buf, struct hg_slice text)
{
    for (const char *p = text.p, *end = p + text.len; p < end;) {
        size_t n = hg_utf8_len(p, end);
        if (*p == '"')
            hg_buf_char(buf, '"');
        if (n > 0)
            hg_buf_add(buf, p, n);
        else
            hg_buf_text(buf, "\xef\xbf\xbd");
        p += n > 0 ? n : 1;
    }
}

void hg_csv_cell(struct hg_buf *buf, struct hg_slice text)
{
    if (text.len == 0)
        return;
    bool formula = memchr("=+-@\t\r", text.p[0], 6) != NULL;
    bool quote = formula || !hg_utf8_valid(text);
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = text.p[i] == '"' || text.p[i] == ',' || text.p[i] == '\n' || text.p[i] == '\r';
    if (!quote) {
        hg_buf_put(buf, text);
        return;
    }
    hg_buf_char(buf, '"');
    if (formula)
        hg_buf_char(buf, '\'');
    csv_text_bytes(buf, text);
    hg_buf_char(buf, '"');
}

static void csv_name(struct hg_buf *buf, const char *name)
{
    hg_buf_char(buf, ',');
    if (name != NULL)
        hg_buf_text(buf, name);
}

static void csv_address(struct hg_buf *buf, bool has, const struct hg_ip *ip)
{
    char text[HG_IP_TEXT_BYTES];
    hg_buf_char(buf, ',');
    if (has)
        hg_buf_add(buf, text, hg_ip_print(ip, text));
}

static void csv_count(struct hg_buf *buf, bool has, int64_t value)
{
    hg_buf_char(buf, ',');
    if (has)
        hg_buf_i64(buf, value);
}

static void csv_text(struct hg_buf *buf, struct hg_slice text)
{
    hg_buf_char(buf, ',');
    hg_csv_cell(buf, text);
}

void hg_event_csv_row(const struct hg_event *event, struct hg_arena *scratch, struct hg_slice attributes, struct hg_buf *buf)
{
    char text[HG_TIME_TEXT_BYTES], letters[6], id[HG_ID_TEXT_BYTES];
    hg_time_print(event->time_us, text);
    hg_buf_add(buf, text, sizeof text);
    csv_name(buf, hg_dataset_name((enum hg_dataset)event->dataset));
    csv_address(buf, hg_event_has(event, HG_FIELD_source_ip), &event->source_ip);
    csv_count(buf, hg_event_has(event, HG_FIELD_source_port), event->source_port);
    csv_address(buf, hg_event_has(event, HG_FIELD_destination_ip), &event->destination_ip);
    csv_count(buf, hg_event_has(event, HG_FIELD_destination_port), event->destination_port);
    csv_text(buf, event->protocol);
    csv_text(buf, event->application_protocol);
    hg_buf_char(buf, ',');
    if (hg_event_has(event, HG_FIELD_duration))
        hg_buf_f64(buf, event->duration);
    csv_count(buf, true, event->bytes_sent);
    csv_count(buf, true, event->bytes_received);
    csv_count(buf, true, event->packets_sent);
    csv_count(buf, true, event->packets_received);
    csv_name(buf, hg_direction_name((enum hg_direction)event->direction));
    csv_text(buf, (struct hg_slice){letters, hg_tcp_flags_print(event->tcp_flags, letters)});
    bool base64;
    csv_text(buf, payload_text(event, scratch, &base64));
    csv_name(buf, base64 ? "base64" : NULL);
    csv_name(buf, hg_label_name((enum hg_label)event->label));
    csv_name(buf, hg_attack_type_name((enum hg_attack_type)event->attack_type));
    hg_buf_char(buf, ',');
    for (uint32_t left = event->missing; left != 0; left &= left - 1) {
        if (left != event->missing)
            hg_buf_char(buf, ' ');
        hg_buf_text(buf, hg_field_name((enum hg_field)__builtin_ctz(left)));
    }
    hg_id_print(&event->id, id);
    hg_buf_char(buf, ',');
    hg_buf_add(buf, id, sizeof id);
    csv_text(buf, attributes);
}
