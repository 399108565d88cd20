#include "core/probe.h"

#define EXFILTRATION_TIMES 20.0 /* of the usual, at full strength */
#define FLOOD_SOURCES      250u
#define BEACON_JITTER      0.05
#define HTTPS              443

static const struct {
    const char *name, *words;
    unsigned events;
    int64_t span_us;
} probes[] = {
#define HG_PROBE(name, words, events, seconds) {#name, words, events, seconds * HG_SECOND},
#include "core/probes.def"
#undef HG_PROBE
};

const char *hg_probe_name(enum hg_probe_kind kind)
{
    return probes[kind].name;
}

const char *hg_probe_words(enum hg_probe_kind kind)
{
    return probes[kind].words;
}

bool hg_probe_template(const struct hg_event *event)
{
    static const enum hg_field needed[] = {HG_FIELD_event_time, HG_FIELD_source_ip, HG_FIELD_destination_ip, HG_FIELD_destination_port,
                                           HG_FIELD_bytes_sent, HG_FIELD_packets_sent, HG_FIELD_packets_received};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!hg_event_has(event, needed[i]))
            return false;
    bool flow = event->dataset != HG_DATASET_suricata || hg_slice_is(event->kind, "flow");
    return flow && !hg_dataset_is_honeypot((enum hg_dataset)event->dataset) && hg_slice_is(event->protocol, "tcp") && event->packets_received > 0;
}

/* A number for event i, the same each time. */
static uint64_t draw(const struct hg_probe *probe, unsigned i, unsigned what)
{
    return hg_mix64(hg_mix64(probe->key + what) + i);
}

static double unit(uint64_t drawn)
{
    return (double)(drawn >> 11) * 0x1.0p-53;
}

unsigned hg_probe_events(const struct hg_probe *probe)
{
    double n = probe->kind == HG_PROBE_exfiltration ? probes[probe->kind].events : probe->strength * probes[probe->kind].events;
    return n < 1 ? 1 : (unsigned)n;
}

int64_t hg_probe_time(const struct hg_probe *probe, unsigned i)
{
    double step = (double)probes[probe->kind].span_us / hg_probe_events(probe);
    double jitter = probe->kind == HG_PROBE_beacon ? BEACON_JITTER : 0.5;
    return probe->start_us + (int64_t)(step * (i + jitter * unit(draw(probe, i, 1))));
}

/* ---- addresses */
static struct hg_ip test_address(uint64_t drawn)
{
    return hg_ip_v4((198u << 24 | 18u << 16) + (uint32_t)(drawn % (1u << 17)));
}

static bool comes_from_outside(enum hg_probe_kind kind)
{
    return kind == HG_PROBE_scan || kind == HG_PROBE_brute_force || kind == HG_PROBE_flood;
}

void hg_probe_aim(struct hg_probe *probe, const struct hg_event *template)
{
    probe->outside = test_address(draw(probe, 0, 2) | 1u << 16);
    if (probe->in_test_block)
        probe->inside = test_address(draw(probe, 0, 10) & ~(UINT64_C(1) << 16)); /* of the block's other half */
    else
        probe->inside = hg_ip_is_private(&template->source_ip) ? template->source_ip : template->destination_ip;
}

/* The i-th after an address in its /16. */
static struct hg_ip neighbour(struct hg_ip ip, unsigned i)
{
    unsigned low = ((unsigned)ip.b[14] << 8 | ip.b[15]) + i;
    ip.b[14] = (uint8_t)(low >> 8);
    ip.b[15] = (uint8_t)low;
    return ip;
}

/* What the record would say of the way; where templates don't say, nothing does, but in the test block, of which nobody could tell. */
static void set_ends(const struct hg_probe *probe, struct hg_event *event)
{
    bool inward = comes_from_outside(probe->kind);
    event->source_ip = inward ? probe->outside : probe->inside;
    event->destination_ip = inward ? probe->inside : probe->outside;
    if (probe->in_test_block)
        hg_event_set_present(event, HG_FIELD_direction);
    if (hg_event_has(event, HG_FIELD_direction))
        event->direction = inward ? HG_INBOUND : HG_OUTBOUND;
}

/* ---- what is counted */
static void set_count(struct hg_event *event, enum hg_field field, int64_t *at, int64_t value)
{
    if (hg_event_has(event, field))
        *at = value;
}

static void set_traffic(struct hg_event *event, int64_t sent, int64_t received, int64_t packets_sent, int64_t packets_received, double seconds,
                        uint8_t flags)
{
    set_count(event, HG_FIELD_bytes_sent, &event->bytes_sent, sent);
    set_count(event, HG_FIELD_bytes_received, &event->bytes_received, received);
    set_count(event, HG_FIELD_packets_sent, &event->packets_sent, packets_sent);
    set_count(event, HG_FIELD_packets_received, &event->packets_received, packets_received);
    if (hg_event_has(event, HG_FIELD_duration))
        event->duration = seconds;
    if (hg_event_has(event, HG_FIELD_tcp_flags))
        event->tcp_flags = flags;
}

static void unanswered(struct hg_event *event)
{
    set_traffic(event, 60, 0, 1, 0, 0, HG_TCP_SYN);
}

/* ---- one of each kind */
static void scan(const struct hg_probe *probe, unsigned i, struct hg_event *event)
{
    static const uint16_t ports[] = {22, 445, 3389, 8080};
    bool vertical = (draw(probe, 0, 3) & 1) != 0;
    event->destination_ip = vertical ? probe->inside : neighbour(probe->inside, i);
    event->destination_port = vertical ? (uint16_t)(i + 1) : ports[draw(probe, 0, 4) % 4];
    if (draw(probe, i, 5) % 10 != 0)
        unanswered(event);
    else
        set_traffic(event, 120, 60, 2, 1, 0.01, HG_TCP_SYN | HG_TCP_RST);
}

static void brute_force(const struct hg_probe *probe, unsigned i, struct hg_event *event)
{
    static const uint16_t ports[] = {22, 21, 23, 3389};
    int64_t more = (int64_t)(draw(probe, i, 6) % 4);
    event->destination_port = ports[draw(probe, 0, 4) % 4];
    set_traffic(event, 1500 + 90 * more, 2000 + 110 * more, 12 + more, 10 + more, 1.0 + 0.2 * (double)more,
                HG_TCP_SYN | HG_TCP_ACK | HG_TCP_PSH | HG_TCP_FIN);
}

static void flood(const struct hg_probe *probe, unsigned i, struct hg_event *event)
{
    event->source_ip = neighbour(probe->outside, (unsigned)(draw(probe, i, 7) % FLOOD_SOURCES));
    if (draw(probe, i, 5) % 10 < 7)
        unanswered(event);
    else
        set_traffic(event, 180, 120, 3, 2, 0.2, HG_TCP_SYN | HG_TCP_ACK);
}

static void exfiltration(const struct hg_probe *probe, unsigned i, struct hg_event *event)
{
    int64_t usual = probe->usual_sent > event->bytes_sent ? probe->usual_sent : event->bytes_sent;
    double times = 1 + (EXFILTRATION_TIMES - 1) * probe->strength;
    int64_t sent = (int64_t)((double)usual * times * (0.8 + 0.4 * unit(draw(probe, i, 6))));
    int64_t packets = sent / 1200 + 1;
    event->destination_port = HTTPS;
    set_traffic(event, sent, 40 * (packets / 2 + 1), packets, packets / 2 + 1, 20.0 + 20.0 * unit(draw(probe, i, 8)),
                HG_TCP_SYN | HG_TCP_ACK | HG_TCP_PSH | HG_TCP_FIN);
}

static void beacon(const struct hg_probe *probe, unsigned i, struct hg_event *event)
{
    event->destination_port = HTTPS;
    set_traffic(event, 640 + (int64_t)(draw(probe, i, 6) % 16), 420, 6, 5, 0.3, HG_TCP_SYN | HG_TCP_ACK | HG_TCP_PSH | HG_TCP_FIN);
}

static void forget_record(struct hg_event *event)
{
    hg_event_drop_label(event);
    event->payload = event->session = event->record = (struct hg_slice){NULL, 0};
    hg_event_set_missing(event, HG_FIELD_payload);
    for (size_t i = 0; i < HG_TRAIT_COUNT; i++)
        event->traits[i] = (struct hg_slice){NULL, 0};
    event->offset = 0;
}

void hg_probe_event(const struct hg_probe *probe, const struct hg_event *template, unsigned i, struct hg_event *ret)
{
    static void (*const makers[])(const struct hg_probe *, unsigned, struct hg_event *) = {
        [HG_PROBE_scan] = scan, [HG_PROBE_brute_force] = brute_force, [HG_PROBE_flood] = flood, [HG_PROBE_exfiltration] = exfiltration,
        [HG_PROBE_beacon] = beacon};
    *ret = *template;
    forget_record(ret);
    ret->time_us = hg_probe_time(probe, i);
    ret->source_port = (uint16_t)(32768 + draw(probe, i, 9) % 28000);
    set_ends(probe, ret);
    makers[probe->kind](probe, i, ret);
    uint64_t name[2] = {probe->key, i};
    memcpy(ret->id.b, name, sizeof ret->id.b);
}
