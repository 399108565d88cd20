/*
 * What aggregation makes and the store keeps: tallies per minute of event time and dimension, attackers per minute, alerts.
 */
#ifndef HG_CORE_ROLLUP_H
#define HG_CORE_ROLLUP_H

#include "core/geo.h"
#include "core/score.h"

enum hg_dim {
    HG_DIM_TOTAL = 0,  /* one key: "" */
    HG_DIM_DATASET,    /* name */
    HG_DIM_PROTOCOL,   /* application_protocol, else the transport's name in upper case, else "unknown" */
    HG_DIM_PORT,       /* destination port in decimal, "" where missing */
    HG_DIM_COUNTRY,    /* of anomalous events: alpha-2; "-private", "-unknown", "-nodatabase", "-noaddress" for the others */
    HG_DIM_COORDINATE, /* of anomalous events with a point: "lat,lon,CC" with 2 decimals */
    HG_DIM_SOURCE,     /* of accepted events: the identity of the input (a log), in hex */
    HG_DIM_COUNT
};

#define HG_SCORE_ONE 1048576 /* scores are summed as integers: round(score * 2^20) */

/* A sum over events; adds up exactly in any order. */
struct hg_tally {
    uint64_t events;
    uint64_t by_label, by_score, by_both;  /* disjoint: label alone, score alone, both; anomalous = their sum */
    uint64_t high, medium, low;            /* of the anomalous ones, by severity; the rest is label alone */
    uint64_t scored;                       /* events with a score */
    uint64_t score_sum;                    /* over scored events, in 1 / HG_SCORE_ONE */
    uint64_t anomalous_scored, anomalous_score_sum;
    uint32_t score_max;                    /* over anomalous events, in 1 / HG_SCORE_ONE */
};

static inline uint64_t hg_tally_anomalous(const struct hg_tally *tally)
{
    return tally->by_label + tally->by_score + tally->by_both;
}

#define HG_ROLLUP_KEY_BYTES 64 /* longer keys are cut */

struct hg_rollup {
    int64_t minute_us; /* start of the minute */
    uint8_t dim;       /* enum hg_dim */
    uint8_t key_len;
    char key[HG_ROLLUP_KEY_BYTES];
    struct hg_tally tally;
};

/* Attacking addresses of one minute: exact up to HG_ATTACKERS_EXACT, beyond that a HyperLogLog sketch (Flajolet 2007) with
 * 2^HG_HLL_BITS registers: standard error 1.04 / sqrt(2^14) = 0.81 %. */
#define HG_ATTACKERS_EXACT 65536u
#define HG_HLL_BITS        14

struct hg_attacker { /* one address that attacked in one minute; the store keeps the union */
    int64_t minute_us;
    struct hg_ip ip;
};

struct hg_alert {
    struct hg_id id;          /* event_id of its first event in sequence */
    int64_t first_us, last_us;
    uint64_t count, by_label, by_score, by_both;
    uint64_t first_sequence, last_sequence;
    /* of the event with the highest score (the first of equals) */
    struct hg_id event_id;
    uint64_t event_sequence;
    struct hg_score score;
    struct hg_id model;       /* digest of the model that gave the score; zeros: none did */
    struct hg_ip source_ip, destination_ip;
    uint32_t missing;         /* of the top event, for the addresses, ports and protocols here */
    uint16_t source_port, destination_port;
    uint8_t dataset, attack_type;
    char protocol[16], application_protocol[32], kind[32]; /* "" where missing; cut where longer */
    char reason_key[32];
    struct hg_geo geo;
};

#define HG_ALERT_GAP_US (10 * HG_MINUTE) /* event time without another event that ends an alert */
/* Alerts that may still grow: those that got an event last, in sequence, one for each (source_ip, destination_port, reason_key). */
#define HG_ALERTS_OPEN_MAX 32768u

struct hg_rollup_delta {
    const struct hg_rollup *rollups; /* sums to add, one row a (minute, dim, key) */
    size_t n_rollups;
    const struct hg_attacker *attackers; /* to add to the sets */
    size_t n_attackers;
    const struct hg_alert *alerts; /* whole rows, to replace by id */
    size_t n_alerts;
    int64_t clock_us;
};

const char *hg_dim_name(enum hg_dim dim);
void hg_tally_add(struct hg_tally *sum, const struct hg_tally *part);
/* Of one event, anomalous by `by` (enum in score.h). */
struct hg_tally hg_tally_of(const struct hg_score *score, unsigned by);

#endif
