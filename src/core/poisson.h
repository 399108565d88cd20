/* Counts of rare events: how sure a count is of the mean behind it. */
#ifndef HG_CORE_POISSON_H
#define HG_CORE_POISSON_H

#include <stdint.h>

struct hg_interval {
    double low, high;
};

/* The exact 95 % interval for the mean of a Poisson variable that was seen to be `count` (Garwood 1936): half the 2.5 % quantile of
 * chi-square with 2 count degrees of freedom to half the 97.5 % quantile with 2 count + 2. To about 9 digits. */
struct hg_interval hg_poisson_interval(uint64_t count);

#endif
