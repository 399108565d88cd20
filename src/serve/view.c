#include "serve/serve_priv.h"

#include <stdio.h>
#include <string.h>

/* The wall clock where events come as they happen, so that silence moves on too; else the source clock: a replay of 2010 shows 2010. */
static int64_t window_end(const struct hg_view *view)
{
    return view->status.live && view->clock_us != HG_TIME_NONE ? hg_time_now_us() : view->clock_us;
}

static enum hg_rc resolve(struct hg_view *view)
{
    int64_t end_us = window_end(view);
    struct hg_moment moment = {end_us, HG_TIME_NONE, HG_TIME_NONE};
    if (view->span.all) {
        struct hg_range extent;
        enum hg_rc rc = hg_reader_extent(view->reader, &extent, &view->err);
        if (rc != HG_OK)
            return rc;
        if (extent.from_us < extent.to_us)
            moment = (struct hg_moment){end_us, extent.from_us, extent.to_us};
    }
    view->has_range = hg_span_resolve(&view->span, &moment, &view->range.from_us, &view->range.to_us);
    return HG_OK;
}

static void refuse_filter(struct hg_call *call, const struct hg_filter_fault *fault)
{
    char text[HG_ERR_MSG_BYTES];
    int n = snprintf(text, sizeof text, "filter: expected %s at byte %zu", fault->expected, fault->offset);
    hg_call_problem_full(call, &(struct hg_problem){.status = 400, .title = "bad filter", .detail = {text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1},
                                                    .filter = fault});
}

/* HG_EUSAGE: the call has its problem. */
static enum hg_rc read_filter(struct hg_view *view)
{
    struct hg_filter_fault fault;
    struct hg_slice text = hg_args_get(&view->call->args, "filter");
    view->query.range = view->range;
    enum hg_rc rc = hg_filter_parse(text, view->clock_us, &view->arena, &view->query.filter, &fault, &view->err);
    if (rc == HG_EUSAGE)
        refuse_filter(view->call, &fault);
    return rc;
}

enum hg_rc hg_view_filter(struct hg_view *view, struct hg_slice text, const struct hg_filter **ret)
{
    struct hg_filter_fault fault;
    return hg_filter_parse(text, view->clock_us, &view->arena, ret, &fault, &view->err);
}

enum hg_rc hg_view_filter_ip(struct hg_view *view, enum hg_filter_field field, const struct hg_ip *ip, const struct hg_filter **ret)
{
    char address[HG_IP_TEXT_BYTES], text[128];
    int len = snprintf(text, sizeof text, "%s:\"%.*s\"", hg_filter_field_name(field), (int)hg_ip_print(ip, address), address);
    return hg_view_filter(view, (struct hg_slice){text, (size_t)len}, ret);
}

bool hg_view_begin(struct hg_view *view, struct hg_call *call)
{
    struct hg_args_fault fault;
    *view = (struct hg_view){.call = call, .clock_us = HG_TIME_NONE};
    if (!hg_args_span(&call->args, &view->span, &fault)) {
        hg_call_fault(call, &fault);
        return false;
    }
    struct hg_readers *readers = &call->serve->readers;
    call->serve->backend.status(call->serve->backend.self, &view->status);
    if (hg_readers_take(readers, &view->reader, &view->err) != HG_OK) {
        hg_call_failed(call, &view->err);
        return false;
    }
    if (hg_reader_begin(view->reader, &view->sequence, &view->clock_us, &view->err) != HG_OK) {
        hg_readers_give(readers, view->reader, true);
        hg_call_failed(call, &view->err);
        return false;
    }
    hg_arena_init(&view->arena, (size_t)64 * 1024, HG_VIEW_BYTES);
    enum hg_rc rc = resolve(view);
    if (rc == HG_OK)
        rc = read_filter(view);
    if (rc != HG_OK)
        hg_view_end(view, call->answered ? HG_OK : rc);
    return rc == HG_OK;
}

enum hg_rc hg_view_put_reach(struct hg_view *view, bool exact)
{
    bool complete = true;
    enum hg_rc rc = hg_reader_complete(view->reader, view->range, &complete, &view->err);
    hg_jsonw_key(&view->call->w, "complete");
    hg_jsonw_bool(&view->call->w, complete);
    hg_jsonw_key(&view->call->w, "exact");
    hg_jsonw_bool(&view->call->w, exact);
    return rc;
}

void hg_view_end(struct hg_view *view, enum hg_rc rc)
{
    hg_arena_free(&view->arena);
    hg_reader_end(view->reader);
    hg_readers_give(&view->call->serve->readers, view->reader, rc == HG_EIO);
    if (rc != HG_OK)
        hg_call_failed(view->call, &view->err);
}

void hg_view_open(struct hg_view *view)
{
    struct hg_jsonw *w = &view->call->w;
    int64_t seconds = view->has_range ? (view->range.to_us - view->range.from_us) / HG_SECOND : view->span.window_us / HG_SECOND;
    hg_jsonw_open(w, '{');
    hg_json_count(w, "sequence", view->sequence);
    hg_jsonw_key(w, "range");
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "from");
    hg_jsonw_time(w, view->has_range ? view->range.from_us : HG_TIME_NONE);
    hg_jsonw_key(w, "to");
    hg_jsonw_time(w, view->has_range ? view->range.to_us : HG_TIME_NONE);
    hg_jsonw_key(w, "window_seconds");
    hg_jsonw_i64(w, seconds);
    hg_jsonw_close(w, '}');
}

bool hg_view_cursor(struct hg_view *view, char ret[HG_CURSOR_BYTES])
{
    static const struct hg_args_fault fault = {{"cursor", 6}, "the next_cursor of an earlier answer"};
    struct hg_slice cursor = hg_args_get(&view->call->args, "cursor");
    if (cursor.len >= HG_CURSOR_BYTES || (cursor.len > 0 && memchr(cursor.p, '\0', cursor.len) != NULL)) {
        hg_call_fault(view->call, &fault);
        return false;
    }
    if (cursor.len > 0)
        memcpy(ret, cursor.p, cursor.len);
    ret[cursor.len] = '\0';
    return true;
}

void hg_view_next_cursor(struct hg_view *view, const char *cursor)
{
    hg_jsonw_key(&view->call->w, "next_cursor");
    hg_jsonw_text(&view->call->w, cursor[0] == '\0' ? NULL : cursor);
}
