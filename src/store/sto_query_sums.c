/* Tallies of what matches: all of it, and over time. */
#include "store/look.h"
#include "store/seg_tally.h"

#include <stdlib.h>

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for a sum over events");
}

/* ---- all of it, and who attacked */

struct total {
    struct hg_tally tally;
    struct address_union *attackers;
};

static void add_attackers(struct total *total, const struct segment *segment, const uint8_t *attacks)
{
    struct hg_event_row row;
    const struct column *src = &segment->columns[COLUMN_SRC];
    value_row_none(&row);
    for (uint32_t code = 0; code < src->n; code++) {
        if (!attacks[code])
            continue;
        value_put(&row, COLUMN_SRC, column_value(src, code));
        if (hg_event_has(&row.event, HG_FIELD_source_ip))
            address_union_add_ip(total->attackers, &row.event.source_ip);
    }
}

static enum hg_rc total_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    struct total *total = look->self;
    struct hg_arena *arena = &look->reader->desk->scratch;
    const struct column *src = &segment->columns[COLUMN_SRC];
    struct tally_marks marks;
    uint8_t *attacks = hg_arena_alloc(arena, src->n + 1);
    if (attacks == NULL || !tally_marks_make(segment, arena, &marks))
        return no_memory(reterr);
    memset(attacks, 0, src->n + 1);
    FOR_BITS(i, mask->yes, segment->n) {
        tally_add_row(&marks, i, &total->tally);
        attacks[column_code(src, i)] |= tally_row_by(&marks, i) != 0;
    }
    add_attackers(total, segment, attacks);
    return HG_OK;
}

enum hg_rc hg_query_total(struct hg_reader_db *reader, const struct hg_query *query, struct hg_tally *ret, struct hg_unique *ret_attackers,
                          bool *ret_exact, struct hg_err *reterr)
{
    struct total total = {.attackers = &reader->addresses};
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .visit = total_visit, .self = &total,
                        .columns = TALLY_PARTS | COLUMN_BIT(COLUMN_SRC)};
    enum hg_rc rc = address_union_begin(&reader->addresses, reterr);
    if (rc == HG_OK)
        rc = look_run(&look, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = total.tally;
    *ret_exact = !look.over;
    *ret_attackers = (struct hg_unique){0};
    address_union_count(&reader->addresses, &ret_attackers->count, &ret_attackers->estimated);
    ret_attackers->error = ret_attackers->estimated ? HLL_ERROR : 0;
    return HG_OK;
}

/* ---- over time */

struct series {
    struct hg_tally *buckets;
    int64_t from_us, bucket_us;
};

static enum hg_rc series_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    struct series *series = look->self;
    struct tally_marks marks;
    if (!tally_marks_make(segment, &look->reader->desk->scratch, &marks))
        return no_memory(reterr);
    FOR_BITS(i, mask->yes, segment->n)
        tally_add_row(&marks, i, &series->buckets[(segment->times[i] - series->from_us) / series->bucket_us]);
    return HG_OK;
}

enum hg_rc hg_query_series(struct hg_reader_db *reader, const struct hg_query *query, int64_t bucket_us, struct hg_tally **ret, size_t *ret_n,
                           bool *ret_exact, struct hg_err *reterr)
{
    struct hg_range range = range_minutes(query->range);
    struct series series = {.bucket_us = bucket_us};
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .visit = series_visit, .self = &series,
                        .columns = TALLY_PARTS | COLUMN_BIT(PART_TIMES)};
    if (bucket_us < HG_MINUTE || bucket_us % HG_MINUTE != 0)
        return hg_fail(reterr, HG_EUSAGE, "a bucket is a whole number of minutes");
    series.from_us = hg_time_floor(range.from_us, bucket_us);
    int64_t n = range.to_us <= range.from_us ? 0 : (range.to_us - series.from_us + bucket_us - 1) / bucket_us;
    if (n > (int64_t)HG_SERIES_MAX)
        return hg_fail(reterr, HG_EUSAGE, "more than %u buckets", HG_SERIES_MAX);
    series.buckets = calloc((size_t)n + 1, sizeof *series.buckets);
    if (series.buckets == NULL)
        return no_memory(reterr);
    enum hg_rc rc = look_run(&look, reterr);
    if (rc != HG_OK) {
        free(series.buckets);
        return rc;
    }
    *ret = series.buckets;
    *ret_n = (size_t)n;
    *ret_exact = !look.over;
    return HG_OK;
}
