/* GET /alerts and /alerts/{id}: where to look first. */
#include "core/event_json.h"
#include "serve/serve_priv.h"

#include <stdlib.h>

static void put_text(struct hg_jsonw *w, const char *key, const char *text) /* "": null */
{
    hg_jsonw_key(w, key);
    hg_jsonw_text(w, text[0] == '\0' ? NULL : text);
}

/* The top event as far as the alert keeps it. */
static struct hg_event event_of(const struct hg_alert *alert)
{
    bool labelled = alert->by_label + alert->by_both > 0;
    struct hg_event event = {
        .time_us = alert->last_us,
        .id = alert->event_id,
        .missing = alert->missing,
        .dataset = alert->dataset,
        .direction = HG_DIRECTION_NONE,
        .label = labelled ? HG_LABEL_ATTACK : HG_LABEL_NONE,
        .attack_type = alert->attack_type,
        .source_ip = alert->source_ip,
        .destination_ip = alert->destination_ip,
        .source_port = alert->source_port,
        .destination_port = alert->destination_port,
        .protocol = hg_slice_of(alert->protocol),
        .application_protocol = hg_slice_of(alert->application_protocol),
        .kind = hg_slice_of(alert->kind),
    };
    return event;
}

static void put_features(const struct hg_score *score, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "features");
    hg_jsonw_open(w, '[');
    hg_score_json_features(score, w);
    hg_jsonw_close(w, ']');
}

void hg_json_place(const struct hg_geo *geo, struct hg_jsonw *w)
{
    static const char *const states[HG_GEO_STATE_COUNT] = {"found", "private", "no_entry", "no_database", "no_address"};
    put_text(w, "country", geo->country);
    put_text(w, "city", geo->city);
    hg_jsonw_key(w, "latitude");
    hg_jsonw_f32(w, geo->has_point ? geo->latitude : __builtin_nanf(""));
    hg_jsonw_key(w, "longitude");
    hg_jsonw_f32(w, geo->has_point ? geo->longitude : __builtin_nanf(""));
    hg_jsonw_key(w, "geo");
    hg_jsonw_text(w, geo->state < HG_GEO_STATE_COUNT ? states[geo->state] : NULL);
}

static void put_ends(const struct hg_event *event, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "source_ip");
    if (hg_event_has(event, HG_FIELD_source_ip))
        hg_jsonw_ip(w, &event->source_ip);
    else
        hg_jsonw_null(w);
    hg_jsonw_key(w, "destination_ip");
    if (hg_event_has(event, HG_FIELD_destination_ip))
        hg_jsonw_ip(w, &event->destination_ip);
    else
        hg_jsonw_null(w);
    hg_jsonw_key(w, "destination_port");
    if (hg_event_has(event, HG_FIELD_destination_port))
        hg_jsonw_u64(w, event->destination_port);
    else
        hg_jsonw_null(w);
}

void hg_alert_reason(const struct hg_backend *backend, const struct hg_alert *alert, struct hg_buf *words)
{
    struct hg_event event = event_of(alert);
    backend->reason_words(backend->self, &event, &alert->score, words);
}

static void put_reason(const struct hg_backend *backend, const struct hg_alert *alert, struct hg_jsonw *w)
{
    struct hg_buf words;
    hg_buf_init(&words, 4096);
    hg_alert_reason(backend, alert, &words);
    hg_jsonw_key(w, "reason");
    hg_jsonw_str(w, words.p == NULL ? HG_SLICE("") : hg_buf_slice(&words));
    hg_buf_free(&words);
    hg_jsonw_key(w, "reason_key");
    hg_jsonw_text(w, alert->reason_key);
}

static void put_model(const struct hg_id *model, struct hg_jsonw *w)
{
    static const struct hg_id none = {{0}};
    hg_jsonw_key(w, "model");
    if (memcmp(model, &none, sizeof none) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, model);
}

void hg_json_alert(const struct hg_backend *backend, const struct hg_alert *alert, struct hg_jsonw *w)
{
    struct hg_event event = event_of(alert);
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "alert_id");
    hg_jsonw_id(w, &alert->id);
    hg_jsonw_key(w, "severity");
    hg_jsonw_text(w, hg_severity_name((enum hg_severity)alert->score.severity));
    hg_jsonw_key(w, "score");
    hg_jsonw_f64(w, hg_score_has_value(&alert->score) ? alert->score.value : __builtin_nan(""));
    hg_score_json_coverage(&alert->score, HG_FEATURE_COUNT, w);
    put_model(&alert->model, w);
    hg_jsonw_key(w, "first_time");
    hg_jsonw_time(w, alert->first_us);
    hg_jsonw_key(w, "last_time");
    hg_jsonw_time(w, alert->last_us);
    hg_json_count(w, "count", alert->count);
    hg_json_count(w, "by_label", alert->by_label);
    hg_json_count(w, "by_score", alert->by_score);
    hg_json_count(w, "by_both", alert->by_both);
    put_ends(&event, w);
    put_text(w, "protocol", alert->protocol);
    put_text(w, "application_protocol", alert->application_protocol);
    hg_jsonw_key(w, "dataset");
    hg_jsonw_text(w, hg_dataset_name((enum hg_dataset)alert->dataset));
    hg_jsonw_key(w, "attack_type");
    hg_jsonw_text(w, hg_attack_type_name((enum hg_attack_type)alert->attack_type));
    put_reason(backend, alert, w);
    hg_finding_json(&alert->score.finding, w);
    put_features(&alert->score, w);
    hg_json_place(&alert->geo, w);
    hg_jsonw_key(w, "event_id");
    hg_jsonw_id(w, &alert->event_id);
    hg_jsonw_key(w, "learned_in_sample");
    hg_jsonw_bool(w, alert->score.learned_in_sample);
    hg_jsonw_close(w, '}');
}

void hg_json_alert_counts(const struct hg_alert_counts *counts, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "counts");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "total", counts->total);
    hg_json_count(w, "high", counts->high);
    hg_json_count(w, "medium", counts->medium);
    hg_json_count(w, "low", counts->low);
    hg_json_count(w, "none", counts->none);
    hg_jsonw_close(w, '}');
}

void hg_handle_alerts(struct hg_call *call)
{
    struct hg_view view;
    struct hg_args_fault fault;
    struct hg_alert_counts counts;
    struct hg_alert *alerts = NULL;
    size_t limit, n = 0;
    bool exact = true;
    char cursor[HG_CURSOR_BYTES], next[HG_CURSOR_BYTES];
    if (!hg_args_limit(&call->args, 50, 500, &limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = HG_OK;
    if (hg_view_cursor(&view, cursor)) {
        view.query.deadline_us = hg_time_monotonic_us() + HG_CHART_US;
        rc = hg_query_alerts(view.reader, &view.query, limit, cursor, &alerts, &n, next, &counts, &exact, &view.err);
        if (rc == HG_OK) {
            hg_view_open(&view);
            hg_json_alert_counts(&counts, &call->w);
            hg_jsonw_key(&call->w, "alerts");
            hg_jsonw_open(&call->w, '[');
            for (size_t i = 0; i < n; i++)
                hg_json_alert(&call->serve->backend, &alerts[i], &call->w);
            hg_jsonw_close(&call->w, ']');
            hg_view_next_cursor(&view, next);
            if (view.query.filter != NULL)
                rc = hg_view_put_reach(&view, exact);
            hg_jsonw_close(&call->w, '}');
        }
    }
    free(alerts);
    hg_view_end(&view, rc);
}

void hg_handle_alert(struct hg_call *call)
{
    struct hg_view view;
    struct hg_alert alert;
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = hg_reader_alert(view.reader, &call->id, &alert, &view.err);
    if (rc == HG_OK) {
        hg_jsonw_open(&call->w, '{');
        hg_json_count(&call->w, "sequence", view.sequence);
        hg_jsonw_key(&call->w, "alert");
        hg_json_alert(&call->serve->backend, &alert, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
}
