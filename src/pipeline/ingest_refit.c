/*
 * Learning on. Every event goes by the learner, in sequence; behind the event of sequence n a refit may be due. What it is fitted to is
 * drawn there and then, and goes into the next commit; another thread fits; the event of n + HG_REFIT_AFTER is the first that it scores,
 * and the pipeline waits where the thread isn't done. So nothing depends on how long it takes, nor on a kill between.
 */
#include "base/grow.h"
#include "pipeline/ingest_priv.h"

#include <math.h>
#include <stdlib.h>

#define TRAINING_BYTES ((size_t)256 * 1024 * 1024)
#define STATE_BYTES    ((size_t)1024 * 1024)
#define MODEL_BYTES    ((size_t)256 * 1024 * 1024)

static bool may_refit(const struct hg_ingest *ingest)
{
    return ingest->settings.refit_us > 0 && ingest->settings.model_path == NULL && !ingest->refitting.plan.paused;
}

/* ---- a refit under way */

static void *fit(void *arg)
{
    struct refitting *r = arg;
    r->rc = hg_refit(hg_buf_slice(&r->training), &r->fitted, &r->err);
    return NULL;
}

static void launch(struct refitting *r)
{
    r->fitted = NULL;
    r->rc = HG_OK;
    r->running = pthread_create(&r->thread, NULL, fit, r) == 0; /* else it is fitted when it is needed */
}

static void await(struct refitting *r)
{
    if (r->running)
        pthread_join(r->thread, NULL);
    else
        fit(r);
    r->running = false;
}

/* The plan without a refit. */
static void clear_plan(struct refitting *r)
{
    free((char *)(uintptr_t)r->plan.ledger.p);
    r->plan = (struct refit_plan){.paused = r->plan.paused};
    hg_buf_free(&r->training);
    hg_buf_init(&r->training, TRAINING_BYTES);
    r->plan_changed = r->training_changed = true;
}

static enum hg_rc keep_ledger(struct refitting *r, struct hg_slice ledger, struct hg_err *reterr)
{
    char *copy = malloc(ledger.len + 1);
    if (copy == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a refit's line in the ledger");
    if (ledger.len > 0)
        memcpy(copy, ledger.p, ledger.len);
    r->plan.ledger = (struct hg_slice){copy, ledger.len};
    return HG_OK;
}

static enum hg_rc start(struct hg_ingest *ingest, enum hg_learn_reason reason, int64_t clock_us, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    struct hg_buf ledger;
    hg_buf_init(&ledger, REFIT_LEDGER_BYTES);
    hg_learner_draw(r->learner, ingest->sequence, &r->training, &(struct hg_jsonw){.buf = &ledger});
    enum hg_rc rc = r->training.failed || ledger.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for a refit") : HG_OK;
    if (rc == HG_OK)
        rc = keep_ledger(r, hg_buf_slice(&ledger), reterr);
    hg_buf_free(&ledger);
    if (rc != HG_OK)
        return rc;
    hg_learner_started(r->learner, clock_us);
    r->plan.effective = ingest->sequence + HG_REFIT_AFTER;
    r->plan.reason = reason;
    r->plan_changed = r->training_changed = true;
    launch(r);
    return HG_OK;
}

/* ---- models coming into force */

static enum hg_rc pending_record(struct hg_ingest *ingest, const struct hg_model_record *record, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    struct hg_model_record *records = hg_grow(r->records, r->n_records, &r->cap_records, sizeof *records);
    if (records == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the ledger");
    r->records = records;
    r->records[r->n_records++] = *record;
    return HG_OK;
}

/* A line of the ledger for the model in force, for the next commit. */
static enum hg_rc enter(struct hg_ingest *ingest, const struct hg_id *parent, enum hg_learn_reason reason, bool reference, struct hg_slice ledger,
                        struct hg_err *reterr)
{
    struct hg_arena *arena = &ingest->pending.arena;
    struct hg_buf bytes;
    hg_buf_init(&bytes, MODEL_BYTES);
    hg_model_serialise(ingest->model, &bytes);
    struct hg_model_record record = {.digest = hg_model_digest(ingest->model), .parent = *parent, .sequence = ingest->sequence + 1,
                                     .clock_us = hg_aggregate_clock(ingest->aggregate), .reason = reason,
                                     .rows = hg_model_rows(ingest->model), .reference = reference,
                                     .ledger = ledger.len == 0 ? HG_SLICE("null") : hg_arena_copy(arena, ledger)};
    record.model = bytes.failed ? HG_SLICE_NONE : hg_arena_copy(arena, hg_buf_slice(&bytes));
    hg_buf_free(&bytes);
    if (record.model.p == NULL || record.ledger.p == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the ledger");
    return pending_record(ingest, &record, reterr);
}

/* The reference stays what it is, unless it was the model in force and that one knew less than HG_REFERENCE_SPAN. */
static bool becomes_reference(const struct hg_ingest *ingest, const struct hg_model *model, enum hg_learn_reason reason)
{
    const struct refitting *r = &ingest->refitting;
    const struct hg_model *reference = r->reference != NULL ? r->reference : ingest->model;
    if (reference == NULL || (reason == HG_LEARN_LATE && r->reference == NULL))
        return true;
    return !hg_model_may_be_reference(reference) && hg_model_may_be_reference(model);
}

enum hg_rc model_in_force(struct hg_ingest *ingest, struct hg_model *model, enum hg_learn_reason reason, struct hg_slice ledger, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    struct hg_model *before = ingest->model;
    struct hg_id parent = {{0}};
    bool reference = becomes_reference(ingest, model, reason);
    if (before != NULL)
        parent = hg_model_digest(before);
    pthread_mutex_lock(&ingest->model_lock);
    ingest->model = model;
    pthread_mutex_unlock(&ingest->model_lock);
    if (reference) {
        hg_model_destroy(r->reference);
        r->reference = NULL;
    } else if (r->reference == NULL) {
        r->reference = before;
        before = NULL;
    }
    hg_model_destroy(before);
    budget_learnt(ingest);
    hg_learner_in_force(r->learner, model, reason);
    r->changed = true;
    ingest->pending.model = true; /* goes into the commit of the events that it scored first */
    return enter(ingest, &parent, reason, reference, ledger, reterr);
}

static enum hg_rc take_effect(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    await(r);
    enum hg_rc rc = r->rc;
    if (rc != HG_OK)
        *reterr = r->err;
    if (rc == HG_OK)
        rc = hg_model_fill(&r->fitted, ingest->model, reterr);
    if (rc == HG_OK) {
        struct hg_model *model = r->fitted;
        r->fitted = NULL;
        rc = model_in_force(ingest, model, r->plan.reason, r->plan.ledger, reterr);
    }
    clear_plan(r);
    return rc;
}

enum hg_rc refit_take_effect(struct hg_ingest *ingest, size_t n, size_t *ret_n, struct hg_err *reterr)
{
    const struct refit_plan *plan = &ingest->refitting.plan;
    *ret_n = n;
    if (plan->effective == 0) /* one that starts with this run takes effect behind it */
        return HG_OK;
    if (ingest->sequence + 1 >= plan->effective)
        return take_effect(ingest, reterr);
    uint64_t before = plan->effective - ingest->sequence - 1;
    *ret_n = n < before ? n : (size_t)before;
    return HG_OK;
}

_Static_assert(HG_REFIT_AFTER > RUN_EVENTS, "a refit takes effect behind the run that it starts in");

/* ---- events */

void refit_score(struct hg_ingest *ingest, const struct hg_event *const *events, size_t n)
{
    struct refitting *r = &ingest->refitting;
    if (r->reference != NULL)
        hg_model_score(r->reference, ingest->scratch, events, n, &ingest->matrix, r->scores);
}

static uint16_t number_of(struct hg_ingest *ingest, struct source *source)
{
    if (source->learnt == 0)
        source->learnt = 1u + hg_learner_source(ingest->refitting.learner, hg_slice_of(source->status.name));
    return (uint16_t)(source->learnt - 1);
}

enum hg_rc refit_observe(struct hg_ingest *ingest, struct source *source, const struct hg_event *event, const struct hg_score *score, size_t row,
                         double rate, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    const struct hg_score *then = r->reference != NULL ? &r->scores[row] : score;
    struct hg_judged_event judged = {.event = event, .score = score, .reference_p = then->state == HG_SCORED ? then->p : (double)NAN, .rate = rate,
                                     .clock_us = hg_aggregate_clock(ingest->aggregate), .source = number_of(ingest, source),
                                     .is_reference = r->reference == NULL};
    r->changed = true;
    enum hg_rc rc = hg_learner_see(r->learner, &judged, &ingest->matrix, row, reterr);
    if (rc != HG_OK || ingest->model == NULL || score->learned_in_sample || r->plan.effective != 0 || !may_refit(ingest))
        return rc;
    enum hg_learn_reason reason = hg_learner_due(r->learner, judged.clock_us);
    return reason == HG_LEARN_NONE ? HG_OK : start(ingest, reason, judged.clock_us, reterr);
}

/* ---- commits */

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "no memory for a commit");
}

/* All rows in one block of the arena. */
static enum hg_rc put_rows(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_err *reterr)
{
    struct hg_arena *arena = &ingest->pending.arena;
    const struct hg_learner *learner = ingest->refitting.learner;
    const uint32_t *slots;
    size_t n = hg_learner_changed(learner, &slots);
    struct hg_slot_bytes *rows = hg_arena_alloc(arena, (n + 1) * sizeof *rows);
    struct hg_buf bytes;
    hg_buf_init(&bytes, TRAINING_BYTES);
    for (size_t i = 0; i < n; i++)
        hg_learner_put_row(learner, slots[i], &bytes);
    struct hg_slice block = n == 0 || bytes.failed ? HG_SLICE_NONE : hg_arena_copy(arena, hg_buf_slice(&bytes));
    hg_buf_free(&bytes);
    if (rows == NULL || (n > 0 && block.p == NULL))
        return no_memory(reterr);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct hg_slot_bytes){slots[i], {block.p + i * HG_LEARNER_ROW_BYTES, HG_LEARNER_ROW_BYTES}};
    commit->learnt = rows;
    commit->n_learnt = n;
    return HG_OK;
}

static enum hg_rc put_state(struct hg_arena *arena, const char *name, struct hg_buf *bytes, struct hg_named_bytes *ret, struct hg_err *reterr)
{
    *ret = (struct hg_named_bytes){name, bytes->failed ? HG_SLICE_NONE : hg_arena_copy(arena, hg_buf_slice(bytes))};
    hg_buf_free(bytes);
    return ret->bytes.p == NULL ? no_memory(reterr) : HG_OK;
}

enum hg_rc refit_gather(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_named_bytes *states, size_t *n, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    struct hg_arena *arena = &ingest->pending.arena;
    struct hg_buf bytes;
    enum hg_rc rc = HG_OK;
    commit->models = r->records;
    commit->n_models = r->n_records;
    if (r->changed) {
        hg_buf_init(&bytes, STATE_BYTES);
        hg_learner_put(r->learner, &bytes);
        rc = put_state(arena, "learner", &bytes, &states[(*n)++], reterr);
        if (rc == HG_OK)
            rc = put_rows(ingest, commit, reterr);
        if (rc == HG_OK)
            rc = hg_learner_hours(r->learner, &commit->drift, &commit->n_drift, reterr);
    }
    if (rc == HG_OK && r->plan_changed) {
        hg_buf_init(&bytes, 2 * REFIT_LEDGER_BYTES);
        hg_refit_plan_put(&r->plan, &bytes);
        rc = put_state(arena, REFIT_PLAN_NAME, &bytes, &states[(*n)++], reterr);
    }
    if (rc == HG_OK && r->training_changed)
        states[(*n)++] = (struct hg_named_bytes){REFIT_TRAINING_NAME, r->training.len == 0 ? HG_SLICE("") : hg_buf_slice(&r->training)};
    return rc;
}

void refit_committed(struct hg_ingest *ingest)
{
    struct refitting *r = &ingest->refitting;
    hg_learner_saved(r->learner);
    r->n_records = 0;
    r->changed = r->plan_changed = r->training_changed = false;
}

/* ---- what is told */

static void put_plan(const struct hg_ingest *ingest, struct hg_jsonw *w)
{
    const struct refitting *r = &ingest->refitting;
    hg_jsonw_key(w, "refit_seconds");
    if (ingest->settings.refit_us > 0 && ingest->settings.model_path == NULL)
        hg_jsonw_i64(w, ingest->settings.refit_us / HG_SECOND);
    else
        hg_jsonw_null(w);
    hg_jsonw_key(w, "paused");
    hg_jsonw_bool(w, r->plan.paused);
    hg_jsonw_key(w, "under_way");
    if (r->plan.effective == 0) {
        hg_jsonw_null(w);
        return;
    }
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "reason");
    hg_jsonw_text(w, hg_learn_reason_name(r->plan.reason));
    hg_jsonw_key(w, "from_sequence");
    hg_jsonw_u64(w, r->plan.effective);
    hg_jsonw_close(w, '}');
}

void refit_publish(struct hg_ingest *ingest)
{
    struct refitting *r = &ingest->refitting;
    struct hg_jsonw w = {.buf = &r->told};
    pthread_mutex_lock(&ingest->lock);
    hg_buf_clear(&r->told);
    hg_jsonw_open(&w, '{');
    put_plan(ingest, &w);
    hg_jsonw_key(&w, "divergence");
    if (r->reference == NULL)
        hg_jsonw_null(&w);
    else
        hg_learner_divergence_json(r->learner, &w);
    hg_jsonw_close(&w, '}');
    pthread_mutex_unlock(&ingest->lock);
}

void refit_json(void *self, struct hg_jsonw *w)
{
    struct hg_ingest *ingest = self;
    pthread_mutex_lock(&ingest->lock);
    if (ingest->refitting.told.failed || ingest->refitting.told.len == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_raw(w, hg_buf_slice(&ingest->refitting.told));
    pthread_mutex_unlock(&ingest->lock);
}

/* ---- birth, death, and taking it up */

static enum hg_rc create_learner(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_learn_settings settings = {.seed = ingest->settings.seed, .detector = ingest->settings.detector, .refit_us = ingest->settings.refit_us,
                                         .drift_us = HG_DRIFT_US, .refit_events = ingest->settings.refit_events};
    hg_learner_destroy(ingest->refitting.learner);
    ingest->refitting.learner = NULL;
    return hg_learner_create(&settings, &ingest->refitting.learner, reterr);
}

enum hg_rc refit_create(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    hg_buf_init(&r->training, TRAINING_BYTES);
    hg_buf_init(&r->told, STATE_BYTES);
    r->scores = calloc(RUN_EVENTS, sizeof *r->scores);
    return r->scores == NULL ? hg_fail(reterr, HG_ENOMEM, "no memory to learn while running") : create_learner(ingest, reterr);
}

void refit_free(struct hg_ingest *ingest)
{
    struct refitting *r = &ingest->refitting;
    if (r->running)
        pthread_join(r->thread, NULL);
    hg_model_destroy(r->fitted);
    hg_model_destroy(r->reference);
    hg_learner_destroy(r->learner);
    hg_buf_free(&r->training);
    hg_buf_free(&r->told);
    free((char *)(uintptr_t)r->plan.ledger.p);
    free(r->records);
    free(r->scores);
}

static bool take_row(void *self, uint32_t slot, struct hg_slice bytes)
{
    struct hg_ingest *ingest = self;
    return hg_learner_take_row(ingest->refitting.learner, slot, bytes);
}

/* A state of another version, or none: it begins anew. */
static enum hg_rc restore_learner(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_slice kept;
    enum hg_rc rc = hg_store_state(ingest->store, "learner", arena, &kept, reterr);
    if (rc != HG_OK || kept.p == NULL)
        return rc;
    bool good = hg_learner_take(ingest->refitting.learner, kept);
    if (good)
        rc = hg_store_learnt(ingest->store, take_row, ingest, reterr);
    return rc == HG_OK && !(good && hg_learner_taken(ingest->refitting.learner)) ? create_learner(ingest, reterr) : rc;
}

static enum hg_rc restore_plan(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct refitting *r = &ingest->refitting;
    struct hg_slice kept, training;
    enum hg_rc rc = hg_store_state(ingest->store, REFIT_PLAN_NAME, arena, &kept, reterr);
    if (rc == HG_OK)
        rc = hg_store_state(ingest->store, REFIT_TRAINING_NAME, arena, &training, reterr);
    if (rc != HG_OK)
        return rc;
    struct refit_plan plan = hg_refit_plan_take(kept);
    r->plan = (struct refit_plan){.paused = plan.paused};
    bool meant = plan.effective > ingest->sequence && training.len > 0 && ingest->model != NULL && ingest->settings.model_path == NULL;
    if (!meant) {
        r->plan_changed = r->training_changed = plan.effective != 0;
        return HG_OK;
    }
    rc = keep_ledger(r, plan.ledger, reterr);
    if (rc != HG_OK)
        return rc;
    r->plan.effective = plan.effective;
    r->plan.reason = plan.reason;
    hg_buf_put(&r->training, training);
    if (r->training.failed)
        return no_memory(reterr);
    launch(r);
    return HG_OK;
}

/* The ledger's last reference; where it can't be read any more, the model in force. */
static enum hg_rc restore_reference(struct hg_ingest *ingest, const struct hg_model_record *records, size_t n, struct hg_err *reterr)
{
    struct hg_id current = hg_model_digest(ingest->model);
    struct hg_buf bytes;
    size_t at = 0;
    while (at < n && !records[at].reference)
        at++;
    if (at == n || memcmp(&records[at].digest, &current, sizeof current) == 0)
        return HG_OK;
    hg_buf_init(&bytes, MODEL_BYTES);
    enum hg_rc rc = hg_store_model_of(ingest->store, &records[at].digest, &bytes, reterr);
    if (rc == HG_OK && hg_model_parse(hg_buf_slice(&bytes), &ingest->refitting.reference, NULL) != HG_OK)
        ingest->refitting.reference = NULL;
    hg_buf_free(&bytes);
    return rc == HG_ESTATE ? HG_OK : rc;
}

/* The model that it starts with is in the ledger, or enters it: one that was given, or that a state had before there was a ledger. */
static enum hg_rc restore_ledger(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_model_record *records = NULL;
    struct hg_id current = hg_model_digest(ingest->model), none = {{0}};
    size_t n = 0;
    enum hg_rc rc = hg_store_models(ingest->store, HG_LEDGER_LINES, arena, &records, &n, reterr);
    if (rc != HG_OK)
        return rc;
    bool known = n > 0 && memcmp(&records[0].digest, &current, sizeof current) == 0;
    if (!hg_learner_knows(ingest->refitting.learner, ingest->model))
        hg_learner_in_force(ingest->refitting.learner, ingest->model, known ? records[0].reason : HG_LEARN_GIVEN);
    rc = known ? restore_reference(ingest, records, n, reterr)
               : enter(ingest, n > 0 ? &records[0].digest : &none, HG_LEARN_GIVEN, true, HG_SLICE_NONE, reterr);
    free(records);
    return rc;
}

enum hg_rc refit_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    enum hg_rc rc = restore_learner(ingest, arena, reterr);
    if (rc == HG_OK)
        rc = restore_plan(ingest, arena, reterr);
    if (rc == HG_OK && ingest->model != NULL)
        rc = restore_ledger(ingest, arena, reterr);
    refit_publish(ingest);
    return rc;
}
