#include "behave/settings.h"

#include "base/num.h"

static const struct hg_rule_setting list[] = {
#define HG_RULE_SETTING(rule, name, unit, usual, least, most, words) {#rule, #name, unit, words, usual, least, most},
#include "behave/settings.def"
#undef HG_RULE_SETTING
};

/* Where each one's value is: the struct holds nothing but these doubles. */
static const size_t offsets[] = {
#define HG_RULE_SETTING(rule, name, unit, usual, least, most, words) offsetof(struct hg_behave_settings, rule##_##name),
#include "behave/settings.def"
#undef HG_RULE_SETTING
};

#define LENGTH (sizeof list / sizeof list[0])

struct hg_behave_settings hg_behave_settings_default(void)
{
    return (struct hg_behave_settings){
#define HG_RULE_SETTING(rule, name, unit, usual, least, most, words) .rule##_##name = usual,
#include "behave/settings.def"
#undef HG_RULE_SETTING
    };
}

const struct hg_rule_setting *hg_rule_setting(size_t i)
{
    return i < LENGTH ? &list[i] : NULL;
}

double hg_rule_setting_value(const struct hg_behave_settings *settings, size_t i)
{
    double value;
    memcpy(&value, (const char *)settings + offsets[i], sizeof value);
    return value;
}

static bool is_named(const struct hg_rule_setting *setting, struct hg_slice name)
{
    size_t rule = strlen(setting->rule);
    return name.len > rule && memcmp(name.p, setting->rule, rule) == 0 && name.p[rule] == '.' &&
           hg_slice_is(hg_slice_from(name, rule + 1), setting->name);
}

static enum hg_rc set(struct hg_behave_settings *settings, size_t i, struct hg_slice text, struct hg_err *reterr)
{
    double value;
    if (!hg_num_parse_f64(text, &value) || value < list[i].least || value > list[i].most)
        return hg_fail(reterr, HG_EUSAGE, "%s.%s takes a number from %.15g to %.15g%s%s, not \"%.*s\"", list[i].rule, list[i].name,
                       list[i].least, list[i].most, list[i].unit[0] == '\0' ? "" : " ", list[i].unit, (int)(text.len > 60 ? 60 : text.len),
                       text.p == NULL ? "" : text.p);
    memcpy((char *)settings + offsets[i], &value, sizeof value);
    return HG_OK;
}

enum hg_rc hg_rule_setting_parse(struct hg_behave_settings *settings, struct hg_slice name, struct hg_slice value, struct hg_err *reterr)
{
    for (size_t i = 0; i < LENGTH; i++)
        if (is_named(&list[i], name))
            return set(settings, i, value, reterr);
    return hg_fail(reterr, HG_EUSAGE, "no setting of a named detector is called \"%.*s\"; one is %s.%s",
                   (int)(name.len > 60 ? 60 : name.len), name.p == NULL ? "" : name.p, list[0].rule, list[0].name);
}
