#include "decode/csv.h"
#include "decode/frame.h"
#include "decode/worker.h"

#include <stdlib.h>

/* ---- context */

enum hg_rc hg_decode_context_create(const struct hg_decoder *decoder, enum hg_framing framing, struct hg_slice name,
                                    struct hg_slice header, const struct hg_id *identity, int64_t naive_offset_us,
                                    struct hg_decode_context **ret, struct hg_err *reterr)
{
    char *copy = malloc(header.len + HG_BATCH_PADDING);
    struct hg_decode_context *context = calloc(1, sizeof *context);
    if (context == NULL || copy == NULL) {
        free(copy);
        free(context);
        return hg_fail(reterr, HG_ENOMEM, "decode: no memory for the context of %.*s", (int)(name.len & 4095), name.p);
    }
    if (header.len > 0)
        memcpy(copy, header.p, header.len);
    memset(copy + header.len, 0, HG_BATCH_PADDING);
    *context = (struct hg_decode_context){
        .decoder = decoder,
        .framing = framing,
        .header = {copy, hg_frame_trim(copy, header.len).len},
        .identity = *identity,
        .naive_offset_us = naive_offset_us == HG_TIMEZONE_DEFAULT ? decoder->naive_offset_us : naive_offset_us,
        .attack_type = (uint8_t)hg_vocab_iscx_day(name),
    };
    enum hg_rc rc = HG_OK;
    if (decoder->columns_create != NULL)
        rc = decoder->columns_create(decoder, context->header, &context->columns, reterr);
    if (rc != HG_OK) {
        hg_decode_context_destroy(context);
        return rc;
    }
    *ret = context;
    return HG_OK;
}

void hg_decode_context_destroy(struct hg_decode_context *context)
{
    if (context == NULL)
        return;
    if (context->columns != NULL)
        context->decoder->columns_destroy(context->columns);
    free((void *)(uintptr_t)context->header.p);
    free(context);
}

/* ---- records */

struct run { /* one call of decode_batch or decode_record */
    const struct hg_decode_context *context;
    struct hg_decode_worker *worker;
    struct hg_batch *batch;
};

/* Decodes one record and keeps the event. What becomes of a reject is the caller's to say. */
static enum hg_decoded attempt(const struct run *run, struct hg_slice record, uint64_t offset, enum hg_reason *ret_reason)
{
    struct hg_event *event = hg_batch_next_event(run->batch);
    if (event == NULL) {
        *ret_reason = HG_REASON_no_memory;
        return HG_MALFORMED;
    }
    struct hg_counts *counts = &run->batch->counts;
    uint64_t negative = counts->negative_counters, unknown = counts->unknown_applications;
    enum hg_decoded outcome =
        run->context->decoder->decode(run->context, run->worker, record, &run->batch->arena, event, ret_reason, counts);
    if (outcome != HG_DECODED) { /* what was wrong inside it is no count of its own */
        counts->negative_counters = negative;
        counts->unknown_applications = unknown;
        return outcome;
    }
    event->offset = offset;
    event->record = record;
    event->id = hg_identity_event(&run->context->identity, offset);
    hg_batch_keep_event(run->batch);
    return HG_DECODED;
}

static bool may_be_torn(enum hg_reason reason)
{
    return reason == HG_REASON_invalid_json || reason == HG_REASON_invalid_utf8;
}

#define TORN_TRIES 32 /* at most so many places of a broken line are tried, and so many records taken from it */

/* Where a record that was glued on starts in a line that is broken: at {"timestamp", or at any {" from which the rest is a
 * record. 0: nowhere. */
static size_t glued_at(const struct run *run, struct hg_slice line)
{
    const char *start = memchr(line.p, '{', line.len);
    if (start == NULL)
        return 0;
    size_t first = (size_t)(start - line.p) + 1;
    struct hg_slice rest = hg_slice_from(line, first);
    const char *stamp = memmem(rest.p, rest.len, "{\"timestamp\"", 12);
    if (stamp != NULL)
        return (size_t)(stamp - line.p);
    struct hg_counts uncounted = {0};
    for (int tries = 0; tries < TORN_TRIES; tries++) {
        const char *p = memmem(rest.p, rest.len, "{\"", 2);
        if (p == NULL)
            break;
        rest = hg_slice_from(rest, (size_t)(p - rest.p));
        struct hg_event event = {0};
        enum hg_reason reason;
        if (run->context->decoder->decode(run->context, run->worker, rest, &run->batch->arena, &event, &reason, &uncounted) !=
            HG_MALFORMED)
            return (size_t)(p - line.p);
        rest = hg_slice_from(rest, 1);
    }
    return 0;
}

static void reject(const struct run *run, struct hg_slice record, uint64_t offset, enum hg_reason reason)
{
    hg_batch_reject(run->batch, offset, record, reason);
}

static void decode_line(const struct run *run, struct hg_slice record, uint64_t offset)
{
    enum hg_reason reason = HG_REASON_NONE;
    for (int parts = 0; attempt(run, record, offset, &reason) != HG_DECODED; parts++) {
        size_t torn = may_be_torn(reason) && parts < TORN_TRIES ? glued_at(run, record) : 0;
        if (torn == 0) {
            reject(run, record, offset, reason);
            return;
        }
        struct hg_slice head = {record.p, torn};
        if (attempt(run, head, offset, &reason) != HG_DECODED)
            reject(run, head, offset, reason);
        record = hg_slice_from(record, torn);
        offset += torn;
    }
}

static void decode_row(const struct run *run, struct hg_slice record, uint64_t offset)
{
    const struct hg_decode_context *context = run->context;
    enum hg_reason reason = HG_REASON_NONE;
    /* The first record, and where files were put together. */
    if (context->decoder->is_header != NULL ? context->decoder->is_header(context, record) : hg_slice_eq(record, context->header))
        return;
    if (attempt(run, record, offset, &reason) != HG_DECODED)
        reject(run, record, offset, reason);
}

static void decode_framed(const struct run *run, enum hg_framing framing, struct hg_slice record, uint64_t offset)
{
    if (record.len > HG_RECORD_BYTES_MAX)
        reject(run, record, offset, HG_REASON_too_long);
    else if (framing == HG_FRAME_CSV || framing == HG_FRAME_TABLE || framing == HG_FRAME_XML)
        decode_row(run, record, offset);
    else
        decode_line(run, record, offset);
}

void hg_decode_record(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                      uint64_t offset, struct hg_batch *batch)
{
    struct run run = {context, worker, batch};
    if (!hg_frame_is_blank(record))
        decode_framed(&run, context->framing, record, offset);
}

static void decode_pieces(const struct run *run)
{
    const struct hg_batch *batch = run->batch;
    enum hg_framing framing = run->context->framing;
    struct hg_frame_piece piece;
    for (size_t at = 0; hg_frame_piece(framing, (struct hg_slice){batch->bytes + at, batch->len - at}, true, &piece); at += piece.next) {
        struct hg_slice record = {batch->bytes + at + piece.start, piece.end - piece.start};
        decode_framed(run, framing, record, batch->offset + at + piece.start);
    }
}

void hg_decode_batch(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_batch *batch)
{
    size_t at = 0;
    if (context->framing == HG_FRAME_OBJECTS || context->framing == HG_FRAME_XML) {
        struct run run = {context, worker, batch};
        decode_pieces(&run);
        return;
    }
    while (at < batch->len) {
        const char *p = batch->bytes + at;
        size_t n = hg_frame_next(context->framing, p, batch->len - at);
        hg_decode_record(context, worker, hg_frame_trim(p, n), batch->offset + at, batch);
        at += n;
    }
}
