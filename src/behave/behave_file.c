/*
 * The state as bytes: magic, version, what is known of all, the pools by record, each with its lists, and the rules' own; a checksum
 * behind it all. Records keep their numbers, so that links between them hold. What isn't as a writer leaves it is refused: nothing
 * that is read later may lead astray, whatever the bytes.
 */
#include "behave/behave_priv.h"

#include "behave/state_bytes.h"

#include <endian.h>
#include <stdlib.h>

#define MAGIC      "HGBW"
#define VERSION    1u
#define SECOND_MAX (UINT64_C(1) << 39) /* beyond the year 9999 */
#define TIME_LEAST (INT64_C(-62135596800) * HG_SECOND)
#define TIME_MOST  (INT64_C(253402300800) * HG_SECOND)

static const struct hg_id seal_key = {"honeyguide behav"};

/* ---- times and cells */

static void put_time(struct hg_buf *out, int64_t us)
{
    hg_buf_char(out, us != HG_TIME_NONE);
    if (us != HG_TIME_NONE)
        put_signed(out, us);
}

static int64_t get_time(struct state_reader *in)
{
    if (get_up_to(in, 1) == 0)
        return HG_TIME_NONE;
    int64_t us = get_signed(in);
    in->failed = in->failed || us < TIME_LEAST || us > TIME_MOST;
    return in->failed ? 0 : us;
}

/* Which of its numbers aren't 0, and these. */
static void put_cell(struct hg_buf *out, const struct cell *cell)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < CELL_WIDE; i++)
        bits |= (uint32_t)(cell->wide[i] != 0) << i;
    for (uint32_t i = 0; i < CELL_NARROW; i++)
        bits |= (uint32_t)(cell->narrow[i] != 0) << (CELL_WIDE + i);
    put_number(out, bits);
    for (int i = 0; i < CELL_WIDE; i++)
        if (cell->wide[i] != 0)
            put_number(out, cell->wide[i]);
    for (int i = 0; i < CELL_NARROW; i++)
        if (cell->narrow[i] != 0)
            put_number(out, cell->narrow[i]);
}

static void get_cell(struct state_reader *in, struct cell *ret)
{
    uint64_t bits = get_up_to(in, (1u << (CELL_WIDE + CELL_NARROW)) - 1);
    for (int i = 0; i < CELL_WIDE; i++)
        ret->wide[i] = (bits >> i & 1) != 0 ? get_number(in) : 0;
    for (int i = 0; i < CELL_NARROW; i++)
        ret->narrow[i] = (bits >> (CELL_WIDE + i) & 1) != 0 ? (uint32_t)get_up_to(in, UINT32_MAX) : 0;
}

/* ---- records */

static void put_head(struct hg_buf *out, const struct pool_head *head)
{
    hg_buf_add(out, &(uint64_t){htole64(head->key)}, sizeof head->key);
    put_number(out, head->tick);
    put_number(out, head->link);
}

static void get_head(struct state_reader *in, const struct pool *pool, struct pool_head *ret)
{
    if (in->end - in->p < (ptrdiff_t)sizeof ret->key) {
        in->failed = true;
        return;
    }
    memcpy(&ret->key, in->p, sizeof ret->key);
    ret->key = le64toh(ret->key);
    in->p += sizeof ret->key;
    ret->tick = (uint32_t)get_up_to(in, pool->now);
    ret->link = (uint32_t)get_up_to(in, UINT32_MAX);
}

static void put_entity(struct hg_buf *out, const void *record)
{
    const struct entity *entity = record;
    put_time(out, entity->first_us);
    put_time(out, entity->last_us);
}

static void get_entity(struct state_reader *in, void *record)
{
    struct entity *entity = record;
    entity->first_us = get_time(in);
    entity->last_us = get_time(in);
}

static void put_active(struct hg_buf *out, const void *record)
{
    const struct active *active = record;
    put_time(out, active->top_us);
    put_number(out, active->born);
    put_number(out, active->seen);
    put_number(out, active->ring);
    put_number(out, active->windows.top);
    put_number(out, active->windows.n_few);
    for (uint32_t i = 0; i < active->windows.n_few; i++)
        put_cell(out, &active->windows.few[i]);
}

static void get_active(struct state_reader *in, void *record)
{
    struct active *active = record;
    active->top_us = get_time(in);
    active->born = get_number(in);
    active->seen = get_number(in);
    active->ring = (uint32_t)get_up_to(in, HG_RINGS_MAX);
    active->windows.top = get_up_to(in, SECOND_MAX);
    active->windows.n_few = (uint32_t)get_up_to(in, WINDOW_FEW);
    for (uint32_t i = 0; i < active->windows.n_few; i++)
        get_cell(in, &active->windows.few[i]);
}

/* The sums follow from the cells. */
static void put_ring(struct hg_buf *out, const void *record)
{
    const struct ring *ring = record;
    for (int tier = 0; tier < HG_SPANS; tier++) {
        put_number(out, ring->used[tier]);
        for (uint32_t i = 0; i < SPAN_CELLS; i++)
            if ((ring->used[tier] >> i & 1) != 0)
                put_cell(out, &ring->cells[tier][i]);
    }
}

static void get_ring(struct state_reader *in, void *record)
{
    struct ring *ring = record;
    for (int tier = 0; tier < HG_SPANS; tier++) {
        ring->used[tier] = (uint16_t)get_up_to(in, (1u << SPAN_CELLS) - 1);
        for (uint32_t i = 0; i < SPAN_CELLS; i++) {
            if ((ring->used[tier] >> i & 1) == 0)
                continue;
            get_cell(in, &ring->cells[tier][i]);
            cell_add(&ring->sums[tier], &ring->cells[tier][i]);
        }
    }
}

static void put_item(struct hg_buf *out, const void *record)
{
    const struct item *item = record;
    put_number(out, item->second);
    put_number(out, item->seen);
}

static void get_item(struct state_reader *in, void *record)
{
    struct item *item = record;
    item->second = get_up_to(in, SECOND_MAX);
    item->seen = get_number(in);
}

/* ---- pools: how many records, each of them, and each list's length and numbers */

static void put_list(struct hg_buf *out, const struct pool *pool, const struct pool_list *list)
{
    put_number(out, list->n);
    uint32_t block = list->first, at = list->begin;
    for (uint32_t n = 0; n < list->n; n++, at++) {
        if (at == POOL_BLOCK) {
            block = pool->blocks[block - 1].next;
            at = 0;
        }
        put_number(out, pool->blocks[block - 1].records[at]);
    }
}

static void put_pool(struct hg_buf *out, const struct pool *pool, void (*put)(struct hg_buf *out, const void *record))
{
    put_number(out, pool->used);
    for (uint32_t i = 0; i < pool->used; i++) {
        put_head(out, pool_at(pool, i));
        put(out, pool_at(pool, i));
    }
    put_list(out, pool, &pool->old);
    for (uint32_t back = 0; back <= POOL_TICKS; back++)
        put_list(out, pool, &pool->lists[(pool->now - back) % POOL_LISTS]);
}

/* Each record stands in one list. */
static void get_list(struct state_reader *in, struct pool *pool, uint32_t tick, uint8_t *listed)
{
    uint64_t n = get_up_to(in, pool->used);
    for (uint64_t k = 0; k < n && !in->failed; k++) {
        uint32_t i = (uint32_t)get_up_to(in, pool->max - 1);
        if (in->failed || i >= pool->used || (listed[i / 8] >> i % 8 & 1) != 0) {
            in->failed = true;
            return;
        }
        listed[i / 8] |= (uint8_t)(1u << i % 8);
        pool_append(pool, tick, i);
    }
}

static enum hg_rc get_pool(struct state_reader *in, struct pool *pool, void (*get)(struct state_reader *in, void *record), struct hg_err *reterr)
{
    uint32_t listed = 0;
    pool->used = (uint32_t)get_up_to(in, pool->max);
    for (uint32_t i = 0; i < pool->used && !in->failed; i++) {
        get_head(in, pool, pool_at(pool, i));
        get(in, pool_at(pool, i));
    }
    uint8_t *bits = calloc(pool->max / 8 + 1, 1);
    if (bits == NULL)
        return hg_fail(reterr, HG_ENOMEM, "behaviour: no memory to read a state");
    get_list(in, pool, 0, bits);
    for (uint32_t back = 0; back <= POOL_TICKS; back++)
        get_list(in, pool, pool->now - back, bits);
    for (uint32_t i = 0; i < pool->used; i++)
        listed += bits[i / 8] >> i % 8 & 1;
    in->failed = in->failed || listed != pool->used;
    free(bits);
    return HG_OK;
}

static enum hg_rc get_table(struct state_reader *in, struct table *table, void (*get)(struct state_reader *in, void *record),
                            struct hg_err *reterr)
{
    enum hg_rc rc = get_pool(in, &table->pool, get, reterr);
    if (rc == HG_OK && !in->failed && !table_index(table))
        in->failed = true;
    return rc;
}

/* ---- sketches */

static void put_counts(struct hg_buf *out, const struct sketch_counts *counts)
{
    for (int span = 0; span < HG_SPANS; span++)
        for (uint32_t i = 0; i < SPAN_CELLS; i++) {
            const struct sketch_count *count = &counts->of[span][i];
            put_number(out, count->of[SKETCH_EVENTS]);
            for (int of = SKETCH_EVENTS + 1; of < SKETCH_COUNTS && count->of[SKETCH_EVENTS] != 0; of++)
                put_number(out, count->of[of]);
        }
}

static void get_counts(struct state_reader *in, struct sketch_counts *ret)
{
    for (int span = 0; span < HG_SPANS; span++)
        for (uint32_t i = 0; i < SPAN_CELLS; i++) {
            struct sketch_count *count = &ret->of[span][i];
            count->of[SKETCH_EVENTS] = (uint32_t)get_up_to(in, UINT32_MAX);
            for (int of = SKETCH_EVENTS + 1; of < SKETCH_COUNTS && count->of[SKETCH_EVENTS] != 0; of++)
                count->of[of] = (uint32_t)get_up_to(in, UINT32_MAX);
        }
}

/* Places that were written, each with how many lie between it and the one before. */
static void put_sketch(struct hg_buf *out, const struct window_sketch *sketch)
{
    put_number(out, sketch->top);
    for (size_t i = 0, next = 0; sketch->top > 0 && i <= WINDOW_SKETCH_PLACES; i++) {
        if (i < WINDOW_SKETCH_PLACES && sketch->places[i].top == 0)
            continue;
        put_number(out, i - next);
        next = i + 1;
        if (i == WINDOW_SKETCH_PLACES)
            break;
        put_number(out, sketch->places[i].top);
        put_counts(out, &sketch->places[i].counts);
    }
}

static void get_sketch(struct state_reader *in, struct window_sketch *ret)
{
    ret->top = get_up_to(in, SECOND_MAX);
    for (size_t i = 0; ret->top > 0 && !in->failed; i++) {
        i += get_up_to(in, WINDOW_SKETCH_PLACES - i);
        if (i == WINDOW_SKETCH_PLACES || in->failed)
            break;
        ret->places[i].top = get_up_to(in, ret->top);
        get_counts(in, &ret->places[i].counts);
    }
}

/* ---- everything */

void entities_put(const struct entities *entities, struct hg_buf *out)
{
    put_time(out, entities->since_us);
    put_time(out, entities->clock_us);
    put_number(out, entities->n_events);
    put_pool(out, &entities->rings, put_ring);
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        const struct kind *kind = &entities->kinds[k];
        put_pool(out, &kind->entities.pool, put_entity);
        put_pool(out, &kind->active, put_active);
        put_sketch(out, &kind->sketch);
        put_number(out, kind->given_up);
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        put_pool(out, &entities->items[k].pool, put_item);
}

/* Links lead back and forth. */
static bool kind_holds(const struct entities *entities, int k)
{
    const struct kind *kind = &entities->kinds[k];
    for (uint32_t i = 0; i < kind->entities.pool.used; i++) {
        const struct entity *entity = pool_at(&kind->entities.pool, i);
        const struct active *active = entity->head.link > 0 ? pool_at(&kind->active, entity->head.link - 1) : NULL;
        if (active != NULL && (entity->head.link > kind->active.used || active->head.link != i + 1 || active->head.key != entity->head.key))
            return false;
    }
    for (uint32_t i = 0; i < kind->active.used; i++) {
        const struct active *active = pool_at(&kind->active, i);
        const struct entity *entity = active->head.link > 0 ? pool_at(&kind->entities.pool, active->head.link - 1) : NULL;
        const struct ring *ring = active_ring(entities, active);
        if (entity != NULL && (active->head.link > kind->entities.pool.used || entity->head.link != i + 1))
            return false;
        if (ring != NULL && (active->ring > entities->rings.used || ring->head.link != i + 1 || ring->head.key != (uint64_t)k))
            return false;
    }
    return true;
}

static bool rings_hold(const struct entities *entities)
{
    for (uint32_t i = 0; i < entities->rings.used; i++) {
        const struct ring *ring = pool_at(&entities->rings, i);
        if (ring->head.link == 0)
            continue;
        if (ring->head.key >= HG_ENTITY_KINDS || ring->head.link > entities->kinds[ring->head.key].active.used)
            return false;
        const struct active *active = pool_at(&entities->kinds[ring->head.key].active, ring->head.link - 1);
        if (active->ring != i + 1)
            return false;
    }
    return true;
}

enum hg_rc entities_take(struct entities *ret, struct state_reader *in, struct hg_err *reterr)
{
    ret->since_us = get_time(in);
    int64_t clock_us = get_time(in);
    if (clock_us != HG_TIME_NONE)
        entities_clock(ret, clock_us);
    ret->n_events = get_number(in);
    enum hg_rc rc = get_pool(in, &ret->rings, get_ring, reterr);
    for (int k = 0; rc == HG_OK && k < HG_ENTITY_KINDS; k++) {
        rc = get_table(in, &ret->kinds[k].entities, get_entity, reterr);
        if (rc == HG_OK)
            rc = get_pool(in, &ret->kinds[k].active, get_active, reterr);
        get_sketch(in, &ret->kinds[k].sketch);
        ret->kinds[k].given_up = get_number(in);
    }
    for (int k = 0; rc == HG_OK && k < ITEM_KINDS; k++)
        rc = get_table(in, &ret->items[k], get_item, reterr);
    if (rc != HG_OK)
        return rc;
    bool holds = !in->failed && rings_hold(ret);
    for (int k = 0; holds && k < HG_ENTITY_KINDS; k++)
        holds = kind_holds(ret, k);
    return holds ? HG_OK : hg_fail(reterr, HG_EFORMAT, "behaviour: the state is damaged");
}

void hg_behave_put(const struct hg_behave *behave, struct hg_buf *out)
{
    size_t begin = out->len;
    hg_buf_text(out, MAGIC);
    put_number(out, VERSION);
    entities_put(&behave->entities, out);
    struct hg_buf rules;
    hg_buf_init(&rules, HG_BEHAVE_BYTES_MAX);
    rules_put(behave->rules, &rules);
    put_number(out, rules.len);
    hg_buf_put(out, hg_buf_slice(&rules));
    out->failed = out->failed || rules.failed;
    hg_buf_free(&rules);
    if (out->failed)
        return;
    struct hg_id seal = hg_siphash128(&seal_key, (struct hg_slice){out->p + begin, out->len - begin});
    hg_buf_add(out, seal.b, sizeof seal.b);
}

static enum hg_rc get_behave(struct hg_behave *behave, struct state_reader *in, struct hg_err *reterr)
{
    struct entities entities;
    enum hg_rc rc = entities_create(&entities, reterr);
    if (rc == HG_OK)
        rc = entities_take(&entities, in, reterr);
    uint64_t n = get_number(in);
    if (rc == HG_OK && (in->failed || n != (uint64_t)(in->end - in->p)))
        rc = hg_fail(reterr, HG_EFORMAT, "behaviour: the state is damaged");
    if (rc == HG_OK)
        rc = rules_take(behave->rules, (struct hg_slice){(const char *)in->p, n}, reterr);
    if (rc == HG_OK) {
        struct entities old = behave->entities;
        behave->entities = entities;
        entities = old;
    }
    entities_free(&entities);
    return rc;
}

enum hg_rc hg_behave_take(struct hg_behave *behave, struct hg_slice bytes, struct hg_err *reterr)
{
    struct hg_id seal;
    if (bytes.len < sizeof MAGIC - 1 + sizeof seal.b || memcmp(bytes.p, MAGIC, sizeof MAGIC - 1) != 0)
        return hg_fail(reterr, HG_EFORMAT, "behaviour: no state of it");
    struct hg_slice body = {bytes.p, bytes.len - sizeof seal.b};
    seal = hg_siphash128(&seal_key, body);
    struct state_reader in = {.p = (const uint8_t *)body.p + sizeof MAGIC - 1, .end = (const uint8_t *)body.p + body.len};
    if (get_number(&in) != VERSION)
        return hg_fail(reterr, HG_EFORMAT, "behaviour: a state of another version");
    if (memcmp(seal.b, bytes.p + body.len, sizeof seal.b) != 0)
        return hg_fail(reterr, HG_EFORMAT, "behaviour: the state's checksum is wrong");
    return get_behave(behave, &in, reterr);
}
