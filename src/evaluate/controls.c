#include "evaluate/controls.h"

#include "base/rng.h"
#include "evaluate/figures.h"

#include <math.h>
#include <stdlib.h>

#define BINS             16u
#define DATASET_ROWS_MAX 20000u
#define COLUMNS_MAX      64u

static uint32_t kind_of(const struct hg_case *at)
{
    return at->kind;
}

static uint32_t mask_of(const struct hg_case *at)
{
    return at->mask;
}

/* ---- how well a key of a row tells attacks */
struct keyed {
    uint32_t key;
    uint8_t attack, half;
    double share; /* of attacks among the other half's rows of this key */
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Halves with the same numbers of attacks and of normal rows, but for one. */
static void make_keyed(const struct hg_subject *subject, const uint32_t *rows, size_t n, uint32_t (*key)(const struct hg_case *),
                       struct keyed *out, size_t class_n[2])
{
    struct hg_rng rng = hg_rng_seeded(1);
    for (size_t i = 0; i < n; i++) { /* shuffled, since logs come in bursts */
        const struct hg_case *at = &subject->cases[rows[i]];
        size_t j = (size_t)hg_rng_below(&rng, i + 1);
        if (j < i)
            out[i] = out[j];
        out[j] = (struct keyed){.key = key(at), .attack = at->truth == HG_LABEL_ATTACK};
    }
    for (size_t i = 0; i < n; i++)
        out[i].half = class_n[out[i].attack]++ & 1;
}

static void learn_shares(struct keyed *keyed, size_t n, double prior)
{
    qsort(keyed, n, sizeof *keyed, by_key);
    for (size_t start = 0, end; start < n; start = end) {
        double rows[2] = {0}, attacks[2] = {0};
        for (end = start; end < n && keyed[end].key == keyed[start].key; end++) {
            rows[keyed[end].half]++;
            attacks[keyed[end].half] += keyed[end].attack;
        }
        for (size_t i = start; i < end; i++) {
            int other = !keyed[i].half;
            keyed[i].share = (attacks[other] + prior) / (rows[other] + 1);
        }
    }
}

static enum hg_rc auroc_of_half(const struct keyed *keyed, size_t n, int half, struct hg_judged *judged, double *ret, struct hg_err *reterr)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (keyed[i].half == half)
            judged[m++] = (struct hg_judged){.p = -keyed[i].share, .attack = keyed[i].attack};
    struct hg_figures figures;
    enum hg_rc rc = hg_figures_make(judged, m, 0, 0, &figures, reterr);
    *ret = rc == HG_OK ? figures.value[HG_AUROC] : (double)NAN;
    return rc;
}

static enum hg_rc tell_by_key(const struct hg_subject *subject, const uint32_t *rows, size_t n, uint32_t (*key)(const struct hg_case *),
                              double *ret, struct hg_err *reterr)
{
    *ret = (double)NAN;
    struct keyed *keyed = malloc((n + 1) * sizeof *keyed);
    struct hg_judged *judged = malloc((n + 1) * sizeof *judged);
    enum hg_rc rc = keyed == NULL || judged == NULL ? hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", n) : HG_OK;
    if (rc == HG_OK) {
        size_t class_n[2] = {0, 0};
        double first = 0, second = 0;
        make_keyed(subject, rows, n, key, keyed, class_n);
        learn_shares(keyed, n, n == 0 ? 0 : (double)class_n[1] / (double)n);
        rc = auroc_of_half(keyed, n, 0, judged, &first, reterr);
        if (rc == HG_OK)
            rc = auroc_of_half(keyed, n, 1, judged, &second, reterr);
        *ret = isnan(first) ? second : isnan(second) ? first : (first + second) / 2;
    }
    free(keyed);
    free(judged);
    return rc;
}

enum hg_rc hg_control_mask(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret, struct hg_err *reterr)
{
    return tell_by_key(subject, rows, n, mask_of, ret, reterr);
}

enum hg_rc hg_control_label_by_kind(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret, struct hg_err *reterr)
{
    *ret = (double)NAN;
    bool several = false;
    for (size_t i = 1; i < n; i++)
        several |= subject->cases[rows[i]].kind != subject->cases[rows[0]].kind;
    return several ? tell_by_key(subject, rows, n, kind_of, ret, reterr) : HG_OK;
}

/* ---- how well the values tell the kind */
struct bayes {
    double counts[2][UINT8_MAX + 1u][COLUMNS_MAX][BINS]; /* by half, kind, column, bin */
    double totals[2][UINT8_MAX + 1u][COLUMNS_MAX];
    bool shared[COLUMNS_MAX]; /* every kind has the column in 1 % of its rows or more */
};

struct sample {
    uint32_t *rows;
    uint8_t *bins;
    size_t n, n_columns;
};

static void count_values(const struct hg_subject *subject, const struct sample *sample, struct bayes *bayes, double kind_n[UINT8_MAX + 1u])
{
    for (size_t i = 0; i < sample->n; i++) {
        uint8_t kind = subject->cases[sample->rows[i]].kind;
        const uint8_t *bins = sample->bins + i * sample->n_columns;
        kind_n[kind]++;
        for (size_t c = 0; c < sample->n_columns; c++) {
            if (bins[c] < BINS) {
                bayes->counts[i & 1][kind][c][bins[c]]++;
                bayes->totals[i & 1][kind][c]++;
            }
        }
    }
    for (size_t c = 0; c < sample->n_columns; c++) {
        bayes->shared[c] = true;
        for (size_t k = 0; k < subject->n_kinds; k++)
            if (kind_n[k] > 0 && bayes->totals[0][k][c] + bayes->totals[1][k][c] < 0.01 * kind_n[k])
                bayes->shared[c] = false;
    }
}

/* log of P(values | kind) / P(values | any other kind), as the half that the row isn't in has it. */
static double log_odds(const struct bayes *bayes, int half, size_t n_kinds, size_t kind, const uint8_t *bins, size_t n_columns)
{
    double odds = 0;
    for (size_t c = 0; c < n_columns; c++) {
        if (!bayes->shared[c] || bins[c] >= BINS)
            continue;
        double others = 1, others_total = BINS;
        for (size_t k = 0; k < n_kinds; k++) {
            others += k == kind ? 0 : bayes->counts[half][k][c][bins[c]];
            others_total += k == kind ? 0 : bayes->totals[half][k][c];
        }
        double own = (bayes->counts[half][kind][c][bins[c]] + 1) / (bayes->totals[half][kind][c] + BINS);
        odds += log(own * others_total / others);
    }
    return odds;
}

static enum hg_rc one_against_rest(const struct hg_subject *subject, const struct sample *sample, const struct bayes *bayes, size_t kind,
                                   struct hg_judged *judged, double *ret, struct hg_err *reterr)
{
    double sum = 0;
    for (size_t half = 0; half < 2; half++) {
        size_t m = 0;
        for (size_t i = half; i < sample->n; i += 2) {
            double odds = log_odds(bayes, !half, subject->n_kinds, kind, sample->bins + i * sample->n_columns, sample->n_columns);
            judged[m++] = (struct hg_judged){.p = -odds, .attack = subject->cases[sample->rows[i]].kind == kind};
        }
        struct hg_figures figures;
        enum hg_rc rc = hg_figures_make(judged, m, 0, 0, &figures, reterr);
        if (rc != HG_OK)
            return rc;
        sum += figures.value[HG_AUROC] / 2;
    }
    *ret = sum;
    return HG_OK;
}

static enum hg_rc tell_kinds(const struct hg_subject *subject, const struct sample *sample, struct bayes *bayes, struct hg_judged *judged,
                             double *ret, struct hg_err *reterr)
{
    double kind_n[UINT8_MAX + 1u] = {0}, sum = 0, n = 0;
    bool any_shared = false;
    count_values(subject, sample, bayes, kind_n);
    for (size_t c = 0; c < sample->n_columns; c++)
        any_shared |= bayes->shared[c];
    for (size_t k = 0; any_shared && k < subject->n_kinds; k++) {
        double auroc = 0;
        if (kind_n[k] == 0 || kind_n[k] == (double)sample->n)
            continue;
        enum hg_rc rc = one_against_rest(subject, sample, bayes, k, judged, &auroc, reterr);
        if (rc != HG_OK)
            return rc;
        if (!isnan(auroc)) {
            sum += auroc;
            n++;
        }
    }
    *ret = n > 0 ? sum / n : (double)NAN;
    return HG_OK;
}

static void draw_sample(const struct hg_subject *subject, const uint32_t *rows, size_t n, struct sample *sample)
{
    struct hg_rng rng = hg_rng_seeded(2);
    for (size_t i = 0; i < n; i++) {
        size_t place = sample->n < DATASET_ROWS_MAX ? sample->n++ : (size_t)hg_rng_below(&rng, i + 1);
        if (place < DATASET_ROWS_MAX)
            sample->rows[place] = rows[i];
    }
    for (size_t i = sample->n; i > 1; i--) { /* halves are every other row: none may follow the order of the logs */
        size_t j = (size_t)hg_rng_below(&rng, i);
        uint32_t row = sample->rows[i - 1];
        sample->rows[i - 1] = sample->rows[j];
        sample->rows[j] = row;
    }
    for (size_t i = 0; i < sample->n; i++)
        subject->bins(subject->self, sample->rows[i], sample->bins + i * sample->n_columns);
}

enum hg_rc hg_control_dataset(const struct hg_subject *subject, const uint32_t *rows, size_t n, double *ret, struct hg_err *reterr)
{
    *ret = (double)NAN;
    if (subject->bins == NULL || n == 0)
        return HG_OK;
    HG_ASSERT(subject->n_bins <= COLUMNS_MAX);
    size_t room = n < DATASET_ROWS_MAX ? n : DATASET_ROWS_MAX;
    struct sample sample = {.n_columns = subject->n_bins};
    sample.rows = malloc(room * sizeof *sample.rows);
    sample.bins = malloc(room * subject->n_bins);
    struct hg_judged *judged = malloc(room * sizeof *judged);
    struct bayes *bayes = calloc(1, sizeof *bayes);
    enum hg_rc rc;
    if (sample.rows == NULL || sample.bins == NULL || judged == NULL || bayes == NULL) {
        rc = hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", room);
    } else {
        draw_sample(subject, rows, n, &sample);
        rc = tell_kinds(subject, &sample, bayes, judged, ret, reterr);
    }
    free(sample.rows);
    free(sample.bins);
    free(judged);
    free(bayes);
    return rc;
}
