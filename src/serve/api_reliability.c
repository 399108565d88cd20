/* GET /reliability: false alarms asked and achieved, by source and week. */
#include "serve/serve_priv.h"

#include "base/num.h"
#include "core/reliability.h"

#include <stdlib.h>

#define WEEKS       12u /* where nothing is asked */
#define WEEKS_MAX   52u
#define SOURCES_MAX 500u

/* All of this run and all of which there are weeks, by name. */
struct reliability {
    struct hg_arena arena;
    struct hg_reliability *weeks; /* by source, newest first */
    struct hg_source_status *sources;
    size_t n_weeks, n_sources;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hg_source_status *)a)->name, ((const struct hg_source_status *)b)->name);
}

static enum hg_rc read_all(struct hg_view *view, unsigned weeks, struct reliability *ret)
{
    const struct hg_backend *backend = &view->call->serve->backend;
    enum hg_rc rc = hg_reader_reliability(view->reader, weeks, &ret->arena, &ret->weeks, &ret->n_weeks, &view->err);
    if (rc == HG_OK)
        rc = backend->sources(backend->self, &ret->sources, &ret->n_sources, &view->err);
    if (rc == HG_OK && ret->n_sources > 0)
        qsort(ret->sources, ret->n_sources, sizeof *ret->sources, by_name);
    return rc;
}

static void put_events_a_day(double events_a_day, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "events_a_day");
    if (events_a_day > 0)
        hg_jsonw_f64(w, events_a_day);
    else
        hg_jsonw_null(w);
}

static void put_budget(const struct hg_status *status, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "budget");
    hg_jsonw_open(w, '{');
    hg_budget_json_members(&status->budget, w);
    put_events_a_day(status->events_a_day, w);
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "severities");
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "low");
    hg_jsonw_null(w);
    hg_jsonw_key(w, "medium");
    hg_jsonw_f64(w, HG_P_MEDIUM);
    hg_jsonw_key(w, "high");
    hg_jsonw_f64(w, HG_P_HIGH);
    hg_jsonw_close(w, '}');
}

/* A source and its weeks, of which *at is the first if it has any. */
static void put_source(const char *name, const struct hg_source_status *status, const struct reliability *all, size_t *at, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "source");
    hg_jsonw_text(w, name);
    put_events_a_day(status == NULL ? 0 : status->events_a_day, w);
    hg_jsonw_key(w, "rate_asked");
    hg_jsonw_f64(w, status == NULL ? __builtin_nan("") : status->rate_asked);
    hg_jsonw_key(w, "weeks");
    hg_jsonw_open(w, '[');
    for (; *at < all->n_weeks && strcmp(all->weeks[*at].source, name) == 0; ++*at) {
        hg_jsonw_open(w, '{');
        hg_reliability_json_members(&all->weeks[*at], w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}

/* Both lists are by name: they are walked together. */
static void put_sources(const struct reliability *all, struct hg_jsonw *w)
{
    size_t at = 0, total = 0;
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; (i < all->n_sources || at < all->n_weeks) && total < SOURCES_MAX; total++) {
        bool running = i < all->n_sources && (at == all->n_weeks || strcmp(all->sources[i].name, all->weeks[at].source) <= 0);
        const struct hg_source_status *status = running ? &all->sources[i++] : NULL;
        put_source(running ? status->name : all->weeks[at].source, status, all, &at, w);
    }
    hg_jsonw_close(w, ']');
}

static bool weeks_asked(struct hg_call *call, unsigned *ret)
{
    static const struct hg_args_fault fault = {{"weeks", 5}, "a whole number from 1 to 52"};
    struct hg_slice text = hg_args_get(&call->args, "weeks");
    uint64_t weeks = WEEKS;
    if (text.p != NULL && (!hg_num_parse_u64(text, &weeks) || weeks < 1 || weeks > WEEKS_MAX)) {
        hg_call_fault(call, &fault);
        return false;
    }
    *ret = (unsigned)weeks;
    return true;
}

void hg_handle_reliability(struct hg_call *call)
{
    struct hg_view view;
    struct reliability all = {.weeks = NULL};
    unsigned weeks;
    if (!weeks_asked(call, &weeks) || !hg_view_begin(&view, call))
        return;
    hg_arena_init(&all.arena, (size_t)64 * 1024, (size_t)64 * 1024 * 1024);
    enum hg_rc rc = read_all(&view, weeks, &all);
    if (rc == HG_OK) {
        hg_jsonw_open(&call->w, '{');
        hg_json_count(&call->w, "sequence", view.sequence);
        put_budget(&view.status, &call->w);
        put_sources(&all, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
    free(all.weeks);
    free(all.sources);
    hg_arena_free(&all.arena);
}
