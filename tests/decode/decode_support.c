#include "decode/decode_support.h"

#include "decode/csv.h"

#include <stdio.h>
#include <stdlib.h>

static struct hg_slice header_of(const struct hg_decoder *decoder, struct hg_slice bytes)
{
    struct hg_slice head;
    if (decoder->framing == HG_FRAME_TABLE && bytes.len > 0 && hg_frame_head(bytes, true, &head))
        return head;
    if (decoder->framing != HG_FRAME_CSV || bytes.len == 0)
        return HG_SLICE_NONE;
    return (struct hg_slice){bytes.p, hg_csv_record(bytes.p, bytes.len, HG_RECORD_BYTES_MAX, true)};
}

bool input_open(struct input *input, const struct hg_decoder *decoder, const char *name, struct hg_slice bytes)
{
    *input = (struct input){0};
    enum hg_framing framing = HG_FRAME_LINES;
    if (!hg_frame_tell(bytes, true, &framing, &input->skip) || framing == HG_FRAME_LINES)
        framing = decoder->framing;
    struct hg_slice records = hg_slice_from(bytes, input->skip);
    struct hg_id id = hg_identity_stream(decoder->dataset, hg_identity_first_record(framing, records));
    hg_batch_init(&input->batch);
    if (hg_decode_worker_create(&input->worker, NULL) != HG_OK ||
        hg_decode_context_create(decoder, framing, hg_slice_of(name), header_of(decoder, bytes), &id, HG_TIMEZONE_DEFAULT, &input->context,
                                 NULL) != HG_OK ||
        hg_batch_reserve_bytes(&input->batch, records.len, NULL) != HG_OK) {
        input_close(input);
        return false;
    }
    if (records.len > 0)
        memcpy(input->batch.bytes, records.p, records.len);
    memset(input->batch.bytes + records.len, 0, HG_BATCH_PADDING);
    input->batch.len = records.len;
    input->batch.offset = input->skip;
    hg_decode_batch(input->context, input->worker, &input->batch);
    return true;
}

void input_close(struct input *input)
{
    hg_batch_free(&input->batch);
    hg_decode_context_destroy(input->context);
    hg_decode_worker_destroy(input->worker);
    *input = (struct input){0};
}

void event_line(const struct input *input, const struct hg_event *event, struct hg_buf *buf)
{
    struct hg_jsonw w = {.buf = buf};
    struct hg_arena scratch;
    hg_arena_init(&scratch, 65536, 1 << 22);
    hg_jsonw_open(&w, '{');
    hg_event_json_members(event, &scratch, &w);
    hg_jsonw_key(&w, "attributes");
    hg_jsonw_open(&w, '{');
    input->context->decoder->attributes(input->context, input->worker, event->record, &scratch, &w);
    hg_jsonw_close(&w, '}');
    hg_jsonw_close(&w, '}');
    hg_buf_char(buf, '\n');
    hg_arena_free(&scratch);
}

static void reject_line(const struct hg_reject *reject, struct hg_buf *buf)
{
    struct hg_jsonw w = {.buf = buf};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "reject_offset");
    hg_jsonw_u64(&w, reject->offset);
    hg_jsonw_key(&w, "bytes");
    hg_jsonw_u64(&w, reject->record.len);
    hg_jsonw_key(&w, "reason");
    hg_jsonw_text(&w, hg_reason_name(reject->reason));
    hg_jsonw_close(&w, '}');
    hg_buf_char(buf, '\n');
}

void input_print(const struct input *input, struct hg_buf *buf)
{
    const struct hg_batch *batch = &input->batch;
    size_t e = 0, r = 0;
    while (e < batch->n_events || r < batch->n_rejects) {
        if (r == batch->n_rejects || (e < batch->n_events && batch->events[e].offset < batch->rejects[r].offset))
            event_line(input, &batch->events[e++], buf);
        else
            reject_line(&batch->rejects[r++], buf);
    }
    struct hg_jsonw w = {.buf = buf};
    hg_counts_json(&batch->counts, &w);
    hg_buf_printf(buf, "\nnegative_counters %llu, unknown_applications %llu\n",
                  (unsigned long long)batch->counts.negative_counters, (unsigned long long)batch->counts.unknown_applications);
}

struct hg_slice read_whole(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct hg_buf buf;
    hg_buf_init(&buf, (size_t)1 << 31);
    if (f == NULL)
        return HG_SLICE_NONE;
    for (;;) {
        if (!hg_buf_reserve(&buf, 1 << 20))
            break;
        size_t n = fread(buf.p + buf.len, 1, 1 << 20, f);
        if (n == 0)
            break;
        buf.len += n;
    }
    fclose(f);
    return hg_buf_slice(&buf);
}
