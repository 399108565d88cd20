#include "detect/bytes.h"
#include "detect/ocsvm.h"

#include <float.h>

/*
 * A machine in a model file: a version, how many columns, columns used and support vectors, gamma and rho; for each used column its
 * number, mean and deviation; the coefficients; the cells of the vectors, vector by vector, as the floats that they were in training.
 * All else follows from these.
 */
#define VERSION         1
#define HEAD_BYTES      (1 + 2 + 2 + 2 + 8 + 8)
#define COLUMN_BYTES    (2 + 8 + 8)
#define GAMMA_MOST      100
#define DEVIATION_LEAST 1e-60 /* floats can't differ by less */

static void put_f64(struct hg_buf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(buf, bits, sizeof bits);
}

/* Between least and most, or the read fails: so no NaN and no infinity. */
static double get_f64(struct bytes_in *in, double least, double most)
{
    uint64_t bits = bytes_get(in, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (value >= least && value <= most)
        return value;
    in->failed = true;
    return 0;
}

void ocsvm_serialise(const struct hg_detector_state *svm, struct hg_buf *buf)
{
    bytes_put(buf, VERSION, 1);
    bytes_put(buf, svm->columns, 2);
    bytes_put(buf, svm->used, 2);
    bytes_put(buf, svm->vectors, 2);
    put_f64(buf, svm->gamma);
    put_f64(buf, svm->rho);
    for (uint32_t c = 0; c < svm->used; c++) {
        bytes_put(buf, svm->column_of[c], 2);
        put_f64(buf, svm->means[c]);
        put_f64(buf, svm->deviations[c]);
    }
    for (uint32_t i = 0; i < svm->vectors; i++)
        put_f64(buf, svm->coefficients[i]);
    for (size_t i = 0; i < (size_t)svm->vectors * svm->used; i++)
        bytes_put_f32(buf, svm->cells[i]);
}

static void get_columns(struct bytes_in *in, struct hg_detector_state *svm)
{
    for (uint32_t c = 0; c < svm->used; c++) {
        svm->column_of[c] = (uint16_t)bytes_get(in, 2);
        in->failed |= svm->column_of[c] >= svm->columns || (c > 0 && svm->column_of[c] <= svm->column_of[c - 1]);
        svm->means[c] = get_f64(in, -(double)FLT_MAX, (double)FLT_MAX);
        svm->deviations[c] = get_f64(in, DEVIATION_LEAST, (double)FLT_MAX);
    }
}

static enum hg_rc damaged(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EFORMAT, "ocsvm: damaged support vectors");
}

/* The counts say how many bytes there must be, so nothing is allocated on a false one's word. */
enum hg_rc ocsvm_parse(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    uint8_t version = bytes_get_u8(&in);
    uint32_t own_columns = (uint32_t)bytes_get(&in, 2), used = (uint32_t)bytes_get(&in, 2), vectors = (uint32_t)bytes_get(&in, 2);
    double gamma = get_f64(&in, DBL_MIN, GAMMA_MOST), rho = get_f64(&in, -(double)OCSVM_SAMPLE, (double)OCSVM_SAMPLE);
    size_t expected = HEAD_BYTES + (size_t)used * COLUMN_BYTES + (size_t)vectors * (8 + 4 * (size_t)used);
    if (in.failed || version != VERSION || own_columns != columns || columns > HG_COLUMNS_MAX || used > columns ||
        vectors > OCSVM_SAMPLE || (vectors == 0) != (used == 0) || bytes.len != expected)
        return damaged(reterr);
    struct hg_detector_state *svm;
    enum hg_rc rc = ocsvm_create(own_columns, used, vectors, &svm, reterr);
    if (rc != HG_OK)
        return rc;
    svm->gamma = gamma;
    svm->rho = rho;
    get_columns(&in, svm);
    for (uint32_t i = 0; i < vectors; i++)
        svm->coefficients[i] = get_f64(&in, DBL_MIN, 1);
    for (size_t i = 0; i < (size_t)vectors * used; i++)
        svm->cells[i] = bytes_get_f32(&in);
    if (in.failed || !ocsvm_finish(svm)) {
        ocsvm_destroy(svm);
        return damaged(reterr);
    }
    *ret = svm;
    return HG_OK;
}
