#include "base/hash.h"
#include "base/rng.h"
#include "detect/model_priv.h"

#include <stdlib.h>

/*
 * From rows to a sub-model: which columns, which sets of columns, a detector for each, and its calibration.
 *
 * A calibration needs rows that the detector was not fitted to. With many rows, a part is set aside for it (split conformal). With
 * few, every row is scored by a detector that was fitted without it (five folds), and the one that stays is fitted to all: p-values
 * are then a little too high, since that one knows more rows.
 */
#define SPLIT_ROWS    4096u  /* from here on rows are set aside */
#define FIT_ROWS_MAX  16384u /* of them for fitting, at most; the rest calibrates */
#define FOLDS         5u

struct fitting {
    const struct rows_view *view;
    size_t n;
    const struct submodel_settings *settings;
    uint64_t *available; /* by row: its set of columns */
    uint64_t *sorted;    /* scratch: the same, sorted */
    uint32_t *members;   /* scratch: rows of one set */
    uint32_t *part;      /* scratch: some of them */
    float *values;       /* scratch: a column, or scores */
    float *results;      /* scratch: scores to calibrate with */
    float *cells;        /* scratch: every column, prepared */
    struct submodel *submodel;
};

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* ---- columns */

static bool has_gaps(const struct column *column)
{
    return column->missing_percent > 0;
}

/* Gives the kept columns their bits; of too many with gaps the first get one. */
static void give_bits(struct submodel *submodel)
{
    uint8_t next = 0;
    for (uint32_t c = 0; c < submodel->n_columns; c++) {
        struct column *column = &submodel->columns[c];
        if (column->state != COLUMN_KEPT)
            continue;
        if (submodel->n_columns > COLUMN_BITS && !has_gaps(column))
            column->bit = SHARED_BIT;
        else if (next < COLUMN_BITS)
            column->bit = next++;
        else
            column->state = COLUMN_GAPS;
    }
}

static enum hg_rc make_columns(struct fitting *fit, struct hg_err *reterr)
{
    const struct submodel_settings *settings = fit->settings;
    enum hg_rc rc = submodel_make_columns(fit->submodel, (uint32_t)fit->view->n_columns, reterr);
    for (size_t c = 0; rc == HG_OK && c < fit->view->n_columns; c++)
        rc = column_learn(fit->view, c, fit->n, settings->kinds[c], settings->with_clock, fit->values, fit->members,
                          &fit->submodel->columns[c], reterr);
    if (rc == HG_OK)
        give_bits(fit->submodel);
    return rc;
}

/* ---- sets of columns */

#define FREQUENT_SETS (MODEL_SCORERS - 1)

struct set_count {
    uint64_t set;
    size_t rows;
};

static bool has_more_rows(const struct set_count *a, const struct set_count *b)
{
    return a->rows != b->rows ? a->rows > b->rows : a->set < b->set;
}

/* Keeps the most frequent, in order, and one place free for the rest. */
static size_t insert_set(struct set_count *sets, size_t n, struct set_count new)
{
    size_t at = n;
    while (at > 0 && has_more_rows(&new, &sets[at - 1]))
        at--;
    if (at == FREQUENT_SETS)
        return n;
    size_t moved = n - at - (n == FREQUENT_SETS);
    memmove(&sets[at + 1], &sets[at], moved * sizeof *sets);
    sets[at] = new;
    return n < FREQUENT_SETS ? n + 1 : n;
}

static int compare_scorers(const void *a, const void *b)
{
    const struct scorer *x = a, *y = b;
    int m = __builtin_popcountll(x->set), n = __builtin_popcountll(y->set);
    return m != n ? (m < n) - (m > n) : (x->set > y->set) - (x->set < y->set);
}

static bool is_covered(uint64_t available, const struct set_count *sets, size_t n_sets)
{
    for (size_t i = 0; i < n_sets; i++)
        if ((sets[i].set & ~available) == 0)
            return true;
    return false;
}

static size_t count_rows(const struct fitting *fit, uint64_t set)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++)
        n += (set & ~fit->available[i]) == 0;
    return n;
}

/* For the rows that fit none of the sets: what they have in common, or else what all rows have. 0: nothing, or no such
 * rows. Without it they would be judged by a detector that never saw their like, and alarm for their gaps. */
static uint64_t common_set(const struct fitting *fit, const struct set_count *sets, size_t n_sets)
{
    uint64_t of_uncovered = UINT64_MAX, of_all = UINT64_MAX;
    bool any = false;
    for (size_t i = 0; i < fit->n; i++) {
        of_all &= fit->available[i];
        if (is_covered(fit->available[i], sets, n_sets))
            continue;
        of_uncovered &= fit->available[i];
        any = true;
    }
    if (!any)
        return 0;
    return of_uncovered != 0 && count_rows(fit, of_uncovered) >= fit->settings->rows_min ? of_uncovered : of_all;
}

/* The sets that enough rows have exactly, and one for the rest. */
static void choose_sets(struct fitting *fit)
{
    struct set_count sets[MODEL_SCORERS];
    size_t n_sets = 0, enough = fit->n / 100 > fit->settings->rows_min ? fit->n / 100 : fit->settings->rows_min;
    memcpy(fit->sorted, fit->available, fit->n * sizeof *fit->sorted);
    qsort(fit->sorted, fit->n, sizeof *fit->sorted, compare_u64);
    for (size_t i = 0, end; i < fit->n; i = end) {
        for (end = i; end < fit->n && fit->sorted[end] == fit->sorted[i];)
            end++;
        if (end - i >= enough && fit->sorted[i] != 0)
            n_sets = insert_set(sets, n_sets, (struct set_count){fit->sorted[i], end - i});
    }
    uint64_t common = common_set(fit, sets, n_sets);
    if (common != 0)
        sets[n_sets++] = (struct set_count){common, 0};
    for (size_t i = 0; i < n_sets; i++)
        fit->submodel->scorers[i].set = sets[i].set;
    fit->submodel->n_scorers = (uint32_t)n_sets;
    qsort(fit->submodel->scorers, n_sets, sizeof *fit->submodel->scorers, compare_scorers);
}

/* ---- a detector */

/* The rows that have the scorer's columns, shuffled. */
static size_t choose_members(struct fitting *fit, const struct scorer *scorer, uint64_t seed)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++)
        if ((scorer->set & ~fit->available[i]) == 0)
            fit->members[n++] = (uint32_t)i;
    struct hg_rng rng = hg_rng_seeded(hg_mix64(seed));
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)hg_rng_below(&rng, i);
        uint32_t row = fit->members[j];
        fit->members[j] = fit->members[i - 1];
        fit->members[i - 1] = row;
    }
    return n;
}

static struct hg_table table_of(struct fitting *fit, const struct scorer *scorer, const uint32_t *rows, size_t n)
{
    submodel_prepare(fit->submodel, scorer, fit->view, rows, n, fit->cells, n);
    return (struct hg_table){.cells = fit->cells, .rows = n, .columns = scorer->n_columns, .stride = n};
}

static bool varies(const struct hg_table *table)
{
    for (size_t c = 0; c < table->columns; c++)
        for (size_t i = 1; i < table->rows; i++)
            if (table->cells[c * table->stride + i] != table->cells[c * table->stride])
                return true;
    return false;
}

static enum hg_rc fit_detector(struct fitting *fit, const struct scorer *scorer, const uint32_t *rows, size_t n, uint64_t seed,
                               struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct hg_table table = table_of(fit, scorer, rows, n);
    if (n < 2 || !varies(&table)) {
        *ret = NULL;
        return HG_OK;
    }
    struct hg_fit_settings settings = {.seed = seed, .contamination = fit->settings->contamination};
    return scorer->detector->fit(&table, &settings, ret, reterr);
}

/* Scores rows; those that this scorer will be asked about go to the front of ret, and their number is returned. */
static size_t score_rows(struct fitting *fit, const struct scorer *scorer, const struct hg_detector_state *state, const uint32_t *rows,
                         size_t n, float *ret)
{
    struct hg_table table = table_of(fit, scorer, rows, n);
    scorer->detector->score(state, &table, ret);
    size_t own = 0;
    for (size_t i = 0; i < n; i++) {
        if (submodel_scorer(fit->submodel, fit->available[rows[i]]) != scorer)
            continue;
        float score = ret[i];
        ret[i] = ret[own];
        ret[own++] = score;
    }
    return own;
}

/* p-values are for the rows that will be scored here; where these are too few, for all that have the columns. */
static enum hg_rc calibrate(struct fitting *fit, struct scorer *scorer, size_t own, size_t all, struct hg_err *reterr)
{
    scorer->calibration = malloc(sizeof *scorer->calibration);
    if (scorer->calibration == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory to calibrate");
    calibration_make(fit->results, own >= fit->settings->rows_min && own > 0 ? own : all, scorer->calibration);
    return HG_OK;
}

static enum hg_rc fit_split(struct fitting *fit, struct scorer *scorer, size_t n, uint64_t seed, struct hg_err *reterr)
{
    size_t learnt = n / 2 < FIT_ROWS_MAX ? n / 2 : FIT_ROWS_MAX;
    enum hg_rc rc = fit_detector(fit, scorer, fit->members, learnt, seed, &scorer->state, reterr);
    if (rc != HG_OK || scorer->state == NULL)
        return rc;
    size_t own = score_rows(fit, scorer, scorer->state, fit->members + learnt, n - learnt, fit->results);
    return calibrate(fit, scorer, own, n - learnt, reterr);
}

/* The scores of one fold by a detector that knows the others; they follow on what is in results, own ones in front. */
static enum hg_rc score_fold(struct fitting *fit, const struct scorer *scorer, size_t n, size_t fold, uint64_t seed, size_t *own, size_t *all,
                             struct hg_err *reterr)
{
    size_t others = 0, held = 0;
    uint32_t *rows = fit->part, *out = fit->part + fit->n;
    for (size_t i = 0; i < n; i++) {
        if (i % FOLDS == fold)
            out[held++] = fit->members[i];
        else
            rows[others++] = fit->members[i];
    }
    struct hg_detector_state *state = NULL;
    enum hg_rc rc = fit_detector(fit, scorer, rows, others, seed + fold + 1, &state, reterr);
    if (rc != HG_OK || state == NULL)
        return rc;
    size_t n_own = score_rows(fit, scorer, state, out, held, fit->values);
    scorer->detector->destroy(state);
    memmove(fit->results + *own + n_own, fit->results + *own, (*all - *own) * sizeof *fit->results);
    memcpy(fit->results + *own, fit->values, n_own * sizeof *fit->results);
    memcpy(fit->results + *all + n_own, fit->values + n_own, (held - n_own) * sizeof *fit->results);
    *own += n_own;
    *all += held;
    return HG_OK;
}

static enum hg_rc fit_folds(struct fitting *fit, struct scorer *scorer, size_t n, uint64_t seed, struct hg_err *reterr)
{
    size_t own = 0, all = 0;
    enum hg_rc rc = HG_OK;
    for (size_t fold = 0; rc == HG_OK && fold < FOLDS; fold++)
        rc = score_fold(fit, scorer, n, fold, seed, &own, &all, reterr);
    if (rc == HG_OK)
        rc = fit_detector(fit, scorer, fit->members, n, seed, &scorer->state, reterr);
    if (rc != HG_OK || scorer->state == NULL)
        return rc;
    if (all == 0) /* no fold varied: all but a row or two are alike */
        own = all = score_rows(fit, scorer, scorer->state, fit->members, n, fit->results);
    return calibrate(fit, scorer, own, all, reterr);
}

static enum hg_rc fit_scorers(struct fitting *fit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    struct submodel *submodel = fit->submodel;
    for (uint32_t i = 0; i < submodel->n_scorers; i++) {
        submodel->scorers[i].detector = fit->settings->detector;
        for (uint32_t c = 0; c < submodel->n_columns; c++)
            submodel->scorers[i].n_columns += scorer_uses(&submodel->scorers[i], &submodel->columns[c]);
    }
    for (uint32_t i = 0; rc == HG_OK && i < submodel->n_scorers; i++) {
        struct scorer *scorer = &submodel->scorers[i];
        uint64_t seed = hg_mix64(fit->settings->seed + i);
        size_t n = choose_members(fit, scorer, seed);
        scorer->rows = (uint32_t)n;
        rc = n >= SPLIT_ROWS ? fit_split(fit, scorer, n, seed, reterr) : fit_folds(fit, scorer, n, seed, reterr);
    }
    return rc;
}

enum hg_rc submodel_fit(const struct rows_view *view, size_t n, const struct submodel_settings *settings, struct submodel *ret,
                        struct hg_err *reterr)
{
    struct fitting fit = {.view = view, .n = n, .settings = settings, .submodel = ret};
    fit.available = malloc(n * sizeof *fit.available);
    fit.sorted = malloc(n * sizeof *fit.sorted);
    fit.members = malloc(n * sizeof *fit.members);
    fit.part = malloc(2 * n * sizeof *fit.part);
    fit.values = malloc(n * sizeof *fit.values);
    fit.results = malloc(n * sizeof *fit.results);
    fit.cells = malloc(view->n_columns * n * sizeof *fit.cells);
    enum hg_rc rc;
    if (fit.available == NULL || fit.sorted == NULL || fit.members == NULL || fit.part == NULL || fit.values == NULL ||
        fit.results == NULL || fit.cells == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "model: no memory to fit %zu rows", n);
    else
        rc = make_columns(&fit, reterr);
    if (rc == HG_OK) {
        ret->rows = (uint32_t)n;
        submodel_available(ret, view, NULL, n, fit.available);
        choose_sets(&fit);
        rc = fit_scorers(&fit, reterr);
    }
    free(fit.available);
    free(fit.sorted);
    free(fit.members);
    free(fit.part);
    free(fit.values);
    free(fit.results);
    free(fit.cells);
    return rc;
}
