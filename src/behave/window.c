#include "behave/window.h"

#define ALL_CELLS ((1u << SPAN_CELLS) - 1)

static void cell_take(struct cell *from, const struct cell *cell)
{
    struct cell rest = *from, less = *cell;
    for (int i = 0; i < CELL_WIDE; i++)
        rest.wide[i] -= less.wide[i];
    for (int i = 0; i < CELL_NARROW; i++)
        rest.narrow[i] -= less.narrow[i];
    *from = rest;
}

/* ---- few cells */

static uint64_t few_second(const struct windows *windows, const struct cell *cell)
{
    return windows->top - (uint32_t)((uint32_t)windows->top - cell->narrow[NARROW_SECOND]);
}

/* Do two seconds of the same tier share its sub-bucket? From here on they go the same way. */
static bool share(int tier, uint64_t a, uint64_t b)
{
    return span_bucket(tier, a) == span_bucket(tier, b);
}

static void few_remove(struct windows *windows, uint32_t i)
{
    windows->few[i] = windows->few[--windows->n_few];
}

/* Cells that no window holds go: few_second() is told apart by 2^32 seconds only. */
static void few_advance(struct windows *windows, const struct edges *edges)
{
    for (uint32_t i = windows->n_few; i-- > 0;)
        if (few_second(windows, &windows->few[i]) < edges->low[HG_SPAN_1H])
            few_remove(windows, i);
}

static void few_merge(struct windows *windows, const struct edges *edges)
{
    for (uint32_t i = windows->n_few; i-- > 1;) {
        uint64_t second = few_second(windows, &windows->few[i]);
        int tier = edges_tier(edges, second);
        for (uint32_t k = 0; k < i; k++) {
            uint64_t other = few_second(windows, &windows->few[k]);
            if (edges_tier(edges, other) != tier || !share(tier, second, other))
                continue;
            windows->few[i].narrow[NARROW_SECOND] = 0;
            cell_add(&windows->few[k], &windows->few[i]);
            few_remove(windows, i);
            break;
        }
    }
}

static struct cell *few_cell(struct windows *windows, const struct edges *edges, uint64_t second, int narrow)
{
    int tier = edges_tier(edges, second);
    for (uint32_t i = 0; i < windows->n_few; i++) {
        struct cell *cell = &windows->few[i];
        uint64_t other = few_second(windows, cell);
        if (edges_tier(edges, other) == tier && share(tier, second, other) && cell->narrow[narrow] > 0)
            return cell;
    }
    return NULL;
}

static bool few_add(struct windows *windows, const struct edges *edges, uint64_t second, const struct cell *cell)
{
    struct cell *to = few_cell(windows, edges, second, NARROW_EVENTS);
    if (to != NULL) {
        cell_add(to, cell);
        return true;
    }
    if (windows->n_few == WINDOW_FEW)
        few_merge(windows, edges);
    if (windows->n_few == WINDOW_FEW)
        return false;
    to = &windows->few[windows->n_few++];
    *to = *cell;
    to->narrow[NARROW_SECOND] = (uint32_t)second;
    return true;
}

/* ---- rings */

static void ring_put(struct ring *ring, int tier, uint64_t second, const struct cell *cell)
{
    uint64_t at = span_bucket(tier, second) % SPAN_CELLS;
    ring->used[tier] |= (uint16_t)(1u << at);
    cell_add(&ring->cells[tier][at], cell);
    cell_add(&ring->sums[tier], cell);
}

/* What falls out of a window goes into the shortest longer one that still holds it. */
static void ring_leave(struct ring *ring, int tier, uint64_t second, const struct edges *edges)
{
    uint64_t at = span_bucket(tier, second) % SPAN_CELLS;
    struct cell *cell = &ring->cells[tier][at];
    int to = edges_tier(edges, second);
    if (to < HG_SPANS)
        ring_put(ring, to, second, cell);
    cell_take(&ring->sums[tier], cell);
    *cell = (struct cell){0};
    ring->used[tier] &= (uint16_t)~(1u << at);
}

/* What comes into a window stood before its old end, so that no cell that has yet to leave is in its place. */
static void ring_advance(struct ring *ring, const struct edges *old, const struct edges *edges)
{
    for (int tier = HG_SPANS - 1; tier >= 0; tier--) {
        uint64_t first = old->first[tier], gone = edges->first[tier] - first;
        if (gone == 0 || ring->used[tier] == 0)
            continue;
        uint32_t from = (uint32_t)(first % SPAN_CELLS), n = gone < SPAN_CELLS ? (uint32_t)gone : SPAN_CELLS;
        uint32_t bits = ((1u << n) - 1) << from;
        bits = (bits | bits >> SPAN_CELLS) & ALL_CELLS & ring->used[tier];
        for (; bits != 0; bits &= bits - 1) {
            uint32_t at = (uint32_t)__builtin_ctz(bits);
            uint64_t bucket = first + (at + SPAN_CELLS - from) % SPAN_CELLS;
            ring_leave(ring, tier, bucket * span_width(tier), edges);
        }
    }
}

/* ---- both */

void windows_advance(struct windows *windows, struct ring *ring, const struct edges *edges)
{
    if (edges->top <= windows->top)
        return;
    if (ring != NULL) {
        struct edges old = edges_at(windows->top);
        ring_advance(ring, &old, edges);
    } else {
        few_advance(windows, edges);
    }
    windows->top = edges->top;
}

bool windows_add(struct windows *windows, struct ring *ring, const struct edges *edges, uint64_t second, const struct cell *cell)
{
    int tier = edges_tier(edges, second);
    if (tier == HG_SPANS)
        return true;
    if (ring == NULL)
        return few_add(windows, edges, second, cell);
    ring_put(ring, tier, second, cell);
    return true;
}

bool windows_drop(struct windows *windows, struct ring *ring, const struct edges *edges, uint64_t second, int narrow)
{
    int tier = edges_tier(edges, second);
    if (tier == HG_SPANS)
        return false;
    struct cell *cell = ring == NULL ? few_cell(windows, edges, second, narrow)
                                     : &ring->cells[tier][span_bucket(tier, second) % SPAN_CELLS];
    if (cell == NULL || cell->narrow[narrow] == 0)
        return false;
    cell->narrow[narrow]--;
    if (ring != NULL)
        ring->sums[tier].narrow[narrow]--;
    return true;
}

void windows_spread(struct windows *windows, struct ring *ring, const struct edges *edges)
{
    for (uint32_t i = 0; i < windows->n_few; i++) {
        uint64_t second = few_second(windows, &windows->few[i]);
        int tier = edges_tier(edges, second);
        windows->few[i].narrow[NARROW_SECOND] = 0;
        if (tier < HG_SPANS)
            ring_put(ring, tier, second, &windows->few[i]);
    }
    windows->n_few = 0;
}

void ring_clear(struct ring *ring)
{
    memset((char *)ring + sizeof ring->head, 0, sizeof *ring - sizeof ring->head);
}

void windows_clear(struct windows *windows)
{
    windows->top = 0;
    windows->n_few = 0;
}

static uint32_t at_most(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void read_cell(const struct cell *cell, struct hg_window *ret)
{
    *ret = (struct hg_window){
        .events = cell->narrow[NARROW_EVENTS],
        .failed = cell->narrow[NARROW_FAILED],
        .known = cell->narrow[NARROW_KNOWN],
        .peers = cell->narrow[NARROW_PEERS],
        .ports = cell->narrow[NARROW_PORTS],
        .packets_sent = at_most(cell->wide[WIDE_PACKETS_SENT]),
        .packets_received = at_most(cell->wide[WIDE_PACKETS_RECEIVED]),
        .bytes_sent = cell->wide[WIDE_BYTES_SENT],
        .bytes_received = cell->wide[WIDE_BYTES_RECEIVED],
    };
}

static void read_few(const struct windows *windows, const struct edges *edges, struct hg_window ret[HG_SPANS], struct cell *sum)
{
    int tiers[WINDOW_FEW];
    uint32_t in = 0;
    for (uint32_t i = 0; i < windows->n_few; i++)
        tiers[i] = edges_tier(edges, few_second(windows, &windows->few[i]));
    for (int span = 0; span < HG_SPANS; span++) {
        uint32_t before = in;
        for (uint32_t i = 0; i < windows->n_few; i++) {
            if (tiers[i] != span)
                continue;
            cell_add(sum, &windows->few[i]);
            in++;
        }
        if (in == before && span > 0)
            ret[span] = ret[span - 1];
        else
            read_cell(sum, &ret[span]);
    }
}

void windows_read(const struct windows *windows, const struct ring *ring, const struct edges *edges, struct hg_window ret[HG_SPANS],
                  struct cell *ret_hour)
{
    *ret_hour = (struct cell){0};
    if (ring == NULL) {
        read_few(windows, edges, ret, ret_hour);
        return;
    }
    for (int span = 0; span < HG_SPANS; span++) {
        cell_add(ret_hour, &ring->sums[span]);
        read_cell(ret_hour, &ret[span]);
    }
}

void windows_read_one(const struct cell *cell, struct hg_window ret[HG_SPANS])
{
    read_cell(cell, &ret[0]);
    for (int span = 1; span < HG_SPANS; span++)
        ret[span] = ret[0];
}

bool windows_next(const struct windows *windows, const struct ring *ring, const struct edges *edges, uint32_t *cursor, int *ret_tier,
                  uint64_t *ret_second, const struct cell **ret)
{
    if (ring == NULL) {
        if (*cursor >= windows->n_few)
            return false;
        *ret = &windows->few[(*cursor)++];
        uint64_t second = few_second(windows, *ret);
        *ret_tier = edges_tier(edges, second);
        *ret_second = second;
        return true;
    }
    for (; *cursor < HG_SPANS * SPAN_CELLS; (*cursor)++) {
        uint32_t tier = *cursor / SPAN_CELLS, at = *cursor % SPAN_CELLS;
        if ((ring->used[tier] >> at & 1) == 0)
            continue;
        uint64_t first = edges->first[tier];
        *ret_tier = (int)tier;
        *ret_second = (first + (at + SPAN_CELLS - first % SPAN_CELLS) % SPAN_CELLS) * span_width((int)tier);
        *ret = &ring->cells[tier][at];
        (*cursor)++;
        return true;
    }
    return false;
}
