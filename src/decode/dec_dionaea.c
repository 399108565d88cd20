/* Dionaea's JSON lines, as its log_json handler and T-Pot's flat form of it write them. */
#include "decode/worker.h"

enum { TIMESTAMP, CONNECTION, PROTOCOL, TRANSPORT, TYPE, SRC_IP, SRC_PORT, DST_IP, DST_PORT, CREDENTIALS, N_PATHS };
static const char *const paths[N_PATHS] = {
    [TIMESTAMP] = "timestamp",
    [CONNECTION] = "connection",
    [PROTOCOL] = "connection.protocol",
    [TRANSPORT] = "connection.transport",
    [TYPE] = "connection.type",
    [SRC_IP] = "src_ip",
    [SRC_PORT] = "src_port",
    [DST_IP] = "dst_ip",
    [DST_PORT] = "dst_port",
    [CREDENTIALS] = "credentials",
};

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    static const char *const wanted[] = {"connection.protocol", "connection.transport", "timestamp", "dst_ip", "dest_ip"};
    if (hg_worker_read(worker, wanted, 5, record) != HG_REASON_NONE) {
        /* the first line of a log may be cut */
        return memmem(record.p, record.len, "\"connection\": {\"protocol\"", 25) != NULL ? 40 : 0;
    }
    const struct hg_json_doc *doc = &worker->doc;
    if (hg_json_get(doc, 0) == NULL || hg_json_get(doc, 1) == NULL || hg_json_get(doc, 2) == NULL)
        return 0;
    return hg_json_get(doc, 3) == NULL && hg_json_get(doc, 4) != NULL ? 0 : 95; /* Kibana renames dst_ip */
}

static struct hg_slice text_of(const struct hg_json_doc *doc, int slot, struct hg_arena *arena)
{
    return hg_json_text(hg_json_get(doc, slot), arena);
}

static enum hg_decoded malformed(enum hg_reason *ret_reason, enum hg_reason reason)
{
    *ret_reason = reason;
    return HG_MALFORMED;
}

/* {"username": [..]}, or a list of {"username": ..}: neither counts when it is empty. */
static bool has_credentials(const struct hg_json_value *value)
{
    if (value == NULL || (value->type != HG_JSON_OBJECT && value->type != HG_JSON_ARRAY))
        return false;
    return memchr(value->raw.p, '"', value->raw.len) != NULL;
}

/* The first value behind the key in the text of an object or of a list of objects; `credentials` has passed the JSON reader. */
static struct hg_json_value first_value(struct hg_slice text, struct hg_slice key)
{
    bool asked = false;
    for (size_t i = 0, start; i < text.len; i++) {
        if (text.p[i] != '"')
            continue;
        for (start = ++i; i < text.len && text.p[i] != '"'; i++)
            i += text.p[i] == '\\';
        struct hg_slice string = {text.p + start, (i < text.len ? i : text.len) - start};
        size_t after = i + 1;
        while (after < text.len && (text.p[after] == ' ' || text.p[after] == '\t'))
            after++;
        bool is_key = after < text.len && text.p[after] == ':';
        if (asked && !is_key)
            return (struct hg_json_value){string, HG_JSON_STRING, memchr(string.p, '\\', string.len) != NULL};
        asked = is_key && hg_slice_eq(string, key);
    }
    return (struct hg_json_value){.type = HG_JSON_NULL};
}

/* The first pair of those that were tried. */
static void take_credentials(const struct hg_json_value *credentials, struct hg_arena *arena, struct hg_event *event)
{
    struct hg_json_value name = first_value(credentials->raw, HG_SLICE("username")), word = first_value(credentials->raw, HG_SLICE("password"));
    hg_event_take_trait(event, HG_TRAIT_username, hg_json_text(&name, arena));
    hg_event_take_trait(event, HG_TRAIT_password, hg_json_text(&word, arena));
}

static bool take_ports(const struct hg_json_doc *doc, struct hg_arena *arena, struct hg_event *event)
{
    return hg_event_take_port(event, HG_FIELD_source_port, hg_json_number_text(hg_json_get(doc, SRC_PORT), arena)) &&
           hg_event_take_port(event, HG_FIELD_destination_port, hg_json_number_text(hg_json_get(doc, DST_PORT), arena));
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    enum hg_reason reason = hg_worker_read(worker, paths, N_PATHS, record);
    if (reason != HG_REASON_NONE)
        return malformed(ret_reason, reason);
    const struct hg_json_doc *doc = &worker->doc;
    const struct hg_json_value *connection = hg_json_get(doc, CONNECTION);
    struct hg_slice stamp = text_of(doc, TIMESTAMP, arena);
    if (stamp.p == NULL)
        return malformed(ret_reason, HG_REASON_missing_timestamp);
    if (!hg_worker_stamp(worker, HG_STAMP_EVENT, stamp, context->naive_offset_us, &ret_event->time_us))
        return malformed(ret_reason, HG_REASON_bad_timestamp);
    if (connection == NULL || connection->type != HG_JSON_OBJECT)
        return malformed(ret_reason, HG_REASON_missing_field);
    hg_event_start(ret_event, HG_DATASET_dionaea);
    hg_vocab_kind(text_of(doc, TYPE, arena), ret_event);
    hg_event_take_ip(ret_event, HG_FIELD_source_ip, text_of(doc, SRC_IP, arena));
    hg_event_take_ip(ret_event, HG_FIELD_destination_ip, text_of(doc, DST_IP, arena));
    if (!take_ports(doc, arena, ret_event))
        return malformed(ret_reason, HG_REASON_bad_number);
    struct hg_slice protocol = text_of(doc, PROTOCOL, arena);
    hg_vocab_transport(text_of(doc, TRANSPORT, arena), arena, ret_event);
    hg_vocab_application(worker->vocab, protocol, arena, ret_event, counts);
    bool tried = has_credentials(hg_json_get(doc, CREDENTIALS));
    if (tried)
        take_credentials(hg_json_get(doc, CREDENTIALS), arena, ret_event);
    hg_event_take_label(ret_event, HG_LABEL_ATTACK, hg_vocab_dionaea(protocol, tried));
    return HG_DECODED;
}

static const char *const extra[] = {"connection.type", "connection.protocol", "credentials", "ftp", "p0f", "src_hostname"};
static const char *const extra_names[] = {"connection_type", "connection_protocol", "credentials", "ftp", "p0f", "src_hostname"};
#define N_EXTRA (sizeof extra / sizeof extra[0])

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    (void)context;
    (void)arena;
    if (hg_worker_read(worker, extra, N_EXTRA, record) != HG_REASON_NONE)
        return;
    for (size_t i = 0; i < N_EXTRA; i++)
        hg_attribute(w, extra_names[i], &worker->doc, (int)i);
}

const struct hg_decoder hg_decoder_dionaea = {
    .name = "dionaea",
    .summary = "Dionaea honeypot, JSON lines (dionaea.json)",
    .dataset = HG_DATASET_dionaea,
    .framing = HG_FRAME_LINES,
    .naive_offset_us = 0,
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
