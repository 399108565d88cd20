/* The live pipeline's inside: one struct, five files. ingest.c threads and queue, ingest_inputs.c the accounts of the inputs,
 * ingest_sequence.c what happens to an event, ingest_commit.c transactions, ingest_push.c and ingest_files.c where units come from. */
#ifndef HG_PIPELINE_INGEST_PRIV_H
#define HG_PIPELINE_INGEST_PRIV_H

#include "aggregate/aggregate.h"
#include "decode/decode.h"
#include "detect/model.h"
#include "enrich/locate.h"
#include "normalise/sessions.h"
#include "pipeline/ingest.h"

#include <pthread.h>
#include <stdatomic.h>

#define RUN_EVENTS 1024u

/* The account of one input. Entries live as long as the pipeline. The map is under `inputs_lock`, the contents belong to the
 * pipeline's thread, but for what never changes. */
struct input_entry {
    struct hg_input_state state;
    char identity_text[HG_ID_TEXT_BYTES];
    const struct hg_decoder *decoder; /* never changes; NULL for a file of no known format */
    struct hg_decode_context *context; /* made on first use, then never changes */
    bool dirty;
};

/* A run of decoded records on its way to the sequence. Belongs to who made it; the maker waits until it is done. */
struct unit {
    struct unit *next;
    struct hg_event **events;
    size_t n_events;
    const struct hg_reject *rejects; /* events_before says where they stood */
    size_t n_rejects;
    bool sessions_applied; /* by the merge */
    bool rerun;            /* records below the bookmark are read again after a restart, and count for nothing */
    struct input_entry *push_input; /* a push without a stream of its own: it goes on where the source's last push ended */
    uint64_t push_bytes;            /* its length */
    bool done;
    uint64_t sequence;     /* out: of the commit that holds it */
    uint64_t duplicates;   /* out */
    enum hg_rc rc;         /* out */
};

struct learning { /* events held until there is a model */
    struct hg_arena arena;
    struct hg_event *events;
    size_t n, cap;
    size_t next_try; /* events at which to try again */
    size_t usable[HG_SUB_COUNT];
    int64_t first_us, clock_us;
};

struct late { /* rows of kinds of events that the model has no sub-model for */
    struct hg_trainer *trainer;
    size_t rows[HG_SUB_COUNT], next_try[HG_SUB_COUNT];
};

struct pending { /* what the next commit will hold */
    struct hg_stored_event *events;
    struct hg_score *scores;
    size_t n, cap;
    struct hg_quarantined *quarantined;
    size_t n_quarantined, cap_quarantined;
};

struct hg_ingest {
    struct hg_ingest_settings settings;
    struct hg_store *store;
    struct hg_aggregate *aggregate;
    struct hg_locator *locator;
    struct hg_sessions *sessions;
    struct hg_model *model; /* changed under model_lock, read by the pipeline's thread without */
    pthread_mutex_t model_lock;
    struct hg_score_scratch *scratch;
    struct hg_matrix matrix;
    struct learning learning;
    struct late late;
    struct pending pending;
    uint64_t sequence; /* of the last event taken */

    pthread_mutex_t inputs_lock;
    struct input_entry **inputs;
    size_t n_inputs, cap_inputs;
    struct hg_arena inputs_arena; /* names and headers */

    pthread_mutex_t lock; /* the queue and `status` */
    pthread_cond_t arrived, finished;
    struct unit *first, **last;
    size_t n_queued;
    bool stopping;
    struct hg_status status;
    struct { int64_t second; uint64_t events; } rate[8]; /* a ring of wall seconds */

    atomic_bool stop_files;
    pthread_t thread;
    pthread_t *file_threads;
    size_t n_file_threads;
    bool thread_started;
    pthread_mutex_t idle_lock;
    struct pushing *idle; /* ingest_push.c */
    pthread_mutex_t attributes_lock;
    struct hg_decode_worker *attributes_worker;
};

/* ingest.c */
HG_MUST_USE enum hg_rc ingest_submit(struct hg_ingest *ingest, struct unit *unit, bool may_refuse, struct hg_err *reterr); /* and waits */
void ingest_count_rate(struct hg_ingest *ingest, uint64_t events);

/* ingest_inputs.c: lookups take inputs_lock */
HG_MUST_USE enum hg_rc inputs_load(struct hg_ingest *ingest, struct hg_err *reterr);
void inputs_free(struct hg_ingest *ingest);
/* decoder NULL: a file of no known format. shift_us counts only for an input that is new. */
HG_MUST_USE enum hg_rc inputs_find(struct hg_ingest *ingest, const struct hg_decoder *decoder, struct hg_slice name, struct hg_slice header,
                                   const struct hg_id *identity, int64_t shift_us, struct input_entry **ret, struct hg_err *reterr);
/* True if the record is new; then the bookmark moves past it. Pipeline's thread. */
bool inputs_take(struct input_entry *entry, uint64_t offset);

/* ingest_sequence.c: pipeline's thread */
HG_MUST_USE enum hg_rc sequence_unit(struct hg_ingest *ingest, struct unit *unit, struct hg_err *reterr);

/* ingest_commit.c: pipeline's thread. Retries a failed commit until it works or the pipeline stops. */
HG_MUST_USE enum hg_rc commit_pending(struct hg_ingest *ingest, struct hg_err *reterr);
HG_MUST_USE enum hg_rc pending_add(struct hg_ingest *ingest, const struct hg_event *event, const struct hg_score *score, unsigned by,
                                   const struct hg_id *alert, struct hg_err *reterr);
void pending_quarantine(struct hg_ingest *ingest, const struct hg_reject *reject);
void pending_free(struct hg_ingest *ingest);

/* ingest_push.c: any thread */
void pushing_free_idle(struct hg_ingest *ingest);
enum hg_rc ingest_push(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr);

/* ingest_files.c */
HG_MUST_USE enum hg_rc files_start(struct hg_ingest *ingest, struct hg_err *reterr);
void files_join(struct hg_ingest *ingest);

#endif
