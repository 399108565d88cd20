/* What a score means: the alert budget, in sequence; and what came of it, by source and week. */
#include "base/grow.h"
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

/* A source's place in the budget; places are given by the pipeline's thread, in the order in which sources bring scored events. */
static enum hg_rc place_of(struct hg_ingest *ingest, struct source *source, uint32_t *ret, struct hg_err *reterr)
{
    struct budgeted *b = &ingest->budgeted;
    if (source->budget == 0) {
        struct source **sources = hg_grow(b->sources, b->n, &b->cap, sizeof(struct source *));
        if (sources == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for the budget of another source");
        b->sources = sources;
        enum hg_rc rc = hg_budget_add_source(b->budget, reterr);
        if (rc != HG_OK)
            return rc;
        b->sources[b->n++] = source;
        source->budget = (uint32_t)b->n;
    }
    *ret = source->budget - 1;
    return HG_OK;
}

void budget_learnt(struct hg_ingest *ingest)
{
    double events_a_day[HG_SUB_COUNT] = {0};
    if (ingest->model != NULL)
        hg_model_events_a_day(ingest->model, events_a_day);
    hg_budget_learnt(ingest->budgeted.budget, events_a_day);
}

enum hg_rc budget_judge(struct hg_ingest *ingest, struct source *source, const struct hg_event *event, struct hg_score *score, double *ret_rate,
                        struct hg_err *reterr)
{
    uint32_t place;
    *ret_rate = 0;
    score->severity = HG_SEVERITY_NONE;
    if (score->state != HG_SCORED)
        return HG_OK;
    enum hg_rc rc = place_of(ingest, source, &place, reterr);
    if (rc != HG_OK)
        return rc;
    *ret_rate = hg_budget_judge(ingest->budgeted.budget, place, hg_submodel_of(event));
    score->severity = (uint8_t)hg_severity_at(score->p, *ret_rate);
    return HG_OK;
}

enum hg_rc budget_count(struct hg_ingest *ingest, struct source *source, const struct hg_event *event, const struct hg_score *score, double rate,
                        const struct hg_id *alert, struct hg_err *reterr)
{
    int64_t clock_us = hg_aggregate_clock(ingest->aggregate);
    if (score->state != HG_SCORED || clock_us == HG_TIME_NONE) /* no clock: all that came is dated far ahead */
        return HG_OK;
    bool counts = hg_reliability_counts(event, score), alarm = counts && score->p < rate; /* what rules find is no false alarm of the model */
    hg_budget_count(ingest->budgeted.budget, source->budget - 1, clock_us, alarm);
    if (!counts)
        return HG_OK;
    struct hg_judged judged = {.time_us = event->time_us, .p = score->p, .rate = rate, .alarm = alarm,
                               .alert = alarm && memcmp(alert, &event->id, sizeof *alert) == 0};
    return hg_weeks_add(&ingest->budgeted.weeks, source->budget - 1, source->status.name, clock_us, &judged, reterr);
}

/* ---- commits */

enum hg_rc budget_gather(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_named_bytes *ret_all, struct hg_err *reterr)
{
    const struct budgeted *b = &ingest->budgeted;
    struct hg_arena *arena = &ingest->pending.arena;
    *ret_all = (struct hg_named_bytes){"budget", HG_SLICE_NONE};
    if (!hg_budget_changed(b->budget, HG_BUDGET_ALL))
        return HG_OK;
    char *all = hg_arena_alloc(arena, HG_BUDGET_ALL_BYTES);
    struct hg_named_bytes *rows = hg_arena_alloc(arena, b->n * sizeof *rows);
    size_t n = 0;
    for (uint32_t i = 0; all != NULL && rows != NULL && i < b->n; i++) {
        if (!hg_budget_changed(b->budget, i))
            continue;
        char *bytes = hg_arena_alloc(arena, HG_BUDGET_BYTES);
        if (bytes == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for a commit");
        hg_budget_put(b->budget, i, bytes);
        rows[n++] = (struct hg_named_bytes){b->sources[i]->status.name, {bytes, HG_BUDGET_BYTES}};
    }
    if (all == NULL || rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a commit");
    hg_budget_put(b->budget, HG_BUDGET_ALL, all);
    ret_all->bytes = (struct hg_slice){all, HG_BUDGET_ALL_BYTES};
    commit->budgets = rows;
    commit->n_budgets = n;
    commit->weeks = b->weeks.rows;
    commit->n_weeks = b->weeks.n;
    return HG_OK;
}

void budget_committed(struct hg_ingest *ingest)
{
    hg_budget_saved(ingest->budgeted.budget);
    hg_weeks_clear(&ingest->budgeted.weeks);
}

/* What other threads are told. */
void budget_publish(struct hg_ingest *ingest)
{
    struct hg_budget *budget = ingest->budgeted.budget;
    bool each = ingest->settings.budget.mode == HG_BUDGET_PER_SOURCE;
    pthread_mutex_lock(&ingest->sources_lock);
    for (size_t i = 0; i < ingest->n_sources; i++) {
        struct source *source = ingest->sources[i];
        struct hg_source_status *status = &source->status;
        uint32_t place = source->budget - 1;
        status->events_a_day = source->budget == 0 ? 0 : hg_budget_events_a_day(budget, place);
        status->alarms = source->budget == 0 ? 0 : hg_budget_alarms(budget, place);
        status->rate_asked = hg_budget_rate_at(&ingest->settings.budget, each ? status->events_a_day : hg_budget_events_a_day(budget, HG_BUDGET_ALL));
    }
    pthread_mutex_unlock(&ingest->sources_lock);
    pthread_mutex_lock(&ingest->lock);
    ingest->status.events_a_day = hg_budget_events_a_day(budget, HG_BUDGET_ALL);
    pthread_mutex_unlock(&ingest->lock);
}

/* ---- taking it up */

enum hg_rc budget_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_budget *budget = ingest->budgeted.budget;
    struct hg_named_bytes *rows;
    struct hg_slice all;
    size_t n;
    enum hg_rc rc = hg_store_state(ingest->store, "budget", arena, &all, reterr);
    if (rc == HG_OK)
        (void)hg_budget_take(budget, HG_BUDGET_ALL, all); /* nothing kept, or by another version: it begins anew */
    if (rc == HG_OK)
        rc = hg_store_budgets(ingest->store, arena, &rows, &n, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        struct source *source;
        uint32_t place;
        rc = sources_find(ingest, hg_slice_of(rows[i].name), "push", &source, reterr);
        if (rc == HG_OK)
            rc = place_of(ingest, source, &place, reterr);
        if (rc == HG_OK)
            (void)hg_budget_take(budget, place, rows[i].bytes);
    }
    free(rows);
    return rc;
}

/* Nothing asked: as in the run before, for instance where a quarantine is tried again between two runs. */
static enum hg_rc choose_settings(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_budget_settings *settings = &ingest->settings.budget;
    struct hg_slice kept;
    struct hg_arena arena;
    if (settings->mode == HG_BUDGET_RATE || settings->alerts_per_day > 0)
        return HG_OK;
    hg_arena_init(&arena, 4096, (size_t)64 * 1024);
    enum hg_rc rc = hg_store_state(ingest->store, "budget", &arena, &kept, reterr);
    if (rc == HG_OK && !hg_budget_kept_settings(kept, settings))
        *settings = hg_budget_default();
    hg_arena_free(&arena);
    return rc;
}

enum hg_rc budget_create(struct hg_ingest *ingest, struct hg_err *reterr)
{
    enum hg_rc rc = choose_settings(ingest, reterr);
    ingest->settings.budget.with_hints = true;
    ingest->status.budget = ingest->settings.budget;
    return rc == HG_OK ? hg_budget_create(&ingest->settings.budget, &ingest->budgeted.budget, reterr) : rc;
}

void budget_free(struct hg_ingest *ingest)
{
    hg_budget_destroy(ingest->budgeted.budget);
    hg_weeks_free(&ingest->budgeted.weeks);
    free(ingest->budgeted.sources);
}
