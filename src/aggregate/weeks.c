#include "aggregate/weeks.h"

#include "base/grow.h"

#include <string.h>

void hg_weeks_free(struct hg_weeks *weeks)
{
    free(weeks->rows);
    free(weeks->before);
    free(weeks->last);
    *weeks = (struct hg_weeks){0};
}

static bool grow_sources(struct hg_weeks *weeks, uint32_t source)
{
    while (weeks->n_sources <= source) {
        uint32_t *last = hg_grow(weeks->last, weeks->n_sources, &weeks->cap_sources, sizeof *last);
        if (last == NULL)
            return false;
        weeks->last = last;
        weeks->last[weeks->n_sources++] = 0;
    }
    return true;
}

static struct hg_reliability *append(struct hg_weeks *weeks, uint32_t source, const char *name, int64_t week_us)
{
    struct hg_reliability *rows = hg_grow(weeks->rows, weeks->n, &weeks->cap, sizeof *rows);
    if (rows != NULL)
        weeks->rows = rows;
    uint32_t *before = hg_grow(weeks->before, weeks->n, &weeks->cap_before, sizeof *before);
    if (before != NULL)
        weeks->before = before;
    if (rows == NULL || before == NULL)
        return NULL;
    weeks->rows[weeks->n] = (struct hg_reliability){.source = name, .week_us = week_us};
    weeks->before[weeks->n] = weeks->last[source];
    weeks->last[source] = (uint32_t)++weeks->n;
    return &weeks->rows[weeks->n - 1];
}

/* Weeks are few and mostly the same. Times that jump about may give a week two rows: they add up. */
static struct hg_reliability *find(const struct hg_weeks *weeks, uint32_t source, int64_t week_us)
{
    uint32_t at = weeks->last[source];
    for (int tries = 0; at != 0 && tries < HG_WEEKS_KEPT; tries++, at = weeks->before[at - 1])
        if (weeks->rows[at - 1].week_us == week_us)
            return &weeks->rows[at - 1];
    return NULL;
}

enum hg_rc hg_weeks_add(struct hg_weeks *weeks, uint32_t source, const char *name, int64_t clock_us, const struct hg_judged *judged,
                        struct hg_err *reterr)
{
    int64_t week_us = hg_week_of(judged->time_us);
    if (week_us <= hg_week_of(clock_us) - HG_WEEKS_KEPT * HG_WEEK)
        return HG_OK;
    bool room = grow_sources(weeks, source);
    struct hg_reliability *row = room ? find(weeks, source, week_us) : NULL;
    if (row == NULL && room)
        row = append(weeks, source, name, week_us);
    if (row == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to count p-values by week");
    hg_reliability_add(row, judged->p, judged->rate, judged->alarm, judged->alert);
    return HG_OK;
}

void hg_weeks_clear(struct hg_weeks *weeks)
{
    weeks->n = 0;
    if (weeks->n_sources > 0)
        memset(weeks->last, 0, weeks->n_sources * sizeof *weeks->last);
}
