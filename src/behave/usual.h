/*
 * What is usual at a target (an address and port): how many events and how many addresses come in a minute, and how many of these come
 * back though they are new; as means over the minutes that have passed, weighted to the last hours (half of the weight is on the last four). A minute that stands out counts for no more than
 * twice the mean and three, so that an attack teaches little. Empty minutes count.
 */
#ifndef HG_BEHAVE_USUAL_H
#define HG_BEHAVE_USUAL_H

#include "behave/behave.h"
#include "behave/entries.h"

#define RETURN_MINUTES 5u

struct usual {
    struct entry entry;
    uint64_t minute, minutes;         /* the one at hand; how many since the first */
    double events, sources, returns;  /* means of those before it */
    uint32_t now_events, now_sources;
    uint32_t recent[RETURN_MINUTES];  /* returns, by minute */
};

#define USUAL_TARGETS 16384u

/* What is usual, before the minute at hand. */
const struct usual *usual_at(struct entries *targets, uint64_t key, int64_t time_us, const struct hg_window *minute_window,
                             bool returns);
unsigned usual_returns(const struct usual *usual); /* within the last five minutes */

/* per_minute ^ minutes, by products alone: the same on every processor. */
double decayed(uint64_t minutes, double per_minute);

/* mean + factor * sqrt(mean + 1): a limit that chance seldom passes. */
double usual_limit(double mean, double factor);

#endif
