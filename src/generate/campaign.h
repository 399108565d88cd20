/*
 * Things that repeat: attack campaigns with a start, an end and a pace, and the company's own routines, which differ
 * from them in nothing but their aim. Each is a row of flows of one profile.
 */
#ifndef HG_GENERATE_CAMPAIGN_H
#define HG_GENERATE_CAMPAIGN_H

#include "generate/profile.h"

#define HG_CAMPAIGN_HOSTS 4

struct hg_gen_campaign {
    const struct hg_gen_profile *profile;
    int64_t start_us, interval_us; /* mean time between two flows */
    uint64_t flows;                /* still to come */
    uint64_t public_base;          /* of its outside addresses: hg_world_public(base + k) */
    uint32_t inside[HG_CAMPAIGN_HOSTS], server;
    uint16_t id, port; /* port 0: the profile decides; id 0: a routine */
    uint16_t n_outside, n_inside;
    uint8_t site, attack_type;
    bool regular;   /* a timer, not a person */
    uint8_t jitter; /* percent of the interval */
};

struct hg_gen_campaigns {
    struct hg_gen_campaign *at;
    size_t n, cap;
};

struct hg_gen_plan {
    int64_t begin_us, end_us;
    uint64_t attack_flows[HG_SITES], routine_flows[HG_SITES];
    /* how busy the company is: 0 to 256 */
    unsigned (*busyness)(int64_t time_us);
};

/* Plans all of them. False: no memory. */
bool hg_campaigns_plan(struct hg_gen_campaigns *campaigns, const struct hg_gen_plan *plan, struct hg_rng *rng);
void hg_campaigns_free(struct hg_gen_campaigns *campaigns);

/* The next flow of the campaign, at time_us. */
void hg_campaign_flow(const struct hg_gen_campaign *campaign, struct hg_rng *rng, int64_t time_us,
                      struct hg_gen_flow *ret);
/* The wait until the one after it. */
int64_t hg_campaign_wait(const struct hg_gen_campaign *campaign, struct hg_rng *rng);

#endif
