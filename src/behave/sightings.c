#include "behave/sightings_priv.h"

#include "base/instant.h"
#include "behave/sightings_bytes.h"

#define RECENT_US     HG_HOUR /* a connection that the honeypot saw and that another sensor writes down later */

static struct hg_slice slice_of(const struct sighting_value *value)
{
    return (struct hg_slice){value->bytes, value->len};
}

static struct hg_slice slice_of_ip(const struct hg_ip *ip)
{
    return (struct hg_slice){(const char *)ip->b, sizeof ip->b};
}

static bool has_public(const struct hg_event *event, enum hg_field end)
{
    return hg_event_has(event, end) && hg_ip_is_public(end == HG_FIELD_source_ip ? &event->source_ip : &event->destination_ip);
}

/* ---- honeypots */

static struct entry *touch(struct hg_sightings *sightings, enum hg_sighting_kind kind, struct hg_slice value, const struct hg_event *event)
{
    uint64_t hash = sighting_hash(kind, value);
    struct entry *entry = sighting_find(sightings, kind, hash, value);
    if (entry == NULL) {
        entry = sighting_add(sightings, kind, hash, value);
        entry->first_us = entry->last_us = event->time_us;
    }
    sighting_renew(sightings, kind, entry);
    if (event->time_us < entry->first_us) /* out of order */
        entry->first_us = event->time_us;
    if (event->time_us > entry->last_us)
        entry->last_us = event->time_us;
    entry->count += entry->count < UINT32_MAX;
    entry->dataset = event->dataset;
    return entry;
}

static bool has_port(const struct entry *entry, uint16_t port)
{
    bool has = false;
    for (size_t i = 0; i < SIGHTING_PORTS; i++)
        has |= entry->ports[i] == port;
    return has;
}

static void note_address(struct hg_sightings *sightings, const struct hg_event *event)
{
    struct entry *entry = touch(sightings, HG_SIGHTING_address, slice_of_ip(&event->source_ip), event);
    if (!hg_event_has(event, HG_FIELD_source_port) || has_port(entry, event->source_port))
        return;
    memmove(entry->ports + 1, entry->ports, sizeof entry->ports - sizeof entry->ports[0]);
    entry->ports[0] = event->source_port;
}

void hg_sightings_note(struct hg_sightings *sightings, const struct hg_event *event)
{
    bool from_public = has_public(event, HG_FIELD_source_ip), from_somewhere = hg_event_has(event, HG_FIELD_source_ip);
    struct sighting_value value;
    if (!is_time(event->time_us))
        return;
    if (hg_event_has(event, HG_FIELD_destination_ip))
        hosts_name(&sightings->hosts, &event->destination_ip);
    if (from_public)
        note_address(sightings, event);
    for (int kind = HG_SIGHTING_credential; kind < HG_SIGHTING_KINDS; kind++) {
        bool is_fingerprint = kind == HG_SIGHTING_hassh || kind == HG_SIGHTING_ja3;
        if ((is_fingerprint && from_somewhere && !from_public) || !sighting_value_of(event, (enum hg_sighting_kind)kind, &value))
            continue;
        struct entry *entry = touch(sightings, (enum hg_sighting_kind)kind, slice_of(&value), event);
        uint64_t source = from_somewhere ? ip_hash(&event->source_ip) : 0;
        entry->sources[source / 8 % sizeof entry->sources] |= (uint8_t)(1u << (source & 7));
    }
}

/* ---- other traffic */

/* Seen there, and not too long ago; NULL otherwise. */
static struct entry *lookup(const struct hg_sightings *sightings, enum hg_sighting_kind kind, struct hg_slice value, int64_t time_us)
{
    struct entry *entry = sighting_find(sightings, kind, sighting_hash(kind, value), value);
    bool counts = entry != NULL && entry->first_us <= time_us && time_us - entry->last_us <= sightings->age_us;
    return counts ? entry : NULL;
}

/* Whether the event is of a connection to a honeypot, as another sensor sees it; learns where honeypots are. */
static bool is_of_honeypot(struct hg_sightings *sightings, const struct hg_event *event, const struct entry *source)
{
    bool has_target = hg_event_has(event, HG_FIELD_destination_ip);
    bool same = false;
    if (source != NULL && event->time_us - source->last_us <= RECENT_US && hg_event_has(event, HG_FIELD_source_port) &&
        event->source_port != 0 && hg_slice_is(event->protocol, "tcp")) {
        same = has_port(source, event->source_port);
        if (has_target)
            hosts_try(&sightings->hosts, &event->destination_ip, &event->source_ip, same);
    }
    return same || (has_target && hosts_have(&sightings->hosts, &event->destination_ip)) ||
           (hg_event_has(event, HG_FIELD_source_ip) && hosts_have(&sightings->hosts, &event->source_ip));
}

/* Traffic that says that its ends know each other: answered, and by more than the one segment that refuses a connection. */
static bool is_answered(const struct hg_event *event)
{
    bool known, failed = hg_event_failed(event, &known);
    bool refused = hg_event_has(event, HG_FIELD_packets_received) && event->packets_received < 2 && hg_slice_is(event->protocol, "tcp");
    return !failed && !refused && event->label != HG_LABEL_ATTACK;
}

/* Takes note of an end of the event; NULL unless it was sighted and no acquaintance. */
static struct entry *match_end(struct hg_sightings *sightings, const struct hg_event *event, const struct hg_ip *ip, struct entry *entry,
                               bool answered)
{
    if (answered)
        (void)known_meet(&sightings->addresses, ip->b, event->time_us);
    return entry == NULL || sighting_is_usual(sightings, HG_SIGHTING_address, entry, event->time_us) ? NULL : entry;
}

static struct entry *match_address(struct hg_sightings *sightings, const struct hg_event *event, struct entry *source)
{
    bool answered = is_answered(event);
    struct entry *match = NULL, *target = NULL;
    if (has_public(event, HG_FIELD_source_ip))
        match = match_end(sightings, event, &event->source_ip, source, answered);
    if (has_public(event, HG_FIELD_destination_ip)) {
        target = lookup(sightings, HG_SIGHTING_address, slice_of_ip(&event->destination_ip), event->time_us);
        target = match_end(sightings, event, &event->destination_ip, target, answered);
    }
    return match != NULL ? match : target;
}

static struct entry *match_fingerprint(struct hg_sightings *sightings, const struct hg_event *event, enum hg_sighting_kind kind)
{
    struct sighting_value value;
    uint8_t key[16];
    if (!sighting_value_of(event, kind, &value))
        return NULL;
    sighting_fingerprint(slice_of(&value), key);
    if (event->label != HG_LABEL_ATTACK)
        (void)known_meet(&sightings->fingerprints[kind - HG_SIGHTING_hassh], key, event->time_us);
    struct entry *entry = lookup(sightings, kind, slice_of(&value), event->time_us);
    return entry == NULL || sighting_is_usual(sightings, kind, entry, event->time_us) ? NULL : entry;
}

static struct entry *match_value(const struct hg_sightings *sightings, const struct hg_event *event, enum hg_sighting_kind kind)
{
    struct sighting_value value;
    return sighting_value_of(event, kind, &value) ? lookup(sightings, kind, slice_of(&value), event->time_us) : NULL;
}

static bool has_traits(const struct hg_event *event)
{
    bool has = false;
    for (int i = 0; i < HG_TRAIT_COUNT; i++)
        has |= event->traits[i].len > 0;
    return has;
}

static void fill(enum hg_sighting_kind kind, const struct entry *entry, const struct hg_event *event, struct hg_finding *ret)
{
    static const uint8_t traits[HG_SIGHTING_KINDS] = {0, 1 + HG_TRAIT_password, 1 + HG_TRAIT_file, 1 + HG_TRAIT_hassh, 1 + HG_TRAIT_ja3};
    int64_t since_us = event->time_us > entry->last_us ? event->time_us - entry->last_us : 0;
    *ret = (struct hg_finding){.rule = HG_RULE_honeypot_sighting, .trait = traits[kind], .dataset = entry->dataset,
                               .counted = (float)entry->count, .limit = 1, .seconds = (float)((double)since_us / 1e6),
                               .second = (float)sighting_sources(kind, entry), .seen_us = entry->last_us,
                               .p = hg_finding_p((double)entry->count, 1)};
}

/* What says most is told first: a file and a password are chosen, an address may be shared, a program is. All are looked at, since all
 * take note of what is usual. */
static bool match_traits(struct hg_sightings *sightings, const struct hg_event *event, struct entry *address, struct hg_finding *ret)
{
    struct entry *found[HG_SIGHTING_KINDS] = {[HG_SIGHTING_address] = address};
    static const enum hg_sighting_kind order[] = {HG_SIGHTING_file, HG_SIGHTING_credential, HG_SIGHTING_address, HG_SIGHTING_hassh,
                                                  HG_SIGHTING_ja3};
    if (has_traits(event)) {
        found[HG_SIGHTING_file] = match_value(sightings, event, HG_SIGHTING_file);
        found[HG_SIGHTING_credential] = match_value(sightings, event, HG_SIGHTING_credential);
        found[HG_SIGHTING_hassh] = match_fingerprint(sightings, event, HG_SIGHTING_hassh);
        found[HG_SIGHTING_ja3] = match_fingerprint(sightings, event, HG_SIGHTING_ja3);
    }
    for (size_t i = 0; i < HG_SIGHTING_KINDS; i++) {
        if (found[order[i]] != NULL) {
            fill(order[i], found[order[i]], event, ret);
            return true;
        }
    }
    return false;
}

bool hg_sightings_match(struct hg_sightings *sightings, const struct hg_event *event, struct hg_finding *ret)
{
    struct entry *source = NULL;
    if (!is_time(event->time_us))
        return false;
    if (sightings->since_us == HG_TIME_NONE)
        sightings->since_us = event->time_us;
    if (has_public(event, HG_FIELD_source_ip))
        source = lookup(sightings, HG_SIGHTING_address, slice_of_ip(&event->source_ip), event->time_us);
    if (is_of_honeypot(sightings, event, source))
        return false;
    return match_traits(sightings, event, match_address(sightings, event, source), ret);
}
