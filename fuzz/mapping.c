/* A mapping file: taken as a whole, or refused with words. What was taken can be asked about a log. */
#include "fuzz.h"

#include "core/batch.h"
#include "decode/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hg_decode_worker *worker;
    struct mapping *mapping = NULL;
    struct hg_err err = {0};
    FUZZ_CHECK(worker != NULL || hg_decode_worker_create(&worker, &err) == HG_OK);
    if (mapping_parse("x.yaml", size % 2 == 0, (struct hg_slice){(const char *)data, size}, &mapping, &err) != HG_OK) {
        FUZZ_CHECK(err.msg[0] != '\0');
        return 0;
    }
    char *head = fuzz_copy("ts,id.orig_h,id.resp_h,proto", 28, HG_BATCH_PADDING, '"');
    (void)mapping_probe(mapping, worker, (struct hg_slice){head, 28});
    free(head);
    mapping_destroy(mapping);
    return 0;
}
