/* GET /summary and /health: is everything okay? */
#include "serve/serve_priv.h"

static bool find_figures(struct hg_figures_cache *cache, uint64_t sequence, struct hg_range range, struct hg_figures *ret)
{
    bool found = false;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->n && !found; i++) {
        const struct hg_figures *row = &cache->rows[i];
        found = row->sequence == sequence && row->range.from_us == range.from_us && row->range.to_us == range.to_us;
        if (found)
            *ret = *row;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static void keep_figures(struct hg_figures_cache *cache, const struct hg_figures *figures)
{
    pthread_mutex_lock(&cache->lock);
    cache->rows[cache->next] = *figures;
    cache->next = (cache->next + 1) % HG_FIGURES_MAX;
    cache->n += cache->n < HG_FIGURES_MAX;
    pthread_mutex_unlock(&cache->lock);
}

static enum hg_rc read_figures(struct hg_view *view, struct hg_range range, struct hg_figures *ret)
{
    struct hg_figures_cache *cache = &view->call->serve->figures;
    if (find_figures(cache, view->sequence, range, ret))
        return HG_OK;
    *ret = (struct hg_figures){.sequence = view->sequence, .range = range};
    enum hg_rc rc = hg_reader_total(view->reader, range, &ret->tally, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_attackers(view->reader, range, &ret->attackers, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_alert_counts(view->reader, range, &ret->alerts, &view->err);
    if (rc == HG_OK)
        keep_figures(cache, ret);
    return rc;
}

static void put_before_count(struct hg_jsonw *w, const uint64_t *count)
{
    hg_jsonw_key(w, "before");
    if (count == NULL)
        hg_jsonw_null(w);
    else
        hg_jsonw_u64(w, *count);
}

/* before: NULL for `all`, which has no window before it. */
static void put_figures(struct hg_jsonw *w, const struct hg_figures *now, const struct hg_figures *before)
{
    hg_jsonw_key(w, "now");
    hg_tally_json(&now->tally, w);
    hg_jsonw_key(w, "before");
    if (before == NULL)
        hg_jsonw_null(w);
    else
        hg_tally_json(&before->tally, w);
    hg_jsonw_key(w, "attackers");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "count", now->attackers.count);
    put_before_count(w, before == NULL ? NULL : &before->attackers.count);
    hg_jsonw_key(w, "estimated");
    hg_jsonw_bool(w, now->attackers.estimated);
    hg_jsonw_key(w, "error");
    hg_jsonw_f64(w, now->attackers.error);
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "alerts");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "total", now->alerts.total);
    hg_json_count(w, "high", now->alerts.high);
    hg_json_count(w, "medium", now->alerts.medium);
    hg_json_count(w, "low", now->alerts.low);
    hg_json_count(w, "none", now->alerts.none);
    put_before_count(w, before == NULL ? NULL : &before->alerts.total);
    hg_jsonw_close(w, '}');
}

static void put_status(struct hg_jsonw *w, const struct hg_status *status)
{
    hg_jsonw_key(w, "state");
    hg_jsonw_text(w, hg_run_state_name(status->state));
    hg_jsonw_key(w, "trouble");
    hg_jsonw_text(w, status->trouble[0] == '\0' ? NULL : status->trouble);
    hg_jsonw_key(w, "learning");
    hg_learning_json(status, w);
    hg_jsonw_key(w, "rate");
    hg_jsonw_f64(w, status->rate);
}

static struct hg_status get_status(struct hg_serve *serve)
{
    struct hg_status status = {0};
    serve->backend.status(serve->backend.self, &status);
    return status;
}

void hg_handle_summary(struct hg_call *call)
{
    struct hg_view view;
    struct hg_figures now, before;
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_jsonw *w = &call->w;
    if (!hg_view_begin(&view, call))
        return;
    struct hg_range earlier = {view.range.from_us - (view.range.to_us - view.range.from_us), view.range.from_us};
    enum hg_rc rc = read_figures(&view, view.range, &now);
    if (rc == HG_OK && !view.span.all)
        rc = read_figures(&view, earlier, &before);
    if (rc == HG_OK) {
        struct hg_status status = get_status(call->serve);
        hg_view_open(&view);
        hg_jsonw_key(w, "clock");
        hg_jsonw_time(w, view.clock_us);
        put_status(w, &status);
        put_figures(w, &now, view.span.all ? NULL : &before);
        hg_jsonw_key(w, "model");
        backend->model_json(backend->self, w);
        hg_jsonw_key(w, "geo");
        backend->geo_json(backend->self, w);
        hg_jsonw_key(w, "ignore_labels");
        hg_jsonw_bool(w, status.ignore_labels);
        hg_jsonw_close(w, '}');
    }
    hg_view_end(&view, rc);
}

void hg_handle_health(struct hg_call *call)
{
    static const char *const words[] = {"empty", "learning", "ok", "stalled"};
    struct hg_status status = get_status(call->serve);
    call->status = status.state == HG_RUN_STALLED ? 503 : 200;
    hg_jsonw_open(&call->w, '{');
    hg_jsonw_key(&call->w, "status");
    hg_jsonw_text(&call->w, words[status.state]);
    hg_jsonw_key(&call->w, "version");
    hg_jsonw_text(&call->w, HG_VERSION);
    hg_json_count(&call->w, "sequence", status.sequence);
    hg_jsonw_close(&call->w, '}');
}
