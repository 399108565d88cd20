/* Quarantined records, decoded again: by a newer program, with another mapping or format. What decodes now is taken and leaves the
 * quarantine in the same commit. */
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

#define ROWS 256u /* a unit's */

struct retry {
    struct hg_ingest *ingest;
    struct hg_reader_db *reader;
    struct hg_decode_worker *worker;
    struct hg_arena arena; /* the rows' */
    struct hg_batch batch;
    struct hg_event *events[ROWS];
    struct hg_quarantine_row taken[ROWS]; /* by event */
    size_t n;
    struct hg_counts counts;
};

/* Did no log hold the record, that could be read again? A listener's account of lines of no known format is told by its name. */
static bool came_once(const struct input_entry *entry)
{
    struct hg_id named = hg_identity_named(HG_DATASET_iscx, hg_slice_of(entry->state.name));
    return memcmp(&named, &entry->state.identity, sizeof named) == 0;
}

/* The input whose account the record was in; for one of no known format, one of the format that knows it now. A log of no known format is
 * another stream once its format is known: it is read again then, and its records must not be taken here too. */
static enum hg_rc entry_of(struct retry *r, const struct hg_quarantine_row *row, struct hg_slice record, struct input_entry **ret, struct hg_err *reterr)
{
    const struct hg_formats *formats = r->ingest->settings.inputs.formats;
    const struct hg_decoder *decoder = hg_formats_by_name(formats, hg_slice_of(row->format));
    struct input_entry *entry = r->ingest->inputs[row->input];
    struct input_spec spec = {.decoder = decoder, .name = hg_slice_of(row->name), .kind = "push", .header = row->header,
                              .identity = entry->state.identity, .timezone_us = HG_TIMEZONE_DEFAULT};
    enum hg_reason reason;
    *ret = NULL;
    if (decoder == NULL && !came_once(entry))
        return HG_OK;
    if (decoder == NULL) {
        spec.decoder = hg_formats_probe(formats, r->worker, record, &reason);
        if (spec.decoder == NULL || hg_framing_has_header(spec.decoder->framing))
            return HG_OK;
        spec.identity = hg_identity_named(spec.decoder->dataset, (struct hg_slice){entry->identity_text, HG_ID_TEXT_BYTES});
    }
    return inputs_find(r->ingest, &spec, ret, reterr);
}

static enum hg_rc try(struct retry *r, const struct hg_quarantine_row *row, struct hg_err *reterr)
{
    struct input_entry *entry;
    char *copy = hg_arena_alloc(&r->batch.arena, row->record.len + HG_BATCH_PADDING);
    if (copy == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a quarantined record");
    memcpy(copy, row->record.p, row->record.len);
    memset(copy + row->record.len, 0, HG_BATCH_PADDING);
    struct hg_slice record = {copy, row->record.len};
    size_t before = r->batch.n_events;
    enum hg_rc rc = entry_of(r, row, record, &entry, reterr);
    if (rc != HG_OK)
        return rc;
    r->counts.read++;
    if (entry != NULL && entry->context != NULL && row->reason != HG_REASON_too_long) {
        r->batch.input = entry->state.index;
        hg_decode_record(entry->context, r->worker, record, row->offset, &r->batch);
    }
    if (r->batch.n_events != before + 1) {
        r->batch.n_events = before; /* not one event: it stays as it is */
        r->counts.malformed++;
        return HG_OK;
    }
    r->batch.events[before].time_us += entry->state.shift_us;
    r->counts.decoded++;
    r->taken[r->n++] = *row;
    return HG_OK;
}

static enum hg_rc page(struct retry *r, uint64_t number, uint64_t *before, size_t *ret_n, struct hg_err *reterr)
{
    struct hg_quarantine_row *rows;
    uint64_t sequence;
    int64_t clock_us;
    hg_arena_reset(&r->arena);
    enum hg_rc rc = hg_reader_begin(r->reader, &sequence, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_reader_quarantine(r->reader, NULL, number > 0 ? number + 1 : *before, number > 0 ? 1 : ROWS, &r->arena, &rows, ret_n, reterr);
    hg_reader_end(r->reader);
    hg_batch_clear(&r->batch);
    r->n = 0;
    for (size_t i = 0; rc == HG_OK && i < *ret_n; i++) {
        *before = rows[i].number;
        if (number == 0 || rows[i].number == number)
            rc = try(r, &rows[i], reterr);
    }
    if (rc == HG_OK)
        free(rows);
    return rc;
}

static enum hg_rc submit(struct retry *r, struct hg_err *reterr)
{
    for (size_t i = 0; i < r->n; i++)
        r->events[i] = &r->batch.events[i];
    struct unit unit = {.events = r->events, .n_events = r->n, .retried = r->taken};
    return r->n > 0 ? ingest_submit(r->ingest, &unit, false, reterr) : HG_OK;
}

static enum hg_rc retry_all(struct retry *r, uint64_t number, struct hg_err *reterr)
{
    uint64_t before = 0;
    size_t n;
    enum hg_rc rc = hg_store_reader_open(r->ingest->settings.state_dir, &r->reader, reterr);
    if (rc == HG_OK)
        rc = hg_decode_worker_create(&r->worker, reterr);
    do {
        n = 0;
        if (rc == HG_OK)
            rc = page(r, number, &before, &n, reterr);
        if (rc == HG_OK)
            rc = submit(r, reterr);
    } while (rc == HG_OK && n == ROWS && number == 0);
    return rc;
}

enum hg_rc ingest_retry(void *self, uint64_t number, struct hg_push_result *ret, struct hg_err *reterr)
{
    struct hg_ingest *ingest = self;
    *ret = (struct hg_push_result){0};
    struct retry *r = calloc(1, sizeof *r);
    if (r == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to look at the quarantine");
    r->ingest = ingest;
    hg_arena_init(&r->arena, (size_t)256 * 1024, (size_t)64 * 1024 * 1024);
    hg_batch_init(&r->batch);
    pthread_mutex_lock(&ingest->retry_lock);
    enum hg_rc rc = retry_all(r, number, reterr);
    pthread_mutex_unlock(&ingest->retry_lock);
    ret->counts = r->counts;
    hg_batch_free(&r->batch);
    hg_arena_free(&r->arena);
    hg_decode_worker_destroy(r->worker);
    hg_store_reader_close(r->reader);
    free(r);
    return rc;
}
