/*
 * How well p-values tell attacks from the rest, in the figures that everybody reports, each with a 95 % interval.
 *
 *  - Small p is odd. Rows of equal p are tied: AUROC counts them by half (mid-rank), average precision and recall step over them as
 *    a whole, nothing is interpolated.
 *  - recall at a false-alarm rate r: of the thresholds that at most r of these normal rows pass, the best. Undefined where there are
 *    fewer than 1 / r of them.
 *  - Intervals are percentiles of bootstrap draws (Efron 1979): as many attacks and as many normal rows as there are, with
 *    replacement, each class by itself. Of a class with more than HG_DRAW_ROWS_MAX rows a sample of so many is drawn from: the
 *    interval is then wider than it need be.
 */
#ifndef HG_EVALUATE_FIGURES_H
#define HG_EVALUATE_FIGURES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define HG_DRAW_ROWS_MAX 50000u
#define HG_DRAWS_MAX     10000u

enum hg_figure { HG_AUROC, HG_AUPRC, HG_RECALL_2, HG_RECALL_3, HG_RECALL_4, HG_RECALL_BUDGET, HG_FIGURE_COUNT };
/* The false-alarm rates of HG_RECALL_2 to 4, and their names in JSON. */
#define HG_RECALL_RATES 3
double hg_recall_rate(size_t i);
const char *hg_recall_name(size_t i);

struct hg_judged {
    double p;
    bool attack;
    bool alarm; /* p is below the rate that the budget means */
};

struct hg_figures { /* NaN: undefined */
    size_t n, positives;
    double value[HG_FIGURE_COUNT], low[HG_FIGURE_COUNT], high[HG_FIGURE_COUNT];
    bool sampled; /* the intervals are of a sample */
};

/* Sorts rows. draws 0: no intervals. Without attacks or without normal rows all figures are undefined. */
HG_MUST_USE enum hg_rc hg_figures_make(struct hg_judged *rows, size_t n, unsigned draws, uint64_t seed, struct hg_figures *ret,
                                       struct hg_err *reterr);

#endif
