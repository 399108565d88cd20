/*
 * What entities had counted when there was no more room for them: events, failed and known by sub-bucket of each window, in four rows of
 * WINDOW_SKETCH_COLUMNS. An entity's whole count of a sub-bucket is written, and each place keeps the greatest that was written to
 * it; the estimate is the least of an entity's four places. So of what was written it is never too low, and too high only where in all
 * four another entity that counted more stands: of n such entities in the sub-bucket, with a probability of at most
 * (n / WINDOW_SKETCH_COLUMNS)^4. (A sketch of sums, as count-min is, would err by a share of all that was given up, for every entity.)
 *
 * Who counted fewer than WINDOW_SKETCH_LEAST events within the hour isn't written, and no smaller estimate is told: a crowd of passers-by
 * doesn't fill it. That much an estimate may be too low, each time that an entity is given up.
 */
#ifndef HG_BEHAVE_WINDOW_SKETCH_H
#define HG_BEHAVE_WINDOW_SKETCH_H

#include "behave/window.h"

#define WINDOW_SKETCH_ROWS    4u
#define WINDOW_SKETCH_COLUMNS 8192u
#define WINDOW_SKETCH_LEAST   4u

enum { SKETCH_EVENTS, SKETCH_FAILED, SKETCH_KNOWN, SKETCH_COUNTS };

struct sketch_count {
    uint32_t of[SKETCH_COUNTS];
};

/* By window and sub-bucket. */
struct sketch_counts {
    struct sketch_count of[HG_SPANS][SPAN_CELLS];
};

/* A row's column: windows like an entity's. */
struct sketch_place {
    uint64_t top; /* the greatest second at which something was written; 0: never */
    struct sketch_counts counts;
};

struct window_sketch {
    uint64_t top; /* of all places */
    struct sketch_place *places; /* [rows][columns] */
};

HG_MUST_USE enum hg_rc window_sketch_create(struct window_sketch *sketch, struct hg_err *reterr);
void window_sketch_free(struct window_sketch *sketch);

#define WINDOW_SKETCH_PLACES ((size_t)WINDOW_SKETCH_ROWS * WINDOW_SKETCH_COLUMNS)

/* Everything that an entity counts. */
void window_sketch_write(struct window_sketch *sketch, uint64_t key, const struct windows *windows, const struct ring *ring);

/* The estimates as cells of the windows that end at edges->top: in *ret_cells those with any event, at most HG_SPANS * SPAN_CELLS, each
 * with its first second. Returns how many. */
struct estimated_cell {
    uint64_t second;
    struct cell cell;
};
size_t window_sketch_read(const struct window_sketch *sketch, uint64_t key, const struct edges *edges,
                          struct estimated_cell ret_cells[HG_SPANS * SPAN_CELLS]);

/* What reading a key's estimate needs first. */
void window_sketch_prefetch(const struct window_sketch *sketch, uint64_t key);

/* False: nothing was written within the hour before edges->top. */
static inline bool window_sketch_holds(const struct window_sketch *sketch, const struct edges *edges)
{
    return sketch->top > 0 && sketch->top >= edges->low[HG_SPAN_1H];
}

#endif
