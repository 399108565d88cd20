#include "app/budget_options.h"
#include "app/rule_options.h"
#include "base/grow.h"
#include "evaluate/injector.h"
#include "evaluate/log_rows.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: honeyguide quality [--model FILE | --detector NAME] [OPTIONS] FILE|FOLDER...\n\n"
    "Says, without labels, how much a model can be trusted: an estimate, with what it rests on. Rows are cut in the middle of their time:\n"
    "the first half is learnt from, the second is tried. Told are the agreement of unlike detectors, the stability of alarms over models\n"
    "of bootstrap samples, and how many made-up attacks among the tried rows are found at the budget. The logs are read twice. Labels\n"
    "choose the rows that are learnt from, as in `train`, and do nothing else.\n\n"
    "  --model FILE                                judge this model; else one that learns from the first half\n"
    "  --detector NAME                             of that one, and of the bootstrap models (`honeyguide detectors` lists them)\n"
    "  --refits N                                  bootstrap models, 2 to 32 (default: 8)\n"
    "  --seed N                                    seed of the random choices (default: 1)\n"
    "  --output table|json                         (default: table)\n"
    HG_HELP_BUDGET HG_HELP_SCAN HG_HELP_ZONE HG_HELP_RULES HG_HELP_BEHAVIOUR
    "\nexample:\n  honeyguide quality --model normal.model eve.json eve.json.1.gz\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_quality;
const struct hg_command hg_command_quality = {"quality", "how much to trust a model, without labels: an estimate", help, run};

struct trying {
    struct hg_common common;
    struct hg_quality_settings settings;
    const char *model_path;
    bool json;
    struct hg_model *model;
    struct hg_log_rows *rows; /* first those of the logs, then those of the probes */
    struct hg_quality quality;
    bool flows[HG_SUB_COUNT]; /* kinds of rows that attacks can be made from */
    struct hg_progress progress;
    /* the second reading */
    struct hg_injector *injector;
    struct hg_behave *behave;
    struct hg_matrix watched, matrix; /* of a run of events; of the probes' among them */
    struct hg_event events[HG_FRAME_EVENTS];
    const struct hg_event *run[HG_FRAME_EVENTS], *injected[HG_FRAME_EVENTS];
    uint32_t places[HG_FRAME_EVENTS]; /* of the injected ones in the run */
    size_t n_run, n_injected;
    struct hg_finding findings[HG_FRAME_EVENTS];
    struct hg_probe_record *records;
    size_t n_records, cap_records;
};

/* ---- the first reading: the rows as they are */
static void first_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)worker;
    const struct trying *trying = self;
    frame->matrix.rows = frame->n_events;
    hg_features(&trying->common.features, frame->events, frame->n_events, &frame->matrix);
}

static enum hg_rc first_done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct trying *trying = self;
    for (size_t i = 0; i < frame->n_events; i++)
        if (hg_probe_template(frame->events[i]) && hg_trainer_takes(frame->events[i]))
            trying->flows[hg_submodel_of(frame->events[i])] = true;
    return hg_log_rows_add(trying->rows, frame->events, frame->n_events, &frame->matrix, reterr);
}

/* ---- the second: the same events with probes among them, through windows of their own; only the probes' rows are kept */
static void second_work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    (void)self;
    (void)frame;
    (void)worker;
}

static void keep_behaviour(struct trying *trying)
{
    for (size_t f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++) {
        const float *from = hg_matrix_column(&trying->watched, (enum hg_feature)f);
        float *to = hg_matrix_column(&trying->matrix, (enum hg_feature)f);
        for (size_t i = 0; i < trying->n_injected; i++)
            to[i] = from[trying->places[i]];
    }
}

/* What was found in the run, of the probes. Both are in the order of the run. */
static void keep_findings(struct trying *trying, size_t n_findings)
{
    struct hg_probe_record *records = trying->records + trying->n_records - trying->n_injected;
    for (size_t f = 0, i = 0; f < n_findings; f++) {
        while (i < trying->n_injected && trying->places[i] < trying->findings[f].row)
            i++;
        if (i < trying->n_injected && trying->places[i] == trying->findings[f].row)
            records[i].by_rule = true;
    }
}

static enum hg_rc flush(struct trying *trying, struct hg_err *reterr)
{
    size_t n_findings = 0;
    if (trying->behave != NULL)
        n_findings = hg_behave_run(trying->behave, trying->run, trying->n_run, &trying->watched, trying->findings);
    else
        hg_behave_none(trying->n_run, &trying->watched);
    trying->matrix.rows = trying->n_injected;
    hg_features(&trying->common.features, trying->injected, trying->n_injected, &trying->matrix);
    keep_behaviour(trying);
    keep_findings(trying, n_findings);
    enum hg_rc rc = hg_log_rows_add(trying->rows, trying->injected, trying->n_injected, &trying->matrix, reterr);
    trying->n_run = trying->n_injected = 0;
    return rc;
}

static enum hg_rc append(struct trying *trying, const struct hg_event *event, struct hg_err *reterr)
{
    trying->run[trying->n_run++] = event;
    return trying->n_run == HG_FRAME_EVENTS ? flush(trying, reterr) : HG_OK;
}

/* The probes' records that come no later than until_us. */
static enum hg_rc inject(struct trying *trying, int64_t until_us, struct hg_err *reterr)
{
    struct hg_probe_record record;
    for (enum hg_rc rc = HG_OK; hg_injector_next(trying->injector, until_us, &trying->events[trying->n_injected], &record);) {
        struct hg_probe_record *records = hg_grow(trying->records, trying->n_records, &trying->cap_records, sizeof *records);
        if (records == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for the records of made-up attacks");
        trying->records = records;
        records[trying->n_records++] = record;
        size_t at = trying->n_injected++;
        trying->injected[at] = &trying->events[at];
        trying->places[at] = (uint32_t)trying->n_run;
        rc = append(trying, &trying->events[at], reterr);
        if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

static enum hg_rc second_done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct trying *trying = self;
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < frame->n_events; i++) {
        const struct hg_event *event = frame->events[i];
        if (hg_event_has(event, HG_FIELD_event_time))
            rc = inject(trying, event->time_us, reterr);
        if (rc == HG_OK)
            rc = append(trying, event, reterr);
        if (rc == HG_OK)
            rc = hg_injector_see(trying->injector, event, reterr);
    }
    return rc == HG_OK ? flush(trying, reterr) : rc; /* events of the frame don't outlive it */
}

static enum hg_rc judge_probes(struct trying *trying, struct hg_err *reterr)
{
    struct hg_subject subject;
    enum hg_rc rc = inject(trying, INT64_MAX - 1, reterr);
    if (rc == HG_OK)
        rc = flush(trying, reterr);
    if (rc == HG_OK)
        rc = hg_log_rows_subject(trying->rows, &subject, reterr);
    if (rc == HG_OK)
        rc = hg_quality_probes(&trying->quality, &subject, trying->records, reterr);
    return rc;
}

static enum hg_rc begin_second(struct trying *trying, struct hg_err *reterr)
{
    uint64_t seed = trying->settings.train.seed;
    hg_log_rows_destroy(trying->rows);
    trying->rows = NULL;
    enum hg_rc rc = hg_log_rows_create(NULL, seed, HG_LOG_ROWS_MAX, &trying->rows, reterr);
    if (rc == HG_OK)
        rc = hg_injector_create(&trying->quality, trying->flows, seed, &trying->injector, reterr);
    if (rc == HG_OK && !trying->common.no_behaviour)
        rc = hg_behave_create(&trying->common.rules, &trying->behave, reterr);
    if (rc == HG_OK)
        rc = hg_matrix_reserve(&trying->watched, HG_FRAME_EVENTS, reterr);
    return rc == HG_OK ? hg_matrix_reserve(&trying->matrix, HG_FRAME_EVENTS, reterr) : rc;
}

/* ---- the whole */
static void show_fits(void *self, unsigned done, unsigned of)
{
    hg_progress_update(self, done, done, of);
}

static int fit_and_try(struct trying *trying)
{
    struct hg_subject subject;
    struct hg_err err;
    trying->progress = hg_progress_start("models");
    trying->settings.progress = show_fits;
    trying->settings.progress_self = &trying->progress;
    enum hg_rc rc = hg_log_rows_subject(trying->rows, &subject, &err);
    if (rc == HG_OK)
        rc = hg_quality_make(&subject, &trying->settings, &trying->quality, &err);
    hg_progress_end(&trying->progress);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_quality, &err);
}

static int print(const struct trying *trying)
{
    struct hg_err err;
    struct hg_buf out;
    hg_buf_init(&out, (size_t)16 * 1024 * 1024);
    if (trying->json) {
        struct hg_jsonw w = {.buf = &out};
        hg_quality_json(&trying->quality, &w);
        hg_buf_char(&out, '\n');
    } else {
        hg_quality_text(&trying->quality, &out);
    }
    enum hg_rc rc = out.failed ? hg_fail(&err, HG_ENOMEM, "no memory for the report") : hg_output(hg_buf_slice(&out), &err);
    hg_buf_free(&out);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_quality, &err);
}

static int read_and_try(struct trying *trying, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_quality;
    struct hg_err err;
    int first = optind;
    if (hg_log_rows_create(NULL, trying->settings.train.seed, HG_QUALITY_ROWS_MAX, &trying->rows, &err) != HG_OK)
        return hg_failed(command, &err);
    struct hg_scan_command reading = {.command = command, .common = &trying->common, .scan.behaviour = true,
                                      .task = {.self = trying, .work = first_work, .done = first_done}};
    struct hg_scan_command again = {.command = command, .common = &trying->common,
                                    .task = {.self = trying, .work = second_work, .done = second_done}};
    int status = hg_run_scan(&reading, argc, argv);
    if (status == EXIT_DONE)
        status = fit_and_try(trying);
    if (status == EXIT_DONE && begin_second(trying, &err) != HG_OK)
        status = hg_failed(command, &err);
    optind = first;
    trying->common.stats = false; /* told once */
    if (status == EXIT_DONE)
        status = hg_run_scan(&again, argc, argv);
    if (status == EXIT_DONE && judge_probes(trying, &err) != HG_OK)
        status = hg_failed(command, &err);
    return status == EXIT_DONE ? print(trying) : status;
}

static void trying_free(struct trying *trying)
{
    hg_quality_free(&trying->quality);
    hg_log_rows_destroy(trying->rows);
    hg_injector_destroy(trying->injector);
    hg_behave_destroy(trying->behave);
    hg_matrix_free(&trying->watched);
    hg_matrix_free(&trying->matrix);
    hg_model_destroy(trying->model);
    free(trying->records);
    free(trying);
}

/* ---- options */
enum { MODEL = HG_OPT_OWN, DETECTOR, REFITS, SEED, OUTPUT };

static bool take_own(struct trying *trying, int option)
{
    const struct hg_command *command = &hg_command_quality;
    uint64_t refits = 0;
    switch (option) {
    case MODEL:
        trying->model_path = optarg;
        return true;
    case DETECTOR:
        return hg_opt_detector(command, optarg, &trying->settings.train.detector);
    case REFITS:
        if (!hg_opt_u64(command, "--refits", optarg, 2, HG_REFITS_MAX, &refits))
            return false;
        trying->settings.refits = (unsigned)refits;
        return true;
    case SEED:
        return hg_opt_u64(command, "--seed", optarg, 0, UINT64_MAX, &trying->settings.train.seed);
    default:
        trying->json = strcmp(optarg, "json") == 0;
        if (!trying->json && strcmp(optarg, "table") != 0)
            hg_usage(command, "--output takes table or json, not '%s'", optarg);
        return trying->json || strcmp(optarg, "table") == 0;
    }
}

static bool take_options(struct trying *trying, struct hg_budget_options *budget, int argc, char **argv)
{
    static const struct option options[] = {
        HG_OPTIONS_SCAN, HG_OPTIONS_ZONE, HG_OPTIONS_BUDGET, HG_OPTIONS_RULES, HG_OPTIONS_BEHAVIOUR,
        {"model", required_argument, NULL, MODEL},
        {"detector", required_argument, NULL, DETECTOR}, {"refits", required_argument, NULL, REFITS},
        {"seed", required_argument, NULL, SEED}, {"output", required_argument, NULL, OUTPUT}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_quality;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool fine = option >= MODEL && option <= OUTPUT ? take_own(trying, option)
                    : hg_budget_takes(option)           ? hg_budget_option(command, budget, option, optarg)
                    : hg_rules_takes(option)            ? hg_rules_option(command, &trying->common, option, optarg)
                                                        : hg_common_option(command, &trying->common, option, optarg);
        if (!fine)
            return false;
    }
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0) {
            hg_usage(command, "the logs are read twice, which standard input can't be: name files");
            return false;
        }
    }
    return !hg_budget_wrong(command, budget);
}

static int load_and_try(struct trying *trying, int argc, char **argv)
{
    const struct hg_command *command = &hg_command_quality;
    struct hg_err err;
    if (trying->model_path != NULL && hg_model_load(trying->model_path, &trying->model, &err) != HG_OK)
        return hg_failed(command, &err);
    if (trying->model != NULL && hg_model_is_of_table(trying->model))
        return hg_usage(command, "%s is a model of a table: events are what is tried here", trying->model_path);
    trying->settings.model = trying->model;
    return read_and_try(trying, argc, argv);
}

static int run(int argc, char **argv)
{
    struct hg_budget_options budget = {0};
    struct trying *trying = calloc(1, sizeof *trying);
    if (trying == NULL) {
        fprintf(stderr, "honeyguide quality: no memory\n");
        return EXIT_FAILED;
    }
    trying->common = hg_common_default();
    trying->settings.train.seed = 1;
    trying->settings.refits = 8;
    int status = EXIT_USAGE;
    if (take_options(trying, &budget, argc, argv)) {
        trying->settings.budget = hg_budget_of(&budget);
        trying->settings.budget.with_hints = !trying->common.no_behaviour;
        status = load_and_try(trying, argc, argv);
    }
    trying_free(trying);
    return status;
}
