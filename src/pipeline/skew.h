/*
 * A source's clock against the wall clock: a steady offset between the arrival of its newest records and the time they carry is a
 * zone that was left out, or a wrong clock. Samples are only taken of what comes as it happens; a replay's offsets are too large or
 * wander, and say nothing.
 */
#ifndef HG_PIPELINE_SKEW_H
#define HG_PIPELINE_SKEW_H

#include "core/backend.h"

#define HG_SKEW_SAMPLES    32u
#define HG_SKEW_NEEDED     6u                   /* samples to call an offset steady */
#define HG_SKEW_EVERY_US   (HG_SECOND / 2)      /* at most one sample in it */
#define HG_SKEW_WANDER_US  (2 * HG_MINUTE)      /* between the least and the greatest of steady samples */
#define HG_SKEW_MAX_US     (15 * HG_HOUR)       /* zones reach from -12 to +14 hours; beyond, it is a replay */

struct hg_skew {
    int64_t offsets_us[HG_SKEW_SAMPLES]; /* a ring */
    size_t n, next;
    int64_t last_us; /* wall time of the last sample */
};

/* newest_us: greatest event time of what arrived at now_us. */
void hg_skew_add(struct hg_skew *skew, int64_t newest_us, int64_t now_us);
enum hg_skew_state hg_skew_state(const struct hg_skew *skew, int64_t *ret_us);
/* Does what came last bear the time of its arrival, or one that is steadily off? */
bool hg_skew_is_live(const struct hg_skew *skew);

#endif
