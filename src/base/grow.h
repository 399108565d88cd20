/* Arrays that double. */
#ifndef HG_BASE_GROW_H
#define HG_BASE_GROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* An array of `cap` elements of `size` bytes with room for one more than n: the same one, or a larger one in its place and *cap raised.
 * NULL: no memory, and the array is as it was. */
static inline void *hg_grow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    size_t more = *cap == 0 ? 64 : 2 * *cap;
    void *grown = more <= SIZE_MAX / size ? realloc(array, more * size) : NULL;
    if (grown != NULL)
        *cap = more;
    return grown;
}

#endif
