/*
 * How much a model can be trusted, told without labels: an estimate, which rests on assumptions that it names (docs/detection.md, "Trying
 * the detector on itself"). Labels choose the rows that are learnt from, as in training, and do nothing else.
 *
 *  - Each kind's rows are cut in the middle of their order in time: the first half is learnt from, the second is tried.
 *  - agreement: unlike detectors are fitted to the same rows; how far do they find the same tried rows odd?
 *  - stability: the detector is fitted anew to bootstrap samples of the rows with other seeds; do the same rows alarm? A row that was
 *    drawn twice counts once: else it would stand among the rows that are fitted to and among those that p-values are made from.
 *  - probes: made-up attacks (core/probe.h) among the tried rows; how many are found at the budget?
 *
 * Rows of equal p are put in an order of chance, another for each model: a model that finds all rows equally odd agrees with nobody.
 */
#ifndef HG_EVALUATE_QUALITY_H
#define HG_EVALUATE_QUALITY_H

#include "core/budget.h"
#include "core/probe.h"
#include "evaluate/subject.h"

#define HG_QUALITY_ROWS_MAX   400000u /* of more a sample: about 100 MB */
#define HG_REFITS_MAX         32u
#define HG_UNLIKE             4u      /* detectors that share no method */
#define HG_QUALITY_ALARMS_MIN 10u     /* where the budget means fewer of the tried rows, so many of the oddest stand for the alarms */
#define HG_QUALITY_TRIED_MIN  200u    /* rows of a kind */
#define HG_STRENGTHS          3u
#define HG_PROBES_EACH        12u     /* of each kind and strength */

extern const char *const hg_unlike_names[HG_UNLIKE];
extern const double hg_strengths[HG_STRENGTHS];

struct hg_quality_settings {
    const struct hg_model *model;   /* NULL: one is fitted to the rows learnt from */
    struct hg_train_settings train; /* of that one, and of the refits */
    unsigned refits;                /* 2 to HG_REFITS_MAX */
    struct hg_budget_settings budget;
    void (*progress)(void *self, unsigned done, unsigned of); /* models fitted; may be NULL */
    void *progress_self;
};

struct hg_agreement { /* NaN: undefined, for p is the same everywhere, or fewer than five rows would be compared */
    double correlation; /* of p, by rank (Spearman) */
    double top_permille, top_percent; /* the share that both have in common */
};

struct hg_quality_kind {
    const char *name;
    size_t learnt, tried;
    int64_t from_us, to_us;  /* of the tried rows */
    double rate;             /* that the budget means for it */
    size_t alarms;           /* rows that stand for alarms: those that the model finds oddest */
    bool at_least;           /* so many because HG_QUALITY_ALARMS_MIN is more than the budget means */
    struct hg_agreement pairs[HG_UNLIKE][HG_UNLIKE], with_model[HG_UNLIKE];
    bool is_its_own[HG_UNLIKE]; /* the model is of this very detector: it counts in no mark */
    /* These four are NaN where a refit knew nothing of the kind: a sample was too few rows. */
    double overlap, overlap_worst; /* alarms of a refit that are alarms of the model too: mean, and least */
    double overlap_refits;   /* of two refits: mean */
    double spread;           /* a factor: by how much p of these rows varies among refits (10 to the median deviation of log10 p) */
};

enum hg_found_by { HG_FOUND_BY_SCORE, HG_FOUND_BY_RULES, HG_FOUND_BY_EITHER, HG_FOUND_BY_COUNT };

struct hg_probed { /* probes of one kind and strength */
    size_t probes, found[HG_FOUND_BY_COUNT];   /* found: one record of it was */
    size_t records, alarms[HG_FOUND_BY_COUNT];
    double seconds; /* of event time from the first record to the first that was found: the median; NaN: none was found */
};

struct hg_mark {
    double value;     /* 0 to 1; NaN: unknown */
    const char *word; /* good, fair, poor, unknown */
};

struct hg_quality {
    struct hg_quality_kind kinds[HG_SUB_COUNT];
    size_t n_kinds;
    uint8_t of_kind[HG_SUB_COUNT]; /* enum hg_submodel_kind of each */
    uint64_t seen;
    size_t rows;
    const struct hg_model *model;
    struct hg_model *own_model;
    double rates[HG_SUB_COUNT];
    unsigned refits;
    const char *detector;          /* of the refits */
    struct hg_budget_settings budget;
    uint64_t seed;
    struct hg_probed probed[HG_PROBE_COUNT][HG_STRENGTHS];
    struct hg_mark agreement, stability, probes, probes_by_score; /* of the last two the former is by either */
};

/* All but the probes. HG_ESTATE where nothing can be learnt or tried. ret is to be freed also then. */
HG_MUST_USE enum hg_rc hg_quality_make(const struct hg_subject *subject, const struct hg_quality_settings *settings, struct hg_quality *ret,
                                       struct hg_err *reterr);
void hg_quality_free(struct hg_quality *quality);

/* A record of a probe, as the row of the same number of a subject. */
struct hg_probe_record {
    uint32_t probe;   /* number, the same for all of its records */
    uint8_t kind, strength; /* enum hg_probe_kind; of hg_strengths */
    bool by_rule;
    int64_t time_us;
};
/* Of one probe the records stand in their order. */
HG_MUST_USE enum hg_rc hg_quality_probes(struct hg_quality *quality, const struct hg_subject *subject, const struct hg_probe_record *records,
                                         struct hg_err *reterr);

void hg_quality_json(const struct hg_quality *quality, struct hg_jsonw *w);
void hg_quality_text(const struct hg_quality *quality, struct hg_buf *buf);
extern const char *const hg_quality_assumptions[3]; /* of agreement, stability and probes */

#endif
