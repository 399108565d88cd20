/* GET /sources: where events come from, and whether they still do. */
#include "serve/serve_priv.h"

#include <stdlib.h>

#define KEYS_MAX     10000u
#define STREAMS_MAX  20u  /* identities shown of a source */
#define GAPS_MAX     20u  /* of one source */
#define FORMATS_MAX  8u

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct hg_key_tally *)a)->key, ((const struct hg_key_tally *)b)->key);
}

static struct hg_tally window_of(const struct hg_key_tallies *tallies, const struct hg_source *source)
{
    struct hg_tally sum = {0};
    struct hg_key_tally wanted;
    for (size_t i = 0; i < source->n_streams && tallies->n > 0; i++) {
        hg_id_print(&source->streams[i].identity, wanted.key);
        wanted.key[HG_ID_TEXT_BYTES] = '\0';
        const struct hg_key_tally *found = bsearch(&wanted, tallies->rows, tallies->n, sizeof wanted, compare_keys);
        if (found != NULL)
            hg_tally_add(&sum, &found->tally);
    }
    return sum;
}

static void put_gaps(struct hg_jsonw *w, const char *key, const struct hg_gaps *gaps, struct hg_range range)
{
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < gaps->n; i++) {
        struct hg_range gap = gaps->rows[i];
        gap.from_us = gap.from_us > range.from_us ? gap.from_us : range.from_us;
        gap.to_us = gap.to_us < range.to_us ? gap.to_us : range.to_us;
        if (gap.from_us >= gap.to_us)
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "from");
        hg_jsonw_time(w, gap.from_us);
        hg_jsonw_key(w, "to");
        hg_jsonw_time(w, gap.to_us);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void put_formats(const struct hg_source *source, struct hg_jsonw *w)
{
    const char *seen[FORMATS_MAX];
    size_t n = 0;
    hg_jsonw_key(w, "formats");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < source->n_streams && n < FORMATS_MAX; i++) {
        const char *format = source->streams[i].format;
        size_t k = 0;
        while (k < n && strcmp(seen[k], format) != 0)
            k++;
        if (k < n)
            continue;
        seen[n++] = format;
        hg_jsonw_text(w, format);
    }
    hg_jsonw_close(w, ']');
}

static void put_identities(const struct hg_source *source, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "identities");
    hg_jsonw_open(w, '[');
    for (size_t i = source->n_streams > STREAMS_MAX ? source->n_streams - STREAMS_MAX : 0; i < source->n_streams; i++)
        hg_jsonw_id(w, &source->streams[i].identity);
    hg_jsonw_close(w, ']');
}

static void put_optional(struct hg_jsonw *w, const char *key, bool known, uint64_t value)
{
    hg_jsonw_key(w, key);
    if (known)
        hg_jsonw_u64(w, value);
    else
        hg_jsonw_null(w);
}

static void put_skew(const struct hg_source_status *status, struct hg_jsonw *w)
{
    static const char *const names[] = {"unknown", "none", "steady"};
    bool steady = status->skew == HG_SKEW_STEADY;
    struct hg_buf words;
    hg_buf_init(&words, 256);
    if (steady)
        hg_skew_words(status->skew_us, &words);
    hg_jsonw_key(w, "skew");
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "state");
    hg_jsonw_text(w, names[status->skew]);
    hg_jsonw_key(w, "seconds");
    hg_jsonw_f64(w, steady ? (double)status->skew_us / (double)HG_SECOND : 0);
    hg_jsonw_key(w, "text");
    hg_jsonw_str(w, steady ? hg_buf_slice(&words) : HG_SLICE_NONE);
    hg_jsonw_close(w, '}');
    hg_buf_free(&words);
}

static void put_flow(const struct hg_source *source, const struct hg_source_status *status, struct hg_jsonw *w)
{
    bool has_peers = strcmp(source->kind, "unix") == 0 || strcmp(source->kind, "syslog+tcp") == 0;
    int64_t shift_us = source->n_streams == 0 ? 0 : source->streams[source->n_streams - 1].shift_us;
    hg_json_count(w, "streams", source->n_streams);
    put_optional(w, "peers", has_peers && source->status != NULL, status->peers);
    put_identities(source, w);
    hg_json_count(w, "events", hg_source_events(source));
    hg_jsonw_key(w, "first_event");
    hg_jsonw_time(w, source->first_event_us);
    hg_jsonw_key(w, "last_event");
    hg_jsonw_time(w, source->last_event_us);
    hg_jsonw_key(w, "last_arrival");
    hg_jsonw_time(w, source->last_arrival_us);
    hg_jsonw_key(w, "rate");
    hg_jsonw_f64(w, status->rate);
    put_optional(w, "lag_seconds", source->lag_us != HG_TIME_NONE, (uint64_t)(source->lag_us / HG_SECOND));
    put_optional(w, "bytes_behind", strcmp(source->kind, "file") == 0, status->behind_bytes);
    hg_json_count(w, "lost", status->lost);
    hg_json_count(w, "rotations", status->rotations);
    put_skew(status, w);
    hg_json_count(w, "future_events", status->future);
    hg_json_count(w, "future_seconds", status->future_us > 0 ? (uint64_t)(status->future_us / HG_SECOND) : 0);
    hg_jsonw_key(w, "shift_seconds");
    hg_jsonw_f64(w, (double)shift_us / (double)HG_SECOND);
}

static void put_source(struct hg_view *view, const struct hg_source *source, const struct hg_key_tallies *tallies, const struct hg_gaps *gaps)
{
    static const struct hg_source_status unknown; /* not in this run */
    struct hg_jsonw *w = &view->call->w;
    const struct hg_source_status *status = source->status == NULL ? &unknown : source->status;
    struct hg_tally window = window_of(tallies, source);
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "name");
    hg_jsonw_text(w, source->name);
    hg_jsonw_key(w, "kind");
    hg_jsonw_text(w, source->kind);
    put_formats(source, w);
    hg_jsonw_key(w, "state");
    hg_jsonw_text(w, hg_shown_state_name(source->state));
    hg_jsonw_key(w, "trouble");
    hg_jsonw_text(w, status->trouble[0] == '\0' ? NULL : status->trouble);
    put_flow(source, status, w);
    put_optional(w, "usual_gap_seconds", gaps->usual_us > 0, (uint64_t)(gaps->usual_us / HG_SECOND));
    put_gaps(w, "gaps", gaps, view->range);
    hg_json_count(w, "gaps_total", gaps->total);
    hg_jsonw_key(w, "counts");
    hg_counts_json(&source->counts, w);
    hg_jsonw_key(w, "window");
    hg_tally_json(&window, w);
    hg_jsonw_close(w, '}');
}

/* Of a source that never brought anything there is nothing to say that its state doesn't. */
static enum hg_rc put_sources(struct hg_view *view, struct hg_sources *sources, const struct hg_key_tallies *tallies)
{
    static const struct hg_gaps nothing;
    struct hg_source_gaps *rows = NULL;
    size_t n = 0;
    enum hg_rc rc = HG_OK;
    if (view->has_range)
        rc = hg_reader_gaps_all(view->reader, view->range, GAPS_MAX, &sources->arena, &rows, &n, &view->err);
    if (rc != HG_OK)
        return rc;
    hg_jsonw_key(&view->call->w, "sources");
    hg_jsonw_open(&view->call->w, '[');
    for (size_t i = 0; i < sources->n; i++) {
        const struct hg_gaps *gaps = hg_gaps_of(rows, n, sources->rows[i].name);
        put_source(view, &sources->rows[i], tallies, gaps == NULL ? &nothing : gaps);
    }
    hg_jsonw_close(&view->call->w, ']');
    return HG_OK;
}

enum hg_rc hg_json_unobserved(struct hg_view *view)
{
    struct hg_gaps gaps = {0};
    enum hg_rc rc = HG_OK;
    if (view->has_range)
        rc = hg_reader_gaps(view->reader, NULL, view->range, HG_UNOBSERVED_MAX, &gaps, &view->err);
    if (rc == HG_OK)
        put_gaps(&view->call->w, "unobserved", &gaps, view->range);
    free(gaps.rows);
    return rc;
}

static enum hg_rc answer(struct hg_view *view, struct hg_sources *sources, struct hg_key_tallies *tallies)
{
    enum hg_rc rc = hg_sources_read(&view->call->serve->backend, view->reader, hg_time_now_us(), sources, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_keys(view->reader, HG_DIM_SOURCE, view->range, KEYS_MAX, tallies, &view->err);
    if (rc != HG_OK)
        return rc;
    if (tallies->n > 0)
        qsort(tallies->rows, tallies->n, sizeof *tallies->rows, compare_keys);
    hg_view_open(view);
    rc = put_sources(view, sources, tallies);
    if (rc == HG_OK)
        rc = hg_json_quarantine_sum(view);
    if (rc == HG_OK)
        rc = hg_json_unobserved(view);
    hg_jsonw_close(&view->call->w, '}');
    return rc;
}

void hg_handle_sources(struct hg_call *call)
{
    struct hg_view view;
    struct hg_sources sources = {0};
    struct hg_key_tallies tallies = {0};
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = answer(&view, &sources, &tallies);
    hg_view_end(&view, rc);
    free(tallies.rows);
    hg_sources_free(&sources);
}
