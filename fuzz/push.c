/*
 * What a push sends, without the server around it: its parameters, its body (plain, or gzip in pieces), and the envelopes in it.
 * The first byte says which. What an envelope needs of the store is left out: its members, Base64 and record are read.
 */
#include "fuzz.h"

#include "base/base64.h"
#include "base/num.h"
#include "decode/worker.h"
#include "serve/args.h"
#include "serve/body.h"

#define SENT_MAX     4096u
#define INFLATED_MAX 65536u

/* a=b&c=d; percent signs are the HTTP library's matter. */
static void read_parameters(struct hg_slice text)
{
    static const struct hg_moment moment = {.clock_us = 1000 * HG_HOUR, .first_us = 0, .last_us = 1000 * HG_HOUR};
    struct hg_args args = {0};
    struct hg_args_fault fault = {0};
    struct hg_span span;
    size_t limit;
    int64_t from, to, bucket;
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.p + at, '&', text.len - at);
        size_t len = end == NULL ? text.len - at : (size_t)(end - text.p) - at;
        const char *equals = memchr(text.p + at, '=', len);
        size_t name = equals == NULL ? len : (size_t)(equals - text.p) - at;
        struct hg_slice value = name == len ? HG_SLICE("") : (struct hg_slice){text.p + at + name + 1, len - name - 1};
        hg_args_add(&args, (struct hg_slice){text.p + at, name}, value);
        at += len + 1;
    }
    (void)hg_args_known(&args, "window from to limit bucket format source", &fault);
    (void)hg_args_limit(&args, 20, 1000, &limit, &fault);
    if (!hg_args_span(&args, &span, &fault) || !hg_span_resolve(&span, &moment, &from, &to))
        return;
    FUZZ_CHECK(from <= to);
    if (hg_args_bucket(&args, from, to, &bucket, &fault))
        FUZZ_CHECK(bucket > 0 && (to - from) / bucket <= (int64_t)HG_BUCKETS_MAX);
}

enum { SOURCE, FORMAT, OFFSET, RECORD, HEADER, IDENTITY, BASE64, SHIFT, SLOTS };
static const char *const paths[SLOTS] = {"source", "format", "offset", "record", "header", "identity", "record_base64", "shift_us"};

static void decode_record(struct hg_decode_worker *worker, const struct hg_decoder *decoder, struct hg_slice header, struct hg_slice record,
                          uint64_t offset)
{
    struct hg_id identity = hg_identity_named(decoder->dataset, record);
    struct hg_decode_context *context = NULL;
    struct hg_err err;
    struct hg_batch batch;
    if (hg_decode_context_create(decoder, decoder->framing, HG_SLICE("push"), header, &identity, HG_TIMEZONE_DEFAULT, &context, &err) != HG_OK)
        return;
    hg_batch_init(&batch);
    hg_decode_record(context, worker, record, offset, &batch);
    FUZZ_CHECK(batch.counts.read == batch.counts.decoded + batch.counts.skipped + batch.counts.malformed);
    hg_batch_free(&batch);
    hg_decode_context_destroy(context);
}

static void read_envelope(struct hg_decode_worker *worker, struct hg_slice line, struct hg_arena *arena)
{
    if (hg_worker_read(worker, paths, SLOTS, line) != HG_REASON_NONE)
        return;
    struct hg_slice text[SLOTS];
    uint64_t offset = 0;
    for (int i = 0; i < SLOTS; i++)
        text[i] = hg_json_number_text(hg_json_get(&worker->doc, i), arena);
    struct hg_id id;
    (void)hg_id_parse(text[IDENTITY], &id);
    const struct hg_decoder *decoder = hg_decoder_by_name(text[FORMAT]);
    size_t len = text[RECORD].p != NULL ? text[RECORD].len : hg_base64_decoded_bound(text[BASE64].len);
    char *copy = hg_arena_alloc(arena, len + HG_BATCH_PADDING);
    if (decoder == NULL || copy == NULL || !hg_num_parse_u64(text[OFFSET], &offset))
        return;
    if (text[RECORD].p != NULL)
        memcpy(copy, text[RECORD].p, len);
    else if (!hg_base64_decode(text[BASE64], copy, &len))
        return;
    memset(copy + len, 0, HG_BATCH_PADDING);
    decode_record(worker, decoder, text[HEADER], (struct hg_slice){copy, len}, offset);
}

static void read_envelopes(struct hg_slice body)
{
    static struct hg_decode_worker *worker;
    struct hg_arena arena;
    FUZZ_CHECK(worker != NULL || hg_decode_worker_create(&worker, NULL) == HG_OK);
    hg_arena_init(&arena, 16384, 1u << 22);
    while (body.len > 0) {
        const char *newline = memchr(body.p, '\n', body.len);
        size_t len = newline == NULL ? body.len : (size_t)(newline - body.p);
        read_envelope(worker, (struct hg_slice){body.p, len}, &arena);
        body = hg_slice_from(body, newline == NULL ? len : len + 1);
    }
    hg_arena_free(&arena);
}

static void take_body(struct hg_slice sent, bool gzip, size_t step)
{
    struct hg_body body;
    hg_body_init(&body, gzip, SENT_MAX, INFLATED_MAX);
    for (size_t at = 0; at < sent.len; at += step)
        hg_body_take(&body, sent.p + at, sent.len - at < step ? sent.len - at : step);
    hg_body_end(&body, HG_BATCH_PADDING);
    FUZZ_CHECK(body.bytes.len <= INFLATED_MAX);
    if (body.state == HG_BODY_TAKEN)
        read_envelopes(hg_buf_slice(&body.bytes));
    hg_body_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *copy = fuzz_copy(data + 2, size - 2, 0, 0);
    struct hg_slice rest = {copy, size - 2};
    if (data[0] == '?')
        read_parameters(rest);
    else
        take_body(rest, data[0] == 'z', 1 + data[1]);
    free(copy);
    return 0;
}
