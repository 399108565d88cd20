/*
 * Asked and achieved: how many false alarms a budget asked for, and how many there were, by source and week of event time. And the
 * p-values of all events: uniform where the model's assumption holds, that what comes is like what was learnt.
 *
 * Counted is every scored event that no label calls an attack; of honeypots all, since their model learns from all of it.
 */
#ifndef HG_CORE_RELIABILITY_H
#define HG_CORE_RELIABILITY_H

#include "base/instant.h"
#include "base/jsonw.h"
#include "core/poisson.h"
#include "core/score.h"

#define HG_WEEK             (7 * HG_DAY)
#define HG_WEEKS_KEPT       53
#define HG_RELIABILITY_BINS 20
#define HG_RELIABILITY_TAILS 3
#define HG_RATE_ONE         68719476736.0 /* 2^36: rates are summed as integers, which add up the same in any order */

struct hg_reliability { /* sums over the events of one source and week */
    const char *source;
    int64_t week_us;   /* Monday 00:00 UTC */
    uint64_t events;
    uint64_t expected; /* sum of the rates asked when each was judged, in 1 / HG_RATE_ONE */
    uint64_t alarms;   /* anomalous by score */
    uint64_t alerts;   /* alerts that an alarm began */
    uint64_t bins[HG_RELIABILITY_BINS];   /* events by p: [0, 0.05), [0.05, 0.1) ... */
    uint64_t tails[HG_RELIABILITY_TAILS]; /* events with p <= hg_reliability_tail(i) */
};

double hg_reliability_tail(int i); /* 1e-2, 1e-3, 1e-4 */
/* Does the event count? */
bool hg_reliability_counts(const struct hg_event *event, const struct hg_score *score);
void hg_reliability_add(struct hg_reliability *row, double p, double rate, bool alarm, bool alert);

static inline int64_t hg_week_of(int64_t us)
{
    return hg_time_floor(us + 3 * HG_DAY, HG_WEEK) - 3 * HG_DAY; /* 1970-01-01 was a Thursday */
}

enum hg_verdict {
    HG_VERDICT_TOO_FEW = 0, /* events, or false alarms to expect; an excess is MORE all the same */
    HG_VERDICT_AS_ASKED,
    HG_VERDICT_MORE,  /* than asked: expected lies below the interval of `alarms` */
    HG_VERDICT_FEWER,
};
#define HG_VERDICT_EVENTS_MIN   1000u
#define HG_VERDICT_EXPECTED_MIN 5.0
/* p-values are told to be no more uniform where their distribution function is off by more than this, over and above chance. */
#define HG_VERDICT_DRIFT 0.1

const char *hg_verdict_name(enum hg_verdict verdict); /* too_few, as_asked, more, fewer */
enum hg_verdict hg_reliability_verdict(const struct hg_reliability *row);
/* The greatest distance of the p-values' distribution function from the uniform one, at the edges of bins: 0..1. */
double hg_reliability_distance(const struct hg_reliability *row);
/* The verdict in a sentence or two, with what it may come from. */
void hg_reliability_words(const struct hg_reliability *row, struct hg_buf *buf);
/* Members of a week, into an open object. */
void hg_reliability_json_members(const struct hg_reliability *row, struct hg_jsonw *w);

#endif
