/* Stored events by filter: pages, counts, single ones. */
#include "base/num.h"
#include "store/look.h"

#include <inttypes.h>
#include <stdio.h>

#define CHECK_EVERY 64u /* rows between two looks at the clock */

/* ---- pages */

struct query_page {
    struct hg_arena *arena;
    struct hg_event_row *rows;
    size_t n, cap, limit; /* limit: one more than asked for tells whether there is another page */
    uint64_t stopped;     /* the deadline came at this sequence; 0: it didn't within a segment */
};

static enum hg_rc page_add(struct query_page *page, sqlite3_stmt *statement, struct hg_err *reterr)
{
    if (page->n == page->cap) {
        size_t cap = page->cap == 0 ? 64 : 2 * page->cap;
        struct hg_event_row *rows = hg_arena_alloc(page->arena, cap * sizeof *rows);
        if (rows == NULL)
            return hg_fail(reterr, HG_ENOMEM, "store: no memory for events");
        if (page->n > 0)
            memcpy(rows, page->rows, page->n * sizeof *rows);
        page->rows = rows;
        page->cap = cap;
    }
    if (!event_row(statement, page->arena, &page->rows[page->n]))
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for events");
    page->n++;
    return HG_OK;
}

static enum hg_rc page_row(struct look *look, const struct segment *segment, const struct mask *mask, uint32_t i, struct hg_err *reterr)
{
    struct query_page *page = look->self;
    struct hg_event_row row;
    sqlite3_stmt *found;
    bool maybe = (mask->maybe[i / 64] >> i % 64 & 1) != 0;
    enum hg_rc rc = look_row(look, segment, i, maybe, &row, &found, reterr);
    if (rc == HG_OK && found != NULL)
        rc = page_add(page, found, reterr);
    look->done = page->n >= page->limit;
    return rc;
}

static enum hg_rc page_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    struct query_page *page = look->self;
    size_t words = SEGMENT_WORDS(segment->n);
    unsigned n = 0;
    for (size_t k = 0; k < words; k++) {
        size_t word = look->ascending ? k : words - 1 - k;
        for (uint64_t left = mask->yes[word] | mask->maybe[word], bit; left != 0; left &= ~bit) {
            unsigned at = look->ascending ? (unsigned)__builtin_ctzll(left) : 63 - (unsigned)__builtin_clzll(left);
            uint32_t i = (uint32_t)word * 64 + at;
            bit = UINT64_C(1) << at;
            enum hg_rc rc = page_row(look, segment, mask, i, reterr);
            if (rc != HG_OK || look->done)
                return rc;
            if (++n % CHECK_EVERY == 0 && look_is_over(look)) {
                page->stopped = segment->sequences[i];
                look->done = true;
                return HG_OK;
            }
        }
    }
    return HG_OK;
}

static bool cursor_take(const char *cursor, struct look *look)
{
    uint64_t shown;
    if (*cursor == '\0')
        return true;
    if (!hg_num_parse_u64(hg_slice_of(cursor), &shown) || shown == 0 || shown > INT64_MAX)
        return false;
    if (look->ascending)
        look->low = shown + 1;
    else
        look->high = shown - 1;
    return true;
}

enum hg_rc hg_query_events(struct hg_reader_db *reader, const struct hg_query *query, bool ascending, size_t limit, const char *cursor,
                           struct hg_arena *arena, struct hg_event_row **ret, size_t *ret_n, char ret_cursor[HG_CURSOR_BYTES], struct hg_err *reterr)
{
    struct query_page page = {.arena = arena, .limit = limit + 1};
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .ascending = ascending, .open_rows = true, .visit = page_visit,
                        .self = &page, .columns = COLUMN_BIT(PART_SEQUENCES) | COLUMN_BIT(PART_KEPT)};
    if (!cursor_take(cursor, &look))
        return hg_fail(reterr, HG_EUSAGE, "not a cursor of events");
    enum hg_rc rc = look_run(&look, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = page.rows;
    *ret_n = page.n > limit ? limit : page.n;
    ret_cursor[0] = '\0';
    if (page.n > limit && limit > 0)
        snprintf(ret_cursor, HG_CURSOR_BYTES, "%" PRIu64, page.rows[limit - 1].sequence);
    else if (page.n <= limit && look.over)
        snprintf(ret_cursor, HG_CURSOR_BYTES, "%" PRIu64, page.stopped != 0 ? page.stopped : look.reached);
    return HG_OK;
}

/* ---- counts */

static enum hg_rc count_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    uint64_t *count = look->self;
    (void)reterr;
    for (size_t word = 0; word < SEGMENT_WORDS(segment->n); word++)
        *count += (uint64_t)__builtin_popcountll(mask->yes[word]);
    return HG_OK;
}

enum hg_rc hg_query_count(struct hg_reader_db *reader, const struct hg_query *query, struct hg_query_count *ret, struct hg_err *reterr)
{
    uint64_t count = 0;
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .visit = count_visit, .self = &count};
    enum hg_rc rc = look_run(&look, reterr);
    if (rc == HG_OK)
        *ret = (struct hg_query_count){.events = count, .exact = !look.over};
    return rc;
}

/* ---- one */

enum hg_rc hg_query_event(struct hg_reader_db *reader, const struct hg_id *id, struct hg_arena *arena, struct hg_event_row **ret,
                          struct hg_err *reterr)
{
    struct hg_filter_node node = {.kind = HG_FILTER_TERM, .count = 1};
    struct hg_filter_term term = {.field = HG_FILTER_event, .test = HG_FILTER_IS, .v.id = *id};
    struct hg_filter filter = {.nodes = &node, .terms = &term, .n_nodes = 1, .n_terms = 1, .fields = UINT64_C(1) << HG_FILTER_event};
    struct hg_query query = {.range = {INT64_MIN, INT64_MAX}, .filter = &filter};
    char cursor[HG_CURSOR_BYTES];
    size_t n;
    enum hg_rc rc = hg_query_events(reader, &query, false, 1, "", arena, ret, &n, cursor, reterr);
    if (rc == HG_OK && n == 0)
        return hg_fail(reterr, HG_EEND, "no event that is still stored has this identifier");
    return rc;
}
