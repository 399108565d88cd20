/* GET /address: everything about one address. */
#include "serve/serve_priv.h"

#include <stdlib.h>
#include <string.h>

#define VALUES       10u
#define SESSIONS_MAX 50u
#define SESSION_SCAN 2000u /* events of the address that are looked through for sessions, the newest */

static const struct hg_range ever = {INT64_MIN / 4, INT64_MAX / 4};

static const enum hg_filter_field fields[] = {HG_FILTER_source, HG_FILTER_dst, HG_FILTER_port, HG_FILTER_app,   HG_FILTER_type,  HG_FILTER_user,  HG_FILTER_password,
                                              HG_FILTER_command, HG_FILTER_url, HG_FILTER_sha256, HG_FILTER_hassh, HG_FILTER_client, HG_FILTER_signature};
#define N_FIELDS (sizeof fields / sizeof fields[0])
_Static_assert(N_FIELDS <= HG_TOPS_MAX, "one question asks for so many");

struct seen { /* a session */
    struct hg_slice session;
    uint32_t input;
    int64_t first_us, last_us;
    uint64_t events;
};

struct address {
    struct hg_ip ip;
    struct hg_query query; /* ip:X and the request's own filter, over the range */
    struct hg_query_values tops[N_FIELDS], seen;
    struct hg_geo geo;
    struct hg_tally as_source, as_target;
    bool exact;
    struct seen sessions[SESSIONS_MAX];
    size_t n_sessions;
    struct hg_input_state *inputs;
    size_t n_inputs;
};

/* "field:X" and the request's own filter. */
static enum hg_rc narrow(struct hg_view *view, enum hg_filter_field field, const struct hg_ip *ip, const struct hg_filter **ret)
{
    struct hg_buf text;
    struct hg_slice asked = hg_args_get(&view->call->args, "filter");
    char address[HG_IP_TEXT_BYTES];
    hg_buf_init(&text, 2 * HG_FILTER_BYTES_MAX);
    hg_buf_printf(&text, "%s:\"%.*s\"", hg_filter_field_name(field), (int)hg_ip_print(ip, address), address);
    if (view->query.filter != NULL)
        hg_buf_printf(&text, " (%.*s)", (int)asked.len, asked.p);
    enum hg_rc rc = hg_view_filter(view, hg_buf_slice(&text), ret);
    hg_buf_free(&text);
    return rc;
}

static enum hg_rc read_side(struct hg_view *view, struct address *address, enum hg_filter_field field, struct hg_tally *ret)
{
    struct hg_query query = address->query;
    struct hg_unique attackers;
    bool exact = true;
    enum hg_rc rc = narrow(view, field, &address->ip, &query.filter);
    if (rc == HG_OK)
        rc = hg_query_total(view->reader, &query, ret, &attackers, &exact, &view->err);
    address->exact &= exact;
    return rc;
}

static struct seen *session_of(struct address *address, const struct hg_event *event)
{
    for (size_t i = 0; i < address->n_sessions; i++)
        if (address->sessions[i].input == event->input && hg_slice_eq(address->sessions[i].session, event->session))
            return &address->sessions[i];
    if (address->n_sessions == SESSIONS_MAX)
        return NULL;
    struct seen *seen = &address->sessions[address->n_sessions++];
    *seen = (struct seen){event->session, event->input, event->time_us, event->time_us, 0};
    return seen;
}

/* Sessions have no column: they are those of its newest events on honeypots. */
static enum hg_rc read_sessions(struct hg_view *view, struct address *address)
{
    struct hg_query query = address->query;
    struct hg_event_row *rows;
    char cursor[HG_CURSOR_BYTES] = "", next[HG_CURSOR_BYTES];
    size_t n, scanned = 0;
    enum hg_rc rc = narrow(view, HG_FILTER_src, &address->ip, &query.filter);
    do {
        if (rc == HG_OK)
            rc = hg_query_events(view->reader, &query, false, 500, cursor, &view->arena, &rows, &n, next, &view->err);
        for (size_t i = 0; rc == HG_OK && i < n; i++) {
            const struct hg_event *event = &rows[i].event;
            if (event->session.len == 0 || !hg_dataset_is_honeypot((enum hg_dataset)event->dataset))
                continue;
            struct seen *seen = session_of(address, event);
            if (seen == NULL)
                continue;
            seen->events++;
            seen->first_us = event->time_us < seen->first_us ? event->time_us : seen->first_us;
            seen->last_us = event->time_us > seen->last_us ? event->time_us : seen->last_us;
        }
        memcpy(cursor, next, sizeof cursor);
        scanned += 500;
    } while (rc == HG_OK && cursor[0] != '\0' && scanned < SESSION_SCAN);
    return rc;
}

/* Where it is, is looked up for what is anomalous: its alerts know. */
static enum hg_rc read_place(struct hg_view *view, struct address *address, struct hg_query *always)
{
    struct hg_alert *alerts = NULL;
    struct hg_alert_counts counts;
    char next[HG_CURSOR_BYTES];
    bool exact;
    size_t n = 0;
    address->geo.state = hg_ip_is_private(&address->ip) ? HG_GEO_PRIVATE : HG_GEO_STATE_COUNT;
    enum hg_rc rc = hg_view_filter_ip(view, HG_FILTER_src, &address->ip, &always->filter);
    if (rc == HG_OK)
        rc = hg_query_alerts(view->reader, always, 1, "", &alerts, &n, next, &counts, &exact, &view->err);
    if (rc == HG_OK && n == 1)
        address->geo = alerts[0].geo;
    free(alerts);
    return rc;
}

static enum hg_rc read_address(struct hg_view *view, struct address *address)
{
    const enum hg_filter_field dataset = HG_FILTER_dataset;
    struct hg_query always = {.range = ever};
    address->exact = true;
    address->query = view->query;
    address->query.deadline_us = always.deadline_us = hg_time_monotonic_us() + HG_CHART_US;
    enum hg_rc rc = narrow(view, HG_FILTER_ip, &address->ip, &address->query.filter);
    if (rc == HG_OK)
        rc = hg_query_top(view->reader, &address->query, fields, N_FIELDS, HG_BY_EVENTS, VALUES + 1, &view->arena, address->tops, &view->err);
    if (rc == HG_OK)
        rc = hg_view_filter_ip(view, HG_FILTER_ip, &address->ip, &always.filter);
    if (rc == HG_OK) /* since when, until when: of all that is stored */
        rc = hg_query_top(view->reader, &always, &dataset, 1, HG_BY_EVENTS, HG_DATASET_COUNT, &view->arena, &address->seen, &view->err);
    if (rc == HG_OK)
        rc = read_place(view, address, &always);
    if (rc == HG_OK)
        rc = read_side(view, address, HG_FILTER_src, &address->as_source);
    if (rc == HG_OK)
        rc = read_side(view, address, HG_FILTER_dst, &address->as_target);
    if (rc == HG_OK)
        rc = read_sessions(view, address);
    return rc == HG_OK ? hg_reader_inputs(view->reader, &view->arena, &address->inputs, &address->n_inputs, &view->err) : rc;
}

/* ---- as JSON */

static void put_place(const struct address *address, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "place");
    hg_jsonw_open(w, '{');
    hg_json_place(&address->geo, w);
    hg_jsonw_close(w, '}');
}

static void put_seen(const struct hg_query_values *seen, struct hg_jsonw *w)
{
    int64_t first_us = HG_TIME_NONE, last_us = HG_TIME_NONE;
    for (size_t i = 0; i < seen->n; i++) {
        first_us = first_us == HG_TIME_NONE || seen->rows[i].first_us < first_us ? seen->rows[i].first_us : first_us;
        last_us = last_us == HG_TIME_NONE || seen->rows[i].last_us > last_us ? seen->rows[i].last_us : last_us;
    }
    hg_jsonw_key(w, "first_seen");
    hg_jsonw_time(w, first_us);
    hg_jsonw_key(w, "last_seen");
    hg_jsonw_time(w, last_us);
}

static const char *source_name(const struct address *address, uint32_t input)
{
    for (size_t i = 0; i < address->n_inputs; i++)
        if (address->inputs[i].index == input)
            return address->inputs[i].name;
    return NULL;
}

static void put_sessions(const struct address *address, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "sessions");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < address->n_sessions; i++) {
        const struct seen *seen = &address->sessions[i];
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "session");
        hg_jsonw_str(w, seen->session);
        hg_jsonw_key(w, "source");
        hg_jsonw_text(w, source_name(address, seen->input));
        hg_jsonw_key(w, "first_time");
        hg_jsonw_time(w, seen->first_us);
        hg_jsonw_key(w, "last_time");
        hg_jsonw_time(w, seen->last_us);
        hg_json_count(w, "events", seen->events);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static enum hg_rc answer(struct hg_view *view, struct address *address)
{
    struct hg_jsonw *w = &view->call->w;
    enum hg_rc rc = read_address(view, address);
    if (rc != HG_OK)
        return rc;
    hg_view_open(view);
    rc = hg_view_put_reach(view, address->exact && address->tops[0].exact && address->seen.exact);
    hg_jsonw_key(w, "address");
    hg_jsonw_ip(w, &address->ip);
    put_place(address, w);
    hg_jsonw_key(w, "private");
    hg_jsonw_bool(w, hg_ip_is_private(&address->ip));
    put_seen(&address->seen, w);
    hg_jsonw_key(w, "as_source");
    hg_tally_json(&address->as_source, w);
    hg_jsonw_key(w, "as_target");
    hg_tally_json(&address->as_target, w);
    hg_json_tops(fields, address->tops, N_FIELDS, VALUES, w);
    put_sessions(address, w);
    hg_jsonw_close(w, '}');
    return rc;
}

void hg_handle_address(struct hg_call *call)
{
    static const struct hg_args_fault fault = {{"ip", 2}, "an address, such as 203.0.113.7 or 2001:db8::7"};
    struct hg_view view;
    struct address address = {0};
    if (!hg_ip_parse(hg_args_get(&call->args, "ip"), &address.ip)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!hg_view_begin(&view, call))
        return;
    hg_view_end(&view, answer(&view, &address));
    free(address.inputs);
}
