#include "base/grow.h"
#include "pipeline/ingest_canary.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What the event's score was made of, where it is an alarm: to be explained later. NULL: not kept. */
static enum hg_rc keep_features(struct hg_ingest *ingest, size_t row, const struct hg_score *score, const struct hg_feature_row **ret,
                                struct hg_err *reterr)
{
    *ret = NULL;
    if (score->state != HG_SCORED || score->severity == HG_SEVERITY_NONE)
        return HG_OK;
    struct hg_feature_row *kept = hg_arena_alloc(&ingest->pending.arena, sizeof *kept);
    if (kept == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the features of an event");
    hg_matrix_get_row(&ingest->matrix, row, kept);
    *ret = kept;
    return HG_OK;
}

enum hg_rc pending_add(struct hg_ingest *ingest, const struct hg_event *event, size_t row, const struct hg_score *score, unsigned by, bool late,
                       const struct hg_id *alert, const struct hg_geo *geo, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    const struct hg_feature_row *features;
    enum hg_rc rc = keep_features(ingest, row, score, &features, reterr);
    if (rc != HG_OK)
        return rc;
    struct hg_geo *place = geo == NULL ? NULL : hg_arena_alloc(&p->arena, sizeof *place);
    if (geo != NULL && place == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for where an event came from");
    if (geo != NULL)
        *place = *geo;
    if (p->n == p->cap) {
        size_t cap = p->cap == 0 ? 4096 : p->cap * 2;
        struct hg_stored_event *events = realloc(p->events, cap * sizeof *events);
        if (events != NULL)
            p->events = events;
        struct hg_score *scores = realloc(p->scores, cap * sizeof *scores);
        if (scores != NULL)
            p->scores = scores;
        if (events == NULL || scores == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for %zu events of a commit", cap);
        p->cap = cap;
    }
    p->scores[p->n] = *score;
    p->events[p->n++] = (struct hg_stored_event){.sequence = ingest->sequence, .event = event, .features = features, .by = by, .alert = *alert, .late = late, .geo = place};
    return HG_OK;
}

void pending_quarantine(struct hg_ingest *ingest, const struct hg_reject *reject)
{
    struct pending *p = &ingest->pending;
    struct hg_quarantined *rows = hg_grow(p->quarantined, p->n_quarantined, &p->cap_quarantined, sizeof *rows);
    if (rows == NULL)
        return; /* the account counts it all the same */
    p->quarantined = rows;
    p->quarantined[p->n_quarantined++] = (struct hg_quarantined){
        .input = reject->input, .offset = reject->offset, .reason = reject->reason, .record = reject->record};
}

enum hg_rc pending_release(struct hg_ingest *ingest, uint64_t number, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    uint64_t *numbers = hg_grow(p->released, p->n_released, &p->cap_released, sizeof *numbers);
    if (numbers == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to release quarantined records");
    p->released = numbers;
    p->released[p->n_released++] = number;
    return HG_OK;
}

enum hg_rc pending_late_row(struct hg_ingest *ingest, enum hg_submodel_kind kind, struct hg_slice bytes, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    struct hg_slice copy = hg_arena_copy(&p->arena, bytes);
    struct hg_journaled *rows = hg_grow(p->late_rows, p->n_late_rows, &p->cap_late_rows, sizeof *rows);
    if (rows != NULL)
        p->late_rows = rows;
    if (copy.p == NULL || rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for rows to learn from");
    p->late_rows[p->n_late_rows++] = (struct hg_journaled){.number = ++ingest->journal_number, .kind = 1 + (uint32_t)kind, .bytes = copy};
    return HG_OK;
}

void pending_late_done(struct hg_ingest *ingest, enum hg_submodel_kind kind)
{
    struct pending *p = &ingest->pending;
    p->done[p->n_done++] = (struct hg_journal_done){.kind = 1 + (uint32_t)kind, .number = ingest->journal_number};
}

enum hg_rc pending_mark(struct hg_ingest *ingest, const struct hg_source_mark *mark, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    struct hg_source_mark *marks = hg_grow(p->marks, p->n_marks, &p->cap_marks, sizeof *marks);
    if (marks == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the marks of sources");
    p->marks = marks;
    p->marks[p->n_marks++] = *mark;
    return HG_OK;
}

void pending_free(struct hg_ingest *ingest)
{
    struct pending *p = &ingest->pending;
    free(p->events);
    free(p->scores);
    free(p->quarantined);
    free(p->released);
    free(p->late_rows);
    free(p->marks);
    hg_arena_free(&p->arena);
}

/* ---- the parts of a commit that are gathered when it is made; all live in the pending arena */

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "no memory for a commit");
}

static enum hg_rc put_inputs(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->inputs_lock);
    size_t n_dirty = 0, n = 0;
    for (size_t i = 0; i < ingest->n_inputs; i++)
        n_dirty += ingest->inputs[i]->dirty;
    struct hg_input_state *states = hg_arena_alloc(&ingest->pending.arena, (n_dirty + 1) * sizeof *states);
    for (size_t i = 0; states != NULL && i < ingest->n_inputs; i++) {
        if (ingest->inputs[i]->dirty)
            states[n++] = ingest->inputs[i]->state;
        ingest->inputs[i]->dirty = false; /* a commit is retried until it is made */
    }
    pthread_mutex_unlock(&ingest->inputs_lock);
    commit->inputs = states;
    commit->n_inputs = n;
    return states == NULL ? no_memory(reterr) : HG_OK;
}

/* Held events that are not in the journal yet; of those in it that had their effect since, that they had. */
static enum hg_rc put_journal(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    const struct learning *l = &ingest->learning;
    size_t first = l->n_journaled > l->n_released ? l->n_journaled : l->n_released, n = 0;
    struct hg_journaled *rows = hg_arena_alloc(&p->arena, (l->n - first + p->n_late_rows + 1) * sizeof *rows);
    if (rows == NULL)
        return no_memory(reterr);
    for (size_t i = first; i < l->n; i++) {
        const struct hg_event *event = &l->events[i];
        rows[n++] = (struct hg_journaled){.number = l->first_number + i, .input = event->input, .offset = event->offset, .id = event->id,
                                          .bytes = event->record};
    }
    for (size_t i = 0; i < p->n_late_rows; i++)
        rows[n++] = p->late_rows[i];
    if (l->n_released > 0 && l->n_journaled > 0)
        p->done[p->n_done++] = (struct hg_journal_done){.kind = 0, .number = l->first_number + l->n_released - 1};
    commit->journaled = rows;
    commit->n_journaled = n;
    commit->journal_done = p->done;
    commit->n_journal_done = p->n_done;
    return HG_OK;
}

/* Sessions of events that are held go with their release: until then the journal brings them back. */
static enum hg_rc put_sessions(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    const uint32_t *slots;
    size_t n = ingest->learning.n > ingest->learning.n_released ? 0 : hg_sessions_changed(ingest->sessions, &slots);
    if (n == 0)
        return HG_OK;
    struct hg_slot_bytes *rows = hg_arena_alloc(&ingest->pending.arena, n * sizeof *rows);
    char *bytes = hg_arena_alloc(&ingest->pending.arena, n * HG_SESSION_BYTES);
    if (rows == NULL || bytes == NULL)
        return no_memory(reterr);
    for (size_t i = 0; i < n; i++, bytes += HG_SESSION_BYTES) {
        hg_sessions_put_slot(ingest->sessions, slots[i], bytes);
        rows[i] = (struct hg_slot_bytes){slots[i], {bytes, HG_SESSION_BYTES}};
    }
    commit->sessions = rows;
    commit->n_sessions = n;
    return HG_OK;
}

static enum hg_rc put_states(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    struct hg_arena *arena = &ingest->pending.arena;
    struct hg_named_bytes *states = hg_arena_alloc(arena, (3 + CANARY_STATES + SNAPSHOT_STATES + REFIT_STATES) * sizeof *states);
    char *figures = hg_arena_alloc(arena, HG_SESSIONS_BYTES);
    struct hg_buf late;
    size_t n = 0;
    if (states == NULL || figures == NULL)
        return no_memory(reterr);
    enum hg_rc rc = budget_gather(ingest, commit, &states[0], reterr);
    if (rc != HG_OK)
        return rc;
    n += states[0].bytes.p != NULL;
    if (commit->n_sessions > 0) {
        hg_sessions_put_figures(ingest->sessions, figures);
        states[n++] = (struct hg_named_bytes){"sessions", {figures, HG_SESSIONS_BYTES}};
    }
    if (ingest->late.changed) {
        hg_buf_init(&late, (size_t)64 * 1024);
        late_put(&ingest->late, &late);
        struct hg_slice copy = hg_arena_copy(arena, hg_buf_slice(&late));
        hg_buf_free(&late);
        if (copy.p == NULL)
            return no_memory(reterr);
        states[n++] = (struct hg_named_bytes){"late", copy};
    }
    rc = canaries_gather(ingest, states, &n, reterr);
    if (rc == HG_OK)
        rc = snapshot_gather(ingest, states, &n, reterr);
    if (rc == HG_OK)
        rc = refit_gather(ingest, commit, states, &n, reterr);
    commit->states = states;
    commit->n_states = n;
    return rc;
}

static enum hg_rc put_model(struct hg_ingest *ingest, struct hg_buf *bytes, struct hg_id *digest, struct hg_commit *commit, struct hg_err *reterr)
{
    if (!ingest->pending.model)
        return HG_OK;
    hg_model_serialise(ingest->model, bytes);
    if (bytes->failed)
        return hg_fail(reterr, HG_ENOMEM, "no memory to keep the model");
    *digest = hg_model_digest(ingest->model);
    commit->model_digest = digest;
    commit->model = hg_buf_slice(bytes);
    return HG_OK;
}

static void put_pending(struct hg_ingest *ingest, struct hg_commit *commit)
{
    struct pending *p = &ingest->pending;
    for (size_t i = 0; i < p->n; i++)
        p->events[i].score = &p->scores[i];
    commit->sequence = ingest->sequence;
    commit->settled = ingest->snapshot.sequence;
    commit->events = p->events;
    commit->n_events = p->n;
    commit->quarantined = p->quarantined;
    commit->n_quarantined = p->n_quarantined;
    commit->released = p->released;
    commit->n_released = p->n_released;
    commit->answers = p->answers;
    commit->n_answers = p->n_answers;
    commit->marks = p->marks;
    commit->n_marks = p->n_marks;
}

static bool is_empty(const struct hg_commit *c)
{
    return c->n_events + c->n_inputs + c->n_quarantined + c->n_released + c->n_journaled + c->n_journal_done + c->n_sessions + c->n_states +
               c->n_answers + c->n_marks + c->n_models ==
               0 &&
           c->model_digest == NULL;
}

/* ---- a commit */

static void committed(struct hg_ingest *ingest, const struct hg_commit *commit)
{
    struct pending *p = &ingest->pending;
    pthread_mutex_lock(&ingest->lock);
    rate_add(&ingest->rate, p->n, hg_time_monotonic_us());
    pthread_mutex_unlock(&ingest->lock);
    hg_aggregate_committed(ingest->aggregate);
    if (commit->n_sessions > 0)
        hg_sessions_saved(ingest->sessions);
    budget_committed(ingest);
    canaries_committed(ingest);
    snapshot_committed(ingest);
    refit_committed(ingest);
    ingest->late.changed = false;
    ingest->learning.n_journaled = ingest->learning.n;
    p->n = p->n_quarantined = p->n_released = p->n_late_rows = p->n_done = p->n_answers = p->n_marks = 0;
    p->model = false;
}

/* The store can't be written: the page says so, nothing further is taken in, and it is tried again until there is room. */
static bool stalled(struct hg_ingest *ingest, const struct hg_err *err)
{
    pthread_mutex_lock(&ingest->lock);
    if (ingest->status.state != HG_RUN_STALLED)
        fprintf(stderr, "honeyguide: %s; trying again every second, nothing is taken in meanwhile\n", err->msg);
    ingest->status.state = HG_RUN_STALLED;
    snprintf(ingest->status.trouble, sizeof ingest->status.trouble, "%s", err->msg);
    bool stopping = ingest->stopping;
    pthread_mutex_unlock(&ingest->lock);
    if (!stopping)
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    return stopping;
}

static void show_committed(struct hg_ingest *ingest)
{
    pthread_mutex_lock(&ingest->lock);
    ingest->status.state = ingest->model == NULL && ingest->learning.n > 0 ? HG_RUN_LEARNING : HG_RUN_LIVE;
    ingest->status.trouble[0] = '\0';
    ingest->status.sequence = ingest->sequence;
    ingest->status.clock_us = hg_aggregate_clock(ingest->aggregate);
    ingest->status.sessions = hg_sessions_count(ingest->sessions);
    ingest->status.sessions_evicted = hg_sessions_evicted(ingest->sessions);
    pthread_mutex_unlock(&ingest->lock);
    budget_publish(ingest);
    refit_publish(ingest);
    if (ingest->settings.notify != NULL)
        ingest->settings.notify(ingest->settings.notify_self, ingest->sequence);
}

static enum hg_rc gather(struct hg_ingest *ingest, struct hg_buf *model, struct hg_id *digest, struct hg_commit *commit, struct hg_err *reterr)
{
    put_pending(ingest, commit);
    enum hg_rc rc = put_inputs(ingest, commit, reterr);
    if (rc == HG_OK)
        rc = put_journal(ingest, commit, reterr);
    if (rc == HG_OK)
        rc = put_sessions(ingest, commit, reterr);
    if (rc == HG_OK)
        rc = put_states(ingest, commit, reterr);
    return rc == HG_OK ? put_model(ingest, model, digest, commit, reterr) : rc;
}

static enum hg_rc write_it(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    struct hg_rollup_delta delta;
    struct hg_err err;
    enum hg_rc rc;
    if (is_empty(commit))
        return HG_OK;
    hg_aggregate_delta(ingest->aggregate, &delta);
    commit->delta = &delta;
    while ((rc = hg_store_commit(ingest->store, commit, &err)) != HG_OK && !stalled(ingest, &err))
        ;
    if (rc != HG_OK) {
        *reterr = err;
        return rc;
    }
    committed(ingest, commit);
    show_committed(ingest);
    return HG_OK;
}

enum hg_rc commit_pending(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_commit commit = {0};
    struct hg_buf model;
    struct hg_id digest;
    hg_buf_init(&model, (size_t)256 * 1024 * 1024);
    enum hg_rc rc = HG_OK;
    if (ingest->unit != NULL && ingest->unit->key.len > 0) /* it holds a part of an idempotent push: how far it got belongs to it */
        rc = answer_keep(ingest, ingest->unit, false, reterr);
    if (rc == HG_OK)
        rc = gather(ingest, &model, &digest, &commit, reterr);
    if (rc == HG_OK)
        rc = write_it(ingest, &commit, reterr);
    hg_buf_free(&model);
    if (rc == HG_OK)
        hg_arena_reset(&ingest->pending.arena);
    return rc;
}
