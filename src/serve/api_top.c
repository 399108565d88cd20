/* GET /top and /complete: what values there are, and how often. */
#include "serve/serve_priv.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELDS_MAX      HG_TOPS_MAX
#define COMPLETIONS_MAX 12u
#define VALUES_US       (HG_SECOND / 5)

/* Of where an address is, the store says too why nobody knows: that is no country. */
static bool is_value(enum hg_filter_field field, struct hg_slice key)
{
    return field != HG_FILTER_country || key.p == NULL || key.p[0] != '-';
}

static void put_value(const struct hg_query_value *row, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "key");
    hg_jsonw_str(w, row->key);
    hg_jsonw_key(w, "first");
    hg_jsonw_time(w, row->first_us);
    hg_jsonw_key(w, "last");
    hg_jsonw_time(w, row->last_us);
    hg_tally_json_members(&row->tally, w);
    hg_jsonw_close(w, '}');
}

void hg_json_tops(const enum hg_filter_field *fields, const struct hg_query_values *values, size_t n, size_t limit, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "tops");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "field");
        hg_jsonw_text(w, hg_filter_field_name(fields[i]));
        hg_json_count(w, "distinct", values[i].distinct);
        hg_jsonw_key(w, "sum");
        hg_tally_json(&values[i].sum, w);
        hg_jsonw_key(w, "rows");
        hg_jsonw_open(w, '[');
        for (size_t k = 0, shown = 0; k < values[i].n; k++) {
            bool has_key = values[i].rows[k].key.p != NULL;
            if (!is_value(fields[i], values[i].rows[k].key))
                continue;
            if (!has_key || shown < limit)
                put_value(&values[i].rows[k], w);
            shown += has_key;
        }
        hg_jsonw_close(w, ']');
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static bool read_fields(struct hg_call *call, enum hg_filter_field fields[FIELDS_MAX], size_t *ret_n)
{
    static const struct hg_args_fault fault = {{"fields", 6}, "1 to 16 names of fields, with commas between, such as port,country"};
    struct hg_slice text = hg_args_get(&call->args, "fields");
    size_t n = 0;
    while (text.len > 0 && n < FIELDS_MAX) {
        const char *comma = memchr(text.p, ',', text.len);
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.p);
        fields[n] = hg_filter_field_of((struct hg_slice){text.p, len});
        if (fields[n] == HG_FILTER_FIELD_COUNT)
            break;
        n++;
        text = hg_slice_from(text, comma == NULL ? len : len + 1);
    }
    *ret_n = n;
    if (n > 0 && text.len == 0)
        return true;
    hg_call_fault(call, &fault);
    return false;
}

static bool read_value_order(struct hg_call *call, enum hg_query_order *ret)
{
    static const struct hg_args_fault fault = {{"order", 5}, "events or anomalous"};
    struct hg_slice order = hg_args_get(&call->args, "order");
    *ret = hg_slice_is(order, "anomalous") ? HG_BY_ANOMALOUS : HG_BY_EVENTS;
    if (order.p == NULL || *ret == HG_BY_ANOMALOUS || hg_slice_is(order, "events"))
        return true;
    hg_call_fault(call, &fault);
    return false;
}

static bool all_exact(const struct hg_query_values *values, size_t n)
{
    bool exact = true;
    for (size_t i = 0; i < n; i++)
        exact &= values[i].exact;
    return exact;
}

void hg_handle_top(struct hg_call *call)
{
    struct hg_view view;
    struct hg_args_fault fault;
    enum hg_filter_field fields[FIELDS_MAX];
    enum hg_query_order order;
    struct hg_query_values values[FIELDS_MAX];
    size_t limit, n;
    if (!hg_args_limit(&call->args, 10, 500, &limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!read_fields(call, fields, &n) || !read_value_order(call, &order) || !hg_view_begin(&view, call))
        return;
    view.query.deadline_us = hg_time_monotonic_us() + HG_CHART_US;
    enum hg_rc rc = hg_query_top(view.reader, &view.query, fields, n, order, limit + 1, &view.arena, values, &view.err);
    if (rc == HG_OK) {
        hg_view_open(&view);
        rc = hg_view_put_reach(&view, all_exact(values, n));
        hg_json_tops(fields, values, n, limit, &call->w);
        hg_jsonw_close(&call->w, '}');
    }
    hg_view_end(&view, rc);
}

/* ---- GET /complete */

struct completion {
    struct hg_jsonw *w;
    size_t n;
};

static void put_item(struct completion *completion, struct hg_slice text, const char *words, const uint64_t *events)
{
    struct hg_jsonw *w = completion->w;
    if (completion->n++ >= COMPLETIONS_MAX)
        return;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "text");
    hg_jsonw_str(w, text);
    hg_jsonw_key(w, "words");
    hg_jsonw_text(w, words);
    hg_jsonw_key(w, "events");
    if (events == NULL)
        hg_jsonw_null(w);
    else
        hg_jsonw_u64(w, *events);
    hg_jsonw_close(w, '}');
}

static void put_name(void *self, const char *text, const char *words)
{
    put_item(self, hg_slice_of(text), words, NULL);
}

static bool begins_with(struct hg_slice value, struct hg_slice typed)
{
    typed.len -= typed.len > 0 && typed.p[0] == '"';
    typed.p += typed.len > 0 && typed.p[0] == '"';
    for (size_t i = 0; i < typed.len; i++)
        if (i >= value.len || (value.p[i] | 0x20) != (typed.p[i] | 0x20))
            return false;
    return true;
}

/* The field's most frequent values of the range that begin so. Where it has no column, nothing is offered. */
static enum hg_rc put_values(struct hg_view *view, const struct hg_filter_place *place, struct completion *completion)
{
    struct hg_query_values values;
    struct hg_buf text;
    const struct hg_query query = {.range = view->range, .deadline_us = hg_time_monotonic_us() + VALUES_US};
    enum hg_filter_field field = place->field == HG_FILTER_ip ? HG_FILTER_src : place->field;
    enum hg_rc rc = hg_query_top(view->reader, &query, &field, 1, HG_BY_EVENTS, 500, &view->arena, &values, &view->err);
    if (rc == HG_EUSAGE)
        return HG_OK;
    for (size_t i = 0; rc == HG_OK && i < values.n && completion->n < COMPLETIONS_MAX; i++) {
        if (values.rows[i].key.p == NULL || !begins_with(values.rows[i].key, place->typed))
            continue;
        hg_buf_init(&text, 4096);
        hg_filter_put_value(field, values.rows[i].key, &text);
        size_t name = strlen(hg_filter_field_name(field)) + 1;
        if (!text.failed && text.len > name)
            put_item(completion, hg_slice_from(hg_buf_slice(&text), name), "", &values.rows[i].tally.events);
        hg_buf_free(&text);
    }
    return rc;
}

static enum hg_rc answer_complete(struct hg_view *view, struct hg_slice text, size_t at)
{
    struct hg_jsonw *w = &view->call->w;
    struct completion completion = {w, 0};
    struct hg_filter_place place;
    enum hg_rc rc = HG_OK;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "items");
    hg_jsonw_open(w, '[');
    hg_filter_complete(text, at, put_name, &completion, &place);
    if (place.field != HG_FILTER_FIELD_COUNT)
        rc = put_values(view, &place, &completion);
    hg_jsonw_close(w, ']');
    hg_json_count(w, "from", place.from);
    hg_json_count(w, "to", place.to);
    hg_jsonw_close(w, '}');
    return rc;
}

void hg_handle_complete(struct hg_call *call)
{
    static const struct hg_args_fault long_text = {{"text", 4}, "at most 4096 bytes"}, wrong_at = {{"at", 2}, "a byte of the text"};
    struct hg_view view;
    struct hg_slice text = hg_args_get(&call->args, "text"), at_text = hg_args_get(&call->args, "at");
    uint64_t at = text.len;
    if (text.p == NULL)
        text = HG_SLICE("");
    if (text.len > HG_FILTER_BYTES_MAX) {
        hg_call_fault(call, &long_text);
        return;
    }
    if (at_text.p != NULL && (!hg_num_parse_u64(at_text, &at) || at > text.len)) {
        hg_call_fault(call, &wrong_at);
        return;
    }
    if (hg_view_begin(&view, call))
        hg_view_end(&view, answer_complete(&view, text, (size_t)at));
}
