#include "detect/drift.h"

#include "detect/plain_math.h"

static struct hg_drift_hour empty_hour(const char *kind, int64_t hour_us)
{
    return (struct hg_drift_hour){.kind = kind, .hour_us = hour_us, .significance = 1};
}

void drift_init(struct drift *drift, const char *kind)
{
    *drift = (struct drift){.since_us = HG_TIME_NONE, .marked_us = HG_TIME_NONE, .hour = empty_hour(kind, HG_TIME_NONE)};
}

void drift_restart(struct drift *drift)
{
    struct drift before = *drift;
    drift_init(drift, before.hour.kind);
    drift->hour = before.hour;
    drift->changed = before.changed;
}

double drift_distance(const uint32_t steps[DRIFT_STEPS], uint32_t n)
{
    double below = 0, greatest = 0;
    for (uint32_t i = 0; i < DRIFT_STEPS; i++) {
        if (steps[i] == 0) /* between ties nothing is promised */
            continue;
        double off = (below + steps[i] / 2.0) / n - (i + 0.5) / DRIFT_STEPS;
        off = off < 0 ? -off : off;
        greatest = off > greatest ? off : greatest;
        below += steps[i];
    }
    return greatest;
}

double drift_significance(double distance, uint32_t n)
{
    double root = __builtin_sqrt(n), lambda = distance * (root + 0.12 + 0.11 / root), sum = 0;
    if (lambda < 0.2)
        return 1;
    for (int k = 1; k <= 50; k++) {
        double power = -2.0 * k * k * lambda * lambda / PLAIN_LN2;
        if (power < -1000)
            break;
        sum += (k % 2 == 1 ? 2 : -2) * plain_exp2(power);
    }
    return sum > 1 ? 1 : sum < 1e-300 ? 1e-300 : sum;
}

static void check(struct drift *drift, int64_t clock_us)
{
    double distance = drift_distance(drift->steps, drift->n), significance = drift_significance(distance, drift->n);
    drift->checks++;
    double level = DRIFT_LEVEL / ((double)drift->checks * ((double)drift->checks + 1));
    bool mark = distance > DRIFT_DISTANCE && significance < level;
    if (mark && drift->marks_running++ == 0)
        drift->marked_us = drift->since_us;
    if (!mark)
        drift->marks_running = 0;
    drift->hour.checks++;
    drift->hour.marks += mark;
    if (distance > drift->hour.distance) {
        drift->hour.distance = distance;
        drift->hour.significance = significance;
    }
    memset(drift->steps, 0, sizeof drift->steps);
    drift->n = 0;
    drift->since_us = clock_us;
}

static bool enter_hour(struct drift *drift, int64_t clock_us, struct hg_drift_hour *ret_hour)
{
    int64_t hour_us = hg_time_floor(clock_us, HG_HOUR);
    if (hour_us == drift->hour.hour_us)
        return false;
    bool ended = drift->hour.hour_us != HG_TIME_NONE && drift->changed;
    if (ended)
        *ret_hour = drift->hour;
    drift->hour = empty_hour(drift->hour.kind, hour_us);
    return ended;
}

static uint32_t place(double p, uint32_t n)
{
    uint32_t at = p > 0 ? (uint32_t)(p * n) : 0; /* p is at most 1 */
    return at < n ? at : n - 1;
}

bool drift_add(struct drift *drift, int64_t clock_us, double p, struct hg_drift_hour *ret_hour)
{
    bool ended = enter_hour(drift, clock_us, ret_hour);
    drift->changed = true;
    drift->hour.events += drift->hour.events < UINT32_MAX;
    uint32_t *bin = &drift->hour.bins[place(p, HG_DRIFT_BINS)];
    *bin += *bin < UINT32_MAX;
    if (drift->n == 0)
        drift->since_us = clock_us;
    drift->steps[place(p, DRIFT_STEPS)]++;
    drift->n++;
    if (drift->n >= DRIFT_EVENTS || (drift->n >= DRIFT_EVENTS_MIN && clock_us - drift->since_us >= HG_DAY))
        check(drift, clock_us);
    return ended;
}

bool drift_lasts(const struct drift *drift)
{
    return drift->marks_running >= 2 && drift->since_us - drift->marked_us >= DRIFT_LASTS_US;
}

/* ---- as bytes */

static double get_share(struct bytes_in *in) /* 0..1, or the read fails */
{
    uint64_t bits = bytes_get(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (value >= 0 && value <= 1)
        return value;
    in->failed = true;
    return 0;
}

void drift_put(const struct drift *drift, struct hg_buf *out)
{
    for (uint32_t i = 0; i < DRIFT_STEPS; i++)
        bytes_put(out, drift->steps[i], 2);
    bytes_put(out, (uint64_t)drift->since_us, 8);
    bytes_put(out, drift->checks, 8);
    bytes_put(out, drift->marks_running, 4);
    bytes_put(out, (uint64_t)drift->marked_us, 8);
    bytes_put(out, (uint64_t)drift->hour.hour_us, 8);
    bytes_put(out, drift->hour.events, 4);
    for (int i = 0; i < HG_DRIFT_BINS; i++)
        bytes_put(out, drift->hour.bins[i], 4);
    bytes_put(out, drift->hour.checks, 4);
    bytes_put(out, drift->hour.marks, 4);
    bytes_put_f64(out, drift->hour.distance);
    bytes_put_f64(out, drift->hour.significance);
}

bool drift_get(struct bytes_in *in, struct drift *ret)
{
    ret->n = 0;
    for (uint32_t i = 0; i < DRIFT_STEPS; i++)
        ret->n += ret->steps[i] = (uint32_t)bytes_get(in, 2);
    ret->since_us = bytes_get_time(in);
    ret->checks = bytes_get(in, 8);
    ret->marks_running = bytes_get_u32(in);
    ret->marked_us = bytes_get_time(in);
    ret->hour.hour_us = bytes_get_time(in);
    ret->hour.events = bytes_get_u32(in);
    for (int i = 0; i < HG_DRIFT_BINS; i++)
        ret->hour.bins[i] = bytes_get_u32(in);
    ret->hour.checks = bytes_get_u32(in);
    ret->hour.marks = bytes_get_u32(in);
    ret->hour.distance = get_share(in);
    ret->hour.significance = get_share(in);
    ret->changed = false;
    bool times = (ret->n == 0 || ret->since_us != HG_TIME_NONE) &&
                 (ret->marks_running == 0 || (ret->since_us != HG_TIME_NONE && ret->marked_us != HG_TIME_NONE));
    return !in->failed && times && ret->n < DRIFT_EVENTS;
}
