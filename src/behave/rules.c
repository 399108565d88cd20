#include "behave/onsets.h"
#include "behave/rules_priv.h"

#include "base/hash.h"
#include "base/instant.h"

#include <stdlib.h>

#define SMB_PORT       445
#define ASKERS         4096u
#define UNASKED_MAX    8u
#define VISITS         65536u
#define STATE_VERSION  1u

/* Who asked for shared files where nobody did before. */
struct asker {
    struct entry entry;
    uint64_t targets[UNASKED_MAX];
    int64_t times_us[UNASKED_MAX];
};

struct rules {
    struct hg_behave_settings settings;
    struct entries targets, attempts, askers, visits, hinted;
    struct onsets onsets[HG_RULE_COUNT]; /* of hints */
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
        !entries_create(&rules->askers, sizeof(struct asker), ASKERS) ||
        !entries_create(&rules->visits, sizeof(struct entry), VISITS) ||
        !entries_create(&rules->hinted, sizeof(struct entry), ONSET_TARGETS)) {
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
    entries_destroy(&rules->visits);
    entries_destroy(&rules->hinted);
    free(rules);
}

bool found(const struct glance *glance, enum hg_rule rule, double counted, double limit, struct hg_finding *ret)
{
    double p = hg_finding_p(counted, limit) * (hg_rule_is_hint(rule) ? HG_FINDING_HINT_P / HG_FINDING_P : 1);
    *ret = (struct hg_finding){.rule = (uint8_t)rule, .dataset = glance->event->dataset, .counted = (float)counted,
                               .limit = (float)limit, .seen_us = HG_TIME_NONE, .p = p};
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
    bool known, refused = hg_event_failed(event, &known);
    bool asks_new = is_new(glance, HG_ENTITY_TARGET, 3600) && !refused;
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

/* Does an address outside that is new come back to the same service, within ten minutes? Suricata writes several lines of one
 * connection: its flow line counts. */
static bool comes_back(struct rules *rules, const struct glance *glance)
{
    const struct hg_event *event = glance->event;
    uint64_t source = glance->context->of[HG_ENTITY_SOURCE].key, target = glance->context->of[HG_ENTITY_TARGET].key;
    uint64_t key = hg_mix64(source) ^ target;
    if (glance->from_inside || glance->at_honeypot || (event->dataset == HG_DATASET_suricata && !hg_slice_is(event->kind, "flow")))
        return false;
    const struct entry *before = entries_find(&rules->visits, key);
    bool again = before != NULL && elapsed(event->time_us, before->last_us) <= 10 * HG_MINUTE;
    (void)entries_use(&rules->visits, key, event->time_us);
    return again && is_new(glance, HG_ENTITY_SOURCE, 3600);
}

static const struct usual *look_up_usual(struct rules *rules, const struct glance *glance)
{
    const struct hg_entity_view *target = &glance->context->of[HG_ENTITY_TARGET];
    if (!glance->to_inside || target->windows == NULL)
        return NULL;
    return usual_at(&rules->targets, target->key, glance->event->time_us, &target->windows[HG_SPAN_1M], comes_back(rules, glance));
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

/* No window shows it: behave.c asks the sightings. */
bool rule_honeypot_sighting(const struct glance *glance, struct hg_finding *ret)
{
    (void)glance;
    (void)ret;
    return false;
}

/* A hint that comes often is told to nobody. */
static bool is_told(struct rules *rules, int rule, const struct glance *glance)
{
    if (!hg_rule_is_hint((enum hg_rule)rule))
        return true;
    double per_day = rule == HG_RULE_surge ? rules->settings.surge_per_day : rules->settings.new_destination_per_day;
    uint64_t key = glance->context->of[HG_ENTITY_TARGET].key + (uint64_t)rule;
    return onsets_note(&rules->onsets[rule], &rules->hinted, key, glance->event->time_us, per_day);
}

bool rules_judge(struct rules *rules, const struct hg_event *event, const struct hg_context *context, struct hg_finding *ret)
{
    struct glance glance = look(rules, event, context);
    struct hg_finding finding;
    bool any = false;
    for (int rule = HG_RULE_NONE + 1; rule < HG_RULE_COUNT; rule++) {
        if (!judges[rule](&glance, &finding) || !is_told(rules, rule, &glance))
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

#define TABLES(rules) {&(rules)->targets, &(rules)->attempts, &(rules)->askers, &(rules)->visits, &(rules)->hinted}
#define N_TABLES 5u

void rules_put(const struct rules *rules, struct hg_buf *out)
{
    const struct entries *tables[N_TABLES] = TABLES(rules);
    uint32_t version = STATE_VERSION;
    hg_buf_add(out, &version, sizeof version);
    hg_buf_add(out, rules->onsets, sizeof rules->onsets);
    for (size_t i = 0; i < N_TABLES; i++)
        entries_put(tables[i], out);
}

static enum hg_rc take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr)
{
    struct entries *tables[N_TABLES] = TABLES(rules);
    uint32_t version = 0;
    if (bytes.len >= sizeof version + sizeof rules->onsets)
        memcpy(&version, bytes.p, sizeof version);
    if (version != STATE_VERSION)
        return hg_fail(reterr, HG_EFORMAT, "rules: their state is damaged, or another version's");
    memcpy(rules->onsets, bytes.p + sizeof version, sizeof rules->onsets);
    bytes = hg_slice_from(bytes, sizeof version + sizeof rules->onsets);
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < N_TABLES && rc == HG_OK; i++)
        rc = entries_take(tables[i], &bytes, reterr);
    if (rc == HG_OK && bytes.len > 0)
        rc = hg_fail(reterr, HG_EFORMAT, "rules: their state is longer than it says");
    return rc;
}

enum hg_rc rules_take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr)
{
    struct entries *tables[N_TABLES] = TABLES(rules);
    enum hg_rc rc = take(rules, bytes, reterr);
    if (rc != HG_OK) {
        memset(rules->onsets, 0, sizeof rules->onsets);
        for (size_t i = 0; i < N_TABLES; i++)
            entries_clear(tables[i]);
    }
    return rc;
}

uint64_t rules_bytes(const struct rules *rules)
{
    const struct entries *tables[N_TABLES] = TABLES(rules);
    uint64_t bytes = sizeof *rules;
    for (size_t i = 0; i < N_TABLES; i++)
        bytes += entries_bytes(tables[i]);
    return bytes;
}
