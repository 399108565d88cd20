/* GET /events, /alerts/{id}/events, /count and /events/{id}: the records behind the numbers. */
#include "serve/serve_priv.h"

#include "core/event_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_SLOW_US  (30 * HG_SECOND)
#define COUNTS_MAX     2u /* slow ones at once */
#define AROUND         10u

struct page {
    struct hg_input_state *inputs;
    size_t n_inputs;
    struct hg_event_row *rows;
    size_t n_rows, limit;
    struct hg_slice session; /* {NULL, 0}: any */
    bool oldest_first, complete, counted;
    struct hg_query_count count;
    char next[HG_CURSOR_BYTES];
};

static const struct hg_input_state *input_of(const struct page *page, uint32_t index)
{
    static const struct hg_input_state none = {.name = "", .format = ""};
    for (size_t i = 0; i < page->n_inputs; i++)
        if (page->inputs[i].index == index)
            return &page->inputs[i];
    return &none;
}

static void put_members(const struct hg_backend *backend, const struct hg_event_row *row, const struct page *page, struct hg_arena *arena,
                        struct hg_jsonw *w)
{
    static const struct hg_id no_alert;
    const struct hg_event *event = &row->event;
    const struct hg_input_state *input = input_of(page, event->input);
    hg_event_json_members(event, arena, w);
    hg_score_json_members(&row->score, HG_FEATURE_COUNT, w);
    hg_finding_json(&row->score.finding, w);
    hg_jsonw_key(w, "by");
    hg_jsonw_text(w, hg_by_name(row->by));
    hg_jsonw_key(w, "alert_id");
    if (memcmp(&row->alert, &no_alert, sizeof no_alert) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, &row->alert);
    hg_json_count(w, "sequence", row->sequence);
    hg_jsonw_key(w, "late");
    hg_jsonw_bool(w, row->late);
    hg_jsonw_key(w, "source");
    hg_jsonw_text(w, input->name[0] == '\0' ? NULL : input->name);
    hg_jsonw_key(w, "country");
    hg_jsonw_str(w, row->country);
    hg_jsonw_key(w, "attributes");
    hg_jsonw_open(w, '{');
    backend->attributes(backend->self, hg_slice_of(input->format), input->header, event->record, w);
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "raw");
    hg_jsonw_str(w, event->record.p == NULL ? HG_SLICE("") : event->record);
}

static void put_count(const struct hg_query_count *count, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "count");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "events", count->events);
    hg_jsonw_key(w, "exact");
    hg_jsonw_bool(w, count->exact);
    hg_jsonw_close(w, '}');
}

static void put_page(struct hg_view *view, struct page *page)
{
    struct hg_jsonw *w = &view->call->w;
    hg_view_open(view);
    hg_jsonw_key(w, "events");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < page->n_rows; i++) {
        hg_jsonw_open(w, '{');
        put_members(&view->call->serve->backend, &page->rows[i], page, &view->arena, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_view_next_cursor(view, page->next);
    hg_jsonw_key(w, "complete");
    hg_jsonw_bool(w, page->complete);
    if (page->counted)
        put_count(&page->count, w);
    hg_jsonw_close(w, '}');
}

/* Without a range of the request's own, an alert's events are all of them. */
static void widen_to(struct hg_view *view, const struct hg_alert *alert)
{
    const struct hg_args *args = &view->call->args;
    if (hg_args_get(args, "window").p != NULL || hg_args_get(args, "from").p != NULL || hg_args_get(args, "to").p != NULL)
        return;
    view->range = (struct hg_range){hg_time_floor(alert->first_us, HG_MINUTE), hg_time_floor(alert->last_us, HG_MINUTE) + HG_MINUTE};
    view->has_range = true;
}

/* The request's filter, and that it is of a session and of an alert. */
static enum hg_rc narrow(struct hg_view *view, const struct page *page, const struct hg_alert *alert)
{
    struct hg_buf text;
    char id[HG_ID_TEXT_BYTES];
    struct hg_slice asked = hg_args_get(&view->call->args, "filter");
    if (page->session.p == NULL)
        return HG_OK;
    hg_buf_init(&text, 2 * HG_FILTER_BYTES_MAX);
    if (view->query.filter != NULL)
        hg_buf_printf(&text, "(%.*s) ", (int)asked.len, asked.p);
    hg_filter_put_value(HG_FILTER_session, page->session, &text);
    if (alert != NULL) {
        hg_id_print(&alert->id, id);
        hg_buf_printf(&text, " alert:%.*s", (int)sizeof id, id);
    }
    enum hg_rc rc = hg_view_filter(view, hg_buf_slice(&text), &view->query.filter);
    hg_buf_free(&text);
    return rc;
}

static enum hg_rc read_page(struct hg_view *view, struct page *page, const struct hg_alert *alert, const char *cursor)
{
    int64_t now = hg_time_monotonic_us();
    if (alert != NULL && page->session.p == NULL)
        return hg_reader_events(view->reader, view->range, alert, page->limit, cursor, &view->arena, &page->rows, &page->n_rows, page->next, &view->err);
    view->query.range = view->range;
    view->query.deadline_us = now + COUNT_SLOW_US / 6;
    enum hg_rc rc = hg_query_events(view->reader, &view->query, page->oldest_first, page->limit, cursor, &view->arena, &page->rows, &page->n_rows,
                                    page->next, &view->err);
    view->query.deadline_us = hg_time_monotonic_us() + HG_ASK_US;
    if (rc == HG_OK && alert == NULL)
        rc = hg_query_count(view->reader, &view->query, &page->count, &view->err);
    page->counted = alert == NULL;
    return rc;
}

/* Whether all of them are still stored. The ring drops no anomalous event: those of an alert go by retention alone. */
static enum hg_rc read_reach(struct hg_view *view, struct page *page, const struct hg_alert *alert)
{
    struct hg_store_fill fill;
    if (alert == NULL)
        return hg_reader_complete(view->reader, view->range, &page->complete, &view->err);
    enum hg_rc rc = hg_reader_fill(view->reader, &fill, &view->err);
    page->complete = rc == HG_OK && (fill.dropped_events == 0 || alert->first_us >= fill.oldest_us);
    return rc;
}

static enum hg_rc answer(struct hg_view *view, struct page *page, const struct hg_id *alert_id)
{
    char cursor[HG_CURSOR_BYTES];
    struct hg_alert alert;
    if (!hg_view_cursor(view, cursor))
        return HG_OK;
    enum hg_rc rc = alert_id == NULL ? HG_OK : hg_reader_alert(view->reader, alert_id, &alert, &view->err);
    if (rc != HG_OK)
        return rc;
    if (alert_id != NULL)
        widen_to(view, &alert);
    const struct hg_alert *of = alert_id == NULL ? NULL : &alert;
    rc = read_reach(view, page, of);
    if (rc == HG_OK)
        rc = hg_reader_inputs(view->reader, &view->arena, &page->inputs, &page->n_inputs, &view->err);
    if (rc == HG_OK)
        rc = narrow(view, page, of);
    if (rc == HG_OK)
        rc = read_page(view, page, of, cursor);
    if (rc == HG_OK)
        put_page(view, page);
    return rc;
}

static bool read_order(struct hg_call *call, struct page *page)
{
    static const struct hg_args_fault fault = {{"order", 5}, "newest or oldest"};
    struct hg_slice order = hg_args_get(&call->args, "order");
    page->oldest_first = hg_slice_is(order, "oldest");
    if (order.p == NULL || page->oldest_first || hg_slice_is(order, "newest"))
        return true;
    hg_call_fault(call, &fault);
    return false;
}

static void handle(struct hg_call *call, const struct hg_id *alert_id)
{
    struct hg_view view;
    struct hg_args_fault fault;
    struct page page = {0};
    if (!hg_args_limit(&call->args, 50, 500, &page.limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    page.session = hg_args_get(&call->args, "session");
    if (!read_order(call, &page) || !hg_view_begin(&view, call))
        return;
    enum hg_rc rc = answer(&view, &page, alert_id);
    hg_view_end(&view, rc);
    free(page.inputs);
}

void hg_handle_events(struct hg_call *call)
{
    handle(call, NULL);
}

void hg_handle_alert_events(struct hg_call *call)
{
    handle(call, &call->id);
}

/* ---- GET /count */

/* Takes its time; two at once leave readers for everybody else. */
static bool take_slow_slot(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    bool taken = serve->n_slow < COUNTS_MAX;
    serve->n_slow += taken;
    pthread_mutex_unlock(&serve->lock);
    return taken;
}

static void give_slow_slot(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    serve->n_slow--;
    pthread_mutex_unlock(&serve->lock);
}

static void count_events(struct hg_call *call)
{
    struct hg_view view;
    struct hg_query_count count;
    if (!hg_view_begin(&view, call))
        return;
    view.query.deadline_us = hg_time_monotonic_us() + COUNT_SLOW_US;
    enum hg_rc rc = hg_query_count(view.reader, &view.query, &count, &view.err);
    if (rc == HG_OK) {
        hg_view_open(&view);
        put_count(&count, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
}

void hg_handle_count(struct hg_call *call)
{
    if (!take_slow_slot(call->serve)) {
        call->retry_after = "1";
        hg_call_problem(call, 429, "too many requests", "%u counts are under way already; try again.", COUNTS_MAX);
        return;
    }
    count_events(call);
    give_slow_slot(call->serve);
}

/* ---- GET /events/{id} */

static void put_brief(const struct hg_event_row *row, struct hg_jsonw *w)
{
    static const struct hg_id none;
    const struct hg_event *event = &row->event;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "event_id");
    hg_jsonw_id(w, &event->id);
    hg_jsonw_key(w, "event_time");
    hg_jsonw_time(w, event->time_us);
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
    hg_jsonw_key(w, "kind");
    hg_jsonw_str(w, event->kind);
    hg_jsonw_key(w, "severity");
    hg_jsonw_text(w, hg_severity_name((enum hg_severity)row->score.severity));
    hg_jsonw_key(w, "anomaly_score");
    hg_jsonw_f64(w, hg_score_has_value(&row->score) ? row->score.value : __builtin_nan(""));
    hg_jsonw_key(w, "attack_type");
    hg_jsonw_text(w, hg_attack_type_name((enum hg_attack_type)event->attack_type));
    hg_jsonw_key(w, "alert_id");
    if (memcmp(&row->alert, &none, sizeof none) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, &row->alert);
    hg_jsonw_close(w, '}');
}

/* Events of the same source before it (newest first), or after it (oldest first). */
static enum hg_rc put_around(struct hg_view *view, const struct hg_event_row *row, bool after, struct hg_jsonw *w)
{
    char cursor[HG_CURSOR_BYTES], next[HG_CURSOR_BYTES];
    struct hg_query query = {.range = {INT64_MIN / 4, INT64_MAX / 4}, .deadline_us = hg_time_monotonic_us() + HG_ASK_US};
    struct hg_event_row *rows = NULL;
    size_t n = 0;
    enum hg_rc rc = HG_OK;
    if (hg_event_has(&row->event, HG_FIELD_source_ip)) {
        snprintf(cursor, sizeof cursor, "%" PRIu64, row->sequence);
        rc = hg_view_filter_ip(view, HG_FILTER_src, &row->event.source_ip, &query.filter);
        if (rc == HG_OK)
            rc = hg_query_events(view->reader, &query, after, AROUND, cursor, &view->arena, &rows, &n, next, &view->err);
    }
    hg_jsonw_open(w, '[');
    for (size_t i = 0; rc == HG_OK && i < n; i++)
        put_brief(&rows[i], w);
    hg_jsonw_close(w, ']');
    return rc;
}

static enum hg_rc answer_event(struct hg_view *view, struct page *page)
{
    static const struct hg_id nobody;
    struct hg_jsonw *w = &view->call->w;
    struct hg_event_row *row;
    struct hg_id model = nobody;
    enum hg_rc rc = hg_query_event(view->reader, &view->call->id, &view->arena, &row, &view->err);
    if (rc == HG_OK && row->score.state != HG_NO_SUBMODEL)
        rc = hg_reader_model_at(view->reader, row->sequence, &model, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_inputs(view->reader, &view->arena, &page->inputs, &page->n_inputs, &view->err);
    if (rc != HG_OK)
        return rc;
    hg_jsonw_open(w, '{');
    hg_json_count(w, "sequence", view->sequence);
    hg_jsonw_key(w, "event");
    hg_jsonw_open(w, '{');
    put_members(&view->call->serve->backend, row, page, &view->arena, w);
    hg_jsonw_key(w, "scored_by");
    if (memcmp(&model, &nobody, sizeof nobody) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, &model);
    hg_jsonw_key(w, "features");
    hg_jsonw_open(w, '[');
    hg_score_json_features(&row->score, w);
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "before");
    rc = put_around(view, row, false, w);
    hg_jsonw_key(w, "after");
    if (rc == HG_OK)
        rc = put_around(view, row, true, w);
    hg_jsonw_close(w, '}');
    return rc;
}

void hg_handle_event(struct hg_call *call)
{
    struct hg_view view;
    struct page page = {0};
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = answer_event(&view, &page);
    if (rc == HG_EEND)
        hg_call_problem(call, 404, "not found", "There is no such event, or it is no longer stored.");
    hg_view_end(&view, rc == HG_EEND ? HG_OK : rc);
    free(page.inputs);
}
