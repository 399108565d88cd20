#include "core/poisson.h"

#include <math.h>

/* P(X >= k) of a Poisson variable with this mean, that is the regularised incomplete gamma function P(k, mean); k > 0. Summed on the
 * side of the mode where terms fall. */
static double at_least(double k, double mean)
{
    int sign;
    if (k > mean) {
        double term = exp(k * log(mean) - mean - lgamma_r(k + 1, &sign)), sum = 0;
        while (term > sum * 1e-16) {
            sum += term;
            term *= mean / ++k;
        }
        return sum;
    }
    double below = k - 1, term = exp(below * log(mean) - mean - lgamma_r(below + 1, &sign)), sum = 0;
    while (below >= 0 && term > sum * 1e-16) {
        sum += term;
        term *= below-- / mean;
    }
    return 1 - sum;
}

/* The mean at which as many as k have this probability. It grows with the mean, so halving finds it. */
static double mean_where(double k, double probability)
{
    double low = 0, high = k + 10 * sqrt(k) + 10;
    for (int i = 0; i < 100 && high - low > high * 1e-12; i++) {
        double middle = (low + high) / 2;
        if (at_least(k, middle) < probability)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct hg_interval hg_poisson_interval(uint64_t count)
{
    double k = (double)count;
    return (struct hg_interval){count == 0 ? 0 : mean_where(k, 0.025), mean_where(k + 1, 0.975)};
}
