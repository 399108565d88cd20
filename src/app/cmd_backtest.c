#include "aggregate/aggregate.h"
#include "app/budget_options.h"
#include "app/rule_options.h"
#include "detect/budget.h"
#include "evaluate/backtest.h"
#include "evaluate/truth.h"

#include <stdio.h>

#define FAR_AHEAD (INT64_MAX / 2) /* nothing here is live: no event is ahead of the clock */

static const char help[] =
    "usage: honeyguide backtest --model A --against B [OPTIONS] FILE|FOLDER|-...\n\n"
    "Judges the same events by two models at one budget, and says by day and family of attacks which anomalous events and alerts B would\n"
    "gain, lose or move (to another severity or leading reason). The rates that the budget means are those of model A, so that both\n"
    "models are held to the same. Data sets' own labels name families and do nothing else.\n\n"
    "  --model FILE                                the model that is in use, say\n"
    "  --against FILE                              the one that may take its place\n"
    "  --truth FILE                                event_id,label,attack_type to take families from, in place of the logs' labels\n"
    "  --output text|json                          (default: text)\n"
    HG_HELP_BUDGET HG_HELP_SCAN HG_HELP_ZONE HG_HELP_BEHAVIOUR
    "\nexample:\n  honeyguide backtest --model old.model --against new.model eve.json.1.gz\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_backtest;
const struct hg_command hg_command_backtest = {"backtest", "what another model would change", help, run};

enum { FIRST, SECOND, MODELS };

struct backtesting {
    struct hg_common common;
    const char *paths[MODELS], *truth_path;
    bool json;
    struct hg_model *models[MODELS];
    struct hg_aggregate *aggregates[MODELS];
    struct hg_truth *truth;
    struct hg_backtest *backtest;
    double rates[HG_SUB_COUNT];
    uint64_t sequence;
};

/* ---- a frame: scores of the first model in the frame's own place, of the second in its arena */
static void judge(const struct backtesting *testing, int model, struct hg_frame *frame, struct hg_pool_worker *worker, struct hg_score *scores)
{
    hg_model_score(testing->models[model], worker->scratch, frame->events, frame->n_events, &frame->matrix, scores);
    for (size_t i = 0; i < frame->n_events; i++) {
        scores[i].severity = (uint8_t)hg_severity_at(scores[i].p, testing->rates[hg_submodel_of(frame->events[i])]);
        if (scores[i].severity != HG_SEVERITY_NONE)
            hg_model_explain(testing->models[model], worker->scratch, frame->events[i], i, &frame->matrix, &scores[i]);
    }
}

/* What `done` needs of both, by event. */
static void work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    const struct backtesting *testing = self;
    frame->matrix.rows = frame->n_events;
    hg_features(&testing->common.features, frame->events, frame->n_events, &frame->matrix);
    size_t size = frame->n_events * sizeof(struct hg_score);
    hg_buf_clear(&frame->out);
    if (!hg_buf_reserve(&frame->out, size)) /* `done` sees out.failed */
        return;
    struct hg_score *second = (struct hg_score *)(void *)frame->out.p;
    judge(testing, FIRST, frame, worker, frame->scores);
    judge(testing, SECOND, frame, worker, second);
}

static enum hg_rc find_alert(struct backtesting *testing, int model, const struct hg_event *event, const struct hg_score *score,
                             struct hg_verdict_of *verdict, struct hg_err *reterr)
{
    static const struct hg_geo nowhere;
    verdict->severity = score->severity;
    if (score->severity == HG_SEVERITY_NONE)
        return HG_OK;
    verdict->reason = hg_reason_key(event, score);
    struct hg_observation observation = {.event = event, .score = score, .geo = &nowhere, .sequence = testing->sequence,
                                         .reason_key = verdict->reason};
    if (!hg_aggregate_has_room(testing->aggregates[model], 1))
        hg_aggregate_committed(testing->aggregates[model]); /* nobody wants the rollups */
    return hg_aggregate_add(testing->aggregates[model], &observation, FAR_AHEAD, &verdict->alert, reterr);
}

static enum hg_rc done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct backtesting *testing = self;
    if (frame->out.failed)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the scores of %zu events", frame->n_events);
    const struct hg_score *scores[MODELS] = {frame->scores, (const struct hg_score *)(const void *)frame->out.p};
    for (size_t i = 0; i < frame->n_events; i++) {
        const struct hg_event *event = frame->events[i];
        struct hg_verdict_of verdicts[MODELS] = {0};
        enum hg_rc rc = HG_OK;
        testing->sequence++;
        for (int model = 0; rc == HG_OK && model < MODELS; model++)
            rc = find_alert(testing, model, event, &scores[model][i], &verdicts[model], reterr);
        enum hg_attack_type family = (enum hg_attack_type)event->attack_type;
        if (testing->truth != NULL)
            (void)hg_truth_of(testing->truth, &event->id, &family);
        if (rc == HG_OK)
            rc = hg_backtest_add(testing->backtest, hg_event_has(event, HG_FIELD_event_time) ? event->time_us : HG_TIME_NONE, family, verdicts,
                                 reterr);
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

/* ---- before and after */
static int load(struct backtesting *testing, const struct hg_budget_settings *asked)
{
    const struct hg_command *command = &hg_command_backtest;
    const struct hg_aggregate_settings settings = {.ignore_labels = true};
    struct hg_err err;
    double events_a_day[HG_SUB_COUNT], of_second[HG_SUB_COUNT];
    for (int m = 0; m < MODELS; m++) {
        if (hg_model_load(testing->paths[m], &testing->models[m], &err) != HG_OK ||
            hg_aggregate_create(&settings, &testing->aggregates[m], &err) != HG_OK)
            return hg_failed(command, &err);
        if (hg_model_is_of_table(testing->models[m]))
            return hg_usage(command, "%s is a model of a table: events are what is judged here", testing->paths[m]);
    }
    if ((testing->truth_path != NULL && hg_truth_read(testing->truth_path, &testing->truth, &err) != HG_OK) ||
        hg_backtest_create(&testing->backtest, &err) != HG_OK)
        return hg_failed(command, &err);
    hg_model_events_a_day(testing->models[FIRST], events_a_day);
    hg_model_events_a_day(testing->models[SECOND], of_second);
    for (int kind = 0; kind < HG_SUB_COUNT; kind++)
        if (events_a_day[kind] <= 0)
            events_a_day[kind] = of_second[kind];
    hg_budget_kind_rates(asked, events_a_day, testing->rates);
    return EXIT_DONE;
}

static void unload(struct backtesting *testing)
{
    for (int m = 0; m < MODELS; m++) {
        hg_model_destroy(testing->models[m]);
        hg_aggregate_destroy(testing->aggregates[m]);
    }
    hg_truth_destroy(testing->truth);
    hg_backtest_destroy(testing->backtest);
}

static void put_json(const struct backtesting *testing, const struct hg_budget_settings *asked, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    for (int m = 0; m < MODELS; m++) {
        struct hg_id digest = hg_model_digest(testing->models[m]);
        hg_jsonw_key(&w, m == FIRST ? "model" : "against");
        hg_jsonw_id(&w, &digest);
    }
    hg_jsonw_key(&w, asked->mode == HG_BUDGET_RATE ? "false_alarm_rate" : "alerts_per_day");
    hg_jsonw_f64(&w, asked->mode == HG_BUDGET_RATE ? asked->rate : asked->alerts_per_day);
    hg_backtest_json_members(testing->backtest, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

static int print(const struct backtesting *testing, const struct hg_budget_settings *asked)
{
    struct hg_err err;
    struct hg_buf out;
    hg_buf_init(&out, (size_t)256 * 1024 * 1024);
    if (testing->json)
        put_json(testing, asked, &out);
    else
        hg_backtest_text(testing->backtest, &out);
    enum hg_rc rc = out.failed ? hg_fail(&err, HG_ENOMEM, "no memory for the report") : hg_output(hg_buf_slice(&out), &err);
    hg_buf_free(&out);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_backtest, &err);
}

/* ---- options */
enum { MODEL = HG_OPT_OWN, AGAINST, TRUTH, OUTPUT };

static bool take_options(struct backtesting *testing, struct hg_budget_options *budget, int argc, char **argv)
{
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_BEHAVIOUR, HG_OPTIONS_BUDGET, {"model", required_argument, NULL, MODEL},
                                            {"against", required_argument, NULL, AGAINST}, {"truth", required_argument, NULL, TRUTH},
                                            {"output", required_argument, NULL, OUTPUT}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_backtest;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool fine = true;
        if (option == MODEL) {
            testing->paths[FIRST] = optarg;
        } else if (option == AGAINST) {
            testing->paths[SECOND] = optarg;
        } else if (option == TRUTH) {
            testing->truth_path = optarg;
        } else if (option == OUTPUT) {
            testing->json = strcmp(optarg, "json") == 0;
            fine = testing->json || strcmp(optarg, "text") == 0;
            if (!fine)
                hg_usage(command, "--output takes text or json, not '%s'", optarg);
        } else {
            fine = hg_budget_takes(option)  ? hg_budget_option(command, budget, option, optarg)
                   : hg_rules_takes(option) ? hg_rules_option(command, &testing->common, option, optarg)
                                            : hg_common_option(command, &testing->common, option, optarg);
        }
        if (!fine)
            return false;
    }
    if (testing->paths[FIRST] == NULL || testing->paths[SECOND] == NULL) {
        hg_usage(command, "--model FILE and --against FILE name the two models: `honeyguide train` writes them");
        return false;
    }
    return !hg_budget_wrong(command, budget);
}

static int run(int argc, char **argv)
{
    struct backtesting testing = {.common = hg_common_default()};
    struct hg_budget_options budget = {0};
    if (!take_options(&testing, &budget, argc, argv))
        return EXIT_USAGE;
    if (optind == argc)
        return hg_usage(&hg_command_backtest, "name the logs to read, or - for standard input");
    struct hg_budget_settings asked = hg_budget_of(&budget);
    struct hg_scan_command scan = {.command = &hg_command_backtest, .common = &testing.common, .scan.behaviour = true,
                                   .task = {.self = &testing, .work = work, .done = done}};
    int status = load(&testing, &asked);
    if (status == EXIT_DONE)
        status = hg_run_scan(&scan, argc, argv);
    if (status == EXIT_DONE)
        status = print(&testing, &asked);
    unload(&testing);
    return status;
}
