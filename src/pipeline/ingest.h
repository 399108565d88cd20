/*
 * The live pipeline: pushes, followed logs and listeners in, one sequence, one commit after the other. Order is part of the result:
 * events are numbered in the order in which units reach the queue; within a unit in its order; logs are merged by event time.
 *
 * What was taken in and not committed is taken in again after a kill: logs are gone on with at their bookmarks, pushes were not
 * answered. What a listener brought and no commit holds is lost with the process, as is what comes while it is down.
 *
 * Without a model it learns first: the events are held (up to HG_LEARN_EVENTS, or 60 s of event time once a sub-model has enough
 * rows), then learnt from, scored once, in order, marked learned_in_sample. A sub-model that had too few rows then is added as
 * soon as its kind has HG_LATE_ROWS; it takes effect with the next event.
 *
 * It goes on learning (detect/learner.h): a refit that starts behind the event of sequence n scores from that of n + HG_REFIT_AFTER on.
 */
#ifndef HG_PIPELINE_INGEST_H
#define HG_PIPELINE_INGEST_H

#include "core/backend.h"
#include "detect/learner.h"
#include "feature/feature.h"
#include "pipeline/input.h"
#include "store/store.h"

#define HG_LEARN_EVENTS     10000u
#define HG_LEARN_SPAN_US    (60 * HG_SECOND)
#define HG_LEARN_EVENTS_MAX 131072u /* held at most; without a usable sub-model by then they pass unscored */
#define HG_LEARN_BYTES_MAX  (96u * 1024 * 1024) /* likewise */
#define HG_LATE_ROWS        1000u
#define HG_COMMIT_EVENTS    65536u
#define HG_QUEUE_UNITS      16u     /* more get HG_EBUSY */
#define HG_LATENESS_US      (2 * HG_MINUTE)
#define HG_SOURCES_MAX      4096u   /* known at run time; pushes under yet another name share one account of state */

struct hg_source_setting { /* one INPUT; strings are borrowed */
    const char *input;   /* path, glob, folder, - or a listener's URI */
    const char *name;    /* NULL: the path, for a listener the URI */
    const char *format;  /* NULL: told by content */
    int64_t timezone_us; /* of naive stamps; HG_TIMEZONE_DEFAULT: the run's setting */
    unsigned line;       /* of the configuration file; 0: the command line */
};

struct hg_ingest;

struct hg_ingest_settings {
    const char *state_dir;
    const char *model_path; /* NULL: the store's, else learn */
    const char *const *geo;
    size_t n_geo;
    const struct hg_source_setting *sources;
    size_t n_sources;
    struct hg_input_settings inputs; /* formats are borrowed */
    int64_t lateness_us; /* an event older than the source clock by more is counted as late */
    struct hg_feature_settings features;
    const struct hg_behave_settings *behave; /* of the named detectors; NULL: the defaults */
    struct hg_store_settings store;
    bool ignore_labels;
    struct hg_budget_settings budget; /* zeroed: that of the run before, else hg_budget_default() */
    uint64_t seed;
    const struct hg_detector *detector; /* that learning uses; NULL: the default */
    int64_t refit_us;      /* of the source clock between two refits; 0: none. None with model_path either: it stays */
    uint64_t refit_events; /* 0: none; else a refit is due after as many events too */
    int64_t canary_us;     /* of the source clock between two canaries of a kind, at least an hour; 0: none */
    void (*notify)(void *self, uint64_t sequence); /* after each commit, on the pipeline's thread; may be NULL */
    void *notify_self;
};

/* Opens store and model; starts nothing. Settings must outlive it. */
HG_MUST_USE enum hg_rc hg_ingest_create(const struct hg_ingest_settings *settings, struct hg_ingest **ret, struct hg_err *reterr);
/* What the server asks. Valid until destroy. */
struct hg_backend hg_ingest_backend(struct hg_ingest *ingest);
/* notify may be set late, since the server needs the backend first. Before start. */
void hg_ingest_on_commit(struct hg_ingest *ingest, void (*notify)(void *self, uint64_t sequence), void *self);
HG_MUST_USE enum hg_rc hg_ingest_start(struct hg_ingest *ingest, struct hg_err *reterr);
/* Takes nothing more, finishes what was taken, commits. */
void hg_ingest_stop(struct hg_ingest *ingest);
void hg_ingest_destroy(struct hg_ingest *ingest);

#endif
