#include "behave/window_sketch.h"

#include "base/hash.h"

#include <stdlib.h>

enum hg_rc window_sketch_create(struct window_sketch *sketch, struct hg_err *reterr)
{
    sketch->places = calloc(WINDOW_SKETCH_PLACES, sizeof *sketch->places); /* pages are taken as they are used */
    return sketch->places != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "behaviour: no memory for a sketch");
}

void window_sketch_free(struct window_sketch *sketch)
{
    free(sketch->places);
}

/* 13 bits a row. */
static size_t place_of(uint64_t mixed, uint32_t row)
{
    return row * WINDOW_SKETCH_COLUMNS + (mixed >> 16 * row) % WINDOW_SKETCH_COLUMNS;
}

/* Makes room for the sub-bucket where an older one stood; false where a newer one stands. */
static bool turn_to(struct window_sketch *sketch, int span, uint64_t bucket)
{
    uint64_t at = bucket % SPAN_CELLS, stands = sketch->bucket[span][at];
    if (bucket < stands)
        return false;
    if (bucket > stands && stands != 0)
        memset(window_sketch_places(sketch, span, at), 0, sizeof(struct sketch_count[WINDOW_SKETCH_ROWS][WINDOW_SKETCH_COLUMNS]));
    sketch->bucket[span][at] = bucket;
    return true;
}

static void write_count(struct window_sketch *sketch, uint64_t mixed, int span, uint64_t bucket, const struct sketch_count *count)
{
    if (count->of[SKETCH_EVENTS] == 0 || !turn_to(sketch, span, bucket))
        return;
    struct sketch_count *places = window_sketch_places(sketch, span, bucket % SPAN_CELLS);
    for (uint32_t row = 0; row < WINDOW_SKETCH_ROWS; row++) {
        struct sketch_count *place = &places[place_of(mixed, row)];
        for (int i = 0; i < SKETCH_COUNTS; i++)
            if (count->of[i] > place->of[i])
                place->of[i] = count->of[i];
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

void window_sketch_write(struct window_sketch *sketch, uint64_t key, const struct windows *windows, const struct ring *ring)
{
    struct edges edges = edges_at(windows->top);
    struct sketch_counts counts = {0};
    uint32_t cursor = 0;
    int tier;
    uint64_t second, mixed = hg_mix64(key);
    for (const struct cell *cell; windows_next(windows, ring, &edges, &cursor, &tier, &second, &cell);)
        add_cell(&counts, tier, second, cell);
    for (int span = 0; span < HG_SPANS; span++) {
        uint64_t first = span_bucket(span, edges.low[span]);
        for (uint64_t bucket = first; bucket < first + SPAN_CELLS; bucket++)
            write_count(sketch, mixed, span, bucket, &counts.of[span][bucket % SPAN_CELLS]);
    }
}

bool window_sketch_holds(const struct window_sketch *sketch, const struct edges *edges)
{
    uint64_t first = span_bucket(HG_SPAN_1H, edges->low[HG_SPAN_1H]);
    for (uint32_t i = 0; i < SPAN_CELLS; i++)
        if (sketch->bucket[HG_SPAN_1H][i] >= first && sketch->bucket[HG_SPAN_1H][i] > 0)
            return true;
    return false;
}

struct sketch_count window_sketch_estimate(const struct window_sketch *sketch, uint64_t key, int span, uint64_t bucket)
{
    struct sketch_count least = {{0}};
    if (sketch->bucket[span][bucket % SPAN_CELLS] != bucket || bucket == 0)
        return least;
    const struct sketch_count *places = window_sketch_places(sketch, span, bucket % SPAN_CELLS);
    uint64_t mixed = hg_mix64(key);
    least = places[place_of(mixed, 0)];
    for (uint32_t row = 1; row < WINDOW_SKETCH_ROWS && least.of[SKETCH_EVENTS] > 0; row++) {
        const struct sketch_count *place = &places[place_of(mixed, row)];
        for (int i = 0; i < SKETCH_COUNTS; i++)
            if (place->of[i] < least.of[i])
                least.of[i] = place->of[i];
    }
    return least.of[SKETCH_EVENTS] > 0 ? least : (struct sketch_count){{0}};
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
    for (int span = 0; span < HG_SPANS; span++) {
        uint64_t first = span_bucket(span, edges->low[span]);
        for (uint64_t bucket = first; bucket < first + SPAN_CELLS; bucket++)
            counts.of[span][bucket % SPAN_CELLS] = window_sketch_estimate(sketch, key, span, bucket);
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
