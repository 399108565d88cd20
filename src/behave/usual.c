#include "behave/usual.h"

#include "base/instant.h"

#include <math.h>

#define KEPT         0.99711594835    /* 0.5 ^ (1 / 240): half of the weight in four hours of minutes */
#define FORGOTTEN    10000u           /* minutes after which nothing is left of a mean */
#define CLIPPED_FROM 60u              /* minutes after which one that stands out counts for less */

/* The mean's weight when n minutes pass, of `minutes` then: all minutes weigh the same until the last hours would weigh more. */
static double kept(uint64_t n, uint64_t minutes)
{
    double weight = 1, power = KEPT;
    if (n >= FORGOTTEN)
        return 0;
    for (uint64_t left = n; left > 0; left /= 2, power *= power)
        weight *= left % 2 != 0 ? power : 1;
    double even = (double)(minutes - n) / (double)minutes;
    return even < weight ? even : weight;
}

static double clipped(uint32_t count, double mean, uint64_t minutes)
{
    double most = 2 * mean + 3;
    return minutes > CLIPPED_FROM && (double)count > most ? most : (double)count;
}

/* The minute at hand joins the means, and so do the empty ones up to the next. */
static void close_minute(struct usual *usual, uint64_t next)
{
    uint64_t gap = next - usual->minute - 1;
    usual->minutes++;
    double weight = kept(1, usual->minutes);
    usual->events = usual->events * weight + clipped(usual->now_events, usual->events, usual->minutes) * (1 - weight);
    usual->sources = usual->sources * weight + clipped(usual->now_sources, usual->sources, usual->minutes) * (1 - weight);
    usual->minutes += gap;
    double empty = gap > 0 ? kept(gap, usual->minutes) : 1;
    usual->events *= empty;
    usual->sources *= empty;
    usual->minute = next;
}

const struct usual *usual_at(struct entries *targets, uint64_t key, int64_t time_us, uint32_t events, uint32_t sources)
{
    uint64_t minute = (uint64_t)(time_us / HG_MINUTE);
    struct usual *usual = entries_use(targets, key, time_us);
    if (usual->minute == 0)
        usual->minute = minute;
    if (minute > usual->minute && time_us > 0)
        close_minute(usual, minute);
    usual->now_events = events;
    usual->now_sources = sources;
    return usual;
}

double usual_limit(double mean, double factor)
{
    return mean + factor * sqrt(mean + 1);
}
