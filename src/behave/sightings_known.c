#include "behave/sightings_known.h"

#include "base/hash.h"
#include "base/instant.h"
#include "behave/sightings_bytes.h"

#include <stdlib.h>

#define ENTRY_BYTES (16u + 8u + 4u + 4u)

bool known_create(struct known *known, uint32_t entries, int64_t forget_us)
{
    known->n_sets = entries / KNOWN_WAYS;
    known->forget_us = forget_us;
    known->entries = calloc(entries, sizeof *known->entries);
    known->used = calloc(known->n_sets, sizeof *known->used);
    return known->entries != NULL && known->used != NULL;
}

void known_destroy(struct known *known)
{
    free(known->entries);
    free(known->used);
}

void known_clear(struct known *known)
{
    for (uint32_t i = 0; i < known->n_used; i++)
        memset(&known->entries[(size_t)known->used[i] * KNOWN_WAYS], 0, KNOWN_WAYS * sizeof *known->entries);
    known->n_used = 0;
}

static struct known_entry *set_of(const struct known *known, const uint8_t key[16])
{
    uint64_t high, low;
    memcpy(&high, key, 8);
    memcpy(&low, key + 8, 8);
    return &known->entries[(hg_mix64(low ^ hg_mix64(high)) & (known->n_sets - 1)) * KNOWN_WAYS];
}

static struct known_entry *find(struct known_entry *set, const uint8_t key[16])
{
    for (size_t i = 0; i < KNOWN_WAYS; i++)
        if (set[i].times > 0 && memcmp(set[i].key, key, 16) == 0)
            return &set[i];
    return NULL;
}

static int32_t minute_of(int64_t time_us)
{
    int64_t minute = hg_time_floor(time_us, HG_MINUTE) / HG_MINUTE;
    return minute < INT32_MAX ? (int32_t)minute : INT32_MAX; /* the year 6053 */
}

static bool is_forgotten(const struct known *known, const struct known_entry *entry, int64_t time_us)
{
    return time_us - (int64_t)entry->last_minute * HG_MINUTE > known->forget_us + HG_MINUTE;
}

int64_t known_since(const struct known *known, const uint8_t key[16], int64_t time_us)
{
    const struct known_entry *entry = find(set_of(known, key), key);
    return entry == NULL || is_forgotten(known, entry, time_us) || entry->first_us > time_us ? time_us : entry->first_us;
}

/* Which of two goes first. */
static bool goes_before(const struct known_entry *a, const struct known_entry *b)
{
    bool a_once = a->times <= 1, b_once = b->times <= 1;
    return a_once != b_once ? a_once : a->last_minute < b->last_minute;
}

static struct known_entry *place(struct known_entry *set)
{
    struct known_entry *out = &set[0];
    for (size_t i = 0; i < KNOWN_WAYS; i++) {
        if (set[i].times == 0)
            return &set[i];
        if (goes_before(&set[i], out))
            out = &set[i];
    }
    return out;
}

static void fill(struct known *known, struct known_entry *place_of, const struct known_entry *entry)
{
    size_t at = (size_t)(place_of - known->entries);
    if (place_of->times == 0 && at % KNOWN_WAYS == 0)
        known->used[known->n_used++] = (uint32_t)(at / KNOWN_WAYS);
    *place_of = *entry;
}

int64_t known_meet(struct known *known, const uint8_t key[16], int64_t time_us)
{
    struct known_entry *set = set_of(known, key), *entry = find(set, key);
    int32_t minute = minute_of(time_us);
    if (entry == NULL || is_forgotten(known, entry, time_us)) {
        struct known_entry new_one = {.first_us = time_us, .last_minute = minute, .times = 1};
        memcpy(new_one.key, key, 16);
        fill(known, entry == NULL ? place(set) : entry, &new_one);
        return time_us;
    }
    if (time_us < entry->first_us) /* out of order */
        entry->first_us = time_us;
    if (minute > entry->last_minute)
        entry->last_minute = minute;
    entry->times += entry->times < UINT32_MAX;
    return entry->first_us;
}

/* ---- as bytes: in the order of sets and places, so that taken back each stands where it stood */

static const struct known_entry *entry_at(const struct known *known, uint32_t i)
{
    return &known->entries[(size_t)known->used[i / KNOWN_WAYS] * KNOWN_WAYS + i % KNOWN_WAYS];
}

void known_put(const struct known *known, struct hg_buf *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < known->n_used * KNOWN_WAYS; i++)
        n += entry_at(known, i)->times > 0;
    put_u32(out, n);
    for (uint32_t i = 0; i < known->n_used * KNOWN_WAYS; i++) {
        const struct known_entry *entry = entry_at(known, i);
        if (entry->times == 0)
            continue;
        hg_buf_add(out, entry->key, sizeof entry->key);
        put_i64(out, entry->first_us);
        put_u32(out, (uint32_t)entry->last_minute);
        put_u32(out, entry->times);
    }
}

static bool take_entry(struct hg_slice *io_bytes, struct known_entry *ret)
{
    uint32_t minute;
    if (!take_bytes(io_bytes, ret->key, sizeof ret->key) || !take_i64(io_bytes, &ret->first_us) || !take_u32(io_bytes, &minute) ||
        !take_u32(io_bytes, &ret->times))
        return false;
    ret->last_minute = (int32_t)minute;
    return ret->times > 0 && is_time(ret->first_us) && ret->last_minute >= minute_of(ret->first_us);
}

bool known_take(struct known *known, struct hg_slice *io_bytes)
{
    uint32_t n;
    if (!take_u32(io_bytes, &n) || n > known->n_sets * KNOWN_WAYS || io_bytes->len / ENTRY_BYTES < n)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct known_entry entry;
        if (!take_entry(io_bytes, &entry))
            return false;
        struct known_entry *set = set_of(known, entry.key), *to = place(set);
        if (to->times > 0 || find(set, entry.key) != NULL)
            return false;
        fill(known, to, &entry);
    }
    return true;
}
