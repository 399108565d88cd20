/*
 * The budget of false alarms: what people ask for, and the p-value below which an event is anomalous that follows from it.
 *
 * Asked is either a rate of false alarms, or a number of alerts a day, for all sources together or for each by itself. An event is
 * one among so many a day; were all of them ordinary, alerts_per_day of them would have p < alerts_per_day / events a day. An alert
 * groups alarms, so the number of false alerts stays below it.
 */
#ifndef HG_CORE_BUDGET_H
#define HG_CORE_BUDGET_H

#include "base/jsonw.h"

enum hg_budget_mode {
    HG_BUDGET_TOTAL = 0,  /* alerts_per_day over all sources */
    HG_BUDGET_PER_SOURCE, /* alerts_per_day for each source */
    HG_BUDGET_RATE,       /* rate */
};

struct hg_budget_settings {
    enum hg_budget_mode mode;
    double alerts_per_day; /* greater than 0; of the first two modes */
    double rate;           /* of the last: greater than 0, at most HG_RATE_MAX */
    bool with_hints;       /* named detectors watch too: the score has but its share of the alerts a day, the rest is left to their hints */
};

#define HG_ALERTS_PER_DAY 20.0 /* where nothing is asked */
#define HG_SCORE_SHARE    0.15 /* measured: the rest is what hints take on quiet days (docs/detection.md) */
#define HG_RATE_MAX       0.1  /* no budget asks for more, however few events there are */
#define HG_RATE_UNKNOWN   1e-3 /* a number of alerts a day as long as nobody knows how many events a day has */

static inline struct hg_budget_settings hg_budget_default(void)
{
    return (struct hg_budget_settings){.mode = HG_BUDGET_TOTAL, .alerts_per_day = HG_ALERTS_PER_DAY};
}

/* The rate that it means where there are so many events a day, of all sources or of the event's own; 0: nobody knows. */
static inline double hg_budget_rate_at(const struct hg_budget_settings *settings, double events_a_day)
{
    if (settings->mode == HG_BUDGET_RATE)
        return settings->rate;
    if (!(events_a_day > 0))
        return HG_RATE_UNKNOWN;
    double rate = settings->alerts_per_day * (settings->with_hints ? HG_SCORE_SHARE : 1) / events_a_day;
    return rate < HG_RATE_MAX ? rate : HG_RATE_MAX;
}

/* mode, alerts_per_day and false_alarm_rate (null: not asked by it) into an open object. */
void hg_budget_json_members(const struct hg_budget_settings *settings, struct hg_jsonw *w);

#endif
