/* Suricata's EVE JSON lines. Only `flow` lines carry final counters; `alert` lines carry the packet's addresses. */
#include "decode/worker.h"

#include "base/num.h"

enum {
    TIMESTAMP, EVENT_TYPE, SRC_IP, SRC_PORT, DEST_IP, DEST_PORT, PROTO, APP_PROTO, DIRECTION, PAYLOAD,
    CATEGORY, FLOW_ID,
    FLOW_SRC_IP, FLOW_SRC_PORT, FLOW_DEST_IP, FLOW_DEST_PORT,
    FLOW_START, FLOW_END, FLOW_AGE, BYTES_TOSERVER, BYTES_TOCLIENT, PKTS_TOSERVER, PKTS_TOCLIENT,
    TCP_FLAGS_TS, TCP_FLAGS, TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK, TCP_URG, /* the last six in the order of the bits */
    TLS_JA3, QUIC_JA3, SSH_HASSH, FILE_SHA256, SIGNATURE,
    N_PATHS
};
static const char *const paths[N_PATHS] = {
    [TIMESTAMP] = "timestamp",
    [EVENT_TYPE] = "event_type",
    [SRC_IP] = "src_ip",
    [SRC_PORT] = "src_port",
    [DEST_IP] = "dest_ip",
    [DEST_PORT] = "dest_port",
    [PROTO] = "proto",
    [APP_PROTO] = "app_proto",
    [DIRECTION] = "direction",
    [PAYLOAD] = "payload",
    [CATEGORY] = "alert.category",
    [FLOW_ID] = "flow_id",
    [FLOW_SRC_IP] = "flow.src_ip",
    [FLOW_SRC_PORT] = "flow.src_port",
    [FLOW_DEST_IP] = "flow.dest_ip",
    [FLOW_DEST_PORT] = "flow.dest_port",
    [FLOW_START] = "flow.start",
    [FLOW_END] = "flow.end",
    [FLOW_AGE] = "flow.age",
    [BYTES_TOSERVER] = "flow.bytes_toserver",
    [BYTES_TOCLIENT] = "flow.bytes_toclient",
    [PKTS_TOSERVER] = "flow.pkts_toserver",
    [PKTS_TOCLIENT] = "flow.pkts_toclient",
    [TCP_FLAGS_TS] = "tcp.tcp_flags_ts",
    [TCP_FLAGS] = "tcp.tcp_flags",
    [TCP_FIN] = "tcp.fin",
    [TCP_SYN] = "tcp.syn",
    [TCP_RST] = "tcp.rst",
    [TCP_PSH] = "tcp.psh",
    [TCP_ACK] = "tcp.ack",
    [TCP_URG] = "tcp.urg",
    [TLS_JA3] = "tls.ja3.hash",
    [QUIC_JA3] = "quic.ja3.hash",
    [SSH_HASSH] = "ssh.client.hassh.hash",
    [FILE_SHA256] = "fileinfo.sha256",
    [SIGNATURE] = "alert.signature",
};

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    static const char *const wanted[] = {"timestamp", "event_type", "flow_id", "src_ip", "stats"};
    if (hg_worker_read(worker, wanted, 5, record) != HG_REASON_NONE) {
        /* the first line of a log may be cut */
        return memmem(record.p, record.len, "\"event_type\":", 13) != NULL &&
               memmem(record.p, record.len, "\"timestamp\":", 12) != NULL ? 40 : 0;
    }
    const struct hg_json_doc *doc = &worker->doc;
    if (hg_json_get(doc, 0) == NULL || hg_json_get(doc, 1) == NULL)
        return 0;
    return hg_json_get(doc, 2) != NULL || hg_json_get(doc, 3) != NULL || hg_json_get(doc, 4) != NULL ? 95 : 60;
}

static struct hg_slice text_of(const struct hg_json_doc *doc, int slot, struct hg_arena *arena)
{
    return hg_json_text(hg_json_get(doc, slot), arena);
}

static struct hg_slice number_of(const struct hg_json_doc *doc, int slot, struct hg_arena *arena)
{
    return hg_json_number_text(hg_json_get(doc, slot), arena);
}

/* ---- who to whom */

static bool take_ends(const struct hg_json_doc *doc, const int slots[4], struct hg_arena *arena, struct hg_event *event)
{
    hg_event_take_ip(event, HG_FIELD_source_ip, text_of(doc, slots[0], arena));
    hg_event_take_ip(event, HG_FIELD_destination_ip, text_of(doc, slots[2], arena));
    return hg_event_take_port(event, HG_FIELD_source_port, number_of(doc, slots[1], arena)) &&
           hg_event_take_port(event, HG_FIELD_destination_port, number_of(doc, slots[3], arena));
}

/* Whether the packet that the record shows ran against its flow: direction tells, else the flow's own source. */
static bool is_reply(const struct hg_json_doc *doc, struct hg_slice direction, struct hg_arena *arena)
{
    if (direction.p != NULL)
        return hg_slice_is(direction, "to_client");
    struct hg_slice flow_source = text_of(doc, FLOW_SRC_IP, arena);
    return flow_source.len > 0 && hg_slice_eq(flow_source, text_of(doc, DEST_IP, arena)) &&
           !hg_slice_eq(flow_source, text_of(doc, SRC_IP, arena));
}

static bool take_addresses(const struct hg_json_doc *doc, struct hg_slice direction, struct hg_arena *arena, struct hg_event *event)
{
    static const int packet[4] = {SRC_IP, SRC_PORT, DEST_IP, DEST_PORT};
    static const int turned[4] = {DEST_IP, DEST_PORT, SRC_IP, SRC_PORT};
    static const int flow[4] = {FLOW_SRC_IP, FLOW_SRC_PORT, FLOW_DEST_IP, FLOW_DEST_PORT};
    if (!is_reply(doc, direction, arena))
        return take_ends(doc, packet, arena, event);
    bool whole = hg_json_get(doc, FLOW_SRC_IP) != NULL && hg_json_get(doc, FLOW_DEST_IP) != NULL;
    if (!take_ends(doc, turned, arena, event))
        return false;
    return !whole || take_ends(doc, flow, arena, event);
}

/* ---- counters, flags */

static bool take_duration(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_arena *arena,
                          struct hg_event *event, struct hg_counts *counts)
{
    const struct hg_json_doc *doc = &worker->doc;
    struct hg_slice start = text_of(doc, FLOW_START, arena), end = text_of(doc, FLOW_END, arena);
    int64_t start_us, end_us;
    double seconds;
    if (start.p != NULL && end.p != NULL && hg_worker_stamp(worker, HG_STAMP_START, start, context->naive_offset_us, &start_us) &&
        hg_worker_stamp(worker, HG_STAMP_END, end, context->naive_offset_us, &end_us)) {
        hg_event_take_duration(event, (double)(end_us - start_us) / 1e6, counts);
        return true;
    }
    struct hg_slice age = number_of(doc, FLOW_AGE, arena);
    if (age.len == 0)
        return true;
    if (!hg_num_parse_f64(age, &seconds))
        return false;
    hg_event_take_duration(event, seconds, counts);
    return true;
}

static bool take_counters(const struct hg_json_doc *doc, struct hg_arena *arena, struct hg_event *event, struct hg_counts *counts)
{
    for (int i = 0; i < 4; i++)
        if (!hg_event_take_count(event, (enum hg_field)(HG_FIELD_bytes_sent + i), number_of(doc, BYTES_TOSERVER + i, arena), counts))
            return false;
    return true;
}

/* "1b": the bits of the TCP header, which are ours. */
static bool parse_hex_flags(struct hg_slice text, uint8_t *ret)
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a') + 10;
        if (digit > 15)
            return false;
        value = value << 4 | digit;
    }
    *ret = value & 0x3f;
    return true;
}

static void take_flags(const struct hg_json_doc *doc, struct hg_arena *arena, struct hg_event *event)
{
    uint8_t flags = 0;
    bool known = parse_hex_flags(text_of(doc, TCP_FLAGS_TS, arena), &flags) || parse_hex_flags(text_of(doc, TCP_FLAGS, arena), &flags);
    for (int i = 0; i < 6 && !known; i++) {
        const struct hg_json_value *value = hg_json_get(doc, TCP_FIN + i);
        if (value != NULL && value->type == HG_JSON_TRUE)
            flags |= (uint8_t)(1 << i);
    }
    uint64_t booleans = UINT64_C(0x3f) << TCP_FIN;
    if (known || (doc->present & booleans) != 0)
        hg_event_take_flags(event, flags);
}

static void take_traits(const struct hg_json_doc *doc, struct hg_arena *arena, struct hg_event *event)
{
    static const uint64_t any = UINT64_C(1) << TLS_JA3 | UINT64_C(1) << QUIC_JA3 | UINT64_C(1) << SSH_HASSH | UINT64_C(1) << FILE_SHA256 |
                                UINT64_C(1) << SIGNATURE;
    if ((doc->present & any) == 0)
        return;
    hg_event_take_trait(event, HG_TRAIT_ja3, text_of(doc, QUIC_JA3, arena));
    hg_event_take_trait(event, HG_TRAIT_ja3, text_of(doc, TLS_JA3, arena));
    hg_event_take_trait(event, HG_TRAIT_hassh, text_of(doc, SSH_HASSH, arena));
    hg_event_take_trait(event, HG_TRAIT_file, text_of(doc, FILE_SHA256, arena));
    hg_event_take_trait(event, HG_TRAIT_signature, text_of(doc, SIGNATURE, arena));
}

/* ---- events */

static enum hg_decoded malformed(enum hg_reason *ret_reason, enum hg_reason reason)
{
    *ret_reason = reason;
    return HG_MALFORMED;
}

static bool take_flow(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_arena *arena,
                      struct hg_event *event, struct hg_counts *counts)
{
    if (!hg_slice_is(event->kind, "flow"))
        return true;
    return take_duration(context, worker, arena, event, counts) && take_counters(&worker->doc, arena, event, counts);
}

static void take_rest(struct hg_decode_worker *worker, struct hg_slice direction, struct hg_arena *arena, struct hg_event *event,
                      struct hg_counts *counts)
{
    const struct hg_json_doc *doc = &worker->doc;
    hg_vocab_transport(text_of(doc, PROTO, arena), arena, event);
    hg_vocab_application(worker->vocab, text_of(doc, APP_PROTO, arena), arena, event, counts);
    if (hg_slice_is(direction, "to_server") || hg_slice_is(direction, "to_client")) /* the latter was turned */
        hg_event_take_direction(event, HG_INBOUND);
    take_flags(doc, arena, event);
    take_traits(doc, arena, event);
    const struct hg_json_value *flow = hg_json_get(doc, FLOW_ID);
    event->session = flow == NULL ? HG_SLICE_NONE : hg_json_number_text(flow, arena); /* one flow, one subject */
    hg_event_take_payload(event, text_of(doc, PAYLOAD, arena), HG_PAYLOAD_BASE64);
    if (hg_slice_is(event->kind, "alert"))
        hg_event_take_label(event, HG_LABEL_ATTACK, hg_vocab_category(text_of(doc, CATEGORY, arena)));
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    enum hg_reason reason = hg_worker_read(worker, paths, N_PATHS, record);
    if (reason != HG_REASON_NONE)
        return malformed(ret_reason, reason);
    const struct hg_json_doc *doc = &worker->doc;
    struct hg_slice stamp = text_of(doc, TIMESTAMP, arena), type = text_of(doc, EVENT_TYPE, arena);
    struct hg_slice direction = text_of(doc, DIRECTION, arena);
    if (stamp.p == NULL)
        return malformed(ret_reason, HG_REASON_missing_timestamp);
    if (!hg_worker_stamp(worker, HG_STAMP_EVENT, stamp, context->naive_offset_us, &ret_event->time_us))
        return malformed(ret_reason, HG_REASON_bad_timestamp);
    if (type.len == 0)
        return malformed(ret_reason, HG_REASON_missing_field);
    if (hg_json_get(doc, SRC_IP) == NULL && hg_json_get(doc, DEST_IP) == NULL) { /* stats, engine messages */
        *ret_reason = HG_REASON_no_event;
        return HG_SKIPPED;
    }
    hg_event_start(ret_event, HG_DATASET_suricata);
    hg_vocab_kind(type, ret_event);
    if (!take_addresses(doc, direction, arena, ret_event) || !take_flow(context, worker, arena, ret_event, counts))
        return malformed(ret_reason, HG_REASON_bad_number);
    take_rest(worker, direction, arena, ret_event, counts);
    return HG_DECODED;
}

/* ---- attributes */

static const char *const extra[] = {
    "event_type", "flow_id", "in_iface", "direction", "alert.action", "alert.gid", "alert.signature_id", "alert.rev",
    "alert.signature", "alert.category", "alert.severity", "alert.metadata", "http", "tls", "dns", "ssh", "smb", "smtp", "ftp",
    "ftp_data", "tftp", "rdp", "rfb", "sip", "snmp", "mqtt", "krb5", "dhcp", "ike", "nfs", "quic", "dcerpc", "pgsql",
    "bittorrent_dht", "email", "fileinfo", "anomaly", "drop", "icmp_type", "icmp_code", "flow", "tcp", "metadata", "tx_id",
    "community_id", "vlan", "pkt_src", "app_proto_tc", "app_proto_orig",
};
#define N_EXTRA (sizeof extra / sizeof extra[0])
enum { EXTRA_FLOW_ID = 1, EXTRA_DIRECTION = 3 };

/* Members of `alert` are lifted; its metadata must not meet the record's own. */
static const char *attribute_name(size_t i)
{
    if (i == EXTRA_DIRECTION)
        return "packet_direction";
    if (strcmp(extra[i], "alert.metadata") == 0)
        return "alert_metadata";
    const char *dot = strchr(extra[i], '.');
    return dot == NULL ? extra[i] : dot + 1;
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    (void)context;
    if (hg_worker_read(worker, extra, N_EXTRA, record) != HG_REASON_NONE)
        return;
    uint64_t present = worker->doc.present;
    for (; present != 0; present &= present - 1) {
        int i = __builtin_ctzll(present);
        if (i == EXTRA_FLOW_ID) { /* more than a double can hold: a string */
            hg_jsonw_key(w, "flow_id");
            hg_jsonw_str(w, number_of(&worker->doc, i, arena));
            continue;
        }
        hg_attribute(w, attribute_name((size_t)i), &worker->doc, i);
    }
}

const struct hg_decoder hg_decoder_suricata = {
    .name = "suricata",
    .summary = "Suricata EVE JSON lines (eve.json)",
    .dataset = HG_DATASET_suricata,
    .framing = HG_FRAME_LINES,
    .naive_offset_us = 0,
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
