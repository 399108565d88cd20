#include "feed.h"

#include "base/rng.h"
#include "extras.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct hg_ip address(uint32_t n)
{
    if (n % 16 == 7) { /* some IPv6 of the documentation's prefix */
        struct hg_ip ip = {{0x20, 0x01, 0x0d, 0xb8}};
        memcpy(ip.b + 12, &n, 4);
        return ip;
    }
    return hg_ip_v4(UINT32_C(0xc6336400) + n); /* 198.51.100.0 and on */
}

static void make_score(struct hg_rng *rng, bool anomalous, struct hg_score *ret)
{
    uint64_t state = hg_rng_below(rng, 20);
    *ret = (struct hg_score){.columns = 9, .learned_in_sample = hg_rng_below(rng, 50) == 0, .partial = hg_rng_below(rng, 30) == 0,
                             .p = 1};
    if (state == 0) {
        ret->state = HG_NO_SUBMODEL;
        return;
    }
    ret->value = hg_rng_unit(rng) * 0.5;
    ret->p = (1 - ret->value) / 3; /* not what follows from the value: that it is kept is seen */
    if (!anomalous)
        return;
    ret->value = 0.5 + (double)hg_rng_below(rng, 64) / 128;
    ret->severity = ret->value > 0.9 ? HG_SEVERITY_HIGH : ret->value > 0.7 ? HG_SEVERITY_MEDIUM : HG_SEVERITY_LOW;
    ret->n_top = 2;
    for (int i = 0; i < 2; i++)
        ret->top[i] = (struct hg_contribution){(uint8_t)hg_rng_below(rng, HG_FEATURE_COUNT), 0.25f, 3, 1, 2, 2.5f};
}

static void make_geo(struct hg_rng *rng, struct hg_geo *ret)
{
    static const char countries[][3] = {"NL", "BR", "DE", "", "US"};
    memset(ret, 0, sizeof *ret);
    ret->state = (unsigned char)(hg_rng_below(rng, 4) != 0 ? HG_GEO_FOUND : hg_rng_below(rng, HG_GEO_STATE_COUNT));
    if (ret->state != HG_GEO_FOUND)
        return;
    size_t n = (size_t)hg_rng_below(rng, 5);
    memcpy(ret->country, countries[n], 3);
    ret->has_point = n != 3;
    ret->latitude = ret->has_point ? (float)n * -10.25f : 0;
    ret->longitude = ret->has_point ? (float)n * 30.5f : 0;
    snprintf(ret->city, sizeof ret->city, "Town %zu", n);
}

static void make_record(const struct feed *feed, uint64_t sequence, struct made *ret)
{
    size_t len = feed->record_len < sizeof ret->record ? feed->record_len : sizeof ret->record - 1;
    memset(ret->record, '.', len);
    int n = snprintf(ret->record, sizeof ret->record, "{\"n\":%llu}", (unsigned long long)sequence);
    ret->record[n] = '.';
    ret->event.record = (struct hg_slice){ret->record, len > (size_t)n ? len : (size_t)n};
    snprintf(ret->user, sizeof ret->user, "s%llu", (unsigned long long)sequence % 97);
    ret->event.session = hg_slice_of(ret->user);
}

bool feed_late(uint64_t sequence)
{
    return sequence % 13 == 0;
}

/* Of honeypots' events; a password may be empty, or longer than 7 bits tell. */
static void make_traits(struct hg_rng *rng, struct made *ret)
{
    static const char *const users[] = {"root", "Admin", "pi"};
    struct hg_slice *traits = ret->event.traits;
    if (!hg_dataset_is_honeypot((enum hg_dataset)ret->event.dataset))
        return;
    size_t len = (size_t)hg_rng_below(rng, 4) * 60;
    memset(ret->password, 'p', len);
    traits[HG_TRAIT_username] = hg_slice_of(users[hg_rng_below(rng, 3)]);
    traits[HG_TRAIT_password] = (struct hg_slice){ret->password, len};
    if (hg_rng_below(rng, 3) == 0)
        traits[HG_TRAIT_signature] = HG_SLICE("ET SCAN \"made up\" *");
}

void feed_make(const struct feed *feed, uint64_t sequence, struct made *ret)
{
    static const char *const apps[] = {"HTTP", "SSH", "SMB", "DNS"}, *const kinds[] = {"flow", "alert"};
    static const uint16_t ports[] = {22, 80, 445, 53};
    struct hg_rng rng = hg_rng_seeded(hg_mix64(feed->seed) ^ sequence);
    struct hg_event *event = &ret->event;
    bool anomalous = hg_rng_below(&rng, 100) < feed->anomalous_percent;
    memset(event, 0, sizeof *event);
    uint64_t id[2] = {hg_rng_next(&rng), hg_rng_next(&rng)};
    memcpy(event->id.b, id, sizeof id);
    event->time_us = feed->start_us + (int64_t)sequence * feed->step_us;
    if (hg_rng_below(&rng, 20) == 0)
        event->time_us -= (int64_t)hg_rng_below(&rng, (uint64_t)(15 * HG_MINUTE));
    event->dataset = (uint8_t)(anomalous ? hg_rng_below(&rng, HG_DATASET_COUNT) : HG_DATASET_suricata);
    event->offset = sequence * 700;
    event->input = (uint32_t)hg_rng_below(&rng, 3);
    event->source_ip = address((uint32_t)hg_rng_below(&rng, feed->sources));
    event->destination_ip = address(7777);
    size_t app = (size_t)hg_rng_below(&rng, 4);
    event->source_port = (uint16_t)hg_rng_next(&rng);
    event->destination_port = hg_rng_below(&rng, 10) == 0 ? (uint16_t)hg_rng_next(&rng) : ports[app];
    event->protocol = hg_slice_of(app == 3 ? "udp" : "tcp");
    event->kind = hg_slice_of(kinds[app % 2]);
    event->direction = (uint8_t)hg_rng_below(&rng, 5);
    event->payload = hg_rng_below(&rng, 3) == 0 ? HG_SLICE("aGVsbG8=") : HG_SLICE_NONE;
    event->payload_form = HG_PAYLOAD_BASE64;
    event->duration = hg_rng_unit(&rng);
    event->bytes_sent = (int64_t)hg_rng_below(&rng, 100000);
    event->tcp_flags = HG_TCP_SYN;
    if (hg_rng_below(&rng, 5) != 0)
        event->application_protocol = hg_slice_of(apps[app]);
    else
        hg_event_set_missing(event, HG_FIELD_application_protocol);
    if (hg_rng_below(&rng, 40) == 0) {
        hg_event_set_missing(event, HG_FIELD_destination_port);
        event->destination_port = 0;
    }
    if (hg_rng_below(&rng, 100) == 0) {
        hg_event_set_missing(event, HG_FIELD_source_ip);
        event->source_ip = (struct hg_ip){{0}};
    }
    uint64_t way = hg_rng_below(&rng, 3); /* by label, by score, by both */
    event->label = anomalous && way != 1 ? HG_LABEL_ATTACK : HG_LABEL_NONE;
    event->attack_type = event->label == HG_LABEL_ATTACK ? HG_ATTACK_TYPE_scan : HG_ATTACK_TYPE_none;
    make_score(&rng, anomalous && way != 0, &ret->score);
    make_geo(&rng, &ret->geo);
    make_record(feed, sequence, ret);
    make_traits(&rng, ret);
}

const char *feed_reason(const struct made *made)
{
    static const char *const reasons[] = {"bytes_per_second", "label", "port_rarity"};
    return reasons[made->event.bytes_sent % 3];
}

static void commit(const struct feed *feed, struct hg_store *store, struct hg_aggregate *aggregate, const struct hg_stored_event *rows,
                   size_t n, uint64_t sequence)
{
    struct extras extras;
    struct hg_err err;
    struct hg_rollup_delta delta;
    struct hg_input_state input = {.identity = {{42}}, .name = "eve.json", .format = "suricata", .next_offset = sequence * 700,
                                   .first_event_us = HG_TIME_NONE, .last_event_us = HG_TIME_NONE, .counts = {.read = sequence}};
    input.counts.decoded = sequence;
    hg_aggregate_delta(aggregate, &delta);
    struct hg_commit commit = {.sequence = sequence, .events = rows, .n_events = n, .delta = &delta, .inputs = &input, .n_inputs = 1};
    commit.settled = sequence > feed->unsettled ? sequence - feed->unsettled : 0;
    if (feed->extras)
        extras_add(&extras, &commit, sequence - n + 1, sequence);
    enum hg_rc rc = hg_store_commit(store, &commit, &err);
    if (rc != HG_OK)
        fprintf(stderr, "commit: %s\n", err.msg);
    assert(rc == HG_OK);
    if (feed->extras)
        extras_free(&extras);
    hg_aggregate_committed(aggregate);
}

static void restore(struct hg_store *store, struct hg_aggregate *aggregate)
{
    struct hg_alert *alerts;
    size_t n;
    enum hg_rc rc = hg_store_open_alerts(store, HG_TIME_NONE, &alerts, &n, NULL);
    assert(rc == HG_OK);
    hg_aggregate_restore(aggregate, alerts, n, hg_store_clock(store));
    free(alerts);
}

void feed_write(const struct feed *feed, const char *dir, uint64_t ring, uint64_t from, uint64_t to, size_t batch)
{
    struct hg_store_settings settings = {.recent_events = ring, .retention = feed->retention};
    struct hg_aggregate_settings plain = {.ignore_labels = false};
    struct hg_store *store;
    struct hg_aggregate *aggregate;
    struct hg_err err;
    enum hg_rc rc = hg_store_open(dir, &settings, &store, &err);
    if (rc != HG_OK)
        fprintf(stderr, "open: %s\n", err.msg);
    assert(rc == HG_OK);
    rc = hg_aggregate_create(&plain, &aggregate, NULL);
    assert(rc == HG_OK);
    restore(store, aggregate);
    struct made *made = malloc(batch * sizeof *made);
    struct hg_stored_event *rows = calloc(batch, sizeof *rows);
    assert(made != NULL && rows != NULL);
    size_t n = 0;
    for (uint64_t sequence = from; sequence <= to; sequence++) {
        struct made *one = &made[n];
        feed_make(feed, sequence, one);
        struct hg_observation seen = {.event = &one->event, .score = &one->score, .geo = &one->geo, .sequence = sequence,
                                  .reason_key = feed_reason(one), .source = HG_SLICE("eve.json")};
        rows[n] = (struct hg_stored_event){.sequence = sequence, .event = &one->event, .score = &one->score,
                                           .by = hg_anomalous(&one->event, &one->score, false), .late = feed_late(sequence)};
        rows[n].geo = rows[n].by != 0 ? &one->geo : NULL;
        rc = hg_aggregate_add(aggregate, &seen, INT64_MAX - HG_DAY, &rows[n].alert, NULL);
        if (rc == HG_ENOMEM) { /* the delta is full: commit what stands before this event */
            commit(feed, store, aggregate, rows, n, sequence - 1);
            n = 0;
            sequence--;
            continue;
        }
        assert(rc == HG_OK);
        if (++n == batch || sequence == to) {
            commit(feed, store, aggregate, rows, n, sequence);
            n = 0;
        }
    }
    free(rows);
    free(made);
    hg_aggregate_destroy(aggregate);
    hg_store_close(store);
}

void dir_make(char out[64])
{
    snprintf(out, 64, "/tmp/hg-store-XXXXXX");
    char *made = mkdtemp(out);
    assert(made != NULL);
}

void dir_remove(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    char path[512];
    while (d != NULL && (entry = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    if (d != NULL)
        closedir(d);
    rmdir(dir);
}

uint64_t test_seed(void)
{
    const char *text = getenv("HG_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)hg_time_now_us();
    fprintf(stderr, "seed: HG_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}
