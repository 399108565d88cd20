/* What becomes of the values that a mapping found: the fields of the event. */
#include "decode/mapping.h"

#include "base/num.h"

const struct mapping_word *mapping_word(const struct mapping_words *words, struct hg_slice value)
{
    for (size_t i = 0; i < words->n; i++)
        if (hg_slice_eq(words->words[i].from, value))
            return &words->words[i];
    return NULL;
}

static struct hg_slice field(const struct mapping *mapping, const struct mapping_values *values, enum hg_field field)
{
    return mapping->at[field] < 0 ? HG_SLICE_NONE : values->at[mapping->at[field]];
}

/* ---- time */

static enum hg_reason take_time(const struct mapping *mapping, const struct hg_decode_context *context, struct hg_decode_worker *worker,
                                const struct mapping_values *values, struct hg_event *event)
{
    struct hg_slice text = field(mapping, values, HG_FIELD_event_time);
    if (text.len == 0)
        return HG_REASON_missing_timestamp;
    for (size_t i = 0; i < mapping->n_times; i++) {
        const struct mapping_time *time = &mapping->times[i];
        if (time->clock == CLOCK_ISO ? hg_worker_stamp(worker, HG_STAMP_EVENT, text, context->naive_offset_us, &event->time_us)
                                     : mapping_time_parse(time, text, context->naive_offset_us, &event->time_us))
            return HG_REASON_NONE;
    }
    return HG_REASON_bad_timestamp;
}

/* ---- numbers */

/* Some tools write the code of an ICMP message into a port's place, in hexadecimal. */
static bool take_port(struct hg_event *event, enum hg_field field, struct hg_slice text)
{
    char decimal[HG_NUM_BYTES];
    unsigned value = 0;
    if (text.len < 3 || text.len > 6 || text.p[0] != '0' || (text.p[1] | 32) != 'x')
        return hg_event_take_port(event, field, text);
    for (size_t i = 2; i < text.len; i++) {
        char c = (char)(text.p[i] | 32);
        unsigned digit = text.p[i] >= '0' && text.p[i] <= '9' ? (unsigned)(text.p[i] - '0') : (unsigned)(c - 'a') + 10;
        if (digit > 15)
            return false;
        value = value << 4 | digit;
    }
    size_t n = hg_num_print_f64((double)value, decimal);
    return hg_event_take_port(event, field, (struct hg_slice){decimal, n});
}

static bool take_numbers(const struct mapping *mapping, const struct mapping_values *values, struct hg_event *event,
                         struct hg_counts *counts)
{
    struct hg_slice duration = field(mapping, values, HG_FIELD_duration);
    double amount;
    if (duration.len > 0) {
        if (!hg_num_parse_f64(duration, &amount))
            return false;
        hg_event_take_duration(event, amount / mapping->duration_unit, counts);
    }
    for (int i = HG_FIELD_bytes_sent; i <= HG_FIELD_packets_received; i++)
        if (!hg_event_take_count(event, (enum hg_field)i, field(mapping, values, (enum hg_field)i), counts))
            return false;
    return take_port(event, HG_FIELD_source_port, field(mapping, values, HG_FIELD_source_port)) &&
           take_port(event, HG_FIELD_destination_port, field(mapping, values, HG_FIELD_destination_port));
}

/* ---- words */

/* IANA's protocol numbers, as flow exporters write them. */
static struct hg_slice protocol_name(struct hg_slice text)
{
    static const struct {
        const char *number, *name;
    } protocols[] = {{"6", "tcp"},   {"17", "udp"}, {"1", "icmp"}, {"58", "ipv6-icmp"}, {"2", "igmp"}, {"47", "gre"},
                     {"50", "esp"}, {"51", "ah"},  {"89", "ospf"}, {"103", "pim"},     {"132", "sctp"}};
    if (text.len > 3 || text.p[0] < '0' || text.p[0] > '9')
        return text;
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (hg_slice_is(text, protocols[i].number))
            return hg_slice_of(protocols[i].name);
    return text;
}

static void take_protocol(const struct mapping *mapping, struct hg_slice text, struct hg_arena *arena, struct hg_event *event)
{
    const struct mapping_word *word = mapping_word(&mapping->protocols, text);
    if (text.len == 0 || (word != NULL && word->to.p == NULL))
        return;
    if (word == NULL) {
        hg_vocab_transport(protocol_name(text), arena, event);
        return;
    }
    event->protocol = word->to;
    event->protocol_code = word->code;
    hg_event_set_present(event, HG_FIELD_protocol);
}

static void take_application(const struct mapping *mapping, struct hg_decode_worker *worker, struct hg_slice text, struct hg_arena *arena,
                             struct hg_event *event, struct hg_counts *counts)
{
    const char *stop = mapping->first_of == '\0' || text.len == 0 ? NULL : memchr(text.p, mapping->first_of, text.len);
    if (stop != NULL)
        text.len = (size_t)(stop - text.p);
    const struct mapping_word *word = mapping_word(&mapping->applications, text);
    if (text.len == 0 || (word != NULL && word->to.p == NULL))
        return;
    if (word == NULL) {
        hg_vocab_application(worker->vocab, text, arena, event, counts);
        return;
    }
    event->application_protocol = word->to;
    event->application_code = word->code;
    hg_event_set_present(event, HG_FIELD_application_protocol);
}

/* 1 yes, 0 no, -1 nobody says. */
static int truth(struct hg_slice text)
{
    static const char *const yes[] = {"T", "true", "1"}, *const no[] = {"F", "false", "0"};
    for (size_t i = 0; i < 3; i++)
        if (hg_slice_is(text, yes[i]) || hg_slice_is(text, no[i]))
            return hg_slice_is(text, yes[i]);
    return -1;
}

static void take_direction(const struct mapping *mapping, const struct mapping_values *values, struct hg_event *event)
{
    const struct mapping_word *word = mapping_word(&mapping->directions, field(mapping, values, HG_FIELD_direction));
    if (word != NULL)
        hg_event_take_direction(event, (enum hg_direction)word->value);
    if (mapping->local[0] < 0)
        return;
    int from = truth(values->at[mapping->local[0]]), to = truth(values->at[mapping->local[1]]);
    if (from >= 0 && to >= 0)
        hg_event_take_direction(event, from ? (to ? HG_INTERNAL : HG_OUTBOUND) : to ? HG_INBOUND : HG_EXTERNAL);
}

/* ---- flags */

static bool flags_number(struct hg_slice text, unsigned base, uint8_t *ret)
{
    unsigned value = 0;
    if (base == 16 && text.len > 2 && text.p[0] == '0' && (text.p[1] | 32) == 'x')
        text = hg_slice_from(text, 2);
    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = text.p[i] <= '9' ? (unsigned)text.p[i] - '0' : ((unsigned)text.p[i] | 32) - 'a' + 10;
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *ret = value & 0x3f;
    return true;
}

static uint8_t flags_letters(struct hg_slice text)
{
    static const char letters[] = "FSRPAU";
    uint8_t flags = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *letter = memchr(letters, text.p[i], 6);
        if (letter != NULL)
            flags |= (uint8_t)(1 << (letter - letters));
    }
    return flags;
}

/* A column a flag: how many packets bore it, or whether one did. */
static bool flags_counts(const struct mapping *mapping, const struct mapping_values *values, struct hg_event *event)
{
    uint8_t flags = 0;
    bool any = false;
    for (int i = 0; i < 6; i++) {
        struct hg_slice text = mapping->flags[i] < 0 ? HG_SLICE_NONE : values->at[mapping->flags[i]];
        double number = 0;
        if (text.len == 0)
            continue;
        int said = truth(text);
        if (said < 0 && !hg_num_parse_f64(text, &number))
            return false;
        any = true;
        flags |= (uint8_t)((said > 0 || number > 0) << i);
    }
    if (any)
        hg_event_take_flags(event, flags);
    return true;
}

static bool take_flags(const struct mapping *mapping, const struct mapping_values *values, struct hg_event *event)
{
    struct hg_slice text = field(mapping, values, HG_FIELD_tcp_flags);
    uint8_t flags = 0;
    if (mapping->flags_as == FLAGS_COUNTS)
        return flags_counts(mapping, values, event);
    if (text.len == 0)
        return true;
    if (mapping->flags_as == FLAGS_LETTERS)
        flags = flags_letters(text);
    else if (!flags_number(text, mapping->flags_as == FLAGS_HEX ? 16 : 10, &flags))
        return false;
    hg_event_take_flags(event, flags);
    return true;
}

/* ---- labels */

/* A kind of attack goes with the label Attack alone. */
static void take_label(const struct mapping *mapping, const struct mapping_values *values, struct hg_event *event)
{
    struct hg_slice text = field(mapping, values, HG_FIELD_label), kind = field(mapping, values, HG_FIELD_attack_type);
    if (text.len == 0)
        return;
    const struct mapping_word *word = mapping_word(&mapping->labels, text);
    enum hg_label label = word != NULL ? (enum hg_label)word->value : (enum hg_label)mapping->label_else;
    uint8_t type = HG_ATTACK_TYPE_none;
    if (label == HG_LABEL_ATTACK && mapping->at[HG_FIELD_attack_type] >= 0) {
        word = mapping_word(&mapping->attack_types, kind);
        type = word != NULL ? word->value : mapping->attack_type_else;
    }
    hg_event_take_label(event, label, (enum hg_attack_type)type);
}

enum hg_reason mapping_take(const struct mapping *mapping, const struct hg_decode_context *context, struct hg_decode_worker *worker,
                            const struct mapping_values *values, struct hg_arena *arena, struct hg_event *event,
                            struct hg_counts *counts)
{
    hg_event_start(event, mapping->decoder.dataset);
    enum hg_reason reason = take_time(mapping, context, worker, values, event);
    if (reason != HG_REASON_NONE)
        return reason;
    if (!take_numbers(mapping, values, event, counts) || !take_flags(mapping, values, event))
        return HG_REASON_bad_number;
    hg_event_take_ip(event, HG_FIELD_source_ip, field(mapping, values, HG_FIELD_source_ip));
    hg_event_take_ip(event, HG_FIELD_destination_ip, field(mapping, values, HG_FIELD_destination_ip));
    take_protocol(mapping, field(mapping, values, HG_FIELD_protocol), arena, event);
    take_application(mapping, worker, field(mapping, values, HG_FIELD_application_protocol), arena, event, counts);
    take_direction(mapping, values, event);
    hg_event_take_payload(event, field(mapping, values, HG_FIELD_payload), (enum hg_payload_form)mapping->payload_form);
    take_label(mapping, values, event);
    hg_vocab_kind(mapping->kind, event);
    return HG_REASON_NONE;
}
