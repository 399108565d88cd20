/*
 * An arena hands out memory that is given back all at once. Once warm it allocates nothing: reset keeps its blocks.
 * Not for sharing between threads. Memory is not zeroed. A request that can't be met returns NULL.
 */
#ifndef HG_BASE_ARENA_H
#define HG_BASE_ARENA_H

#include "base/slice.h"

#include <stddef.h>

struct hg_arena_block;

struct hg_arena {
    struct hg_arena_block *first, *current;
    size_t used;       /* in current */
    size_t total;      /* bytes of all blocks */
    size_t limit;      /* ceiling of total, from birth */
    size_t block_size; /* of an ordinary block */
};

void hg_arena_init(struct hg_arena *arena, size_t block_size, size_t limit);
void hg_arena_free(struct hg_arena *arena); /* of a zeroed or initialised arena */
void hg_arena_reset(struct hg_arena *arena);

/* Aligned to 16 bytes. */
void *hg_arena_alloc(struct hg_arena *arena, size_t size);
/* A copy of the bytes, or {NULL, 0} when there is no memory. */
struct hg_slice hg_arena_copy(struct hg_arena *arena, struct hg_slice bytes);

#endif
