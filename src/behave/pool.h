/*
 * Records of one size, never more than `max`, and in which order they were seen: when there is no room, the one seen longest ago goes.
 *
 * The order is kept to a tick of the clock, which only goes forward (the greatest event time of all). Seeing a record is one store; the
 * list that it stands in is put right when its turn comes. Who wasn't seen for POOL_TICKS ticks is gone, even if still in place.
 * A table finds records by key.
 */
#ifndef HG_BEHAVE_POOL_H
#define HG_BEHAVE_POOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_TICKS 60u
#define POOL_LISTS 64u /* more than POOL_TICKS, a power of 2 */

/* What each record begins with. */
struct pool_head {
    uint64_t key;
    uint32_t tick; /* when it was seen last; 0: nobody's */
    uint32_t link; /* the user's: a record + 1 elsewhere; 0: none */
};

/* Lists are of blocks and not of records, so that those whose turn is near can be asked for ahead. */
#define POOL_BLOCK 15u
struct pool_block {
    uint32_t next; /* block + 1; 0: the last */
    uint32_t records[POOL_BLOCK];
};

struct pool_list {
    uint32_t first, last; /* block + 1; 0: empty */
    uint32_t begin, end;  /* in the first block, in the last one */
    uint32_t n;
};

struct pool {
    char *records;
    size_t stride;
    uint32_t max, used; /* from `used` on none was ever taken */
    uint32_t now;
    struct pool_list lists[POOL_LISTS]; /* by the tick at which it was put there */
    struct pool_list old;               /* put there POOL_TICKS ago and more */
    const struct pool_list *turn;       /* from which one was taken last */
    struct pool_block *blocks;
    uint32_t blocks_used, blocks_free; /* the first that is free + 1 */
};

/* Zeroed pages, which the machine gives as they are used. NULL: no memory. */
void *pages_take(size_t bytes);
void pages_free(void *pages, size_t bytes);

HG_MUST_USE enum hg_rc pool_create(struct pool *pool, size_t stride, uint32_t max, struct hg_err *reterr);
void pool_free(struct pool *pool);
uint64_t pool_bytes(const struct pool *pool);

static inline void *pool_at(const struct pool *pool, uint32_t i)
{
    return pool->records + (size_t)i * pool->stride;
}

static inline uint32_t pool_index(const struct pool *pool, const void *record)
{
    return (uint32_t)((size_t)((const char *)record - pool->records) / pool->stride);
}

static inline bool pool_gone(const struct pool *pool, const struct pool_head *head)
{
    return pool->now - head->tick > POOL_TICKS;
}

static inline void pool_see(const struct pool *pool, struct pool_head *head)
{
    head->tick = pool->now;
}

/* Ticks are above POOL_TICKS, and never go back. */
void pool_clock(struct pool *pool, uint32_t tick);

enum pool_taken { POOL_NEW, POOL_GONE, POOL_SEEN };
/* Room for one: a record that was never used, or one that is gone, or else the one seen longest ago (*ret_tick). It still holds what it held,
 * but counts as seen now. */
enum pool_taken pool_take(struct pool *pool, uint32_t *ret, uint32_t *ret_tick);

/* Puts a record at the end of the list of a tick (0: those that are old), for a state that is read back. */
void pool_append(struct pool *pool, uint32_t tick, uint32_t record);

/* The record that is to go from the list `ahead` turns from now, most likely; NULL: none. Up to POOL_BLOCK turns. */
static inline struct pool_head *pool_list_next(const struct pool *pool, const struct pool_list *list, uint32_t ahead)
{
    if (list == NULL || ahead >= list->n)
        return NULL;
    const struct pool_block *block = &pool->blocks[list->first - 1];
    uint32_t at = list->begin + ahead;
    if (at >= POOL_BLOCK) {
        block = &pool->blocks[block->next - 1];
        at -= POOL_BLOCK;
    }
    return (struct pool_head *)pool_at(pool, block->records[at]);
}
static inline struct pool_head *pool_next(const struct pool *pool, uint32_t ahead)
{
    return pool_list_next(pool, pool->turn, ahead);
}

struct table {
    struct pool pool;
    uint64_t *index; /* upper half of the key | record + 1; there is room for all, but no more places than are needed are used */
    uint32_t mask;
};

HG_MUST_USE enum hg_rc table_create(struct table *table, size_t stride, uint32_t max, struct hg_err *reterr);
void table_free(struct table *table);
uint64_t table_bytes(const struct table *table);

static inline uint32_t table_home(const struct table *table, uint64_t key)
{
    return (uint32_t)(key >> 32) & table->mask;
}

static inline void table_prefetch(const struct table *table, uint64_t key)
{
    __builtin_prefetch(&table->index[table_home(table, key)], 1);
}

/* NULL: none of that key. */
static inline void *table_find(const struct table *table, uint64_t key)
{
    for (uint32_t at = table_home(table, key);; at = (at + 1) & table->mask) {
        uint64_t entry = table->index[at];
        if (entry == 0)
            return NULL;
        if ((entry ^ key) >> 32 == 0) {
            struct pool_head *head = (struct pool_head *)pool_at(&table->pool, (uint32_t)entry - 1);
            if (head->key == key)
                return head;
        }
    }
}

/* The record that most likely has the key, unread: for prefetching. NULL: there is none. */
static inline void *table_guess(const struct table *table, uint64_t key)
{
    for (uint32_t at = table_home(table, key);; at = (at + 1) & table->mask) {
        uint64_t entry = table->index[at];
        if (entry == 0)
            return NULL;
        if ((entry ^ key) >> 32 == 0)
            return pool_at(&table->pool, (uint32_t)entry - 1);
    }
}

/* The key must not be there yet; the record's head.key is set. */
void table_insert(struct table *table, uint64_t key, uint32_t record);
/* Makes the index of all records in use; false: two have the same key. */
bool table_index(struct table *table);
void table_remove(struct table *table, uint64_t key);

#endif
