#include "generate/profile.h"
#include "core/event.h"
#include "generate/dist.h"

/* shares of 1,000 in the order of enum hg_gen_outcome */
static const uint16_t mixes[HG_MIX_COUNT][HG_OUT_COUNT] = {
    [HG_MIX_CALM] = {690, 90, 70, 40, 60, 20, 30},    [HG_MIX_WEB] = {520, 120, 60, 100, 80, 40, 80},
    [HG_MIX_GUESS] = {480, 240, 30, 110, 40, 50, 50}, [HG_MIX_PROBE] = {110, 90, 10, 120, 10, 270, 390},
    [HG_MIX_BUSY] = {470, 140, 60, 120, 40, 60, 110}, [HG_MIX_SCAN] = {260, 130, 20, 170, 20, 180, 220},
};

static enum hg_gen_outcome draw_outcome(struct hg_rng *rng, enum hg_gen_mix mix)
{
    unsigned x = (unsigned)hg_rng_below(rng, 1000), i = 0;
    while (i + 1 < HG_OUT_COUNT && x >= mixes[mix][i])
        x -= mixes[mix][i++];
    return (enum hg_gen_outcome)i;
}

static uint64_t bytes_of(double amount)
{
    return amount < 1.0 ? 1 : amount > 4e10 ? UINT64_C(40000000000) : (uint64_t)amount;
}

/* Frame bytes beside the payload: Ethernet, IP and TCP or UDP with this system's options. */
static void count_packets(struct hg_gen_flow *flow, struct hg_rng *rng, bool tcp)
{
    uint64_t overhead = tcp ? (hg_rng_next(rng) & 1 ? 66 : 60) : 42;
    uint64_t up = (flow->data[0] + 1399) / 1400, down = (flow->data[1] + 1399) / 1400, extra = 0;
    if (tcp) { /* every second segment is acknowledged; handshake, end, and now and then a segment sent twice */
        uint64_t up_acks = down / 2, down_acks = up / 2;
        extra = hg_rng_next(rng) & 1;
        up += up_acks + 2 + extra + up / 64;
        down += down_acks + 2 + (hg_rng_next(rng) & 1) + down / 64;
    }
    flow->packets[0] = up;
    flow->packets[1] = down;
    flow->bytes[0] = flow->data[0] + up * overhead;
    flow->bytes[1] = flow->data[1] + down * overhead;
}

static int64_t micros(double seconds)
{
    return seconds > 14400.0 ? 14400 * HG_SECOND : (int64_t)(seconds * 1e6);
}

/* Attempts at 0, 1, 3 and 7 s, as TCP stacks do. */
static int64_t retry_wait(struct hg_rng *rng, uint64_t attempts)
{
    int64_t whole = ((int64_t)1 << (attempts - 1)) - 1;
    return whole * HG_SECOND + (attempts > 1 ? (int64_t)(hg_rng_next(rng) % 60000) : 0);
}

static void draw_unanswered(struct hg_gen_flow *flow, struct hg_rng *rng, bool tcp)
{
    static const uint8_t syn_bytes[] = {74, 66, 60, 74};
    uint64_t attempts = 1 + (hg_rng_next(rng) % 5 + 1) / 2;
    uint64_t size = tcp ? syn_bytes[hg_rng_next(rng) & 3] : 42 + flow->data[0] % 512;
    flow->packets[0] = attempts;
    flow->bytes[0] = attempts * size;
    flow->data[0] = tcp ? 0 : size - 42;
    flow->packets[1] = flow->bytes[1] = flow->data[1] = 0;
    flow->flags[0] = tcp ? HG_TCP_SYN : 0;
    flow->flags[1] = 0;
    flow->end_us = flow->start_us + retry_wait(rng, attempts);
}

static void draw_refused(struct hg_gen_flow *flow, struct hg_rng *rng)
{
    uint64_t attempts = 1 + hg_rng_next(rng) % 3, size = hg_rng_next(rng) & 1 ? 66 : 74;
    flow->packets[0] = flow->packets[1] = attempts;
    flow->bytes[0] = attempts * size;
    flow->bytes[1] = attempts * 60;
    flow->data[0] = flow->data[1] = 0;
    flow->flags[0] = HG_TCP_SYN;
    flow->flags[1] = HG_TCP_RST | HG_TCP_ACK;
    flow->end_us =
        flow->start_us + micros(hg_dist_log_normal(rng, 0.04, 2.0)) + (int64_t)(attempts - 1) * HG_SECOND / 2;
}

static void draw_idle(struct hg_gen_flow *flow, struct hg_rng *rng)
{
    bool hurried = hg_rng_next(rng) & 1; /* RST instead of FIN */
    flow->packets[0] = hurried ? 2 : 3 + hg_rng_next(rng) % 2;
    flow->packets[1] = hurried ? 1 : 2;
    flow->bytes[0] = 74 + (flow->packets[0] - 1) * 66;
    flow->bytes[1] = 74 + (flow->packets[1] - 1) * 66;
    flow->data[0] = flow->data[1] = 0;
    flow->flags[0] = hurried ? HG_TCP_SYN | HG_TCP_RST : HG_TCP_SYN | HG_TCP_ACK | HG_TCP_FIN;
    flow->flags[1] = hurried ? HG_TCP_SYN | HG_TCP_ACK : HG_TCP_SYN | HG_TCP_ACK | HG_TCP_FIN;
    flow->end_us = flow->start_us + micros(hg_dist_log_normal(rng, 0.3, 2.5));
}

static void draw_conversation(struct hg_gen_flow *flow, struct hg_rng *rng)
{
    uint8_t both = HG_TCP_PSH | HG_TCP_ACK;
    uint8_t begin = flow->outcome == HG_OUT_MIDSTREAM ? 0 : HG_TCP_SYN;
    uint8_t end = flow->outcome == HG_OUT_OPEN ? 0 : HG_TCP_FIN;
    flow->flags[0] = flow->flags[1] = (uint8_t)(both | begin | end);
    if (flow->outcome == HG_OUT_RESET) {
        unsigned side = (unsigned)(hg_rng_next(rng) & 1);
        flow->flags[side] = (uint8_t)(both | begin | HG_TCP_RST | (hg_rng_next(rng) & 1 ? HG_TCP_FIN : 0));
    }
    count_packets(flow, rng, true);
}

static void draw_datagrams(struct hg_gen_flow *flow, struct hg_rng *rng)
{
    if (flow->outcome == HG_OUT_UNANSWERED || flow->outcome == HG_OUT_REFUSED) {
        flow->outcome = HG_OUT_UNANSWERED;
        draw_unanswered(flow, rng, false);
        return;
    }
    flow->outcome = HG_OUT_CLOSED;
    count_packets(flow, rng, false);
}

static void draw_ends(const struct hg_gen_profile *profile, struct hg_rng *rng, struct hg_gen_ends ends,
                      struct hg_gen_flow *flow)
{
    flow->source = ends.client != 0 ? ends.client : hg_world_host(rng, (enum hg_gen_group)profile->client, flow->site);
    flow->destination =
        ends.server != 0 ? ends.server : hg_world_host(rng, (enum hg_gen_group)profile->server, flow->site);
    if (flow->destination == flow->source)
        flow->destination ^= 1;
    const struct hg_gen_service *service = hg_gen_service((enum hg_gen_app)profile->app);
    flow->destination_port = profile->port != 0 ? profile->port : service->port;
    if (ends.port != 0 || profile->odd_port) {
        flow->destination_port = ends.port != 0 ? ends.port : hg_world_odd_port(rng);
        if (hg_gen_app_is_tcp((enum hg_gen_app)profile->app))
            flow->app = (uint8_t)hg_gen_app_of_port(flow->destination_port);
    }
    if (profile->app == HG_APP_RTP)
        flow->destination_port = (uint16_t)(16384 + hg_rng_next(rng) % 8192 * 2);
    if (profile->app == HG_APP_UDP)
        flow->destination_port = hg_world_odd_port(rng);
    flow->source_port = hg_world_ephemeral(rng);
    if (profile->app == HG_APP_MDNS || profile->app == HG_APP_DHCP6 ||
        (profile->app == HG_APP_NTP && hg_rng_next(rng) & 1))
        flow->source_port = profile->app == HG_APP_DHCP6 ? 546 : service->port;
    if (profile->app == HG_APP_ICMP)
        flow->source_port = 0;
}

void hg_profile_draw(const struct hg_gen_profile *profile, struct hg_rng *rng, unsigned site, struct hg_gen_ends ends,
                     int64_t start_us, struct hg_gen_flow *ret)
{
    *ret = (struct hg_gen_flow){
        .start_us = start_us, .app = profile->app, .direction = profile->direction, .site = (uint8_t)site};
    ret->id = hg_rng_next(rng) >> 13;
    draw_ends(profile, rng, ends, ret);
    ret->outcome = (uint8_t)draw_outcome(rng, (enum hg_gen_mix)profile->mix);
    ret->data[0] = bytes_of(hg_dist_amount(rng, (double)profile->up, (double)profile->up_spread));
    ret->data[1] =
        profile->down > 0 ? bytes_of(hg_dist_amount(rng, (double)profile->down, (double)profile->down_spread)) : 0;
    double seconds = hg_dist_amount(rng, (double)profile->seconds, (double)profile->seconds_spread);
    seconds += (double)(ret->data[0] + ret->data[1]) / 4e7; /* no link is faster than 320 Mbit/s */
    ret->end_us = start_us + micros(seconds);
    if (!hg_gen_app_is_tcp((enum hg_gen_app)ret->app))
        draw_datagrams(ret, rng);
    else if (ret->outcome == HG_OUT_UNANSWERED)
        draw_unanswered(ret, rng, true);
    else if (ret->outcome == HG_OUT_REFUSED)
        draw_refused(ret, rng);
    else if (ret->outcome == HG_OUT_IDLE)
        draw_idle(ret, rng);
    else
        draw_conversation(ret, rng);
}
