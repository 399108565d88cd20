#include "app/command.h"
#include "core/event_json.h"
#include "detect/model.h"

static const char help[] =
    "usage: honeyguide score --model FILE [OPTIONS] FILE|FOLDER|-...\n\n"
    "Prints each event with its anomaly_score (0 to 1), is_anomaly and severity (high, medium, low or none). Several files are merged\n"
    "by event time.\n\n"
    "  --model FILE                                what `honeyguide train` wrote (required)\n"
    "  --output jsonl|scores                       whole events as JSON lines, or event_id,anomaly_score,severity as CSV\n"
    "  --ignore-labels                             leave out what the data sets themselves say of their rows\n"
    HG_HELP_SCAN HG_HELP_ZONE
    "\nexample:\n  honeyguide score --model normal.model --output scores tuesday.csv > scores.csv\n";

struct scoring {
    const struct hg_feature_settings *features;
    struct hg_model *model;
};

static void score_frame(const struct scoring *scoring, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    frame->matrix.rows = frame->n_events;
    hg_features(scoring->features, frame->events, frame->n_events, &frame->matrix);
    hg_model_score(scoring->model, worker->scratch, frame->events, frame->n_events, &frame->matrix, frame->scores);
    for (size_t i = 0; i < frame->n_events; i++)
        frame->scores[i].severity = hg_severity_at(frame->scores[i].p, 0.01);
}

static void json_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    score_frame(self, frame, worker);
    struct hg_jsonw w = {.buf = &frame->out};
    for (size_t i = 0; i < frame->n_events; i++) {
        w.comma = false;
        hg_jsonw_open(&w, '{');
        hg_event_json_members(frame->events[i], &frame->arena, &w);
        hg_score_json_members(&frame->scores[i], &w);
        hg_jsonw_key(&w, "attributes");
        hg_put_attributes(frame, frame->events[i], worker, &w);
        hg_jsonw_close(&w, '}');
        hg_buf_char(&frame->out, '\n');
    }
}

static void scores_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    score_frame(self, frame, worker);
    for (size_t i = 0; i < frame->n_events; i++) {
        const struct hg_score *score = &frame->scores[i];
        char id[HG_ID_TEXT_BYTES];
        hg_id_print(&frame->events[i]->id, id);
        hg_buf_add(&frame->out, id, sizeof id);
        hg_buf_char(&frame->out, ',');
        if (score->state != HG_NO_SUBMODEL)
            hg_buf_f64(&frame->out, score->value);
        hg_buf_char(&frame->out, ',');
        hg_buf_text(&frame->out, hg_severity_name((enum hg_severity)score->severity));
        hg_buf_char(&frame->out, '\n');
    }
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_score;
const struct hg_command hg_command_score = {"score", "logs and a model in, scored events out", help, run};

static int run(int argc, char **argv)
{
    enum { MODEL = HG_OPT_OWN, OUTPUT, IGNORE };
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, {"model", required_argument, NULL, MODEL},
                                            {"output", required_argument, NULL, OUTPUT}, {"ignore-labels", no_argument, NULL, IGNORE},
                                            HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_score;
    struct hg_common common = hg_common_default();
    const char *path = NULL;
    bool scores = false, ignore_labels = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == MODEL) {
            path = optarg;
        } else if (option == IGNORE) {
            ignore_labels = true;
        } else if (option == OUTPUT) {
            scores = hg_slice_is(HG_SLICE("scores"), optarg);
            if (!scores && !hg_slice_is(HG_SLICE("jsonl"), optarg))
                return hg_usage(command, "--output takes jsonl or scores, not '%s'", optarg);
        } else if (!hg_common_option(command, &common, option, optarg)) {
            return EXIT_USAGE;
        }
    }
    if (path == NULL)
        return hg_usage(command, "--model FILE is needed: `honeyguide train` writes one");
    struct hg_err err;
    struct scoring scoring = {.features = &common.features};
    if (hg_model_load(path, &scoring.model, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_scan_command scan = {.command = command, .common = &common, .scan.ignore_labels = ignore_labels,
                                   .task = {.self = &scoring, .work = scores ? scores_work : json_work, .done = hg_print_frame},
                                   .header = scores ? HG_SLICE("event_id,anomaly_score,severity\n") : HG_SLICE("")};
    int status = hg_run_scan(&scan, argc, argv);
    hg_model_destroy(scoring.model);
    return status;
}
