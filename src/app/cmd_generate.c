#include "app/command.h"
#include "generate/generate.h"

#include <stdio.h>

static const char help[] =
    "usage: honeyguide generate --out DIR [--rows N] [--seed N]\n\n"
    "Makes logs of a small company behind a honeypot sensor: iscx.csv, cowrie.json, dionaea.json and eve.json, days of ordinary\n"
    "traffic with attacks among it, and truth.csv (event_id,label,attack_type,campaign). Same rows and seed, same bytes.\n"
    "docs/generate.md says what is in it, and what it can't show.\n\n"
    "  --out DIR     where the files go; made where missing, files of these names are replaced (required)\n"
    "  --rows N      records over the four logs together (default: 100000)\n"
    "  --seed N      (default: 1)\n";

struct making {
    struct hg_progress progress;
    uint64_t rows;
};

static void show(void *self, uint64_t rows)
{
    struct making *making = self;
    hg_progress_update(&making->progress, rows, rows, making->rows);
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_generate;
const struct hg_command hg_command_generate = {"generate", "make logs with attacks in them, and the truth", help, run};

static int run(int argc, char **argv)
{
    enum { OUT = HG_OPT_OWN, ROWS, SEED };
    static const struct option options[] = {{"out", required_argument, NULL, OUT}, {"rows", required_argument, NULL, ROWS},
                                            {"seed", required_argument, NULL, SEED}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_generate;
    struct making making = {.progress = hg_progress_start("rows"), .rows = 100000};
    struct hg_common common = hg_common_default();
    const char *out = NULL;
    uint64_t seed = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool good = true;
        if (option == OUT)
            out = optarg;
        else if (option == ROWS)
            good = hg_opt_u64(command, "--rows", optarg, 100, UINT64_C(10000000000), &making.rows);
        else if (option == SEED)
            good = hg_opt_u64(command, "--seed", optarg, 0, UINT64_MAX, &seed);
        else
            good = hg_common_option(command, &common, option, optarg);
        if (!good)
            return EXIT_USAGE;
    }
    if (out == NULL || optind != argc)
        return hg_usage(command, out == NULL ? "--out DIR says where the logs go" : "it takes no files");
    struct hg_err err;
    struct hg_generate_settings settings = {.out_dir = out, .rows = making.rows, .seed = seed, .progress = show, .self = &making};
    enum hg_rc rc = hg_generate(&settings, &err);
    hg_progress_end(&making.progress);
    return rc == HG_OK ? EXIT_DONE : hg_failed(command, &err);
}
