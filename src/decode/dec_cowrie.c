/* Cowrie's JSON lines. Ports, destination and protocol of a session come from src/normalise/sessions.c. */
#include "decode/worker.h"

#include "base/num.h"

enum {
    TIMESTAMP, EVENTID, SRC_IP, SRC_PORT, DST_IP, DST_PORT, SESSION, PROTOCOL, DURATION, INPUT, DATA,
    USERNAME, PASSWORD, SHASUM, HASSH, URL, VERSION,
    N_PATHS
};
static const char *const paths[N_PATHS] = {
    [TIMESTAMP] = "timestamp", [EVENTID] = "eventid",   [SRC_IP] = "src_ip",     [SRC_PORT] = "src_port",
    [DST_IP] = "dst_ip",       [DST_PORT] = "dst_port", [SESSION] = "session",   [PROTOCOL] = "protocol",
    [DURATION] = "duration",   [INPUT] = "input",       [DATA] = "data",         [USERNAME] = "username",
    [PASSWORD] = "password",   [SHASUM] = "shasum",     [HASSH] = "hassh",       [URL] = "url",
    [VERSION] = "version",
};

#define PREFIX      HG_SLICE("cowrie.")
#define PROXY_START HG_SLICE("direct-tcpip.")

static struct hg_slice kind_of(struct hg_slice eventid)
{
    return hg_slice_starts(eventid, PREFIX) ? hg_slice_from(eventid, PREFIX.len) : eventid;
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    static const char *const wanted[] = {"eventid", "timestamp"};
    if (hg_worker_read(worker, wanted, 2, record) != HG_REASON_NONE) {
        /* the first line of a log may be cut */
        return memmem(record.p, record.len, "\"eventid\"", 9) != NULL && memmem(record.p, record.len, "\"cowrie.", 8) != NULL ? 40 : 0;
    }
    const struct hg_json_value *eventid = hg_json_get(&worker->doc, 0);
    if (eventid == NULL || eventid->type != HG_JSON_STRING)
        return 0;
    return hg_slice_starts(eventid->raw, PREFIX) ? 100 : 0;
}

static struct hg_slice text_of(const struct hg_json_doc *doc, int slot, struct hg_arena *arena)
{
    return hg_json_text(hg_json_get(doc, slot), arena);
}

static struct hg_slice number_of(const struct hg_json_doc *doc, int slot, struct hg_arena *arena)
{
    return hg_json_number_text(hg_json_get(doc, slot), arena);
}

/* Older versions don't name the protocol; the port does. */
static struct hg_slice protocol_of(const struct hg_event *event, struct hg_slice protocol)
{
    if (protocol.len > 0 || !hg_event_has(event, HG_FIELD_destination_port))
        return protocol;
    if (event->destination_port == 22 || event->destination_port == 2222)
        return HG_SLICE("ssh");
    if (event->destination_port == 23 || event->destination_port == 2223)
        return HG_SLICE("telnet");
    return HG_SLICE_NONE;
}

/* The session's ends, where the record says them. In direct-tcpip.* these keys mean the proxy's target. */
static bool take_ends(struct hg_decode_worker *worker, struct hg_arena *arena, struct hg_event *event)
{
    const struct hg_json_doc *doc = &worker->doc;
    hg_event_take_ip(event, HG_FIELD_source_ip, text_of(doc, SRC_IP, arena));
    if (hg_slice_starts(event->kind, PROXY_START))
        return true;
    hg_event_take_ip(event, HG_FIELD_destination_ip, text_of(doc, DST_IP, arena));
    return hg_event_take_port(event, HG_FIELD_source_port, number_of(doc, SRC_PORT, arena)) &&
           hg_event_take_port(event, HG_FIELD_destination_port, number_of(doc, DST_PORT, arena));
}

/* session.closed says how long the session was, as a number or as a string; log.closed's duration is another thing. */
static bool take_duration(struct hg_decode_worker *worker, struct hg_arena *arena, struct hg_event *event, struct hg_counts *counts)
{
    double seconds;
    struct hg_slice text = number_of(&worker->doc, DURATION, arena);
    if (!hg_slice_is(event->kind, "session.closed") || text.len == 0)
        return true;
    if (!hg_num_parse_f64(text, &seconds))
        return false;
    hg_event_take_duration(event, seconds, counts);
    return true;
}

static void take_payload(struct hg_decode_worker *worker, struct hg_arena *arena, struct hg_event *event)
{
    struct hg_slice input = text_of(&worker->doc, INPUT, arena);
    if (input.len > 0) {
        hg_event_take_payload(event, input, HG_PAYLOAD_BYTES);
        return;
    }
    struct hg_slice data = text_of(&worker->doc, DATA, arena);
    bool is_repr = data.len >= 3 && data.p[0] == 'b' && (data.p[1] == '\'' || data.p[1] == '"');
    hg_event_take_payload(event, data, is_repr ? HG_PAYLOAD_PYTHON : HG_PAYLOAD_BYTES);
}

/* log.closed has a shasum too: of the sensor's own recording, which is nothing that an attacker brought. */
static void take_traits(const struct hg_json_doc *doc, struct hg_arena *arena, struct hg_event *event)
{
    static const uint64_t any = UINT64_C(1) << USERNAME | UINT64_C(1) << PASSWORD | UINT64_C(1) << SHASUM | UINT64_C(1) << HASSH |
                                UINT64_C(1) << INPUT | UINT64_C(1) << VERSION;
    if ((doc->present & any) == 0)
        return;
    hg_event_take_trait(event, HG_TRAIT_username, text_of(doc, USERNAME, arena));
    hg_event_take_trait(event, HG_TRAIT_password, text_of(doc, PASSWORD, arena));
    hg_event_take_trait(event, HG_TRAIT_hassh, text_of(doc, HASSH, arena));
    hg_event_take_trait(event, HG_TRAIT_client, text_of(doc, VERSION, arena));
    if (hg_slice_starts(event->kind, HG_SLICE("command.")))
        hg_event_take_trait(event, HG_TRAIT_command, text_of(doc, INPUT, arena));
    if (hg_slice_starts(event->kind, HG_SLICE("session.file_"))) {
        hg_event_take_trait(event, HG_TRAIT_file, text_of(doc, SHASUM, arena));
        hg_event_take_trait(event, HG_TRAIT_url, text_of(doc, URL, arena));
    }
}

static enum hg_decoded malformed(enum hg_reason *ret_reason, enum hg_reason reason)
{
    *ret_reason = reason;
    return HG_MALFORMED;
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    enum hg_reason reason = hg_worker_read(worker, paths, N_PATHS, record);
    if (reason != HG_REASON_NONE)
        return malformed(ret_reason, reason);
    const struct hg_json_doc *doc = &worker->doc;
    struct hg_slice stamp = text_of(doc, TIMESTAMP, arena), eventid = text_of(doc, EVENTID, arena);
    if (stamp.p == NULL)
        return malformed(ret_reason, HG_REASON_missing_timestamp);
    if (!hg_worker_stamp(worker, HG_STAMP_EVENT, stamp, context->naive_offset_us, &ret_event->time_us))
        return malformed(ret_reason, HG_REASON_bad_timestamp);
    if (eventid.len == 0)
        return malformed(ret_reason, HG_REASON_missing_field);
    hg_event_start(ret_event, HG_DATASET_cowrie);
    hg_vocab_kind(kind_of(eventid), ret_event);
    if (!take_ends(worker, arena, ret_event) || !take_duration(worker, arena, ret_event, counts))
        return malformed(ret_reason, HG_REASON_bad_number);
    hg_vocab_transport(HG_SLICE("tcp"), arena, ret_event);
    hg_vocab_application(worker->vocab, protocol_of(ret_event, text_of(doc, PROTOCOL, arena)), arena, ret_event, counts);
    ret_event->session = text_of(doc, SESSION, arena);
    take_payload(worker, arena, ret_event);
    take_traits(doc, arena, ret_event);
    enum hg_label label;
    enum hg_attack_type type = hg_vocab_cowrie(ret_event->kind, &label);
    hg_event_take_label(ret_event, label, type);
    return HG_DECODED;
}

/* Attributes are named as Cowrie names them. Slots from PROXY_ONLY on are written for direct-tcpip.* only, and duration for
 * everything but session.closed, whose duration is the event's. */
static const char *const extra[] = {"eventid",  "session",  "sensor",   "username", "password",    "input",  "url",
                                    "shasum",   "hassh",    "version",  "outfile",  "destfile",    "filename", "ttylog",
                                    "size",     "duplicate", "arch",    "name",     "value",       "width",  "height",
                                    "fingerprint", "key",   "type",     "id",       "system",      "isError", "duration",
                                    "dst_ip",   "dst_port", "src_port"};
#define N_EXTRA    (sizeof extra / sizeof extra[0])
#define PROXY_ONLY (N_EXTRA - 3)
#define OWN_DURATION (N_EXTRA - 4)

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    (void)context;
    if (hg_worker_read(worker, extra, N_EXTRA, record) != HG_REASON_NONE)
        return;
    struct hg_slice kind = kind_of(text_of(&worker->doc, 0, arena));
    bool proxy = hg_slice_starts(kind, PROXY_START), closed = hg_slice_is(kind, "session.closed");
    size_t n = proxy ? N_EXTRA : PROXY_ONLY;
    for (size_t i = 0; i < n; i++)
        if (i != OWN_DURATION || !closed)
            hg_attribute(w, extra[i], &worker->doc, (int)i);
}

const struct hg_decoder hg_decoder_cowrie = {
    .name = "cowrie",
    .summary = "Cowrie SSH and Telnet honeypot, JSON lines (cowrie.json)",
    .dataset = HG_DATASET_cowrie,
    .framing = HG_FRAME_LINES,
    .naive_offset_us = 0,
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
