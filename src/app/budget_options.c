#include "app/budget_options.h"

#include "base/num.h"

bool hg_alerts_per_day_parse(struct hg_slice text, double *ret)
{
    return hg_num_parse_f64(text, ret) && *ret > 0 && *ret <= HG_ALERTS_PER_DAY_MAX;
}

bool hg_false_alarm_rate_parse(struct hg_slice text, double *ret)
{
    return hg_num_parse_f64(text, ret) && *ret > 0 && *ret <= HG_RATE_MAX;
}

bool hg_budget_option(const struct hg_command *command, struct hg_budget_options *options, int option, const char *argument)
{
    if (option == HG_OPT_PER_SOURCE) {
        options->per_source = true;
        return true;
    }
    if (option == HG_OPT_ALERTS_PER_DAY) {
        if (hg_alerts_per_day_parse(hg_slice_of(argument), &options->alerts_per_day))
            return true;
        hg_usage(command, "--alerts-per-day takes a number greater than 0, not '%s'", argument);
        return false;
    }
    if (hg_false_alarm_rate_parse(hg_slice_of(argument), &options->rate))
        return true;
    hg_usage(command, "--false-alarm-rate takes a number greater than 0 and at most 0.1, not '%s'", argument);
    return false;
}

bool hg_budget_wrong(const struct hg_command *command, const struct hg_budget_options *options)
{
    if (!(options->rate > 0) || (!(options->alerts_per_day > 0) && !options->per_source))
        return false;
    hg_usage(command, "--false-alarm-rate says it all: %s doesn't go with it", options->alerts_per_day > 0 ? "--alerts-per-day" : "--per-source");
    return true;
}

bool hg_budget_wrong_for_table(const struct hg_command *command, const struct hg_budget_options *options)
{
    if (!(options->alerts_per_day > 0) && !options->per_source)
        return false;
    hg_usage(command, "a table has no days: --false-alarm-rate goes with it, not --alerts-per-day");
    return true;
}

bool hg_budget_asked(const struct hg_budget_options *options)
{
    return options->per_source || options->alerts_per_day > 0 || options->rate > 0;
}

struct hg_budget_settings hg_budget_of(const struct hg_budget_options *options)
{
    if (options->rate > 0)
        return (struct hg_budget_settings){.mode = HG_BUDGET_RATE, .rate = options->rate};
    return (struct hg_budget_settings){.mode = options->per_source ? HG_BUDGET_PER_SOURCE : HG_BUDGET_TOTAL,
                                       .alerts_per_day = options->alerts_per_day > 0 ? options->alerts_per_day : HG_ALERTS_PER_DAY};
}
