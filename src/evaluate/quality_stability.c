#include "evaluate/quality_priv.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

#define P_LEAST 1e-300 /* log10 of p stays finite */

/* A bootstrap sample without its repeats. */
static size_t draw(struct quality_run *run, uint64_t seed)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    size_t n = 0;
    for (size_t i = 0; i < run->n_learnt; i++)
        run->marks[hg_rng_below(&rng, run->n_learnt)] = 1;
    for (size_t i = 0; i < run->n_learnt; i++) {
        if (run->marks[i] != 0)
            run->drawn[n++] = run->learnt[i];
        run->marks[i] = 0;
    }
    return n;
}

/* A sample has fewer rows than all: of a kind that a refit knows nothing of, nothing can be told. */
static void take_refit(struct quality_run *run, const struct hg_model *model, unsigned b, uint64_t seed)
{
    for (size_t i = 0; i < run->n_tried; i++) {
        double logarithm = log10(run->p_refit[i] > P_LEAST ? run->p_refit[i] : P_LEAST);
        run->sum[i] += logarithm;
        run->squares[i] += logarithm * logarithm;
    }
    for (size_t k = 0; k < run->out->n_kinds; k++) {
        struct hg_quality_kind *kind = &run->out->kinds[k];
        size_t at = run->first[k];
        ranks_order(run->p_refit + at, kind->tried, seed, run->by_other);
        for (size_t i = 0; i < kind->alarms; i++)
            run->alarmed[at + run->by_other[i].at] |= UINT32_C(1) << b;
        double overlap = ranks_overlap(run->by_model + at, run->by_other, kind->alarms, run->marks);
        if (!hg_model_knows(model, (enum hg_submodel_kind)run->out->of_kind[k]))
            overlap = (double)NAN;
        kind->overlap += overlap / run->settings->refits;
        kind->overlap_worst = b == 0 || overlap < kind->overlap_worst ? overlap : kind->overlap_worst;
    }
}

/* Of two refits: each row that c of them alarm at is common to c (c - 1) / 2 pairs. */
static double overlap_of_refits(const struct quality_run *run, size_t at, const struct hg_quality_kind *kind)
{
    double common = 0, refits = run->settings->refits;
    for (size_t i = at; i < at + kind->tried; i++) {
        double c = __builtin_popcount(run->alarmed[i]);
        common += c * (c - 1) / 2;
    }
    return common / ((double)kind->alarms * refits * (refits - 1) / 2);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double spread(struct quality_run *run, size_t at, const struct hg_quality_kind *kind)
{
    double refits = run->settings->refits, *deviations = run->ranks;
    for (size_t i = 0; i < kind->alarms; i++) {
        size_t row = at + run->by_model[at + i].at;
        double mean = run->sum[row] / refits, square = run->squares[row] / refits - mean * mean;
        deviations[i] = sqrt(square > 0 ? square * refits / (refits - 1) : 0);
    }
    qsort(deviations, kind->alarms, sizeof *deviations, ascending);
    return pow(10, deviations[kind->alarms / 2]);
}

static struct hg_mark mark(const struct hg_quality *quality)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < quality->n_kinds; k++) {
        bool told = !isnan(quality->kinds[k].overlap);
        sum += told ? quality->kinds[k].overlap : 0;
        n += told;
    }
    return quality_mark(n == 0 ? (double)NAN : sum / (double)n, 0.7, 0.4);
}

enum hg_rc quality_stability(struct quality_run *run, struct hg_err *reterr)
{
    for (unsigned b = 0; b < run->settings->refits; b++) {
        struct hg_train_settings settings = run->settings->train;
        settings.seed = hg_mix64(settings.seed + 2000 + b);
        struct hg_model *model = NULL;
        enum hg_rc rc = quality_fit(run, run->drawn, draw(run, settings.seed), &settings, &model, reterr);
        if (rc == HG_OK)
            rc = quality_try(run, model, run->p_refit, reterr);
        if (rc == HG_OK)
            take_refit(run, model, b, settings.seed);
        hg_model_destroy(model);
        if (rc != HG_OK)
            return rc;
    }
    for (size_t k = 0; k < run->out->n_kinds; k++) {
        struct hg_quality_kind *kind = &run->out->kinds[k];
        bool told = !isnan(kind->overlap);
        kind->overlap_worst = told ? kind->overlap_worst : (double)NAN;
        kind->overlap_refits = told ? overlap_of_refits(run, run->first[k], kind) : (double)NAN;
        kind->spread = told ? spread(run, run->first[k], kind) : (double)NAN;
    }
    run->out->stability = mark(run->out);
    return HG_OK;
}
