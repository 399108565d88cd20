/*
 * A few threads and a queue of jobs. The thread that waits for a job works on the queue meanwhile, so a pool of `threads` has
 * threads - 1 threads of its own, and one of 1 has none: everything then runs in hg_pool_wait.
 */
#ifndef HG_PIPELINE_POOL_H
#define HG_PIPELINE_POOL_H

#include "base/err.h"

struct hg_decode_worker;
struct hg_score_scratch;

#define HG_THREADS_MAX 64u

/* What a thread has to itself. */
struct hg_pool_worker {
    struct hg_decode_worker *decode;
    struct hg_score_scratch *scratch;
};

struct hg_job {
    void (*run)(struct hg_job *job, struct hg_pool_worker *worker);
    struct hg_job *next;
    bool done;
};

struct hg_pool;

HG_MUST_USE enum hg_rc hg_pool_create(unsigned threads, struct hg_pool **ret, struct hg_err *reterr);
void hg_pool_destroy(struct hg_pool *pool); /* all jobs must have been waited for */
void hg_pool_submit(struct hg_pool *pool, struct hg_job *job);
void hg_pool_wait(struct hg_pool *pool, struct hg_job *job);
/* The worker of the coordinating thread, for work done outside a job. */
struct hg_pool_worker *hg_pool_own(struct hg_pool *pool);
/* The number of processors, at most HG_THREADS_MAX. */
unsigned hg_pool_default_threads(void);

#endif
