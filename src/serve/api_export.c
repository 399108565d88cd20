/* GET /export: everything that a filter shows, streamed, of one commit. */
#include "serve/serve_priv.h"

#include "core/event_export.h"

#include <stdlib.h>

#define EXPORTS_MAX 2u /* each holds a reader, for as long as its client takes */
#define PAGE_ROWS   200u
#define CHUNK_BYTES ((size_t)64 * 1024)
#define PAGE_BYTES  ((size_t)64 * 1024 * 1024)

struct export {
    struct hg_serve *serve;
    struct hg_link *link;
    struct hg_view view;   /* its call ends before */
    struct hg_arena page;
    struct hg_input_state *inputs;
    size_t n_inputs, sent; /* of out */
    struct hg_buf out, attributes;
    char cursor[HG_CURSOR_BYTES];
    bool csv, ended, failed;
};

static const struct hg_input_state *input_of(const struct export *export, uint32_t index)
{
    for (size_t i = 0; i < export->n_inputs; i++)
        if (export->inputs[i].index == index)
            return &export->inputs[i];
    return NULL;
}

static void put_row(struct export *export, const struct hg_event_row *row)
{
    const struct hg_backend *backend = &export->serve->backend;
    const struct hg_input_state *input = input_of(export, row->event.input);
    struct hg_jsonw w = {.buf = &export->attributes};
    hg_buf_clear(&export->attributes);
    hg_jsonw_open(&w, '{');
    if (input != NULL)
        backend->attributes(backend->self, hg_slice_of(input->format), input->header, row->event.record, &w);
    hg_jsonw_close(&w, '}');
    const struct hg_export_row out = {&row->event, &row->score, row->by, &row->alert, hg_buf_slice(&export->attributes)};
    if (export->csv)
        hg_export_csv_row(&out, &export->page, &export->out);
    else
        hg_export_json_line(&out, &export->page, &export->out);
}

/* The next rows into out; false: they can't be read, and the connection is cut, so that nobody takes it for the whole. */
static bool fill(struct export *export)
{
    struct hg_event_row *rows;
    char next[HG_CURSOR_BYTES];
    size_t n;
    hg_buf_clear(&export->out);
    hg_arena_reset(&export->page);
    export->sent = 0;
    enum hg_rc rc = hg_query_events(export->view.reader, &export->view.query, false, PAGE_ROWS, export->cursor, &export->page, &rows, &n, next,
                                    &export->view.err);
    for (size_t i = 0; rc == HG_OK && i < n; i++)
        put_row(export, &rows[i]);
    memcpy(export->cursor, next, sizeof next);
    export->ended = next[0] == '\0';
    export->failed = rc != HG_OK;
    return rc == HG_OK && !export->out.failed;
}

static ssize_t on_read(void *self, uint64_t at, char *bytes, size_t most)
{
    struct export *export = self;
    (void)at;
    pthread_mutex_lock(&export->serve->lock);
    bool stopping = export->serve->stopping;
    pthread_mutex_unlock(&export->serve->lock);
    if (stopping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    hg_watch_restart(&export->serve->watch, export->link, true); /* who takes nothing for as long as that is cut off */
    while (export->sent == export->out.len) {
        if (export->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!fill(export))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = export->out.len - export->sent < most ? export->out.len - export->sent : most;
    memcpy(bytes, export->out.p + export->sent, n);
    export->sent += n;
    return (ssize_t)n;
}

static void on_free(void *self)
{
    struct export *export = self;
    struct hg_serve *serve = export->serve;
    hg_reader_end(export->view.reader);
    hg_readers_give(&serve->readers, export->view.reader, export->failed);
    hg_arena_free(&export->view.arena);
    hg_arena_free(&export->page);
    hg_buf_free(&export->out);
    hg_buf_free(&export->attributes);
    free(export->inputs);
    free(export);
    pthread_mutex_lock(&serve->lock);
    serve->n_exports--;
    pthread_cond_broadcast(&serve->changed);
    pthread_mutex_unlock(&serve->lock);
}

static bool take_slot(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    bool taken = serve->n_exports < EXPORTS_MAX && !serve->stopping;
    serve->n_exports += taken;
    pthread_mutex_unlock(&serve->lock);
    return taken;
}

static void give_slot(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    serve->n_exports--;
    pthread_mutex_unlock(&serve->lock);
}

/* False: the call has its problem, and the slot is given back. */
static bool begin(struct hg_call *call, bool csv)
{
    struct export *export = calloc(1, sizeof *export);
    if (export == NULL || !hg_view_begin(&export->view, call)) {
        if (export == NULL)
            hg_call_problem(call, 503, "no memory", "There is no memory for an export now.");
        free(export);
        give_slot(call->serve);
        return false;
    }
    export->serve = call->serve;
    export->link = call->link;
    export->csv = csv;
    hg_arena_init(&export->page, (size_t)256 * 1024, PAGE_BYTES);
    hg_buf_init(&export->out, PAGE_BYTES);
    hg_buf_init(&export->attributes, 8u * 1024 * 1024);
    if (csv)
        hg_export_csv_header(&export->out);
    enum hg_rc rc = hg_reader_inputs(export->view.reader, &export->view.arena, &export->inputs, &export->n_inputs, &export->view.err);
    if (rc == HG_OK)
        call->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES, on_read, export, on_free);
    if (call->response != NULL)
        return true;
    hg_call_problem(call, 503, "no export", "%s", rc == HG_OK ? "There is no memory for an export now." : export->view.err.msg);
    on_free(export);
    return false;
}

void hg_handle_export(struct hg_call *call)
{
    static const struct hg_args_fault fault = {{"format", 6}, "csv or jsonl"};
    struct hg_slice format = hg_args_get(&call->args, "format");
    bool csv = hg_slice_is(format, "csv");
    if (!csv && !hg_slice_is(format, "jsonl")) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!take_slot(call->serve)) {
        call->retry_after = "1";
        hg_call_problem(call, 429, "too many requests", "%u exports are under way already; try again.", EXPORTS_MAX);
        return;
    }
    if (!begin(call, csv))
        return;
    call->content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    MHD_add_response_header(call->response, "Content-Disposition",
                            csv ? "attachment; filename=\"honeyguide-events.csv\"" : "attachment; filename=\"honeyguide-events.jsonl\"");
}
