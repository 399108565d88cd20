/*
 * One log as a stream of batches of whole records: reader, format, framing. The format is told by the first lines; a file of
 * none is malformed throughout (unknown_format, or foreign_export for exports that are recognised).
 */
#ifndef HG_PIPELINE_INPUT_H
#define HG_PIPELINE_INPUT_H

#include "core/batch.h"
#include "decode/decode.h"

#define HG_INPUT_BATCH_BYTES ((size_t)256 * 1024)

struct hg_input_settings {
    const struct hg_decoder *decoder;          /* NULL: by content */
    int64_t timezone_us[HG_DATASET_COUNT];     /* of naive stamps; HG_TIMEZONE_DEFAULT: the decoder's own */
};

struct hg_input_settings hg_input_settings_default(void);

struct hg_input;

HG_MUST_USE enum hg_rc hg_input_open(const char *path, const struct hg_input_settings *settings, struct hg_decode_worker *prober,
                                     struct hg_input **ret, struct hg_err *reterr);
void hg_input_close(struct hg_input *input);

/* The next run of whole records, not yet decoded, into a cleared batch. HG_EEND: nothing more for now; with `final` a last
 * record without newline is given too. May be called again after HG_EEND for a log that grows. A batch of an unknown format
 * comes back with its rejects counted and no bytes to decode. */
HG_MUST_USE enum hg_rc hg_input_next(struct hg_input *input, bool final, struct hg_batch *batch, struct hg_err *reterr);

/* NULL until the first record was seen, and for an unknown format. */
const struct hg_decode_context *hg_input_context(const struct hg_input *input);
bool hg_input_unknown(const struct hg_input *input);
const char *hg_input_path(const struct hg_input *input);
uint64_t hg_input_taken(const struct hg_input *input); /* bytes of the file, for progress */
uint64_t hg_input_size(const struct hg_input *input);

#endif
