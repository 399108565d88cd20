/* GET /explain/{id}: why an alert or an event is what it is. The model is the pipeline's: it explains, from what the store kept. */
#include "core/event_json.h"
#include "serve/serve_priv.h"
#include "store/find.h"

#include <stdlib.h>

#define EVENTS_LOOKED   50000u /* the newest, for an event's identifier: there is no index */
#define EXPLAIN_BYTES   ((size_t)64 * 1024 * 1024)
#define MODEL_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* The rate asked of the event's source now; 0: that source isn't known to this run. */
static enum hg_rc rate_asked(struct hg_view *view, const struct hg_event *event, struct hg_arena *arena, double *ret)
{
    const struct hg_backend *backend = &view->call->serve->backend;
    struct hg_input_state *inputs = NULL;
    struct hg_source_status *sources = NULL;
    size_t n_inputs = 0, n_sources = 0;
    const char *name = "";
    *ret = 0;
    enum hg_rc rc = hg_reader_inputs(view->reader, arena, &inputs, &n_inputs, &view->err);
    if (rc == HG_OK)
        rc = backend->sources(backend->self, &sources, &n_sources, &view->err);
    for (size_t i = 0; rc == HG_OK && i < n_inputs; i++)
        name = inputs[i].index == event->input ? inputs[i].name : name;
    for (size_t i = 0; rc == HG_OK && i < n_sources; i++)
        *ret = strcmp(sources[i].name, name) == 0 ? sources[i].rate_asked : *ret;
    free(sources);
    return rc;
}

static void put_id(const char *key, const struct hg_id *id, struct hg_jsonw *w)
{
    static const struct hg_id none;
    hg_jsonw_key(w, key);
    if (memcmp(id, &none, sizeof none) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, id);
}

static void put_reason(const struct hg_backend *backend, const struct hg_event *event, const struct hg_score *score, struct hg_jsonw *w)
{
    struct hg_buf words;
    hg_buf_init(&words, 4096);
    backend->reason_words(backend->self, event, score, &words);
    hg_jsonw_key(w, "reason");
    hg_jsonw_str(w, words.p == NULL ? HG_SLICE("") : hg_buf_slice(&words));
    hg_buf_free(&words);
}

/* The model that scored the event, where it is kept; an empty slice else. */
static enum hg_rc kept_model(struct hg_view *view, const struct hg_id *digest, struct hg_buf *ret)
{
    enum hg_rc rc = hg_reader_model_of(view->reader, digest, ret, &view->err);
    return rc == HG_ESTATE ? HG_OK : rc;
}

static enum hg_rc put_explanation(struct hg_view *view, const struct hg_lookup *lookup, struct hg_arena *arena)
{
    const struct hg_backend *backend = &view->call->serve->backend;
    struct hg_jsonw *w = &view->call->w;
    hg_jsonw_key(w, "explanation");
    if (lookup->row == NULL || !lookup->row->has_features || backend->explain == NULL) {
        hg_jsonw_null(w);
        return HG_OK;
    }
    struct hg_explain_request request = {.event = &lookup->row->event, .features = &lookup->row->features, .scored_by = lookup->model};
    struct hg_buf model;
    hg_buf_init(&model, MODEL_BYTES_MAX);
    enum hg_rc rc = rate_asked(view, request.event, arena, &request.rate);
    if (rc == HG_OK)
        rc = kept_model(view, &lookup->model, &model);
    if (rc == HG_OK) {
        request.model = hg_buf_slice(&model);
        backend->explain(backend->self, &request, w);
    }
    hg_buf_free(&model);
    return rc;
}

/* What could be told no more: why. */
static const char *why_not(const struct hg_lookup *lookup)
{
    return lookup->row == NULL ? "not_stored" : !lookup->row->has_features ? "no_features" : NULL;
}

static enum hg_rc put_answer(struct hg_view *view, const struct hg_lookup *lookup, struct hg_arena *arena)
{
    static const struct hg_id none;
    struct hg_jsonw *w = &view->call->w;
    hg_jsonw_open(w, '{');
    hg_json_count(w, "sequence", view->sequence);
    put_id("alert_id", lookup->has_alert ? &lookup->alert.id : &none, w);
    put_id("event_id", lookup->row != NULL ? &lookup->row->event.id : &lookup->alert.event_id, w);
    put_id("scored_by", &lookup->model, w);
    const struct hg_event gone = {.attack_type = lookup->alert.attack_type};
    const struct hg_event *event = lookup->row != NULL ? &lookup->row->event : &gone;
    const struct hg_score *score = lookup->by_alert ? &lookup->alert.score : &lookup->row->score; /* an alert has its strongest finding */
    hg_score_json_members(score, HG_FEATURE_COUNT, w);
    hg_finding_json(&score->finding, w);
    put_reason(&view->call->serve->backend, event, score, w);
    hg_jsonw_key(w, "why_not");
    hg_jsonw_text(w, why_not(lookup));
    enum hg_rc rc = put_explanation(view, lookup, arena);
    hg_jsonw_close(w, '}');
    return rc;
}

void hg_handle_explain(struct hg_call *call)
{
    struct hg_view view;
    struct hg_lookup lookup;
    struct hg_arena rows, inputs;
    if (!hg_view_begin(&view, call))
        return;
    hg_arena_init(&rows, (size_t)256 * 1024, EXPLAIN_BYTES);
    hg_arena_init(&inputs, (size_t)64 * 1024, EXPLAIN_BYTES);
    enum hg_rc rc = hg_reader_find(view.reader, &call->id, EVENTS_LOOKED, &rows, &lookup, &view.err);
    if (rc == HG_OK)
        rc = put_answer(&view, &lookup, &inputs);
    hg_arena_free(&inputs);
    hg_arena_free(&rows);
    hg_view_end(&view, rc);
}
