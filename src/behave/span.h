/*
 * Seconds and the edges of the windows. Sub-buckets are 1, 6, 60 and 360 seconds: each a whole number of those before it, so that a
 * second's place in every window follows from how far it lies back.
 */
#ifndef HG_BEHAVE_SPAN_H
#define HG_BEHAVE_SPAN_H

#include "base/instant.h"
#include "behave/behave.h"

#define SPAN_CELLS 10u /* sub-buckets of a window */

/* Seconds are counted from the year 1 on, a whole number of days before the epoch: never negative, aligned alike. */
#define SECOND_ZERO (INT64_C(719162) * 86400)

static inline uint64_t second_of(int64_t us)
{
    int64_t second = hg_time_floor(us, HG_SECOND) / HG_SECOND + SECOND_ZERO;
    return second > 0 ? (uint64_t)second : 0;
}

static inline uint64_t span_width(int span)
{
    static const uint16_t widths[HG_SPANS] = {1, 6, 60, 360};
    return widths[span];
}

/* A division by a constant is a multiplication. */
static inline uint64_t span_bucket(int span, uint64_t second)
{
    switch (span) {
    case HG_SPAN_10S: return second;
    case HG_SPAN_1M: return second / 6;
    case HG_SPAN_10M: return second / 60;
    default: return second / 360;
    }
}

/* Where the windows of an entity that stands in the second `top` begin: sub-bucket and second. */
struct edges {
    uint64_t top;
    uint64_t first[HG_SPANS];
    uint64_t low[HG_SPANS];
};

static inline uint64_t edges_first(uint64_t bucket)
{
    return bucket < SPAN_CELLS ? 0 : bucket - (SPAN_CELLS - 1);
}

static inline struct edges edges_at(uint64_t top)
{
    uint64_t six = top / 6, minute = six / 10, hour_tenth = minute / 6;
    struct edges edges = {.top = top, .first = {edges_first(top), edges_first(six), edges_first(minute), edges_first(hour_tenth)}};
    edges.low[HG_SPAN_10S] = edges.first[HG_SPAN_10S];
    edges.low[HG_SPAN_1M] = edges.first[HG_SPAN_1M] * 6;
    edges.low[HG_SPAN_10M] = edges.first[HG_SPAN_10M] * 60;
    edges.low[HG_SPAN_1H] = edges.first[HG_SPAN_1H] * 360;
    return edges;
}

/* The shortest window that holds the second; HG_SPANS: none. */
static inline int edges_tier(const struct edges *edges, uint64_t second)
{
    int tier = 0;
    while (tier < HG_SPANS && second < edges->low[tier])
        tier++;
    return tier;
}

#endif
