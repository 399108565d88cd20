#include "pipeline/input.h"

#include "source/reader.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_BYTES_MAX (HG_INPUT_BATCH_BYTES + 4 * (size_t)HG_RECORD_BYTES_MAX)

struct hg_input {
    char *path;
    struct hg_input_settings settings;
    struct hg_decode_worker *prober; /* borrowed */
    struct hg_reader *reader;
    struct hg_decode_context *context;
    bool unknown;
    enum hg_reason unknown_reason;
    uint64_t offset; /* of pending[0] in the decompressed stream */
    char *pending;   /* bytes read, not yet given out */
    size_t n_pending;
    bool at_end;
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
        input->pending = malloc(PENDING_BYTES_MAX + HG_BATCH_PADDING);
    }
    if (input == NULL || input->path == NULL || input->pending == NULL) {
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
    free(input->pending);
    free(input->path);
    free(input);
}

/* Reads until a batch's worth is pending or nothing more comes. */
static enum hg_rc fill(struct hg_input *input, struct hg_err *reterr)
{
    input->at_end = false;
    while (input->n_pending < HG_INPUT_BATCH_BYTES) {
        size_t n;
        enum hg_rc rc = hg_reader_read(input->reader, input->pending + input->n_pending, PENDING_BYTES_MAX - input->n_pending, &n, reterr);
        if (rc != HG_OK)
            return rc;
        input->n_pending += n;
        if (n == 0) {
            input->at_end = true;
            break;
        }
    }
    return HG_OK;
}

static void consume(struct hg_input *input, size_t n)
{
    memmove(input->pending, input->pending + n, input->n_pending - n);
    input->n_pending -= n;
    input->offset += n;
}

/* Blank lines and a byte order mark before the first record belong to nothing. */
static void skip_blank_head(struct hg_input *input)
{
    size_t n = input->n_pending >= 3 && memcmp(input->pending, "\xef\xbb\xbf", 3) == 0 && input->offset == 0 ? 3 : 0;
    while (n < input->n_pending && (input->pending[n] == '\n' || input->pending[n] == '\r'))
        n++;
    consume(input, n);
}

static struct hg_slice first_line(const struct hg_input *input)
{
    const char *newline = memchr(input->pending, '\n', input->n_pending);
    size_t len = newline == NULL ? input->n_pending : (size_t)(newline - input->pending);
    if (len > 0 && input->pending[len - 1] == '\r')
        len--;
    return (struct hg_slice){input->pending, len};
}

/* Tells the format from the first record and makes the context; for CSV the header is taken. False while there is too little. */
static enum hg_rc identify(struct hg_input *input, bool final, bool *ret_known, struct hg_err *reterr)
{
    *ret_known = false;
    skip_blank_head(input);
    if (input->n_pending == 0 || (memchr(input->pending, '\n', input->n_pending) == NULL && !final && input->n_pending < HG_RECORD_BYTES_MAX))
        return HG_OK;
    memset(input->pending + input->n_pending, 0, HG_BATCH_PADDING);
    const struct hg_decoder *decoder = input->settings.decoder;
    if (decoder == NULL)
        decoder = hg_decoder_probe(input->prober, first_line(input), &input->unknown_reason);
    if (decoder == NULL) {
        input->unknown = *ret_known = true;
        return HG_OK;
    }
    struct hg_slice header = HG_SLICE_NONE, all = {input->pending, input->n_pending};
    if (decoder->framing == HG_FRAME_CSV) {
        header = first_line(input);
        size_t after = header.len;
        while (after < all.len && (all.p[after] == '\r' || all.p[after] == '\n'))
            after++;
        bool has_row = hg_frame_whole(decoder->framing, all.p + after, all.len - after) > 0;
        if (!has_row && !final)
            return HG_OK; /* the identity needs the first row: wait for it */
    }
    struct hg_id identity = hg_identity_stream(decoder->dataset, hg_identity_first_record(decoder->framing, all));
    enum hg_rc rc = hg_decode_context_create(decoder, hg_slice_of(input->path), header, &identity,
                                             input->settings.timezone_us[decoder->dataset], &input->context, reterr);
    if (rc != HG_OK)
        return rc;
    if (decoder->framing == HG_FRAME_CSV) {
        size_t n = header.len;
        while (n < input->n_pending && input->pending[n] != '\n')
            n++;
        consume(input, n < input->n_pending ? n + 1 : n);
    }
    *ret_known = true;
    return HG_OK;
}

/* Every line of a file of no known format. */
static void reject_lines(const struct hg_input *input, struct hg_batch *batch)
{
    const char *p = batch->bytes, *end = batch->bytes + batch->len;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((newline == NULL ? end : newline) - p);
        size_t content = len > 0 && p[len - 1] == '\r' ? len - 1 : len;
        if (content > 0)
            hg_batch_reject(batch, batch->offset + (uint64_t)(p - batch->bytes), (struct hg_slice){p, content}, input->unknown_reason);
        p += len + 1;
    }
}

/* Drops what is left of an endless record. */
static enum hg_rc skip_rest(struct hg_input *input, struct hg_err *reterr)
{
    while (input->skipping) {
        const char *newline = memchr(input->pending, '\n', input->n_pending);
        input->skipping = newline == NULL;
        consume(input, newline == NULL ? input->n_pending : (size_t)(newline - input->pending) + 1);
        enum hg_rc rc = fill(input, reterr);
        if (rc != HG_OK)
            return rc;
        if (input->n_pending == 0)
            break;
    }
    return HG_OK;
}

enum hg_rc hg_input_next(struct hg_input *input, bool final, struct hg_batch *batch, struct hg_err *reterr)
{
    hg_batch_clear(batch);
    enum hg_rc rc = fill(input, reterr);
    if (rc == HG_OK && input->skipping)
        rc = skip_rest(input, reterr);
    if (rc != HG_OK)
        return rc;
    if (input->context == NULL && !input->unknown) {
        bool known;
        rc = identify(input, final && input->at_end, &known, reterr);
        if (rc != HG_OK)
            return rc;
        if (!known)
            return HG_EEND;
    }
    enum hg_framing framing = input->unknown ? HG_FRAME_LINES : input->context->decoder->framing;
    size_t whole = hg_frame_whole(framing, input->pending, input->n_pending);
    if (input->at_end && final) {
        whole = input->n_pending;
    } else if (whole == 0 && input->n_pending >= HG_INPUT_BATCH_BYTES) {
        whole = input->n_pending; /* one endless record: its head is given, to be counted as too long */
        input->skipping = true;
    }
    if (whole == 0)
        return HG_EEND;
    rc = hg_batch_reserve_bytes(batch, whole, reterr);
    if (rc != HG_OK)
        return rc;
    memcpy(batch->bytes, input->pending, whole);
    memset(batch->bytes + whole, 0, HG_BATCH_PADDING);
    batch->len = whole;
    batch->offset = input->offset;
    consume(input, whole);
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

bool hg_input_replaced(const struct hg_input *input)
{
    return hg_reader_replaced(input->reader);
}

uint64_t hg_input_taken(const struct hg_input *input)
{
    return hg_reader_taken(input->reader);
}

uint64_t hg_input_size(const struct hg_input *input)
{
    return hg_reader_size(input->reader);
}
