/*
 * Detectors: unsupervised methods behind one interface. A detector sees only finite, prepared numbers: the sub-model has chosen
 * columns and rows so that nothing is missing, put heavy tails on a log scale, and turned categories into -log frequency.
 *
 * To add one: write src/detect/det_<name>.c with `const struct hg_detector hg_detector_<name>`, add a line to detectors.def.
 *
 * Contract, checked for every detector by tests/detect/test_detectors.c: same rows and settings, same bytes of serialise;
 * parse(serialise(x)) scores the same bits; parse refuses anything damaged with HG_EFORMAT and never crashes; scores are finite,
 * higher is odder, on a scale of the detector's own (a calibration makes p-values of them); they don't depend on block size, thread
 * or processor; shares of explain are at least 0 and sum to 1 (or are all 0). Nothing is allocated in score, score_partial and
 * explain, and they use at most 1 MiB of stack. They may be called from several threads at once.
 */
#ifndef HG_DETECT_DETECT_H
#define HG_DETECT_DETECT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

#define HG_COLUMNS_MAX 2048u

struct hg_table { /* column-major: cell(column, row) = cells[column * stride + row] */
    const float *cells;
    size_t rows, columns, stride;
};

struct hg_fit_settings {
    uint64_t seed;
    float contamination; /* share of the rows that may be attacks: 0 where they are known to be normal; HG_CONTAMINATION where nobody said */
};
#define HG_CONTAMINATION 0.1f

struct hg_detector_state; /* of one fitted detector; each det_*.c has its own */

struct hg_detector {
    const char *name;    /* equals the file name */
    const char *summary; /* one line for `honeyguide detectors` and the manual */
    /* At least 2 rows and 1 column, at most HG_COLUMNS_MAX. */
    enum hg_rc (*fit)(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                      struct hg_err *reterr);
    void (*destroy)(struct hg_detector_state *state); /* NULL is fine */
    void (*score)(const struct hg_detector_state *state, const struct hg_table *table, float *ret_scores);
    /* A row of which some columns are NaN: scored on the others. The slow path, for masks no sub-model was fitted for. */
    float (*score_partial)(const struct hg_detector_state *state, const float *row);
    /* Shares of the score by column, for one row without NaN or with. */
    void (*explain)(const struct hg_detector_state *state, const float *row, float *ret_shares);
    /* The row of training that is nearest to this one, as far as the detector keeps such rows, in values near to its own; NaN for a
     * column that it doesn't look at. NULL: it keeps none. */
    void (*nearest)(const struct hg_detector_state *state, const float *row, float *ret_row);
    void (*serialise)(const struct hg_detector_state *state, struct hg_buf *buf);
    enum hg_rc (*parse)(struct hg_slice bytes, size_t columns, struct hg_detector_state **ret, struct hg_err *reterr);
};

size_t hg_detector_count(void);
const struct hg_detector *hg_detector_at(size_t i);
const struct hg_detector *hg_detector_named(struct hg_slice name); /* NULL: none */
/* What is used where nobody chose: the first of the list. */
const struct hg_detector *hg_detector_default(void);

#endif
