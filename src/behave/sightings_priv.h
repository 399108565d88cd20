/* The list behind sightings.h: entries of each kind in a pool of their own, linked by when they were seen last, and found by a hash. */
#ifndef HG_BEHAVE_SIGHTINGS_PRIV_H
#define HG_BEHAVE_SIGHTINGS_PRIV_H

#include "behave/sightings_hosts.h"
#include "behave/sightings_known.h"
#include "behave/sightings_values.h"

#define SIGHTING_BUCKETS      131072u /* a power of two above HG_SIGHTINGS_MAX */
#define SIGHTING_PORTS        4u
#define SIGHTING_SOURCE_BITS  256u

struct entry {
    uint64_t hash;
    int64_t first_us, last_us;
    uint32_t count;
    uint32_t next;         /* in the bucket: 1 + index; 0: none. So are the others */
    uint32_t newer, older; /* of its kind */
    uint8_t dataset, value_bytes;
    union {
        uint8_t sources[SIGHTING_SOURCE_BITS / 8]; /* but for an address: a bit by the source's hash */
        uint16_t ports[SIGHTING_PORTS];            /* address: the latest source ports, newest first; 0: none */
    };
};

struct pool { /* entries of one kind are from `first` on */
    uint32_t first, n, newest, oldest;
    char *values;
};

struct hg_sightings {
    int64_t age_us;
    int64_t since_us; /* the first event of other traffic; HG_TIME_NONE: none yet */
    struct hosts hosts;
    struct known addresses, fingerprints[2]; /* of other traffic; HASSH, JA3 */
    struct pool pools[HG_SIGHTING_KINDS];
    struct entry *entries; /* [HG_SIGHTINGS_MAX] */
    uint32_t *buckets;
};

uint32_t sighting_kind_most(enum hg_sighting_kind kind);
uint32_t sighting_kind_bytes(enum hg_sighting_kind kind);
uint64_t sighting_hash(enum hg_sighting_kind kind, struct hg_slice value);
struct entry *sighting_find(const struct hg_sightings *sightings, enum hg_sighting_kind kind, uint64_t hash, struct hg_slice value);
/* A new entry, the newest of its kind; the oldest gives its place where there is none. Its value and hash are set, the rest is zero. */
struct entry *sighting_add(struct hg_sightings *sightings, enum hg_sighting_kind kind, uint64_t hash, struct hg_slice value);
void sighting_renew(struct hg_sightings *sightings, enum hg_sighting_kind kind, struct entry *entry); /* makes it the newest */
struct hg_slice sighting_bytes_of(const struct hg_sightings *sightings, enum hg_sighting_kind kind, const struct entry *entry);
/* Whether other traffic, as it is known at time_us, says that the value is nothing to wonder about. */
bool sighting_is_usual(const struct hg_sightings *sightings, enum hg_sighting_kind kind, const struct entry *entry, int64_t time_us);
/* Distinct sources of an entry. */
uint32_t sighting_sources(enum hg_sighting_kind kind, const struct entry *entry);

#endif
