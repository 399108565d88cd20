#include "store/look.h"

#include "base/grow.h"
#include "store/index.h"

#include <stdlib.h>

#define PIECE       16384u /* sequences whose rows become a segment at once */
#define NEAR        32u    /* a row so far ahead is stepped to */
#define SCRATCH_BYTES ((size_t)512 * 1024 * 1024) /* of one segment's columns and masks, at most */
#define CHECK_EVERY 256u   /* rows between two looks at the clock */

bool look_is_over(struct look *look)
{
    if (!look->over && look->query->deadline_us != 0)
        look->over = hg_time_monotonic_us() >= look->query->deadline_us;
    return look->over;
}

/* ---- single rows */

static enum hg_rc fetch_step(struct fetcher *f, uint64_t sequence, struct hg_err *reterr)
{
    bool found = true;
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && found && f->at < sequence) {
        rc = binder_step(&f->b, &found, "event", reterr);
        if (rc == HG_OK && found)
            f->at = (uint64_t)sqlite3_column_int64(f->b.statement, 0);
    }
    f->open = rc == HG_OK && found;
    return rc;
}

/* NULL in *ret: no such row. */
static enum hg_rc fetch(struct look *look, bool kept, uint64_t sequence, sqlite3_stmt **ret, struct hg_err *reterr)
{
    struct fetcher *f = &look->fetchers[kept];
    *ret = NULL;
    if (!f->open || f->at > sequence || sequence - f->at > NEAR) {
        enum hg_rc rc = binder_open(&f->b, &look->reader->db, kept ? SQL_EVENTS_FROM : SQL_RECENT_FROM, reterr);
        if (rc != HG_OK)
            return rc;
        bind_u64(&f->b, sequence);
        f->at = 0;
    }
    enum hg_rc rc = fetch_step(f, sequence, reterr);
    if (rc == HG_OK && f->open && f->at == sequence)
        *ret = f->b.statement;
    return rc;
}

static void fetchers_close(struct look *look)
{
    for (int i = 0; i < 2; i++)
        if (look->fetchers[i].open)
            binder_reset(&look->fetchers[i].b);
}

enum hg_rc look_row(struct look *look, const struct segment *segment, uint32_t row, bool maybe, struct hg_event_row *ret_row, sqlite3_stmt **ret,
                    struct hg_err *reterr)
{
    bool kept = (segment->kept[row / 64] >> row % 64 & 1) != 0;
    enum hg_rc rc = fetch(look, kept, segment->sequences[row], ret, reterr);
    if (rc != HG_OK || *ret == NULL || !maybe)
        return rc;
    (void)event_row(*ret, NULL, ret_row);
    struct hg_filter_row filter_row = filter_row_of(ret_row, &look->names);
    if (!hg_filter_match(look->query->filter, &filter_row))
        *ret = NULL;
    return HG_OK;
}

/* What columns left open is looked up. */
static enum hg_rc settle(struct look *look, const struct segment *segment, struct mask *mask, struct hg_err *reterr)
{
    struct hg_event_row row;
    sqlite3_stmt *found;
    unsigned n = 0;
    FOR_BITS(i, mask->maybe, segment->n) {
        if (++n % CHECK_EVERY == 0 && look_is_over(look))
            return HG_OK;
        enum hg_rc rc = look_row(look, segment, i, true, &row, &found, reterr);
        if (rc != HG_OK)
            return rc;
        if (found != NULL)
            mask->yes[i / 64] |= UINT64_C(1) << i % 64;
    }
    return HG_OK;
}

/* ---- runs of rows that no segment has: they are made one, of what matches */

static enum hg_rc block_read(struct look *look, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    struct segment_builder *builder = &look->reader->desk->builder;
    struct row_merge merge = {0};
    sqlite3_stmt *statement;
    bool kept;
    enum hg_rc rc = merge_open(&merge, &look->reader->db, first, last, look->range, reterr);
    segment_begin(builder, look->columns & ALL_COLUMNS);
    while (rc == HG_OK && (rc = merge_next(&merge, &statement, &kept, reterr)) == HG_OK && statement != NULL) {
        struct hg_event_row row;
        (void)event_row(statement, NULL, &row);
        struct hg_filter_row filter_row = filter_row_of(&row, &look->names);
        if (hg_filter_match(look->query->filter, &filter_row) && !segment_add(builder, &row, kept))
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for a look at events");
    }
    merge_close(&merge);
    return rc;
}

static void reached(struct look *look, uint64_t first, uint64_t last)
{
    look->begun = true;
    look->reached = look->ascending ? last : first;
}

static bool stops(struct look *look)
{
    return look->done || (look->begun && look_is_over(look));
}

static enum hg_rc look_block(struct look *look, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    enum hg_rc rc = block_read(look, first, last, reterr);
    struct segment segment = segment_view(&look->reader->desk->builder, first, last);
    struct mask mask;
    hg_arena_reset(&look->reader->desk->scratch);
    if (rc == HG_OK && segment.n > 0)
        rc = mask_of_filter(NULL, &segment, &look->names, &look->reader->desk->scratch, &mask, reterr);
    if (rc == HG_OK && segment.n > 0)
        rc = look->visit(look, &segment, &mask, reterr);
    reached(look, first, last);
    return rc;
}

static enum hg_rc look_span(struct look *look, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && first <= last && !stops(look)) {
        uint64_t n = last - first < PIECE ? last - first : PIECE - 1;
        rc = look->ascending ? look_block(look, first, first + n, reterr) : look_block(look, last - n, last, reterr);
        if (look->ascending)
            first += n + 1;
        else if (last - n == first)
            break;
        else
            last -= n + 1;
    }
    return rc;
}

static enum hg_rc look_rows(struct look *look, uint64_t low, uint64_t high, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    if (low > high)
        return HG_OK;
    enum hg_rc rc = binder_open(&b, &look->reader->db, look->ascending ? SQL_SPANS_UP : SQL_SPANS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, high);
    bind_u64(&b, low);
    bind_i64(&b, look->range.from_us);
    bind_i64(&b, look->range.to_us);
    while (rc == HG_OK && !stops(look) && (rc = binder_step(&b, &found, "spans", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        uint64_t first = row_u64(&row), last = row_u64(&row);
        rc = look_span(look, first > low ? first : low, last < high ? last : high, reterr);
    }
    binder_reset(&b);
    return rc;
}

/* ---- segments */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The first row whose sequence isn't smaller. */
static uint32_t row_from(const struct segment *segment, uint64_t sequence)
{
    uint32_t low = 0, high = segment->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (segment->sequences[middle] < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Ones below a row, in its word. */
static uint64_t below(uint32_t row, size_t word)
{
    if (row >= 64 * (word + 1))
        return ~UINT64_C(0);
    return row <= 64 * word ? 0 : (UINT64_C(1) << (row - 64 * word)) - 1;
}

/* Leaves rows that are stored and among the sequences asked for. */
static enum hg_rc within_sequences(struct look *look, struct segment *segment, struct mask *mask, struct hg_err *reterr)
{
    uint64_t from = look->low;
    bool whole = from <= segment->first && look->high >= segment->last;
    if (whole && look->oldest.kept <= segment->first && (look->oldest.recent <= segment->first || segment->n_kept == segment->n))
        return HG_OK;
    enum hg_rc rc = segment_need(segment, COLUMN_BIT(PART_SEQUENCES) | COLUMN_BIT(PART_KEPT), reterr);
    if (rc != HG_OK)
        return rc;
    uint32_t first = row_from(segment, from), kept = row_from(segment, look->oldest.kept), recent = row_from(segment, look->oldest.recent);
    uint32_t end = look->high == UINT64_MAX ? segment->n : row_from(segment, look->high + 1);
    for (size_t word = 0; word < SEGMENT_WORDS(segment->n); word++) {
        uint64_t stored = (segment->kept[word] & ~below(kept, word)) | (~segment->kept[word] & ~below(recent, word));
        uint64_t scope = stored & below(end, word) & ~below(first, word);
        mask->yes[word] &= scope;
        mask->maybe[word] &= scope;
    }
    return HG_OK;
}

static enum hg_rc within_range(struct look *look, struct segment *segment, struct mask *mask, struct hg_err *reterr)
{
    if (segment->min_us >= look->range.from_us && segment->max_us < look->range.to_us)
        return HG_OK;
    enum hg_rc rc = segment_need(segment, COLUMN_BIT(PART_TIMES), reterr);
    for (size_t word = 0; rc == HG_OK && word < SEGMENT_WORDS(segment->n); word++) {
        uint64_t scope = 0;
        for (uint32_t i = (uint32_t)word * 64, k = 0; k < 64 && i < segment->n; i++, k++)
            scope |= (uint64_t)(segment->times[i] >= look->range.from_us && segment->times[i] < look->range.to_us) << k;
        mask->yes[word] &= scope;
        mask->maybe[word] &= scope;
    }
    return rc;
}

static bool any(const uint64_t *bits, uint32_t n)
{
    uint64_t all = 0;
    for (size_t word = 0; word < SEGMENT_WORDS(n); word++)
        all |= bits[word];
    return all != 0;
}

static bool is_within(const struct look *look, const struct segment *segment)
{
    bool stored = (segment->n_kept > 0 && look->oldest.kept <= segment->last) || (segment->n_kept < segment->n && look->oldest.recent <= segment->last);
    return stored && segment->max_us >= look->range.from_us && segment->min_us < look->range.to_us;
}

/* All that can fail for damage comes before the visit. */
static enum hg_rc segment_mask(struct look *look, struct segment *segment, struct mask *mask, bool *ret_any, struct hg_err *reterr)
{
    enum hg_rc rc = mask_of_filter(look->query->filter, segment, &look->names, &look->reader->desk->scratch, mask, reterr);
    if (rc == HG_OK)
        rc = within_sequences(look, segment, mask, reterr);
    if (rc == HG_OK)
        rc = within_range(look, segment, mask, reterr);
    if (rc != HG_OK)
        return rc;
    bool maybe = any(mask->maybe, segment->n);
    *ret_any = maybe || any(mask->yes, segment->n);
    if (!*ret_any)
        return HG_OK;
    return segment_need(segment, look->columns | (maybe ? COLUMN_BIT(PART_SEQUENCES) | COLUMN_BIT(PART_KEPT) : 0), reterr);
}

/* Does the look see rows that were gone when the segment was made? */
static bool lacks(const struct segment *segment, uint64_t then, uint64_t now)
{
    return now < then && now <= segment->last && then > segment->first;
}

static enum hg_rc look_segment(struct look *look, struct segment *segment, struct hg_err *reterr)
{
    struct mask mask;
    bool found = false;
    enum hg_rc rc = HG_OK;
    hg_arena_reset(&look->reader->desk->scratch);
    segment->arena = &look->reader->desk->scratch;
    if (lacks(segment, segment->lacks.kept, look->oldest.kept) || lacks(segment, segment->lacks.recent, look->oldest.recent))
        return look_rows(look, segment->first > look->low ? segment->first : look->low, least(segment->last, look->high), reterr);
    if (is_within(look, segment))
        rc = segment_mask(look, segment, &mask, &found, reterr);
    if (rc == HG_EFORMAT) {
        index_report(look->reader);
        return look_rows(look, segment->first > look->low ? segment->first : look->low, least(segment->last, look->high), reterr);
    }
    if (rc == HG_OK && found && !look->open_rows)
        rc = settle(look, segment, &mask, reterr);
    if (rc == HG_OK && found)
        rc = look->visit(look, segment, &mask, reterr);
    reached(look, segment->first, segment->last);
    return rc;
}

/* Segments and, between and behind them, rows. */
static enum hg_rc look_up(struct look *look, struct segment *segments, size_t n, struct hg_err *reterr)
{
    uint64_t at = look->low;
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK && !stops(look) && segments[i].first <= look->high; i++) {
        if (segments[i].last < at)
            continue;
        if (segments[i].first > at)
            rc = look_rows(look, at, segments[i].first - 1, reterr);
        if (rc == HG_OK && !stops(look))
            rc = look_segment(look, &segments[i], reterr);
        at = segments[i].last + 1;
    }
    return rc == HG_OK && !stops(look) ? look_rows(look, at, look->high, reterr) : rc;
}

static enum hg_rc look_down(struct look *look, struct segment *segments, size_t n, struct hg_err *reterr)
{
    uint64_t end = look->high + 1; /* everything from here on was looked at */
    enum hg_rc rc = HG_OK;
    for (size_t i = n; i-- > 0 && rc == HG_OK && !stops(look) && segments[i].last >= look->low;) {
        if (segments[i].first >= end)
            continue;
        if (segments[i].last + 1 < end)
            rc = look_rows(look, segments[i].last + 1, end - 1, reterr);
        if (rc == HG_OK && !stops(look))
            rc = look_segment(look, &segments[i], reterr);
        end = segments[i].first;
    }
    return rc == HG_OK && !stops(look) && end > look->low ? look_rows(look, look->low, end - 1, reterr) : rc;
}

/* ---- a look */

static enum hg_rc first_of(struct db *db, enum sql sql, uint64_t *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, db, sql, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "events", reterr);
    if (rc != HG_OK)
        return rc;
    struct row row = {b.statement, 0};
    *ret = found && !row_is_null(&row) ? row_u64(&row) : UINT64_MAX;
    binder_reset(&b);
    return HG_OK;
}

enum hg_rc oldest_read(struct db *db, struct oldest *ret, struct hg_err *reterr)
{
    enum hg_rc rc = first_of(db, SQL_EVENT_FIRST, &ret->kept, reterr);
    return rc == HG_OK ? first_of(db, SQL_RECENT_FIRST, &ret->recent, reterr) : rc;
}

static enum hg_rc read_names(struct look *look, struct hg_err *reterr)
{
    struct hg_arena *arena = &look->reader->desk->names;
    struct binder b;
    bool found;
    size_t cap = 0;
    const char **names = NULL;
    hg_arena_reset(arena);
    enum hg_rc rc = binder_open(&b, &look->reader->db, SQL_INPUT_NAMES, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "inputs", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        uint64_t input = row_u64(&row);
        while (rc == HG_OK && look->names.n <= input) { /* numbers have hardly any holes */
            const char **grown = hg_grow(names, look->names.n, &cap, sizeof *names);
            if (grown == NULL) {
                rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for names of inputs");
            } else {
                names = grown;
                names[look->names.n++] = NULL;
            }
        }
        if (rc == HG_OK)
            names[input] = row_text(&row, arena);
    }
    look->names.names = names;
    return rc;
}

enum hg_rc reader_desk_make(struct hg_reader_db *reader, struct hg_err *reterr)
{
    if (reader->desk != NULL)
        return HG_OK;
    reader->desk = calloc(1, sizeof *reader->desk);
    if (reader->desk == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for a look at events");
    hg_arena_init(&reader->desk->scratch, (size_t)1024 * 1024, SCRATCH_BYTES);
    hg_arena_init(&reader->desk->names, (size_t)16 * 1024, SCRATCH_BYTES);
    return HG_OK;
}

void reader_desk_free(struct reader_desk *desk)
{
    if (desk == NULL)
        return;
    segment_builder_free(&desk->builder);
    hg_arena_free(&desk->scratch);
    hg_arena_free(&desk->names);
    index_close(desk->index);
    free(desk);
}

static enum hg_rc look_begin(struct look *look, uint64_t *ret_newest, struct hg_err *reterr)
{
    struct store_state state = {0};
    const struct hg_filter *filter = look->query->filter;
    enum hg_rc rc = reader_desk_make(look->reader, reterr);
    if (rc == HG_OK)
        rc = state_read(&look->reader->db, &state, reterr);
    if (rc == HG_OK)
        rc = oldest_read(&look->reader->db, &look->oldest, reterr);
    if (rc == HG_OK && (look->needs_names || (filter != NULL && (filter->fields >> HG_FILTER_source & 1) != 0)))
        rc = read_names(look, reterr);
    *ret_newest = state.sequence;
    look->range = range_minutes(look->query->range);
    look->high = least(look->high, state.sequence);
    look->low = look->low == 0 ? 1 : look->low;
    return rc;
}

enum hg_rc look_run(struct look *look, struct hg_err *reterr)
{
    struct segment *segments = NULL;
    uint64_t newest;
    size_t n = 0;
    bool own = sqlite3_get_autocommit(look->reader->db.handle) != 0;
    if (own) { /* one commit for all of it */
        uint64_t sequence;
        int64_t clock_us;
        enum hg_rc rc = hg_reader_begin(look->reader, &sequence, &clock_us, reterr);
        if (rc != HG_OK)
            return rc;
    }
    enum hg_rc rc = look_begin(look, &newest, reterr);
    if (rc == HG_OK && look->low <= look->high && look->range.from_us < look->range.to_us) {
        index_segments(look->reader, newest, &segments, &n);
        rc = look->ascending ? look_up(look, segments, n, reterr) : look_down(look, segments, n, reterr);
    }
    fetchers_close(look);
    index_release(look->reader);
    free(segments);
    free(look->names.names);
    look->names = (struct input_names){0};
    if (own)
        hg_reader_end(look->reader);
    return rc;
}
