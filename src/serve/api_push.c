/* POST /events: records in, counts out, after their commit. */
#include "serve/serve_priv.h"

#define SOURCE_BYTES_MAX 200u

/* A name is shown to people: UTF-8 without control characters. */
static bool is_source_name(struct hg_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
            return false;
    return name.len == 0 || (name.len <= SOURCE_BYTES_MAX && hg_utf8_valid(name));
}

static bool check(struct hg_call *call, const struct hg_push *push)
{
    enum hg_dataset dataset;
    if (!hg_dataset_parse(push->format, &dataset) && !hg_slice_is(push->format, "envelope")) {
        hg_call_problem(call, 400, "bad parameter", "format: expected suricata, cowrie, dionaea, iscx or envelope");
        return false;
    }
    if (!is_source_name(push->source)) {
        hg_call_problem(call, 400, "bad parameter", "source: expected up to %u bytes of UTF-8 without control characters", SOURCE_BYTES_MAX);
        return false;
    }
    if (push->body.len == 0) {
        hg_call_problem(call, 400, "nothing could be read", "The body is empty.");
        return false;
    }
    return true;
}

static void put_result(struct hg_call *call, const struct hg_push_result *result)
{
    hg_jsonw_open(&call->w, '{');
    hg_counts_json_members(&result->counts, &call->w);
    hg_json_count(&call->w, "sequence", result->sequence);
    hg_jsonw_close(&call->w, '}');
}

static void put_unreadable(struct hg_call *call, const struct hg_push_result *result, const struct hg_err *err)
{
    if (result->bad_line == 0) {
        hg_call_problem(call, 400, "nothing could be read", "%s", err->msg);
        return;
    }
    hg_call_problem_full(call, &(struct hg_problem){.status = 400,
                                                    .title = "nothing could be read",
                                                    .detail = hg_slice_of(hg_reason_text(result->bad_reason)),
                                                    .line = result->bad_line,
                                                    .reason = hg_reason_name(result->bad_reason)});
}

void hg_handle_push(struct hg_call *call)
{
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_push push = {.format = hg_args_get(&call->args, "format"),
                           .source = hg_args_get(&call->args, "source"),
                           .body = hg_buf_slice(&call->body.bytes)};
    struct hg_push_result result = {0};
    struct hg_err err = {0};
    if (!check(call, &push))
        return;
    switch (backend->push(backend->self, &push, &result, &err)) {
    case HG_OK:
        put_result(call, &result);
        break;
    case HG_EUSAGE:
    case HG_EFORMAT:
        put_unreadable(call, &result, &err);
        break;
    case HG_EBUSY:
        call->retry_after = "1";
        hg_call_problem(call, 429, "full for now", "%s", err.msg);
        break;
    case HG_ENOMEM:
    case HG_EIO:
    case HG_ESTATE:
    case HG_EEND:
        call->retry_after = "5";
        hg_call_problem(call, 503, "can't take events now", "%s", err.msg);
        break;
    }
}
