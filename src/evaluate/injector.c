#include "evaluate/injector.h"

#include "base/arena.h"
#include "base/rng.h"

#include <stdlib.h>

#define PROBES          (HG_PROBE_COUNT * HG_STRENGTHS * HG_PROBES_EACH)
#define TEMPLATE_BYTES  ((size_t)64 * 1024 * 1024) /* of all templates together, and more than they need */

struct injected { /* a probe: planned, then begun, then over */
    struct hg_probe probe; /* start_us: when it is to begin, then when it began */
    uint8_t of, strength;  /* enum hg_submodel_kind that its template is of */
    bool begun;
    unsigned next, n;      /* events */
    int64_t next_us;       /* of the next event */
    struct hg_event template;
};

struct hg_injector {
    struct hg_arena arena;
    struct injected at[PROBES];
    size_t n;
    int64_t next_us;                 /* the least of those that are under way; INT64_MAX: none */
    int64_t planned_us[HG_SUB_COUNT]; /* the least of those that are to begin, by kind; INT64_MAX: none */
    double sent[HG_SUB_COUNT], flows[HG_SUB_COUNT]; /* of flows that probes could be made from */
};

static void plan(struct hg_injector *injector, const struct hg_quality *quality, size_t k, enum hg_probe_kind kind, uint8_t strength,
                 struct hg_rng *rng)
{
    const struct hg_quality_kind *of = &quality->kinds[k];
    double place = hg_rng_unit(rng);
    struct injected *injected = &injector->at[injector->n++];
    injected->of = quality->of_kind[k];
    injected->strength = strength;
    injected->probe = (struct hg_probe){.kind = kind, .strength = hg_strengths[strength], .key = hg_rng_next(rng),
                                        .start_us = of->from_us + (int64_t)(place * (double)(of->to_us - of->from_us))};
}

static void find_planned(struct hg_injector *injector)
{
    for (size_t k = 0; k < HG_SUB_COUNT; k++)
        injector->planned_us[k] = INT64_MAX;
    for (size_t i = 0; i < injector->n; i++) {
        const struct injected *injected = &injector->at[i];
        if (!injected->begun && injected->probe.start_us < injector->planned_us[injected->of])
            injector->planned_us[injected->of] = injected->probe.start_us;
    }
}

static void find_next(struct hg_injector *injector)
{
    injector->next_us = INT64_MAX;
    for (size_t i = 0; i < injector->n; i++) {
        const struct injected *injected = &injector->at[i];
        if (injected->begun && injected->next < injected->n && injected->next_us < injector->next_us)
            injector->next_us = injected->next_us;
    }
}

static void plan_all(struct hg_injector *injector, const struct hg_quality *quality, const bool flows[HG_SUB_COUNT], uint64_t seed)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    size_t kinds[HG_SUB_COUNT], n = 0, turn = 0;
    for (size_t k = 0; k < quality->n_kinds; k++)
        if (flows[quality->of_kind[k]] && quality->kinds[k].from_us != HG_TIME_NONE)
            kinds[n++] = k;
    for (int kind = 0; n > 0 && kind < HG_PROBE_COUNT; kind++)
        for (uint8_t strength = 0; strength < HG_STRENGTHS; strength++)
            for (unsigned i = 0; i < HG_PROBES_EACH; i++)
                plan(injector, quality, kinds[turn++ % n], (enum hg_probe_kind)kind, strength, &rng);
}

enum hg_rc hg_injector_create(const struct hg_quality *quality, const bool flows[HG_SUB_COUNT], uint64_t seed, struct hg_injector **ret,
                              struct hg_err *reterr)
{
    struct hg_injector *injector = calloc(1, sizeof *injector);
    if (injector == NULL)
        return hg_fail(reterr, HG_ENOMEM, "quality: no memory for probes");
    hg_arena_init(&injector->arena, (size_t)64 * 1024, TEMPLATE_BYTES);
    plan_all(injector, quality, flows, seed);
    find_planned(injector);
    find_next(injector);
    *ret = injector;
    return HG_OK;
}

void hg_injector_destroy(struct hg_injector *injector)
{
    if (injector == NULL)
        return;
    hg_arena_free(&injector->arena);
    free(injector);
}

static enum hg_rc begin(struct hg_injector *injector, struct injected *injected, const struct hg_event *event, struct hg_err *reterr)
{
    if (!hg_event_copy(event, &injector->arena, &injected->template))
        return hg_fail(reterr, HG_ENOMEM, "quality: no memory for a flow to make attacks from");
    injected->probe.start_us = event->time_us;
    injected->probe.usual_sent = (int64_t)(injector->sent[injected->of] / injector->flows[injected->of]);
    hg_probe_aim(&injected->probe, event);
    injected->begun = true;
    injected->n = hg_probe_events(&injected->probe);
    injected->next_us = hg_probe_time(&injected->probe, 0);
    return HG_OK;
}

enum hg_rc hg_injector_see(struct hg_injector *injector, const struct hg_event *event, struct hg_err *reterr)
{
    enum hg_submodel_kind kind = hg_submodel_of(event);
    if (!hg_probe_template(event) || !hg_trainer_takes(event))
        return HG_OK;
    injector->sent[kind] += (double)event->bytes_sent;
    injector->flows[kind]++;
    if (event->time_us < injector->planned_us[kind])
        return HG_OK;
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < injector->n; i++) {
        struct injected *injected = &injector->at[i];
        if (!injected->begun && injected->of == kind && injected->probe.start_us <= event->time_us) {
            rc = begin(injector, injected, event, reterr);
            break; /* the next one has another template */
        }
    }
    find_planned(injector);
    find_next(injector);
    return rc;
}

bool hg_injector_next(struct hg_injector *injector, int64_t until_us, struct hg_event *ret, struct hg_probe_record *ret_record)
{
    if (injector->next_us == INT64_MAX || injector->next_us > until_us)
        return false;
    size_t i = 0;
    while (!injector->at[i].begun || injector->at[i].next == injector->at[i].n || injector->at[i].next_us != injector->next_us)
        i++;
    struct injected *injected = &injector->at[i];
    hg_probe_event(&injected->probe, &injected->template, injected->next, ret);
    *ret_record = (struct hg_probe_record){.probe = (uint32_t)i, .kind = (uint8_t)injected->probe.kind, .strength = injected->strength,
                                           .time_us = ret->time_us};
    if (++injected->next < injected->n)
        injected->next_us = hg_probe_time(&injected->probe, injected->next);
    find_next(injector);
    return true;
}
