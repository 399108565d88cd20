/* Pushed bodies: decoded on the thread that brought them, then handed to the sequence. */
#include "base/base64.h"
#include "base/num.h"
#include "decode/frame.h"
#include "decode/worker.h"
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

/* What a push needs; kept for the next one, so that a stream of small pushes allocates nothing once warm. */
struct pushing {
    struct pushing *next; /* among the idle */
    struct hg_ingest *ingest;
    const struct hg_push *push;
    struct hg_decode_worker *worker;
    struct hg_batch batch;
    struct hg_event **events;
    size_t cap_events;
    struct unit unit;
    struct hg_push_result *result; /* of all its parts */
    uint64_t n_events, n_rejects;  /* of the parts before the one at hand */
    char key[600];                 /* source and Idempotency-Key */
    bool begun;                    /* a part was taken: the rest can't be refused any more */
};

/* A body is worked on in parts, each decoded, sequenced and committed before the next: memory doesn't grow with its length. */
#define PART_BYTES       ((size_t)1024 * 1024)
#define PART_RECORDS     8192u
#define OFFSET_MAX       (UINT64_C(1) << 62) /* of an envelope: a bookmark can still move past it */
#define IDLE_ARENA_BYTES ((size_t)8 * 1024 * 1024) /* a larger one is given back */

static void pushing_destroy(struct pushing *p)
{
    free(p->events);
    hg_batch_free(&p->batch);
    hg_decode_worker_destroy(p->worker);
    free(p);
}

void pushing_free_idle(struct hg_ingest *ingest)
{
    while (ingest->idle != NULL) {
        struct pushing *next = ingest->idle->next;
        pushing_destroy(ingest->idle);
        ingest->idle = next;
    }
}

static enum hg_rc pushing_take(struct hg_ingest *ingest, struct pushing **ret, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->idle_lock);
    struct pushing *p = ingest->idle;
    if (p != NULL)
        ingest->idle = p->next;
    pthread_mutex_unlock(&ingest->idle_lock);
    if (p != NULL) {
        hg_batch_clear(&p->batch);
        *ret = p;
        return HG_OK;
    }
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a push");
    p->ingest = ingest;
    hg_batch_init(&p->batch);
    enum hg_rc rc = hg_decode_worker_create(&p->worker, reterr);
    if (rc != HG_OK)
        pushing_destroy(p);
    else
        *ret = p;
    return rc;
}

static void pushing_give(struct pushing *p)
{
    if (p->batch.arena.total > IDLE_ARENA_BYTES || p->batch.cap > IDLE_ARENA_BYTES) {
        pushing_destroy(p);
        return;
    }
    pthread_mutex_lock(&p->ingest->idle_lock);
    p->next = p->ingest->idle;
    p->ingest->idle = p;
    pthread_mutex_unlock(&p->ingest->idle_lock);
}

static uint64_t line_of(struct hg_slice body, const char *at)
{
    uint64_t line = 1;
    for (const char *p = body.p; (p = memchr(p, '\n', (size_t)(at - p))) != NULL; p++)
        line++;
    return line;
}

static void note_bad(struct pushing *p, uint64_t line, enum hg_reason reason)
{
    if (p->result->bad_line != 0)
        return;
    p->result->bad_line = line;
    p->result->bad_reason = reason;
}

/* ---- parts */

/* The answer is there already, or will never be. */
static bool is_over(const struct pushing *p)
{
    return p->result->repeated || p->result->key_conflict;
}

/* Hands the part at hand to the sequence and makes room for the next. */
static enum hg_rc submit(struct pushing *p, bool last, struct hg_err *reterr)
{
    struct hg_batch *batch = &p->batch;
    if (batch->n_events > p->cap_events) {
        struct hg_event **events = realloc(p->events, batch->n_events * sizeof(struct hg_event *));
        if (events == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for %zu events", batch->n_events);
        p->events = events;
        p->cap_events = batch->n_events;
    }
    for (size_t i = 0; i < batch->n_events; i++)
        p->events[i] = &batch->events[i];
    struct unit *unit = &p->unit;
    unit->events = p->events;
    unit->n_events = batch->n_events;
    unit->rejects = batch->rejects;
    unit->n_rejects = batch->n_rejects;
    unit->live = true;
    unit->first_event = p->n_events;
    unit->first_reject = p->n_rejects;
    unit->last = last;
    unit->result = p->result;
    hg_counts_add(&p->result->counts, &batch->counts);
    enum hg_rc rc = ingest_submit(p->ingest, unit, !p->begun, reterr);
    p->begun = true;
    p->n_events += batch->n_events;
    p->n_rejects += batch->n_rejects;
    hg_batch_clear(batch);
    return rc;
}

/* ---- envelopes */

enum { ENVELOPE_SOURCE, ENVELOPE_FORMAT, ENVELOPE_OFFSET, ENVELOPE_RECORD, ENVELOPE_HEADER, ENVELOPE_IDENTITY, ENVELOPE_BASE64, ENVELOPE_SHIFT,
       ENVELOPE_SLOTS };
static const char *const envelope_paths[ENVELOPE_SLOTS] = {"source", "format", "offset", "record", "header", "identity",
                                                            "record_base64", "shift_us"};

static struct hg_slice member(struct pushing *p, int slot)
{
    const struct hg_json_value *value = hg_json_get(&p->worker->doc, slot);
    return value == NULL ? HG_SLICE_NONE : hg_json_text(value, &p->batch.arena);
}

/* The shift that `replay --align` gives a source: up to 100 years. */
static bool envelope_shift(struct pushing *p, int64_t *ret_us)
{
    const int64_t most = (int64_t)36525 * 86400 * 1000000;
    const struct hg_json_value *value = hg_json_get(&p->worker->doc, ENVELOPE_SHIFT);
    *ret_us = 0;
    return value == NULL || (hg_num_parse_i64(value->raw, ret_us) && *ret_us >= -most && *ret_us <= most);
}

/* The input that an envelope's record belongs to. The header of a CSV source may be left out once it was said. */
static enum hg_rc envelope_input(struct pushing *p, struct input_entry **ret, enum hg_reason *ret_reason, struct hg_err *reterr)
{
    const struct hg_decoder *decoder = hg_formats_by_name(p->ingest->settings.inputs.formats, member(p, ENVELOPE_FORMAT));
    struct hg_slice source = member(p, ENVELOPE_SOURCE), header = member(p, ENVELOPE_HEADER);
    struct hg_slice identity_text = member(p, ENVELOPE_IDENTITY);
    *ret_reason = decoder == NULL ? HG_REASON_unknown_format : source.len == 0 ? HG_REASON_missing_field : HG_REASON_NONE;
    if (*ret_reason != HG_REASON_NONE)
        return HG_OK;
    struct input_spec spec = {.decoder = decoder, .name = source, .kind = "push", .header = header, .timezone_us = HG_TIMEZONE_DEFAULT};
    if (!envelope_shift(p, &spec.shift_us)) {
        *ret_reason = HG_REASON_bad_number;
        return HG_OK;
    }
    if (!hg_id_parse(identity_text, &spec.identity))
        spec.identity = hg_identity_named(decoder->dataset, source);
    return inputs_find(p->ingest, &spec, ret, reterr);
}

/* The record's bytes with padding behind, in the arena. {NULL, 0}: there is none, or no memory. */
static struct hg_slice envelope_record(struct pushing *p)
{
    struct hg_slice text = member(p, ENVELOPE_RECORD), base64 = member(p, ENVELOPE_BASE64);
    size_t room = text.p != NULL ? text.len : hg_base64_decoded_bound(base64.len);
    char *copy = text.p == NULL && base64.p == NULL ? NULL : hg_arena_alloc(&p->batch.arena, room + HG_BATCH_PADDING);
    if (copy == NULL)
        return HG_SLICE_NONE;
    size_t len = text.len;
    if (text.p != NULL)
        memcpy(copy, text.p, text.len);
    else if (!hg_base64_decode(base64, copy, &len))
        return HG_SLICE_NONE;
    memset(copy + len, 0, HG_BATCH_PADDING);
    return (struct hg_slice){copy, len};
}

static enum hg_rc take_envelope(struct pushing *p, struct hg_slice line, uint64_t number, struct hg_err *reterr)
{
    enum hg_reason reason = hg_worker_read(p->worker, envelope_paths, ENVELOPE_SLOTS, line);
    struct input_entry *entry = NULL;
    uint64_t offset = 0;
    if (reason == HG_REASON_NONE) {
        const struct hg_json_value *value = hg_json_get(&p->worker->doc, ENVELOPE_OFFSET);
        enum hg_rc rc = envelope_input(p, &entry, &reason, reterr);
        if (rc != HG_OK)
            return rc;
        if (reason == HG_REASON_NONE && (value == NULL || !hg_num_parse_u64(value->raw, &offset)))
            reason = HG_REASON_missing_field;
        else if (reason == HG_REASON_NONE && offset > OFFSET_MAX)
            reason = HG_REASON_bad_number;
    }
    struct hg_slice record = reason == HG_REASON_NONE ? envelope_record(p) : HG_SLICE_NONE;
    if (reason == HG_REASON_NONE && record.p == NULL)
        reason = HG_REASON_missing_field;
    if (reason != HG_REASON_NONE) { /* an envelope that can't be opened has no stream: it is counted in the answer alone */
        hg_counts_rejected(&p->batch.counts, reason);
        note_bad(p, number, reason);
        return HG_OK;
    }
    uint64_t malformed = p->batch.counts.malformed;
    size_t first = p->batch.n_events;
    p->batch.input = entry->state.index;
    hg_decode_record(entry->context, p->worker, record, offset, &p->batch);
    for (size_t i = first; i < p->batch.n_events; i++)
        p->batch.events[i].time_us += entry->state.shift_us;
    if (p->batch.counts.malformed > malformed)
        note_bad(p, number, p->batch.n_rejects > 0 ? p->batch.rejects[p->batch.n_rejects - 1].reason : HG_REASON_invalid_json);
    return HG_OK;
}

static enum hg_rc take_envelopes(struct pushing *p, struct hg_err *reterr)
{
    struct hg_slice rest = p->push->body;
    uint64_t number = 0;
    while (rest.len > 0) {
        const char *newline = memchr(rest.p, '\n', rest.len);
        size_t len = newline == NULL ? rest.len : (size_t)(newline - rest.p);
        size_t content = len > 0 && rest.p[len - 1] == '\r' ? len - 1 : len;
        number++;
        enum hg_rc rc = content == 0 ? HG_OK : take_envelope(p, (struct hg_slice){rest.p, content}, number, reterr);
        rest = hg_slice_from(rest, newline == NULL ? len : len + 1);
        bool full = p->batch.n_events + p->batch.n_rejects >= PART_RECORDS || p->batch.arena.total > 2 * PART_BYTES;
        if (rc == HG_OK && (full || rest.len == 0))
            rc = submit(p, rest.len == 0, reterr);
        if (rc != HG_OK || is_over(p))
            return rc;
    }
    return HG_OK;
}

/* ---- plain logs */

/* The input of a plain push: known by its source's name, and for CSV by its header too, since another header is another stream. */
static enum hg_rc plain_input(struct pushing *p, const struct hg_decoder *decoder, struct hg_slice header, struct input_entry **ret,
                              struct hg_err *reterr)
{
    struct hg_slice name = p->push->source.len > 0 ? p->push->source : HG_SLICE("push");
    struct hg_buf key;
    hg_buf_init(&key, (size_t)1024 * 1024);
    hg_buf_put(&key, name);
    hg_buf_char(&key, '\n');
    hg_buf_put(&key, header);
    struct input_spec spec = {.decoder = decoder, .name = name, .kind = "push", .header = header, .timezone_us = HG_TIMEZONE_DEFAULT,
                              .identity = hg_identity_named(decoder->dataset, hg_buf_slice(&key))};
    enum hg_rc rc = key.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for the header") : HG_OK;
    hg_buf_free(&key);
    return rc == HG_OK ? inputs_find(p->ingest, &spec, ret, reterr) : rc;
}

/* One part of a plain body: whole records that stand `at` bytes behind its begin, of them the header's that came before it. */
static enum hg_rc take_part(struct pushing *p, struct input_entry *entry, struct hg_slice part, size_t header_len, size_t at, bool last,
                            struct hg_err *reterr)
{
    struct hg_batch *batch = &p->batch;
    enum hg_rc rc = hg_batch_reserve_bytes(batch, part.len, reterr);
    if (rc != HG_OK)
        return rc;
    memcpy(batch->bytes, part.p, part.len);
    memset(batch->bytes + part.len, 0, HG_BATCH_PADDING);
    batch->len = part.len;
    batch->offset = header_len;
    batch->input = entry->state.index;
    hg_decode_batch(entry->context, p->worker, batch);
    p->unit.push_input = entry;
    p->unit.push_bytes = header_len + part.len;
    p->unit.push_at = at;
    for (size_t i = 0; i < batch->n_rejects; i++)
        if (hg_reason_outcome(batch->rejects[i].reason) == HG_MALFORMED)
            note_bad(p, line_of(p->push->body, p->push->body.p + at + batch->rejects[i].offset), batch->rejects[i].reason);
    return submit(p, last, reterr);
}

/* Whole records, about PART_BYTES of them; all where no record ends. */
static size_t part_len(const struct hg_decode_context *context, struct hg_slice rest)
{
    for (size_t len = PART_BYTES; len < rest.len; len *= 2) {
        size_t whole = hg_frame_whole(context->framing, rest.p, len);
        if (whole > 0)
            return whole;
    }
    return rest.len;
}

static enum hg_rc take_plain(struct pushing *p, const struct hg_decoder *decoder, struct hg_err *reterr)
{
    struct hg_slice body = p->push->body, header = HG_SLICE_NONE;
    while (body.len > 0 && (body.p[0] == '\n' || body.p[0] == '\r'))
        body = hg_slice_from(body, 1);
    if (body.len == 0)
        return HG_OK;
    if (hg_framing_has_header(decoder->framing) && hg_frame_head(body, true, &header)) {
        const char *newline = memchr(body.p + header.len, '\n', body.len - header.len);
        body = hg_slice_from(body, newline == NULL ? body.len : (size_t)(newline - body.p) + 1);
        header = hg_frame_trim(header.p, header.len);
    }
    struct input_entry *entry;
    enum hg_rc rc = plain_input(p, decoder, header, &entry, reterr);
    size_t begin = (size_t)(body.p - p->push->body.p); /* the header belongs to the first part */
    do {
        if (rc != HG_OK || is_over(p))
            return rc;
        size_t len = part_len(entry->context, body), at = (size_t)(body.p - p->push->body.p);
        bool first = at == begin;
        rc = take_part(p, entry, (struct hg_slice){body.p, len}, first ? begin : 0, first ? 0 : at, len == body.len, reterr);
        body = hg_slice_from(body, len);
    } while (body.len > 0);
    return rc;
}

/* ---- both */

static enum hg_rc decode(struct pushing *p, struct hg_err *reterr)
{
    if (hg_slice_is(p->push->format, "envelope"))
        return take_envelopes(p, reterr);
    const struct hg_decoder *decoder = hg_formats_by_name(p->ingest->settings.inputs.formats, p->push->format);
    if (decoder == NULL)
        return hg_fail(reterr, HG_EUSAGE, "format takes envelope or one of the formats that `honeyguide formats` lists");
    return take_plain(p, decoder, reterr);
}

/* An idempotent push is known by its source's name and its key; its events by both and their place in the body. */
static enum hg_rc take_key(struct pushing *p, struct hg_err *reterr)
{
    static const struct hg_id plain;
    const struct hg_push *push = p->push;
    size_t len = push->source.len + 1 + push->key.len;
    if (len > sizeof p->key)
        return hg_fail(reterr, HG_EUSAGE, "source and Idempotency-Key take at most %zu bytes", sizeof p->key - 1);
    if (push->source.len > 0)
        memcpy(p->key, push->source.p, push->source.len);
    p->key[push->source.len] = '\n';
    memcpy(p->key + push->source.len + 1, push->key.p, push->key.len);
    p->unit.key = (struct hg_slice){p->key, len};
    struct hg_id format = hg_siphash128(&plain, push->format);
    p->unit.body = hg_siphash128(&format, push->body);
    p->unit.key_identity = hg_siphash128(&format, p->unit.key);
    return HG_OK;
}

enum hg_rc ingest_push(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr)
{
    *ret = (struct hg_push_result){0};
    struct pushing *p = NULL;
    enum hg_rc rc = pushing_take(self, &p, reterr);
    if (rc != HG_OK || p == NULL)
        return rc;
    p->push = push;
    p->result = ret;
    p->n_events = p->n_rejects = 0;
    p->begun = false;
    p->unit = (struct unit){0};
    if (push->key.len > 0)
        rc = take_key(p, reterr);
    if (rc == HG_OK)
        rc = decode(p, reterr);
    if (rc == HG_OK && ret->key_conflict)
        rc = hg_fail(reterr, HG_EUSAGE, "this Idempotency-Key was used for another body");
    else if (rc == HG_OK && ret->counts.malformed > 0 && ret->counts.decoded + ret->counts.skipped == 0)
        rc = hg_fail(reterr, HG_EUSAGE, "nothing in it could be read");
    pushing_give(p);
    return rc;
}
