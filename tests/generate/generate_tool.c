/* generate_tool DIR ROWS SEED: drives the generator where tests need files. */
#include "base/num.h"
#include "generate/generate.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct hg_generate_settings settings = {0};
    struct hg_err err = {0};
    if (argc != 4 || !hg_num_parse_u64(hg_slice_of(argv[2]), &settings.rows) || !hg_num_parse_u64(hg_slice_of(argv[3]), &settings.seed)) {
        fputs("usage: generate_tool DIR ROWS SEED\n", stderr);
        return 2;
    }
    settings.out_dir = argv[1];
    enum hg_rc rc = hg_generate(&settings, &err);
    if (rc != HG_OK)
        fprintf(stderr, "%s\n", err.msg);
    return rc == HG_OK ? 0 : rc == HG_EUSAGE ? 2 : 1;
}
