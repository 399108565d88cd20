#include "pipeline/ingest_canary.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what the server asks */

static void status(void *self, struct hg_status *ret)
{
    struct hg_ingest *ingest = self;
    pthread_mutex_lock(&ingest->lock);
    *ret = ingest->status;
    ret->rate = rate_of(&ingest->rate, 5, hg_time_monotonic_us());
    pthread_mutex_unlock(&ingest->lock);
    ret->live = sources_live(ingest);
}

static bool knows_format(void *self, struct hg_slice name)
{
    const struct hg_ingest *ingest = self;
    return hg_formats_by_name(ingest->settings.inputs.formats, name) != NULL;
}

/* The stored bytes are copied, since a decoder reads beyond its record's end. */
static void attributes(void *self, struct hg_slice format, struct hg_slice header, struct hg_slice record, struct hg_jsonw *w)
{
    struct hg_ingest *ingest = self;
    const struct hg_decoder *decoder = hg_formats_by_name(ingest->settings.inputs.formats, format);
    struct hg_id identity = {{0}};
    struct hg_decode_context *context = NULL;
    struct hg_arena arena;
    hg_arena_init(&arena, (size_t)64 * 1024, HG_BATCH_ARENA_BYTES);
    char *copy = hg_arena_alloc(&arena, record.len + HG_BATCH_PADDING);
    if (decoder != NULL && copy != NULL &&
        hg_decode_context_create(decoder, decoder->framing, HG_SLICE(""), header, &identity, HG_TIMEZONE_DEFAULT, &context, NULL) == HG_OK) {
        memcpy(copy, record.p, record.len);
        memset(copy + record.len, 0, HG_BATCH_PADDING);
        pthread_mutex_lock(&ingest->attributes_lock);
        decoder->attributes(context, ingest->attributes_worker, (struct hg_slice){copy, record.len}, &arena, w);
        pthread_mutex_unlock(&ingest->attributes_lock);
    }
    hg_decode_context_destroy(context);
    hg_arena_free(&arena);
}

static void reason_words(void *self, const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf)
{
    (void)self;
    hg_reason_words(event, score, buf);
}

static void model_json(void *self, struct hg_jsonw *w)
{
    struct hg_ingest *ingest = self;
    pthread_mutex_lock(&ingest->model_lock);
    if (ingest->model == NULL)
        hg_jsonw_null(w);
    else
        hg_model_json(ingest->model, w);
    pthread_mutex_unlock(&ingest->model_lock);
}

static void geo_json(void *self, struct hg_jsonw *w)
{
    const struct hg_ingest *ingest = self;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "available");
    hg_jsonw_bool(w, hg_locator_ready(ingest->locator));
    hg_jsonw_key(w, "trouble");
    hg_jsonw_text(w, hg_locator_trouble(ingest->locator));
    hg_jsonw_key(w, "kind");
    hg_jsonw_text(w, hg_locator_kind(ingest->locator));
    hg_jsonw_close(w, '}');
}

struct hg_backend hg_ingest_backend(struct hg_ingest *ingest)
{
    return (struct hg_backend){.self = ingest, .push = ingest_push, .status = status, .attributes = attributes,
                               .reason_words = reason_words, .explain = ingest_explain, .model_json = model_json, .learning_json = refit_json,
                               .canaries_json = canaries_json, .geo_json = geo_json,
                               .sources = sources_list, .quarantine_retry = ingest_retry, .knows_format = knows_format};
}

void hg_ingest_on_commit(struct hg_ingest *ingest, void (*notify)(void *self, uint64_t sequence), void *self)
{
    ingest->settings.notify = notify;
    ingest->settings.notify_self = self;
}

/* ---- the queue */

enum hg_rc ingest_submit(struct hg_ingest *ingest, struct unit *unit, bool may_refuse, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->lock);
    enum hg_rc rc = HG_OK;
    if (ingest->stopping)
        rc = hg_fail(reterr, HG_ESTATE, "honeyguide is shutting down");
    else if (may_refuse && (ingest->n_queued >= HG_QUEUE_UNITS || ingest->status.state == HG_RUN_STALLED))
        rc = hg_fail(reterr, HG_EBUSY, "%s", ingest->status.trouble[0] == '\0' ? "the pipeline is full" : ingest->status.trouble);
    if (rc == HG_OK) {
        unit->next = NULL;
        unit->done = false;
        *ingest->last = unit;
        ingest->last = &unit->next;
        ingest->n_queued++;
        ingest->status.uncommitted += unit->n_events + unit->n_rejects;
        pthread_cond_signal(&ingest->arrived);
        while (!unit->done)
            pthread_cond_wait(&ingest->finished, &ingest->lock);
        rc = unit->rc;
        if (rc != HG_OK)
            hg_fail(reterr, rc, "%s", ingest->status.trouble[0] == '\0' ? "honeyguide is shutting down" : ingest->status.trouble);
    }
    pthread_mutex_unlock(&ingest->lock);
    return rc;
}

/* All units that wait share one commit. */
static enum hg_rc work_on(struct hg_ingest *ingest, struct unit *units, struct hg_err *reterr)
{
    ingest->now_us = hg_time_now_us();
    for (struct unit *unit = units; unit != NULL; unit = unit->next) {
        enum hg_rc rc = sequence_unit(ingest, unit, reterr);
        if (rc != HG_OK)
            return rc;
    }
    return commit_pending(ingest, reterr);
}

static void *thread_main(void *arg)
{
    struct hg_ingest *ingest = arg;
    enum hg_rc rc = HG_OK;
    pthread_mutex_lock(&ingest->lock);
    for (;;) {
        struct unit *units = ingest->first;
        if (units == NULL && ingest->stopping)
            break;
        if (units == NULL) {
            pthread_cond_wait(&ingest->arrived, &ingest->lock);
            continue;
        }
        ingest->first = NULL;
        ingest->last = &ingest->first;
        pthread_mutex_unlock(&ingest->lock);
        struct hg_err err = {.msg = ""};
        if (rc == HG_OK)
            rc = work_on(ingest, units, &err);
        pthread_mutex_lock(&ingest->lock);
        if (rc != HG_OK && ingest->status.state != HG_RUN_STALLED) { /* out of memory, or stopped while the store can't be written */
            fprintf(stderr, "honeyguide: %s; nothing further is taken in\n", err.msg);
            ingest->status.state = HG_RUN_STALLED;
            snprintf(ingest->status.trouble, sizeof ingest->status.trouble, "%s", err.msg);
        }
        for (struct unit *unit = units, *next; unit != NULL; unit = next) {
            next = unit->next;
            unit->rc = rc;
            unit->done = true;
            ingest->n_queued--;
            ingest->status.uncommitted -= unit->n_events + unit->n_rejects;
        }
        pthread_cond_broadcast(&ingest->finished);
    }
    pthread_mutex_unlock(&ingest->lock);
    ingest->snapshot.last = true;
    struct hg_err last;
    if (rc == HG_OK && commit_pending(ingest, &last) != HG_OK) /* the next start has a little more to run through again */
        fprintf(stderr, "honeyguide: %s; the state of the windows was not kept\n", last.msg);
    return NULL;
}

/* ---- birth and death */

static enum hg_rc load_model(struct hg_ingest *ingest, struct hg_err *reterr)
{
    if (ingest->settings.model_path != NULL) {
        enum hg_rc rc = hg_model_load(ingest->settings.model_path, &ingest->model, reterr);
        if (rc == HG_OK && hg_model_is_of_table(ingest->model))
            rc = hg_fail(reterr, HG_EUSAGE, "%s: a model of a table, not of logs", ingest->settings.model_path);
        return rc;
    }
    struct hg_buf bytes;
    hg_buf_init(&bytes, (size_t)256 * 1024 * 1024);
    enum hg_rc rc = hg_store_model(ingest->store, &bytes, reterr);
    if (rc == HG_OK && !hg_model_outdated(hg_buf_slice(&bytes))) /* an outdated one is learnt anew */
        rc = hg_model_parse(hg_buf_slice(&bytes), &ingest->model, reterr);
    hg_buf_free(&bytes);
    return rc == HG_ESTATE ? HG_OK : rc;
}

static enum hg_rc set_up(struct hg_ingest *ingest, struct hg_err *reterr)
{
    const struct hg_ingest_settings *s = &ingest->settings;
    struct hg_aggregate_settings aggregate = {.ignore_labels = s->ignore_labels};
    enum hg_rc rc = hg_store_open(s->state_dir, &s->store, &ingest->store, reterr);
    if (rc == HG_OK)
        rc = hg_aggregate_create(&aggregate, &ingest->aggregate, reterr);
    if (rc == HG_OK)
        rc = hg_locator_create(s->geo, s->n_geo, &ingest->locator, reterr);
    if (rc == HG_OK)
        rc = hg_sessions_create(&ingest->sessions, reterr);
    if (rc == HG_OK)
        rc = hg_behave_create(s->behave, &ingest->behave, reterr);
    if (rc == HG_OK)
        rc = hg_score_scratch_create(&ingest->scratch, reterr);
    if (rc == HG_OK)
        rc = hg_decode_worker_create(&ingest->attributes_worker, reterr);
    if (rc == HG_OK)
        rc = load_model(ingest, reterr);
    if (rc == HG_OK)
        rc = budget_create(ingest, reterr);
    if (rc == HG_OK)
        rc = refit_create(ingest, reterr);
    if (rc == HG_OK)
        rc = canaries_create(s, &ingest->canaries, reterr);
    if (rc == HG_OK)
        budget_learnt(ingest);
    return rc == HG_OK ? restore_all(ingest, reterr) : rc;
}

enum hg_rc hg_ingest_create(const struct hg_ingest_settings *settings, struct hg_ingest **ret, struct hg_err *reterr)
{
    struct hg_ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the pipeline");
    ingest->settings = *settings;
    ingest->last = &ingest->first;
    ingest->status = (struct hg_status){.state = HG_RUN_EMPTY, .clock_us = HG_TIME_NONE, .ignore_labels = settings->ignore_labels};
    hg_arena_init(&ingest->learning.arena, (size_t)1024 * 1024, HG_LEARN_BYTES_MAX + (size_t)4 * 1024 * 1024);
    hg_arena_init(&ingest->pending.arena, (size_t)256 * 1024, (size_t)256 * 1024 * 1024);
    hg_arena_init(&ingest->inputs_arena, 4096, (size_t)16 * 1024 * 1024);
    pthread_mutex_init(&ingest->lock, NULL);
    pthread_mutex_init(&ingest->model_lock, NULL);
    pthread_mutex_init(&ingest->inputs_lock, NULL);
    pthread_mutex_init(&ingest->sources_lock, NULL);
    pthread_mutex_init(&ingest->retry_lock, NULL);
    pthread_mutex_init(&ingest->idle_lock, NULL);
    pthread_mutex_init(&ingest->attributes_lock, NULL);
    pthread_cond_init(&ingest->arrived, NULL);
    pthread_cond_init(&ingest->finished, NULL);
    enum hg_rc rc = set_up(ingest, reterr);
    if (rc != HG_OK) {
        hg_ingest_destroy(ingest);
        return rc;
    }
    *ret = ingest;
    return HG_OK;
}

enum hg_rc hg_ingest_start(struct hg_ingest *ingest, struct hg_err *reterr)
{
    if (pthread_create(&ingest->thread, NULL, thread_main, ingest) != 0)
        return hg_fail(reterr, HG_ENOMEM, "can't start the pipeline's thread");
    ingest->thread_started = true;
    ingest->source_threads = calloc(ingest->settings.n_sources + 1, sizeof *ingest->source_threads);
    if (ingest->source_threads == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu sources", ingest->settings.n_sources);
    enum hg_rc rc = files_start(ingest, reterr);
    return rc == HG_OK ? listeners_start(ingest, reterr) : rc;
}

/* At most one thread a source setting, and one for all files. */
enum hg_rc ingest_start_thread(struct hg_ingest *ingest, void *(*run)(void *), void *arg, struct hg_err *reterr)
{
    if (pthread_create(&ingest->source_threads[ingest->n_source_threads], NULL, run, arg) != 0)
        return hg_fail(reterr, HG_ENOMEM, "can't start a thread for a source");
    ingest->n_source_threads++;
    return HG_OK;
}

void hg_ingest_stop(struct hg_ingest *ingest)
{
    atomic_store(&ingest->stop_sources, true);
    for (size_t i = 0; i < ingest->n_source_threads; i++)
        pthread_join(ingest->source_threads[i], NULL);
    ingest->n_source_threads = 0;
    pthread_mutex_lock(&ingest->lock);
    ingest->stopping = true;
    pthread_cond_broadcast(&ingest->arrived);
    pthread_mutex_unlock(&ingest->lock);
    if (ingest->thread_started)
        pthread_join(ingest->thread, NULL);
    ingest->thread_started = false;
}

void hg_ingest_destroy(struct hg_ingest *ingest)
{
    if (ingest == NULL)
        return;
    free(ingest->source_threads);
    pushing_free_idle(ingest);
    inputs_free(ingest);
    sources_free(ingest);
    pending_free(ingest);
    refit_free(ingest);
    canaries_free(ingest->canaries);
    budget_free(ingest);
    free(ingest->learning.events);
    hg_arena_free(&ingest->learning.arena);
    hg_trainer_destroy(ingest->late.trainer);
    hg_model_destroy(ingest->model);
    hg_matrix_free(&ingest->matrix);
    hg_decode_worker_destroy(ingest->attributes_worker);
    hg_score_scratch_destroy(ingest->scratch);
    hg_behave_destroy(ingest->behave);
    hg_buf_free(&ingest->snapshot.behave);
    hg_buf_free(&ingest->snapshot.sightings);
    hg_sessions_destroy(ingest->sessions);
    hg_locator_destroy(ingest->locator);
    hg_aggregate_destroy(ingest->aggregate);
    hg_store_close(ingest->store);
    pthread_cond_destroy(&ingest->finished);
    pthread_cond_destroy(&ingest->arrived);
    pthread_mutex_destroy(&ingest->attributes_lock);
    pthread_mutex_destroy(&ingest->idle_lock);
    pthread_mutex_destroy(&ingest->retry_lock);
    pthread_mutex_destroy(&ingest->sources_lock);
    pthread_mutex_destroy(&ingest->inputs_lock);
    pthread_mutex_destroy(&ingest->model_lock);
    pthread_mutex_destroy(&ingest->lock);
    free(ingest);
}
