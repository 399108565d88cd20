/*
 * The program's commands. To add one: write cmd_<name>.c with `const struct hg_command hg_command_<name>` and add a line to
 * commands.def. Exit status: 0 done, 1 failed, 2 used wrongly.
 */
#ifndef HG_APP_COMMAND_H
#define HG_APP_COMMAND_H

#include "app/progress.h"
#include "behave/settings.h"
#include "decode/formats.h"
#include "detect/detect.h"
#include "pipeline/scan.h"

#include "feature/feature.h"
#include "source/inputs.h"

#include <getopt.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct hg_command {
    const char *name;
    const char *summary; /* one line for `honeyguide --help` */
    const char *help;    /* what `honeyguide NAME --help` prints */
    int (*run)(int argc, char **argv);
};

/* Says what is wrong with the call, where to read more, and returns EXIT_USAGE. */
int hg_usage(const struct hg_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints err for the command and returns the status for it. */
int hg_failed(const struct hg_command *command, const struct hg_err *err);

/* ---- options that several commands share */
#define HG_MAPPINGS_MAX 16u

struct hg_common {
    struct hg_input_settings inputs;
    const char *format;                    /* --format; NULL: auto */
    const char *mappings[HG_MAPPINGS_MAX]; /* --mapping */
    size_t n_mappings;
    struct hg_formats *formats;
    struct hg_feature_settings features;
    struct hg_behave_settings rules;
    bool no_behaviour;
    unsigned threads;
    bool stats;
};

enum { HG_OPT_FORMAT = 1, HG_OPT_TIMEZONE, HG_OPT_LOCAL_ZONE, HG_OPT_THREADS, HG_OPT_STATS, HG_OPT_MAPPING,
       HG_OPT_LABEL_COLUMN, HG_OPT_DROP, /* app/table_input.h */
       HG_OPT_ALERTS_PER_DAY, HG_OPT_PER_SOURCE, HG_OPT_FALSE_ALARM_RATE, /* app/budget_options.h */
       HG_OPT_RULE, HG_OPT_NO_BEHAVIOUR, /* app/rule_options.h */
       HG_OPT_KEEP, HG_OPT_KEEP_BYTES, HG_OPT_MIN_FREE, /* app/retention_options.h */
       HG_OPT_STATE, HG_OPT_FROM, HG_OPT_TO, HG_OPT_WINDOW, /* app/ask_options.h */ HG_OPT_OWN };

#define HG_OPTIONS_INPUT \
    {"format", required_argument, NULL, HG_OPT_FORMAT}, {"timezone", required_argument, NULL, HG_OPT_TIMEZONE}, \
    {"mapping", required_argument, NULL, HG_OPT_MAPPING}
#define HG_OPTIONS_SCAN \
    HG_OPTIONS_INPUT, {"threads", required_argument, NULL, HG_OPT_THREADS}, {"stats", no_argument, NULL, HG_OPT_STATS}
#define HG_OPTIONS_ZONE {"local-zone", required_argument, NULL, HG_OPT_LOCAL_ZONE}
#define HG_OPTIONS_END  {NULL, 0, NULL, 0}

#define HG_HELP_INPUT \
    "  --format NAME                               read every file as this format (`honeyguide formats` lists them; default: auto,\n" \
    "                                              told by content)\n" \
    "  --mapping FILE                              a format more, described in YAML (docs/mappings.md); repeatable\n" \
    "  --timezone DATASET=±HH:MM                   zone of stamps that carry none (default: iscx=-03:00, others UTC); repeatable\n"
#define HG_HELP_SCAN \
    HG_HELP_INPUT \
    "  --threads N                                 threads to work with (default: all processors); the output is the same\n" \
    "  --stats                                     at the end, also on failure, the account of all records on standard error\n"
#define HG_HELP_ZONE \
    "  --local-zone [DATASET=]±HH:MM               zone of hour, weekday and business hours (default: iscx=-03:00, others UTC)\n"

struct hg_common hg_common_default(void);
/* Takes what getopt_long returned, if it is one of the above; false after saying what was wrong (also for an unknown option). */
bool hg_common_option(const struct hg_command *command, struct hg_common *common, int option, const char *argument);
/* After the options: makes the formats and finds the one that --format names, into common->inputs. EXIT_DONE, or the status after
 * saying what was wrong. hg_common_free() goes with it. */
int hg_common_formats(const struct hg_command *command, struct hg_common *common);
void hg_common_free(struct hg_common *common);
/* The files that the arguments name: folders and globs are spread out, and what is no log in them is passed over. EXIT_DONE, or the
 * status after saying what was wrong. */
int hg_common_paths(const struct hg_command *command, struct hg_common *common, char **inputs, size_t n, struct hg_paths *ret);
/* A line that says that a file is of no known format, and what becomes of it. */
void hg_put_unknown(struct hg_buf *out, const struct hg_command *command, const char *path, enum hg_reason why, bool passed_over);
bool hg_opt_u64(const struct hg_command *command, const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *ret);
/* --detector: false after saying which ones there are. */
bool hg_opt_detector(const struct hg_command *command, const char *name, const struct hg_detector **ret);

/* Writes everything to standard output; HG_EIO when it can't (a full disk, a closed pipe). */
HG_MUST_USE enum hg_rc hg_output(struct hg_slice bytes, struct hg_err *reterr);

/* What attackers wrote must not steer the terminal it is shown on: control and bidirectional characters, and bytes that are no
 * UTF-8, become \uXXXX. */
void hg_put_plain(struct hg_buf *out, struct hg_slice bytes);
/* The first line of a token file; false after saying what is wrong. */
bool hg_read_token(const struct hg_command *command, const char *path, char *out, size_t room);

/* A command over files, from header to exit status: checks that files were named, scans, prints stats and what went wrong. */
struct hg_scan_command {
    const struct hg_command *command;
    struct hg_common *common;
    struct hg_scan_settings scan; /* sequential, ignore_labels and behaviour; the rest is filled in */
    struct hg_scan_task task;     /* without progress */
    struct hg_slice header;       /* printed first */
};
int hg_run_scan(const struct hg_scan_command *scan, int argc, char **argv);

/* A task's `done` that prints frame->out. */
HG_MUST_USE enum hg_rc hg_print_frame(void *self, struct hg_frame *frame, struct hg_err *reterr);
/* "attributes": {…} of an event of the frame. */
void hg_put_attributes(struct hg_frame *frame, const struct hg_event *event, struct hg_pool_worker *worker, struct hg_jsonw *w);

#endif
