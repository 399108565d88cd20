/*
 * What is told of learning while running: the ledger of models, drift of p-values by hour, and where the model in force and the frozen
 * first one no longer agree.
 */
#ifndef HG_CORE_LEARNING_H
#define HG_CORE_LEARNING_H

#include "base/hash.h"
#include "base/instant.h"
#include "base/jsonw.h"

/* Why a model came into force. Stored by name. */
enum hg_learn_reason {
    HG_LEARN_NONE = 0,
    HG_LEARN_FIRST,    /* there was none */
    HG_LEARN_GIVEN,    /* --model, or one that a state had before the ledger began */
    HG_LEARN_LATE,     /* a kind of events had rows enough at last */
    HG_LEARN_DUE,      /* a refit: the time between two had passed */
    HG_LEARN_GROWTH,   /* a refit: four times as many rows as the model was learnt from, which knew less than a day */
    HG_LEARN_DRIFT,    /* a refit: p-values drifted, and lastingly */
    HG_LEARN_ROLLBACK, /* a person put an earlier one back */
    HG_LEARN_REASONS
};
const char *hg_learn_reason_name(enum hg_learn_reason reason); /* none, first, given, late, due, growth, drift, rollback */
const char *hg_learn_reason_words(enum hg_learn_reason reason);
enum hg_learn_reason hg_learn_reason_parse(struct hg_slice name); /* HG_LEARN_NONE: no such name */

/* A line of the ledger. */
struct hg_model_record {
    uint64_t number;       /* out; ever greater */
    struct hg_id digest, parent; /* parent zero: it has none */
    uint64_t sequence;     /* of the first event that it scored, or would score */
    int64_t clock_us;      /* source clock when it came into force; HG_TIME_NONE: none yet */
    enum hg_learn_reason reason;
    uint64_t rows;         /* that it was learnt from, of all kinds */
    bool reference;        /* the frozen first model from here on: see docs/detection.md */
    struct hg_slice ledger; /* JSON: what it was learnt from */
    struct hg_slice model; /* in: its bytes */
    bool kept;             /* out: its bytes are there */
    uint64_t alerts;       /* out: whose top event it scored */
};
/* Members into an open object, without the model. */
void hg_model_record_json_members(const struct hg_model_record *record, struct hg_jsonw *w);

/* Events of one kind in one hour of the source clock. */
#define HG_DRIFT_BINS 20
struct hg_drift_hour {
    const char *kind; /* name of the sub-model */
    int64_t hour_us;
    uint32_t events;
    uint32_t bins[HG_DRIFT_BINS]; /* by p: [0, 0.05), [0.05, 0.1) ... */
    uint32_t checks, marks; /* Kolmogorov-Smirnov tests that ended in the hour; of them significant */
    double distance;        /* the greatest of them, 0..1 */
    double significance;    /* of that one: how often chance alone would bring as much; 1 without a test */
};
#define HG_DRIFT_HOURS_KEPT (30 * 24)
#define HG_MODELS_KEPT      16u   /* with their bytes, and the references */
#define HG_LEDGER_LINES     4096u
/* Members into an open object, without the kind. */
void hg_drift_hour_json_members(const struct hg_drift_hour *hour, struct hg_jsonw *w);

/* Events that both models scored, since the model in force is. */
struct hg_divergence {
    uint64_t events;
    uint64_t apart;        /* p differs by more than a factor of HG_DIVERGENCE_FACTOR, and one of both would alarm */
    uint64_t now_ordinary; /* the frozen first model would have alarmed */
    uint64_t now_alarm;    /* it would not have */
};
#define HG_DIVERGENCE_FACTOR 10.0
void hg_divergence_json_members(const struct hg_divergence *divergence, struct hg_jsonw *w);

#endif
