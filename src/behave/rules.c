#include "behave/rules.h"

#include <stdlib.h>

struct rules {
    uint8_t nothing;
};

enum hg_rc rules_create(const struct hg_behave_settings *settings, struct rules **ret, struct hg_err *reterr)
{
    (void)settings;
    struct rules *rules = calloc(1, sizeof *rules);
    if (rules == NULL)
        return hg_fail(reterr, HG_ENOMEM, "rules: no memory");
    *ret = rules;
    return HG_OK;
}

void rules_destroy(struct rules *rules)
{
    free(rules);
}

bool rules_judge(struct rules *rules, const struct hg_event *event, const struct hg_context *context, struct hg_finding *ret)
{
    (void)rules;
    (void)event;
    (void)context;
    (void)ret;
    return false;
}

void rules_put(const struct rules *rules, struct hg_buf *out)
{
    (void)rules;
    (void)out;
}

enum hg_rc rules_take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr)
{
    (void)rules;
    return bytes.len == 0 ? HG_OK : hg_fail(reterr, HG_EFORMAT, "rules: state of another form");
}

uint64_t rules_bytes(const struct rules *rules)
{
    return sizeof *rules;
}
