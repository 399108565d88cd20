#include "generate/run.h"
#include "base/instant.h"

#include <stdlib.h>

#define POOL_MAX   (1u << 21)
#define LOCAL_US   (-3 * HG_HOUR)
#define LAST_HOURS 0.5 /* of work that the final rate is spread over */

/* 256ths of full traffic by hour of a working day */
static const uint8_t workday[24] = {60,  52,  48,  46,  48,  58,  84,  140, 205, 245, 255, 250,
                                    220, 235, 250, 245, 235, 200, 150, 120, 104, 92,  80,  68};

unsigned hg_run_busyness(int64_t time_us)
{
    int hour, weekday;
    hg_time_clock(time_us, LOCAL_US, &hour, &weekday);
    unsigned busy = workday[hour];
    return weekday < 5 ? busy : 46 + (busy - 46) / 4;
}

/* Busyness from now to the end, in hours of full traffic. */
static double work_left(const struct hg_gen_run *run, enum hg_gen_log log, int64_t now_us)
{
    if (now_us >= run->end_us)
        return LAST_HOURS;
    double left;
    if (log == HG_LOG_COWRIE || log == HG_LOG_DIONAEA) { /* attackers don't sleep */
        left = (double)(run->end_us - now_us) / (double)HG_HOUR;
    } else {
        int64_t hour = (now_us - run->begin_us) / HG_HOUR;
        double share = (double)(now_us - run->begin_us - hour * HG_HOUR) / (double)HG_HOUR;
        left = run->busy_until[hour] * (1.0 - share) + run->busy_until[hour + 1] * share;
    }
    return left < LAST_HOURS ? LAST_HOURS : left;
}

int64_t hg_run_arrival_wait(const struct hg_gen_run *run, enum hg_gen_log log, int64_t now_us)
{
    static const double first_guess[] = {1.0, 1.4, 6.0, 8.0};
    const struct hg_gen_quota *q = &run->quotas[log];
    double per_arrival = ((double)q->made_by_arrivals + 100.0 * first_guess[log]) / ((double)q->arrivals + 100.0);
    double per_flow = log == HG_LOG_EVE ? 1.4 : 1.0;
    double left = (double)q->wanted - (double)q->made - (double)q->reserved * per_flow;
    if (left < 1.0)
        return q->made < q->wanted && q->reserved == 0 ? HG_SECOND : 0;
    double busy = log == HG_LOG_COWRIE || log == HG_LOG_DIONAEA ? 1.0 : (double)hg_run_busyness(now_us) / 256.0;
    double hourly = left * busy / work_left(run, log, now_us) / per_arrival;
    double floor = 0.1 * (double)q->wanted / (double)(run->end_us - run->begin_us) * (double)HG_HOUR / per_arrival;
    hourly = hourly < floor ? floor : hourly;
    return (int64_t)((double)HG_HOUR / hourly);
}

static bool grow(void **array, uint32_t *cap, size_t size)
{
    uint32_t more = *cap == 0 ? 256 : *cap * 2;
    void *at = more > POOL_MAX ? NULL : realloc(*array, more * size);
    if (at == NULL)
        return false;
    *array = at;
    *cap = more;
    return true;
}

uint32_t hg_run_flow_slot(struct hg_gen_run *run)
{
    if (run->free_flow != UINT32_MAX) {
        uint32_t slot = run->free_flow;
        run->free_flow = run->flows[slot].next_free;
        return slot;
    }
    void *array = run->flows;
    if (run->n_flows == run->cap_flows && !grow(&array, &run->cap_flows, sizeof *run->flows))
        return UINT32_MAX;
    run->flows = array;
    return run->n_flows++;
}

uint32_t hg_run_session_slot(struct hg_gen_run *run)
{
    if (run->free_session != UINT32_MAX) {
        uint32_t slot = run->free_session;
        run->free_session = run->sessions[slot].next_free;
        return slot;
    }
    void *array = run->sessions;
    if (run->n_sessions == run->cap_sessions && !grow(&array, &run->cap_sessions, sizeof *run->sessions))
        return UINT32_MAX;
    run->sessions = array;
    return run->n_sessions++;
}

void hg_run_flow_done(struct hg_gen_run *run, uint32_t slot)
{
    run->flows[slot].next_free = run->free_flow;
    run->free_flow = slot;
}

void hg_run_session_done(struct hg_gen_run *run, uint32_t slot)
{
    run->sessions[slot].next_free = run->free_session;
    run->free_session = slot;
}

void hg_run_push(struct hg_gen_run *run, int64_t time_us, unsigned kind, uint32_t slot)
{
    if (!hg_schedule_push(&run->schedule, time_us, kind, slot))
        run->no_memory = true;
}
