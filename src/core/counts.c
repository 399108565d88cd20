#include "core/counts.h"

#define OUTCOME_skipped   HG_SKIPPED
#define OUTCOME_malformed HG_MALFORMED

static const struct {
    const char *name, *text;
    enum hg_decoded outcome;
} reasons[] = {
    {"none", "none", HG_DECODED},
#define HG_REASON(name, outcome, text) {#name, text, OUTCOME_##outcome},
#include "core/reasons.def"
#undef HG_REASON
};

const char *hg_reason_name(enum hg_reason reason)
{
    return reasons[reason].name;
}

const char *hg_reason_text(enum hg_reason reason)
{
    return reasons[reason].text;
}

enum hg_decoded hg_reason_outcome(enum hg_reason reason)
{
    return reasons[reason].outcome;
}

void hg_counts_add(struct hg_counts *sum, const struct hg_counts *part)
{
    sum->read += part->read;
    sum->decoded += part->decoded;
    sum->skipped += part->skipped;
    sum->malformed += part->malformed;
    sum->duplicates += part->duplicates;
    sum->late += part->late;
    sum->negative_counters += part->negative_counters;
    sum->unknown_applications += part->unknown_applications;
    for (int i = 0; i < HG_DATASET_COUNT; i++)
        sum->datasets[i] += part->datasets[i];
    for (int i = 0; i < HG_REASON_COUNT; i++)
        sum->reasons[i] += part->reasons[i];
}

void hg_counts_rejected(struct hg_counts *counts, enum hg_reason reason)
{
    counts->read++;
    counts->reasons[reason]++;
    if (hg_reason_outcome(reason) == HG_SKIPPED)
        counts->skipped++;
    else
        counts->malformed++;
}

void hg_counts_json_members(const struct hg_counts *counts, struct hg_jsonw *w)
{
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {{"read", counts->read}, {"decoded", counts->decoded}, {"skipped", counts->skipped},
                   {"malformed", counts->malformed}, {"duplicates", counts->duplicates}, {"late", counts->late}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        hg_jsonw_key(w, members[i].name);
        hg_jsonw_u64(w, members[i].value);
    }
    hg_jsonw_key(w, "datasets");
    hg_jsonw_open(w, '{');
    for (int i = 0; i < HG_DATASET_COUNT; i++) {
        if (counts->datasets[i] == 0)
            continue;
        hg_jsonw_key(w, hg_dataset_name((enum hg_dataset)i));
        hg_jsonw_u64(w, counts->datasets[i]);
    }
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "reasons");
    hg_jsonw_open(w, '{');
    for (int i = 1; i < HG_REASON_COUNT; i++) {
        if (counts->reasons[i] == 0)
            continue;
        hg_jsonw_key(w, reasons[i].name);
        hg_jsonw_u64(w, counts->reasons[i]);
    }
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "negative_counters");
    hg_jsonw_u64(w, counts->negative_counters);
    hg_jsonw_key(w, "unknown_applications");
    hg_jsonw_u64(w, counts->unknown_applications);
}

void hg_counts_json(const struct hg_counts *counts, struct hg_jsonw *w)
{
    hg_jsonw_open(w, '{');
    hg_counts_json_members(counts, w);
    hg_jsonw_close(w, '}');
}
