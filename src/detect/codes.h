/*
 * Numbers to codes of a byte, column by column. A coder is the sum of three ramps, each 0 below its low end and `height` beyond its
 * high one: a trimmed range that gets most of the codes and the two tails beside it. So a code costs a few additions and
 * multiplications and no search, and never falls where the value rises.
 */
#ifndef HG_DETECT_CODES_H
#define HG_DETECT_CODES_H

#include <stddef.h>
#include <stdint.h>

#define CODES_RAMPS 3
#define CODES_MAX   255 /* heights of a coder sum to this at most */

struct codes_ramp {
    float low, scale, height; /* finite; scale and height are not negative */
};

struct codes_coder {
    struct codes_ramp ramps[CODES_RAMPS];
};

static inline float codes_climb(const struct codes_ramp *ramp, float value)
{
    float climbed = (value - ramp->low) * ramp->scale;
    climbed = climbed > 0 ? climbed : 0; /* in the order of operands in which max and min of vectors treat NaN the same */
    return climbed < ramp->height ? climbed : ramp->height;
}

/* NaN, too, becomes a code: the caller looks away. */
static inline uint8_t codes_of_one(const struct codes_coder *coder, float value)
{
    float sum = codes_climb(&coder->ramps[0], value) + codes_climb(&coder->ramps[1], value);
    return (uint8_t)(int)(sum + codes_climb(&coder->ramps[2], value));
}

/* The codes of n values, by the widest vectors that the processor has. The same bits as codes_of_one. */
void codes_of(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret);

/* What codes_of chooses from, best first; the last runs everywhere. */
struct codes_kernel {
    const char *name;
    _Bool (*runs_here)(void);
    void (*code)(const struct codes_coder *coder, const float *values, size_t n, uint8_t *ret);
};
extern const struct codes_kernel codes_kernels[];
extern const size_t codes_kernel_count;

/* The least value that gets a code, about. */
double codes_value(const struct codes_coder *coder, unsigned code);

#endif
