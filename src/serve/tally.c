#include "serve/serve_priv.h"

void hg_json_count(struct hg_jsonw *w, const char *key, uint64_t value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_u64(w, value);
}

static void put_mean(struct hg_jsonw *w, const char *key, uint64_t sum, uint64_t n)
{
    hg_jsonw_key(w, key);
    if (n == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_f64(w, (double)sum / (double)n / HG_SCORE_ONE);
}

void hg_tally_json_members(const struct hg_tally *tally, struct hg_jsonw *w)
{
    hg_json_count(w, "events", tally->events);
    hg_json_count(w, "anomalous", hg_tally_anomalous(tally));
    hg_json_count(w, "by_label", tally->by_label);
    hg_json_count(w, "by_score", tally->by_score);
    hg_json_count(w, "by_both", tally->by_both);
    hg_json_count(w, "high", tally->high);
    hg_json_count(w, "medium", tally->medium);
    hg_json_count(w, "low", tally->low);
    put_mean(w, "mean_score", tally->anomalous_score_sum, tally->anomalous_scored);
    put_mean(w, "mean_score_all", tally->score_sum, tally->scored);
    put_mean(w, "max_score", tally->score_max, tally->anomalous_scored > 0);
}

void hg_tally_json(const struct hg_tally *tally, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_tally_json_members(tally, w);
    hg_jsonw_close(w, '}');
}
