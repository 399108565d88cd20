#include "store/hll.h"

#include <math.h>

#define Q (64 - HG_HLL_BITS) /* bits whose leading zeros are counted: registers go from 0 to Q + 1 */

void hll_add(uint8_t registers[HLL_REGISTERS], uint64_t hash)
{
    uint64_t at = hash >> Q;
    uint64_t rest = hash << HG_HLL_BITS | UINT64_C(1) << (HG_HLL_BITS - 1); /* a stop bit behind the Q */
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > registers[at])
        registers[at] = rank;
}

void hll_merge(uint8_t registers[HLL_REGISTERS], const uint8_t *other)
{
    for (size_t i = 0; i < HLL_REGISTERS; i++)
        registers[i] = registers[i] > other[i] ? registers[i] : other[i];
}

static double sigma(double x)
{
    if (x >= 1)
        return (double)INFINITY;
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z > before);
    return z;
}

static double tau(double x)
{
    if (x <= 0 || x >= 1)
        return 0;
    double y = 1, z = 1 - x, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z < before);
    return z / 3;
}

double hll_estimate(const uint8_t registers[HLL_REGISTERS])
{
    const double m = HLL_REGISTERS;
    double counts[Q + 2] = {0};
    for (size_t i = 0; i < HLL_REGISTERS; i++)
        counts[registers[i] <= Q ? registers[i] : Q + 1]++;
    double z = m * tau(1 - counts[Q + 1] / m);
    for (int k = Q; k >= 1; k--)
        z = 0.5 * (z + counts[k]);
    z += m * sigma(counts[0] / m);
    return m * m / (2 * M_LN2 * z);
}
