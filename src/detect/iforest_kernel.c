#include "detect/iforest.h"

/*
 * Scoring: a table goes tile by tile through the best kernel that the processor runs. The portable kernel is here: eight rows
 * walk a tree side by side, so that their loads overlap, and no branch depends on data.
 */
#define TILE_ROWS 128
#define LANES     8

static inline void walk(const struct forest_tree *tree, const float *cells, size_t stride, uint32_t *sums)
{
    uint32_t q[LANES] = {0};
    for (int level = 0; level < FOREST_DEPTH; level++) {
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct forest_node node = tree->nodes[q[lane]];
            q[lane] = 2 * q[lane] + 1 + !(cells[node.feature * stride + lane] <= node.threshold);
        }
    }
    for (int lane = 0; lane < LANES; lane++)
        sums[lane] += tree->lengths[q[lane] - FOREST_NODES];
}

static void portable_sums(const struct hg_detector_state *forest, const float *cells, size_t stride, size_t rows, uint32_t *ret_sums)
{
    memset(ret_sums, 0, TILE_ROWS * sizeof *ret_sums);
    for (int t = 0; t < FOREST_TREES; t++)
        for (size_t i = 0; i < rows; i += LANES)
            walk(&forest->trees[t], cells + i, stride, ret_sums + i);
}

static bool everywhere(void)
{
    return true;
}

const struct forest_kernel forest_kernel_portable = {"portable", TILE_ROWS, 0, everywhere, portable_sums};

const struct forest_kernel *const forest_kernels[] = {&forest_kernel_avx512, &forest_kernel_avx2, &forest_kernel_portable};
const size_t forest_kernel_count = sizeof forest_kernels / sizeof forest_kernels[0];

/* Columns far apart, by a power of two as tables are, would fight for the same lines of the first-level cache: a tile is copied
 * together. Rows beyond the table are computed and thrown away. */
static void copy_tile(const struct forest_kernel *kernel, const struct hg_table *table, size_t first, size_t rows, float *cells)
{
    for (size_t c = 0; c < table->columns; c++) {
        memcpy(cells + c * kernel->rows, table->cells + c * table->stride + first, rows * sizeof *cells);
        memset(cells + c * kernel->rows + rows, 0, (kernel->rows - rows) * sizeof *cells);
    }
}

void forest_score_with(const struct forest_kernel *kernel, const struct hg_detector_state *forest, const struct hg_table *table,
                       float *ret_scores)
{
    _Alignas(64) float cells[FOREST_COLUMNS * FOREST_TILE_MAX];
    _Alignas(64) uint32_t sums[FOREST_TILE_MAX];
    for (size_t first = 0; first < table->rows;) {
        size_t left = table->rows - first;
        if (left < kernel->worthwhile)
            kernel = &forest_kernel_portable;
        size_t rows = left < kernel->rows ? left : kernel->rows;
        copy_tile(kernel, table, first, rows, cells);
        kernel->sums(forest, cells, kernel->rows, rows, sums);
        for (size_t i = 0; i < rows; i++)
            ret_scores[first + i] = forest_score_of(forest, sums[i]);
        first += rows;
    }
}

void forest_score(const struct hg_detector_state *forest, const struct hg_table *table, float *ret_scores)
{
    size_t k = 0;
    while (!forest_kernels[k]->runs_here())
        k++;
    forest_score_with(forest_kernels[k], forest, table, ret_scores);
}
