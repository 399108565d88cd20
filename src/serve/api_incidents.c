/* GET /incidents and /incidents/{id}: alerts that belong together, and what happened in a sentence. */
#include "serve/serve_priv.h"

#include "base/num.h"
#include "store/deed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ALERTS_MAX  20000u          /* grouped at once: the most critical ones */
#define SHOWN_MAX   200u            /* alerts of one incident */
#define STORIES_US  (2 * HG_SECOND) /* for counting what the incidents of a page did; what was not counted is not told */
#define PORTS       5u

struct grouped {
    struct hg_alert *alerts;
    struct hg_incident *rows;
    size_t n_alerts, n;
    bool exact;
};

static void grouped_free(struct grouped *grouped)
{
    free(grouped->alerts);
    free(grouped->rows);
}

static enum hg_rc read_grouped(struct hg_view *view, const struct hg_query *query, struct grouped *ret, struct hg_alert_counts *counts)
{
    char next[HG_CURSOR_BYTES];
    *ret = (struct grouped){0};
    enum hg_rc rc = hg_query_alerts(view->reader, query, ALERTS_MAX, "", &ret->alerts, &ret->n_alerts, next, counts, &ret->exact, &view->err);
    if (rc != HG_OK)
        return rc;
    ret->exact &= next[0] == '\0';
    ret->rows = calloc(ret->n_alerts + 1, sizeof *ret->rows);
    if (ret->rows == NULL)
        return hg_fail(&view->err, HG_ENOMEM, "no memory for %zu incidents", ret->n_alerts);
    ret->n = hg_incidents_group(ret->alerts, ret->n_alerts, ret->rows);
    return HG_OK;
}

/* ---- as JSON */

static void put_list(struct hg_jsonw *w, const char *list, const char *name, const struct hg_query_values *values, size_t most, bool is_number)
{
    hg_jsonw_key(w, list);
    hg_jsonw_open(w, '[');
    for (size_t i = 0, shown = 0; i < values->n && shown < most; i++) {
        const struct hg_query_value *row = &values->rows[i];
        if (row->key.p == NULL)
            continue;
        shown++;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, name);
        if (is_number)
            hg_jsonw_raw(w, row->key);
        else
            hg_jsonw_str(w, row->key);
        hg_json_count(w, "events", row->tally.events);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void put_datasets(struct hg_jsonw *w, const struct hg_query_values *values, const struct hg_alert *top)
{
    hg_jsonw_key(w, "datasets");
    hg_jsonw_open(w, '[');
    if (values->n == 0)
        hg_jsonw_text(w, hg_dataset_name((enum hg_dataset)top->dataset));
    for (size_t i = 0; i < values->n; i++)
        hg_jsonw_str(w, values->rows[i].key);
    hg_jsonw_close(w, ']');
}

static void put_words(struct hg_view *view, const struct hg_incident *incident, const struct hg_alert *top, const struct hg_deed *deed)
{
    const struct hg_backend *backend = &view->call->serve->backend;
    struct hg_jsonw *w = &view->call->w;
    struct hg_buf story, reason;
    char ip[HG_IP_TEXT_BYTES];
    struct hg_incident_facts facts = hg_deed_facts(top, deed, ip);
    hg_buf_init(&story, 4096);
    hg_buf_init(&reason, 4096);
    hg_alert_reason(backend, top, &reason);
    hg_incident_story(incident, &facts, &top->score.finding, hg_buf_slice(&reason), &story);
    hg_jsonw_key(w, "story");
    hg_jsonw_str(w, hg_buf_slice(&story));
    hg_jsonw_key(w, "top_alert");
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "alert_id");
    hg_jsonw_id(w, &top->id);
    hg_jsonw_key(w, "reason");
    hg_jsonw_str(w, hg_buf_slice(&reason));
    hg_jsonw_key(w, "reason_key");
    hg_jsonw_text(w, top->reason_key);
    hg_jsonw_close(w, '}');
    hg_buf_free(&story);
    hg_buf_free(&reason);
}

static void put_figures(struct hg_jsonw *w, const struct hg_incident *incident, const struct hg_alert *alerts)
{
    const struct hg_alert *top = &alerts[incident->top];
    hg_jsonw_key(w, "incident_id");
    hg_jsonw_id(w, &alerts[incident->first].id);
    hg_jsonw_key(w, "source_ip");
    if (hg_alert_has_source(top))
        hg_jsonw_ip(w, &top->source_ip);
    else
        hg_jsonw_null(w);
    hg_jsonw_key(w, "country");
    hg_jsonw_text(w, top->geo.country[0] == '\0' ? NULL : top->geo.country);
    hg_jsonw_key(w, "city");
    hg_jsonw_text(w, top->geo.city[0] == '\0' ? NULL : top->geo.city);
    hg_jsonw_key(w, "severity");
    hg_jsonw_text(w, hg_severity_name((enum hg_severity)top->score.severity));
    hg_jsonw_key(w, "score");
    hg_jsonw_f64(w, hg_score_has_value(&top->score) ? top->score.value : __builtin_nan(""));
    hg_jsonw_key(w, "first_time");
    hg_jsonw_time(w, incident->first_us);
    hg_jsonw_key(w, "last_time");
    hg_jsonw_time(w, incident->last_us);
    hg_json_count(w, "events", incident->events);
    hg_json_count(w, "by_label", incident->by_label);
    hg_json_count(w, "by_score", incident->by_score);
    hg_json_count(w, "by_both", incident->by_both);
    hg_json_count(w, "alerts", incident->n);
}

static enum hg_rc put_incident(struct hg_view *view, const struct hg_incident *incident, const struct hg_alert *alerts, int64_t deadline_us)
{
    struct hg_jsonw *w = &view->call->w;
    const struct hg_alert *top = &alerts[incident->top];
    struct hg_deed deed;
    enum hg_rc rc = hg_deed_read(view->reader, incident, top, deadline_us, &view->arena, &deed, &view->err);
    hg_jsonw_open(w, '{');
    put_figures(w, incident, alerts);
    hg_json_count(w, "targets", deed.values[HG_DEED_DST].distinct);
    put_list(w, "ports", "port", &deed.values[HG_DEED_PORT], PORTS, true);
    put_list(w, "attack_types", "attack_type", &deed.values[HG_DEED_TYPE], HG_ATTACK_TYPE_COUNT, false);
    put_datasets(w, &deed.values[HG_DEED_DATASET], top);
    put_words(view, incident, top, &deed);
    hg_jsonw_close(w, '}');
    return rc;
}

/* ---- GET /incidents */

/* A cursor says which incident was shown last: by the id of its first alert, and where it stood, if it isn't found any more. */
static bool place_after(const struct grouped *grouped, const char *cursor, size_t *ret)
{
    struct hg_slice text = hg_slice_of(cursor);
    struct hg_id id;
    uint64_t at;
    *ret = 0;
    if (text.len == 0)
        return true;
    if (text.len < HG_ID_TEXT_BYTES + 2 || !hg_id_parse((struct hg_slice){text.p, HG_ID_TEXT_BYTES}, &id) ||
        !hg_num_parse_u64(hg_slice_from(text, HG_ID_TEXT_BYTES + 1), &at))
        return false;
    for (size_t i = 0; i < grouped->n; i++)
        if (memcmp(&grouped->alerts[grouped->rows[i].first].id, &id, sizeof id) == 0) {
            *ret = i + 1;
            return true;
        }
    *ret = at < grouped->n ? (size_t)at : grouped->n;
    return true;
}

static struct hg_alert_counts count_severities(const struct grouped *grouped)
{
    struct hg_alert_counts counts = {.total = grouped->n};
    for (size_t i = 0; i < grouped->n; i++) {
        uint8_t severity = grouped->alerts[grouped->rows[i].top].score.severity;
        counts.high += severity == HG_SEVERITY_HIGH;
        counts.medium += severity == HG_SEVERITY_MEDIUM;
        counts.low += severity == HG_SEVERITY_LOW;
        counts.none += severity == HG_SEVERITY_NONE;
    }
    return counts;
}

static enum hg_rc put_incidents(struct hg_view *view, const struct grouped *grouped, size_t limit, size_t from)
{
    struct hg_jsonw *w = &view->call->w;
    struct hg_alert_counts counts = count_severities(grouped);
    int64_t deadline_us = hg_time_monotonic_us() + STORIES_US;
    char id[HG_ID_TEXT_BYTES], next[HG_CURSOR_BYTES] = "";
    size_t to = from + limit < grouped->n ? from + limit : grouped->n;
    hg_view_open(view);
    enum hg_rc rc = hg_view_put_reach(view, grouped->exact);
    hg_json_alert_counts(&counts, w);
    hg_jsonw_key(w, "incidents");
    hg_jsonw_open(w, '[');
    for (size_t i = from; i < to && rc == HG_OK; i++)
        rc = put_incident(view, &grouped->rows[i], grouped->alerts, deadline_us);
    hg_jsonw_close(w, ']');
    if (to < grouped->n && to > from) {
        hg_id_print(&grouped->alerts[grouped->rows[to - 1].first].id, id);
        snprintf(next, sizeof next, "%.*s.%zu", (int)sizeof id, id, to);
    }
    hg_view_next_cursor(view, next);
    hg_jsonw_close(w, '}');
    return rc;
}

static enum hg_rc list_incidents(struct hg_view *view, size_t limit, const char *cursor)
{
    static const struct hg_args_fault fault = {{"cursor", 6}, "the next_cursor of an earlier answer"};
    struct grouped grouped;
    struct hg_alert_counts counts;
    size_t from;
    view->query.deadline_us = hg_time_monotonic_us() + HG_CHART_US;
    enum hg_rc rc = read_grouped(view, &view->query, &grouped, &counts);
    if (rc == HG_OK && !place_after(&grouped, cursor, &from))
        hg_call_fault(view->call, &fault);
    else if (rc == HG_OK)
        rc = put_incidents(view, &grouped, limit, from);
    grouped_free(&grouped);
    return rc;
}

void hg_handle_incidents(struct hg_call *call)
{
    struct hg_view view;
    struct hg_args_fault fault;
    size_t limit;
    char cursor[HG_CURSOR_BYTES];
    if (!hg_args_limit(&call->args, 50, 500, &limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (hg_view_begin(&view, call))
        hg_view_end(&view, hg_view_cursor(&view, cursor) ? list_incidents(&view, limit, cursor) : HG_OK);
}

/* ---- GET /incidents/{id}: of any of its alerts */

static int by_rank(const void *a, const void *b)
{
    const struct hg_alert *x = a, *y = b;
    return hg_alert_before(x, y) ? -1 : hg_alert_before(y, x);
}

static enum hg_rc put_one(struct hg_view *view, const struct grouped *grouped, const struct hg_id *id)
{
    struct hg_jsonw *w = &view->call->w;
    const struct hg_incident *found = NULL;
    for (size_t i = 0; i < grouped->n && found == NULL; i++)
        for (size_t k = 0; k < grouped->rows[i].n && found == NULL; k++)
            if (memcmp(&grouped->alerts[grouped->rows[i].first + k].id, id, sizeof *id) == 0)
                found = &grouped->rows[i];
    if (found == NULL)
        return hg_fail(&view->err, HG_EEND, "no such incident");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "sequence", view->sequence);
    hg_jsonw_key(w, "incident");
    enum hg_rc rc = put_incident(view, found, grouped->alerts, hg_time_monotonic_us() + STORIES_US);
    struct hg_alert *own = grouped->alerts + found->first;
    size_t n = found->n;
    qsort(own, n, sizeof *own, by_rank);
    hg_jsonw_key(w, "alerts");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
        hg_json_alert(&view->call->serve->backend, &own[i], w);
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
    return rc;
}

/* All alerts of the source, ever; of an alert without one, itself. */
static enum hg_rc find_incident(struct hg_view *view)
{
    struct hg_query query = {.range = {INT64_MIN / 4, INT64_MAX / 4}, .deadline_us = hg_time_monotonic_us() + HG_CHART_US};
    struct grouped grouped = {0};
    struct hg_alert alert;
    struct hg_alert_counts counts;
    enum hg_rc rc = hg_reader_alert(view->reader, &view->call->id, &alert, &view->err);
    if (rc != HG_OK)
        return rc;
    if (hg_alert_has_source(&alert)) {
        rc = hg_view_filter_ip(view, HG_FILTER_src, &alert.source_ip, &query.filter);
        if (rc == HG_OK)
            rc = read_grouped(view, &query, &grouped, &counts);
        if (rc == HG_OK)
            rc = put_one(view, &grouped, &alert.id);
        grouped_free(&grouped);
        return rc;
    }
    struct hg_incident alone;
    grouped = (struct grouped){.alerts = &alert, .rows = &alone, .n_alerts = 1};
    grouped.n = hg_incidents_group(&alert, 1, &alone);
    return put_one(view, &grouped, &view->call->id);
}

void hg_handle_incident(struct hg_call *call)
{
    struct hg_view view;
    if (hg_view_begin(&view, call))
        hg_view_end(&view, find_incident(&view));
}
