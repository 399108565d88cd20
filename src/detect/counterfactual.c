#include "detect/explain_priv.h"
#include "detect/phrase.h"
#include "detect/plain_math.h"
#include "detect/sort_floats.h"

#include <math.h>

/*
 * What would have been ordinary. A ladder of values of one feature is scored in one go; from the step nearest to the event's own value
 * that is ordinary, a second ladder looks closer. Where no leading feature does alone, two of them are varied together.
 */
#define PAIR_STEPS 13u /* of each feature: all combinations fit EXPLAIN_ROWS */
_Static_assert(PAIR_STEPS * PAIR_STEPS <= EXPLAIN_ROWS, "pairs are scored at once");

struct ladder {
    enum hg_feature feature;
    const struct column *column;
    float own; /* the event's */
    size_t n;
    float values[EXPLAIN_ROWS]; /* ascending, without its own */
    uint32_t codes[EXPLAIN_ROWS];
};

static double position(const struct column *column, float value)
{
    if (column->is_category)
        return value > 0 ? plain_log((double)value) : (double)-column->categories.unseen;
    return !column->logarithm ? (double)value : value < 0 ? -plain_log1p(-(double)value) : plain_log1p((double)value);
}

static float at_position(const struct column *column, double at)
{
    return (float)(!column->logarithm ? at : at < 0 ? -plain_expm1(-at) : plain_expm1(at));
}

/* ---- ladders */

static void add_value(struct ladder *ladder, float value)
{
    float step = phrase_is_whole(ladder->feature) ? floorf(value + 0.5f) : value;
    if (step != ladder->own && (ladder->n == 0 || step > ladder->values[ladder->n - 1]))
        ladder->values[ladder->n++] = step;
}

/* `most` values from low to high, even on the scale that the detector sees. */
static void climb(struct ladder *ladder, float low, float high, size_t most)
{
    double from = position(ladder->column, low), to = position(ladder->column, high);
    ladder->n = 0;
    if (phrase_is_whole(ladder->feature) && high - low < (float)most) {
        for (float value = low; value <= high; value++)
            add_value(ladder, value);
        return;
    }
    for (size_t i = 0; i < most; i++)
        add_value(ladder, i == 0 ? low : i + 1 == most ? high : at_position(ladder->column, from + (to - from) * (double)i / (double)(most - 1)));
}

/* From where there is nothing to what is usual, and the event's own value with it. */
static void ends_of(const struct ladder *ladder, float *ret_low, float *ret_high)
{
    float low = ladder->column->low < 0 ? ladder->column->low : 0, high = ladder->column->high;
    switch (hg_feature_kind(ladder->feature)) {
    case HG_KIND_ratio:
    case HG_KIND_flag:
    case HG_KIND_clock:
        high = ladder->feature == HG_FEATURE_direction     ? 3
               : ladder->feature == HG_FEATURE_day_of_week ? 6
               : ladder->feature == HG_FEATURE_hour        ? 23
                                                           : 1;
        break;
    case HG_KIND_amount:
    case HG_KIND_code:
        break;
    }
    *ret_low = ladder->own < low ? ladder->own : low;
    *ret_high = ladder->own > high ? ladder->own : high;
}

static int by_share(const void *a, const void *b)
{
    const float *const *x = a, *const *y = b;
    return (**x > **y) - (**x < **y);
}

/* More frequent categories than its own, one a share, at most `most`, the most frequent among them. */
static void climb_shares(struct ladder *ladder, size_t most)
{
    const struct categories *categories = &ladder->column->categories;
    const float **sorted = calloc(categories->n + 1u, sizeof *sorted);
    size_t n = 0;
    ladder->n = 0;
    for (uint32_t i = 0; sorted != NULL && i < categories->n; i++)
        if (categories->share[i] > ladder->own)
            sorted[n++] = &categories->share[i];
    if (n > 0)
        qsort(sorted, n, sizeof(const float *), by_share);
    size_t steps = n < most ? n : most;
    for (size_t i = 0; i < steps; i++) {
        const float *share = sorted[steps == 1 ? n - 1 : i * (n - 1) / (steps - 1)];
        if (ladder->n > 0 && !(*share > ladder->values[ladder->n - 1]))
            continue;
        ladder->codes[ladder->n] = categories->codes[share - categories->share];
        ladder->values[ladder->n++] = *share;
    }
    free(sorted);
}

static void make_ladder(const struct explaining *explaining, const struct hg_contribution *top, size_t most, struct ladder *ret)
{
    float low, high;
    ret->feature = (enum hg_feature)top->feature;
    ret->column = explain_column(explaining, ret->feature);
    ret->own = top->value;
    if (ret->column->is_category) {
        climb_shares(ret, most);
        return;
    }
    ends_of(ret, &low, &high);
    climb(ret, low, high, most);
}

/* ---- scoring */

static void put_value(const struct explaining *explaining, const struct ladder *ladder, size_t step, size_t row)
{
    if (ladder->column->is_category)
        hg_matrix_codes(explaining->matrix, ladder->feature)[row] = ladder->codes[step];
    else
        hg_matrix_column(explaining->matrix, ladder->feature)[row] = ladder->values[step];
}

/* Which of the first n rows are ordinary? They become copies of the event's again. */
static void judge(const struct explaining *explaining, size_t n, double rate, bool *ret)
{
    const struct hg_event *events[EXPLAIN_ROWS];
    struct hg_score scores[EXPLAIN_ROWS];
    for (size_t i = 0; i < n; i++)
        events[i] = explaining->event;
    explaining->matrix->rows = n;
    hg_model_score(explaining->model, explaining->scratch, events, n, explaining->matrix, scores);
    for (size_t i = 0; i < n; i++) {
        ret[i] = !(scores[i].p < rate);
        hg_matrix_set_row(explaining->matrix, i, explaining->row);
    }
}

static void judge_ladder(const struct explaining *explaining, const struct ladder *ladder, double rate, bool *ret)
{
    for (size_t i = 0; i < ladder->n; i++)
        put_value(explaining, ladder, i, i);
    judge(explaining, ladder->n, rate, ret);
}

/* ---- one figure */

static double distance(const struct ladder *ladder, float value)
{
    return fabs(position(ladder->column, value) - position(ladder->column, ladder->own));
}

/* The ordinary step nearest to the event's own value; false: none is. */
static bool nearest_step(const struct ladder *ladder, const bool *ordinary, size_t *ret)
{
    bool found = false;
    for (size_t i = 0; i < ladder->n; i++) {
        if (ordinary[i] && (!found || distance(ladder, ladder->values[i]) < distance(ladder, ladder->values[*ret]))) {
            *ret = i;
            found = true;
        }
    }
    return found;
}

/* Between the step and its neighbour towards the event's own value. */
static float look_closer(const struct explaining *explaining, const struct ladder *ladder, size_t step, double rate)
{
    struct ladder closer = {.feature = ladder->feature, .column = ladder->column, .own = ladder->own};
    bool ordinary[EXPLAIN_ROWS], down = ladder->values[step] > ladder->own;
    float value = ladder->values[step], other = ladder->own;
    if (down && step > 0 && ladder->values[step - 1] > other)
        other = ladder->values[step - 1];
    if (!down && step + 1 < ladder->n && ladder->values[step + 1] < other)
        other = ladder->values[step + 1];
    size_t nearest;
    climb(&closer, down ? other : value, down ? value : other, EXPLAIN_ROWS);
    judge_ladder(explaining, &closer, rate, ordinary);
    return nearest_step(&closer, ordinary, &nearest) ? closer.values[nearest] : value;
}

/* To figures that a person would name, away from the event's own value, where that is ordinary too. */
static float rounded(const struct explaining *explaining, const struct ladder *ladder, float value, double rate)
{
    bool up = value > ladder->own, ordinary;
    struct ladder one = {.feature = ladder->feature, .column = ladder->column, .n = 1};
    one.values[0] = (float)phrase_round(ladder->feature, (double)value, up);
    judge_ladder(explaining, &one, rate, &ordinary);
    return ordinary ? one.values[0] : value;
}

static bool by_one(const struct explaining *explaining, const struct hg_contribution *top, double rate, struct hg_counterfactual *ret)
{
    struct ladder ladder = {0};
    bool ordinary[EXPLAIN_ROWS];
    size_t step, last;
    make_ladder(explaining, top, EXPLAIN_ROWS, &ladder);
    judge_ladder(explaining, &ladder, rate, ordinary);
    if (!nearest_step(&ladder, ordinary, &step))
        return false;
    bool up = ladder.values[step] > ladder.own;
    for (last = step; up ? last + 1 < ladder.n && ordinary[last + 1] : last > 0 && ordinary[last - 1];)
        last = up ? last + 1 : last - 1;
    *ret = (struct hg_counterfactual){.n = 1, .changes = {{top->feature, ladder.values[step], ladder.own, ladder.codes[step]}},
                                      .until = ladder.values[last], .to_the_end = last == (up ? ladder.n - 1 : 0)};
    if (ladder.column->is_category || phrase_is_state(ladder.feature))
        return true;
    float closer = rounded(explaining, &ladder, look_closer(explaining, &ladder, step, rate), rate);
    ret->changes[0].value = closer;
    if (up ? closer > ret->until : closer < ret->until)
        ret->until = closer;
    return true;
}

/* ---- two figures */

/* In usual ranges, so that unlike figures can be compared. */
static double effort(const struct ladder *ladder, float value)
{
    const struct column *column = ladder->column;
    double range = fabs(position(column, column->high) - position(column, column->low));
    return distance(ladder, value) / (range > 0 ? range : 1);
}

/* Adds what is most usual to the steps. */
static void make_short_ladder(const struct explaining *explaining, const struct hg_contribution *top, struct ladder *ret)
{
    make_ladder(explaining, top, PAIR_STEPS - 1, ret);
    if (ret->column->is_category || ret->column->median == ret->own)
        return;
    ret->values[ret->n++] = ret->column->median;
    sort_floats(ret->values, ret->n);
}

/* The least effort of all that were tried so far goes into *least. */
static void by_two(const struct explaining *explaining, const struct hg_contribution *const tops[2], double rate, double *least,
                   struct hg_counterfactual *ret)
{
    struct ladder ladders[2] = {0};
    bool ordinary[EXPLAIN_ROWS];
    for (size_t k = 0; k < 2; k++)
        make_short_ladder(explaining, tops[k], &ladders[k]);
    size_t wide = ladders[1].n, n = ladders[0].n * wide;
    for (size_t i = 0; i < n; i++) {
        put_value(explaining, &ladders[0], i / wide, i);
        put_value(explaining, &ladders[1], i % wide, i);
    }
    judge(explaining, n, rate, ordinary);
    for (size_t i = 0; i < n; i++) {
        double sum = effort(&ladders[0], ladders[0].values[i / wide]) + effort(&ladders[1], ladders[1].values[i % wide]);
        if (!ordinary[i] || !(sum < *least))
            continue;
        *least = sum;
        *ret = (struct hg_counterfactual){.n = 2};
        for (size_t k = 0; k < 2; k++) {
            size_t step = k == 0 ? i / wide : i % wide;
            ret->changes[k] = (struct hg_change){tops[k]->feature, ladders[k].values[step], ladders[k].own, ladders[k].codes[step]};
        }
    }
}

/* Figures that a person would name, where they do, too. */
static void round_two(const struct explaining *explaining, double rate, struct hg_counterfactual *two)
{
    struct hg_counterfactual rounder = *two;
    bool ordinary;
    for (size_t k = 0; k < 2; k++) {
        struct hg_change *change = &rounder.changes[k];
        struct ladder one = {.feature = (enum hg_feature)change->feature, .column = explain_column(explaining, (enum hg_feature)change->feature)};
        if (!one.column->is_category)
            change->value = (float)phrase_round(one.feature, (double)change->value, change->value > change->own);
        one.values[0] = change->value;
        one.codes[0] = change->code;
        put_value(explaining, &one, 0, 0);
    }
    judge(explaining, 1, rate, &ordinary);
    if (ordinary)
        *two = rounder;
}

/* Of two views both may find the event odd: the leading figures of either are varied. */
#define PAIRED (2 * HG_TOP_FEATURES)

static bool by_any_two(const struct explaining *explaining, const struct hg_explanation *explanation, struct hg_counterfactual *ret)
{
    struct hg_contribution tops[PAIRED];
    size_t n = 0;
    for (int view = 0; view < 2; view++)
        n += hg_model_contributions(explaining->model, explaining->scratch, explaining->event, 0, explaining->matrix,
                                    explanation->score.by_behaviour != (view == 1), HG_TOP_FEATURES, tops + n);
    double least = HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            by_two(explaining, (const struct hg_contribution *[]){&tops[i], &tops[j]}, explanation->rate, &least, ret);
    if (!(least < HUGE_VAL))
        return false;
    round_two(explaining, explanation->rate, ret);
    return true;
}

void explain_counterfactuals(const struct explaining *explaining, struct hg_explanation *explanation)
{
    explanation->n_counterfactuals = 0;
    if (!(explanation->score.p < explanation->rate))
        return;
    for (size_t i = 0; i < explanation->score.n_top; i++)
        explanation->n_counterfactuals += by_one(explaining, &explanation->features[i], explanation->rate,
                                                 &explanation->counterfactuals[explanation->n_counterfactuals]);
    if (explanation->n_counterfactuals == 0)
        explanation->n_counterfactuals = by_any_two(explaining, explanation, &explanation->counterfactuals[0]);
}
