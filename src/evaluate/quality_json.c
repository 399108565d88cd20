#include "evaluate/quality.h"

static void number(struct hg_jsonw *w, const char *key, double value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_f64(w, value);
}

static void count(struct hg_jsonw *w, const char *key, uint64_t value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_u64(w, value);
}

static void text(struct hg_jsonw *w, const char *key, const char *value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_text(w, value);
}

static void mark(struct hg_jsonw *w, const char *key, const struct hg_mark *mark, const char *assumption)
{
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '{');
    number(w, "value", mark->value);
    text(w, "mark", mark->word);
    text(w, "assumption", assumption);
    hg_jsonw_close(w, '}');
}

static void agreement(struct hg_jsonw *w, const char *a, const char *b, const struct hg_agreement *at)
{
    hg_jsonw_open(w, '{');
    text(w, "of", a);
    text(w, "with", b);
    number(w, "rank_correlation", at->correlation);
    number(w, "top_1_percent", at->top_percent);
    number(w, "top_0.1_percent", at->top_permille);
    hg_jsonw_close(w, '}');
}

static void agreements(struct hg_jsonw *w, const struct hg_quality_kind *kind)
{
    hg_jsonw_key(w, "agreement");
    hg_jsonw_open(w, '[');
    for (size_t d = 0; d < HG_UNLIKE; d++)
        agreement(w, "model", hg_unlike_names[d], &kind->with_model[d]);
    for (size_t d = 0; d < HG_UNLIKE; d++)
        for (size_t e = d + 1; e < HG_UNLIKE; e++)
            agreement(w, hg_unlike_names[d], hg_unlike_names[e], &kind->pairs[d][e]);
    hg_jsonw_close(w, ']');
}

static void put_kind(struct hg_jsonw *w, const struct hg_quality_kind *kind)
{
    hg_jsonw_open(w, '{');
    text(w, "name", kind->name);
    count(w, "learnt", kind->learnt);
    count(w, "tried", kind->tried);
    number(w, "rate", kind->rate);
    count(w, "alarms", kind->alarms);
    hg_jsonw_key(w, "alarms_are_the_least");
    hg_jsonw_bool(w, kind->at_least);
    agreements(w, kind);
    hg_jsonw_key(w, "stability");
    hg_jsonw_open(w, '{');
    number(w, "overlap", kind->overlap);
    number(w, "overlap_worst", kind->overlap_worst);
    number(w, "overlap_of_refits", kind->overlap_refits);
    number(w, "p_varies_by", kind->spread);
    hg_jsonw_close(w, '}');
    hg_jsonw_close(w, '}');
}

static void found(struct hg_jsonw *w, const char *key, const size_t at[HG_FOUND_BY_COUNT])
{
    static const char *const names[] = {"score", "rules", "either"};
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '{');
    for (size_t by = 0; by < HG_FOUND_BY_COUNT; by++)
        count(w, names[by], at[by]);
    hg_jsonw_close(w, '}');
}

static void probe(struct hg_jsonw *w, size_t kind, size_t s, const struct hg_probed *probed)
{
    hg_jsonw_open(w, '{');
    text(w, "kind", hg_probe_name((enum hg_probe_kind)kind));
    number(w, "strength", hg_strengths[s]);
    count(w, "attacks", probed->probes);
    found(w, "found", probed->found);
    count(w, "records", probed->records);
    found(w, "records_found", probed->alarms);
    number(w, "median_seconds", probed->seconds);
    hg_jsonw_close(w, '}');
}

void hg_quality_json(const struct hg_quality *quality, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "estimate");
    hg_jsonw_bool(w, true);
    text(w, "model", quality->own_model != NULL ? "learnt" : "given");
    text(w, "detector", quality->detector);
    count(w, "seed", quality->seed);
    count(w, "rows", quality->rows);
    count(w, "seen", quality->seen);
    count(w, "refits", quality->refits);
    hg_jsonw_key(w, "budget");
    hg_jsonw_open(w, '{');
    hg_budget_json_members(&quality->budget, w);
    hg_jsonw_close(w, '}');
    mark(w, "agreement", &quality->agreement, hg_quality_assumptions[0]);
    mark(w, "stability", &quality->stability, hg_quality_assumptions[1]);
    mark(w, "recall", &quality->probes, hg_quality_assumptions[2]);
    mark(w, "recall_by_score", &quality->probes_by_score, hg_quality_assumptions[2]);
    hg_jsonw_key(w, "kinds");
    hg_jsonw_open(w, '[');
    for (size_t k = 0; k < quality->n_kinds; k++)
        put_kind(w, &quality->kinds[k]);
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "attacks");
    hg_jsonw_open(w, '[');
    for (size_t kind = 0; kind < HG_PROBE_COUNT; kind++)
        for (size_t s = 0; s < HG_STRENGTHS; s++)
            probe(w, kind, s, &quality->probed[kind][s]);
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}
