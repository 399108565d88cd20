#include "pipeline/ingest_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum hg_rc pending_add(struct hg_ingest *ingest, const struct hg_event *event, const struct hg_score *score, unsigned by,
                       const struct hg_id *alert, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
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
    p->events[p->n++] = (struct hg_stored_event){.sequence = ingest->sequence, .event = event, .by = by, .alert = *alert};
    return HG_OK;
}

void pending_quarantine(struct hg_ingest *ingest, const struct hg_reject *reject)
{
    struct pending *p = &ingest->pending;
    if (p->n_quarantined == p->cap_quarantined) {
        size_t cap = p->cap_quarantined == 0 ? 64 : p->cap_quarantined * 2;
        struct hg_quarantined *q = cap > HG_QUARANTINE_MAX ? NULL : realloc(p->quarantined, cap * sizeof *q);
        if (q == NULL)
            return; /* the account counts it all the same */
        p->quarantined = q;
        p->cap_quarantined = cap;
    }
    p->quarantined[p->n_quarantined++] = (struct hg_quarantined){
        .input = reject->input, .offset = reject->offset, .reason = reject->reason, .record = reject->record};
}

void pending_free(struct hg_ingest *ingest)
{
    free(ingest->pending.events);
    free(ingest->pending.scores);
    free(ingest->pending.quarantined);
}

static size_t dirty_inputs(struct hg_ingest *ingest, struct hg_input_state **ret)
{
    size_t n = 0;
    pthread_mutex_lock(&ingest->inputs_lock);
    struct hg_input_state *states = calloc(ingest->n_inputs + 1, sizeof *states);
    for (size_t i = 0; states != NULL && i < ingest->n_inputs; i++) {
        if (ingest->inputs[i]->dirty)
            states[n++] = ingest->inputs[i]->state;
        ingest->inputs[i]->dirty = false; /* a commit is retried until it is made */
    }
    pthread_mutex_unlock(&ingest->inputs_lock);
    *ret = states;
    return n;
}

static void committed(struct hg_ingest *ingest)
{
    ingest_count_rate(ingest, ingest->pending.n);
    hg_aggregate_committed(ingest->aggregate);
    ingest->pending.n = ingest->pending.n_quarantined = 0;
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

enum hg_rc commit_pending(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    struct hg_rollup_delta delta;
    struct hg_input_state *inputs;
    size_t n_inputs = dirty_inputs(ingest, &inputs);
    if (inputs == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the inputs of a commit");
    if (p->n == 0 && p->n_quarantined == 0 && n_inputs == 0) {
        free(inputs);
        return HG_OK;
    }
    for (size_t i = 0; i < p->n; i++)
        p->events[i].score = &p->scores[i];
    hg_aggregate_delta(ingest->aggregate, &delta);
    struct hg_commit commit = {.sequence = ingest->sequence, .events = p->events, .n_events = p->n, .delta = &delta,
                               .inputs = inputs, .n_inputs = n_inputs, .quarantined = p->quarantined, .n_quarantined = p->n_quarantined};
    struct hg_err err;
    enum hg_rc rc;
    while ((rc = hg_store_commit(ingest->store, &commit, &err)) != HG_OK)
        if (stalled(ingest, &err))
            break;
    free(inputs);
    if (rc != HG_OK) {
        if (reterr != NULL)
            *reterr = err;
        return rc;
    }
    committed(ingest);
    pthread_mutex_lock(&ingest->lock);
    ingest->status.state = HG_RUN_LIVE;
    ingest->status.trouble[0] = '\0';
    ingest->status.sequence = ingest->sequence;
    ingest->status.clock_us = hg_aggregate_clock(ingest->aggregate);
    pthread_mutex_unlock(&ingest->lock);
    if (ingest->settings.notify != NULL)
        ingest->settings.notify(ingest->settings.notify_self, ingest->sequence);
    return HG_OK;
}
