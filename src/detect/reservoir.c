#include "detect/reservoir.h"

#include "detect/plain_math.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHT_MAX 9e15 /* beyond, a double no longer counts by one */

void reservoir_init(struct reservoir *reservoir, size_t limit, double half_life_us, uint64_t seed)
{
    *reservoir = (struct reservoir){.limit = limit, .half_life_us = half_life_us, .clock_us = HG_TIME_NONE, .rng = hg_rng_seeded(seed)};
    reservoir->period.first_us = reservoir->period.last_us = HG_TIME_NONE;
}

void reservoir_free(struct reservoir *reservoir)
{
    free(reservoir->rows);
    reservoir->rows = NULL;
    reservoir->n = reservoir->cap = 0;
}

enum hg_rc reservoir_make_room(struct reservoir *reservoir, size_t n, struct hg_err *reterr)
{
    if (n <= reservoir->cap)
        return HG_OK;
    size_t cap = reservoir->cap == 0 ? 1024 : reservoir->cap * 2;
    cap = cap < n ? n : cap;
    cap = cap > reservoir->limit && n <= reservoir->limit ? reservoir->limit : cap;
    struct train_row *rows = realloc(reservoir->rows, cap * sizeof *rows);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu rows to learn from", cap);
    reservoir->rows = rows;
    reservoir->cap = cap;
    return HG_OK;
}

static void note_day(struct train_period *period, int64_t day)
{
    for (size_t i = period->n_days; i > 0; i--)
        if (period->days[i - 1] == day)
            return;
    if (period->n_days < CLOCK_DAYS)
        period->days[period->n_days++] = day;
}

static void note_time(struct train_period *period, int64_t time_us)
{
    if (time_us == HG_TIME_NONE)
        return;
    if (period->first_us == HG_TIME_NONE || time_us < period->first_us)
        period->first_us = time_us;
    if (period->last_us == HG_TIME_NONE || time_us > period->last_us)
        period->last_us = time_us;
    note_day(period, hg_time_floor(time_us, HG_DAY) / HG_DAY);
}

void train_period_widen(struct train_period *period, const struct train_period *by)
{
    note_time(period, by->first_us);
    note_time(period, by->last_us);
    for (size_t i = 0; i < by->n_days; i++)
        note_day(period, by->days[i]);
}

/* The clock moves on: what was offered before weighs less. It never goes back. */
static void decay(struct reservoir *reservoir, int64_t clock_us)
{
    if (clock_us == HG_TIME_NONE || reservoir->half_life_us <= 0)
        return;
    if (reservoir->clock_us != HG_TIME_NONE && clock_us > reservoir->clock_us) {
        double half_lives = ((double)clock_us - (double)reservoir->clock_us) / reservoir->half_life_us;
        reservoir->weight *= plain_exp2(half_lives > 1000 ? -1000 : -half_lives);
    }
    if (reservoir->clock_us == HG_TIME_NONE || clock_us > reservoir->clock_us)
        reservoir->clock_us = clock_us;
}

enum hg_rc reservoir_offer(struct reservoir *reservoir, int64_t clock_us, int64_t time_us, struct train_row **ret, struct hg_err *reterr)
{
    *ret = NULL;
    if (reservoir->n < reservoir->limit) {
        enum hg_rc rc = reservoir_make_room(reservoir, reservoir->n + 1, reterr);
        if (rc != HG_OK)
            return rc;
    }
    decay(reservoir, clock_us);
    reservoir->seen++;
    if (reservoir->weight < WEIGHT_MAX)
        reservoir->weight += 1;
    note_time(&reservoir->period, time_us);
    if (reservoir->n < reservoir->limit) {
        *ret = &reservoir->rows[reservoir->n++];
        return HG_OK;
    }
    double limit = (double)reservoir->limit, among = reservoir->weight > limit ? reservoir->weight : limit;
    double place = hg_rng_unit(&reservoir->rng) * among;
    if (place < limit)
        *ret = &reservoir->rows[(size_t)place];
    return HG_OK;
}

/* ---- as bytes */

static void put_f32(struct hg_buf *out, float value) /* NaN too */
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(out, bits, 4);
}

void train_row_put(const struct train_row *row, struct hg_buf *out)
{
    if (!hg_buf_reserve(out, TRAIN_ROW_BYTES))
        return;
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        put_f32(out, row->features.cells[f]);
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        bytes_put(out, row->features.codes[c], 4);
    bytes_put(out, row->source, 2);
    bytes_put(out, row->edge, 1);
}

bool train_row_get(struct bytes_in *in, struct train_row *ret)
{
    bool finite = true;
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        uint32_t bits = bytes_get_u32(in);
        memcpy(&ret->features.cells[f], &bits, sizeof bits);
        finite = finite && !isinf(ret->features.cells[f]);
    }
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        ret->features.codes[c] = bytes_get_u32(in);
    ret->source = (uint16_t)bytes_get(in, 2);
    ret->edge = bytes_get_u8(in) != 0;
    return !in->failed && finite;
}

void train_period_put(const struct train_period *period, struct hg_buf *out)
{
    bytes_put(out, (uint64_t)period->first_us, 8);
    bytes_put(out, (uint64_t)period->last_us, 8);
    bytes_put(out, period->n_days, 4);
    for (size_t i = 0; i < period->n_days; i++)
        bytes_put(out, (uint64_t)period->days[i], 8);
}

bool train_period_get(struct bytes_in *in, struct train_period *ret)
{
    *ret = (struct train_period){.first_us = bytes_get_time(in)};
    ret->last_us = bytes_get_time(in);
    ret->n_days = bytes_get_u32(in);
    if (in->failed || ret->n_days > CLOCK_DAYS) {
        ret->n_days = 0;
        return false;
    }
    for (size_t i = 0; i < ret->n_days; i++)
        ret->days[i] = (int64_t)bytes_get(in, 8);
    return !in->failed && (ret->first_us == HG_TIME_NONE) == (ret->last_us == HG_TIME_NONE) && ret->first_us <= ret->last_us;
}

void reservoir_put(const struct reservoir *reservoir, struct hg_buf *out)
{
    uint64_t weight;
    memcpy(&weight, &reservoir->weight, sizeof weight);
    bytes_put(out, reservoir->n, 4);
    bytes_put(out, reservoir->seen, 8);
    bytes_put(out, weight, 8);
    bytes_put(out, (uint64_t)reservoir->clock_us, 8);
    for (int i = 0; i < 4; i++)
        bytes_put(out, reservoir->rng.s[i], 8);
    train_period_put(&reservoir->period, out);
}

bool reservoir_get(struct bytes_in *in, struct reservoir *ret, size_t *ret_n)
{
    *ret_n = bytes_get_u32(in);
    ret->seen = bytes_get(in, 8);
    uint64_t weight = bytes_get(in, 8);
    memcpy(&ret->weight, &weight, sizeof weight);
    ret->clock_us = bytes_get_time(in);
    for (int i = 0; i < 4; i++)
        ret->rng.s[i] = bytes_get(in, 8);
    bool period = train_period_get(in, &ret->period);
    bool random = (ret->rng.s[0] | ret->rng.s[1] | ret->rng.s[2] | ret->rng.s[3]) != 0; /* of zeros nothing else ever comes */
    return period && random && !in->failed && *ret_n <= ret->limit && ret->seen >= *ret_n && ret->weight >= 0 && ret->weight <= WEIGHT_MAX + 1;
}
