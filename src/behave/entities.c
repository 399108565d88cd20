#include "behave/entities.h"

#include "base/rng.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define BYTES_MOST (INT64_C(1) << 44) /* of one event: more counts as that much, so that sums don't run over */

/* ---- keys */

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static uint64_t address_key(const struct hg_ip *ip)
{
    return hg_mix64(hg_mix64(load64(ip->b)) ^ load64(ip->b + 8));
}

static void note_keys(const struct hg_event *event, struct note *ret)
{
    bool from = hg_event_has(event, HG_FIELD_source_ip), to = hg_event_has(event, HG_FIELD_destination_ip);
    bool port = hg_event_has(event, HG_FIELD_destination_port);
    uint64_t source = from ? address_key(&event->source_ip) : 0, destination = to ? address_key(&event->destination_ip) : 0;
    uint64_t pair = hg_mix64(hg_mix64(source + 3) ^ destination), at = event->destination_port + UINT64_C(1);
    ret->keys[HG_ENTITY_SOURCE] = hg_mix64(source + 1);
    ret->keys[HG_ENTITY_TARGET] = hg_mix64(hg_mix64(destination + 2) ^ at);
    ret->keys[HG_ENTITY_PAIR] = pair;
    ret->item_keys[ITEMS_SOURCE_PORT] = hg_mix64(hg_mix64(source + 4) ^ at);
    ret->item_keys[ITEMS_PAIR_PORT] = hg_mix64(hg_mix64(pair + 5) ^ at);
    ret->has = (uint8_t)(from << HG_ENTITY_SOURCE | (to && port) << HG_ENTITY_TARGET | (from && to) << HG_ENTITY_PAIR);
    ret->has_items = (uint8_t)((from && port) << ITEMS_SOURCE_PORT | (from && to && port) << ITEMS_PAIR_PORT);
}

static uint64_t amount(const struct hg_event *event, enum hg_field field, int64_t value)
{
    if (!hg_event_has(event, field) || value < 0)
        return 0;
    return (uint64_t)(value < BYTES_MOST ? value : BYTES_MOST);
}

void note_event(const struct hg_event *event, struct note *ret)
{
    *ret = (struct note){.event = event, .us = event->time_us, .second = second_of(event->time_us)};
    ret->edges = edges_at(ret->second);
    note_keys(event, ret);
    bool known, failed = hg_event_failed(event, &known);
    ret->cell.narrow[NARROW_EVENTS] = 1;
    ret->cell.narrow[NARROW_KNOWN] = known;
    ret->cell.narrow[NARROW_FAILED] = known && failed;
    ret->cell.wide[WIDE_BYTES_SENT] = amount(event, HG_FIELD_bytes_sent, event->bytes_sent);
    ret->cell.wide[WIDE_BYTES_RECEIVED] = amount(event, HG_FIELD_bytes_received, event->bytes_received);
    ret->cell.wide[WIDE_PACKETS_SENT] = amount(event, HG_FIELD_packets_sent, event->packets_sent);
    ret->cell.wide[WIDE_PACKETS_RECEIVED] = amount(event, HG_FIELD_packets_received, event->packets_received);
}

/* ---- asking for memory ahead */

void entities_prefetch_index(const struct entities *entities, const struct note *note)
{
    for (int k = 0; k < HG_ENTITY_KINDS; k++)
        table_prefetch(&entities->kinds[k].entities, note->keys[k]);
    for (int k = 0; k < ITEM_KINDS; k++)
        table_prefetch(&entities->items[k], note->item_keys[k]);
}

static void prefetch_bytes(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        __builtin_prefetch((const char *)p + i, 1);
}

void entities_prefetch_records(const struct entities *entities, const struct note *note)
{
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        const struct entity *entity = table_guess(&entities->kinds[k].entities, note->keys[k]);
        if (entity != NULL)
            prefetch_bytes(entity, sizeof *entity);
        else
            table_prefetch(&entities->kinds[k].familiar, note->keys[k]);
    }
    for (int k = 0; k < ITEM_KINDS; k++) {
        const struct item *item = table_guess(&entities->items[k], note->item_keys[k]);
        if (item != NULL)
            __builtin_prefetch(item, 1);
    }
}

void entities_prefetch_rings(const struct entities *entities, const struct note *note)
{
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        const struct entity *entity = table_guess(&entities->kinds[k].entities, note->keys[k]);
        const struct ring *ring = entity != NULL ? entity_ring(entities, entity) : NULL;
        const struct familiar *known = entity == NULL ? table_guess(&entities->kinds[k].familiar, note->keys[k]) : NULL;
        if (known != NULL)
            __builtin_prefetch(known);
        if (ring == NULL)
            continue;
        prefetch_bytes(ring, sizeof ring->head + sizeof ring->used + sizeof ring->sums);
        prefetch_bytes(&ring->cells[HG_SPAN_10S][note->second % SPAN_CELLS], sizeof(struct cell));
    }
}

/* ---- who comes and goes */

enum hg_rc entities_create(struct entities *entities, struct hg_err *reterr)
{
    *entities = (struct entities){.since_us = HG_TIME_NONE, .clock_us = HG_TIME_NONE};
    enum hg_rc rc = pool_create(&entities->rings, sizeof(struct ring), HG_RINGS_MAX, reterr);
    for (int k = 0; rc == HG_OK && k < HG_ENTITY_KINDS; k++) {
        struct kind *kind = &entities->kinds[k];
        rc = table_create(&kind->entities, sizeof(struct entity), HG_ENTITIES_MAX, reterr);
        if (rc == HG_OK)
            rc = table_create(&kind->familiar, sizeof(struct familiar), HG_FAMILIAR_MAX, reterr);
        if (rc == HG_OK)
            rc = window_sketch_create(&kind->sketch, reterr);
    }
    for (int k = 0; rc == HG_OK && k < ITEM_KINDS; k++)
        rc = table_create(&entities->items[k], sizeof(struct item), HG_ITEMS_MAX, reterr);
    return rc;
}

void entities_free(struct entities *entities)
{
    pool_free(&entities->rings);
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        table_free(&entities->kinds[k].entities);
        table_free(&entities->kinds[k].familiar);
        window_sketch_free(&entities->kinds[k].sketch);
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        table_free(&entities->items[k]);
}

uint64_t entities_bytes(const struct entities *entities)
{
    uint64_t bytes = sizeof *entities + (uint64_t)entities->rings.used * entities->rings.stride;
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        const struct kind *kind = &entities->kinds[k];
        bytes += table_bytes(&kind->entities) + table_bytes(&kind->familiar);
        bytes += kind->given_up > 0 ? WINDOW_SKETCH_PLACES * sizeof(struct sketch_count) : 0;
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        bytes += table_bytes(&entities->items[k]);
    return bytes;
}

static uint32_t tick_of(int64_t us)
{
    uint64_t tick = second_of(us) / TICK_SECONDS;
    return tick > UINT32_MAX ? UINT32_MAX : (uint32_t)tick;
}

static uint32_t familiar_tick(uint32_t tick)
{
    return tick / FAMILIAR_TICKS;
}

static void pool_go(struct pool *pool, uint32_t tick)
{
    if (tick > pool->now)
        pool_clock(pool, tick);
}

void entities_clock(struct entities *entities, int64_t clock_us)
{
    uint32_t tick = tick_of(clock_us);
    entities->clock_us = clock_us;
    if (tick <= entities->rings.now)
        return;
    pool_go(&entities->rings, tick);
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        pool_go(&entities->kinds[k].entities.pool, tick);
        pool_go(&entities->kinds[k].familiar.pool, familiar_tick(tick));
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        pool_go(&entities->items[k].pool, tick);
}

/* Its windows go into the sketch, unless nothing in them is of the last hour. */
static void give_up(struct entities *entities, struct kind *kind, struct entity *entity)
{
    struct edges now = edges_at(second_of(entities->clock_us));
    if (entity->born == 0 || entity->windows.top < now.low[HG_SPAN_1H])
        return;
    window_sketch_write(&kind->sketch, entity->head.key, &entity->windows, entity_ring(entities, entity));
    kind->given_up++;
}

static void leave_ring(struct entities *entities, struct entity *entity)
{
    struct ring *ring = entity_ring(entities, entity);
    if (ring == NULL)
        return;
    ring->head.key = 0;
    ring->head.tick = 0;
    entity->windows.ring = 0;
}

static void familiar_keep(struct kind *kind, const struct entity *entity)
{
    struct table *table = &kind->familiar;
    struct familiar *known = table_find(table, entity->head.key);
    if (known == NULL) {
        uint32_t i, tick;
        bool taken = pool_take(&table->pool, &i, &tick) != POOL_NEW;
        known = pool_at(&table->pool, i);
        if (taken)
            table_remove(table, known->head.key);
        table_insert(table, entity->head.key, i);
    }
    known->first_us = entity->first_us;
    known->last_us = entity->last_us;
    known->head.tick = familiar_tick(entity->head.tick);
}

/* A record of the kind for a new key; who had it is given up. */
static struct entity *make_room(struct entities *entities, struct kind *kind, uint64_t key)
{
    struct pool *pool = &kind->entities.pool;
    uint32_t i, tick;
    enum pool_taken taken = pool_take(pool, &i, &tick);
    struct entity *entity = pool_at(pool, i);
    if (taken != POOL_NEW) {
        uint32_t now = entity->head.tick;
        entity->head.tick = tick;
        if (taken == POOL_SEEN)
            give_up(entities, kind, entity);
        familiar_keep(kind, entity);
        leave_ring(entities, entity);
        table_remove(&kind->entities, entity->head.key);
        entity->head.tick = now;
    }
    table_insert(&kind->entities, key, i);
    return entity;
}

static void recall(const struct kind *kind, struct entity *entity)
{
    const struct familiar *known = table_find(&kind->familiar, entity->head.key);
    bool remembered = known != NULL && !pool_gone(&kind->familiar.pool, &known->head);
    entity->first_us = remembered ? known->first_us : HG_TIME_NONE;
    entity->last_us = remembered ? known->last_us : HG_TIME_NONE;
}

static struct ring *take_ring(struct entities *entities, int k, struct entity *entity);

static bool count_cell(struct entities *entities, int k, struct entity *entity, const struct edges *edges, uint64_t second,
                       const struct cell *cell)
{
    struct ring *ring = entity_ring(entities, entity);
    if (windows_add(&entity->windows, ring, edges, second, cell))
        return true;
    ring = take_ring(entities, k, entity);
    windows_spread(&entity->windows, ring, edges);
    return windows_add(&entity->windows, ring, edges, second, cell);
}

/* Windows from nothing, or from what is thought to have been given up. */
static void begin(struct entities *entities, int k, struct entity *entity, const struct note *note)
{
    struct kind *kind = &entities->kinds[k];
    windows_clear(&entity->windows, entity_ring(entities, entity));
    entity->born = entities->n_events;
    entity->top_us = HG_TIME_NONE;
    windows_advance(&entity->windows, entity_ring(entities, entity), &note->edges);
    if (!window_sketch_holds(&kind->sketch, &note->edges))
        return;
    struct estimated_cell cells[HG_SPANS * SPAN_CELLS];
    size_t n = window_sketch_read(&kind->sketch, entity->head.key, &note->edges, cells);
    for (size_t i = 0; i < n; i++)
        (void)count_cell(entities, k, entity, &note->edges, cells[i].second, &cells[i].cell);
}

static struct ring *take_ring(struct entities *entities, int k, struct entity *entity)
{
    uint32_t i, tick;
    enum pool_taken taken = pool_take(&entities->rings, &i, &tick);
    struct ring *ring = pool_at(&entities->rings, i);
    if (taken != POOL_NEW && ring->head.key != 0) {
        struct kind *kind = &entities->kinds[ring->head.key >> 32];
        struct entity *owner = pool_at(&kind->entities.pool, (uint32_t)ring->head.key - 1);
        if (taken == POOL_SEEN)
            give_up(entities, kind, owner);
        windows_clear(&owner->windows, NULL);
        owner->windows.ring = 0;
        owner->born = 0;
    }
    uint32_t slot = (uint32_t)(((const char *)entity - entities->kinds[k].entities.pool.records) / (ptrdiff_t)sizeof *entity);
    ring_clear(ring);
    ring->head.key = ring_key(k, slot);
    entity->windows.ring = i + 1;
    return ring;
}

/* ---- an event */

/* When an item was seen before, if it was. */
struct before {
    bool known;
    uint64_t second, seen;
};

static struct before peek_pair(const struct entities *entities, const struct note *note)
{
    const struct table *table = &entities->kinds[HG_ENTITY_PAIR].entities;
    const struct entity *pair = table_find(table, note->keys[HG_ENTITY_PAIR]);
    if (pair == NULL || pool_gone(&table->pool, &pair->head) || pair->top_us == HG_TIME_NONE)
        return (struct before){0};
    return (struct before){.known = true, .second = second_of(pair->top_us), .seen = pair->seen};
}

static struct before see_item(struct entities *entities, enum items k, const struct note *note)
{
    struct table *table = &entities->items[k];
    struct item *item = table_find(table, note->item_keys[k]);
    struct before before = {0};
    if (item == NULL) {
        uint32_t i, tick;
        enum pool_taken taken = pool_take(&table->pool, &i, &tick);
        item = pool_at(&table->pool, i);
        if (taken != POOL_NEW)
            table_remove(table, item->head.key);
        table_insert(table, note->item_keys[k], i);
    } else if (!pool_gone(&table->pool, &item->head)) {
        before = (struct before){.known = true, .second = item->second, .seen = item->seen};
    }
    pool_see(&table->pool, &item->head);
    item->second = before.known && before.second > note->second ? before.second : note->second;
    item->seen = entities->n_events;
    return before;
}

static struct entity *enter(struct entities *entities, int k, const struct note *note)
{
    struct kind *kind = &entities->kinds[k];
    struct entity *entity = table_find(&kind->entities, note->keys[k]);
    if (entity == NULL) {
        entity = make_room(entities, kind, note->keys[k]);
        recall(kind, entity);
        begin(entities, k, entity, note);
    } else if (pool_gone(&kind->entities.pool, &entity->head)) {
        if (kind->familiar.pool.now - familiar_tick(entity->head.tick) > POOL_TICKS)
            entity->first_us = entity->last_us = HG_TIME_NONE;
        pool_see(&kind->entities.pool, &entity->head);
        begin(entities, k, entity, note);
    } else if (entity->born == 0) {
        begin(entities, k, entity, note);
    }
    pool_see(&kind->entities.pool, &entity->head);
    struct ring *ring = entity_ring(entities, entity);
    if (ring != NULL)
        pool_see(&entities->rings, &ring->head);
    return entity;
}

/* Does the item count at this second? If it stands at an earlier one within the hour, it moves. */
static uint32_t count_item(const struct entities *entities, struct entity *entity, const struct edges *edges, uint64_t second,
                           const struct before *before, int narrow)
{
    if (!before->known || before->seen < entity->born || before->second < edges->low[HG_SPAN_1H])
        return 1;
    if (before->second >= second)
        return 0;
    (void)windows_drop(&entity->windows, entity_ring(entities, entity), edges, before->second, narrow);
    return 1;
}

/* The time since the event before it, where that is within the hour and no later. */
static void count_gap(struct entity *entity, const struct note *note, struct cell *cell)
{
    if (entity->top_us != HG_TIME_NONE && note->us < entity->top_us)
        return;
    if (entity->top_us != HG_TIME_NONE && second_of(entity->top_us) >= note->edges.low[HG_SPAN_1H]) {
        uint64_t ms = (uint64_t)(note->us - entity->top_us) / 1000;
        cell->narrow[NARROW_GAPS] = 1;
        cell->narrow[NARROW_GAP_MS] = (uint32_t)ms;
        cell->wide[WIDE_GAP_SQUARES] = ms * ms;
    }
    entity->top_us = note->us;
}

static void see_gaps(const struct cell *hour, struct hg_entity_view *ret)
{
    uint64_t n = hour->narrow[NARROW_GAPS], sum = hour->narrow[NARROW_GAP_MS];
    ret->interval_s = ret->regularity = NAN;
    if (n < 2)
        return;
    ret->interval_s = (float)((double)sum / (double)n / 1000.0);
    hg_u128 squares = (hg_u128)n * hour->wide[WIDE_GAP_SQUARES], square = (hg_u128)sum * sum;
    double spread = squares > square ? sqrt((double)(squares - square)) : 0;
    if (sum > 0)
        ret->regularity = (float)(1.0 / (1.0 + spread / (double)sum));
}

static void see_entity(struct entities *entities, int k, const struct note *note, const struct before *peer, const struct before *port,
                       struct hg_window windows[HG_SPANS], struct hg_entity_view *ret)
{
    struct entity *entity = enter(entities, k, note);
    struct edges edges = note->second >= entity->windows.top ? note->edges : edges_at(entity->windows.top);
    struct cell cell = note->cell, hour;
    *ret = (struct hg_entity_view){.windows = windows, .key = note->keys[k], .last_us = entity->last_us};
    count_gap(entity, note, &cell);
    windows_advance(&entity->windows, entity_ring(entities, entity), &edges);
    if (peer != NULL)
        cell.narrow[NARROW_PEERS] = count_item(entities, entity, &edges, note->second, peer, NARROW_PEERS);
    if (port != NULL)
        cell.narrow[NARROW_PORTS] = count_item(entities, entity, &edges, note->second, port, NARROW_PORTS);
    (void)count_cell(entities, k, entity, &edges, note->second, &cell);
    if (entity->first_us == HG_TIME_NONE || note->us < entity->first_us)
        entity->first_us = note->us;
    if (note->us > entity->last_us)
        entity->last_us = note->us;
    entity->seen = entities->n_events;
    ret->first_us = entity->first_us;
    windows_read(&entity->windows, entity_ring(entities, entity), &edges, windows, &hour);
    see_gaps(&hour, ret);
}

void entities_see(struct entities *entities, const struct note *note, struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS],
                  struct hg_context *ret)
{
    entities->n_events++;
    if (entities->since_us == HG_TIME_NONE || note->us < entities->since_us)
        entities->since_us = note->us;
    if (note->us > entities->clock_us)
        entities_clock(entities, note->us);
    memset(ret, 0, sizeof *ret);
    ret->since_us = entities->since_us;
    struct before pair = {0}, ports[ITEM_KINDS] = {{0}};
    if ((note->has & 1u << HG_ENTITY_PAIR) != 0)
        pair = peek_pair(entities, note);
    for (int k = 0; k < ITEM_KINDS; k++)
        if ((note->has_items & 1u << k) != 0)
            ports[k] = see_item(entities, (enum items)k, note);
    const struct before *peers[HG_ENTITY_KINDS] = {
        [HG_ENTITY_SOURCE] = (note->has & 1u << HG_ENTITY_PAIR) != 0 ? &pair : NULL,
        [HG_ENTITY_TARGET] = (note->has_items & 1u << ITEMS_PAIR_PORT) != 0 ? &ports[ITEMS_PAIR_PORT] : NULL,
    };
    const struct before *of_ports[HG_ENTITY_KINDS] = {
        [HG_ENTITY_SOURCE] = (note->has_items & 1u << ITEMS_SOURCE_PORT) != 0 ? &ports[ITEMS_SOURCE_PORT] : NULL,
        [HG_ENTITY_PAIR] = (note->has_items & 1u << ITEMS_PAIR_PORT) != 0 ? &ports[ITEMS_PAIR_PORT] : NULL,
    };
    for (int k = 0; k < HG_ENTITY_KINDS; k++)
        if ((note->has & 1u << k) != 0)
            see_entity(entities, k, note, peers[k], of_ports[k], windows[k], &ret->of[k]);
}
