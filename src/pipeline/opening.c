#include "pipeline/opening.h"

#include "decode/formats.h"
#include "decode/frame.h"

#define PROBED_LINES 4 /* so many are looked at to tell a log's format */

struct teller {
    const struct hg_input_settings *settings;
    struct hg_decode_worker *prober;
    struct hg_slice head;
    bool final, full;
    struct hg_slice first; /* the first record or line: what an unknown stream is known by */
};

struct hg_slice hg_line_at(const char *p, const char *end, const char **ret_next)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *ret_next = newline == NULL ? end : newline + 1;
    return hg_frame_trim(p, (size_t)(*ret_next - p));
}

static const struct hg_decoder *probe(const struct teller *t, struct hg_slice record, enum hg_reason *ret_reason)
{
    return hg_formats_probe(t->settings->formats, t->prober, record, ret_reason);
}

bool opening_knows(const struct hg_input_settings *settings, struct hg_decode_worker *prober, struct hg_slice line)
{
    enum hg_reason reason;
    const struct hg_decoder *decoder = hg_formats_probe(settings->formats, prober, line, &reason);
    return decoder != NULL && !hg_framing_has_header(decoder->framing);
}

/* The decoder of the head, else of one of the next lines: a log that was cut at its head begins in the middle of a record.
 * NULL where it is unknown; *ret_enough false where there is too little to say so. */
static const struct hg_decoder *probe_lines(const struct teller *t, bool *ret_enough, enum hg_reason *ret_reason)
{
    const char *end = t->head.p + t->head.len, *next;
    const struct hg_decoder *decoder = probe(t, t->first, ret_reason);
    *ret_enough = true;
    if (decoder != NULL || *ret_reason != HG_REASON_unknown_format)
        return decoder;
    hg_line_at(t->head.p, end, &next);
    for (int i = 1; i < PROBED_LINES; i++) {
        const char *start = next;
        struct hg_slice line = hg_line_at(start, end, &next);
        *ret_enough = t->final || t->full || (next > start && next[-1] == '\n');
        if (!*ret_enough || start == end)
            return NULL;
        enum hg_reason reason;
        decoder = probe(t, line, &reason);
        if (decoder != NULL && !hg_framing_has_header(decoder->framing)) /* a header stands first */
            return decoder;
    }
    return NULL;
}

/* Is there a first row behind the header? */
static bool has_row(const struct teller *t, enum hg_framing framing, struct hg_slice header)
{
    size_t after = header.len;
    while (after < t->head.len && (t->head.p[after] == '\r' || t->head.p[after] == '\n'))
        after++;
    return hg_frame_whole(framing, t->head.p + after, t->head.len - after) > 0;
}

static bool tell_lines(struct teller *t, struct opening *ret)
{
    bool enough = true;
    if (!hg_frame_head(t->head, t->final || t->full, &t->first))
        return false;
    if (ret->decoder == NULL)
        ret->decoder = probe_lines(t, &enough, &ret->reason);
    if (!enough || ret->decoder == NULL)
        return enough;
    ret->framing = ret->decoder->framing;
    if (!hg_framing_has_header(ret->framing))
        return true;
    ret->header = t->first;
    return t->final || t->full || has_row(t, ret->framing, ret->header);
}

/* Objects or elements: by the first whole one. */
static bool tell_blocks(struct teller *t, struct opening *ret)
{
    struct hg_slice blocks = hg_slice_from(t->head, ret->skip);
    if (!t->final && !t->full && hg_frame_whole(ret->framing, blocks.p, blocks.len) == 0)
        return false;
    t->first = hg_identity_first_record(ret->framing, blocks);
    if (ret->decoder == NULL)
        ret->decoder = probe(t, t->first, &ret->reason);
    return true;
}

/* However much of a very long first record was read by now, its identity is that of its beginning. */
static struct hg_slice beginning(struct hg_slice bytes)
{
    return bytes.len > HG_RECORD_BYTES_MAX ? (struct hg_slice){bytes.p, HG_RECORD_BYTES_MAX} : bytes;
}

bool opening_tell(const struct hg_input_settings *settings, struct hg_decode_worker *prober, struct hg_slice head, bool final, bool full,
                  struct opening *ret)
{
    struct teller t = {.settings = settings, .prober = prober, .head = head, .final = final, .full = full};
    *ret = (struct opening){.decoder = settings->decoder, .framing = HG_FRAME_LINES};
    if (head.len == 0 || (memchr(head.p, '\n', head.len) == NULL && !final && head.len < HG_RECORD_BYTES_MAX) ||
        !hg_frame_tell(head, final || full, &ret->framing, &ret->skip))
        return false;
    bool lines = ret->framing == HG_FRAME_LINES;
    if (lines)
        ret->skip = 0;
    if (lines ? !tell_lines(&t, ret) : !tell_blocks(&t, ret))
        return false;
    struct hg_slice all = beginning(hg_slice_from(head, ret->skip));
    ret->identity = ret->decoder == NULL ? hg_identity_named(HG_DATASET_iscx, beginning(t.first))
                                         : hg_identity_stream(ret->decoder->dataset, hg_identity_first_record(ret->framing, all));
    return true;
}
