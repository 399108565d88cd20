/* Values as they are written, as terms of their field's type. */
#include "core/filter_priv.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>

#define WHOLE_MAX (UINT64_C(1) << 53) /* whole numbers are exact up to here */

/* A range a..b, either end of which may be left out; one value is both. */
struct ends {
    struct hg_slice low, high;
    bool is_range;
};

static struct ends split_range(struct hg_slice value)
{
    for (size_t i = 0; i + 1 < value.len; i++)
        if (value.p[i] == '.' && value.p[i + 1] == '.')
            return (struct ends){{value.p, i}, hg_slice_from(value, i + 2), true};
    return (struct ends){value, value, false};
}

static enum hg_rc wrong(enum hg_filter_field field, struct hg_slice value, struct hg_slice part, struct hg_filter_fault *ret)
{
    ret->offset = part.p == NULL ? 0 : (size_t)(part.p - value.p);
    ret->len = part.len;
    hg_filter_expect(field, ret);
    return HG_EUSAGE;
}

static enum hg_rc reversed(struct hg_slice value, struct hg_filter_fault *ret)
{
    hg_filter_fault_set(ret, 0, value.len, "a range from the smaller to the larger");
    return HG_EUSAGE;
}

/* ---- numbers */

static bool parse_number(enum hg_filter_field field, struct hg_slice text, double *ret)
{
    if (field == HG_FILTER_score || field == HG_FILTER_duration)
        return hg_num_parse_f64(text, ret) && *ret >= 0 && (field == HG_FILTER_duration || *ret <= 1);
    uint64_t whole;
    bool is_port = field == HG_FILTER_port || field == HG_FILTER_sport;
    if (!hg_num_parse_u64(text, &whole) || whole > (is_port ? 65535 : WHOLE_MAX))
        return false;
    *ret = (double)whole;
    return true;
}

/* The next number up or down: of whole ones the next whole one. Values are 0 or more: below 0 there is nothing. */
static double next_to(enum hg_filter_field field, double value, int way)
{
    if (field != HG_FILTER_score && field != HG_FILTER_duration)
        return value + way;
    if (value <= 0)
        return way < 0 ? -1 : 0x1p-1074;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = way < 0 ? bits - 1 : bits + 1; /* neighbours of one sign are neighbours as bits */
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static void take_op(enum hg_filter_field field, enum hg_filter_op op, double value, struct hg_filter_term *ret)
{
    ret->v.number.low = op == HG_FILTER_MORE ? next_to(field, value, 1) : op == HG_FILTER_AT_LEAST ? value : (double)-INFINITY;
    ret->v.number.high = op == HG_FILTER_LESS ? next_to(field, value, -1) : op == HG_FILTER_AT_MOST ? value : (double)INFINITY;
}

static enum hg_rc read_number(enum hg_filter_field field, enum hg_filter_op op, struct hg_slice value, struct hg_filter_term *ret,
                              struct hg_filter_fault *ret_fault)
{
    double low = -INFINITY, high = INFINITY;
    if (op != HG_FILTER_EQUALS) {
        if (!parse_number(field, value, &low))
            return wrong(field, value, value, ret_fault);
        ret->test = HG_FILTER_RANGE;
        take_op(field, op, low, ret);
        return HG_OK;
    }
    struct ends ends = split_range(value);
    if (ends.is_range && ends.low.len == 0 && ends.high.len == 0)
        return wrong(field, value, value, ret_fault);
    if ((!ends.is_range || ends.low.len > 0) && !parse_number(field, ends.low, &low))
        return wrong(field, value, ends.low, ret_fault);
    if ((!ends.is_range || ends.high.len > 0) && !parse_number(field, ends.high, &high))
        return wrong(field, value, ends.high, ret_fault);
    if (low > high)
        return reversed(value, ret_fault);
    ret->test = ends.is_range ? HG_FILTER_RANGE : HG_FILTER_IS;
    ret->v.number.low = low;
    ret->v.number.high = high;
    return HG_OK;
}

/* ---- times: [from, to) */

static enum hg_rc read_time(enum hg_filter_op op, struct hg_slice value, int64_t now_us, struct hg_filter_term *ret,
                            struct hg_filter_fault *ret_fault)
{
    struct ends ends = op == HG_FILTER_EQUALS ? split_range(value) : (struct ends){value, value, false};
    int64_t low_from = INT64_MIN, low_to = INT64_MIN, high_from = INT64_MAX, high_to = INT64_MAX;
    if (ends.is_range && ends.low.len == 0 && ends.high.len == 0)
        return wrong(HG_FILTER_time, value, value, ret_fault);
    if ((!ends.is_range || ends.low.len > 0) && !hg_filter_parse_time(ends.low, now_us, &low_from, &low_to))
        return wrong(HG_FILTER_time, value, ends.low, ret_fault);
    if ((!ends.is_range || ends.high.len > 0) && !hg_filter_parse_time(ends.high, now_us, &high_from, &high_to))
        return wrong(HG_FILTER_time, value, ends.high, ret_fault);
    if (op == HG_FILTER_EQUALS && !ends.is_range && value.p[0] == '-') /* the last 15 minutes */
        high_to = now_us + 1;
    ret->test = HG_FILTER_RANGE;
    ret->v.time.from_us = op == HG_FILTER_MORE ? low_to : op == HG_FILTER_LESS || op == HG_FILTER_AT_MOST ? INT64_MIN : low_from;
    ret->v.time.to_us = op == HG_FILTER_LESS ? low_from : op == HG_FILTER_MORE || op == HG_FILTER_AT_LEAST ? INT64_MAX : high_to;
    return ret->v.time.from_us < ret->v.time.to_us ? HG_OK : reversed(value, ret_fault);
}

/* ---- addresses and identifiers */

bool hg_filter_parse_network(struct hg_slice text, struct hg_ip *ret_ip, uint8_t *ret_bits)
{
    const char *slash = text.len > 0 ? memchr(text.p, '/', text.len) : NULL;
    struct hg_slice address = {text.p, slash != NULL ? (size_t)(slash - text.p) : text.len};
    uint64_t bits = 128;
    if (!hg_ip_parse(address, ret_ip))
        return false;
    if (slash != NULL) {
        bool is_v4 = memchr(address.p, ':', address.len) == NULL;
        if (!hg_num_parse_u64(hg_slice_from(text, address.len + 1), &bits) || bits > (is_v4 ? 32 : 128))
            return false;
        bits += is_v4 ? 96 : 0;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : (unsigned)bits - 8 * i;
        ret_ip->b[i] &= (uint8_t)(0xff00u >> kept);
    }
    *ret_bits = (uint8_t)bits;
    return true;
}

static bool parse_id(struct hg_slice text, struct hg_id *ret)
{
    char lower[HG_ID_TEXT_BYTES];
    if (text.len != sizeof lower)
        return false;
    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = hg_filter_lower(text.p[i]);
    return hg_id_parse((struct hg_slice){lower, sizeof lower}, ret);
}

/* ---- names of lists */

static bool find_name(enum hg_filter_field field, struct hg_slice text, uint32_t *ret)
{
    for (uint32_t i = 0; i < hg_filter_names(field); i++) {
        const char *name = hg_filter_name(field, i, NULL);
        if (name != NULL && hg_filter_same(text, name)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static enum hg_rc wrong_name(enum hg_filter_field field, struct hg_slice value, struct hg_slice part, struct hg_filter_fault *ret)
{
    const char *nearest = hg_filter_nearest_name(field, part);
    enum hg_rc rc = wrong(field, value, part, ret);
    if (nearest != NULL) {
        char list[sizeof ret->expected];
        memcpy(list, ret->expected, sizeof list);
        if ((size_t)snprintf(ret->expected, sizeof ret->expected, "%s? %s", nearest, list) >= sizeof ret->expected)
            snprintf(ret->expected, sizeof ret->expected, "%s?", nearest);
    }
    return rc;
}

/* Severity alone has an order, and so ranges. */
static enum hg_rc read_severity(enum hg_filter_op op, struct hg_slice value, struct hg_filter_term *ret, struct hg_filter_fault *ret_fault)
{
    struct ends ends = op == HG_FILTER_EQUALS ? split_range(value) : (struct ends){value, value, false};
    uint32_t low = HG_SEVERITY_NONE, high = HG_SEVERITY_HIGH;
    if ((!ends.is_range || ends.low.len > 0) && !find_name(HG_FILTER_severity, ends.low, &low))
        return wrong_name(HG_FILTER_severity, value, ends.low, ret_fault);
    if ((!ends.is_range || ends.high.len > 0) && !find_name(HG_FILTER_severity, ends.high, &high))
        return wrong_name(HG_FILTER_severity, value, ends.high, ret_fault);
    if (low > high)
        return reversed(value, ret_fault);
    ret->test = HG_FILTER_RANGE;
    ret->v.number.low = low;
    ret->v.number.high = high;
    if (op != HG_FILTER_EQUALS)
        take_op(HG_FILTER_severity, op, low, ret);
    return HG_OK;
}

static enum hg_rc read_name(enum hg_filter_field field, struct hg_slice value, struct hg_filter_term *ret, struct hg_filter_fault *ret_fault)
{
    ret->test = HG_FILTER_IS;
    return find_name(field, value, &ret->v.name) ? HG_OK : wrong_name(field, value, value, ret_fault);
}

/* ---- texts: lower case; of a field with a backslash before what would be a pattern */

static enum hg_rc read_text(enum hg_filter_field field, struct hg_slice value, struct hg_arena *arena, struct hg_filter_term *ret,
                            struct hg_err *reterr)
{
    char *text = hg_arena_alloc(arena, 2 * value.len + 1);
    if (text == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a filter");
    size_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        bool is_escape = hg_filter_is_escape(value, i);
        char c = hg_filter_lower(value.p[is_escape ? ++i : i]);
        if (field != HG_FILTER_TEXT && (c == '\\' || (c == '*' && is_escape)))
            text[n++] = '\\';
        text[n++] = c;
    }
    ret->test = HG_FILTER_IS;
    ret->v.text = (struct hg_slice){text, n};
    return HG_OK;
}

/* field:* means that it has one. What is never missing is asked for by a range that leaves nothing out. */
static void read_any(enum hg_filter_field field, struct hg_filter_term *ret)
{
    ret->test = HG_FILTER_HAS;
    if (field == HG_FILTER_late) {
        ret->test = HG_FILTER_IS;
        ret->v.name = 1;
    } else if (field == HG_FILTER_severity) {
        ret->test = HG_FILTER_RANGE;
        ret->v.number.low = HG_SEVERITY_NONE;
        ret->v.number.high = HG_SEVERITY_HIGH;
    } else if (field == HG_FILTER_time) {
        ret->test = HG_FILTER_RANGE;
        ret->v.time.from_us = INT64_MIN;
        ret->v.time.to_us = INT64_MAX;
    }
}

enum hg_rc hg_filter_read_value(enum hg_filter_field field, enum hg_filter_op op, struct hg_slice value, int64_t now_us,
                                struct hg_arena *arena, struct hg_filter_term *ret, struct hg_filter_fault *ret_fault, struct hg_err *reterr)
{
    memset(ret, 0, sizeof *ret);
    ret->field = (uint8_t)field;
    if (field != HG_FILTER_TEXT && op == HG_FILTER_EQUALS && hg_slice_is(value, "*")) {
        read_any(field, ret);
        return HG_OK;
    }
    if (value.len == 0 && hg_filter_field_type(field) != HG_FILTER_OF_text)
        return wrong(field, value, value, ret_fault);
    switch (hg_filter_field_type(field)) {
    case HG_FILTER_OF_number:
        return read_number(field, op, value, ret, ret_fault);
    case HG_FILTER_OF_time:
        return read_time(op, value, now_us, ret, ret_fault);
    case HG_FILTER_OF_address:
        ret->test = HG_FILTER_IS;
        return hg_filter_parse_network(value, &ret->v.address.ip, &ret->v.address.bits) ? HG_OK : wrong(field, value, value, ret_fault);
    case HG_FILTER_OF_id:
        ret->test = HG_FILTER_IS;
        return parse_id(value, &ret->v.id) ? HG_OK : wrong(field, value, value, ret_fault);
    case HG_FILTER_OF_name:
        return field == HG_FILTER_severity ? read_severity(op, value, ret, ret_fault) : read_name(field, value, ret, ret_fault);
    case HG_FILTER_OF_text:
        break;
    }
    return read_text(field, value, arena, ret, reterr);
}
