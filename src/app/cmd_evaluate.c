#include "app/budget_options.h"
#include "app/rule_options.h"
#include "app/table_input.h"
#include "evaluate/evaluate.h"
#include "evaluate/log_rows.h"
#include "evaluate/sheet_rows.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: honeyguide evaluate [--model FILE | --split HOW] [OPTIONS] FILE|FOLDER|-...\n\n"
    "Says how well attacks are told from the rest, on logs or a table that carry labels: AUROC, AUPR, recall at false-alarm rates of\n"
    "1e-2, 1e-3 and 1e-4, alerts a day, each with a 95 % interval; over all, by data set and by family of attacks. Rows that repeat\n"
    "the inputs of another are left out first. Controls stand beside the figures; where they show that a figure may be made of something\n"
    "else than attacks, a warning stands in its place.\n\n"
    "  --model FILE                                test this model, on all rows; else models are trained, as the split says\n"
    "  --split time                                learn from the first 70 % in order of time, test on the rest (default)\n"
    "  --split leave-one-attack-out                each family of attacks in turn is tested without ever being learnt\n"
    "  --split leave-one-day-out                   each UTC day in turn is tested\n"
    "  --truth FILE                                event_id,label,attack_type to judge by (`honeyguide generate` writes one); an event\n"
    "                                              that it doesn't list is normal. Models learn by the logs' own labels all the same\n"
    "  --detector NAME                             how to tell odd from usual (`honeyguide detectors` lists them; default: ensemble)\n"
    "  --all                                       learn from every row, whatever its label: part of them may be attacks then\n"
    "  --seed N                                    seed of the random choices (default: 1)\n"
    "  --bootstrap N                               draws behind the intervals (default: 1000; 0: no intervals)\n"
    "  --output text|json                          (default: text)\n"
    "  --alerts-per-day N, --false-alarm-rate R    the budget whose recall and alerts are told (default: 20 alerts a day)\n"
    HG_HELP_SCAN HG_HELP_ZONE HG_HELP_BEHAVIOUR HG_HELP_TABLE
    "\nexamples:\n"
    "  honeyguide evaluate --truth demo/truth.csv --split leave-one-attack-out demo/iscx.csv demo/eve.json\n"
    "  honeyguide evaluate --format table --label-column class --output json their.csv\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_evaluate;
const struct hg_command hg_command_evaluate = {"evaluate", "figures of detection on labelled data, with controls", help, run};

struct evaluating {
    struct hg_common common;
    struct hg_table_options table;
    struct hg_evaluate_settings settings;
    const char *model_path, *truth_path;
    bool split_given, training_given, json;
    struct hg_model *model;
    struct hg_truth *truth;
    struct hg_log_rows *rows;
};

/* ---- the answer */
static int print(const struct evaluating *evaluating, const struct hg_subject *subject)
{
    const struct hg_command *command = &hg_command_evaluate;
    struct hg_err err;
    struct hg_evaluation evaluation;
    if (hg_evaluate(subject, &evaluating->settings, &evaluation, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_buf text, plain;
    hg_buf_init(&text, (size_t)16 * 1024 * 1024);
    hg_buf_init(&plain, (size_t)64 * 1024 * 1024);
    if (evaluating->json) {
        struct hg_jsonw w = {.buf = &text};
        hg_evaluation_json(&evaluation, &w);
        hg_buf_char(&text, '\n');
    } else {
        hg_evaluation_text(&evaluation, &text);
    }
    hg_put_plain(&plain, hg_buf_slice(&text)); /* families are named by whoever made the table */
    enum hg_rc rc = text.failed || plain.failed ? hg_fail(&err, HG_ENOMEM, "no memory for the report") : hg_output(hg_buf_slice(&plain), &err);
    hg_buf_free(&text);
    hg_buf_free(&plain);
    hg_evaluation_free(&evaluation);
    return rc == HG_OK ? EXIT_DONE : hg_failed(command, &err);
}

/* ---- logs */
static void work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)worker;
    const struct evaluating *evaluating = self;
    frame->matrix.rows = frame->n_events;
    hg_features(&evaluating->common.features, frame->events, frame->n_events, &frame->matrix);
}

static enum hg_rc done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct evaluating *evaluating = self;
    return hg_log_rows_add(evaluating->rows, frame->events, frame->n_events, &frame->matrix, reterr);
}

/* An answer to other logs judges nothing: what it doesn't list counts as normal. */
static bool truth_fits(const struct evaluating *evaluating)
{
    if (evaluating->truth == NULL)
        return true;
    size_t listed = hg_truth_listed(evaluating->truth), met = hg_truth_met(evaluating->truth);
    if (met == 0)
        fprintf(stderr, "honeyguide evaluate: none of the %zu events that %s lists is in the logs: it is of other logs\n", listed,
                evaluating->truth_path);
    else if (met < listed)
        fprintf(stderr, "honeyguide evaluate: %zu of the %zu events that %s lists are in the logs; events that it doesn't list count as normal\n",
                met, listed, evaluating->truth_path);
    return met > 0;
}

static int scan_logs(struct evaluating *evaluating, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_evaluate;
    struct hg_err err;
    struct hg_subject subject;
    if (hg_log_rows_create(evaluating->truth, evaluating->settings.train.seed, HG_LOG_ROWS_MAX, &evaluating->rows, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_scan_command scan = {.command = command, .common = &evaluating->common, .scan.behaviour = true, .task = {.self = evaluating, .work = work, .done = done}};
    int status = hg_run_scan(&scan, argc, argv);
    if (status == EXIT_DONE && !truth_fits(evaluating))
        status = EXIT_FAILED;
    if (status == EXIT_DONE)
        status = hg_log_rows_subject(evaluating->rows, &subject, &err) == HG_OK ? print(evaluating, &subject) : hg_failed(command, &err);
    hg_log_rows_destroy(evaluating->rows);
    return status;
}

static int evaluate_logs(struct evaluating *evaluating, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_evaluate;
    struct hg_err err;
    if (optind == argc)
        return hg_usage(command, "name the logs to read, or - for standard input");
    if (evaluating->model != NULL && hg_model_is_of_table(evaluating->model))
        return hg_usage(command, "%s is a model of a table: it goes with --format table", evaluating->model_path);
    if (evaluating->truth_path != NULL && hg_truth_read(evaluating->truth_path, &evaluating->truth, &err) != HG_OK)
        return hg_failed(command, &err);
    evaluating->settings.truth = evaluating->truth_path != NULL ? "truth" : "labels";
    int status = scan_logs(evaluating, argc, argv);
    hg_truth_destroy(evaluating->truth);
    return status;
}

/* ---- a table */
static int evaluate_sheet(const struct evaluating *evaluating, const struct hg_sheet *sheet)
{
    struct hg_err err;
    struct hg_subject subject;
    struct hg_sheet_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL) {
        fprintf(stderr, "honeyguide evaluate: no memory\n");
        return EXIT_FAILED;
    }
    int status = hg_sheet_rows_subject(sheet, rows, &subject, &err) == HG_OK ? print(evaluating, &subject)
                                                                             : hg_failed(&hg_command_evaluate, &err);
    hg_sheet_rows_free(rows);
    free(rows);
    return status;
}

static int evaluate_table(struct evaluating *evaluating, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_evaluate;
    struct hg_sheet_schema schema;
    bool has_model = evaluating->model != NULL;
    if (optind != argc - 1)
        return hg_usage(command, "one table at a time, please: %d are named", argc - optind);
    if (evaluating->table.label_column == NULL || evaluating->truth_path != NULL)
        return hg_usage(command, "--label-column NAME says what judges a table's rows, and nothing else does");
    if (has_model && !hg_model_schema(evaluating->model, &schema))
        return hg_usage(command, "%s is a model of logs, not of a table", evaluating->model_path);
    struct hg_sheet sheet = {0};
    int status = hg_table_read(command, argv[optind], &evaluating->table, has_model ? &schema : NULL, &sheet);
    evaluating->settings.truth = "labels";
    if (status == EXIT_DONE)
        status = evaluate_sheet(evaluating, &sheet);
    hg_sheet_free(&sheet);
    return status;
}

/* ---- options */
enum { MODEL = HG_OPT_OWN, SPLIT, TRUTH, SEED, DETECTOR, ALL, DRAWS, OUTPUT };

static bool take_own(struct evaluating *evaluating, int option)
{
    const struct hg_command *command = &hg_command_evaluate;
    struct hg_evaluate_settings *settings = &evaluating->settings;
    uint64_t draws;
    switch (option) {
    case MODEL:
        evaluating->model_path = optarg;
        return true;
    case TRUTH:
        evaluating->truth_path = optarg;
        return true;
    case SPLIT:
        evaluating->split_given = true;
        if (!hg_split_parse(optarg, &settings->split))
            hg_usage(command, "--split takes time, leave-one-attack-out or leave-one-day-out, not '%s'", optarg);
        return hg_split_parse(optarg, &settings->split);
    case SEED:
        return hg_opt_u64(command, "--seed", optarg, 0, UINT64_MAX, &settings->train.seed);
    case DETECTOR:
        evaluating->training_given = true;
        return hg_opt_detector(command, optarg, &settings->train.detector);
    case ALL:
        evaluating->training_given = true;
        return settings->train.all = true;
    case DRAWS:
        if (!hg_opt_u64(command, "--bootstrap", optarg, 0, HG_DRAWS_MAX, &draws))
            return false;
        settings->draws = (unsigned)draws;
        if (draws != 0 && draws < 40)
            hg_usage(command, "--bootstrap takes 0, or 40 and more: 95 %% intervals of fewer draws mean nothing");
        return draws == 0 || draws >= 40;
    case OUTPUT:
        evaluating->json = strcmp(optarg, "json") == 0;
        if (!evaluating->json && strcmp(optarg, "text") != 0)
            hg_usage(command, "--output takes text or json, not '%s'", optarg);
        return evaluating->json || strcmp(optarg, "text") == 0;
    default:
        return false;
    }
}

static bool take_options(struct evaluating *evaluating, struct hg_budget_options *budget, int argc, char **argv)
{
    static const struct option options[] = {
        HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_BEHAVIOUR, HG_OPTIONS_TABLE, HG_OPTIONS_BUDGET,
        {"model", required_argument, NULL, MODEL}, {"split", required_argument, NULL, SPLIT}, {"truth", required_argument, NULL, TRUTH},
        {"seed", required_argument, NULL, SEED}, {"detector", required_argument, NULL, DETECTOR}, {"all", no_argument, NULL, ALL},
        {"bootstrap", required_argument, NULL, DRAWS}, {"output", required_argument, NULL, OUTPUT}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_evaluate;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool fine = option >= MODEL && option <= OUTPUT ? take_own(evaluating, option)
                    : hg_table_takes(option)            ? hg_table_option(command, &evaluating->table, option, optarg)
                    : hg_budget_takes(option)           ? hg_budget_option(command, budget, option, optarg)
                    : hg_rules_takes(option)            ? hg_rules_option(command, &evaluating->common, option, optarg)
                                                        : hg_common_option(command, &evaluating->common, option, optarg);
        if (!fine)
            return false;
    }
    if (evaluating->model_path != NULL && (evaluating->split_given || evaluating->training_given)) {
        hg_usage(command, "--model tests a model that there is: --split, --detector and --all go without it");
        return false;
    }
    if (budget->per_source) {
        hg_usage(command, "--per-source is not told apart here: the budget is that of all sources together");
        return false;
    }
    if (hg_table_asked(&evaluating->common) && hg_budget_wrong_for_table(command, budget))
        return false;
    return !hg_table_wrong(command, &evaluating->common, &evaluating->table) && !hg_budget_wrong(command, budget);
}

static int run(int argc, char **argv)
{
    struct evaluating evaluating = {.common = hg_common_default(), .settings = {.train.seed = 1, .draws = 1000}};
    struct hg_budget_options budget = {0};
    struct hg_err err;
    if (!take_options(&evaluating, &budget, argc, argv))
        return EXIT_USAGE;
    evaluating.settings.budget = hg_budget_of(&budget);
    if (evaluating.model_path != NULL && hg_model_load(evaluating.model_path, &evaluating.model, &err) != HG_OK)
        return hg_failed(&hg_command_evaluate, &err);
    evaluating.settings.model = evaluating.model;
    if (evaluating.model != NULL)
        evaluating.settings.split = HG_SPLIT_NONE;
    int status = hg_table_asked(&evaluating.common) ? evaluate_table(&evaluating, argc, argv) : evaluate_logs(&evaluating, argc, argv);
    hg_table_options_free(&evaluating.table);
    hg_model_destroy(evaluating.model);
    return status;
}
