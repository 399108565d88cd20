#include "behave/entities.h"

#include "base/rng.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define BYTES_MOST (INT64_C(1) << 44) /* of one event: more counts as that much, so that sums don't run over */

/* Everything at its most, and room for the rules. */
_Static_assert(HG_ENTITY_KINDS * (HG_FAMILIAR_MAX * (sizeof(struct entity) + 16) + HG_ENTITIES_MAX * (sizeof(struct active) + 5) +
                                  WINDOW_SKETCH_PLACES * sizeof(struct sketch_place)) +
                   HG_RINGS_MAX * (sizeof(struct ring) + 5) + ITEM_KINDS * HG_ITEMS_MAX * (sizeof(struct item) + 16 + 5) <
               HG_BEHAVE_BYTES_MAX - (UINT64_C(16) << 20), "behaviour: more memory than is stated");

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

/* Two in their order: an odd factor makes the first another number. */
static uint64_t key_of_two(uint64_t a, uint64_t b)
{
    return hg_mix64(a * UINT64_C(0x9e3779b97f4a7c15) + b);
}

static void note_keys(const struct hg_event *event, struct note *ret)
{
    bool from = hg_event_has(event, HG_FIELD_source_ip), to = hg_event_has(event, HG_FIELD_destination_ip);
    bool port = hg_event_has(event, HG_FIELD_destination_port);
    uint64_t source = address_key(&event->source_ip), destination = address_key(&event->destination_ip);
    uint64_t pair = key_of_two(source, destination), at = event->destination_port;
    ret->keys[HG_ENTITY_SOURCE] = source;
    ret->keys[HG_ENTITY_TARGET] = key_of_two(destination, at);
    ret->keys[HG_ENTITY_PAIR] = pair;
    ret->item_keys[ITEMS_SOURCE_PORT] = key_of_two(source, at);
    ret->item_keys[ITEMS_PAIR_PORT] = key_of_two(pair, at);
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

static void prefetch_bytes(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        __builtin_prefetch((const char *)p + i, 1);
}

static void prefetch_index(const struct entities *entities, const struct note *note)
{
    for (int k = 0; k < HG_ENTITY_KINDS; k++)
        table_prefetch(&entities->kinds[k].entities, note->keys[k]);
    for (int k = 0; k < ITEM_KINDS; k++)
        table_prefetch(&entities->items[k], note->item_keys[k]);
}

static void prefetch_records(const struct entities *entities, struct note *note)
{
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        note->guess[k] = table_guess(&entities->kinds[k].entities, note->keys[k]);
        if (note->guess[k] != NULL)
            __builtin_prefetch(note->guess[k], 1);
    }
    for (int k = 0; k < ITEM_KINDS; k++) {
        const struct item *item = table_guess(&entities->items[k], note->item_keys[k]);
        if (item != NULL)
            __builtin_prefetch(item, 1);
    }
}

static const struct active *guess_active(const struct entities *entities, const struct note *note, int k)
{
    if (note->guess[k] == NULL || note->guess[k]->head.link == 0)
        return NULL;
    return pool_at(&entities->kinds[k].active, note->guess[k]->head.link - 1);
}

static void prefetch_ring(const struct entities *entities, const struct active *active, uint64_t second)
{
    const struct ring *ring = active_ring(entities, active);
    if (ring == NULL)
        return;
    prefetch_bytes(ring, sizeof ring->head + sizeof ring->used + sizeof ring->sums);
    prefetch_bytes(&ring->cells[HG_SPAN_10S][second % SPAN_CELLS], sizeof(struct cell));
}

void entities_prefetch(const struct entities *entities, struct note *note, int step)
{
    if (step == 0)
        prefetch_index(entities, note);
    if (step == 1)
        prefetch_records(entities, note);
    for (int k = 0; step > 1 && k < HG_ENTITY_KINDS; k++) {
        const struct active *active = guess_active(entities, note, k);
        if (active != NULL && step == 2)
            prefetch_bytes(active, sizeof *active);
        if (active == NULL && step == 2 && window_sketch_holds(&entities->kinds[k].sketch, &note->edges))
            window_sketch_prefetch(&entities->kinds[k].sketch, note->keys[k]);
        if (active != NULL && step == 3)
            prefetch_ring(entities, active, note->second);
    }
}

/* ---- who comes and goes */

enum hg_rc entities_create(struct entities *entities, struct hg_err *reterr)
{
    *entities = (struct entities){.since_us = HG_TIME_NONE, .clock_us = HG_TIME_NONE};
    enum hg_rc rc = pool_create(&entities->rings, sizeof(struct ring), HG_RINGS_MAX, reterr);
    for (int k = 0; rc == HG_OK && k < HG_ENTITY_KINDS; k++) {
        struct kind *kind = &entities->kinds[k];
        rc = table_create(&kind->entities, sizeof(struct entity), HG_FAMILIAR_MAX, reterr);
        if (rc == HG_OK)
            rc = pool_create(&kind->active, sizeof(struct active), HG_ENTITIES_MAX, reterr);
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
        pool_free(&entities->kinds[k].active);
        window_sketch_free(&entities->kinds[k].sketch);
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        table_free(&entities->items[k]);
}

uint64_t entities_bytes(const struct entities *entities)
{
    uint64_t bytes = sizeof *entities + pool_bytes(&entities->rings);
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        const struct kind *kind = &entities->kinds[k];
        bytes += table_bytes(&kind->entities) + pool_bytes(&kind->active);
        bytes += kind->sketch.top > 0 ? WINDOW_SKETCH_PLACES * sizeof(struct sketch_place) : 0;
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
        pool_go(&entities->kinds[k].active, tick);
        pool_go(&entities->kinds[k].entities.pool, tick / FAMILIAR_TICKS);
    }
    for (int k = 0; k < ITEM_KINDS; k++)
        pool_go(&entities->items[k].pool, tick);
}

/* Its windows go into the sketch, unless nothing in them is of the last hour. */
static void give_up(struct entities *entities, struct kind *kind, const struct active *active)
{
    struct edges now = edges_at(second_of(entities->clock_us));
    if (active->born == 0 || active->windows.top < now.low[HG_SPAN_1H])
        return;
    window_sketch_write(&kind->sketch, active->head.key, &active->windows, active_ring(entities, active));
    kind->given_up++;
}

static void leave_ring(struct entities *entities, struct active *active)
{
    struct ring *ring = active_ring(entities, active);
    if (ring == NULL)
        return;
    ring->head.link = 0;
    ring->head.tick = 0;
    active->ring = 0;
}

static struct ring *take_ring(struct entities *entities, int k, struct active *active)
{
    uint32_t i, tick;
    enum pool_taken taken = pool_take(&entities->rings, &i, &tick);
    struct ring *ring = pool_at(&entities->rings, i);
    if (taken != POOL_NEW && ring->head.link != 0) {
        struct kind *kind = &entities->kinds[ring->head.key];
        struct active *owner = pool_at(&kind->active, ring->head.link - 1);
        if (taken == POOL_SEEN)
            give_up(entities, kind, owner);
        windows_clear(&owner->windows);
        owner->ring = 0;
        owner->born = 0;
    }
    const struct ring *next = (const struct ring *)pool_next(&entities->rings, 1);
    if (next != NULL)
        prefetch_bytes(next, sizeof *next);
    ring_clear(ring);
    ring->head.key = (uint64_t)k;
    ring->head.link = pool_index(&entities->kinds[k].active, active) + 1;
    active->ring = i + 1;
    return ring;
}

static void count_cell(struct entities *entities, int k, struct active *active, const struct edges *edges, uint64_t second,
                       const struct cell *cell)
{
    struct ring *ring = active_ring(entities, active);
    if (windows_add(&active->windows, ring, edges, second, cell))
        return;
    ring = take_ring(entities, k, active);
    windows_spread(&active->windows, ring, edges);
    (void)windows_add(&active->windows, ring, edges, second, cell);
}

/* Windows from nothing, or from what is thought to have been given up; true: from nothing. */
static bool begin(struct entities *entities, int k, struct active *active, const struct note *note)
{
    const struct window_sketch *sketch = &entities->kinds[k].sketch;
    leave_ring(entities, active);
    active->born = entities->n_events;
    active->top_us = HG_TIME_NONE;
    active->windows.top = note->second;
    active->windows.n_few = 0;
    if (!window_sketch_holds(sketch, &note->edges))
        return true;
    struct estimated_cell cells[HG_SPANS * SPAN_CELLS];
    size_t n = window_sketch_read(sketch, active->head.key, &note->edges, cells);
    for (size_t i = 0; i < n; i++)
        count_cell(entities, k, active, &note->edges, cells[i].second, &cells[i].cell);
    return n == 0;
}

/* Whose turn it will be to go, and what will be read of him then: each thing a few turns after what leads to it. */
static void prefetch_turns(const struct kind *kind)
{
    const struct active *far = (const struct active *)pool_next(&kind->active, 8);
    const struct active *near = (const struct active *)pool_next(&kind->active, 4);
    if (far != NULL)
        prefetch_bytes(far, sizeof *far);
    if (near != NULL && near->head.link != 0)
        __builtin_prefetch(pool_at(&kind->entities.pool, near->head.link - 1), 1);
}

static struct active *take_active(struct entities *entities, struct kind *kind, struct entity *entity)
{
    uint32_t i, tick;
    enum pool_taken taken = pool_take(&kind->active, &i, &tick);
    struct active *active = pool_at(&kind->active, i);
    if (taken != POOL_NEW && active->head.link != 0) {
        struct entity *owner = pool_at(&kind->entities.pool, active->head.link - 1);
        if (taken == POOL_SEEN)
            give_up(entities, kind, active);
        owner->head.link = 0;
        leave_ring(entities, active);
    }
    prefetch_turns(kind);
    active->head.key = entity->head.key;
    active->head.link = pool_index(&kind->entities.pool, entity) + 1;
    entity->head.link = i + 1;
    return active;
}

static struct entity *new_entity(struct kind *kind, uint64_t key)
{
    struct pool *pool = &kind->entities.pool;
    for (;;) {
        uint32_t i, tick;
        enum pool_taken taken = pool_take(pool, &i, &tick);
        struct entity *entity = pool_at(pool, i);
        struct active *active = taken != POOL_NEW && entity->head.link != 0 ? pool_at(&kind->active, entity->head.link - 1) : NULL;
        if (active != NULL && !pool_gone(&kind->active, &active->head))
            continue; /* as good as seen now: there are more entities than have windows */
        if (active != NULL)
            active->head.link = 0;
        if (taken != POOL_NEW)
            table_remove(&kind->entities, entity->head.key);
        table_insert(&kind->entities, key, i);
        entity->head.link = 0;
        entity->first_us = entity->last_us = HG_TIME_NONE;
        return entity;
    }
}

static struct entity *enter(struct kind *kind, uint64_t key)
{
    struct entity *entity = table_find(&kind->entities, key);
    if (entity == NULL)
        return new_entity(kind, key);
    if (pool_gone(&kind->entities.pool, &entity->head))
        entity->first_us = entity->last_us = HG_TIME_NONE;
    pool_see(&kind->entities.pool, &entity->head);
    return entity;
}

/* *ret_fresh: it counts nothing yet. */
static struct active *activate(struct entities *entities, int k, struct entity *entity, const struct note *note, bool *ret_fresh)
{
    struct kind *kind = &entities->kinds[k];
    struct active *active = entity->head.link != 0 ? pool_at(&kind->active, entity->head.link - 1) : NULL;
    bool anew = active == NULL || active->born == 0 || pool_gone(&kind->active, &active->head);
    if (active == NULL)
        active = take_active(entities, kind, entity);
    pool_see(&kind->active, &active->head);
    *ret_fresh = anew && begin(entities, k, active, note);
    struct ring *ring = active_ring(entities, active);
    if (ring != NULL)
        pool_see(&entities->rings, &ring->head);
    return active;
}

/* ---- an event */

/* When an item was seen before, if it was. */
struct before {
    bool known;
    uint64_t second, seen;
};

static struct before peek_pair(const struct entities *entities, const struct note *note)
{
    const struct kind *kind = &entities->kinds[HG_ENTITY_PAIR];
    const struct entity *pair = table_find(&kind->entities, note->keys[HG_ENTITY_PAIR]);
    if (pair == NULL || pair->head.link == 0)
        return (struct before){0};
    const struct active *active = pool_at(&kind->active, pair->head.link - 1);
    if (pool_gone(&kind->active, &active->head) || active->top_us == HG_TIME_NONE)
        return (struct before){0};
    return (struct before){.known = true, .second = second_of(active->top_us), .seen = active->seen};
}

static void prefetch_turns_of(const struct table *table)
{
    const struct pool_head *far = pool_next(&table->pool, 8), *near = pool_next(&table->pool, 4);
    if (far != NULL)
        __builtin_prefetch(far, 1);
    if (near != NULL)
        table_prefetch(table, near->key);
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
        prefetch_turns_of(table);
    } else if (!pool_gone(&table->pool, &item->head)) {
        before = (struct before){.known = true, .second = item->second, .seen = item->seen};
    }
    pool_see(&table->pool, &item->head);
    item->second = before.known && before.second > note->second ? before.second : note->second;
    item->seen = entities->n_events;
    return before;
}

/* Does the item count at this second? If it stands at an earlier one within the hour, it moves. */
static uint32_t count_item(const struct entities *entities, struct active *active, const struct edges *edges, uint64_t second,
                           const struct before *before, int narrow)
{
    if (!before->known || before->seen < active->born || before->second < edges->low[HG_SPAN_1H])
        return 1;
    if (before->second >= second)
        return 0;
    (void)windows_drop(&active->windows, active_ring(entities, active), edges, before->second, narrow);
    return 1;
}

/* The time since the event before it, where that is within the hour and no later. */
static void count_gap(struct active *active, const struct note *note, struct cell *cell)
{
    if (active->top_us != HG_TIME_NONE && note->us < active->top_us)
        return;
    if (active->top_us != HG_TIME_NONE && second_of(active->top_us) >= note->edges.low[HG_SPAN_1H]) {
        uint64_t ms = (uint64_t)(note->us - active->top_us) / 1000;
        cell->narrow[NARROW_GAPS] = 1;
        cell->narrow[NARROW_GAP_MS] = (uint32_t)ms;
        cell->wide[WIDE_GAP_SQUARES] = ms * ms;
    }
    active->top_us = note->us;
}

static void see_gaps(const struct cell *hour, struct hg_entity_view *ret)
{
    uint64_t n = hour->narrow[NARROW_GAPS], sum = hour->narrow[NARROW_GAP_MS];
    if (n < 2)
        return;
    ret->interval_s = (float)((double)sum / (double)n / 1000.0);
    hg_u128 squares = (hg_u128)n * hour->wide[WIDE_GAP_SQUARES], square = (hg_u128)sum * sum;
    double spread = squares > square ? sqrt((double)(squares - square)) : 0;
    if (sum > 0)
        ret->regularity = (float)(1.0 / (1.0 + spread / (double)sum));
}

/* Its first event, as far as is known. */
static void see_first(struct active *active, const struct note *note, const struct before *peer, const struct before *port,
                      struct hg_window windows[HG_SPANS])
{
    struct cell *cell = &active->windows.few[0];
    *cell = note->cell;
    cell->narrow[NARROW_PEERS] = peer != NULL;
    cell->narrow[NARROW_PORTS] = port != NULL;
    cell->narrow[NARROW_SECOND] = (uint32_t)note->second;
    active->windows.n_few = 1;
    active->top_us = note->us;
    windows_read_one(cell, windows);
}

static void see_more(struct entities *entities, int k, struct active *active, const struct note *note, const struct before *peer,
                     const struct before *port, struct hg_window windows[HG_SPANS], struct hg_entity_view *ret)
{
    struct edges edges = note->second >= active->windows.top ? note->edges : edges_at(active->windows.top);
    struct cell cell = note->cell, hour;
    count_gap(active, note, &cell);
    windows_advance(&active->windows, active_ring(entities, active), &edges);
    if (peer != NULL)
        cell.narrow[NARROW_PEERS] = count_item(entities, active, &edges, note->second, peer, NARROW_PEERS);
    if (port != NULL)
        cell.narrow[NARROW_PORTS] = count_item(entities, active, &edges, note->second, port, NARROW_PORTS);
    count_cell(entities, k, active, &edges, note->second, &cell);
    windows_read(&active->windows, active_ring(entities, active), &edges, windows, &hour);
    see_gaps(&hour, ret);
}

static void see_entity(struct entities *entities, int k, const struct note *note, const struct before *peer, const struct before *port,
                       struct hg_window windows[HG_SPANS], struct hg_entity_view *ret)
{
    bool fresh;
    struct entity *entity = enter(&entities->kinds[k], note->keys[k]);
    struct active *active = activate(entities, k, entity, note, &fresh);
    *ret = (struct hg_entity_view){.windows = windows, .key = note->keys[k], .last_us = entity->last_us, .interval_s = NAN, .regularity = NAN};
    if (entity->first_us == HG_TIME_NONE || note->us < entity->first_us)
        entity->first_us = note->us;
    if (note->us > entity->last_us)
        entity->last_us = note->us;
    ret->first_us = entity->first_us;
    active->seen = entities->n_events;
    if (fresh)
        see_first(active, note, peer, port, windows);
    else
        see_more(entities, k, active, note, peer, port, windows, ret);
}

void entities_see(struct entities *entities, const struct note *note, struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS],
                  struct hg_context *ret)
{
    entities->n_events++;
    if (entities->since_us == HG_TIME_NONE || note->us < entities->since_us)
        entities->since_us = note->us;
    if (note->us > entities->clock_us)
        entities_clock(entities, note->us);
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
        else
            ret->of[k] = (struct hg_entity_view){.windows = NULL};
}
