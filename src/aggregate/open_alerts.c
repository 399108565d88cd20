#include "aggregate/open_alerts.h"

#include <stdlib.h>

#define NONE  UINT32_MAX
#define HEADS 65536u

struct open_alert {
    struct hg_alert alert;
    uint64_t hash;
    uint32_t next;         /* in the chain of its hash */
    uint32_t newer, older; /* in the list */
    bool changed;          /* since the last commit */
};

#define KEY_FIELDS (1u << HG_FIELD_source_ip | 1u << HG_FIELD_destination_port)

struct alert_key {
    struct hg_slice reason;
    struct hg_ip ip;  /* of the source; of the target, where that is what is grouped by */
    uint32_t missing; /* of KEY_FIELDS */
    uint16_t port;
};

static bool is_of_target(const struct hg_alert *alert)
{
    return (alert->missing >> HG_FIELD_source_ip & 1) != 0 && hg_grouping_of_reason(hg_slice_of(alert->reason_key), false) == HG_GROUP_TARGET;
}

/* Fields that an alert leaves out, as if they were missing. */
static uint32_t left_out(enum hg_grouping grouping)
{
    return grouping == HG_GROUP_SOURCE ? 1u << HG_FIELD_destination_port : grouping == HG_GROUP_TARGET ? 1u << HG_FIELD_source_ip : 0;
}

static struct alert_key key_of_alert(const struct hg_alert *alert)
{
    return (struct alert_key){{alert->reason_key, strlen(alert->reason_key)}, is_of_target(alert) ? alert->destination_ip : alert->source_ip,
                              alert->missing & KEY_FIELDS, alert->destination_port};
}

static struct alert_key key_of_event(const struct hg_event *event, const char *reason, enum hg_grouping grouping)
{
    struct hg_alert alert;
    size_t len = strnlen(reason, sizeof alert.reason_key - 1);
    return (struct alert_key){{reason, len}, grouping == HG_GROUP_TARGET ? event->destination_ip : event->source_ip,
                              (event->missing | left_out(grouping)) & KEY_FIELDS, grouping == HG_GROUP_SOURCE ? 0 : event->destination_port};
}

static uint64_t key_hash(const struct alert_key *key)
{
    uint64_t seed = hg_hash64(key->reason, (uint64_t)key->missing << 16 | key->port);
    return hg_hash64((struct hg_slice){(const char *)key->ip.b, sizeof key->ip.b}, seed);
}

static bool key_eq(const struct alert_key *a, const struct alert_key *b)
{
    return a->port == b->port && a->missing == b->missing && hg_ip_eq(&a->ip, &b->ip) && hg_slice_eq(a->reason, b->reason);
}

bool open_alerts_init(struct open_alerts *alerts)
{
    size_t out = HG_ALERTS_OPEN_MAX + HG_DELTA_CLOSED_MAX;
    *alerts = (struct open_alerts){.newest = NONE, .oldest = NONE};
    alerts->pool = malloc(HG_ALERTS_OPEN_MAX * sizeof *alerts->pool);
    alerts->heads = malloc(HEADS * sizeof *alerts->heads);
    alerts->closed = malloc(HG_DELTA_CLOSED_MAX * sizeof *alerts->closed);
    alerts->out = malloc(out * sizeof *alerts->out);
    alerts->order = malloc(out * sizeof *alerts->order);
    if (alerts->pool == NULL || alerts->heads == NULL || alerts->closed == NULL || alerts->out == NULL || alerts->order == NULL)
        return false;
    memset(alerts->heads, 0xff, HEADS * sizeof *alerts->heads);
    return true;
}

void open_alerts_free(struct open_alerts *alerts)
{
    free(alerts->pool);
    free(alerts->heads);
    free(alerts->closed);
    free(alerts->out);
    free(alerts->order);
}

/* ---- the list by last event */

static void list_remove(struct open_alerts *alerts, uint32_t i)
{
    struct open_alert *entry = &alerts->pool[i];
    if (entry->newer != NONE)
        alerts->pool[entry->newer].older = entry->older;
    else
        alerts->newest = entry->older;
    if (entry->older != NONE)
        alerts->pool[entry->older].newer = entry->newer;
    else
        alerts->oldest = entry->newer;
}

static void list_push(struct open_alerts *alerts, uint32_t i)
{
    alerts->pool[i].newer = NONE;
    alerts->pool[i].older = alerts->newest;
    if (alerts->newest != NONE)
        alerts->pool[alerts->newest].newer = i;
    else
        alerts->oldest = i;
    alerts->newest = i;
}

/* ---- hash chains */

static void chain_remove(struct open_alerts *alerts, uint32_t i)
{
    uint32_t *link = &alerts->heads[alerts->pool[i].hash % HEADS];
    while (*link != i)
        link = &alerts->pool[*link].next;
    *link = alerts->pool[i].next;
}

static void chain_push(struct open_alerts *alerts, uint32_t i)
{
    uint32_t *head = &alerts->heads[alerts->pool[i].hash % HEADS];
    alerts->pool[i].next = *head;
    *head = i;
}

static uint32_t find(const struct open_alerts *alerts, const struct alert_key *key, uint64_t hash)
{
    uint32_t i = alerts->heads[hash % HEADS];
    for (; i != NONE; i = alerts->pool[i].next) {
        if (alerts->pool[i].hash != hash)
            continue;
        struct alert_key other = key_of_alert(&alerts->pool[i].alert);
        if (key_eq(key, &other))
            break;
    }
    return i;
}

/* ---- one alert */

/* What decides an alert's order: a label alone counts as no score. */
static double rank(const struct hg_score *score)
{
    return score->severity == HG_SEVERITY_NONE ? 0 : score->value;
}

static void copy_text(char *out, size_t size, struct hg_slice text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0)
        memcpy(out, text.p, len);
    memset(out + len, 0, size - len);
}

static void set_top(struct hg_alert *alert, const struct hg_observation *seen)
{
    const struct hg_event *event = seen->event;
    alert->event_id = event->id;
    alert->event_sequence = seen->sequence;
    alert->score = *seen->score;
    alert->score.value = rank(seen->score);
    if (seen->score->severity == HG_SEVERITY_NONE)
        alert->score.p = 1;
    alert->model = seen->model;
    alert->source_ip = seen->grouping == HG_GROUP_TARGET ? (struct hg_ip){{0}} : event->source_ip;
    alert->destination_ip = event->destination_ip;
    alert->missing = event->missing | left_out(seen->grouping);
    alert->source_port = event->source_port;
    alert->destination_port = seen->grouping == HG_GROUP_SOURCE ? 0 : event->destination_port;
    alert->dataset = event->dataset;
    alert->attack_type = event->attack_type;
    copy_text(alert->protocol, sizeof alert->protocol, event->protocol);
    copy_text(alert->application_protocol, sizeof alert->application_protocol, event->application_protocol);
    copy_text(alert->kind, sizeof alert->kind, event->kind);
    alert->geo = seen->geo != NULL ? *seen->geo : (struct hg_geo){.state = HG_GEO_NO_DATABASE};
}

/* Evidence grows: an alert tells what counted most, whichever event it was found at. */
static struct hg_finding stronger(const struct hg_finding *a, const struct hg_finding *b)
{
    if (a->rule == HG_RULE_NONE || b->rule == HG_RULE_NONE)
        return a->rule == HG_RULE_NONE ? *b : *a;
    return b->p < a->p ? *b : *a;
}

static void grow(struct hg_alert *alert, const struct hg_observation *seen, unsigned by)
{
    int64_t time_us = seen->event->time_us;
    if (time_us < alert->first_us)
        alert->first_us = time_us;
    if (time_us > alert->last_us)
        alert->last_us = time_us;
    alert->count++;
    alert->by_label += by == HG_BY_LABEL;
    alert->by_score += by == HG_BY_SCORE;
    alert->by_both += by == (HG_BY_LABEL | HG_BY_SCORE);
    alert->last_sequence = seen->sequence;
    struct hg_finding best = alert->score.finding;
    if (alert->count == 1 || rank(seen->score) > alert->score.value)
        set_top(alert, seen);
    alert->score.finding = stronger(&best, &seen->score->finding);
}

static bool joins(const struct hg_alert *alert, int64_t time_us)
{
    return time_us >= alert->first_us - HG_ALERT_GAP_US && time_us <= alert->last_us + HG_ALERT_GAP_US;
}

/* ---- all of them */

static void close_alert(struct open_alerts *alerts, uint32_t i)
{
    struct open_alert *entry = &alerts->pool[i];
    if (entry->changed) {
        HG_ASSERT(alerts->n_closed < HG_DELTA_CLOSED_MAX);
        alerts->closed[alerts->n_closed++] = entry->alert;
    }
    chain_remove(alerts, i);
    list_remove(alerts, i);
}

/* A place in the pool for a new alert: the given one that was just closed, a fresh one, or the oldest's. */
static uint32_t take_place(struct open_alerts *alerts, uint32_t vacant)
{
    if (vacant != NONE)
        return vacant;
    if (alerts->n < HG_ALERTS_OPEN_MAX)
        return alerts->n++;
    vacant = alerts->oldest;
    close_alert(alerts, vacant);
    return vacant;
}

struct hg_id open_alerts_add(struct open_alerts *alerts, const struct hg_observation *seen, unsigned by)
{
    int64_t time_us = seen->event->time_us;
    struct alert_key key = key_of_event(seen->event, seen->reason_key, seen->grouping);
    uint64_t hash = key_hash(&key);
    uint32_t i = find(alerts, &key, hash);
    if (i != NONE && joins(&alerts->pool[i].alert, time_us)) {
        list_remove(alerts, i);
    } else {
        if (i != NONE)
            close_alert(alerts, i);
        i = take_place(alerts, i);
        struct open_alert *entry = &alerts->pool[i];
        *entry = (struct open_alert){.hash = hash};
        entry->alert = (struct hg_alert){
            .id = seen->event->id, .first_us = time_us, .last_us = time_us, .first_sequence = seen->sequence};
        copy_text(entry->alert.reason_key, sizeof entry->alert.reason_key, key.reason);
        chain_push(alerts, i);
    }
    list_push(alerts, i);
    alerts->pool[i].changed = true;
    grow(&alerts->pool[i].alert, seen, by);
    return alerts->pool[i].alert.id;
}

static int by_first_sequence(const void *left, const void *right)
{
    const struct hg_alert *const *a = left, *const *b = right;
    return (*a)->first_sequence < (*b)->first_sequence ? -1 : (*a)->first_sequence > (*b)->first_sequence;
}

static int by_last_sequence(const void *left, const void *right)
{
    const struct hg_alert *const *a = left, *const *b = right;
    return (*a)->last_sequence < (*b)->last_sequence ? -1 : (*a)->last_sequence > (*b)->last_sequence;
}

size_t open_alerts_changed(struct open_alerts *alerts, const struct hg_alert **ret)
{
    size_t n = 0;
    for (size_t i = 0; i < alerts->n_closed; i++)
        alerts->order[n++] = &alerts->closed[i];
    /* whatever changed stands at the newest end */
    for (uint32_t i = alerts->newest; i != NONE && alerts->pool[i].changed; i = alerts->pool[i].older)
        alerts->order[n++] = &alerts->pool[i].alert;
    qsort(alerts->order, n, sizeof *alerts->order, by_first_sequence);
    for (size_t i = 0; i < n; i++)
        alerts->out[i] = *alerts->order[i];
    *ret = alerts->out;
    return n;
}

void open_alerts_committed(struct open_alerts *alerts)
{
    alerts->n_closed = 0;
    for (uint32_t i = alerts->newest; i != NONE && alerts->pool[i].changed; i = alerts->pool[i].older)
        alerts->pool[i].changed = false;
}

/* An alert among the rows may have been followed by another with its key: only the one that began last is open. */
static void restore_one(struct open_alerts *alerts, const struct hg_alert *row)
{
    struct alert_key key = key_of_alert(row);
    uint64_t hash = key_hash(&key);
    uint32_t i = find(alerts, &key, hash);
    if (i != NONE && alerts->pool[i].alert.first_sequence > row->first_sequence)
        return;
    if (i != NONE)
        close_alert(alerts, i);
    i = take_place(alerts, i);
    alerts->pool[i] = (struct open_alert){.alert = *row, .hash = hash};
    chain_push(alerts, i);
    list_push(alerts, i);
}

void open_alerts_restore(struct open_alerts *alerts, const struct hg_alert *rows, size_t n)
{
    const struct hg_alert **order = malloc((n + 1) * sizeof *order);
    if (order == NULL) { /* the rows come in the right order from a store */
        for (size_t i = 0; i < n; i++)
            restore_one(alerts, &rows[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = &rows[i];
    qsort(order, n, sizeof *order, by_last_sequence);
    for (size_t i = 0; i < n; i++)
        restore_one(alerts, order[i]);
    free(order);
}
