/* Alarms of tested rows, to count the alerts that they make: those of one group until 10 minutes pass without another. */
#ifndef HG_EVALUATE_ALARMS_H
#define HG_EVALUATE_ALARMS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct hg_alarm {
    uint64_t group;
    int64_t time_us;
};

struct hg_alarms { /* zeroed: none */
    struct hg_alarm *at;
    size_t n, cap;
};

HG_MUST_USE enum hg_rc hg_alarms_add(struct hg_alarms *alarms, struct hg_alarm alarm, struct hg_err *reterr);
size_t hg_alarms_count_alerts(struct hg_alarms *alarms); /* sorts them */
void hg_alarms_free(struct hg_alarms *alarms);

#endif
