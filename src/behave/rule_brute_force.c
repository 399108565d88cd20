/* Guessing of passwords: failed log-ins where the record says so; elsewhere short connections to a log-in service, of one address, or of
 * several at once and more than is usual there. */
#include "behave/rules_priv.h"

#include "base/instant.h"

static float run_seconds(const struct glance *glance)
{
    return (float)elapsed(glance->event->time_us, glance->attempts->first_us) / (float)HG_SECOND;
}

static bool by_failures(const struct glance *glance, struct hg_finding *ret)
{
    double limit = glance->settings->brute_force_failures;
    if (glance->attempt != ATTEMPT_FAILED || attempts_recent(glance->attempts) < limit)
        return false;
    found(glance, HG_RULE_brute_force, glance->attempts->failed, limit, ret);
    ret->trait = HG_FOUND_FAILURES;
    ret->seconds = run_seconds(glance);
    ret->second = (float)attempts_passwords(glance->attempts);
    return true;
}

static bool by_attempts(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_behave_settings *s = glance->settings;
    double limit = glance->from_inside ? s->brute_force_inside_attempts : s->brute_force_attempts;
    unsigned recent = glance->attempt == ATTEMPT_SHORT ? attempts_recent(glance->attempts) : 0;
    if (recent < limit)
        return false;
    found(glance, HG_RULE_brute_force, glance->attempts->tried, limit, ret);
    ret->trait = HG_FOUND_ATTEMPTS;
    ret->seconds = run_seconds(glance);
    return true;
}

static bool by_surge(const struct glance *glance, struct hg_finding *ret)
{
    const struct hg_window *w = &glance->target[HG_SPAN_1M];
    if (glance->attempt != ATTEMPT_SHORT || glance->from_inside || glance->usual == NULL || !glance->watched)
        return false;
    double limit = usual_limit(glance->usual->events, glance->settings->brute_force_factor);
    if (limit < glance->settings->brute_force_surge)
        limit = glance->settings->brute_force_surge;
    if (w->events < limit)
        return false;
    found(glance, HG_RULE_brute_force, w->events, limit, ret);
    ret->trait = HG_FOUND_SURGE;
    ret->seconds = 60;
    ret->second = (float)w->peers;
    ret->usual = (float)usual_limit(glance->usual->events, 2);
    return true;
}

bool rule_brute_force(const struct glance *glance, struct hg_finding *ret)
{
    return by_failures(glance, ret) || by_attempts(glance, ret) || by_surge(glance, ret);
}

/* A log-in that worked, after many that didn't; or, where nobody says, a long conversation after many short ones. */
bool rule_brute_force_success(const struct glance *glance, struct hg_finding *ret)
{
    if (glance->attempts == NULL || (glance->attempt != ATTEMPT_WORKED && glance->attempt != ATTEMPT_LONG))
        return false;
    bool told = glance->attempt == ATTEMPT_WORKED;
    double limit = told ? glance->settings->brute_force_success_failures : glance->settings->brute_force_success_attempts;
    uint32_t before = told ? glance->attempts->failed : glance->attempts->tried;
    if (before < limit || (!told && attempts_recent(glance->attempts) < limit))
        return false;
    found(glance, HG_RULE_brute_force_success, before, limit, ret);
    ret->trait = told ? HG_FOUND_FAILURES : HG_FOUND_ATTEMPTS;
    ret->seconds = run_seconds(glance);
    ret->second = told ? (float)attempts_passwords(glance->attempts) : 0;
    return true;
}
