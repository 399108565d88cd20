/* Rollups: sums per minute and, for long ranges, per hour. A range is read as minutes at its edges and hours inside. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <stdlib.h>

/* ---- ranges */

struct hg_range range_minutes(struct hg_range range)
{
    const int64_t far = INT64_C(1) << 60; /* tens of thousands of years: rounding can't overflow */
    int64_t from = range.from_us < -far ? -far : range.from_us > far ? far : range.from_us;
    int64_t to = range.to_us < -far ? -far : range.to_us > far ? far : range.to_us;
    return (struct hg_range){hg_time_floor(from, HG_MINUTE), hg_time_floor(to + HG_MINUTE - 1, HG_MINUTE)};
}

struct minutes minutes_of(struct hg_range range)
{
    range = range_minutes(range);
    int64_t from = range.from_us / HG_MINUTE, to = range.to_us / HG_MINUTE;
    int64_t hour_from = hg_time_floor(from + 59, 60) / 60, hour_to = hg_time_floor(to, 60) / 60;
    if (hour_from >= hour_to)
        return (struct minutes){.from = from, .to = to};
    return (struct minutes){from, hour_from * 60, hour_from, hour_to, hour_to * 60, to};
}

/* ---- tallies in and out: TALLY_COLUMNS */

static void bind_tally(struct binder *b, const struct hg_tally *t)
{
    bind_u64(b, t->events);
    bind_u64(b, t->by_label);
    bind_u64(b, t->by_score);
    bind_u64(b, t->by_both);
    bind_u64(b, t->high);
    bind_u64(b, t->medium);
    bind_u64(b, t->low);
    bind_u64(b, t->scored);
    bind_u64(b, t->score_sum);
    bind_u64(b, t->anomalous_scored);
    bind_u64(b, t->anomalous_score_sum);
    bind_u64(b, t->score_max);
}

static struct hg_tally row_tally(struct row *row)
{
    struct hg_tally t = {.events = row_u64(row)};
    t.by_label = row_u64(row);
    t.by_score = row_u64(row);
    t.by_both = row_u64(row);
    t.high = row_u64(row);
    t.medium = row_u64(row);
    t.low = row_u64(row);
    t.scored = row_u64(row);
    t.score_sum = row_u64(row);
    t.anomalous_scored = row_u64(row);
    t.anomalous_score_sum = row_u64(row);
    t.score_max = (uint32_t)row_u64(row);
    return t;
}

static enum hg_rc rollup_put(struct db *db, enum sql sql, const struct hg_rollup *r, int64_t time, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, r->dim);
    bind_i64(&b, time);
    bind_text(&b, (struct hg_slice){r->key, r->key_len});
    bind_tally(&b, &r->tally);
    return binder_run(&b, "rollup", reterr);
}

enum hg_rc rollups_put(struct db *db, const struct hg_rollup *rows, size_t n, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        rc = rollup_put(db, SQL_ROLLUP_PUT, &rows[i], hg_time_floor(rows[i].minute_us, HG_MINUTE) / HG_MINUTE, reterr);
        if (rc == HG_OK)
            rc = rollup_put(db, SQL_ROLLUP_HOUR_PUT, &rows[i], hg_time_floor(rows[i].minute_us, HG_HOUR) / HG_HOUR, reterr);
    }
    return rc;
}

/* ---- totals */

enum hg_rc hg_reader_extent(struct hg_reader_db *reader, struct hg_range *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_EXTENT, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "extent", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    *ret = (struct hg_range){0, 0};
    if (found && !row_is_null(&row)) {
        ret->from_us = row_i64(&row) * HG_MINUTE;
        ret->to_us = (row_i64(&row) + 1) * HG_MINUTE;
    }
    binder_reset(&b);
    return HG_OK;
}

static enum hg_rc total_add(struct hg_reader_db *reader, enum sql sql, int64_t from, int64_t to, struct hg_tally *sum,
                            struct hg_err *reterr)
{
    struct binder b;
    bool found;
    if (from >= to)
        return HG_OK;
    enum hg_rc rc = binder_open(&b, &reader->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, from);
    bind_i64(&b, to);
    rc = binder_step(&b, &found, "total", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    struct hg_tally part = row_tally(&row);
    hg_tally_add(sum, &part);
    binder_reset(&b);
    return HG_OK;
}

enum hg_rc hg_reader_total(struct hg_reader_db *reader, struct hg_range range, struct hg_tally *ret, struct hg_err *reterr)
{
    struct minutes m = minutes_of(range);
    struct hg_tally sum = {0};
    enum hg_rc rc = total_add(reader, SQL_TOTAL_MINUTES, m.from, m.to, &sum, reterr);
    if (rc == HG_OK)
        rc = total_add(reader, SQL_TOTAL_HOURS, m.hour_from, m.hour_to, &sum, reterr);
    if (rc == HG_OK)
        rc = total_add(reader, SQL_TOTAL_MINUTES, m.tail_from, m.tail_to, &sum, reterr);
    if (rc == HG_OK)
        *ret = sum;
    return rc;
}

/* ---- keys */

/* Summed here and not by GROUP BY: SQLite would sort every row with all its columns, and the answer shows a few of many keys. */
struct keys {
    struct hg_key_tally *rows;
    size_t n, cap;
    uint32_t *slots; /* places of rows + 1 by the key's hash, 0: free; at least twice as many as rows */
    size_t n_slots;
};

static uint32_t *keys_slot(const struct keys *keys, const char *key)
{
    size_t i = hg_hash64(hg_slice_of(key), 0) & (keys->n_slots - 1);
    while (keys->slots[i] != 0 && strcmp(keys->rows[keys->slots[i] - 1].key, key) != 0)
        i = (i + 1) & (keys->n_slots - 1);
    return &keys->slots[i];
}

/* Room for one key more. */
static bool keys_grow(struct keys *keys)
{
    struct hg_key_tally *rows = hg_grow(keys->rows, keys->n, &keys->cap, sizeof *rows);
    if (rows == NULL)
        return false;
    keys->rows = rows;
    if (keys->n_slots >= 2 * keys->cap)
        return true;
    free(keys->slots);
    keys->n_slots = 2 * keys->cap;
    keys->slots = calloc(keys->n_slots, sizeof *keys->slots);
    for (size_t i = 0; keys->slots != NULL && i < keys->n; i++)
        *keys_slot(keys, rows[i].key) = (uint32_t)i + 1;
    return keys->slots != NULL;
}

static bool keys_add(struct keys *keys, const struct hg_key_tally *part)
{
    if (!keys_grow(keys))
        return false;
    uint32_t *slot = keys_slot(keys, part->key);
    if (*slot == 0) {
        keys->rows[keys->n] = *part;
        *slot = (uint32_t)++keys->n;
    } else {
        hg_tally_add(&keys->rows[*slot - 1].tally, &part->tally);
    }
    return true;
}

/* Greatest count of anomalous events first. */
static int compare_keys(const void *left, const void *right)
{
    const struct hg_key_tally *a = left, *b = right;
    uint64_t x = hg_tally_anomalous(&a->tally), y = hg_tally_anomalous(&b->tally);
    return x != y ? (x < y ? 1 : -1) : strcmp(a->key, b->key);
}

static enum hg_rc keys_collect(struct binder *b, struct keys *keys, struct hg_err *reterr)
{
    bool more;
    enum hg_rc rc;
    while ((rc = binder_step(b, &more, "keys", reterr)) == HG_OK && more) {
        struct row row = {b->statement, 0};
        struct hg_key_tally part;
        row_chars(&row, part.key, sizeof part.key);
        part.tally = row_tally(&row);
        if (!keys_add(keys, &part)) {
            binder_reset(b);
            return hg_fail(reterr, HG_ENOMEM, "store: no memory for keys");
        }
    }
    return rc;
}

/* The first `limit` of them, which are the caller's then. */
static struct hg_key_tallies keys_first(struct keys *keys, size_t limit)
{
    struct hg_key_tallies first = {.rows = keys->rows, .n = keys->n < limit ? keys->n : limit};
    if (keys->n > 0)
        qsort(keys->rows, keys->n, sizeof *keys->rows, compare_keys);
    for (size_t i = 0; i < keys->n; i++) {
        hg_tally_add(&first.sum, &keys->rows[i].tally);
        first.distinct += hg_tally_anomalous(&keys->rows[i].tally) > 0;
    }
    keys->rows = NULL;
    return first;
}

enum hg_rc hg_reader_keys(struct hg_reader_db *reader, enum hg_dim dim, struct hg_range range, size_t limit,
                          struct hg_key_tallies *ret, struct hg_err *reterr)
{
    struct minutes m = minutes_of(range);
    struct binder b;
    struct keys keys = {.rows = NULL};
    enum hg_rc rc = binder_open(&b, &reader->db, SQL_KEYS, reterr);
    if (rc != HG_OK)
        return rc;
    const int64_t values[] = {dim, m.from, m.to, m.hour_from, m.hour_to, m.tail_from, m.tail_to};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        bind_i64(&b, values[i]);
    rc = keys_collect(&b, &keys, reterr);
    if (rc == HG_OK)
        *ret = keys_first(&keys, limit);
    free(keys.rows);
    free(keys.slots);
    return rc;
}

/* ---- series */

struct series {
    struct hg_tally *buckets;
    int64_t from_us, bucket_us;
};

static enum hg_rc series_add(struct hg_reader_db *reader, enum sql sql, int64_t unit_us, int64_t from, int64_t to,
                             struct series *series, struct hg_err *reterr)
{
    struct binder b;
    bool more;
    if (from >= to)
        return HG_OK;
    enum hg_rc rc = binder_open(&b, &reader->db, sql, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, from);
    bind_i64(&b, to);
    while ((rc = binder_step(&b, &more, "series", reterr)) == HG_OK && more) {
        struct row row = {b.statement, 0};
        int64_t time_us = row_i64(&row) * unit_us;
        struct hg_tally part = row_tally(&row);
        hg_tally_add(&series->buckets[(time_us - series->from_us) / series->bucket_us], &part);
    }
    return rc;
}

enum hg_rc hg_reader_series(struct hg_reader_db *reader, struct hg_range range, int64_t bucket_us, struct hg_tally **ret,
                            size_t *ret_n, struct hg_err *reterr)
{
    if (bucket_us < HG_MINUTE || bucket_us % HG_MINUTE != 0)
        return hg_fail(reterr, HG_EUSAGE, "a bucket is a whole number of minutes");
    range = range_minutes(range);
    struct series series = {.from_us = hg_time_floor(range.from_us, bucket_us), .bucket_us = bucket_us};
    int64_t n = range.to_us <= range.from_us ? 0 : (range.to_us - series.from_us + bucket_us - 1) / bucket_us;
    if (n > (int64_t)HG_SERIES_MAX)
        return hg_fail(reterr, HG_EUSAGE, "more than %u buckets", HG_SERIES_MAX);
    series.buckets = calloc((size_t)n + 1, sizeof *series.buckets);
    if (series.buckets == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for a series");
    struct minutes m = minutes_of(range);
    if (bucket_us % HG_HOUR != 0) /* hours would straddle buckets */
        m = (struct minutes){.from = range.from_us / HG_MINUTE, .to = range.to_us / HG_MINUTE};
    enum hg_rc rc = series_add(reader, SQL_SERIES_MINUTES, HG_MINUTE, m.from, m.to, &series, reterr);
    if (rc == HG_OK)
        rc = series_add(reader, SQL_SERIES_HOURS, HG_HOUR, m.hour_from, m.hour_to, &series, reterr);
    if (rc == HG_OK)
        rc = series_add(reader, SQL_SERIES_MINUTES, HG_MINUTE, m.tail_from, m.tail_to, &series, reterr);
    if (rc != HG_OK) {
        free(series.buckets);
        return rc;
    }
    *ret = series.buckets;
    *ret_n = (size_t)n;
    return HG_OK;
}
