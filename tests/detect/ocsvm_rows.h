/* Made-up rows for the one-class SVM's tests. */
#ifndef HG_TESTS_DETECT_OCSVM_ROWS_H
#define HG_TESTS_DETECT_OCSVM_ROWS_H

#include "base/rng.h"
#include "detect/ocsvm.h"

#include <math.h>
#include <stdlib.h>

#define SEED    60211u
#define ROWS    2003u /* not a multiple of the four at once */
#define COLUMNS 24u

extern const struct hg_detector hg_detector_ocsvm;
static const struct hg_detector *const detector = &hg_detector_ocsvm;

static float cells[ROWS * COLUMNS];
static const struct hg_table table = {.cells = cells, .rows = ROWS, .columns = COLUMNS, .stride = ROWS};

/* Columns of quite different places and widths; column 5 never varies; every fiftieth row is far out in one. */
static inline int make_rows(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED);
    print_message("# seed %u\n", SEED);
    for (size_t i = 0; i < ROWS; i++) {
        double common = hg_rng_unit(&rng);
        for (size_t c = 0; c < COLUMNS; c++) {
            double u = hg_rng_unit(&rng), v = hg_rng_unit(&rng), value = u + v + common;
            value = c == 0 ? floor(4 * u) : c == 1 ? 1e30 * value : c == 2 ? 1e-30 * value : c == 3 ? 1e6 + value : value;
            cells[c * ROWS + i] = c == 5 ? 0.1f : (float)value;
        }
        if (i % 50 == 0)
            cells[(6 + i / 50 % 18) * ROWS + i] = 20;
    }
    return 0;
}

static inline struct hg_detector_state *fit_with(const struct hg_table *rows, uint64_t seed, float contamination)
{
    struct hg_detector_state *state = NULL;
    struct hg_fit_settings settings = {.seed = seed, .contamination = contamination};
    assert_int_equal(detector->fit(rows, &settings, &state, NULL), HG_OK);
    return state;
}

static inline struct hg_buf bytes_of(const struct hg_detector_state *state)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 256u << 20);
    detector->serialise(state, &buf);
    assert_false(buf.failed);
    return buf;
}

#endif
