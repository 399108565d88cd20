#include "base/hash.h"
#include "base/rng.h"
#include "detect/model_priv.h"

#include <stdlib.h>

/*
 * From rows to a sub-model: which columns, which sets of columns, a detector for each, and its calibration.
 *
 * A calibration needs rows that neither the detector nor the counts of categories know: a category that is new to them is what a new
 * row may bring too. With many rows, a part is set aside for it (split conformal). With few, every row is scored by a detector that was
 * fitted without it (five folds), and the one that stays is fitted to all: p-values are then a little too high, since that one knows
 * more rows.
 */
#define SPLIT_ROWS   4096u  /* from here on rows are set aside */
#define FIT_ROWS_MAX 16384u /* of them for fitting, at most; the rest calibrates */
#define FOLDS        5u

/* Scores that a scorer is calibrated with: in front those of rows that it will be asked about. */
struct sample {
    float *scores;
    size_t own, all;
};

struct fitting {
    const struct rows_view *view;
    size_t n;
    const struct submodel_settings *settings;
    uint32_t *shuffled;  /* all rows: the first are for fitting, the others for calibrating, or each fold takes turns */
    uint64_t *available; /* by row: its set of columns */
    uint64_t *sorted;    /* scratch: the same, sorted */
    uint32_t *counted;   /* scratch: rows that categories are counted in */
    uint32_t *codes;     /* scratch: their codes */
    uint32_t *members;   /* scratch: rows of one set */
    float *values;       /* scratch: a column, or scores */
    float *cells;        /* scratch: every column, prepared */
    struct sample samples[MODEL_SCORERS];
    struct submodel *submodel;
};

static bool sets_aside(const struct fitting *fit)
{
    return fit->n >= SPLIT_ROWS;
}

/* How many of the shuffled rows are for fitting, where rows are set aside. */
static size_t rows_to_fit(const struct fitting *fit)
{
    return fit->n / 2 < FIT_ROWS_MAX ? fit->n / 2 : FIT_ROWS_MAX;
}

/* May a detector know the row, and categories be counted in it? The others only calibrate. */
static bool is_learnt(const struct fitting *fit, uint32_t row)
{
    return fit->settings->edge == NULL || !fit->settings->edge[row];
}

static void shuffle(struct fitting *fit)
{
    struct hg_rng rng = hg_rng_seeded(hg_mix64(fit->settings->seed));
    for (size_t i = 0; i < fit->n; i++) {
        size_t j = (size_t)hg_rng_below(&rng, i + 1);
        fit->shuffled[i] = fit->shuffled[j];
        fit->shuffled[j] = (uint32_t)i;
    }
}

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

/* Of the first n shuffled ones. */
static struct row_list learnt_rows(struct fitting *fit, size_t n)
{
    struct row_list learnt = {fit->counted, 0};
    for (size_t i = 0; i < n; i++)
        if (is_learnt(fit, fit->shuffled[i]))
            fit->counted[learnt.n++] = fit->shuffled[i];
    return learnt;
}

static enum hg_rc make_columns(struct fitting *fit, struct hg_err *reterr)
{
    const struct submodel_settings *settings = fit->settings;
    struct row_list counted = learnt_rows(fit, sets_aside(fit) ? rows_to_fit(fit) : fit->n);
    enum hg_rc rc = submodel_make_columns(fit->submodel, (uint32_t)fit->view->n_columns, reterr);
    for (size_t c = 0; rc == HG_OK && c < fit->view->n_columns; c++)
        if (c < 64 && (settings->elsewhere >> c & 1) != 0)
            fit->submodel->columns[c].state = COLUMN_ELSEWHERE;
        else
            rc = column_learn(fit->view, c, fit->n, counted, settings->kinds[c], settings->with_clock, fit->values, fit->codes,
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
        if (fit->available[i] == 0) /* has nothing in common with anything */
            continue;
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

/* ---- detectors */

static bool is_member(const struct fitting *fit, const struct scorer *scorer, uint32_t row)
{
    return (scorer->set & ~fit->available[row]) == 0;
}

static struct hg_table table_of(struct fitting *fit, const struct scorer *scorer, size_t n)
{
    submodel_prepare(fit->submodel, scorer, fit->view, fit->members, n, fit->cells, n);
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

/* Fits to the n members; *ret is NULL where they are all alike. */
static enum hg_rc fit_members(struct fitting *fit, const struct scorer *scorer, size_t n, uint64_t seed, struct hg_detector_state **ret,
                              struct hg_err *reterr)
{
    struct hg_table table = table_of(fit, scorer, n);
    *ret = NULL;
    if (n < 2 || !varies(&table))
        return HG_OK;
    struct hg_fit_settings settings = {.seed = seed, .contamination = fit->settings->contamination};
    return scorer->detector->fit(&table, &settings, ret, reterr);
}

/* The n members' scores go into the scorer's sample. */
static void score_members(struct fitting *fit, const struct scorer *scorer, const struct hg_detector_state *state, size_t n)
{
    struct sample *sample = &fit->samples[scorer - fit->submodel->scorers];
    if (n == 0)
        return;
    struct hg_table table = table_of(fit, scorer, n);
    scorer->detector->score(state, &table, fit->values);
    for (size_t i = 0; i < n; i++) {
        sample->scores[sample->all++] = fit->values[i];
        if (submodel_scorer(fit->submodel, fit->available[fit->members[i]]) != scorer)
            continue;
        sample->scores[sample->all - 1] = sample->scores[sample->own];
        sample->scores[sample->own++] = fit->values[i];
    }
}

enum purpose { TO_FIT, TO_SCORE };

static bool serves(const struct fitting *fit, const struct scorer *scorer, uint32_t row, enum purpose purpose)
{
    return is_member(fit, scorer, row) && (purpose == TO_SCORE || is_learnt(fit, row));
}

/* Members among the shuffled rows from first to end. */
static size_t members_between(struct fitting *fit, const struct scorer *scorer, size_t first, size_t end, enum purpose purpose)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++)
        if (serves(fit, scorer, fit->shuffled[i], purpose))
            fit->members[n++] = fit->shuffled[i];
    return n;
}

/* Members of the fold to score, or of all others to fit. */
static size_t members_of_fold(struct fitting *fit, const struct scorer *scorer, size_t fold, enum purpose purpose)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++)
        if ((i % FOLDS == fold) == (purpose == TO_SCORE) && serves(fit, scorer, fit->shuffled[i], purpose))
            fit->members[n++] = fit->shuffled[i];
    return n;
}

/* Counts categories in all rows but the fold's; fold FOLDS: in all. */
static enum hg_rc recount(struct fitting *fit, size_t fold, struct hg_err *reterr)
{
    struct row_list counted = {fit->counted, 0};
    for (size_t i = 0; i < fit->n; i++)
        if (i % FOLDS != fold && is_learnt(fit, fit->shuffled[i]))
            fit->counted[counted.n++] = fit->shuffled[i];
    enum hg_rc rc = HG_OK;
    for (uint32_t c = 0; rc == HG_OK && c < fit->submodel->n_columns; c++)
        if (fit->submodel->columns[c].is_category)
            rc = column_recount(fit->view, c, counted, fit->codes, &fit->submodel->columns[c], reterr);
    return rc;
}

static enum hg_rc score_fold(struct fitting *fit, const struct scorer *scorer, size_t fold, uint64_t seed, struct hg_err *reterr)
{
    struct hg_detector_state *state;
    size_t n = members_of_fold(fit, scorer, fold, TO_FIT);
    enum hg_rc rc = fit_members(fit, scorer, n, seed, &state, reterr);
    if (rc != HG_OK || state == NULL)
        return rc;
    n = members_of_fold(fit, scorer, fold, TO_SCORE);
    score_members(fit, scorer, state, n);
    scorer->detector->destroy(state);
    return HG_OK;
}

static uint64_t seed_of(const struct fitting *fit, const struct scorer *scorer, uint64_t fold)
{
    return hg_mix64(fit->settings->seed + (uint64_t)(scorer - fit->submodel->scorers)) + fold;
}

static enum hg_rc score_folds(struct fitting *fit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    struct submodel *submodel = fit->submodel;
    for (size_t fold = 0; rc == HG_OK && fold < FOLDS; fold++) {
        rc = recount(fit, fold, reterr);
        for (uint32_t i = 0; rc == HG_OK && i < submodel->n_scorers; i++)
            rc = score_fold(fit, &submodel->scorers[i], fold, seed_of(fit, &submodel->scorers[i], fold + 1), reterr);
    }
    return rc == HG_OK ? recount(fit, FOLDS, reterr) : rc;
}

/* p-values are for the rows that will be scored here; where these are too few, for all that have the columns. */
static enum hg_rc calibrate(struct fitting *fit, struct scorer *scorer, struct hg_err *reterr)
{
    struct sample *sample = &fit->samples[scorer - fit->submodel->scorers];
    if (sample->all == 0) /* all but a row or two are alike */
        score_members(fit, scorer, scorer->state, members_between(fit, scorer, 0, fit->n, TO_SCORE));
    scorer->calibration = malloc(sizeof *scorer->calibration);
    if (scorer->calibration == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory to calibrate");
    calibration_make(sample->scores, sample->own * 2 >= fit->settings->rows_min && sample->own > 0 ? sample->own : sample->all,
                     scorer->calibration);
    return HG_OK;
}

static enum hg_rc fit_scorer(struct fitting *fit, struct scorer *scorer, struct hg_err *reterr)
{
    size_t end = sets_aside(fit) ? rows_to_fit(fit) : fit->n, n = members_between(fit, scorer, 0, end, TO_FIT);
    enum hg_rc rc = fit_members(fit, scorer, n, seed_of(fit, scorer, 0), &scorer->state, reterr);
    if (rc != HG_OK || scorer->state == NULL)
        return rc;
    if (sets_aside(fit))
        score_members(fit, scorer, scorer->state, members_between(fit, scorer, end, fit->n, TO_SCORE));
    return calibrate(fit, scorer, reterr);
}

static enum hg_rc fit_scorers(struct fitting *fit, struct hg_err *reterr)
{
    struct submodel *submodel = fit->submodel;
    for (uint32_t i = 0; i < submodel->n_scorers; i++) {
        struct scorer *scorer = &submodel->scorers[i];
        scorer->detector = fit->settings->detector;
        scorer->rows = (uint32_t)count_rows(fit, scorer->set);
        for (uint32_t c = 0; c < submodel->n_columns; c++)
            scorer->n_columns += scorer_uses(scorer, &submodel->columns[c]);
        fit->samples[i].scores = malloc(scorer->rows * sizeof *fit->samples[i].scores);
        if (fit->samples[i].scores == NULL)
            return hg_fail(reterr, HG_ENOMEM, "model: no memory to calibrate with %u rows", scorer->rows);
    }
    enum hg_rc rc = sets_aside(fit) ? HG_OK : score_folds(fit, reterr);
    for (uint32_t i = 0; rc == HG_OK && i < submodel->n_scorers; i++)
        rc = fit_scorer(fit, &submodel->scorers[i], reterr);
    return rc;
}

static bool reserve(struct fitting *fit)
{
    size_t n = fit->n;
    fit->shuffled = malloc(n * sizeof *fit->shuffled);
    fit->available = malloc(n * sizeof *fit->available);
    fit->sorted = malloc(n * sizeof *fit->sorted);
    fit->counted = malloc(n * sizeof *fit->counted);
    fit->codes = malloc(n * sizeof *fit->codes);
    fit->members = malloc(n * sizeof *fit->members);
    fit->values = malloc(n * sizeof *fit->values);
    fit->cells = malloc(fit->view->n_columns * n * sizeof *fit->cells);
    return fit->shuffled != NULL && fit->available != NULL && fit->sorted != NULL && fit->counted != NULL && fit->codes != NULL &&
           fit->members != NULL && fit->values != NULL && fit->cells != NULL;
}

static void release(struct fitting *fit)
{
    free(fit->shuffled);
    free(fit->available);
    free(fit->sorted);
    free(fit->counted);
    free(fit->codes);
    free(fit->members);
    free(fit->values);
    free(fit->cells);
    for (size_t i = 0; i < MODEL_SCORERS; i++)
        free(fit->samples[i].scores);
}

enum hg_rc submodel_fit(const struct rows_view *view, size_t n, const struct submodel_settings *settings, struct submodel *ret,
                        struct hg_err *reterr)
{
    struct fitting fit = {.view = view, .n = n, .settings = settings, .submodel = ret};
    enum hg_rc rc = HG_OK;
    if (!reserve(&fit))
        rc = hg_fail(reterr, HG_ENOMEM, "model: no memory to fit %zu rows", n);
    if (rc == HG_OK) {
        shuffle(&fit);
        rc = make_columns(&fit, reterr);
    }
    if (rc == HG_OK) {
        ret->rows = (uint32_t)n;
        submodel_available(ret, view, NULL, n, fit.available);
        choose_sets(&fit);
        rc = fit_scorers(&fit, reterr);
    }
    release(&fit);
    return rc;
}
