/*
 * What the HTTP server may ask of the pipeline, without knowing it. The pipeline fills one; serve/ calls it from any thread.
 */
#ifndef HG_CORE_BACKEND_H
#define HG_CORE_BACKEND_H

#include "base/err.h"
#include "base/jsonw.h"
#include "core/budget.h"
#include "core/counts.h"
#include "core/score.h"

struct hg_push {
    struct hg_slice format;  /* a decoder's name, or envelope */
    struct hg_slice source;  /* name; empty: "push" */
    struct hg_slice key;     /* Idempotency-Key; empty: none */
    struct hg_slice body;    /* decompressed; HG_BATCH_PADDING readable bytes follow */
};

struct hg_push_result {
    struct hg_counts counts;
    uint64_t sequence;        /* of the commit that holds it */
    uint64_t bad_line;        /* 1-based, of the first record that could not be read; 0: none */
    enum hg_reason bad_reason;
    bool repeated;            /* the key was answered before: this is that answer, and nothing was taken */
    bool key_conflict;        /* with HG_EUSAGE: the key was used for another body */
};

enum hg_run_state { HG_RUN_EMPTY, HG_RUN_LEARNING, HG_RUN_LIVE, HG_RUN_STALLED /* the store can't be written: trouble says why */ };

struct hg_status {
    enum hg_run_state state;
    uint64_t learn_events, learn_needed; /* while learning */
    int64_t learn_first_us, learn_clock_us;
    double rate;                /* events a second of wall time, over the last 5 s */
    uint64_t sequence;          /* of the last commit */
    int64_t clock_us;           /* source clock, HG_TIME_NONE when nothing was seen */
    bool ignore_labels;         /* data sets' own labels don't count (--ignore-labels) */
    bool live;                  /* sources bring events as they happen: windows end at the wall clock, else at the source clock */
    uint64_t uncommitted;       /* records taken in and not committed yet */
    struct hg_budget_settings budget;
    double events_a_day;        /* that get a score, of all sources, as the budget reckons; 0: nobody knows yet */
    uint64_t sessions, sessions_evicted; /* of Cowrie, remembered now; put out by newer ones, ever */
    char trouble[HG_ERR_MSG_BYTES]; /* "": none */
};

enum hg_source_state {
    HG_SOURCE_LIVE = 0, /* everything that is there was taken */
    HG_SOURCE_BEHIND,   /* catching up */
    HG_SOURCE_WAITING,  /* the file isn't there yet, or nobody has connected yet */
    HG_SOURCE_FAILED,   /* can't be read for now: trouble says why; it is tried again */
    HG_SOURCE_ENDED,    /* standard input at its end, a compressed file read to its end */
    HG_SOURCE_IDLE,     /* pushes: none in the last minute */
};

enum hg_skew_state {
    HG_SKEW_UNKNOWN = 0, /* too few events, or they are not live (a replay) */
    HG_SKEW_NONE,
    HG_SKEW_STEADY,      /* a steady offset of more than HG_SKEW_MIN_US between arrival and event time: a zone, or a wrong clock */
};
#define HG_SKEW_MIN_US (10 * HG_MINUTE)

/* What only the running program knows of a source; the store has its accounts (inputs of that name). */
struct hg_source_status {
    char name[256];            /* as hg_input_state.name */
    const char *kind;          /* static: file, stdin, unix, syslog+udp, syslog+tcp or push */
    enum hg_source_state state;
    char trouble[HG_ERR_MSG_BYTES]; /* "" none */
    double rate;               /* records a second of wall time, over the last 10 s */
    int64_t last_arrival_us;   /* wall time of the last new record; HG_TIME_NONE: none since the start */
    uint64_t behind_bytes;     /* unread bytes on disk */
    uint64_t lost;             /* datagrams dropped, or bytes truncated away unread, since the start */
    uint64_t rotations;        /* seen since the start */
    uint32_t peers;            /* connected now */
    enum hg_skew_state skew;
    int64_t skew_us;           /* event time - arrival, where STEADY: positive is ahead */
    double events_a_day;       /* that get a score, as the budget reckons; 0: nobody knows yet */
    double rate_asked;         /* the p-value below which its events are anomalous now */
    uint64_t alarms;           /* events anomalous by score that no label calls attacks (core/reliability.h), ever */
    uint64_t future;           /* events more than HG_FUTURE_US ahead of the wall clock, since the start */
    int64_t future_us;         /* the greatest such distance */
};
#define HG_FUTURE_US (5 * HG_MINUTE)

struct hg_explain_request {
    const struct hg_event *event;
    const struct hg_feature_row *features; /* that it was scored on */
    struct hg_id scored_by;                /* digest of the model that did; zeros: nobody knows */
    struct hg_slice model;                 /* bytes of that model, where they are kept */
    double rate;                           /* asked of its source now; 0: it has none */
};

struct hg_backend {
    void *self;
    /* Returns after the commit. HG_EBUSY: full for now; HG_EUSAGE: nothing in it could be read (bad_line and bad_reason tell),
     * or format/envelope unknown; HG_ESTATE: shutting down. */
    enum hg_rc (*push)(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr);
    void (*status)(void *self, struct hg_status *ret);
    /* Members of `attributes` for a stored record, into an open object; format: of its input; header for CSV. */
    void (*attributes)(void *self, struct hg_slice format, struct hg_slice header, struct hg_slice record, struct hg_jsonw *w);
    /* The reason in words. score->n_top decides, as in detect/model.h. */
    void (*reason_words)(void *self, const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf);
    /* Why it scored as it did, as a JSON object (docs/api.md: GET /explain); null where the model knows nothing of it. NULL: can't be told. */
    void (*explain)(void *self, const struct hg_explain_request *request, struct hg_jsonw *w);
    /* The active model as a JSON value (null before there is one); geolocation as a JSON object {"available", "trouble", "kind"}. */
    void (*model_json)(void *self, struct hg_jsonw *w);
    /* Learning while running, as of the last commit, as a JSON object (docs/api.md: GET /model); null before there is one. NULL: nothing is learnt. */
    void (*learning_json)(void *self, struct hg_jsonw *w);
    /* Members of GET /canaries (docs/api.md) into an open object. */
    void (*canaries_json)(void *self, struct hg_jsonw *w);
    void (*geo_json)(void *self, struct hg_jsonw *w);
    /* All sources of this run, in no order; *ret belongs to the caller (free). */
    enum hg_rc (*sources)(void *self, struct hg_source_status **ret, size_t *ret_n, struct hg_err *reterr);
    /* Decodes quarantined records again (number 0: all) and takes those that decode now. Returns after the commit. ret->counts:
     * read = tried, decoded = taken, malformed = still in quarantine. */
    enum hg_rc (*quarantine_retry)(void *self, uint64_t number, struct hg_push_result *ret, struct hg_err *reterr);
    /* Is it the name of a format that can be pushed (envelope apart)? */
    bool (*knows_format)(void *self, struct hg_slice name);
};

#endif
