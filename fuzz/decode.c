/*
 * A log of one format, FUZZ_FORMAT, as the pipeline reads it: told its framing, cut into two batches, decoded, printed, and its
 * sessions applied. Where batches are cut must not matter, every record must be accounted for, and what stands behind the bytes
 * must not be looked at.
 */
#include "fuzz.h"

#include "core/event_json.h"
#include "decode/formats.h"
#include "normalise/sessions.h"

#define APPLIED_MAX 50000u /* then the sessions begin anew */

static struct { /* made once: what an event is must not depend on what was read before */
    struct hg_formats *formats;
    const struct hg_decoder *decoder;
    struct hg_decode_worker *worker;
    struct hg_sessions *sessions;
    struct hg_batch batch;
    struct hg_arena scratch;
    struct hg_buf whole, parts, printed;
    uint64_t applied;
} fuzz;

static void set_up(void)
{
    struct hg_err err;
    FUZZ_CHECK(hg_formats_create(NULL, 0, &fuzz.formats, &err) == HG_OK);
    fuzz.decoder = hg_formats_by_name(fuzz.formats, HG_SLICE(FUZZ_FORMAT));
    FUZZ_CHECK(fuzz.decoder != NULL);
    FUZZ_CHECK(hg_decode_worker_create(&fuzz.worker, &err) == HG_OK);
    hg_batch_init(&fuzz.batch);
    hg_arena_init(&fuzz.scratch, 65536, 1u << 26);
    hg_buf_init(&fuzz.whole, 1u << 28);
    hg_buf_init(&fuzz.parts, 1u << 28);
    hg_buf_init(&fuzz.printed, 1u << 28);
}

static void apply(const struct hg_event *events, size_t n)
{
    if (fuzz.sessions == NULL || fuzz.applied > APPLIED_MAX) {
        hg_sessions_destroy(fuzz.sessions);
        FUZZ_CHECK(hg_sessions_create(&fuzz.sessions, NULL) == HG_OK);
        fuzz.applied = 0;
    }
    for (size_t i = 0; i < n; i++, fuzz.applied++) {
        struct hg_event event = events[i];
        hg_sessions_apply(fuzz.sessions, &event);
    }
}

/* Into `printed`, to be looked through by the sanitizers alone; what is compared are a few figures. */
static void print_event(const struct hg_decode_context *context, const struct hg_event *event, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = &fuzz.printed};
    hg_buf_printf(out, "%llu %lld %x\n", (unsigned long long)event->offset, (long long)event->time_us, event->missing);
    if (out != &fuzz.whole)
        return;
    hg_buf_clear(&fuzz.printed);
    hg_arena_reset(&fuzz.scratch);
    hg_jsonw_open(&w, '{');
    hg_event_json_members(event, &fuzz.scratch, &w);
    hg_jsonw_key(&w, "attributes");
    hg_jsonw_open(&w, '{');
    fuzz.decoder->attributes(context, fuzz.worker, event->record, &fuzz.scratch, &w);
    hg_jsonw_close(&w, '}');
    hg_jsonw_close(&w, '}');
}

static void check_account(const struct hg_batch *batch)
{
    const struct hg_counts *c = &batch->counts;
    FUZZ_CHECK(c->read == c->decoded + c->skipped + c->malformed);
    FUZZ_CHECK(c->decoded == batch->n_events && c->skipped + c->malformed == batch->n_rejects);
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct hg_event *event = &batch->events[i];
        FUZZ_CHECK(event->record.p >= batch->bytes && event->record.p + event->record.len <= batch->bytes + batch->len);
        FUZZ_CHECK(event->missing >> HG_FIELD_COUNT == 0);
    }
}

/* Decodes bytes[from, to) and appends what came of it. */
static void decode_part(const struct hg_decode_context *context, struct hg_slice bytes, size_t from, size_t to, char fill, struct hg_buf *out)
{
    struct hg_batch *batch = &fuzz.batch;
    hg_batch_clear(batch);
    free(batch->bytes);
    batch->len = to - from;
    batch->cap = batch->len + HG_BATCH_PADDING;
    batch->bytes = fuzz_copy(bytes.p + from, batch->len, HG_BATCH_PADDING, fill);
    batch->offset = from;
    hg_decode_batch(context, fuzz.worker, batch);
    check_account(batch);
    for (size_t i = 0, r = 0; i < batch->n_events || r < batch->n_rejects;) {
        if (r == batch->n_rejects || (i < batch->n_events && batch->events[i].offset < batch->rejects[r].offset)) {
            print_event(context, &batch->events[i++], out);
        } else {
            const struct hg_reject *reject = &batch->rejects[r++];
            hg_buf_printf(out, "%llu %zu %s\n", (unsigned long long)reject->offset, reject->record.len, hg_reason_name(reject->reason));
        }
    }
    apply(batch->events, batch->n_events);
}

/* In how many parts it comes is taken from the bytes, so that the same input is always cut the same. */
static void decode_in_parts(const struct hg_decode_context *context, struct hg_slice bytes, size_t at)
{
    size_t step = 1 + (bytes.len > 0 ? (64 + (size_t)(unsigned char)bytes.p[bytes.len - 1]) * bytes.len / 300 : 0), seen = at;
    while (at < bytes.len) {
        seen = bytes.len - seen <= step ? bytes.len : seen + step;
        size_t n = seen == bytes.len ? seen - at : hg_frame_whole(context->framing, bytes.p + at, seen - at);
        if (n > 0)
            decode_part(context, bytes, at, at + n, '"', &fuzz.parts);
        at += n;
    }
}

static void decode_all(struct hg_slice bytes)
{
    enum hg_framing framing = HG_FRAME_LINES;
    struct hg_slice head = HG_SLICE_NONE;
    struct hg_decode_context *context = NULL;
    size_t skip = 0;
    if (!hg_frame_tell(bytes, true, &framing, &skip) || framing == HG_FRAME_LINES)
        framing = fuzz.decoder->framing;
    struct hg_slice records = hg_slice_from(bytes, skip);
    bool headed = (framing == HG_FRAME_CSV || framing == HG_FRAME_TABLE) && hg_frame_head(records, true, &head);
    struct hg_id id = hg_identity_stream(fuzz.decoder->dataset, hg_identity_first_record(framing, records));
    struct hg_err err;
    if (hg_decode_context_create(fuzz.decoder, framing, HG_SLICE("TestbedTueJun15"), headed ? head : HG_SLICE_NONE, &id, HG_TIMEZONE_DEFAULT,
                                 &context, &err) != HG_OK)
        return;
    hg_buf_clear(&fuzz.whole);
    hg_buf_clear(&fuzz.parts);
    decode_part(context, bytes, skip, bytes.len, '}', &fuzz.whole);
    decode_in_parts(context, bytes, skip);
    FUZZ_CHECK(hg_slice_eq(hg_buf_slice(&fuzz.whole), hg_buf_slice(&fuzz.parts)));
    hg_decode_context_destroy(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum hg_reason reason;
    if (fuzz.formats == NULL)
        set_up();
    char *copy = fuzz_copy(data, size, HG_BATCH_PADDING, 'x');
    struct hg_slice bytes = {copy, size}, head = HG_SLICE_NONE;
    if (size % 16 == 0 && hg_frame_head(bytes, true, &head)) /* every decoder looks at it */
        hg_formats_probe(fuzz.formats, fuzz.worker, head, &reason);
    decode_all(bytes);
    free(copy);
    return 0;
}
