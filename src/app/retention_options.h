/* The options that say what the store may keep: store/store.h. */
#ifndef HG_APP_RETENTION_OPTIONS_H
#define HG_APP_RETENTION_OPTIONS_H

#include "app/command.h"
#include "store/store.h"

#define HG_KEEP_US_MIN    HG_HOUR
#define HG_KEEP_BYTES_MIN (UINT64_C(16) * 1024 * 1024)

#define HG_OPTIONS_RETENTION \
    {"keep", required_argument, NULL, HG_OPT_KEEP}, {"keep-bytes", required_argument, NULL, HG_OPT_KEEP_BYTES}, \
    {"min-free", required_argument, NULL, HG_OPT_MIN_FREE}

#define HG_HELP_RETENTION \
    "  --keep DURATION        what is older by event time goes: 90d, 36h (default: nothing goes)\n" \
    "  --keep-bytes SIZE      beyond it the oldest events go: 20GiB, 500MiB (default: no limit)\n" \
    "  --min-free SIZE        with less free disk the oldest events go, and the file stops growing (default: 0)\n"

static inline bool hg_retention_takes(int option)
{
    return option >= HG_OPT_KEEP && option <= HG_OPT_MIN_FREE;
}
/* Takes one of the above; false after saying what was wrong. */
bool hg_retention_option(const struct hg_command *command, struct hg_retention *retention, int option, const char *argument);

/* The values alone, for the configuration; what was expected where they are wrong. */
bool hg_keep_parse(struct hg_slice text, int64_t *ret);
bool hg_keep_bytes_parse(struct hg_slice text, uint64_t *ret);
bool hg_min_free_parse(struct hg_slice text, uint64_t *ret);
#define HG_KEEP_EXPECTED       "a duration of at least 1h, such as 90d"
#define HG_KEEP_BYTES_EXPECTED "a size of at least 16MiB, such as 20GiB"
#define HG_MIN_FREE_EXPECTED   "a size such as 500MiB or 2GiB"

#endif
