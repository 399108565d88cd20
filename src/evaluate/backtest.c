#include "evaluate/backtest.h"

#include "base/grow.h"
#include "base/instant.h"

enum { FIRST, SECOND, MODELS };

struct counts {
    uint64_t of[MODELS], gained, lost, moved;
};

struct cell { /* of a day and family */
    uint64_t seen;
    struct counts events, alerts;
};

struct day {
    int64_t day_us; /* HG_TIME_NONE: events without a time */
    struct cell families[HG_ATTACK_TYPE_COUNT];
};

struct known_alert {
    struct hg_id id;
    uint32_t day, family; /* its cell */
    bool met;             /* the other model finds some event of it anomalous */
    bool moved;
};

struct alert_map { /* places in `slots` are 1 more than those in `alerts`; a power of two, at most half full */
    struct known_alert *alerts;
    size_t n, cap_alerts;
    uint32_t *slots;
    size_t cap;
};

struct hg_backtest {
    struct day *days;
    size_t n_days, cap_days;
    struct alert_map maps[MODELS];
};

enum hg_rc hg_backtest_create(struct hg_backtest **ret, struct hg_err *reterr)
{
    *ret = calloc(1, sizeof **ret);
    return *ret != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "backtest: no memory");
}

void hg_backtest_destroy(struct hg_backtest *backtest)
{
    if (backtest == NULL)
        return;
    for (int m = 0; m < MODELS; m++) {
        free(backtest->maps[m].alerts);
        free(backtest->maps[m].slots);
    }
    free(backtest->days);
    free(backtest);
}

/* ---- alerts by id */
static uint32_t *slot_of(const struct alert_map *map, const struct hg_id *id)
{
    uint64_t at;
    memcpy(&at, id->b, sizeof at); /* a hash as it is */
    for (;; at++) {
        uint32_t *slot = &map->slots[at & (map->cap - 1)];
        if (*slot == 0 || memcmp(&map->alerts[*slot - 1].id, id, sizeof *id) == 0)
            return slot;
    }
}

static enum hg_rc widen(struct alert_map *map, struct hg_err *reterr)
{
    size_t cap = map->cap == 0 ? 1024 : 2 * map->cap;
    uint32_t *slots = map->n < HG_BACKTEST_ALERTS_MAX ? calloc(cap, sizeof *slots) : NULL;
    if (slots == NULL)
        return hg_fail(reterr, HG_ENOMEM, "backtest: no memory for more than %zu alerts", map->n);
    free(map->slots);
    map->slots = slots;
    map->cap = cap;
    for (size_t i = 0; i < map->n; i++)
        *slot_of(map, &map->alerts[i].id) = (uint32_t)i + 1;
    return HG_OK;
}

/* The alert, made where it is new: then *ret_new says so. NULL: no memory. */
static struct known_alert *alert_at(struct alert_map *map, const struct hg_id *id, bool *ret_new, struct hg_err *reterr)
{
    *ret_new = false;
    if (2 * (map->n + 1) > map->cap && widen(map, reterr) != HG_OK)
        return NULL;
    uint32_t *slot = slot_of(map, id);
    if (*slot == 0) {
        struct known_alert *alerts = hg_grow(map->alerts, map->n, &map->cap_alerts, sizeof *alerts);
        if (alerts == NULL) {
            (void)hg_fail(reterr, HG_ENOMEM, "backtest: no memory for %zu alerts", map->n + 1);
            return NULL;
        }
        map->alerts = alerts;
        alerts[map->n++] = (struct known_alert){.id = *id};
        *slot = (uint32_t)map->n;
        *ret_new = true;
    }
    return &map->alerts[*slot - 1];
}

/* ---- one event */
static enum hg_rc day_at(struct hg_backtest *backtest, int64_t time_us, uint32_t *ret, struct hg_err *reterr)
{
    int64_t day_us = time_us == HG_TIME_NONE ? HG_TIME_NONE : hg_time_floor(time_us, HG_DAY);
    for (size_t i = backtest->n_days; i > 0; i--) { /* mostly the last */
        if (backtest->days[i - 1].day_us == day_us) {
            *ret = (uint32_t)i - 1;
            return HG_OK;
        }
    }
    struct day *days = hg_grow(backtest->days, backtest->n_days, &backtest->cap_days, sizeof *days);
    if (days == NULL)
        return hg_fail(reterr, HG_ENOMEM, "backtest: no memory for %zu days", backtest->n_days + 1);
    backtest->days = days;
    days[backtest->n_days] = (struct day){.day_us = day_us};
    *ret = (uint32_t)backtest->n_days++;
    return HG_OK;
}

static bool is_anomalous(const struct hg_verdict_of *verdict)
{
    return verdict->severity != HG_SEVERITY_NONE;
}

static bool is_moved(const struct hg_verdict_of verdicts[MODELS])
{
    return is_anomalous(&verdicts[FIRST]) && is_anomalous(&verdicts[SECOND]) &&
           (verdicts[FIRST].severity != verdicts[SECOND].severity || strcmp(verdicts[FIRST].reason, verdicts[SECOND].reason) != 0);
}

static struct counts *alerts_of(struct hg_backtest *backtest, const struct known_alert *alert)
{
    return &backtest->days[alert->day].families[alert->family].alerts;
}

/* An alert counts as gained or lost until an event of it is met in the other model too. */
static enum hg_rc add_to_alert(struct hg_backtest *backtest, int model, uint32_t day, uint32_t family, const struct hg_verdict_of verdicts[MODELS],
                               struct hg_err *reterr)
{
    bool is_new;
    struct known_alert *alert = alert_at(&backtest->maps[model], &verdicts[model].alert, &is_new, reterr);
    if (alert == NULL)
        return HG_ENOMEM;
    if (is_new) {
        alert->day = day;
        alert->family = family;
    }
    struct counts *counts = alerts_of(backtest, alert);
    uint64_t *one_sided = model == FIRST ? &counts->lost : &counts->gained;
    counts->of[model] += is_new;
    *one_sided += is_new;
    if (!alert->met && is_anomalous(&verdicts[!model])) {
        alert->met = true;
        --*one_sided;
    }
    if (model == FIRST && !alert->moved && is_moved(verdicts)) {
        alert->moved = true;
        counts->moved++;
    }
    return HG_OK;
}

enum hg_rc hg_backtest_add(struct hg_backtest *backtest, int64_t time_us, enum hg_attack_type family, const struct hg_verdict_of verdicts[2],
                           struct hg_err *reterr)
{
    uint32_t day = 0;
    enum hg_rc rc = day_at(backtest, time_us, &day, reterr);
    if (rc != HG_OK)
        return rc;
    struct cell *cell = &backtest->days[day].families[family];
    bool first = is_anomalous(&verdicts[FIRST]), second = is_anomalous(&verdicts[SECOND]);
    cell->seen++;
    cell->events.of[FIRST] += first;
    cell->events.of[SECOND] += second;
    cell->events.gained += second && !first;
    cell->events.lost += first && !second;
    cell->events.moved += is_moved(verdicts);
    for (int model = 0; rc == HG_OK && model < MODELS; model++)
        if (is_anomalous(&verdicts[model]))
            rc = add_to_alert(backtest, model, day, family, verdicts, reterr);
    return rc;
}

/* ---- the report */
static void add_counts(struct counts *sum, const struct counts *part)
{
    for (int m = 0; m < MODELS; m++)
        sum->of[m] += part->of[m];
    sum->gained += part->gained;
    sum->lost += part->lost;
    sum->moved += part->moved;
}

static struct cell total(const struct hg_backtest *backtest)
{
    struct cell sum = {0};
    for (size_t d = 0; d < backtest->n_days; d++) {
        for (int f = 0; f < HG_ATTACK_TYPE_COUNT; f++) {
            const struct cell *cell = &backtest->days[d].families[f];
            sum.seen += cell->seen;
            add_counts(&sum.events, &cell->events);
            add_counts(&sum.alerts, &cell->alerts);
        }
    }
    return sum;
}

static const char *family_name(int family)
{
    return family == HG_ATTACK_TYPE_none ? "none" : hg_attack_type_name((enum hg_attack_type)family);
}

static void print_day(int64_t day_us, char out[HG_TIME_TEXT_BYTES])
{
    memset(out, '-', HG_TIME_TEXT_BYTES);
    if (day_us != HG_TIME_NONE)
        hg_time_print(day_us, out);
}

static void counts_json(struct hg_jsonw *w, const char *key, const struct counts *counts)
{
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {{"model", counts->of[FIRST]}, {"against", counts->of[SECOND]}, {"gained", counts->gained}, {"lost", counts->lost},
                   {"moved", counts->moved}};
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '{');
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        hg_jsonw_key(w, members[i].name);
        hg_jsonw_u64(w, members[i].value);
    }
    hg_jsonw_close(w, '}');
}

static void cell_json(struct hg_jsonw *w, const struct cell *cell)
{
    hg_jsonw_key(w, "seen");
    hg_jsonw_u64(w, cell->seen);
    counts_json(w, "events", &cell->events);
    counts_json(w, "alerts", &cell->alerts);
}

void hg_backtest_json_members(const struct hg_backtest *backtest, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "by_day");
    hg_jsonw_open(w, '[');
    for (size_t d = 0; d < backtest->n_days; d++) {
        char text[HG_TIME_TEXT_BYTES];
        for (int f = 0; f < HG_ATTACK_TYPE_COUNT; f++) {
            if (backtest->days[d].families[f].seen == 0)
                continue;
            hg_jsonw_open(w, '{');
            hg_jsonw_key(w, "day");
            print_day(backtest->days[d].day_us, text);
            if (backtest->days[d].day_us == HG_TIME_NONE)
                hg_jsonw_null(w);
            else
                hg_jsonw_str(w, (struct hg_slice){text, 10});
            hg_jsonw_key(w, "attack_type");
            hg_jsonw_text(w, f == HG_ATTACK_TYPE_none ? NULL : family_name(f));
            cell_json(w, &backtest->days[d].families[f]);
            hg_jsonw_close(w, '}');
        }
    }
    hg_jsonw_close(w, ']');
    struct cell sum = total(backtest);
    hg_jsonw_key(w, "total");
    hg_jsonw_open(w, '{');
    cell_json(w, &sum);
    hg_jsonw_close(w, '}');
}

static void counts_text(struct hg_buf *buf, const struct counts *counts)
{
    hg_buf_printf(buf, " %8llu %8llu %7llu %7llu %7llu", (unsigned long long)counts->of[FIRST], (unsigned long long)counts->of[SECOND],
                  (unsigned long long)counts->gained, (unsigned long long)counts->lost, (unsigned long long)counts->moved);
}

static void line(struct hg_buf *buf, const char *day, const char *family, const struct cell *cell)
{
    hg_buf_printf(buf, "%-10.10s %-20s %10llu ", day, family, (unsigned long long)cell->seen);
    counts_text(buf, &cell->events);
    hg_buf_text(buf, "  ");
    counts_text(buf, &cell->alerts);
    hg_buf_char(buf, '\n');
}

void hg_backtest_text(const struct hg_backtest *backtest, struct hg_buf *buf)
{
    hg_buf_printf(buf, "%-10s %-20s %10s  %-41s   %s\n", "", "", "", "anomalous events", "alerts");
    hg_buf_printf(buf, "%-10s %-20s %10s ", "day", "family", "events");
    for (int i = 0; i < 2; i++)
        hg_buf_printf(buf, " %8s %8s %7s %7s %7s%s", "model", "against", "gained", "lost", "moved", i == 0 ? "  " : "\n");
    for (size_t d = 0; d < backtest->n_days; d++) {
        char text[HG_TIME_TEXT_BYTES + 1] = {0};
        print_day(backtest->days[d].day_us, text);
        for (int f = 0; f < HG_ATTACK_TYPE_COUNT; f++)
            if (backtest->days[d].families[f].seen > 0)
                line(buf, text, family_name(f), &backtest->days[d].families[f]);
    }
    struct cell sum = total(backtest);
    line(buf, "total", "", &sum);
}
