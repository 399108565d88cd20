#include "app/command.h"

static const char help[] =
    "usage: honeyguide features [OPTIONS] FILE|FOLDER|-...\n\n"
    "Prints the features of each event as CSV with a header, one row an event, in input order. What a log doesn't say, and what\n"
    "can't be computed (a rate over zero seconds), is an empty cell. docs/features.md defines each.\n\n"
    HG_HELP_SCAN HG_HELP_ZONE
    "\nexample:\n  honeyguide features TestbedMonJun14Flows.csv > features.csv\n";

static void work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)worker;
    frame->matrix.rows = frame->n_events;
    hg_features(self, frame->events, frame->n_events, &frame->matrix);
    for (size_t i = 0; i < frame->n_events; i++) {
        hg_features_csv_row(&frame->matrix, i, &frame->out);
        hg_buf_char(&frame->out, '\n');
    }
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_features;
const struct hg_command hg_command_features = {"features", "logs in, the features of each event out", help, run};

static int run(int argc, char **argv)
{
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_END};
    struct hg_common common = hg_common_default();
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!hg_common_option(&hg_command_features, &common, option, optarg))
            return EXIT_USAGE;
    struct hg_buf header;
    hg_buf_init(&header, 4096);
    hg_features_csv_header(&header);
    hg_buf_char(&header, '\n');
    struct hg_scan_command scan = {.command = &hg_command_features, .common = &common, .scan.sequential = true,
                                   .task = {.self = &common.features, .work = work, .done = hg_print_frame}, .header = hg_buf_slice(&header)};
    int status = hg_run_scan(&scan, argc, argv);
    hg_buf_free(&header);
    return status;
}
