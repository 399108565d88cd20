/* The options that say how many false alarms are wanted, for the commands that judge events: core/budget.h. */
#ifndef HG_APP_BUDGET_OPTIONS_H
#define HG_APP_BUDGET_OPTIONS_H

#include "app/command.h"
#include "core/budget.h"

#define HG_ALERTS_PER_DAY_MAX 1e9

#define HG_OPTIONS_BUDGET \
    {"alerts-per-day", required_argument, NULL, HG_OPT_ALERTS_PER_DAY}, {"per-source", no_argument, NULL, HG_OPT_PER_SOURCE}, \
    {"false-alarm-rate", required_argument, NULL, HG_OPT_FALSE_ALARM_RATE}

#define HG_HELP_BUDGET \
    "  --alerts-per-day N                          false alerts a day that are put up with, at most (default: 20)\n" \
    "  --per-source                                so many for each source by itself, and not in total\n" \
    "  --false-alarm-rate R                        instead: the share of ordinary events to call anomalous, at most 0.1\n"

struct hg_budget_options { /* zeroed: nothing was given */
    bool per_source;
    double alerts_per_day, rate; /* 0: not given */
};

static inline bool hg_budget_takes(int option)
{
    return option >= HG_OPT_ALERTS_PER_DAY && option <= HG_OPT_FALSE_ALARM_RATE;
}
/* Takes one of the above; false after saying what was wrong. */
bool hg_budget_option(const struct hg_command *command, struct hg_budget_options *options, int option, const char *argument);
/* After the options: true after saying what doesn't go together. */
bool hg_budget_wrong(const struct hg_command *command, const struct hg_budget_options *options);
/* Likewise, where a table is judged: it has no days. */
bool hg_budget_wrong_for_table(const struct hg_command *command, const struct hg_budget_options *options);
/* Was any of them given? */
bool hg_budget_asked(const struct hg_budget_options *options);
struct hg_budget_settings hg_budget_of(const struct hg_budget_options *options);

/* The values alone, for the configuration. */
bool hg_alerts_per_day_parse(struct hg_slice text, double *ret);
bool hg_false_alarm_rate_parse(struct hg_slice text, double *ret);

#endif
