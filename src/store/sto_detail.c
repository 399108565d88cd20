/* What nobody filters by of an event and its score, in one column each. */
#include "store/store_priv.h"

#include <math.h>

/* The score's detail: state, flags (see below), columns, number of contributions (a byte each); per contribution hg_code32 of the
 * feature's name, share, value, low, median, high (4 bytes each); then p (8 bytes); then the finding, where there is one. Little endian. */

static void put32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(uint8_t)(v >> 8 * i);
}

static uint32_t get32(const char *p)
{
    uint32_t v = 0;
    for (int i = 3; i >= 0; i--)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

static void put_float(char *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put32(p, bits);
}

static float get_float(const char *p)
{
    uint32_t bits = get32(p);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void put64(char *p, uint64_t v)
{
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

static uint64_t get64(const char *p)
{
    return (uint64_t)get32(p + 4) << 32 | get32(p);
}

static void put_double(char *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put64(p, bits);
}

static double get_double(const char *p)
{
    uint64_t bits = get64(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

enum { LEARNED = 1, PARTIAL = 2, FOUND = 4 };

/* A finding: hg_code32 of the rule's name (4), trait, dataset (1 each), also (2), counted, limit, seconds, second, usual (4 each), seen_us,
 * p (8 each). */
static char *put_finding(char *p, const struct hg_finding *finding)
{
    const float figures[] = {finding->counted, finding->limit, finding->seconds, finding->second, finding->usual};
    put32(p, hg_code32(hg_slice_of(hg_rule_name((enum hg_rule)finding->rule))));
    p[4] = (char)finding->trait;
    p[5] = (char)finding->dataset;
    p[6] = (char)(uint8_t)finding->also;
    p[7] = (char)(uint8_t)(finding->also >> 8);
    for (int i = 0; i < 5; i++)
        put_float(p + 8 + 4 * i, figures[i]);
    put64(p + 28, (uint64_t)finding->seen_us);
    put_double(p + 36, finding->p);
    return p + FINDING_BYTES;
}

static uint8_t rule_of_code(uint32_t code)
{
    for (int i = HG_RULE_NONE + 1; i < HG_RULE_COUNT; i++)
        if (hg_code32(hg_slice_of(hg_rule_name((enum hg_rule)i))) == code)
            return (uint8_t)i;
    return HG_RULE_NONE;
}

static void get_finding(const char *p, struct hg_finding *ret)
{
    *ret = (struct hg_finding){.rule = rule_of_code(get32(p)), .trait = known((uint8_t)p[4], HG_TRAIT_COUNT + 1),
                               .dataset = known((uint8_t)p[5], HG_DATASET_COUNT),
                               .also = (uint16_t)((uint8_t)p[6] | (uint8_t)p[7] << 8), .counted = get_float(p + 8),
                               .limit = get_float(p + 12), .seconds = get_float(p + 16), .second = get_float(p + 20),
                               .usual = get_float(p + 24), .seen_us = (int64_t)get64(p + 28), .p = get_double(p + 36)};
}

struct hg_slice score_detail_print(const struct hg_score *score, char out[SCORE_DETAIL_BYTES])
{
    out[0] = (char)score->state;
    out[1] = (char)((score->learned_in_sample ? LEARNED : 0) | (score->partial ? PARTIAL : 0) | (score->finding.rule != HG_RULE_NONE ? FOUND : 0));
    out[2] = (char)score->columns;
    out[3] = (char)score->n_top;
    char *p = out + 4;
    for (uint8_t i = 0; i < score->n_top; i++, p += 24) {
        const struct hg_contribution *top = &score->top[i];
        put32(p, hg_code32(hg_slice_of(hg_feature_name((enum hg_feature)top->feature))));
        put_float(p + 4, top->share);
        put_float(p + 8, top->value);
        put_float(p + 12, top->low);
        put_float(p + 16, top->median);
        put_float(p + 20, top->high);
    }
    put_double(p, score->p);
    p += 8;
    if (score->finding.rule != HG_RULE_NONE)
        p = put_finding(p, &score->finding);
    return (struct hg_slice){out, (size_t)(p - out)};
}

static bool feature_of_code(uint32_t code, uint8_t *ret)
{
    for (int i = 0; i < HG_FEATURE_COUNT; i++) {
        if (hg_code32(hg_slice_of(hg_feature_name((enum hg_feature)i))) == code) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return false;
}

size_t score_detail_read(struct hg_slice bytes, struct hg_score *ret)
{
    if (bytes.len < 4)
        return bytes.len;
    ret->state = known((uint8_t)bytes.p[0], HG_NO_SUBMODEL + 1);
    ret->learned_in_sample = (bytes.p[1] & LEARNED) != 0;
    ret->partial = (bytes.p[1] & PARTIAL) != 0;
    ret->columns = (uint8_t)bytes.p[2];
    ret->n_top = 0;
    const char *end = bytes.p + bytes.len, *p = bytes.p + 4;
    for (uint8_t n = (uint8_t)bytes.p[3]; n > 0 && end - p >= 24; n--, p += 24) {
        struct hg_contribution top = {.share = get_float(p + 4), .value = get_float(p + 8), .low = get_float(p + 12),
                                      .median = get_float(p + 16), .high = get_float(p + 20)};
        if (ret->n_top < HG_TOP_FEATURES && feature_of_code(get32(p), &top.feature)) /* a feature that is no more is left out */
            ret->top[ret->n_top++] = top;
    }
    ret->p = end - p >= 8 ? get_double(p) : (double)NAN; /* stores of before p-values have none */
    p += end - p >= 8 ? 8 : end - p;
    bool found = (bytes.p[1] & FOUND) != 0 && end - p >= FINDING_BYTES;
    if (found)
        get_finding(p, &ret->finding);
    return (size_t)(p - bytes.p) + (found ? FINDING_BYTES : 0);
}

/* A row of features: a hash of what they are (4), then cells and codes (4 each). */
static uint32_t features_hash(void)
{
    uint64_t hash = HG_FEATURE_COUNT;
    for (int i = 0; i < HG_FEATURE_COUNT; i++)
        hash = hg_hash64(hg_slice_of(hg_feature_name((enum hg_feature)i)), hash);
    return (uint32_t)hash;
}

static size_t put_features(const struct hg_feature_row *row, char *out)
{
    put32(out, features_hash());
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        put_float(out + 4 + 4 * f, row->cells[f]);
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        put32(out + 4 + 4 * (HG_FEATURE_FIRST_CODE + c), row->codes[c]);
    return FEATURES_BYTES;
}

/* False: none are there, or those of another version. */
static bool get_features(struct hg_slice bytes, struct hg_feature_row *ret)
{
    if (bytes.len != FEATURES_BYTES || get32(bytes.p) != features_hash())
        return false;
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        ret->cells[f] = get_float(bytes.p + 4 + 4 * f);
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        ret->codes[c] = get32(bytes.p + 4 + 4 * (HG_FEATURE_FIRST_CODE + c));
    return true;
}

/* detail: what nobody filters by, in one column, since every column costs: offset (8), missing (4), source_port (2), direction,
 * tcp_flags, payload_form (a byte each), duration, bytes_sent, bytes_received, packets_sent, packets_received (8 each), then the
 * score's, then its features, where they are kept. Little endian. */
#define FIELD_BYTES  (8 + 4 + 2 + 3 + 5 * 8)
_Static_assert(FIELD_BYTES + SCORE_DETAIL_BYTES + FEATURES_BYTES == DETAIL_BYTES, "DETAIL_BYTES is the size of all of it");

#define LATE 0x80 /* a flag beside the direction */

struct hg_slice detail_print(const struct hg_stored_event *stored, char out[DETAIL_BYTES])
{
    const struct hg_event *event = stored->event;
    const int64_t counters[] = {event->bytes_sent, event->bytes_received, event->packets_sent, event->packets_received};
    put64(out, event->offset);
    put32(out + 8, event->missing);
    out[12] = (char)(uint8_t)event->source_port;
    out[13] = (char)(uint8_t)(event->source_port >> 8);
    out[14] = (char)(event->direction | (stored->late ? LATE : 0));
    out[15] = (char)event->tcp_flags;
    out[16] = (char)event->payload_form;
    put_double(out + 17, event->duration);
    for (int i = 0; i < 4; i++)
        put64(out + 25 + 8 * i, (uint64_t)counters[i]);
    size_t n = FIELD_BYTES + score_detail_print(stored->score, out + FIELD_BYTES).len;
    return (struct hg_slice){out, n + (stored->features == NULL ? 0 : put_features(stored->features, out + n))};
}

void detail_read(struct hg_slice bytes, struct hg_event_row *ret)
{
    struct hg_event *event = &ret->event;
    int64_t *const counters[] = {&event->bytes_sent, &event->bytes_received, &event->packets_sent, &event->packets_received};
    if (bytes.len < FIELD_BYTES)
        return;
    const char *p = bytes.p;
    event->offset = get64(p);
    event->missing = get32(p + 8);
    event->source_port = (uint16_t)((uint8_t)p[12] | (uint8_t)p[13] << 8);
    event->direction = known((uint8_t)p[14] & 0x7f, HG_DIRECTION_NONE + 1);
    ret->late = ((uint8_t)p[14] & LATE) != 0;
    event->tcp_flags = (uint8_t)p[15];
    event->payload_form = known((uint8_t)p[16], HG_PAYLOAD_PYTHON + 1);
    event->duration = get_double(p + 17);
    for (int i = 0; i < 4; i++)
        *counters[i] = (int64_t)get64(p + 25 + 8 * i);
    size_t n = FIELD_BYTES + score_detail_read(hg_slice_from(bytes, FIELD_BYTES), &ret->score);
    ret->has_features = get_features(hg_slice_from(bytes, n), &ret->features);
}
