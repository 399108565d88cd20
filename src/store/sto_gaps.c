/* Time in which sources were not observed, from the rollups of dimension SOURCE: see hg_reader_gaps. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <stdlib.h>

#define MINUTES_UP_TO (7 * HG_DAY) /* longer ranges are looked at by the hour */

struct active { /* a source's minutes (or hours) with events, ascending */
    const char *name;
    int64_t first_us; /* of its events, ever; HG_TIME_NONE: none */
    int64_t *at_us;
    size_t n, cap;
};

struct stream { /* a stream's key in the rollups, and its source */
    char key[HG_ID_TEXT_BYTES];
    uint32_t source;
};

struct activity {
    struct hg_range range; /* whole minutes */
    int64_t since_us;      /* what lies before was not looked at */
    int64_t step_us;       /* a minute, or an hour */
    struct active *sources; /* by name */
    size_t n_sources;
    struct stream *streams; /* by key */
    size_t n_streams;
};

struct spans {
    struct hg_range *rows;
    size_t n, cap;
};

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory to look for gaps");
}

static bool push(struct spans *spans, int64_t from_us, int64_t to_us)
{
    if (from_us >= to_us)
        return true;
    struct hg_range *grown = hg_grow(spans->rows, spans->n, &spans->cap, sizeof *grown);
    if (grown == NULL)
        return false;
    spans->rows = grown;
    spans->rows[spans->n++] = (struct hg_range){from_us, to_us};
    return true;
}

static bool note(struct active *source, int64_t at_us)
{
    if (source->n > 0 && source->at_us[source->n - 1] == at_us) /* of another of its streams */
        return true;
    int64_t *grown = hg_grow(source->at_us, source->n, &source->cap, sizeof *grown);
    if (grown == NULL)
        return false;
    source->at_us = grown;
    source->at_us[source->n++] = at_us;
    return true;
}

/* ---- which streams are whose */

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct stream *)a)->key, ((const struct stream *)b)->key, HG_ID_TEXT_BYTES);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hg_input_state *)a)->name, ((const struct hg_input_state *)b)->name);
}

/* Inputs sorted by name. */
static void add_stream(struct activity *a, const struct hg_input_state *input)
{
    if (a->n_sources == 0 || strcmp(a->sources[a->n_sources - 1].name, input->name) != 0)
        a->sources[a->n_sources++] = (struct active){.name = input->name, .first_us = HG_TIME_NONE};
    struct active *source = &a->sources[a->n_sources - 1];
    if (input->first_event_us != HG_TIME_NONE && (source->first_us == HG_TIME_NONE || input->first_event_us < source->first_us))
        source->first_us = input->first_event_us;
    struct stream *stream = &a->streams[a->n_streams++];
    hg_id_print(&input->identity, stream->key);
    stream->source = (uint32_t)(a->n_sources - 1);
}

static enum hg_rc group(struct activity *a, const char *name, struct hg_input_state *inputs, size_t n, struct hg_err *reterr)
{
    a->sources = calloc(n + 1, sizeof *a->sources);
    a->streams = calloc(n + 1, sizeof *a->streams);
    if (a->sources == NULL || a->streams == NULL)
        return no_memory(reterr);
    if (n > 0)
        qsort(inputs, n, sizeof *inputs, by_name);
    for (size_t i = 0; i < n; i++)
        if (name == NULL || strcmp(inputs[i].name, name) == 0)
            add_stream(a, &inputs[i]);
    qsort(a->streams, a->n_streams, sizeof *a->streams, by_key);
    return HG_OK;
}

static void activity_free(struct activity *a)
{
    for (size_t i = 0; a->sources != NULL && i < a->n_sources; i++)
        free(a->sources[i].at_us);
    free(a->sources);
    free(a->streams);
}

static enum hg_rc scan(struct hg_reader_db *reader, struct activity *a, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &reader->db, a->step_us == HG_MINUTE ? SQL_ACTIVE_MINUTES : SQL_ACTIVE_HOURS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, hg_time_floor(a->since_us, a->step_us) / a->step_us);
    bind_i64(&b, hg_time_floor(a->range.to_us - 1, a->step_us) / a->step_us);
    while ((rc = binder_step(&b, &found, "gaps", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        int64_t at_us = row_i64(&row) * a->step_us;
        struct hg_slice key = row_bytes(&row);
        struct stream wanted;
        if (key.len != sizeof wanted.key)
            continue;
        memcpy(wanted.key, key.p, sizeof wanted.key);
        const struct stream *stream = bsearch(&wanted, a->streams, a->n_streams, sizeof wanted, by_key);
        if (stream != NULL && !note(&a->sources[stream->source], at_us)) {
            binder_reset(&b);
            return no_memory(reterr);
        }
    }
    return rc;
}

/* Of all sources, or of the one of the name. Names live in the arena. activity_free in any case. */
static enum hg_rc activity_read(struct hg_reader_db *reader, const char *name, struct hg_range range, struct hg_arena *arena,
                                struct activity *ret, struct hg_err *reterr)
{
    struct hg_input_state *inputs = NULL;
    size_t n = 0;
    *ret = (struct activity){.range = range, .since_us = range.from_us - HG_DAY,
                             .step_us = range.to_us - range.from_us <= MINUTES_UP_TO ? HG_MINUTE : HG_HOUR};
    enum hg_rc rc = inputs_read(&reader->db, arena, &inputs, &n, reterr);
    if (rc == HG_OK)
        rc = group(ret, name, inputs, n, reterr);
    free(inputs);
    return rc == HG_OK ? scan(reader, ret, reterr) : rc;
}

/* ---- gaps of one source */

static int by_length(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* 3 times the 99th percentile of the gaps of the last day of its events, but no less than HG_GAP_MIN_US; 0 where there is none to go by. */
static enum hg_rc find_usual(const struct activity *a, const struct active *source, int64_t *ret, struct hg_err *reterr)
{
    int64_t *lengths = calloc(source->n + 1, sizeof *lengths);
    size_t n = 0;
    if (lengths == NULL)
        return no_memory(reterr);
    for (size_t i = 1; i < source->n; i++)
        if (source->at_us[i] >= source->at_us[source->n - 1] - HG_DAY)
            lengths[n++] = source->at_us[i] - source->at_us[i - 1] - a->step_us;
    qsort(lengths, n, sizeof *lengths, by_length);
    int64_t usual_us = n == 0 ? 0 : 3 * lengths[(n * 99 + 99) / 100 - 1]; /* nearest rank */
    *ret = n > 0 && usual_us < HG_GAP_MIN_US ? HG_GAP_MIN_US : usual_us;
    free(lengths);
    return HG_OK;
}

/* A gap that began before the range counts by its whole length, as far back as was looked. */
static bool find_gaps(const struct activity *a, const struct active *source, int64_t usual_us, struct spans *ret)
{
    const struct hg_range *range = &a->range;
    bool known = source->first_us != HG_TIME_NONE && source->first_us < range->from_us, good = true;
    int64_t since = known ? a->since_us : range->from_us; /* the last time it was seen */
    int64_t longest = usual_us > 0 ? usual_us : HG_GAP_MIN_US;
    for (size_t i = 0; i <= source->n && good; i++) {
        int64_t at = i < source->n ? source->at_us[i] : range->to_us;
        if (!known || at - since > longest)
            good = push(ret, since > range->from_us ? since : range->from_us, at < range->to_us ? at : range->to_us);
        known = true;
        since = at + a->step_us;
    }
    return good;
}

static enum hg_rc source_gaps(const struct activity *a, const struct active *source, struct spans *ret, int64_t *ret_usual_us,
                              struct hg_err *reterr)
{
    enum hg_rc rc = find_usual(a, source, ret_usual_us, reterr);
    return rc == HG_OK && !find_gaps(a, source, *ret_usual_us, ret) ? no_memory(reterr) : rc;
}

/* ---- time that is in the gaps of all */

static bool intersect(struct spans *all, const struct spans *other)
{
    struct spans both = {0};
    bool good = true;
    for (size_t i = 0, j = 0; i < all->n && j < other->n && good;) {
        struct hg_range x = all->rows[i], y = other->rows[j];
        good = push(&both, x.from_us > y.from_us ? x.from_us : y.from_us, x.to_us < y.to_us ? x.to_us : y.to_us);
        if (x.to_us < y.to_us)
            i++;
        else
            j++;
    }
    free(all->rows);
    *all = both;
    return good;
}

static enum hg_rc common_gaps(const struct activity *a, struct spans *all, int64_t *ret_usual_us, struct hg_err *reterr)
{
    if (!push(all, a->range.from_us, a->range.to_us))
        return no_memory(reterr);
    for (size_t i = 0; i < a->n_sources && all->n > 0; i++) {
        struct spans own = {0};
        enum hg_rc rc = source_gaps(a, &a->sources[i], &own, ret_usual_us, reterr);
        if (rc == HG_OK && !intersect(all, &own))
            rc = no_memory(reterr);
        free(own.rows);
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

/* ---- the longest of them */

static int longest_first(const void *x, const void *y)
{
    const struct hg_range *a = x, *b = y;
    int64_t p = a->to_us - a->from_us, q = b->to_us - b->from_us;
    return p != q ? (q > p) - (q < p) : (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

static int by_time(const void *x, const void *y)
{
    const struct hg_range *a = x, *b = y;
    return (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

static void choose(struct spans *spans, size_t limit, struct hg_gaps *ret)
{
    ret->total = spans->n;
    if (spans->n > limit) {
        qsort(spans->rows, spans->n, sizeof *spans->rows, longest_first);
        spans->n = limit;
        qsort(spans->rows, spans->n, sizeof *spans->rows, by_time);
    }
    ret->rows = spans->rows;
    ret->n = spans->n;
}

enum hg_rc hg_reader_gaps(struct hg_reader_db *reader, const char *name, struct hg_range range, size_t limit, struct hg_gaps *ret,
                          struct hg_err *reterr)
{
    struct activity a;
    struct spans spans = {0};
    struct hg_arena arena;
    int64_t usual_us = 0;
    *ret = (struct hg_gaps){.rows = NULL};
    range = range_minutes(range);
    if (range.from_us >= range.to_us)
        return HG_OK;
    hg_arena_init(&arena, (size_t)64 * 1024, (size_t)64 * 1024 * 1024);
    enum hg_rc rc = activity_read(reader, name, range, &arena, &a, reterr);
    if (rc == HG_OK)
        rc = common_gaps(&a, &spans, &usual_us, reterr);
    if (rc == HG_OK)
        choose(&spans, limit, ret);
    else
        free(spans.rows);
    ret->usual_us = name != NULL ? usual_us : 0;
    activity_free(&a);
    hg_arena_free(&arena);
    return rc;
}

/* ---- of each source */

static enum hg_rc each_gaps(const struct activity *a, const struct active *source, size_t limit, struct hg_arena *arena,
                            struct hg_source_gaps *ret, struct hg_err *reterr)
{
    struct spans spans = {0};
    *ret = (struct hg_source_gaps){.name = source->name};
    enum hg_rc rc = source_gaps(a, source, &spans, &ret->gaps.usual_us, reterr);
    if (rc == HG_OK) {
        choose(&spans, limit, &ret->gaps);
        ret->gaps.rows = hg_arena_alloc(arena, (spans.n + 1) * sizeof *spans.rows);
        if (ret->gaps.rows == NULL)
            rc = no_memory(reterr);
        else if (spans.n > 0)
            memcpy(ret->gaps.rows, spans.rows, spans.n * sizeof *spans.rows);
    }
    free(spans.rows);
    return rc;
}

enum hg_rc hg_reader_gaps_all(struct hg_reader_db *reader, struct hg_range range, size_t limit, struct hg_arena *arena,
                              struct hg_source_gaps **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct activity a;
    *ret = NULL;
    *ret_n = 0;
    range = range_minutes(range);
    if (range.from_us >= range.to_us)
        return HG_OK;
    enum hg_rc rc = activity_read(reader, NULL, range, arena, &a, reterr);
    if (rc == HG_OK && (*ret = hg_arena_alloc(arena, (a.n_sources + 1) * sizeof **ret)) == NULL)
        rc = no_memory(reterr);
    for (size_t i = 0; i < a.n_sources && rc == HG_OK; i++)
        rc = each_gaps(&a, &a.sources[i], limit, arena, &(*ret)[i], reterr);
    if (rc == HG_OK)
        *ret_n = a.n_sources;
    activity_free(&a);
    return rc;
}

static int compare_source(const void *name, const void *row)
{
    return strcmp(name, ((const struct hg_source_gaps *)row)->name);
}

const struct hg_gaps *hg_gaps_of(const struct hg_source_gaps *rows, size_t n, const char *name)
{
    const struct hg_source_gaps *found = n == 0 ? NULL : bsearch(name, rows, n, sizeof *rows, compare_source);
    return found == NULL ? NULL : &found->gaps;
}
