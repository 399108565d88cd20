/*
 * Do the p-values of one kind of events still lie as the model promises, evenly between 0 and 1?
 *
 * The last DRIFT_EVENTS of them, or those of a day where there are DRIFT_EVENTS_MIN, are held against the even distribution:
 * Kolmogorov's distance, on DRIFT_STEPS steps of p. Where many rows share a score their p-values stand in the middle of what they share
 * (calibration.h), so it is taken where events are, between half of a step's events and the step's middle, as it must be for values with ties.
 *
 * A mark needs both: a distance above DRIFT_DISTANCE, since with thousands of events even nothing worth knowing is significant; and
 * significance below DRIFT_LEVEL / (k (k + 1)) at the k-th check of a model: over all checks that may ever come, at most DRIFT_LEVEL
 * (Bonferroni). The test takes events for independent. Bursts aren't: a mark says drift or burst, and only one that lasts asks for a
 * refit.
 */
#ifndef HG_DETECT_DRIFT_H
#define HG_DETECT_DRIFT_H

#include "core/learning.h"
#include "detect/bytes.h"

#define DRIFT_EVENTS     2048u
#define DRIFT_EVENTS_MIN 256u
#define DRIFT_STEPS      128u
#define DRIFT_DISTANCE   0.1
#define DRIFT_LEVEL      0.01
#define DRIFT_LASTS_US   HG_HOUR /* from the first mark of a row of them to the last one */

struct drift {
    uint32_t steps[DRIFT_STEPS], n; /* since the last check */
    int64_t since_us;               /* clock at the first of them */
    uint64_t checks;                /* of this model */
    uint32_t marks_running;         /* marks without a check between that had none */
    int64_t marked_us;              /* clock at the first of these */
    struct hg_drift_hour hour;      /* the open one; hour_us HG_TIME_NONE: there is none */
    bool changed;                   /* the hour did, since the caller last cleared it */
};

void drift_init(struct drift *drift, const char *kind); /* static */
/* Another model is in force: its p-values are judged by themselves. */
void drift_restart(struct drift *drift);
/* One more event's p. True: an hour ended before it, and *ret_hour is that hour. */
bool drift_add(struct drift *drift, int64_t clock_us, double p, struct hg_drift_hour *ret_hour);
bool drift_lasts(const struct drift *drift);

double drift_distance(const uint32_t steps[DRIFT_STEPS], uint32_t n);
/* How often n independent even values lie as far off: Kolmogorov's limit, with Stephens' correction for n. */
double drift_significance(double distance, uint32_t n);

void drift_put(const struct drift *drift, struct hg_buf *out);
bool drift_get(struct bytes_in *in, struct drift *ret); /* false: damaged */

#endif
