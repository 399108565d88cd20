#include "base/rng.h"
#include "detect/iforest.h"

#include <stdlib.h>

/*
 * Growing. Trees take their samples from a pool of rows, evenly spread over the table with a random step each, so that a fit touches
 * POOL_ROWS rows of a table however long. The pool is coded once; all the rest works on codes.
 */
#define POOL_ROWS 16384u
#define TRIM      1000u /* one value in so many is in a tail, on each side */
#define TAIL_MAX  (POOL_ROWS / TRIM + 1)
#define FEW       63u /* distinct values, which get all codes there are, so that they are kept apart */
#define CORE_BINS 47.0f
#define TAIL_BINS 8.0f

struct growth {
    struct forest *forest;
    struct forest_tree *tree;
    struct hg_rng rng;
    uint32_t pool, depth;
    uint8_t *codes;                                /* of the pool, column-major */
    uint8_t (*rounded)[CODES_MAX + 1];             /* by column and code: the greatest code at or below it that a row of the pool has */
    double (*values)[CODES_MAX + 1];               /* by column and code */
    uint16_t order[POOL_ROWS];                     /* rows of the pool; a tree's sample stands first */
    uint16_t columns[HG_COLUMNS_MAX];              /* in the order of the last draw */
    uint16_t begin[FOREST_NODES_MAX], end[FOREST_NODES_MAX]; /* a node's rows in `order` */
    uint8_t depths[FOREST_NODES_MAX];
};

/* ---- coders */

struct spread { /* of a column's values in the pool */
    float low[TAIL_MAX], high[TAIL_MAX]; /* the least, ascending, and the greatest, descending */
    size_t n_few;                        /* distinct values; FEW + 1: more */
    struct {
        float value;
        bool used;
    } seen[256]; /* open addressing */
};

/* The n least (or, of negated values, the greatest) seen so far, by insertion: nearly all values pass by. */
static inline void keep_least(float *kept, size_t n, float value)
{
    if (!(value < kept[n - 1]))
        return;
    size_t i = n - 1;
    for (; i > 0 && kept[i - 1] > value; i--)
        kept[i] = kept[i - 1];
    kept[i] = value;
}

static void note_distinct(struct spread *spread, float value)
{
    uint32_t bits;
    value += 0.0f; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    uint8_t at = (uint8_t)(bits * 0x9e3779b1u >> 24);
    for (; spread->seen[at].used; at++)
        if (spread->seen[at].value == value)
            return;
    spread->seen[at].used = true;
    spread->seen[at].value = value;
    spread->n_few++;
}

static void survey(const float *values, size_t n, size_t tail, struct spread *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < tail; i++)
        ret->low[i] = ret->high[i] = __FLT_MAX__;
    for (size_t i = 0; i < n; i++) {
        keep_least(ret->low, tail, values[i]);
        keep_least(ret->high, tail, -values[i]);
    }
    for (size_t i = 0; i < n && ret->n_few <= FEW; i++)
        note_distinct(ret, values[i]);
}

static struct codes_ramp ramp_between(float low, float high, float height)
{
    double scale = high > low ? (double)height / ((double)high - (double)low) : 0;
    if (!(scale > 0))
        return (struct codes_ramp){.low = low};
    return (struct codes_ramp){low, scale < (double)__FLT_MAX__ ? (float)scale : __FLT_MAX__, height};
}

static struct codes_coder coder_for(const float *values, size_t n)
{
    struct spread spread;
    size_t tail = n / TRIM + 1;
    survey(values, n, tail, &spread);
    float low = spread.low[0], high = -spread.high[0], trimmed_low = spread.low[tail - 1], trimmed_high = -spread.high[tail - 1];
    if (spread.n_few <= FEW || !(trimmed_low < trimmed_high))
        return (struct codes_coder){{ramp_between(low, high, CODES_MAX)}};
    return (struct codes_coder){{ramp_between(low, trimmed_low, TAIL_BINS), ramp_between(trimmed_low, trimmed_high, CORE_BINS),
                                 ramp_between(trimmed_high, high, TAIL_BINS)}};
}

/* ---- the pool */

static void choose_pool(struct growth *growth, size_t rows, uint64_t *ret_rows)
{
    for (size_t i = 0; i < growth->pool; i++) {
        uint64_t from = i * (uint64_t)rows / growth->pool, to = (i + 1) * (uint64_t)rows / growth->pool;
        ret_rows[i] = from + hg_rng_below(&growth->rng, to - from);
        growth->order[i] = (uint16_t)i;
    }
}

/* Which codes rows have, and what they stand for: a cut between two neighbours among them parts the same rows wherever it lies, and
 * a forest should ask few distinct questions. */
static void list_codes(struct growth *growth, size_t c)
{
    const uint8_t *codes = growth->codes + c * growth->pool;
    uint8_t seen[CODES_MAX + 1] = {0}, last = 0;
    for (size_t i = 0; i < growth->pool; i++)
        seen[codes[i]] = 1;
    for (unsigned code = 0; code <= CODES_MAX; code++) {
        last = seen[code] ? (uint8_t)code : last;
        growth->rounded[c][code] = last;
        growth->values[c][code] = seen[code] ? codes_value(&growth->forest->coders[c], code) : 0;
    }
}

static bool code_pool(const struct hg_table *table, struct growth *growth)
{
    uint64_t *rows = malloc(growth->pool * sizeof *rows);
    float *values = malloc(growth->pool * sizeof *values);
    if (rows != NULL && values != NULL) {
        choose_pool(growth, table->rows, rows);
        for (size_t c = 0; c < table->columns; c++) {
            const float *column = table->cells + c * table->stride;
            for (size_t i = 0; i < growth->pool; i++)
                values[i] = column[rows[i]];
            growth->forest->coders[c] = coder_for(values, growth->pool);
            codes_of(&growth->forest->coders[c], values, growth->pool, growth->codes + c * growth->pool);
            list_codes(growth, c);
            growth->columns[c] = (uint16_t)c;
        }
    }
    bool done = rows != NULL && values != NULL;
    free(rows);
    free(values);
    return done;
}

/* ---- a tree */

static void draw_sample(struct growth *growth)
{
    for (uint32_t i = 0; i < growth->forest->sample; i++) { /* Fisher-Yates, its first steps; any start order will do */
        uint32_t j = i + (uint32_t)hg_rng_below(&growth->rng, growth->pool - i);
        uint16_t row = growth->order[j];
        growth->order[j] = growth->order[i];
        growth->order[i] = row;
    }
}

static bool column_range(const struct growth *growth, uint32_t column, uint32_t at, uint8_t *ret_low, uint8_t *ret_high)
{
    const uint8_t *codes = growth->codes + (size_t)column * growth->pool;
    uint8_t low = codes[growth->order[growth->begin[at]]], high = low;
    for (uint32_t i = growth->begin[at] + 1u; i < growth->end[at]; i++) {
        uint8_t code = codes[growth->order[i]];
        low = code < low ? code : low;
        high = code > high ? code : high;
    }
    *ret_low = low;
    *ret_high = high;
    return low < high;
}

/* A point between the two values, evenly; so a value far out is soon alone, however few codes the tail has. */
static uint32_t draw_cut(struct growth *growth, uint32_t column, uint8_t low, uint8_t high)
{
    double from = growth->values[column][low], to = growth->values[column][high];
    double point = from + hg_rng_unit(&growth->rng) * (to - from);
    uint8_t code = codes_of_one(&growth->forest->coders[column], (float)point);
    code = code >= high ? (uint8_t)(high - 1) : code;
    return growth->rounded[column][code < low ? low : code];
}

/* A column in which the node's rows differ, each with the same chance. */
static bool draw_split(struct growth *growth, uint32_t at, uint32_t *ret_column, uint32_t *ret_cut)
{
    for (uint32_t n = growth->forest->columns; n > 0; n--) {
        uint64_t pick = hg_rng_below(&growth->rng, n);
        uint16_t column = growth->columns[pick];
        growth->columns[pick] = growth->columns[n - 1];
        growth->columns[n - 1] = column;
        uint8_t low, high;
        if (column_range(growth, column, at, &low, &high)) {
            *ret_column = column;
            *ret_cut = draw_cut(growth, column, low, high);
            return true;
        }
    }
    return false;
}

static uint16_t partition(struct growth *growth, uint32_t at, uint32_t column, uint32_t cut)
{
    const uint8_t *codes = growth->codes + (size_t)column * growth->pool;
    uint16_t *order = growth->order;
    uint32_t middle = growth->begin[at];
    for (uint32_t i = middle; i < growth->end[at]; i++) { /* without a branch: which side it is nobody can guess */
        uint16_t row = order[i];
        order[i] = order[middle];
        order[middle] = row;
        middle += codes[row] <= cut;
    }
    return (uint16_t)middle;
}

static void put_child(struct growth *growth, uint32_t at, uint32_t begin, uint32_t end, uint32_t depth)
{
    growth->begin[at] = (uint16_t)begin;
    growth->end[at] = (uint16_t)end;
    growth->depths[at] = (uint8_t)depth;
}

/* Two rows are left together: the mean path among two is 1, what their parting would add. */
static void grow(struct growth *growth)
{
    struct forest_tree *tree = growth->tree;
    put_child(growth, 0, 0, growth->forest->sample, 0);
    tree->nodes = 1;
    for (uint32_t at = 0; at < tree->nodes; at++) {
        uint32_t column, cut, begin = growth->begin[at], end = growth->end[at], depth = growth->depths[at];
        if (depth == growth->depth || end - begin <= 2 || !draw_split(growth, at, &column, &cut)) {
            forest_put_leaf(growth->forest, tree, at, depth, end - begin);
            continue;
        }
        uint32_t middle = partition(growth, at, column, cut);
        forest_put_split(growth->forest, tree, at, column, cut, tree->nodes);
        put_child(growth, tree->nodes++, begin, middle, depth + 1);
        put_child(growth, tree->nodes++, middle, end, depth + 1);
    }
}

static void grow_all(struct growth *growth, uint64_t seed)
{
    uint32_t first = 0;
    for (uint32_t t = 0; t < growth->forest->n_trees; t++) {
        growth->tree = &growth->forest->trees[t];
        growth->tree->first = first;
        growth->rng = hg_rng_seeded(hg_mix64(seed) + 1 + t);
        draw_sample(growth);
        grow(growth);
        first += growth->tree->nodes;
    }
}

/* ---- the forest */

static struct forest_settings fitting(const struct forest_settings *wanted, size_t rows)
{
    struct forest_settings settings = *wanted;
    settings.sample = rows < wanted->sample ? (uint32_t)rows : wanted->sample;
    uint32_t depth = 0;
    while (1u << depth < settings.sample)
        depth++;
    settings.depth = depth < wanted->depth ? depth : wanted->depth;
    return settings;
}

static void growth_destroy(struct growth *growth)
{
    if (growth == NULL)
        return;
    free(growth->codes);
    free(growth->rounded);
    free(growth->values);
    free(growth);
}

static struct growth *growth_create(struct forest *forest, size_t rows)
{
    struct growth *growth = malloc(sizeof *growth);
    if (growth == NULL)
        return NULL;
    growth->forest = forest;
    growth->pool = rows < POOL_ROWS ? (uint32_t)rows : POOL_ROWS;
    growth->depth = forest->depth;
    growth->codes = malloc((size_t)growth->pool * forest->columns);
    growth->rounded = malloc(forest->columns * sizeof *growth->rounded);
    growth->values = malloc(forest->columns * sizeof *growth->values);
    if (growth->codes == NULL || growth->rounded == NULL || growth->values == NULL) {
        growth_destroy(growth);
        return NULL;
    }
    return growth;
}

static enum hg_rc grow_forest(const struct hg_table *table, uint64_t seed, struct forest *forest, struct hg_err *reterr)
{
    struct growth *growth = growth_create(forest, table->rows);
    enum hg_rc rc = HG_OK;
    if (growth != NULL)
        growth->rng = hg_rng_seeded(hg_mix64(seed));
    if (growth == NULL || !code_pool(table, growth)) {
        rc = hg_fail(reterr, HG_ENOMEM, "iforest: no memory to grow trees from %zu columns", table->columns);
    } else {
        grow_all(growth, seed);
        rc = forest_finish(forest, reterr);
    }
    growth_destroy(growth);
    return rc;
}

enum hg_rc forest_fit(const struct hg_table *table, const struct forest_settings *settings, uint64_t seed, struct forest **ret,
                      struct hg_err *reterr)
{
    HG_ASSERT(settings->trees >= 1 && settings->trees <= FOREST_TREES_MAX && settings->sample >= 2 &&
              settings->sample <= FOREST_SAMPLE_MAX && settings->depth <= FOREST_DEPTH_MAX);
    if (table->rows < 2 || table->columns < 1 || table->columns > HG_COLUMNS_MAX)
        return hg_fail(reterr, HG_ESTATE, "iforest: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct forest_settings fit = fitting(settings, table->rows);
    struct forest *forest;
    enum hg_rc rc = forest_create(table->columns, &fit, &forest, reterr);
    if (rc != HG_OK)
        return rc;
    rc = grow_forest(table, seed, forest, reterr);
    if (rc == HG_OK)
        *ret = forest;
    else
        forest_destroy(forest);
    return rc;
}
