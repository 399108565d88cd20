/*
 * What entities had counted when there was no more room for them: events, failed and known by sub-bucket of each window, in four rows of
 * WINDOW_SKETCH_COLUMNS. An entity's whole count of a sub-bucket is written, and each place keeps the greatest that was written to
 * it; the estimate is the least of an entity's four places. So it is never too low, and too high only where in all four another
 * entity that counted more stands: of n such entities in the sub-bucket, with a probability of at most (n / WINDOW_SKETCH_COLUMNS)^4.
 * (A sketch of sums, as count-min is, would err by a share of all that was given up, for every entity.)
 */
#ifndef HG_BEHAVE_WINDOW_SKETCH_H
#define HG_BEHAVE_WINDOW_SKETCH_H

#include "behave/window.h"

#define WINDOW_SKETCH_ROWS    4u
#define WINDOW_SKETCH_COLUMNS 8192u

enum { SKETCH_EVENTS, SKETCH_FAILED, SKETCH_KNOWN, SKETCH_COUNTS };

struct sketch_count {
    uint32_t of[SKETCH_COUNTS];
};

/* By window and sub-bucket. */
struct sketch_counts {
    struct sketch_count of[HG_SPANS][SPAN_CELLS];
};

struct window_sketch {
    uint64_t bucket[HG_SPANS][SPAN_CELLS]; /* which sub-bucket stands there; 0: none */
    struct sketch_count *places;           /* [HG_SPANS][SPAN_CELLS][rows][columns] */
};

HG_MUST_USE enum hg_rc window_sketch_create(struct window_sketch *sketch, struct hg_err *reterr);
void window_sketch_free(struct window_sketch *sketch);

#define WINDOW_SKETCH_PLACES ((size_t)HG_SPANS * SPAN_CELLS * WINDOW_SKETCH_ROWS * WINDOW_SKETCH_COLUMNS)

static inline struct sketch_count *window_sketch_places(const struct window_sketch *sketch, int span, uint64_t at)
{
    return sketch->places + ((size_t)span * SPAN_CELLS + at) * WINDOW_SKETCH_ROWS * WINDOW_SKETCH_COLUMNS;
}

/* All that an entity counts. */
void window_sketch_write(struct window_sketch *sketch, uint64_t key, const struct windows *windows, const struct ring *ring);
/* False: it holds nothing of the hour before edges->top. */
bool window_sketch_holds(const struct window_sketch *sketch, const struct edges *edges);
/* What the sub-bucket `bucket` of the window is thought to hold of an entity. */
struct sketch_count window_sketch_estimate(const struct window_sketch *sketch, uint64_t key, int span, uint64_t bucket);

/* The estimates as cells of the windows that end at edges->top: in *ret_cells those with any event, at most HG_SPANS * SPAN_CELLS, each
 * with its first second. Returns how many. */
struct estimated_cell {
    uint64_t second;
    struct cell cell;
};
size_t window_sketch_read(const struct window_sketch *sketch, uint64_t key, const struct edges *edges,
                          struct estimated_cell ret_cells[HG_SPANS * SPAN_CELLS]);

#endif
