/*
 * What is known of traffic that isn't a honeypot's: addresses and fingerprints of 16 bytes, when each was met first and last. Bounded: a
 * table of sets of KNOWN_WAYS; in a full set the one that was met only once and longest ago goes, else the one met longest ago. One not
 * met for longer than `forget_us` is met for the first time again.
 */
#ifndef HG_BEHAVE_SIGHTINGS_KNOWN_H
#define HG_BEHAVE_SIGHTINGS_KNOWN_H

#include "base/buf.h"

#define KNOWN_WAYS 4u

struct known_entry { /* 32 bytes: a set is two cache lines */
    uint8_t key[16];
    int64_t first_us;
    int32_t last_minute; /* since the epoch */
    uint32_t times;      /* stays at its most; 0: free */
};

struct known {
    struct known_entry *entries;
    uint32_t *used; /* sets that have an entry, in the order in which they got their first */
    uint32_t n_sets; /* a power of two */
    uint32_t n_used;
    int64_t forget_us;
};

bool known_create(struct known *known, uint32_t entries, int64_t forget_us);
void known_destroy(struct known *known);
static inline uint64_t known_bytes(const struct known *known)
{
    return (uint64_t)known->n_sets * (KNOWN_WAYS * sizeof(struct known_entry) + sizeof(uint32_t));
}

/* When it was met first: time_us itself, if never before. */
int64_t known_meet(struct known *known, const uint8_t key[16], int64_t time_us);
/* The same without meeting it. */
int64_t known_since(const struct known *known, const uint8_t key[16], int64_t time_us);

void known_clear(struct known *known);
void known_put(const struct known *known, struct hg_buf *out);
/* Of an empty table; takes its bytes off the front. False: these are no such bytes. */
bool known_take(struct known *known, struct hg_slice *io_bytes);

#endif
