#include "evaluate/figures.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

/* A row's place among the sorted ones says all that the figures need. */
enum { ATTACK = 1, ALARM = 2, LAST_OF_TIE = 4 };

double hg_recall_rate(size_t i)
{
    static const double rates[HG_RECALL_RATES] = {1e-2, 1e-3, 1e-4};
    return rates[i];
}

const char *hg_recall_name(size_t i)
{
    static const char *const names[HG_RECALL_RATES] = {"0.01", "0.001", "0.0001"};
    return names[i];
}

static int by_p(const void *a, const void *b)
{
    const struct hg_judged *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* One pass from the oddest row on. weights: how often each row counts, NULL: once. class_n: what they add up to, of normal rows and
 * attacks; each stands for scale rows of its class, which matters to precision alone. */
static void walk(const uint8_t *marks, const uint16_t *weights, size_t n, const size_t class_n[2], const double scale[2],
                 double ret[HG_FIGURE_COUNT])
{
    double positives = (double)class_n[1], negatives = (double)class_n[0];
    double hits = 0, false_alarms = 0, tied_hits = 0, tied_false = 0, area = 0, precision = 0, found = 0;
    double recalls[HG_RECALL_RATES] = {0};
    for (size_t i = 0; i < n; i++) {
        double weight = weights == NULL ? 1 : weights[i];
        if (marks[i] & ATTACK) {
            tied_hits += weight;
            found += marks[i] & ALARM ? weight : 0;
        } else {
            tied_false += weight;
        }
        if (!(marks[i] & LAST_OF_TIE))
            continue;
        area += tied_false * (hits + tied_hits / 2);
        hits += tied_hits;
        false_alarms += tied_false;
        if (tied_hits > 0)
            precision += tied_hits * scale[1] * hits / (scale[1] * hits + scale[0] * false_alarms);
        for (size_t r = 0; r < HG_RECALL_RATES; r++)
            if (false_alarms <= hg_recall_rate(r) * negatives)
                recalls[r] = hits / positives;
        tied_hits = tied_false = 0;
    }
    ret[HG_AUROC] = area / (positives * negatives);
    ret[HG_AUPRC] = precision / positives;
    for (size_t r = 0; r < HG_RECALL_RATES; r++)
        ret[HG_RECALL_2 + r] = negatives * hg_recall_rate(r) < 1 - 1e-9 ? (double)NAN : recalls[r];
    ret[HG_RECALL_BUDGET] = found / positives;
}

/* ---- intervals */
struct draws {
    uint8_t *marks;     /* of the rows that are drawn from, in order */
    uint16_t *weights;
    uint32_t *of[2];    /* places of the normal rows, and of the attacks */
    size_t n, class_n[2];
    double scale[2];    /* rows there are for each that is drawn from */
    double *values;     /* HG_FIGURE_COUNT runs of `count` */
    unsigned count;
};

static void draws_free(struct draws *draws)
{
    free(draws->marks);
    free(draws->weights);
    free(draws->of[0]);
    free(draws->of[1]);
    free(draws->values);
}

/* Keeps `keep` of the `left` rows still to come, each with the same chance (selection sampling). */
static bool chosen(struct hg_rng *rng, size_t *left, size_t *keep)
{
    bool take = hg_rng_below(rng, *left) < *keep;
    (*left)--;
    *keep -= take;
    return take;
}

/* The rows to draw from. A tie whose last row was not chosen ends at the last that was. */
static void choose_rows(struct draws *draws, const uint8_t *marks, size_t n, const size_t class_n[2], struct hg_rng *rng)
{
    size_t left[2] = {class_n[0], class_n[1]}, keep[2];
    for (int c = 0; c < 2; c++)
        keep[c] = class_n[c] < HG_DRAW_ROWS_MAX ? class_n[c] : HG_DRAW_ROWS_MAX;
    size_t tie_start = 0;
    for (size_t i = 0; i < n; i++) {
        int c = marks[i] & ATTACK;
        if (chosen(rng, &left[c], &keep[c])) {
            draws->of[c][draws->class_n[c]++] = (uint32_t)draws->n;
            draws->marks[draws->n++] = marks[i] & (ATTACK | ALARM);
        }
        if ((marks[i] & LAST_OF_TIE) && draws->n > tie_start) {
            draws->marks[draws->n - 1] |= LAST_OF_TIE;
            tie_start = draws->n;
        }
    }
}

static bool draws_init(struct draws *draws, const size_t class_n[2], unsigned count)
{
    size_t kept[2];
    for (int c = 0; c < 2; c++) {
        kept[c] = class_n[c] < HG_DRAW_ROWS_MAX ? class_n[c] : HG_DRAW_ROWS_MAX;
        draws->of[c] = malloc(kept[c] * sizeof *draws->of[c]);
        draws->scale[c] = (double)class_n[c] / (double)kept[c];
    }
    size_t n = kept[0] + kept[1];
    draws->marks = malloc(n);
    draws->weights = malloc(n * sizeof *draws->weights);
    draws->values = malloc((size_t)count * HG_FIGURE_COUNT * sizeof *draws->values);
    draws->count = count;
    return draws->marks != NULL && draws->weights != NULL && draws->of[0] != NULL && draws->of[1] != NULL && draws->values != NULL;
}

static void draw(struct draws *draws, unsigned k, struct hg_rng *rng)
{
    memset(draws->weights, 0, draws->n * sizeof *draws->weights);
    for (int c = 0; c < 2; c++)
        for (size_t i = 0; i < draws->class_n[c]; i++)
            draws->weights[draws->of[c][hg_rng_below(rng, draws->class_n[c])]]++;
    double values[HG_FIGURE_COUNT];
    walk(draws->marks, draws->weights, draws->n, draws->class_n, draws->scale, values);
    for (size_t f = 0; f < HG_FIGURE_COUNT; f++)
        draws->values[f * draws->count + k] = values[f];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void percentiles(struct draws *draws, struct hg_figures *figures)
{
    size_t low = (size_t)(0.025 * (draws->count - 1) + 0.5), high = draws->count - 1 - low;
    for (size_t f = 0; f < HG_FIGURE_COUNT; f++) {
        double *values = draws->values + f * draws->count;
        if (isnan(figures->value[f]) || isnan(values[0]))
            continue;
        qsort(values, draws->count, sizeof *values, by_value);
        figures->low[f] = values[low];
        figures->high[f] = values[high];
    }
}

static enum hg_rc make_intervals(const uint8_t *marks, size_t n, const size_t class_n[2], unsigned count, uint64_t seed,
                                 struct hg_figures *figures, struct hg_err *reterr)
{
    struct draws draws = {0};
    if (!draws_init(&draws, class_n, count)) {
        draws_free(&draws);
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %u draws of %zu rows", count, n);
    }
    struct hg_rng rng = hg_rng_seeded(seed);
    choose_rows(&draws, marks, n, class_n, &rng);
    figures->sampled = draws.n < n;
    for (unsigned k = 0; k < count; k++)
        draw(&draws, k, &rng);
    percentiles(&draws, figures);
    draws_free(&draws);
    return HG_OK;
}

enum hg_rc hg_figures_make(struct hg_judged *rows, size_t n, unsigned draws, uint64_t seed, struct hg_figures *ret, struct hg_err *reterr)
{
    struct hg_figures figures = {.n = n};
    size_t class_n[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        class_n[rows[i].attack]++;
    figures.positives = class_n[1];
    for (size_t f = 0; f < HG_FIGURE_COUNT; f++)
        figures.value[f] = figures.low[f] = figures.high[f] = (double)NAN;
    *ret = figures;
    if (class_n[0] == 0 || class_n[1] == 0)
        return HG_OK;
    uint8_t *marks = malloc(n);
    if (marks == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", n);
    qsort(rows, n, sizeof *rows, by_p);
    for (size_t i = 0; i < n; i++)
        marks[i] = (uint8_t)((rows[i].attack ? ATTACK : 0) | (rows[i].alarm ? ALARM : 0) |
                             (i + 1 == n || rows[i + 1].p > rows[i].p ? LAST_OF_TIE : 0));
    walk(marks, NULL, n, class_n, (const double[2]){1, 1}, figures.value);
    enum hg_rc rc = draws == 0 ? HG_OK : make_intervals(marks, n, class_n, draws, seed, &figures, reterr);
    free(marks);
    if (rc == HG_OK)
        *ret = figures;
    return rc;
}
