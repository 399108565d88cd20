#include "generate/campaign.h"
#include "base/instant.h"
#include "core/event.h"
#include "generate/dist.h"

#include <stdlib.h>

/* Of all attack flows, the share of a family in per mille; its usual number of flows; how long it lasts. */
/* clang-format off: a table */
static const struct family {
    uint8_t type;
    uint16_t share, usual_flows;
    uint16_t outside_max; /* attacking addresses */
    float minutes, spread;
    float period_s;  /* timers only */
    bool loud_first; /* its first kind stands out by itself: shown within the first hour */
} families[] = {
    {HG_ATTACK_TYPE_scan, 290, 130, 3, 14.0f, 1.0f, 0, false},
    {HG_ATTACK_TYPE_brute_force, 290, 120, 12, 25.0f, 1.0f, 0, false},
    {HG_ATTACK_TYPE_flood, 220, 120, 240, 5.0f, .7f, 0, false},
    {HG_ATTACK_TYPE_exploit, 60, 30, 6, 15.0f, 1.0f, 0, true},
    {HG_ATTACK_TYPE_exfiltration, 40, 25, 1, 40.0f, 1.0f, 0, true},
    {HG_ATTACK_TYPE_command_and_control, 100, 60, 1, 0, 0, 120.0f, false},
};

/* clang-format on */

#define FEWEST 10 /* campaigns of a family, where there are flows enough */

static struct hg_gen_campaign *append(struct hg_gen_campaigns *campaigns)
{
    if (campaigns->n == campaigns->cap) {
        size_t cap = campaigns->cap == 0 ? 64 : campaigns->cap * 2;
        struct hg_gen_campaign *at = realloc(campaigns->at, cap * sizeof *at);
        if (at == NULL)
            return NULL;
        campaigns->at = at;
        campaigns->cap = cap;
    }
    campaigns->at[campaigns->n] = (struct hg_gen_campaign){0};
    return &campaigns->at[campaigns->n++];
}

void hg_campaigns_free(struct hg_gen_campaigns *campaigns)
{
    free(campaigns->at);
    *campaigns = (struct hg_gen_campaigns){0};
}

static void choose_hosts(struct hg_gen_campaign *c, struct hg_rng *rng, unsigned outside_max)
{
    c->public_base = 1000000 + (hg_rng_next(rng) >> 30);
    c->n_outside = (uint16_t)hg_dist_between(rng, 1, outside_max);
    c->n_inside = (uint16_t)hg_dist_between(rng, 1, HG_CAMPAIGN_HOSTS);
    for (int i = 0; i < HG_CAMPAIGN_HOSTS; i++)
        c->inside[i] = hg_world_host(
            rng, (enum hg_gen_group)(c->profile->client < HG_GROUP_LOCAL_COUNT ? c->profile->client : HG_GROUP_ANY),
            c->site);
    if (c->profile->direction == HG_GEN_L2R)
        c->server = hg_world_public(c->public_base);
    else if (!c->profile->odd_port && c->profile->direction == HG_GEN_R2L)
        c->server = hg_world_host(rng, (enum hg_gen_group)c->profile->server, c->site);
    else if (c->profile->odd_port && hg_dist_chance(rng, 500)) /* many ports of one host, or many hosts */
        c->server = hg_world_host(rng, (enum hg_gen_group)c->profile->server, c->site);
    else if (c->profile->odd_port && hg_dist_chance(rng, 300))
        c->port = hg_world_odd_port(rng);
    if (c->profile->odd_port && c->profile->direction == HG_GEN_L2R)
        c->port = hg_world_odd_port(rng);
}

/* Most starts follow the company's day, so that the hour says little; some come at any time. */
static int64_t choose_start(const struct hg_gen_plan *plan, struct hg_rng *rng, int64_t latest_us)
{
    uint64_t room = (uint64_t)(latest_us - plan->begin_us);
    int64_t start = plan->begin_us;
    bool at_work = hg_rng_next(rng) % 8 != 0;
    for (int i = 0; i < 40; i++) {
        start = plan->begin_us + (int64_t)hg_rng_below(rng, room);
        if (!at_work || hg_rng_below(rng, 256) < plan->busyness(start))
            break;
    }
    return start;
}

static void choose_time(struct hg_gen_campaign *c, const struct family *family, const struct hg_gen_plan *plan,
                        struct hg_rng *rng, bool first)
{
    int64_t length = plan->end_us - plan->begin_us;
    if (family->period_s > 0) {
        double period = hg_dist_log_normal(rng, (double)family->period_s, 1.0);
        double most = 0.8 * (double)length / 1e6 / (double)c->flows;
        c->interval_us = (int64_t)((period < most ? period : most) * 1e6);
        c->regular = true;
        c->jitter = (uint8_t)hg_dist_between(rng, 2, 25);
    } else {
        double minutes = hg_dist_log_normal(rng, (double)family->minutes, (double)family->spread);
        minutes = minutes > 180.0 ? 180.0 : minutes;
        c->interval_us = (int64_t)(minutes * 60e6 / (double)c->flows);
    }
    int64_t latest = plan->end_us - c->interval_us * (int64_t)c->flows;
    if (latest < plan->begin_us + HG_HOUR)
        latest = plan->begin_us + HG_HOUR;
    c->start_us =
        first ? plan->begin_us + (int64_t)hg_dist_between(rng, 300, 2400) * HG_SECOND : choose_start(plan, rng, latest);
    if (first && !c->regular &&
        c->interval_us * (int64_t)c->flows > 20 * HG_MINUTE) /* it shall be seen within the first hour */
        c->interval_us = 20 * HG_MINUTE / (int64_t)c->flows;
}

static bool plan_family(struct hg_gen_campaigns *campaigns, const struct family *family, const struct hg_gen_plan *plan,
                        unsigned site, struct hg_rng *rng, uint16_t *next_id)
{
    uint64_t flows = plan->attack_flows[site] * family->share / 1000;
    uint64_t n = flows / family->usual_flows;
    if (n < FEWEST)
        n = flows / 12 < FEWEST ? flows / 12 + 1 : FEWEST;
    double first_turn = hg_rng_unit(rng);
    for (uint64_t i = 0; i < n && flows > 0; i++) {
        struct hg_gen_campaign *c = append(campaigns);
        if (c == NULL)
            return false;
        double size = hg_dist_log_normal(rng, (double)(flows / (n - i)), 0.45);
        size = i == 0 ? 0.6 * size : size; /* the first hour is no special one */
        c->flows = i + 1 == n ? flows : size < 1.0 ? 1 : size > (double)flows ? flows : (uint64_t)size;
        flows -= c->flows;
        c->site = (uint8_t)site;
        c->attack_type = family->type;
        c->id = (*next_id)++;
        /* steps of the golden ratio: even a few campaigns take turns among the family's kinds */
        double turn = i == 0 && family->loud_first ? 0.0 : first_turn + (double)i * 0.6180339887498949;
        c->profile = hg_profile_attack(family->type, turn - (double)(uint64_t)turn);
        choose_hosts(c, rng, family->outside_max);
        choose_time(c, family, plan, rng, i == 0);
    }
    return true;
}

static bool plan_routines(struct hg_gen_campaigns *campaigns, const struct hg_gen_plan *plan, unsigned site,
                          struct hg_rng *rng)
{
    int64_t length = plan->end_us - plan->begin_us;
    for (uint64_t left = plan->routine_flows[site]; left > 0;) {
        struct hg_gen_campaign *c = append(campaigns);
        if (c == NULL)
            return false;
        double share, period;
        c->profile = hg_profile_routine(rng, &share, &period);
        double most = share * (double)plan->routine_flows[site] / 40.0;
        double flows = hg_dist_log_normal(rng, most, 0.8);
        c->flows = flows < 8.0 ? 8 : (uint64_t)flows;
        c->flows = c->flows > left ? left : c->flows;
        left -= c->flows;
        c->site = (uint8_t)site;
        choose_hosts(c, rng, 8);
        double widest = 0.9 * (double)length / 1e6 / (double)c->flows;
        period = hg_dist_log_normal(rng, period, 0.8);
        c->interval_us = (int64_t)((period < widest ? period : widest) * 1e6);
        c->regular = hg_rng_next(rng) % 4 != 0;
        c->jitter = (uint8_t)hg_dist_between(rng, 1, 25);
        c->start_us = choose_start(plan, rng, plan->end_us - c->interval_us * (int64_t)c->flows);
    }
    return true;
}

bool hg_campaigns_plan(struct hg_gen_campaigns *campaigns, const struct hg_gen_plan *plan, struct hg_rng *rng)
{
    uint16_t next_id = 1;
    for (unsigned site = 0; site < HG_SITES; site++) {
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
            if (!plan_family(campaigns, &families[i], plan, site, rng, &next_id))
                return false;
        if (!plan_routines(campaigns, plan, site, rng))
            return false;
    }
    return true;
}

void hg_campaign_flow(const struct hg_gen_campaign *campaign, struct hg_rng *rng, int64_t time_us,
                      struct hg_gen_flow *ret)
{
    struct hg_gen_ends ends = {.server = campaign->server, .port = campaign->port};
    if (campaign->profile->direction == HG_GEN_R2L)
        ends.client = hg_world_public(campaign->public_base + hg_rng_below(rng, campaign->n_outside));
    else
        ends.client = campaign->inside[hg_rng_below(rng, campaign->n_inside)];
    hg_profile_draw(campaign->profile, rng, campaign->site, ends, time_us, ret);
    ret->campaign = campaign->id;
    ret->attack_type = campaign->attack_type;
}

int64_t hg_campaign_wait(const struct hg_gen_campaign *campaign, struct hg_rng *rng)
{
    if (!campaign->regular)
        return (int64_t)hg_dist_exponential(rng, (double)campaign->interval_us);
    double off = (hg_rng_unit(rng) * 2.0 - 1.0) * (double)campaign->jitter / 100.0;
    return (int64_t)((double)campaign->interval_us * (1.0 + off));
}
