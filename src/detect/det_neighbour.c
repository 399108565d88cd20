#include "detect/neighbour.h"

#include <stdlib.h>

struct hg_detector_state {
    struct neighbour *neighbour;
};

static void destroy(struct hg_detector_state *state)
{
    if (state != NULL)
        neighbour_destroy(state->neighbour);
    free(state);
}

static enum hg_rc fit_prototypes(const struct hg_table *table, uint64_t seed, struct neighbour **ret, struct hg_err *reterr)
{
    uint32_t *rows = malloc(table->rows * sizeof *rows);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "neighbour: no memory for %zu rows", table->rows);
    for (size_t i = 0; i < table->rows; i++)
        rows[i] = (uint32_t)i;
    enum hg_rc rc = neighbour_fit(table, rows, table->rows, seed, ret, reterr);
    free(rows);
    return rc;
}

static enum hg_rc fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr)
{
    if (table->rows < 2 || table->rows > UINT32_MAX || table->columns < 1 || table->columns > HG_COLUMNS_MAX)
        return hg_fail(reterr, HG_ESTATE, "neighbour: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct hg_detector_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return hg_fail(reterr, HG_ENOMEM, "neighbour: no memory");
    enum hg_rc rc = fit_prototypes(table, settings->seed, &state->neighbour, reterr);
    if (rc == HG_OK)
        *ret = state;
    else
        destroy(state);
    return rc;
}

static void score(const struct hg_detector_state *state, const struct hg_table *table, float *ret_scores)
{
    neighbour_score(state->neighbour, table, ret_scores);
}

static float score_partial(const struct hg_detector_state *state, const float *row)
{
    return neighbour_score_partial(state->neighbour, row);
}

static void explain(const struct hg_detector_state *state, const float *row, float *ret_shares)
{
    neighbour_explain(state->neighbour, row, ret_shares);
}

static void nearest(const struct hg_detector_state *state, const float *row, float *ret_row)
{
    neighbour_nearest_row(state->neighbour, row, ret_row);
}

static void serialise(const struct hg_detector_state *state, struct hg_buf *buf)
{
    neighbour_serialise(state->neighbour, buf);
}

static enum hg_rc parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct hg_detector_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return hg_fail(reterr, HG_ENOMEM, "neighbour: no memory");
    enum hg_rc rc = neighbour_parse(bytes, columns, &state->neighbour, reterr);
    if (rc == HG_OK)
        *ret = state;
    else
        destroy(state);
    return rc;
}

extern const struct hg_detector hg_detector_neighbour;
const struct hg_detector hg_detector_neighbour = {
    .name = "neighbour",
    .summary = "nearest neighbour: odd is what is far from all of 1,024 rows of training",
    .fit = fit,
    .destroy = destroy,
    .score = score,
    .score_partial = score_partial,
    .explain = explain,
    .nearest = nearest,
    .serialise = serialise,
    .parse = parse,
};
