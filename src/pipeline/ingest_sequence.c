/* What happens to each event, in sequence. Runs are cut wherever it is handy: nothing here depends on where. */
#include "pipeline/ingest_canary.h"

#include <stdlib.h>

static bool is_late(const struct hg_ingest *ingest, const struct hg_event *event)
{
    int64_t clock = hg_aggregate_clock(ingest->aggregate);
    return clock != HG_TIME_NONE && event->time_us < clock - ingest->settings.lateness_us;
}

/* finding: NULL, nothing was found. */
static enum hg_rc observe(struct hg_ingest *ingest, const struct hg_event *event, struct hg_score *score, size_t row,
                          const struct hg_finding *finding, struct hg_err *reterr)
{
    static const struct hg_geo nowhere = {.state = HG_GEO_NO_ADDRESS};
    struct input_entry *entry = ingest->inputs[event->input];
    double rate;
    enum hg_rc rc = budget_judge(ingest, entry->source, event, score, &rate, reterr);
    if (rc != HG_OK)
        return rc;
    if (finding != NULL)
        hg_score_take_finding(score, event, finding);
    unsigned by = hg_anomalous(event, score, ingest->settings.ignore_labels);
    bool late = is_late(ingest, event);
    struct hg_geo geo = nowhere;
    struct hg_observation observation = {.event = event, .score = score, .geo = &geo, .sequence = ++ingest->sequence,
                                         .source = {entry->identity_text, HG_ID_TEXT_BYTES}};
    if (score->state == HG_SCORED)
        observation.model = hg_model_digest(ingest->model);
    if (by != 0) {
        if ((by & HG_BY_SCORE) != 0 && score->state == HG_SCORED)
            hg_model_explain(ingest->model, ingest->scratch, event, row, &ingest->matrix, score);
        if (hg_event_has(event, HG_FIELD_source_ip))
            hg_locate(ingest->locator, &event->source_ip, &geo);
        observation.reason_key = hg_reason_key(event, score);
        observation.grouping = hg_reason_grouping(event, score);
    }
    struct hg_id alert;
    rc = hg_aggregate_add(ingest->aggregate, &observation, ingest->now_us, &alert, reterr);
    if (rc == HG_OK)
        rc = budget_count(ingest, entry->source, event, score, rate, &alert, reterr);
    if (rc == HG_OK)
        rc = pending_add(ingest, event, row, score, by, late, &alert, by != 0 ? &geo : NULL, reterr);
    if (rc == HG_OK)
        rc = refit_observe(ingest, entry->source, event, score, row, rate, reterr);
    if (rc == HG_OK)
        rc = canaries_see(ingest, entry->source, event, reterr);
    if (late) {
        ingest->n_late++;
        entry->state.counts.late++;
        entry->dirty = true;
    }
    return rc;
}

enum hg_rc score_run(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, bool in_sample, struct hg_err *reterr)
{
    struct hg_score scores[RUN_EVENTS];
    struct hg_finding findings[RUN_EVENTS];
    enum hg_rc rc = hg_matrix_reserve(&ingest->matrix, n, reterr);
    if (rc != HG_OK)
        return rc;
    const struct hg_event *const *rows = (const struct hg_event *const *)events;
    size_t n_findings = hg_behave_run(ingest->behave, rows, n, &ingest->matrix, findings), next = 0;
    hg_features(&ingest->settings.features, rows, n, &ingest->matrix);
    if (ingest->model != NULL)
        hg_model_score(ingest->model, ingest->scratch, rows, n, &ingest->matrix, scores);
    refit_score(ingest, rows, n);
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        if (ingest->model == NULL)
            scores[i] = (struct hg_score){.state = HG_NO_SUBMODEL};
        scores[i].learned_in_sample = in_sample;
        bool found = next < n_findings && findings[next].row == i;
        rc = observe(ingest, events[i], &scores[i], i, found ? &findings[next] : NULL, reterr);
        next += found;
    }
    return rc;
}

static enum hg_rc score_live(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    while (n > 0) {
        enum hg_submodel_kind kind;
        size_t m;
        enum hg_rc rc = refit_take_effect(ingest, n, &m, reterr);
        if (rc != HG_OK)
            return rc;
        m = until_late_fit(ingest, events, m, &kind);
        rc = score_run(ingest, events, m, false, reterr);
        if (rc == HG_OK)
            rc = collect_late(ingest, events, m, reterr);
        if (rc == HG_OK && kind != HG_SUB_COUNT)
            rc = fit_late(ingest, kind, reterr);
        if (rc != HG_OK)
            return rc;
        events += m;
        n -= m;
    }
    return HG_OK;
}

enum hg_rc feed(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    if (ingest->model != NULL)
        return score_live(ingest, events, n, reterr);
    HG_ASSERT(n == 1); /* learning may end with any event, and then what was taken behind it would be nowhere */
    return learn_from(ingest, events[0], reterr);
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
    state->last_arrival_us = ingest->now_us;
    entry->dirty = true;
    sources_note(ingest, entry->source, event->time_us);
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
    entry->state.last_arrival_us = ingest->now_us;
    sources_note(ingest, entry->source, HG_TIME_NONE);
    if (hg_reason_outcome(placed.reason) == HG_MALFORMED && placed.record.p != NULL)
        pending_quarantine(ingest, &placed);
}

/* Pushed records without a stream of their own get their place in their source's stream, and with it their identity, here. */
static void place(const struct unit *unit, const struct input_entry *entry, uint64_t base, struct hg_event *event)
{
    const struct hg_id *stream = unit->key.len > 0 ? &unit->key_identity : &entry->state.identity;
    event->id = hg_identity_event(stream, event->offset + (unit->key.len > 0 ? unit->push_at : base));
    event->offset += base;
}

/* True if the event is new. */
static bool take_event(struct hg_ingest *ingest, struct unit *unit, struct hg_event *event, uint64_t base)
{
    struct input_entry *entry = ingest->inputs[event->input];
    if (unit->push_input != NULL)
        place(unit, entry, base, event);
    if (inputs_take(entry, event->offset)) {
        hg_sessions_apply(ingest->sessions, event);
        account_event(ingest, entry, event);
        return true;
    }
    if (!unit->rerun) {
        hg_counts_decoded(&entry->state.counts, (enum hg_dataset)event->dataset);
        entry->state.counts.duplicates++;
        if (unit->result != NULL)
            unit->result->counts.duplicates++;
        entry->dirty = true;
    }
    return false;
}

/* A quarantined record that decodes now: it was read and counted before, and moves from malformed to decoded. */
static enum hg_rc take_retried(struct hg_ingest *ingest, const struct hg_quarantine_row *row, struct hg_event *event, struct hg_err *reterr)
{
    struct input_entry *entry = ingest->inputs[event->input];
    struct hg_counts *malformed = &ingest->inputs[row->input]->state.counts;
    malformed->read--;
    malformed->malformed--;
    malformed->reasons[row->reason]--;
    ingest->inputs[row->input]->dirty = true;
    hg_sessions_apply(ingest->sessions, event);
    account_event(ingest, entry, event);
    return pending_release(ingest, row->number, reterr);
}

/* Commits come here, before anything of a run is taken, and never within one: see ingest_priv.h. */
static enum hg_rc make_room(struct hg_ingest *ingest, struct hg_err *reterr)
{
    bool full = ingest->model == NULL && learning_is_full(ingest); /* and nothing in it can be learnt from */
    bool room = ingest->pending.n < HG_COMMIT_EVENTS && ingest->pending.n_quarantined < HG_QUARANTINE_MAX &&
                hg_aggregate_has_room(ingest->aggregate, RUN_EVENTS);
    if (!full && room)
        return HG_OK;
    return full ? release_held(ingest, reterr) : commit_pending(ingest, reterr);
}

static enum hg_rc take_records(struct hg_ingest *ingest, struct unit *unit, struct hg_err *reterr)
{
    struct hg_event *run[RUN_EVENTS];
    struct progress *at = &unit->progress;
    size_t n_run = 0;
    for (;;) {
        bool end = at->events >= unit->n_events;
        enum hg_rc rc = n_run == 0 && !end ? make_room(ingest, reterr) : HG_OK;
        for (; rc == HG_OK && at->rejects < unit->n_rejects && unit->rejects[at->rejects].events_before <= at->events; at->rejects++)
            take_reject(ingest, &unit->rejects[at->rejects], at->base);
        bool taken = rc == HG_OK && !end;
        if (taken && unit->retried != NULL)
            rc = take_retried(ingest, &unit->retried[at->events], unit->events[at->events], reterr);
        else if (taken)
            taken = take_event(ingest, unit, unit->events[at->events], at->base);
        if (taken)
            run[n_run++] = unit->events[at->events];
        at->events += !end; /* before a commit within what follows: see commit_pending */
        bool full = n_run == RUN_EVENTS || (n_run == 1 && ingest->model == NULL);
        if (rc == HG_OK && n_run > 0 && (full || end)) {
            rc = feed(ingest, run, n_run, reterr);
            n_run = 0;
        }
        if (rc != HG_OK || end)
            return rc;
    }
}

/* An idempotent push was answered before, or a part of it is in an earlier commit: then what is taken already is passed over. */
static enum hg_rc look_up(struct hg_ingest *ingest, struct unit *unit, bool *ret_known, struct hg_err *reterr)
{
    struct progress stored = {0};
    struct progress *at = &unit->progress;
    enum hg_rc rc = answer_before(ingest, unit, &stored, ret_known, reterr);
    if (rc != HG_OK || *ret_known)
        return rc;
    uint64_t events = stored.events > unit->first_event ? stored.events - unit->first_event : 0;
    uint64_t rejects = stored.rejects > unit->first_reject ? stored.rejects - unit->first_reject : 0;
    at->events = events < unit->n_events ? events : unit->n_events;
    at->rejects = rejects < unit->n_rejects ? rejects : unit->n_rejects;
    if (events + rejects > 0)
        at->base = stored.base;
    at->late = stored.late > at->late ? stored.late : at->late;
    *ret_known = !unit->last && unit->n_events + unit->n_rejects > 0 && events >= unit->n_events && rejects >= unit->n_rejects;
    return HG_OK;
}

enum hg_rc sequence_unit(struct hg_ingest *ingest, struct unit *unit, struct hg_err *reterr)
{
    bool known = false;
    unit->n_late = ingest->n_late;
    unit->progress = (struct progress){.base = unit->push_input == NULL ? 0 : unit->push_input->state.next_offset,
                                       .late = unit->result == NULL ? 0 : unit->result->counts.late};
    enum hg_rc rc = unit->key.len > 0 ? look_up(ingest, unit, &known, reterr) : HG_OK;
    if (rc != HG_OK || known)
        return rc;
    ingest->unit = unit;
    rc = take_records(ingest, unit, reterr);
    ingest->unit = NULL;
    if (rc != HG_OK)
        return rc;
    if (unit->push_input != NULL && unit->progress.base + unit->push_bytes > unit->push_input->state.next_offset)
        inputs_move(unit->push_input, unit->progress.base + unit->push_bytes);
    for (size_t i = 0; i < unit->n_marks && rc == HG_OK; i++)
        rc = pending_mark(ingest, &unit->marks[i], reterr);
    if (rc == HG_OK && unit->result != NULL) {
        unit->result->sequence = ingest->sequence;
        unit->result->counts.late = unit->progress.late + ingest->n_late - unit->n_late;
    }
    if (rc == HG_OK && unit->key.len > 0)
        rc = answer_keep(ingest, unit, unit->last, reterr);
    if (ingest->model == NULL)
        show_learning(ingest);
    sources_publish(ingest, unit->live);
    return rc;
}
