#include "app/rule_options.h"

bool hg_rules_option(const struct hg_command *command, struct hg_common *common, int option, const char *argument)
{
    struct hg_err err;
    if (option == HG_OPT_NO_BEHAVIOUR) {
        common->no_behaviour = true;
        return true;
    }
    const char *equals = strchr(argument, '=');
    if (equals == NULL) {
        hg_usage(command, "--rule takes RULE.SETTING=N, for instance brute_force.failures=20, not '%s'", argument);
        return false;
    }
    struct hg_slice name = {argument, (size_t)(equals - argument)};
    if (hg_rule_setting_parse(&common->rules, name, hg_slice_of(equals + 1), &err) == HG_OK)
        return true;
    hg_usage(command, "--rule: %s", err.msg);
    return false;
}

static int run(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return hg_usage(&(struct hg_command){.name = "rules"}, "it takes nothing");
    const struct hg_rule_setting *setting;
    struct hg_err err;
    struct hg_buf out;
    hg_buf_init(&out, (size_t)64 * 1024);
    const char *rule = "";
    for (size_t i = 0; (setting = hg_rule_setting(i)) != NULL; i++) {
        enum hg_rule which;
        if (strcmp(rule, setting->rule) != 0 && hg_rule_parse(hg_slice_of(setting->rule), &which))
            hg_buf_printf(&out, "%s%s: %s\n", i == 0 ? "" : "\n", setting->rule, hg_rule_words(which));
        rule = setting->rule;
        hg_buf_printf(&out, "  %-18s %.15g%s%s  %s\n", setting->name, setting->usual, setting->unit[0] == '\0' ? "" : " ", setting->unit, setting->words);
    }
    enum hg_rc rc = hg_output(hg_buf_slice(&out), &err);
    hg_buf_free(&out);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&(struct hg_command){.name = "rules"}, &err);
}

extern const struct hg_command hg_command_rules;
const struct hg_command hg_command_rules = {
    "rules", "the named detectors, their settings and defaults",
    "usage: honeyguide rules\n\nLists the named detectors and what they go by: each setting with its default, its unit and a sentence.\n"
    "--rule RULE.SETTING=N of score and serve, or rules: in serve's configuration, sets another value.\n",
    run};
