/* A learner as bytes, and what a refit is fitted to. */
#include "detect/learner_priv.h"

#include <stdlib.h>

_Static_assert(HG_LEARNER_ROW_BYTES == TRAIN_ROW_BYTES, "a row is a row");

/* ---- a refit's input: "HGREFIT", schema, seed, detector, then for each kind with rows: kind, trained_on, seen, period, rows */

#define MAGIC "HGREFIT1"
#define MAGIC_BYTES 8u

static void put_text(struct hg_buf *out, const char *text)
{
    bytes_put(out, strlen(text), 2);
    hg_buf_text(out, text);
}

static struct hg_slice get_text(struct bytes_in *in)
{
    return bytes_take(in, (size_t)bytes_get(in, 2));
}

static void put_header(const char *magic, struct hg_buf *out)
{
    struct hg_id schema = model_schema_hash();
    hg_buf_add(out, magic, MAGIC_BYTES);
    hg_buf_add(out, schema.b, sizeof schema.b);
}

static bool get_header(struct bytes_in *in, const char *magic)
{
    struct hg_id schema = model_schema_hash();
    struct hg_slice found = bytes_take(in, MAGIC_BYTES), features = bytes_take(in, sizeof schema.b);
    return !in->failed && memcmp(found.p, magic, MAGIC_BYTES) == 0 && memcmp(features.p, schema.b, sizeof schema.b) == 0;
}

static void draw_kind(const struct hg_learner *learner, size_t kind, struct hg_buf *out)
{
    int stream = learner_stream(learner, kind);
    const struct reservoir *ages = &learner->reservoirs[reservoir_of(kind, stream, 0)];
    struct train_period period = ages[AGE_LONG].period;
    train_period_widen(&period, &ages[AGE_RECENT].period);
    bytes_put(out, kind, 1);
    bytes_put(out, (uint64_t)stream_is_trained_on(kind, stream), 1);
    bytes_put(out, ages[AGE_LONG].seen, 8);
    train_period_put(&period, out);
    bytes_put(out, ages[AGE_LONG].n + ages[AGE_RECENT].n, 4);
    for (int age = 0; age < AGES; age++)
        for (size_t i = 0; i < ages[age].n; i++)
            train_row_put(&ages[age].rows[i], out);
}

/* Rows of a kind by source. */
static void ledger_sources(const struct hg_learner *learner, const struct reservoir ages[AGES], struct hg_jsonw *w)
{
    uint64_t rows[HG_LEARN_SOURCES + 1] = {0};
    for (int age = 0; age < AGES; age++)
        for (size_t i = 0; i < ages[age].n; i++)
            rows[ages[age].rows[i].source <= learner->n_names ? ages[age].rows[i].source : 0]++;
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '[');
    for (uint16_t i = 0; i <= learner->n_names; i++) {
        if (rows[i] == 0)
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "source");
        hg_jsonw_text(w, i == 0 ? NULL : learner->names[i]);
        hg_jsonw_key(w, "rows");
        hg_jsonw_u64(w, rows[i]);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void ledger_kind(const struct hg_learner *learner, size_t kind, struct hg_jsonw *w)
{
    const struct reservoir *ages = &learner->reservoirs[reservoir_of(kind, learner_stream(learner, kind), 0)];
    size_t edges = 0;
    for (int age = 0; age < AGES; age++)
        for (size_t i = 0; i < ages[age].n; i++)
            edges += ages[age].rows[i].edge;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "kind");
    hg_jsonw_text(w, hg_submodel_name((enum hg_submodel_kind)kind));
    hg_jsonw_key(w, "rows");
    hg_jsonw_u64(w, ages[AGE_LONG].n + ages[AGE_RECENT].n);
    hg_jsonw_key(w, "recent");
    hg_jsonw_u64(w, ages[AGE_RECENT].n);
    hg_jsonw_key(w, "edge");
    hg_jsonw_u64(w, edges);
    hg_jsonw_key(w, "seen");
    hg_jsonw_u64(w, ages[AGE_LONG].seen);
    ledger_sources(learner, ages, w);
    hg_jsonw_close(w, '}');
}

void hg_learner_draw(const struct hg_learner *learner, uint64_t sequence, struct hg_buf *ret_training, struct hg_jsonw *ledger)
{
    uint64_t seed = hg_mix64(learner->settings.seed ^ sequence) >> 1; /* positive in every language that reads the JSON's integers */
    put_header(MAGIC, ret_training);
    bytes_put(ret_training, seed, 8);
    put_text(ret_training, learner->settings.detector->name);
    hg_jsonw_open(ledger, '{');
    hg_jsonw_key(ledger, "drawn_at");
    hg_jsonw_u64(ledger, sequence);
    hg_jsonw_key(ledger, "seed");
    hg_jsonw_u64(ledger, seed);
    hg_jsonw_key(ledger, "kinds");
    hg_jsonw_open(ledger, '[');
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++) {
        if (learner->reservoirs[reservoir_of(kind, learner_stream(learner, kind), AGE_LONG)].n < HG_TRAIN_ROWS_MIN)
            continue;
        draw_kind(learner, kind, ret_training);
        ledger_kind(learner, kind, ledger);
    }
    hg_jsonw_close(ledger, ']');
    hg_jsonw_close(ledger, '}');
}

static enum hg_rc damaged(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EFORMAT, "what a refit was to be learnt from is damaged, or of another version");
}

static enum hg_rc refit_kind(struct bytes_in *in, struct training *training, struct hg_model *model, struct hg_err *reterr)
{
    struct train_period period;
    uint8_t kind = bytes_get_u8(in), trained_on = bytes_get_u8(in);
    training->seen = bytes_get(in, 8);
    bool whole = train_period_get(in, &period);
    training->n = bytes_get_u32(in);
    if (!whole || in->failed || kind >= HG_SUB_COUNT || trained_on >= TRAINED_ON_COUNT || training->n > AGES * HG_RESERVOIR_ROWS ||
        training->n * TRAIN_ROW_BYTES > in->rest.len || model->submodels[kind].n_columns != 0)
        return damaged(reterr);
    struct train_row *rows = malloc(training->n * sizeof *rows + 1);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu rows to learn from", training->n);
    for (size_t i = 0; whole && i < training->n; i++)
        whole = train_row_get(in, &rows[i]);
    training->rows = rows;
    training->period = &period;
    training->trained_on = (enum trained_on)trained_on;
    enum hg_rc rc = whole ? training_fit(training, kind, model, reterr) : damaged(reterr);
    free(rows);
    return rc;
}

enum hg_rc hg_refit(struct hg_slice training_bytes, struct hg_model **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = training_bytes};
    bool whole = get_header(&in, MAGIC), any = false;
    struct training training = {.seed = bytes_get(&in, 8)};
    training.detector = hg_detector_named(get_text(&in));
    if (!whole || in.failed || training.detector == NULL)
        return damaged(reterr);
    struct hg_model *model;
    enum hg_rc rc = model_create(&model, reterr);
    if (rc != HG_OK)
        return rc;
    model->seed = training.seed;
    while (rc == HG_OK && in.rest.len > 0)
        rc = refit_kind(&in, &training, model, reterr);
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        any = any || model->submodels[kind].rows > 0;
    if (rc == HG_OK && !any)
        rc = hg_fail(reterr, HG_ESTATE, "no kind of event has %u rows to learn from", HG_TRAIN_ROWS_MIN);
    if (rc == HG_OK)
        rc = model_take_digest(model, reterr);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return rc;
    }
    *ret = model;
    return HG_OK;
}

/* ---- what is told */

struct hg_divergence hg_learner_divergence(const struct hg_learner *learner, uint16_t source)
{
    return learner->divergences[source <= HG_LEARN_SOURCES ? source : 0];
}

void hg_learner_divergence_json(const struct hg_learner *learner, struct hg_jsonw *w)
{
    struct hg_divergence all = {0};
    for (size_t i = 0; i <= HG_LEARN_SOURCES; i++) {
        all.events += learner->divergences[i].events;
        all.apart += learner->divergences[i].apart;
        all.now_ordinary += learner->divergences[i].now_ordinary;
        all.now_alarm += learner->divergences[i].now_alarm;
    }
    hg_jsonw_open(w, '{');
    hg_divergence_json_members(&all, w);
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i <= learner->n_names; i++) {
        if (learner->divergences[i].events == 0)
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "source");
        hg_jsonw_text(w, i == 0 ? NULL : learner->names[i]);
        hg_divergence_json_members(&learner->divergences[i], w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}

enum hg_rc hg_learner_hours(struct hg_learner *learner, const struct hg_drift_hour **ret, size_t *ret_n, struct hg_err *reterr)
{
    if (learner->n_hours + HG_SUB_COUNT > learner->cap_hours) {
        struct hg_drift_hour *hours = realloc(learner->hours, (learner->n_hours + 2 * HG_SUB_COUNT) * sizeof *hours);
        if (hours == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for the drift of a commit");
        learner->hours = hours;
        learner->cap_hours = learner->n_hours + 2 * HG_SUB_COUNT;
    }
    size_t n = learner->n_hours;
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        if (learner->drifts[kind].changed)
            learner->hours[n++] = learner->drifts[kind].hour;
    *ret = learner->hours;
    *ret_n = n;
    return HG_OK;
}

/* ---- the state */

#define STATE_MAGIC "HGLEARN1"

static void put_reservoirs(const struct hg_learner *learner, struct hg_buf *out)
{
    for (size_t i = 0; i < RESERVOIRS; i++) {
        if (learner->reservoirs[i].seen == 0)
            continue;
        bytes_put(out, i, 2);
        reservoir_put(&learner->reservoirs[i], out);
    }
    bytes_put(out, RESERVOIRS, 2);
}

static bool get_reservoirs(struct hg_learner *learner, struct bytes_in *in)
{
    for (size_t i; (i = (size_t)bytes_get(in, 2)) < RESERVOIRS && !in->failed;)
        if (!reservoir_get(in, &learner->reservoirs[i], &learner->expected[i]))
            return false;
    return !in->failed;
}

static void put_kinds(const struct hg_learner *learner, struct hg_buf *out)
{
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++) {
        if (learner->drifts[kind].hour.hour_us == HG_TIME_NONE && !(learner->credit[kind] > 0))
            continue;
        bytes_put(out, kind, 1);
        bytes_put_f64(out, learner->credit[kind]);
        drift_put(&learner->drifts[kind], out);
    }
    bytes_put(out, HG_SUB_COUNT, 1);
}

static bool get_kinds(struct hg_learner *learner, struct bytes_in *in)
{
    for (size_t kind; (kind = bytes_get_u8(in)) < HG_SUB_COUNT && !in->failed;) {
        uint64_t bits = bytes_get(in, 8);
        memcpy(&learner->credit[kind], &bits, sizeof bits);
        if (!(learner->credit[kind] >= 0 && learner->credit[kind] <= HG_CREDIT_MAX) || !drift_get(in, &learner->drifts[kind]))
            return false;
    }
    return !in->failed;
}

static void put_sources(const struct hg_learner *learner, struct hg_buf *out)
{
    bytes_put(out, learner->n_names, 2);
    for (size_t i = 1; i <= learner->n_names; i++)
        put_text(out, learner->names[i]);
    for (size_t i = 0; i <= learner->n_names; i++) {
        const struct hg_divergence *divergence = &learner->divergences[i];
        bytes_put(out, divergence->events, 8);
        bytes_put(out, divergence->apart, 8);
        bytes_put(out, divergence->now_ordinary, 8);
        bytes_put(out, divergence->now_alarm, 8);
    }
}

static bool get_sources(struct hg_learner *learner, struct bytes_in *in)
{
    size_t n = (size_t)bytes_get(in, 2);
    if (in->failed || n > HG_LEARN_SOURCES)
        return false;
    for (size_t i = 1; i <= n; i++) {
        struct hg_slice name = get_text(in);
        if (in->failed || hg_learner_source(learner, name) != i)
            return false;
    }
    for (size_t i = 0; i <= n; i++) {
        struct hg_divergence *divergence = &learner->divergences[i];
        divergence->events = bytes_get(in, 8);
        divergence->apart = bytes_get(in, 8);
        divergence->now_ordinary = bytes_get(in, 8);
        divergence->now_alarm = bytes_get(in, 8);
    }
    return !in->failed;
}

void hg_learner_put(const struct hg_learner *learner, struct hg_buf *out)
{
    put_header(STATE_MAGIC, out);
    hg_buf_add(out, learner->model.b, sizeof learner->model.b);
    bytes_put(out, learner->offered, 8);
    bytes_put(out, learner->learnt, 8);
    bytes_put(out, learner->events, 8);
    bytes_put(out, (uint64_t)learner->refit_us, 8);
    bytes_put(out, learner->young, 1);
    put_sources(learner, out);
    put_kinds(learner, out);
    put_reservoirs(learner, out);
}

bool hg_learner_take(struct hg_learner *learner, struct hg_slice bytes)
{
    struct bytes_in in = {.rest = bytes};
    if (!get_header(&in, STATE_MAGIC))
        return false;
    struct hg_slice model = bytes_take(&in, sizeof learner->model.b);
    if (!in.failed)
        memcpy(learner->model.b, model.p, model.len);
    learner->offered = bytes_get(&in, 8);
    learner->learnt = bytes_get(&in, 8);
    learner->events = bytes_get(&in, 8);
    learner->refit_us = bytes_get_time(&in);
    learner->young = bytes_get_u8(&in) != 0;
    return !in.failed && get_sources(learner, &in) && get_kinds(learner, &in) && get_reservoirs(learner, &in) && in.rest.len == 0;
}

size_t hg_learner_changed(const struct hg_learner *learner, const uint32_t **ret_slots)
{
    *ret_slots = learner->changed.slots;
    return learner->changed.n;
}

void hg_learner_put_row(const struct hg_learner *learner, uint32_t slot, struct hg_buf *out)
{
    train_row_put(&learner->reservoirs[slot / HG_RESERVOIR_ROWS].rows[slot % HG_RESERVOIR_ROWS], out);
}

bool hg_learner_take_row(struct hg_learner *learner, uint32_t slot, struct hg_slice bytes)
{
    struct bytes_in in = {.rest = bytes};
    if (slot / HG_RESERVOIR_ROWS >= RESERVOIRS || slot % HG_RESERVOIR_ROWS >= learner->expected[slot / HG_RESERVOIR_ROWS])
        return true; /* left behind by a state that was thrown away */
    struct reservoir *reservoir = &learner->reservoirs[slot / HG_RESERVOIR_ROWS];
    if (reservoir_make_room(reservoir, learner->expected[slot / HG_RESERVOIR_ROWS], NULL) != HG_OK || bytes.len != TRAIN_ROW_BYTES ||
        !train_row_get(&in, &reservoir->rows[slot % HG_RESERVOIR_ROWS]))
        return false;
    reservoir->n++;
    return true;
}

bool hg_learner_taken(struct hg_learner *learner)
{
    for (size_t i = 0; i < RESERVOIRS; i++)
        if (learner->reservoirs[i].n != learner->expected[i])
            return false;
    return true;
}

void hg_learner_saved(struct hg_learner *learner)
{
    struct changed_rows *changed = &learner->changed;
    for (size_t i = 0; i < changed->n; i++)
        changed->marked[changed->slots[i] / 64] = 0;
    changed->n = 0;
    learner->n_hours = 0;
    for (size_t kind = 0; kind < HG_SUB_COUNT; kind++)
        learner->drifts[kind].changed = false;
}
