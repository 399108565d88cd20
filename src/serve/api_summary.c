/* GET /summary and /health: is everything okay? */
#include "serve/serve_priv.h"

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

static void put_overview(struct hg_jsonw *w, const struct hg_overview *overview, uint64_t unobserved_seconds)
{
    static const unsigned order[] = {HG_SOURCE_LIVE,    HG_SOURCE_BEHIND, HG_SHOWN_SILENT, HG_SOURCE_FAILED,
                                     HG_SOURCE_WAITING, HG_SOURCE_IDLE,   HG_SOURCE_ENDED};
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "total", overview->total);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        hg_json_count(w, hg_shown_state_name(order[i]), overview->states[order[i]]);
    hg_jsonw_close(w, '}');
    hg_json_count(w, "late", overview->late);
    hg_json_count(w, "unobserved_seconds", unobserved_seconds);
}

static void put_program(struct hg_jsonw *w, const struct hg_backend *backend, const struct hg_status *status)
{
    hg_jsonw_key(w, "model");
    backend->model_json(backend->self, w);
    hg_jsonw_key(w, "geo");
    backend->geo_json(backend->self, w);
    hg_jsonw_key(w, "ignore_labels");
    hg_jsonw_bool(w, status->ignore_labels);
}

static enum hg_rc answer(struct hg_view *view)
{
    struct hg_jsonw *w = &view->call->w;
    struct hg_figures now, before;
    struct hg_overview overview;
    uint64_t unobserved_seconds;
    struct hg_range earlier = {view->range.from_us - (view->range.to_us - view->range.from_us), view->range.from_us};
    enum hg_rc rc = hg_figures_read(view, view->range, &now);
    if (rc == HG_OK && !view->span.all)
        rc = hg_figures_read(view, earlier, &before);
    if (rc == HG_OK)
        rc = hg_overview_read(view, &overview);
    if (rc == HG_OK)
        rc = hg_unobserved_read(view, &unobserved_seconds);
    if (rc != HG_OK)
        return rc;
    hg_view_open(view);
    hg_jsonw_key(w, "clock");
    hg_jsonw_time(w, view->clock_us);
    put_status(w, &view->status);
    put_figures(w, &now, view->span.all ? NULL : &before);
    put_overview(w, &overview, unobserved_seconds);
    put_program(w, &view->call->serve->backend, &view->status);
    if (view->query.filter != NULL)
        rc = hg_view_put_reach(view, !now.partial);
    hg_jsonw_close(w, '}');
    return rc;
}

void hg_handle_summary(struct hg_call *call)
{
    struct hg_view view;
    if (hg_view_begin(&view, call))
        hg_view_end(&view, answer(&view));
}

void hg_handle_health(struct hg_call *call)
{
    static const char *const words[] = {"empty", "learning", "ok", "stalled"};
    struct hg_status status = {0};
    call->serve->backend.status(call->serve->backend.self, &status);
    call->status = status.state == HG_RUN_STALLED ? 503 : 200;
    hg_jsonw_open(&call->w, '{');
    hg_jsonw_key(&call->w, "status");
    hg_jsonw_text(&call->w, words[status.state]);
    hg_jsonw_key(&call->w, "version");
    hg_jsonw_text(&call->w, HG_VERSION);
    hg_json_count(&call->w, "sequence", status.sequence);
    hg_jsonw_key(&call->w, "live");
    hg_jsonw_bool(&call->w, status.live);
    hg_json_count(&call->w, "uncommitted", status.uncommitted);
    hg_json_count(&call->w, "sessions", status.sessions);
    hg_json_count(&call->w, "sessions_evicted", status.sessions_evicted);
    hg_jsonw_close(&call->w, '}');
}
