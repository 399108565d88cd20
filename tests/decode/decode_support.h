/* What the decode tests share: reading a whole input the way the pipeline does, and printing what came of it. */
#ifndef HG_TESTS_DECODE_SUPPORT_H
#define HG_TESTS_DECODE_SUPPORT_H

#include "core/event_json.h"
#include "decode/formats.h"

struct input { /* one input, decoded as one batch */
    struct hg_decode_worker *worker;
    struct hg_decode_context *context;
    struct hg_batch batch;
    size_t skip; /* bytes before the first record: brackets around all of them */
};

/* Decodes bytes as `decoder` would a file called name, framed as its head says. False when it can't be set up. */
bool input_open(struct input *input, const struct hg_decoder *decoder, const char *name, struct hg_slice bytes);
void input_close(struct input *input);

/* The event with its attributes as one JSON object and a newline. */
void event_line(const struct input *input, const struct hg_event *event, struct hg_buf *buf);
/* Every record of the input in order: events as JSON, rejects as {"offset":…,"reason":…}, then the counts. */
void input_print(const struct input *input, struct hg_buf *buf);

/* The whole file, gunzipped never; {NULL, 0} where it can't be read. The caller frees p. */
struct hg_slice read_whole(const char *path);

#endif
