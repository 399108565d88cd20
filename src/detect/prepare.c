#include "detect/prepare.h"
#include "detect/plain_math.h"
#include "detect/sort_floats.h"

#include <math.h>
#include <stdlib.h>

#define SKEWED 2.0 /* skewness from which a column without a kind may be put on a log scale */

/* ---- categories */

enum hg_rc categories_reserve(struct categories *categories, uint32_t n, struct hg_err *reterr)
{
    categories->codes = calloc(n + 1u, sizeof *categories->codes);
    categories->rarity = calloc(n + 1u, sizeof *categories->rarity);
    categories->share = calloc(n + 1u, sizeof *categories->share);
    if (categories->codes == NULL || categories->rarity == NULL || categories->share == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %u categories", n);
    return HG_OK;
}

static inline uint32_t spread(uint32_t code)
{
    code *= UINT32_C(0x9e3779b1);
    return code ^ code >> 15;
}

enum hg_rc categories_make_index(struct categories *categories, struct hg_err *reterr)
{
    uint32_t places = 16;
    while (places < 2 * categories->n)
        places *= 2;
    categories->index = calloc(places, sizeof *categories->index); /* position + 1; 0: free */
    if (categories->index == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for %u categories", categories->n);
    categories->index_mask = places - 1;
    for (uint32_t i = 0; i < categories->n; i++) {
        uint32_t at = spread(categories->codes[i]) & categories->index_mask;
        while (categories->index[at] != 0)
            at = (at + 1) & categories->index_mask;
        categories->index[at] = i + 1;
    }
    return HG_OK;
}

/* The position of a code, or categories->n. */
static inline uint32_t find(const struct categories *categories, uint32_t code)
{
    for (uint32_t at = spread(code);; at++) {
        uint32_t place = categories->index[at & categories->index_mask];
        if (place == 0)
            return categories->n;
        if (categories->codes[place - 1] == code)
            return place - 1;
    }
}

float categories_share(const struct categories *categories, uint32_t code)
{
    uint32_t i = find(categories, code);
    return i < categories->n ? categories->share[i] : 0;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void count_categories(const uint32_t *sorted, size_t n, struct categories *categories)
{
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

static enum hg_rc learn_categories(const uint32_t *codes, struct row_list counted, uint32_t *sorted, struct categories *ret,
                                   struct hg_err *reterr)
{
    size_t present = 0;
    for (size_t i = 0; i < counted.n; i++)
        if (codes[counted.rows[i]] != 0)
            sorted[present++] = codes[counted.rows[i]];
    qsort(sorted, present, sizeof *sorted, compare_u32);
    uint32_t distinct = present > 0;
    for (size_t i = 1; i < present; i++)
        distinct += sorted[i] != sorted[i - 1];
    enum hg_rc rc = categories_reserve(ret, distinct, reterr);
    if (rc != HG_OK)
        return rc;
    ret->unseen = (float)plain_log((double)present + 1);
    count_categories(sorted, present, ret);
    return categories_make_index(ret, reterr);
}

/* ---- numbers */

/* Third moment over the deviation's cube; 0 for a constant. */
static double skewness(const float *values, size_t n)
{
    double mean = 0, second = 0, third = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)values[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = (double)values[i] - mean;
        second += d * d / (double)n;
        third += d * d * d / (double)n;
    }
    return second > 0 ? third / (second * sqrt(second)) : 0;
}

/* Sorted values of a number; spoils them. */
static bool log_lowers_skewness(float *sorted, size_t n)
{
    if (n == 0 || sorted[0] < 0)
        return false;
    double before = skewness(sorted, n);
    if (!(before > SKEWED))
        return false;
    log1p_of(sorted, n, sorted);
    double after = skewness(sorted, n);
    return (after < 0 ? -after : after) < before;
}

/* ---- a column */

/* The present values, sorted; for categories their shares. */
static size_t sorted_values(const struct rows_view *view, size_t c, size_t n, const struct column *column, float *ret)
{
    size_t present = 0;
    for (size_t i = 0; i < n; i++)
        if (column_present(view, c, i))
            ret[present++] = column->is_category ? categories_share(&column->categories, view->codes[c][i]) : view->numbers[c][i];
    sort_floats(ret, present);
    return present;
}

static void categories_free(struct categories *categories)
{
    free(categories->codes);
    free(categories->index);
    free(categories->rarity);
    free(categories->share);
    *categories = (struct categories){0};
}

enum hg_rc column_recount(const struct rows_view *view, size_t c, struct row_list counted, uint32_t *scratch_codes, struct column *column,
                          struct hg_err *reterr)
{
    categories_free(&column->categories);
    return learn_categories(view->codes[c], counted, scratch_codes, &column->categories, reterr);
}

enum hg_rc column_learn(const struct rows_view *view, size_t c, size_t n, struct row_list counted, enum column_kind kind, bool with_clock,
                        float *scratch, uint32_t *scratch_codes, struct column *ret, struct hg_err *reterr)
{
    *ret = (struct column){.is_category = view->codes[c] != NULL};
    if (ret->is_category) {
        enum hg_rc rc = learn_categories(view->codes[c], counted, scratch_codes, &ret->categories, reterr);
        if (rc != HG_OK)
            return rc;
    }
    size_t present = sorted_values(view, c, n, ret, scratch), missing = n - present;
    ret->missing_percent = (uint8_t)((missing * 100 + n - 1) / n);
    if (missing * 2 > n)
        ret->state = COLUMN_MISSING;
    else if (kind == COLUMN_CLOCK && !with_clock)
        ret->state = COLUMN_SHORT_CLOCK;
    else if (!(scratch[0] < scratch[present - 1])) /* categories: their shares */
        ret->state = ret->categories.n > 1 ? COLUMN_EVEN : COLUMN_CONSTANT;
    if (present == 0)
        return HG_OK;
    ret->low = scratch[(present - 1) * 5 / 100];
    ret->median = scratch[(present - 1) / 2];
    ret->high = scratch[(present - 1) * 95 / 100];
    ret->excess = kind == COLUMN_EXCESS;
    if (ret->excess && ret->state == COLUMN_KEPT && !(ret->median < scratch[present - 1]))
        ret->state = COLUMN_CONSTANT;
    ret->logarithm = kind == COLUMN_HEAVY || kind == COLUMN_EXCESS || (kind == COLUMN_ASK && !ret->is_category && log_lowers_skewness(scratch, present));
    return HG_OK;
}

void column_free(struct column *column)
{
    categories_free(&column->categories);
}

static void prepare_categories(const struct categories *categories, const uint32_t *codes, const uint32_t *order, size_t n, float *ret)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t code = codes[order == NULL ? i : order[i]];
        if (code == 0) {
            ret[i] = NAN;
            continue;
        }
        uint32_t place = find(categories, code);
        ret[i] = place < categories->n ? categories->rarity[place] : categories->unseen;
    }
}

void column_prepare(const struct column *column, const struct rows_view *view, size_t c, const uint32_t *order, size_t n, float *ret)
{
    if (column->is_category) {
        prepare_categories(&column->categories, view->codes[c], order, n, ret);
        return;
    }
    const float *values = view->numbers[c];
    for (size_t i = 0; i < n; i++) {
        float value = values[order == NULL ? i : order[i]];
        ret[i] = value - value == 0.0f ? value : NAN;
    }
    for (size_t i = 0; column->excess && i < n; i++)
        ret[i] = ret[i] < column->median ? column->median : ret[i];
    if (column->logarithm)
        log1p_of(ret, n, ret);
}
