/* The list: pools, order and hashes. */
#include "behave/sightings_priv.h"

#include "base/instant.h"

#include <math.h>
#include <stdlib.h>

#define KNOWN_ADDRESSES    65536u
#define KNOWN_FINGERPRINTS 4096u
#define KNOWN_DAYS         90 /* what wasn't met for so long is new again */
#define ACQUAINTED_US      HG_DAY /* known for longer before its first sighting: an acquaintance */
#define WATCHED_US         HG_DAY /* other traffic's first day: what fingerprints it has is usual */

static const struct {
    const char *name;
    uint32_t most, bytes;
} kinds[HG_SIGHTING_KINDS] = {
#define KIND(name, most, bytes) {#name, most, bytes},
    HG_SIGHTING_KINDS_LIST(KIND)
#undef KIND
};

#define PLUS(name, most, bytes) +(most)
_Static_assert((0 HG_SIGHTING_KINDS_LIST(PLUS)) == HG_SIGHTINGS_MAX, "the kinds share out the entries");

const char *hg_sighting_kind_name(enum hg_sighting_kind kind)
{
    return kinds[kind].name;
}

bool hg_sighting_kind_parse(struct hg_slice name, enum hg_sighting_kind *ret)
{
    for (int i = 0; i < HG_SIGHTING_KINDS; i++) {
        if (hg_slice_is(name, kinds[i].name)) {
            *ret = (enum hg_sighting_kind)i;
            return true;
        }
    }
    return false;
}

uint32_t sighting_kind_most(enum hg_sighting_kind kind)
{
    return kinds[kind].most;
}

uint32_t sighting_kind_bytes(enum hg_sighting_kind kind)
{
    return kinds[kind].bytes;
}

/* ---- the whole */

static bool create_parts(struct hg_sightings *sightings)
{
    bool made = true;
    uint32_t first = 0;
    for (int i = 0; i < HG_SIGHTING_KINDS; i++) {
        sightings->pools[i] = (struct pool){.first = first, .values = calloc(kinds[i].most, kinds[i].bytes)};
        made = made && sightings->pools[i].values != NULL;
        first += kinds[i].most;
    }
    sightings->entries = calloc(HG_SIGHTINGS_MAX, sizeof *sightings->entries);
    sightings->buckets = calloc(SIGHTING_BUCKETS, sizeof *sightings->buckets);
    bool known = known_create(&sightings->addresses, KNOWN_ADDRESSES, KNOWN_DAYS * HG_DAY);
    for (int i = 0; i < 2; i++)
        known = known_create(&sightings->fingerprints[i], KNOWN_FINGERPRINTS, KNOWN_DAYS * HG_DAY) && known;
    return made && known && sightings->entries != NULL && sightings->buckets != NULL;
}

enum hg_rc hg_sightings_create(double days, struct hg_sightings **ret, struct hg_err *reterr)
{
    if (!isfinite(days) || days <= 0 || days > 36500)
        return hg_fail(reterr, HG_EUSAGE, "sightings: the ageing limit is above 0 and at most 36,500 days");
    struct hg_sightings *sightings = calloc(1, sizeof *sightings);
    if (sightings == NULL || !create_parts(sightings)) {
        hg_sightings_destroy(sightings);
        return hg_fail(reterr, HG_ENOMEM, "sightings: no memory for %u entries", HG_SIGHTINGS_MAX);
    }
    sightings->age_us = (int64_t)(days * (double)HG_DAY);
    sightings->since_us = HG_TIME_NONE;
    *ret = sightings;
    return HG_OK;
}

void hg_sightings_destroy(struct hg_sightings *sightings)
{
    if (sightings == NULL)
        return;
    for (int i = 0; i < HG_SIGHTING_KINDS; i++)
        free(sightings->pools[i].values);
    known_destroy(&sightings->addresses);
    known_destroy(&sightings->fingerprints[0]);
    known_destroy(&sightings->fingerprints[1]);
    free(sightings->entries);
    free(sightings->buckets);
    free(sightings);
}

void hg_sightings_clear(struct hg_sightings *sightings)
{
    sightings->since_us = HG_TIME_NONE;
    sightings->hosts = (struct hosts){.n = 0};
    known_clear(&sightings->addresses);
    known_clear(&sightings->fingerprints[0]);
    known_clear(&sightings->fingerprints[1]);
    for (int i = 0; i < HG_SIGHTING_KINDS; i++) {
        struct pool *pool = &sightings->pools[i];
        for (uint32_t e = pool->first; e < pool->first + pool->n; e++)
            sightings->buckets[sightings->entries[e].hash & (SIGHTING_BUCKETS - 1)] = 0;
        pool->n = pool->newest = pool->oldest = 0;
    }
}

uint64_t hg_sightings_bytes(const struct hg_sightings *sightings)
{
    uint64_t bytes = sizeof *sightings + HG_SIGHTINGS_MAX * sizeof *sightings->entries + SIGHTING_BUCKETS * sizeof *sightings->buckets;
    for (int i = 0; i < HG_SIGHTING_KINDS; i++)
        bytes += (uint64_t)kinds[i].most * kinds[i].bytes;
    return bytes + known_bytes(&sightings->addresses) + known_bytes(&sightings->fingerprints[0]) + known_bytes(&sightings->fingerprints[1]);
}

/* ---- entries */

uint64_t sighting_hash(enum hg_sighting_kind kind, struct hg_slice value)
{
    if (kind != HG_SIGHTING_address)
        return hg_hash64(value, kind);
    struct hg_ip ip;
    memcpy(ip.b, value.p, sizeof ip.b);
    return ip_hash(&ip);
}

struct hg_slice sighting_bytes_of(const struct hg_sightings *sightings, enum hg_sighting_kind kind, const struct entry *entry)
{
    const struct pool *pool = &sightings->pools[kind];
    size_t at = (size_t)(entry - sightings->entries) - pool->first;
    return (struct hg_slice){pool->values + at * kinds[kind].bytes, entry->value_bytes};
}

struct entry *sighting_find(const struct hg_sightings *sightings, enum hg_sighting_kind kind, uint64_t hash, struct hg_slice value)
{
    const struct pool *pool = &sightings->pools[kind];
    for (uint32_t i = sightings->buckets[hash & (SIGHTING_BUCKETS - 1)]; i != 0; i = sightings->entries[i - 1].next) {
        struct entry *entry = &sightings->entries[i - 1];
        bool of_kind = i - 1 - pool->first < kinds[kind].most;
        if (entry->hash == hash && of_kind && hg_slice_eq(sighting_bytes_of(sightings, kind, entry), value))
            return entry;
    }
    return NULL;
}

static void leave_order(struct hg_sightings *sightings, struct pool *pool, const struct entry *entry)
{
    if (entry->newer != 0)
        sightings->entries[entry->newer - 1].older = entry->older;
    else
        pool->newest = entry->older;
    if (entry->older != 0)
        sightings->entries[entry->older - 1].newer = entry->newer;
    else
        pool->oldest = entry->newer;
}

static void enter_order(struct hg_sightings *sightings, struct pool *pool, struct entry *entry)
{
    uint32_t place = (uint32_t)(entry - sightings->entries) + 1;
    entry->newer = 0;
    entry->older = pool->newest;
    if (pool->newest != 0)
        sightings->entries[pool->newest - 1].newer = place;
    else
        pool->oldest = place;
    pool->newest = place;
}

void sighting_renew(struct hg_sightings *sightings, enum hg_sighting_kind kind, struct entry *entry)
{
    struct pool *pool = &sightings->pools[kind];
    if (entry->newer == 0)
        return;
    leave_order(sightings, pool, entry);
    enter_order(sightings, pool, entry);
}

static struct entry *give_up_oldest(struct hg_sightings *sightings, struct pool *pool)
{
    uint32_t place = pool->oldest;
    struct entry *entry = &sightings->entries[place - 1];
    leave_order(sightings, pool, entry);
    uint32_t *link = &sightings->buckets[entry->hash & (SIGHTING_BUCKETS - 1)];
    while (*link != place)
        link = &sightings->entries[*link - 1].next;
    *link = entry->next;
    return entry;
}

struct entry *sighting_add(struct hg_sightings *sightings, enum hg_sighting_kind kind, uint64_t hash, struct hg_slice value)
{
    struct pool *pool = &sightings->pools[kind];
    struct entry *entry = pool->n < kinds[kind].most ? &sightings->entries[pool->first + pool->n++] : give_up_oldest(sightings, pool);
    uint32_t *bucket = &sightings->buckets[hash & (SIGHTING_BUCKETS - 1)];
    *entry = (struct entry){.hash = hash, .next = *bucket, .value_bytes = (uint8_t)value.len};
    *bucket = (uint32_t)(entry - sightings->entries) + 1;
    memcpy(pool->values + ((size_t)(entry - sightings->entries) - pool->first) * kinds[kind].bytes, value.p, value.len);
    enter_order(sightings, pool, entry);
    return entry;
}

/* ---- looking through it */

bool sighting_is_usual(const struct hg_sightings *sightings, enum hg_sighting_kind kind, const struct entry *entry, int64_t time_us)
{
    struct hg_slice value = sighting_bytes_of(sightings, kind, entry);
    uint8_t key[16];
    if (kind == HG_SIGHTING_address) {
        memcpy(key, value.p, sizeof key);
        return known_since(&sightings->addresses, key, time_us) < entry->first_us - ACQUAINTED_US;
    }
    if (kind != HG_SIGHTING_hassh && kind != HG_SIGHTING_ja3)
        return false;
    sighting_fingerprint(value, key);
    int64_t since_us = known_since(&sightings->fingerprints[kind - HG_SIGHTING_hassh], key, time_us);
    return since_us < entry->first_us || (sightings->since_us != HG_TIME_NONE && since_us < sightings->since_us + WATCHED_US);
}

/* With k of m bits set, so many distinct ones came on average: m / m + m / (m - 1) + … + m / (m - k + 1), the coupon collector's. */
uint32_t sighting_sources(enum hg_sighting_kind kind, const struct entry *entry)
{
    double sources = 0;
    int set = 0;
    if (kind == HG_SIGHTING_address)
        return 1;
    for (size_t i = 0; i < sizeof entry->sources; i++)
        set += __builtin_popcount(entry->sources[i]);
    for (int i = 0; i < set; i++)
        sources += (double)SIGHTING_SOURCE_BITS / (double)((int)SIGHTING_SOURCE_BITS - i);
    return (uint32_t)(sources + 0.5);
}

size_t hg_sightings_count(const struct hg_sightings *sightings, enum hg_sighting_kind kind)
{
    return sightings->pools[kind].n;
}

bool hg_sightings_next(const struct hg_sightings *sightings, enum hg_sighting_kind kind, uint32_t *cursor, struct hg_sighting *ret)
{
    uint32_t place = *cursor == 0 ? sightings->pools[kind].newest : sightings->entries[*cursor - 1].older;
    if (place == 0)
        return false;
    const struct entry *entry = &sightings->entries[place - 1];
    struct hg_slice value = sighting_bytes_of(sightings, kind, entry);
    int64_t now_us = entry->last_us; /* one that was never met counts as met now: not on the first day */
    if (sightings->since_us != HG_TIME_NONE && now_us < sightings->since_us + WATCHED_US)
        now_us = sightings->since_us + WATCHED_US;
    *cursor = place;
    *ret = (struct hg_sighting){.kind = kind, .dataset = (enum hg_dataset)entry->dataset, .first_us = entry->first_us,
                                .last_us = entry->last_us, .count = entry->count,
                                .usual = sighting_is_usual(sightings, kind, entry, now_us),
                                .sources = sighting_sources(kind, entry), .value_bytes = value.len};
    if (kind == HG_SIGHTING_address) {
        struct hg_ip ip;
        memcpy(ip.b, value.p, sizeof ip.b);
        ret->value_bytes = hg_ip_print(&ip, ret->value);
    } else {
        memcpy(ret->value, value.p, value.len);
    }
    return true;
}
