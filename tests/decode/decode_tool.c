/* decode_tool [--mapping FILE] FILE...: what the decoders make of each file, as the golden files have it. */
#include "decode/decode_support.h"

#include <stdio.h>
#include <stdlib.h>

static const struct hg_decoder *probe(const struct hg_formats *formats, const char *path, struct hg_slice bytes)
{
    struct hg_decode_worker *worker;
    struct hg_slice head = HG_SLICE_NONE;
    enum hg_reason reason = HG_REASON_NONE;
    enum hg_framing framing = HG_FRAME_LINES;
    size_t skip = 0;
    if (hg_frame_tell(bytes, true, &framing, &skip) && framing != HG_FRAME_LINES)
        head = hg_identity_first_record(framing, hg_slice_from(bytes, skip));
    else
        (void)hg_frame_head(bytes, true, &head);
    char *copy = calloc(1, head.len + HG_BATCH_PADDING);
    if (copy == NULL || hg_decode_worker_create(&worker, NULL) != HG_OK)
        exit(1);
    if (head.len > 0)
        memcpy(copy, head.p, head.len);
    const struct hg_decoder *decoder = hg_formats_probe(formats, worker, (struct hg_slice){copy, head.len}, &reason);
    if (decoder == NULL)
        fprintf(stderr, "%s: %s\n", path, hg_reason_text(reason));
    hg_decode_worker_destroy(worker);
    free(copy);
    return decoder;
}

int main(int argc, char **argv)
{
    int failed = 0, first = argc > 2 && strcmp(argv[1], "--mapping") == 0 ? 3 : 1;
    struct hg_formats *formats;
    struct hg_err err;
    if (hg_formats_create((const char *const *)argv + 2, first == 3, &formats, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    for (int i = first; i < argc; i++) {
        struct hg_slice bytes = read_whole(argv[i]);
        struct input input;
        struct hg_buf buf;
        if (bytes.p == NULL) {
            fprintf(stderr, "%s: can't be read\n", argv[i]);
            return 2;
        }
        hg_buf_init(&buf, (size_t)1 << 31);
        const struct hg_decoder *decoder = probe(formats, argv[i], bytes);
        if (decoder == NULL || !input_open(&input, decoder, argv[i], bytes)) {
            failed = 1;
        } else {
            input_print(&input, &buf);
            fwrite(buf.p, 1, buf.len, stdout);
            input_close(&input);
        }
        hg_buf_free(&buf);
        free((void *)(uintptr_t)bytes.p);
    }
    hg_formats_destroy(formats);
    return failed;
}
