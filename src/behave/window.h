/*
 * What one entity counts in its four windows. Each event stands in one cell: of the shortest window that still holds it, in the
 * sub-bucket there. When a window leaves a cell behind it goes on into the next longer one, so that a window's sums are the cells of its
 * own and of all shorter ones; integers all the way, modulo 2^64 and 2^32.
 *
 * Most entities have a few events: these keep their cells unsorted, by second. Who needs more than WINDOW_FEW gets a ring from the pool.
 */
#ifndef HG_BEHAVE_WINDOW_H
#define HG_BEHAVE_WINDOW_H

#include "behave/pool.h"
#include "behave/span.h"

enum { WIDE_BYTES_SENT, WIDE_BYTES_RECEIVED, WIDE_PACKETS_SENT, WIDE_PACKETS_RECEIVED, WIDE_GAP_SQUARES, CELL_WIDE };
enum { NARROW_EVENTS, NARROW_FAILED, NARROW_KNOWN, NARROW_PEERS, NARROW_PORTS, NARROW_GAPS, NARROW_GAP_MS,
       NARROW_SECOND, /* which second, modulo 2^32: of an entity without a ring; else 0 */
       CELL_NARROW };

struct cell {
    uint64_t wide[CELL_WIDE];
    uint32_t narrow[CELL_NARROW];
};

#define WINDOW_FEW 3u

struct ring {
    struct pool_head head; /* link: whose it is */
    uint16_t used[HG_SPANS]; /* a bit a cell */
    struct cell sums[HG_SPANS]; /* of the cells of each length */
    struct cell cells[HG_SPANS][SPAN_CELLS];
};

struct windows {
    uint64_t top;   /* the greatest second seen */
    uint32_t n_few;
    struct cell few[WINDOW_FEW];
};

/* By way of copies: that no number of the one is one of the other lets the compiler take several at once. */
static inline void cell_add(struct cell *to, const struct cell *cell)
{
    struct cell sum = *to, more = *cell;
    for (int i = 0; i < CELL_WIDE; i++)
        sum.wide[i] += more.wide[i];
    for (int i = 0; i < CELL_NARROW; i++)
        sum.narrow[i] += more.narrow[i];
    *to = sum;
}

/* Every function gets the entity's ring, NULL where it has none. */

/* Goes forward to edges->top, if that is later. */
void windows_advance(struct windows *windows, struct ring *ring, const struct edges *edges);


/* Counts what the cell says in that second; false: it needs a ring, and nothing was done. */
bool windows_add(struct windows *windows, struct ring *ring, const struct edges *edges, uint64_t second, const struct cell *cell);

/* One fewer of a narrow count in that second, where there is one: false if there isn't. */
bool windows_drop(struct windows *windows, struct ring *ring, const struct edges *edges, uint64_t second, int narrow);

/* From few cells to a ring, which is empty. */
void windows_spread(struct windows *windows, struct ring *ring, const struct edges *edges);
void ring_clear(struct ring *ring);
void windows_clear(struct windows *windows);

/* The sums of each window; of the longest one as a cell too. */
void windows_read(const struct windows *windows, const struct ring *ring, const struct edges *edges, struct hg_window ret[HG_SPANS],
                  struct cell *ret_hour);

/* Of an entity with this one event. */
void windows_read_one(const struct cell *cell, struct hg_window ret[HG_SPANS]);

/* Cell by cell, for who takes them elsewhere: *cursor is 0 at the start; false after the last. *ret_second is the first second of a sub-bucket of
 * tier *ret_tier. */
bool windows_next(const struct windows *windows, const struct ring *ring, const struct edges *edges, uint32_t *cursor, int *ret_tier,
                  uint64_t *ret_second, const struct cell **ret);

#endif
