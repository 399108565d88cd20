/*
 * A common scale for scores of different detectors: -ln of the share of training rows that score as high or higher. It makes "how
 * rare would this be?" of any score, so that members of an ensemble can be compared.
 *
 * The share comes from the rows' own scores, read from an even grid in constant time; beyond the highest of them, where the sample
 * has run out, an exponential tail goes on: the surprise grows by 1 for each mean excess. It rises everywhere and never saturates.
 */
#ifndef HG_DETECT_SURPRISE_H
#define HG_DETECT_SURPRISE_H

#include "detect/bytes.h"

#define SURPRISE_CELLS 512

struct surprise {
    float low;       /* the first knot */
    float per_score; /* cells in a unit of score; 0: low is the only knot */
    float at[SURPRISE_CELLS + 1];
    float high;   /* the last knot: low, where it is the only one */
    float beyond; /* just above it: more than at it where many rows score the same there */
    float slope;  /* from there on, and below the first knot */
};

/* Sorts the scores. n > 0. */
void surprise_make(float *scores, size_t n, struct surprise *ret);

static inline float surprise_of(const struct surprise *surprise, float score)
{
    float cell = (score - surprise->low) * surprise->per_score;
    if (score < surprise->low)
        return surprise->at[0] + (score - surprise->low) * surprise->slope;
    if (score >= surprise->high)
        return score > surprise->high ? surprise->beyond + (score - surprise->high) * surprise->slope : surprise->at[SURPRISE_CELLS];
    int k = cell < (float)(SURPRISE_CELLS - 1) ? (int)cell : SURPRISE_CELLS - 1;
    float part = cell - (float)k < 1 ? cell - (float)k : 1;
    return surprise->at[k] + part * (surprise->at[k + 1] - surprise->at[k]);
}

void surprise_put(const struct surprise *surprise, struct hg_buf *buf);
/* False: damaged. */
bool surprise_get(struct bytes_in *in, struct surprise *ret);

#endif
