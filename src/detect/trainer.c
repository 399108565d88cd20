#include "base/instant.h"
#include "base/rng.h"
#include "detect/model_priv.h"

#include <stdlib.h>

/*
 * Collects training rows. Each sub-model has two reservoirs (Vitter's algorithm R), for rows that are labelled Normal
 * and for the rest that may be learnt from; which of them is used is known only at the end.
 */
#define CLOCK_DAYS 14 /* distinct days of training, from which hour and weekday may be used: else the model learns the clock */

enum { STREAM_NORMAL, STREAM_OTHER, STREAMS };

struct train_row {
    float cells[HG_FEATURE_FIRST_CODE];
    uint32_t codes[HG_CODE_COUNT];
};

struct reservoir {
    struct train_row *rows;
    size_t n, cap;
    uint64_t seen;
    int64_t first_us, last_us; /* of all that was seen */
    int64_t days[CLOCK_DAYS];  /* distinct ones (UTC, since the epoch), until there are enough */
    size_t n_days;
    struct hg_rng rng;
};

struct hg_trainer {
    struct hg_train_settings settings;
    struct reservoir reservoirs[HG_SUB_COUNT][STREAMS];
};

enum hg_rc hg_trainer_create(const struct hg_train_settings *settings, struct hg_trainer **ret, struct hg_err *reterr)
{
    struct hg_trainer *trainer = calloc(1, sizeof *trainer);
    if (trainer == NULL)
        return hg_fail(reterr, HG_ENOMEM, "trainer: no memory");
    trainer->settings = *settings;
    if (settings->detector == NULL)
        trainer->settings.detector = hg_detector_default();
    for (uint64_t i = 0; i < HG_SUB_COUNT; i++) {
        for (uint64_t s = 0; s < STREAMS; s++) {
            trainer->reservoirs[i][s].rng = hg_rng_seeded(hg_mix64(settings->seed) + i * STREAMS + s);
            trainer->reservoirs[i][s].first_us = trainer->reservoirs[i][s].last_us = HG_TIME_NONE;
        }
    }
    *ret = trainer;
    return HG_OK;
}

void hg_trainer_destroy(struct hg_trainer *trainer)
{
    if (trainer == NULL)
        return;
    for (size_t i = 0; i < HG_SUB_COUNT; i++)
        for (size_t s = 0; s < STREAMS; s++)
            free(trainer->reservoirs[i][s].rows);
    free(trainer);
}

static bool is_honeypot(size_t kind)
{
    return kind == HG_SUB_COWRIE || kind == HG_SUB_DIONAEA;
}

bool hg_trainer_takes(const struct hg_event *event)
{
    return is_honeypot(hg_submodel_of(event)) || event->label != HG_LABEL_ATTACK;
}

/* NULL where the row must not be learnt from. */
static struct reservoir *reservoir_of(struct hg_trainer *trainer, const struct hg_event *event)
{
    enum hg_submodel_kind kind = hg_submodel_of(event);
    if (is_honeypot(kind))
        return &trainer->reservoirs[kind][STREAM_OTHER];
    if (!hg_trainer_takes(event) && !trainer->settings.all)
        return NULL;
    return &trainer->reservoirs[kind][event->label == HG_LABEL_NORMAL && !trainer->settings.all ? STREAM_NORMAL : STREAM_OTHER];
}

static enum hg_rc grow(struct reservoir *reservoir, struct hg_err *reterr)
{
    size_t cap = reservoir->cap == 0 ? 1024 : reservoir->cap * 2;
    struct train_row *rows = realloc(reservoir->rows, cap * sizeof *rows);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "trainer: no memory for %zu rows", cap);
    reservoir->rows = rows;
    reservoir->cap = cap;
    return HG_OK;
}

static void note_day(struct reservoir *reservoir, int64_t day)
{
    for (size_t i = reservoir->n_days; i > 0; i--)
        if (reservoir->days[i - 1] == day)
            return;
    if (reservoir->n_days < CLOCK_DAYS)
        reservoir->days[reservoir->n_days++] = day;
}

static void note_time(struct reservoir *reservoir, const struct hg_event *event)
{
    if (!hg_event_has(event, HG_FIELD_event_time))
        return;
    if (reservoir->first_us == HG_TIME_NONE || event->time_us < reservoir->first_us)
        reservoir->first_us = event->time_us;
    if (reservoir->last_us == HG_TIME_NONE || event->time_us > reservoir->last_us)
        reservoir->last_us = event->time_us;
    note_day(reservoir, hg_time_floor(event->time_us, HG_DAY) / HG_DAY);
}

static void copy_row(const struct hg_matrix *matrix, size_t row, struct train_row *ret)
{
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        ret->cells[f] = matrix->cells[f * matrix->stride + row];
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        ret->codes[c] = matrix->codes[c * matrix->stride + row];
}

enum hg_rc hg_trainer_add(struct hg_trainer *trainer, const struct hg_event *const *events, size_t n,
                          const struct hg_matrix *matrix, struct hg_err *reterr)
{
    for (size_t i = 0; i < n; i++) {
        struct reservoir *reservoir = reservoir_of(trainer, events[i]);
        if (reservoir == NULL)
            continue;
        size_t place = reservoir->n;
        if (place < HG_TRAIN_ROWS_KEPT) {
            if (place == reservoir->cap) {
                enum hg_rc rc = grow(reservoir, reterr);
                if (rc != HG_OK)
                    return rc;
            }
            reservoir->n++;
        } else {
            place = (size_t)hg_rng_below(&reservoir->rng, reservoir->seen + 1);
        }
        reservoir->seen++;
        note_time(reservoir, events[i]);
        if (place < HG_TRAIN_ROWS_KEPT)
            copy_row(matrix, i, &reservoir->rows[place]);
    }
    return HG_OK;
}

static int stream_of(const struct hg_trainer *trainer, size_t kind)
{
    return trainer->reservoirs[kind][STREAM_NORMAL].n > 0 ? STREAM_NORMAL : STREAM_OTHER;
}

bool hg_trainer_ready(const struct hg_trainer *trainer)
{
    for (size_t i = 0; i < HG_SUB_COUNT; i++)
        if (trainer->reservoirs[i][stream_of(trainer, i)].n >= HG_TRAIN_ROWS_MIN)
            return true;
    return false;
}

/* Rows as columns, in one block. */
static enum hg_rc make_view(const struct reservoir *reservoir, struct matrix_view *columns, void **ret_block, struct hg_err *reterr)
{
    size_t n = reservoir->n;
    float *cells = malloc(HG_FEATURE_COUNT * n * sizeof *cells);
    if (cells == NULL)
        return hg_fail(reterr, HG_ENOMEM, "trainer: no memory for %zu rows", n);
    uint32_t *codes = (uint32_t *)(void *)(cells + HG_FEATURE_FIRST_CODE * n);
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        for (size_t i = 0; i < n; i++)
            cells[f * n + i] = reservoir->rows[i].cells[f];
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        for (size_t i = 0; i < n; i++)
            codes[c * n + i] = reservoir->rows[i].codes[c];
    struct hg_matrix matrix = {.cells = cells, .codes = codes, .rows = n, .stride = n};
    view_of_matrix(&matrix, columns);
    *ret_block = cells;
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
static double events_a_day(const struct reservoir *reservoir)
{
    int64_t span = reservoir->first_us == HG_TIME_NONE ? 0 : reservoir->last_us - reservoir->first_us;
    return span < HG_MINUTE ? 0 : (double)reservoir->seen * (double)HG_DAY / (double)span;
}

static enum hg_rc fit_kind(const struct hg_trainer *trainer, size_t kind, struct hg_model *model, struct hg_err *reterr)
{
    int stream = stream_of(trainer, kind);
    const struct reservoir *reservoir = &trainer->reservoirs[kind][stream];
    struct submodel *submodel = &model->submodels[kind];
    submodel->seen = reservoir->seen;
    submodel->events_a_day = events_a_day(reservoir);
    submodel->trained_on = trainer->settings.all || is_honeypot(kind) ? TRAINED_ON_ALL
                           : stream == STREAM_NORMAL                  ? TRAINED_ON_NORMAL
                                                                      : TRAINED_ON_UNLABELLED;
    if (reservoir->n < HG_TRAIN_ROWS_MIN)
        return HG_OK;
    model_widen_period(model, reservoir->first_us, reservoir->last_us);
    struct matrix_view columns;
    void *block = NULL;
    enum hg_rc rc = make_view(reservoir, &columns, &block, reterr);
    if (rc != HG_OK)
        return rc;
    enum column_kind kinds[HG_FEATURE_COUNT];
    struct submodel_settings settings = {.seed = hg_mix64(trainer->settings.seed ^ (kind + 1)), .detector = trainer->settings.detector,
                                         .contamination = submodel->trained_on == TRAINED_ON_NORMAL ? 0 : HG_CONTAMINATION,
                                         .with_clock = reservoir->n_days == CLOCK_DAYS, .rows_min = HG_TRAIN_ROWS_MIN,
                                         .kinds = feature_kinds(kinds)};
    struct rows_view view = {HG_FEATURE_COUNT, columns.numbers, columns.codes};
    rc = submodel_fit(&view, reservoir->n, &settings, submodel, reterr);
    free(block);
    return rc;
}

enum hg_rc hg_trainer_fit(const struct hg_trainer *trainer, struct hg_model **ret, struct hg_err *reterr)
{
    if (!hg_trainer_ready(trainer))
        return hg_fail(reterr, HG_ESTATE, "no kind of event has %u rows to learn from", HG_TRAIN_ROWS_MIN);
    struct hg_model *model;
    enum hg_rc rc = model_create(&model, reterr);
    if (rc != HG_OK)
        return rc;
    model->seed = trainer->settings.seed;
    for (size_t kind = 0; rc == HG_OK && kind < HG_SUB_COUNT; kind++)
        rc = fit_kind(trainer, kind, model, reterr);
    if (rc == HG_OK)
        rc = model_take_digest(model, reterr);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return rc;
    }
    *ret = model;
    return HG_OK;
}
