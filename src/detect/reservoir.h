/*
 * A bounded sample of rows to learn from, drawn as they come.
 *
 * Without a half-life every row that was offered is in it with the same probability (Vitter's algorithm R). With one, a row's chances
 * halve with each half-life of the clock that passed since (Hentschel, Haas and Tian 2018): the n-th offer is taken with probability
 * limit / weight, where `weight` is the number of offers with those of long ago decayed, and takes the place of any other row.
 * Where too few rows come to fill it within some half-lives, the old ones stay.
 *
 * The same offers at the same clock give the same rows: nothing else has a part in it.
 */
#ifndef HG_DETECT_RESERVOIR_H
#define HG_DETECT_RESERVOIR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/rng.h"
#include "core/matrix.h"
#include "detect/bytes.h"

#define CLOCK_DAYS 14 /* distinct days of training, from which hour and weekday may be used: else the model learns the clock */

struct train_row {
    struct hg_feature_row features;
    uint16_t source; /* whose it was, by the learner's list of sources */
    bool edge;       /* calibrates, but is not learnt as ordinary */
};

/* When rows were from: of all that were offered. */
struct train_period {
    int64_t first_us, last_us; /* HG_TIME_NONE: no row said its time */
    int64_t days[CLOCK_DAYS];  /* distinct ones (UTC, since the epoch), until there are enough */
    uint32_t n_days;
};

struct reservoir {
    struct train_row *rows;
    size_t n, cap;
    size_t limit;
    double half_life_us; /* 0: none */
    double weight;
    int64_t clock_us;    /* of the last offer; HG_TIME_NONE: there was none */
    uint64_t seen;
    struct train_period period;
    struct hg_rng rng;
};

void reservoir_init(struct reservoir *reservoir, size_t limit, double half_life_us, uint64_t seed);
void reservoir_free(struct reservoir *reservoir);
/* Offers a row. *ret is where to put it, NULL where it isn't taken. time_us is the row's own; either time may be HG_TIME_NONE. */
HG_MUST_USE enum hg_rc reservoir_offer(struct reservoir *reservoir, int64_t clock_us, int64_t time_us, struct train_row **ret, struct hg_err *reterr);
/* Room for the first n rows, which the caller fills (taking up a state). */
HG_MUST_USE enum hg_rc reservoir_make_room(struct reservoir *reservoir, size_t n, struct hg_err *reterr);

void train_period_widen(struct train_period *period, const struct train_period *by);

/* ---- as bytes */
#define TRAIN_ROW_BYTES (4u * HG_FEATURE_COUNT + 3)
void train_row_put(const struct train_row *row, struct hg_buf *out);
bool train_row_get(struct bytes_in *in, struct train_row *ret); /* false: damaged; any bytes are safe */
void train_period_put(const struct train_period *period, struct hg_buf *out);
bool train_period_get(struct bytes_in *in, struct train_period *ret);
/* All but the rows: how many there are is in it. */
void reservoir_put(const struct reservoir *reservoir, struct hg_buf *out);
/* Into an initialised one; *ret_n rows belong to it, which are not there yet. */
bool reservoir_get(struct bytes_in *in, struct reservoir *ret, size_t *ret_n);

#endif
