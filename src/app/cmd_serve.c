#include "app/command.h"
#include "app/config.h"
#include "app/retention_options.h"
#include "app/rule_options.h"
#include "enrich/locate.h"
#include "pipeline/ingest.h"
#include "serve/serve.h"
#include "store/query.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: honeyguide serve --state DIR [OPTIONS] [INPUT...]\n\n"
    "Runs pipeline, store, API and page in one process. An INPUT is a log file (plain, gzip or zstd), followed as it grows and is rotated;\n"
    "a glob or a folder; - for standard input; or a socket to listen on: unix:PATH, syslog+udp:ADDR:PORT or syslog+tcp:ADDR:PORT.\n"
    "`honeyguide replay` and others push more through the API. Without a model it learns first, and says so on the page. SIGINT (Ctrl-C)\n"
    "and SIGTERM end it after a last commit.\n\n"
    "  --config FILE          settings and sources in YAML (docs/operations.md); an option given beside it wins\n"
    "  --state DIR            where results are kept: one SQLite file; made where missing (required)\n"
    "  --listen ADDR:PORT     numeric address, and a port or 0 for any free one (default: 127.0.0.1:8765)\n"
    "  --model FILE           what `honeyguide train` wrote (default: the state's own, else learn)\n"
    "  --geo FILE.mmdb        geolocation database in MaxMind's format; may be given twice, for IPv4 and IPv6\n"
    "  --token-file FILE      the API asks for the token in it; needed to listen beyond loopback\n"
    "  --ignore-labels        leave out what the data sets themselves say of their rows\n"
    "  --alerts-per-day N     false alerts a day that are put up with, at most (default: 20)\n"
    "  --per-source           so many for each source by itself, and not in total\n"
    "  --false-alarm-rate R   instead: the share of ordinary events to call anomalous, at most 0.1\n"
    "  --recent N             ordinary events kept, beside the anomalous and honeypot ones (default: 1000000)\n"
    HG_HELP_RETENTION
    "  --detector NAME        what learning uses to tell odd from usual (`honeyguide detectors`; default: ensemble)\n"
    "  --seed N               seed of the choices in learning (default: 1)\n"
    "  --rule RULE.SETTING=N  a setting of a named detector (`honeyguide rules` lists them); repeatable\n"
    "  --refit-hours N        hours of event time after which the model is learnt anew from what went by; 0: never (default: 24)\n"
    "  --refit-events N       also after so many events, at least 16384, whatever the clock says; 0: not (default: 0)\n"
    "  --canaries             try the detector with made-up scans, brute forces and beacons, beside all that is counted (GET /canaries)\n"
    "  --canary-hours N       hours of event time between two of a kind (default: 6)\n"
    "  --lateness DURATION    how far an event may be behind the latest before it counts as late: 90s, 2m, 1h (default: 2m)\n"
    HG_HELP_INPUT HG_HELP_ZONE
    "\nexample:\n  honeyguide serve --state ./state --geo dbip-city.mmdb data/cowrie/log/cowrie.json data/suricata/log/eve.json\n";

_Static_assert(HG_CONFIG_LIST_MAX <= HG_MAPPINGS_MAX, "the mappings of a configuration have room");

#define CANARY_HOURS_USUAL 6

struct serving {
    struct hg_common common;
    struct hg_ingest_settings ingest;
    struct hg_serve_settings http;
    const char *geo[HG_CONFIG_LIST_MAX];
    char address[HG_ADDRESS_BYTES], token[256];
    const char *token_file;
    struct hg_config config;
    struct hg_budget_options budget;
    uint64_t refit_hours, canary_hours; /* of canaries: 0, nothing was asked */
    bool canaries;
    bool model_given, detector_given;
    bool geo_given, mapping_given; /* on the command line: then the configuration's don't count */
    struct hg_source_setting *sources;
};

static int run(int argc, char **argv);
extern const struct hg_command hg_command_serve;
const struct hg_command hg_command_serve = {"serve", "pipeline, store, API and live page in one process", help, run};

static bool parse_listen(const char *text, struct serving *s)
{
    if (!hg_address_parse(text, s->address, &s->http.port)) {
        hg_usage(&hg_command_serve, "--listen takes ADDR:PORT with a numeric address, for instance 127.0.0.1:8765, not '%s'", text);
        return false;
    }
    s->http.address = s->address;
    return true;
}

static bool read_token(struct serving *s)
{
    FILE *file = fopen(s->token_file, "r");
    bool read = file != NULL && fgets(s->token, sizeof s->token, file) != NULL;
    if (file == NULL) {
        hg_usage(&hg_command_serve, "token file %s can't be opened", s->token_file);
        return false;
    }
    fclose(file);
    s->token[strcspn(s->token, "\r\n")] = '\0';
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    if (read && strlen(s->token) >= 16 && strspn(s->token, plain) == strlen(s->token)) {
        s->http.token = s->token;
        return true;
    }
    hg_usage(&hg_command_serve, "token file %s must hold in its first line a token of 16 or more letters, digits, . _ ~ or -", s->token_file);
    return false;
}

enum { STATE = HG_OPT_OWN, LISTEN, MODEL, GEO, TOKEN_FILE, IGNORE, RECENT, SEED, DETECTOR, LATENESS, REFIT_HOURS, REFIT_EVENTS, CANARIES, CANARY_HOURS,
       CONFIG };

static bool take(struct serving *s, int option, const char *argument)
{
    const struct hg_command *command = &hg_command_serve;
    switch (option) {
    case STATE:
        s->ingest.state_dir = s->http.state_dir = argument;
        return true;
    case LISTEN:
        return parse_listen(argument, s);
    case MODEL:
        s->ingest.model_path = argument;
        s->model_given = true;
        if (!s->detector_given) /* the configuration's */
            s->ingest.detector = NULL;
        return true;
    case GEO:
        if (!s->geo_given)
            s->ingest.n_geo = 0;
        s->geo_given = true;
        if (s->ingest.n_geo == sizeof s->geo / sizeof s->geo[0]) {
            hg_usage(command, "--geo was given too often");
            return false;
        }
        s->geo[s->ingest.n_geo++] = argument;
        return true;
    case TOKEN_FILE:
        s->token_file = argument;
        return true;
    case IGNORE:
        s->ingest.ignore_labels = true;
        return true;
    case RECENT:
        return hg_opt_u64(command, "--recent", argument, 0, HG_CONFIG_RECENT_MAX, &s->ingest.store.recent_events);
    case DETECTOR:
        s->detector_given = true;
        if (!s->model_given)
            s->ingest.model_path = NULL;
        return hg_opt_detector(command, argument, &s->ingest.detector);
    case SEED:
        return hg_opt_u64(command, "--seed", argument, 0, UINT64_MAX, &s->ingest.seed);
    case REFIT_HOURS:
        return hg_opt_u64(command, "--refit-hours", argument, 0, HG_CONFIG_REFIT_HOURS_MAX, &s->refit_hours);
    case REFIT_EVENTS:
        return hg_opt_u64(command, "--refit-events", argument, 0, UINT64_MAX, &s->ingest.refit_events);
    case CANARIES:
        return s->canaries = true;
    case CANARY_HOURS:
        return hg_opt_u64(command, "--canary-hours", argument, 1, HG_CONFIG_CANARY_HOURS_MAX, &s->canary_hours);
    case LATENESS:
        if (hg_time_parse_duration(hg_slice_of(argument), &s->ingest.lateness_us))
            return true;
        hg_usage(command, "--lateness takes a duration such as 90s, 2m or 1h, not '%s'", argument);
        return false;
    case CONFIG: /* was read before */
        return true;
    case HG_OPT_MAPPING:
        if (!s->mapping_given)
            s->common.n_mappings = 0;
        s->mapping_given = true;
        return hg_common_option(command, &s->common, option, argument);
    default:
        return hg_budget_takes(option)      ? hg_budget_option(command, &s->budget, option, argument)
               : hg_rules_takes(option)     ? hg_rules_option(command, &s->common, option, argument)
               : hg_retention_takes(option) ? hg_retention_option(command, &s->ingest.store.retention, option, argument)
                                            : hg_common_option(command, &s->common, option, argument);
    }
}

struct told { /* who hears of commits */
    struct hg_serve *serve;
    struct hg_indexer *indexer;
};

static void on_commit(void *self, uint64_t sequence)
{
    struct told *told = self;
    hg_serve_notify(told->serve, sequence);
    hg_indexer_poke(told->indexer);
}

static int serve_until_signal(struct serving *s)
{
    struct hg_err err;
    struct hg_ingest *ingest = NULL;
    struct hg_serve *serve = NULL;
    struct told told = {0};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* threads inherit it: sigwait below takes them */
    enum hg_rc rc = hg_ingest_create(&s->ingest, &ingest, &err);
    if (rc != HG_OK)
        return hg_failed(&hg_command_serve, &err);
    struct hg_backend backend = hg_ingest_backend(ingest);
    rc = hg_serve_start(&s->http, &backend, &serve, &err);
    if (rc == HG_OK)
        rc = hg_indexer_start(s->ingest.state_dir, &(struct hg_indexer_settings){.bytes_a_second = HG_INDEX_BYTES_A_SECOND}, &told.indexer, &err);
    if (rc == HG_OK) {
        told.serve = serve;
        hg_ingest_on_commit(ingest, on_commit, &told);
        rc = hg_ingest_start(ingest, &err);
    }
    if (rc == HG_OK) {
        bool v6 = strchr(s->address, ':') != NULL;
        printf("listening on http://%s%s%s:%u\n", v6 ? "[" : "", s->address, v6 ? "]" : "", hg_serve_port(serve));
        fflush(stdout);
        int which;
        sigwait(&signals, &which);
    }
    hg_ingest_stop(ingest);
    hg_indexer_stop(told.indexer);
    if (serve != NULL)
        hg_serve_stop(serve);
    hg_ingest_destroy(ingest);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_serve, &err);
}

/* What the configuration says, before the options are taken. */
static bool apply_config(struct serving *s)
{
    const struct hg_config *config = &s->config;
    s->ingest.state_dir = s->http.state_dir = config->state;
    s->ingest.model_path = config->model;
    s->ingest.ignore_labels = config->ignore_labels;
    s->token_file = config->token_file;
    for (size_t i = 0; i < config->geo.n; i++)
        s->geo[s->ingest.n_geo++] = config->geo.at[i];
    for (size_t i = 0; i < config->mappings.n; i++)
        s->common.mappings[s->common.n_mappings++] = config->mappings.at[i];
    if (config->has_recent)
        s->ingest.store.recent_events = config->recent;
    s->ingest.store.retention = config->retention;
    s->ingest.detector = config->detector;
    s->common.rules = config->rules;
    if (config->has_seed)
        s->ingest.seed = config->seed;
    if (config->has_refit_hours)
        s->refit_hours = config->refit_hours;
    s->ingest.refit_events = config->refit_events;
    s->canaries = config->canaries;
    s->canary_hours = config->canary_hours;
    if (config->lateness_us != 0)
        s->ingest.lateness_us = config->lateness_us;
    for (size_t i = 0; config->local_zone_us != HG_TIMEZONE_DEFAULT && i < HG_DATASET_COUNT; i++)
        s->common.features.local_zone_us[i] = config->local_zone_us;
    return config->listen == NULL || parse_listen(config->listen, s);
}

static const struct option options[] = {{"config", required_argument, NULL, CONFIG},
                                        {"state", required_argument, NULL, STATE},
                                        {"listen", required_argument, NULL, LISTEN},
                                        {"model", required_argument, NULL, MODEL},
                                        {"geo", required_argument, NULL, GEO},
                                        {"token-file", required_argument, NULL, TOKEN_FILE},
                                        {"ignore-labels", no_argument, NULL, IGNORE},
                                        {"recent", required_argument, NULL, RECENT},
                                        {"seed", required_argument, NULL, SEED},
                                        {"detector", required_argument, NULL, DETECTOR},
                                        {"refit-hours", required_argument, NULL, REFIT_HOURS},
                                        {"refit-events", required_argument, NULL, REFIT_EVENTS},
                                        {"canaries", no_argument, NULL, CANARIES},
                                        {"canary-hours", required_argument, NULL, CANARY_HOURS},
                                        {"lateness", required_argument, NULL, LATENESS},
                                        HG_OPTIONS_BUDGET,
                                        HG_OPTIONS_RULES,
                                        HG_OPTIONS_RETENTION,
                                        HG_OPTIONS_INPUT,
                                        HG_OPTIONS_ZONE,
                                        HG_OPTIONS_END};

/* The configuration first, wherever --config stands, since every option wins over it. */
static int read_config(struct serving *s, int argc, char **argv)
{
    const char *path = NULL;
    struct hg_err err;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != CONFIG)
            continue;
        if (path != NULL)
            return hg_usage(&hg_command_serve, "--config was given twice");
        path = optarg;
    }
    opterr = 1;
    optind = 0; /* glibc: from the start again */
    if (path == NULL)
        return EXIT_DONE;
    if (hg_config_read(path, &s->config, &err) != HG_OK)
        return hg_failed(&hg_command_serve, &err);
    return apply_config(s) ? EXIT_DONE : EXIT_USAGE;
}

static int take_options(struct serving *s, int argc, char **argv)
{
    int status = parse_listen("127.0.0.1:8765", s) ? read_config(s, argc, argv) : EXIT_USAGE;
    if (status != EXIT_DONE)
        return status;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(s, option, optarg))
            return EXIT_USAGE;
    if (s->ingest.model_path != NULL && s->ingest.detector != NULL)
        return hg_usage(&hg_command_serve, "--model is a model that is learnt already: --detector doesn't go with it");
    if (hg_budget_wrong(&hg_command_serve, &s->budget))
        return EXIT_USAGE;
    s->ingest.budget = hg_budget_of(hg_budget_asked(&s->budget) ? &s->budget : &s->config.budget); /* one wins over the other as a whole */
    if (s->ingest.state_dir == NULL)
        return hg_usage(&hg_command_serve, "--state DIR says where results are kept");
    if (s->canary_hours != 0 && !s->canaries)
        return hg_usage(&hg_command_serve, "--canary-hours goes with --canaries");
    if (s->token_file != NULL && !read_token(s))
        return EXIT_USAGE;
    if (!hg_serve_is_loopback(s->address) && s->http.token == NULL)
        return hg_usage(&hg_command_serve, "to listen on %s, beyond this machine, a --token-file is needed", s->address);
    return hg_common_formats(&hg_command_serve, &s->common);
}

/* The configuration's sources, then those named on the command line. */
static int fill_sources(struct serving *s, char **inputs, size_t n)
{
    size_t n_config = s->config.n_sources;
    s->sources = calloc(n_config + n + 1, sizeof *s->sources);
    struct hg_err err;
    if (s->sources == NULL) {
        (void)hg_fail(&err, HG_ENOMEM, "no memory for %zu sources", n_config + n);
        return hg_failed(&hg_command_serve, &err);
    }
    for (size_t i = 0; i < n_config; i++) {
        const struct hg_source_setting *source = &s->config.sources[i];
        if (source->format != NULL && hg_formats_by_name(s->common.formats, hg_slice_of(source->format)) == NULL)
            return hg_usage(&hg_command_serve, "%s:%u: expected a format that `honeyguide formats` lists, or one of the mappings, found '%s'",
                            s->config.path, source->line, source->format);
        s->sources[i] = *source;
    }
    for (size_t i = 0; i < n; i++) {
        if (hg_input_is_slip(inputs[i], inputs[i]))
            return hg_usage(&hg_command_serve, "an INPUT is %s, not '%s' (./%s for a log that isn't there yet)", HG_INPUT_FORMS, inputs[i], inputs[i]);
        s->sources[n_config + i] = (struct hg_source_setting){.input = inputs[i], .timezone_us = HG_TIMEZONE_DEFAULT};
    }
    s->ingest.sources = s->sources;
    s->ingest.n_sources = n_config + n;
    return EXIT_DONE;
}

/* What is wanting may yet come, so that it is no failure; but who mistyped a path looks here. (Of globs and folders the pipeline says so.) */
static void warn(const struct serving *s)
{
    struct hg_err err;
    for (size_t i = 0; i < s->ingest.n_sources; i++) {
        const char *input = s->sources[i].input;
        if (hg_input_kind(input) != HG_INPUT_FILE || access(input, R_OK) == 0)
            continue;
        (void)hg_fail(&err, HG_EIO, "%s", input);
        fprintf(stderr, "honeyguide serve: %s; waiting for it\n", err.msg);
    }
    for (size_t i = 0; i < s->ingest.n_geo; i++) {
        struct hg_locator *locator = NULL;
        if (hg_locator_create(&s->geo[i], 1, &locator, &err) == HG_OK && hg_locator_trouble(locator) != NULL)
            fprintf(stderr, "honeyguide serve: --geo: %s\n", hg_locator_trouble(locator));
        hg_locator_destroy(locator);
    }
}

static int run(int argc, char **argv)
{
    struct serving s = {.common = hg_common_default(), .refit_hours = HG_REFIT_US / HG_HOUR,
                        .ingest = {.seed = 1, .store.recent_events = HG_STORE_RECENT_EVENTS, .lateness_us = HG_LATENESS_US}};
    int status = take_options(&s, argc, argv);
    if (status == EXIT_DONE)
        status = fill_sources(&s, argv + optind, (size_t)(argc - optind));
    s.ingest.refit_us = (int64_t)s.refit_hours * HG_HOUR;
    s.ingest.canary_us = s.canaries ? (int64_t)(s.canary_hours != 0 ? s.canary_hours : CANARY_HOURS_USUAL) * HG_HOUR : 0;
    s.ingest.geo = s.geo;
    s.ingest.inputs = s.common.inputs;
    s.ingest.features = s.common.features;
    s.ingest.behave = &s.common.rules;
    s.http.store = &s.ingest.store;
    if (status == EXIT_DONE) {
        warn(&s);
        status = serve_until_signal(&s);
    }
    free(s.sources);
    hg_config_free(&s.config);
    hg_common_free(&s.common);
    return status;
}
