#include "app/rule_options.h"
#include "app/table_input.h"
#include "detect/model.h"

#include <stdio.h>

static const char help[] =
    "usage: honeyguide train --model FILE [OPTIONS] FILE|FOLDER|-...\n\n"
    "Learns what is usual from logs and writes a model: one sub-model per data set and kind of columns. Flows are learnt from rows\n"
    "labelled Normal (or not labelled, where no row says Normal); a honeypot's own traffic as it is. Labels choose rows and nothing else.\n"
    "Prints the rows used, and the columns dropped with the reason. Memory is bounded whatever the size of the files: what is read more\n"
    "than 65,536 rows of a kind is sampled.\n\n"
    "  --model FILE                                where to write the model (required)\n"
    "  --detector NAME                             how to tell odd from usual (`honeyguide detectors` lists them; default: ensemble)\n"
    "  --all                                       learn from every row, whatever its label: part of them may be attacks then\n"
    "  --seed N                                    seed of the random choices (default: 1); same files and seed, same model\n"
    HG_HELP_SCAN HG_HELP_ZONE HG_HELP_BEHAVIOUR HG_HELP_TABLE
    "\nexamples:\n"
    "  honeyguide train --model normal.model monday.csv eve.json.*.gz cowrie.json\n"
    "  honeyguide train --model other.model --format table --label-column class their.csv\n";

struct training {
    const struct hg_feature_settings *features;
    struct hg_trainer *trainer;
};

static void work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)worker;
    const struct training *training = self;
    frame->matrix.rows = frame->n_events;
    hg_features(training->features, frame->events, frame->n_events, &frame->matrix);
}

static enum hg_rc done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct training *training = self;
    return hg_trainer_add(training->trainer, frame->events, frame->n_events, &frame->matrix, reterr);
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_train;
const struct hg_command hg_command_train = {"train", "learn what is usual, write a model", help, run};

static int write_model(const struct hg_model *model, const char *path)
{
    struct hg_err err;
    enum hg_rc rc = hg_model_save(model, path, &err);
    if (rc != HG_OK)
        return hg_failed(&hg_command_train, &err);
    struct hg_buf text;
    hg_buf_init(&text, (size_t)1024 * 1024);
    hg_model_describe(model, &text);
    rc = hg_output(hg_buf_slice(&text), &err);
    hg_buf_free(&text);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_train, &err);
}

static int train_on_logs(struct hg_common *common, const struct hg_train_settings *settings, const char *path, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_train;
    struct hg_err err;
    struct training training = {.features = &common->features};
    if (hg_trainer_create(settings, &training.trainer, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_scan_command scan = {.command = command, .common = common, .scan.behaviour = true, .task = {.self = &training, .work = work, .done = done}};
    int status = hg_run_scan(&scan, argc, argv);
    struct hg_model *model = NULL;
    if (status == EXIT_DONE)
        status = hg_trainer_fit(training.trainer, &model, &err) == HG_OK ? write_model(model, path) : hg_failed(command, &err);
    hg_model_destroy(model);
    hg_trainer_destroy(training.trainer);
    return status;
}

static int train_on_table(const struct hg_table_options *options, const struct hg_train_settings *settings, const char *path, int argc,
                          char **argv)
{
    const struct hg_command *command = &hg_command_train;
    if (optind != argc - 1)
        return hg_usage(command, "one table at a time, please: %d are named", argc - optind);
    struct hg_sheet sheet = {0};
    int status = hg_table_read(command, argv[optind], options, NULL, &sheet);
    struct hg_model *model = NULL;
    struct hg_err err;
    if (status == EXIT_DONE)
        status = hg_model_fit_sheet(&sheet, NULL, sheet.rows, settings, &model, &err) == HG_OK ? write_model(model, path) : hg_failed(command, &err);
    hg_model_destroy(model);
    hg_sheet_free(&sheet);
    return status;
}

static int run(int argc, char **argv)
{
    enum { MODEL = HG_OPT_OWN, SEED, DETECTOR, ALL };
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_TABLE, HG_OPTIONS_BEHAVIOUR, {"model", required_argument, NULL, MODEL},
                                            {"seed", required_argument, NULL, SEED}, {"detector", required_argument, NULL, DETECTOR},
                                            {"all", no_argument, NULL, ALL}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_train;
    struct hg_common common = hg_common_default();
    struct hg_table_options table = {0};
    struct hg_train_settings settings = {.seed = 1};
    const char *path = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool fine = true;
        if (option == MODEL)
            path = optarg;
        else if (option == ALL)
            settings.all = true;
        else if (option == DETECTOR)
            fine = hg_opt_detector(command, optarg, &settings.detector);
        else if (option == SEED)
            fine = hg_opt_u64(command, "--seed", optarg, 0, UINT64_MAX, &settings.seed);
        else if (hg_table_takes(option))
            fine = hg_table_option(command, &table, option, optarg);
        else if (hg_rules_takes(option))
            fine = hg_rules_option(command, &common, option, optarg);
        else
            fine = hg_common_option(command, &common, option, optarg);
        if (!fine)
            return EXIT_USAGE;
    }
    if (path == NULL)
        return hg_usage(command, "--model FILE says where the model goes");
    if (hg_table_wrong(command, &common, &table))
        return EXIT_USAGE;
    int status = hg_table_asked(&common) ? train_on_table(&table, &settings, path, argc, argv)
                                         : train_on_logs(&common, &settings, path, argc, argv);
    hg_table_options_free(&table);
    return status;
}
