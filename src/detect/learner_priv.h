/* What a learner is made of. */
#ifndef HG_DETECT_LEARNER_PRIV_H
#define HG_DETECT_LEARNER_PRIV_H

#include "detect/drift.h"
#include "detect/learner.h"
#include "detect/training.h"

enum { AGE_LONG, AGE_RECENT, AGES };
#define RESERVOIRS (HG_SUB_COUNT * STREAMS * AGES)

struct changed_rows {
    uint32_t *slots;
    size_t n, cap;
    uint64_t *marked; /* a bit a slot: is it in the list? */
};

struct hg_learner {
    struct hg_learn_settings settings;
    struct reservoir reservoirs[RESERVOIRS]; /* by kind, stream and age */
    size_t expected[RESERVOIRS];             /* rows, while a state is taken up */
    struct drift drifts[HG_SUB_COUNT];
    double credit[HG_SUB_COUNT]; /* rows below the rate that may stay */
    char *names[HG_LEARN_SOURCES + 1]; /* of sources from 1 on */
    uint16_t n_names;
    struct hg_divergence divergences[HG_LEARN_SOURCES + 1];
    struct changed_rows changed;
    struct hg_drift_hour *hours; /* that ended since the last commit, with room for one of each kind more */
    size_t n_hours, cap_hours;
    struct hg_id model;     /* in force */
    uint64_t offered;       /* rows, ever */
    uint64_t learnt;        /* that the model in force was drawn from */
    uint64_t events;        /* since the last refit was started, or the first model came */
    int64_t refit_us;       /* clock when the last refit was started, or the first model came; HG_TIME_NONE: none yet */
    bool young;             /* the model in force knows less than a day */
};

static inline size_t reservoir_of(size_t kind, int stream, int age)
{
    return (kind * STREAMS + (size_t)stream) * AGES + (size_t)age;
}

/* The stream that a refit would use. */
static inline int learner_stream(const struct hg_learner *learner, size_t kind)
{
    return learner->reservoirs[reservoir_of(kind, STREAM_NORMAL, AGE_LONG)].n >= HG_TRAIN_ROWS_MIN ? STREAM_NORMAL : STREAM_OTHER;
}

#endif
