#include "core/batch.h"

#include <stdlib.h>

void hg_batch_init(struct hg_batch *batch)
{
    *batch = (struct hg_batch){0};
    hg_arena_init(&batch->arena, 64u * 1024, HG_BATCH_ARENA_BYTES);
}

void hg_batch_free(struct hg_batch *batch)
{
    free(batch->bytes);
    free(batch->events);
    free(batch->rejects);
    hg_arena_free(&batch->arena);
    *batch = (struct hg_batch){0};
}

void hg_batch_clear(struct hg_batch *batch)
{
    batch->len = 0;
    batch->n_events = batch->n_rejects = 0;
    batch->counts = (struct hg_counts){0};
    hg_arena_reset(&batch->arena);
}

enum hg_rc hg_batch_reserve_bytes(struct hg_batch *batch, size_t len, struct hg_err *reterr)
{
    if (len + HG_BATCH_PADDING <= batch->cap)
        return HG_OK;
    char *bytes = realloc(batch->bytes, len + HG_BATCH_PADDING);
    if (bytes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a batch of %zu bytes", len);
    batch->bytes = bytes;
    batch->cap = len + HG_BATCH_PADDING;
    return HG_OK;
}

/* Doubles an array once it is full; false (and unchanged) without memory. */
static bool grow(void **array, size_t *cap, size_t n, size_t element)
{
    if (n < *cap)
        return true;
    size_t want = *cap < 512 ? 1024 : *cap * 2;
    void *p = realloc(*array, want * element);
    if (p == NULL)
        return false;
    *array = p;
    *cap = want;
    return true;
}

struct hg_event *hg_batch_next_event(struct hg_batch *batch)
{
    void *events = batch->events;
    bool ok = grow(&events, &batch->cap_events, batch->n_events, sizeof *batch->events);
    batch->events = events;
    if (!ok)
        return NULL;
    struct hg_event *event = &batch->events[batch->n_events];
    *event = (struct hg_event){.input = batch->input};
    return event;
}

void hg_batch_keep_event(struct hg_batch *batch)
{
    hg_counts_decoded(&batch->counts, (enum hg_dataset)batch->events[batch->n_events].dataset);
    batch->n_events++;
}

void hg_batch_reject(struct hg_batch *batch, uint64_t offset, struct hg_slice record, enum hg_reason reason)
{
    hg_counts_rejected(&batch->counts, reason);
    void *rejects = batch->rejects;
    bool ok = grow(&rejects, &batch->cap_rejects, batch->n_rejects, sizeof *batch->rejects);
    batch->rejects = rejects;
    if (ok)
        batch->rejects[batch->n_rejects++] = (struct hg_reject){offset, record, batch->n_events, batch->input, reason};
}
