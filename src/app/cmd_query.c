/* Stored events that match a filter: for people, for a spreadsheet, for other programs. */
#include "app/ask_options.h"
#include "app/row_attributes.h"
#include "core/event_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: honeyguide query [FILTER] --state DIR [OPTIONS]\n\n"
    "Prints the stored events that match a filter, newest first; without one all. The same language as the page's filter bar\n"
    "(docs/filter.md): field:value, field:a,b, field:a..b, field>x, field:*, networks, \"quoted phrases\", * in texts; terms stand side by\n"
    "side, `or` between them, - or `not` before them, parentheses round them. It works while a server runs on the state.\n\n"
    HG_HELP_ASK
    "  --format table|csv|jsonl                    csv and jsonl are as `normalize` has them, and behind that anomaly_score, severity, by and\n"
    "                                              alert_id (default: table)\n"
    "  --limit N                                   at most so many (default: 100 in a table, else all)\n"
    "  --order newest|oldest                       which come first (default: newest)\n"
    "  --count                                     only how many there are\n"
    "  --mapping FILE                              a format of the state that is described in YAML, for its attributes; repeatable\n\n"
    "Texts are what attackers wrote. In tables, and on terminals, control characters are written as \\uXXXX; CSV cells that a\n"
    "spreadsheet would take for a formula have a quote before them. All is of one commit, page by page, in bounded memory.\n\n"
    "examples:\n  honeyguide query 'src:203.0.113.0/24 port:22,2222 score>0.8 -type:scan' --state ./state\n"
    "  honeyguide query 'command:*wget*' --state ./state --from 2025-01-08T00:00:00Z --format csv > downloads.csv\n"
    "  honeyguide query 'user:root or user:admin' --state ./state --window 1h --count\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_query;
const struct hg_command hg_command_query = {"query", "stored events that match a filter", help, run};

#define PAGE_ROWS   500u
#define PAGE_BYTES  ((size_t)256 * 1024 * 1024) /* of the rows of one page: records are 64 KiB at most, and payloads decoded */
#define OUT_BYTES   ((size_t)256 * 1024 * 1024)
#define FLUSH_BYTES 65536u
#define TABLE_ROWS  100u
#define TEXT_BYTES  160u /* of what attackers wrote, in a table */

enum form { FORM_TABLE, FORM_CSV, FORM_JSONL };

struct asked {
    struct hg_ask ask;
    struct hg_common common;
    enum form form;
    uint64_t limit; /* 0: none given */
    bool oldest, count;
    struct hg_row_attributes *attributes;
    struct hg_arena page, scratch, inputs;
    struct hg_buf out;
    uint64_t printed;
};

/* ---- a table's row */

/* On one line, and not too long: cut where a character ends. */
static void put_text(struct hg_buf *out, struct hg_slice text)
{
    bool is_cut = text.len > TEXT_BYTES;
    if (text.len == 0)
        return;
    if (is_cut) {
        text.len = TEXT_BYTES;
        while (text.len > 0 && ((unsigned char)text.p[text.len] & 0xc0) == 0x80)
            text.len--;
    }
    for (size_t i = 0, start = 0; i <= text.len; i++) {
        if (i < text.len && text.p[i] != '\n' && text.p[i] != '\t')
            continue;
        hg_put_plain(out, (struct hg_slice){text.p + start, i - start});
        if (i < text.len)
            hg_buf_printf(out, "\\u%04x", (unsigned)text.p[i]);
        start = i + 1;
    }
    if (is_cut)
        hg_buf_text(out, "...");
}

static void pad(struct hg_buf *out, size_t from, size_t width)
{
    size_t columns = 0;
    for (size_t i = from; i < out->len; i++)
        columns += ((unsigned char)out->p[i] & 0xc0) != 0x80;
    hg_buf_printf(out, "%*s", columns < width ? (int)(width - columns) + 2 : 2, "");
}

static void put_cell(struct hg_buf *out, struct hg_slice text, size_t width)
{
    size_t from = out->len;
    if (text.len == 0)
        hg_buf_char(out, '-');
    put_text(out, text);
    pad(out, from, width);
}

static void put_target(struct hg_buf *out, const struct hg_event *event)
{
    char text[HG_IP_TEXT_BYTES];
    size_t from = out->len;
    bool bracket = !hg_ip_is_v4(&event->destination_ip) && hg_event_has(event, HG_FIELD_destination_port);
    if (!hg_event_has(event, HG_FIELD_destination_ip))
        hg_buf_char(out, '-');
    else
        hg_buf_printf(out, "%s%.*s%s", bracket ? "[" : "", (int)hg_ip_print(&event->destination_ip, text), text, bracket ? "]" : "");
    if (hg_event_has(event, HG_FIELD_destination_port))
        hg_buf_printf(out, ":%u", event->destination_port);
    pad(out, from, 21);
}

/* What happened, as the log calls it, and what was tried there. */
static void put_what(struct hg_buf *out, const struct hg_event *event)
{
    static const enum hg_trait told[] = {HG_TRAIT_username, HG_TRAIT_password, HG_TRAIT_command, HG_TRAIT_url, HG_TRAIT_signature, HG_TRAIT_client};
    put_text(out, event->kind);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (event->traits[told[i]].p == NULL)
            continue;
        hg_buf_text(out, told[i] == HG_TRAIT_password && event->traits[HG_TRAIT_username].p != NULL ? " / " : " ");
        put_text(out, event->traits[told[i]]);
    }
    hg_buf_char(out, '\n');
}

static void put_table_row(struct asked *asked, const struct hg_event_row *row)
{
    struct hg_buf *out = &asked->out;
    const struct hg_event *event = &row->event;
    char time[HG_TIME_TEXT_BYTES], ip[HG_IP_TEXT_BYTES], score[16] = "-";
    hg_time_print(event->time_us, time);
    hg_buf_printf(out, "%.19sZ  ", time);
    put_cell(out, hg_event_has(event, HG_FIELD_source_ip) ? (struct hg_slice){ip, hg_ip_print(&event->source_ip, ip)} : HG_SLICE_NONE, 15);
    put_target(out, event);
    put_cell(out, event->application_protocol, 6);
    put_cell(out, hg_slice_of(hg_severity_name((enum hg_severity)row->score.severity)), 8);
    if (hg_score_has_value(&row->score))
        snprintf(score, sizeof score, "%.4f", row->score.value);
    put_cell(out, hg_slice_of(score), 6);
    put_cell(out, hg_slice_of(hg_attack_type_name((enum hg_attack_type)event->attack_type)), 17);
    put_what(out, event);
}

static void put_row(struct asked *asked, const struct hg_event_row *row)
{
    if (asked->form == FORM_TABLE) {
        put_table_row(asked, row);
        return;
    }
    struct hg_export_row export = {.event = &row->event, .score = &row->score, .by = row->by, .alert = &row->alert};
    hg_arena_reset(&asked->scratch);
    export.attributes = hg_row_attributes_of(asked->attributes, &row->event, &asked->scratch);
    if (asked->form == FORM_CSV)
        hg_export_csv_row(&export, &asked->scratch, &asked->out);
    else
        hg_export_json_line(&export, &asked->scratch, &asked->out);
}

static void put_header(struct asked *asked)
{
    if (asked->form == FORM_CSV)
        hg_export_csv_header(&asked->out);
    else if (asked->form == FORM_TABLE)
        hg_buf_text(&asked->out, "time                  source           destination            app     severity  score   type               what\n");
}

/* ---- page by page */

/* CSV may hold control characters: not on a terminal. */
static enum hg_rc flush(struct asked *asked, struct hg_err *reterr)
{
    enum hg_rc rc = asked->out.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for a page of events") : HG_OK;
    if (rc == HG_OK && asked->form == FORM_CSV && isatty(STDOUT_FILENO) == 1) {
        struct hg_buf plain;
        hg_buf_init(&plain, 6 * OUT_BYTES);
        hg_put_plain(&plain, hg_buf_slice(&asked->out));
        rc = plain.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for a page of events") : hg_output(hg_buf_slice(&plain), reterr);
        hg_buf_free(&plain);
    } else if (rc == HG_OK) {
        rc = hg_output(hg_buf_slice(&asked->out), reterr);
    }
    hg_buf_clear(&asked->out);
    return rc;
}

static enum hg_rc print_page(struct asked *asked, const struct hg_event_row *rows, size_t n, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        put_row(asked, &rows[i]);
        asked->printed++;
        if (asked->out.len >= FLUSH_BYTES)
            rc = flush(asked, reterr);
    }
    return rc;
}

static enum hg_rc print_events(struct asked *asked, struct hg_reader_db *reader, struct hg_err *reterr)
{
    char cursor[HG_CURSOR_BYTES] = "", next[HG_CURSOR_BYTES];
    enum hg_rc rc = HG_OK;
    put_header(asked);
    do {
        struct hg_event_row *rows;
        size_t n, most = asked->limit - asked->printed < PAGE_ROWS ? (size_t)(asked->limit - asked->printed) : PAGE_ROWS;
        hg_arena_reset(&asked->page);
        rc = hg_query_events(reader, &asked->ask.query, asked->oldest, most, cursor, &asked->page, &rows, &n, next, reterr);
        if (rc == HG_OK)
            rc = print_page(asked, rows, n, reterr);
        memcpy(cursor, next, sizeof cursor);
    } while (rc == HG_OK && cursor[0] != '\0' && asked->printed < asked->limit);
    return rc == HG_OK ? flush(asked, reterr) : rc;
}

/* "1-100 of 41,207", where people see it and no program reads it. */
static enum hg_rc tell_rest(struct asked *asked, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_query_count count;
    enum hg_rc rc = hg_query_count(reader, &asked->ask.query, &count, reterr);
    if (rc != HG_OK || asked->printed == count.events)
        return rc;
    fprintf(stderr, "%llu of %llu events; --limit N says how many\n", (unsigned long long)asked->printed, (unsigned long long)count.events);
    return HG_OK;
}

static enum hg_rc print_count(struct asked *asked, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_query_count count;
    enum hg_rc rc = hg_query_count(reader, &asked->ask.query, &count, reterr);
    if (rc != HG_OK)
        return rc;
    hg_buf_printf(&asked->out, "%llu\n", (unsigned long long)count.events);
    return flush(asked, reterr);
}

static enum hg_rc look(void *self, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct asked *asked = self;
    struct hg_input_state *inputs = NULL;
    size_t n_inputs = 0;
    if (asked->count)
        return print_count(asked, reader, reterr);
    enum hg_rc rc = hg_reader_inputs(reader, &asked->inputs, &inputs, &n_inputs, reterr);
    if (rc == HG_OK)
        rc = hg_row_attributes_create(asked->common.formats, inputs, n_inputs, &asked->attributes, reterr);
    if (rc == HG_OK)
        rc = print_events(asked, reader, reterr);
    if (rc == HG_OK && asked->form == FORM_TABLE)
        rc = tell_rest(asked, reader, reterr);
    hg_row_attributes_destroy(asked->attributes);
    asked->attributes = NULL;
    free(inputs);
    return rc;
}

/* No event at all is no failure: a header, or the number 0. */
static int answer(struct asked *asked)
{
    struct hg_err err;
    hg_arena_init(&asked->page, (size_t)256 * 1024, PAGE_BYTES);
    hg_arena_init(&asked->scratch, (size_t)256 * 1024, PAGE_BYTES);
    hg_arena_init(&asked->inputs, 65536, PAGE_BYTES);
    hg_buf_init(&asked->out, OUT_BYTES);
    enum hg_rc rc = hg_ask_look(&asked->ask, look, asked, &err);
    if (rc == HG_EEND) {
        if (asked->count)
            hg_buf_text(&asked->out, "0\n");
        else
            put_header(asked);
        rc = flush(asked, &err);
    }
    hg_buf_free(&asked->out);
    hg_arena_free(&asked->inputs);
    hg_arena_free(&asked->scratch);
    hg_arena_free(&asked->page);
    return rc == HG_OK ? EXIT_DONE : hg_ask_failed(&hg_command_query, &asked->ask, &err);
}

/* ---- */

enum { FORM = HG_OPT_OWN, LIMIT, ORDER, COUNT };

static bool take_form(struct asked *asked, const char *name)
{
    static const char *const names[] = {[FORM_TABLE] = "table", [FORM_CSV] = "csv", [FORM_JSONL] = "jsonl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            asked->form = (enum form)i;
            return true;
        }
    }
    hg_usage(&hg_command_query, "--format is table, csv or jsonl, not %s", name);
    return false;
}

static bool take_order(struct asked *asked, const char *name)
{
    asked->oldest = strcmp(name, "oldest") == 0;
    if (asked->oldest || strcmp(name, "newest") == 0)
        return true;
    hg_usage(&hg_command_query, "--order is newest or oldest, not %s", name);
    return false;
}

static bool take(struct asked *asked, int option, const char *argument)
{
    switch (option) {
    case FORM:
        return take_form(asked, argument);
    case LIMIT:
        return hg_opt_u64(&hg_command_query, "--limit", argument, 1, UINT64_MAX, &asked->limit);
    case ORDER:
        return take_order(asked, argument);
    case COUNT:
        asked->count = true;
        return true;
    default:
        break;
    }
    if (!hg_ask_takes(option))
        return hg_common_option(&hg_command_query, &asked->common, option, argument);
    hg_ask_option(&asked->ask, option, argument);
    return true;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {HG_OPTIONS_ASK, {"format", required_argument, NULL, FORM}, {"limit", required_argument, NULL, LIMIT},
                                            {"order", required_argument, NULL, ORDER}, {"count", no_argument, NULL, COUNT},
                                            {"mapping", required_argument, NULL, HG_OPT_MAPPING}, HG_OPTIONS_END};
    struct asked asked = {.common = hg_common_default()};
    hg_ask_init(&asked.ask);
    asked.ask.filter = hg_ask_take_minus(&argc, argv, options);
    int status = EXIT_DONE;
    for (int option; status == EXIT_DONE && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        status = take(&asked, option, optarg) ? EXIT_DONE : EXIT_USAGE;
    if (status == EXIT_DONE && argc - optind + (asked.ask.filter != NULL) > 1)
        status = hg_usage(&hg_command_query, "one FILTER, in quotes of the shell");
    if (status == EXIT_DONE)
        status = hg_ask_check(&hg_command_query, &asked.ask);
    if (status == EXIT_DONE)
        status = hg_common_formats(&hg_command_query, &asked.common);
    if (optind < argc)
        asked.ask.filter = argv[optind];
    if (asked.limit == 0)
        asked.limit = asked.form == FORM_TABLE ? TABLE_ROWS : UINT64_MAX;
    if (status == EXIT_DONE)
        status = answer(&asked);
    hg_common_free(&asked.common);
    hg_ask_free(&asked.ask);
    return status;
}
