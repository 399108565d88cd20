/* Ascending; no NaN among them. */
#ifndef HG_DETECT_SORT_FLOATS_H
#define HG_DETECT_SORT_FLOATS_H

#include <stdlib.h>

static inline int sort_floats_compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static inline void sort_floats(float *values, size_t n)
{
    qsort(values, n, sizeof *values, sort_floats_compare);
}

#endif
