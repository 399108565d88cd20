#include "detect/iforest.h"

#include <stdlib.h>

/* The isolation forest as a detector: its state is the forest. */
struct hg_detector_state {
    struct forest *forest;
};

static void destroy(struct hg_detector_state *state)
{
    if (state != NULL)
        forest_destroy(state->forest);
    free(state);
}

static enum hg_rc fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr)
{
    struct hg_detector_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory");
    enum hg_rc rc = forest_fit(table, &FOREST_DEEP, settings->seed, &state->forest, reterr);
    if (rc == HG_OK)
        *ret = state;
    else
        destroy(state);
    return rc;
}

static void score(const struct hg_detector_state *state, const struct hg_table *table, float *ret_scores)
{
    forest_score(state->forest, table, ret_scores);
}

static float score_partial(const struct hg_detector_state *state, const float *row)
{
    return forest_score_partial(state->forest, row);
}

static void explain(const struct hg_detector_state *state, const float *row, float *ret_shares)
{
    forest_explain(state->forest, row, ret_shares);
}

static void serialise(const struct hg_detector_state *state, struct hg_buf *buf)
{
    forest_serialise(state->forest, buf);
}

static enum hg_rc parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct hg_detector_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iforest: no memory");
    enum hg_rc rc = forest_parse(bytes, columns, &state->forest, reterr);
    if (rc == HG_OK)
        *ret = state;
    else
        destroy(state);
    return rc;
}

extern const struct hg_detector hg_detector_iforest;
const struct hg_detector hg_detector_iforest = {
    .name = "iforest",
    .summary = "isolation forest: odd is what few random cuts set apart",
    .fit = fit,
    .destroy = destroy,
    .score = score,
    .score_partial = score_partial,
    .explain = explain,
    .serialise = serialise,
    .parse = parse,
};
