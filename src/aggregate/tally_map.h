/*
 * The rollups and attackers of a delta: hash maps over rows that are kept together, so that a delta is the rows themselves.
 * Fixed room from birth; nothing is allocated later.
 */
#ifndef HG_AGGREGATE_TALLY_MAP_H
#define HG_AGGREGATE_TALLY_MAP_H

#include "core/rollup.h"

struct slots {           /* open addressing; a slot holds a row's place plus 1, 0 is free */
    uint32_t *at;
    uint32_t mask;
};

struct tally_map {
    struct hg_rollup *rows;
    size_t n, max;
    struct slots slots;
    bool sorted;         /* rows were sorted since the slots were filled: fill them anew before the next look-up */
};

struct attacker_set {
    struct hg_attacker *rows;
    size_t n, max;
    struct slots slots;
    bool sorted;
};

/* false: no memory. free copes with a zeroed or half-made one. */
bool tally_map_init(struct tally_map *map, size_t max);
void tally_map_free(struct tally_map *map);
void tally_map_clear(struct tally_map *map);
/* The tally of (minute, dim, key), made when it is new; the caller has made sure of room. */
struct hg_tally *tally_map_at(struct tally_map *map, int64_t minute_us, enum hg_dim dim, struct hg_slice key);
/* By (dim, minute, key), as the store keeps them. */
void tally_map_sort(struct tally_map *map);

bool attacker_set_init(struct attacker_set *set, size_t max);
void attacker_set_free(struct attacker_set *set);
void attacker_set_clear(struct attacker_set *set);
void attacker_set_add(struct attacker_set *set, int64_t minute_us, const struct hg_ip *ip);
void attacker_set_sort(struct attacker_set *set); /* by (minute, address) */

#endif
