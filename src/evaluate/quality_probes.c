#include "evaluate/quality_priv.h"

#include <math.h>
#include <stdlib.h>

/* Among the probes the strongest count, and the middle: the weakest are told so that it is seen where finding ends. */
#define MARKED_STRENGTHS 2u

struct probing {
    struct hg_quality *out;
    bool open;                 /* a probe is at hand */
    struct hg_probe_record at; /* its first record */
    bool found[HG_FOUND_BY_COUNT];
    double *seconds[HG_PROBE_COUNT][HG_STRENGTHS]; /* to the first that was found, of each probe */
};

static int by_probe(const void *a, const void *b)
{
    const struct hg_probe_record *const *x = a, *const *y = b;
    if ((*x)->probe != (*y)->probe)
        return (*x)->probe > (*y)->probe ? 1 : -1;
    return (*x > *y) - (*x < *y);
}

static void take_record(struct probing *probing, const struct hg_probe_record *record, bool by_score)
{
    struct hg_probed *probed = &probing->out->probed[record->kind][record->strength];
    bool found[HG_FOUND_BY_COUNT] = {by_score, record->by_rule, by_score || record->by_rule};
    if (!probing->open || record->probe != probing->at.probe) {
        probing->open = true;
        probing->at = *record;
        memset(probing->found, 0, sizeof probing->found);
        probed->probes++;
        HG_ASSERT(probed->probes <= HG_PROBES_EACH);
    }
    probed->records++;
    if (found[HG_FOUND_BY_EITHER] && !probing->found[HG_FOUND_BY_EITHER])
        probing->seconds[record->kind][record->strength][probed->found[HG_FOUND_BY_EITHER]] =
            (double)(record->time_us - probing->at.time_us) / (double)HG_SECOND;
    for (size_t by = 0; by < HG_FOUND_BY_COUNT; by++) {
        probed->alarms[by] += found[by];
        probed->found[by] += found[by] && !probing->found[by];
        probing->found[by] |= found[by];
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sum_up(struct probing *probing)
{
    double sum[HG_FOUND_BY_COUNT] = {0};
    size_t n = 0;
    for (size_t kind = 0; kind < HG_PROBE_COUNT; kind++) {
        for (size_t s = 0; s < HG_STRENGTHS; s++) {
            struct hg_probed *probed = &probing->out->probed[kind][s];
            double *seconds = probing->seconds[kind][s];
            size_t found = probed->found[HG_FOUND_BY_EITHER];
            qsort(seconds, found, sizeof *seconds, ascending);
            probed->seconds = found == 0 ? (double)NAN : seconds[found / 2];
            if (s >= MARKED_STRENGTHS || probed->probes == 0)
                continue;
            n++;
            for (size_t by = 0; by < HG_FOUND_BY_COUNT; by++)
                sum[by] += (double)probed->found[by] / (double)probed->probes;
        }
    }
    double share = n == 0 ? (double)NAN : 1 / (double)n;
    probing->out->probes = quality_mark(share * sum[HG_FOUND_BY_EITHER], 0.8, 0.5);
    probing->out->probes_by_score = quality_mark(share * sum[HG_FOUND_BY_SCORE], 0.8, 0.5);
}

static enum hg_rc score(struct quality_run *run, const struct hg_quality *quality, bool *ret_by_score, struct hg_err *reterr)
{
    enum hg_rc rc = quality_try(run, quality->model, run->p_model, reterr);
    for (size_t i = 0; rc == HG_OK && i < run->n_tried; i++)
        ret_by_score[i] = run->p_model[i] < quality->rates[run->subject->cases[i].kind];
    return rc;
}

static enum hg_rc judge(struct quality_run *run, struct probing *probing, const struct hg_probe_record *records,
                        const struct hg_probe_record **order, bool *by_score, struct hg_err *reterr)
{
    size_t n = run->n_tried;
    for (size_t i = 0; i < n; i++) {
        run->tried[i] = (uint32_t)i;
        order[i] = &records[i];
    }
    enum hg_rc rc = score(run, probing->out, by_score, reterr);
    if (rc != HG_OK)
        return rc;
    qsort(order, n, sizeof *order, by_probe); /* of one probe in their order: records of one array */
    for (size_t i = 0; i < n; i++)
        take_record(probing, order[i], by_score[order[i] - records]);
    sum_up(probing);
    return HG_OK;
}

enum hg_rc hg_quality_probes(struct hg_quality *quality, const struct hg_subject *subject, const struct hg_probe_record *records,
                             struct hg_err *reterr)
{
    size_t n = subject->n + 1;
    struct quality_run run = {.subject = subject, .n_tried = subject->n, .tried = malloc(n * sizeof *run.tried),
                              .p_model = malloc(n * sizeof(double)), .opinions = malloc(HG_EVALUATE_BLOCK * sizeof *run.opinions)};
    const struct hg_probe_record **order = malloc(n * sizeof(void *));
    bool *by_score = malloc(n * sizeof *by_score);
    struct probing probing = {.out = quality};
    bool fine = run.tried != NULL && run.p_model != NULL && run.opinions != NULL && order != NULL && by_score != NULL;
    for (size_t i = 0; i < HG_PROBE_COUNT * HG_STRENGTHS; i++)
        fine = (probing.seconds[i / HG_STRENGTHS][i % HG_STRENGTHS] = malloc(HG_PROBES_EACH * sizeof(double))) != NULL && fine;
    enum hg_rc rc = fine ? judge(&run, &probing, records, order, by_score, reterr)
                         : hg_fail(reterr, HG_ENOMEM, "quality: no memory for %zu records", n);
    for (size_t i = 0; i < HG_PROBE_COUNT * HG_STRENGTHS; i++)
        free(probing.seconds[i / HG_STRENGTHS][i % HG_STRENGTHS]);
    free(run.tried);
    free(run.p_model);
    free(run.opinions);
    free(order);
    free(by_score);
    return rc;
}
