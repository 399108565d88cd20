/* What a model was made of, what a budget means with it, and, of a state, what came of the budget. */
#include "app/budget_options.h"
#include "app/command.h"
#include "app/model_ledger.h"
#include "core/reliability.h"
#include "detect/budget.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char help[] =
    "usage: honeyguide model show [OPTIONS] FILE\n"
    "       honeyguide model show [OPTIONS] --state DIR [DIGEST]\n"
    "       honeyguide model list [--output text|json] --state DIR\n"
    "       honeyguide model rollback --state DIR DIGEST\n"
    "       honeyguide model pause|resume --state DIR\n\n"
    "Prints what a model was trained on, what it looks at and what was left out and why, and the rate of false alarms that a budget\n"
    "means for each of its sub-models. Of a state also what was asked and what came of it, by source and week of event time: false\n"
    "alarms to expect, alarms with the 95 % interval for the mean behind them, and how the p-values lie between 0 and 1, in 20 parts:\n"
    "half a block high is as many as there should be. It works while a server runs on the state. With a DIGEST (or how one begins): that\n"
    "model of the ledger, and what it was learnt from, as JSON.\n\n"
    "list prints the ledger, the newest model first: from which event on each scored, of how many rows it was learnt and why, and how\n"
    "many alerts are by it. The reference is the frozen first model, which guards what is learnt.\n"
    "rollback puts an earlier model back from the next event on, and pauses refits until resume. Alerts keep the scores that they have.\n"
    "rollback, pause and resume refuse while a server has the state open: end it first. `serve --model FILE` uses FILE all the same.\n\n"
    "  --state DIR                                 the state of `honeyguide serve`, with the model that it uses\n"
    "  --weeks N                                   weeks shown, to that of the last event (default: 12, at most 52)\n"
    "  --output text|json                          for people or for programs (default: text)\n"
    HG_HELP_BUDGET
    "\nexamples:\n  honeyguide model show normal.model\n  honeyguide model show --state ./state\n  honeyguide model list --state ./state\n"
    "  honeyguide model rollback --state ./state 5d0c4a\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_model;
const struct hg_command hg_command_model = {"model", "what a model was made of, false alarms asked and achieved", help, run};

#define WEEKS       12u
#define WEEKS_MAX   52u
#define MODEL_BYTES ((size_t)256 * 1024 * 1024)
#define OUT_BYTES   ((size_t)64 * 1024 * 1024)

struct shown {
    const char *state;
    const char *digest; /* of the state's ledger; NULL: the model in force */
    bool json, blocks; /* the terminal shows block characters */
    uint64_t weeks;
    struct hg_budget_options options;
    struct hg_budget_settings budget;
    struct hg_model *model;        /* NULL: the state keeps none */
    struct hg_buf line;            /* of the ledger: JSON */
    struct hg_reliability *rows;   /* of the state: by source, newest week first */
    size_t n_rows;
    struct hg_arena arena;
};

/* ---- reading */

static enum hg_rc read_model(struct shown *s, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_buf bytes;
    hg_buf_init(&bytes, MODEL_BYTES);
    struct hg_id digest;
    enum hg_rc rc = s->digest == NULL ? hg_reader_model(reader, &bytes, reterr) : hg_ledger_find(reader, s->digest, &digest, reterr);
    if (rc == HG_OK && s->digest != NULL)
        rc = hg_reader_model_of(reader, &digest, &bytes, reterr);
    if (rc == HG_OK && s->digest != NULL)
        rc = hg_ledger_line(reader, &digest, &(struct hg_jsonw){.buf = &s->line}, reterr);
    if (rc == HG_OK)
        rc = hg_model_parse(hg_buf_slice(&bytes), &s->model, reterr);
    hg_buf_free(&bytes);
    return rc == HG_ESTATE && s->digest == NULL ? HG_OK : rc; /* it keeps none */
}

static enum hg_rc read_state(void *self, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct shown *s = self;
    struct hg_slice kept;
    enum hg_rc rc = read_model(s, reader, reterr);
    if (rc == HG_OK)
        rc = hg_reader_state(reader, "budget", &s->arena, &kept, reterr);
    if (rc == HG_OK && !hg_budget_asked(&s->options))
        (void)hg_budget_kept_settings(kept, &s->budget); /* where nothing was judged yet, the default */
    return rc == HG_OK ? hg_reader_reliability(reader, (unsigned)s->weeks, &s->arena, &s->rows, &s->n_rows, reterr) : rc;
}

/* ---- what a budget means */

struct rates {
    double events_a_day[HG_SUB_COUNT], at[HG_SUB_COUNT];
};

static struct rates rates_of(const struct shown *s)
{
    struct rates rates = {.events_a_day = {0}};
    hg_model_events_a_day(s->model, rates.events_a_day);
    hg_budget_kind_rates(&s->budget, rates.events_a_day, rates.at);
    return rates;
}

static void put_budget(const struct hg_budget_settings *budget, struct hg_buf *out)
{
    if (budget->mode == HG_BUDGET_RATE)
        hg_buf_printf(out, "a false-alarm rate of %g", budget->rate);
    else
        hg_buf_printf(out, "at most %g false alert%s a day %s", budget->alerts_per_day, budget->alerts_per_day > 1 ? "s" : "",
                      budget->mode == HG_BUDGET_TOTAL ? "in total" : "for each source");
}

/* ---- text */

static void put_origin(const struct hg_model *model, struct hg_buf *out)
{
    struct hg_model_origin origin = hg_model_origin(model);
    struct hg_id digest = hg_model_digest(model);
    char id[HG_ID_TEXT_BYTES], from[HG_TIME_TEXT_BYTES], to[HG_TIME_TEXT_BYTES];
    hg_id_print(&digest, id);
    hg_buf_printf(out, "model %.*s\nseed %llu, trained on ", HG_ID_TEXT_BYTES, id, (unsigned long long)origin.seed);
    if (origin.from_us == HG_TIME_NONE) {
        hg_buf_text(out, "rows without a time\n\n");
        return;
    }
    hg_time_print(origin.from_us, from);
    hg_time_print(origin.to_us, to);
    hg_buf_printf(out, "%.*s to %.*s (%.3g days)\n\n", HG_TIME_TEXT_BYTES, from, HG_TIME_TEXT_BYTES, to,
                  (double)(origin.to_us - origin.from_us) / (double)HG_DAY);
}

static void put_rates(const struct shown *s, struct hg_buf *out)
{
    struct rates rates = rates_of(s);
    hg_buf_char(out, '\n');
    put_budget(&s->budget, out);
    hg_buf_text(out, ", with as many events a day as in training, calls anomalous:\n");
    for (int kind = 0; kind < HG_SUB_COUNT; kind++) {
        if (!hg_model_knows(s->model, (enum hg_submodel_kind)kind))
            continue;
        hg_buf_printf(out, "  %-16s p < %.3g", hg_submodel_name((enum hg_submodel_kind)kind), rates.at[kind]);
        if (rates.events_a_day[kind] > 0)
            hg_buf_printf(out, ": %.3g of %.0f events a day\n", rates.at[kind] * rates.events_a_day[kind], rates.events_a_day[kind]);
        else
            hg_buf_text(out, " (events a day unknown)\n");
    }
}

/* A character a bin: half high where it has its even share. */
static void put_plot(const struct hg_reliability *row, bool blocks, struct hg_buf *out)
{
    static const char *const high[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char plain[] = " .:-=+*#@";
    hg_buf_text(out, "    p 0 |");
    for (int i = 0; i < HG_RELIABILITY_BINS; i++) {
        double even = (double)row->events / HG_RELIABILITY_BINS, share = (double)row->bins[i] / (even > 0 ? even : 1);
        size_t level = share >= 2 ? 8 : (size_t)(share * 4 + 0.5);
        level = row->bins[i] > 0 && level == 0 ? 1 : level;
        if (blocks)
            hg_buf_text(out, high[level]);
        else
            hg_buf_char(out, plain[level]);
    }
    hg_buf_text(out, "| 1\n");
}

static void put_week(const struct shown *s, const struct hg_reliability *row, struct hg_buf *out)
{
    struct hg_interval interval = hg_poisson_interval(row->alarms);
    char from[HG_TIME_TEXT_BYTES];
    hg_time_print(row->week_us, from);
    hg_buf_printf(out, "  week of %.10s: %llu events, asked %.1f, alarms %llu [%.1f, %.1f], alerts %llu\n    ", from,
                  (unsigned long long)row->events, (double)row->expected / HG_RATE_ONE, (unsigned long long)row->alarms, interval.low,
                  interval.high, (unsigned long long)row->alerts);
    hg_reliability_words(row, out);
    hg_buf_char(out, '\n');
    put_plot(row, s->blocks, out);
}

static void put_achieved(const struct shown *s, struct hg_buf *out)
{
    hg_buf_text(out, s->n_rows == 0 ? "\nnothing was judged in these weeks\n" : "\nasked and achieved, events that no label calls attacks:\n");
    for (size_t i = 0; i < s->n_rows; i++) {
        if (i == 0 || strcmp(s->rows[i].source, s->rows[i - 1].source) != 0) {
            hg_put_plain(out, hg_slice_of(s->rows[i].source));
            hg_buf_char(out, '\n');
        }
        put_week(s, &s->rows[i], out);
    }
}

static void put_text(const struct shown *s, struct hg_buf *out)
{
    if (s->model == NULL) {
        hg_buf_text(out, "the state keeps no model: it is still learning, or `honeyguide serve` was given one (`honeyguide model show FILE`)\n");
    } else {
        put_origin(s->model, out);
        hg_model_describe(s->model, out);
        if (!hg_model_is_of_table(s->model))
            put_rates(s, out);
    }
    if (s->digest != NULL)
        hg_buf_printf(out, "\nledger: %.*s\n", (int)s->line.len, s->line.p);
    else if (s->state != NULL)
        put_achieved(s, out);
}

/* ---- JSON */

static void put_budget_json(const struct hg_budget_settings *budget, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "budget");
    hg_jsonw_open(w, '{');
    hg_budget_json_members(budget, w);
    hg_jsonw_close(w, '}');
}

static void put_rates_json(const struct shown *s, struct hg_jsonw *w)
{
    struct rates rates = s->model == NULL ? (struct rates){.at = {0}} : rates_of(s);
    hg_jsonw_key(w, "rates");
    hg_jsonw_open(w, '[');
    for (int kind = 0; s->model != NULL && kind < HG_SUB_COUNT; kind++) {
        if (hg_model_is_of_table(s->model) || !hg_model_knows(s->model, (enum hg_submodel_kind)kind))
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "sub_model");
        hg_jsonw_text(w, hg_submodel_name((enum hg_submodel_kind)kind));
        hg_jsonw_key(w, "events_a_day");
        hg_jsonw_f64(w, rates.events_a_day[kind] > 0 ? rates.events_a_day[kind] : __builtin_nan(""));
        hg_jsonw_key(w, "rate");
        hg_jsonw_f64(w, rates.at[kind]);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void put_achieved_json(const struct shown *s, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "sources");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < s->n_rows;) {
        const char *source = s->rows[i].source;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "source");
        hg_jsonw_text(w, source);
        hg_jsonw_key(w, "weeks");
        hg_jsonw_open(w, '[');
        for (; i < s->n_rows && strcmp(s->rows[i].source, source) == 0; i++) {
            hg_jsonw_open(w, '{');
            hg_reliability_json_members(&s->rows[i], w);
            hg_jsonw_close(w, '}');
        }
        hg_jsonw_close(w, ']');
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void put_json(const struct shown *s, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "model");
    if (s->model == NULL)
        hg_jsonw_null(&w);
    else
        hg_model_json(s->model, &w);
    put_budget_json(&s->budget, &w);
    put_rates_json(s, &w);
    if (s->digest != NULL) {
        hg_jsonw_key(&w, "ledger");
        hg_jsonw_raw(&w, hg_buf_slice(&s->line));
    }
    if (s->state != NULL)
        put_achieved_json(s, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

/* ---- the command */

static int show(struct shown *s, const char *path)
{
    struct hg_err err;
    struct hg_buf out;
    hg_buf_init(&out, OUT_BYTES);
    hg_buf_init(&s->line, OUT_BYTES);
    hg_arena_init(&s->arena, (size_t)64 * 1024, OUT_BYTES);
    enum hg_rc rc = s->state != NULL ? hg_store_look(s->state, read_state, s, &err) : hg_model_load(path, &s->model, &err);
    if (rc == HG_OK) {
        s->json ? put_json(s, &out) : put_text(s, &out);
        rc = out.failed ? hg_fail(&err, HG_ENOMEM, "no memory to print with") : hg_output(hg_buf_slice(&out), &err);
    }
    hg_buf_free(&out);
    hg_buf_free(&s->line);
    hg_arena_free(&s->arena);
    hg_model_destroy(s->model);
    free(s->rows);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_model, &err);
}

/* As the locale's variables say, in their order; none of them: plain ASCII. */
static bool shows_blocks(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

enum { STATE = HG_OPT_OWN, WEEKS_OPTION, OUTPUT };

static bool take(struct shown *s, int option, const char *argument)
{
    const struct hg_command *command = &hg_command_model;
    switch (option) {
    case STATE:
        s->state = argument;
        return true;
    case WEEKS_OPTION:
        return hg_opt_u64(command, "--weeks", argument, 1, WEEKS_MAX, &s->weeks);
    case OUTPUT:
        s->json = strcmp(argument, "json") == 0;
        if (s->json || strcmp(argument, "text") == 0)
            return true;
        hg_usage(command, "--output takes text or json, not '%s'", argument);
        return false;
    default:
        if (hg_budget_takes(option))
            return hg_budget_option(command, &s->options, option, argument);
        fprintf(stderr, "honeyguide %s --help says how it is used\n", command->name);
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, STATE}, {"weeks", required_argument, NULL, WEEKS_OPTION},
                                            {"output", required_argument, NULL, OUTPUT}, HG_OPTIONS_BUDGET, HG_OPTIONS_END};
    const struct hg_command *command = &hg_command_model;
    struct shown s = {.weeks = WEEKS, .blocks = shows_blocks()};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(&s, option, optarg))
            return EXIT_USAGE;
    if (hg_budget_wrong(command, &s.options))
        return EXIT_USAGE;
    s.budget = hg_budget_of(&s.options);
    if (optind >= argc || !hg_ledger_verb(argv[optind]))
        return hg_usage(command, "show, list, rollback, pause or resume is what it does: honeyguide model show FILE");
    const char *verb = argv[optind], *argument = optind + 1 < argc ? argv[optind + 1] : NULL;
    bool shows = strcmp(verb, "show") == 0;
    if (argc - optind > 2 || (shows && s.state == NULL && argument == NULL))
        return hg_usage(command, "one model, please: a FILE that `honeyguide train` wrote, or --state DIR");
    if (!shows)
        return hg_ledger_run(command, verb, s.state, argument, s.json);
    s.digest = s.state != NULL ? argument : NULL;
    return show(&s, argument);
}
