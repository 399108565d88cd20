#include "app/command.h"
#include "core/event_json.h"

static const char help[] =
    "usage: honeyguide normalize [OPTIONS] FILE|FOLDER|-...\n\n"
    "Prints the records of logs as unified events, in input order, one JSON object a line.\n"
    "Files (plain, gzip or zstd), folders and globs; - is standard input. Each file's format is told from its content.\n\n"
    "  --output jsonl|csv                          what to print (default: jsonl)\n"
    HG_HELP_SCAN
    "\nexample:\n  honeyguide normalize --stats cowrie.json eve.json.1.gz > events.jsonl\n";

static void json_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)self;
    struct hg_jsonw w = {.buf = &frame->out};
    for (size_t i = 0; i < frame->n_events; i++) {
        w.comma = false;
        hg_jsonw_open(&w, '{');
        hg_event_json_members(frame->events[i], &frame->arena, &w);
        hg_jsonw_key(&w, "attributes");
        hg_put_attributes(frame, frame->events[i], worker, &w);
        hg_jsonw_close(&w, '}');
        hg_buf_char(&frame->out, '\n');
    }
}

static void csv_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)self;
    struct hg_buf attributes;
    hg_buf_init(&attributes, (size_t)8 * HG_RECORD_BYTES_MAX);
    for (size_t i = 0; i < frame->n_events; i++) {
        struct hg_jsonw w = {.buf = &attributes};
        hg_buf_clear(&attributes);
        hg_put_attributes(frame, frame->events[i], worker, &w);
        hg_event_csv_row(frame->events[i], &frame->arena, hg_buf_slice(&attributes), &frame->out);
        hg_buf_char(&frame->out, '\n');
    }
    hg_buf_free(&attributes);
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_normalize;
const struct hg_command hg_command_normalize = {"normalize", "logs in, unified events out", help, run};

static int run(int argc, char **argv)
{
    static const struct option options[] = {HG_OPTIONS_SCAN, {"output", required_argument, NULL, HG_OPT_OWN}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_normalize;
    struct hg_common common = hg_common_default();
    bool csv = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != HG_OPT_OWN) {
            if (!hg_common_option(command, &common, option, optarg))
                return EXIT_USAGE;
            continue;
        }
        csv = hg_slice_is(HG_SLICE("csv"), optarg);
        if (!csv && !hg_slice_is(HG_SLICE("jsonl"), optarg))
            return hg_usage(command, "--output takes jsonl or csv, not '%s'", optarg);
    }
    struct hg_buf header;
    hg_buf_init(&header, 4096);
    if (csv) {
        hg_event_csv_header(&header);
        hg_buf_char(&header, '\n');
    }
    struct hg_scan_command scan = {.command = command, .common = &common, .scan.sequential = true,
                                   .task = {.work = csv ? csv_work : json_work, .done = hg_print_frame}, .header = hg_buf_slice(&header)};
    int status = hg_run_scan(&scan, argc, argv);
    hg_buf_free(&header);
    return status;
}
