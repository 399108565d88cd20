#include "app/command.h"
#include "app/replay.h"
#include "base/base64.h"
#include "base/num.h"
#include "normalise/sessions.h"
#include "pipeline/merge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char help[] =
    "usage: honeyguide replay --to URL [OPTIONS] FILE|FOLDER...\n\n"
    "Streams logs of any kinds, merged by event time, to a running server: at their own pace, accelerated, or as fast as it goes.\n"
    "Silences of more than 5 s of play time are skipped, and it says so. Ctrl-C stops between batches. What the server has already\n"
    "is recognised and counts once.\n\n"
    "  --to URL               the server, for instance http://127.0.0.1:8765 (required)\n"
    "  --speed N|max          event seconds a second (default: 1)\n"
    "  --batch N              records a request, at most (default: 1000)\n"
    "  --align                move each file by one constant so that all start together\n"
    "  --token-file FILE      token for a server that asks for one\n"
    HG_HELP_INPUT
    "                                              (this orders the files; the server reads stamps by its own --timezone)\n"
    "\nexample:\n  honeyguide replay --to http://127.0.0.1:8765 --speed 60 iscx.csv cowrie.json dionaea.json eve.json\n";

#define TICK_US         (HG_SECOND / 20) /* events due within a tick share a request */
#define BODY_BYTES_SENT ((size_t)8 * 1024 * 1024)

struct replay {
    struct hg_common common;
    struct hg_merge *merge;
    struct hg_client *client;
    struct hg_pace pace;
    struct hg_progress progress;
    uint64_t batch_max, sent;
    size_t in_batch;
    struct hg_buf body;
    bool *header_sent; /* by input, in this request */
    bool *announced;   /* by input: its shift was printed */
    bool align;
    const char *url;
    char token[256];
};

static volatile int stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int run(int argc, char **argv);
extern const struct hg_command hg_command_replay;
const struct hg_command hg_command_replay = {"replay", "stream logs to a server at their own pace or faster", help, run};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* A record as an envelope line. Bytes that JSON can't carry go as Base64. */
static void put_record(struct hg_jsonw *w, struct hg_slice record)
{
    if (hg_utf8_valid(record)) {
        hg_jsonw_key(w, "record");
        hg_jsonw_str(w, record);
        return;
    }
    hg_jsonw_key(w, "record_base64");
    if (hg_buf_reserve(w->buf, hg_base64_encoded_len(record.len) + 2)) {
        hg_buf_char(w->buf, '"');
        w->buf->len += hg_base64_encode(record, w->buf->p + w->buf->len);
        hg_buf_char(w->buf, '"');
        w->comma = true;
    }
}

static void put_envelope(struct replay *r, const struct hg_item *item)
{
    const struct hg_input *input = hg_merge_input(r->merge, item->input);
    const struct hg_decode_context *context = hg_input_context(input);
    struct hg_jsonw w = {.buf = &r->body};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "source");
    hg_jsonw_text(&w, base_name(hg_input_path(input)));
    hg_jsonw_key(&w, "format");
    hg_jsonw_text(&w, context == NULL ? "unknown" : context->decoder->name);
    hg_jsonw_key(&w, "offset");
    hg_jsonw_u64(&w, item->event != NULL ? item->event->offset : item->reject->offset);
    if (context != NULL) {
        hg_jsonw_key(&w, "identity");
        hg_jsonw_id(&w, &context->identity);
        if (context->header.p != NULL && !r->header_sent[item->input]) {
            hg_jsonw_key(&w, "header");
            hg_jsonw_str(&w, context->header);
        }
    }
    if (r->align) {
        hg_jsonw_key(&w, "shift_us");
        hg_jsonw_i64(&w, hg_merge_shift(r->merge, item->input));
    }
    r->header_sent[item->input] = true;
    put_record(&w, item->event != NULL ? item->event->record : item->reject->record);
    hg_jsonw_close(&w, '}');
    hg_buf_char(&r->body, '\n');
}

static enum hg_rc flush(struct replay *r, struct hg_err *reterr)
{
    if (r->in_batch == 0 || stop)
        return HG_OK;
    if (r->body.failed)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a request of %zu records", r->in_batch);
    enum hg_rc rc = hg_client_push(r->client, hg_buf_slice(&r->body), &stop, reterr);
    if (rc == HG_OK)
        r->sent += r->in_batch;
    hg_buf_clear(&r->body);
    r->in_batch = 0;
    memset(r->header_sent, 0, hg_merge_inputs(r->merge) * sizeof *r->header_sent);
    hg_progress_update(&r->progress, r->sent, hg_merge_taken(r->merge), hg_merge_size(r->merge));
    return rc;
}

static void say_skipped(int64_t us)
{
    long long seconds = (us + HG_SECOND / 2) / HG_SECOND;
    fprintf(stderr, "honeyguide replay: skipped %lld:%02lld:%02lld without events\n", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/* Waits until the event is due, sending first what is due before it. */
static enum hg_rc keep_pace(struct replay *r, int64_t event_us, struct hg_err *reterr)
{
    int64_t now = hg_time_monotonic_us(), skipped;
    int64_t due = hg_pace_due(&r->pace, event_us, now, &skipped);
    if (due - now < TICK_US && skipped == 0)
        return HG_OK;
    enum hg_rc rc = flush(r, reterr);
    if (skipped > 0)
        say_skipped(skipped);
    while (rc == HG_OK && !stop && (now = hg_time_monotonic_us()) < due) {
        int64_t left = due - now < HG_SECOND / 4 ? due - now : HG_SECOND / 4;
        nanosleep(&(struct timespec){.tv_nsec = (long)left * 1000}, NULL);
    }
    return rc;
}

static void announce_shift(struct replay *r, uint32_t input)
{
    if (!r->align || r->announced[input])
        return;
    r->announced[input] = true;
    fprintf(stderr, "honeyguide replay: %s moved by %.6f s\n", hg_input_path(hg_merge_input(r->merge, input)),
            (double)hg_merge_shift(r->merge, input) / (double)HG_SECOND);
}

static enum hg_rc stream(struct replay *r, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && !stop) {
        struct hg_item item;
        rc = hg_merge_next(r->merge, &item, reterr);
        if (rc != HG_OK)
            break;
        if (item.event != NULL) {
            announce_shift(r, item.input);
            hg_slot_hold(item.slot);
            rc = keep_pace(r, item.event->time_us, reterr);
        }
        put_envelope(r, &item);
        if (item.event != NULL)
            hg_slot_release(item.slot);
        r->in_batch++;
        if (rc == HG_OK && (r->in_batch >= r->batch_max || r->body.len >= BODY_BYTES_SENT))
            rc = flush(r, reterr);
    }
    return rc == HG_EEND ? flush(r, reterr) : rc;
}

static void report(const struct replay *r)
{
    const struct hg_answers *a = hg_client_answers(r->client);
    fprintf(stderr, "honeyguide replay: %s %llu records: %llu decoded (%llu known already), %llu skipped, %llu malformed\n",
            stop ? "stopped after" : "sent", (unsigned long long)a->counts.read, (unsigned long long)a->counts.decoded,
            (unsigned long long)a->counts.duplicates, (unsigned long long)a->counts.skipped, (unsigned long long)a->counts.malformed);
    if (a->resent > 0)
        fprintf(stderr, "honeyguide replay: resent %llu batches, %llu of them not known yet\n", (unsigned long long)a->resent,
                (unsigned long long)a->resent_new);
}

/* Was a file of no known format, and not passed over? */
static bool say_unknown(const struct hg_merge *merge, bool passed_over)
{
    struct hg_buf lines;
    hg_buf_init(&lines, (size_t)16 * 1024 * 1024);
    for (size_t i = 0; i < hg_merge_inputs(merge); i++) {
        const struct hg_input *input = hg_merge_input(merge, i);
        if (hg_input_unknown(input) != HG_REASON_NONE)
            hg_put_unknown(&lines, &hg_command_replay, hg_input_path(input), hg_input_unknown(input), passed_over);
    }
    if (lines.len > 0)
        fwrite(lines.p, 1, lines.len, stderr);
    hg_buf_free(&lines);
    return !passed_over && hg_merge_any_unknown(merge);
}

static enum hg_rc set_up(struct replay *r, struct hg_pool **ret_pool, struct hg_sessions **ret_sessions, const char *const *paths,
                         size_t n, struct hg_err *reterr)
{
    struct hg_merge_settings merge = {.with_rejects = true, .align = r->align, .held_max = 2};
    enum hg_rc rc = hg_client_create(r->url, r->token[0] == '\0' ? NULL : r->token, &r->client, reterr);
    if (rc == HG_OK)
        rc = hg_pool_create(r->common.threads, ret_pool, reterr);
    if (rc == HG_OK)
        rc = hg_sessions_create(ret_sessions, reterr);
    if (rc == HG_OK)
        rc = hg_merge_create(paths, n, &r->common.inputs, &merge, *ret_pool, *ret_sessions, &r->merge, reterr);
    r->header_sent = calloc(n, sizeof *r->header_sent);
    r->announced = calloc(n, sizeof *r->announced);
    if (rc == HG_OK && (r->header_sent == NULL || r->announced == NULL))
        rc = hg_fail(reterr, HG_ENOMEM, "no memory for %zu files", n);
    return rc;
}

static int replay(struct replay *r, const char *const *paths, size_t n)
{
    struct hg_err err;
    struct hg_pool *pool = NULL;
    struct hg_sessions *sessions = NULL;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    hg_buf_init(&r->body, 4 * BODY_BYTES_SENT);
    r->progress = hg_progress_start("records");
    bool unknown = false;
    enum hg_rc rc = set_up(r, &pool, &sessions, paths, n, &err);
    if (rc == HG_OK) {
        rc = stream(r, &err);
        hg_progress_end(&r->progress);
        report(r);
        unknown = say_unknown(r->merge, r->common.inputs.skip_unknown);
    }
    hg_merge_destroy(r->merge);
    hg_sessions_destroy(sessions);
    hg_pool_destroy(pool);
    hg_client_destroy(r->client);
    hg_buf_free(&r->body);
    free(r->header_sent);
    free(r->announced);
    if (rc != HG_OK)
        return hg_failed(&hg_command_replay, &err);
    return unknown ? EXIT_FAILED : EXIT_DONE;
}

enum { TO = HG_OPT_OWN, SPEED, BATCH, ALIGN, TOKEN_FILE };

static bool take(struct replay *r, int option, const char *argument)
{
    const struct hg_command *command = &hg_command_replay;
    switch (option) {
    case TO:
        r->url = argument;
        return true;
    case SPEED:
        if (hg_slice_is(HG_SLICE("max"), argument) || (hg_num_parse_f64(hg_slice_of(argument), &r->pace.speed) && r->pace.speed > 0)) {
            if (argument[0] == 'm')
                r->pace.speed = 0;
            return true;
        }
        hg_usage(command, "--speed takes a number above 0 or max, not '%s'", argument);
        return false;
    case BATCH:
        return hg_opt_u64(command, "--batch", argument, 1, 1000000, &r->batch_max);
    case ALIGN:
        r->align = true;
        return true;
    case TOKEN_FILE:
        return hg_read_token(command, argument, r->token, sizeof r->token);
    default:
        return hg_common_option(command, &r->common, option, argument);
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"to", required_argument, NULL, TO},
                                            {"speed", required_argument, NULL, SPEED},
                                            {"batch", required_argument, NULL, BATCH},
                                            {"align", no_argument, NULL, ALIGN},
                                            {"token-file", required_argument, NULL, TOKEN_FILE},
                                            HG_OPTIONS_SCAN,
                                            HG_OPTIONS_END};
    struct replay r = {.common = hg_common_default(), .batch_max = 1000, .pace.speed = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(&r, option, optarg))
            return EXIT_USAGE;
    if (r.url == NULL)
        return hg_usage(&hg_command_replay, "--to URL says which server");
    if (optind == argc)
        return hg_usage(&hg_command_replay, "name the logs to replay");
    struct hg_paths paths = {0};
    int status = hg_common_formats(&hg_command_replay, &r.common);
    if (status == EXIT_DONE)
        status = hg_common_paths(&hg_command_replay, &r.common, argv + optind, (size_t)(argc - optind), &paths);
    if (status == EXIT_DONE)
        status = replay(&r, (const char *const *)paths.paths, paths.n);
    hg_paths_free(&paths);
    hg_common_free(&r.common);
    return status;
}
