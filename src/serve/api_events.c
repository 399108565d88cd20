/* GET /events and /alerts/{id}/events: the records behind the numbers. */
#include "serve/serve_priv.h"

#include "core/event_json.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_BYTES_MAX (96u * 1024 * 1024) /* 500 of the longest records, their payloads decoded */
#define SCAN_STEP      500u
#define SCANNED_MAX    20000u

struct page {
    struct hg_arena arena;
    struct hg_input_state *inputs;
    size_t n_inputs;
    struct hg_event_row *rows;
    size_t n_rows, limit;
    struct hg_slice session; /* {NULL, 0}: any */
    bool complete;
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

static void put_event(const struct hg_backend *backend, const struct hg_event_row *row, struct page *page, struct hg_jsonw *w)
{
    static const struct hg_id no_alert;
    const struct hg_event *event = &row->event;
    const struct hg_input_state *input = input_of(page, event->input);
    hg_jsonw_open(w, '{');
    hg_event_json_members(event, &page->arena, w);
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
    hg_jsonw_key(w, "attributes");
    hg_jsonw_open(w, '{');
    backend->attributes(backend->self, hg_slice_of(input->format), input->header, event->record, w);
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "raw");
    hg_jsonw_str(w, event->record.p == NULL ? HG_SLICE("") : event->record);
    hg_jsonw_close(w, '}');
}

static void put_page(struct hg_view *view, struct page *page)
{
    struct hg_call *call = view->call;
    hg_view_open(view);
    hg_jsonw_key(&call->w, "events");
    hg_jsonw_open(&call->w, '[');
    for (size_t i = 0; i < page->n_rows; i++)
        put_event(&call->serve->backend, &page->rows[i], page, &call->w);
    hg_jsonw_close(&call->w, ']');
    hg_view_next_cursor(view, page->next);
    hg_jsonw_key(&call->w, "complete");
    hg_jsonw_bool(&call->w, page->complete);
    hg_jsonw_close(&call->w, '}');
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

static enum hg_rc keep_row(struct page *page, const struct hg_event_row *row, struct hg_err *reterr)
{
    struct hg_event_row *kept = &page->rows[page->n_rows++];
    *kept = *row;
    return hg_event_copy(&row->event, &page->arena, &kept->event) ? HG_OK : hg_fail(reterr, HG_ENOMEM, "serve: no memory for events");
}

/* The store has no index by session, so its pages are read through, up to SCANNED_MAX events a request. When the last row that is
 * wanted stands inside a page, that page is read again up to it: only the store knows the cursor behind a row. */
static enum hg_rc find_session(struct hg_view *view, struct page *page, const struct hg_alert *alert, const char *cursor)
{
    struct hg_arena arena;
    struct hg_event_row *rows;
    char at[HG_CURSOR_BYTES];
    size_t n = 0, scanned = 0;
    enum hg_rc rc = HG_OK;
    page->rows = hg_arena_alloc(&page->arena, page->limit * sizeof *page->rows);
    if (page->rows == NULL)
        return hg_fail(&view->err, HG_ENOMEM, "serve: no memory for events");
    hg_arena_init(&arena, 256 * 1024, ROWS_BYTES_MAX);
    snprintf(page->next, sizeof page->next, "%s", cursor);
    do {
        memcpy(at, page->next, sizeof at);
        hg_arena_reset(&arena);
        rc = hg_reader_events(view->reader, view->range, alert, SCAN_STEP, at, &arena, &rows, &n, page->next, &view->err);
        for (size_t i = 0; i < n && rc == HG_OK && page->n_rows < page->limit; i++) {
            if (!hg_slice_eq(rows[i].event.session, page->session))
                continue;
            rc = keep_row(page, &rows[i], &view->err);
            if (rc != HG_OK || page->n_rows < page->limit || i + 1 == n)
                continue;
            hg_arena_reset(&arena);
            rc = hg_reader_events(view->reader, view->range, alert, i + 1, at, &arena, &rows, &n, page->next, &view->err);
        }
        scanned += n;
    } while (rc == HG_OK && page->next[0] != '\0' && page->n_rows < page->limit && scanned < SCANNED_MAX);
    if (page->next[0] != '\0' && page->n_rows < page->limit)
        page->complete = false;
    hg_arena_free(&arena);
    return rc;
}

static enum hg_rc answer(struct hg_view *view, struct page *page, const struct hg_id *alert_id)
{
    char cursor[HG_CURSOR_BYTES];
    struct hg_alert alert;
    page->complete = true; /* anomalous events are never dropped */
    if (!hg_view_cursor(view, cursor))
        return HG_OK;
    enum hg_rc rc = alert_id == NULL ? hg_reader_complete(view->reader, view->range, &page->complete, &view->err)
                                      : hg_reader_alert(view->reader, alert_id, &alert, &view->err);
    if (rc != HG_OK)
        return rc;
    if (alert_id != NULL)
        widen_to(view, &alert);
    rc = hg_reader_inputs(view->reader, &page->arena, &page->inputs, &page->n_inputs, &view->err);
    if (rc != HG_OK)
        return rc;
    const struct hg_alert *of = alert_id == NULL ? NULL : &alert;
    rc = page->session.p != NULL ? find_session(view, page, of, cursor)
                                 : hg_reader_events(view->reader, view->range, of, page->limit, cursor, &page->arena, &page->rows,
                                                    &page->n_rows, page->next, &view->err);
    if (rc == HG_OK)
        put_page(view, page);
    return rc;
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
    if (!hg_view_begin(&view, call))
        return;
    hg_arena_init(&page.arena, 256 * 1024, ROWS_BYTES_MAX);
    enum hg_rc rc = answer(&view, &page, alert_id);
    hg_view_end(&view, rc);
    free(page.inputs);
    hg_arena_free(&page.arena);
}

void hg_handle_events(struct hg_call *call)
{
    handle(call, NULL);
}

void hg_handle_alert_events(struct hg_call *call)
{
    handle(call, &call->id);
}
