#include "behave/onsets.h"

#include "behave/usual.h"

#include "base/instant.h"

#define PER_MINUTE 0.99951876216 /* 0.5 ^ (1 / 1440): half is forgotten in a day */
#define FORGOTTEN  40000u        /* minutes after which nothing is left */
#define DAYS       1.442695      /* a steady rate's weight: 1 / ln 2 days of it */

bool onsets_note(struct onsets *onsets, struct entries *targets, uint64_t key, int64_t time_us, double per_day)
{
    const struct entry *before = entries_find(targets, key);
    bool begins = before == NULL || elapsed(time_us, before->last_us) > 10 * HG_MINUTE;
    (void)entries_use(targets, key, time_us);
    if (begins) {
        uint64_t minute = (uint64_t)(time_us / HG_MINUTE);
        uint64_t passed = minute > onsets->minute ? minute - onsets->minute : 0;
        onsets->weight = onsets->weight * decayed(passed < FORGOTTEN ? passed : FORGOTTEN, PER_MINUTE) + 1;
        onsets->minute += passed;
    }
    return onsets->weight <= per_day * DAYS;
}
