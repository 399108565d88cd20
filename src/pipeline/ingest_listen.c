/* Listeners: a thread each takes the lines that came, tells each one's format by its content, and submits them in order. */
#include "pipeline/ingest_priv.h"
#include "source/inputs.h"
#include "source/listener.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS    200
#define ROOM_BYTES ((size_t)512 * 1024)

struct listening {
    struct hg_ingest *ingest;
    const struct hg_source_setting *setting;
    struct hg_slice name;
    struct source *source;
    struct hg_listener *listener;
    struct hg_decode_worker *worker;
    const struct hg_decoder *fixed, *last; /* as configured; of the last line */
    struct input_entry *last_entry;
    struct hg_batch batch;
    struct hg_event **events;
    size_t cap_events;
    char *lines;
    uint64_t position; /* of lines[0] among all bytes that the source ever brought: its records' offsets */
};

static void destroy(struct listening *l)
{
    hg_listener_close(l->listener);
    hg_decode_worker_destroy(l->worker);
    hg_batch_free(&l->batch);
    free(l->events);
    free(l->lines);
    free(l);
}

static bool still_fits(const struct listening *l, struct hg_slice line)
{
    return l->last != NULL && (l->last == l->fixed || hg_formats_sure(l->ingest->settings.inputs.formats, l->last, l->worker, line) > 0);
}

/* The account of a line: of its format, or of the last format where it is of none. NULL: the first line ever, and of no format. */
static enum hg_rc entry_of(struct listening *l, struct hg_slice line, struct input_entry **ret, struct hg_err *reterr)
{
    enum hg_reason reason;
    const struct hg_decoder *decoder = l->fixed;
    if (decoder == NULL && !still_fits(l, line))
        decoder = hg_formats_probe(l->ingest->settings.inputs.formats, l->worker, line, &reason);
    if (decoder != NULL && hg_framing_has_header(decoder->framing))
        decoder = NULL; /* a header would have to come with each peer */
    if (decoder != NULL && decoder != l->last) {
        struct input_spec spec = {.decoder = decoder, .name = l->name, .kind = hg_listener_name(l->listener),
                                  .identity = hg_identity_named(decoder->dataset, l->name), .timezone_us = l->setting->timezone_us};
        enum hg_rc rc = inputs_find(l->ingest, &spec, &l->last_entry, reterr);
        if (rc != HG_OK)
            return rc;
        l->last = decoder;
    }
    *ret = l->last_entry;
    return HG_OK;
}

/* Lines before the first one of a known format have an account of their own. */
static enum hg_rc unknown_entry(struct listening *l, struct input_entry **ret, struct hg_err *reterr)
{
    struct input_spec spec = {.name = l->name, .kind = hg_listener_name(l->listener), .identity = hg_identity_named(HG_DATASET_iscx, l->name),
                              .timezone_us = HG_TIMEZONE_DEFAULT};
    return inputs_find(l->ingest, &spec, ret, reterr);
}

static enum hg_rc take_line(struct listening *l, struct hg_slice line, uint64_t offset, struct hg_err *reterr)
{
    struct input_entry *entry;
    enum hg_rc rc = entry_of(l, line, &entry, reterr);
    if (rc == HG_OK && entry == NULL) {
        rc = unknown_entry(l, &entry, reterr);
        l->batch.input = rc == HG_OK ? entry->state.index : 0;
        if (rc == HG_OK && line.len > 0)
            hg_batch_reject(&l->batch, offset, line, HG_REASON_unknown_format);
        return rc;
    }
    if (rc != HG_OK)
        return rc;
    l->batch.input = entry->state.index;
    hg_decode_record(entry->context, l->worker, line, offset, &l->batch);
    return HG_OK;
}

static enum hg_rc decode(struct listening *l, size_t len, struct hg_err *reterr)
{
    const char *p = l->lines, *end = p + len;
    hg_batch_clear(&l->batch);
    memset(l->lines + len, 0, HG_BATCH_PADDING);
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline == NULL ? end : newline;
        enum hg_rc rc = take_line(l, (struct hg_slice){p, (size_t)(stop - p)}, l->position + (uint64_t)(p - l->lines), reterr);
        if (rc != HG_OK)
            return rc;
        p = newline == NULL ? end : newline + 1;
    }
    l->position += len;
    if (l->batch.n_events > l->cap_events) {
        struct hg_event **events = realloc(l->events, l->batch.n_events * sizeof(struct hg_event *));
        if (events == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for %zu events", l->batch.n_events);
        l->events = events;
        l->cap_events = l->batch.n_events;
    }
    for (size_t i = 0; i < l->batch.n_events; i++)
        l->events[i] = &l->batch.events[i];
    return HG_OK;
}

static void show(struct listening *l)
{
    struct hg_listener_status status;
    hg_listener_status(l->listener, &status);
    pthread_mutex_lock(&l->ingest->sources_lock);
    struct hg_source_status *shown = &l->source->status;
    shown->peers = status.peers;
    shown->lost = status.lost + status.refused;
    bool seen = shown->last_arrival_us != HG_TIME_NONE || status.peers > 0;
    shown->state = status.trouble[0] != '\0' ? HG_SOURCE_FAILED : seen ? HG_SOURCE_LIVE : HG_SOURCE_WAITING;
    snprintf(shown->trouble, sizeof shown->trouble, "%s", status.trouble);
    pthread_mutex_unlock(&l->ingest->sources_lock);
}

static enum hg_rc listen_on(struct listening *l, struct hg_err *reterr)
{
    while (!atomic_load(&l->ingest->stop_sources)) {
        size_t len;
        enum hg_rc rc = hg_listener_read(l->listener, WAIT_MS, l->lines, ROOM_BYTES, &len, reterr);
        if (rc == HG_OK && len > 0)
            rc = decode(l, len, reterr);
        show(l);
        if (rc == HG_OK && l->batch.n_events + l->batch.n_rejects > 0 && len > 0) {
            struct unit unit = {.events = l->events, .n_events = l->batch.n_events, .rejects = l->batch.rejects,
                                .n_rejects = l->batch.n_rejects, .live = true};
            rc = ingest_submit(l->ingest, &unit, false, reterr);
        }
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

static void *thread_main(void *arg)
{
    struct listening *l = arg;
    struct hg_err err;
    enum hg_rc rc = listen_on(l, &err);
    if (rc != HG_OK && rc != HG_ESTATE) {
        fprintf(stderr, "honeyguide: %s: %s; nothing more is taken from it\n", l->setting->input, err.msg);
        pthread_mutex_lock(&l->ingest->sources_lock);
        l->source->status.state = HG_SOURCE_FAILED;
        snprintf(l->source->status.trouble, sizeof l->source->status.trouble, "%s", err.msg);
        pthread_mutex_unlock(&l->ingest->sources_lock);
    }
    destroy(l);
    return NULL;
}

static enum hg_rc start(struct hg_ingest *ingest, const struct hg_source_setting *setting, struct hg_err *reterr)
{
    struct listening *l = calloc(1, sizeof *l);
    if (l == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to listen", setting->input);
    l->ingest = ingest;
    l->setting = setting;
    l->name = hg_slice_of(setting->name != NULL ? setting->name : setting->input);
    l->lines = malloc(ROOM_BYTES + HG_BATCH_PADDING);
    if (setting->format != NULL)
        l->fixed = hg_formats_by_name(ingest->settings.inputs.formats, hg_slice_of(setting->format));
    l->position = inputs_position(ingest, l->name);
    hg_batch_init(&l->batch);
    enum hg_rc rc = l->lines == NULL ? hg_fail(reterr, HG_ENOMEM, "%s: no memory to listen", setting->input) : HG_OK;
    if (rc == HG_OK)
        rc = hg_decode_worker_create(&l->worker, reterr);
    if (rc == HG_OK)
        rc = hg_listener_open(setting->input, &l->listener, reterr);
    if (rc == HG_OK)
        rc = sources_find(ingest, l->name, hg_listener_name(l->listener), &l->source, reterr);
    if (rc == HG_OK)
        rc = ingest_start_thread(ingest, thread_main, l, reterr);
    if (rc != HG_OK)
        destroy(l);
    return rc;
}

enum hg_rc listeners_start(struct hg_ingest *ingest, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < ingest->settings.n_sources; i++)
        if (hg_input_kind(ingest->settings.sources[i].input) == HG_INPUT_LISTENER)
            rc = start(ingest, &ingest->settings.sources[i], reterr);
    return rc;
}
