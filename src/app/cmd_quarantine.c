/* Records that could not be read: what they are, and another try at them. */
#include "app/command.h"
#include "base/num.h"
#include "decode/json.h"
#include "pipeline/ingest.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: honeyguide quarantine list  --state DIR [--source NAME] [--limit N]\n"
    "       honeyguide quarantine show  --state DIR NUMBER\n"
    "       honeyguide quarantine retry --state DIR|--to URL [OPTIONS] [NUMBER]\n\n"
    "Records that could not be read are counted, kept with their source, offset and reason, and never stop the rest. The last 10000 are\n"
    "kept, and of these 64 MiB; the oldest leave first. `list` and `show` work while a server runs on the state. `retry` decodes them\n"
    "again, all or one: after an update, or with another --timezone; what decodes now is taken and leaves the quarantine. A log of no\n"
    "known format is not retried here: it is read anew by `serve` once a --mapping or --format says what it is.\n"
    "While a server runs, --to has it do so (with its own mappings and zones).\n\n"
    "  --state DIR            the state of `honeyguide serve`\n"
    "  --source NAME          of this source alone\n"
    "  --limit N              the newest N (default: 50)\n"
    "  --to URL               the running server, for instance http://127.0.0.1:8765\n"
    "  --token-file FILE      token for a server that asks for one\n"
    HG_HELP_INPUT
    "\nexample:\n  honeyguide quarantine list --state ./state\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_quarantine;
const struct hg_command hg_command_quarantine = {"quarantine", "records that could not be read: list, show, retry", help, run};

#define ROWS_BYTES_MAX ((size_t)128 * 1024 * 1024)
#define SHOWN_BYTES    100 /* of a record, in the list */

struct quarantine {
    struct hg_common common;
    const char *state, *source, *url;
    char token[256];
    uint64_t limit, number; /* 0: all */
};

/* ---- list and show */

static void put_row(const struct hg_quarantine_row *row, struct hg_buf *out)
{
    struct hg_slice head = {row->record.p, row->record.len < SHOWN_BYTES ? row->record.len : SHOWN_BYTES};
    hg_buf_printf(out, "%llu  ", (unsigned long long)row->number);
    hg_put_plain(out, hg_slice_of(row->name));
    hg_buf_printf(out, "  offset %llu  %s: %s\n    ", (unsigned long long)row->offset, hg_reason_name(row->reason), hg_reason_text(row->reason));
    hg_put_plain(out, head);
    hg_buf_text(out, head.len < row->record.len ? " ...\n" : "\n");
}

static void put_whole(const struct hg_quarantine_row *row, struct hg_buf *out)
{
    hg_buf_printf(out, "number  %llu\nsource  ", (unsigned long long)row->number);
    hg_put_plain(out, hg_slice_of(row->name));
    hg_buf_printf(out, "\nformat  %s\noffset  %llu\nreason  %s: %s\nbytes   %zu\n\n", row->format, (unsigned long long)row->offset,
                  hg_reason_name(row->reason), hg_reason_text(row->reason), row->record.len);
    hg_put_plain(out, row->record);
    hg_buf_char(out, '\n');
}

static void put_sum(const struct hg_quarantine_sum *sum, struct hg_buf *out)
{
    hg_buf_printf(out, "%llu of at most %u records, %llu of at most %u bytes; %llu left because newer ones came\n",
                  (unsigned long long)sum->records, HG_QUARANTINE_MAX, (unsigned long long)sum->bytes, HG_QUARANTINE_BYTES_MAX,
                  (unsigned long long)sum->dropped);
}

static enum hg_rc read_rows(const struct quarantine *q, struct hg_reader_db *reader, struct hg_arena *arena, struct hg_buf *out, bool whole,
                            struct hg_err *reterr)
{
    struct hg_quarantine_row *rows;
    struct hg_quarantine_sum sum;
    size_t n;
    enum hg_rc rc = hg_reader_quarantine(reader, q->source, whole ? q->number + 1 : 0, whole ? 1 : q->limit, arena, &rows, &n, reterr);
    if (rc != HG_OK)
        return rc;
    if (whole && (n == 0 || rows[0].number != q->number))
        rc = hg_fail(reterr, HG_EUSAGE, "no record %llu is in quarantine; `honeyguide quarantine list` says which are", (unsigned long long)q->number);
    for (size_t i = 0; i < n && rc == HG_OK; i++)
        whole ? put_whole(&rows[i], out) : put_row(&rows[i], out);
    free(rows);
    if (rc == HG_OK && !whole && (rc = hg_reader_quarantine_sum(reader, &sum, reterr)) == HG_OK)
        put_sum(&sum, out);
    return rc;
}

static int look(const struct quarantine *q, bool whole)
{
    struct hg_err err;
    struct hg_reader_db *reader = NULL;
    struct hg_arena arena;
    struct hg_buf out;
    uint64_t sequence;
    int64_t clock_us;
    if (q->state == NULL)
        return hg_usage(&hg_command_quarantine, "--state DIR says where the records are");
    hg_arena_init(&arena, (size_t)256 * 1024, ROWS_BYTES_MAX);
    hg_buf_init(&out, 2 * ROWS_BYTES_MAX);
    enum hg_rc rc = hg_store_reader_open(q->state, &reader, &err);
    if (rc == HG_OK)
        rc = hg_reader_begin(reader, &sequence, &clock_us, &err);
    if (rc == HG_OK) {
        rc = read_rows(q, reader, &arena, &out, whole, &err);
        hg_reader_end(reader);
    }
    if (rc == HG_OK)
        rc = hg_output(hg_buf_slice(&out), &err);
    hg_store_reader_close(reader);
    hg_buf_free(&out);
    hg_arena_free(&arena);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_quarantine, &err);
}

/* ---- retry */

static void report(uint64_t tried, uint64_t taken)
{
    printf("%llu tried again: %llu can be read now and were taken, %llu stay in quarantine\n", (unsigned long long)tried,
           (unsigned long long)taken, (unsigned long long)(tried - taken));
}

static int retry_here(struct quarantine *q)
{
    struct hg_err err;
    struct hg_ingest *ingest = NULL;
    struct hg_push_result result;
    struct hg_ingest_settings settings = {.state_dir = q->state, .inputs = q->common.inputs, .features = q->common.features, .seed = 1,
                                          .store.recent_events = HG_STORE_RECENT_EVENTS, .lateness_us = HG_LATENESS_US};
    enum hg_rc rc = hg_ingest_create(&settings, &ingest, &err);
    if (rc == HG_OK)
        rc = hg_ingest_start(ingest, &err);
    if (rc == HG_OK) {
        struct hg_backend backend = hg_ingest_backend(ingest);
        rc = backend.quarantine_retry(backend.self, q->number, &result, &err);
        hg_ingest_stop(ingest);
    }
    hg_ingest_destroy(ingest);
    if (rc == HG_EBUSY)
        hg_fail(&err, rc, "a server runs on %s: name it with --to", q->state);
    if (rc != HG_OK)
        return hg_failed(&hg_command_quarantine, &err);
    report(result.counts.read, result.counts.decoded);
    return EXIT_DONE;
}

static size_t take_answer(char *bytes, size_t size, size_t n, void *self)
{
    hg_buf_add(self, bytes, size * n);
    return size * n;
}

static enum hg_rc post(const struct quarantine *q, struct hg_buf *answer, struct hg_err *reterr)
{
    char url[512], body[64] = "{}", token[320];
    size_t len = strlen(q->url);
    while (len > 0 && q->url[len - 1] == '/')
        len--;
    snprintf(url, sizeof url, "%.*s/api/v1/quarantine/retry", (int)len, q->url);
    if (q->number > 0)
        snprintf(body, sizeof body, "{\"number\":%llu}", (unsigned long long)q->number);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    snprintf(token, sizeof token, "Authorization: Bearer %s", q->token);
    if (q->token[0] != '\0')
        headers = curl_slist_append(headers, token);
    if (curl == NULL || headers == NULL) {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        return hg_fail(reterr, HG_ENOMEM, "no memory for the connection");
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return hg_fail(reterr, HG_ESTATE, "%s: %s", url, curl_easy_strerror(code));
    return status == 200 ? HG_OK : hg_fail(reterr, HG_ESTATE, "%s: the server answered %ld", url, status);
}

static int retry_there(const struct quarantine *q)
{
    static const char *const paths[2] = {"read", "decoded"};
    struct hg_err err;
    struct hg_buf answer;
    struct hg_json *json = NULL;
    struct hg_json_plan *plan = NULL;
    struct hg_json_doc doc;
    uint64_t counts[2] = {0};
    hg_buf_init(&answer, (size_t)64 * 1024);
    enum hg_rc rc = post(q, &answer, &err);
    if (rc == HG_OK)
        rc = hg_json_create(&json, &err);
    if (rc == HG_OK)
        rc = hg_json_plan_create(paths, 2, &plan, &err);
    bool read = rc == HG_OK && hg_buf_reserve(&answer, HG_BATCH_PADDING) && hg_json_read(json, plan, hg_buf_slice(&answer), &doc) == HG_REASON_NONE;
    for (int i = 0; read && i < 2; i++) {
        const struct hg_json_value *value = hg_json_get(&doc, i);
        read = value != NULL && hg_num_parse_u64(value->raw, &counts[i]);
    }
    if (rc == HG_OK && !read)
        rc = hg_fail(&err, HG_ESTATE, "%s: this is no answer of honeyguide's", q->url);
    if (rc == HG_OK)
        report(counts[0], counts[1]);
    hg_json_plan_destroy(plan);
    hg_json_destroy(json);
    hg_buf_free(&answer);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_quarantine, &err);
}

static int retry(struct quarantine *q)
{
    if ((q->state == NULL) == (q->url == NULL))
        return hg_usage(&hg_command_quarantine, "retry takes either --state DIR or --to URL");
    if (q->url != NULL)
        return retry_there(q);
    int status = hg_common_formats(&hg_command_quarantine, &q->common);
    if (status == EXIT_DONE)
        status = retry_here(q);
    hg_common_free(&q->common);
    return status;
}

/* ---- */

enum { STATE = HG_OPT_OWN, SOURCE, LIMIT, TO, TOKEN_FILE };

static bool take(struct quarantine *q, int option, const char *argument)
{
    switch (option) {
    case STATE:
        q->state = argument;
        return true;
    case SOURCE:
        q->source = argument;
        return true;
    case LIMIT:
        return hg_opt_u64(&hg_command_quarantine, "--limit", argument, 1, HG_QUARANTINE_MAX, &q->limit);
    case TO:
        q->url = argument;
        return true;
    case TOKEN_FILE:
        return hg_read_token(&hg_command_quarantine, argument, q->token, sizeof q->token);
    default:
        return hg_common_option(&hg_command_quarantine, &q->common, option, argument);
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, STATE},
                                            {"source", required_argument, NULL, SOURCE},
                                            {"limit", required_argument, NULL, LIMIT},
                                            {"to", required_argument, NULL, TO},
                                            {"token-file", required_argument, NULL, TOKEN_FILE},
                                            HG_OPTIONS_INPUT,
                                            HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_quarantine;
    struct quarantine q = {.common = hg_common_default(), .limit = 50};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(&q, option, optarg))
            return EXIT_USAGE;
    int words = argc - optind;
    const char *verb = words > 0 ? argv[optind] : "";
    if (words > 2 || (words == 2 && !hg_opt_u64(command, "NUMBER", argv[optind + 1], 1, UINT64_MAX - 1, &q.number)))
        return words > 2 ? hg_usage(command, "one NUMBER at a time") : EXIT_USAGE;
    if (strcmp(verb, "list") == 0 && words == 1)
        return look(&q, false);
    if (strcmp(verb, "show") == 0 && words == 2)
        return look(&q, true);
    if (strcmp(verb, "retry") == 0)
        return retry(&q);
    return hg_usage(command, "say list, show NUMBER or retry [NUMBER]");
}
