/* Why an event is what it is, for the server: by the model that scored it, where the store kept that, else by the one in force. */
#include "detect/explain.h"
#include "pipeline/ingest_priv.h"

static bool is_scorer(const struct hg_model *model, const struct hg_explain_request *request)
{
    struct hg_id digest = hg_model_digest(model);
    return memcmp(&digest, &request->scored_by, sizeof digest) == 0;
}

/* A source that is no more has no rate of its own. */
static double rate_asked(struct hg_ingest *ingest, const struct hg_explain_request *request)
{
    if (request->rate > 0)
        return request->rate;
    pthread_mutex_lock(&ingest->lock);
    double rate = hg_budget_rate_at(&ingest->settings.budget, ingest->status.events_a_day);
    pthread_mutex_unlock(&ingest->lock);
    return rate;
}

static void put_explanation(const struct hg_model *model, const struct hg_explain_request *request, double rate, struct hg_jsonw *w)
{
    struct hg_explanation explanation;
    struct hg_score_scratch *scratch = NULL;
    struct hg_id digest = hg_model_digest(model);
    struct hg_err err;
    enum hg_rc rc = hg_score_scratch_create(&scratch, &err);
    if (rc == HG_OK)
        rc = hg_explain(model, scratch, request->event, request->features, rate, &explanation, &err);
    hg_score_scratch_destroy(scratch);
    if (rc != HG_OK || explanation.score.state != HG_SCORED) {
        hg_jsonw_null(w);
        return;
    }
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "model");
    hg_jsonw_id(w, &digest);
    hg_jsonw_key(w, "same_model");
    hg_jsonw_bool(w, is_scorer(model, request));
    hg_explanation_json_members(&explanation, w);
    hg_jsonw_close(w, '}');
}

/* The model in force stays locked, for a few milliseconds: only one that comes into force waits. */
static bool by_model_in_force(struct hg_ingest *ingest, const struct hg_explain_request *request, bool any, double rate, struct hg_jsonw *w)
{
    pthread_mutex_lock(&ingest->model_lock);
    bool told = ingest->model != NULL && (any || is_scorer(ingest->model, request));
    if (told)
        put_explanation(ingest->model, request, rate, w);
    pthread_mutex_unlock(&ingest->model_lock);
    return told;
}

void ingest_explain(void *self, const struct hg_explain_request *request, struct hg_jsonw *w)
{
    struct hg_ingest *ingest = self;
    struct hg_model *kept = NULL;
    struct hg_err err;
    double rate = rate_asked(ingest, request);
    if (by_model_in_force(ingest, request, false, rate, w))
        return;
    if (request->model.len > 0 && hg_model_parse(request->model, &kept, &err) == HG_OK)
        put_explanation(kept, request, rate, w);
    else if (!by_model_in_force(ingest, request, true, rate, w))
        hg_jsonw_null(w);
    hg_model_destroy(kept);
}
