/* The options that say what is watched, for the commands that judge events or learn from them: behave/settings.h. */
#ifndef HG_APP_RULE_OPTIONS_H
#define HG_APP_RULE_OPTIONS_H

#include "app/command.h"

#define HG_OPTIONS_RULES     {"rule", required_argument, NULL, HG_OPT_RULE}
#define HG_OPTIONS_BEHAVIOUR {"no-behaviour", no_argument, NULL, HG_OPT_NO_BEHAVIOUR}

#define HG_HELP_RULES \
    "  --rule RULE.SETTING=N                       a setting of a named detector (`honeyguide rules` lists them); repeatable\n"
#define HG_HELP_BEHAVIOUR \
    "  --no-behaviour                              see each event alone: no windows of what came before, no named detectors\n"

static inline bool hg_rules_takes(int option)
{
    return option == HG_OPT_RULE || option == HG_OPT_NO_BEHAVIOUR;
}
/* Takes one of the above into common; false after saying what was wrong. */
bool hg_rules_option(const struct hg_command *command, struct hg_common *common, int option, const char *argument);

#endif
