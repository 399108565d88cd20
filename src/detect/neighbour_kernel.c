#include "detect/neighbour.h"

/*
 * Scoring: rows are coded tile by tile, column after column as they come and then turned into words; the best kernel that the
 * processor runs finds the nearest prototypes. The portable kernel is here.
 */
static bool everywhere(void)
{
    return true;
}

/* The bytes of a word, added up. */
static inline uint32_t byte_sum(uint64_t word)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    word = (word & even) + (word >> 8 & even);
    word += word >> 32;
    return (uint32_t)(word & 0xffff) + (uint32_t)(word >> 16 & 0xffff);
}

/* Plain loops over the 64 codes of a block's group, which compilers turn into what SIMD there is. */
static inline void add_group(const uint64_t *prototypes, uint64_t row, uint64_t seen, uint32_t *sums)
{
    uint8_t at[NEIGHBOUR_BLOCK * NEIGHBOUR_WORD], to[NEIGHBOUR_BLOCK * NEIGHBOUR_WORD];
    uint64_t apart[NEIGHBOUR_BLOCK];
    memcpy(at, prototypes, sizeof at);
    for (size_t p = 0; p < NEIGHBOUR_BLOCK; p++)
        memcpy(to + p * NEIGHBOUR_WORD, &row, sizeof row);
    for (size_t i = 0; i < sizeof at; i++)
        at[i] = (uint8_t)((at[i] > to[i] ? at[i] : to[i]) - (at[i] < to[i] ? at[i] : to[i]));
    memcpy(apart, at, sizeof at);
    for (size_t p = 0; p < NEIGHBOUR_BLOCK; p++)
        sums[p] += byte_sum(apart[p] & seen);
}

struct neighbour_nearest neighbour_nearest(const struct neighbour *neighbour, const uint64_t *row, const uint64_t *seen)
{
    struct neighbour_nearest nearest = {.distance = UINT32_MAX};
    const uint64_t *words = neighbour->words;
    for (size_t block = 0; block < neighbour->blocks; block++) {
        uint32_t sums[NEIGHBOUR_BLOCK] = {0};
        for (size_t g = 0; g < neighbour->groups; g++, words += NEIGHBOUR_BLOCK)
            add_group(words, row[g], seen[g], sums);
        for (size_t p = 0; p < NEIGHBOUR_BLOCK; p++)
            if (sums[p] < nearest.distance)
                nearest = (struct neighbour_nearest){(uint32_t)(block * NEIGHBOUR_BLOCK + p), sums[p]};
    }
    return nearest;
}

static void portable_nearest(const struct neighbour *neighbour, const uint64_t *rows, size_t n, uint32_t *ret)
{
    uint64_t seen[NEIGHBOUR_GROUPS_MAX];
    memset(seen, 0xff, neighbour->groups * sizeof *seen);
    for (size_t i = 0; i < n; i++)
        ret[i] = neighbour_nearest(neighbour, rows + i * neighbour->groups, seen).distance;
}

const struct neighbour_kernel neighbour_kernel_portable = {"portable", everywhere, portable_nearest};

const struct neighbour_kernel *const neighbour_kernels[] = {&neighbour_kernel_avx512, &neighbour_kernel_avx2,
                                                            &neighbour_kernel_portable};
const size_t neighbour_kernel_count = sizeof neighbour_kernels / sizeof neighbour_kernels[0];

static void code_tile(const struct neighbour *neighbour, const struct hg_table *table, size_t first, size_t rows, uint64_t *ret)
{
    uint8_t codes[NEIGHBOUR_WORD][NEIGHBOUR_TILE];
    for (size_t g = 0; g < neighbour->groups; g++) {
        size_t from = g * NEIGHBOUR_WORD, left = neighbour->columns - from, n = left < NEIGHBOUR_WORD ? left : NEIGHBOUR_WORD;
        for (size_t c = 0; c < n; c++)
            codes_of(&neighbour->coders[from + c], table->cells + (from + c) * table->stride + first, rows, codes[c]);
        for (size_t c = n; c < NEIGHBOUR_WORD; c++)
            memset(codes[c], 0, rows);
        for (size_t i = 0; i < rows; i++) {
            uint8_t word[NEIGHBOUR_WORD];
            for (size_t c = 0; c < NEIGHBOUR_WORD; c++)
                word[c] = codes[c][i];
            memcpy(&ret[i * neighbour->groups + g], word, sizeof word);
        }
    }
}

void neighbour_distances_with(const struct neighbour_kernel *kernel, const struct neighbour *neighbour,
                              const struct hg_table *table, uint32_t *ret)
{
    uint64_t words[NEIGHBOUR_TILE * NEIGHBOUR_GROUPS_MAX];
    for (size_t first = 0; first < table->rows; first += NEIGHBOUR_TILE) {
        size_t left = table->rows - first, rows = left < NEIGHBOUR_TILE ? left : NEIGHBOUR_TILE;
        code_tile(neighbour, table, first, rows, words);
        kernel->nearest(neighbour, words, rows, ret + first);
    }
}

const struct neighbour_kernel *neighbour_kernel_here(void)
{
    size_t k = 0;
    while (!neighbour_kernels[k]->runs_here())
        k++;
    return neighbour_kernels[k];
}

void neighbour_distances(const struct neighbour *neighbour, const struct hg_table *table, uint32_t *ret)
{
    neighbour_distances_with(neighbour_kernel_here(), neighbour, table, ret);
}

void neighbour_score(const struct neighbour *neighbour, const struct hg_table *table, float *ret_scores)
{
    uint32_t distances[NEIGHBOUR_TILE];
    for (size_t first = 0; first < table->rows; first += NEIGHBOUR_TILE) {
        struct hg_table tile = *table;
        tile.cells += first;
        tile.rows = table->rows - first < NEIGHBOUR_TILE ? table->rows - first : NEIGHBOUR_TILE;
        neighbour_distances(neighbour, &tile, distances);
        for (size_t i = 0; i < tile.rows; i++)
            ret_scores[first + i] = neighbour_score_of(distances[i], neighbour->columns);
    }
}
