#include "pipeline/ingest_canary.h"

#include "core/probe.h"

#include <math.h>
#include <stdlib.h>

#define TIMES_KEPT   101u /* of each kind, the latest, for the median */
#define NAME_BYTES   32u
#define ACQUAINTANCE 24   /* ordinary flows, one an hour, that the windows have seen before a canary */
#define EVENTS_MAX   256u /* of a canary, those before it included */
#define CANARY_STATE_VERSION 1u
#define HORIZON      (INT64_MAX / 4) /* no event time is as far from the epoch */

static const enum hg_probe_kind kinds[] = {HG_PROBE_scan, HG_PROBE_brute_force, HG_PROBE_beacon};
#define KINDS (sizeof kinds / sizeof kinds[0])

struct tally {
    int64_t index;           /* of the period that the last one was of; INT64_MIN: the next event says where periods begin to count */
    uint64_t injected, found;
    int64_t last_us;         /* event time of the first event of the last one; HG_TIME_NONE: none */
    float last_seconds;      /* until it was found */
    uint32_t n_times;        /* of those that were found, ever */
    float times[TIMES_KEPT]; /* a ring */
    char last_by[NAME_BYTES]; /* what found the last one: a rule's name, score; "": it was missed */
};

struct kept { /* as a commit keeps it */
    uint32_t version, kinds;
    int64_t period_us;
    struct tally tallies[KINDS];
};

struct canaries {
    int64_t period_us, due_us; /* due: before that time of the source clock there is nothing to do */
    struct kept now, told;     /* told: as of the last commit, under ingest->lock */
    bool changed;
    struct hg_matrix matrix;
    struct hg_event events[EVENTS_MAX];
    const struct hg_event *pointers[EVENTS_MAX];
    struct hg_finding findings[EVENTS_MAX];
    struct hg_score scores[EVENTS_MAX];
};

static void forget(struct canaries *canaries)
{
    memset(&canaries->now, 0, sizeof canaries->now);
    canaries->now.version = CANARY_STATE_VERSION;
    canaries->now.kinds = KINDS;
    canaries->now.period_us = canaries->period_us;
    for (size_t k = 0; k < KINDS; k++) {
        canaries->now.tallies[k].index = INT64_MIN;
        canaries->now.tallies[k].last_us = HG_TIME_NONE;
    }
    canaries->told = canaries->now;
    canaries->due_us = INT64_MIN;
}

enum hg_rc canaries_create(const struct hg_ingest_settings *settings, struct canaries **ret, struct hg_err *reterr)
{
    *ret = NULL;
    if (settings->canary_us == 0)
        return HG_OK;
    struct canaries *canaries = calloc(1, sizeof *canaries);
    if (canaries == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for canaries");
    canaries->period_us = settings->canary_us;
    for (size_t i = 0; i < EVENTS_MAX; i++)
        canaries->pointers[i] = &canaries->events[i];
    forget(canaries);
    enum hg_rc rc = hg_matrix_reserve(&canaries->matrix, EVENTS_MAX, reterr);
    if (rc == HG_OK)
        *ret = canaries;
    else
        canaries_free(canaries);
    return rc;
}

void canaries_free(struct canaries *canaries)
{
    if (canaries == NULL)
        return;
    hg_matrix_free(&canaries->matrix);
    free(canaries);
}

/* ---- when */

/* The kinds take turns within a period; periods are those of the epoch. */
static int64_t period_of(const struct canaries *canaries, size_t kind, int64_t clock_us)
{
    return hg_time_floor(clock_us - (int64_t)kind * (canaries->period_us / (int64_t)KINDS), canaries->period_us) / canaries->period_us;
}

static int64_t next_due(const struct canaries *canaries)
{
    int64_t due = INT64_MAX;
    for (size_t k = 0; k < KINDS; k++) {
        int64_t next = (canaries->now.tallies[k].index + 1) * canaries->period_us + (int64_t)k * (canaries->period_us / (int64_t)KINDS);
        due = next < due ? next : due;
    }
    return due;
}

/* ---- one canary */

static void put_acquaintance(const struct hg_probe *probe, const struct hg_event *template, struct hg_event *out)
{
    struct hg_probe plain = *probe;
    plain.kind = HG_PROBE_brute_force; /* comes from outside; what it counts is the template's again */
    for (int i = 0; i < ACQUAINTANCE; i++) {
        plain.start_us = probe->start_us - (ACQUAINTANCE - i) * HG_HOUR;
        plain.key = probe->key + (uint64_t)i + 1;
        plain.outside.b[15] = (uint8_t)(probe->outside.b[15] + i + 1); /* others than the attacker */
        hg_probe_event(&plain, template, 0, &out[i]);
        out[i].destination_port = template->destination_port;
        out[i].duration = template->duration;
        out[i].bytes_sent = template->bytes_sent;
        out[i].bytes_received = template->bytes_received;
        out[i].packets_sent = template->packets_sent;
        out[i].packets_received = template->packets_received;
        out[i].tcp_flags = template->tcp_flags;
    }
}

/* All events of it and of the day before; returns how many. It ends with the template's time. */
static size_t make_events(struct canaries *canaries, struct hg_probe *probe, const struct hg_event *template)
{
    unsigned n = hg_probe_events(probe);
    HG_ASSERT(n + ACQUAINTANCE <= EVENTS_MAX);
    probe->start_us = 0;
    probe->start_us = template->time_us - hg_probe_time(probe, n - 1);
    hg_probe_aim(probe, template);
    put_acquaintance(probe, template, canaries->events);
    for (unsigned i = 0; i < n; i++)
        hg_probe_event(probe, template, i, &canaries->events[ACQUAINTANCE + i]);
    return n + ACQUAINTANCE;
}

/* The first event that alarms, and by what; n: none does. */
static size_t first_alarm(struct canaries *canaries, size_t n, size_t n_findings, double rate, const char **ret_by)
{
    for (size_t i = ACQUAINTANCE, f = 0; i < n; i++) {
        while (f < n_findings && canaries->findings[f].row < i)
            f++;
        if (f < n_findings && canaries->findings[f].row == i) {
            *ret_by = hg_rule_name((enum hg_rule)canaries->findings[f].rule);
            return i;
        }
        if (canaries->scores[i].state == HG_SCORED && hg_severity_at(canaries->scores[i].p, rate) != HG_SEVERITY_NONE) {
            *ret_by = "score";
            return i;
        }
    }
    *ret_by = "";
    return n;
}

static void take_outcome(struct canaries *canaries, struct tally *tally, size_t n, size_t alarm, const char *by)
{
    tally->injected++;
    tally->last_us = canaries->events[ACQUAINTANCE].time_us;
    memset(tally->last_by, 0, sizeof tally->last_by);
    memcpy(tally->last_by, by, strlen(by) < NAME_BYTES ? strlen(by) : NAME_BYTES - 1);
    tally->last_seconds = 0;
    if (alarm == n)
        return;
    tally->found++;
    tally->last_seconds = (float)(canaries->events[alarm].time_us - tally->last_us) / (float)HG_SECOND;
    tally->times[tally->n_times++ % TIMES_KEPT] = tally->last_seconds;
}

static enum hg_rc inject(struct hg_ingest *ingest, const struct source *source, size_t kind, int64_t period, const struct hg_event *template,
                         struct hg_err *reterr)
{
    struct canaries *canaries = ingest->canaries;
    struct hg_probe probe = {.kind = kinds[kind], .strength = 1, .key = hg_mix64((uint64_t)period * KINDS + kind), .in_test_block = true};
    struct hg_behave *behave;
    enum hg_rc rc = hg_behave_create(ingest->settings.behave, &behave, reterr);
    if (rc != HG_OK)
        return rc;
    size_t n = make_events(canaries, &probe, template), n_findings = hg_behave_run(behave, canaries->pointers, n, &canaries->matrix, canaries->findings);
    hg_behave_destroy(behave);
    canaries->matrix.rows = n;
    hg_features(&ingest->settings.features, canaries->pointers, n, &canaries->matrix);
    if (ingest->model != NULL)
        hg_model_score(ingest->model, ingest->scratch, canaries->pointers, n, &canaries->matrix, canaries->scores);
    double rate = ingest->model == NULL || source->budget == 0 ? 0 : hg_budget_rate(ingest->budgeted.budget, source->budget - 1);
    for (size_t i = 0; ingest->model == NULL && i < n; i++)
        canaries->scores[i] = (struct hg_score){.state = HG_NO_SUBMODEL};
    const char *by;
    size_t alarm = first_alarm(canaries, n, n_findings, rate, &by);
    take_outcome(canaries, &canaries->now.tallies[kind], n, alarm, by);
    return HG_OK;
}

enum hg_rc canaries_see(struct hg_ingest *ingest, const struct source *source, const struct hg_event *event, struct hg_err *reterr)
{
    struct canaries *canaries = ingest->canaries;
    int64_t clock_us = hg_aggregate_clock(ingest->aggregate);
    if (canaries == NULL || clock_us == HG_TIME_NONE || clock_us < canaries->due_us || !hg_probe_template(event))
        return HG_OK;
    enum hg_rc rc = HG_OK;
    for (size_t k = 0; rc == HG_OK && k < KINDS; k++) {
        struct tally *tally = &canaries->now.tallies[k];
        int64_t period = period_of(canaries, k, clock_us);
        if (tally->index != INT64_MIN && period > tally->index)
            rc = inject(ingest, source, k, period, event, reterr);
        tally->index = period;
    }
    canaries->due_us = next_due(canaries);
    canaries->changed = true;
    return rc;
}

/* ---- commits */

enum hg_rc canaries_gather(struct hg_ingest *ingest, struct hg_named_bytes *states, size_t *n, struct hg_err *reterr)
{
    struct canaries *canaries = ingest->canaries;
    if (canaries == NULL || !canaries->changed)
        return HG_OK;
    struct hg_slice copy = hg_arena_copy(&ingest->pending.arena, (struct hg_slice){(const char *)&canaries->now, sizeof canaries->now});
    if (copy.p == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a commit");
    states[(*n)++] = (struct hg_named_bytes){"canaries", copy};
    return HG_OK;
}

void canaries_committed(struct hg_ingest *ingest)
{
    struct canaries *canaries = ingest->canaries;
    if (canaries == NULL || !canaries->changed)
        return;
    canaries->changed = false;
    pthread_mutex_lock(&ingest->lock);
    canaries->told = canaries->now;
    pthread_mutex_unlock(&ingest->lock);
}

static bool sound(const struct kept *kept)
{
    if (kept->version != CANARY_STATE_VERSION || kept->kinds != KINDS || kept->period_us <= 0)
        return false;
    for (size_t k = 0; k < KINDS; k++) {
        const struct tally *tally = &kept->tallies[k];
        if (tally->index != INT64_MIN && (tally->index < -HORIZON / kept->period_us || tally->index > HORIZON / kept->period_us))
            return false;
        if (tally->found > tally->injected || tally->n_times > tally->found || memchr(tally->last_by, '\0', NAME_BYTES) == NULL)
            return false;
        for (size_t i = 0; i < TIMES_KEPT; i++)
            if (!(tally->times[i] >= 0 && tally->times[i] < 1e9f))
                return false;
    }
    return true;
}

enum hg_rc canaries_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct canaries *canaries = ingest->canaries;
    struct hg_slice bytes;
    struct kept kept;
    if (canaries == NULL)
        return HG_OK;
    enum hg_rc rc = hg_store_state(ingest->store, "canaries", arena, &bytes, reterr);
    if (rc != HG_OK || bytes.len != sizeof kept)
        return rc;
    memcpy(&kept, bytes.p, sizeof kept);
    if (!sound(&kept)) /* of another version: they are counted anew */
        return HG_OK;
    bool same_periods = kept.period_us == canaries->period_us;
    canaries->now = kept;
    canaries->now.period_us = canaries->period_us;
    for (size_t k = 0; !same_periods && k < KINDS; k++)
        canaries->now.tallies[k].index = INT64_MIN;
    canaries->due_us = same_periods && kept.tallies[0].index != INT64_MIN ? next_due(canaries) : INT64_MIN;
    canaries->told = canaries->now;
    return HG_OK;
}

/* ---- what is told */

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double median(const struct tally *tally)
{
    float times[TIMES_KEPT];
    size_t n = tally->n_times < TIMES_KEPT ? tally->n_times : TIMES_KEPT;
    memcpy(times, tally->times, sizeof times);
    qsort(times, n, sizeof *times, ascending);
    return n == 0 ? (double)NAN : (double)times[n / 2];
}

static void put_last(const struct tally *tally, struct hg_jsonw *w)
{
    bool found = tally->last_by[0] != '\0';
    hg_jsonw_key(w, "last");
    if (tally->last_us == HG_TIME_NONE) {
        hg_jsonw_null(w);
        return;
    }
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "time");
    hg_jsonw_time(w, tally->last_us);
    hg_jsonw_key(w, "found");
    hg_jsonw_bool(w, found);
    hg_jsonw_key(w, "by");
    hg_jsonw_text(w, found ? tally->last_by : NULL);
    hg_jsonw_key(w, "seconds_to_alert");
    hg_jsonw_f64(w, found ? (double)tally->last_seconds : (double)NAN);
    hg_jsonw_close(w, '}');
}

static void put_kind(const struct tally *tally, enum hg_probe_kind kind, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "kind");
    hg_jsonw_text(w, hg_probe_name(kind));
    hg_jsonw_key(w, "words");
    hg_jsonw_text(w, hg_probe_words(kind));
    hg_jsonw_key(w, "injected");
    hg_jsonw_u64(w, tally->injected);
    hg_jsonw_key(w, "found");
    hg_jsonw_u64(w, tally->found);
    hg_jsonw_key(w, "missed");
    hg_jsonw_u64(w, tally->injected - tally->found);
    hg_jsonw_key(w, "median_seconds_to_alert");
    hg_jsonw_f64(w, median(tally));
    put_last(tally, w);
    hg_jsonw_close(w, '}');
}

void canaries_json(void *self, struct hg_jsonw *w)
{
    struct hg_ingest *ingest = self;
    const struct canaries *canaries = ingest->canaries;
    struct kept told = {0};
    bool met = false;
    if (canaries != NULL) {
        pthread_mutex_lock(&ingest->lock);
        told = canaries->told;
        pthread_mutex_unlock(&ingest->lock);
        met = told.tallies[0].index != INT64_MIN || told.tallies[0].injected > 0;
    }
    hg_jsonw_key(w, "enabled");
    hg_jsonw_bool(w, canaries != NULL);
    hg_jsonw_key(w, "every_hours");
    hg_jsonw_f64(w, canaries == NULL ? (double)NAN : (double)canaries->period_us / (double)HG_HOUR);
    hg_jsonw_key(w, "needs_flows");
    hg_jsonw_bool(w, canaries != NULL && !met);
    hg_jsonw_key(w, "kinds");
    hg_jsonw_open(w, '[');
    for (size_t k = 0; canaries != NULL && k < KINDS; k++)
        put_kind(&told.tallies[k], kinds[k], w);
    hg_jsonw_close(w, ']');
}
