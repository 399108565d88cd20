/*
 * The nearest neighbour (Ramaswamy, Rastogi, Shim 2000), for det_neighbour.c, its kernels and the ensemble: how far is a row from the
 * nearest of up to NEIGHBOUR_PROTOTYPES rows of training, by L1. Columns are standardised and coded in a byte each: one standard
 * deviation is NEIGHBOUR_LEVELS, and what is more than NEIGHBOUR_REACH away from the middle is put there. Distances are integers, so
 * that they are the same on every processor.
 *
 * Eight codes make a word. A row is `groups` words, short ones padded with zeros. Prototypes stand in blocks of eight: a block is
 * for each group the words of its eight prototypes. The last block is filled up with copies of the first prototype.
 */
#ifndef HG_DETECT_NEIGHBOUR_H
#define HG_DETECT_NEIGHBOUR_H

#include "detect/bytes.h"
#include "detect/codes.h"
#include "detect/detect.h"

#define NEIGHBOUR_PROTOTYPES 1024u
#define NEIGHBOUR_LEVELS     21 /* of a standard deviation */
#define NEIGHBOUR_REACH      126 /* levels from the middle: 6 standard deviations */
#define NEIGHBOUR_MIDDLE     NEIGHBOUR_REACH
#define NEIGHBOUR_CODE_MAX   (2 * NEIGHBOUR_REACH)
#define NEIGHBOUR_WORD       8u  /* codes */
#define NEIGHBOUR_BLOCK      8u  /* prototypes */
#define NEIGHBOUR_GROUPS_MAX (HG_COLUMNS_MAX / NEIGHBOUR_WORD)
#define NEIGHBOUR_TILE       64u /* rows that are coded at once */

struct neighbour {
    uint32_t columns, groups, prototypes, blocks;
    struct codes_coder *coders; /* one ramp a column; scale 0: all rows of training are the same there, and distances don't see it */
    uint64_t *words; /* aligned for the kernels */
};

/* Prototypes are drawn for the seed, without replacement, from the rows named, and stand first in `rows` afterwards; the columns'
 * scales come from the whole table. n > 0. */
enum hg_rc neighbour_fit(const struct hg_table *table, uint32_t *rows, size_t n, uint64_t seed, struct neighbour **ret,
                         struct hg_err *reterr);
void neighbour_destroy(struct neighbour *neighbour); /* NULL is fine */

/* The distance of each row of the table to its nearest prototype. */
void neighbour_distances(const struct neighbour *neighbour, const struct hg_table *table, uint32_t *ret);
/* The same for the table that it was fitted to: a row that is a prototype itself, one of those drawn, gets the distance to the
 * nearest other one. Not while others score. */
void neighbour_distances_left_out(struct neighbour *neighbour, const struct hg_table *table, const uint32_t *drawn, uint32_t *ret);
/* In standard deviations a column, over so many columns. */
static inline float neighbour_score_of(uint32_t distance, uint32_t columns)
{
    return (float)((double)distance / ((double)NEIGHBOUR_LEVELS * columns));
}
void neighbour_score(const struct neighbour *neighbour, const struct hg_table *table, float *ret_scores);
float neighbour_score_partial(const struct neighbour *neighbour, const float *row);
/* Returns the row's score, as neighbour_score_partial. */
float neighbour_explain(const struct neighbour *neighbour, const float *row, float *ret_shares);
/* The nearest prototype as a row; what a code says of a value is its middle. NaN: the column is not looked at. */
void neighbour_nearest_row(const struct neighbour *neighbour, const float *row, float *ret_row);

void neighbour_serialise(const struct neighbour *neighbour, struct hg_buf *buf);
enum hg_rc neighbour_parse(struct hg_slice bytes, size_t columns, struct neighbour **ret, struct hg_err *reterr);

/* Kernels: coded rows to distances. Each gives the same integers. */
struct neighbour_kernel {
    const char *name;
    bool (*runs_here)(void);
    void (*nearest)(const struct neighbour *neighbour, const uint64_t *rows, size_t n, uint32_t *ret);
};
/* Best first; the last is the portable one, which runs everywhere. */
extern const struct neighbour_kernel *const neighbour_kernels[];
extern const size_t neighbour_kernel_count;
extern const struct neighbour_kernel neighbour_kernel_avx512, neighbour_kernel_avx2, neighbour_kernel_portable;
const struct neighbour_kernel *neighbour_kernel_here(void);
/* The first of the nearest prototypes, over the columns whose bytes are set in `seen`. */
struct neighbour_nearest {
    uint32_t prototype, distance;
};
struct neighbour_nearest neighbour_nearest(const struct neighbour *neighbour, const uint64_t *row, const uint64_t *seen);
void neighbour_distances_with(const struct neighbour_kernel *kernel, const struct neighbour *neighbour,
                              const struct hg_table *table, uint32_t *ret);

/* The code of one column of a prototype. */
static inline uint8_t *neighbour_at(const struct neighbour *neighbour, size_t prototype, size_t column)
{
    size_t block = prototype / NEIGHBOUR_BLOCK * neighbour->groups;
    uint64_t *word = &neighbour->words[(block + column / NEIGHBOUR_WORD) * NEIGHBOUR_BLOCK + prototype % NEIGHBOUR_BLOCK];
    return (uint8_t *)word + column % NEIGHBOUR_WORD;
}

/* For fit and parse: columns and prototypes are in range; codes are all zero. NULL: no memory. */
struct neighbour *neighbour_create(size_t columns, size_t prototypes);
void neighbour_fill_last_block(struct neighbour *neighbour);

#endif
