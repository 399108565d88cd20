#include "generate/generate.h"
#include "base/instant.h"
#include "generate/dist.h"
#include "generate/run.h"

#include <stdlib.h>

#define DAYS              4
#define ROWS_PER_DAY      500000u /* beyond this rate, days are added */
#define ATTACK_PER_MILLE  90u
#define ROUTINE_PER_MILLE 130u
#define PROGRESS_ROWS     65536u

/* Thursday 2025-03-06 08:00 at the company, so that four days hold working days, nights and a weekend. */
static const int64_t begin_us = INT64_C(1741258800) * HG_SECOND;

static const uint16_t log_shares[HG_LOG_TRUTH] = {400, 400, 120, 80}; /* per mille of the rows */

static void open_session(struct hg_gen_run *run, enum hg_gen_log log, uint32_t source, uint16_t campaign,
                         enum hg_attack_type what, int64_t now_us)
{
    uint32_t slot = hg_run_session_slot(run);
    if (slot == UINT32_MAX) {
        run->no_memory = true;
        return;
    }
    struct hg_gen_session *session = &run->sessions[slot].session;
    if (log == HG_LOG_COWRIE)
        hg_session_cowrie(session, &run->rng, source, what, now_us);
    else
        hg_session_dionaea(session, &run->rng, source, what, now_us);
    session->campaign = campaign;
    run->quotas[log].made += session->n_steps;
    hg_run_push(run, now_us, HG_DUE_SESSION, slot);
}

static void session_step(struct hg_gen_run *run, uint32_t slot, int64_t now_us)
{
    struct hg_gen_session *session = &run->sessions[slot].session;
    enum hg_gen_step step = (enum hg_gen_step)session->steps[session->step];
    enum hg_gen_log log = step == HG_STEP_DIONAEA ? HG_LOG_DIONAEA : HG_LOG_COWRIE;
    struct hg_gen_truth truth = {true, (uint8_t)hg_session_attack_type(session), session->campaign};
    char *p = hg_gen_sink_begin(&run->sink, log);
    if (log == HG_LOG_COWRIE)
        p = hg_write_cowrie(p, session, step, now_us);
    else /* stamped with the start, written at the end */
        p = hg_write_dionaea(p, session, now_us - (int64_t)hg_dist_exponential(&run->rng, 300000.0));
    hg_gen_sink_end(&run->sink, log, p, &truth);
    if (++session->step == session->n_steps)
        hg_run_session_done(run, slot);
    else
        hg_run_push(run, now_us + hg_session_wait(session, &run->rng) + 40, HG_DUE_SESSION, slot);
}

static void write_row(struct hg_gen_run *run, const struct hg_gen_flow *flow)
{
    struct hg_gen_truth truth = {flow->attack_type != HG_ATTACK_TYPE_none, flow->attack_type, flow->campaign};
    char *p = hg_gen_sink_begin(&run->sink, HG_LOG_ISCX);
    p = hg_write_iscx(p, flow, run->end_us + 3 * HG_DAY + 10 * HG_HOUR + 21 * HG_MINUTE);
    hg_gen_sink_end(&run->sink, HG_LOG_ISCX, p, &truth);
    run->quotas[HG_LOG_ISCX].made++;
}

static void add_line(struct hg_gen_run *run, uint32_t slot, enum hg_gen_line line, int64_t time_us)
{
    run->flows[slot].lines++;
    run->quotas[HG_LOG_EVE].made++;
    hg_run_push(run, time_us, HG_DUE_LINE + (unsigned)line, slot);
}

/* How long the engine waits before it writes the flow down. */
static int64_t flow_timeout(const struct hg_gen_flow *flow, struct hg_rng *rng)
{
    int64_t seconds = !hg_gen_app_is_tcp((enum hg_gen_app)flow->app) ? (flow->packets[1] > 0 ? 300 : 30)
                      : flow->outcome == HG_OUT_OPEN                 ? 600
                                                                     : 60;
    return seconds * HG_SECOND + (int64_t)(hg_rng_next(rng) % 12000000);
}

/* The lines that the engine's parsers write while a flow lasts: for a part of the flows, to the same share for all. */
static void add_parser_lines(struct hg_gen_run *run, uint32_t slot)
{
    const struct hg_gen_flow flow = run->flows[slot].flow; /* a copy: the pool may move */
    bool talks = flow.data[0] > 0 && flow.data[1] > 0 && flow.outcome != HG_OUT_MIDSTREAM;
    unsigned dice = (unsigned)(hg_rng_next(&run->rng) & 0xff);
    int64_t soon = flow.start_us + (int64_t)(20000 + dice * 400);
    if (!talks)
        return;
    if (flow.app == HG_APP_DNS && dice < 110) {
        add_line(run, slot, HG_LINE_DNS_QUERY, flow.start_us);
        add_line(run, slot, HG_LINE_DNS_ANSWER, flow.end_us);
    } else if (flow.app == HG_APP_TLS && dice < 80) {
        add_line(run, slot, HG_LINE_TLS, soon);
    } else if (flow.app == HG_APP_HTTP && dice < 90) {
        add_line(run, slot, HG_LINE_HTTP, soon);
        if (dice < 20)
            add_line(run, slot, HG_LINE_FILEINFO, soon + 700);
    } else if (flow.app == HG_APP_SSH && dice < 80) {
        add_line(run, slot, HG_LINE_SSH, soon);
        if (dice < 2)
            add_line(run, slot, HG_LINE_ANOMALY, soon + 900);
    }
}

static void watch_flow(struct hg_gen_run *run, const struct hg_gen_flow *flow)
{
    uint32_t slot = hg_run_flow_slot(run);
    if (slot == UINT32_MAX) {
        run->no_memory = true;
        return;
    }
    run->flows[slot] = (struct hg_gen_open_flow){.flow = *flow};
    bool alert = hg_dist_chance(&run->rng, flow->attack_type != HG_ATTACK_TYPE_none ? 25 : 8);
    run->flows[slot].flow.alerted = alert;
    if (alert)
        add_line(run, slot, HG_LINE_ALERT, flow->start_us + (int64_t)(hg_rng_next(&run->rng) % 30000));
    add_parser_lines(run, slot);
    add_line(run, slot, HG_LINE_FLOW, flow->end_us + flow_timeout(flow, &run->rng));
}

static void emit_flow(struct hg_gen_run *run, const struct hg_gen_flow *flow)
{
    if (flow->site == 0)
        write_row(run, flow);
    else
        watch_flow(run, flow);
}

static void write_line(struct hg_gen_run *run, uint32_t slot, enum hg_gen_line line, int64_t now_us)
{
    struct hg_gen_open_flow *open = &run->flows[slot];
    if (now_us >= run->end_us) { /* the log ends here: what is still open is not written any more */
        if (--open->lines == 0)
            hg_run_flow_done(run, slot);
        return;
    }
    struct hg_gen_truth truth = {open->flow.attack_type != HG_ATTACK_TYPE_none, open->flow.attack_type,
                                 open->flow.campaign};
    char *p = hg_gen_sink_begin(&run->sink, HG_LOG_EVE);
    p = hg_write_eve(p, line, &open->flow, now_us);
    hg_gen_sink_end(&run->sink, HG_LOG_EVE, p, &truth);
    if (--open->lines == 0)
        hg_run_flow_done(run, slot);
}

static void arrive(struct hg_gen_run *run, enum hg_gen_log log, int64_t now_us)
{
    struct hg_gen_quota *quota = &run->quotas[log];
    uint64_t made = quota->made;
    if (log == HG_LOG_COWRIE || log == HG_LOG_DIONAEA) {
        open_session(run, log, hg_world_stranger(&run->rng), 0, HG_ATTACK_TYPE_none, now_us);
    } else {
        struct hg_gen_flow flow;
        hg_profile_draw(hg_profile_everyday(&run->rng, hg_run_busyness(now_us)), &run->rng, log == HG_LOG_ISCX ? 0 : 1,
                        (struct hg_gen_ends){0}, now_us, &flow);
        emit_flow(run, &flow);
    }
    quota->arrivals++;
    quota->made_by_arrivals += quota->made - made;
}

static void arrival_due(struct hg_gen_run *run, enum hg_gen_log log, int64_t now_us, bool first)
{
    if (!first && run->quotas[log].made < run->quotas[log].wanted)
        arrive(run, log, now_us);
    int64_t wait = hg_run_arrival_wait(run, log, now_us);
    if (wait > 0) {
        hg_run_push(run, now_us + 1 + (int64_t)hg_dist_exponential(&run->rng, (double)wait), HG_DUE_ARRIVAL, log);
    } else if (run->quotas[log].reserved > 0) { /* campaigns may bring less than they were expected to: look again */
        hg_run_push(run, now_us + 10 * HG_MINUTE, HG_DUE_ARRIVAL, log);
    }
}

/* Who attacks the company from outside tries the honeypots beside it too. */
static void visit_honeypots(struct hg_gen_run *run, const struct hg_gen_campaign *campaign,
                            const struct hg_gen_flow *flow)
{
    enum hg_attack_type type = (enum hg_attack_type)campaign->attack_type;
    if (flow->direction != HG_GEN_R2L || !hg_dist_chance(&run->rng, 60))
        return;
    if (type == HG_ATTACK_TYPE_brute_force && flow->app == HG_APP_SSH)
        open_session(run, HG_LOG_COWRIE, flow->source, campaign->id, type, flow->start_us + HG_SECOND);
    else if (type == HG_ATTACK_TYPE_scan)
        open_session(run, hg_rng_next(&run->rng) & 1 ? HG_LOG_COWRIE : HG_LOG_DIONAEA, flow->source, campaign->id, type,
                     flow->start_us + HG_SECOND);
    else if (type == HG_ATTACK_TYPE_exploit && flow->app == HG_APP_SMB)
        open_session(run, HG_LOG_DIONAEA, flow->source, campaign->id, type, flow->start_us + HG_SECOND);
}

static void campaign_due(struct hg_gen_run *run, uint32_t index, int64_t now_us)
{
    struct hg_gen_campaign *campaign = &run->campaigns.at[index];
    struct hg_gen_flow flow;
    hg_campaign_flow(campaign, &run->rng, now_us, &flow);
    emit_flow(run, &flow);
    visit_honeypots(run, campaign, &flow);
    campaign->flows--;
    run->quotas[campaign->site == 0 ? HG_LOG_ISCX : HG_LOG_EVE].reserved--;
    if (campaign->flows > 0)
        hg_run_push(run, now_us + 1 + hg_campaign_wait(campaign, &run->rng), HG_DUE_CAMPAIGN, index);
}

static void stats_due(struct hg_gen_run *run, int64_t now_us)
{
    struct hg_gen_quota *quota = &run->quotas[HG_LOG_EVE];
    char *p = hg_gen_sink_begin(&run->sink, HG_LOG_EVE);
    p = hg_write_eve_stats(p, now_us, (uint64_t)((now_us - run->begin_us) / HG_SECOND), quota->made);
    hg_gen_sink_end(&run->sink, HG_LOG_EVE, p, NULL);
    quota->made++;
    if (now_us + run->stats_us < run->end_us)
        hg_run_push(run, now_us + run->stats_us, HG_DUE_STATS, 0);
}

static void handle(struct hg_gen_run *run, const struct hg_gen_due *due)
{
    switch (due->kind) {
    case HG_DUE_ARRIVAL:
        arrival_due(run, (enum hg_gen_log)due->slot, due->time_us, false);
        break;
    case HG_DUE_CAMPAIGN:
        campaign_due(run, due->slot, due->time_us);
        break;
    case HG_DUE_SESSION:
        session_step(run, due->slot, due->time_us);
        break;
    case HG_DUE_STATS:
        stats_due(run, due->time_us);
        break;
    default:
        write_line(run, due->slot, (enum hg_gen_line)(due->kind - HG_DUE_LINE), due->time_us);
    }
}

static enum hg_rc plan(struct hg_gen_run *run, const struct hg_generate_settings *settings, struct hg_err *reterr)
{
    uint64_t days = settings->rows / ROWS_PER_DAY + (settings->rows % ROWS_PER_DAY != 0);
    days = days < DAYS ? DAYS : days;
    if (days > HG_RUN_DAYS_MAX || settings->rows == 0)
        return hg_fail(reterr, HG_EUSAGE, "generate: rows must be 1 to %u", HG_RUN_DAYS_MAX * ROWS_PER_DAY);
    size_t hours = (size_t)days * 24;
    run->begin_us = begin_us;
    run->end_us = begin_us + (int64_t)days * HG_DAY;
    run->busy_until = calloc(hours + 1, sizeof *run->busy_until);
    if (run->busy_until == NULL)
        return hg_fail(reterr, HG_ENOMEM, "generate: no memory");
    for (size_t h = hours; h-- > 0;)
        run->busy_until[h] = run->busy_until[h + 1] + (double)hg_run_busyness(begin_us + (int64_t)h * HG_HOUR) / 256.0;
    struct hg_gen_plan campaigns = {.begin_us = begin_us, .end_us = run->end_us, .busyness = hg_run_busyness};
    for (unsigned log = 0; log < HG_LOG_TRUTH; log++)
        run->quotas[log].wanted = settings->rows * log_shares[log] / 1000;
    for (unsigned site = 0; site < HG_SITES; site++) {
        uint64_t flows = site == 0 ? run->quotas[HG_LOG_ISCX].wanted : run->quotas[HG_LOG_EVE].wanted * 10 / 14;
        campaigns.attack_flows[site] = flows * ATTACK_PER_MILLE / 1000;
        campaigns.routine_flows[site] = flows * ROUTINE_PER_MILLE / 1000;
    }
    if (!hg_campaigns_plan(&run->campaigns, &campaigns, &run->rng))
        return hg_fail(reterr, HG_ENOMEM, "generate: no memory");
    return HG_OK;
}

static void start(struct hg_gen_run *run)
{
    for (uint32_t i = 0; i < run->campaigns.n; i++) {
        const struct hg_gen_campaign *campaign = &run->campaigns.at[i];
        run->quotas[campaign->site == 0 ? HG_LOG_ISCX : HG_LOG_EVE].reserved += campaign->flows;
        if (campaign->flows > 0)
            hg_run_push(run, campaign->start_us, HG_DUE_CAMPAIGN, i);
    }
    for (unsigned log = 0; log < HG_LOG_TRUTH; log++)
        arrival_due(run, (enum hg_gen_log)log, run->begin_us, true);
    uint64_t stats = run->quotas[HG_LOG_EVE].wanted / 400 + 1;
    run->stats_us = (run->end_us - run->begin_us) / (int64_t)stats;
    hg_run_push(run, run->begin_us + run->stats_us, HG_DUE_STATS, 0);
}

static uint64_t rows_written(const struct hg_gen_run *run)
{
    uint64_t rows = 0;
    for (int log = 0; log < HG_LOG_TRUTH; log++)
        rows += run->sink.files[log].records;
    return rows;
}

static void run_all(struct hg_gen_run *run, const struct hg_generate_settings *settings)
{
    struct hg_gen_due due;
    uint64_t steps = 0;
    while (!run->no_memory && run->sink.err.rc == HG_OK && hg_schedule_pop(&run->schedule, &due)) {
        handle(run, &due);
        if (++steps % PROGRESS_ROWS == 0 && settings->progress != NULL)
            settings->progress(settings->self, rows_written(run));
    }
    if (settings->progress != NULL)
        settings->progress(settings->self, rows_written(run));
}

enum hg_rc hg_generate(const struct hg_generate_settings *settings, struct hg_err *reterr)
{
    struct hg_gen_run run = {.rng = hg_rng_seeded(settings->seed), .free_flow = UINT32_MAX, .free_session = UINT32_MAX};
    enum hg_rc rc = plan(&run, settings, reterr);
    if (rc == HG_OK)
        rc = hg_gen_sink_open(&run.sink, settings->out_dir, reterr);
    if (rc == HG_OK) {
        start(&run);
        run_all(&run, settings);
        rc = hg_gen_sink_close(&run.sink, reterr);
        if (rc == HG_OK && run.no_memory)
            rc = hg_fail(reterr, HG_ENOMEM, "generate: too many flows open at once, or no memory");
    }
    free(run.busy_until);
    free(run.flows);
    free(run.sessions);
    hg_campaigns_free(&run.campaigns);
    hg_schedule_free(&run.schedule);
    return rc;
}
