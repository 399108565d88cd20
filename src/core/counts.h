/*
 * The account of what was read: read = decoded + skipped + malformed, always, in records; each reason is counted.
 * decoded = accepted + duplicates; `late` marks accepted events.
 */
#ifndef HG_CORE_COUNTS_H
#define HG_CORE_COUNTS_H

#include "base/jsonw.h"
#include "core/event.h"

enum hg_reason {
    HG_REASON_NONE = 0,
#define HG_REASON(name, outcome, text) HG_REASON_##name,
#include "core/reasons.def"
#undef HG_REASON
    HG_REASON_COUNT
};

enum hg_decoded {
    HG_DECODED = 0, /* the event is filled */
    HG_SKIPPED,     /* well formed, but no event (a Suricata `stats` line) */
    HG_MALFORMED,   /* counted with a reason and quarantined, never fatal */
};

struct hg_counts {
    uint64_t read, decoded, skipped, malformed, duplicates;
    uint64_t late; /* of the accepted: older than the source clock by more than the lateness that windows accept */
    uint64_t datasets[HG_DATASET_COUNT]; /* decoded, by dataset */
    uint64_t reasons[HG_REASON_COUNT];
    uint64_t negative_counters;          /* negative durations or counters that became 0 */
    uint64_t unknown_applications;       /* names outside the vocabulary */
};

const char *hg_reason_name(enum hg_reason reason);
const char *hg_reason_text(enum hg_reason reason);
enum hg_decoded hg_reason_outcome(enum hg_reason reason);

void hg_counts_add(struct hg_counts *sum, const struct hg_counts *part);
static inline void hg_counts_decoded(struct hg_counts *counts, enum hg_dataset dataset)
{
    counts->read++;
    counts->decoded++;
    counts->datasets[dataset]++;
}
void hg_counts_rejected(struct hg_counts *counts, enum hg_reason reason);
/* {"read":…,"decoded":…,"skipped":…,"malformed":…,"duplicates":…,"late":…,"datasets":{…},"reasons":{…},"negative_counters":…,
 * "unknown_applications":…}; zero reasons are left out. */
void hg_counts_json(const struct hg_counts *counts, struct hg_jsonw *w);
/* The members alone, for objects that say more. */
void hg_counts_json_members(const struct hg_counts *counts, struct hg_jsonw *w);

#endif
