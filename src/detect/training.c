#include "detect/training.h"

#include <stdlib.h>

enum trained_on stream_is_trained_on(size_t kind, int stream)
{
    return hg_submodel_is_honeypot(kind) ? TRAINED_ON_ALL : stream == STREAM_NORMAL ? TRAINED_ON_NORMAL : TRAINED_ON_UNLABELLED;
}

/* Rows as columns, in one block, and which of them only calibrate. */
struct columns {
    struct matrix_view view;
    void *block;
    bool *edge;
};

static void columns_free(struct columns *columns)
{
    free(columns->block);
    free(columns->edge);
}

static enum hg_rc make_columns(const struct training *training, struct columns *ret, struct hg_err *reterr)
{
    size_t n = training->n;
    float *cells = malloc(HG_FEATURE_COUNT * n * sizeof *cells);
    *ret = (struct columns){.block = cells, .edge = malloc(n * sizeof *ret->edge)};
    if (cells == NULL || ret->edge == NULL) {
        columns_free(ret);
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu rows to learn from", n);
    }
    uint32_t *codes = (uint32_t *)(void *)(cells + HG_FEATURE_FIRST_CODE * n);
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        for (size_t i = 0; i < n; i++)
            cells[f * n + i] = training->rows[i].features.cells[f];
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        for (size_t i = 0; i < n; i++)
            codes[c * n + i] = training->rows[i].features.codes[c];
    for (size_t i = 0; i < n; i++)
        ret->edge[i] = training->rows[i].edge;
    struct hg_matrix matrix = {.cells = cells, .codes = codes, .rows = n, .stride = n};
    view_of_matrix(&matrix, &ret->view);
    return HG_OK;
}

static const enum column_kind *feature_kinds(enum column_kind kinds[HG_FEATURE_COUNT])
{
    static const enum column_kind by_kind[] = {[HG_KIND_amount] = COLUMN_HEAVY, [HG_KIND_ratio] = COLUMN_PLAIN, [HG_KIND_flag] = COLUMN_PLAIN,
                                               [HG_KIND_clock] = COLUMN_CLOCK, [HG_KIND_code] = COLUMN_CATEGORY};
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++)
        kinds[f] = by_kind[hg_feature_kind((enum hg_feature)f)];
    return kinds;
}

/* Of a period shorter than a minute nothing is said of a day. */
static double events_a_day(const struct training *training)
{
    const struct train_period *period = training->period;
    int64_t span = period->first_us == HG_TIME_NONE ? 0 : period->last_us - period->first_us;
    return span < HG_MINUTE ? 0 : (double)training->seen * (double)HG_DAY / (double)span;
}

/* The two views of an event are learnt apart: in one, the many columns of each hide what is odd in the other (docs/detection.md). */
#define BEHAVIOUR_COLUMNS \
    ((UINT64_C(1) << HG_FEATURE_FIRST_CODE) - (UINT64_C(1) << HG_FEATURE_FIRST_BEHAVIOUR))

/* Visitors of a honeypot have nothing to do with each other: what its other visitors do tells nothing of one. */
static uint64_t of_the_target(void)
{
    static const enum hg_feature features[] = {HG_FEATURE_dst_events_1m,   HG_FEATURE_dst_events_10m, HG_FEATURE_dst_sources_1m,
                                               HG_FEATURE_dst_sources_10m, HG_FEATURE_dst_failed_10m, HG_FEATURE_dst_is_new};
    uint64_t set = 0;
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        set |= UINT64_C(1) << features[i];
    return set;
}

/* Has any row a behaviour column? */
static bool watched(const struct training *training)
{
    for (size_t i = 0; i < training->n; i++)
        for (size_t f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++)
            if (training->rows[i].features.cells[f] - training->rows[i].features.cells[f] == 0)
                return true;
    return false;
}

enum hg_rc training_fit(const struct training *training, size_t kind, struct hg_model *model, struct hg_err *reterr)
{
    struct submodel *submodel = &model->submodels[kind];
    submodel->seen = training->seen;
    submodel->events_a_day = events_a_day(training);
    submodel->trained_on = (uint8_t)training->trained_on;
    if (training->n < HG_TRAIN_ROWS_MIN)
        return HG_OK;
    model_widen_period(model, training->period->first_us, training->period->last_us);
    struct columns columns;
    enum hg_rc rc = make_columns(training, &columns, reterr);
    if (rc != HG_OK)
        return rc;
    enum column_kind kinds[HG_FEATURE_COUNT];
    struct submodel_settings settings = {.seed = hg_mix64(training->seed ^ (kind + 1)), .detector = training->detector,
                                         .contamination = training->trained_on == TRAINED_ON_NORMAL ? 0 : HG_CONTAMINATION,
                                         .with_clock = training->period->n_days == CLOCK_DAYS, .rows_min = HG_TRAIN_ROWS_MIN,
                                         .kinds = feature_kinds(kinds), .edge = columns.edge};
    struct rows_view view = {HG_FEATURE_COUNT, columns.view.numbers, columns.view.codes};
    settings.elsewhere = BEHAVIOUR_COLUMNS;
    rc = submodel_fit(&view, training->n, &settings, submodel, reterr);
    if (rc == HG_OK && watched(training)) {
        struct submodel *behaviour = &model->behaviour[kind];
        behaviour->seen = submodel->seen;
        behaviour->trained_on = submodel->trained_on;
        for (size_t f = HG_FEATURE_FIRST_BEHAVIOUR; hg_submodel_is_honeypot(kind) && f < HG_FEATURE_FIRST_CODE; f++)
            kinds[f] = kinds[f] == COLUMN_HEAVY ? COLUMN_EXCESS : kinds[f]; /* nobody minds a visitor who comes less often than others */
        settings.elsewhere = ~BEHAVIOUR_COLUMNS | (hg_submodel_is_honeypot(kind) ? of_the_target() : 0);
        rc = submodel_fit(&view, training->n, &settings, behaviour, reterr);
    }
    columns_free(&columns);
    return rc;
}
