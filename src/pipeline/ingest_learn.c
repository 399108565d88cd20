/* The first model is learnt from events that are held meanwhile; sub-models of kinds that had too few rows then come late. */
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

static struct hg_train_settings train_settings(const struct hg_ingest *ingest)
{
    return (struct hg_train_settings){.seed = ingest->settings.seed, .detector = ingest->settings.detector};
}

/* ---- sub-models that had too few rows when the others were learnt */

/* How many of the events until a missing sub-model has rows enough to be tried; *ret_kind is HG_SUB_COUNT when none gets there. */
size_t until_late_fit(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, enum hg_submodel_kind *ret_kind)
{
    *ret_kind = HG_SUB_COUNT;
    if (ingest->model == NULL)
        return n;
    for (size_t i = 0; i < n; i++) {
        enum hg_submodel_kind kind = hg_submodel_of(events[i]);
        if (hg_model_knows(ingest->model, kind))
            continue;
        struct late *late = &ingest->late;
        late->changed = true;
        if (late->next_try[kind] == 0)
            late->next_try[kind] = HG_LATE_ROWS;
        if (++late->rows[kind] == late->next_try[kind]) {
            *ret_kind = kind;
            return i + 1;
        }
    }
    return n;
}

/* A row as the journal keeps it: whatever hg_trainer_add asks of an event, and its features. */
struct late_row {
    int64_t time_us;
    uint8_t dataset, label, kind, unused[5];
    struct hg_feature_row features;
};

static struct late_row row_of(const struct hg_event *event, const struct hg_matrix *matrix, size_t row)
{
    struct late_row r = {.time_us = event->time_us, .dataset = (uint8_t)event->dataset, .label = (uint8_t)event->label,
                         .kind = (uint8_t)hg_submodel_of(event)};
    hg_matrix_get_row(matrix, row, &r.features);
    return r;
}

static enum hg_rc add_late_rows(struct hg_ingest *ingest, const struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    if (ingest->late.trainer == NULL) {
        struct hg_train_settings train = train_settings(ingest);
        enum hg_rc rc = hg_trainer_create(&train, &ingest->late.trainer, reterr);
        if (rc != HG_OK)
            return rc;
    }
    return hg_trainer_add(ingest->late.trainer, events, n, &ingest->matrix, reterr);
}

/* ingest->matrix has the events' features: those that are collected move to its front. */
enum hg_rc collect_late(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr)
{
    const struct hg_event *rows[RUN_EVENTS];
    struct hg_feature_row features;
    size_t n_rows = 0;
    for (size_t i = 0; ingest->model != NULL && i < n; i++) {
        if (hg_model_knows(ingest->model, hg_submodel_of(events[i])))
            continue;
        hg_matrix_get_row(&ingest->matrix, i, &features);
        hg_matrix_set_row(&ingest->matrix, n_rows, &features);
        rows[n_rows++] = events[i];
    }
    if (n_rows == 0)
        return HG_OK;
    enum hg_rc rc = add_late_rows(ingest, rows, n_rows, reterr);
    for (size_t i = 0; rc == HG_OK && i < n_rows; i++) {
        struct late_row row = row_of(rows[i], &ingest->matrix, i);
        if (hg_trainer_takes(rows[i]))
            rc = pending_late_row(ingest, hg_submodel_of(rows[i]), (struct hg_slice){(const char *)&row, sizeof row}, reterr);
    }
    return rc;
}

enum hg_rc restore_late_row(struct hg_ingest *ingest, struct hg_slice bytes, struct hg_err *reterr)
{
    struct late_row row;
    if (bytes.len != sizeof row) /* of another version's features */
        return HG_OK;
    memcpy(&row, bytes.p, sizeof row);
    struct hg_event event = {.time_us = row.time_us, .dataset = row.dataset, .label = row.label};
    if (row.kind == HG_SUB_SURICATA_FLOW)
        event.kind = HG_SLICE("flow");
    enum hg_rc rc = hg_matrix_reserve(&ingest->matrix, 1, reterr);
    if (rc != HG_OK)
        return rc;
    hg_matrix_set_row(&ingest->matrix, 0, &row.features);
    const struct hg_event *events[1] = {&event};
    return add_late_rows(ingest, events, 1, reterr);
}

void late_put(const struct late *late, struct hg_buf *out)
{
    hg_buf_add(out, late->rows, sizeof late->rows);
    hg_buf_add(out, late->next_try, sizeof late->next_try);
}

void late_take(struct late *late, struct hg_slice bytes)
{
    if (bytes.len != sizeof late->rows + sizeof late->next_try)
        return;
    memcpy(late->rows, bytes.p, sizeof late->rows);
    memcpy(late->next_try, bytes.p + sizeof late->rows, sizeof late->next_try);
}

/* Its line of the ledger: rows of the kind; whose they were isn't known any more. */
static enum hg_rc late_in_force(struct hg_ingest *ingest, struct hg_model *joined, enum hg_submodel_kind kind, struct hg_err *reterr)
{
    struct hg_buf ledger;
    hg_buf_init(&ledger, 1024);
    hg_buf_printf(&ledger, "{\"kinds\":[{\"kind\":\"%s\",\"rows\":%llu,\"sources\":[]}]}", hg_submodel_name(kind),
                  (unsigned long long)ingest->late.rows[kind]);
    enum hg_rc rc = model_in_force(ingest, joined, HG_LEARN_LATE, hg_buf_slice(&ledger), reterr);
    hg_buf_free(&ledger);
    return rc;
}

enum hg_rc fit_late(struct hg_ingest *ingest, enum hg_submodel_kind kind, struct hg_err *reterr)
{
    struct hg_model *addition = NULL, *joined = NULL;
    enum hg_rc rc = hg_trainer_fit(ingest->late.trainer, &addition, reterr);
    if (rc == HG_OK && hg_model_knows(addition, kind))
        rc = hg_model_join(ingest->model, addition, kind, &joined, reterr);
    hg_model_destroy(addition);
    ingest->late.next_try[kind] *= 2; /* where it was not enough */
    rc = rc == HG_ESTATE ? HG_OK : rc;
    if (rc != HG_OK || joined == NULL)
        return rc;
    rc = late_in_force(ingest, joined, kind, reterr);
    pending_late_done(ingest, kind);
    return rc;
}

/* ---- learning first */

/* False: no memory. */
static bool hold(struct hg_ingest *ingest, const struct hg_event *event)
{
    struct learning *l = &ingest->learning;
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? HG_LEARN_EVENTS : l->cap * 2;
        struct hg_event *events = realloc(l->events, cap * sizeof *events);
        if (events == NULL)
            return false;
        l->events = events;
        l->cap = cap;
    }
    if (!hg_event_copy(event, &l->arena, &l->events[l->n]))
        return false;
    if (l->n++ == 0) {
        l->first_us = l->clock_us = event->time_us;
        l->first_number = ingest->journal_number + 1;
    }
    ingest->journal_number++;
    if (l->restoring)
        l->n_journaled = l->n;
    if (event->time_us > l->clock_us)
        l->clock_us = event->time_us;
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset) || event->label != HG_LABEL_ATTACK)
        l->usable[hg_submodel_of(event)]++;
    return true;
}

static bool learnt_enough(const struct learning *l)
{
    if (l->n < l->next_try)
        return false;
    bool usable = false;
    for (int i = 0; i < HG_SUB_COUNT; i++)
        usable = usable || l->usable[i] >= HG_TRAIN_ROWS_MIN;
    return l->n >= HG_LEARN_EVENTS || (usable && l->clock_us - l->first_us >= HG_LEARN_SPAN_US);
}

static size_t held_run(const struct learning *l, size_t first, struct hg_event *run[RUN_EVENTS])
{
    size_t n = l->n - first < RUN_EVENTS ? l->n - first : RUN_EVENTS;
    for (size_t j = 0; j < n; j++)
        run[j] = &l->events[first + j];
    return n;
}

/* Another one in the same state. */
static enum hg_rc copy_behave(struct hg_ingest *ingest, struct hg_behave **ret, struct hg_err *reterr)
{
    struct hg_buf bytes;
    hg_buf_init(&bytes, (size_t)512 * 1024 * 1024);
    hg_behave_put(ingest->behave, &bytes);
    enum hg_rc rc = bytes.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to learn behaviour") : hg_behave_create(ingest->settings.behave, ret, reterr);
    if (rc == HG_OK)
        rc = hg_behave_take(*ret, hg_buf_slice(&bytes), reterr);
    hg_buf_free(&bytes);
    return rc;
}

/* The held events' windows are those that they will have when they are let through. */
static enum hg_rc add_held(struct hg_ingest *ingest, struct hg_trainer *trainer, struct hg_err *reterr)
{
    struct hg_event *run[RUN_EVENTS];
    struct hg_finding findings[RUN_EVENTS];
    struct hg_behave *behave = NULL;
    enum hg_rc rc = copy_behave(ingest, &behave, reterr);
    for (size_t i = 0, n; rc == HG_OK && i < ingest->learning.n; i += n) {
        n = held_run(&ingest->learning, i, run);
        rc = hg_matrix_reserve(&ingest->matrix, n, reterr);
        if (rc != HG_OK)
            break;
        (void)hg_behave_run(behave, (const struct hg_event *const *)run, n, &ingest->matrix, findings);
        hg_features(&ingest->settings.features, (const struct hg_event *const *)run, n, &ingest->matrix);
        rc = hg_trainer_add(trainer, (const struct hg_event *const *)run, n, &ingest->matrix, reterr);
    }
    hg_behave_destroy(behave);
    return rc;
}

/* What is held of a kind, by source: {"kind", "rows", "sources": [{"source", "rows"}]}. */
static void ledger_kind(const struct hg_ingest *ingest, enum hg_submodel_kind kind, uint64_t *rows, struct hg_jsonw *w)
{
    const struct learning *l = &ingest->learning;
    uint64_t all = 0;
    memset(rows, 0, ingest->n_sources * sizeof *rows);
    for (size_t i = 0; i < l->n; i++) {
        if (hg_submodel_of(&l->events[i]) != kind || !hg_trainer_takes(&l->events[i]))
            continue;
        all++;
        for (size_t s = 0; s < ingest->n_sources; s++)
            rows[s] += ingest->sources[s] == ingest->inputs[l->events[i].input]->source;
    }
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "kind");
    hg_jsonw_text(w, hg_submodel_name(kind));
    hg_jsonw_key(w, "rows");
    hg_jsonw_u64(w, all);
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '[');
    for (size_t s = 0; s < ingest->n_sources; s++) {
        if (rows[s] == 0)
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "source");
        hg_jsonw_text(w, ingest->sources[s]->status.name);
        hg_jsonw_key(w, "rows");
        hg_jsonw_u64(w, rows[s]);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}

static enum hg_rc first_in_force(struct hg_ingest *ingest, struct hg_model *model, struct hg_err *reterr)
{
    struct hg_buf ledger;
    struct hg_jsonw w = {.buf = &ledger};
    pthread_mutex_lock(&ingest->sources_lock);
    uint64_t *rows = calloc(ingest->n_sources + 1, sizeof *rows);
    hg_buf_init(&ledger, REFIT_LEDGER_BYTES);
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "seed");
    hg_jsonw_u64(&w, ingest->settings.seed);
    hg_jsonw_key(&w, "kinds");
    hg_jsonw_open(&w, '[');
    for (int kind = 0; rows != NULL && kind < HG_SUB_COUNT; kind++)
        if (hg_model_knows(model, (enum hg_submodel_kind)kind))
            ledger_kind(ingest, (enum hg_submodel_kind)kind, rows, &w);
    hg_jsonw_close(&w, ']');
    hg_jsonw_close(&w, '}');
    free(rows);
    pthread_mutex_unlock(&ingest->sources_lock);
    enum hg_rc rc = model_in_force(ingest, model, HG_LEARN_FIRST, ledger.failed ? HG_SLICE_NONE : hg_buf_slice(&ledger), reterr);
    hg_buf_free(&ledger);
    return rc;
}

/* Fits on what is held, or sets when to try again. */
static enum hg_rc learn(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_trainer *trainer = NULL;
    struct hg_model *model = NULL;
    struct hg_train_settings train = train_settings(ingest);
    enum hg_rc rc = hg_trainer_create(&train, &trainer, reterr);
    if (rc == HG_OK)
        rc = add_held(ingest, trainer, reterr);
    if (rc == HG_OK)
        rc = hg_trainer_fit(trainer, &model, reterr);
    hg_trainer_destroy(trainer);
    if (rc == HG_ESTATE) {
        ingest->learning.next_try = 2 * ingest->learning.n;
        return HG_OK;
    }
    return rc == HG_OK ? first_in_force(ingest, model, reterr) : rc;
}

/* Lets the held events through, each once; those that a commit leaves behind are in the journal. Their copies live until the commit
 * that takes them is made. */
enum hg_rc release_held(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct learning *l = &ingest->learning;
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && l->n_released < l->n) {
        struct hg_event *run[RUN_EVENTS];
        size_t n = held_run(l, l->n_released, run);
        if (!hg_aggregate_has_room(ingest->aggregate, n))
            rc = commit_pending(ingest, reterr);
        if (rc == HG_OK)
            rc = score_run(ingest, run, n, ingest->model != NULL, reterr);
        l->n_released += n;
    }
    if (rc == HG_OK)
        rc = commit_pending(ingest, reterr);
    free(l->events);
    hg_arena_free(&l->arena);
    struct hg_arena arena = l->arena;
    *l = (struct learning){.arena = arena, .restoring = l->restoring};
    return rc;
}

void show_learning(struct hg_ingest *ingest)
{
    pthread_mutex_lock(&ingest->lock);
    if (ingest->learning.n > 0)
        ingest->status.state = HG_RUN_LEARNING;
    ingest->status.learn_events = ingest->learning.n;
    ingest->status.learn_needed = HG_LEARN_EVENTS;
    ingest->status.learn_first_us = ingest->learning.first_us;
    ingest->status.learn_clock_us = ingest->learning.clock_us;
    pthread_mutex_unlock(&ingest->lock);
}

enum hg_rc learn_from(struct hg_ingest *ingest, const struct hg_event *event, struct hg_err *reterr)
{
    if (!hold(ingest, event))
        return hg_fail(reterr, HG_ENOMEM, "no memory to learn from %zu events", ingest->learning.n + 1);
    if (ingest->model != NULL) /* restoring what a commit within the release left behind */
        return HG_OK;
    enum hg_rc rc = learnt_enough(&ingest->learning) ? learn(ingest, reterr) : HG_OK;
    if (rc == HG_OK && ingest->model != NULL)
        rc = release_held(ingest, reterr);
    return rc;
}

bool learning_is_full(const struct hg_ingest *ingest)
{
    return ingest->learning.n >= HG_LEARN_EVENTS_MAX || ingest->learning.arena.total > HG_LEARN_BYTES_MAX;
}
