#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define ALIGN ((size_t)16)

struct hg_arena_block {
    struct hg_arena_block *next;
    size_t size;
    _Alignas(16) char bytes[];
};

void hg_arena_init(struct hg_arena *arena, size_t block_size, size_t limit)
{
    *arena = (struct hg_arena){.limit = limit, .block_size = block_size};
}

void hg_arena_free(struct hg_arena *arena)
{
    struct hg_arena_block *block = arena->first;
    while (block != NULL) {
        struct hg_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->first = arena->current = NULL;
    arena->used = arena->total = 0;
}

void hg_arena_reset(struct hg_arena *arena)
{
    arena->current = arena->first;
    arena->used = 0;
}

/* Moves on to a block with room for `size`: the next kept one that fits, else a new one put after the current. */
static bool arena_advance(struct hg_arena *arena, size_t size)
{
    while (arena->current != NULL && arena->current->next != NULL) {
        arena->current = arena->current->next;
        arena->used = 0;
        if (arena->current->size >= size)
            return true;
    }
    size_t room = size > arena->block_size ? size : arena->block_size;
    if (room > arena->limit - arena->total)
        return false;
    struct hg_arena_block *block = malloc(sizeof *block + room);
    if (block == NULL)
        return false;
    *block = (struct hg_arena_block){.size = room};
    if (arena->current == NULL)
        arena->first = block;
    else
        arena->current->next = block;
    arena->current = block;
    arena->used = 0;
    arena->total += room;
    return true;
}

void *hg_arena_alloc(struct hg_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGN)
        return NULL;
    size = (size + ALIGN - 1) & ~(ALIGN - 1);
    if ((arena->current == NULL || size > arena->current->size - arena->used) && !arena_advance(arena, size))
        return NULL;
    char *p = arena->current->bytes + arena->used;
    arena->used += size;
    return p;
}

struct hg_slice hg_arena_copy(struct hg_arena *arena, struct hg_slice bytes)
{
    char *p = hg_arena_alloc(arena, bytes.len);
    if (p == NULL)
        return HG_SLICE_NONE;
    if (bytes.len > 0)
        memcpy(p, bytes.p, bytes.len);
    return (struct hg_slice){p, bytes.len};
}
