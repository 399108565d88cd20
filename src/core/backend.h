/*
 * What the HTTP server may ask of the pipeline, without knowing it. The pipeline fills one; serve/ calls it from any thread.
 */
#ifndef HG_CORE_BACKEND_H
#define HG_CORE_BACKEND_H

#include "base/err.h"
#include "base/jsonw.h"
#include "core/counts.h"
#include "core/score.h"

struct hg_push {
    struct hg_slice format;  /* iscx, cowrie, dionaea, suricata or envelope */
    struct hg_slice source;  /* name; empty: "push" */
    struct hg_slice body;    /* decompressed; HG_BATCH_PADDING readable bytes follow */
};

struct hg_push_result {
    struct hg_counts counts;
    uint64_t sequence;        /* of the commit that holds it */
    uint64_t bad_line;        /* 1-based, of the first record that could not be read; 0: none */
    enum hg_reason bad_reason;
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
    char trouble[HG_ERR_MSG_BYTES]; /* "": none */
};

struct hg_backend {
    void *self;
    /* Returns after the commit. HG_EBUSY: full for now; HG_EUSAGE: nothing in it could be read (bad_line and bad_reason tell),
     * or format/envelope unknown; HG_ESTATE: shutting down. */
    enum hg_rc (*push)(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr);
    void (*status)(void *self, struct hg_status *ret);
    /* Members of `attributes` for a stored record, into an open object; header for CSV. */
    void (*attributes)(void *self, enum hg_dataset dataset, struct hg_slice header, struct hg_slice record, struct hg_jsonw *w);
    /* The reason in words. score->n_top decides, as in detect/model.h. */
    void (*reason_words)(void *self, const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf);
    /* The active model as a JSON value (null before there is one); geolocation as a JSON object {"available", "trouble", "kind"}. */
    void (*model_json)(void *self, struct hg_jsonw *w);
    void (*geo_json)(void *self, struct hg_jsonw *w);
};

#endif
