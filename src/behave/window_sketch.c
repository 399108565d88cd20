#include "behave/window_sketch.h"

#include "base/hash.h"

enum hg_rc window_sketch_create(struct window_sketch *sketch, struct hg_err *reterr)
{
    sketch->places = pages_take(WINDOW_SKETCH_PLACES * sizeof *sketch->places);
    return sketch->places != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for a sketch");
}

void window_sketch_free(struct window_sketch *sketch)
{
    pages_free(sketch->places, WINDOW_SKETCH_PLACES * sizeof *sketch->places);
}

/* 13 bits a row. */
static struct sketch_place *place_of(const struct window_sketch *sketch, uint64_t mixed, uint32_t row)
{
    return &sketch->places[row * WINDOW_SKETCH_COLUMNS + (mixed >> 16 * row) % WINDOW_SKETCH_COLUMNS];
}

/* Places lie far apart: all are asked for before the first is looked at. */
static void prefetch_places(const struct window_sketch *sketch, uint64_t mixed, uint32_t row, uint32_t rows, size_t from, size_t until)
{
    for (; row < rows; row++)
        for (size_t at = from; at < until; at += 64)
            __builtin_prefetch((const char *)place_of(sketch, mixed, row) + at, 1);
}

/* Sub-buckets that the place's windows leave behind are 0 again. */
static void place_advance(struct sketch_place *place, uint64_t top)
{
    if (top <= place->top)
        return;
    for (int span = 0; span < HG_SPANS; span++) {
        uint64_t from = span_bucket(span, place->top) + 1, until = span_bucket(span, top) + 1;
        if (until - from > SPAN_CELLS)
            from = until - SPAN_CELLS;
        for (uint64_t bucket = from; bucket < until; bucket++)
            place->counts.of[span][bucket % SPAN_CELLS] = (struct sketch_count){{0}};
    }
    place->top = top;
}

static void place_write(struct sketch_place *place, const struct edges *edges, const struct sketch_counts *counts)
{
    place_advance(place, edges->top);
    struct edges held = edges_at(place->top);
    for (int span = 0; span < HG_SPANS; span++) {
        uint64_t from = held.first[span], until = span_bucket(span, edges->top) + 1;
        if (from < edges->first[span])
            from = edges->first[span];
        for (uint64_t bucket = from; bucket < until; bucket++) {
            const struct sketch_count *count = &counts->of[span][bucket % SPAN_CELLS];
            struct sketch_count *to = &place->counts.of[span][bucket % SPAN_CELLS];
            for (int i = 0; i < SKETCH_COUNTS; i++)
                to->of[i] = count->of[i] > to->of[i] ? count->of[i] : to->of[i];
        }
    }
}

static void add_cell(struct sketch_counts *counts, int tier, uint64_t second, const struct cell *cell)
{
    for (int span = tier; span < HG_SPANS; span++) {
        struct sketch_count *count = &counts->of[span][span_bucket(span, second) % SPAN_CELLS];
        count->of[SKETCH_EVENTS] += cell->narrow[NARROW_EVENTS];
        count->of[SKETCH_FAILED] += cell->narrow[NARROW_FAILED];
        count->of[SKETCH_KNOWN] += cell->narrow[NARROW_KNOWN];
    }
}

static uint64_t events_of_hour(const struct sketch_counts *counts)
{
    uint64_t events = 0;
    for (uint32_t i = 0; i < SPAN_CELLS; i++)
        events += counts->of[HG_SPAN_1H][i].of[SKETCH_EVENTS];
    return events;
}

static bool is_worth_it(const struct windows *windows, const struct ring *ring, const struct edges *edges)
{
    uint64_t events = 0, second;
    uint32_t cursor = 0;
    int tier;
    for (const struct cell *cell; windows_next(windows, ring, edges, &cursor, &tier, &second, &cell);)
        events += tier < HG_SPANS ? cell->narrow[NARROW_EVENTS] : 0;
    return events >= WINDOW_SKETCH_LEAST;
}

void window_sketch_write(struct window_sketch *sketch, uint64_t key, const struct windows *windows, const struct ring *ring)
{
    struct edges edges = edges_at(windows->top);
    struct sketch_counts counts = {0};
    uint32_t cursor = 0;
    int tier;
    uint64_t second, mixed = hg_mix64(key);
    if (!is_worth_it(windows, ring, &edges)) /* most: nothing of the sketch is asked for */
        return;
    prefetch_places(sketch, mixed, 0, WINDOW_SKETCH_ROWS, 0, sizeof(struct sketch_place));
    for (const struct cell *cell; windows_next(windows, ring, &edges, &cursor, &tier, &second, &cell);)
        add_cell(&counts, tier, second, cell);
    for (uint32_t row = 0; row < WINDOW_SKETCH_ROWS; row++)
        place_write(place_of(sketch, mixed, row), &edges, &counts);
    if (edges.top > sketch->top)
        sketch->top = edges.top;
}

void window_sketch_prefetch(const struct window_sketch *sketch, uint64_t key)
{
    uint64_t mixed = hg_mix64(key);
    prefetch_places(sketch, mixed, 0, 1, 0, 1);
    prefetch_places(sketch, mixed, 0, 1, offsetof(struct sketch_place, counts.of[HG_SPAN_1H]), sizeof(struct sketch_place));
}

/* Lowers the estimates of a window to what a place says. */
static void place_read(const struct sketch_place *place, int span, const struct edges *edges, struct sketch_counts *least)
{
    struct edges held = edges_at(place->top);
    uint64_t first = edges->first[span], from = held.first[span], top = span_bucket(span, place->top);
    for (uint64_t bucket = first; bucket < first + SPAN_CELLS; bucket++) {
        struct sketch_count *count = &least->of[span][bucket % SPAN_CELLS];
        const struct sketch_count *at = &place->counts.of[span][bucket % SPAN_CELLS];
        bool stands = bucket >= from && bucket <= top;
        for (int i = 0; i < SKETCH_COUNTS; i++) {
            uint32_t said = stands ? at->of[i] : 0;
            count->of[i] = said < count->of[i] ? said : count->of[i];
        }
    }
}

static bool estimate(const struct window_sketch *sketch, uint64_t key, const struct edges *edges, struct sketch_counts *ret)
{
    uint64_t mixed = hg_mix64(key);
    if (place_of(sketch, mixed, 0)->top < edges->low[HG_SPAN_1H])
        return false;
    memset(ret->of[HG_SPAN_1H], 0xff, sizeof ret->of[HG_SPAN_1H]);
    for (uint32_t row = 0; row < WINDOW_SKETCH_ROWS; row++) { /* an estimate only becomes less: most end at the first */
        place_read(place_of(sketch, mixed, row), HG_SPAN_1H, edges, ret);
        if (events_of_hour(ret) < WINDOW_SKETCH_LEAST)
            return false;
        if (row == 0)
            prefetch_places(sketch, mixed, 1, WINDOW_SKETCH_ROWS, 0, sizeof(struct sketch_place));
    }
    memset(ret->of, 0xff, sizeof ret->of[0] * HG_SPAN_1H);
    for (int span = 0; span < HG_SPAN_1H; span++)
        for (uint32_t row = 0; row < WINDOW_SKETCH_ROWS; row++)
            place_read(place_of(sketch, mixed, row), span, edges, ret);
    return true;
}

/* What a longer window's sub-bucket holds beyond those of the next shorter window within it. */
static struct sketch_count beyond(const struct sketch_counts *counts, int span, uint64_t bucket, const struct edges *edges)
{
    struct sketch_count rest = counts->of[span][bucket % SPAN_CELLS];
    if (span == 0)
        return rest;
    uint64_t second = bucket * span_width(span), end = second + span_width(span), step = span_width(span - 1);
    if (second < edges->low[span - 1])
        second = edges->low[span - 1];
    for (; second < end && second <= edges->top; second += step) {
        const struct sketch_count *part = &counts->of[span - 1][span_bucket(span - 1, second) % SPAN_CELLS];
        for (int i = 0; i < SKETCH_COUNTS; i++)
            rest.of[i] -= part->of[i] < rest.of[i] ? part->of[i] : rest.of[i];
    }
    return rest;
}

size_t window_sketch_read(const struct window_sketch *sketch, uint64_t key, const struct edges *edges,
                          struct estimated_cell ret_cells[HG_SPANS * SPAN_CELLS])
{
    struct sketch_counts counts;
    size_t n = 0;
    if (!estimate(sketch, key, edges, &counts))
        return 0;
    for (int span = 0; span < HG_SPANS; span++) {
        uint64_t first = edges->first[span];
        for (uint64_t bucket = first; bucket < first + SPAN_CELLS; bucket++) {
            struct sketch_count rest = beyond(&counts, span, bucket, edges);
            if (rest.of[SKETCH_EVENTS] == 0 || edges_tier(edges, bucket * span_width(span)) != span)
                continue;
            ret_cells[n] = (struct estimated_cell){.second = bucket * span_width(span)};
            ret_cells[n].cell.narrow[NARROW_EVENTS] = rest.of[SKETCH_EVENTS];
            ret_cells[n].cell.narrow[NARROW_FAILED] = rest.of[SKETCH_FAILED];
            ret_cells[n++].cell.narrow[NARROW_KNOWN] = rest.of[SKETCH_KNOWN];
        }
    }
    return n;
}
