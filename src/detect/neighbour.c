#include "detect/neighbour.h"
#include "detect/sort_floats.h"

#include "base/rng.h"

#include <stdlib.h>

/* ---- scales */

/* The scale is of the rows without their far ends (half a percent on each side is pulled in), of which a few can be so far out that
 * all others would look the same beside them. */
#define SPREAD_ROWS 4096u /* evenly spread, that the quantiles are taken of */
#define ENDS        200u  /* one row in so many is an end, on each side */

/* Mean and standard deviation of the cells pulled into [low, high]. */
static void moments(const float *cells, size_t n, float low, float high, double *ret_mean, double *ret_deviation)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)(cells[i] < low ? low : cells[i] > high ? high : cells[i]);
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = (double)(cells[i] < low ? low : cells[i] > high ? high : cells[i]) - mean;
        squares += off * off;
    }
    *ret_mean = mean;
    *ret_deviation = __builtin_sqrt(squares / (double)n);
}

static struct codes_coder one_ramp(float low, float scale)
{
    bool sound = low - low == 0 && scale <= __FLT_MAX__; /* finite: what is too great or too small to be standardised is not seen */
    return (struct codes_coder){.ramps = {{sound ? low : 0, sound ? scale : 0, NEIGHBOUR_CODE_MAX}}};
}

static struct codes_coder coder_of(const float *cells, size_t n, float *sorted)
{
    size_t some = n < SPREAD_ROWS ? n : SPREAD_ROWS;
    for (size_t i = 0; i < some; i++)
        sorted[i] = cells[i * n / some];
    sort_floats(sorted, some);
    double mean, deviation;
    moments(cells, n, sorted[some / ENDS], sorted[some - 1 - some / ENDS], &mean, &deviation);
    if (!(deviation > 0)) /* what differs is at the ends alone */
        moments(cells, n, -__FLT_MAX__, __FLT_MAX__, &mean, &deviation);
    double scale = deviation > 0 ? NEIGHBOUR_LEVELS / deviation : 0;
    return one_ramp((float)(mean - (NEIGHBOUR_REACH + 0.5) / NEIGHBOUR_LEVELS * deviation), (float)scale);
}

/* ---- fitting */

struct neighbour *neighbour_create(size_t columns, size_t prototypes)
{
    struct neighbour *neighbour = calloc(1, sizeof *neighbour);
    if (neighbour == NULL)
        return NULL;
    neighbour->columns = (uint32_t)columns;
    neighbour->groups = (uint32_t)((columns + NEIGHBOUR_WORD - 1) / NEIGHBOUR_WORD);
    neighbour->prototypes = (uint32_t)prototypes;
    neighbour->blocks = (uint32_t)((prototypes + NEIGHBOUR_BLOCK - 1) / NEIGHBOUR_BLOCK);
    size_t bytes = sizeof(uint64_t) * NEIGHBOUR_BLOCK * neighbour->groups * neighbour->blocks;
    neighbour->coders = calloc(columns, sizeof *neighbour->coders);
    neighbour->words = aligned_alloc(sizeof(uint64_t) * NEIGHBOUR_BLOCK, bytes);
    if (neighbour->coders == NULL || neighbour->words == NULL) {
        neighbour_destroy(neighbour);
        return NULL;
    }
    memset(neighbour->words, 0, bytes);
    return neighbour;
}

void neighbour_destroy(struct neighbour *neighbour)
{
    if (neighbour == NULL)
        return;
    free(neighbour->coders);
    free(neighbour->words);
    free(neighbour);
}

void neighbour_fill_last_block(struct neighbour *neighbour)
{
    for (size_t p = neighbour->prototypes; p < neighbour->blocks * NEIGHBOUR_BLOCK; p++)
        for (size_t c = 0; c < neighbour->columns; c++)
            *neighbour_at(neighbour, p, c) = *neighbour_at(neighbour, 0, c);
}

static void draw_prototypes(const struct hg_table *table, uint32_t *rows, size_t n, uint64_t seed, struct neighbour *neighbour)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    for (size_t p = 0; p < neighbour->prototypes; p++) { /* Fisher-Yates, its first steps */
        size_t pick = p + (size_t)hg_rng_below(&rng, n - p);
        uint32_t row = rows[pick];
        rows[pick] = rows[p];
        rows[p] = row;
        for (size_t c = 0; c < table->columns; c++)
            *neighbour_at(neighbour, p, c) = codes_of_one(&neighbour->coders[c], table->cells[c * table->stride + row]);
    }
    neighbour_fill_last_block(neighbour);
}

enum hg_rc neighbour_fit(const struct hg_table *table, uint32_t *rows, size_t n, uint64_t seed, struct neighbour **ret,
                         struct hg_err *reterr)
{
    struct neighbour *neighbour = neighbour_create(table->columns, n < NEIGHBOUR_PROTOTYPES ? n : NEIGHBOUR_PROTOTYPES);
    float *sorted = malloc(SPREAD_ROWS * sizeof *sorted);
    enum hg_rc rc = HG_OK;
    if (neighbour == NULL || sorted == NULL) {
        rc = hg_fail(reterr, HG_ENOMEM, "neighbour: no memory for prototypes of %zu columns", table->columns);
        neighbour_destroy(neighbour);
    } else {
        for (size_t c = 0; c < table->columns; c++)
            neighbour->coders[c] = coder_of(table->cells + c * table->stride, table->rows, sorted);
        draw_prototypes(table, rows, n, seed, neighbour);
        *ret = neighbour;
    }
    free(sorted);
    return rc;
}

/* ---- one row */

static uint32_t apart(uint8_t a, uint8_t b)
{
    return a > b ? (uint32_t)a - b : (uint32_t)b - a;
}

struct row_words {
    uint64_t codes[NEIGHBOUR_GROUPS_MAX], seen[NEIGHBOUR_GROUPS_MAX]; /* seen has ones for the columns that the row has, */
    uint32_t columns;                                                 /* so many */
};

static void code_row(const struct neighbour *neighbour, const float *row, struct row_words *ret)
{
    uint8_t *codes = (uint8_t *)ret->codes, *seen = (uint8_t *)ret->seen;
    ret->columns = 0;
    memset(codes, 0, neighbour->groups * sizeof *ret->codes);
    memset(seen, 0, neighbour->groups * sizeof *ret->seen);
    for (size_t c = 0; c < neighbour->columns; c++) {
        bool there = row[c] == row[c];
        codes[c] = there ? codes_of_one(&neighbour->coders[c], row[c]) : 0;
        seen[c] = there ? 0xff : 0;
        ret->columns += there;
    }
}

/* Kernels tell the distance alone: halves of the prototypes are asked for it until a block is left. */
static struct neighbour_nearest nearest_whole(const struct neighbour *neighbour, const struct row_words *row)
{
    const struct neighbour_kernel *kernel = neighbour_kernel_here();
    struct neighbour part = *neighbour;
    uint32_t distance, first = 0;
    kernel->nearest(&part, row->codes, 1, &distance);
    for (uint32_t left = part.blocks; left > 1;) {
        uint32_t in_half;
        part.blocks = left / 2;
        kernel->nearest(&part, row->codes, 1, &in_half);
        if (in_half == distance) {
            left = part.blocks;
            continue;
        }
        first += part.blocks;
        left -= part.blocks;
        part.words += (size_t)part.blocks * part.groups * NEIGHBOUR_BLOCK;
    }
    part.blocks = 1;
    struct neighbour_nearest nearest = neighbour_nearest(&part, row->codes, row->seen);
    nearest.prototype += first * NEIGHBOUR_BLOCK;
    return nearest;
}

static struct neighbour_nearest nearest_of(const struct neighbour *neighbour, const struct row_words *row)
{
    return row->columns == neighbour->columns ? nearest_whole(neighbour, row) : neighbour_nearest(neighbour, row->codes, row->seen);
}

static float score_of(const struct row_words *row, struct neighbour_nearest nearest)
{
    return row->columns == 0 ? 0 : neighbour_score_of(nearest.distance, row->columns);
}

float neighbour_score_partial(const struct neighbour *neighbour, const float *row)
{
    struct row_words words;
    code_row(neighbour, row, &words);
    return score_of(&words, nearest_of(neighbour, &words));
}

float neighbour_explain(const struct neighbour *neighbour, const float *row, float *ret_shares)
{
    struct row_words words;
    code_row(neighbour, row, &words);
    struct neighbour_nearest nearest = nearest_of(neighbour, &words);
    const uint8_t *codes = (const uint8_t *)words.codes, *seen = (const uint8_t *)words.seen;
    for (size_t c = 0; c < neighbour->columns; c++) {
        uint32_t part = seen[c] == 0 ? 0 : apart(codes[c], *neighbour_at(neighbour, nearest.prototype, c));
        ret_shares[c] = nearest.distance == 0 ? 0 : (float)((double)part / nearest.distance);
    }
    return score_of(&words, nearest);
}

void neighbour_nearest_row(const struct neighbour *neighbour, const float *row, float *ret_row)
{
    struct row_words words;
    code_row(neighbour, row, &words);
    struct neighbour_nearest nearest = nearest_of(neighbour, &words);
    for (size_t c = 0; c < neighbour->columns; c++) {
        const struct codes_ramp *ramp = &neighbour->coders[c].ramps[0];
        float code = (float)*neighbour_at(neighbour, nearest.prototype, c);
        ret_row[c] = ramp->scale > 0 ? ramp->low + (code + 0.5f) / ramp->scale : __builtin_nanf("");
    }
}

/* ---- rows of training */

static void move_prototype(struct neighbour *neighbour, size_t to, const uint64_t *words)
{
    for (size_t g = 0; g < neighbour->groups; g++)
        memcpy(neighbour_at(neighbour, to, g * NEIGHBOUR_WORD), &words[g], sizeof *words);
    neighbour_fill_last_block(neighbour);
}

static void get_prototype(const struct neighbour *neighbour, size_t prototype, uint64_t *ret)
{
    for (size_t g = 0; g < neighbour->groups; g++)
        memcpy(&ret[g], neighbour_at(neighbour, prototype, g * NEIGHBOUR_WORD), sizeof *ret);
}

/* Each prototype in turn makes place for another one, while its distance is taken. */
void neighbour_distances_left_out(struct neighbour *neighbour, const struct hg_table *table, const uint32_t *drawn, uint32_t *ret)
{
    const struct neighbour_kernel *kernel = neighbour_kernel_here();
    uint64_t words[NEIGHBOUR_GROUPS_MAX], other[NEIGHBOUR_GROUPS_MAX];
    neighbour_distances_with(kernel, neighbour, table, ret);
    for (size_t p = 0; neighbour->prototypes > 1 && p < neighbour->prototypes; p++) {
        get_prototype(neighbour, p, words);
        get_prototype(neighbour, p == 0 ? 1 : 0, other);
        move_prototype(neighbour, p, other);
        kernel->nearest(neighbour, words, 1, &ret[drawn[p]]);
        move_prototype(neighbour, p, words);
    }
}

/* ---- files */

/* In a model file: columns, prototypes; each column's ramp; each prototype's codes. */
void neighbour_serialise(const struct neighbour *neighbour, struct hg_buf *buf)
{
    bytes_put(buf, neighbour->columns, 2);
    bytes_put(buf, neighbour->prototypes, 2);
    for (size_t c = 0; c < neighbour->columns; c++) {
        bytes_put_f32(buf, neighbour->coders[c].ramps[0].low);
        bytes_put_f32(buf, neighbour->coders[c].ramps[0].scale);
    }
    for (size_t p = 0; p < neighbour->prototypes; p++)
        for (size_t c = 0; c < neighbour->columns; c++)
            bytes_put(buf, *neighbour_at(neighbour, p, c), 1);
}

static bool get_prototypes(struct bytes_in *in, struct neighbour *neighbour)
{
    for (size_t c = 0; c < neighbour->columns; c++) {
        float low = bytes_get_f32(in), scale = bytes_get_f32(in);
        in->failed |= scale < 0;
        neighbour->coders[c] = one_ramp(low, scale);
    }
    struct hg_slice codes = bytes_take(in, (size_t)neighbour->columns * neighbour->prototypes);
    for (size_t i = 0; i < codes.len; i++) {
        uint8_t code = (uint8_t)codes.p[i];
        in->failed |= code > NEIGHBOUR_CODE_MAX;
        *neighbour_at(neighbour, i / neighbour->columns, i % neighbour->columns) = code;
    }
    neighbour_fill_last_block(neighbour);
    return !in->failed && in->rest.len == 0;
}

enum hg_rc neighbour_parse(struct hg_slice bytes, size_t columns, struct neighbour **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    uint32_t n = (uint32_t)bytes_get(&in, 2), prototypes = (uint32_t)bytes_get(&in, 2);
    if (in.failed || n != columns || n == 0 || n > HG_COLUMNS_MAX || prototypes == 0 || prototypes > NEIGHBOUR_PROTOTYPES)
        return hg_fail(reterr, HG_EFORMAT, "neighbour: not prototypes of %zu columns", columns);
    struct neighbour *neighbour = neighbour_create(n, prototypes);
    if (neighbour == NULL)
        return hg_fail(reterr, HG_ENOMEM, "neighbour: no memory for prototypes of %zu columns", columns);
    if (!get_prototypes(&in, neighbour)) {
        neighbour_destroy(neighbour);
        return hg_fail(reterr, HG_EFORMAT, "neighbour: damaged prototypes");
    }
    *ret = neighbour;
    return HG_OK;
}
