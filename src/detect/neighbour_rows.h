/* What the neighbour's kernels have in common. The includer defines TARGET (the processor's features), ROWS (rows at once) and
 * nearest_of(). */
#ifndef HG_DETECT_NEIGHBOUR_ROWS_H
#define HG_DETECT_NEIGHBOUR_ROWS_H

#include "detect/neighbour.h"

TARGET __attribute__((always_inline)) static inline void all(const struct neighbour *neighbour, size_t groups, const uint64_t *rows,
                                                           size_t n, uint32_t *ret)
{
    size_t i = 0;
    for (; i + ROWS <= n; i += ROWS)
        nearest_of(neighbour, groups, rows + i * groups, ROWS, ret + i);
    for (; i < n; i++)
        nearest_of(neighbour, groups, rows + i * groups, 1, ret + i);
}

TARGET static void nearest(const struct neighbour *neighbour, const uint64_t *rows, size_t n, uint32_t *ret)
{
    switch (neighbour->groups) {
    case 1:
        all(neighbour, 1, rows, n, ret);
        break;
    case 2:
        all(neighbour, 2, rows, n, ret);
        break;
    case 3:
        all(neighbour, 3, rows, n, ret);
        break;
    case 4:
        all(neighbour, 4, rows, n, ret);
        break;
    case 5:
        all(neighbour, 5, rows, n, ret);
        break;
    case 6:
        all(neighbour, 6, rows, n, ret);
        break;
    default:
        all(neighbour, neighbour->groups, rows, n, ret);
    }
}

#endif
