/*
 * libmicrohttpd's own timeout counts from the last byte, so that a client that sends one byte in a while holds a connection for
 * ever. Here the whole request has one deadline, and so has the whole answer.
 */
#include "serve/serve_priv.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

void hg_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void hg_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / HG_SECOND, .tv_nsec = until_us % HG_SECOND * 1000};
    pthread_cond_timedwait(cond, lock, &until);
}

/* Shut down, not closed: the connection's own thread wakes up, sees the end and closes it. */
static void cut_late(struct hg_watch *watch, int64_t now_us)
{
    for (struct hg_link *link = watch->links.next; link != &watch->links; link = link->next) {
        if (link->deadline_us == 0 || link->deadline_us > now_us)
            continue;
        shutdown(link->fd, SHUT_RDWR);
        link->deadline_us = 0;
    }
}

static void *watch_run(void *self)
{
    struct hg_watch *watch = self;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        int64_t now = hg_time_monotonic_us();
        cut_late(watch, now);
        hg_cond_wait_until(&watch->stop, &watch->lock, now + HG_SECOND / 2);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

void hg_watch_init(struct hg_watch *watch, int64_t patience_us)
{
    *watch = (struct hg_watch){.patience_us = patience_us};
    watch->links.prev = watch->links.next = &watch->links;
    pthread_mutex_init(&watch->lock, NULL);
    hg_cond_init(&watch->stop);
}

enum hg_rc hg_watch_start(struct hg_watch *watch, struct hg_err *reterr)
{
    if (pthread_create(&watch->thread, NULL, watch_run, watch) != 0)
        return hg_fail(reterr, HG_ENOMEM, "serve: no thread to watch connections");
    watch->running = true;
    return HG_OK;
}

void hg_watch_stop(struct hg_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->stop);
    pthread_mutex_unlock(&watch->lock);
    if (watch->running)
        pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->stop);
    pthread_mutex_destroy(&watch->lock);
}

struct hg_link *hg_watch_add(struct hg_watch *watch, int fd)
{
    struct hg_link *link = malloc(sizeof *link);
    if (link == NULL)
        return NULL;
    pthread_mutex_lock(&watch->lock);
    *link = (struct hg_link){watch->links.prev, &watch->links, fd, hg_time_monotonic_us() + watch->patience_us};
    link->prev->next = link->next->prev = link;
    pthread_mutex_unlock(&watch->lock);
    return link;
}

void hg_watch_remove(struct hg_watch *watch, struct hg_link *link)
{
    if (link == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    pthread_mutex_unlock(&watch->lock);
    free(link);
}

void hg_watch_restart(struct hg_watch *watch, struct hg_link *link, bool limited)
{
    if (link == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    link->deadline_us = limited ? hg_time_monotonic_us() + watch->patience_us : 0;
    pthread_mutex_unlock(&watch->lock);
}
