#include "detect/model_priv.h"
#include "detect/plain_math.h"

#include <math.h>
#include <stdlib.h>

/*
 * From kept rows to a sub-model: which columns, which sets of columns, a detector for each, and its thresholds.
 */
struct fitting {
    const struct train_row *rows;
    size_t n;
    float *cells;        /* every feature, column-major, stride n; codes as rarity; NaN where missing */
    uint32_t *available; /* by row: its set of features */
    float *values;       /* scratch for one column, or for scores */
    float *compact;      /* scratch for the rows of one set */
    uint32_t *sets;      /* scratch: the rows' sets, sorted */
    struct submodel *submodel;
};

static int compare_f32(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* ---- columns */

static void count_categories(const uint32_t *sorted, size_t n, struct categories *categories)
{
    categories->unseen = (float)plain_log((double)n + 1);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && sorted[end] == sorted[i];)
            end++;
        double share = (double)(end - i) / (double)n;
        categories->codes[categories->n] = sorted[i];
        categories->share[categories->n] = (float)share;
        categories->rarity[categories->n] = (float)-plain_log(share);
        categories->n++;
    }
}

static enum hg_rc make_categories(struct fitting *fit, size_t c, struct hg_err *reterr)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++)
        if (fit->rows[i].codes[c] != 0)
            fit->sets[n++] = fit->rows[i].codes[c];
    if (n == 0)
        return HG_OK;
    qsort(fit->sets, n, sizeof *fit->sets, compare_u32);
    uint32_t distinct = 1;
    for (size_t i = 1; i < n; i++)
        distinct += fit->sets[i] != fit->sets[i - 1];
    struct categories *categories = &fit->submodel->categories[c];
    enum hg_rc rc = categories_reserve(categories, distinct, reterr);
    if (rc == HG_OK)
        count_categories(fit->sets, n, categories);
    return rc;
}

static void fill_column(struct fitting *fit, size_t f)
{
    float *column = fit->cells + f * fit->n;
    if (!feature_is_code(f)) {
        for (size_t i = 0; i < fit->n; i++) {
            float value = fit->rows[i].cells[f];
            column[i] = value - value == 0.0f ? value : NAN;
        }
        return;
    }
    size_t c = f - HG_FEATURE_FIRST_CODE;
    for (size_t i = 0; i < fit->n; i++) {
        uint32_t code = fit->rows[i].codes[c];
        column[i] = code == 0 ? NAN : categories_rarity(&fit->submodel->categories[c], code);
    }
}

/* The present values, sorted; for codes their categories' shares. */
static size_t sorted_values(struct fitting *fit, size_t f)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++) {
        float value = fit->cells[f * fit->n + i];
        if (value != value)
            continue;
        if (feature_is_code(f)) {
            size_t c = f - HG_FEATURE_FIRST_CODE;
            value = categories_share(&fit->submodel->categories[c], fit->rows[i].codes[c]);
        }
        fit->values[n++] = value;
    }
    qsort(fit->values, n, sizeof *fit->values, compare_f32);
    return n;
}

static void judge_column(struct fitting *fit, size_t f, bool with_clock)
{
    struct column *column = &fit->submodel->columns[f];
    size_t n = sorted_values(fit, f), missing = fit->n - n;
    column->missing_percent = (uint8_t)((missing * 100 + fit->n - 1) / fit->n);
    column->state = COLUMN_KEPT;
    if (missing * 2 > fit->n)
        column->state = COLUMN_MISSING;
    else if (hg_feature_kind((enum hg_feature)f) == HG_KIND_clock && !with_clock)
        column->state = COLUMN_SHORT_CLOCK;
    else if (fit->values[0] == fit->values[n - 1])
        column->state = COLUMN_CONSTANT;
    if (n == 0)
        return;
    column->low = fit->values[(n - 1) * 5 / 100];
    column->median = fit->values[(n - 1) / 2];
    column->high = fit->values[(n - 1) * 95 / 100];
}

static enum hg_rc make_columns(struct fitting *fit, bool with_clock, struct hg_err *reterr)
{
    for (size_t c = 0; c < HG_CODE_COUNT; c++) {
        enum hg_rc rc = make_categories(fit, c, reterr);
        if (rc != HG_OK)
            return rc;
    }
    memset(fit->available, 0, fit->n * sizeof *fit->available);
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        fill_column(fit, f);
        judge_column(fit, f, with_clock);
        if (fit->submodel->columns[f].state != COLUMN_KEPT)
            continue;
        const float *column = fit->cells + f * fit->n;
        for (size_t i = 0; i < fit->n; i++)
            fit->available[i] |= column[i] == column[i] ? FEATURE_BIT(f) : 0;
    }
    return HG_OK;
}

/* ---- sets of columns */

#define FREQUENT_SETS (MODEL_SCORERS - 1)

struct set_count {
    uint32_t set;
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
    size_t m = set_size(x->columns), n = set_size(y->columns);
    return m != n ? (m < n) - (m > n) : (x->columns > y->columns) - (x->columns < y->columns);
}

static bool is_covered(uint32_t available, const struct set_count *sets, size_t n_sets)
{
    for (size_t i = 0; i < n_sets; i++)
        if ((sets[i].set & ~available) == 0)
            return true;
    return false;
}

static size_t count_rows(const struct fitting *fit, uint32_t set)
{
    size_t n = 0;
    for (size_t i = 0; i < fit->n; i++)
        n += (set & ~fit->available[i]) == 0;
    return n;
}

/* For the rows that fit none of the sets: what they have in common, or else what all rows have. 0: nothing, or no such
 * rows. Without it they would be judged by a detector that never saw their like, and alarm for their gaps. */
static uint32_t common_set(const struct fitting *fit, const struct set_count *sets, size_t n_sets)
{
    uint32_t of_uncovered = UINT32_MAX, of_all = UINT32_MAX;
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
    return of_uncovered != 0 && count_rows(fit, of_uncovered) >= HG_TRAIN_ROWS_MIN ? of_uncovered : of_all;
}

/* The sets that enough rows have exactly, and one for the rest. */
static void choose_sets(struct fitting *fit)
{
    struct set_count sets[MODEL_SCORERS];
    size_t n_sets = 0, enough = fit->n / 100 > HG_TRAIN_ROWS_MIN ? fit->n / 100 : HG_TRAIN_ROWS_MIN;
    memcpy(fit->sets, fit->available, fit->n * sizeof *fit->sets);
    qsort(fit->sets, fit->n, sizeof *fit->sets, compare_u32);
    for (size_t i = 0, end; i < fit->n; i = end) {
        for (end = i; end < fit->n && fit->sets[end] == fit->sets[i];)
            end++;
        if (end - i >= enough && fit->sets[i] != 0)
            n_sets = insert_set(sets, n_sets, (struct set_count){fit->sets[i], end - i});
    }
    uint32_t common = common_set(fit, sets, n_sets);
    if (common != 0)
        sets[n_sets++] = (struct set_count){common, 0};
    for (size_t i = 0; i < n_sets; i++)
        fit->submodel->scorers[i].columns = sets[i].set;
    fit->submodel->n_scorers = (uint32_t)n_sets;
    qsort(fit->submodel->scorers, n_sets, sizeof *fit->submodel->scorers, compare_scorers);
}

/* ---- detectors */

/* Copies the rows that have the scorer's columns; false where none of them varies. */
static bool make_table(struct fitting *fit, const struct scorer *scorer, struct hg_table *ret)
{
    size_t columns = 0, rows = 0;
    bool varies = false;
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        if ((scorer->columns & FEATURE_BIT(f)) == 0)
            continue;
        float *to = fit->compact + columns * fit->n;
        const float *from = fit->cells + f * fit->n;
        rows = 0;
        for (size_t i = 0; i < fit->n; i++)
            if ((scorer->columns & ~fit->available[i]) == 0)
                to[rows++] = from[i];
        for (size_t i = 1; i < rows; i++)
            varies |= to[i] != to[0];
        columns++;
    }
    *ret = (struct hg_table){
        .cells = fit->compact, .rows = rows, .columns = columns, .stride = fit->n};
    return varies;
}

/* The score that at most n * tail of n sorted scores exceed. */
static float threshold_of(const float *sorted, size_t n, size_t tail_per_mille)
{
    return sorted[n - 1 - n * tail_per_mille / 1000];
}

/* Thresholds come from the rows that will be scored here: those that fit no scorer with more columns. Where these are
 * too few for a quantile, from all that the detector was fitted on. */
static void calibrate(struct fitting *fit, struct scorer *scorer, const struct hg_table *table)
{
    static const size_t tails[3] = {10, 5, 1};
    scorer->detector->score(scorer->state, table, fit->values);
    size_t own = 0, at = 0;
    for (size_t i = 0; i < fit->n; i++) {
        if ((scorer->columns & ~fit->available[i]) != 0)
            continue;
        if (submodel_scorer(fit->submodel, fit->available[i]) == scorer) { /* to the front */
            float score = fit->values[at];
            fit->values[at] = fit->values[own];
            fit->values[own++] = score;
        }
        at++;
    }
    size_t n = own >= HG_TRAIN_ROWS_MIN ? own : at;
    qsort(fit->values, n, sizeof *fit->values, compare_f32);
    for (size_t k = 0; k < 3; k++)
        scorer->thresholds[k] = threshold_of(fit->values, n, tails[k]);
}

static enum hg_rc fit_scorers(struct fitting *fit, uint64_t seed, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (uint32_t i = 0; rc == HG_OK && i < fit->submodel->n_scorers; i++) {
        struct scorer *scorer = &fit->submodel->scorers[i];
        struct hg_table table;
        bool varies = make_table(fit, scorer, &table);
        scorer->detector = hg_detector_at(0);
        scorer->rows = (uint32_t)table.rows;
        if (!varies)
            continue;
        rc = scorer->detector->fit(&table, &(struct hg_fit_settings){.seed = hg_mix64(seed + i)}, &scorer->state, reterr);
        if (rc == HG_OK)
            calibrate(fit, scorer, &table);
    }
    return rc;
}

enum hg_rc submodel_fit(const struct train_row *rows, size_t n, bool with_clock, uint64_t seed, struct submodel *ret,
                        struct hg_err *reterr)
{
    struct fitting fit = {.rows = rows, .n = n, .submodel = ret};
    fit.cells = malloc(HG_FEATURE_COUNT * n * sizeof *fit.cells);
    fit.compact = malloc(HG_FEATURE_COUNT * n * sizeof *fit.compact);
    fit.available = malloc(n * sizeof *fit.available);
    fit.values = malloc(n * sizeof *fit.values);
    fit.sets = malloc(n * sizeof *fit.sets);
    enum hg_rc rc;
    if (fit.cells == NULL || fit.compact == NULL || fit.available == NULL || fit.values == NULL || fit.sets == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "model: no memory to fit %zu rows", n);
    else
        rc = make_columns(&fit, with_clock, reterr);
    if (rc == HG_OK) {
        ret->rows = (uint32_t)n;
        choose_sets(&fit);
        rc = fit_scorers(&fit, seed, reterr);
    }
    free(fit.cells);
    free(fit.compact);
    free(fit.available);
    free(fit.values);
    free(fit.sets);
    return rc;
}
