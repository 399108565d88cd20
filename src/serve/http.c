/*
 * The daemon. One thread a connection, at most HG_CONNECTIONS_MAX: a push waits in its handler until its commit and a stream waits
 * for the next one, so that a pool of a few threads would be held by a few patient clients, and suspending and resuming would
 * be a second scheduler. A waiting thread costs its stack.
 */
#include "serve/call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES          (1024u * 1024)
#define CONNECTION_BYTES     (32u * 1024) /* request line and headers */
#define STOP_PATIENCE_US     (5 * HG_SECOND)

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *bytes, size_t *len, void **context)
{
    struct hg_call *call = *context;
    (void)version;
    if (call == NULL) {
        *context = call = hg_call_begin(self, connection, url, method);
        if (call == NULL)
            return MHD_NO;
        return hg_call_answers_early(call) ? hg_call_finish(call) : MHD_YES;
    }
    if (*len > 0) {
        bool more = hg_call_take(call, bytes, *len);
        *len = 0;
        return more ? MHD_YES : MHD_NO;
    }
    return hg_call_finish(call);
}

static void on_completed(void *self, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode why)
{
    (void)self;
    (void)connection;
    (void)why;
    if (*context != NULL)
        hg_call_end(*context);
    *context = NULL;
}

static void on_connection(void *self, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct hg_serve *serve = self;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info == NULL ? NULL : hg_watch_add(&serve->watch, info->connect_fd);
    } else {
        hg_watch_remove(&serve->watch, *context);
        *context = NULL;
    }
}

/* MHD would bind by itself, but then nobody learns what failed. */
static enum hg_rc open_socket(const struct hg_serve_settings *settings, int *ret_fd, unsigned *ret_port, struct hg_err *reterr)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *info = NULL;
    char port[16];
    snprintf(port, sizeof port, "%u", settings->port);
    int rc = getaddrinfo(settings->address, port, &hints, &info);
    if (rc != 0)
        return hg_fail(reterr, HG_EUSAGE, "serve: %s is no numeric address", settings->address);
    int one = 1, fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        int sys = errno;
        freeaddrinfo(info);
        if (fd >= 0)
            close(fd);
        errno = sys;
        return hg_fail(reterr, HG_EIO, "serve: can't listen on %s:%u", settings->address, settings->port);
    }
    freeaddrinfo(info);
    char digits[NI_MAXSERV];
    if (getnameinfo((struct sockaddr *)&bound, size, NULL, 0, digits, sizeof digits, NI_NUMERICSERV) == 0)
        *ret_port = (unsigned)strtoul(digits, NULL, 10);
    *ret_fd = fd;
    return HG_OK;
}

static unsigned patience(const struct hg_serve_settings *settings)
{
    return settings->request_seconds != 0 ? settings->request_seconds : HG_REQUEST_SECONDS;
}

static enum hg_rc start_daemon(struct hg_serve *serve, const struct hg_serve_settings *settings, struct hg_err *reterr)
{
    unsigned seconds = patience(settings);
    int fd = -1;
    enum hg_rc rc = hg_watch_start(&serve->watch, reterr);
    if (rc != HG_OK)
        return rc;
    rc = open_socket(settings, &fd, &serve->edge.port, reterr);
    if (rc != HG_OK)
        return rc;
    serve->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL, on_request, serve,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, HG_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, serve, MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (serve->daemon == NULL) {
        close(fd);
        return hg_fail(reterr, HG_EIO, "serve: the HTTP server didn't start");
    }
    return HG_OK;
}

enum hg_rc hg_serve_start(const struct hg_serve_settings *settings, const struct hg_backend *backend, struct hg_serve **ret,
                          struct hg_err *reterr)
{
    if (settings->token == NULL && !hg_serve_is_loopback(settings->address))
        return hg_fail(reterr, HG_EUSAGE, "serve: %s is reached from other machines: a token is needed (--token-file)", settings->address);
    struct hg_serve *serve = calloc(1, sizeof *serve);
    if (serve == NULL)
        return hg_fail(reterr, HG_ENOMEM, "serve: no memory");
    serve->backend = *backend;
    serve->store = settings->store != NULL ? *settings->store : (struct hg_store_settings){.recent_events = HG_STORE_RECENT_EVENTS};
    pthread_mutex_init(&serve->lock, NULL);
    pthread_mutex_init(&serve->views_lock, NULL);
    pthread_mutex_init(&serve->figures.lock, NULL);
    pthread_mutex_init(&serve->recent.lock, NULL);
    hg_cond_init(&serve->changed);
    hg_watch_init(&serve->watch, (int64_t)patience(settings) * HG_SECOND);
    serve->address = strdup(settings->address);
    serve->state_dir = strdup(settings->state_dir);
    serve->token = settings->token == NULL ? NULL : strdup(settings->token);
    serve->edge = (struct hg_edge){.address = serve->address, .token = serve->token};
    hg_readers_init(&serve->readers, serve->state_dir);
    struct hg_status status = {0};
    backend->status(backend->self, &status);
    serve->sequence = serve->first_sequence = status.sequence;
    enum hg_rc rc = serve->address == NULL || serve->state_dir == NULL || (settings->token != NULL && serve->token == NULL)
                        ? hg_fail(reterr, HG_ENOMEM, "serve: no memory")
                        : start_daemon(serve, settings, reterr);
    if (rc != HG_OK) {
        hg_serve_stop(serve);
        return rc;
    }
    *ret = serve;
    return HG_OK;
}

unsigned hg_serve_port(const struct hg_serve *serve)
{
    return serve->edge.port;
}

void hg_serve_notify(struct hg_serve *serve, uint64_t sequence)
{
    pthread_mutex_lock(&serve->lock);
    if (sequence > serve->sequence)
        serve->sequence = sequence;
    pthread_cond_broadcast(&serve->changed);
    pthread_mutex_unlock(&serve->lock);
}

static void wait_for_calls(struct hg_serve *serve)
{
    int64_t until = hg_time_monotonic_us() + STOP_PATIENCE_US;
    pthread_mutex_lock(&serve->lock);
    serve->stopping = true;
    pthread_cond_broadcast(&serve->changed);
    while (serve->n_calls > 0 && hg_time_monotonic_us() < until)
        hg_cond_wait_until(&serve->changed, &serve->lock, until);
    pthread_mutex_unlock(&serve->lock);
}

void hg_serve_stop(struct hg_serve *serve)
{
    if (serve == NULL)
        return;
    if (serve->daemon != NULL) {
        MHD_socket fd = MHD_quiesce_daemon(serve->daemon);
        wait_for_calls(serve);
        MHD_stop_daemon(serve->daemon);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
    }
    hg_watch_stop(&serve->watch);
    hg_readers_free(&serve->readers);
    pthread_cond_destroy(&serve->changed);
    pthread_mutex_destroy(&serve->recent.lock);
    pthread_mutex_destroy(&serve->figures.lock);
    pthread_mutex_destroy(&serve->views_lock);
    pthread_mutex_destroy(&serve->lock);
    free(serve->address);
    free(serve->state_dir);
    free(serve->token);
    free(serve);
}
