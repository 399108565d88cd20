#include "behave/entries.h"

#include "base/hash.h"

#include <stdlib.h>

#define PLACES 8u

bool entries_create(struct entries *entries, size_t entry_bytes, uint32_t n)
{
    HG_ASSERT(n >= PLACES && (n & (n - 1)) == 0 && entry_bytes >= sizeof(struct entry));
    *entries = (struct entries){calloc(n, entry_bytes), entry_bytes, n};
    return entries->at != NULL;
}

void entries_destroy(struct entries *entries)
{
    free(entries->at);
    *entries = (struct entries){0};
}

void entries_clear(struct entries *entries)
{
    memset(entries->at, 0, entries_bytes(entries));
}

static struct entry *entry_at(const struct entries *entries, uint32_t i)
{
    return (struct entry *)(void *)(entries->at + (size_t)i * entries->entry_bytes);
}

/* The first place of the key's bucket. */
static uint32_t bucket(const struct entries *entries, uint64_t key)
{
    return (uint32_t)hg_mix64(key) & (entries->n - 1) & ~(PLACES - 1);
}

static uint64_t usable(uint64_t key)
{
    return key == 0 ? 1 : key;
}

void *entries_find(const struct entries *entries, uint64_t key)
{
    key = usable(key);
    uint32_t first = bucket(entries, key);
    for (uint32_t i = first; i < first + PLACES; i++)
        if (entry_at(entries, i)->key == key)
            return entry_at(entries, i);
    return NULL;
}

void *entries_use(struct entries *entries, uint64_t key, int64_t now_us)
{
    key = usable(key);
    struct entry *entry = entries_find(entries, key);
    if (entry == NULL) {
        uint32_t first = bucket(entries, key);
        entry = entry_at(entries, first);
        for (uint32_t i = first + 1; i < first + PLACES && entry->key != 0; i++) {
            struct entry *other = entry_at(entries, i);
            if (other->key == 0 || other->last_us < entry->last_us)
                entry = other;
        }
        memset(entry, 0, entries->entry_bytes);
        entry->key = key;
        entry->last_us = now_us;
    }
    if (entry->last_us < now_us)
        entry->last_us = now_us;
    return entry;
}

void entries_put(const struct entries *entries, struct hg_buf *out)
{
    uint32_t head[3] = {(uint32_t)entries->entry_bytes, entries->n, 0};
    for (uint32_t i = 0; i < entries->n; i++)
        head[2] += entry_at(entries, i)->key != 0;
    hg_buf_add(out, head, sizeof head);
    for (uint32_t i = 0; i < entries->n; i++) {
        if (entry_at(entries, i)->key == 0)
            continue;
        hg_buf_add(out, &i, sizeof i);
        hg_buf_add(out, entry_at(entries, i), entries->entry_bytes);
    }
}

static bool read(struct hg_slice *bytes, void *to, size_t len)
{
    if (bytes->len < len)
        return false;
    memcpy(to, bytes->p, len);
    *bytes = hg_slice_from(*bytes, len);
    return true;
}

/* An entry belongs where its key says, and places come in order: else it would never be found, or hide another. */
static bool take_entry(struct entries *entries, struct hg_slice *bytes, uint32_t *next)
{
    uint32_t i;
    if (!read(bytes, &i, sizeof i) || i < *next || i >= entries->n || !read(bytes, entry_at(entries, i), entries->entry_bytes))
        return false;
    *next = i + 1;
    uint64_t key = entry_at(entries, i)->key;
    return key != 0 && bucket(entries, key) == (i & ~(PLACES - 1));
}

enum hg_rc entries_take(struct entries *entries, struct hg_slice *bytes, struct hg_err *reterr)
{
    uint32_t head[3], next = 0;
    entries_clear(entries);
    bool good = read(bytes, head, sizeof head) && head[0] == entries->entry_bytes && head[1] == entries->n && head[2] <= entries->n;
    for (uint32_t i = 0; good && i < head[2]; i++)
        good = take_entry(entries, bytes, &next);
    return good ? HG_OK : hg_fail(reterr, HG_EFORMAT, "rules: their state is damaged, or another version's");
}
