#include "pipeline/pool.h"

#include "decode/decode.h"
#include "detect/model.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct pool_thread {
    pthread_t id;
    struct hg_pool *pool;
    struct hg_pool_worker worker;
};

struct hg_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, finished;
    struct hg_job *first, **last;
    bool closing;
    unsigned n_threads, n_started;  /* without the coordinating thread */
    struct pool_thread *threads;    /* n_threads + 1: the last is the coordinator's */
};

static struct hg_job *take(struct hg_pool *pool)
{
    struct hg_job *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
    }
    return job;
}

/* Called and left with the lock held. */
static void run(struct hg_pool *pool, struct hg_job *job, struct hg_pool_worker *worker)
{
    pthread_mutex_unlock(&pool->lock);
    job->run(job, worker);
    pthread_mutex_lock(&pool->lock);
    job->done = true;
    pthread_cond_broadcast(&pool->finished);
}

static void *thread_main(void *arg)
{
    struct pool_thread *thread = arg;
    struct hg_pool *pool = thread->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        struct hg_job *job = take(pool);
        if (job == NULL)
            pthread_cond_wait(&pool->work, &pool->lock);
        else
            run(pool, job, &thread->worker);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static enum hg_rc start_threads(struct hg_pool *pool, struct hg_err *reterr)
{
    for (unsigned i = 0; i <= pool->n_threads; i++) {
        struct pool_thread *thread = &pool->threads[i];
        thread->pool = pool;
        enum hg_rc rc = hg_decode_worker_create(&thread->worker.decode, reterr);
        if (rc == HG_OK)
            rc = hg_score_scratch_create(&thread->worker.scratch, reterr);
        if (rc != HG_OK)
            return rc;
        if (i == pool->n_threads)
            break;
        if (pthread_create(&thread->id, NULL, thread_main, thread) != 0)
            return hg_fail(reterr, HG_ENOMEM, "can't start thread %u of %u", i + 1, pool->n_threads);
        pool->n_started++;
    }
    return HG_OK;
}

enum hg_rc hg_pool_create(unsigned threads, struct hg_pool **ret, struct hg_err *reterr)
{
    HG_ASSERT(threads >= 1 && threads <= HG_THREADS_MAX);
    struct hg_pool *pool = calloc(1, sizeof *pool);
    if (pool != NULL)
        pool->threads = calloc(threads, sizeof *pool->threads);
    if (pool == NULL || pool->threads == NULL) {
        free(pool);
        return hg_fail(reterr, HG_ENOMEM, "no memory for %u threads", threads);
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->finished, NULL);
    pool->last = &pool->first;
    pool->n_threads = threads - 1;
    enum hg_rc rc = start_threads(pool, reterr);
    if (rc != HG_OK) {
        hg_pool_destroy(pool);
        return rc;
    }
    *ret = pool;
    return HG_OK;
}

void hg_pool_destroy(struct hg_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n_started; i++)
        pthread_join(pool->threads[i].id, NULL);
    for (unsigned i = 0; i <= pool->n_threads; i++) {
        hg_decode_worker_destroy(pool->threads[i].worker.decode);
        hg_score_scratch_destroy(pool->threads[i].worker.scratch);
    }
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

void hg_pool_submit(struct hg_pool *pool, struct hg_job *job)
{
    pthread_mutex_lock(&pool->lock);
    job->done = false;
    job->next = NULL;
    *pool->last = job;
    pool->last = &job->next;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

void hg_pool_wait(struct hg_pool *pool, struct hg_job *job)
{
    pthread_mutex_lock(&pool->lock);
    while (!job->done) {
        struct hg_job *other = take(pool);
        if (other != NULL)
            run(pool, other, hg_pool_own(pool));
        else
            pthread_cond_wait(&pool->finished, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

struct hg_pool_worker *hg_pool_own(struct hg_pool *pool)
{
    return &pool->threads[pool->n_threads].worker;
}

unsigned hg_pool_default_threads(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > (long)HG_THREADS_MAX ? HG_THREADS_MAX : (unsigned)n;
}
