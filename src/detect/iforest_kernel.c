#include "detect/iforest.h"

/*
 * Portable scoring kernel. A tile of rows stays in the first-level cache while all trees run over it; within it eight
 * rows walk a tree side by side, so that their loads overlap. No branch depends on data.
 */
#define TILE_ROWS 128
#define LANES     8

struct tile {
    float cells[FOREST_COLUMNS * TILE_ROWS];
    uint32_t sums[TILE_ROWS];
};

static void fill(const struct hg_table *table, size_t first, size_t rows, struct tile *tile)
{
    for (size_t c = 0; c < table->columns; c++) {
        float *column = tile->cells + c * TILE_ROWS;
        memcpy(column, table->cells + c * table->stride + first, rows * sizeof *column);
        for (size_t i = rows; i % LANES != 0; i++)
            column[i] = 0;
    }
    memset(tile->sums, 0, sizeof tile->sums);
}

static inline void walk(const struct forest_tree *tree, const float *cells, uint32_t *sums)
{
    uint32_t q[LANES] = {0};
    for (int level = 0; level < FOREST_DEPTH; level++) {
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct forest_node node = tree->nodes[q[lane]];
            q[lane] = 2 * q[lane] + 1 + !(cells[node.feature * TILE_ROWS + lane] <= node.threshold);
        }
    }
    for (int lane = 0; lane < LANES; lane++)
        sums[lane] += tree->lengths[q[lane] - FOREST_NODES];
}

void forest_kernel(const struct hg_detector_state *forest, const struct hg_table *table, float *ret_scores)
{
    struct tile tile;
    for (size_t first = 0; first < table->rows; first += TILE_ROWS) {
        size_t rows = table->rows - first < TILE_ROWS ? table->rows - first : TILE_ROWS;
        fill(table, first, rows, &tile);
        for (int t = 0; t < FOREST_TREES; t++)
            for (size_t i = 0; i < rows; i += LANES)
                walk(&forest->trees[t], tile.cells + i, tile.sums + i);
        for (size_t i = 0; i < rows; i++)
            ret_scores[first + i] = forest_score_of(forest, tile.sums[i]);
    }
}
