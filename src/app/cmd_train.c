#include "app/command.h"
#include "detect/model.h"

#include <stdio.h>

static const char help[] =
    "usage: honeyguide train --model FILE [OPTIONS] FILE|FOLDER|-...\n\n"
    "Learns what is usual from logs and writes a model: one sub-model per data set and kind of columns. Flows are learnt from rows\n"
    "labelled Normal (or not labelled, where no row says Normal); a honeypot's own traffic as it is. Labels choose rows and nothing else.\n"
    "Prints the rows used, and the columns dropped with the reason. Memory is bounded whatever the size of the files.\n\n"
    "  --model FILE                                where to write the model (required)\n"
    "  --seed N                                    seed of the random choices (default: 1); same files and seed, same model\n"
    HG_HELP_SCAN HG_HELP_ZONE
    "\nexample:\n  honeyguide train --model normal.model monday.csv eve.json.*.gz cowrie.json\n";

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

static int write_model(struct hg_trainer *trainer, const char *path)
{
    struct hg_err err;
    struct hg_model *model = NULL;
    enum hg_rc rc = hg_trainer_fit(trainer, &model, &err);
    if (rc == HG_OK)
        rc = hg_model_save(model, path, &err);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return hg_failed(&hg_command_train, &err);
    }
    struct hg_buf text;
    hg_buf_init(&text, (size_t)1024 * 1024);
    hg_model_describe(model, &text);
    rc = hg_output(hg_buf_slice(&text), &err);
    hg_buf_free(&text);
    hg_model_destroy(model);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_train, &err);
}

static int run(int argc, char **argv)
{
    enum { MODEL = HG_OPT_OWN, SEED };
    static const struct option options[] = {HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, {"model", required_argument, NULL, MODEL},
                                            {"seed", required_argument, NULL, SEED}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_train;
    struct hg_common common = hg_common_default();
    const char *path = NULL;
    uint64_t seed = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == MODEL)
            path = optarg;
        else if (option == SEED ? !hg_opt_u64(command, "--seed", optarg, 0, UINT64_MAX, &seed)
                                : !hg_common_option(command, &common, option, optarg))
            return EXIT_USAGE;
    }
    if (path == NULL)
        return hg_usage(command, "--model FILE says where the model goes");
    struct hg_err err;
    struct training training = {.features = &common.features};
    if (hg_trainer_create(&(struct hg_train_settings){.seed = seed}, &training.trainer, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_scan_command scan = {.command = command, .common = &common, .task = {.self = &training, .work = work, .done = done}};
    int status = hg_run_scan(&scan, argc, argv);
    if (status == EXIT_DONE)
        status = write_model(training.trainer, path);
    hg_trainer_destroy(training.trainer);
    return status;
}
