#include "detect/ocsvm.h"

#include <math.h>
#include <stdlib.h>

/* libsvm divides by the deviation, and so does this; what no training row can be is refused in a model file. */
#define OUTLYING 100.0 /* above sqrt(OCSVM_SAMPLE) */

static void *zeroed(size_t n, size_t size)
{
    size_t bytes = (n * size + 63) / 64 * 64; /* whole cache lines; none for 0 would be NULL */
    void *p = aligned_alloc(64, bytes + 64);
    if (p != NULL)
        memset(p, 0, bytes + 64);
    return p;
}

enum hg_rc ocsvm_create(uint32_t columns, uint32_t used, uint32_t vectors, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct hg_detector_state *svm = calloc(1, sizeof *svm);
    if (svm != NULL) {
        uint32_t blocks = (vectors + OCSVM_LANES - 1) / OCSVM_LANES;
        size_t lanes = (size_t)blocks * OCSVM_LANES;
        *svm = (struct hg_detector_state){.columns = columns, .used = used, .vectors = vectors, .blocks = blocks};
        svm->column_of = zeroed(used, sizeof *svm->column_of);
        svm->means = zeroed(used, sizeof *svm->means);
        svm->deviations = zeroed(used, sizeof *svm->deviations);
        svm->stretch = zeroed(used, sizeof *svm->stretch);
        svm->cells = zeroed((size_t)vectors * used, sizeof *svm->cells);
        svm->coefficients = zeroed(lanes, sizeof *svm->coefficients);
        svm->minus_half = zeroed(lanes, sizeof *svm->minus_half);
        svm->blocked = zeroed(lanes * used, sizeof *svm->blocked);
    }
    if (svm == NULL || svm->column_of == NULL || svm->means == NULL || svm->deviations == NULL || svm->stretch == NULL ||
        svm->cells == NULL || svm->coefficients == NULL || svm->minus_half == NULL || svm->blocked == NULL) {
        ocsvm_destroy(svm);
        return hg_fail(reterr, HG_ENOMEM, "ocsvm: no memory for %u support vectors of %u columns", vectors, used);
    }
    *ret = svm;
    return HG_OK;
}

void ocsvm_destroy(struct hg_detector_state *svm)
{
    if (svm == NULL)
        return;
    free(svm->column_of);
    free(svm->means);
    free(svm->deviations);
    free(svm->stretch);
    free(svm->cells);
    free(svm->coefficients);
    free(svm->minus_half);
    free(svm->blocked);
    free(svm);
}

bool ocsvm_finish(struct hg_detector_state *svm)
{
    double widen = sqrt(2 * svm->gamma * 1.4426950408889634); /* log2 e; sqrt is exact to the last bit everywhere */
    bool sound = true;
    for (uint32_t c = 0; c < svm->used; c++)
        svm->stretch[c] = widen / svm->deviations[c];
    for (size_t i = 0; i < svm->vectors; i++) {
        double *block = svm->blocked + i / OCSVM_LANES * svm->used * OCSVM_LANES + i % OCSVM_LANES, half = 0;
        for (uint32_t c = 0; c < svm->used; c++) {
            double s = ocsvm_scaled(svm, c, svm->cells[i * svm->used + c]);
            sound &= fabs(s) <= OUTLYING * widen;
            block[c * OCSVM_LANES] = s;
            half += 0.5 * s * s;
        }
        svm->minus_half[i] = -half;
        svm->total += svm->coefficients[i];
    }
    return sound;
}

extern const struct hg_detector hg_detector_ocsvm;
const struct hg_detector hg_detector_ocsvm = {
    .name = "ocsvm",
    .summary = "one-class support vector machine: odd is what lies outside a smooth border around most of the training rows",
    .fit = ocsvm_fit,
    .destroy = ocsvm_destroy,
    .score = ocsvm_score,
    .score_partial = ocsvm_score_partial,
    .explain = ocsvm_explain,
    .serialise = ocsvm_serialise,
    .parse = ocsvm_parse,
};
