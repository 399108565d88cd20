#include "detect/iforest.h"
#include "detect/neighbour.h"
#include "detect/surprise.h"

#include <stdlib.h>

/*
 * What is used where nobody chose: an isolation forest and the nearest neighbour. With clean training the neighbour sees more; with
 * attacks among the rows of training it is blind for them, and the forest is not. So prototypes are drawn from what is left when the
 * rows that the forest finds oddest, the share that may be attacks, are dropped; and an event is as odd as the more surprised of
 * the two finds it.
 */
#define TILE_ROWS         512u
#define CONTAMINATION_MAX 0.5f

struct hg_detector_state {
    struct forest *forest;
    struct neighbour *neighbour;
    struct surprise forest_surprise, neighbour_surprise;
};

static void destroy(struct hg_detector_state *ensemble)
{
    if (ensemble == NULL)
        return;
    forest_destroy(ensemble->forest);
    neighbour_destroy(ensemble->neighbour);
    free(ensemble);
}

/* ---- fitting */

struct ranked {
    float score;
    uint32_t row;
};

struct work {
    struct ranked *ranked;
    float *scores;
    uint32_t *rows, *distances;
};

static int by_score(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows that may be prototypes, the most ordinary first. Returns how many. */
static size_t trim(const float *scores, size_t n, float contamination, struct work *work)
{
    float share = contamination > 0 ? contamination : 0;
    size_t dropped = (size_t)((share < CONTAMINATION_MAX ? share : CONTAMINATION_MAX) * (float)n);
    for (size_t i = 0; i < n; i++)
        work->ranked[i] = (struct ranked){scores[i], (uint32_t)i};
    if (dropped > 0)
        qsort(work->ranked, n, sizeof *work->ranked, by_score);
    size_t left = n - dropped;
    for (size_t i = 0; i < left; i++)
        work->rows[i] = work->ranked[i].row;
    return left;
}

static enum hg_rc fit_members(const struct hg_table *table, const struct hg_fit_settings *settings, struct work *work,
                              struct hg_detector_state *ensemble, struct hg_err *reterr)
{
    enum hg_rc rc = forest_fit(table, &FOREST_DEEP, settings->seed, &ensemble->forest, reterr);
    if (rc != HG_OK)
        return rc;
    forest_score(ensemble->forest, table, work->scores);
    size_t left = trim(work->scores, table->rows, settings->contamination, work);
    surprise_make(work->scores, table->rows, &ensemble->forest_surprise);
    rc = neighbour_fit(table, work->rows, left, settings->seed, &ensemble->neighbour, reterr);
    if (rc != HG_OK)
        return rc;
    neighbour_distances_left_out(ensemble->neighbour, table, work->rows, work->distances);
    for (size_t i = 0; i < table->rows; i++)
        work->scores[i] = neighbour_score_of(work->distances[i], ensemble->neighbour->columns);
    surprise_make(work->scores, table->rows, &ensemble->neighbour_surprise);
    return HG_OK;
}

static enum hg_rc fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr)
{
    if (table->rows < 2 || table->rows > UINT32_MAX || table->columns < 1 || table->columns > HG_COLUMNS_MAX)
        return hg_fail(reterr, HG_ESTATE, "ensemble: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct hg_detector_state *ensemble = calloc(1, sizeof *ensemble);
    struct work work = {
        .ranked = calloc(table->rows, sizeof *work.ranked),
        .scores = calloc(table->rows, sizeof *work.scores),
        .rows = calloc(table->rows, sizeof *work.rows),
        .distances = calloc(table->rows, sizeof *work.distances),
    };
    enum hg_rc rc;
    if (ensemble == NULL || work.ranked == NULL || work.scores == NULL || work.rows == NULL || work.distances == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "ensemble: no memory for %zu rows", table->rows);
    else
        rc = fit_members(table, settings, &work, ensemble, reterr);
    if (rc == HG_OK)
        *ret = ensemble;
    else
        destroy(ensemble);
    free(work.ranked);
    free(work.scores);
    free(work.rows);
    free(work.distances);
    return rc;
}

/* ---- scoring */

struct surprises {
    float forest, neighbour;
};

static inline struct surprises surprises_of(const struct hg_detector_state *ensemble, float forest, float neighbour)
{
    return (struct surprises){surprise_of(&ensemble->forest_surprise, forest), surprise_of(&ensemble->neighbour_surprise, neighbour)};
}

static inline float greater_of(struct surprises surprises)
{
    return surprises.neighbour > surprises.forest ? surprises.neighbour : surprises.forest;
}

static void score(const struct hg_detector_state *ensemble, const struct hg_table *table, float *ret_scores)
{
    float forest[TILE_ROWS], neighbour[TILE_ROWS];
    for (size_t first = 0; first < table->rows; first += TILE_ROWS) {
        struct hg_table tile = *table;
        tile.cells += first;
        tile.rows = table->rows - first < TILE_ROWS ? table->rows - first : TILE_ROWS;
        forest_score(ensemble->forest, &tile, forest);
        neighbour_score(ensemble->neighbour, &tile, neighbour);
        for (size_t i = 0; i < tile.rows; i++)
            ret_scores[first + i] = greater_of(surprises_of(ensemble, forest[i], neighbour[i]));
    }
}

static float score_partial(const struct hg_detector_state *ensemble, const float *row)
{
    return greater_of(surprises_of(ensemble, forest_score_partial(ensemble->forest, row),
                                   neighbour_score_partial(ensemble->neighbour, row)));
}

/* Both members' reasons, each as much as the member is surprised: what the quieter one sees helps to tell a cause from what came along
 * (docs/detection.md has the figures). */
static void explain(const struct hg_detector_state *ensemble, const float *row, float *ret_shares)
{
    float shares[HG_COLUMNS_MAX];
    float forest = forest_explain(ensemble->forest, row, shares), neighbour = neighbour_explain(ensemble->neighbour, row, ret_shares);
    struct surprises surprises = surprises_of(ensemble, forest, neighbour);
    double of_forest = surprises.forest > 0 ? (double)surprises.forest : 0, of_neighbour = surprises.neighbour > 0 ? (double)surprises.neighbour : 0;
    double total = 0;
    for (uint32_t c = 0; c < ensemble->neighbour->columns; c++)
        total += of_forest * (double)shares[c] + of_neighbour * (double)ret_shares[c];
    for (uint32_t c = 0; c < ensemble->neighbour->columns; c++) {
        double both = of_forest * (double)shares[c] + of_neighbour * (double)ret_shares[c];
        ret_shares[c] = total > 0 ? (float)(both / total) : 0;
    }
}

static void nearest(const struct hg_detector_state *ensemble, const float *row, float *ret_row)
{
    neighbour_nearest_row(ensemble->neighbour, row, ret_row);
}

/* ---- files */

/* In a model file: the forest's length and bytes, the neighbour's, both surprises. */
static void serialise(const struct hg_detector_state *ensemble, struct hg_buf *buf)
{
    size_t opened = bytes_open(buf);
    forest_serialise(ensemble->forest, buf);
    bytes_close(buf, opened);
    opened = bytes_open(buf);
    neighbour_serialise(ensemble->neighbour, buf);
    bytes_close(buf, opened);
    surprise_put(&ensemble->forest_surprise, buf);
    surprise_put(&ensemble->neighbour_surprise, buf);
}

static enum hg_rc parse_members(struct bytes_in *in, size_t columns, struct hg_detector_state *ensemble, struct hg_err *reterr)
{
    struct hg_slice forest = bytes_take(in, bytes_get_u32(in)), neighbour = bytes_take(in, bytes_get_u32(in));
    bool sound = surprise_get(in, &ensemble->forest_surprise);
    sound = surprise_get(in, &ensemble->neighbour_surprise) && sound && !in->failed && in->rest.len == 0;
    if (!sound)
        return hg_fail(reterr, HG_EFORMAT, "ensemble: damaged");
    enum hg_rc rc = forest_parse(forest, columns, &ensemble->forest, reterr);
    return rc == HG_OK ? neighbour_parse(neighbour, columns, &ensemble->neighbour, reterr) : rc;
}

static enum hg_rc parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    struct hg_detector_state *ensemble = calloc(1, sizeof *ensemble);
    if (ensemble == NULL)
        return hg_fail(reterr, HG_ENOMEM, "ensemble: no memory");
    enum hg_rc rc = parse_members(&in, columns, ensemble, reterr);
    if (rc == HG_OK)
        *ret = ensemble;
    else
        destroy(ensemble);
    return rc;
}

extern const struct hg_detector hg_detector_ensemble;
const struct hg_detector hg_detector_ensemble = {
    .name = "ensemble",
    .summary = "isolation forest and nearest neighbour together: the best of both, whether training was clean or not",
    .fit = fit,
    .destroy = destroy,
    .score = score,
    .score_partial = score_partial,
    .explain = explain,
    .nearest = nearest,
    .serialise = serialise,
    .parse = parse,
};
