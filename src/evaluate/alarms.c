#include "evaluate/alarms.h"

#include "base/grow.h"
#include "core/rollup.h"

enum hg_rc hg_alarms_add(struct hg_alarms *alarms, struct hg_alarm alarm, struct hg_err *reterr)
{
    struct hg_alarm *at = hg_grow(alarms->at, alarms->n, &alarms->cap, sizeof *at);
    if (at == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu alarms", alarms->n + 1);
    alarms->at = at;
    at[alarms->n++] = alarm;
    return HG_OK;
}

static int by_group(const void *a, const void *b)
{
    const struct hg_alarm *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

size_t hg_alarms_count_alerts(struct hg_alarms *alarms)
{
    size_t alerts = 0;
    if (alarms->n > 0)
        qsort(alarms->at, alarms->n, sizeof *alarms->at, by_group);
    for (size_t i = 0; i < alarms->n; i++) {
        const struct hg_alarm *alarm = &alarms->at[i];
        alerts += i == 0 || alarm->group != alarm[-1].group || alarm->time_us - alarm[-1].time_us > HG_ALERT_GAP_US;
    }
    return alerts;
}

void hg_alarms_free(struct hg_alarms *alarms)
{
    free(alarms->at);
    *alarms = (struct hg_alarms){0};
}
