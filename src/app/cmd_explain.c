/* Why an alert or an event is what it is: its leading figures, the nearest event that was learnt, what would have been ordinary. */
#include "app/command.h"
#include "core/event_json.h"
#include "detect/budget.h"
#include "detect/explain.h"
#include "store/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: honeyguide explain --state DIR [--json] ID\n\n"
    "Says why an alert, or an event, is what it is; ID is its alert_id or event_id. What happened, when and between whom; the reason;\n"
    "the leading figures with what is usual and their share of the score; beside them those of the nearest event that the model learnt\n"
    "from, as near as a byte tells; and what would have been ordinary with all else equal. Each such claim was tried: scored again with that\n"
    "figure, the event is no anomaly by the budget that is in force. What follows from a figure (bytes a second from bytes) is not varied\n"
    "with it. An alert's score, p-value and model never change; where that model is no longer kept, the one in force explains, and says so.\n"
    "It works while a server runs on the state.\n\n"
    "  --state DIR            the state of `honeyguide serve`\n"
    "  --json                 all of it for programs, with every figure that has a share\n"
    "\nexample:\n  honeyguide explain --state ./state 6f1d0e5c2b7a4983a1b2c3d4e5f60718\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_explain;
const struct hg_command hg_command_explain = {"explain", "why an alert or an event: figures, the nearest one learnt, what would be ordinary", help, run};

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define MODEL_BYTES ((size_t)256 * 1024 * 1024)
#define OUT_BYTES   ((size_t)16 * 1024 * 1024)
#define SHOWN       8u    /* figures in the table, at most, */
#define SHOWN_SHARE 0.01f /* and of such a share */

struct asked {
    const char *state;
    bool json;
    struct hg_id id;
    struct hg_arena arena;      /* the row's, */
    struct hg_arena kept_arena; /* and the budget's */
    struct hg_lookup found;
    struct hg_slice budget;   /* as the state keeps it */
    struct hg_model *model;   /* that explains; NULL: there is none */
    bool in_force;            /* it is the state's present one */
    bool explained;
    struct hg_explanation explanation;
};

/* ---- reading */

static enum hg_rc parse_model(struct hg_buf *bytes, enum hg_rc read, struct hg_model **ret, struct hg_err *reterr)
{
    return read == HG_OK ? hg_model_parse(hg_buf_slice(bytes), ret, reterr) : read;
}

/* The model that scored the event, where it is kept, else the one in force. */
static enum hg_rc read_model(struct asked *asked, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_buf bytes;
    struct hg_err unkept;
    struct hg_model *present = NULL;
    hg_buf_init(&bytes, MODEL_BYTES);
    enum hg_rc rc = parse_model(&bytes, hg_reader_model(reader, &bytes, reterr), &present, reterr);
    struct hg_id digest = rc == HG_OK ? hg_model_digest(present) : (struct hg_id){{0}};
    asked->in_force = memcmp(&digest, &asked->found.model, sizeof digest) == 0;
    hg_buf_clear(&bytes);
    if (!asked->in_force)
        (void)parse_model(&bytes, hg_reader_model_of(reader, &asked->found.model, &bytes, &unkept), &asked->model, &unkept);
    if (asked->model == NULL) {
        asked->model = present;
        asked->in_force = present != NULL;
        present = NULL;
    }
    hg_model_destroy(present);
    hg_buf_free(&bytes);
    return rc == HG_ESTATE ? HG_OK : rc; /* it keeps none */
}

static enum hg_rc read_state(void *self, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct asked *asked = self;
    enum hg_rc rc = hg_reader_find(reader, &asked->id, SIZE_MAX, &asked->arena, &asked->found, reterr);
    if (rc == HG_OK)
        rc = hg_reader_state(reader, "budget", &asked->kept_arena, &asked->budget, reterr);
    return rc == HG_OK ? read_model(asked, reader, reterr) : rc;
}

/* ---- explaining */

/* The rate in force: as the run reckons it for all sources together; where each has its own, by what the model saw of such events. */
static enum hg_rc rate_of(const struct asked *asked, const struct hg_event *event, double *ret, struct hg_err *reterr)
{
    struct hg_budget_settings settings = hg_budget_default();
    double events_a_day[HG_SUB_COUNT], rates[HG_SUB_COUNT];
    struct hg_budget *budget;
    (void)hg_budget_kept_settings(asked->budget, &settings);
    hg_model_events_a_day(asked->model, events_a_day);
    hg_budget_kind_rates(&settings, events_a_day, rates);
    *ret = rates[hg_submodel_of(event)];
    if (settings.mode == HG_BUDGET_PER_SOURCE)
        return HG_OK;
    enum hg_rc rc = hg_budget_create(&settings, &budget, reterr);
    if (rc != HG_OK)
        return rc;
    hg_budget_learnt(budget, events_a_day);
    if (hg_budget_take(budget, HG_BUDGET_ALL, asked->budget))
        *ret = hg_budget_rate(budget, HG_BUDGET_ALL);
    hg_budget_destroy(budget);
    return HG_OK;
}

static enum hg_rc explain(struct asked *asked, struct hg_err *reterr)
{
    const struct hg_event_row *row = asked->found.row;
    struct hg_score_scratch *scratch;
    double rate;
    if (row == NULL || !row->has_features || asked->model == NULL)
        return HG_OK;
    enum hg_rc rc = rate_of(asked, &row->event, &rate, reterr);
    if (rc == HG_OK)
        rc = hg_score_scratch_create(&scratch, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_explain(asked->model, scratch, &row->event, &row->features, rate, &asked->explanation, reterr);
    asked->explained = rc == HG_OK && asked->explanation.score.state == HG_SCORED;
    hg_score_scratch_destroy(scratch);
    return rc;
}

/* ---- what both outputs say */

static bool is_set(const struct hg_id *id)
{
    static const struct hg_id none;
    return memcmp(id, &none, sizeof none) != 0;
}

/* By another model than the one that scored it? */
static bool by_another(const struct asked *asked)
{
    struct hg_id digest = hg_model_digest(asked->model);
    return memcmp(&digest, &asked->found.model, sizeof digest) != 0;
}

static const char *why_not(const struct asked *asked)
{
    const struct hg_event_row *row = asked->found.row;
    return row == NULL            ? "the event is no longer stored"
           : !row->has_features   ? "the figures of the event were not kept: those of anomalies are"
           : asked->model == NULL ? "the state keeps no model"
                                  : "the model knows nothing of this kind of event";
}

static const struct hg_score *score_of(const struct asked *asked)
{
    return asked->found.by_alert || asked->found.row == NULL ? &asked->found.alert.score : &asked->found.row->score;
}

/* The event as far as it is still known. */
static struct hg_event event_of(const struct asked *asked)
{
    const struct hg_alert *alert = &asked->found.alert;
    if (asked->found.row != NULL)
        return asked->found.row->event;
    return (struct hg_event){.id = alert->event_id, .time_us = alert->last_us, .missing = alert->missing, .dataset = alert->dataset,
                             .label = alert->by_label + alert->by_both > 0 ? HG_LABEL_ATTACK : HG_LABEL_NONE,
                             .attack_type = alert->attack_type, .direction = HG_DIRECTION_NONE, .source_ip = alert->source_ip,
                             .destination_ip = alert->destination_ip, .source_port = alert->source_port,
                             .destination_port = alert->destination_port, .protocol = hg_slice_of(alert->protocol),
                             .application_protocol = hg_slice_of(alert->application_protocol), .kind = hg_slice_of(alert->kind)};
}

/* ---- text */

static void put_id(const char *name, const struct hg_id *id, struct hg_buf *out)
{
    char text[HG_ID_TEXT_BYTES];
    hg_id_print(id, text);
    hg_buf_printf(out, "%-6s %.*s", name, HG_ID_TEXT_BYTES, text);
}

static void put_end(const struct hg_event *event, enum hg_field address, const struct hg_ip *ip, enum hg_field has_port, uint16_t port,
                    struct hg_buf *out)
{
    char text[HG_IP_TEXT_BYTES];
    if (!hg_event_has(event, address)) {
        hg_buf_text(out, "unknown");
        return;
    }
    hg_buf_add(out, text, hg_ip_print(ip, text));
    if (hg_event_has(event, has_port))
        hg_buf_printf(out, " port %u", port);
}

static void put_what(const struct hg_event *event, struct hg_buf *out)
{
    const struct hg_slice names[] = {event->kind, event->protocol, event->application_protocol};
    hg_buf_printf(out, "\nwhat   %s", hg_dataset_name((enum hg_dataset)event->dataset));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].len == 0)
            continue;
        hg_buf_text(out, ", ");
        hg_put_plain(out, names[i]); /* as a log calls it */
    }
}

static void put_when(const struct asked *asked, const struct hg_event *event, struct hg_buf *out)
{
    const struct hg_alert *alert = &asked->found.alert;
    char text[HG_TIME_TEXT_BYTES], last[HG_TIME_TEXT_BYTES];
    hg_time_print(asked->found.by_alert ? alert->first_us : event->time_us, text);
    hg_buf_printf(out, "\nwhen   %.*s", HG_TIME_TEXT_BYTES, text);
    if (!asked->found.by_alert || alert->count < 2)
        return;
    hg_time_print(alert->last_us, last);
    hg_buf_printf(out, " to %.*s, %llu events", HG_TIME_TEXT_BYTES, last, (unsigned long long)alert->count);
}

static void put_head(const struct asked *asked, struct hg_buf *out)
{
    struct hg_event event = event_of(asked);
    const struct hg_score *score = score_of(asked);
    put_id(asked->found.by_alert ? "alert" : "event", &asked->id, out);
    put_what(&event, out);
    put_when(asked, &event, out);
    hg_buf_text(out, "\nwho    ");
    put_end(&event, HG_FIELD_source_ip, &event.source_ip, HG_FIELD_source_port, event.source_port, out);
    hg_buf_text(out, " to ");
    put_end(&event, HG_FIELD_destination_ip, &event.destination_ip, HG_FIELD_destination_port, event.destination_port, out);
    hg_buf_printf(out, "\nscore  %.6f, severity %s", score->value, hg_severity_name((enum hg_severity)score->severity));
    if (score->state == HG_SCORED)
        hg_buf_printf(out, ", p = %.3g", score->p);
    hg_buf_text(out, "\nwhy    ");
    hg_reason_words(&event, score, out);
    hg_buf_char(out, '\n');
}

static void put_model(const struct asked *asked, struct hg_buf *out)
{
    struct hg_id digest = hg_model_digest(asked->model);
    put_id("model", &digest, out);
    if (!by_another(asked))
        hg_buf_printf(out, ", which scored it%s\n", asked->in_force ? " and is in force" : "; another one is in force now");
    else {
        hg_buf_printf(out, ", which is in force and is NOT the one that scored it: by this one p = %.3g\n", asked->explanation.score.p);
        if (is_set(&asked->found.model)) {
            put_id("was", &asked->found.model, out);
            hg_buf_text(out, ", no longer kept\n");
        }
    }
}

#define CELLS       5
#define CELL_BYTES  64u

/* Columns as wide as their widest cell; figures stand to the right. */
static void put_table(char (*cells)[CELLS][CELL_BYTES], size_t rows, size_t columns, struct hg_buf *out)
{
    int widths[CELLS] = {0};
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < columns; c++)
            if ((int)strlen(cells[i][c]) > widths[c])
                widths[c] = (int)strlen(cells[i][c]);
    for (size_t i = 0; i < rows; i++) {
        hg_buf_printf(out, "  %-*s", widths[0], cells[i][0]);
        for (size_t c = 1; c < columns; c++)
            hg_buf_printf(out, "  %*s", widths[c], cells[i][c]);
        hg_buf_char(out, '\n');
    }
}

static void put_cell(const struct hg_buf *words, char cell[CELL_BYTES])
{
    snprintf(cell, CELL_BYTES, "%.*s", (int)words->len, words->len == 0 ? "" : words->p);
}

/* Of categories the share of what was learnt is shown: it is no rarity. */
static void name_figure(enum hg_feature feature, char cell[CELL_BYTES])
{
    const char *words = hg_feature_words(feature), *of = strchr(words, ' ');
    if (hg_feature_kind(feature) == HG_KIND_code && of != NULL)
        snprintf(cell, CELL_BYTES, "frequency%s", of);
    else
        snprintf(cell, CELL_BYTES, "%s", words);
}

static void fill_row(const struct hg_explanation *explanation, size_t i, char cells[CELLS][CELL_BYTES])
{
    const struct hg_contribution *figure = &explanation->features[i];
    enum hg_feature feature = (enum hg_feature)figure->feature;
    struct hg_buf words;
    hg_buf_init(&words, 1024);
    name_figure(feature, cells[0]);
    hg_value_words(feature, figure->value, &words);
    put_cell(&words, cells[1]);
    hg_buf_clear(&words);
    hg_value_words(feature, figure->low, &words);
    if (figure->low < figure->high) {
        hg_buf_text(&words, " to ");
        hg_value_words(feature, figure->high, &words);
    }
    put_cell(&words, cells[2]);
    snprintf(cells[3], CELL_BYTES, "%.0f %%", (double)figure->share * 100);
    hg_buf_clear(&words);
    hg_value_words(feature, explanation->nearest[i], &words);
    put_cell(&words, cells[4]);
    hg_buf_free(&words);
}

static void put_figures(const struct hg_explanation *explanation, struct hg_buf *out)
{
    char cells[SHOWN + 1][CELLS][CELL_BYTES] = {{"", "value", "usual (5 to 95 %)", "share", "nearest"}};
    size_t n = 0;
    for (; n < SHOWN && n < explanation->n && (n < HG_TOP_FEATURES || explanation->features[n].share >= SHOWN_SHARE); n++)
        fill_row(explanation, n, cells[n + 1]);
    hg_buf_text(out, "\nfigures that led to the score, what is usual and what the nearest event that was learnt had\n");
    put_table(cells, n + 1, explanation->has_nearest ? CELLS : CELLS - 1, out);
    if (!explanation->has_nearest)
        hg_buf_text(out, "  (the model's detector keeps no events to compare with)\n");
}

static void put_ordinary(const struct hg_explanation *explanation, struct hg_buf *out)
{
    hg_buf_printf(out, "\nwhat would be ordinary by the budget in force, p of %.3g or more\n", explanation->rate);
    if (!(explanation->score.p < explanation->rate))
        hg_buf_text(out, "  It is, by its score: p is not below that.\n");
    else if (explanation->n_counterfactuals == 0)
        hg_buf_text(out, "  Neither one of the leading figures nor two of them would make it ordinary.\n");
    for (size_t i = 0; i < explanation->n_counterfactuals; i++) {
        hg_buf_text(out, "  ");
        hg_counterfactual_words(&explanation->counterfactuals[i], out);
        hg_buf_char(out, '\n');
    }
    if (explanation->n_counterfactuals > 0)
        hg_buf_text(out, "  All else equal: what follows from these figures is not varied with them.\n");
}

static void put_text(const struct asked *asked, struct hg_buf *out)
{
    put_head(asked, out);
    if (!asked->explained) {
        hg_buf_printf(out, "\nNo more can be told: %s.\n", why_not(asked));
        return;
    }
    put_model(asked, out);
    put_figures(&asked->explanation, out);
    put_ordinary(&asked->explanation, out);
}

/* ---- JSON */

static void put_json_id(const char *key, const struct hg_id *id, bool there, struct hg_jsonw *w)
{
    hg_jsonw_key(w, key);
    if (there)
        hg_jsonw_id(w, id);
    else
        hg_jsonw_null(w);
}

static void put_json_explanation(const struct asked *asked, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "explanation");
    if (!asked->explained) {
        hg_jsonw_null(w);
        hg_jsonw_key(w, "why_not");
        hg_jsonw_text(w, why_not(asked));
        return;
    }
    struct hg_id digest = hg_model_digest(asked->model);
    hg_jsonw_open(w, '{');
    put_json_id("model", &digest, true, w);
    hg_jsonw_key(w, "same_model");
    hg_jsonw_bool(w, !by_another(asked));
    hg_explanation_json_members(&asked->explanation, w);
    hg_jsonw_close(w, '}');
    hg_jsonw_key(w, "why_not");
    hg_jsonw_null(w);
}

static void put_json(struct asked *asked, struct hg_buf *out)
{
    struct hg_event event = event_of(asked);
    const struct hg_score *score = score_of(asked);
    struct hg_jsonw w = {.buf = out};
    struct hg_buf words;
    hg_buf_init(&words, 4096);
    hg_reason_words(&event, score, &words);
    hg_jsonw_open(&w, '{');
    put_json_id("alert_id", &asked->found.alert.id, asked->found.has_alert, &w);
    hg_event_json_members(&event, &asked->kept_arena, &w);
    hg_score_json_members(score, HG_FEATURE_COUNT, &w);
    hg_finding_json(&score->finding, &w);
    hg_jsonw_key(&w, "reason");
    hg_jsonw_str(&w, hg_buf_slice(&words));
    put_json_id("scored_by", &asked->found.model, is_set(&asked->found.model), &w);
    put_json_explanation(asked, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
    hg_buf_free(&words);
}

/* ---- */

static int answer(struct asked *asked)
{
    struct hg_err err;
    struct hg_buf out;
    hg_arena_init(&asked->arena, (size_t)256 * 1024, ARENA_BYTES);
    hg_arena_init(&asked->kept_arena, 65536, ARENA_BYTES);
    hg_buf_init(&out, OUT_BYTES);
    enum hg_rc rc = hg_store_look(asked->state, read_state, asked, &err);
    if (rc == HG_OK)
        rc = explain(asked, &err);
    if (rc == HG_OK && asked->json)
        put_json(asked, &out);
    else if (rc == HG_OK)
        put_text(asked, &out);
    if (rc == HG_OK)
        rc = out.failed ? hg_fail(&err, HG_ENOMEM, "no memory for the answer") : hg_output(hg_buf_slice(&out), &err);
    hg_buf_free(&out);
    hg_arena_free(&asked->kept_arena);
    hg_arena_free(&asked->arena);
    hg_model_destroy(asked->model);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_explain, &err);
}

static int run(int argc, char **argv)
{
    enum { STATE = HG_OPT_OWN, JSON };
    static const struct option options[] = {{"state", required_argument, NULL, STATE}, {"json", no_argument, NULL, JSON}, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_explain;
    struct hg_common common = hg_common_default();
    struct asked asked = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == STATE)
            asked.state = optarg;
        else if (option == JSON)
            asked.json = true;
        else if (!hg_common_option(command, &common, option, optarg))
            return EXIT_USAGE;
    }
    if (asked.state == NULL)
        return hg_usage(command, "--state DIR says where the alert is");
    if (optind != argc - 1 || !hg_id_parse(hg_slice_of(argv[optind]), &asked.id))
        return hg_usage(command, "name one alert_id or event_id, of 32 hexadecimal digits");
    return answer(&asked);
}
