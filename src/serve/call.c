/* One request from its headers to its answer; http.c runs the daemon around it. */
#include "serve/call.h"

#include "core/batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* A refused body is read on up to this, then the connection ends without an answer. */
#define DROPPED_BYTES_MAX (64u * 1024 * 1024)
#define COMPRESSED_FROM 1400 /* bytes of an answer: what fits a packet gains nothing */

void hg_call_problem_full(struct hg_call *call, const struct hg_problem *problem)
{
    hg_buf_clear(&call->out);
    call->w.comma = false;
    hg_problem_json(problem, &call->out);
    call->status = problem->status;
    call->content_type = "application/problem+json";
    call->answered = true;
}

void hg_call_problem(struct hg_call *call, unsigned status, const char *title, const char *format, ...)
{
    char text[HG_ERR_MSG_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    hg_call_problem_full(call, &(struct hg_problem){.status = status, .title = title, .detail = {text, len}});
}

void hg_call_fault(struct hg_call *call, const struct hg_args_fault *fault)
{
    size_t len = fault->name.len < 64 ? fault->name.len : 64;
    hg_call_problem(call, 400, "bad parameter", "%.*s: expected %s", (int)len, fault->name.p == NULL ? "" : fault->name.p, fault->expected);
}

void hg_call_failed(struct hg_call *call, const struct hg_err *err)
{
    if (err->rc == HG_EUSAGE) {
        hg_call_problem(call, 400, "bad parameter", "%s", err->msg);
    } else if (err->rc == HG_EEND) {
        hg_call_problem(call, 404, "not found", "There is no such alert.");
    } else {
        call->retry_after = "1";
        hg_call_problem(call, 503, "the store can't be read", "%s", err->msg);
    }
}

struct hg_slice hg_call_header(const struct hg_call *call, const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(call->connection, MHD_HEADER_KIND, name, strlen(name), &value, &len) != MHD_YES || value == NULL)
        return HG_SLICE_NONE;
    return (struct hg_slice){value, len};
}

static bool refuse(struct hg_call *call, struct hg_edge_refusal refusal)
{
    if (refusal.status != 0)
        hg_call_problem(call, refusal.status, refusal.title, "%s", refusal.detail);
    return refusal.status != 0;
}

/* What tells of events and takes them, and so is behind the token; the rest is the page. */
static bool is_api(struct hg_slice path)
{
    return hg_slice_starts(path, HG_SLICE("/api/")) || hg_slice_is(path, "/api") || hg_slice_is(path, "/metrics");
}

/* Sets route, or a problem. */
static void find_route(struct hg_call *call, enum hg_method method)
{
    if (is_api(call->path)) {
        call->route = hg_router_find(method, call->path, &call->id, &call->allow);
        if (call->route == NULL && call->allow == NULL)
            hg_call_problem(call, 404, "not found", "No such route; GET /api/v1/openapi.json lists them.");
    } else if (method != HG_GET) {
        call->allow = "GET, HEAD";
    }
    if (call->route == NULL && call->allow != NULL)
        hg_call_problem(call, 405, "method not allowed", "Allowed here: %s.", call->allow);
}

static bool take_push_slot(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    bool taken = serve->n_pushes < HG_PUSHES_MAX;
    serve->n_pushes += taken;
    pthread_mutex_unlock(&serve->lock);
    return taken;
}

/* A POST that may come in gets a place for its body. */
static void expect_body(struct hg_call *call)
{
    struct hg_slice host = hg_call_header(call, "Host"), encoding = hg_call_header(call, "Content-Encoding");
    if (refuse(call, hg_edge_origin(host, hg_call_header(call, "Origin"))) ||
        refuse(call, hg_edge_content_type(hg_call_header(call, "Content-Type"))))
        return;
    bool gzip = hg_edge_same(encoding, HG_SLICE("gzip"));
    if (!gzip && encoding.p != NULL && !hg_edge_same(encoding, HG_SLICE("identity"))) {
        hg_call_problem(call, 415, "unknown content encoding", "Content-Encoding: gzip or none.");
        return;
    }
    call->holds_push = take_push_slot(call->serve);
    if (!call->holds_push) {
        call->retry_after = "1";
        hg_call_problem(call, 429, "too many requests", "%u bodies are being taken already; try again.", HG_PUSHES_MAX);
        return;
    }
    hg_body_init(&call->body, gzip, HG_BODY_BYTES_MAX, HG_INFLATED_BYTES_MAX);
}

/* The bodies of all requests share one bound. */
static void hold_bytes(struct hg_call *call)
{
    struct hg_serve *serve = call->serve;
    pthread_mutex_lock(&serve->lock);
    serve->body_bytes += call->body.bytes.cap - call->body_bytes;
    call->body_bytes = call->body.bytes.cap;
    bool over = serve->body_bytes > HG_BODIES_BYTES_MAX;
    pthread_mutex_unlock(&serve->lock);
    if (over && call->body.state == HG_BODY_TAKEN) {
        hg_body_refuse(&call->body);
        hold_bytes(call);
    }
}

static enum MHD_Result add_arg(void *self, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
    struct hg_call *call = self;
    (void)kind;
    call->too_many_args = !hg_args_add(&call->args, (struct hg_slice){key, key_len}, (struct hg_slice){value, value_len});
    return call->too_many_args ? MHD_NO : MHD_YES;
}

static void check_args(struct hg_call *call)
{
    struct hg_args_fault fault;
    MHD_get_connection_values_n(call->connection, MHD_GET_ARGUMENT_KIND, add_arg, call);
    if (call->too_many_args)
        hg_call_problem(call, 400, "bad parameter", "More than %u parameters.", HG_ARGS_MAX);
    else if (!hg_args_known(&call->args, call->route->parameters, &fault))
        hg_call_fault(call, &fault);
}

static struct hg_slice token_cookie(const struct hg_call *call)
{
    return hg_slice_of(MHD_lookup_connection_value(call->connection, MHD_COOKIE_KIND, HG_EDGE_COOKIE));
}

static void begin(struct hg_call *call, const char *method_name)
{
    struct hg_serve *serve = call->serve;
    enum hg_method method = hg_method_parse(method_name);
    if (refuse(call, hg_edge_host(&serve->edge, hg_call_header(call, "Host"))))
        return;
    if (is_api(call->path) && refuse(call, hg_edge_token(&serve->edge, hg_call_header(call, "Authorization"), token_cookie(call))))
        return;
    find_route(call, method);
    if (call->answered || call->route == NULL)
        return;
    check_args(call);
    if (!call->answered && method == HG_POST)
        expect_body(call);
}

struct hg_call *hg_call_begin(struct hg_serve *serve, struct MHD_Connection *connection, const char *path, const char *method)
{
    struct hg_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        return NULL;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    call->serve = serve;
    call->connection = connection;
    call->link = info == NULL ? NULL : info->socket_context;
    call->path = hg_slice_of(path);
    call->status = 200;
    call->content_type = "application/json";
    hg_buf_init(&call->out, HG_ANSWER_BYTES_MAX);
    call->w.buf = &call->out;
    pthread_mutex_lock(&serve->lock);
    serve->n_calls++;
    bool stopping = serve->stopping;
    pthread_mutex_unlock(&serve->lock);
    hg_watch_restart(&serve->watch, call->link, true);
    if (stopping)
        hg_call_problem(call, 503, "the server ends", "It takes no more requests.");
    else
        begin(call, method);
    return call;
}

bool hg_call_take(struct hg_call *call, const char *bytes, size_t len)
{
    hg_body_take(&call->body, bytes, len);
    hold_bytes(call);
    return call->body.received <= DROPPED_BYTES_MAX;
}

bool hg_call_answers_early(const struct hg_call *call)
{
    return call->answered && hg_edge_same(hg_call_header(call, "Expect"), HG_SLICE("100-continue"));
}

static bool body_is_whole(struct hg_call *call)
{
    hg_body_end(&call->body, HG_BATCH_PADDING);
    switch (call->body.state) {
    case HG_BODY_TOO_LARGE:
        hg_call_problem(call, 413, "too large", "A body may have %u bytes, decompressed %u.", HG_BODY_BYTES_MAX, HG_INFLATED_BYTES_MAX);
        return false;
    case HG_BODY_DAMAGED:
        hg_call_problem(call, 400, "damaged gzip", "The body is no whole gzip stream.");
        return false;
    case HG_BODY_NO_MEMORY:
        call->retry_after = "1";
        hg_call_problem(call, 503, "no memory", "There is no memory for the body now.");
        return false;
    case HG_BODY_REFUSED:
        call->retry_after = "1";
        hg_call_problem(call, 429, "too many bytes", "The bodies being taken may have %u bytes together; try again.", HG_BODIES_BYTES_MAX);
        return false;
    case HG_BODY_DROPPED:
    case HG_BODY_TAKEN:
        break;
    }
    return true;
}

/* Makes the answer gzip, where that is asked for and worth it; it stays as it is where there is no memory. */
static bool compress_answer(struct hg_call *call)
{
    z_stream zip = {0};
    struct hg_buf *out = &call->out, zipped;
    if (out->len < COMPRESSED_FROM || !hg_edge_lists(hg_call_header(call, "Accept-Encoding"), "gzip"))
        return false;
    if (deflateInit2(&zip, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) /* 15: the largest window; 16: gzip */
        return false;
    hg_buf_init(&zipped, HG_ANSWER_BYTES_MAX);
    bool done = hg_buf_reserve(&zipped, deflateBound(&zip, out->len));
    if (done) {
        zip.next_in = (Bytef *)out->p;
        zip.avail_in = (uInt)out->len;
        zip.next_out = (Bytef *)zipped.p;
        zip.avail_out = (uInt)zipped.cap;
        done = deflate(&zip, Z_FINISH) == Z_STREAM_END;
        zipped.len = zip.total_out;
    }
    (void)deflateEnd(&zip);
    hg_buf_free(done ? out : &zipped);
    if (done)
        *out = zipped;
    return done;
}

static struct MHD_Response *response_of(struct hg_call *call)
{
    if (call->response != NULL)
        return call->response;
    if (call->out.failed) {
        call->out.failed = false;
        hg_call_problem(call, 503, "no memory", "The answer doesn't fit.");
    }
    bool zipped = compress_answer(call);
    struct MHD_Response *response = MHD_create_response_from_buffer(call->out.len, call->out.p, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return NULL;
    hg_buf_init(&call->out, HG_ANSWER_BYTES_MAX); /* the response owns the bytes now */
    MHD_add_response_header(response, "Vary", "Accept-Encoding");
    if (zipped)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    return response;
}

static void add_headers(const struct hg_call *call, struct MHD_Response *response)
{
    /* The page needs nothing from elsewhere and nothing inline; nobody may frame it. */
    static const char policy[] = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
    const char *const headers[][2] = {
        {"Content-Security-Policy", policy},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Content-Type", call->content_type},
        {"Allow", call->status == 405 ? call->allow : NULL},
        {"Retry-After", call->retry_after},
        {"WWW-Authenticate", call->status == 401 ? "Bearer" : NULL},
        {"Cache-Control", is_api(call->path) ? "no-store" : "no-cache"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (headers[i][1] != NULL)
            MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

enum MHD_Result hg_call_finish(struct hg_call *call)
{
    hg_watch_restart(&call->serve->watch, call->link, false);
    if (!call->answered && body_is_whole(call)) {
        if (call->route != NULL)
            call->route->handle(call);
        else
            hg_handle_asset(call);
    }
    struct MHD_Response *response = response_of(call);
    if (response == NULL)
        return MHD_NO;
    add_headers(call, response);
    if (!call->endless)
        hg_watch_restart(&call->serve->watch, call->link, true);
    enum MHD_Result result = MHD_queue_response(call->connection, call->status, response);
    MHD_destroy_response(response);
    call->response = NULL;
    return result;
}

void hg_call_end(struct hg_call *call)
{
    struct hg_serve *serve = call->serve;
    hg_watch_restart(&serve->watch, call->link, true);
    hg_body_free(&call->body);
    hg_buf_free(&call->out);
    pthread_mutex_lock(&serve->lock);
    serve->n_calls--;
    serve->n_pushes -= call->holds_push;
    serve->body_bytes -= call->body_bytes;
    pthread_cond_broadcast(&serve->changed);
    pthread_mutex_unlock(&serve->lock);
    free(call);
}
