#include "behave/pool.h"

#include <stdlib.h>

static struct pool_head *head_at(const struct pool *pool, uint32_t i)
{
    return pool_at(pool, i);
}

enum hg_rc pool_create(struct pool *pool, size_t stride, uint32_t max, struct hg_err *reterr)
{
    *pool = (struct pool){.stride = stride, .max = max, .now = POOL_TICKS + 1};
    pool->records = calloc(max, stride); /* pages are taken as they are used */
    return pool->records != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for %u records", max);
}

void pool_free(struct pool *pool)
{
    free(pool->records);
}

static void list_put(struct pool *pool, struct pool_list *list, uint32_t i)
{
    head_at(pool, i)->next = 0;
    if (list->first == 0)
        list->first = i + 1;
    else
        head_at(pool, list->last - 1)->next = i + 1;
    list->last = i + 1;
}

static uint32_t list_take(struct pool *pool, struct pool_list *list)
{
    uint32_t i = list->first - 1;
    list->first = head_at(pool, i)->next;
    if (list->first == 0)
        list->last = 0;
    return i;
}

static void list_join(struct pool *pool, struct pool_list *list, struct pool_list *more)
{
    if (more->first == 0)
        return;
    if (list->first == 0)
        list->first = more->first;
    else
        head_at(pool, list->last - 1)->next = more->first;
    list->last = more->last;
    *more = (struct pool_list){0, 0};
}

void pool_clock(struct pool *pool, uint32_t tick)
{
    uint32_t from = pool->now - POOL_TICKS, until = tick - POOL_TICKS;
    if (until > pool->now + 1)
        until = pool->now + 1;
    for (; from < until; from++)
        list_join(pool, &pool->old, &pool->lists[from % POOL_LISTS]);
    pool->now = tick;
}

void pool_append(struct pool *pool, uint32_t tick)
{
    list_put(pool, tick == 0 ? &pool->old : &pool->lists[tick % POOL_LISTS], pool->used++);
}

/* The first of the list that wasn't seen after it was put there; those that were go where they belong. */
static bool take_from(struct pool *pool, struct pool_list *list, uint32_t tick, uint32_t *ret)
{
    while (list->first != 0) {
        uint32_t i = list_take(pool, list);
        if (head_at(pool, i)->tick <= tick) {
            *ret = i;
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

enum hg_rc table_create(struct table *table, size_t stride, uint32_t max, struct hg_err *reterr)
{
    enum hg_rc rc = pool_create(&table->pool, stride, max, reterr);
    if (rc != HG_OK)
        return rc;
    uint32_t places = 64;
    while (places < 2 * max)
        places *= 2;
    table->mask = places - 1;
    table->index = calloc(places, sizeof *table->index);
    return table->index != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for %u keys", max);
}

void table_free(struct table *table)
{
    pool_free(&table->pool);
    free(table->index);
}

uint64_t table_bytes(const struct table *table)
{
    return (uint64_t)table->pool.used * table->pool.stride + (table->mask + UINT64_C(1)) * sizeof *table->index;
}

void table_insert(struct table *table, uint64_t key, uint32_t record)
{
    uint32_t at = table_home(table, key);
    while (table->index[at] != 0)
        at = (at + 1) & table->mask;
    table->index[at] = (key >> 32) << 32 | (record + 1);
    head_at(&table->pool, record)->key = key;
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
