#include "generate/dist.h"

double hg_dist_exp2(double x)
{
    int64_t whole = (int64_t)x - (x < 0);
    double f = x - (double)whole, scale;
    uint64_t bits = (uint64_t)(whole + 1023) << 52;
    memcpy(&scale, &bits, sizeof scale);
    return scale *
           (1.0 + f * (0.693147181 + f * (0.240226507 + f * (0.0555041087 + f * (0.0096181291 + f * 0.00150391)))));
}

double hg_dist_bits(struct hg_rng *rng)
{
    uint64_t r = hg_rng_next(rng) | 1;
    int zeros = __builtin_clzll(r);
    double f = zeros > 50 ? 0.0 : (double)(r << zeros << 1 >> 11) * 0x1.0p-53;
    return (double)zeros + 1.0 - f * (1.3465 - 0.3465 * f); /* log2(1 + f) within 0.002 */
}

double hg_dist_amount(struct hg_rng *rng, double median, double spread)
{
    if (hg_dist_chance(rng, 25)) {
        double tail = hg_dist_bits(rng) * (1.0 / 1.25);
        return 4.0 * median * hg_dist_exp2(tail < 14.0 ? tail : 14.0);
    }
    return hg_dist_log_normal(rng, median, spread);
}
