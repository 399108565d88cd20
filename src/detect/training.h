/* From rows of one kind of events to a sub-model: what a first training and every later one have in common. */
#ifndef HG_DETECT_TRAINING_H
#define HG_DETECT_TRAINING_H

#include "detect/model_priv.h"
#include "detect/reservoir.h"

/* Rows labelled Normal, and the rest that may be learnt from; which of them is used is known only when it is learnt. */
enum { STREAM_NORMAL, STREAM_OTHER, STREAMS };

struct training {
    const struct train_row *rows;
    size_t n;
    uint64_t seen; /* rows that these were drawn from */
    const struct train_period *period;
    enum trained_on trained_on;
    uint64_t seed;
    const struct hg_detector *detector;
};

enum trained_on stream_is_trained_on(size_t kind, int stream);
/* Into the model's sub-model of the kind; with under HG_TRAIN_ROWS_MIN rows there is none. */
enum hg_rc training_fit(const struct training *training, size_t kind, struct hg_model *model, struct hg_err *reterr);

#endif
