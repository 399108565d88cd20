#include "pipeline/input.h"

#include "decode/frame.h"
#include "source/reader.h"

#include <stdlib.h>
#include <string.h>

/* Of a batch while it is filled, and so of what may be left of it for the next one. */
#define ROOM_BYTES (HG_INPUT_BATCH_BYTES + 4 * (size_t)HG_RECORD_BYTES_MAX)
#define PROBED_LINES 4 /* so many are looked at to tell a log's format */

struct hg_input {
    char *path;
    struct hg_input_settings settings;
    struct hg_decode_worker *prober; /* borrowed */
    struct hg_reader *reader;
    struct hg_decode_context *context;
    bool unknown;
    enum hg_reason unknown_reason;
    uint64_t offset; /* of what is left, in the decompressed stream */
    char *left;      /* read, but not part of a whole record yet: begins the next batch */
    size_t n_left;
    bool at_end;
    enum hg_rc read_rc; /* of a read that failed after some bytes: these come first */
    struct hg_err read_err;
    bool skipping; /* inside a record that was too long: up to its newline nothing counts */
};

struct hg_input_settings hg_input_settings_default(void)
{
    struct hg_input_settings settings = {0};
    for (int i = 0; i < HG_DATASET_COUNT; i++)
        settings.timezone_us[i] = HG_TIMEZONE_DEFAULT;
    return settings;
}

enum hg_rc hg_input_open(const char *path, const struct hg_input_settings *settings, struct hg_decode_worker *prober,
                         struct hg_input **ret, struct hg_err *reterr)
{
    struct hg_input *input = calloc(1, sizeof *input);
    if (input != NULL) {
        input->path = strdup(path);
        input->left = malloc(ROOM_BYTES);
    }
    if (input == NULL || input->path == NULL || input->left == NULL) {
        hg_input_close(input);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", path);
    }
    input->settings = *settings;
    input->prober = prober;
    enum hg_rc rc = hg_reader_open(path, &input->reader, reterr);
    if (rc != HG_OK) {
        hg_input_close(input);
        return rc;
    }
    *ret = input;
    return HG_OK;
}

void hg_input_close(struct hg_input *input)
{
    if (input == NULL)
        return;
    hg_decode_context_destroy(input->context);
    hg_reader_close(input->reader);
    free(input->left);
    free(input->path);
    free(input);
}

/* Begins the batch with what was left and reads on, until it is full or nothing more comes. */
static enum hg_rc fill(struct hg_input *input, bool wait, struct hg_batch *batch, struct hg_err *reterr)
{
    enum hg_rc rc = hg_batch_reserve_bytes(batch, ROOM_BYTES, reterr);
    if (rc == HG_OK && input->read_rc != HG_OK)
        rc = hg_fail(reterr, input->read_rc, "%s", input->read_err.msg);
    if (rc != HG_OK)
        return rc;
    memcpy(batch->bytes, input->left, input->n_left);
    batch->len = input->n_left;
    batch->offset = input->offset;
    input->at_end = false;
    while (batch->len < HG_INPUT_BATCH_BYTES) {
        size_t n;
        rc = hg_reader_read(input->reader, wait, batch->bytes + batch->len, ROOM_BYTES - batch->len, &n, &input->read_err);
        if (rc != HG_OK)
            input->read_rc = rc;
        batch->len += n;
        if (n == 0) {
            input->at_end = true;
            break;
        }
    }
    return HG_OK;
}

/* Ends the batch after n bytes; the rest is left for the next one. */
static void end_after(struct hg_input *input, struct hg_batch *batch, size_t n)
{
    input->n_left = batch->len - n;
    memcpy(input->left, batch->bytes + n, input->n_left);
    input->offset = batch->offset + n;
    batch->len = n;
    memset(batch->bytes + n, 0, HG_BATCH_PADDING);
}

static void drop_front(struct hg_batch *batch, size_t n)
{
    memmove(batch->bytes, batch->bytes + n, batch->len - n);
    batch->len -= n;
    batch->offset += n;
}

/* The line that starts at p, without its end; *ret_next is what follows it, or `end`. */
static struct hg_slice line_at(const char *p, const char *end, const char **ret_next)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *ret_next = newline == NULL ? end : newline + 1;
    return hg_frame_trim(p, (size_t)(*ret_next - p));
}

/* Blank lines and a byte order mark before the first record belong to nothing. A line without its end may yet become one. */
static void skip_blank_head(struct hg_batch *batch)
{
    size_t n = batch->len >= 3 && memcmp(batch->bytes, "\xef\xbb\xbf", 3) == 0 && batch->offset == 0 ? 3 : 0;
    const char *p = batch->bytes + n, *end = batch->bytes + batch->len, *next = p;
    while (p < end && hg_frame_is_blank(line_at(p, end, &next)) && next[-1] == '\n')
        p = next;
    drop_front(batch, (size_t)(p - batch->bytes));
}

/* Is there a first row behind a CSV's header? */
static bool has_row(const struct hg_batch *batch, struct hg_slice header)
{
    size_t after = header.len;
    while (after < batch->len && (batch->bytes[after] == '\r' || batch->bytes[after] == '\n'))
        after++;
    return hg_frame_whole(HG_FRAME_CSV, batch->bytes + after, batch->len - after) > 0;
}

static void drop_header(struct hg_batch *batch, size_t header_len)
{
    while (header_len < batch->len && batch->bytes[header_len] != '\n')
        header_len++;
    drop_front(batch, header_len < batch->len ? header_len + 1 : header_len);
}

/* The decoder of the first record, else of one of the next lines: a log that was cut at its head begins in the middle of a record.
 * NULL where it is unknown; *ret_enough false where there is too little to say so. */
static const struct hg_decoder *probe_lines(struct hg_input *input, const struct hg_batch *batch, bool final, bool *ret_enough)
{
    const char *end = batch->bytes + batch->len, *next;
    const struct hg_decoder *decoder = hg_decoder_probe(input->prober, line_at(batch->bytes, end, &next), &input->unknown_reason);
    *ret_enough = true;
    if (decoder != NULL || input->unknown_reason != HG_REASON_unknown_format)
        return decoder;
    for (int i = 1; i < PROBED_LINES; i++) {
        const char *start = next;
        struct hg_slice line = line_at(start, end, &next);
        *ret_enough = final || batch->len >= HG_INPUT_BATCH_BYTES || (next > start && next[-1] == '\n');
        if (!*ret_enough || start == end)
            return NULL;
        enum hg_reason reason;
        decoder = hg_decoder_probe(input->prober, line, &reason);
        if (decoder != NULL && decoder->framing == HG_FRAME_LINES) /* a CSV's header stands first */
            return decoder;
    }
    return NULL;
}

/* Tells the format from the first lines and makes the context; a CSV's header is taken. False while there is too little: the
 * first record, and for CSV the first row, since the stream's identity needs them. */
static enum hg_rc identify(struct hg_input *input, struct hg_batch *batch, bool final, bool *ret_known, struct hg_err *reterr)
{
    *ret_known = false;
    skip_blank_head(batch);
    if (batch->len == 0 || (memchr(batch->bytes, '\n', batch->len) == NULL && !final && batch->len < HG_RECORD_BYTES_MAX))
        return HG_OK;
    memset(batch->bytes + batch->len, 0, HG_BATCH_PADDING);
    const char *rest;
    struct hg_slice line = line_at(batch->bytes, batch->bytes + batch->len, &rest), header = HG_SLICE_NONE;
    const struct hg_decoder *decoder = input->settings.decoder;
    bool enough = true;
    if (decoder == NULL)
        decoder = probe_lines(input, batch, final, &enough);
    if (decoder == NULL) {
        input->unknown = *ret_known = enough;
        return HG_OK;
    }
    if (decoder->framing == HG_FRAME_CSV) {
        header = line;
        if (!final && !has_row(batch, header))
            return HG_OK;
    }
    struct hg_slice all = {batch->bytes, batch->len};
    struct hg_id identity = hg_identity_stream(decoder->dataset, hg_identity_first_record(decoder->framing, all));
    enum hg_rc rc = hg_decode_context_create(decoder, decoder->framing, hg_slice_of(input->path), header, &identity,
                                             input->settings.timezone_us[decoder->dataset], &input->context, reterr);
    if (rc != HG_OK)
        return rc;
    if (decoder->framing == HG_FRAME_CSV)
        drop_header(batch, header.len);
    *ret_known = true;
    return HG_OK;
}

/* Every line of a file of no known format. */
static void reject_lines(const struct hg_input *input, struct hg_batch *batch)
{
    const char *p = batch->bytes, *end = batch->bytes + batch->len, *next;
    for (; p < end; p = next) {
        struct hg_slice line = line_at(p, end, &next);
        if (!hg_frame_is_blank(line))
            hg_batch_reject(batch, batch->offset + (uint64_t)(p - batch->bytes), line, input->unknown_reason);
    }
}

/* Drops what is left of an endless record. */
static enum hg_rc skip_rest(struct hg_input *input, bool wait, struct hg_batch *batch, struct hg_err *reterr)
{
    while (input->skipping && batch->len > 0) {
        const char *newline = memchr(batch->bytes, '\n', batch->len);
        input->skipping = newline == NULL;
        drop_front(batch, newline == NULL ? batch->len : (size_t)(newline - batch->bytes) + 1);
        end_after(input, batch, 0);
        enum hg_rc rc = fill(input, wait, batch, reterr);
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

/* Length of what can be decoded now. */
static size_t whole_records(struct hg_input *input, const struct hg_batch *batch, bool final)
{
    if (input->at_end && final)
        return batch->len;
    enum hg_framing framing = input->unknown ? HG_FRAME_LINES : input->context->decoder->framing;
    size_t whole = hg_frame_whole(framing, batch->bytes, batch->len);
    if (whole == 0 && batch->len >= HG_INPUT_BATCH_BYTES) { /* one endless record: its head is given, to be counted as too long */
        input->skipping = true;
        return batch->len;
    }
    return whole;
}

enum hg_rc hg_input_next(struct hg_input *input, bool final, struct hg_batch *batch, struct hg_err *reterr)
{
    hg_batch_clear(batch);
    enum hg_rc rc = fill(input, final, batch, reterr);
    if (rc == HG_OK)
        rc = skip_rest(input, final, batch, reterr);
    bool known = true;
    if (rc == HG_OK && input->context == NULL && !input->unknown)
        rc = identify(input, batch, final && input->at_end, &known, reterr);
    if (rc != HG_OK)
        return rc;
    size_t whole = known ? whole_records(input, batch, final) : 0;
    end_after(input, batch, whole);
    if (whole == 0 && input->read_rc != HG_OK)
        return hg_fail(reterr, input->read_rc, "%s", input->read_err.msg);
    if (whole == 0)
        return HG_EEND;
    if (input->unknown)
        reject_lines(input, batch);
    return HG_OK;
}

const struct hg_decode_context *hg_input_context(const struct hg_input *input)
{
    return input->context;
}

bool hg_input_unknown(const struct hg_input *input)
{
    return input->unknown;
}

const char *hg_input_path(const struct hg_input *input)
{
    return input->path;
}

uint64_t hg_input_taken(const struct hg_input *input)
{
    return hg_reader_taken(input->reader);
}

uint64_t hg_input_size(const struct hg_input *input)
{
    return hg_reader_size(input->reader);
}
