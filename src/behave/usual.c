#include "behave/usual.h"

#include "base/instant.h"

#include <math.h>

#define KEPT         0.99711594835    /* 0.5 ^ (1 / 240): half of the weight in four hours of minutes */
#define FORGOTTEN    20000u           /* minutes after which nothing is left of a mean */
#define CLIPPED_FROM 60u              /* minutes after which one that stands out counts for less */

double decayed(uint64_t minutes, double per_minute)
{
    double weight = 1, power = per_minute;
    for (uint64_t left = minutes; left > 0; left /= 2, power *= power)
        weight *= left % 2 != 0 ? power : 1;
    return weight;
}

/* The mean's weight when n minutes pass, of `minutes` then: all minutes weigh the same until the last hours would weigh more. */
static double kept(uint64_t n, uint64_t minutes)
{
    double weight = decayed(n < FORGOTTEN ? n : FORGOTTEN, KEPT);
    double even = (double)(minutes - n) / (double)minutes;
    return even < weight ? even : weight;
}

static double clipped(uint32_t count, double mean, uint64_t minutes)
{
    double most = 2 * mean + 3;
    return minutes > CLIPPED_FROM && (double)count > most ? most : (double)count;
}

static void take_in(double *mean, uint32_t count, uint64_t minutes, uint64_t gap)
{
    double weight = kept(1, minutes);
    *mean = *mean * weight + clipped(count, *mean, minutes) * (1 - weight);
    if (gap > 0)
        *mean *= kept(gap, minutes + gap);
}

/* The minute at hand joins the means, and so do the empty ones up to the next. */
static void close_minute(struct usual *usual, uint64_t next)
{
    uint64_t gap = next - usual->minute - 1;
    usual->minutes++;
    take_in(&usual->events, usual->now_events, usual->minutes, gap);
    take_in(&usual->sources, usual->now_sources, usual->minutes, gap);
    take_in(&usual->returns, usual->recent[usual->minute % RETURN_MINUTES], usual->minutes, gap);
    usual->minutes += gap;
    for (uint64_t i = 0; i <= gap && i < RETURN_MINUTES; i++)
        usual->recent[(next - i) % RETURN_MINUTES] = 0;
    usual->minute = next;
}

unsigned usual_returns(const struct usual *usual)
{
    unsigned n = 0;
    for (unsigned i = 0; i < RETURN_MINUTES; i++)
        n += usual->recent[i];
    return n;
}

const struct usual *usual_at(struct entries *targets, uint64_t key, int64_t time_us, const struct hg_window *minute_window,
                             bool returns)
{
    uint64_t minute = (uint64_t)(time_us / HG_MINUTE);
    struct usual *usual = entries_use(targets, key, time_us);
    if (usual->minute == 0)
        usual->minute = minute;
    if (minute > usual->minute && time_us > 0)
        close_minute(usual, minute);
    usual->now_events = minute_window->events;
    usual->now_sources = minute_window->peers;
    usual->recent[usual->minute % RETURN_MINUTES] += returns;
    return usual;
}

double usual_limit(double mean, double factor)
{
    return mean + factor * sqrt(mean + 1);
}
