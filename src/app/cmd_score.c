#include "app/budget_options.h"
#include "app/rule_options.h"
#include "app/table_input.h"
#include "core/event_json.h"
#include "detect/budget.h"
#include "detect/model.h"

#include <stdlib.h>

static const char help[] =
    "usage: honeyguide score --model FILE [OPTIONS] FILE|FOLDER|-...\n\n"
    "Prints each event with its anomaly_score: 1 - p, where p is the share of ordinary events that are as odd. An event is an anomaly\n"
    "where p is below what the budget of false alarms leaves, by the number of events a day that the model was trained on; severity\n"
    "is low, from 1 in 1,000 on medium, from 1 in 10,000 on high. Several files are merged by event time.\n\n"
    "  --model FILE                                what `honeyguide train` wrote (required)\n"
    "  --output jsonl|scores                       whole events as JSON lines, or event_id,anomaly_score,severity as CSV\n"
    "  --ignore-labels                             leave out what the data sets themselves say of their rows\n"
    HG_HELP_BUDGET HG_HELP_SCAN HG_HELP_ZONE HG_HELP_RULES HG_HELP_BEHAVIOUR HG_HELP_TABLE
    "\nA table's rows come in its order, as row,anomaly_score,severity with --output scores; row counts from 1.\n"
    "\nexample:\n  honeyguide score --model normal.model --output scores tuesday.csv > scores.csv\n";

struct scoring {
    const struct hg_feature_settings *features;
    struct hg_model *model;
    double rates[HG_SUB_COUNT]; /* by kind: below which p an event is an anomaly */
};

static void score_frame(const struct scoring *scoring, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    frame->matrix.rows = frame->n_events;
    hg_features(scoring->features, frame->events, frame->n_events, &frame->matrix);
    hg_model_score(scoring->model, worker->scratch, frame->events, frame->n_events, &frame->matrix, frame->scores);
    for (size_t i = 0; i < frame->n_events; i++)
        frame->scores[i].severity = (uint8_t)hg_severity_at(frame->scores[i].p, scoring->rates[hg_submodel_of(frame->events[i])]);
    for (size_t i = 0; i < frame->n_findings; i++)
        hg_score_take_finding(&frame->scores[frame->findings[i].row], frame->events[frame->findings[i].row], &frame->findings[i]);
}

/* Why it is anomalous. */
static void put_reasons(const struct scoring *scoring, struct hg_frame *frame, size_t row, struct hg_pool_worker *worker, struct hg_jsonw *w)
{
    const struct hg_event *event = frame->events[row];
    struct hg_score *score = &frame->scores[row];
    struct hg_buf words;
    hg_buf_init(&words, 4096);
    hg_model_explain(scoring->model, worker->scratch, event, row, &frame->matrix, score);
    hg_reason_words(event, score, &words);
    hg_jsonw_key(w, "reason");
    hg_jsonw_str(w, hg_buf_slice(&words));
    hg_jsonw_key(w, "reason_key");
    hg_jsonw_text(w, hg_reason_key(event, score));
    hg_jsonw_key(w, "features");
    hg_jsonw_open(w, '[');
    hg_score_json_features(score, w);
    hg_jsonw_close(w, ']');
    hg_buf_free(&words);
}

static void json_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    score_frame(self, frame, worker);
    struct hg_jsonw w = {.buf = &frame->out};
    for (size_t i = 0; i < frame->n_events; i++) {
        w.comma = false;
        hg_jsonw_open(&w, '{');
        hg_event_json_members(frame->events[i], &frame->arena, &w);
        hg_score_json_members(&frame->scores[i], HG_FEATURE_COUNT, &w);
        hg_finding_json(&frame->scores[i].finding, &w);
        if (frame->scores[i].severity != HG_SEVERITY_NONE)
            put_reasons(self, frame, i, worker, &w);
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
        if (hg_score_has_value(score))
            hg_buf_f64(&frame->out, score->value);
        hg_buf_char(&frame->out, ',');
        hg_buf_text(&frame->out, hg_severity_name((enum hg_severity)score->severity));
        hg_buf_char(&frame->out, '\n');
    }
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_score;
const struct hg_command hg_command_score = {"score", "logs and a model in, scored events out", help, run};

/* ---- tables */

static void put_row_json(size_t row, const struct hg_score *score, size_t columns, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "row");
    hg_jsonw_u64(&w, row);
    hg_score_json_members(score, columns, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

static void put_row_csv(size_t row, const struct hg_score *score, struct hg_buf *out)
{
    hg_buf_u64(out, row);
    hg_buf_char(out, ',');
    if (score->state != HG_NO_SUBMODEL)
        hg_buf_f64(out, score->value);
    hg_buf_char(out, ',');
    hg_buf_text(out, hg_severity_name((enum hg_severity)score->severity));
    hg_buf_char(out, '\n');
}

#define PRINTED_ROWS 4096u

static enum hg_rc print_rows(const struct hg_score *scores, size_t n, size_t columns, bool as_scores, struct hg_err *reterr)
{
    struct hg_buf out;
    hg_buf_init(&out, (size_t)16 * 1024 * 1024);
    if (as_scores)
        hg_buf_text(&out, "row,anomaly_score,severity\n");
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        if (as_scores)
            put_row_csv(i + 1, &scores[i], &out);
        else
            put_row_json(i + 1, &scores[i], columns, &out);
        if ((i + 1) % PRINTED_ROWS != 0 && i + 1 != n)
            continue;
        rc = out.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to print with") : hg_output(hg_buf_slice(&out), reterr);
        hg_buf_clear(&out);
    }
    hg_buf_free(&out);
    return rc;
}

static int score_sheet(const struct hg_model *model, const struct hg_sheet *sheet, double rate, bool as_scores)
{
    struct hg_err err;
    struct hg_score *scores = malloc((sheet->rows + 1) * sizeof *scores);
    enum hg_rc rc = scores == NULL ? hg_fail(&err, HG_ENOMEM, "no memory for %zu scores", sheet->rows)
                                   : hg_model_score_sheet(model, sheet, NULL, sheet->rows, scores, &err);
    for (size_t i = 0; rc == HG_OK && i < sheet->rows; i++)
        if (scores[i].state == HG_NOTHING_TO_COMPARE && scores[i].columns == 0) /* not a cell that the model knows */
            scores[i].state = HG_NO_SUBMODEL;
    for (size_t i = 0; rc == HG_OK && i < sheet->rows; i++)
        scores[i].severity = (uint8_t)hg_severity_at(scores[i].p, rate);
    if (rc == HG_OK)
        rc = print_rows(scores, sheet->rows, sheet->n_columns, as_scores, &err);
    free(scores);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_score, &err);
}

static int score_table(const struct hg_model *model, const struct hg_table_options *options, double rate, bool as_scores, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_score;
    struct hg_sheet_schema schema;
    if (optind != argc - 1)
        return hg_usage(command, "one table at a time, please: %d are named", argc - optind);
    if (!hg_model_schema(model, &schema))
        return hg_usage(command, "the model is of logs, not of a table: `honeyguide train --format table` makes one");
    struct hg_sheet sheet = {0};
    int status = hg_table_read(command, argv[optind], options, &schema, &sheet);
    if (status == EXIT_DONE)
        status = score_sheet(model, &sheet, rate, as_scores);
    hg_sheet_free(&sheet);
    return status;
}

/* Of a batch nobody knows beforehand how many events a day it has: what the model saw counts. */
static void set_rates(const struct hg_budget_settings *asked, struct scoring *scoring)
{
    double events_a_day[HG_SUB_COUNT];
    hg_model_events_a_day(scoring->model, events_a_day);
    hg_budget_kind_rates(asked, events_a_day, scoring->rates);
}

static int score_logs(struct hg_common *common, struct scoring *scoring, bool ignore_labels, bool scores, int argc, char **argv)
{
    if (hg_model_is_of_table(scoring->model))
        return hg_usage(&hg_command_score, "the model is of a table: --format table goes with it");
    struct hg_scan_command scan = {.command = &hg_command_score, .common = common, .scan.ignore_labels = ignore_labels, .scan.behaviour = true,
                                   .task = {.self = scoring, .work = scores ? scores_work : json_work, .done = hg_print_frame},
                                   .header = scores ? HG_SLICE("event_id,anomaly_score,severity\n") : HG_SLICE("")};
    return hg_run_scan(&scan, argc, argv);
}

static int run(int argc, char **argv)
{
    enum { MODEL = HG_OPT_OWN, OUTPUT, IGNORE };
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_TABLE, HG_OPTIONS_BUDGET, HG_OPTIONS_RULES, HG_OPTIONS_BEHAVIOUR, {"model", required_argument, NULL, MODEL},
                                            {"output", required_argument, NULL, OUTPUT}, {"ignore-labels", no_argument, NULL, IGNORE},
                                            HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_score;
    struct hg_common common = hg_common_default();
    struct hg_table_options table = {0};
    struct hg_budget_options budget = {0};
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
        } else if (hg_table_takes(option)    ? !hg_table_option(command, &table, option, optarg)
                   : hg_budget_takes(option) ? !hg_budget_option(command, &budget, option, optarg)
                   : hg_rules_takes(option)  ? !hg_rules_option(command, &common, option, optarg)
                                             : !hg_common_option(command, &common, option, optarg)) {
            return EXIT_USAGE;
        }
    }
    if (path == NULL)
        return hg_usage(command, "--model FILE is needed: `honeyguide train` writes one");
    if (hg_table_wrong(command, &common, &table) || hg_budget_wrong(command, &budget) ||
        (hg_table_asked(&common) && hg_budget_wrong_for_table(command, &budget)))
        return EXIT_USAGE;
    struct hg_budget_settings asked = hg_budget_of(&budget);
    asked.with_hints = !common.no_behaviour;
    struct hg_err err;
    struct scoring scoring = {.features = &common.features};
    if (hg_model_load(path, &scoring.model, &err) != HG_OK)
        return hg_failed(command, &err);
    set_rates(&asked, &scoring);
    int status = hg_table_asked(&common) ? score_table(scoring.model, &table, hg_budget_rate_at(&asked, 0), scores, argc, argv)
                                         : score_logs(&common, &scoring, ignore_labels, scores, argc, argv);
    hg_table_options_free(&table);
    hg_model_destroy(scoring.model);
    return status;
}
