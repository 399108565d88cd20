#include "detect/budget.h"

#include "base/grow.h"

#include <string.h>

#define HOURS 24
#define RING  (HOURS + 1) /* and the one at hand */

/* What is kept; all of 8 bytes, so that it has no holes. */
struct kept {
    int64_t hour;     /* the clock's, when an event came last */
    int64_t first;    /* and first */
    uint64_t n[RING]; /* events by hour, at hour modulo RING */
    uint64_t caught;  /* events at which the estimate caught up within this hour; 0: it didn't */
    uint64_t kinds;   /* bits: kinds of events that came */
    uint64_t alarms;
};
_Static_assert(sizeof(struct kept) == HG_BUDGET_BYTES, "HG_BUDGET_BYTES is the size of what is kept");

struct ring {
    struct kept kept;
    bool begun, changed;
    uint64_t whole;      /* sum of the whole hours */
    double events_a_day; /* 0: unknown */
};

struct hg_budget {
    struct hg_budget_settings settings;
    double learnt[HG_SUB_COUNT];
    struct ring all, *sources;
    size_t n, cap;
};

enum hg_rc hg_budget_create(const struct hg_budget_settings *settings, struct hg_budget **ret, struct hg_err *reterr)
{
    struct hg_budget *budget = calloc(1, sizeof *budget);
    if (budget == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the alert budget");
    budget->settings = *settings;
    *ret = budget;
    return HG_OK;
}

void hg_budget_destroy(struct hg_budget *budget)
{
    if (budget == NULL)
        return;
    free(budget->sources);
    free(budget);
}

enum hg_rc hg_budget_add_source(struct hg_budget *budget, struct hg_err *reterr)
{
    struct ring *sources = hg_grow(budget->sources, budget->n, &budget->cap, sizeof *sources);
    if (sources == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the alert budget");
    budget->sources = sources;
    budget->sources[budget->n++] = (struct ring){0};
    return HG_OK;
}

/* ---- one ring */

static size_t place(int64_t hour)
{
    return (size_t)((hour % RING + RING) % RING);
}

static double learnt_of(const struct hg_budget *budget, uint64_t kinds)
{
    double sum = 0;
    for (int kind = 0; kind < HG_SUB_COUNT; kind++) {
        if ((kinds >> kind & 1) == 0)
            continue;
        if (!(budget->learnt[kind] > 0))
            return 0;
        sum += budget->learnt[kind];
    }
    return sum;
}

static void estimate(const struct hg_budget *budget, struct ring *ring)
{
    const struct kept *kept = &ring->kept;
    int64_t hours = kept->hour - kept->first - 1; /* whole ones */
    hours = hours < HOURS ? hours : HOURS;
    ring->whole = 0;
    for (int64_t back = 1; ring->begun && back <= hours; back++)
        ring->whole += kept->n[place(kept->hour - back)];
    ring->events_a_day = ring->whole > 0 ? (double)ring->whole * HOURS / (double)hours : learnt_of(budget, kept->kinds);
    if (ring->events_a_day < (double)kept->caught)
        ring->events_a_day = (double)kept->caught;
}

static void enter(const struct hg_budget *budget, struct ring *ring, int64_t hour)
{
    struct kept *kept = &ring->kept;
    if (!ring->begun) {
        *kept = (struct kept){.hour = hour, .first = hour, .kinds = kept->kinds};
        ring->begun = true;
    } else if (hour <= kept->hour) { /* a clock doesn't go back */
        return;
    } else {
        int64_t first = hour - kept->hour < RING ? kept->hour + 1 : hour - HOURS;
        for (int64_t at = first; at <= hour; at++)
            kept->n[place(at)] = 0;
        kept->hour = hour;
        kept->caught = 0;
    }
    estimate(budget, ring);
}

static void count(const struct hg_budget *budget, struct ring *ring, int64_t hour, bool alarm)
{
    struct kept *kept = &ring->kept;
    enter(budget, ring, hour);
    uint64_t seen = ring->whole + ++kept->n[place(kept->hour)];
    kept->alarms += alarm;
    ring->changed = true;
    double expected = ring->events_a_day > 0 ? ring->events_a_day : budget->settings.alerts_per_day / HG_RATE_UNKNOWN;
    if ((double)seen <= 2 * expected)
        return;
    kept->caught = seen;
    estimate(budget, ring);
}

static void meet(const struct hg_budget *budget, struct ring *ring, enum hg_submodel_kind kind)
{
    if ((ring->kept.kinds >> kind & 1) != 0)
        return;
    ring->kept.kinds |= UINT64_C(1) << kind;
    estimate(budget, ring);
}

/* ---- all of them */

/* A source's ring stands at its own last event: brought up to the hour of all. */
static struct ring *ring_of(struct hg_budget *budget, uint32_t source)
{
    if (source == HG_BUDGET_ALL)
        return &budget->all;
    HG_ASSERT(source < budget->n);
    struct ring *ring = &budget->sources[source];
    if (ring->begun && budget->all.begun)
        enter(budget, ring, budget->all.kept.hour);
    return ring;
}

static struct ring *asked_of(struct hg_budget *budget, uint32_t source)
{
    return ring_of(budget, budget->settings.mode == HG_BUDGET_PER_SOURCE ? source : HG_BUDGET_ALL);
}

void hg_budget_learnt(struct hg_budget *budget, const double events_a_day[HG_SUB_COUNT])
{
    memcpy(budget->learnt, events_a_day, sizeof budget->learnt);
    estimate(budget, &budget->all);
    for (size_t i = 0; i < budget->n; i++)
        estimate(budget, &budget->sources[i]);
}

double hg_budget_judge(struct hg_budget *budget, uint32_t source, enum hg_submodel_kind kind)
{
    meet(budget, &budget->all, kind);
    meet(budget, ring_of(budget, source), kind);
    return hg_budget_rate(budget, source);
}

void hg_budget_count(struct hg_budget *budget, uint32_t source, int64_t clock_us, bool alarm)
{
    int64_t hour = hg_time_floor(clock_us, HG_HOUR) / HG_HOUR;
    count(budget, &budget->all, hour, alarm);
    count(budget, ring_of(budget, source), hour, alarm);
}

double hg_budget_events_a_day(struct hg_budget *budget, uint32_t source)
{
    return ring_of(budget, source)->events_a_day;
}

double hg_budget_rate(struct hg_budget *budget, uint32_t source)
{
    return hg_budget_rate_at(&budget->settings, asked_of(budget, source)->events_a_day);
}

uint64_t hg_budget_alarms(const struct hg_budget *budget, uint32_t source)
{
    return source == HG_BUDGET_ALL ? budget->all.kept.alarms : budget->sources[source].kept.alarms;
}

/* ---- state */

static struct ring *raw(const struct hg_budget *budget, uint32_t source)
{
    return source == HG_BUDGET_ALL ? (struct ring *)(uintptr_t)&budget->all : &budget->sources[source];
}

bool hg_budget_changed(const struct hg_budget *budget, uint32_t source)
{
    return raw(budget, source)->changed;
}

void hg_budget_saved(struct hg_budget *budget)
{
    budget->all.changed = false;
    for (size_t i = 0; i < budget->n; i++)
        budget->sources[i].changed = false;
}

struct kept_settings {
    uint64_t mode;
    double alerts_per_day, rate;
};
_Static_assert(HG_BUDGET_BYTES + sizeof(struct kept_settings) == HG_BUDGET_ALL_BYTES, "HG_BUDGET_ALL_BYTES is the size of what is kept");

void hg_budget_put(const struct hg_budget *budget, uint32_t source, char *out)
{
    const struct hg_budget_settings *settings = &budget->settings;
    struct kept_settings kept = {settings->mode, settings->alerts_per_day, settings->rate};
    memcpy(out, &raw(budget, source)->kept, HG_BUDGET_BYTES);
    if (source == HG_BUDGET_ALL)
        memcpy(out + HG_BUDGET_BYTES, &kept, sizeof kept);
}

bool hg_budget_kept_settings(struct hg_slice bytes, struct hg_budget_settings *ret)
{
    struct kept_settings kept;
    if (bytes.len != HG_BUDGET_ALL_BYTES)
        return false;
    memcpy(&kept, bytes.p + HG_BUDGET_BYTES, sizeof kept);
    bool good = kept.mode == HG_BUDGET_RATE ? kept.rate > 0 && kept.rate <= HG_RATE_MAX : kept.mode < HG_BUDGET_RATE && kept.alerts_per_day > 0;
    if (good)
        *ret = (struct hg_budget_settings){(enum hg_budget_mode)kept.mode, kept.alerts_per_day, kept.rate, .with_hints = true};
    return good;
}

bool hg_budget_take(struct hg_budget *budget, uint32_t source, struct hg_slice bytes)
{
    struct ring *ring = raw(budget, source);
    struct kept kept;
    if (bytes.len != (source == HG_BUDGET_ALL ? HG_BUDGET_ALL_BYTES : HG_BUDGET_BYTES))
        return false;
    memcpy(&kept, bytes.p, sizeof kept);
    if (kept.first > kept.hour || kept.first < INT64_MIN / 2 || kept.hour > INT64_MAX / 2)
        return false;
    ring->kept = kept;
    ring->begun = true;
    ring->changed = false;
    estimate(budget, ring);
    return true;
}

void hg_budget_kind_rates(const struct hg_budget_settings *settings, const double events_a_day[HG_SUB_COUNT], double ret[HG_SUB_COUNT])
{
    double sum = 0;
    for (int kind = 0; kind < HG_SUB_COUNT; kind++)
        sum += events_a_day[kind];
    for (int kind = 0; kind < HG_SUB_COUNT; kind++)
        ret[kind] = hg_budget_rate_at(settings, settings->mode == HG_BUDGET_PER_SOURCE ? events_a_day[kind] : sum);
}
