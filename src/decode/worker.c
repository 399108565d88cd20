#include "decode/worker.h"

#include "base/num.h"

#include <stdlib.h>

enum hg_rc hg_decode_worker_create(struct hg_decode_worker **ret, struct hg_err *reterr)
{
    struct hg_decode_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return hg_fail(reterr, HG_ENOMEM, "decode: no memory for a worker");
    enum hg_rc rc = hg_json_create(&worker->json, reterr);
    if (rc == HG_OK)
        rc = hg_vocab_create(&worker->vocab, reterr);
    if (rc != HG_OK) {
        hg_decode_worker_destroy(worker);
        return rc;
    }
    *ret = worker;
    return HG_OK;
}

void hg_decode_worker_destroy(struct hg_decode_worker *worker)
{
    if (worker == NULL)
        return;
    for (size_t i = 0; i < worker->n_plans; i++) {
        hg_json_habit_destroy(worker->plans[i].habit);
        hg_json_plan_destroy(worker->plans[i].plan);
    }
    hg_json_destroy(worker->json);
    hg_vocab_destroy(worker->vocab);
    free(worker);
}

/* The plan of a list of paths, compiled when it is first asked for; NULL without memory. */
static const struct hg_plan_entry *plan_of(struct hg_decode_worker *worker, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < worker->n_plans; i++)
        if (worker->plans[i].paths == paths)
            return &worker->plans[i];
    HG_ASSERT(worker->n_plans < HG_PLANS_MAX);
    struct hg_plan_entry *entry = &worker->plans[worker->n_plans];
    *entry = (struct hg_plan_entry){.paths = paths};
    if (hg_json_plan_create(paths, n, &entry->plan, NULL) != HG_OK)
        return NULL;
    if (hg_json_habit_create(entry->plan, &entry->habit, NULL) != HG_OK) {
        hg_json_plan_destroy(entry->plan);
        return NULL;
    }
    worker->n_plans++;
    return entry;
}

/* Where the JSON starts: at the line's start, or at the first brace behind a syslog prefix. */
static struct hg_slice json_part(struct hg_slice record)
{
    size_t at = 0;
    while (at < record.len && (record.p[at] == ' ' || record.p[at] == '\t'))
        at++;
    if (at == record.len || record.p[at] == '{' || record.p[at] == '[')
        return record;
    const char *brace = memchr(record.p, '{', record.len);
    return brace == NULL ? record : hg_slice_from(record, (size_t)(brace - record.p));
}

enum hg_reason hg_worker_read(struct hg_decode_worker *worker, const char *const *paths, size_t n, struct hg_slice record)
{
    const struct hg_plan_entry *entry = plan_of(worker, paths, n);
    if (entry == NULL)
        return HG_REASON_no_memory;
    struct hg_slice text = json_part(record);
    if (hg_json_habit_read(entry->habit, text, &worker->doc))
        return HG_REASON_NONE;
    enum hg_reason reason = hg_json_read(worker->json, entry->plan, text, &worker->doc);
    if (reason == HG_REASON_NONE)
        hg_json_habit_learn(entry->habit, text);
    return reason;
}

enum hg_reason hg_worker_read_plan(struct hg_decode_worker *worker, const struct hg_json_plan *plan, struct hg_slice record)
{
    return hg_json_read(worker->json, plan, json_part(record), &worker->doc);
}

/* ---- stamps */

static int two(const char *p)
{
    unsigned a = (unsigned char)p[0] - '0', b = (unsigned char)p[1] - '0';
    return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

#define DATE 11 /* bytes up to the hour */

/* 2025-01-08T21:13:31.885951+0000, …Z or nothing behind: its time of day, where it is well formed. */
static bool read_clock(struct hg_slice text, int64_t *ret_us)
{
    const char *p = text.p + DATE;
    int hour = two(p), minute = two(p + 3), second = two(p + 6), a = two(p + 9), b = two(p + 11), c = two(p + 13);
    if (p[2] != ':' || p[5] != ':' || p[8] != '.' || (hour | minute | second | a | b | c) < 0 || hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_us = (hour * 3600 + minute * 60 + second) * HG_SECOND + a * 10000 + b * 100 + c;
    return true;
}

/* Whether the stamp has exactly six digits of fraction and a zone that the cache knows: none, Z or ±HHMM. */
static bool is_usual(struct hg_slice text)
{
    if (text.len == 31)
        return text.p[26] == '+' || text.p[26] == '-';
    return text.len == 26 || (text.len == 27 && text.p[26] == 'Z');
}

bool hg_worker_stamp(struct hg_decode_worker *worker, int which, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us)
{
    int64_t clock;
    if (!is_usual(text) || !read_clock(text, &clock))
        return hg_time_parse_iso(text, naive_offset_us, ret_us, NULL);
    struct hg_stamp *stamp = &worker->stamps[which];
    if (stamp->len == text.len && stamp->naive_offset_us == naive_offset_us && memcmp(stamp->date, text.p, DATE) == 0 &&
        (text.len != 31 || memcmp(stamp->zone, text.p + 26, sizeof stamp->zone) == 0)) {
        *ret_us = stamp->date_us + clock;
        return true;
    }
    if (!hg_time_parse_iso(text, naive_offset_us, ret_us, NULL))
        return false;
    *stamp = (struct hg_stamp){.len = (uint8_t)text.len, .date_us = *ret_us - clock, .naive_offset_us = naive_offset_us};
    memcpy(stamp->date, text.p, DATE);
    memcpy(stamp->zone, text.p + 26, text.len - 26);
    return true;
}

/* ---- fields */

void hg_event_start(struct hg_event *event, enum hg_dataset dataset)
{
    event->dataset = (uint8_t)dataset;
    event->direction = HG_DIRECTION_NONE;
    event->missing = ((1u << HG_FIELD_COUNT) - 1) & ~(1u << HG_FIELD_event_time) & ~(1u << HG_FIELD_dataset);
}

void hg_event_take_ip(struct hg_event *event, enum hg_field field, struct hg_slice text)
{
    struct hg_ip *ip = field == HG_FIELD_source_ip ? &event->source_ip : &event->destination_ip;
    if (text.len > 0 && hg_ip_parse(text, ip))
        hg_event_set_present(event, field);
}

/* Whole numbers, also as a data frame writes them: 80.0. Up to 18 digits need no care for overflow. */
static bool parse_whole(struct hg_slice text, int64_t *ret)
{
    int64_t value = 0;
    if (text.len > 18)
        return hg_num_parse_i64(text, ret);
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.p[i] - '0';
        double real;
        if (digit > 9) {
            if (!hg_num_parse_f64(text, &real) || real < -1e15 || real > 1e15 || real != (double)(int64_t)real)
                return false;
            *ret = (int64_t)real;
            return true;
        }
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

bool hg_event_take_port(struct hg_event *event, enum hg_field field, struct hg_slice text)
{
    int64_t value;
    if (text.len == 0)
        return true;
    if (!parse_whole(text, &value) || value < 0 || value > UINT16_MAX)
        return false;
    if (field == HG_FIELD_source_port)
        event->source_port = (uint16_t)value;
    else
        event->destination_port = (uint16_t)value;
    hg_event_set_present(event, field);
    return true;
}

static int64_t *counter(struct hg_event *event, enum hg_field field)
{
    int64_t *const counters[] = {&event->bytes_sent, &event->bytes_received, &event->packets_sent, &event->packets_received};
    return counters[field - HG_FIELD_bytes_sent];
}

bool hg_event_take_count(struct hg_event *event, enum hg_field field, struct hg_slice text, struct hg_counts *counts)
{
    int64_t value;
    if (text.len == 0)
        return true;
    if (!parse_whole(text, &value))
        return false;
    if (value < 0) {
        value = 0;
        counts->negative_counters++;
    }
    *counter(event, field) = value;
    hg_event_set_present(event, field);
    return true;
}

void hg_event_take_duration(struct hg_event *event, double seconds, struct hg_counts *counts)
{
    if (seconds < 0) {
        seconds = 0;
        counts->negative_counters++;
    }
    event->duration = seconds;
    hg_event_set_present(event, HG_FIELD_duration);
}

void hg_event_take_direction(struct hg_event *event, enum hg_direction direction)
{
    if (direction == HG_DIRECTION_NONE)
        return;
    event->direction = (uint8_t)direction;
    hg_event_set_present(event, HG_FIELD_direction);
}

void hg_event_take_flags(struct hg_event *event, uint8_t flags)
{
    event->tcp_flags = flags;
    hg_event_set_present(event, HG_FIELD_tcp_flags);
}

void hg_event_take_payload(struct hg_event *event, struct hg_slice payload, enum hg_payload_form form)
{
    if (payload.len == 0)
        return;
    event->payload = payload;
    event->payload_form = (uint8_t)form;
    hg_event_set_present(event, HG_FIELD_payload);
    hg_event_set_present(event, HG_FIELD_payload_encoding);
}

void hg_event_take_label(struct hg_event *event, enum hg_label label, enum hg_attack_type type)
{
    event->label = (uint8_t)label;
    event->attack_type = (uint8_t)type;
    if (label != HG_LABEL_NONE)
        hg_event_set_present(event, HG_FIELD_label);
    if (type != HG_ATTACK_TYPE_none)
        hg_event_set_present(event, HG_FIELD_attack_type);
}

void hg_event_take_trait(struct hg_event *event, enum hg_trait trait, struct hg_slice text)
{
    if (text.len > 0)
        event->traits[trait] = (struct hg_slice){text.p, text.len < HG_TRAIT_BYTES_MAX ? text.len : HG_TRAIT_BYTES_MAX};
}

void hg_attribute(struct hg_jsonw *w, const char *key, const struct hg_json_doc *doc, int slot)
{
    const struct hg_json_value *value = hg_json_get(doc, slot);
    if (value == NULL || (value->type == HG_JSON_STRING && value->raw.len == 0))
        return;
    hg_jsonw_key(w, key);
    hg_json_put(w, value);
}
