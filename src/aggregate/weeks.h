/*
 * Asked and achieved, gathered by source and week of event time between two commits (core/reliability.h). The store adds them up, so
 * where commits fall changes nothing.
 */
#ifndef HG_AGGREGATE_WEEKS_H
#define HG_AGGREGATE_WEEKS_H

#include "base/err.h"
#include "core/reliability.h"

struct hg_weeks {
    struct hg_reliability *rows;
    uint32_t *before; /* 1 + place of the source's row before; 0: none */
    size_t n, cap, cap_before;
    uint32_t *last;   /* by source: 1 + place of its newest row; 0: none */
    size_t n_sources, cap_sources;
};

struct hg_judged { /* one event that counts */
    int64_t time_us;
    double p, rate;
    bool alarm, alert; /* anomalous by score; and the first of its alert */
};

void hg_weeks_free(struct hg_weeks *weeks); /* of a zeroed one, too */
/* name: of the source, outlives the row. clock_us: the source clock; an event of a week that the store no more keeps isn't counted. */
HG_MUST_USE enum hg_rc hg_weeks_add(struct hg_weeks *weeks, uint32_t source, const char *name, int64_t clock_us,
                                    const struct hg_judged *judged, struct hg_err *reterr);
/* After a commit. */
void hg_weeks_clear(struct hg_weeks *weeks);

#endif
