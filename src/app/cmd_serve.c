#include "app/command.h"
#include "pipeline/ingest.h"
#include "serve/serve.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char help[] =
    "usage: honeyguide serve --state DIR [OPTIONS] [INPUT...]\n\n"
    "Runs pipeline, store, API and page in one process. An INPUT is a log file, plain or gzip, followed as it grows, or - for standard\n"
    "input; `honeyguide replay` and others push more through the API. Without a model it learns first, and says so on the page.\n\n"
    "  --state DIR            where results are kept: one SQLite file; made where missing (required)\n"
    "  --listen ADDR:PORT     numeric address, and a port or 0 for any free one (default: 127.0.0.1:8765)\n"
    "  --model FILE           what `honeyguide train` wrote (default: the state's own, else learn)\n"
    "  --geo FILE.mmdb        geolocation database in MaxMind's format; may be given twice, for IPv4 and IPv6\n"
    "  --token-file FILE      the API asks for the token in it; needed to listen beyond loopback\n"
    "  --ignore-labels        leave out what the data sets themselves say of their rows\n"
    "  --recent N             ordinary events kept, beside the anomalous and honeypot ones (default: 1000000)\n"
    "  --seed N               seed of the choices in learning (default: 1)\n"
    HG_HELP_INPUT HG_HELP_ZONE
    "\nexample:\n  honeyguide serve --state ./state --geo dbip-city.mmdb data/cowrie/log/cowrie.json data/suricata/log/eve.json\n";

struct serving {
    struct hg_common common;
    struct hg_ingest_settings ingest;
    struct hg_serve_settings http;
    const char *geo[8];
    char address[64], token[256];
    const char *token_file;
};

static int run(int argc, char **argv);
extern const struct hg_command hg_command_serve;
const struct hg_command hg_command_serve = {"serve", "pipeline, store, API and live page in one process", help, run};

/* ADDR:PORT or [ADDR]:PORT */
static bool parse_listen(const char *text, struct serving *s)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (colon == NULL || !hg_opt_u64(&hg_command_serve, "--listen's port", colon + 1, 0, 65535, &port))
        return false;
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof s->address)
        return false;
    memcpy(s->address, text, len);
    s->address[len] = '\0';
    s->http.address = s->address;
    s->http.port = (unsigned)port;
    return true;
}

static bool read_token(struct serving *s)
{
    FILE *file = fopen(s->token_file, "r");
    bool read = file != NULL && fgets(s->token, sizeof s->token, file) != NULL;
    if (file != NULL)
        fclose(file);
    s->token[strcspn(s->token, "\r\n")] = '\0';
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    if (read && strlen(s->token) >= 16 && strspn(s->token, plain) == strlen(s->token)) {
        s->http.token = s->token;
        return true;
    }
    hg_usage(&hg_command_serve, "--token-file %s must hold in its first line a token of 16 or more letters, digits, . _ ~ or -", s->token_file);
    return false;
}

enum { STATE = HG_OPT_OWN, LISTEN, MODEL, GEO, TOKEN_FILE, IGNORE, RECENT, SEED };

static bool take(struct serving *s, int option, const char *argument)
{
    const struct hg_command *command = &hg_command_serve;
    switch (option) {
    case STATE:
        s->ingest.state_dir = s->http.state_dir = argument;
        return true;
    case LISTEN:
        if (!parse_listen(argument, s)) {
            hg_usage(command, "--listen takes ADDR:PORT, for instance 127.0.0.1:8765, not '%s'", argument);
            return false;
        }
        return true;
    case MODEL:
        s->ingest.model_path = argument;
        return true;
    case GEO:
        if (s->ingest.n_geo == sizeof s->geo / sizeof s->geo[0]) {
            hg_usage(command, "--geo was given too often");
            return false;
        }
        s->geo[s->ingest.n_geo++] = argument;
        return true;
    case TOKEN_FILE:
        s->token_file = argument;
        return read_token(s);
    case IGNORE:
        s->ingest.ignore_labels = true;
        return true;
    case RECENT:
        return hg_opt_u64(command, "--recent", argument, 0, UINT64_C(1000000000), &s->ingest.store.recent_events);
    case SEED:
        return hg_opt_u64(command, "--seed", argument, 0, UINT64_MAX, &s->ingest.seed);
    default:
        return hg_common_option(command, &s->common, option, argument);
    }
}

static void on_commit(void *self, uint64_t sequence)
{
    hg_serve_notify(self, sequence);
}

static int serve_until_signal(struct serving *s)
{
    struct hg_err err;
    struct hg_ingest *ingest = NULL;
    struct hg_serve *serve = NULL;
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
    if (rc == HG_OK) {
        hg_ingest_on_commit(ingest, on_commit, serve);
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
    if (serve != NULL)
        hg_serve_stop(serve);
    hg_ingest_destroy(ingest);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_serve, &err);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, STATE},
                                            {"listen", required_argument, NULL, LISTEN},
                                            {"model", required_argument, NULL, MODEL},
                                            {"geo", required_argument, NULL, GEO},
                                            {"token-file", required_argument, NULL, TOKEN_FILE},
                                            {"ignore-labels", no_argument, NULL, IGNORE},
                                            {"recent", required_argument, NULL, RECENT},
                                            {"seed", required_argument, NULL, SEED},
                                            HG_OPTIONS_INPUT,
                                            HG_OPTIONS_ZONE,
                                            HG_OPTIONS_END};
    struct serving s = {.common = hg_common_default(), .ingest = {.seed = 1, .store.recent_events = HG_STORE_RECENT_EVENTS}};
    parse_listen("127.0.0.1:8765", &s);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(&s, option, optarg))
            return EXIT_USAGE;
    if (s.ingest.state_dir == NULL)
        return hg_usage(&hg_command_serve, "--state DIR says where results are kept");
    if (!hg_serve_is_loopback(s.address) && s.http.token == NULL)
        return hg_usage(&hg_command_serve, "to listen on %s, beyond this machine, a --token-file is needed", s.address);
    s.ingest.geo = s.geo;
    s.ingest.inputs = s.common.inputs;
    s.ingest.features = s.common.features;
    s.ingest.paths = (const char *const *)argv + optind;
    s.ingest.n_paths = (size_t)(argc - optind);
    return serve_until_signal(&s);
}
