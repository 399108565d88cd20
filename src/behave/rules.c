#include "behave/rules_priv.h"

#include "base/hash.h"
#include "base/instant.h"

#include <stdlib.h>

#define SMB_PORT       445
#define ASKERS         4096u
#define UNASKED_MAX    8u
#define STATE_VERSION  1u

/* Who asked for shared files where nobody did before. */
struct asker {
    struct entry entry;
    uint64_t targets[UNASKED_MAX];
    int64_t times_us[UNASKED_MAX];
};

struct rules {
    struct hg_behave_settings settings;
    struct entries targets, attempts, askers;
};

static bool (*const judges[HG_RULE_COUNT])(const struct glance *glance, struct hg_finding *ret) = {
    NULL,
#define HG_RULE(name, words, type, group) rule_##name,
#include "core/rules.def"
#undef HG_RULE
};

enum hg_rc rules_create(const struct hg_behave_settings *settings, struct rules **ret, struct hg_err *reterr)
{
    struct rules *rules = calloc(1, sizeof *rules);
    if (rules != NULL)
        rules->settings = settings != NULL ? *settings : hg_behave_settings_default();
    if (rules == NULL || !entries_create(&rules->targets, sizeof(struct usual), USUAL_TARGETS) ||
        !entries_create(&rules->attempts, sizeof(struct attempts), ATTEMPT_ENTRIES) ||
        !entries_create(&rules->askers, sizeof(struct asker), ASKERS)) {
        rules_destroy(rules);
        return hg_fail(reterr, HG_ENOMEM, "rules: no memory");
    }
    *ret = rules;
    return HG_OK;
}

void rules_destroy(struct rules *rules)
{
    if (rules == NULL)
        return;
    entries_destroy(&rules->targets);
    entries_destroy(&rules->attempts);
    entries_destroy(&rules->askers);
    free(rules);
}

bool found(const struct glance *glance, enum hg_rule rule, double counted, double limit, struct hg_finding *ret)
{
    *ret = (struct hg_finding){.rule = (uint8_t)rule, .dataset = glance->event->dataset, .counted = (float)counted,
                               .limit = (float)limit, .seen_us = HG_TIME_NONE, .p = hg_finding_p(counted, limit)};
    return true;
}

float within(const struct hg_entity_view *view, int64_t now_us, uint32_t at_10s, uint32_t at_1m, uint32_t at_10m)
{
    float span = at_10s == at_10m ? 10 : at_1m == at_10m ? 60 : 600;
    float seen = (float)elapsed(now_us, view->first_us) / (float)HG_SECOND;
    return seen < 0 ? 0 : seen < span ? seen : span;
}

bool is_new(const struct glance *glance, enum hg_entity entity, double seconds)
{
    const struct hg_entity_view *view = &glance->context->of[entity];
    return view->windows != NULL && (double)elapsed(glance->event->time_us, view->first_us) < seconds * (double)HG_SECOND;
}

/* ---- what the event at hand finds */

static void locate(struct glance *glance)
{
    const struct hg_event *event = glance->event;
    bool from_private = hg_event_has(event, HG_FIELD_source_ip) && hg_ip_is_private(&event->source_ip);
    bool to_private = hg_event_has(event, HG_FIELD_destination_ip) && hg_ip_is_private(&event->destination_ip);
    glance->at_honeypot = hg_dataset_is_honeypot((enum hg_dataset)event->dataset);
    glance->from_inside = from_private;
    glance->to_inside = to_private || glance->at_honeypot;
    if (!glance->from_inside && !glance->to_inside) { /* a network of public addresses: the record may know the way */
        glance->from_inside = event->direction == HG_OUTBOUND || event->direction == HG_INTERNAL;
        glance->to_inside = event->direction == HG_INBOUND || event->direction == HG_INTERNAL;
    }
}

/* How many hosts this one asked for shared files within the hour, of those that nobody had asked before. */
static unsigned count_unasked(struct rules *rules, const struct glance *glance)
{
    const struct hg_event *event = glance->event;
    if (!glance->from_inside || glance->at_honeypot || event->destination_port != SMB_PORT || !glance->watched)
        return 0;
    uint64_t source = glance->context->of[HG_ENTITY_SOURCE].key, target = glance->context->of[HG_ENTITY_TARGET].key;
    bool asks_new = is_new(glance, HG_ENTITY_TARGET, 3600);
    struct asker *asker = asks_new ? entries_use(&rules->askers, source, event->time_us) : NULL;
    if (asker == NULL)
        return 0;
    unsigned oldest = 0, place = UNASKED_MAX, n = 0;
    for (unsigned i = 0; i < UNASKED_MAX; i++) {
        if (asker->targets[i] == target)
            place = i;
        if (asker->times_us[i] < asker->times_us[oldest])
            oldest = i;
    }
    place = place < UNASKED_MAX ? place : oldest;
    asker->targets[place] = target;
    asker->times_us[place] = event->time_us;
    for (unsigned i = 0; i < UNASKED_MAX; i++)
        n += asker->targets[i] != 0 && elapsed(event->time_us, asker->times_us[i]) < HG_HOUR;
    return n;
}

static const struct usual *look_up_usual(struct rules *rules, const struct glance *glance)
{
    const struct hg_entity_view *target = &glance->context->of[HG_ENTITY_TARGET];
    if (!glance->to_inside || target->windows == NULL)
        return NULL;
    return usual_at(&rules->targets, target->key, glance->event->time_us, target->windows[HG_SPAN_1M].events,
                    target->windows[HG_SPAN_1M].peers);
}

static const struct attempts *look_up_attempts(struct rules *rules, const struct glance *glance)
{
    if (glance->attempt == ATTEMPT_NONE)
        return NULL;
    uint64_t source = glance->context->of[HG_ENTITY_SOURCE].key, target = glance->context->of[HG_ENTITY_TARGET].key;
    return attempts_add(&rules->attempts, hg_mix64(source) ^ target, glance->event, glance->attempt);
}

static const struct hg_window *windows_of(const struct hg_context *context, enum hg_entity entity)
{
    static const struct hg_window none[HG_SPANS];
    return context->of[entity].windows != NULL ? context->of[entity].windows : none;
}

static struct glance look(struct rules *rules, const struct hg_event *event, const struct hg_context *context)
{
    struct glance glance = {.settings = &rules->settings, .event = event, .context = context,
                            .source = windows_of(context, HG_ENTITY_SOURCE), .target = windows_of(context, HG_ENTITY_TARGET),
                            .pair = windows_of(context, HG_ENTITY_PAIR),
                            .watched = elapsed(event->time_us, context->since_us) >= HG_HOUR};
    locate(&glance);
    glance.attempt = attempt_of(event, &rules->settings);
    glance.usual = look_up_usual(rules, &glance);
    glance.attempts = look_up_attempts(rules, &glance);
    if (glance.attempts == NULL)
        glance.attempt = ATTEMPT_NONE;
    glance.unasked = count_unasked(rules, &glance);
    return glance;
}

bool rule_honeypot_sighting(const struct glance *glance, struct hg_finding *ret)
{
    (void)glance;
    (void)ret;
    return false;
}

bool rules_judge(struct rules *rules, const struct hg_event *event, const struct hg_context *context, struct hg_finding *ret)
{
    struct glance glance = look(rules, event, context);
    struct hg_finding finding;
    bool any = false;
    for (int rule = HG_RULE_NONE + 1; rule < HG_RULE_COUNT; rule++) {
        if (!judges[rule](&glance, &finding))
            continue;
        if (any)
            ret->also |= (uint16_t)(1u << rule);
        else
            *ret = finding;
        any = true;
    }
    return any;
}

/* ---- state */

void rules_put(const struct rules *rules, struct hg_buf *out)
{
    uint32_t version = STATE_VERSION;
    hg_buf_add(out, &version, sizeof version);
    entries_put(&rules->targets, out);
    entries_put(&rules->attempts, out);
    entries_put(&rules->askers, out);
}

static enum hg_rc take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr)
{
    uint32_t version = 0;
    if (bytes.len >= sizeof version)
        memcpy(&version, bytes.p, sizeof version);
    if (version != STATE_VERSION)
        return hg_fail(reterr, HG_EFORMAT, "rules: their state is damaged, or another version's");
    bytes = hg_slice_from(bytes, sizeof version);
    enum hg_rc rc = entries_take(&rules->targets, &bytes, reterr);
    if (rc == HG_OK)
        rc = entries_take(&rules->attempts, &bytes, reterr);
    if (rc == HG_OK)
        rc = entries_take(&rules->askers, &bytes, reterr);
    if (rc == HG_OK && bytes.len > 0)
        rc = hg_fail(reterr, HG_EFORMAT, "rules: their state is longer than it says");
    return rc;
}

enum hg_rc rules_take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr)
{
    enum hg_rc rc = take(rules, bytes, reterr);
    if (rc != HG_OK) {
        entries_clear(&rules->targets);
        entries_clear(&rules->attempts);
        entries_clear(&rules->askers);
    }
    return rc;
}

uint64_t rules_bytes(const struct rules *rules)
{
    return sizeof *rules + entries_bytes(&rules->targets) + entries_bytes(&rules->attempts) + entries_bytes(&rules->askers);
}
