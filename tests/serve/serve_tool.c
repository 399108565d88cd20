/*
 * The HTTP server over a real store and a backend made up for tests: each line of a pushed body becomes an event a second, from a
 * few addresses, every third of them (and each that begins with "odd") anomalous with an alert of its own; one that begins with
 * "late" is late, and one with "torn" goes to the quarantine; the session is the line's first word. Events of a source whose name
 * begins with "now" or "ago" happen now or two hours ago, as they arrive; those of "old" arrived two hours ago. A body that begins
 * with a word of `answers` gets that answer instead; "world" makes windows end at the wall clock and `sources` appear.
 *
 *   serve_tool STATE SECONDS [ADDRESS TOKEN]     SECONDS: patience with slow clients
 */
#include "serve/serve.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BEGIN_US INT64_C(1736370000000000) /* 2025-01-08T21:00:00Z */
#define LINES_MAX 1000u
#define DIMS 6
#define NAMES_MAX 8u

struct tool {
    pthread_mutex_t starting; /* held until `serve` is known: requests come in before */
    pthread_mutex_t lock;
    struct hg_store *store;
    struct hg_serve *serve;
    uint64_t sequence;
    enum hg_run_state state;
    struct hg_event events[LINES_MAX];
    struct hg_score scores[LINES_MAX];
    struct hg_stored_event stored[LINES_MAX];
    struct hg_rollup rollups[LINES_MAX * DIMS];
    struct hg_attacker attackers[LINES_MAX];
    struct hg_alert alerts[LINES_MAX];
    struct hg_quarantined torn[LINES_MAX];
    struct hg_reliability weeks[LINES_MAX];
    size_t n, n_rollups, n_anomalous, n_torn;
    struct named { /* a source of pushes */
        char name[256];
        struct hg_input_state input;
    } names[NAMES_MAX];
    size_t n_names;
    bool world;
    char key[256], key_body[256]; /* of the last push with a key */
    struct hg_push_result key_answer;
};

/* What a running program could know: every state and kind, and a name as bad as names get. */
static const struct hg_source_status sources[] = {
    {.name = "/var/log/eve.json", .kind = "file", .state = HG_SOURCE_BEHIND, .rate = 12.5, .behind_bytes = 1000, .rotations = 2, .lost = 7},
    {.name = "absent.json", .kind = "file", .state = HG_SOURCE_WAITING},
    {.name = "denied.json", .kind = "file", .state = HG_SOURCE_FAILED, .trouble = "permission denied"},
    {.name = "-", .kind = "stdin", .state = HG_SOURCE_ENDED},
    {.name = "unix:/run/eve.sock", .kind = "unix", .state = HG_SOURCE_LIVE, .peers = 2, .skew = HG_SKEW_NONE},
    {.name = "syslog+udp:127.0.0.1:5514", .kind = "syslog+udp", .state = HG_SOURCE_LIVE, .skew = HG_SKEW_STEADY, .skew_us = -37 * HG_MINUTE},
    {.name = "syslog+tcp:127.0.0.1:5514", .kind = "syslog+tcp", .state = HG_SOURCE_LIVE, .skew = HG_SKEW_STEADY,
     .skew_us = 2 * HG_HOUR - 3 * HG_SECOND, .future = 3, .future_us = 7200 * HG_SECOND},
    {.name = "a\"b\\c\nd\x1b\xff\xe2\x80\xae", .kind = "file", .state = HG_SOURCE_LIVE},
};
#define N_SOURCES (sizeof sources / sizeof sources[0])

static const struct {
    const char *word;
    enum hg_rc rc;
    enum hg_run_state state;
} answers[] = {
    {"busy", HG_EBUSY, HG_RUN_LIVE},   {"bad", HG_EUSAGE, HG_RUN_LIVE},      {"what", HG_EUSAGE, HG_RUN_LIVE},
    {"down", HG_EIO, HG_RUN_LIVE},     {"stop", HG_ESTATE, HG_RUN_LIVE},     {"stall", HG_EIO, HG_RUN_STALLED},
    {"learn", HG_OK, HG_RUN_LEARNING}, {"live", HG_OK, HG_RUN_LIVE},        {"world", HG_OK, HG_RUN_LIVE},
};

static void tally(struct tool *tool, const struct hg_event *event, enum hg_dim dim, const char *key, const struct hg_score *score)
{
    bool odd = score->severity != HG_SEVERITY_NONE;
    uint64_t value = (uint64_t)(score->value * HG_SCORE_ONE);
    struct hg_rollup *rollup = &tool->rollups[tool->n_rollups++];
    *rollup = (struct hg_rollup){.minute_us = hg_time_floor(event->time_us, HG_MINUTE), .dim = (uint8_t)dim, .key_len = (uint8_t)strlen(key)};
    memcpy(rollup->key, key, rollup->key_len);
    rollup->tally = (struct hg_tally){.events = 1, .by_score = odd, .high = odd, .scored = 1, .score_sum = value, .anomalous_scored = odd,
                                      .anomalous_score_sum = odd ? value : 0, .score_max = odd ? (uint32_t)value : 0};
}

static void add_alert(struct tool *tool, const struct hg_event *event, const struct hg_score *score)
{
    struct hg_alert *alert = &tool->alerts[tool->n_anomalous];
    *alert = (struct hg_alert){
        .id = event->id, .first_us = event->time_us, .last_us = event->time_us, .count = 1, .by_score = 1,
        .first_sequence = tool->sequence, .last_sequence = tool->sequence, .event_id = event->id, .event_sequence = tool->sequence,
        .score = *score, .source_ip = event->source_ip, .destination_ip = event->destination_ip, .missing = event->missing,
        .source_port = event->source_port, .destination_port = event->destination_port, .dataset = event->dataset,
        .protocol = "tcp", .application_protocol = "SSH", .reason_key = "duration",
        .geo = {.state = HG_GEO_FOUND, .country = "DE", .has_point = true, .latitude = 52.5f, .longitude = 13.25f, .city = "Berlin"},
    };
    tool->attackers[tool->n_anomalous++] = (struct hg_attacker){hg_time_floor(event->time_us, HG_MINUTE), event->source_ip};
}

/* The input of a push's source, made where it is new. */
static struct hg_input_state *input_of(struct tool *tool, struct hg_slice name)
{
    size_t i = 0;
    name = name.len == 0 ? HG_SLICE("push") : name;
    while (i < tool->n_names && !hg_slice_is(name, tool->names[i].name))
        i++;
    if (i == NAMES_MAX || name.len >= sizeof tool->names[i].name)
        abort();
    struct named *named = &tool->names[i];
    if (i == tool->n_names) {
        tool->n_names++;
        memcpy(named->name, name.p, name.len);
        named->input = (struct hg_input_state){.identity = {{(uint8_t)(i + 1)}}, .name = named->name, .format = "cowrie", .index = (uint32_t)i,
                                               .first_event_us = HG_TIME_NONE, .last_event_us = HG_TIME_NONE};
    }
    return &named->input;
}

static int64_t time_of(const char *name, uint64_t sequence)
{
    if (strncmp(name, "now", 3) == 0)
        return hg_time_now_us();
    return strncmp(name, "ago", 3) == 0 ? hg_time_now_us() - 2 * HG_HOUR : BEGIN_US + (int64_t)sequence * HG_SECOND;
}

static void add_line(struct tool *tool, struct hg_input_state *input, struct hg_slice line)
{
    struct hg_event *event = &tool->events[tool->n];
    struct hg_score *score = &tool->scores[tool->n];
    uint64_t sequence = ++tool->sequence;
    bool odd = sequence % 3 == 0 || hg_slice_starts(line, HG_SLICE("odd"));
    char identity[HG_ID_TEXT_BYTES + 1] = "";
    const char *space = memchr(line.p, ' ', line.len);
    hg_id_print(&input->identity, identity);
    *event = (struct hg_event){
        .time_us = time_of(input->name, sequence), .input = input->index, .session = {line.p, space == NULL ? line.len : (size_t)(space - line.p)},
        .dataset = HG_DATASET_suricata, .direction = HG_DIRECTION_NONE, .label = HG_LABEL_NONE,
        .source_ip = hg_ip_v4(0xcb007100u + (uint32_t)(sequence % 5)), .destination_ip = hg_ip_v4(0xc0000201), .source_port = 40000,
        .destination_port = 22, .protocol = HG_SLICE("tcp"), .application_protocol = HG_SLICE("SSH"), .kind = HG_SLICE("login.failed"),
        .payload = line, .record = line, .missing = 1u << HG_FIELD_duration | 1u << HG_FIELD_label | 1u << HG_FIELD_direction,
    };
    memcpy(event->id.b, &sequence, sizeof sequence);
    event->id.b[15] = 1;
    *score = (struct hg_score){.p = odd ? 0.25 : 0.75, .value = odd ? 0.75 : 0.25, .columns = 9, .severity = odd ? HG_SEVERITY_HIGH : HG_SEVERITY_NONE, .n_top = odd};
    score->top[0] = (struct hg_contribution){.feature = HG_FEATURE_duration, .share = 1, .value = 3, .low = 0, .median = 1, .high = 2};
    tool->stored[tool->n++] = (struct hg_stored_event){.sequence = sequence, .event = event, .score = score, .by = odd ? HG_BY_SCORE : 0,
                                                         .alert = odd ? event->id : (struct hg_id){{0}}, .late = hg_slice_starts(line, HG_SLICE("late"))};
    input->counts.late += tool->stored[tool->n - 1].late;
    if (input->first_event_us == HG_TIME_NONE)
        input->first_event_us = event->time_us;
    input->last_event_us = event->time_us;
    tally(tool, event, HG_DIM_TOTAL, "", score);
    tally(tool, event, HG_DIM_SOURCE, identity, score);
    tally(tool, event, HG_DIM_PORT, "22", score);
    tally(tool, event, HG_DIM_PROTOCOL, "SSH", score);
    tool->weeks[tool->n - 1] = (struct hg_reliability){.source = input->name, .week_us = hg_week_of(event->time_us)};
    hg_reliability_add(&tool->weeks[tool->n - 1], score->p, 0.01, odd, odd);
    if (odd) {
        tally(tool, event, HG_DIM_COUNTRY, sequence % 2 == 0 ? "DE" : "-private", score);
        tally(tool, event, HG_DIM_COORDINATE, "52.5,13.25,DE", score);
        add_alert(tool, event, score);
    }
}

static void add_torn(struct tool *tool, const struct hg_input_state *input, struct hg_slice line, struct hg_counts *counts)
{
    tool->torn[tool->n_torn++] = (struct hg_quarantined){.input = input->index, .offset = input->counts.read + counts->read,
                                                         .reason = HG_REASON_invalid_json, .record = line};
    hg_counts_rejected(counts, HG_REASON_invalid_json);
}

static enum hg_rc commit_lines(struct tool *tool, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr)
{
    struct hg_input_state *input = input_of(tool, push->source);
    struct hg_slice body = push->body;
    tool->n = tool->n_rollups = tool->n_anomalous = tool->n_torn = 0;
    for (size_t start = 0, i = 0; i < body.len && tool->n + tool->n_torn < LINES_MAX; i++)
        if (body.p[i] == '\n') {
            struct hg_slice line = {body.p + start, i - start};
            if (hg_slice_starts(line, HG_SLICE("torn"))) {
                add_torn(tool, input, line, &ret->counts);
            } else {
                add_line(tool, input, line);
                hg_counts_decoded(&ret->counts, HG_DATASET_suricata);
            }
            start = i + 1;
        }
    hg_counts_add(&input->counts, &ret->counts);
    bool earlier = strncmp(input->name, "ago", 3) == 0 || strncmp(input->name, "old", 3) == 0;
    input->last_arrival_us = hg_time_now_us() - (earlier ? 2 * HG_HOUR : 0);
    tool->sequence += tool->n == 0; /* commits have ever greater ones */
    input->next_offset = tool->sequence;
    const struct hg_rollup_delta delta = {.rollups = tool->rollups, .n_rollups = tool->n_rollups, .attackers = tool->attackers,
                                          .n_attackers = tool->n_anomalous, .alerts = tool->alerts, .n_alerts = tool->n_anomalous,
                                          .clock_us = tool->n == 0 ? BEGIN_US : tool->events[tool->n - 1].time_us};
    const struct hg_commit commit = {.sequence = tool->sequence, .events = tool->stored, .n_events = tool->n, .delta = &delta,
                                     .inputs = input, .n_inputs = 1, .quarantined = tool->torn, .n_quarantined = tool->n_torn,
                                     .weeks = tool->weeks, .n_weeks = tool->n};
    return hg_store_commit(tool->store, &commit, reterr);
}

/* Whether the key was answered before; else it is noted, with its answer to come. */
static bool is_answered(struct tool *tool, const struct hg_push *push, struct hg_push_result *ret)
{
    if (push->key.len > 0 && hg_slice_is(push->key, tool->key)) {
        bool same = hg_slice_is(push->body, tool->key_body);
        if (same)
            *ret = tool->key_answer;
        ret->repeated = same;
        ret->key_conflict = !same;
        return true;
    }
    if (push->key.len > 0 && push->key.len < sizeof tool->key && push->body.len < sizeof tool->key_body) {
        memcpy(tool->key, push->key.p, push->key.len);
        tool->key[push->key.len] = '\0';
        memcpy(tool->key_body, push->body.p, push->body.len);
        tool->key_body[push->body.len] = '\0';
    }
    return false;
}

static enum hg_rc push(void *self, const struct hg_push *push, struct hg_push_result *ret, struct hg_err *reterr)
{
    struct tool *tool = self;
    pthread_mutex_lock(&tool->starting);
    pthread_mutex_unlock(&tool->starting);
    pthread_mutex_lock(&tool->lock);
    size_t which = 0, n = sizeof answers / sizeof answers[0];
    while (which < n && !hg_slice_starts(push->body, hg_slice_of(answers[which].word)))
        which++;
    bool answered = is_answered(tool, push, ret);
    enum hg_rc rc = answered    ? ret->key_conflict ? HG_EUSAGE : HG_OK
                    : which < n ? answers[which].rc
                                : commit_lines(tool, push, ret, reterr);
    if (which < n)
        tool->state = answers[which].state;
    if (which == 1) {
        ret->bad_line = 2;
        ret->bad_reason = HG_REASON_invalid_json;
        hg_counts_rejected(&ret->counts, HG_REASON_no_event);
        hg_counts_rejected(&ret->counts, HG_REASON_invalid_json);
    }
    tool->world |= hg_slice_starts(push->body, HG_SLICE("world"));
    if (!answered)
        ret->sequence = tool->sequence;
    if (push->key.len > 0 && !answered)
        tool->key_answer = *ret;
    pthread_mutex_unlock(&tool->lock);
    if (hg_slice_starts(push->body, HG_SLICE("wait")))
        nanosleep(&(struct timespec){1, 0}, NULL);
    hg_serve_notify(tool->serve, ret->sequence);
    return rc == HG_OK ? HG_OK : hg_fail(reterr, rc, "as asked");
}

static void status(void *self, struct hg_status *ret)
{
    struct tool *tool = self;
    pthread_mutex_lock(&tool->lock);
    *ret = (struct hg_status){.state = tool->state, .learn_events = 5, .learn_needed = 10, .rate = 1.5, .sequence = tool->sequence,
                              .clock_us = tool->sequence == 0 ? HG_TIME_NONE : BEGIN_US + (int64_t)tool->sequence * HG_SECOND,
                              .budget = tool->world ? (struct hg_budget_settings){.mode = HG_BUDGET_RATE, .rate = 0.01} : hg_budget_default(),
                              .live = tool->world, .uncommitted = tool->world ? 17 : 0};
    if (tool->state == HG_RUN_STALLED)
        snprintf(ret->trouble, sizeof ret->trouble, "disk full");
    pthread_mutex_unlock(&tool->lock);
}

static void attributes(void *self, struct hg_slice format, struct hg_slice header, struct hg_slice record, struct hg_jsonw *w)
{
    (void)self;
    (void)format;
    (void)header;
    hg_jsonw_key(w, "password");
    hg_jsonw_str(w, record);
}

static void reason_words(void *self, const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf)
{
    (void)self;
    (void)event;
    hg_buf_text(buf, score->n_top > 0 ? "unusual duration" : "");
}

static void model_json(void *self, struct hg_jsonw *w)
{
    (void)self;
    hg_jsonw_null(w);
}

static void canaries_json(void *self, struct hg_jsonw *w)
{
    (void)self;
    static const char members[] = "\"enabled\":false,\"every_hours\":null,\"needs_flows\":false,\"kinds\":[]";
    hg_buf_text(w->buf, w->comma ? "," : "");
    hg_buf_text(w->buf, members);
    w->comma = true;
}

static void geo_json(void *self, struct hg_jsonw *w)
{
    (void)self;
    hg_jsonw_raw(w, HG_SLICE("{\"available\":false,\"trouble\":\"no database was given\",\"kind\":null}"));
}

/* Those above, and the names that were pushed. */
static enum hg_rc get_sources(void *self, struct hg_source_status **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct tool *tool = self;
    struct hg_source_status *rows = calloc(N_SOURCES + NAMES_MAX, sizeof *rows);
    size_t n = 0;
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory");
    pthread_mutex_lock(&tool->lock);
    for (; tool->world && n < N_SOURCES; n++) {
        rows[n] = sources[n];
        rows[n].last_arrival_us = HG_TIME_NONE;
        rows[n].rate_asked = 0.01;
    }
    for (size_t i = 0; i < tool->n_names; i++) {
        if (strncmp(tool->names[i].name, "gone", 4) == 0)
            continue; /* as if pushed in an earlier run */
        rows[n] = (struct hg_source_status){.kind = "push", .state = HG_SOURCE_IDLE, .rate_asked = 0.001, .events_a_day = 20000, .alarms = 3, .last_arrival_us = tool->names[i].input.last_arrival_us};
        memcpy(rows[n].name, tool->names[i].name, sizeof rows[n].name);
        n++;
    }
    pthread_mutex_unlock(&tool->lock);
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

/* Number 404 isn't there; any other is read; of all, one of three stays. */
static enum hg_rc quarantine_retry(void *self, uint64_t number, struct hg_push_result *ret, struct hg_err *reterr)
{
    struct tool *tool = self;
    (void)reterr;
    if (number == 404)
        return HG_OK;
    for (int i = 0; i < (number == 0 ? 2 : 1); i++)
        hg_counts_decoded(&ret->counts, HG_DATASET_cowrie);
    if (number == 0)
        hg_counts_rejected(&ret->counts, HG_REASON_invalid_json);
    pthread_mutex_lock(&tool->lock);
    ret->sequence = tool->sequence;
    pthread_mutex_unlock(&tool->lock);
    return HG_OK;
}

static bool knows_format(void *self, struct hg_slice name)
{
    enum hg_dataset dataset;
    (void)self;
    return hg_dataset_parse(name, &dataset) || hg_slice_is(name, "zeek-conn-json");
}

static void fail(const struct hg_err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    exit(err->rc == HG_EUSAGE ? 2 : 1);
}

int main(int argc, char **argv)
{
    static struct tool tool = {.starting = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc != 3 && argc != 5)
        return 2;
    struct hg_err err;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (hg_store_open(argv[1], &(struct hg_store_settings){.recent_events = 100}, &tool.store, &err) != HG_OK)
        fail(&err);
    const struct hg_backend backend = {.self = &tool, .push = push, .status = status, .attributes = attributes, .reason_words = reason_words,
                                       .model_json = model_json, .canaries_json = canaries_json, .geo_json = geo_json, .sources = get_sources,
                                       .quarantine_retry = quarantine_retry, .knows_format = knows_format};
    const struct hg_serve_settings settings = {.address = argc == 5 ? argv[3] : "127.0.0.1", .state_dir = argv[1],
                                               .token = argc == 5 && argv[4][0] != '\0' ? argv[4] : NULL,
                                               .request_seconds = (unsigned)strtoul(argv[2], NULL, 10)};
    pthread_mutex_lock(&tool.starting);
    if (hg_serve_start(&settings, &backend, &tool.serve, &err) != HG_OK) {
        hg_store_close(tool.store);
        fail(&err);
    }
    pthread_mutex_unlock(&tool.starting);
    printf("listening on http://%s:%u\n", settings.address, hg_serve_port(tool.serve));
    fflush(stdout);
    int signal_number;
    sigwait(&ends, &signal_number);
    hg_serve_stop(tool.serve);
    hg_store_close(tool.store);
    return 0;
}
