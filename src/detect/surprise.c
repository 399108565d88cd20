#include "detect/surprise.h"

#include "detect/plain_math.h"
#include "detect/sort_floats.h"


#define TAIL_SHARE 100u   /* one score in so many is of the tail */
#define TAIL_LEAST 8u     /* or so many, for few rows */
#define RISE       0.01   /* over the whole grid, at the least: where no row has scored, too, more is odder */
#define STEEPEST   1e6    /* tail: 1 for a millionth */

/* The rank of the last score that isn't of the tail. */
static size_t tail_rank(size_t n)
{
    size_t tail = n / TAIL_SHARE, least = n / 2 < TAIL_LEAST ? n / 2 : TAIL_LEAST;
    return n - 1 - (tail > least ? tail : least);
}

static float surprise_at(size_t as_high, size_t n, double risen)
{
    return (float)(risen - plain_log(((double)as_high + 1) / ((double)n + 1)));
}

/* From the mean excess of the scores beyond. Where there are none, as if the last ones went on; where all are one, a mild rise. */
static void fit_tail(const float *sorted, size_t n, struct surprise *ret)
{
    double sum = 0;
    size_t beyond = 0;
    double width = (double)ret->high - (double)ret->low;
    for (; beyond < n && sorted[n - 1 - beyond] > ret->high; beyond++)
        sum += (double)sorted[n - 1 - beyond] - (double)ret->high;
    double excess = beyond > 0 ? sum / (double)beyond : width > 0 ? width / (1 + plain_log((double)n)) : 1;
    ret->slope = (float)(excess * STEEPEST > 1 ? 1 / excess : STEEPEST);
    ret->beyond = surprise_at(beyond, n, RISE);
}

static void fill_grid(const float *sorted, size_t n, struct surprise *ret)
{
    double width = (double)ret->high - (double)ret->low;
    size_t below = 0;
    for (size_t k = 0; k <= SURPRISE_CELLS; k++) {
        double at = k == SURPRISE_CELLS ? (double)ret->high : (double)ret->low + width * (double)k / SURPRISE_CELLS;
        while (below < n && (double)sorted[below] < at)
            below++;
        ret->at[k] = surprise_at(n - below, n, RISE * (double)k / SURPRISE_CELLS);
    }
}

void surprise_make(float *scores, size_t n, struct surprise *ret)
{
    sort_floats(scores, n);
    ret->low = scores[0];
    ret->high = scores[tail_rank(n)];
    float width = ret->high - ret->low, per_score = width > 0 ? SURPRISE_CELLS / width : 0;
    if (!(per_score > 0 && per_score <= __FLT_MAX__)) {
        per_score = 0;
        ret->high = ret->low;
    }
    ret->per_score = per_score;
    fill_grid(scores, n, ret);
    fit_tail(scores, n, ret);
}

/* In a model file: first and last knot, the tail, the grid. */
void surprise_put(const struct surprise *surprise, struct hg_buf *buf)
{
    bytes_put_f32(buf, surprise->low);
    bytes_put_f32(buf, surprise->high);
    bytes_put_f32(buf, surprise->beyond);
    bytes_put_f32(buf, surprise->slope);
    for (size_t k = 0; k <= SURPRISE_CELLS; k++)
        bytes_put_f32(buf, surprise->at[k]);
}

bool surprise_get(struct bytes_in *in, struct surprise *ret)
{
    ret->low = bytes_get_f32(in);
    ret->high = bytes_get_f32(in);
    ret->beyond = bytes_get_f32(in);
    ret->slope = bytes_get_f32(in);
    float width = ret->high - ret->low;
    ret->per_score = width > 0 ? SURPRISE_CELLS / width : 0;
    in->failed |= width < 0 || !(ret->per_score <= __FLT_MAX__) || !(ret->slope > 0) || ret->slope > (float)STEEPEST;
    for (size_t k = 0; k <= SURPRISE_CELLS; k++) {
        ret->at[k] = bytes_get_f32(in);
        in->failed |= k > 0 && ret->at[k] < ret->at[k - 1];
    }
    in->failed |= ret->beyond < ret->at[SURPRISE_CELLS];
    return !in->failed;
}
