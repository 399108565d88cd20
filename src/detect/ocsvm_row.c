#include "detect/ocsvm.h"
#include "detect/ocsvm_power.h"

/* The slow ways for one row: with gaps, and the reasons for a score. */

struct gaps {
    uint32_t present;
    double widen; /* gamma: by used columns / present ones, as if the missing ones differed as much as these */
    double half;
    double cells[HG_COLUMNS_MAX]; /* x', 0 where missing */
    bool missing[HG_COLUMNS_MAX];
};

static void find_gaps(const struct hg_detector_state *svm, const float *row, struct gaps *ret)
{
    ret->present = 0;
    ret->half = 0;
    for (uint32_t c = 0; c < svm->used; c++) {
        float value = row[svm->column_of[c]];
        ret->missing[c] = value != value;
        ret->cells[c] = ret->missing[c] ? 0 : ocsvm_scaled(svm, c, value);
        ret->present += !ret->missing[c];
        ret->half += 0.5 * ret->cells[c] * ret->cells[c];
    }
    ret->widen = ret->present > 0 ? (double)svm->used / ret->present : 0;
}

static inline double support_cell(const struct hg_detector_state *svm, size_t i, size_t c)
{
    return svm->blocked[(i / OCSVM_LANES * svm->used + c) * OCSVM_LANES + i % OCSVM_LANES];
}

/* coefficient * K of support vector i on the columns that are there. */
static double weight(const struct hg_detector_state *svm, const struct gaps *gaps, size_t i)
{
    double distance = 0;
    for (size_t c = 0; c < svm->used; c++) {
        double difference = gaps->cells[c] - support_cell(svm, i, c);
        distance += gaps->missing[c] ? 0 : difference * difference;
    }
    return svm->coefficients[i] * ocsvm_exp2(-0.5 * gaps->widen * distance);
}

float ocsvm_score_partial(const struct hg_detector_state *svm, const float *row)
{
    struct gaps gaps;
    find_gaps(svm, row, &gaps);
    if (gaps.present == svm->used) {
        float score;
        ocsvm_score(svm, &(struct hg_table){.cells = row, .rows = 1, .columns = svm->columns, .stride = 1}, &score);
        return score;
    }
    if (gaps.present == 0)
        return 0;
    double sum = 0;
    for (size_t i = 0; i < svm->vectors; i++)
        sum += weight(svm, &gaps, i);
    return ocsvm_score_of(svm, sum, gaps.half * gaps.widen);
}

/* How far the row lies from the support vectors in each column: the squared difference, averaged with the weights that the vectors
 * have in the sum, so that the near ones count. */
void ocsvm_explain(const struct hg_detector_state *svm, const float *row, float *ret_shares)
{
    struct gaps gaps;
    double credits[HG_COLUMNS_MAX] = {0}, total = 0;
    find_gaps(svm, row, &gaps);
    for (size_t i = 0; i < svm->vectors; i++) {
        double share = weight(svm, &gaps, i);
        for (size_t c = 0; c < svm->used; c++) {
            double difference = gaps.cells[c] - support_cell(svm, i, c);
            credits[c] += gaps.missing[c] ? 0 : share * difference * difference;
        }
    }
    for (size_t c = 0; c < svm->used; c++)
        total += credits[c];
    memset(ret_shares, 0, svm->columns * sizeof *ret_shares);
    for (size_t c = 0; total > 0 && c < svm->used; c++)
        ret_shares[svm->column_of[c]] = (float)(credits[c] / total);
}
