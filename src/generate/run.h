/*
 * One run of the generator: the clock, what is due, what is open, and how much of each log is still wanted.
 */
#ifndef HG_GENERATE_RUN_H
#define HG_GENERATE_RUN_H

#include "generate/campaign.h"
#include "generate/generate.h"
#include "generate/schedule.h"
#include "generate/sink.h"
#include "generate/write.h"

#define HG_RUN_DAYS_MAX 150 /* campaign numbers have 16 bits */

enum hg_gen_due_kind {
    HG_DUE_ARRIVAL,  /* everyday traffic; slot: log */
    HG_DUE_CAMPAIGN, /* slot: campaign */
    HG_DUE_SESSION,  /* slot: session */
    HG_DUE_STATS,
    HG_DUE_LINE, /* and up: a line of an open flow, HG_DUE_LINE + enum hg_gen_line; slot: flow */
};

struct hg_gen_open_flow {
    struct hg_gen_flow flow;
    uint32_t lines; /* still to write; 0: free */
    uint32_t next_free;
};

struct hg_gen_open_session {
    struct hg_gen_session session;
    uint32_t next_free;
};

/* Records of one log: `wanted` in all, `made` so far (scheduled ones count). */
struct hg_gen_quota {
    uint64_t wanted, made, arrivals, made_by_arrivals;
    uint64_t reserved; /* flows of campaigns that are still to come */
};

struct hg_gen_run {
    struct hg_rng rng;
    struct hg_gen_sink sink;
    struct hg_gen_schedule schedule;
    struct hg_gen_campaigns campaigns;
    struct hg_gen_open_flow *flows;
    uint32_t n_flows, cap_flows, free_flow;
    struct hg_gen_open_session *sessions;
    uint32_t n_sessions, cap_sessions, free_session;
    struct hg_gen_quota quotas[HG_LOG_TRUTH];
    int64_t begin_us, end_us, stats_us;
    double *busy_until; /* busyness summed over hours, from the end backwards */
    bool no_memory;
};

unsigned hg_run_busyness(int64_t time_us);
/* The wait until the next arrival of the log's everyday traffic; 0 or less: enough was made. */
int64_t hg_run_arrival_wait(const struct hg_gen_run *run, enum hg_gen_log log, int64_t now_us);

/* Slots of the pools; UINT32_MAX: no memory. */
uint32_t hg_run_flow_slot(struct hg_gen_run *run);
uint32_t hg_run_session_slot(struct hg_gen_run *run);
void hg_run_flow_done(struct hg_gen_run *run, uint32_t slot);
void hg_run_session_done(struct hg_gen_run *run, uint32_t slot);

void hg_run_push(struct hg_gen_run *run, int64_t time_us, unsigned kind, uint32_t slot);

#endif
