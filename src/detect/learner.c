/* Which rows stay, and when a refit is due: see learner.h. */
#include "detect/learner_priv.h"

#include "base/grow.h"

#include <math.h>
#include <stdlib.h>

enum hg_rc hg_learner_create(const struct hg_learn_settings *settings, struct hg_learner **ret, struct hg_err *reterr)
{
    struct hg_learner *learner = calloc(1, sizeof *learner);
    if (learner != NULL)
        learner->changed.marked = calloc(RESERVOIRS * HG_RESERVOIR_ROWS / 64, sizeof *learner->changed.marked);
    if (learner == NULL || learner->changed.marked == NULL) {
        free(learner);
        return hg_fail(reterr, HG_ENOMEM, "no memory to learn while running");
    }
    learner->settings = *settings;
    if (settings->detector == NULL)
        learner->settings.detector = hg_detector_default();
    for (size_t i = 0; i < RESERVOIRS; i++)
        reservoir_init(&learner->reservoirs[i], HG_RESERVOIR_ROWS, i % AGES == AGE_LONG ? 0 : (double)HG_RECENT_HALF_LIFE,
                       hg_mix64(settings->seed ^ 0x6c6561726e) + i);
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        drift_init(&learner->drifts[kind], hg_submodel_name((enum hg_submodel_kind)kind));
    learner->refit_us = HG_TIME_NONE;
    *ret = learner;
    return HG_OK;
}

void hg_learner_destroy(struct hg_learner *learner)
{
    if (learner == NULL)
        return;
    for (size_t i = 0; i < RESERVOIRS; i++)
        reservoir_free(&learner->reservoirs[i]);
    for (size_t i = 1; i <= learner->n_names; i++)
        free(learner->names[i]);
    free(learner->changed.slots);
    free(learner->changed.marked);
    free(learner->hours);
    free(learner);
}

uint16_t hg_learner_source(struct hg_learner *learner, struct hg_slice name)
{
    for (uint16_t i = 1; i <= learner->n_names; i++)
        if (hg_slice_is(name, learner->names[i]))
            return i;
    char *copy = learner->n_names < HG_LEARN_SOURCES && name.len > 0 && memchr(name.p, '\0', name.len) == NULL ? malloc(name.len + 1) : NULL;
    if (copy == NULL)
        return 0;
    memcpy(copy, name.p, name.len);
    copy[name.len] = '\0';
    learner->names[++learner->n_names] = copy;
    return learner->n_names;
}

/* ---- which rows stay */

enum admission { KEPT_OUT, EDGE, CORE };

static enum admission admit_alarm(struct hg_learner *learner, size_t kind)
{
    if (learner->credit[kind] < 1)
        return KEPT_OUT;
    learner->credit[kind] -= 1;
    return EDGE;
}

static enum admission admit(struct hg_learner *learner, size_t kind, const struct hg_judged_event *judged)
{
    const struct hg_score *score = judged->score;
    if (!hg_submodel_is_honeypot(kind) && (judged->event->label == HG_LABEL_ATTACK || score->finding.rule != HG_RULE_NONE))
        return KEPT_OUT;
    if (score->state != HG_SCORED)
        return CORE;
    double least = judged->rate * HG_REFERENCE_SHARE > HG_REFERENCE_P ? judged->rate * HG_REFERENCE_SHARE : HG_REFERENCE_P;
    if (judged->reference_p < least && !learner->settings.without_reference)
        return KEPT_OUT;
    if (score->p > HG_CORE_P)
        return CORE;
    if (learner->settings.ungated_edge)
        return KEPT_OUT;
    return score->p < judged->rate ? admit_alarm(learner, kind) : EDGE;
}

static enum hg_rc mark_changed(struct hg_learner *learner, uint32_t slot, struct hg_err *reterr)
{
    struct changed_rows *changed = &learner->changed;
    if ((changed->marked[slot / 64] >> slot % 64 & 1) != 0)
        return HG_OK;
    uint32_t *slots = hg_grow(changed->slots, changed->n, &changed->cap, sizeof *slots);
    if (slots == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the rows of a commit");
    changed->slots = slots;
    changed->slots[changed->n++] = slot;
    changed->marked[slot / 64] |= UINT64_C(1) << slot % 64;
    return HG_OK;
}

/* True in *ret_taken: the row has its place. */
static enum hg_rc offer(struct hg_learner *learner, struct reservoir *reservoir, const struct hg_judged_event *judged,
                        const struct hg_matrix *matrix, size_t row, bool edge, bool *ret_taken, struct hg_err *reterr)
{
    struct train_row *place;
    int64_t time_us = hg_event_has(judged->event, HG_FIELD_event_time) ? judged->event->time_us : HG_TIME_NONE;
    enum hg_rc rc = reservoir_offer(reservoir, judged->clock_us, time_us, &place, reterr);
    *ret_taken = rc == HG_OK && place != NULL;
    if (!*ret_taken)
        return rc;
    hg_matrix_get_row(matrix, row, &place->features);
    place->source = judged->source;
    place->edge = edge;
    return mark_changed(learner, (uint32_t)((size_t)(reservoir - learner->reservoirs) * HG_RESERVOIR_ROWS + (size_t)(place - reservoir->rows)), reterr);
}

static enum hg_rc keep(struct hg_learner *learner, size_t kind, const struct hg_judged_event *judged, const struct hg_matrix *matrix, size_t row,
                       bool edge, struct hg_err *reterr)
{
    bool taken;
    int stream = judged->event->label == HG_LABEL_NORMAL && !hg_submodel_is_honeypot(kind) ? STREAM_NORMAL : STREAM_OTHER;
    learner->offered++;
    enum hg_rc rc = offer(learner, &learner->reservoirs[reservoir_of(kind, stream, AGE_LONG)], judged, matrix, row, edge, &taken, reterr);
    if (rc == HG_OK && !taken)
        rc = offer(learner, &learner->reservoirs[reservoir_of(kind, stream, AGE_RECENT)], judged, matrix, row, edge, &taken, reterr);
    return rc;
}

/* ---- what is counted beside */

static void diverge(struct hg_learner *learner, const struct hg_judged_event *judged)
{
    struct hg_divergence *divergence = &learner->divergences[judged->source];
    double now = judged->score->p, then = judged->reference_p;
    bool alarms_now = now < judged->rate, alarmed_then = then < judged->rate;
    divergence->events++;
    divergence->apart += (alarms_now || alarmed_then) && (now > HG_DIVERGENCE_FACTOR * then || then > HG_DIVERGENCE_FACTOR * now);
    divergence->now_ordinary += alarmed_then && !alarms_now;
    divergence->now_alarm += alarms_now && !alarmed_then;
}

static enum hg_rc reserve_hours(struct hg_learner *learner, struct hg_err *reterr)
{
    size_t most = learner->n_hours + HG_SUB_COUNT + 1;
    if (most <= learner->cap_hours)
        return HG_OK;
    struct hg_drift_hour *hours = realloc(learner->hours, 2 * most * sizeof *hours);
    if (hours == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the drift of a commit");
    learner->hours = hours;
    learner->cap_hours = 2 * most;
    return HG_OK;
}

static enum hg_rc watch(struct hg_learner *learner, size_t kind, const struct hg_judged_event *judged, struct hg_err *reterr)
{
    if (judged->clock_us == HG_TIME_NONE || (!hg_submodel_is_honeypot(kind) && judged->event->label == HG_LABEL_ATTACK))
        return HG_OK;
    enum hg_rc rc = reserve_hours(learner, reterr);
    if (rc == HG_OK)
        learner->n_hours += drift_add(&learner->drifts[kind], judged->clock_us, judged->score->p, &learner->hours[learner->n_hours]);
    return rc;
}

enum hg_rc hg_learner_see(struct hg_learner *learner, const struct hg_judged_event *judged, const struct hg_matrix *matrix, size_t row,
                          struct hg_err *reterr)
{
    size_t kind = hg_submodel_of(judged->event);
    learner->events++;
    if (learner->refit_us == HG_TIME_NONE)
        learner->refit_us = judged->clock_us;
    if (judged->score->state == HG_SCORED) {
        learner->credit[kind] += judged->rate;
        if (learner->credit[kind] > HG_CREDIT_MAX)
            learner->credit[kind] = HG_CREDIT_MAX;
        if (!judged->is_reference && !isnan(judged->reference_p))
            diverge(learner, judged);
        enum hg_rc rc = watch(learner, kind, judged, reterr);
        if (rc != HG_OK)
            return rc;
    }
    enum admission admission = admit(learner, kind, judged);
    return admission == KEPT_OUT ? HG_OK : keep(learner, kind, judged, matrix, row, admission == EDGE, reterr);
}

/* ---- when */

bool hg_model_may_be_reference(const struct hg_model *model)
{
    struct hg_model_origin origin = hg_model_origin(model);
    return origin.from_us != HG_TIME_NONE && origin.to_us - origin.from_us >= HG_REFERENCE_SPAN;
}

void hg_learner_in_force(struct hg_learner *learner, const struct hg_model *model, enum hg_learn_reason reason)
{
    learner->model = hg_model_digest(model);
    learner->young = !hg_model_may_be_reference(model);
    if (reason == HG_LEARN_LATE) /* the other kinds' models are what they were */
        return;
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        drift_restart(&learner->drifts[kind]);
    memset(learner->divergences, 0, sizeof learner->divergences);
    if (reason != HG_LEARN_FIRST && reason != HG_LEARN_GIVEN && reason != HG_LEARN_ROLLBACK)
        return;
    hg_learner_started(learner, HG_TIME_NONE); /* from the next event on */
    learner->learnt = 0;
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        learner->learnt += model->submodels[kind].seen;
}

bool hg_learner_knows(const struct hg_learner *learner, const struct hg_model *model)
{
    struct hg_id digest = hg_model_digest(model);
    return memcmp(&digest, &learner->model, sizeof digest) == 0;
}

void hg_learner_started(struct hg_learner *learner, int64_t clock_us)
{
    learner->refit_us = clock_us;
    learner->learnt = learner->offered;
    learner->events = 0;
}

static bool has_rows(const struct hg_learner *learner)
{
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        if (learner->reservoirs[reservoir_of(kind, learner_stream(learner, kind), AGE_LONG)].n >= HG_TRAIN_ROWS_MIN)
            return true;
    return false;
}

static bool drifts(const struct hg_learner *learner)
{
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        if (drift_lasts(&learner->drifts[kind]))
            return true;
    return false;
}

enum hg_learn_reason hg_learner_due(const struct hg_learner *learner, int64_t clock_us)
{
    const struct hg_learn_settings *settings = &learner->settings;
    if (settings->refit_us == 0 || learner->events < HG_REFIT_EVENTS_MIN)
        return HG_LEARN_NONE;
    int64_t passed = clock_us == HG_TIME_NONE || learner->refit_us == HG_TIME_NONE ? 0 : clock_us - learner->refit_us;
    enum hg_learn_reason reason = HG_LEARN_NONE;
    if (passed >= settings->refit_us || (settings->refit_events > 0 && learner->events >= settings->refit_events))
        reason = HG_LEARN_DUE;
    else if (learner->young && learner->offered >= HG_GROWTH * learner->learnt)
        reason = HG_LEARN_GROWTH;
    else if (passed >= settings->drift_us && drifts(learner))
        reason = HG_LEARN_DRIFT;
    return reason != HG_LEARN_NONE && has_rows(learner) ? reason : HG_LEARN_NONE;
}
