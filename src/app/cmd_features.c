#include "app/command.h"

static const char help[] =
    "usage: honeyguide features [OPTIONS] FILE|FOLDER|-...\n\n"
    "Prints the features of each event as CSV with a header, one row an event, in input order. What a log doesn't say, and what\n"
    "can't be computed (a rate over zero seconds), is an empty cell. docs/features.md defines each.\n\n"
    "  --windows                                   print what the windows hold instead: of each event what it says, and of its source,\n"
    "                                              its target and the pair of them every count of every window; several\n"
    "                                              files are merged by event time, as `honeyguide score` does\n"
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

/* ---- --windows */

/* X(member of struct hg_window) */
#define WINDOW_MEMBERS(X) \
    X(events) X(failed) X(known) X(peers) X(ports) X(packets_sent) X(packets_received) X(bytes_sent) X(bytes_received)

static void windows_header(struct hg_buf *out)
{
    static const char *const kinds[HG_ENTITY_KINDS] = {"source", "target", "pair"}, *const spans[HG_SPANS] = {"10s", "1m", "10m", "1h"};
    hg_buf_text(out, "event_time,source_ip,destination_ip,destination_port,failed,packets_sent,packets_received,bytes_sent,bytes_received");
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        for (int span = 0; span < HG_SPANS; span++) {
#define MEMBER(name) hg_buf_printf(out, ",%s_%s_%s", kinds[k], spans[span], #name);
            WINDOW_MEMBERS(MEMBER)
#undef MEMBER
        }
        hg_buf_printf(out, ",%s_interval_s,%s_regularity,%s_first_seen_s,%s_last_seen_s", kinds[k], kinds[k], kinds[k], kinds[k]);
    }
}

static void put_counter(struct hg_buf *out, const struct hg_event *event, enum hg_field field, int64_t value)
{
    hg_buf_char(out, ',');
    if (hg_event_has(event, field))
        hg_buf_i64(out, value);
}

static void put_address(struct hg_buf *out, const struct hg_event *event, enum hg_field field, const struct hg_ip *ip)
{
    char text[HG_IP_TEXT_BYTES];
    hg_buf_char(out, ',');
    if (hg_event_has(event, field))
        hg_buf_add(out, text, hg_ip_print(ip, text));
}

static void put_event(struct hg_buf *out, const struct hg_event *event)
{
    char time[HG_TIME_TEXT_BYTES];
    bool known, failed = hg_event_failed(event, &known);
    hg_time_print(event->time_us, time);
    hg_buf_add(out, time, sizeof time);
    put_address(out, event, HG_FIELD_source_ip, &event->source_ip);
    put_address(out, event, HG_FIELD_destination_ip, &event->destination_ip);
    put_counter(out, event, HG_FIELD_destination_port, event->destination_port);
    hg_buf_text(out, !known ? "," : failed ? ",1" : ",0");
    put_counter(out, event, HG_FIELD_packets_sent, event->packets_sent);
    put_counter(out, event, HG_FIELD_packets_received, event->packets_received);
    put_counter(out, event, HG_FIELD_bytes_sent, event->bytes_sent);
    put_counter(out, event, HG_FIELD_bytes_received, event->bytes_received);
}

static void put_float(struct hg_buf *out, float value)
{
    hg_buf_char(out, ',');
    if (value - value == 0.0f)
        hg_buf_f32(out, value);
}

static void put_entity(struct hg_buf *out, const struct hg_event *event, const struct hg_entity_view *entity)
{
    for (int span = 0; span < HG_SPANS; span++) {
#define MEMBER(name) \
        hg_buf_char(out, ','); \
        if (entity->windows != NULL) \
            hg_buf_u64(out, entity->windows[span].name);
        WINDOW_MEMBERS(MEMBER)
#undef MEMBER
    }
    if (entity->windows == NULL) {
        hg_buf_text(out, ",,,,");
        return;
    }
    put_float(out, entity->interval_s);
    put_float(out, entity->regularity);
    hg_buf_char(out, ',');
    hg_buf_f64(out, (double)(event->time_us - entity->first_us) / 1e6);
    hg_buf_char(out, ',');
    if (entity->last_us != HG_TIME_NONE)
        hg_buf_f64(out, (double)(event->time_us - entity->last_us) / 1e6);
}

struct windows_task {
    struct hg_behave *behave;
    struct hg_buf *out; /* of the frame at hand */
};

static void see(void *self, const struct hg_event *event, const struct hg_context *context)
{
    struct windows_task *task = self;
    put_event(task->out, event);
    for (int k = 0; k < HG_ENTITY_KINDS; k++)
        put_entity(task->out, event, &context->of[k]);
    hg_buf_char(task->out, '\n');
}

static void no_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)self;
    (void)frame;
    (void)worker;
}

static enum hg_rc print_windows(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct windows_task *task = self;
    task->out = &frame->out;
    (void)hg_behave_run(task->behave, frame->events, frame->n_events, &frame->matrix, frame->findings);
    return hg_print_frame(NULL, frame, reterr);
}

/* ---- the command */

static int run(int argc, char **argv);
extern const struct hg_command hg_command_features;
const struct hg_command hg_command_features = {"features", "logs in, the features of each event out", help, run};

static int run_windows(struct hg_scan_command *scan, int argc, char **argv)
{
    struct windows_task task = {0};
    struct hg_err err = {0};
    if (hg_behave_create(NULL, &task.behave, &err) != HG_OK)
        return hg_failed(&hg_command_features, &err);
    hg_behave_watch(task.behave, see, &task);
    scan->scan = (struct hg_scan_settings){0}; /* merged by event time, as they are scored; its own behaviour is asked */
    scan->task = (struct hg_scan_task){.self = &task, .work = no_work, .done = print_windows};
    int status = hg_run_scan(scan, argc, argv);
    hg_behave_destroy(task.behave);
    return status;
}

static int run(int argc, char **argv)
{
    enum { WINDOWS = HG_OPT_OWN };
    static const struct option options[] = {{"windows", no_argument, NULL, WINDOWS}, HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_END};
    struct hg_common common = hg_common_default();
    bool windows = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == WINDOWS)
            windows = true;
        else if (!hg_common_option(&hg_command_features, &common, option, optarg))
            return EXIT_USAGE;
    }
    struct hg_buf header;
    hg_buf_init(&header, 16384);
    if (windows)
        windows_header(&header);
    else
        hg_features_csv_header(&header);
    hg_buf_char(&header, '\n');
    struct hg_scan_command scan = {.command = &hg_command_features, .common = &common, .scan = {.sequential = true, .behaviour = true},
                                   .task = {.self = &common.features, .work = work, .done = hg_print_frame}, .header = hg_buf_slice(&header)};
    int status = windows ? run_windows(&scan, argc, argv) : hg_run_scan(&scan, argc, argv);
    hg_buf_free(&header);
    return status;
}
