#include "detect/calibration.h"
#include "detect/plain_math.h"
#include "detect/sort_floats.h"

#include <float.h>

#define TAIL_ROWS_MIN 20u /* excesses that the tail is fitted to, at least; else 2 % */

/* A knot for the score of rank i (of n sorted ones), unless it has one. */
static void put_knot(const float *sorted, size_t n, size_t i, struct calibration *ret)
{
    if (ret->n > 0 && !(sorted[i] > ret->at[ret->n - 1]))
        return;
    size_t first = i, end = i + 1;
    while (first > 0 && !(sorted[first - 1] < sorted[i]))
        first--;
    while (end < n && !(sorted[end] > sorted[i]))
        end++;
    ret->at[ret->n] = sorted[i];
    ret->from[ret->n] = (uint32_t)(n - first);
    ret->above[ret->n] = (uint32_t)(n - end);
    ret->n++;
}

/* Method of moments (Hosking, Wallis 1987) on the excesses over a threshold, then moved to the knot that the tail begins at. */
static void fit_tail(const float *sorted, size_t n, struct calibration *ret)
{
    uint32_t knot = ret->n - 1;
    while (knot > 0 && ret->from[knot] < HG_CONFORMAL_RANK)
        knot--;
    size_t rows = n / 50 > TAIL_ROWS_MIN ? n / 50 : TAIL_ROWS_MIN;
    rows = rows < n / 2 ? rows : n / 2;
    double start = (double)ret->at[knot], range = (double)sorted[n - 1] - (double)sorted[0];
    double threshold = (double)sorted[n - 1 - rows], mean = 0, variance = 0;
    for (size_t i = n - rows; i < n; i++)
        mean += ((double)sorted[i] - threshold) / (double)rows;
    for (size_t i = n - rows; i < n; i++)
        variance += ((double)sorted[i] - threshold - mean) * ((double)sorted[i] - threshold - mean) / (double)rows;
    double magnitude = start < 0 ? -start : start, shape = 0, scale = range > 0 ? range / 10 : (magnitude > 1e-6 ? magnitude : 1e-6) / 10;
    if (rows >= 2 && variance > 0 && mean > 0) {
        shape = 0.5 * (1 - mean * mean / variance);
        scale = mean * (1 - shape) + shape * (start - threshold);
        if (shape < -0.5 || !(scale > 0.05 * mean)) { /* few excesses, or an end that the sample has passed: exponential */
            shape = 0;
            scale = mean;
        }
    }
    ret->tail_knot = knot;
    ret->tail_shape = (float)shape;
    ret->tail_scale = (float)scale > FLT_MIN ? (float)scale : FLT_MIN;
}

void calibration_make(float *scores, size_t n, struct calibration *ret)
{
    sort_floats(scores, n);
    ret->rows = (uint32_t)n;
    ret->n = 0;
    size_t top = n < CALIBRATION_TOP ? n : CALIBRATION_TOP, body = n - top;
    size_t knots = body < CALIBRATION_BODY ? body : CALIBRATION_BODY;
    for (size_t k = 0; k < knots; k++)
        put_knot(scores, n, k * body / knots, ret);
    for (size_t i = body; i < n; i++)
        put_knot(scores, n, i, ret);
    fit_tail(scores, n, ret);
}

static double power(double base, double exponent)
{
    double y = plain_log(base) / PLAIN_LN2 * exponent;
    return plain_exp2(y < -1000 ? -1000 : y > 1000 ? 1000 : y);
}

/* p beyond the knot that the tail begins at. */
static double tail_p(const struct calibration *calibration, float score)
{
    uint32_t knot = calibration->tail_knot;
    double start = (double)(calibration->above[knot] + 1) / ((double)calibration->rows + 1);
    double shape = (double)calibration->tail_shape;
    double z = ((double)score - (double)calibration->at[knot]) / (double)calibration->tail_scale;
    bool exponential = shape < 1e-6 && shape > -1e-6;
    double credible = 1 / (HG_TAIL_REACH * ((double)calibration->rows + 1)), reach = plain_log(start / credible);
    double credible_z = exponential ? reach : (power(2, shape * reach / PLAIN_LN2) - 1) / shape;
    if (z > credible_z)
        return credible / (1 + (z - credible_z));
    return start * (exponential ? plain_exp2(-z / PLAIN_LN2) : power(1 + shape * z, -1 / shape));
}

/* The last knot that is not above the score; the caller knows that there is one. */
static uint32_t knot_below(const struct calibration *calibration, float score)
{
    uint32_t low = 0, n = calibration->n;
    while (n > 1) {
        uint32_t half = n / 2;
        low += calibration->at[low + half] <= score ? half : 0;
        n -= half;
    }
    return low;
}

double calibration_p(const struct calibration *calibration, float score)
{
    if (score < calibration->at[0])
        return 1;
    if (score > calibration->at[calibration->tail_knot])
        return tail_p(calibration, score);
    uint32_t i = knot_below(calibration, score);
    double all = (double)calibration->rows + 1;
    if (!(score > calibration->at[i])) {
        double middle = (calibration->from[i] + calibration->above[i] + 1) / (2 * all);
        return middle < HG_P_TIES ? calibration->from[i] / all : middle;
    }
    double span = (double)calibration->at[i + 1] - (double)calibration->at[i];
    double high = calibration->above[i] + 1, low = calibration->from[i + 1];
    return (high + (low - high) * ((double)score - (double)calibration->at[i]) / span) / all;
}

void calibration_put(const struct calibration *calibration, struct hg_buf *buf)
{
    bytes_put(buf, calibration->rows, 4);
    bytes_put(buf, calibration->n, 4);
    for (uint32_t i = 0; i < calibration->n; i++) {
        bytes_put_f32(buf, calibration->at[i]);
        bytes_put(buf, calibration->above[i], 4);
        bytes_put(buf, calibration->from[i], 4);
    }
    bytes_put_f32(buf, calibration->tail_shape);
    bytes_put_f32(buf, calibration->tail_scale);
    bytes_put(buf, calibration->tail_knot, 4);
}

bool calibration_get(struct bytes_in *in, struct calibration *ret)
{
    ret->rows = bytes_get_u32(in);
    ret->n = bytes_get_u32(in);
    if (in->failed || ret->rows == 0 || ret->rows > CALIBRATION_ROWS_MAX || ret->n == 0 || ret->n > CALIBRATION_KNOTS)
        return false;
    for (uint32_t i = 0; i < ret->n; i++) {
        ret->at[i] = bytes_get_f32(in);
        ret->above[i] = bytes_get_u32(in);
        ret->from[i] = bytes_get_u32(in);
        uint32_t before = i == 0 ? ret->rows : ret->above[i - 1];
        if (in->failed || (i > 0 && !(ret->at[i] > ret->at[i - 1])) || ret->above[i] >= ret->from[i] || ret->from[i] > before)
            return false;
    }
    ret->tail_shape = bytes_get_f32(in);
    ret->tail_scale = bytes_get_f32(in);
    ret->tail_knot = bytes_get_u32(in);
    return !in->failed && ret->above[ret->n - 1] == 0 && ret->tail_knot < ret->n && ret->tail_scale > 0 && ret->tail_shape >= -0.5f &&
           ret->tail_shape <= 0.5f;
}
