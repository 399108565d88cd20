#include "pipeline/input.h"

#include "decode/frame.h"
#include "pipeline/opening.h"
#include "source/reader.h"

#include <stdlib.h>
#include <string.h>

/* Of a batch while it is filled, and so of what may be left of it for the next one. */
#define ROOM_BYTES (HG_INPUT_BATCH_BYTES + 4 * (size_t)HG_RECORD_BYTES_MAX)

#define LINES_LOOKED_AT 1024u /* of a stream of no known format, whether they are of a known one; */
#define LOOK_EVERY      16u   /* and of the later ones every so many */

enum visit { VISIT_ON, VISIT_LEFT, VISIT_FINAL }; /* of the file at hand, when followed: see enum hg_got */

struct hg_input {
    char *path;
    struct hg_input_settings settings;
    struct hg_decode_worker *prober; /* borrowed */
    struct hg_reader *reader;        /* one of the two */
    struct hg_follow *follow;
    enum visit visit;
    struct hg_stream *stream; /* NULL until the first record of it was seen */
    enum hg_reason unknown; /* why a stream of it was of no known format */
    uint64_t unknown_lines; /* read of a stream of no known format */
    bool known_next;        /* what follows in it is of a known one */
    uint64_t offset; /* of what is left, in the decompressed stream */
    char *left;      /* read, but not part of a whole record yet: begins the next batch */
    size_t n_left;
    bool at_end;
    enum hg_rc read_rc; /* of a read that failed after some bytes: these come first */
    struct hg_err read_err;
    size_t target; /* bytes to fill a batch with: more where a record is longer */
    bool resumed;  /* or passed over a blank head, just now: there may be more at once */
    bool skipping; /* inside a record that was too long: up to its newline nothing counts */
};

struct hg_input_settings hg_input_settings_default(void)
{
    struct hg_input_settings settings = {0};
    for (int i = 0; i < HG_DATASET_COUNT; i++)
        settings.timezone_us[i] = HG_TIMEZONE_DEFAULT;
    return settings;
}

void hg_stream_hold(struct hg_stream *stream)
{
    stream->holders++;
}

void hg_stream_release(struct hg_stream *stream)
{
    if (stream == NULL || --stream->holders > 0)
        return;
    hg_decode_context_destroy(stream->context);
    free(stream);
}

static enum hg_rc create(const char *path, const struct hg_input_settings *settings, struct hg_decode_worker *prober, struct hg_input **ret,
                         struct hg_err *reterr)
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
    if (settings->batch_bytes == 0 || settings->batch_bytes > HG_INPUT_BATCH_BYTES)
        input->settings.batch_bytes = HG_INPUT_BATCH_BYTES;
    input->target = input->settings.batch_bytes;
    input->prober = prober;
    *ret = input;
    return HG_OK;
}

enum hg_rc hg_input_open(const char *path, const struct hg_input_settings *settings, struct hg_decode_worker *prober,
                         struct hg_input **ret, struct hg_err *reterr)
{
    struct hg_input *input;
    enum hg_rc rc = create(path, settings, prober, &input, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_reader_open(path, &input->reader, reterr);
    if (rc != HG_OK)
        hg_input_close(input);
    else
        *ret = input;
    return rc;
}

enum hg_rc hg_input_follow(const char *path, int64_t complete_us, const struct hg_input_settings *settings,
                           struct hg_decode_worker *prober, struct hg_input **ret, struct hg_err *reterr)
{
    struct hg_input *input;
    enum hg_rc rc = create(path, settings, prober, &input, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_follow_open(path, complete_us, &input->follow, reterr);
    if (rc != HG_OK)
        hg_input_close(input);
    else
        *ret = input;
    return rc;
}

void hg_input_close(struct hg_input *input)
{
    if (input == NULL)
        return;
    hg_stream_release(input->stream);
    hg_reader_close(input->reader);
    hg_follow_close(input->follow);
    free(input->left);
    free(input->path);
    free(input);
}

/* ---- bytes */

static enum hg_rc read_some(struct hg_input *input, bool wait, char *out, size_t room, size_t *ret_len)
{
    if (input->follow == NULL)
        return hg_reader_read(input->reader, wait, out, room, ret_len, &input->read_err);
    enum hg_got got;
    *ret_len = 0;
    if (input->visit != VISIT_ON)
        return HG_OK;
    enum hg_rc rc = hg_follow_read(input->follow, out, room, ret_len, &got, &input->read_err);
    if (rc == HG_OK && got == HG_GOT_LEFT)
        input->visit = VISIT_LEFT;
    if (rc == HG_OK && got == HG_GOT_FINAL)
        input->visit = VISIT_FINAL;
    return rc;
}

static enum hg_framing framing_of(const struct hg_input *input)
{
    return input->stream == NULL || input->stream->context == NULL ? HG_FRAME_LINES : input->stream->context->framing;
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
    size_t room = input->target == HG_INPUT_BATCH_BYTES ? ROOM_BYTES : input->target;
    while (batch->len < input->target) {
        size_t n;
        rc = read_some(input, wait, batch->bytes + batch->len, room - batch->len, &n);
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

/* Blank lines and a byte order mark before the first record belong to nothing, and neither does a hole of NULs: a writer that goes on at
 * its old place in a truncated log leaves one. A line without its end may yet become one. */
static void skip_blank_head(struct hg_input *input, struct hg_batch *batch)
{
    size_t n = batch->len >= 3 && memcmp(batch->bytes, "\xef\xbb\xbf", 3) == 0 && batch->offset == 0 ? 3 : 0;
    const char *p = batch->bytes + n, *end = batch->bytes + batch->len, *next = p;
    for (bool on = true; on;) {
        while (p < end && *p == '\0')
            p++;
        on = p < end && hg_frame_is_blank(hg_line_at(p, end, &next)) && next[-1] == '\n';
        p = on ? next : p;
    }
    input->resumed = p == end && batch->len > 0 && !input->at_end;
    drop_front(batch, (size_t)(p - batch->bytes));
}

static void drop_header(struct hg_batch *batch, size_t header_len)
{
    while (header_len < batch->len && batch->bytes[header_len] != '\n')
        header_len++;
    drop_front(batch, header_len < batch->len ? header_len + 1 : header_len);
}

static enum hg_rc begin_stream(struct hg_input *input, const struct opening *o, struct hg_err *reterr)
{
    struct hg_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", input->path);
    *stream = (struct hg_stream){.identity = o->identity, .unknown_reason = o->reason, .holders = 1};
    enum hg_rc rc = o->decoder == NULL ? HG_OK
                                       : hg_decode_context_create(o->decoder, o->framing, hg_slice_of(input->path), o->header, &o->identity,
                                                                  input->settings.timezone_us[o->decoder->dataset], &stream->context, reterr);
    bool others = input->follow != NULL || input->settings.skip_unknown; /* one header that can't be read must not end the rest */
    if (rc == HG_ENOMEM || (rc != HG_OK && !others)) {
        free(stream);
        return rc;
    }
    if (rc != HG_OK)
        stream->unknown_reason = HG_REASON_unknown_format;
    input->stream = stream;
    if (stream->context == NULL)
        input->unknown = stream->unknown_reason;
    return HG_OK;
}

/* Goes on where the stream was left: what was taken is not read again but for its last record, which tells where that one ends. A file
 * that is read once is read from its begin, and so is one of no known format: the bookmark drops what is known. */
static void resume(struct hg_input *input, struct hg_batch *batch)
{
    if (input->settings.taken == NULL || input->follow == NULL || input->stream->context == NULL)
        return;
    uint64_t taken = input->settings.taken(input->settings.taken_self, &input->stream->identity);
    if (taken == 0 || taken - 1 <= batch->offset)
        return;
    if (taken - 1 - batch->offset < batch->len) {
        drop_front(batch, (size_t)(taken - 1 - batch->offset));
        return;
    }
    if (input->visit == VISIT_ON) {
        hg_follow_skip_to(input->follow, taken - 1);
        input->resumed = true;
    }
    batch->offset = taken - 1;
    batch->len = 0;
}

/* Begins the stream once its first records tell what it is; what stands before them is dropped. */
static enum hg_rc identify(struct hg_input *input, struct hg_batch *batch, bool final, struct hg_err *reterr)
{
    struct opening o;
    skip_blank_head(input, batch);
    memset(batch->bytes + batch->len, 0, HG_BATCH_PADDING);
    struct hg_slice head = {batch->bytes, batch->len};
    if (!opening_tell(&input->settings, input->prober, head, final, batch->len >= HG_INPUT_BATCH_BYTES, &o))
        return HG_OK;
    enum hg_rc rc = begin_stream(input, &o, reterr);
    if (rc != HG_OK)
        return rc;
    drop_front(batch, o.skip);
    if (o.header.len > 0)
        drop_header(batch, o.header.len);
    resume(input, batch);
    return HG_OK;
}

/* Puts all but the first n bytes of a batch that was ended back before what is left. */
static void put_back(struct hg_input *input, struct hg_batch *batch, size_t n)
{
    size_t len = batch->len - n;
    memmove(input->left + len, input->left, input->n_left);
    memcpy(input->left, batch->bytes + n, len);
    input->n_left += len;
    input->offset = batch->offset + n;
    batch->len = n;
    memset(batch->bytes + n, 0, HG_BATCH_PADDING);
}

/* Garbage at the head of a log must not hide what stands behind it: its first lines are looked at one by one, later ones now and then. */
static bool is_worth_a_look(const struct hg_input *input)
{
    return input->settings.decoder == NULL && (input->unknown_lines < LINES_LOOKED_AT || input->unknown_lines % LOOK_EVERY == 0);
}

/* The lines of a stream of no known format, up to one that is of a known one. */
static void reject_lines(struct hg_input *input, struct hg_batch *batch)
{
    const char *p = batch->bytes, *end = batch->bytes + batch->len, *next;
    for (; p < end; p = next) {
        struct hg_slice line = hg_line_at(p, end, &next);
        if (hg_frame_is_blank(line))
            continue;
        bool first = input->unknown_lines == 0; /* by which the stream was told to be of none */
        input->known_next = !first && is_worth_a_look(input) && opening_knows(&input->settings, input->prober, line);
        if (input->known_next) {
            put_back(input, batch, (size_t)(p - batch->bytes));
            return;
        }
        input->unknown_lines++;
        enum hg_reason reason = line.len > HG_RECORD_BYTES_MAX ? HG_REASON_too_long : input->stream->unknown_reason;
        if (!input->settings.skip_unknown) /* else it is passed over, and told */
            hg_batch_reject(batch, batch->offset + (uint64_t)(p - batch->bytes), line, reason);
    }
}

/* Drops what is left of an endless record. */
static enum hg_rc skip_rest(struct hg_input *input, bool wait, struct hg_batch *batch, struct hg_err *reterr)
{
    while (input->skipping && batch->len > 0) {
        size_t rest = hg_frame_skip(framing_of(input), batch->bytes, batch->len);
        bool at_newline = framing_of(input) != HG_FRAME_OBJECTS && framing_of(input) != HG_FRAME_XML && batch->bytes[rest - 1] == '\n';
        input->skipping = rest == batch->len && !at_newline;
        drop_front(batch, rest);
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
    if (input->stream == NULL)
        return 0;
    if (final)
        return batch->len;
    size_t whole = hg_frame_whole(framing_of(input), batch->bytes, batch->len);
    if (whole == 0 && batch->len >= HG_INPUT_BATCH_BYTES) { /* one endless record: its head is given, to be counted as too long */
        input->skipping = true;
        return batch->len;
    }
    return whole;
}

static void end_stream(struct hg_input *input)
{
    hg_stream_release(input->stream);
    input->stream = NULL;
    input->unknown_lines = 0;
    input->known_next = false;
}

static void begin_visit(struct hg_input *input)
{
    end_stream(input);
    input->visit = VISIT_ON;
    input->offset = 0;
    input->n_left = 0;
    input->skipping = false;
}

/* *ret_whole: bytes of whole records that stand at the batch's begin. */
static enum hg_rc take(struct hg_input *input, bool final, struct hg_batch *batch, size_t *ret_whole, struct hg_err *reterr)
{
    enum hg_rc rc = fill(input, final, batch, reterr);
    if (rc == HG_OK)
        rc = skip_rest(input, final, batch, reterr);
    bool last = input->visit == VISIT_FINAL || (final && input->at_end && input->follow == NULL);
    if (rc == HG_OK && input->stream == NULL)
        rc = identify(input, batch, last, reterr);
    if (rc != HG_OK)
        return rc;
    *ret_whole = whole_records(input, batch, last && input->at_end);
    end_after(input, batch, *ret_whole);
    return HG_OK;
}

enum hg_rc hg_input_next(struct hg_input *input, bool final, struct hg_batch *batch, struct hg_err *reterr)
{
    for (;;) {
        size_t whole;
        if (input->known_next) {
            end_stream(input);
            input->unknown = HG_REASON_NONE;
        }
        hg_batch_clear(batch);
        enum hg_rc rc = take(input, final, batch, &whole, reterr);
        if (rc != HG_OK)
            return rc;
        if (input->stream != NULL && input->stream->context == NULL && input->settings.skip_unknown && input->follow == NULL)
            return HG_EEND;
        bool short_of_one = whole == 0 && !input->at_end && input->target < HG_INPUT_BATCH_BYTES;
        input->target = short_of_one ? 2 * input->target : input->settings.batch_bytes;
        if (input->target > HG_INPUT_BATCH_BYTES)
            input->target = HG_INPUT_BATCH_BYTES;
        if (whole > 0 && input->stream->context == NULL)
            reject_lines(input, batch);
        if (whole > 0 && batch->len > 0)
            return HG_OK;
        if (short_of_one || input->known_next)
            continue;
        if (input->read_rc != HG_OK)
            return hg_fail(reterr, input->read_rc, "%s", input->read_err.msg);
        if (input->visit == VISIT_ON && !input->resumed)
            return HG_EEND;
        if (input->visit != VISIT_ON)
            begin_visit(input);
        input->resumed = false;
    }
}

struct hg_stream *hg_input_stream(const struct hg_input *input)
{
    return input->stream;
}

const struct hg_decode_context *hg_input_context(const struct hg_input *input)
{
    return input->stream == NULL ? NULL : input->stream->context;
}

enum hg_reason hg_input_unknown(const struct hg_input *input)
{
    return input->unknown;
}

const char *hg_input_path(const struct hg_input *input)
{
    return input->path;
}

uint64_t hg_input_taken(const struct hg_input *input)
{
    return input->reader == NULL ? 0 : hg_reader_taken(input->reader);
}

uint64_t hg_input_size(const struct hg_input *input)
{
    return input->reader == NULL ? 0 : hg_reader_size(input->reader);
}

bool hg_input_follow_status(const struct hg_input *input, struct hg_follow_status *ret)
{
    if (input->follow == NULL)
        return false;
    hg_follow_status(input->follow, ret);
    return true;
}

int hg_input_fd(const struct hg_input *input)
{
    return input->follow == NULL ? hg_reader_fd(input->reader) : hg_follow_fd(input->follow);
}

bool hg_input_ended(const struct hg_input *input)
{
    return input->reader != NULL && input->at_end && hg_reader_ended(input->reader);
}
