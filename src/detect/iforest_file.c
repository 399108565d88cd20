#include "detect/bytes.h"
#include "detect/iforest.h"

/*
 * A forest in a model file: columns, sample, depth, trees; the coders; then each tree breadth first: a split is its column and cut, a
 * leaf its rows with LEAF_MARK. Where children stand follows from the order, all else from these.
 */
#define LEAF_MARK 0x8000u

void forest_serialise(const struct forest *forest, struct hg_buf *buf)
{
    bytes_put(buf, forest->columns, 2);
    bytes_put(buf, forest->sample, 2);
    bytes_put(buf, forest->depth, 1);
    bytes_put(buf, forest->n_trees, 1);
    for (uint32_t c = 0; c < forest->columns; c++) {
        for (int r = 0; r < CODES_RAMPS; r++) {
            bytes_put_f32(buf, forest->coders[c].ramps[r].low);
            bytes_put_f32(buf, forest->coders[c].ramps[r].scale);
            bytes_put_f32(buf, forest->coders[c].ramps[r].height);
        }
    }
    for (uint32_t t = 0; t < forest->n_trees; t++) {
        const struct forest_node *nodes = forest->nodes + forest->trees[t].first;
        for (uint32_t at = 0; at < forest->trees[t].nodes; at++) {
            if (forest_is_leaf(nodes, at)) {
                bytes_put(buf, LEAF_MARK | forest->counts[forest->trees[t].first + at], 2);
            } else {
                bytes_put(buf, nodes[at].feature, 2);
                bytes_put(buf, nodes[at].cut, 1);
            }
        }
    }
}

static void get_coder(struct bytes_in *in, struct codes_coder *ret)
{
    float heights = 0;
    for (int r = 0; r < CODES_RAMPS; r++) {
        struct codes_ramp *ramp = &ret->ramps[r];
        ramp->low = bytes_get_f32(in);
        ramp->scale = bytes_get_f32(in);
        ramp->height = bytes_get_f32(in);
        in->failed |= !(ramp->scale >= 0 && ramp->height >= 0 && ramp->height <= CODES_MAX);
        heights += ramp->height;
    }
    in->failed |= !(heights <= CODES_MAX);
}

/* Its leaves must hold the sample, each one row at least, and nodes and depth keep to their limits. */
static void get_tree(struct bytes_in *in, struct forest *forest, struct forest_tree *tree, size_t nodes_max)
{
    uint8_t depths[FOREST_NODES_MAX] = {0};
    uint32_t rows = 0;
    tree->nodes = 1;
    for (uint32_t at = 0; at < tree->nodes && !in->failed; at++) {
        uint32_t word = (uint32_t)bytes_get(in, 2);
        if (word & LEAF_MARK) {
            uint32_t count = word & ~LEAF_MARK;
            in->failed |= count == 0 || count > forest->sample;
            if (!in->failed)
                forest_put_leaf(forest, tree, at, depths[at], count);
            rows += count;
            continue;
        }
        uint32_t cut = bytes_get_u8(in);
        in->failed |= word >= forest->columns || cut >= FOREST_NO_CUT || depths[at] >= forest->depth || tree->nodes + 2 > nodes_max;
        if (in->failed)
            return;
        depths[tree->nodes] = depths[tree->nodes + 1] = (uint8_t)(depths[at] + 1);
        forest_put_split(forest, tree, at, word, cut, tree->nodes);
        tree->nodes += 2;
    }
    in->failed |= rows != forest->sample;
}

static void get_forest(struct bytes_in *in, const struct forest_settings *settings, struct forest *forest)
{
    uint32_t first = 0;
    for (uint32_t c = 0; c < forest->columns && !in->failed; c++)
        get_coder(in, &forest->coders[c]);
    for (uint32_t t = 0; t < forest->n_trees && !in->failed; t++) {
        forest->trees[t].first = first;
        get_tree(in, forest, &forest->trees[t], forest_nodes_of(settings));
        first += forest->trees[t].nodes;
    }
    in->failed |= in->rest.len != 0;
}

enum hg_rc forest_parse(struct hg_slice bytes, size_t columns, struct forest **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    size_t columns_there = (size_t)bytes_get(&in, 2);
    struct forest_settings settings = {.sample = (uint32_t)bytes_get(&in, 2)};
    settings.depth = bytes_get_u8(&in);
    settings.trees = bytes_get_u8(&in);
    if (in.failed || columns_there != columns || columns < 1 || columns > HG_COLUMNS_MAX || settings.sample < 2 ||
        settings.sample > FOREST_SAMPLE_MAX || settings.depth > FOREST_DEPTH_MAX || settings.trees < 1 ||
        settings.trees > FOREST_TREES_MAX)
        return hg_fail(reterr, HG_EFORMAT, "iforest: damaged head");
    struct forest *forest;
    enum hg_rc rc = forest_create(columns, &settings, &forest, reterr);
    if (rc != HG_OK)
        return rc;
    get_forest(&in, &settings, forest);
    rc = in.failed ? hg_fail(reterr, HG_EFORMAT, "iforest: damaged trees") : forest_finish(forest, reterr);
    if (rc == HG_OK)
        *ret = forest;
    else
        forest_destroy(forest);
    return rc;
}
