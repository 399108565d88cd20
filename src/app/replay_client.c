#include "app/replay.h"

#include "base/num.h"
#include "base/instant.h"
#include "decode/json.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UNREACHABLE_US (10 * HG_SECOND)

struct hg_client {
    CURL *curl;
    struct curl_slist *headers;
    char url[512];
    char error[CURL_ERROR_SIZE];
    struct hg_buf answer;
    struct hg_json *json;
    struct hg_json_plan *plan;
    struct hg_answers answers;
};

enum { READ, DECODED, SKIPPED, MALFORMED, DUPLICATES, N_COUNTS, DETAIL = 2 * N_COUNTS, ANSWER_SLOTS };
static const char *const answer_paths[ANSWER_SLOTS] = {
    "read",        "decoded",        "skipped",        "malformed",        "duplicates",
    "counts.read", "counts.decoded", "counts.skipped", "counts.malformed", "counts.duplicates", /* of an answer 400 */
    "detail"};

static size_t take_answer(char *bytes, size_t size, size_t n, void *self)
{
    struct hg_client *client = self;
    hg_buf_add(&client->answer, bytes, size * n);
    return size * n;
}

static enum hg_rc prepare(struct hg_client *c, const char *token, struct hg_err *reterr)
{
    c->headers = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
    c->headers = curl_slist_append(c->headers, "Expect:");
    if (token != NULL) {
        char line[320];
        snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        c->headers = curl_slist_append(c->headers, line);
    }
    curl_easy_setopt(c->curl, CURLOPT_URL, c->url);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
    curl_easy_setopt(c->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, 10L);
    if (curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK)
        return hg_fail(reterr, HG_EUSAGE, "this libcurl speaks no http");
    enum hg_rc rc = hg_json_create(&c->json, reterr);
    return rc == HG_OK ? hg_json_plan_create(answer_paths, ANSWER_SLOTS, &c->plan, reterr) : rc;
}

enum hg_rc hg_client_create(const char *url, const char *token, struct hg_client **ret, struct hg_err *reterr)
{
    struct hg_client *c = calloc(1, sizeof *c);
    if (c == NULL || (c->curl = curl_easy_init()) == NULL) {
        free(c);
        return hg_fail(reterr, HG_ENOMEM, "no memory for the connection");
    }
    hg_buf_init(&c->answer, (size_t)64 * 1024);
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    int n = snprintf(c->url, sizeof c->url, "%.*s/api/v1/events?format=envelope", (int)len, url);
    enum hg_rc rc = n < 0 || (size_t)n >= sizeof c->url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
                        ? hg_fail(reterr, HG_EUSAGE, "%s is not the address of a server, such as http://127.0.0.1:8765", url)
                        : prepare(c, token, reterr);
    if (rc != HG_OK) {
        hg_client_destroy(c);
        return rc;
    }
    *ret = c;
    return HG_OK;
}

void hg_client_destroy(struct hg_client *c)
{
    if (c == NULL)
        return;
    curl_slist_free_all(c->headers);
    curl_easy_cleanup(c->curl);
    hg_json_plan_destroy(c->plan);
    hg_json_destroy(c->json);
    hg_buf_free(&c->answer);
    free(c);
}

static uint64_t count(const struct hg_json_doc *doc, int slot)
{
    uint64_t value = 0;
    const struct hg_json_value *v = hg_json_get(doc, slot);
    if (v == NULL)
        v = hg_json_get(doc, N_COUNTS + slot);
    return v != NULL && hg_num_parse_u64(v->raw, &value) ? value : 0;
}

/* resent: the server went away while this batch was on its way, so that it may have been taken already. */
static void add_answer(struct hg_client *c, bool resent)
{
    struct hg_json_doc doc;
    c->answers.batches++;
    c->answers.resent += resent;
    if (!hg_buf_reserve(&c->answer, 64) || hg_json_read(c->json, c->plan, hg_buf_slice(&c->answer), &doc) != HG_REASON_NONE)
        return;
    struct hg_counts *counts = &c->answers.counts;
    counts->read += count(&doc, READ);
    counts->decoded += count(&doc, DECODED);
    counts->skipped += count(&doc, SKIPPED);
    counts->malformed += count(&doc, MALFORMED);
    counts->duplicates += count(&doc, DUPLICATES);
    c->answers.resent_new += resent && count(&doc, DECODED) > count(&doc, DUPLICATES);
}

static void detail(struct hg_client *c, char *out, size_t room)
{
    struct hg_json_doc doc;
    const struct hg_json_value *v = NULL;
    if (hg_buf_reserve(&c->answer, 64) && hg_json_read(c->json, c->plan, hg_buf_slice(&c->answer), &doc) == HG_REASON_NONE)
        v = hg_json_get(&doc, DETAIL);
    snprintf(out, room, "%.*s", v == NULL ? 0 : (int)v->raw.len, v == NULL ? "" : v->raw.p);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

enum hg_rc hg_client_push(struct hg_client *c, struct hg_slice body, const volatile int *stop, struct hg_err *reterr)
{
    int64_t since = hg_time_monotonic_us();
    bool resent = false;
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    while (!*stop) {
        hg_buf_clear(&c->answer);
        c->error[0] = '\0';
        CURLcode code = curl_easy_perform(c->curl);
        if (code != CURLE_OK) {
            bool reached_once = c->answers.batches > 0 || resent || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR;
            if (!reached_once || hg_time_monotonic_us() - since > UNREACHABLE_US)
                return hg_fail(reterr, HG_ESTATE, "%s: %s", c->url, c->error[0] != '\0' ? c->error : curl_easy_strerror(code));
            resent = true;
            wait_ms(250);
            continue;
        }
        long status = 0;
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status == 429 || status == 503) {
            c->answers.waits++;
            since = hg_time_monotonic_us();
            wait_ms(200);
            continue;
        }
        if (status == 200 || status == 400) { /* 400: none of it could be read; the answer says so, the rest goes on */
            add_answer(c, resent);
            return HG_OK;
        }
        char text[256];
        detail(c, text, sizeof text);
        return hg_fail(reterr, HG_ESTATE, "%s: the server answered %ld%s%s", c->url, status, text[0] != '\0' ? ": " : "", text);
    }
    return HG_OK;
}

const struct hg_answers *hg_client_answers(const struct hg_client *c)
{
    return &c->answers;
}
