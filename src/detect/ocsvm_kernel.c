#include "detect/ocsvm.h"
#include "detect/ocsvm_power.h"
#include "detect/plain_math.h"

/* Scoring: a table goes four rows at a time through the best kernel that the processor runs. */

/* The reference, and the only kernel where the processor has neither AVX2 nor AVX-512. */
static void portable_sums(const struct hg_detector_state *svm, const struct ocsvm_rows *rows, struct ocsvm_sums *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t b = 0; b < svm->blocks; b++) {
        const double *block = svm->blocked + b * svm->used * OCSVM_LANES, *coefficients = svm->coefficients + b * OCSVM_LANES;
        for (size_t u = 0; u < OCSVM_ROWS; u++) {
            double exponents[OCSVM_LANES];
            memcpy(exponents, svm->minus_half + b * OCSVM_LANES, sizeof exponents);
            for (size_t c = 0; c < svm->used; c++)
                for (size_t lane = 0; lane < OCSVM_LANES; lane++)
                    exponents[lane] += rows->cells[c][u] * block[c * OCSVM_LANES + lane];
            for (size_t lane = 0; lane < OCSVM_LANES; lane++)
                ret->lanes[u][lane] += coefficients[lane] * ocsvm_exp2(exponents[lane] - rows->half[u]);
        }
    }
}

static bool everywhere(void)
{
    return true;
}

const struct ocsvm_kernel ocsvm_kernel_portable = {"portable", everywhere, portable_sums};

const struct ocsvm_kernel *const ocsvm_kernels[] = {&ocsvm_kernel_avx512, &ocsvm_kernel_avx2, &ocsvm_kernel_portable};
const size_t ocsvm_kernel_count = sizeof ocsvm_kernels / sizeof ocsvm_kernels[0];

/* Rows beyond the table are the last one again, computed and thrown away. */
static void take_rows(const struct hg_detector_state *svm, const struct hg_table *table, size_t first, struct ocsvm_rows *ret)
{
    memset(ret->half, 0, sizeof ret->half);
    for (uint32_t c = 0; c < svm->used; c++) {
        const float *column = table->cells + svm->column_of[c] * table->stride;
        for (size_t u = 0; u < OCSVM_ROWS; u++) {
            size_t row = first + u < table->rows ? first + u : table->rows - 1;
            double x = ocsvm_scaled(svm, c, column[row]);
            ret->cells[c][u] = x;
            ret->half[u] += 0.5 * x * x;
        }
    }
}

static double sum_of(const double lanes[OCSVM_LANES])
{
    double sums[OCSVM_LANES];
    memcpy(sums, lanes, sizeof sums);
    for (size_t n = OCSVM_LANES / 2; n > 0; n /= 2)
        for (size_t i = 0; i < n; i++)
            sums[i] += sums[i + n];
    return sums[0];
}

void ocsvm_decide_with(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct hg_table *table,
                       double *ret_values)
{
    struct ocsvm_rows rows;
    struct ocsvm_sums sums;
    for (size_t first = 0; first < table->rows; first += OCSVM_ROWS) {
        take_rows(svm, table, first, &rows);
        kernel->sums(svm, &rows, &sums);
        for (size_t u = 0; u < OCSVM_ROWS && first + u < table->rows; u++)
            ret_values[first + u] = svm->rho - sum_of(sums.lanes[u]);
    }
}

void ocsvm_score_with(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct hg_table *table,
                      float *ret_scores)
{
    struct ocsvm_rows rows;
    struct ocsvm_sums sums;
    for (size_t first = 0; first < table->rows; first += OCSVM_ROWS) {
        take_rows(svm, table, first, &rows);
        kernel->sums(svm, &rows, &sums);
        for (size_t u = 0; u < OCSVM_ROWS && first + u < table->rows; u++)
            ret_scores[first + u] = ocsvm_score_of(svm, sum_of(sums.lanes[u]), rows.half[u]);
    }
}

void ocsvm_score(const struct hg_detector_state *svm, const struct hg_table *table, float *ret_scores)
{
    size_t k = 0;
    while (!ocsvm_kernels[k]->runs_here())
        k++;
    ocsvm_score_with(ocsvm_kernels[k], svm, table, ret_scores);
}

/*
 * -log of the mean kernel to the support vectors, weighted by their coefficients: falls as libsvm's decision value rises, so the order
 * is the same, and where the decision value of everything far out rounds to -rho, this still tells far from farther. Beyond the
 * smallest power, log |x'|^2 does.
 */
float ocsvm_score_of(const struct hg_detector_state *svm, double sum, double half)
{
    if (svm->vectors == 0)
        return 0;
    double score = -plain_log(sum / svm->total), farthest = OCSVM_EXPONENT * PLAIN_LN2;
    if (score > farthest - 1e-6)
        score = farthest + plain_log1p(half / OCSVM_EXPONENT);
    return score > 0 ? (float)score : 0;
}
