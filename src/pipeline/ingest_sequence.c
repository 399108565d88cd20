/* What happens to each event, in sequence. Runs are cut wherever it is handy: nothing here depends on where. */
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

static enum hg_rc observe(struct hg_ingest *ingest, const struct hg_event *event, struct hg_score *score, size_t row, struct hg_err *reterr)
{
    static const struct hg_geo nowhere = {.state = HG_GEO_NO_ADDRESS};
    unsigned by = hg_anomalous(event, score, ingest->settings.ignore_labels);
    struct hg_geo geo = nowhere;
    struct hg_observation observation = {.event = event, .score = score, .geo = &geo, .sequence = ++ingest->sequence,
                                         .source = {ingest->inputs[event->input]->identity_text, HG_ID_TEXT_BYTES}};
    if (by != 0) {
        if (by & HG_BY_SCORE)
            hg_model_explain(ingest->model, ingest->scratch, event, row, &ingest->matrix, score);
        if (hg_event_has(event, HG_FIELD_source_ip))
            hg_locate(ingest->locator, &event->source_ip, &geo);
        observation.reason_key = hg_reason_key(event, score);
    }
    struct hg_id alert;
    enum hg_rc rc = hg_aggregate_add(ingest->aggregate, &observation, hg_time_now_us(), &alert, reterr);
    if (rc == HG_ENOMEM) { /* the delta is full: it goes into a commit of its own */
        ingest->sequence--;
        rc = commit_pending(ingest, reterr);
        ingest->sequence++;
        if (rc == HG_OK)
            rc = hg_aggregate_add(ingest->aggregate, &observation, hg_time_now_us(), &alert, reterr);
    }
    if (rc == HG_OK)
        rc = pending_add(ingest, event, score, by, &alert, reterr);
    return rc;
}

static enum hg_rc put_model(struct hg_ingest *ingest, struct hg_model *model, struct hg_err *reterr)
{
    struct hg_buf bytes;
    hg_buf_init(&bytes, (size_t)256 * 1024 * 1024);
    hg_model_serialise(model, &bytes);
    struct hg_id digest = hg_model_digest(model);
    enum hg_rc rc = bytes.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to keep the model")
                                 : hg_store_put_model(ingest->store, &digest, hg_buf_slice(&bytes), reterr);
    hg_buf_free(&bytes);
    pthread_mutex_lock(&ingest->model_lock);
    hg_model_destroy(ingest->model);
    ingest->model = model;
    pthread_mutex_unlock(&ingest->model_lock);
    return rc;
}

/* ---- sub-models that had too few rows when the others were learnt */

static bool is_late(const struct hg_ingest *ingest, const struct hg_event *event)
{
    return !hg_model_knows(ingest->model, hg_submodel_of(event));
}

/* How many of the events until a missing sub-model has rows enough to be tried; *ret_kind is HG_SUB_COUNT when none gets there. */
static size_t until_late_fit(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, enum hg_submodel_kind *ret_kind)
{
    *ret_kind = HG_SUB_COUNT;
    for (size_t i = 0; i < n; i++) {
        enum hg_submodel_kind kind = hg_submodel_of(events[i]);
        if (hg_model_knows(ingest->model, kind))
            continue;
        struct late *late = &ingest->late;
        if (late->next_try[kind] == 0)
            late->next_try[kind] = HG_LATE_ROWS;
        if (++late->rows[kind] == late->next_try[kind]) {
            *ret_kind = kind;
            return i + 1;
        }
    }
    return n;
}

static enum hg_rc collect_late(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    if (ingest->late.trainer == NULL) {
        enum hg_rc rc = hg_trainer_create(ingest->settings.seed, &ingest->late.trainer, reterr);
        if (rc != HG_OK)
            return rc;
    }
    const struct hg_event *rows[RUN_EVENTS];
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++)
        if (is_late(ingest, events[i]))
            rows[n_rows++] = events[i];
    if (n_rows == 0)
        return HG_OK;
    enum hg_rc rc = hg_matrix_reserve(&ingest->matrix, n_rows, reterr);
    if (rc != HG_OK)
        return rc;
    hg_features(&ingest->settings.features, rows, n_rows, &ingest->matrix);
    return hg_trainer_add(ingest->late.trainer, rows, n_rows, &ingest->matrix, reterr);
}

static enum hg_rc fit_late(struct hg_ingest *ingest, enum hg_submodel_kind kind, struct hg_err *reterr)
{
    struct hg_model *addition = NULL, *joined = NULL;
    enum hg_rc rc = hg_trainer_fit(ingest->late.trainer, &addition, reterr);
    if (rc == HG_OK && hg_model_knows(addition, kind))
        rc = hg_model_join(ingest->model, addition, kind, &joined, reterr);
    hg_model_destroy(addition);
    ingest->late.next_try[kind] *= 2; /* where it was not enough */
    if (joined != NULL)
        return put_model(ingest, joined, reterr);
    return rc == HG_ESTATE ? HG_OK : rc;
}

/* ---- scoring */

static enum hg_rc score_run(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, bool in_sample, struct hg_err *reterr)
{
    struct hg_score scores[RUN_EVENTS];
    enum hg_rc rc = hg_matrix_reserve(&ingest->matrix, n, reterr);
    if (rc != HG_OK)
        return rc;
    const struct hg_event *const *rows = (const struct hg_event *const *)events;
    hg_features(&ingest->settings.features, rows, n, &ingest->matrix);
    if (ingest->model != NULL)
        hg_model_score(ingest->model, ingest->scratch, rows, n, &ingest->matrix, scores);
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        if (ingest->model == NULL)
            scores[i] = (struct hg_score){.state = HG_NO_SUBMODEL};
        scores[i].learned_in_sample = in_sample;
        rc = observe(ingest, events[i], &scores[i], i, reterr);
    }
    return rc;
}

static enum hg_rc score_live(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    while (n > 0) {
        enum hg_submodel_kind kind;
        size_t m = until_late_fit(ingest, events, n < RUN_EVENTS ? n : RUN_EVENTS, &kind);
        enum hg_rc rc = score_run(ingest, events, m, false, reterr);
        if (rc == HG_OK)
            rc = collect_late(ingest, events, m, reterr);
        if (rc == HG_OK && kind != HG_SUB_COUNT)
            rc = fit_late(ingest, kind, reterr);
        if (rc == HG_OK && ingest->pending.n >= HG_COMMIT_EVENTS)
            rc = commit_pending(ingest, reterr);
        if (rc != HG_OK)
            return rc;
        events += m;
        n -= m;
    }
    return HG_OK;
}

/* ---- learning first */

static enum hg_rc hold(struct hg_ingest *ingest, const struct hg_event *event, struct hg_err *reterr)
{
    struct learning *l = &ingest->learning;
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? HG_LEARN_EVENTS : l->cap * 2;
        struct hg_event *events = realloc(l->events, cap * sizeof *events);
        if (events == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory to learn from %zu events", cap);
        l->events = events;
        l->cap = cap;
    }
    if (!hg_event_copy(event, &l->arena, &l->events[l->n]))
        return hg_fail(reterr, HG_ENOMEM, "no memory to learn from %zu events", l->n + 1);
    if (l->n++ == 0)
        l->first_us = l->clock_us = event->time_us;
    if (event->time_us > l->clock_us)
        l->clock_us = event->time_us;
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset) || event->label != HG_LABEL_ATTACK)
        l->usable[hg_submodel_of(event)]++;
    return HG_OK;
}

static bool learnt_enough(const struct learning *l)
{
    if (l->n < l->next_try)
        return false;
    bool usable = false;
    for (int i = 0; i < HG_SUB_COUNT; i++)
        usable = usable || l->usable[i] >= HG_TRAIN_ROWS_MIN;
    return l->n >= HG_LEARN_EVENTS || (usable && l->clock_us - l->first_us >= HG_LEARN_SPAN_US);
}

static enum hg_rc for_held(struct hg_ingest *ingest, struct hg_trainer *trainer, struct hg_err *reterr)
{
    const struct learning *l = &ingest->learning;
    for (size_t i = 0; i < l->n; i += RUN_EVENTS) {
        struct hg_event *run[RUN_EVENTS];
        size_t n = l->n - i < RUN_EVENTS ? l->n - i : RUN_EVENTS;
        for (size_t j = 0; j < n; j++)
            run[j] = &l->events[i + j];
        enum hg_rc rc;
        if (trainer == NULL) {
            rc = score_run(ingest, run, n, true, reterr);
        } else if ((rc = hg_matrix_reserve(&ingest->matrix, n, reterr)) == HG_OK) {
            hg_features(&ingest->settings.features, (const struct hg_event *const *)run, n, &ingest->matrix);
            rc = hg_trainer_add(trainer, (const struct hg_event *const *)run, n, &ingest->matrix, reterr);
        }
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

/* Fits on what is held, or sets when to try again. */
static enum hg_rc learn(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_trainer *trainer = NULL;
    struct hg_model *model = NULL;
    enum hg_rc rc = hg_trainer_create(ingest->settings.seed, &trainer, reterr);
    if (rc == HG_OK)
        rc = for_held(ingest, trainer, reterr);
    if (rc == HG_OK)
        rc = hg_trainer_fit(trainer, &model, reterr);
    hg_trainer_destroy(trainer);
    if (rc == HG_ESTATE) {
        ingest->learning.next_try = 2 * ingest->learning.n;
        return HG_OK;
    }
    return rc == HG_OK ? put_model(ingest, model, reterr) : rc;
}

/* Lets the held events through; their copies live until the commit that takes them is made. */
static enum hg_rc release_held(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct learning *l = &ingest->learning;
    enum hg_rc rc = for_held(ingest, NULL, reterr);
    if (rc == HG_OK)
        rc = commit_pending(ingest, reterr);
    free(l->events);
    hg_arena_free(&l->arena);
    struct hg_arena arena = l->arena;
    *l = (struct learning){.arena = arena};
    return rc;
}

static void show_learning(struct hg_ingest *ingest)
{
    pthread_mutex_lock(&ingest->lock);
    ingest->status.state = HG_RUN_LEARNING;
    ingest->status.learn_events = ingest->learning.n;
    ingest->status.learn_needed = HG_LEARN_EVENTS;
    ingest->status.learn_first_us = ingest->learning.first_us;
    ingest->status.learn_clock_us = ingest->learning.clock_us;
    pthread_mutex_unlock(&ingest->lock);
    if (ingest->settings.notify != NULL)
        ingest->settings.notify(ingest->settings.notify_self, ingest->sequence);
}

static enum hg_rc feed(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    size_t i = 0;
    for (; ingest->model == NULL && i < n; i++) {
        enum hg_rc rc = hold(ingest, events[i], reterr);
        if (rc == HG_OK && learnt_enough(&ingest->learning))
            rc = learn(ingest, reterr);
        if (rc == HG_OK && (ingest->model != NULL || ingest->learning.n == HG_LEARN_EVENTS_MAX))
            rc = release_held(ingest, reterr);
        if (rc != HG_OK)
            return rc;
    }
    if (ingest->model == NULL)
        show_learning(ingest);
    return score_live(ingest, events + i, n - i, reterr);
}

/* ---- units */

static void account_event(struct hg_ingest *ingest, struct input_entry *entry, struct hg_event *event)
{
    struct hg_input_state *state = &entry->state;
    hg_counts_decoded(&state->counts, (enum hg_dataset)event->dataset);
    if (state->first_event_us == HG_TIME_NONE || event->time_us < state->first_event_us)
        state->first_event_us = event->time_us;
    if (state->last_event_us == HG_TIME_NONE || event->time_us > state->last_event_us)
        state->last_event_us = event->time_us;
    entry->dirty = true;
    if (ingest->settings.ignore_labels)
        hg_event_drop_label(event);
}

static void take_reject(struct hg_ingest *ingest, const struct hg_reject *reject, uint64_t base)
{
    struct input_entry *entry = ingest->inputs[reject->input];
    struct hg_reject placed = *reject;
    placed.offset += base;
    if (!inputs_take(entry, placed.offset))
        return;
    hg_counts_rejected(&entry->state.counts, placed.reason);
    entry->dirty = true;
    if (hg_reason_outcome(placed.reason) != HG_MALFORMED)
        return;
    if (ingest->model == NULL) /* no commit before there is a model: the bytes must last longer than their unit */
        placed.record = hg_arena_copy(&ingest->learning.arena, placed.record);
    if (placed.record.p != NULL)
        pending_quarantine(ingest, &placed);
}

/* True if the event is new. Pushed records without a stream of their own get their place in their source's stream here. */
static bool take_event(struct hg_ingest *ingest, struct unit *unit, struct hg_event *event, uint64_t base)
{
    struct input_entry *entry = ingest->inputs[event->input];
    if (unit->push_input != NULL) {
        event->offset += base;
        event->id = hg_identity_event(&entry->state.identity, event->offset);
    }
    if (!unit->sessions_applied)
        hg_sessions_apply(ingest->sessions, event);
    if (inputs_take(entry, event->offset)) {
        account_event(ingest, entry, event);
        return true;
    }
    if (!unit->rerun) {
        hg_counts_decoded(&entry->state.counts, (enum hg_dataset)event->dataset);
        entry->state.counts.duplicates++;
        unit->duplicates++;
        entry->dirty = true;
    }
    return false;
}

enum hg_rc sequence_unit(struct hg_ingest *ingest, struct unit *unit, struct hg_err *reterr)
{
    struct hg_event *run[RUN_EVENTS];
    size_t n_run = 0, reject = 0;
    uint64_t base = unit->push_input == NULL ? 0 : unit->push_input->state.next_offset;
    for (size_t i = 0; i <= unit->n_events; i++) {
        for (; reject < unit->n_rejects && unit->rejects[reject].events_before <= i; reject++)
            take_reject(ingest, &unit->rejects[reject], base);
        if (i < unit->n_events && take_event(ingest, unit, unit->events[i], base))
            run[n_run++] = unit->events[i];
        if (n_run == RUN_EVENTS || (i == unit->n_events && n_run > 0)) {
            enum hg_rc rc = feed(ingest, run, n_run, reterr);
            if (rc != HG_OK)
                return rc;
            n_run = 0;
        }
    }
    if (unit->push_input != NULL)
        unit->push_input->state.next_offset = base + unit->push_bytes;
    return HG_OK;
}
