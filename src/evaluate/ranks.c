#include "evaluate/ranks.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>

static int by_p(const void *a, const void *b)
{
    const struct ranked_row *x = a, *y = b;
    if (x->p != y->p)
        return x->p > y->p ? 1 : -1;
    return (x->tie > y->tie) - (x->tie < y->tie);
}

void ranks_order(const double *p, size_t n, uint64_t seed, struct ranked_row *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct ranked_row){p[i], hg_mix64(hg_mix64(seed) + i), (uint32_t)i};
    qsort(ret, n, sizeof *ret, by_p);
}

void ranks_mean(const struct ranked_row *ordered, size_t n, double *ret)
{
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && !(ordered[end].p > ordered[first].p); end++)
            ;
        for (size_t i = first; i < end; i++)
            ret[ordered[i].at] = (double)(first + end - 1) / 2;
    }
}

double ranks_correlation(const double *a, const double *b, size_t n)
{
    double middle = ((double)n - 1) / 2, ab = 0, aa = 0, bb = 0; /* the mean of ranks, however tied */
    for (size_t i = 0; i < n; i++) {
        ab += (a[i] - middle) * (b[i] - middle);
        aa += (a[i] - middle) * (a[i] - middle);
        bb += (b[i] - middle) * (b[i] - middle);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : (double)NAN;
}

double ranks_overlap(const struct ranked_row *a, const struct ranked_row *b, size_t k, uint8_t *scratch)
{
    size_t common = 0;
    for (size_t i = 0; i < k; i++)
        scratch[a[i].at] = 1;
    for (size_t i = 0; i < k; i++)
        common += scratch[b[i].at];
    for (size_t i = 0; i < k; i++)
        scratch[a[i].at] = 0;
    return k == 0 ? (double)NAN : (double)common / (double)k;
}
