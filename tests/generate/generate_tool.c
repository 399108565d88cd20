/*
 * generate_tool DIR ROWS SEED: writes the logs.
 * generate_tool --ids DIR: prints "log event_id" for each line of iscx.csv and eve.json, so that scripts can join them
 * with truth.csv.
 */
#include "base/num.h"
#include "decode/decode.h"
#include "generate/generate.h"

#include <stdio.h>
#include <stdlib.h>

static int print_ids(const char *dir, const char *name, const char *log, enum hg_dataset dataset,
                     enum hg_framing framing)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 1;
    char first[2 * HG_RECORD_BYTES_MAX];
    size_t n = fread(first, 1, sizeof first, file);
    struct hg_id stream = hg_identity_stream(dataset, hg_identity_first_record(framing, (struct hg_slice){first, n}));
    rewind(file);
    char *line = NULL;
    size_t cap = 0;
    uint64_t offset = 0, row = 0;
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0; offset += (uint64_t)len, row++) {
        char text[HG_ID_TEXT_BYTES];
        struct hg_id id = hg_identity_event(&stream, offset);
        hg_id_print(&id, text);
        if (framing != HG_FRAME_CSV || row > 0)
            printf("%s %.*s\n", log, HG_ID_TEXT_BYTES, text);
    }
    free(line);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct hg_generate_settings settings = {0};
    struct hg_err err = {0};
    if (argc == 3 && strcmp(argv[1], "--ids") == 0)
        return print_ids(argv[2], "iscx.csv", "iscx", HG_DATASET_iscx, HG_FRAME_CSV) |
               print_ids(argv[2], "eve.json", "suricata", HG_DATASET_suricata, HG_FRAME_LINES);
    if (argc != 4 || !hg_num_parse_u64(hg_slice_of(argv[2]), &settings.rows) ||
        !hg_num_parse_u64(hg_slice_of(argv[3]), &settings.seed)) {
        fputs("usage: generate_tool DIR ROWS SEED\n       generate_tool --ids DIR\n", stderr);
        return 2;
    }
    settings.out_dir = argv[1];
    enum hg_rc rc = hg_generate(&settings, &err);
    if (rc != HG_OK)
        fprintf(stderr, "%s\n", err.msg);
    return rc == HG_OK ? 0 : rc == HG_EUSAGE ? 2 : 1;
}
