/*
 * Detectors: unsupervised methods behind one interface. A detector sees only finite numbers: model.c has chosen columns and
 * rows so that nothing is missing.
 *
 * To add one: write src/detect/det_<name>.c with `const struct hg_detector hg_detector_<name>`, add a line to detectors.def.
 *
 * Contract, checked for every detector by tests/contract/: same rows and seed, same bytes of serialise; parse(serialise(x))
 * scores the same bits; parse refuses anything damaged with HG_EFORMAT and never crashes; scores lie in 0..1, higher is odder,
 * and don't depend on block size; shares of explain sum to 1 (or are all 0).
 */
#ifndef HG_DETECT_DETECT_H
#define HG_DETECT_DETECT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct hg_table { /* column-major: cell(column, row) = cells[column * stride + row] */
    const float *cells;
    size_t rows, columns, stride;
    const bool *heavy_tailed; /* by column, for fit: better split on a log scale. NULL: none */
};

struct hg_detector_state; /* of one fitted detector; each det_*.c has its own */

struct hg_detector {
    const char *name;    /* equals the file name */
    const char *summary; /* one line for `honeyguide detectors` and the manual */
    enum hg_rc (*fit)(const struct hg_table *table, uint64_t seed, struct hg_detector_state **ret, struct hg_err *reterr);
    void (*destroy)(struct hg_detector_state *state);
    void (*score)(const struct hg_detector_state *state, const struct hg_table *table, float *ret_scores);
    /* A row of which some columns are NaN: scored on the others. The slow path, for masks no sub-model was fitted for. */
    float (*score_partial)(const struct hg_detector_state *state, const float *row);
    /* Shares of the score by column, for one row without NaN or with. */
    void (*explain)(const struct hg_detector_state *state, const float *row, float *ret_shares);
    void (*serialise)(const struct hg_detector_state *state, struct hg_buf *buf);
    enum hg_rc (*parse)(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr);
};

size_t hg_detector_count(void);
const struct hg_detector *hg_detector_at(size_t i);

#endif
