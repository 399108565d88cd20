#include "core/budget.h"

void hg_budget_json_members(const struct hg_budget_settings *settings, struct hg_jsonw *w)
{
    static const char *const modes[] = {"total", "per_source", "rate"};
    bool rate = settings->mode == HG_BUDGET_RATE;
    hg_jsonw_key(w, "mode");
    hg_jsonw_text(w, modes[settings->mode]);
    hg_jsonw_key(w, "alerts_per_day");
    hg_jsonw_f64(w, rate ? __builtin_nan("") : settings->alerts_per_day);
    hg_jsonw_key(w, "false_alarm_rate");
    hg_jsonw_f64(w, rate ? settings->rate : __builtin_nan(""));
}
