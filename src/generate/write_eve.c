#include "base/base64.h"
#include "core/event.h"
#include "generate/world.h"
#include "generate/write.h"

static const char *const tls_clients[][2] = {
    {"d9c220b9fbb10f0ead3fb77b3e5874b4",
     "771,4865-4866-4867-49195-49199-49196-49200-52393-52392,0-23-65281-10-11-35-16-5-13-51-45-43,29-23-24,0"},
    {"48b81497fd93d633c0ff283a8ad201a3",
     "771,49196-49195-49200-49199-159-158-49188-49187,0-5-10-11-13-35-23-65281,29-23-24,0"},
    {"91a5487cee177ff2f32a3140582f5144",
     "771,4866-4865-4867-49200-49199-107-103-61-60,11-10-35-22-23-13-43-45-51,29-23-25-24,0-1-2"},
};

static char *put_time(char *p, int64_t time_us)
{
    *p++ = '"';
    p = txt_second(p, time_us);
    p = txt_micros(p, time_us);
    return TXT(p, "+0000\"");
}

static char *put_address(char *p, const struct hg_gen_flow *flow, uint32_t address)
{
    return flow->app == HG_APP_DHCP6 ? txt_ip6_local(p, address) : txt_ip(p, address);
}

static const char *transport(const struct hg_gen_flow *flow)
{
    const char *name = hg_gen_service((enum hg_gen_app)flow->app)->protocol;
    return *name == 't' ? "TCP" : *name == 'u' ? "UDP" : "ICMP";
}

static char *put_endpoint(char *p, const struct hg_gen_flow *flow, bool source)
{
    p = source ? TXT(p, ",\"src_ip\":\"") : TXT(p, ",\"dest_ip\":\"");
    p = put_address(p, flow, source ? flow->source : flow->destination);
    *p++ = '"';
    if (flow->app == HG_APP_ICMP)
        return p;
    p = source ? TXT(p, ",\"src_port\":") : TXT(p, ",\"dest_port\":");
    return txt_u64(p, source ? flow->source_port : flow->destination_port);
}

static char *put_head(char *p, const struct hg_gen_flow *flow, const char *type, int64_t time_us)
{
    p = TXT(p, "{\"timestamp\":");
    p = put_time(p, time_us);
    p = TXT(p, ",\"flow_id\":");
    p = txt_u64(p, flow->id);
    p = TXT(p, ",\"in_iface\":\"ens18\",\"event_type\":\"");
    p = txt_text(p, type);
    *p++ = '"';
    p = put_endpoint(p, flow, true);
    p = put_endpoint(p, flow, false);
    p = TXT(p, ",\"proto\":\"");
    p = txt_text(p, transport(flow));
    *p++ = '"';
    if (flow->app == HG_APP_ICMP)
        p = TXT(p, ",\"icmp_type\":8,\"icmp_code\":0");
    return p;
}

/* What the engine recognised: nothing without data, now and then "failed". */
static const char *app_proto(const struct hg_gen_flow *flow)
{
    const char *name = hg_gen_service((enum hg_gen_app)flow->app)->eve;
    if (hg_gen_app_is_tcp((enum hg_gen_app)flow->app)) {
        if (flow->data[0] == 0 || flow->outcome == HG_OUT_MIDSTREAM)
            return NULL;
        if (name == NULL)
            return flow->id % 4 == 0 ? "failed" : NULL;
    }
    return name;
}

static char *put_counters(char *p, const struct hg_gen_flow *flow)
{
    p = TXT(p, ",\"flow\":{\"pkts_toserver\":");
    p = txt_u64(p, flow->packets[0]);
    p = TXT(p, ",\"pkts_toclient\":");
    p = txt_u64(p, flow->packets[1]);
    p = TXT(p, ",\"bytes_toserver\":");
    p = txt_u64(p, flow->bytes[0]);
    p = TXT(p, ",\"bytes_toclient\":");
    p = txt_u64(p, flow->bytes[1]);
    p = TXT(p, ",\"start\":");
    return put_time(p, flow->start_us);
}

static const char *state(const struct hg_gen_flow *flow)
{
    if (!hg_gen_app_is_tcp((enum hg_gen_app)flow->app))
        return flow->packets[1] > 0 ? "established" : "new";
    if (flow->outcome == HG_OUT_UNANSWERED || flow->outcome == HG_OUT_MIDSTREAM)
        return "new";
    return flow->outcome == HG_OUT_OPEN ? "established" : "closed";
}

static uint8_t engine_flags(const struct hg_gen_flow *flow, unsigned side) /* a stream without SYN is not followed */
{
    return flow->outcome == HG_OUT_MIDSTREAM ? 0 : flow->flags[side];
}

static char *put_tcp(char *p, const struct hg_gen_flow *flow)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } names[] = {{HG_TCP_SYN, ",\"syn\":true"},
                 {HG_TCP_FIN, ",\"fin\":true"},
                 {HG_TCP_RST, ",\"rst\":true"},
                 {HG_TCP_PSH, ",\"psh\":true"},
                 {HG_TCP_ACK, ",\"ack\":true"}};
    uint8_t ts = engine_flags(flow, 0), tc = engine_flags(flow, 1), all = ts | tc;
    p = TXT(p, ",\"tcp\":{\"tcp_flags\":\"");
    p = txt_hex(p, all, 2);
    p = TXT(p, "\",\"tcp_flags_ts\":\"");
    p = txt_hex(p, ts, 2);
    p = TXT(p, "\",\"tcp_flags_tc\":\"");
    p = txt_hex(p, tc, 2);
    *p++ = '"';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (all & names[i].bit)
            p = txt_text(p, names[i].text);
    if (all != 0) {
        p = TXT(p, ",\"state\":\"");
        p = txt_text(p, flow->outcome == HG_OUT_UNANSWERED ? "syn_sent"
                        : flow->outcome == HG_OUT_OPEN     ? "established"
                                                           : "closed");
        p = TXT(p, "\",\"ts_max_regions\":1,\"tc_max_regions\":1");
    }
    *p++ = '}';
    return p;
}

static char *put_flow(char *p, const struct hg_gen_flow *flow)
{
    const char *app = app_proto(flow);
    if (app != NULL) {
        p = TXT(p, ",\"app_proto\":\"");
        p = txt_text(p, app);
        *p++ = '"';
    }
    p = put_counters(p, flow);
    p = TXT(p, ",\"end\":");
    p = put_time(p, flow->end_us);
    p = TXT(p, ",\"age\":");
    p = txt_u64(p, (uint64_t)(flow->end_us / HG_SECOND - flow->start_us / HG_SECOND));
    p = TXT(p, ",\"state\":\"");
    p = txt_text(p, state(flow));
    p = flow->id % 31 == 0 ? TXT(p, "\",\"reason\":\"shutdown\"") : TXT(p, "\",\"reason\":\"timeout\"");
    p = flow->alerted ? TXT(p, ",\"alerted\":true}") : TXT(p, ",\"alerted\":false}");
    if (flow->id % 5 < 2 && app != NULL && flow->app == HG_APP_TLS)
        p = TXT(p, ",\"metadata\":{\"flowbits\":[\"known.tls.port\"]}");
    if (hg_gen_app_is_tcp((enum hg_gen_app)flow->app))
        p = put_tcp(p, flow);
    return p;
}

static char *put_dns(char *p, const struct hg_gen_flow *flow, bool answer)
{
    const char *host = hg_gen_host_name(flow);
    p = TXT(p, ",\"pkt_src\":\"wire/pcap\",\"dns\":{\"version\":2,\"type\":\"");
    p = answer ? TXT(p, "answer\",\"id\":") : TXT(p, "query\",\"id\":");
    p = txt_u64(p, flow->id & 0xffff);
    if (answer)
        p = TXT(p, ",\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0");
    p = TXT(p, ",\"rrname\":\"");
    p = txt_text(p, host);
    if (!answer)
        return TXT(p, "\",\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}");
    p = TXT(p, "\",\"rrtype\":\"A\",\"rcode\":\"NOERROR\",\"answers\":[{\"rrname\":\"");
    p = txt_text(p, host);
    p = TXT(p, "\",\"rrtype\":\"A\",\"ttl\":");
    p = txt_u64(p, 30 + flow->id % 3570);
    p = TXT(p, ",\"rdata\":\"");
    p = txt_ip(p, hg_world_public(500000 + flow->id % 600));
    p = TXT(p, "\"}],\"grouped\":{\"A\":[\"");
    p = txt_ip(p, hg_world_public(500000 + flow->id % 600));
    return TXT(p, "\"]}}");
}

static char *put_tls(char *p, const struct hg_gen_flow *flow)
{
    const char *const *client = tls_clients[hg_mix64(flow->source) % 3];
    p = TXT(p, ",\"pkt_src\":\"wire/pcap\",\"tls\":{\"sni\":\"");
    p = txt_text(p, hg_gen_host_name(flow));
    p = TXT(p, "\",\"version\":\"TLS 1.3\",\"ja3\":{\"hash\":\"");
    p = txt_text(p, client[0]);
    p = TXT(p, "\",\"string\":\"");
    p = txt_text(p, client[1]);
    return TXT(p, "\"},\"ja3s\":{\"hash\":\"eb1d94daa7e0344597e756a1fb6e7054\",\"string\":\"771,4865,51-43\"}}");
}

static char *put_http(char *p, const struct hg_gen_flow *flow)
{
    static const char *const agents[] = {
        "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0", "curl/8.5.0", "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"};
    p = TXT(p, "\"http\":{\"hostname\":\"");
    p = txt_text(p, hg_gen_host_name(flow));
    p = TXT(p, "\",\"url\":\"");
    p = txt_json(p, hg_gen_url(flow));
    p = TXT(p, "\",\"http_user_agent\":\"");
    p = txt_text(p, agents[hg_mix64(flow->id + 3) & 3]);
    p = TXT(p, "\",\"http_content_type\":\"text/html\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":");
    p = flow->id % 9 == 0 ? TXT(p, "404") : TXT(p, "200");
    p = TXT(p, ",\"length\":");
    p = txt_u64(p, flow->data[1]);
    *p++ = '}';
    return p;
}

static char *put_fileinfo(char *p, const struct hg_gen_flow *flow)
{
    p = TXT(p, ",\"pkt_src\":\"wire/pcap\",");
    p = put_http(p, flow);
    p = TXT(p, ",\"app_proto\":\"http\",\"fileinfo\":{\"filename\":\"");
    p = txt_json(p, hg_gen_url(flow));
    p = TXT(p, "\",\"magic\":\"HTML document, ASCII text\",\"gaps\":false,\"state\":\"CLOSED\",\"md5\":\"");
    p = txt_hex(p, hg_mix64(flow->id), 16);
    p = txt_hex(p, hg_mix64(flow->id + 1), 16);
    p = TXT(p, "\",\"stored\":false,\"size\":");
    p = txt_u64(p, flow->data[1]);
    return TXT(p, ",\"tx_id\":0}");
}

static char *put_ssh(char *p, const struct hg_gen_flow *flow)
{
    static const char *const clients[] = {"OpenSSH_9.2p1", "Go", "libssh2_1.10.0", "OpenSSH_8.9p1"};
    p = TXT(p,
            ",\"pkt_src\":\"stream (detect/log)\",\"metadata\":{\"flowbits\":[\"is_ssh_client_banner\"]},\"tx_id\":0,"
            "\"ssh\":{\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"");
    p = txt_text(p, clients[hg_mix64(flow->source + 1) & 3]);
    p = TXT(p, "\",\"hassh\":{\"hash\":\"");
    p = txt_hex(p, hg_mix64(hg_mix64(flow->source + 1) & 3), 16);
    p = txt_hex(p, hg_mix64((hg_mix64(flow->source + 1) & 3) + 9), 16);
    return TXT(
        p,
        "\",\"string\":\"curve25519-sha256,ecdh-sha2-nistp256;aes128-ctr,aes256-ctr;hmac-sha2-256,hmac-sha1;none\"}},"
        "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2p1\"}}");
}

struct signature {
    uint32_t id;
    const char *text, *category;
    uint8_t severity;
};

/* By attack type; the first is for everyday traffic, which rules hit by mistake too. Names in the manner of the public
 * rule sets. */
static const struct signature *signature_of(const struct hg_gen_flow *flow)
{
    static const struct signature none[] = {
        {2210061, "SURICATA STREAM spurious retransmission", "Generic Protocol Command Decode", 3},
        {9000001, "LOCAL INFO Unusual User-Agent", "Potentially Bad Traffic", 2},
        {9000002, "LOCAL POLICY File sharing client", "Potential Corporate Privacy Violation", 1},
    };
    static const struct signature scan = {9000010, "LOCAL SCAN Many ports from one host", "Attempted Information Leak",
                                          2};
    static const struct signature guess = {9000011, "LOCAL SCAN Repeated log-in attempts",
                                           "Attempt to login by a default username and password", 2};
    static const struct signature flood = {9000012, "LOCAL DOS Web requests above the limit",
                                           "Attempted Denial of Service", 2};
    static const struct signature exploit = {9000013, "LOCAL EXPLOIT SMB transaction out of bounds",
                                             "Attempted Administrator Privilege Gain", 1};
    static const struct signature leak = {9000014, "LOCAL POLICY Large upload to an unknown host",
                                          "Large Scale Information Leak", 2};
    static const struct signature beacon = {9000015, "LOCAL MALWARE Check-in to a known server",
                                            "Malware Command and Control Activity Detected", 1};
    switch (flow->attack_type) {
    case HG_ATTACK_TYPE_scan:
        return &scan;
    case HG_ATTACK_TYPE_brute_force:
        return &guess;
    case HG_ATTACK_TYPE_flood:
        return &flood;
    case HG_ATTACK_TYPE_exploit:
        return &exploit;
    case HG_ATTACK_TYPE_exfiltration:
        return &leak;
    case HG_ATTACK_TYPE_command_and_control:
        return &beacon;
    default:
        return &none[flow->id % 3];
    }
}

static char *put_alert(char *p, const struct hg_gen_flow *flow)
{
    const struct signature *s = signature_of(flow);
    const char *app = app_proto(flow);
    p = TXT(p, ",\"pkt_src\":\"wire/pcap\",\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":");
    p = txt_u64(p, s->id);
    p = TXT(p, ",\"rev\":2,\"signature\":\"");
    p = txt_text(p, s->text);
    p = TXT(p, "\",\"category\":\"");
    p = txt_text(p, s->category);
    p = TXT(p, "\",\"severity\":");
    p = txt_u64(p, s->severity);
    p = TXT(p, ",\"metadata\":{\"confidence\":[\"Medium\"],\"signature_severity\":[\"Informational\"]}}");
    if (app != NULL) {
        p = TXT(p, ",\"app_proto\":\"");
        p = txt_text(p, app);
        *p++ = '"';
    }
    p = TXT(p, ",\"direction\":\"to_server\",\"flow\":{\"pkts_toserver\":1,\"pkts_toclient\":0,\"bytes_toserver\":");
    p = txt_u64(p, flow->bytes[0] / (flow->packets[0] != 0 ? flow->packets[0] : 1));
    p = TXT(p, ",\"bytes_toclient\":0,\"start\":");
    p = put_time(p, flow->start_us);
    p = put_endpoint(p, flow, true);
    p = put_endpoint(p, flow, false);
    *p++ = '}';
    char bytes[HG_GEN_PAYLOAD_BYTES];
    size_t len = hg_gen_payload(flow, 0, bytes);
    p = TXT(p, ",\"payload\":\"");
    p += hg_base64_encode((struct hg_slice){bytes, len}, p);
    return TXT(p, "\",\"stream\":0");
}

char *hg_write_eve(char *p, enum hg_gen_line line, const struct hg_gen_flow *flow, int64_t time_us)
{
    static const char *const types[] = {"flow", "dns", "dns", "tls", "http", "fileinfo", "ssh", "alert", "anomaly"};
    p = put_head(p, flow, types[line], time_us);
    switch (line) {
    case HG_LINE_FLOW:
        p = put_flow(p, flow);
        break;
    case HG_LINE_DNS_QUERY:
    case HG_LINE_DNS_ANSWER:
        p = put_dns(p, flow, line == HG_LINE_DNS_ANSWER);
        break;
    case HG_LINE_TLS:
        p = put_tls(p, flow);
        break;
    case HG_LINE_HTTP:
        p = TXT(p, ",\"pkt_src\":\"wire/pcap\",\"tx_id\":0,");
        p = put_http(p, flow);
        break;
    case HG_LINE_FILEINFO:
        p = put_fileinfo(p, flow);
        break;
    case HG_LINE_SSH:
        p = put_ssh(p, flow);
        break;
    case HG_LINE_ALERT:
        p = put_alert(p, flow);
        break;
    case HG_LINE_ANOMALY:
        p = TXT(p, ",\"pkt_src\":\"stream (flow "
                   "timeout)\",\"tx_id\":0,\"anomaly\":{\"app_proto\":\"ssh\",\"type\":\"applayer\","
                   "\"event\":\"invalid_banner\",\"layer\":\"proto_parser\"}");
        break;
    }
    *p++ = '}';
    return p;
}

char *hg_write_eve_stats(char *p, int64_t time_us, uint64_t uptime_s, uint64_t flows)
{
    p = TXT(p, "{\"timestamp\":");
    p = put_time(p, time_us);
    p = TXT(p, ",\"event_type\":\"stats\",\"stats\":{\"uptime\":");
    p = txt_u64(p, uptime_s);
    p = TXT(p, ",\"capture\":{\"kernel_packets\":");
    p = txt_u64(p, flows * 41);
    p = TXT(p, ",\"kernel_drops\":0,\"errors\":0},\"decoder\":{\"pkts\":");
    p = txt_u64(p, flows * 41);
    p = TXT(p, ",\"bytes\":");
    p = txt_u64(p, flows * 30127);
    p = TXT(p, ",\"invalid\":0},\"flow\":{\"total\":");
    p = txt_u64(p, flows);
    return TXT(p, ",\"memcap\":0,\"memuse\":7394304}}}");
}
