/*
 * The live pipeline's inside: one struct, a file a concern.
 *   ingest.c           threads and queue, what the server asks
 *   ingest_inputs.c    accounts and bookmarks of the inputs (streams)
 *   ingest_sources.c   what is known of the sources at run time: state, rate, clock
 *   ingest_sequence.c  what happens to an event, in sequence
 *   ingest_budget.c    what a score means: the alert budget; asked and achieved
 *   ingest_learn.c     the first model, and sub-models that come late
 *   ingest_refit.c     learning on: refits in the background, models coming into force, the ledger
 *   ingest_commit.c    transactions
 *   ingest_restore.c   taking up what the last commit held
 *   ingest_snapshot.c  state that is too large for every commit: now and then, and the events since are run through again
 *   ingest_answers.c   what idempotent pushes were answered
 *   ingest_explain.c   why an event scored as it did, for the server
 *   ingest_canary.c    made-up attacks that try the detector, beside all that is counted
 *   ingest_push.c ingest_files.c (and ingest_logs.c) ingest_listen.c ingest_retry.c   where units come from
 *
 * Exactly once rests on one rule: **a commit is made only where everything that was taken in has had its effect or is in the journal.**
 * Taking a record moves its input's bookmark; so commits come between runs, never within one.
 */
#ifndef HG_PIPELINE_INGEST_PRIV_H
#define HG_PIPELINE_INGEST_PRIV_H

#include "aggregate/aggregate.h"
#include "aggregate/weeks.h"
#include "behave/behave.h"
#include "decode/decode.h"
#include "decode/formats.h"
#include "detect/budget.h"
#include "detect/model.h"
#include "enrich/locate.h"
#include "normalise/sessions.h"
#include "pipeline/ingest.h"
#include "pipeline/refit_plan.h"
#include "pipeline/skew.h"

#include <pthread.h>
#include <stdatomic.h>

#define RUN_EVENTS 1024u

#define RATE_SECONDS 12u /* a ring of wall seconds */
struct rate_ring {
    int64_t second[RATE_SECONDS];
    uint64_t n[RATE_SECONDS];
};

/* A source at run time. Lives as long as the pipeline. */
struct source {
    struct hg_source_status status; /* under sources_lock */
    struct rate_ring rate;          /* likewise */
    struct hg_skew skew;            /* likewise */
    /* of the unit at hand: the pipeline's thread */
    uint64_t unit_records, unit_future;
    int64_t unit_newest_us, unit_future_us;
    struct source *next_touched;
    bool touched;
    uint32_t budget; /* 1 + its place in the budget; 0: it has none yet. The pipeline's thread */
    uint32_t learnt; /* 1 + its number for the learner; 0: it has none yet. Likewise */
};

/* The account of one input. Entries live as long as the pipeline. The map is under `inputs_lock`, the contents belong to the
 * pipeline's thread, but for what never changes. `taken` is for other threads. */
struct input_entry {
    struct hg_input_state state;
    char identity_text[HG_ID_TEXT_BYTES];
    const struct hg_decoder *decoder; /* never changes; NULL for a file of no known format */
    struct hg_decode_context *context; /* made on first use, then never changes */
    struct source *source;
    atomic_uint_fast64_t taken; /* state.next_offset */
    bool dirty;
};

/* A run of decoded records on its way to the sequence. Belongs to who made it; the maker waits until it is done. */
struct unit {
    struct unit *next;
    struct hg_event **events;
    size_t n_events;
    const struct hg_reject *rejects; /* events_before says where they stood */
    size_t n_rejects;
    bool rerun;             /* of logs that can be read again: records below the bookmark were taken before and count for nothing */
    bool live;              /* nothing more was there: what came now came as it happened */
    struct input_entry *push_input; /* a push without a stream of its own: it goes on where the source's last push ended */
    uint64_t push_bytes;            /* the length of this part of it */
    uint64_t push_at;               /* where this part stands in its body */
    struct hg_slice key;            /* of an idempotent push: source and Idempotency-Key; {NULL, 0}: none */
    struct hg_id key_identity;      /* what its events are told by */
    struct hg_id body;              /* hash of what was pushed */
    uint64_t first_event, first_reject; /* numbers of this part's first ones in the push */
    bool last;                      /* this part ends the push */
    struct progress {               /* how much of it is taken; of an idempotent push, maybe by an earlier commit */
        uint64_t base, events, rejects, late;
    } progress;
    uint64_t n_late;                /* of hg_ingest when this part was begun */
    struct hg_push_result *result;  /* pushes: what will be answered; kept for the key */
    const struct hg_quarantine_row *retried; /* by event: the quarantined record that it was decoded from; NULL: none */
    const struct hg_source_mark *marks;
    size_t n_marks;
    bool done;
    enum hg_rc rc; /* out */
};

struct learning { /* events held until there is a model */
    struct hg_arena arena;
    struct hg_event *events;
    size_t n, cap;
    size_t n_journaled, n_released; /* the first so many are in the journal; had their effect */
    uint64_t first_number;          /* of events[0] in the journal */
    bool restoring;                 /* what is held now comes from the journal */
    size_t next_try;                /* events at which to try again */
    size_t usable[HG_SUB_COUNT];
    int64_t first_us, clock_us;
};

struct late { /* rows of kinds of events that the model has no sub-model for */
    struct hg_trainer *trainer;
    uint64_t rows[HG_SUB_COUNT], next_try[HG_SUB_COUNT];
    bool changed;
};

struct pending { /* what the next commit will hold */
    struct hg_stored_event *events;
    struct hg_score *scores;
    size_t n, cap;
    struct hg_quarantined *quarantined;
    size_t n_quarantined, cap_quarantined;
    uint64_t *released;
    size_t n_released, cap_released;
    struct hg_journaled *late_rows;
    size_t n_late_rows, cap_late_rows;
    struct hg_journal_done done[HG_SUB_COUNT + 1];
    size_t n_done;
    struct hg_answer answers[HG_QUEUE_UNITS + 1];
    size_t n_answers;
    struct hg_source_mark *marks;
    size_t n_marks, cap_marks;
    bool model; /* it changed */
    struct hg_arena arena; /* bytes of late rows, answers, names */
};

struct budgeted {
    struct hg_budget *budget;
    struct source **sources; /* by place */
    size_t n, cap;
    struct hg_weeks weeks;   /* what the next commit will hold */
};

/* Learning while running. */
struct refitting {
    struct hg_learner *learner;
    struct hg_model *reference; /* the frozen first model; NULL: the model in force is it */
    struct hg_score *scores;    /* by it, of the run at hand: RUN_EVENTS */
    struct refit_plan plan;
    struct hg_buf training;     /* what a refit under way is fitted to */
    pthread_t thread;
    bool running;               /* the thread is to be joined */
    struct hg_model *fitted;    /* the thread's, until it is joined, as the two below */
    enum hg_rc rc;
    struct hg_err err;
    struct hg_model_record *records; /* of the next commit; ledgers and models in the pending arena */
    size_t n_records, cap_records;
    bool changed, plan_changed, training_changed; /* since the last commit */
    struct hg_buf told;         /* JSON for other threads; under `lock` */
};

struct snapshot { /* of large state: see ingest_snapshot.c */
    uint64_t sequence;    /* of the last one; all that came later is in the store as events */
    int64_t monotonic_us; /* when it was made */
    struct hg_buf behave, sightings;
    bool made;            /* in the commit at hand */
    bool last;            /* nothing comes any more: due whatever its age */
};

struct hg_ingest {
    struct hg_ingest_settings settings;
    struct hg_store *store;
    struct hg_aggregate *aggregate;
    struct hg_locator *locator;
    struct hg_sessions *sessions;
    struct hg_behave *behave;
    struct snapshot snapshot;
    struct refitting refitting;
    struct hg_model *model; /* changed under model_lock, read by the pipeline's thread without */
    pthread_mutex_t model_lock;
    struct hg_score_scratch *scratch;
    struct hg_matrix matrix;
    struct learning learning;
    struct late late;
    struct budgeted budgeted;
    struct pending pending;
    struct canaries *canaries; /* NULL: none are asked for */
    uint64_t sequence;       /* of the last event taken */
    uint64_t journal_number; /* of the last entry of the journal */
    uint64_t n_late;         /* events counted as late since the start */
    const struct unit *unit; /* whose records are being taken; NULL: none */
    int64_t now_us;          /* wall time at which the units at hand were begun */

    pthread_mutex_t inputs_lock;
    struct input_entry **inputs;
    size_t n_inputs, cap_inputs;
    uint32_t *inputs_index; /* 1 + place in `inputs`, by identity: open addressing, at most half full; 0: free */
    size_t index_size;      /* a power of two */
    struct hg_arena inputs_arena; /* names and headers */

    pthread_mutex_t sources_lock;
    struct source **sources;
    size_t n_sources, cap_sources;
    struct source *touched; /* by the unit at hand */

    pthread_mutex_t lock; /* the queue and `status` */
    pthread_cond_t arrived, finished;
    struct unit *first, **last;
    size_t n_queued;
    bool stopping;
    struct hg_status status;
    struct rate_ring rate;

    atomic_bool stop_sources;
    pthread_t thread;
    pthread_t *source_threads;
    size_t n_source_threads;
    bool thread_started;
    pthread_mutex_t idle_lock;
    struct pushing *idle; /* ingest_push.c */
    pthread_mutex_t retry_lock; /* one retry at a time: each reads the quarantine anew */
    pthread_mutex_t attributes_lock;
    struct hg_decode_worker *attributes_worker;
};

/* ingest.c */
HG_MUST_USE enum hg_rc ingest_submit(struct hg_ingest *ingest, struct unit *unit, bool may_refuse, struct hg_err *reterr); /* and waits */
HG_MUST_USE enum hg_rc ingest_start_thread(struct hg_ingest *ingest, void *(*run)(void *), void *arg, struct hg_err *reterr);

/* ingest_inputs.c: lookups take inputs_lock */
HG_MUST_USE enum hg_rc inputs_load(struct hg_ingest *ingest, struct hg_err *reterr);
void inputs_free(struct hg_ingest *ingest);
struct input_spec {
    const struct hg_decoder *decoder; /* NULL: a file of no known format */
    struct hg_slice name;             /* of its source */
    const char *kind;                 /* of the source, if it is a new one: see hg_source_status */
    struct hg_slice header;
    struct hg_id identity;
    int64_t shift_us;                 /* counts only for an input that is new */
    int64_t timezone_us;              /* HG_TIMEZONE_DEFAULT: the run's setting */
};
HG_MUST_USE enum hg_rc inputs_find(struct hg_ingest *ingest, const struct input_spec *spec, struct input_entry **ret, struct hg_err *reterr);
/* What of a stream was taken: 0 for an unknown one. Any thread. */
uint64_t inputs_taken(void *ingest, const struct hg_id *identity);
/* The end of the furthest stream of the name: where records that come without an offset go on. */
uint64_t inputs_position(struct hg_ingest *ingest, struct hg_slice name);
/* True if the record is new; then the bookmark moves past it. Pipeline's thread. */
bool inputs_take(struct input_entry *entry, uint64_t offset);
void inputs_move(struct input_entry *entry, uint64_t next_offset);

/* ingest_sources.c */
HG_MUST_USE enum hg_rc sources_find(struct hg_ingest *ingest, struct hg_slice name, const char *kind, struct source **ret, struct hg_err *reterr);
void sources_free(struct hg_ingest *ingest);
/* Pipeline's thread: an accepted or rejected record of the unit at hand; time_us HG_TIME_NONE: none. */
void sources_note(struct hg_ingest *ingest, struct source *source, int64_t time_us);
void sources_publish(struct hg_ingest *ingest, bool live);
enum hg_rc sources_list(void *self, struct hg_source_status **ret, size_t *ret_n, struct hg_err *reterr);
bool sources_live(struct hg_ingest *ingest);
void rate_add(struct rate_ring *ring, uint64_t n, int64_t now_us);
double rate_of(const struct rate_ring *ring, unsigned seconds, int64_t now_us); /* monotonic */

/* ingest_sequence.c: pipeline's thread */
HG_MUST_USE enum hg_rc sequence_unit(struct hg_ingest *ingest, struct unit *unit, struct hg_err *reterr);
HG_MUST_USE enum hg_rc score_run(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, bool in_sample, struct hg_err *reterr);
HG_MUST_USE enum hg_rc feed(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr);

/* ingest_budget.c: pipeline's thread */
HG_MUST_USE enum hg_rc budget_create(struct hg_ingest *ingest, struct hg_err *reterr);
void budget_free(struct hg_ingest *ingest);
void budget_learnt(struct hg_ingest *ingest); /* the model is another one */
/* Sets the score's severity; budget_count must follow, with the rate, once the event has moved the clock and has its alert. */
HG_MUST_USE enum hg_rc budget_judge(struct hg_ingest *ingest, struct source *source, const struct hg_event *event, struct hg_score *score,
                                    double *ret_rate, struct hg_err *reterr);
HG_MUST_USE enum hg_rc budget_count(struct hg_ingest *ingest, struct source *source, const struct hg_event *event,
                                    const struct hg_score *score, double rate, const struct hg_id *alert, struct hg_err *reterr);
/* Into a commit; *ret_all is the state of all, without bytes where nothing changed. */
HG_MUST_USE enum hg_rc budget_gather(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_named_bytes *ret_all, struct hg_err *reterr);
void budget_committed(struct hg_ingest *ingest);
void budget_publish(struct hg_ingest *ingest);
HG_MUST_USE enum hg_rc budget_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr);

/* ingest_learn.c: pipeline's thread */
HG_MUST_USE enum hg_rc learn_from(struct hg_ingest *ingest, const struct hg_event *event, struct hg_err *reterr);
HG_MUST_USE enum hg_rc release_held(struct hg_ingest *ingest, struct hg_err *reterr);
bool learning_is_full(const struct hg_ingest *ingest);
void show_learning(struct hg_ingest *ingest);
size_t until_late_fit(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, enum hg_submodel_kind *ret_kind);
HG_MUST_USE enum hg_rc collect_late(struct hg_ingest *ingest, struct hg_event *const *events, size_t n, struct hg_err *reterr);
HG_MUST_USE enum hg_rc fit_late(struct hg_ingest *ingest, enum hg_submodel_kind kind, struct hg_err *reterr);
HG_MUST_USE enum hg_rc restore_late_row(struct hg_ingest *ingest, struct hg_slice bytes, struct hg_err *reterr);
void late_put(const struct late *late, struct hg_buf *out);
void late_take(struct late *late, struct hg_slice bytes);

/* ingest_commit.c: pipeline's thread. Retries a failed commit until it works or the pipeline stops. */
HG_MUST_USE enum hg_rc commit_pending(struct hg_ingest *ingest, struct hg_err *reterr);
/* row: of the event's features in ingest->matrix. geo: NULL, it wasn't looked up. */
HG_MUST_USE enum hg_rc pending_add(struct hg_ingest *ingest, const struct hg_event *event, size_t row, const struct hg_score *score, unsigned by,
                                   bool late, const struct hg_id *alert, const struct hg_geo *geo, struct hg_err *reterr);
void pending_quarantine(struct hg_ingest *ingest, const struct hg_reject *reject);
HG_MUST_USE enum hg_rc pending_release(struct hg_ingest *ingest, uint64_t number, struct hg_err *reterr);
HG_MUST_USE enum hg_rc pending_late_row(struct hg_ingest *ingest, enum hg_submodel_kind kind, struct hg_slice bytes, struct hg_err *reterr);
void pending_late_done(struct hg_ingest *ingest, enum hg_submodel_kind kind);
HG_MUST_USE enum hg_rc pending_mark(struct hg_ingest *ingest, const struct hg_source_mark *mark, struct hg_err *reterr);
void pending_free(struct hg_ingest *ingest);

/* ingest_refit.c: pipeline's thread */
HG_MUST_USE enum hg_rc refit_create(struct hg_ingest *ingest, struct hg_err *reterr);
void refit_free(struct hg_ingest *ingest);
/* The model scores from the next event on; takes it. */
HG_MUST_USE enum hg_rc model_in_force(struct hg_ingest *ingest, struct hg_model *model, enum hg_learn_reason reason, struct hg_slice ledger,
                                      struct hg_err *reterr);
/* A refit that takes effect with the next event does. *ret_n: how many of n events come before another one could. */
HG_MUST_USE enum hg_rc refit_take_effect(struct hg_ingest *ingest, size_t n, size_t *ret_n, struct hg_err *reterr);
/* Scores the run by the reference, where that is another model. */
void refit_score(struct hg_ingest *ingest, const struct hg_event *const *events, size_t n);
/* An event that was judged: row of the matrix. */
HG_MUST_USE enum hg_rc refit_observe(struct hg_ingest *ingest, struct source *source, const struct hg_event *event, const struct hg_score *score,
                                     size_t row, double rate, struct hg_err *reterr);
/* Into a commit; at most REFIT_STATES states. */
#define REFIT_STATES 3u
HG_MUST_USE enum hg_rc refit_gather(struct hg_ingest *ingest, struct hg_commit *commit, struct hg_named_bytes *states, size_t *n,
                                    struct hg_err *reterr);
void refit_committed(struct hg_ingest *ingest);
HG_MUST_USE enum hg_rc refit_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr);
void refit_publish(struct hg_ingest *ingest);
/* Any thread. */
void refit_json(void *self, struct hg_jsonw *w);

/* ingest_snapshot.c: pipeline's thread */
/* Adds large state to the commit, where it is time; states has room for SNAPSHOT_STATES more. The bytes live until it is made. */
#define SNAPSHOT_STATES 2u
HG_MUST_USE enum hg_rc snapshot_gather(struct hg_ingest *ingest, struct hg_named_bytes *states, size_t *n, struct hg_err *reterr);
void snapshot_committed(struct hg_ingest *ingest);
HG_MUST_USE enum hg_rc snapshot_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr);

/* ingest_restore.c */
HG_MUST_USE enum hg_rc restore_all(struct hg_ingest *ingest, struct hg_err *reterr);
/* Decodes a record that was taken before: batch->events[0]. Sessions, shifts and settings are not applied. */
HG_MUST_USE enum hg_rc decode_again(struct hg_ingest *ingest, uint32_t input, uint64_t offset, struct hg_slice record, struct hg_batch *batch,
                                    struct hg_err *reterr);

/* ingest_push.c: any thread */
void pushing_free_idle(struct hg_ingest *ingest);
enum hg_rc ingest_push(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr);

/* ingest_answers.c: pipeline's thread; a push with a key that was answered before, and what is kept for one that wasn't. A push that
 * a commit cuts in two is kept as not whole, with its progress: sent again, it goes on there. */
HG_MUST_USE enum hg_rc answer_before(struct hg_ingest *ingest, const struct unit *unit, struct progress *ret_progress, bool *ret_known,
                                     struct hg_err *reterr);
HG_MUST_USE enum hg_rc answer_keep(struct hg_ingest *ingest, const struct unit *unit, bool whole, struct hg_err *reterr);

/* ingest_explain.c: any thread */
void ingest_explain(void *self, const struct hg_explain_request *request, struct hg_jsonw *w);

/* ingest_retry.c: any thread */
enum hg_rc ingest_retry(void *self, uint64_t number, struct hg_push_result *ret, struct hg_err *reterr);

/* ingest_files.c, ingest_listen.c: threads of their own */
HG_MUST_USE enum hg_rc files_start(struct hg_ingest *ingest, struct hg_err *reterr);
HG_MUST_USE enum hg_rc listeners_start(struct hg_ingest *ingest, struct hg_err *reterr);

#endif
