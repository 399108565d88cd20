#include "serve/sources.h"

#include <stdlib.h>

#define INPUTS_BYTES_MAX (64u * 1024 * 1024)

const char *hg_shown_state_name(unsigned state)
{
    static const char *const names[HG_SHOWN_COUNT] = {
        [HG_SOURCE_LIVE] = "live",   [HG_SOURCE_BEHIND] = "behind", [HG_SOURCE_WAITING] = "waiting", [HG_SOURCE_FAILED] = "failed",
        [HG_SOURCE_ENDED] = "ended", [HG_SOURCE_IDLE] = "idle",     [HG_SHOWN_SILENT] = "silent"};
    return names[state];
}

static int compare_inputs(const void *a, const void *b)
{
    const struct hg_input_state *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static bool is_push(const char *kind)
{
    return strcmp(kind, "push") == 0;
}

/* Of a name that is both read and pushed, what is read comes first: it is the one that can fall behind or fail. */
static int compare_statuses(const void *a, const void *b)
{
    const struct hg_source_status *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : is_push(left->kind) - is_push(right->kind);
}

static void add_stream(struct hg_source *source, const struct hg_input_state *input)
{
    hg_counts_add(&source->counts, &input->counts);
    if (input->first_event_us != HG_TIME_NONE && (source->first_event_us == HG_TIME_NONE || input->first_event_us < source->first_event_us))
        source->first_event_us = input->first_event_us;
    if (input->last_event_us > source->last_event_us) /* HG_TIME_NONE is the least */
        source->last_event_us = input->last_event_us;
    if (input->last_arrival_us > source->last_arrival_us)
        source->last_arrival_us = input->last_arrival_us;
}

/* Both lists are sorted by name: one row for each name in either. */
static void join(struct hg_sources *sources)
{
    size_t i = 0, k = 0;
    while (i < sources->n_inputs || k < sources->n_statuses) {
        int order = i == sources->n_inputs     ? 1
                    : k == sources->n_statuses ? -1
                                               : strcmp(sources->inputs[i].name, sources->statuses[k].name);
        struct hg_source *source = &sources->rows[sources->n++];
        *source = (struct hg_source){.kind = "push", .first_event_us = HG_TIME_NONE, .last_event_us = HG_TIME_NONE,
                                     .last_arrival_us = HG_TIME_NONE, .lag_us = HG_TIME_NONE, .state = HG_SOURCE_IDLE};
        source->name = order <= 0 ? sources->inputs[i].name : sources->statuses[k].name;
        source->streams = sources->inputs == NULL ? NULL : &sources->inputs[i];
        for (; i < sources->n_inputs && strcmp(sources->inputs[i].name, source->name) == 0; i++, source->n_streams++)
            add_stream(source, &sources->inputs[i]);
        if (order < 0)
            continue;
        source->status = &sources->statuses[k];
        source->kind = source->status->kind;
        source->state = source->status->state;
        if (source->status->last_arrival_us > source->last_arrival_us)
            source->last_arrival_us = source->status->last_arrival_us;
        while (k < sources->n_statuses && strcmp(sources->statuses[k].name, source->name) == 0)
            k++;
    }
}

/* Events arrive as they happen, or did when they last came: not a replay of an old log. A steady skew was seen on live events. */
static bool came_live(const struct hg_source *source)
{
    if (source->last_event_us == HG_TIME_NONE || source->last_arrival_us == HG_TIME_NONE)
        return false;
    return (source->status != NULL && source->status->skew != HG_SKEW_UNKNOWN) ||
           llabs(source->last_event_us - source->last_arrival_us) <= HG_HOUR;
}

struct usual { /* for each source, read for the first one where it matters */
    struct hg_source_gaps *rows;
    size_t n;
    bool read;
};

/* Silent: for longer than is usual for it. */
static enum hg_rc find_silence(struct hg_reader_db *reader, struct hg_arena *arena, struct usual *usual, struct hg_source *source,
                               int64_t now_us, struct hg_err *reterr)
{
    bool could = source->status != NULL && (source->state == HG_SOURCE_LIVE || source->state == HG_SOURCE_IDLE) && came_live(source);
    int64_t quiet_us = could ? now_us - source->last_arrival_us : 0;
    if (quiet_us <= HG_GAP_MIN_US)
        return HG_OK;
    struct hg_range lately = {now_us - HG_HOUR, now_us};
    enum hg_rc rc = usual->read ? HG_OK : hg_reader_gaps_all(reader, lately, 1, arena, &usual->rows, &usual->n, reterr);
    if (rc != HG_OK)
        return rc;
    usual->read = true;
    const struct hg_gaps *gaps = hg_gaps_of(usual->rows, usual->n, source->name);
    if (gaps == NULL || quiet_us > gaps->usual_us)
        source->state = HG_SHOWN_SILENT;
    return HG_OK;
}

static void find_lag(struct hg_source *source, int64_t now_us)
{
    bool flows = source->state == HG_SOURCE_LIVE || source->state == HG_SOURCE_BEHIND || source->state == HG_SHOWN_SILENT;
    if (flows && source->last_event_us != HG_TIME_NONE && (!is_push(source->kind) || came_live(source)))
        source->lag_us = now_us > source->last_event_us ? now_us - source->last_event_us : 0;
}

enum hg_rc hg_sources_read(const struct hg_backend *backend, struct hg_reader_db *reader, int64_t now_us, struct hg_sources *ret,
                           struct hg_err *reterr)
{
    *ret = (struct hg_sources){0};
    hg_arena_init(&ret->arena, 64 * 1024, INPUTS_BYTES_MAX);
    enum hg_rc rc = hg_reader_inputs(reader, &ret->arena, &ret->inputs, &ret->n_inputs, reterr);
    if (rc == HG_OK && backend->sources != NULL)
        rc = backend->sources(backend->self, &ret->statuses, &ret->n_statuses, reterr);
    if (rc != HG_OK)
        return rc;
    if (ret->n_inputs > 0)
        qsort(ret->inputs, ret->n_inputs, sizeof *ret->inputs, compare_inputs);
    if (ret->n_statuses > 0)
        qsort(ret->statuses, ret->n_statuses, sizeof *ret->statuses, compare_statuses);
    ret->rows = calloc(ret->n_inputs + ret->n_statuses + 1, sizeof *ret->rows);
    if (ret->rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "serve: no memory for sources");
    join(ret);
    struct usual usual = {0};
    for (size_t i = 0; i < ret->n && rc == HG_OK; i++) {
        rc = find_silence(reader, &ret->arena, &usual, &ret->rows[i], now_us, reterr);
        find_lag(&ret->rows[i], now_us);
    }
    return rc;
}

void hg_sources_free(struct hg_sources *sources)
{
    free(sources->inputs);
    free(sources->statuses);
    free(sources->rows);
    hg_arena_free(&sources->arena);
}

/* A zone is whole half hours, give or take what records need to arrive. */
#define ZONE_STEP    30
#define ZONE_WITHIN  3
#define ZONE_MINUTES (14 * 60)

void hg_skew_words(int64_t skew_us, struct hg_buf *buf)
{
    uint64_t minutes = (uint64_t)((llabs(skew_us) + HG_MINUTE / 2) / HG_MINUTE);
    uint64_t near = (minutes + ZONE_STEP / 2) / ZONE_STEP * ZONE_STEP, off = near > minutes ? near - minutes : minutes - near;
    bool zone = near > 0 && near <= ZONE_MINUTES && off <= ZONE_WITHIN;
    if (zone)
        minutes = near;
    if (minutes >= 48 * 60) {
        hg_buf_u64(buf, minutes / (24 * 60));
        hg_buf_text(buf, " days");
    } else {
        if (minutes >= 60) {
            hg_buf_u64(buf, minutes / 60);
            hg_buf_text(buf, " h");
        }
        if (minutes < 60 || minutes % 60 != 0) {
            hg_buf_text(buf, minutes < 60 ? "" : " ");
            hg_buf_u64(buf, minutes % 60);
            hg_buf_text(buf, " min");
        }
    }
    hg_buf_text(buf, skew_us > 0 ? " ahead of" : " behind");
    hg_buf_text(buf, " the time of arrival: is its ");
    hg_buf_text(buf, zone ? "time zone right?" : "clock right?");
}
