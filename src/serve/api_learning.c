/* GET /model: the model in force, learning while running, the ledger. GET /drift: p-values by kind of events and hour. */
#include "serve/serve_priv.h"

#include "base/num.h"

#include <stdlib.h>

#define LEDGER_LINES 100u /* of it are shown, the newest; `honeyguide model list` shows all */
#define HOURS        168u /* where nothing is asked */
#define TEXT_BYTES   ((size_t)64 * 1024 * 1024)

static void put_ledger(const struct hg_model_record *rows, size_t n, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "ledger");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        hg_jsonw_open(w, '{');
        hg_model_record_json_members(&rows[i], w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

void hg_handle_model(struct hg_call *call)
{
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_view view;
    struct hg_arena arena;
    struct hg_model_record *rows = NULL;
    size_t n = 0;
    if (!hg_view_begin(&view, call))
        return;
    hg_arena_init(&arena, (size_t)64 * 1024, TEXT_BYTES);
    enum hg_rc rc = hg_reader_models(view.reader, LEDGER_LINES, &arena, &rows, &n, &view.err);
    if (rc == HG_OK) {
        hg_jsonw_open(&call->w, '{');
        hg_json_count(&call->w, "sequence", view.sequence);
        hg_jsonw_key(&call->w, "model");
        backend->model_json(backend->self, &call->w);
        hg_jsonw_key(&call->w, "learning");
        if (backend->learning_json == NULL)
            hg_jsonw_null(&call->w);
        else
            backend->learning_json(backend->self, &call->w);
        put_ledger(rows, n, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
    free(rows);
    hg_arena_free(&arena);
}

/* Rows are by kind. */
static void put_kinds(const struct hg_drift_hour *rows, size_t n, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "kinds");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < n;) {
        const char *kind = rows[i].kind;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "kind");
        hg_jsonw_text(w, kind);
        hg_jsonw_key(w, "hours");
        hg_jsonw_open(w, '[');
        for (; i < n && strcmp(rows[i].kind, kind) == 0; i++) {
            hg_jsonw_open(w, '{');
            hg_drift_hour_json_members(&rows[i], w);
            hg_jsonw_close(w, '}');
        }
        hg_jsonw_close(w, ']');
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static bool hours_asked(struct hg_call *call, unsigned *ret)
{
    static const struct hg_args_fault fault = {{"hours", 5}, "a whole number from 1 to 720"};
    struct hg_slice text = hg_args_get(&call->args, "hours");
    uint64_t hours = HOURS;
    if (text.p != NULL && (!hg_num_parse_u64(text, &hours) || hours < 1 || hours > HG_DRIFT_HOURS_KEPT)) {
        hg_call_fault(call, &fault);
        return false;
    }
    *ret = (unsigned)hours;
    return true;
}

void hg_handle_drift(struct hg_call *call)
{
    struct hg_view view;
    struct hg_arena arena;
    struct hg_drift_hour *rows = NULL;
    size_t n = 0;
    unsigned hours;
    if (!hours_asked(call, &hours) || !hg_view_begin(&view, call))
        return;
    hg_arena_init(&arena, (size_t)64 * 1024, TEXT_BYTES);
    enum hg_rc rc = hg_reader_drift(view.reader, hours, &arena, &rows, &n, &view.err);
    if (rc == HG_OK) {
        hg_jsonw_open(&call->w, '{');
        hg_json_count(&call->w, "sequence", view.sequence);
        put_kinds(rows, n, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
    free(rows);
    hg_arena_free(&arena);
}
