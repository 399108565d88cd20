/*
 * Server-sent events. Each stream's connection thread waits here for the next commit; nothing is queued, since a message tells
 * the state and not the difference: whoever is slow gets fewer of them.
 *
 * An event id is a commit's sequence. A client that comes back with an id from before this server's start, or one that never
 * was, is told to load everything anew (resync).
 */
#include "serve/serve_priv.h"

#include "base/num.h"

#include <poll.h>
#include <stdlib.h>

#define SPACING_US   (HG_SECOND / 4)  /* at most 4 messages a second */
#define HEARTBEAT_US (15 * HG_SECOND)
#define LOOK_US      HG_SECOND        /* for a client that left, or for progress that comes without a commit */
#define SILENCE_S    45u              /* of a client's socket that takes nothing; more than a heartbeat */

struct stream {
    struct hg_serve *serve;
    int fd;
    bool begun, ending, resync;
    struct hg_status last;
    int64_t spoken_us; /* when the last message or comment went out */
    struct hg_buf out;
    size_t sent;       /* of out */
};

const char *hg_run_state_name(enum hg_run_state state)
{
    static const char *const names[] = {"empty", "learning", "live", "stalled"};
    return names[state];
}

void hg_learning_json(const struct hg_status *status, struct hg_jsonw *w)
{
    if (status->state != HG_RUN_LEARNING) {
        hg_jsonw_null(w);
        return;
    }
    hg_jsonw_open(w, '{');
    hg_json_count(w, "events", status->learn_events);
    hg_json_count(w, "needed", status->learn_needed);
    hg_jsonw_close(w, '}');
}

static void put_message(struct stream *stream, const char *event, const struct hg_status *status)
{
    hg_buf_printf(&stream->out, "event: %s\nid: %llu\ndata: ", event, (unsigned long long)status->sequence);
    struct hg_jsonw w = {.buf = &stream->out};
    hg_jsonw_open(&w, '{');
    hg_json_count(&w, "sequence", status->sequence);
    hg_jsonw_key(&w, "clock");
    hg_jsonw_time(&w, status->clock_us);
    hg_jsonw_key(&w, "state");
    hg_jsonw_text(&w, hg_run_state_name(status->state));
    hg_jsonw_key(&w, "rate");
    hg_jsonw_f64(&w, status->rate);
    hg_jsonw_key(&w, "learning");
    hg_learning_json(status, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_text(&stream->out, "\n\n");
}

static bool is_news(const struct hg_status *now, const struct hg_status *last)
{
    return now->sequence != last->sequence || now->state != last->state || now->learn_events != last->learn_events ||
           now->clock_us != last->clock_us || (now->rate > 0) != (last->rate > 0);
}

static void get_status(struct hg_serve *serve, struct hg_status *ret)
{
    *ret = (struct hg_status){0};
    serve->backend.status(serve->backend.self, ret);
    pthread_mutex_lock(&serve->lock);
    if (ret->sequence < serve->sequence)
        ret->sequence = serve->sequence;
    pthread_mutex_unlock(&serve->lock);
}

/* Waits for a commit after `sequence`, at most until `until_us`; false when the server ends. */
static bool wait_for_commit(struct hg_serve *serve, uint64_t sequence, int64_t until_us)
{
    pthread_mutex_lock(&serve->lock);
    while (!serve->stopping && serve->sequence <= sequence && hg_time_monotonic_us() < until_us)
        hg_cond_wait_until(&serve->changed, &serve->lock, until_us);
    bool running = !serve->stopping;
    pthread_mutex_unlock(&serve->lock);
    return running;
}

static bool rest(struct hg_serve *serve, int64_t until_us)
{
    pthread_mutex_lock(&serve->lock);
    while (!serve->stopping && hg_time_monotonic_us() < until_us)
        hg_cond_wait_until(&serve->changed, &serve->lock, until_us);
    bool running = !serve->stopping;
    pthread_mutex_unlock(&serve->lock);
    return running;
}

static bool has_left(const struct stream *stream)
{
    struct pollfd poll_fd = {.fd = stream->fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Fills `out` with the next message, comment or farewell; false when the client left. */
static bool next_message(struct stream *stream)
{
    struct hg_status status;
    while (!has_left(stream)) {
        int64_t now = hg_time_monotonic_us();
        bool running = !stream->begun || (rest(stream->serve, stream->spoken_us + SPACING_US) &&
                                          wait_for_commit(stream->serve, stream->last.sequence, now + LOOK_US));
        if (!running) {
            hg_buf_text(&stream->out, ": the server ends\n\n");
            stream->ending = true;
            return true;
        }
        get_status(stream->serve, &status);
        now = hg_time_monotonic_us();
        if (stream->resync)
            put_message(stream, "resync", &status);
        if (!stream->begun || is_news(&status, &stream->last))
            put_message(stream, "commit", &status);
        else if (now - stream->spoken_us >= HEARTBEAT_US)
            hg_buf_text(&stream->out, ": still here\n\n");
        if (stream->out.len > 0) {
            stream->begun = true;
            stream->resync = false;
            stream->last = status;
            stream->spoken_us = now;
            return true;
        }
    }
    return false;
}

static ssize_t on_read(void *self, uint64_t position, char *bytes, size_t max)
{
    struct stream *stream = self;
    (void)position;
    if (stream->sent == stream->out.len) {
        hg_buf_clear(&stream->out);
        stream->sent = 0;
        if (stream->ending || !next_message(stream) || stream->out.failed)
            return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t len = stream->out.len - stream->sent;
    len = len < max ? len : max;
    memcpy(bytes, stream->out.p + stream->sent, len);
    stream->sent += len;
    return (ssize_t)len;
}

static void on_free(void *self)
{
    struct stream *stream = self;
    pthread_mutex_lock(&stream->serve->lock);
    stream->serve->n_streams--;
    pthread_mutex_unlock(&stream->serve->lock);
    hg_buf_free(&stream->out);
    free(stream);
}

static bool is_known_id(struct hg_serve *serve, struct hg_slice text)
{
    uint64_t id = 0;
    bool known = hg_num_parse_u64(text, &id);
    struct hg_status status;
    get_status(serve, &status);
    return known && id >= serve->first_sequence && id <= status.sequence;
}

static bool take_place(struct hg_serve *serve)
{
    pthread_mutex_lock(&serve->lock);
    bool taken = serve->n_streams < HG_STREAMS_MAX && !serve->stopping;
    serve->n_streams += taken;
    pthread_mutex_unlock(&serve->lock);
    return taken;
}

void hg_handle_stream(struct hg_call *call)
{
    struct hg_slice last_id = hg_call_header(call, "Last-Event-ID");
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!take_place(call->serve)) {
        call->retry_after = "5";
        hg_call_problem(call, 429, "too many streams", "%u streams are open already.", HG_STREAMS_MAX);
        return;
    }
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream != NULL) {
        stream->serve = call->serve;
        stream->fd = info == NULL ? -1 : info->connect_fd;
        stream->resync = last_id.p != NULL && !is_known_id(call->serve, last_id);
        hg_buf_init(&stream->out, 4096);
        call->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, on_read, stream, on_free);
        if (call->response != NULL) {
            call->content_type = "text/event-stream";
            call->endless = true;
            MHD_set_connection_option(call->connection, MHD_CONNECTION_OPTION_TIMEOUT, SILENCE_S);
            return;
        }
    }
    free(stream);
    pthread_mutex_lock(&call->serve->lock);
    call->serve->n_streams--;
    pthread_mutex_unlock(&call->serve->lock);
    hg_call_problem(call, 503, "no memory", "There is no memory for a stream now.");
}
