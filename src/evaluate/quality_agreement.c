#include "evaluate/quality_priv.h"

#include <math.h>

#define COMPARED_MIN 5u /* rows at the top, for a share of them to mean something */

static double top(const struct ranked_row *a, const struct ranked_row *b, size_t n, double share, uint8_t *marks)
{
    size_t k = (size_t)(share * (double)n + 0.5);
    return k < COMPARED_MIN ? (double)NAN : ranks_overlap(a, b, k, marks);
}

/* a and b: p of the same n rows, in these orders. */
static struct hg_agreement compare(struct quality_run *run, const struct ranked_row *a, const struct ranked_row *b, size_t n)
{
    ranks_mean(a, n, run->ranks);
    ranks_mean(b, n, run->ranks_other);
    return (struct hg_agreement){.correlation = ranks_correlation(run->ranks, run->ranks_other, n),
                                 .top_permille = top(a, b, n, 0.001, run->marks),
                                 .top_percent = top(a, b, n, 0.01, run->marks)};
}

static uint64_t seed_of(const struct quality_run *run, size_t detector)
{
    return hg_mix64(run->settings->train.seed + 1000 + detector);
}

static void compare_kind(struct quality_run *run, size_t k)
{
    struct hg_quality_kind *kind = &run->out->kinds[k];
    size_t at = run->first[k], n = kind->tried;
    for (size_t d = 0; d < HG_UNLIKE; d++) {
        kind->is_its_own[d] = run->settings->model == NULL && strcmp(run->out->detector, hg_unlike_names[d]) == 0;
        ranks_order(run->p_unlike[d] + at, n, seed_of(run, d), run->by_other);
        kind->with_model[d] = compare(run, run->by_model + at, run->by_other, n);
        for (size_t e = 0; e < d; e++) {
            ranks_order(run->p_unlike[e] + at, n, seed_of(run, e), run->by_third);
            kind->pairs[d][e] = kind->pairs[e][d] = compare(run, run->by_other, run->by_third, n);
        }
    }
}

static struct hg_mark mark(const struct hg_quality *quality)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < quality->n_kinds; k++) {
        const struct hg_quality_kind *kind = &quality->kinds[k];
        for (size_t d = 0; d < HG_UNLIKE; d++) {
            if (kind->is_its_own[d] || isnan(kind->with_model[d].top_percent))
                continue;
            sum += kind->with_model[d].top_percent;
            n++;
        }
    }
    return quality_mark(n == 0 ? (double)NAN : sum / (double)n, 0.5, 0.2);
}

enum hg_rc quality_agreement(struct quality_run *run, struct hg_err *reterr)
{
    for (size_t d = 0; d < HG_UNLIKE; d++) {
        struct hg_train_settings settings = run->settings->train;
        settings.detector = hg_detector_named(hg_slice_of(hg_unlike_names[d]));
        HG_ASSERT(settings.detector != NULL);
        struct hg_model *model = NULL;
        enum hg_rc rc = quality_fit(run, run->learnt, run->n_learnt, &settings, &model, reterr);
        if (rc == HG_OK)
            rc = quality_try(run, model, run->p_unlike[d], reterr);
        hg_model_destroy(model);
        if (rc != HG_OK)
            return rc;
    }
    for (size_t k = 0; k < run->out->n_kinds; k++)
        compare_kind(run, k);
    run->out->agreement = mark(run->out);
    return HG_OK;
}
