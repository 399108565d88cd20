#include "aggregate/aggregate.h"
#include "aggregate/open_alerts.h"
#include "aggregate/tally_map.h"

#include <stdlib.h>

struct hg_aggregate {
    struct hg_aggregate_settings settings;
    struct tally_map tallies;
    struct attacker_set attackers;
    struct open_alerts alerts;
    int64_t clock_us;
};

enum hg_rc hg_aggregate_create(const struct hg_aggregate_settings *settings, struct hg_aggregate **ret, struct hg_err *reterr)
{
    struct hg_aggregate *aggregate = calloc(1, sizeof *aggregate);
    if (aggregate == NULL)
        return hg_fail(reterr, HG_ENOMEM, "aggregate: no memory");
    aggregate->settings = *settings;
    aggregate->clock_us = HG_TIME_NONE;
    if (!tally_map_init(&aggregate->tallies, HG_DELTA_ROLLUPS_MAX) ||
        !attacker_set_init(&aggregate->attackers, HG_DELTA_ATTACKERS_MAX) || !open_alerts_init(&aggregate->alerts)) {
        hg_aggregate_destroy(aggregate);
        return hg_fail(reterr, HG_ENOMEM, "aggregate: no memory for the tables");
    }
    *ret = aggregate;
    return HG_OK;
}

void hg_aggregate_destroy(struct hg_aggregate *aggregate)
{
    if (aggregate == NULL)
        return;
    tally_map_free(&aggregate->tallies);
    attacker_set_free(&aggregate->attackers);
    open_alerts_free(&aggregate->alerts);
    free(aggregate);
}

void hg_aggregate_restore(struct hg_aggregate *aggregate, const struct hg_alert *open_alerts, size_t n, int64_t clock_us)
{
    open_alerts_restore(&aggregate->alerts, open_alerts, n);
    aggregate->clock_us = clock_us;
}

/* ---- keys of the dimensions */

struct key {
    char text[HG_ROLLUP_KEY_BYTES];
    size_t len;
};

/* A name's key: cut to HG_ROLLUP_KEY_BYTES, never inside a UTF-8 sequence. */
static struct hg_slice cut(struct hg_slice name)
{
    if (name.len <= HG_ROLLUP_KEY_BYTES)
        return name;
    size_t len = HG_ROLLUP_KEY_BYTES;
    while (len > HG_ROLLUP_KEY_BYTES - 4 && ((unsigned char)name.p[len] & 0xc0) == 0x80)
        len--;
    return (struct hg_slice){name.p, len};
}

static void key_unsigned(struct key *key, uint32_t value)
{
    char digits[10];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        key->text[key->len++] = digits[--n];
}

static struct hg_slice key_slice(const struct key *key)
{
    return (struct hg_slice){key->text, key->len};
}

static struct hg_slice protocol_key(const struct hg_event *event, struct key *scratch)
{
    if (event->application_protocol.len > 0)
        return cut(event->application_protocol);
    struct hg_slice transport = cut(event->protocol);
    if (transport.len == 0)
        return HG_SLICE("unknown");
    for (size_t i = 0; i < transport.len; i++) {
        char c = transport.p[i];
        scratch->text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    scratch->len = transport.len;
    return key_slice(scratch);
}

/* ---- one event */

static void tally_event(struct tally_map *tallies, const struct hg_observation *seen, unsigned by)
{
    const struct hg_event *event = seen->event;
    struct hg_tally one = hg_tally_of(seen->score, by);
    int64_t minute = hg_time_floor(event->time_us, HG_MINUTE);
    struct key key = {.len = 0};

    hg_tally_add(tally_map_at(tallies, minute, HG_DIM_TOTAL, HG_SLICE("")), &one);
    struct hg_slice dataset = hg_slice_of(hg_dataset_name((enum hg_dataset)event->dataset));
    hg_tally_add(tally_map_at(tallies, minute, HG_DIM_DATASET, dataset), &one);
    hg_tally_add(tally_map_at(tallies, minute, HG_DIM_PROTOCOL, protocol_key(event, &key)), &one);
    key.len = 0;
    if (hg_event_has(event, HG_FIELD_destination_port))
        key_unsigned(&key, event->destination_port);
    hg_tally_add(tally_map_at(tallies, minute, HG_DIM_PORT, key_slice(&key)), &one);
    if (seen->source.p != NULL)
        hg_tally_add(tally_map_at(tallies, minute, HG_DIM_SOURCE, cut(seen->source)), &one);
    if (by == 0)
        return;
    hg_tally_add(tally_map_at(tallies, minute, HG_DIM_COUNTRY, hg_geo_country_key(seen->geo)), &one);
    if (seen->geo != NULL && seen->geo->state == HG_GEO_FOUND && seen->geo->has_point)
        hg_tally_add(tally_map_at(tallies, minute, HG_DIM_COORDINATE, hg_geo_point_key(seen->geo, key.text)), &one);
}

bool hg_aggregate_has_room(const struct hg_aggregate *aggregate, size_t events)
{
    return aggregate->tallies.n + events * HG_DIM_COUNT <= aggregate->tallies.max &&
           aggregate->attackers.n + events <= aggregate->attackers.max && aggregate->alerts.n_closed + events <= HG_DELTA_CLOSED_MAX;
}

enum hg_rc hg_aggregate_add(struct hg_aggregate *aggregate, const struct hg_observation *seen, int64_t wall_us,
                            struct hg_id *ret_alert, struct hg_err *reterr)
{
    if (!hg_aggregate_has_room(aggregate, 1))
        return hg_fail(reterr, HG_ENOMEM, "aggregate: the delta is full, commit it first");
    const struct hg_event *event = seen->event;
    unsigned by = hg_anomalous(event, seen->score, aggregate->settings.ignore_labels);
    tally_event(&aggregate->tallies, seen, by);
    *ret_alert = (struct hg_id){{0}};
    if (by != 0) {
        *ret_alert = open_alerts_add(&aggregate->alerts, seen, by);
        if (hg_event_has(event, HG_FIELD_source_ip))
            attacker_set_add(&aggregate->attackers, hg_time_floor(event->time_us, HG_MINUTE), &event->source_ip);
    }
    if (event->time_us <= wall_us + HG_HOUR && event->time_us > aggregate->clock_us)
        aggregate->clock_us = event->time_us;
    return HG_OK;
}

void hg_aggregate_delta(struct hg_aggregate *aggregate, struct hg_rollup_delta *ret)
{
    tally_map_sort(&aggregate->tallies);
    attacker_set_sort(&aggregate->attackers);
    *ret = (struct hg_rollup_delta){
        .rollups = aggregate->tallies.rows,
        .n_rollups = aggregate->tallies.n,
        .attackers = aggregate->attackers.rows,
        .n_attackers = aggregate->attackers.n,
        .clock_us = aggregate->clock_us,
    };
    ret->n_alerts = open_alerts_changed(&aggregate->alerts, &ret->alerts);
}

void hg_aggregate_committed(struct hg_aggregate *aggregate)
{
    tally_map_clear(&aggregate->tallies);
    attacker_set_clear(&aggregate->attackers);
    open_alerts_committed(&aggregate->alerts);
}

int64_t hg_aggregate_clock(const struct hg_aggregate *aggregate)
{
    return aggregate->clock_us;
}
