#include "core/burst.h"

#include <math.h>

double hg_poisson_tail(uint64_t count, double mean)
{
    if (count == 0)
        return 1;
    if (mean <= 0)
        return 0;
    double k = (double)count;
    if (k <= mean)
        return 1; /* at or below the mean the tail is about a half or more: nothing that a burst asks for */
    int sign;
    double term = exp(k * log(mean) - mean - lgamma_r(k + 1, &sign)), sum = 0;
    while (term > sum * 1e-12) { /* terms fall, since k > mean */
        sum += term;
        term *= mean / ++k;
    }
    return sum;
}

bool hg_is_burst(const uint64_t *before, uint64_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < HG_BURST_HISTORY; i++)
        sum += before[i];
    return count >= HG_BURST_MIN && hg_poisson_tail(count, (double)sum / HG_BURST_HISTORY) < HG_BURST_P;
}

void hg_bursts(const uint64_t *counts, size_t n, bool *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = i >= HG_BURST_HISTORY && hg_is_burst(counts + i - HG_BURST_HISTORY, counts[i]);
}
