#include "evaluate/log_rows.h"

#include "base/grow.h"
#include "base/rng.h"

#include <math.h>

#define CLOCK_DAYS 14 /* as in training: with fewer days the clock is no input, and rows that differ in it alone are equal */

_Static_assert(HG_FEATURE_COUNT < 64, "features are bits of 64");

/* Missing for want of events and not because a source lacks them: how often two addresses met is behaviour, no mask. */
#define TOO_FEW (UINT64_C(1) << HG_FEATURE_pair_interval_1h | UINT64_C(1) << HG_FEATURE_pair_regularity_1h)

struct log_row {
    struct hg_feature_row features;
    uint64_t missing; /* features, by bit */
    uint64_t source; /* a hash of the address; 0: missing */
    uint16_t port;
    uint8_t label;   /* what the log says */
};

struct hg_log_rows {
    struct hg_truth *truth;
    struct hg_rng rng;
    size_t max;
    uint64_t seen;
    struct hg_case *cases;
    struct log_row *rows;
    size_t n, cap_cases, cap_rows;
    uint64_t has[HG_SUB_COUNT]; /* features that some row of the kind has */
    bool with_clock[HG_SUB_COUNT];
    struct hg_event as_events[HG_SUB_COUNT]; /* a bare event of each kind */
    /* a block's */
    struct hg_matrix matrix;
    struct hg_event events[HG_EVALUATE_BLOCK];
    const struct hg_event *pointers[HG_EVALUATE_BLOCK];
    struct hg_score scores[HG_EVALUATE_BLOCK];
    struct hg_score_scratch *scratch;
};

static struct hg_event bare_event(int kind)
{
    struct hg_event event = {.kind = HG_SLICE("other")};
    if (kind == HG_SUB_ISCX)
        event.dataset = HG_DATASET_iscx;
    else if (kind == HG_SUB_COWRIE)
        event.dataset = HG_DATASET_cowrie;
    else if (kind == HG_SUB_DIONAEA)
        event.dataset = HG_DATASET_dionaea;
    else if (kind >= HG_SUB_ZEEK)
        event.dataset = (uint8_t)(HG_DATASET_zeek + (kind - HG_SUB_ZEEK));
    else
        event.dataset = HG_DATASET_suricata;
    if (kind == HG_SUB_SURICATA_FLOW)
        event.kind = HG_SLICE("flow");
    HG_ASSERT((int)hg_submodel_of(&event) == kind);
    return event;
}

enum hg_rc hg_log_rows_create(struct hg_truth *truth, uint64_t seed, size_t max, struct hg_log_rows **ret, struct hg_err *reterr)
{
    struct hg_log_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory");
    rows->truth = truth;
    rows->rng = hg_rng_seeded(seed);
    rows->max = max;
    for (int kind = 0; kind < HG_SUB_COUNT; kind++)
        rows->as_events[kind] = bare_event(kind);
    for (size_t i = 0; i < HG_EVALUATE_BLOCK; i++)
        rows->pointers[i] = &rows->events[i];
    enum hg_rc rc = hg_matrix_reserve(&rows->matrix, HG_EVALUATE_BLOCK, reterr);
    if (rc == HG_OK)
        rc = hg_score_scratch_create(&rows->scratch, reterr);
    if (rc == HG_OK)
        *ret = rows;
    else
        hg_log_rows_destroy(rows);
    return rc;
}

void hg_log_rows_destroy(struct hg_log_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->cases);
    free(rows->rows);
    hg_matrix_free(&rows->matrix);
    hg_score_scratch_destroy(rows->scratch);
    free(rows);
}

/* ---- taking rows */
static enum hg_rc place_for_row(struct hg_log_rows *rows, size_t *ret, struct hg_err *reterr)
{
    uint64_t seen = rows->seen++;
    if (rows->n == rows->max) {
        *ret = (size_t)hg_rng_below(&rows->rng, seen + 1);
        return HG_OK;
    }
    struct hg_case *cases = hg_grow(rows->cases, rows->n, &rows->cap_cases, sizeof *cases);
    if (cases != NULL)
        rows->cases = cases;
    struct log_row *more = hg_grow(rows->rows, rows->n, &rows->cap_rows, sizeof *more);
    if (more != NULL)
        rows->rows = more;
    if (cases == NULL || more == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", rows->n + 1);
    *ret = rows->n++;
    return HG_OK;
}

static struct hg_case make_case(const struct hg_log_rows *rows, const struct hg_event *event)
{
    enum hg_attack_type type = (enum hg_attack_type)event->attack_type;
    enum hg_label truth = rows->truth == NULL ? (enum hg_label)event->label : hg_truth_of(rows->truth, &event->id, &type);
    return (struct hg_case){.time_us = hg_event_has(event, HG_FIELD_event_time) ? event->time_us : HG_TIME_NONE,
                            .kind = (uint8_t)hg_submodel_of(event),
                            .truth = (uint8_t)truth,
                            .family = truth == HG_LABEL_ATTACK ? (uint16_t)type : HG_NO_FAMILY};
}

static void copy_row(const struct hg_matrix *matrix, size_t i, struct log_row *row)
{
    hg_matrix_get_row(matrix, i, &row->features);
    row->missing = 0;
    for (unsigned f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        row->missing |= isnan(row->features.cells[f]) ? UINT64_C(1) << f : 0;
    }
    for (unsigned c = 0; c < HG_CODE_COUNT; c++) {
        row->missing |= row->features.codes[c] == 0 ? UINT64_C(1) << (HG_FEATURE_FIRST_CODE + c) : 0;
    }
}

enum hg_rc hg_log_rows_add(struct hg_log_rows *rows, const struct hg_event *const *events, size_t n, const struct hg_matrix *matrix,
                           struct hg_err *reterr)
{
    for (size_t i = 0; i < n; i++) {
        size_t place = 0;
        enum hg_rc rc = place_for_row(rows, &place, reterr);
        if (rc != HG_OK)
            return rc;
        if (place >= rows->max)
            continue;
        const struct hg_event *event = events[i];
        struct hg_case *at = &rows->cases[place];
        struct log_row *row = &rows->rows[place];
        *at = make_case(rows, event);
        copy_row(matrix, i, row);
        at->mask = (uint32_t)hg_mix64(row->missing & ~TOO_FEW);
        row->label = event->label;
        row->port = event->destination_port;
        bool has_source = hg_event_has(event, HG_FIELD_source_ip);
        row->source = has_source ? hg_hash64((struct hg_slice){(const char *)&event->source_ip, sizeof event->source_ip}, 1) : 0;
    }
    return HG_OK;
}

/* ---- what they have in common */
static void note_kinds(struct hg_log_rows *rows)
{
    int64_t days[HG_SUB_COUNT][CLOCK_DAYS];
    size_t n_days[HG_SUB_COUNT] = {0};
    for (size_t i = 0; i < rows->n; i++) {
        const struct hg_case *at = &rows->cases[i];
        rows->has[at->kind] |= ~rows->rows[i].missing & ((UINT64_C(1) << HG_FEATURE_COUNT) - 1);
        size_t d = 0, *n = &n_days[at->kind];
        int64_t day = hg_time_floor(at->time_us == HG_TIME_NONE ? 0 : at->time_us, HG_DAY);
        while (d < *n && days[at->kind][*n - 1 - d] != day)
            d++;
        if (d == *n && *n < CLOCK_DAYS)
            days[at->kind][(*n)++] = day;
    }
    for (int kind = 0; kind < HG_SUB_COUNT; kind++)
        rows->with_clock[kind] = n_days[kind] == CLOCK_DAYS;
}

static uint64_t content_of(const struct hg_log_rows *rows, size_t i)
{
    const struct hg_case *at = &rows->cases[i];
    struct log_row row = rows->rows[i];
    for (unsigned f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        if (isnan(row.features.cells[f]) || (!rows->with_clock[at->kind] && hg_feature_kind((enum hg_feature)f) == HG_KIND_clock))
            row.features.cells[f] = -1; /* one bit pattern; what is missing is in the mask */
    uint64_t hash = hg_hash64((struct hg_slice){(const char *)row.features.cells, sizeof row.features.cells}, row.missing);
    hash = hg_hash64((struct hg_slice){(const char *)row.features.codes, sizeof row.features.codes}, hash);
    return hg_mix64(hash ^ (uint64_t)at->kind << 8 ^ at->truth);
}

static enum hg_rc mark_duplicates(struct hg_log_rows *rows, struct hg_err *reterr)
{
    uint64_t *hashes = malloc((rows->n + 1) * sizeof *hashes);
    if (hashes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", rows->n);
    for (size_t i = 0; i < rows->n; i++)
        hashes[i] = content_of(rows, i);
    enum hg_rc rc = hg_mark_duplicates(rows->cases, hashes, rows->n, reterr);
    free(hashes);
    return rc;
}

static bool kind_lacks(const void *self, uint8_t kind, uint8_t other)
{
    const struct hg_log_rows *rows = self;
    return (rows->has[kind] & ~rows->has[other]) != 0;
}

static bool kind_is_honeypot(uint8_t kind)
{
    return hg_submodel_is_honeypot(kind);
}

/* ---- the model's view: rows of a block as a matrix, with events that say no more than a model asks */
static void gather(struct hg_log_rows *rows, const uint32_t *indexes, const uint8_t *as, size_t n)
{
    rows->matrix.rows = n;
    for (size_t i = 0; i < n; i++) {
        const struct hg_case *at = &rows->cases[indexes[i]];
        const struct log_row *row = &rows->rows[indexes[i]];
        uint8_t kind = as == NULL ? at->kind : as[i];
        uint64_t blank = as == NULL ? 0 : ~rows->has[kind];
        for (unsigned f = 0; f < HG_FEATURE_FIRST_CODE; f++)
            rows->matrix.cells[f * rows->matrix.stride + i] = blank >> f & 1 ? (float)NAN : row->features.cells[f];
        for (unsigned c = 0; c < HG_CODE_COUNT; c++)
            rows->matrix.codes[c * rows->matrix.stride + i] = blank >> (HG_FEATURE_FIRST_CODE + c) & 1 ? 0 : row->features.codes[c];
        struct hg_event *event = &rows->events[i];
        *event = rows->as_events[kind];
        event->label = as == NULL ? row->label : HG_LABEL_NORMAL;
        event->time_us = at->time_us;
        event->destination_port = row->port;
        if (at->time_us == HG_TIME_NONE)
            hg_event_set_missing(event, HG_FIELD_event_time);
    }
}

static enum hg_rc fit(void *self, const uint32_t *indexes, const uint8_t *as, size_t n, const struct hg_train_settings *settings,
                      struct hg_model **ret, struct hg_err *reterr)
{
    struct hg_log_rows *rows = self;
    struct hg_trainer *trainer = NULL;
    enum hg_rc rc = hg_trainer_create(settings, &trainer, reterr);
    for (size_t i = 0; rc == HG_OK && i < n; i += HG_EVALUATE_BLOCK) {
        size_t some = n - i < HG_EVALUATE_BLOCK ? n - i : HG_EVALUATE_BLOCK;
        gather(rows, indexes + i, as == NULL ? NULL : as + i, some);
        rc = hg_trainer_add(trainer, rows->pointers, some, &rows->matrix, reterr);
    }
    if (rc == HG_OK)
        rc = hg_trainer_fit(trainer, ret, reterr);
    hg_trainer_destroy(trainer);
    return rc;
}

static uint64_t group_of(struct hg_log_rows *rows, const struct hg_model *model, const struct log_row *row, size_t i)
{
    hg_model_explain(model, rows->scratch, &rows->events[i], i, &rows->matrix, &rows->scores[i]);
    const char *reason = hg_reason_key(&rows->events[i], &rows->scores[i]);
    return hg_hash64(hg_slice_of(reason), row->source ^ hg_mix64(row->port)) | 1;
}

static enum hg_rc score(void *self, const struct hg_model *model, const uint32_t *indexes, const uint8_t *as, size_t n, double rate,
                        struct hg_opinion *ret, struct hg_err *reterr)
{
    (void)reterr;
    struct hg_log_rows *rows = self;
    for (size_t start = 0; start < n; start += HG_EVALUATE_BLOCK) {
        size_t some = n - start < HG_EVALUATE_BLOCK ? n - start : HG_EVALUATE_BLOCK;
        gather(rows, indexes + start, as == NULL ? NULL : as + start, some);
        hg_model_score(model, rows->scratch, rows->pointers, some, &rows->matrix, rows->scores);
        for (size_t i = 0; i < some; i++) {
            struct hg_opinion *opinion = &ret[start + i];
            *opinion = (struct hg_opinion){.p = rows->scores[i].p, .scored = rows->scores[i].state != HG_NO_SUBMODEL};
            if (opinion->scored && opinion->p < rate)
                opinion->group = group_of(rows, model, &rows->rows[indexes[start + i]], i);
        }
    }
    return HG_OK;
}

/* Sixteen places on a log scale: every doubling from 1/64 on, or a hash of a category. */
static uint8_t bin_of_number(float value)
{
    if (isnan(value))
        return 0xff;
    if (!(value > 0x1p-6f))
        return 0;
    int exponent;
    (void)frexpf(value, &exponent);
    int bin = (exponent + 6) * 5 / 8; /* up to 2^19 and beyond */
    return (uint8_t)(bin < 1 ? 1 : bin > 15 ? 15 : bin);
}

static void bins(void *self, uint32_t index, uint8_t *ret)
{
    const struct hg_log_rows *rows = self;
    const struct log_row *row = &rows->rows[index];
    for (unsigned f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        ret[f] = hg_feature_kind((enum hg_feature)f) == HG_KIND_clock ? 0xff : bin_of_number(row->features.cells[f]);
    for (unsigned c = 0; c < HG_CODE_COUNT; c++)
        ret[HG_FEATURE_FIRST_CODE + c] = row->features.codes[c] == 0 ? 0xff : (uint8_t)(hg_mix64(row->features.codes[c]) & 15);
}

enum hg_rc hg_log_rows_subject(struct hg_log_rows *rows, struct hg_subject *ret, struct hg_err *reterr)
{
    static const char *families[HG_ATTACK_TYPE_COUNT] = {
        "unnamed",
#define HG_ATTACK_TYPE(name, words) #name,
#include "core/attack_types.def"
#undef HG_ATTACK_TYPE
    };
    static const char *const kinds[HG_SUB_COUNT] = {
        [HG_SUB_ISCX] = "iscx", [HG_SUB_SURICATA_FLOW] = "suricata_flow", [HG_SUB_SURICATA_OTHER] = "suricata_other",
        [HG_SUB_COWRIE] = "cowrie", [HG_SUB_DIONAEA] = "dionaea", [HG_SUB_ZEEK] = "zeek", [HG_SUB_CICFLOWMETER] = "cicflowmeter",
        [HG_SUB_UNSW_NB15] = "unsw_nb15", [HG_SUB_CUSTOM1] = "custom1", [HG_SUB_CUSTOM2] = "custom2", [HG_SUB_CUSTOM3] = "custom3",
        [HG_SUB_CUSTOM4] = "custom4"};
    note_kinds(rows);
    enum hg_rc rc = mark_duplicates(rows, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = (struct hg_subject){.self = rows, .cases = rows->cases, .n = rows->n, .seen = rows->seen, .n_kinds = HG_SUB_COUNT,
                               .kinds = kinds, .n_families = HG_ATTACK_TYPE_COUNT, .families = families, .has_times = true,
                               .fit = fit, .score = score, .bins = bins, .n_bins = HG_FEATURE_COUNT, .lacks = kind_lacks,
                               .is_honeypot = kind_is_honeypot};
    return HG_OK;
}
