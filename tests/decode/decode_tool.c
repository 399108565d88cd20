/* decode_tool FILE...: what the decoders make of each file, as the golden files have it. */
#include "decode/decode_support.h"

#include <stdio.h>
#include <stdlib.h>

static const struct hg_decoder *probe(const char *path, struct hg_slice bytes)
{
    struct hg_decode_worker *worker;
    enum hg_reason reason = HG_REASON_NONE;
    size_t end = 0;
    while (end < bytes.len && bytes.p[end] != '\n')
        end++;
    char *copy = calloc(1, end + HG_BATCH_PADDING);
    if (copy == NULL || hg_decode_worker_create(&worker, NULL) != HG_OK)
        exit(1);
    memcpy(copy, bytes.p, end);
    const struct hg_decoder *decoder = hg_decoder_probe(worker, (struct hg_slice){copy, end}, &reason);
    if (decoder == NULL)
        fprintf(stderr, "%s: %s\n", path, hg_reason_text(reason));
    hg_decode_worker_destroy(worker);
    free(copy);
    return decoder;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        struct hg_slice bytes = read_whole(argv[i]);
        struct input input;
        struct hg_buf buf;
        if (bytes.p == NULL) {
            fprintf(stderr, "%s: can't be read\n", argv[i]);
            return 2;
        }
        hg_buf_init(&buf, (size_t)1 << 31);
        const struct hg_decoder *decoder = probe(argv[i], bytes);
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
    return failed;
}
