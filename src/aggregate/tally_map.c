#include "aggregate/tally_map.h"

#include <stdlib.h>

/* ---- slots */

static bool slots_init(struct slots *slots, size_t max)
{
    uint32_t n = 16;
    while (n < 2 * max)
        n *= 2;
    slots->mask = n - 1;
    slots->at = calloc(n, sizeof *slots->at);
    return slots->at != NULL;
}

static void slots_clear(struct slots *slots)
{
    memset(slots->at, 0, ((size_t)slots->mask + 1) * sizeof *slots->at);
}

/* ---- rollups */

static uint64_t rollup_hash(int64_t minute_us, enum hg_dim dim, struct hg_slice key)
{
    return hg_hash64(key, (uint64_t)minute_us * HG_DIM_COUNT + (uint64_t)dim);
}

static bool rollup_is(const struct hg_rollup *row, int64_t minute_us, enum hg_dim dim, struct hg_slice key)
{
    return row->minute_us == minute_us && row->dim == (uint8_t)dim && row->key_len == key.len &&
           memcmp(row->key, key.p, key.len) == 0;
}

static int rollup_order(const void *left, const void *right)
{
    const struct hg_rollup *a = left, *b = right;
    if (a->dim != b->dim)
        return a->dim < b->dim ? -1 : 1;
    if (a->minute_us != b->minute_us)
        return a->minute_us < b->minute_us ? -1 : 1;
    uint8_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = memcmp(a->key, b->key, len);
    return order != 0 ? order : (int)a->key_len - (int)b->key_len;
}

bool tally_map_init(struct tally_map *map, size_t max)
{
    *map = (struct tally_map){.rows = malloc(max * sizeof *map->rows), .max = max};
    return map->rows != NULL && slots_init(&map->slots, max);
}

void tally_map_free(struct tally_map *map)
{
    free(map->rows);
    free(map->slots.at);
}

void tally_map_clear(struct tally_map *map)
{
    if (map->n > 0)
        slots_clear(&map->slots);
    map->n = 0;
    map->sorted = false;
}

static void tally_map_refill(struct tally_map *map)
{
    slots_clear(&map->slots);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct hg_rollup *row = &map->rows[i];
        uint64_t at = rollup_hash(row->minute_us, (enum hg_dim)row->dim, (struct hg_slice){row->key, row->key_len});
        while (map->slots.at[at & map->slots.mask] != 0)
            at++;
        map->slots.at[at & map->slots.mask] = i + 1;
    }
    map->sorted = false;
}

struct hg_tally *tally_map_at(struct tally_map *map, int64_t minute_us, enum hg_dim dim, struct hg_slice key)
{
    if (map->sorted)
        tally_map_refill(map);
    uint64_t at = rollup_hash(minute_us, dim, key);
    uint32_t *slot;
    while (*(slot = &map->slots.at[at & map->slots.mask]) != 0) {
        struct hg_rollup *row = &map->rows[*slot - 1];
        if (rollup_is(row, minute_us, dim, key))
            return &row->tally;
        at++;
    }
    HG_ASSERT(map->n < map->max);
    struct hg_rollup *row = &map->rows[map->n++];
    *row = (struct hg_rollup){.minute_us = minute_us, .dim = (uint8_t)dim, .key_len = (uint8_t)key.len};
    memcpy(row->key, key.p, key.len);
    *slot = (uint32_t)map->n;
    return &row->tally;
}

void tally_map_sort(struct tally_map *map)
{
    qsort(map->rows, map->n, sizeof *map->rows, rollup_order);
    map->sorted = true;
}

/* ---- attackers */

static uint64_t attacker_hash(int64_t minute_us, const struct hg_ip *ip)
{
    return hg_hash64((struct hg_slice){(const char *)ip->b, sizeof ip->b}, (uint64_t)minute_us);
}

static int attacker_order(const void *left, const void *right)
{
    const struct hg_attacker *a = left, *b = right;
    if (a->minute_us != b->minute_us)
        return a->minute_us < b->minute_us ? -1 : 1;
    return memcmp(a->ip.b, b->ip.b, sizeof a->ip.b);
}

bool attacker_set_init(struct attacker_set *set, size_t max)
{
    *set = (struct attacker_set){.rows = malloc(max * sizeof *set->rows), .max = max};
    return set->rows != NULL && slots_init(&set->slots, max);
}

void attacker_set_free(struct attacker_set *set)
{
    free(set->rows);
    free(set->slots.at);
}

void attacker_set_clear(struct attacker_set *set)
{
    if (set->n > 0)
        slots_clear(&set->slots);
    set->n = 0;
    set->sorted = false;
}

static void attacker_set_refill(struct attacker_set *set)
{
    slots_clear(&set->slots);
    for (uint32_t i = 0; i < set->n; i++) {
        uint64_t at = attacker_hash(set->rows[i].minute_us, &set->rows[i].ip);
        while (set->slots.at[at & set->slots.mask] != 0)
            at++;
        set->slots.at[at & set->slots.mask] = i + 1;
    }
    set->sorted = false;
}

void attacker_set_add(struct attacker_set *set, int64_t minute_us, const struct hg_ip *ip)
{
    if (set->sorted)
        attacker_set_refill(set);
    uint64_t at = attacker_hash(minute_us, ip);
    uint32_t *slot;
    while (*(slot = &set->slots.at[at & set->slots.mask]) != 0) {
        const struct hg_attacker *row = &set->rows[*slot - 1];
        if (row->minute_us == minute_us && hg_ip_eq(&row->ip, ip))
            return;
        at++;
    }
    HG_ASSERT(set->n < set->max);
    set->rows[set->n++] = (struct hg_attacker){.minute_us = minute_us, .ip = *ip};
    *slot = (uint32_t)set->n;
}

void attacker_set_sort(struct attacker_set *set)
{
    qsort(set->rows, set->n, sizeof *set->rows, attacker_order);
    set->sorted = true;
}
