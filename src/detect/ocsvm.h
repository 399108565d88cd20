/*
 * The one-class support vector machine (Schoelkopf et al. 2001) with the kernel K(x, s) = exp(-gamma |x - s|^2) on standardised
 * columns, for det_ocsvm.c, its kernels and its reference. libsvm trains. Scoring is our own, and the same bits everywhere.
 *
 * With x' = x sqrt(2 gamma log2 e), K = 2^(x'.s' - |x'|^2/2 - |s'|^2/2), so that the support vectors need one multiplication and one
 * addition a column, and exp is a plain power of two. That difference would cancel badly for vectors far out; but standardised over
 * at most OCSVM_SAMPLE rows no component of a support vector is beyond sqrt(OCSVM_SAMPLE), which bounds the error of K by about
 * 1e-10. Doubles, not floats: libsvm's coefficients sum to nu times the rows, and its decision value is to be met within 1e-6.
 */
#ifndef HG_DETECT_OCSVM_H
#define HG_DETECT_OCSVM_H

#include "detect/detect.h"

#define OCSVM_SAMPLE 5000u /* rows at most for training, and so support vectors */
#define OCSVM_LANES  16u   /* support vectors a block, one a lane; each lane adds for itself, and the lanes are added last */
#define OCSVM_ROWS   4u    /* at once */

struct hg_detector_state {
    uint32_t columns, used, vectors, blocks; /* used: columns that varied in training */
    double gamma, rho, total;                /* total: sum of the coefficients */
    uint16_t *column_of;                     /* of a used column */
    double *means, *deviations, *stretch;    /* of each used column; x' = (x - mean) * stretch */
    float *cells;                            /* vectors by used columns, as they stood in training */
    double *coefficients;                    /* blocks * OCSVM_LANES, 0 beyond the vectors; so the next two */
    double *minus_half;                      /* -|s'|^2/2 */
    double *blocked;                         /* s': block by block, in a block column by column, in a column lane by lane */
};

/* Room for a machine, all zero. HG_ENOMEM where there is none. */
enum hg_rc ocsvm_create(uint32_t columns, uint32_t used, uint32_t vectors, struct hg_detector_state **ret, struct hg_err *reterr);
void ocsvm_destroy(struct hg_detector_state *svm);
/* Fills stretch, blocked, minus_half and total from the rest. False: a vector is farther out than training can put it. */
bool ocsvm_finish(struct hg_detector_state *svm);

/* The rows to train with: all, or OCSVM_SAMPLE of them (fewer from 65 columns on) drawn without replacement, in the table's order. Returns their number. */
size_t ocsvm_sample(size_t rows, size_t columns, uint64_t seed, size_t *ret_rows);
enum hg_rc ocsvm_fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                     struct hg_err *reterr);

/* Kernels: OCSVM_ROWS rows, used column by used column, and their |x'|^2/2, to sums of coefficient * K by lane. */
struct ocsvm_rows {
    double half[OCSVM_ROWS];
    double cells[HG_COLUMNS_MAX][OCSVM_ROWS];
};
struct ocsvm_sums {
    double lanes[OCSVM_ROWS][OCSVM_LANES];
};
struct ocsvm_kernel {
    const char *name;
    bool (*runs_here)(void);
    void (*sums)(const struct hg_detector_state *svm, const struct ocsvm_rows *rows, struct ocsvm_sums *ret);
};
/* Best first; the last is the portable one, which runs everywhere and which the others are compared with. */
extern const struct ocsvm_kernel *const ocsvm_kernels[];
extern const size_t ocsvm_kernel_count;
extern const struct ocsvm_kernel ocsvm_kernel_avx512, ocsvm_kernel_avx2, ocsvm_kernel_portable;

/* libsvm's decision value with its sign turned, rho - sum of coefficient * K: above 0 is outside. */
void ocsvm_decide_with(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct hg_table *table,
                       double *ret_values);
void ocsvm_score_with(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct hg_table *table,
                      float *ret_scores);
void ocsvm_score(const struct hg_detector_state *svm, const struct hg_table *table, float *ret_scores);
float ocsvm_score_partial(const struct hg_detector_state *svm, const float *row);
void ocsvm_explain(const struct hg_detector_state *svm, const float *row, float *ret_shares);

/* From a sum of coefficient * K and |x'|^2/2 to a score. */
float ocsvm_score_of(const struct hg_detector_state *svm, double sum, double half);
static inline double ocsvm_scaled(const struct hg_detector_state *svm, uint32_t used, float value)
{
    return ((double)value - svm->means[used]) * svm->stretch[used];
}

void ocsvm_serialise(const struct hg_detector_state *svm, struct hg_buf *buf);
enum hg_rc ocsvm_parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr);

#endif
