#include "evaluate/quality.h"

#include <math.h>

static void share(struct hg_buf *buf, int width, double value)
{
    if (isnan(value))
        hg_buf_printf(buf, "%*s", width, "-");
    else
        hg_buf_printf(buf, "%*.2f", width, value);
}

static void agreement(struct hg_buf *buf, int width, const struct hg_agreement *at)
{
    char text[64];
    struct hg_buf cell;
    hg_buf_init(&cell, sizeof text);
    share(&cell, 5, at->correlation);
    share(&cell, 6, at->top_percent);
    share(&cell, 6, at->top_permille);
    hg_buf_printf(buf, "%*s%.*s", width - (int)cell.len, "", (int)cell.len, cell.p);
    hg_buf_free(&cell);
}

static void head(const struct hg_quality *quality, struct hg_buf *buf)
{
    hg_buf_text(buf, "An ESTIMATE, made without labels. What it rests on stands below each part.\n\n");
    if (quality->own_model != NULL)
        hg_buf_printf(buf, "The model: %s, learnt from the first half of each kind's rows by time, tried on the second.\n", quality->detector);
    else
        hg_buf_printf(buf, "The model is the given one, tried on the second half of each kind's rows by time (which it may have learnt from);\n"
                           "beside it are detectors that learnt from the first half.\n");
    if (quality->seen > quality->rows)
        hg_buf_printf(buf, "A sample: %zu of %llu rows.\n", quality->rows, (unsigned long long)quality->seen);
    hg_buf_printf(buf, "\n%-18s %9s %9s %12s %8s\n", "kind", "learnt", "tried", "budget's p", "alarms");
    for (size_t k = 0; k < quality->n_kinds; k++) {
        const struct hg_quality_kind *kind = &quality->kinds[k];
        hg_buf_printf(buf, "%-18s %9zu %9zu %12.2g %7zu%s\n", kind->name, kind->learnt, kind->tried, kind->rate, kind->alarms,
                      kind->at_least ? "*" : "");
    }
    hg_buf_printf(buf, "* the budget means fewer than %u of the tried rows: these are the %u oddest\n", HG_QUALITY_ALARMS_MIN, HG_QUALITY_ALARMS_MIN);
}

static void part(struct hg_buf *buf, const char *name, const struct hg_mark *mark, const char *assumption)
{
    hg_buf_printf(buf, "\n%s: %s (", name, mark->word);
    share(buf, 4, mark->value);
    hg_buf_printf(buf, ")\n  rests on: %s\n", assumption);
}

static void agreements(const struct hg_quality *quality, struct hg_buf *buf)
{
    part(buf, "Agreement with unlike detectors", &quality->agreement, hg_quality_assumptions[0]);
    hg_buf_text(buf, "  Rank correlation of p; the share in common of the oddest 1 %, and of the oddest 0.1 %. Chance gives 0, 0.01, 0.001.\n");
    for (size_t k = 0; k < quality->n_kinds; k++) {
        const struct hg_quality_kind *kind = &quality->kinds[k];
        hg_buf_printf(buf, "  %-16s", kind->name);
        for (size_t d = 0; d < HG_UNLIKE; d++)
            hg_buf_printf(buf, "%20s", hg_unlike_names[d]);
        hg_buf_printf(buf, "\n    %-14s", "the model");
        for (size_t d = 0; d < HG_UNLIKE; d++)
            agreement(buf, 20, &kind->with_model[d]);
        for (size_t d = 0; d + 1 < HG_UNLIKE; d++) {
            hg_buf_printf(buf, "\n    %-14s", hg_unlike_names[d]);
            for (size_t e = 0; e < HG_UNLIKE; e++) {
                if (e > d)
                    agreement(buf, 20, &kind->pairs[d][e]);
                else
                    hg_buf_printf(buf, "%20s", "");
            }
        }
        hg_buf_char(buf, '\n');
    }
}

static void stability(const struct hg_quality *quality, struct hg_buf *buf)
{
    part(buf, "Stability", &quality->stability, hg_quality_assumptions[1]);
    hg_buf_printf(buf, "  %s fitted anew to %u bootstrap samples with other seeds; the share of alarms in common, and how much p of the alarms varies.\n",
                  quality->detector, quality->refits);
    hg_buf_printf(buf, "  %-18s %14s %10s %14s %14s\n", "kind", "with the model", "at worst", "among refits", "p varies by");
    for (size_t k = 0; k < quality->n_kinds; k++) {
        const struct hg_quality_kind *kind = &quality->kinds[k];
        hg_buf_printf(buf, "  %-18s", kind->name);
        share(buf, 15, kind->overlap);
        share(buf, 11, kind->overlap_worst);
        share(buf, 15, kind->overlap_refits);
        if (isnan(kind->spread))
            hg_buf_printf(buf, "%15s\n", "-");
        else
            hg_buf_printf(buf, "%14s%.1f\n", "x ", kind->spread);
    }
}

static void probed(const struct hg_probed *at, struct hg_buf *buf)
{
    if (at->probes == 0) {
        hg_buf_printf(buf, " | %31s", "none");
        return;
    }
    hg_buf_text(buf, " | ");
    for (size_t by = 0; by < HG_FOUND_BY_COUNT; by++)
        hg_buf_printf(buf, "%5.2f ", (double)at->found[by] / (double)at->probes);
    hg_buf_printf(buf, "%5.2f ", (double)at->alarms[HG_FOUND_BY_EITHER] / (double)at->records);
    if (isnan(at->seconds))
        hg_buf_printf(buf, "%7s", "-");
    else
        hg_buf_printf(buf, "%6.0fs", at->seconds);
}

static void probes(const struct hg_quality *quality, struct hg_buf *buf)
{
    static const char *const strengths[HG_STRENGTHS] = {"full strength", "a quarter", "a sixteenth"};
    part(buf, "Recall on made-up attacks", &quality->probes, hg_quality_assumptions[2]);
    if (quality->probed[0][0].probes == 0) {
        hg_buf_text(buf, "  None: attacks are made from flows that were answered, and there are none in these logs.\n");
        return;
    }
    hg_buf_printf(buf, "  by score alone: %s (%.2f)\n", quality->probes_by_score.word, quality->probes_by_score.value);
    hg_buf_printf(buf, "  %u of each kind and strength among the tried rows, at the budget: the share of attacks that were found by score, by rules, by\n"
                       "  either; the share of their records; and the median time to the first. Weaker: fewer records, or less that is sent.\n"
                       "  The mark is of the two stronger.\n",
                  HG_PROBES_EACH);
    hg_buf_printf(buf, "  %-14s", "");
    for (size_t s = 0; s < HG_STRENGTHS; s++)
        hg_buf_printf(buf, " | %-31s", strengths[s]);
    hg_buf_printf(buf, "\n  %-14s", "kind");
    for (size_t s = 0; s < HG_STRENGTHS; s++)
        hg_buf_printf(buf, " | %5s %5s %6s %5s %6s", "score", "rules", "either", "rec.", "time");
    for (size_t kind = 0; kind < HG_PROBE_COUNT; kind++) {
        hg_buf_printf(buf, "\n  %-14s", hg_probe_words((enum hg_probe_kind)kind));
        for (size_t s = 0; s < HG_STRENGTHS; s++)
            probed(&quality->probed[kind][s], buf);
    }
    hg_buf_char(buf, '\n');
}

void hg_quality_text(const struct hg_quality *quality, struct hg_buf *buf)
{
    head(quality, buf);
    agreements(quality, buf);
    stability(quality, buf);
    probes(quality, buf);
}
