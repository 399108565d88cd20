#include "app/command.h"
#include "store/store.h"

#include <stdio.h>

static const char help[] =
    "usage: honeyguide digest --state DIR\n\n"
    "Prints a SHA-256 over the alerts, stored events, accounts and rollups of a state directory in canonical order. Two runs over the\n"
    "same input, at any speed, batch size or number of threads, have the same digest.\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_digest;
const struct hg_command hg_command_digest = {"digest", "a checksum of all results, to compare runs", help, run};

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, HG_OPT_OWN}, HG_OPTIONS_END};
    struct hg_common common = hg_common_default();
    const char *state = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == HG_OPT_OWN)
            state = optarg;
        else if (!hg_common_option(&hg_command_digest, &common, option, optarg))
            return EXIT_USAGE;
    }
    if (state == NULL || optind != argc)
        return hg_usage(&hg_command_digest, "--state DIR says whose, and nothing else");
    struct hg_err err;
    char digest[HG_DIGEST_TEXT_BYTES + 1];
    if (hg_store_digest(state, digest, &err) != HG_OK)
        return hg_failed(&hg_command_digest, &err);
    puts(digest);
    return EXIT_DONE;
}
