#include "behave/pool.h"

#include <string.h>
#include <sys/mman.h>

static struct pool_head *head_at(const struct pool *pool, uint32_t i)
{
    return pool_at(pool, i);
}

/* Keys are met in no order: with small pages each of them costs a walk through the page tables. What is but begun stays in small ones,
 * so that who has few entities takes little memory. */
#define SMALL_BYTES ((size_t)2 * 1024 * 1024)

void *pages_take(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    if (bytes > SMALL_BYTES) /* refused: slower, and nothing else */
        (void)madvise((char *)pages + SMALL_BYTES, bytes - SMALL_BYTES, MADV_HUGEPAGE);
    return pages;
}

void pages_free(void *pages, size_t bytes)
{
    if (pages != NULL)
        (void)munmap(pages, bytes);
}

static uint32_t blocks_max(const struct pool *pool)
{
    return pool->max / POOL_BLOCK + 2 * (POOL_LISTS + 2); /* of each list the first and the last may be partly empty */
}

enum hg_rc pool_create(struct pool *pool, size_t stride, uint32_t max, struct hg_err *reterr)
{
    *pool = (struct pool){.stride = stride, .max = max, .now = POOL_TICKS + 1};
    pool->records = pages_take(max * stride);
    pool->blocks = pages_take(blocks_max(pool) * sizeof *pool->blocks);
    if (pool->records == NULL || pool->blocks == NULL)
        return hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for %u records", max);
    return HG_OK;
}

void pool_free(struct pool *pool)
{
    pages_free(pool->records, pool->max * pool->stride);
    pages_free(pool->blocks, blocks_max(pool) * sizeof *pool->blocks);
}

uint64_t pool_bytes(const struct pool *pool)
{
    return (uint64_t)pool->used * pool->stride + (uint64_t)pool->blocks_used * sizeof *pool->blocks;
}

static uint32_t block_take(struct pool *pool)
{
    uint32_t block = pool->blocks_free;
    if (block == 0)
        block = ++pool->blocks_used;
    else
        pool->blocks_free = pool->blocks[block - 1].next;
    pool->blocks[block - 1].next = 0;
    return block;
}

static void list_put(struct pool *pool, struct pool_list *list, uint32_t i)
{
    if (list->n == 0) {
        *list = (struct pool_list){0};
        list->first = list->last = block_take(pool);
    } else if (list->end == POOL_BLOCK) {
        uint32_t block = block_take(pool);
        pool->blocks[list->last - 1].next = block;
        list->last = block;
        list->end = 0;
    }
    pool->blocks[list->last - 1].records[list->end++] = i;
    list->n++;
}

static uint32_t list_take(struct pool *pool, struct pool_list *list)
{
    uint32_t first = list->first;
    struct pool_block *block = &pool->blocks[first - 1];
    uint32_t i = block->records[list->begin++];
    if (--list->n == 0 || list->begin == POOL_BLOCK) {
        list->first = block->next;
        list->begin = 0;
        block->next = pool->blocks_free;
        pool->blocks_free = first;
    }
    return i;
}

void pool_clock(struct pool *pool, uint32_t tick)
{
    uint32_t from = pool->now - POOL_TICKS, until = tick - POOL_TICKS;
    if (until > pool->now + 1)
        until = pool->now + 1;
    for (; from < until; from++)
        for (struct pool_list *list = &pool->lists[from % POOL_LISTS]; list->n > 0;)
            list_put(pool, &pool->old, list_take(pool, list));
    pool->now = tick;
}

void pool_append(struct pool *pool, uint32_t tick, uint32_t record)
{
    list_put(pool, tick == 0 ? &pool->old : &pool->lists[tick % POOL_LISTS], record);
}

/* The first of the list that wasn't seen after it was put there; those that were go where they belong. */
static bool take_from(struct pool *pool, struct pool_list *list, uint32_t tick, uint32_t *ret)
{
    while (list->n > 0) {
        uint32_t i = list_take(pool, list);
        const struct pool_head *far = pool_list_next(pool, list, 12);
        if (far != NULL)
            __builtin_prefetch(far, 1);
        if (head_at(pool, i)->tick <= tick) {
            *ret = i;
            pool->turn = list;
            return true;
        }
        list_put(pool, &pool->lists[head_at(pool, i)->tick % POOL_LISTS], i);
    }
    return false;
}

static enum pool_taken take(struct pool *pool, uint32_t *ret)
{
    if (take_from(pool, &pool->old, pool->now - POOL_TICKS - 1, ret))
        return POOL_GONE;
    if (pool->used < pool->max) {
        *ret = pool->used++;
        return POOL_NEW;
    }
    for (uint32_t tick = pool->now - POOL_TICKS; tick <= pool->now; tick++)
        if (take_from(pool, &pool->lists[tick % POOL_LISTS], tick, ret))
            break;
    return pool_gone(pool, head_at(pool, *ret)) ? POOL_GONE : POOL_SEEN;
}

enum pool_taken pool_take(struct pool *pool, uint32_t *ret, uint32_t *ret_tick)
{
    *ret = 0;
    enum pool_taken taken = take(pool, ret);
    *ret_tick = head_at(pool, *ret)->tick;
    list_put(pool, &pool->lists[pool->now % POOL_LISTS], *ret);
    pool_see(pool, head_at(pool, *ret));
    return taken;
}

#define PLACES_FIRST 1024u

static size_t places_max(const struct table *table)
{
    size_t places = PLACES_FIRST;
    while (places < 2 * (size_t)table->pool.max)
        places *= 2;
    return places;
}

enum hg_rc table_create(struct table *table, size_t stride, uint32_t max, struct hg_err *reterr)
{
    enum hg_rc rc = pool_create(&table->pool, stride, max, reterr);
    if (rc != HG_OK)
        return rc;
    table->mask = PLACES_FIRST - 1;
    table->index = pages_take(places_max(table) * sizeof *table->index);
    return table->index != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for %u keys", max);
}

void table_free(struct table *table)
{
    pool_free(&table->pool);
    pages_free(table->index, places_max(table) * sizeof *table->index);
}

uint64_t table_bytes(const struct table *table)
{
    return pool_bytes(&table->pool) + (table->mask + UINT64_C(1)) * sizeof *table->index;
}

static void put_in_index(struct table *table, uint32_t record)
{
    uint64_t key = head_at(&table->pool, record)->key;
    uint32_t at = table_home(table, key);
    while (table->index[at] != 0)
        at = (at + 1) & table->mask;
    table->index[at] = (key >> 32) << 32 | (record + 1);
}

void table_insert(struct table *table, uint64_t key, uint32_t record)
{
    head_at(&table->pool, record)->key = key;
    if (table->pool.used <= table->mask / 2 + 1) {
        put_in_index(table, record);
        return;
    }
    memset(table->index, 0, (table->mask + (size_t)1) * sizeof *table->index);
    table->mask = 2 * table->mask + 1;
    for (uint32_t i = 0; i < table->pool.used; i++)
        put_in_index(table, i);
}

bool table_index(struct table *table)
{
    while (table->pool.used > table->mask / 2 + 1)
        table->mask = 2 * table->mask + 1;
    for (uint32_t i = 0; i < table->pool.used; i++) {
        if (table_find(table, head_at(&table->pool, i)->key) != NULL)
            return false;
        put_in_index(table, i);
    }
    return true;
}

/* What stands behind a gap moves into it, unless it would then stand before its home. */
static void close_gap(struct table *table, uint32_t gap)
{
    for (uint32_t at = (gap + 1) & table->mask; table->index[at] != 0; at = (at + 1) & table->mask) {
        uint32_t home = table_home(table, table->index[at]);
        if (((at - home) & table->mask) >= ((at - gap) & table->mask)) {
            table->index[gap] = table->index[at];
            gap = at;
        }
    }
    table->index[gap] = 0;
}

void table_remove(struct table *table, uint64_t key)
{
    for (uint32_t at = table_home(table, key); table->index[at] != 0; at = (at + 1) & table->mask) {
        uint64_t entry = table->index[at];
        if ((entry ^ key) >> 32 == 0 && head_at(&table->pool, (uint32_t)entry - 1)->key == key) {
            close_gap(table, at);
            return;
        }
    }
}
