/* GET /metrics: the Prometheus text format, version 0.0.4. */
#include "serve/serve_priv.h"

#define SOURCES_MAX 1000u /* first by name; honeyguide_sources counts all */

struct metric {
    const char *name, *type, *help;
};

static void put_head(struct hg_buf *out, const struct metric *metric)
{
    hg_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, metric->type);
}

/* Names come from outside: what would end the value, and what a terminal or a parser would stumble over, is escaped. */
static void put_label(struct hg_buf *out, const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        uint32_t code = 0;
        size_t control = hg_text_control(text, end, &code), len = hg_utf8_len(text, end);
        if (control > 0) {
            hg_buf_printf(out, code < 0x100 ? "\\\\x%02x" : "\\\\u%04x", (unsigned)code);
            text += control;
            continue;
        }
        if (*text == '\\' || *text == '"')
            hg_buf_char(out, '\\');
        if (*text == '\n')
            hg_buf_text(out, "\\n");
        else
            hg_buf_add(out, text, len);
        text += len;
    }
}

static void put_number(struct hg_buf *out, double value)
{
    hg_buf_char(out, ' ');
    hg_buf_f64(out, value);
    hg_buf_char(out, '\n');
}

static void put_count(struct hg_buf *out, uint64_t value)
{
    hg_buf_char(out, ' ');
    hg_buf_u64(out, value);
    hg_buf_char(out, '\n');
}

static void put_global(struct hg_buf *out, const struct metric *metric, uint64_t value)
{
    put_head(out, metric);
    hg_buf_text(out, metric->name);
    put_count(out, value);
}

/* name{source="…" and, where label isn't NULL, another label; its values are words of ours. */
static void put_series(struct hg_buf *out, const char *name, const struct hg_source *source, const char *label, const char *value)
{
    hg_buf_printf(out, "%s{source=\"", name);
    put_label(out, source->name);
    hg_buf_char(out, '"');
    if (label != NULL)
        hg_buf_printf(out, ",%s=\"%s\"", label, value);
    hg_buf_char(out, '}');
}

static void put_records(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    const struct hg_counts *counts = &source->counts;
    const struct {
        const char *outcome;
        uint64_t value;
    } outcomes[] = {{"accepted", hg_source_events(source)}, {"duplicate", counts->duplicates}, {"skipped", counts->skipped},
                    {"malformed", counts->malformed}};
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        put_series(out, metric->name, source, "outcome", outcomes[i].outcome);
        put_count(out, outcomes[i].value);
    }
}

static void put_rejected(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    for (int i = 1; i < HG_REASON_COUNT; i++) {
        if (source->counts.reasons[i] == 0)
            continue;
        put_series(out, metric->name, source, "reason", hg_reason_name((enum hg_reason)i));
        put_count(out, source->counts.reasons[i]);
    }
}

static void put_late(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    put_series(out, metric->name, source, NULL, NULL);
    put_count(out, source->counts.late);
}

static void put_state(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    for (unsigned state = 0; state < HG_SHOWN_COUNT; state++) {
        put_series(out, metric->name, source, "state", hg_shown_state_name(state));
        put_count(out, source->state == state);
    }
}

static void put_last_event(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->last_event_us == HG_TIME_NONE)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_number(out, (double)source->last_event_us / (double)HG_SECOND);
}

static void put_lag(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->lag_us == HG_TIME_NONE)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_number(out, (double)source->lag_us / (double)HG_SECOND);
}

static void put_rate(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_number(out, source->status->rate);
}

static void put_behind(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL || strcmp(source->kind, "file") != 0)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_count(out, source->status->behind_bytes);
}

static void put_lost(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_count(out, source->status->lost);
}

static void put_skew(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL || source->status->skew == HG_SKEW_UNKNOWN)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_number(out, source->status->skew == HG_SKEW_STEADY ? (double)source->status->skew_us / (double)HG_SECOND : 0);
}

static void put_rate_asked(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_number(out, source->status->rate_asked);
}

static void put_alarms(struct hg_buf *out, const struct metric *metric, const struct hg_source *source)
{
    if (source->status == NULL)
        return;
    put_series(out, metric->name, source, NULL, NULL);
    put_count(out, source->status->alarms);
}

static const struct {
    struct metric metric;
    void (*put)(struct hg_buf *out, const struct metric *metric, const struct hg_source *source);
} per_source[] = {
    {{"honeyguide_records_total", "counter", "Records read, by what became of them."}, put_records},
    {{"honeyguide_rejected_total", "counter", "Records that became no event, by reason."}, put_rejected},
    {{"honeyguide_late_total", "counter", "Accepted events that came after the lateness that windows accept."}, put_late},
    {{"honeyguide_source_state", "gauge", "1 for the state that a source is in."}, put_state},
    {{"honeyguide_source_rate", "gauge", "Records a second over the last 10 s."}, put_rate},
    {{"honeyguide_source_lag_seconds", "gauge", "How long ago a live source's last event was."}, put_lag},
    {{"honeyguide_source_bytes_behind", "gauge", "Bytes of a followed file that were not read yet."}, put_behind},
    {{"honeyguide_source_lost_total", "counter", "Datagrams dropped, or bytes truncated away unread, since the start."}, put_lost},
    {{"honeyguide_source_skew_seconds", "gauge", "Steady offset of event time from arrival; positive is ahead."}, put_skew},
    {{"honeyguide_source_false_alarm_rate", "gauge", "Asked share of ordinary events that are called anomalous."}, put_rate_asked},
    {{"honeyguide_source_alarms_total", "counter", "Events anomalous by score that no label calls attacks."}, put_alarms},
    {{"honeyguide_source_last_event_timestamp_seconds", "gauge", "Time of the last event."}, put_last_event},
};

static void put_sources(struct hg_buf *out, const struct hg_sources *sources)
{
    static const struct metric all = {"honeyguide_sources", "gauge", "Sources by state."};
    size_t states[HG_SHOWN_COUNT] = {0}, n = sources->n < SOURCES_MAX ? sources->n : SOURCES_MAX;
    for (size_t i = 0; i < sources->n; i++)
        states[sources->rows[i].state]++;
    put_head(out, &all);
    for (unsigned state = 0; state < HG_SHOWN_COUNT; state++) {
        hg_buf_printf(out, "%s{state=\"%s\"}", all.name, hg_shown_state_name(state));
        put_count(out, states[state]);
    }
    for (size_t m = 0; m < sizeof per_source / sizeof per_source[0]; m++) {
        put_head(out, &per_source[m].metric);
        for (size_t i = 0; i < n; i++)
            per_source[m].put(out, &per_source[m].metric, &sources->rows[i]);
    }
}

static void put_alerts(struct hg_buf *out, const struct hg_alert_counts *counts)
{
    static const struct metric alerts = {"honeyguide_alerts", "gauge", "Alerts of the last hour of the window clock, by severity."};
    const struct {
        const char *severity;
        uint64_t value;
    } rows[] = {{"high", counts->high}, {"medium", counts->medium}, {"low", counts->low}, {"none", counts->none}};
    put_head(out, &alerts);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hg_buf_printf(out, "%s{severity=\"%s\"}", alerts.name, rows[i].severity);
        put_count(out, rows[i].value);
    }
}

static enum hg_rc answer(struct hg_view *view, struct hg_sources *sources)
{
    static const struct metric build = {"honeyguide_build_info", "gauge", "The program's version."};
    struct hg_buf *out = &view->call->out;
    struct hg_figures figures;
    struct hg_quarantine_sum quarantine;
    enum hg_rc rc = hg_sources_read(&view->call->serve->backend, view->reader, hg_time_now_us(), sources, &view->err);
    if (rc == HG_OK)
        rc = hg_figures_read(view, view->range, &figures);
    if (rc == HG_OK)
        rc = hg_reader_quarantine_sum(view->reader, &quarantine, &view->err);
    if (rc != HG_OK)
        return rc;
    view->call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    put_head(out, &build);
    hg_buf_printf(out, "%s{version=\"%s\"} 1\n", build.name, HG_VERSION);
    put_global(out, &(struct metric){"honeyguide_sequence", "counter", "Events taken, as of the last commit."}, view->sequence);
    put_global(out, &(struct metric){"honeyguide_uncommitted_records", "gauge", "Records taken in and not committed yet."}, view->status.uncommitted);
    put_global(out, &(struct metric){"honeyguide_sessions", "gauge", "Cowrie's sessions that are remembered."}, view->status.sessions);
    put_global(out, &(struct metric){"honeyguide_sessions_evicted_total", "counter", "Sessions put out by newer ones: their later records lack ports."},
               view->status.sessions_evicted);
    put_global(out, &(struct metric){"honeyguide_stalled", "gauge", "1 where the store can't be written."}, view->status.state == HG_RUN_STALLED);
    put_global(out, &(struct metric){"honeyguide_quarantine_records", "gauge", "Records in quarantine."}, quarantine.records);
    put_alerts(out, &figures.alerts);
    put_sources(out, sources);
    return HG_OK;
}

void hg_handle_metrics(struct hg_call *call)
{
    struct hg_view view;
    struct hg_sources sources = {0};
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = answer(&view, &sources);
    hg_view_end(&view, rc);
    hg_sources_free(&sources);
}
