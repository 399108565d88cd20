#include "detect/iforest.h"

/* Scoring: rows go tile by tile through the best kernel that the processor runs; few rows, and forests that ask too many different
 * things for a kernel's room, walk. */

static void portable_scores(const struct forest *forest, const uint32_t *sums, size_t n, float *ret_scores)
{
    for (size_t i = 0; i < n; i++)
        ret_scores[i] = forest_score_of(forest, (double)sums[i]);
}

static bool everywhere(void)
{
    return true;
}

const struct forest_kernel forest_kernel_portable = {"portable", FOREST_WALK_ROWS, 0, everywhere, NULL, NULL, portable_scores};

const struct forest_kernel *const forest_kernels[] = {&forest_kernel_avx512, &forest_kernel_avx2, &forest_kernel_portable};
const size_t forest_kernel_count = sizeof forest_kernels / sizeof forest_kernels[0];

const struct forest_kernel *forest_kernel_here(void)
{
    size_t k = 0;
    while (!forest_kernels[k]->runs_here())
        k++;
    return forest_kernels[k];
}

static void code_rows(const struct forest *forest, const struct forest_source *source, size_t feature, size_t first, size_t rows,
                      uint8_t *ret)
{
    if (source->table == NULL)
        memcpy(ret, source->codes + feature * source->stride + first, rows);
    else
        codes_of(&forest->coders[feature], source->table->cells + feature * source->table->stride + first, rows, ret);
}

void forest_code(const struct forest *forest, const struct hg_table *table, size_t stride, uint8_t *ret_codes)
{
    for (size_t c = 0; c < forest->columns; c++)
        codes_of(&forest->coders[c], table->cells + c * table->stride, table->rows, ret_codes + c * stride);
}

/* ---- tiles of bits */

struct tile {
    _Alignas(64) uint64_t masks[FOREST_TESTS_MAX * FOREST_TILE_MAX / 64];
    _Alignas(64) uint64_t reach[FOREST_NODES_MAX * FOREST_TILE_MAX / 64];
    _Alignas(64) uint8_t codes[FOREST_TILE_MAX]; /* of one column; what is beyond the rows is scored and thrown away */
    _Alignas(64) uint32_t sums[FOREST_TILE_MAX];
};

static void ask_tile(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                     size_t first, size_t rows, struct tile *tile)
{
    const struct forest_slices *slices = forest->slices;
    for (uint32_t c = 0; c < slices->n_columns; c++) {
        const struct forest_column *column = &slices->columns[c];
        code_rows(forest, source, column->feature, first, rows, tile->codes);
        kernel->ask(tile->codes, slices->cuts + column->first_test, column->tests,
                    tile->masks + column->first_test * (kernel->rows / 64));
    }
}

static size_t score_tiles(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                          size_t rows, float *ret_scores)
{
    struct tile tile;
    size_t first = 0;
    memset(tile.codes, 0, sizeof tile.codes);
    while (first < rows && rows - first >= kernel->worthwhile) {
        size_t n = rows - first < kernel->rows ? rows - first : kernel->rows;
        ask_tile(kernel, forest, source, first, n, &tile);
        kernel->sums(forest, tile.masks, tile.reach, tile.sums);
        kernel->scores(forest, tile.sums, n, ret_scores + first);
        first += n;
    }
    return first;
}

/* ---- walks */

static void walk_few(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                     size_t first, size_t rows, float *ret_scores)
{
    uint8_t codes[HG_COLUMNS_MAX * FOREST_WALK_ROWS];
    uint32_t sums[FOREST_WALK_ROWS];
    for (uint32_t f = 0; f < forest->n_features; f++) {
        size_t feature = forest->features[f];
        code_rows(forest, source, feature, first, rows, codes + feature * FOREST_WALK_ROWS);
    }
    forest_walk(forest, codes, FOREST_WALK_ROWS, rows, sums);
    kernel->scores(forest, sums, rows, ret_scores + first);
}

/* The live path: nothing but this row, and no call a column. */
static void walk_one(const struct forest *forest, const struct forest_source *source, size_t row, float *ret_score)
{
    uint8_t codes[HG_COLUMNS_MAX];
    const struct hg_table *table = source->table;
    for (uint32_t f = 0; f < forest->n_features; f++) {
        size_t c = forest->features[f];
        codes[c] = table == NULL ? source->codes[c * source->stride + row]
                                 : codes_of_one(&forest->coders[c], table->cells[c * table->stride + row]);
    }
    *ret_score = forest_score_of(forest, (double)forest_walk_one(forest, codes));
}

void forest_score_with(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                       size_t rows, float *ret_scores)
{
    size_t first = 0;
    if (kernel->sums != NULL && forest->slices != NULL && rows >= kernel->worthwhile)
        first = score_tiles(kernel, forest, source, rows, ret_scores);
    for (size_t n; rows - first >= FOREST_WALK_LANES; first += n) {
        n = rows - first < FOREST_WALK_ROWS ? (rows - first) / FOREST_WALK_LANES * FOREST_WALK_LANES : FOREST_WALK_ROWS;
        walk_few(kernel, forest, source, first, n, ret_scores);
    }
    for (; first < rows; first++)
        walk_one(forest, source, first, ret_scores + first);
}

void forest_score(const struct forest *forest, const struct hg_table *table, float *ret_scores)
{
    struct forest_source source = {.table = table};
    forest_score_with(forest_kernel_here(), forest, &source, table->rows, ret_scores);
}
