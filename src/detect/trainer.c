#include "detect/training.h"

#include <stdlib.h>

/* Collects training rows: each sub-model has two reservoirs, by what is known of the rows. */
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
    for (uint64_t i = 0; i < HG_SUB_COUNT; i++)
        for (uint64_t k = 0; k < STREAMS; k++)
            reservoir_init(&trainer->reservoirs[i][k], HG_TRAIN_ROWS_KEPT, 0, hg_mix64(settings->seed) + i * STREAMS + k);
    *ret = trainer;
    return HG_OK;
}

void hg_trainer_destroy(struct hg_trainer *trainer)
{
    if (trainer == NULL)
        return;
    for (size_t i = 0; i < HG_SUB_COUNT; i++)
        for (size_t s = 0; s < STREAMS; s++)
            reservoir_free(&trainer->reservoirs[i][s]);
    free(trainer);
}

bool hg_trainer_takes(const struct hg_event *event)
{
    return hg_submodel_is_honeypot(hg_submodel_of(event)) || event->label != HG_LABEL_ATTACK;
}

/* NULL where the row must not be learnt from. */
static struct reservoir *reservoir_of(struct hg_trainer *trainer, const struct hg_event *event)
{
    enum hg_submodel_kind kind = hg_submodel_of(event);
    if (hg_submodel_is_honeypot(kind))
        return &trainer->reservoirs[kind][STREAM_OTHER];
    if (!hg_trainer_takes(event) && !trainer->settings.all)
        return NULL;
    return &trainer->reservoirs[kind][event->label == HG_LABEL_NORMAL && !trainer->settings.all ? STREAM_NORMAL : STREAM_OTHER];
}

enum hg_rc hg_trainer_add(struct hg_trainer *trainer, const struct hg_event *const *events, size_t n,
                          const struct hg_matrix *matrix, struct hg_err *reterr)
{
    for (size_t i = 0; i < n; i++) {
        struct reservoir *reservoir = reservoir_of(trainer, events[i]);
        if (reservoir == NULL)
            continue;
        struct train_row *row;
        int64_t time_us = hg_event_has(events[i], HG_FIELD_event_time) ? events[i]->time_us : HG_TIME_NONE;
        enum hg_rc rc = reservoir_offer(reservoir, HG_TIME_NONE, time_us, &row, reterr);
        if (rc != HG_OK)
            return rc;
        if (row == NULL)
            continue;
        *row = (struct train_row){.source = 0};
        hg_matrix_get_row(matrix, i, &row->features);
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

static enum hg_rc fit_kind(const struct hg_trainer *trainer, size_t kind, struct hg_model *model, struct hg_err *reterr)
{
    int stream = stream_of(trainer, kind);
    const struct reservoir *reservoir = &trainer->reservoirs[kind][stream];
    struct training training = {.rows = reservoir->rows, .n = reservoir->n, .seen = reservoir->seen, .period = &reservoir->period,
                                .trained_on = trainer->settings.all ? TRAINED_ON_ALL : stream_is_trained_on(kind, stream),
                                .seed = trainer->settings.seed, .detector = trainer->settings.detector};
    return training_fit(&training, kind, model, reterr);
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
