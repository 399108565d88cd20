/*
 * What the named detectors go by: thresholds with units (settings.def). The command line, the configuration and the manual read the list.
 */
#ifndef HG_BEHAVE_SETTINGS_H
#define HG_BEHAVE_SETTINGS_H

#include "base/err.h"
#include "base/slice.h"

struct hg_behave_settings {
#define HG_RULE_SETTING(rule, name, unit, usual, least, most, words) double rule##_##name;
#include "behave/settings.def"
#undef HG_RULE_SETTING
};

struct hg_behave_settings hg_behave_settings_default(void);

struct hg_rule_setting {
    const char *rule, *name, *unit, *words;
    double usual, least, most; /* the default; the bounds */
};

/* In the list's order; NULL behind its end. */
const struct hg_rule_setting *hg_rule_setting(size_t i);
double hg_rule_setting_value(const struct hg_behave_settings *settings, size_t i);
/* "brute_force.attempts", "12": HG_EUSAGE, with what would be right, where there is no such setting or the value is out of bounds. */
HG_MUST_USE enum hg_rc hg_rule_setting_parse(struct hg_behave_settings *settings, struct hg_slice name, struct hg_slice value,
                                             struct hg_err *reterr);

#endif
