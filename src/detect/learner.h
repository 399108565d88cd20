/*
 * Learning while running. Events go by in sequence, each with what the model said of it; some of their rows stay in reservoirs, and when
 * a refit is due it is fitted to these.
 *
 * Which rows. Never one that is judged an attack: labelled so, or found by a named detector (honeypots: all that comes is theirs, and
 * only their own sub-model learns it). Never one whose p-value by the *reference* lies below a tenth of the rate of alarms, or below
 * HG_REFERENCE_P: that model is frozen, so that who raises his volume a little each day gets no further than its edge. Else:
 *  - p > HG_CORE_P: it may be learnt as ordinary;
 *  - p between the rate of alarms and HG_CORE_P: it stays in the sample but only calibrates. Left out, what is rare but ordinary would
 *    be missing, and each refit would find more of it odd than the one before;
 *  - p below the rate: likewise, but no more of them than the false alarms that the rate brings by chance (a credit of at most
 *    HG_CREDIT_MAX): attacks that nobody recognised get no larger a part.
 *
 * For each kind of events a long reservoir, even over all that ever came, and a recent one with a half-life; rows that the long one
 * doesn't take are offered to the recent one, so that no row is in both.
 *
 * The reference is the first model of all until there is one that knows HG_REFERENCE_SPAN of event time; that one stays.
 *
 * Everything is a pure function of the sequence of events and of the source clock.
 */
#ifndef HG_DETECT_LEARNER_H
#define HG_DETECT_LEARNER_H

#include "core/learning.h"
#include "detect/model.h"

#define HG_RESERVOIR_ROWS   16384u       /* of each */
#define HG_RECENT_HALF_LIFE (3 * HG_DAY) /* of the source clock */
#define HG_CORE_P           0.01
#define HG_REFERENCE_P      2e-5
#define HG_REFERENCE_SHARE  0.1          /* of the rate of alarms */
#define HG_REFERENCE_SPAN   HG_DAY
#define HG_CREDIT_MAX       64.0
#define HG_LEARN_SOURCES    255u         /* told apart by name; others count as one */
#define HG_GROWTH           4u           /* times as many rows */
#define HG_REFIT_EVENTS_MIN 16384u       /* between two refits' starts, at least */
#define HG_REFIT_AFTER      65536u       /* events from a refit's start to where it takes effect */

struct hg_learn_settings {
    uint64_t seed;
    const struct hg_detector *detector; /* NULL: the default */
    int64_t refit_us;      /* of the source clock between two refits; 0: none ever */
    int64_t drift_us;      /* at least, before drift may ask for one */
    uint64_t refit_events; /* 0: none; else also after so many events, whatever the clock says */
    bool ungated_edge;     /* for tests: rows with p <= HG_CORE_P are left out altogether */
    bool without_reference; /* for tests: the reference has no say */
};
#define HG_REFIT_US HG_DAY
#define HG_DRIFT_US (6 * HG_HOUR)

struct hg_learner;
HG_MUST_USE enum hg_rc hg_learner_create(const struct hg_learn_settings *settings, struct hg_learner **ret, struct hg_err *reterr);
void hg_learner_destroy(struct hg_learner *learner);

/* The number of a source's name; 0 for those beyond HG_LEARN_SOURCES. */
uint16_t hg_learner_source(struct hg_learner *learner, struct hg_slice name);

struct hg_judged_event { /* in sequence */
    const struct hg_event *event;
    const struct hg_score *score; /* by the model in force, with its finding */
    double reference_p;           /* NaN: the reference knows no such events */
    double rate;                  /* p below it alarms */
    int64_t clock_us;             /* source clock with this event */
    uint16_t source;              /* hg_learner_source */
    bool is_reference;            /* the model in force is the reference */
};
HG_MUST_USE enum hg_rc hg_learner_see(struct hg_learner *learner, const struct hg_judged_event *judged, const struct hg_matrix *matrix, size_t row,
                                      struct hg_err *reterr);

/* A model comes into force with the next event: drift and divergence begin anew, and, but for a refit, the time to the next one. */
void hg_learner_in_force(struct hg_learner *learner, const struct hg_model *model, enum hg_learn_reason reason);
/* Is this the model of which it was told last? */
bool hg_learner_knows(const struct hg_learner *learner, const struct hg_model *model);
/* Is it one to be the reference, if the one that there is isn't? */
bool hg_model_may_be_reference(const struct hg_model *model);
/* Should a refit start behind this event? HG_LEARN_NONE: no. */
enum hg_learn_reason hg_learner_due(const struct hg_learner *learner, int64_t clock_us);

/* What a refit is fitted to, as it stands now, and its line of the ledger as JSON. Calls for hg_learner_started. */
void hg_learner_draw(const struct hg_learner *learner, uint64_t sequence, struct hg_buf *ret_training, struct hg_jsonw *ledger);
void hg_learner_started(struct hg_learner *learner, int64_t clock_us);
/* From what was drawn; on any thread. HG_EFORMAT: damaged; HG_ESTATE: no kind of events has rows enough. */
HG_MUST_USE enum hg_rc hg_refit(struct hg_slice training, struct hg_model **ret, struct hg_err *reterr);

/* ---- what is told */
struct hg_divergence hg_learner_divergence(const struct hg_learner *learner, uint16_t source);
/* {"events", …, "sources": [{"source", "events", …}]}, the sources with events only. */
void hg_learner_divergence_json(const struct hg_learner *learner, struct hg_jsonw *w);
/* Hours that changed since the last hg_learner_saved; the array is the learner's, until the next call of any function. */
HG_MUST_USE enum hg_rc hg_learner_hours(struct hg_learner *learner, const struct hg_drift_hour **ret, size_t *ret_n, struct hg_err *reterr);

/* ---- state, as commits keep it: all but the rows as bytes, and rows by slot where they changed */
#define HG_LEARNER_ROW_BYTES (4u * HG_FEATURE_COUNT + 3)
void hg_learner_put(const struct hg_learner *learner, struct hg_buf *out);
size_t hg_learner_changed(const struct hg_learner *learner, const uint32_t **ret_slots);
void hg_learner_put_row(const struct hg_learner *learner, uint32_t slot, struct hg_buf *out);
void hg_learner_saved(struct hg_learner *learner);
/* Into a new one: the state, each row (of slots that no longer matter too), then end. False: not such bytes; the learner is to be
 * thrown away. Any bytes are safe. */
bool hg_learner_take(struct hg_learner *learner, struct hg_slice bytes);
bool hg_learner_take_row(struct hg_learner *learner, uint32_t slot, struct hg_slice bytes);
bool hg_learner_taken(struct hg_learner *learner);

#endif
