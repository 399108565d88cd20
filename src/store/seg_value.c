/* What a row says in a column: as bytes of a dictionary, and back. */
#include "store/segment.h"

/* A field that can be missing has flags in front: both ways in which an event can be without it are kept. */
enum { NAMED = 1 /* not among event.missing */, FILLED = 2 /* a text: it isn't {NULL, 0} */ };

static const struct { /* of columns with flags */
    uint8_t field, len; /* enum hg_field; 0: text */
} flagged[] = {
    [COLUMN_SRC] = {HG_FIELD_source_ip, 16},      [COLUMN_DST] = {HG_FIELD_destination_ip, 16},
    [COLUMN_SPORT] = {HG_FIELD_source_port, 2},   [COLUMN_PORT] = {HG_FIELD_destination_port, 2},
    [COLUMN_PROTO] = {HG_FIELD_protocol, 0},      [COLUMN_APP] = {HG_FIELD_application_protocol, 0},
    [COLUMN_TYPE] = {HG_FIELD_attack_type, 1},    [COLUMN_LABEL] = {HG_FIELD_label, 1},
    [COLUMN_DIRECTION] = {HG_FIELD_direction, 1},
};
#define FLAGGED (sizeof flagged / sizeof flagged[0])

static const void *flagged_at(const struct hg_event *event, unsigned column)
{
    const void *const at[FLAGGED] = {&event->source_ip, &event->destination_ip, &event->source_port, &event->destination_port,
                                     NULL, NULL, &event->attack_type, &event->label, &event->direction};
    return at[column];
}

static struct hg_slice flagged_of(const struct hg_event *event, unsigned column, struct hg_buf *scratch)
{
    uint8_t flags = hg_event_has(event, (enum hg_field)flagged[column].field) ? NAMED : 0;
    struct hg_slice value = column == COLUMN_PROTO ? event->protocol : column == COLUMN_APP ? event->application_protocol :
                            (struct hg_slice){flagged_at(event, column), flagged[column].len};
    if (flagged[column].len == 0 && value.p != NULL)
        flags |= FILLED;
    bool zero = column == COLUMN_DIRECTION ? event->direction == HG_DIRECTION_NONE : true;
    for (size_t i = 0; i < value.len && column != COLUMN_DIRECTION; i++)
        zero = zero && value.p[i] == 0;
    if (flags == 0 && zero)
        return HG_SLICE_NONE;
    hg_buf_clear(scratch);
    hg_buf_char(scratch, (char)flags);
    hg_buf_put(scratch, value);
    return hg_buf_slice(scratch);
}

static void flagged_put(struct hg_event *event, unsigned column, struct hg_slice value)
{
    uint8_t flags = value.len == 0 ? 0 : (uint8_t)value.p[0];
    struct hg_slice rest = value.len == 0 ? HG_SLICE_NONE : hg_slice_from(value, 1);
    enum hg_field field = (enum hg_field)flagged[column].field;
    if ((flags & NAMED) != 0)
        hg_event_set_present(event, field);
    else
        hg_event_set_missing(event, field);
    struct hg_slice text = (flags & FILLED) != 0 ? rest : HG_SLICE_NONE;
    if (column == COLUMN_PROTO) {
        event->protocol = text;
    } else if (column == COLUMN_APP) {
        event->application_protocol = text;
    } else {
        void *at = (void *)(uintptr_t)flagged_at(event, column);
        memset(at, column == COLUMN_DIRECTION ? HG_DIRECTION_NONE : 0, flagged[column].len);
        if (rest.len == flagged[column].len)
            memcpy(at, rest.p, rest.len);
    }
}

static struct hg_slice bytes_of(struct hg_buf *scratch, const void *p, size_t len)
{
    hg_buf_clear(scratch);
    hg_buf_add(scratch, p, len);
    return hg_buf_slice(scratch);
}

static struct hg_slice score_of(const struct hg_score *score, struct hg_buf *scratch)
{
    hg_buf_clear(scratch);
    hg_buf_add(scratch, &score->value, sizeof score->value);
    hg_buf_char(scratch, (char)score->state);
    hg_buf_char(scratch, (char)score->severity);
    return hg_buf_slice(scratch);
}

static struct hg_slice rule_of(const struct hg_finding *finding, struct hg_buf *scratch)
{
    if (finding->rule == HG_RULE_NONE && finding->also == 0)
        return HG_SLICE_NONE;
    hg_buf_clear(scratch);
    hg_buf_char(scratch, (char)finding->rule);
    hg_buf_add(scratch, &finding->also, sizeof finding->also);
    return hg_buf_slice(scratch);
}

struct hg_slice value_of(const struct hg_event_row *row, unsigned column, struct hg_buf *scratch)
{
    static const struct hg_id none;
    const struct hg_event *event = &row->event;
    uint8_t by = (uint8_t)row->by;
    if (column < FLAGGED)
        return flagged_of(event, column, scratch);
    if (column >= COLUMN_TRAIT)
        return event->traits[column - COLUMN_TRAIT];
    switch (column) {
    case COLUMN_DATASET:
        return (struct hg_slice){(const char *)&event->dataset, 1};
    case COLUMN_BY:
        return bytes_of(scratch, &by, 1);
    case COLUMN_SEVERITY:
        return (struct hg_slice){(const char *)&row->score.severity, 1};
    case COLUMN_LATE:
        return row->late ? HG_SLICE("\1") : HG_SLICE_NONE;
    case COLUMN_INPUT:
        return (struct hg_slice){(const char *)&event->input, sizeof event->input};
    case COLUMN_SCORE:
        return score_of(&row->score, scratch);
    case COLUMN_RULE:
        return rule_of(&row->score.finding, scratch);
    case COLUMN_ALERT:
        return memcmp(&row->alert, &none, sizeof none) == 0 ? HG_SLICE_NONE : (struct hg_slice){(const char *)row->alert.b, sizeof row->alert.b};
    case COLUMN_KIND:
        return event->kind;
    default:
        return row->place;
    }
}

void value_row_none(struct hg_event_row *row)
{
    *row = (struct hg_event_row){.event = {.missing = (1u << HG_FIELD_COUNT) - 1, .direction = HG_DIRECTION_NONE}};
}

static void copy_value(void *to, size_t len, struct hg_slice value)
{
    memset(to, 0, len);
    if (value.len == len)
        memcpy(to, value.p, len);
}

static void put_score(struct hg_score *score, struct hg_slice value)
{
    if (value.len != sizeof score->value + 2)
        return;
    memcpy(&score->value, value.p, sizeof score->value);
    score->state = (uint8_t)value.p[value.len - 2];
    score->severity = (uint8_t)value.p[value.len - 1];
}

static void put_rule(struct hg_finding *finding, struct hg_slice value)
{
    finding->rule = value.len == 0 ? HG_RULE_NONE : (uint8_t)value.p[0];
    finding->also = 0;
    if (value.len == 1 + sizeof finding->also)
        memcpy(&finding->also, value.p + 1, sizeof finding->also);
}

static void put_place(struct hg_event_row *row, struct hg_slice value)
{
    struct hg_slice country = place_country(value);
    row->place = value;
    row->country = country.len == 2 && country.p[0] != '-' ? country : HG_SLICE_NONE;
}

void value_put(struct hg_event_row *row, unsigned column, struct hg_slice value)
{
    uint8_t byte = value.len == 1 ? (uint8_t)value.p[0] : 0;
    if (column < FLAGGED) {
        flagged_put(&row->event, column, value);
        return;
    }
    if (column >= COLUMN_TRAIT) {
        row->event.traits[column - COLUMN_TRAIT] = value;
        return;
    }
    switch (column) {
    case COLUMN_DATASET:
        row->event.dataset = byte;
        break;
    case COLUMN_BY:
        row->by = byte;
        break;
    case COLUMN_SEVERITY:
        row->score.severity = byte;
        break;
    case COLUMN_LATE:
        row->late = byte != 0;
        break;
    case COLUMN_INPUT:
        copy_value(&row->event.input, sizeof row->event.input, value);
        break;
    case COLUMN_SCORE:
        put_score(&row->score, value);
        break;
    case COLUMN_RULE:
        put_rule(&row->score.finding, value);
        break;
    case COLUMN_ALERT:
        copy_value(row->alert.b, sizeof row->alert.b, value);
        break;
    case COLUMN_KIND:
        row->event.kind = value;
        break;
    default:
        put_place(row, value);
    }
}

unsigned columns_of_field(enum hg_filter_field field, unsigned ret[2])
{
    static const uint8_t columns[HG_QUERY_PLACE + 1] = { /* 1 more than the column */
        [HG_FILTER_src] = 1 + COLUMN_SRC,
        [HG_FILTER_dst] = 1 + COLUMN_DST,
        [HG_FILTER_ip] = 1 + COLUMN_SRC,
        [HG_FILTER_sport] = 1 + COLUMN_SPORT,
        [HG_FILTER_port] = 1 + COLUMN_PORT,
        [HG_FILTER_proto] = 1 + COLUMN_PROTO,
        [HG_FILTER_app] = 1 + COLUMN_APP,
        [HG_FILTER_dataset] = 1 + COLUMN_DATASET,
        [HG_FILTER_source] = 1 + COLUMN_INPUT,
        [HG_FILTER_kind] = 1 + COLUMN_KIND,
        [HG_FILTER_type] = 1 + COLUMN_TYPE,
        [HG_FILTER_label] = 1 + COLUMN_LABEL,
        [HG_FILTER_by] = 1 + COLUMN_BY,
        [HG_FILTER_severity] = 1 + COLUMN_SEVERITY,
        [HG_FILTER_score] = 1 + COLUMN_SCORE,
        [HG_FILTER_rule] = 1 + COLUMN_RULE,
        [HG_FILTER_country] = 1 + COLUMN_PLACE,
        [HG_FILTER_user] = 1 + COLUMN_TRAIT + HG_TRAIT_username,
        [HG_FILTER_password] = 1 + COLUMN_TRAIT + HG_TRAIT_password,
        [HG_FILTER_command] = 1 + COLUMN_TRAIT + HG_TRAIT_command,
        [HG_FILTER_url] = 1 + COLUMN_TRAIT + HG_TRAIT_url,
        [HG_FILTER_sha256] = 1 + COLUMN_TRAIT + HG_TRAIT_file,
        [HG_FILTER_hassh] = 1 + COLUMN_TRAIT + HG_TRAIT_hassh,
        [HG_FILTER_ja3] = 1 + COLUMN_TRAIT + HG_TRAIT_ja3,
        [HG_FILTER_client] = 1 + COLUMN_TRAIT + HG_TRAIT_client,
        [HG_FILTER_signature] = 1 + COLUMN_TRAIT + HG_TRAIT_signature,
        [HG_FILTER_direction] = 1 + COLUMN_DIRECTION,
        [HG_FILTER_late] = 1 + COLUMN_LATE,
        [HG_FILTER_alert] = 1 + COLUMN_ALERT,
        [HG_QUERY_PLACE] = 1 + COLUMN_PLACE,
    };
    ret[0] = columns[field] == 0 ? 0 : columns[field] - 1u;
    ret[1] = COLUMN_DST;
    return columns[field] == 0 ? 0 : field == HG_FILTER_ip ? 2 : 1;
}

static const char *name_of(const struct input_names *names, uint32_t input)
{
    return input < names->n ? names->names[input] : NULL;
}

struct hg_filter_row filter_row_of(const struct hg_event_row *row, const struct input_names *names)
{
    return (struct hg_filter_row){.event = &row->event, .score = &row->score, .by = row->by, .late = row->late, .alert = &row->alert,
                                  .source = name_of(names, row->event.input), .country = row->country};
}

/* ---- as a filter says it */

static struct hg_slice put_address(const struct hg_event *event, unsigned column, struct hg_buf *text)
{
    const struct hg_ip *ip = column == COLUMN_SRC ? &event->source_ip : &event->destination_ip;
    if (!hg_event_has(event, (enum hg_field)flagged[column].field) || !hg_buf_reserve(text, HG_IP_TEXT_BYTES))
        return HG_SLICE_NONE;
    size_t begin = text->len;
    text->len += hg_ip_print(ip, text->p + begin);
    return (struct hg_slice){text->p + begin, text->len - begin};
}

static struct hg_slice put_number(bool has, double value, struct hg_buf *text)
{
    size_t begin = text->len;
    if (!has || !hg_buf_reserve(text, 64))
        return HG_SLICE_NONE;
    hg_buf_f64(text, value);
    return (struct hg_slice){text->p + begin, text->len - begin};
}

static struct hg_slice put_id(const struct hg_id *id, struct hg_slice value, struct hg_buf *text)
{
    size_t begin = text->len;
    if (value.p == NULL || !hg_buf_reserve(text, HG_ID_TEXT_BYTES))
        return HG_SLICE_NONE;
    hg_id_print(id, text->p + begin);
    text->len += HG_ID_TEXT_BYTES;
    return (struct hg_slice){text->p + begin, HG_ID_TEXT_BYTES};
}

struct hg_slice value_words(enum hg_filter_field field, unsigned column, struct hg_slice value, const struct input_names *names, struct hg_buf *text)
{
    struct hg_event_row row;
    value_row_none(&row);
    value_put(&row, column, value);
    const struct hg_event *event = &row.event;
    switch (column) {
    case COLUMN_SRC:
    case COLUMN_DST: return put_address(event, column, text);
    case COLUMN_SPORT: return put_number(hg_event_has(event, HG_FIELD_source_port), event->source_port, text);
    case COLUMN_PORT: return put_number(hg_event_has(event, HG_FIELD_destination_port), event->destination_port, text);
    case COLUMN_PROTO: return event->protocol;
    case COLUMN_APP: return event->application_protocol;
    case COLUMN_TYPE: return hg_slice_of(hg_attack_type_name((enum hg_attack_type)event->attack_type));
    case COLUMN_LABEL: return hg_slice_of(hg_label_name((enum hg_label)event->label));
    case COLUMN_DIRECTION: return hg_slice_of(hg_direction_name((enum hg_direction)event->direction));
    case COLUMN_DATASET: return hg_slice_of(hg_dataset_name((enum hg_dataset)event->dataset));
    case COLUMN_BY: return hg_slice_of(hg_by_name(row.by));
    case COLUMN_SEVERITY: return hg_slice_of(hg_severity_name((enum hg_severity)row.score.severity));
    case COLUMN_LATE: return row.late ? HG_SLICE("yes") : HG_SLICE("no");
    case COLUMN_INPUT: return hg_slice_of(name_of(names, event->input));
    case COLUMN_SCORE: return put_number(hg_score_has_value(&row.score), row.score.value, text);
    case COLUMN_RULE: return hg_slice_of(hg_rule_name((enum hg_rule)row.score.finding.rule));
    case COLUMN_ALERT: return put_id(&row.alert, value, text);
    case COLUMN_PLACE:
        if (field == HG_FILTER_country)
            return place_country(value);
        return value.p != NULL && memchr(value.p, ',', value.len) != NULL ? value : HG_SLICE_NONE;
    default: return value;
    }
}
