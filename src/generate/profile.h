/*
 * What a kind of conversation looks like: who talks to whom, how much, how long, how it ends. Normal traffic and
 * attacks are drawn by the same code from tables of the same form, so that an attack differs by its numbers alone.
 */
#ifndef HG_GENERATE_PROFILE_H
#define HG_GENERATE_PROFILE_H

#include "generate/flow.h"
#include "generate/world.h"

enum hg_gen_mix {               /* how conversations end */
                  HG_MIX_CALM,  /* servers that work */
                  HG_MIX_WEB,   /* browsers come and go */
                  HG_MIX_GUESS, /* a log-in that leads nowhere, or a short job */
                  HG_MIX_PROBE, /* does anything answer? */
                  HG_MIX_BUSY,  /* a server at its limit */
                  HG_MIX_SCAN,  /* a probe that also asks who answers */
                  HG_MIX_COUNT
};

struct hg_gen_profile {
    uint8_t app, direction, client, server, mix;
    uint16_t work, off;                     /* weight in working hours and out of them */
    uint16_t port;                          /* 0: the service's own */
    float up, up_spread, down, down_spread; /* payload bytes: median and deviation of log2 */
    float seconds, seconds_spread;
    bool odd_port; /* any port, and the service that lives there */
};

/* The addresses of a flow; 0 lets the profile's groups decide. */
struct hg_gen_ends {
    uint32_t client, server;
    uint16_t port;
};

/* Everyday traffic: one profile by weight. busyness 0 (night) to 256 (working hours). */
const struct hg_gen_profile *hg_profile_everyday(struct hg_rng *rng, unsigned busyness);
/* Routines: jobs that repeat by themselves (polling, backups, monitoring, crawlers). */
const struct hg_gen_profile *hg_profile_routine(struct hg_rng *rng, double *ret_flows_share, double *ret_period_s);
/* One flow of the profile that starts at start_us. Fills everything but campaign and attack_type. */
void hg_profile_draw(const struct hg_gen_profile *profile, struct hg_rng *rng, unsigned site, struct hg_gen_ends ends,
                     int64_t start_us, struct hg_gen_flow *ret);

/* Attack families: the profile of the family at this share (0 to 1) of the summed weights (`work`). */
const struct hg_gen_profile *hg_profile_attack(unsigned attack_type, double share);

#endif
