#include "recount.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t widths[HG_SPANS] = {HG_SECOND, 6 * HG_SECOND, 60 * HG_SECOND, 360 * HG_SECOND};

static bool has_entity(const struct hg_event *event, enum hg_entity kind)
{
    bool from = hg_event_has(event, HG_FIELD_source_ip), to = hg_event_has(event, HG_FIELD_destination_ip);
    if (kind == HG_ENTITY_TARGET)
        return to && hg_event_has(event, HG_FIELD_destination_port);
    return kind == HG_ENTITY_SOURCE ? from : from && to;
}

static bool same_entity(const struct hg_event *a, const struct hg_event *b, enum hg_entity kind)
{
    if (!has_entity(b, kind))
        return false;
    if (kind != HG_ENTITY_TARGET && !hg_ip_eq(&a->source_ip, &b->source_ip))
        return false;
    if (kind != HG_ENTITY_SOURCE && !hg_ip_eq(&a->destination_ip, &b->destination_ip))
        return false;
    return kind != HG_ENTITY_TARGET || a->destination_port == b->destination_port;
}

/* A set of numbers below 2^16. */
struct set {
    uint8_t bits[8192];
    uint32_t n;
};

static void set_add(struct set *set, uint32_t value)
{
    uint8_t bit = (uint8_t)(1u << value % 8);
    set->n += (set->bits[value / 8] & bit) == 0;
    set->bits[value / 8] |= bit;
}

static uint32_t low16(const struct hg_ip *ip)
{
    return (uint32_t)ip->b[14] << 8 | ip->b[15];
}

static uint64_t counted(const struct hg_event *event, enum hg_field field, int64_t value)
{
    return hg_event_has(event, field) ? (uint64_t)value : 0;
}

static void add(const struct hg_event *event, enum hg_entity kind, struct hg_window *window, struct set *peers, struct set *ports)
{
    bool known, failed = hg_event_failed(event, &known);
    window->events++;
    window->known += known;
    window->failed += known && failed;
    window->packets_sent += (uint32_t)counted(event, HG_FIELD_packets_sent, event->packets_sent);
    window->packets_received += (uint32_t)counted(event, HG_FIELD_packets_received, event->packets_received);
    window->bytes_sent += counted(event, HG_FIELD_bytes_sent, event->bytes_sent);
    window->bytes_received += counted(event, HG_FIELD_bytes_received, event->bytes_received);
    if (kind == HG_ENTITY_SOURCE && hg_event_has(event, HG_FIELD_destination_ip))
        set_add(peers, low16(&event->destination_ip));
    if (kind == HG_ENTITY_TARGET && hg_event_has(event, HG_FIELD_source_ip))
        set_add(peers, low16(&event->source_ip));
    if (kind != HG_ENTITY_TARGET && hg_event_has(event, HG_FIELD_destination_port))
        set_add(ports, event->destination_port);
}

static void recount_gaps(const struct hg_event *events, size_t n, enum hg_entity kind, int64_t low, struct hg_entity_view *ret)
{
    const struct hg_event *last = &events[n - 1];
    int64_t before = HG_TIME_NONE, sum = 0, squares = 0, gaps = 0;
    for (size_t i = 0; i < n; i++) {
        const struct hg_event *event = &events[i];
        if (!same_entity(last, event, kind) || event->time_us < before)
            continue;
        int64_t held = hg_time_floor(event->time_us, widths[HG_SPAN_1H]) - 9 * widths[HG_SPAN_1H];
        if (before != HG_TIME_NONE && before >= held && event->time_us >= low) {
            int64_t ms = (event->time_us - before) / 1000;
            gaps++;
            sum += ms;
            squares += ms * ms;
        }
        before = event->time_us;
    }
    ret->interval_s = ret->regularity = NAN;
    if (gaps < 2)
        return;
    ret->interval_s = (float)((double)sum / (double)gaps / 1000.0);
    if (sum > 0)
        ret->regularity = (float)(1.0 / (1.0 + sqrt((double)(gaps * squares - sum * sum)) / (double)sum));
}

bool recount(const struct hg_event *events, size_t n, enum hg_entity kind, struct hg_window ret_windows[HG_SPANS],
             struct hg_entity_view *ret)
{
    const struct hg_event *last = &events[n - 1];
    if (!has_entity(last, kind))
        return false;
    *ret = (struct hg_entity_view){.first_us = last->time_us, .last_us = HG_TIME_NONE};
    for (size_t i = 0; i + 1 < n; i++) {
        if (!same_entity(last, &events[i], kind))
            continue;
        if (events[i].time_us > ret->last_us)
            ret->last_us = events[i].time_us;
        if (events[i].time_us < ret->first_us)
            ret->first_us = events[i].time_us;
    }
    int64_t top = ret->last_us > last->time_us ? ret->last_us : last->time_us, low = 0;
    static struct set peers, ports;
    for (int span = 0; span < HG_SPANS; span++) {
        memset(&peers, 0, sizeof peers);
        memset(&ports, 0, sizeof ports);
        ret_windows[span] = (struct hg_window){0};
        low = hg_time_floor(top, widths[span]) - 9 * widths[span];
        for (size_t i = 0; i < n; i++)
            if (events[i].time_us >= low && same_entity(last, &events[i], kind))
                add(&events[i], kind, &ret_windows[span], &peers, &ports);
        ret_windows[span].peers = peers.n;
        ret_windows[span].ports = ports.n;
    }
    recount_gaps(events, n, kind, low, ret);
    return true;
}

bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

bool same_window(const struct hg_window *a, const struct hg_window *b)
{
    return a->events == b->events && a->failed == b->failed && a->known == b->known && a->peers == b->peers && a->ports == b->ports &&
           a->packets_sent == b->packets_sent && a->packets_received == b->packets_received && a->bytes_sent == b->bytes_sent &&
           a->bytes_received == b->bytes_received;
}

static void drop_some(struct hg_rng *rng, struct hg_event *event)
{
    static const enum hg_field fields[] = {HG_FIELD_source_ip, HG_FIELD_destination_ip, HG_FIELD_destination_port, HG_FIELD_packets_received,
                                           HG_FIELD_tcp_flags, HG_FIELD_bytes_sent};
    if (hg_rng_below(rng, 6) == 0)
        hg_event_set_missing(event, fields[hg_rng_below(rng, sizeof fields / sizeof *fields)]);
}

void make_up(struct hg_rng *rng, const struct made_up *form, struct hg_event *ret, size_t n)
{
    int64_t clock = (int64_t)hg_rng_below(rng, 4000000000) * HG_SECOND / 2, step = form->seconds * HG_SECOND / (int64_t)n;
    for (size_t i = 0; i < n; i++) {
        clock += (int64_t)hg_rng_below(rng, 2 * (uint64_t)step + 1);
        if (hg_rng_below(rng, 20) == 0)
            clock += (int64_t)hg_rng_below(rng, 40 * (uint64_t)step + 1);
        if (form->jumps > 0 && hg_rng_below(rng, form->jumps) == 0)
            clock += hg_rng_below(rng, 2) == 0 ? HG_HOUR : 4 * HG_HOUR;
        uint64_t turn = form->turn > 0 ? (uint64_t)(clock / (form->turn * HG_SECOND)) * 2 + hg_rng_below(rng, 2) : hg_rng_next(rng) >> 1;
        bool late = form->late > 0 && hg_rng_below(rng, 4) == 0;
        ret[i] = (struct hg_event){
            .time_us = clock - (late ? (int64_t)hg_rng_below(rng, (uint64_t)(form->late * HG_SECOND)) : 0),
            .source_ip = hg_ip_v4(0x0a000000u + (uint32_t)(turn % form->sources)),
            .destination_ip = hg_ip_v4(0x0b000000u + (uint32_t)hg_rng_below(rng, form->destinations)),
            .destination_port = (uint16_t)hg_rng_below(rng, form->ports),
            .bytes_sent = (int64_t)hg_rng_below(rng, 10000),
            .bytes_received = (int64_t)hg_rng_below(rng, 10000),
            .packets_sent = (int64_t)hg_rng_below(rng, 10),
            .packets_received = (int64_t)hg_rng_below(rng, 3),
            .tcp_flags = (uint8_t)hg_rng_below(rng, 64),
        };
        drop_some(rng, &ret[i]);
    }
}
