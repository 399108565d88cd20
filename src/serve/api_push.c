/* POST /events: records in, counts out, after their commit. */
#include "serve/serve_priv.h"

#include "serve/idempotency.h"

#define SOURCE_BYTES_MAX 200u

/* A name is shown to people: UTF-8 without control characters. */
static bool is_source_name(struct hg_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
            return false;
    return name.len == 0 || (name.len <= SOURCE_BYTES_MAX && hg_utf8_valid(name));
}

static bool knows_format(const struct hg_backend *backend, struct hg_slice name)
{
    enum hg_dataset dataset;
    if (hg_slice_is(name, "envelope"))
        return true;
    return backend->knows_format == NULL ? hg_dataset_parse(name, &dataset) : backend->knows_format(backend->self, name);
}

static void put_unreadable(struct hg_call *call, const struct hg_push_result *result, struct hg_slice detail)
{
    bool told = result->bad_line != 0;
    hg_call_problem_full(call, &(struct hg_problem){.status = 400,
                                                    .title = "nothing could be read",
                                                    .detail = told ? hg_slice_of(hg_reason_text(result->bad_reason)) : detail,
                                                    .line = result->bad_line,
                                                    .reason = told ? hg_reason_name(result->bad_reason) : NULL,
                                                    .counts = &result->counts});
}

static bool check(struct hg_call *call, const struct hg_push *push)
{
    static const struct hg_push_result nothing;
    if (!knows_format(&call->serve->backend, push->format)) {
        hg_call_problem(call, 400, "bad parameter", "format: expected suricata, cowrie, dionaea, iscx, envelope or another format known here");
        return false;
    }
    if (!is_source_name(push->source)) {
        hg_call_problem(call, 400, "bad parameter", "source: expected up to %u bytes of UTF-8 without control characters", SOURCE_BYTES_MAX);
        return false;
    }
    if (push->body.len == 0) {
        put_unreadable(call, &nothing, HG_SLICE("The body is empty."));
        return false;
    }
    return true;
}

static void put_result(struct hg_call *call, const struct hg_push_result *result)
{
    hg_jsonw_open(&call->w, '{');
    hg_counts_json_members(&result->counts, &call->w);
    hg_json_count(&call->w, "sequence", result->sequence);
    hg_jsonw_key(&call->w, "repeated");
    hg_jsonw_bool(&call->w, result->repeated);
    hg_jsonw_close(&call->w, '}');
}

void hg_call_push_failed(struct hg_call *call, enum hg_rc rc, const struct hg_err *err)
{
    bool busy = rc == HG_EBUSY;
    call->retry_after = busy ? "1" : "5";
    hg_call_problem(call, busy ? 429 : 503, busy ? "full for now" : "can't take events now", "%s", err->msg);
}

void hg_handle_push(struct hg_call *call)
{
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_push push = {.format = hg_args_get(&call->args, "format"),
                           .source = hg_args_get(&call->args, "source"),
                           .body = hg_buf_slice(&call->body.bytes)};
    struct hg_push_result result = {0};
    struct hg_err err = {0};
    struct hg_slice header = hg_call_header(call, "Idempotency-Key");
    char key[HG_IDEMPOTENCY_KEY_MAX];
    if (header.p != NULL && !hg_idempotency_key(header, key, &push.key)) {
        hg_call_problem(call, 400, "bad header", "Idempotency-Key: expected a string of 1 to %u printable ASCII characters, such as \"%s\"",
                        HG_IDEMPOTENCY_KEY_MAX, "8e03978e-40d5-43dd-bc93-6894a57f9324");
        return;
    }
    if (!check(call, &push))
        return;
    enum hg_rc rc = backend->push(backend->self, &push, &result, &err);
    if (rc == HG_OK)
        put_result(call, &result);
    else if (rc == HG_EUSAGE && result.key_conflict)
        hg_call_problem(call, 422, "the key was used for another request", "This Idempotency-Key came before with another body or format; "
                        "nothing was taken.");
    else if (rc == HG_EUSAGE || rc == HG_EFORMAT)
        put_unreadable(call, &result, hg_slice_of(err.msg));
    else
        hg_call_push_failed(call, rc, &err);
}
