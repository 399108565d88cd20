#include "detect/bytes.h"
#include "detect/detect.h"
#include "detect/plain_math.h"
#include "detect/sort_floats.h"

#include <math.h>
#include <stdlib.h>

/*
 * Empirical cumulative distributions (Li et al. 2022, "ECOD"): how far out in the tails of its columns is a row? For each column
 * -ln of the share of training rows at or below the value, and at or above; the row's score is the largest of three sums over the
 * columns: all left tails, all right tails, and for each column the tail that its skewness points to. Shares count the row itself,
 * (count + 1) / (rows + 1), so that there is no log of 0. No settings, nothing random.
 *
 * Of a column with many values only some are kept, even on a logit scale of their ranks: the shares between two of them differ by
 * a few percent, out to the last row. Between two of them -ln p is interpolated.
 */
#define KNOTS     256u
#define TILE_ROWS 256u

struct column {
    uint32_t n;
    bool leans_left;
    uint32_t below[KNOTS], above[KNOTS]; /* rows of training at or below a knot, at or above it */
    float at[KNOTS];                     /* ascending; +inf from n on */
    float left[KNOTS], right[KNOTS];     /* -ln of the shares */
};

struct hg_detector_state {
    uint32_t columns, rows;
    float most; /* -ln of the share of a row beyond all others */
    struct column *column;
};

struct tails {
    double left, right;
};

/* ---- fitting */

static bool is_skewed_left(const float *cells, size_t n)
{
    double sum = 0, cubes = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)cells[i];
    for (size_t i = 0; i < n; i++) {
        double off = (double)cells[i] - sum / (double)n;
        cubes += off * off * off;
    }
    return cubes < 0;
}

/* The run of equal values around a rank, unless it is there already. */
static void put_knot(const float *sorted, size_t n, size_t rank, struct column *column)
{
    float value = sorted[rank];
    if (column->n == KNOTS || (column->n > 0 && column->at[column->n - 1] >= value))
        return;
    size_t first = rank, end = rank + 1;
    while (first > 0 && sorted[first - 1] == value)
        first--;
    while (end < n && sorted[end] == value)
        end++;
    column->at[column->n] = value;
    column->below[column->n] = (uint32_t)end;
    column->above[column->n] = (uint32_t)(n - first);
    column->n++;
}

static size_t distinct_values(const float *sorted, size_t n)
{
    size_t distinct = 1;
    for (size_t i = 1; i < n && distinct <= KNOTS; i++)
        distinct += sorted[i] != sorted[i - 1];
    return distinct;
}

static void choose_knots(const float *sorted, size_t n, struct column *column)
{
    if (distinct_values(sorted, n) <= KNOTS) {
        for (size_t i = 0; i < n; i++)
            if (i == 0 || sorted[i] != sorted[i - 1])
                put_knot(sorted, n, i, column);
        return;
    }
    double reach = plain_log((double)n) / PLAIN_LN2;
    for (uint32_t k = 0; k < KNOTS; k++) {
        double share = 1 / (1 + plain_exp2(reach * (1 - 2.0 * k / (KNOTS - 1))));
        size_t rank = (size_t)(share * (double)(n - 1) + 0.5);
        put_knot(sorted, n, k == 0 ? 0 : k == KNOTS - 1 ? n - 1 : rank, column);
    }
}

static float surprise_of(uint32_t count, uint32_t rows)
{
    return (float)-plain_log(((double)count + 1) / ((double)rows + 1));
}

/* What follows from the counts. */
static void finish(struct hg_detector_state *ecod)
{
    ecod->most = surprise_of(0, ecod->rows);
    for (size_t c = 0; c < ecod->columns; c++) {
        struct column *column = &ecod->column[c];
        for (uint32_t k = 0; k < column->n; k++) {
            column->left[k] = surprise_of(column->below[k], ecod->rows);
            column->right[k] = surprise_of(column->above[k], ecod->rows);
        }
        for (uint32_t k = column->n; k < KNOTS; k++)
            column->at[k] = INFINITY;
    }
}

static void destroy(struct hg_detector_state *ecod)
{
    if (ecod != NULL)
        free(ecod->column);
    free(ecod);
}

static struct hg_detector_state *create(size_t columns, size_t rows)
{
    struct hg_detector_state *ecod = calloc(1, sizeof *ecod);
    if (ecod == NULL)
        return NULL;
    ecod->columns = (uint32_t)columns;
    ecod->rows = (uint32_t)rows;
    ecod->column = calloc(columns, sizeof *ecod->column);
    if (ecod->column == NULL) {
        free(ecod);
        return NULL;
    }
    return ecod;
}

static enum hg_rc fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr)
{
    (void)settings;
    if (table->rows < 2 || table->rows >= UINT32_MAX || table->columns < 1 || table->columns > HG_COLUMNS_MAX)
        return hg_fail(reterr, HG_ESTATE, "ecod: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct hg_detector_state *ecod = create(table->columns, table->rows);
    float *sorted = malloc(table->rows * sizeof *sorted);
    if (ecod == NULL || sorted == NULL) {
        destroy(ecod);
        free(sorted);
        return hg_fail(reterr, HG_ENOMEM, "ecod: no memory for %zu rows of %zu columns", table->rows, table->columns);
    }
    for (size_t c = 0; c < table->columns; c++) {
        memcpy(sorted, table->cells + c * table->stride, table->rows * sizeof *sorted);
        ecod->column[c].leans_left = is_skewed_left(sorted, table->rows);
        sort_floats(sorted, table->rows);
        choose_knots(sorted, table->rows, &ecod->column[c]);
    }
    free(sorted);
    finish(ecod);
    *ret = ecod;
    return HG_OK;
}

/* ---- scoring */

static inline struct tails tails_of(const struct column *column, float most, float value)
{
    const float *at = column->at;
    uint32_t k = 0;
    for (uint32_t step = KNOTS / 2; step > 0; step /= 2)
        k += at[k + step] <= value ? step : 0;
    if (value < at[0])
        return (struct tails){(double)most, 0};
    if (k + 1 == column->n)
        return value > at[k] ? (struct tails){0, (double)most} : (struct tails){(double)column->left[k], (double)column->right[k]};
    double low = (double)at[k], t = ((double)value - low) / ((double)at[k + 1] - low);
    return (struct tails){
        (double)column->left[k] + t * ((double)column->left[k + 1] - (double)column->left[k]),
        (double)column->right[k] + t * ((double)column->right[k + 1] - (double)column->right[k]),
    };
}

struct sums {
    double left, right, skewed;
};

static inline void add(struct sums *sums, const struct column *column, struct tails tails)
{
    sums->left += tails.left;
    sums->right += tails.right;
    sums->skewed += column->leans_left ? tails.left : tails.right;
}

static inline double largest(const struct sums *sums)
{
    double sides = sums->left > sums->right ? sums->left : sums->right;
    return sides > sums->skewed ? sides : sums->skewed;
}

static void score(const struct hg_detector_state *ecod, const struct hg_table *table, float *ret_scores)
{
    for (size_t first = 0; first < table->rows; first += TILE_ROWS) {
        size_t left = table->rows - first, rows = left < TILE_ROWS ? left : TILE_ROWS;
        struct sums sums[TILE_ROWS];
        memset(sums, 0, rows * sizeof *sums);
        for (size_t c = 0; c < ecod->columns; c++) {
            const float *cells = table->cells + c * table->stride + first;
            for (size_t i = 0; i < rows; i++)
                add(&sums[i], &ecod->column[c], tails_of(&ecod->column[c], ecod->most, cells[i]));
        }
        for (size_t i = 0; i < rows; i++)
            ret_scores[first + i] = (float)largest(&sums[i]);
    }
}

static struct sums sums_of(const struct hg_detector_state *ecod, const float *row, uint32_t *ret_there)
{
    struct sums sums = {0};
    *ret_there = 0;
    for (size_t c = 0; c < ecod->columns; c++) {
        if (row[c] != row[c])
            continue;
        add(&sums, &ecod->column[c], tails_of(&ecod->column[c], ecod->most, row[c]));
        ++*ret_there;
    }
    return sums;
}

static float score_partial(const struct hg_detector_state *ecod, const float *row)
{
    uint32_t there;
    struct sums sums = sums_of(ecod, row, &there);
    return there == 0 ? 0 : (float)(largest(&sums) * ((double)ecod->columns / there));
}

static void explain(const struct hg_detector_state *ecod, const float *row, float *ret_shares)
{
    uint32_t there;
    struct sums sums = sums_of(ecod, row, &there);
    double total = largest(&sums);
    for (size_t c = 0; c < ecod->columns; c++) {
        ret_shares[c] = 0;
        if (row[c] != row[c] || !(total > 0))
            continue;
        const struct column *column = &ecod->column[c];
        struct tails tails = tails_of(column, ecod->most, row[c]);
        bool left = sums.skewed >= total ? column->leans_left : sums.left >= total;
        ret_shares[c] = (float)((left ? tails.left : tails.right) / total);
    }
}

/* ---- files */

/* In a model file: columns and rows; for each column where it leans, its knots, and for each of these value and counts. */
static void serialise(const struct hg_detector_state *ecod, struct hg_buf *buf)
{
    bytes_put(buf, ecod->columns, 2);
    bytes_put(buf, ecod->rows, 4);
    for (size_t c = 0; c < ecod->columns; c++) {
        const struct column *column = &ecod->column[c];
        bytes_put(buf, column->leans_left, 1);
        bytes_put(buf, column->n, 2);
        for (uint32_t k = 0; k < column->n; k++) {
            bytes_put_f32(buf, column->at[k]);
            bytes_put(buf, column->below[k], 4);
            bytes_put(buf, column->above[k], 4);
        }
    }
}

static bool follows(const struct column *column, uint32_t k)
{
    return column->at[k] > column->at[k - 1] && column->below[k] > column->below[k - 1] && column->above[k] < column->above[k - 1];
}

static void get_column(struct bytes_in *in, uint32_t rows, struct column *ret)
{
    uint8_t leans = bytes_get_u8(in);
    ret->leans_left = leans == 1;
    ret->n = (uint32_t)bytes_get(in, 2);
    in->failed |= leans > 1 || ret->n == 0 || ret->n > KNOTS;
    for (uint32_t k = 0; !in->failed && k < ret->n; k++) {
        ret->at[k] = bytes_get_f32(in);
        ret->below[k] = bytes_get_u32(in);
        ret->above[k] = bytes_get_u32(in);
        in->failed |= ret->below[k] == 0 || ret->below[k] > rows || ret->above[k] == 0 || ret->above[k] > rows;
        in->failed |= k > 0 && !follows(ret, k);
    }
}

static enum hg_rc parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    uint32_t n = (uint32_t)bytes_get(&in, 2), rows = bytes_get_u32(&in);
    if (in.failed || n != columns || n == 0 || n > HG_COLUMNS_MAX || rows < 2 || rows == UINT32_MAX)
        return hg_fail(reterr, HG_EFORMAT, "ecod: not tails of %zu columns", columns);
    struct hg_detector_state *ecod = create(n, rows);
    if (ecod == NULL)
        return hg_fail(reterr, HG_ENOMEM, "ecod: no memory for %zu columns", columns);
    for (size_t c = 0; c < n && !in.failed; c++)
        get_column(&in, rows, &ecod->column[c]);
    if (in.failed || in.rest.len != 0) {
        destroy(ecod);
        return hg_fail(reterr, HG_EFORMAT, "ecod: damaged tails");
    }
    finish(ecod);
    *ret = ecod;
    return HG_OK;
}

extern const struct hg_detector hg_detector_ecod;
const struct hg_detector hg_detector_ecod = {
    .name = "ecod",
    .summary = "empirical tails: odd is what lies far out in many columns; nothing to set, and enough with few rows",
    .fit = fit,
    .destroy = destroy,
    .score = score,
    .score_partial = score_partial,
    .explain = explain,
    .serialise = serialise,
    .parse = parse,
};
