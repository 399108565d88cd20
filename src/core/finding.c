#include "core/finding.h"

static const struct {
    const char *name, *words;
    enum hg_attack_type type;
    enum hg_grouping grouping;
} rules[] = {
    {NULL, NULL, HG_ATTACK_TYPE_none, HG_GROUP_SOURCE_AND_PORT},
#define HG_RULE(name, words, type, group) {#name, words, HG_ATTACK_TYPE_##type, HG_GROUP_##group},
#include "core/rules.def"
#undef HG_RULE
};

const char *hg_rule_name(enum hg_rule rule)
{
    return rules[rule].name;
}

const char *hg_rule_words(enum hg_rule rule)
{
    return rules[rule].words;
}

bool hg_rule_parse(struct hg_slice name, enum hg_rule *ret)
{
    for (int i = HG_RULE_NONE + 1; i < HG_RULE_COUNT; i++) {
        if (hg_slice_is(name, rules[i].name)) {
            *ret = (enum hg_rule)i;
            return true;
        }
    }
    return false;
}

enum hg_attack_type hg_rule_attack_type(enum hg_rule rule)
{
    return rules[rule].type;
}

enum hg_grouping hg_rule_grouping(enum hg_rule rule)
{
    return rules[rule].grouping;
}

double hg_finding_p(double counted, double limit)
{
    double part = counted > limit && limit > 0 ? limit / counted : 1;
    return HG_FINDING_P * part * part;
}

void hg_finding_words(const struct hg_finding *finding, struct hg_buf *buf)
{
    hg_buf_printf(buf, "%s: %.0f in %.0f s.", rules[finding->rule].words, (double)finding->counted, (double)finding->seconds);
}
