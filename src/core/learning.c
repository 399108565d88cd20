#include "core/learning.h"

static const struct {
    const char *name, *words;
} reasons[HG_LEARN_REASONS] = {
    [HG_LEARN_NONE] = {"none", "nobody knows why"},
    [HG_LEARN_FIRST] = {"first", "there was no model"},
    [HG_LEARN_GIVEN] = {"given", "it was there before the ledger, or given by --model"},
    [HG_LEARN_LATE] = {"late", "another kind of events had rows enough"},
    [HG_LEARN_DUE] = {"due", "the time between two refits had passed"},
    [HG_LEARN_GROWTH] = {"growth", "four times as many rows as the last one knew"},
    [HG_LEARN_DRIFT] = {"drift", "p-values drifted lastingly"},
    [HG_LEARN_ROLLBACK] = {"rollback", "put back by hand"},
};

const char *hg_learn_reason_name(enum hg_learn_reason reason)
{
    return reasons[reason].name;
}

const char *hg_learn_reason_words(enum hg_learn_reason reason)
{
    return reasons[reason].words;
}

enum hg_learn_reason hg_learn_reason_parse(struct hg_slice name)
{
    for (int i = 1; i < HG_LEARN_REASONS; i++)
        if (hg_slice_is(name, reasons[i].name))
            return (enum hg_learn_reason)i;
    return HG_LEARN_NONE;
}

static void put_u64(struct hg_jsonw *w, const char *key, uint64_t value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_u64(w, value);
}

void hg_model_record_json_members(const struct hg_model_record *record, struct hg_jsonw *w)
{
    static const struct hg_id none;
    hg_jsonw_key(w, "digest");
    hg_jsonw_id(w, &record->digest);
    hg_jsonw_key(w, "parent");
    if (memcmp(&record->parent, &none, sizeof none) == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_id(w, &record->parent);
    put_u64(w, "from_sequence", record->sequence);
    hg_jsonw_key(w, "from");
    hg_jsonw_time(w, record->clock_us);
    hg_jsonw_key(w, "reason");
    hg_jsonw_text(w, hg_learn_reason_name(record->reason));
    put_u64(w, "rows", record->rows);
    hg_jsonw_key(w, "reference");
    hg_jsonw_bool(w, record->reference);
    put_u64(w, "alerts", record->alerts);
    hg_jsonw_key(w, "kept");
    hg_jsonw_bool(w, record->kept);
    hg_jsonw_key(w, "learnt_from");
    if (record->ledger.len == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_raw(w, record->ledger);
}

void hg_drift_hour_json_members(const struct hg_drift_hour *hour, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "hour");
    hg_jsonw_time(w, hour->hour_us);
    put_u64(w, "events", hour->events);
    hg_jsonw_key(w, "bins");
    hg_jsonw_open(w, '[');
    for (int i = 0; i < HG_DRIFT_BINS; i++)
        hg_jsonw_u64(w, hour->bins[i]);
    hg_jsonw_close(w, ']');
    put_u64(w, "checks", hour->checks);
    put_u64(w, "marks", hour->marks);
    hg_jsonw_key(w, "distance");
    hg_jsonw_f64(w, hour->distance);
    hg_jsonw_key(w, "significance");
    hg_jsonw_f64(w, hour->significance);
}

void hg_divergence_json_members(const struct hg_divergence *divergence, struct hg_jsonw *w)
{
    put_u64(w, "events", divergence->events);
    put_u64(w, "apart", divergence->apart);
    put_u64(w, "now_ordinary", divergence->now_ordinary);
    put_u64(w, "now_alarm", divergence->now_alarm);
}
