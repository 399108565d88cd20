/*
 * What one decoding thread needs, and what the decoders of JSON lines share. Caches only remember: an event never depends on them.
 */
#ifndef HG_DECODE_WORKER_H
#define HG_DECODE_WORKER_H

#include "decode/decode.h"
#include "decode/json_habit.h"
#include "decode/vocab.h"

struct hg_plan_entry {
    const char *const *paths;
    struct hg_json_plan *plan;
    struct hg_json_habit *habit;
};
#define HG_PLANS_MAX 16

struct hg_stamp { /* the last ISO stamp's date and zone, read */
    uint8_t len; /* of the whole stamp; 0: none yet */
    char date[11], zone[5];
    int64_t date_us; /* UTC */
    int64_t naive_offset_us;
};

struct hg_text_stamp { /* an ISCX date, read */
    uint8_t len;
    char text[23];
    int64_t us; /* as if it were UTC */
};
#define HG_TEXT_STAMPS 256

enum { HG_STAMP_EVENT, HG_STAMP_START, HG_STAMP_END, HG_STAMPS };

struct hg_decode_worker {
    struct hg_json *json;
    struct hg_vocab *vocab;
    struct hg_json_doc doc; /* of the record at hand */
    struct hg_plan_entry plans[HG_PLANS_MAX];
    size_t n_plans;
    struct hg_stamp stamps[HG_STAMPS];
    struct hg_text_stamp text_stamps[HG_TEXT_STAMPS];
};

/* Reads a JSON record into worker->doc, stepping over a syslog prefix. paths is a static list: slot i is paths[i]. */
enum hg_reason hg_worker_read(struct hg_decode_worker *worker, const char *const *paths, size_t n, struct hg_slice record);

/* The same with a plan of the caller's. */
enum hg_reason hg_worker_read_plan(struct hg_decode_worker *worker, const struct hg_json_plan *plan, struct hg_slice record);

/* An ISO stamp, quickly where its date and zone are those of the last one of that kind. */
bool hg_worker_stamp(struct hg_decode_worker *worker, int which, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us);

/* Starts an event of which nothing is known yet: every field but event_time and dataset is missing. */
void hg_event_start(struct hg_event *event, enum hg_dataset dataset);
/* Fill a field from a text; an empty text leaves it missing. false: a number that can't be read. */
void hg_event_take_ip(struct hg_event *event, enum hg_field field, struct hg_slice text);
bool hg_event_take_port(struct hg_event *event, enum hg_field field, struct hg_slice text);
bool hg_event_take_count(struct hg_event *event, enum hg_field field, struct hg_slice text, struct hg_counts *counts);
void hg_event_take_duration(struct hg_event *event, double seconds, struct hg_counts *counts);
void hg_event_take_direction(struct hg_event *event, enum hg_direction direction);
void hg_event_take_flags(struct hg_event *event, uint8_t flags);
void hg_event_take_payload(struct hg_event *event, struct hg_slice payload, enum hg_payload_form form);
void hg_event_take_label(struct hg_event *event, enum hg_label label, enum hg_attack_type type);
#define HG_TRAIT_BYTES_MAX 256u /* of a trait: a longer one is cut */
void hg_event_take_trait(struct hg_event *event, enum hg_trait trait, struct hg_slice text);

/* A member of `attributes`: the value of the slot as it stands; nothing where it is absent, null or an empty string. */
void hg_attribute(struct hg_jsonw *w, const char *key, const struct hg_json_doc *doc, int slot);

#endif
