/*
 * How often a hint begins anew somewhere, so that one that comes often can fall silent. It begins where its target had none for ten
 * minutes; the mean is over some two days.
 */
#ifndef HG_BEHAVE_ONSETS_H
#define HG_BEHAVE_ONSETS_H

#include "behave/entries.h"

#define ONSET_TARGETS 4096u

struct onsets {
    double weight;   /* of those so far, halved each day */
    uint64_t minute; /* of the last */
};

/* It holds at the target now: true, where it is rare enough to be told. */
bool onsets_note(struct onsets *onsets, struct entries *targets, uint64_t key, int64_t time_us, double per_day);

#endif
