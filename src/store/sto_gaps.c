/* Time in which sources were not observed, from the rollups of dimension SOURCE: see hg_reader_gaps. */
#include "store/store_priv.h"

#include <stdlib.h>

#define MINUTES_UP_TO (7 * HG_DAY) /* longer ranges are looked at by the hour */

struct active { /* a source's minutes (or hours) with events, ascending */
    const char *name;
    int64_t first_us; /* of its events, ever */
    int64_t *at_us;
    size_t n, cap;
};

struct stream { /* a stream's key in the rollups, and its source */
    char key[HG_ID_TEXT_BYTES];
    uint32_t source;
};

struct activity {
    struct active *sources;
    size_t n_sources;
    struct stream *streams; /* by key */
    size_t n_streams;
    int64_t step_us; /* a minute, or an hour */
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
    if (spans->n == spans->cap) {
        size_t cap = spans->cap == 0 ? 64 : 2 * spans->cap;
        struct hg_range *rows = realloc(spans->rows, cap * sizeof *rows);
        if (rows == NULL)
            return false;
        spans->rows = rows;
        spans->cap = cap;
    }
    spans->rows[spans->n++] = (struct hg_range){from_us, to_us};
    return true;
}

static bool note(struct active *source, int64_t at_us)
{
    if (source->n > 0 && source->at_us[source->n - 1] == at_us)
        return true;
    if (source->n == source->cap) {
        size_t cap = source->cap == 0 ? 256 : 2 * source->cap;
        int64_t *grown = realloc(source->at_us, cap * sizeof *grown);
        if (grown == NULL)
            return false;
        source->at_us = grown;
        source->cap = cap;
    }
    source->at_us[source->n++] = at_us;
    return true;
}

/* ---- which streams are whose */

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct stream *)a)->key, ((const struct stream *)b)->key, HG_ID_TEXT_BYTES);
}

static uint32_t source_of(struct activity *a, const struct hg_input_state *input)
{
    size_t i = 0;
    while (i < a->n_sources && strcmp(a->sources[i].name, input->name) != 0)
        i++;
    struct active *source = &a->sources[i];
    if (i == a->n_sources) {
        *source = (struct active){.name = input->name, .first_us = HG_TIME_NONE};
        a->n_sources++;
    }
    if (input->first_event_us != HG_TIME_NONE && (source->first_us == HG_TIME_NONE || input->first_event_us < source->first_us))
        source->first_us = input->first_event_us;
    return (uint32_t)i;
}

static enum hg_rc group(struct activity *a, const char *name, const struct hg_input_state *inputs, size_t n, struct hg_err *reterr)
{
    a->sources = calloc(n + 1, sizeof *a->sources);
    a->streams = calloc(n + 1, sizeof *a->streams);
    if (a->sources == NULL || a->streams == NULL)
        return no_memory(reterr);
    for (size_t i = 0; i < n; i++) {
        if ((name != NULL && strcmp(inputs[i].name, name) != 0) || inputs[i].first_event_us == HG_TIME_NONE)
            continue;
        struct stream *stream = &a->streams[a->n_streams++];
        hg_id_print(&inputs[i].identity, stream->key);
        stream->source = source_of(a, &inputs[i]);
    }
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

static enum hg_rc read_activity(struct hg_reader_db *reader, struct activity *a, int64_t from_us, int64_t to_us, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, &reader->db, a->step_us == HG_MINUTE ? SQL_ACTIVE_MINUTES : SQL_ACTIVE_HOURS, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, hg_time_floor(from_us, a->step_us) / a->step_us);
    bind_i64(&b, hg_time_floor(to_us - 1, a->step_us) / a->step_us);
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

/* ---- gaps of one source */

static int by_length(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* 3 times the 99th percentile of the gaps of the last day, *ret_told false where there is none to go by. */
static enum hg_rc usual(const struct active *source, int64_t step_us, int64_t to_us, int64_t *ret, bool *ret_told, struct hg_err *reterr)
{
    int64_t *lengths = calloc(source->n + 1, sizeof *lengths);
    size_t n = 0;
    if (lengths == NULL)
        return no_memory(reterr);
    for (size_t i = 1; i < source->n; i++)
        if (source->at_us[i] >= to_us - HG_DAY)
            lengths[n++] = source->at_us[i] - source->at_us[i - 1] - step_us;
    qsort(lengths, n, sizeof *lengths, by_length);
    *ret = n == 0 ? 0 : 3 * lengths[(n - 1) * 99 / 100];
    *ret_told = n > 0;
    if (*ret < HG_GAP_MIN_US)
        *ret = HG_GAP_MIN_US;
    free(lengths);
    return HG_OK;
}

static bool find_gaps(const struct active *source, int64_t step_us, int64_t usual_us, struct hg_range range, struct spans *ret)
{
    int64_t since = range.from_us; /* observed, or not, from here on */
    bool known = source->first_us != HG_TIME_NONE && source->first_us < range.from_us, good = true;
    for (size_t i = 0; i < source->n && good; i++) {
        int64_t at = source->at_us[i];
        if (at + step_us <= range.from_us)
            continue;
        if (!known || at - since > usual_us)
            good = push(ret, since, at < range.to_us ? at : range.to_us);
        known = true;
        since = at + step_us;
    }
    if (good && (!known || range.to_us - since > usual_us))
        good = push(ret, since, range.to_us);
    return good;
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

static enum hg_rc gather(const struct activity *a, struct hg_range range, struct spans *all, int64_t *ret_usual_us, struct hg_err *reterr)
{
    if (!push(all, range.from_us, range.to_us))
        return no_memory(reterr);
    for (size_t i = 0; i < a->n_sources; i++) {
        struct spans own = {0};
        int64_t usual_us = 0;
        bool told = false;
        enum hg_rc rc = usual(&a->sources[i], a->step_us, range.to_us, &usual_us, &told, reterr);
        if (rc != HG_OK)
            return rc;
        bool good = find_gaps(&a->sources[i], a->step_us, usual_us, range, &own) && intersect(all, &own);
        free(own.rows);
        if (!good)
            return no_memory(reterr);
        *ret_usual_us = told ? usual_us : 0;
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
    struct hg_range whole = range_minutes(range);
    struct activity a = {.step_us = whole.to_us - whole.from_us <= MINUTES_UP_TO ? HG_MINUTE : HG_HOUR};
    struct spans spans = {0};
    struct hg_input_state *inputs = NULL;
    struct hg_arena arena;
    size_t n = 0;
    *ret = (struct hg_gaps){.rows = NULL};
    if (whole.from_us >= whole.to_us)
        return HG_OK;
    hg_arena_init(&arena, (size_t)64 * 1024, (size_t)64 * 1024 * 1024);
    enum hg_rc rc = inputs_read(&reader->db, &arena, &inputs, &n, reterr);
    if (rc == HG_OK)
        rc = group(&a, name, inputs, n, reterr);
    int64_t from_us = whole.from_us < whole.to_us - HG_DAY ? whole.from_us : whole.to_us - HG_DAY;
    if (rc == HG_OK)
        rc = read_activity(reader, &a, from_us, whole.to_us, reterr);
    if (rc == HG_OK)
        rc = gather(&a, whole, &spans, &ret->usual_us, reterr);
    if (name == NULL)
        ret->usual_us = 0;
    if (rc == HG_OK)
        choose(&spans, limit, ret);
    else
        free(spans.rows);
    activity_free(&a);
    free(inputs);
    hg_arena_free(&arena);
    return rc;
}
