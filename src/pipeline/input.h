/*
 * One log as a sequence of batches of whole records: bytes, format, framing. The format is told by the first lines; a stream of
 * none is malformed throughout (unknown_format, or foreign_export for exports that are recognised).
 *
 * A file that is read has one stream. A log that is followed has one after the other, as it is rotated: each begins with a first
 * record of its own, and is gone on with where it was left, whichever file holds it now.
 */
#ifndef HG_PIPELINE_INPUT_H
#define HG_PIPELINE_INPUT_H

#include "core/batch.h"
#include "decode/decode.h"
#include "source/follow.h"

#define HG_INPUT_BATCH_BYTES ((size_t)256 * 1024)

struct hg_input_settings {
    const struct hg_formats *formats;          /* NULL: those built in */
    const struct hg_decoder *decoder;          /* NULL: by content */
    int64_t timezone_us[HG_DATASET_COUNT];     /* of naive stamps; HG_TIMEZONE_DEFAULT: the decoder's own */
    size_t batch_bytes;                        /* about so many a batch; 0: HG_INPUT_BATCH_BYTES, which is the most */
    bool skip_unknown;                         /* a file of no known format ends at once instead of being counted */
    /* Followed logs: what of a stream was taken already: the offset behind its last record's first byte, 0 for a new stream. */
    uint64_t (*taken)(void *self, const struct hg_id *identity);
    void *taken_self;
};

struct hg_input_settings hg_input_settings_default(void);

/* What the records of one stream have in common. Held by whoever still needs it, on one thread. */
struct hg_stream {
    struct hg_decode_context *context; /* NULL: of no known format */
    struct hg_id identity;
    enum hg_reason unknown_reason;
    unsigned holders;
    void *account;                     /* the holder's own; NULL at first */
};
void hg_stream_hold(struct hg_stream *stream);
void hg_stream_release(struct hg_stream *stream); /* NULL is fine */

struct hg_input;

/* Reads a file once. */
HG_MUST_USE enum hg_rc hg_input_open(const char *path, const struct hg_input_settings *settings, struct hg_decode_worker *prober,
                                     struct hg_input **ret, struct hg_err *reterr);
/* Follows a log, which need not exist yet; complete_us as for hg_follow_open. */
HG_MUST_USE enum hg_rc hg_input_follow(const char *path, int64_t complete_us, const struct hg_input_settings *settings,
                                       struct hg_decode_worker *prober, struct hg_input **ret, struct hg_err *reterr);
void hg_input_close(struct hg_input *input);

/* The next run of whole records of one stream, not yet decoded, into a cleared batch. HG_EEND: nothing more for now; with `final`
 * a last record without newline is given too. May be called again after HG_EEND for a log that grows. A batch of an unknown format
 * comes back with its rejects counted and no bytes to decode. */
HG_MUST_USE enum hg_rc hg_input_next(struct hg_input *input, bool final, struct hg_batch *batch, struct hg_err *reterr);

/* Of the batch that was given last; NULL until the first record was seen. */
struct hg_stream *hg_input_stream(const struct hg_input *input);
/* NULL until the first record was seen, and for an unknown format. */
const struct hg_decode_context *hg_input_context(const struct hg_input *input);
/* Why a stream of it was of no known format: unknown_format or foreign_export; HG_REASON_NONE where none was. */
enum hg_reason hg_input_unknown(const struct hg_input *input);
const char *hg_input_path(const struct hg_input *input);
uint64_t hg_input_taken(const struct hg_input *input); /* bytes of the file, for progress; 0 when followed */
uint64_t hg_input_size(const struct hg_input *input);
/* False: it is no followed log. */
bool hg_input_follow_status(const struct hg_input *input, struct hg_follow_status *ret);
int hg_input_fd(const struct hg_input *input); /* becomes readable when something may have changed; -1: none */
bool hg_input_ended(const struct hg_input *input); /* a pipe that was closed, a file that is read once and was read */

#endif
