#include "behave/behave_priv.h"

#include "behave/columns.h"
#include "behave/settings.h"

#include <math.h>
#include <stdlib.h>

void hg_behave_none(size_t n, struct hg_matrix *matrix)
{
    for (int f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++)
        for (size_t i = 0; i < n; i++)
            hg_matrix_column(matrix, (enum hg_feature)f)[i] = NAN;
    matrix->unwatched = true;
}

enum hg_rc hg_behave_create(const struct hg_behave_settings *settings, struct hg_behave **ret, struct hg_err *reterr)
{
    struct hg_behave *behave = calloc(1, sizeof *behave);
    if (behave == NULL)
        return hg_fail(reterr, HG_ENOMEM, "behaviour: no memory");
    enum hg_rc rc = entities_create(&behave->entities, reterr);
    if (rc == HG_OK)
        rc = rules_create(settings, &behave->rules, reterr);
    if (rc == HG_OK)
        rc = hg_sightings_create(settings == NULL ? HG_SIGHTINGS_DAYS : settings->honeypot_sighting_days, &behave->sightings, reterr);
    if (rc != HG_OK) {
        hg_behave_destroy(behave);
        return rc;
    }
    *ret = behave;
    return HG_OK;
}

void hg_behave_destroy(struct hg_behave *behave)
{
    if (behave == NULL)
        return;
    entities_free(&behave->entities);
    rules_destroy(behave->rules);
    hg_sightings_destroy(behave->sightings);
    free(behave);
}

void hg_behave_watch(struct hg_behave *behave, hg_behave_see *see, void *self)
{
    behave->see = see;
    behave->see_self = self;
}

/* The memory that the next events need is on its way while the one before is worked on. */
static void look_ahead(struct hg_behave *behave, const struct hg_event *const *events, size_t n)
{
    for (size_t i = 0; i < n; i++)
        note_event(events[i], &behave->notes[i]);
    for (int step = 0; step < ENTITIES_STEPS; step++)
        for (size_t i = 0; i < n; i++)
            entities_prefetch(&behave->entities, &behave->notes[i], step);
}

struct hg_sightings *hg_behave_sightings(struct hg_behave *behave)
{
    return behave->sightings;
}

/* What the windows show, and who was seen on a honeypot; told first is what stands first in core/rules.def. */
static bool judge(struct hg_behave *behave, const struct hg_event *event, const struct hg_context *context, struct hg_finding *ret)
{
    struct hg_finding sighting;
    bool found = rules_judge(behave->rules, event, context, ret);
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset)) {
        hg_sightings_note(behave->sightings, event);
        return found;
    }
    if (!hg_sightings_match(behave->sightings, event, &sighting))
        return found;
    sighting.also = 0;
    if (found && ret->rule < sighting.rule) {
        ret->also |= (uint16_t)(1u << sighting.rule);
        return true;
    }
    if (found)
        sighting.also = (uint16_t)(ret->also | 1u << ret->rule);
    *ret = sighting;
    return true;
}

size_t hg_behave_run(struct hg_behave *behave, const struct hg_event *const *events, size_t n, struct hg_matrix *matrix,
                     struct hg_finding *ret_findings)
{
    size_t found = 0;
    for (size_t from = 0; from < n; from += BEHAVE_AHEAD) {
        size_t some = n - from < BEHAVE_AHEAD ? n - from : BEHAVE_AHEAD;
        look_ahead(behave, events + from, some);
        for (size_t i = 0; i < some; i++) {
            struct hg_context context;
            const struct hg_event *event = events[from + i];
            entities_see(&behave->entities, &behave->notes[i], behave->windows, &context);
            columns_put(&context, event->time_us, matrix, from + i);
            if (judge(behave, event, &context, &ret_findings[found]))
                ret_findings[found++].row = (uint32_t)(from + i);
            if (behave->see != NULL)
                behave->see(behave->see_self, event, &context);
        }
    }
    return found;
}

struct hg_behave_memory hg_behave_memory(const struct hg_behave *behave)
{
    struct hg_behave_memory memory = {.bytes = sizeof *behave + entities_bytes(&behave->entities) + rules_bytes(behave->rules) +
                                               hg_sightings_bytes(behave->sightings),
                                      .bytes_max = HG_BEHAVE_BYTES_MAX};
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        memory.entities[k] = behave->entities.kinds[k].active.used;
        memory.entities_max[k] = HG_ENTITIES_MAX;
        memory.given_up[k] = behave->entities.kinds[k].given_up;
    }
    return memory;
}
