#include "detect/bytes.h"
#include "detect/iforest.h"

#include <stdlib.h>

/*
 * A forest in a model file: columns, sample size, then each tree in pre-order; a split is its feature and threshold, a
 * leaf LEAF_MARK and its rows. All else follows from these.
 */
#define LEAF_MARK 255

static void put_node(const struct forest_tree *tree, uint32_t q, struct hg_buf *buf)
{
    if (forest_is_leaf(tree, q)) {
        bytes_put(buf, LEAF_MARK, 1);
        bytes_put(buf, tree->counts[q], 2);
        return;
    }
    bytes_put(buf, tree->nodes[q].feature, 1);
    bytes_put_f32(buf, tree->nodes[q].threshold);
    put_node(tree, 2 * q + 1, buf);
    put_node(tree, 2 * q + 2, buf);
}

void forest_serialise(const struct hg_detector_state *forest, struct hg_buf *buf)
{
    bytes_put(buf, forest->columns, 1);
    bytes_put(buf, forest->sample, 2);
    for (int t = 0; t < FOREST_TREES; t++)
        put_node(&forest->trees[t], 0, buf);
}

/* Returns the rows of the leaves below; every leaf has one at least. */
static uint32_t get_node(struct bytes_in *in, uint32_t columns, uint32_t q, uint32_t depth, struct forest_tree *tree)
{
    uint8_t feature = bytes_get_u8(in);
    if (in->failed)
        return 0;
    if (feature == LEAF_MARK) {
        uint32_t count = (uint32_t)bytes_get(in, 2);
        in->failed |= count == 0 || count > FOREST_SAMPLE;
        if (!in->failed)
            forest_put_leaf(tree, q, depth, (uint16_t)count);
        return count;
    }
    float threshold = bytes_get_f32(in);
    in->failed |= feature >= columns || depth >= FOREST_DEPTH || !(threshold - threshold == 0.0f);
    if (in->failed)
        return 0;
    tree->nodes[q] = (struct forest_node){.threshold = threshold, .feature = feature};
    uint32_t left = get_node(in, columns, 2 * q + 1, depth + 1, tree);
    return left + get_node(in, columns, 2 * q + 2, depth + 1, tree);
}

enum hg_rc forest_parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct hg_detector_state *forest = calloc(1, sizeof *forest);
    if (forest == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory for a forest");
    struct bytes_in in = {.rest = bytes};
    forest->columns = bytes_get_u8(&in);
    forest->sample = (uint32_t)bytes_get(&in, 2);
    bool sound = forest->columns == columns && columns <= FOREST_COLUMNS && forest->sample >= 2 &&
                 forest->sample <= FOREST_SAMPLE;
    for (int t = 0; sound && t < FOREST_TREES; t++) {
        uint32_t rows = get_node(&in, forest->columns, 0, 0, &forest->trees[t]);
        sound = !in.failed && rows == forest->sample;
    }
    if (!sound || in.failed || in.rest.len != 0 || !forest_finish(forest)) {
        free(forest);
        return hg_fail(reterr, HG_EFORMAT, "iforest: damaged trees");
    }
    *ret = forest;
    return HG_OK;
}
