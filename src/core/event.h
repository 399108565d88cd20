/*
 * The unified event: what every decoder makes and every later stage reads. docs/formats.md says which field comes from where.
 *
 * An event is a row that borrows: its slices point into the batch's bytes or arena, or into static storage. Who keeps, copies.
 * A field that the source did not have is named in `missing` and holds its zero: missing is not zero.
 */
#ifndef HG_CORE_EVENT_H
#define HG_CORE_EVENT_H

#include "base/hash.h"
#include "base/ip.h"
#include "base/slice.h"
#include "base/instant.h"

#include <stdint.h>

enum hg_field {
#define HG_FIELD(name, type, text) HG_FIELD_##name,
#include "core/fields.def"
#undef HG_FIELD
    HG_FIELD_COUNT
};

enum hg_dataset {
#define HG_DATASET(name, is_honeypot) HG_DATASET_##name,
#include "core/datasets.def"
#undef HG_DATASET
    HG_DATASET_COUNT
};

enum hg_attack_type {
    HG_ATTACK_TYPE_none = 0,
#define HG_ATTACK_TYPE(name, words) HG_ATTACK_TYPE_##name,
#include "core/attack_types.def"
#undef HG_ATTACK_TYPE
    HG_ATTACK_TYPE_COUNT
};

enum hg_label { HG_LABEL_NONE = 0, HG_LABEL_NORMAL, HG_LABEL_ATTACK };

/* The numbers are the feature's values. */
enum hg_direction { HG_INTERNAL = 0, HG_OUTBOUND = 1, HG_INBOUND = 2, HG_EXTERNAL = 3, HG_DIRECTION_NONE = 4 };

/* tcp_flags: bits in the order of the letters FSRPAU. */
enum { HG_TCP_FIN = 1, HG_TCP_SYN = 2, HG_TCP_RST = 4, HG_TCP_PSH = 8, HG_TCP_ACK = 16, HG_TCP_URG = 32 };

/* How event.payload has to be turned into bytes; done when it is shown, not when it is read. */
enum hg_payload_form {
    HG_PAYLOAD_BYTES = 0, /* as it is */
    HG_PAYLOAD_BASE64,
    HG_PAYLOAD_PYTHON,    /* repr of a Python bytes object: b'\x16\x03' */
};

#define HG_RECORD_BYTES_MAX (64u * 1024u) /* a longer record is malformed: too_long */

/* What somebody or something is recognised by again. Text of attackers. */
enum hg_trait {
#define HG_TRAIT(name, words) HG_TRAIT_##name,
#include "core/traits.def"
#undef HG_TRAIT
    HG_TRAIT_COUNT
};

struct hg_event {
    int64_t time_us;
    uint64_t offset;  /* of the record in the decompressed stream */
    struct hg_id id;  /* see hg_identity_event() in decode/decode.h */
    uint32_t missing; /* bit 1u << enum hg_field */
    uint32_t input;   /* which input of the pipeline it came from */
    uint8_t dataset;
    uint8_t direction, label, attack_type, tcp_flags, payload_form;
    uint16_t source_port, destination_port;
    struct hg_ip source_ip, destination_ip;
    double duration; /* seconds */
    int64_t bytes_sent, bytes_received, packets_sent, packets_received;
    struct hg_slice protocol;             /* lower case, static or in the arena */
    struct hg_slice application_protocol; /* upper case, static or in the arena */
    struct hg_slice kind;                 /* cowrie eventid without "cowrie.", suricata event_type, dionaea type, "flow" */
    uint32_t protocol_code, application_code, kind_code; /* hg_code32 of the three, 0 where missing */
    struct hg_slice payload;
    struct hg_slice session; /* what links records of one subject, where they say it: Cowrie's session, Suricata's flow_id */
    struct hg_slice traits[HG_TRAIT_COUNT]; /* {NULL, 0}: the record has none */
    struct hg_slice record;  /* the record as it was read, without its newline */
};

static inline bool hg_event_has(const struct hg_event *event, enum hg_field field)
{
    return (event->missing & 1u << field) == 0;
}
static inline void hg_event_set_missing(struct hg_event *event, enum hg_field field)
{
    event->missing |= 1u << field;
}
static inline void hg_event_set_present(struct hg_event *event, enum hg_field field)
{
    event->missing &= ~(1u << field);
}

/* Leaves out what the data set itself says of the event (--ignore-labels). */
static inline void hg_event_drop_label(struct hg_event *event)
{
    event->label = HG_LABEL_NONE;
    event->attack_type = HG_ATTACK_TYPE_none;
    hg_event_set_missing(event, HG_FIELD_label);
    hg_event_set_missing(event, HG_FIELD_attack_type);
}

/* Did it come to nothing: no answer to a TCP or UDP flow, a reset, a refused connection, a failed log-in? False in *ret_known, where the
 * record doesn't say. */
bool hg_event_failed(const struct hg_event *event, bool *ret_known);

/* A copy that borrows from the arena and static storage only; false without memory. */
struct hg_arena;
bool hg_event_copy(const struct hg_event *event, struct hg_arena *arena, struct hg_event *ret);

const char *hg_field_name(enum hg_field field);
const char *hg_dataset_name(enum hg_dataset dataset);
bool hg_dataset_parse(struct hg_slice name, enum hg_dataset *ret);
bool hg_dataset_is_honeypot(enum hg_dataset dataset);
const char *hg_attack_type_name(enum hg_attack_type type);   /* NULL for none */
const char *hg_attack_type_words(enum hg_attack_type type);  /* NULL for none */
const char *hg_trait_name(enum hg_trait trait);
const char *hg_trait_words(enum hg_trait trait);
const char *hg_label_name(enum hg_label label);              /* NULL for none */
const char *hg_direction_name(enum hg_direction direction);  /* NULL for none */
/* Letters of FSRPAU; returns the length (up to 6). */
size_t hg_tcp_flags_print(uint8_t flags, char out[6]);

#endif
