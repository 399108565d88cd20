/* What was seen on honeypots, of a state: for people, for a firewall, for other programs. */
#include "app/command.h"
#include "base/jsonw.h"
#include "behave/sightings.h"
#include "core/event_json.h"
#include "store/store.h"

#include <unistd.h>

static const char help[] =
    "usage: honeyguide sightings --state DIR [OPTIONS]\n\n"
    "Prints what attacked a honeypot source and is known again by it when it shows up elsewhere (rule honeypot_sighting): public source\n"
    "addresses, user names with passwords that aren't everybody's, SHA-256 of files, HASSH of SSH and JA3 of TLS clients; each kind from\n"
    "the one seen last on. Times are the records'. At most 32768 addresses, 16384 credentials, 8192 files, 4096 HASSH and 4096 JA3 are\n"
    "kept, the one noted longest ago leaves first. Works while a server runs on the state; the list is as of the last minute.\n\n"
    "  --state DIR                       the state of `honeyguide serve`\n"
    "  --format table|csv|jsonl          (default: table)\n"
    "  --kind KIND                       address, credential, file, hassh or ja3 alone; repeatable (default: all)\n"
    "  --since DURATION|TIME             seen there since: 12h, 7d before the last record, or 2025-01-31T12:00:00Z (default: all)\n"
    "  --all                             also what is usual elsewhere and raises no alert: addresses that answered traffic knew more than\n"
    "                                    a day before, fingerprints that many programs share\n\n"
    "Values are what attackers wrote. In tables, and on terminals, control characters are written as \\uXXXX; CSV cells that a\n"
    "spreadsheet would take for a formula have a quote before them.\n\n"
    "examples:\n  honeyguide sightings --state ./state --kind credential --since 7d\n"
    "  # addresses of the last week for a firewall's list, one a line\n"
    "  honeyguide sightings --state ./state --kind address --since 7d --format csv | tail -n +2 | cut -d, -f2 > attackers.txt\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_sightings;
const struct hg_command hg_command_sightings = {"sightings", "what was seen on honeypots, as a list", help, run};

#define STATE_BYTES ((size_t)2 * HG_SIGHTINGS_STATE_MAX)
#define OUT_BYTES   ((size_t)128 * 1024 * 1024)

enum form { FORM_TABLE, FORM_CSV, FORM_JSONL };

struct listing {
    const char *state;
    enum form form;
    unsigned kinds;       /* bits 1 << kind; 0: all */
    int64_t since_us;     /* HG_TIME_NONE: however long ago */
    int64_t duration_us;  /* 0: none given */
    bool all;
    struct hg_buf out;
    size_t printed;
};

/* ---- a row in each form */

static void put_time(struct hg_buf *out, int64_t us)
{
    char text[HG_TIME_TEXT_BYTES];
    hg_time_print(us, text);
    hg_buf_add(out, text, sizeof text);
}

/* Newlines and tabs too: a value must not make rows. */
static void put_value(struct hg_buf *out, struct hg_slice value)
{
    for (size_t i = 0, start = 0; i <= value.len; i++) {
        if (i < value.len && value.p[i] != '\n' && value.p[i] != '\t')
            continue;
        hg_put_plain(out, (struct hg_slice){value.p + start, i - start});
        if (i < value.len)
            hg_buf_printf(out, "\\u%04x", (unsigned)value.p[i]);
        start = i + 1;
    }
}

static void put_table(const struct hg_sighting *s, struct hg_slice value, struct hg_buf *out)
{
    hg_buf_printf(out, "%-10s  ", hg_sighting_kind_name(s->kind));
    put_time(out, s->first_us);
    hg_buf_text(out, "  ");
    put_time(out, s->last_us);
    hg_buf_printf(out, "  %-8s  %8u  %7u  %-5s  ", hg_dataset_name(s->dataset), s->count, s->sources, s->usual ? "yes" : "no");
    put_value(out, value);
    hg_buf_char(out, '\n');
}

static void put_csv(const struct hg_sighting *s, struct hg_slice value, struct hg_buf *out)
{
    hg_buf_printf(out, "%s,", hg_sighting_kind_name(s->kind));
    hg_csv_cell(out, value);
    hg_buf_printf(out, ",%s,", hg_dataset_name(s->dataset));
    put_time(out, s->first_us);
    hg_buf_char(out, ',');
    put_time(out, s->last_us);
    hg_buf_printf(out, ",%u,%u,%s\n", s->count, s->sources, s->usual ? "true" : "false");
}

static void put_json(const struct hg_sighting *s, struct hg_slice value, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "kind");
    hg_jsonw_text(&w, hg_sighting_kind_name(s->kind));
    hg_jsonw_key(&w, "value");
    hg_jsonw_str(&w, value);
    hg_jsonw_key(&w, "dataset");
    hg_jsonw_text(&w, hg_dataset_name(s->dataset));
    hg_jsonw_key(&w, "first_seen");
    hg_jsonw_time(&w, s->first_us);
    hg_jsonw_key(&w, "last_seen");
    hg_jsonw_time(&w, s->last_us);
    hg_jsonw_key(&w, "count");
    hg_jsonw_u64(&w, s->count);
    hg_jsonw_key(&w, "sources");
    hg_jsonw_u64(&w, s->sources);
    hg_jsonw_key(&w, "usual");
    hg_jsonw_bool(&w, s->usual);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

/* ---- the list */

static const struct {
    const char *name, *header;
    void (*put)(const struct hg_sighting *s, struct hg_slice value, struct hg_buf *out);
} forms[] = {
    [FORM_TABLE] = {"table",
                    "kind        first seen                   last seen                    dataset      count  sources  usual  value\n",
                    put_table},
    [FORM_CSV] = {"csv", "kind,value,dataset,first_seen,last_seen,count,sources,usual\n", put_csv},
    [FORM_JSONL] = {"jsonl", "", put_json},
};
#define N_FORMS (sizeof forms / sizeof forms[0])

static void put_kind(struct listing *l, const struct hg_sightings *sightings, enum hg_sighting_kind kind)
{
    struct hg_sighting s;
    for (uint32_t cursor = 0; hg_sightings_next(sightings, kind, &cursor, &s);) {
        if (s.last_us < l->since_us || (s.usual && !l->all))
            continue;
        forms[l->form].put(&s, (struct hg_slice){s.value, s.value_bytes}, &l->out);
        l->printed++;
    }
}

static enum hg_rc put_all(struct listing *l, struct hg_slice state, struct hg_err *reterr)
{
    struct hg_sightings *sightings;
    enum hg_rc rc = hg_sightings_create(HG_SIGHTINGS_DAYS, &sightings, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_sightings_take(sightings, state, reterr);
    hg_buf_text(&l->out, forms[l->form].header);
    for (int kind = 0; kind < HG_SIGHTING_KINDS && rc == HG_OK; kind++)
        if (l->kinds == 0 || (l->kinds & 1u << kind) != 0)
            put_kind(l, sightings, (enum hg_sighting_kind)kind);
    if (rc == HG_OK && l->form == FORM_TABLE && l->printed == 0)
        hg_buf_text(&l->out, "nothing that was seen on a honeypot\n");
    hg_sightings_destroy(sightings);
    if (rc == HG_OK && l->out.failed)
        rc = hg_fail(reterr, HG_ENOMEM, "no memory for the list");
    return rc;
}

static enum hg_rc read_list(struct listing *l, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_arena arena;
    struct hg_slice state;
    uint64_t sequence;
    int64_t clock_us;
    enum hg_rc rc = hg_reader_begin(reader, &sequence, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    hg_arena_init(&arena, (size_t)256 * 1024, STATE_BYTES);
    rc = hg_reader_state(reader, "sightings", &arena, &state, reterr);
    if (l->duration_us > 0) /* a state without records has no clock */
        l->since_us = (clock_us == HG_TIME_NONE ? hg_time_now_us() : clock_us) - l->duration_us;
    if (rc == HG_OK)
        rc = put_all(l, state, reterr);
    hg_arena_free(&arena);
    hg_reader_end(reader);
    return rc;
}

/* CSV may hold control characters: not on a terminal. */
static enum hg_rc print(struct hg_slice bytes, struct hg_err *reterr)
{
    struct hg_buf plain;
    if (isatty(STDOUT_FILENO) != 1)
        return hg_output(bytes, reterr);
    hg_buf_init(&plain, 6 * OUT_BYTES);
    hg_put_plain(&plain, bytes);
    enum hg_rc rc = plain.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for the list") : hg_output(hg_buf_slice(&plain), reterr);
    hg_buf_free(&plain);
    return rc;
}

static int list(struct listing *l)
{
    struct hg_err err;
    struct hg_reader_db *reader = NULL;
    hg_buf_init(&l->out, OUT_BYTES);
    enum hg_rc rc = hg_store_reader_open(l->state, &reader, &err);
    if (rc == HG_OK)
        rc = read_list(l, reader, &err);
    hg_store_reader_close(reader);
    if (rc == HG_OK)
        rc = print(hg_buf_slice(&l->out), &err);
    hg_buf_free(&l->out);
    return rc == HG_OK ? EXIT_DONE : hg_failed(&hg_command_sightings, &err);
}

/* ---- */

enum { STATE = HG_OPT_OWN, FORM, KIND, SINCE, ALL };

static bool take_form(struct listing *l, const char *name)
{
    for (size_t i = 0; i < N_FORMS; i++) {
        if (strcmp(forms[i].name, name) == 0) {
            l->form = (enum form)i;
            return true;
        }
    }
    hg_usage(&hg_command_sightings, "--format is table, csv or jsonl, not %s", name);
    return false;
}

static bool take_kind(struct listing *l, const char *name)
{
    enum hg_sighting_kind kind;
    if (!hg_sighting_kind_parse(hg_slice_of(name), &kind)) {
        hg_usage(&hg_command_sightings, "--kind is address, credential, file, hassh or ja3, not %s", name);
        return false;
    }
    l->kinds |= 1u << kind;
    return true;
}

static bool take_since(struct listing *l, const char *text)
{
    struct hg_slice since = hg_slice_of(text);
    if (hg_slice_is(since, "all") || hg_time_parse_duration(since, &l->duration_us) || hg_time_parse_iso(since, 0, &l->since_us, NULL))
        return true;
    hg_usage(&hg_command_sightings, "--since is a duration such as 12h or 7d, a time such as 2025-01-31T12:00:00Z, or all, not %s", text);
    return false;
}

static bool take(struct listing *l, int option, const char *argument)
{
    switch (option) {
    case STATE:
        l->state = argument;
        return true;
    case FORM:
        return take_form(l, argument);
    case KIND:
        return take_kind(l, argument);
    case SINCE:
        return take_since(l, argument);
    case ALL:
        l->all = true;
        return true;
    default:
        hg_usage(&hg_command_sightings, "see its options");
        return false;
    }
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, STATE}, {"format", required_argument, NULL, FORM},
                                            {"kind", required_argument, NULL, KIND},   {"since", required_argument, NULL, SINCE},
                                            {"all", no_argument, NULL, ALL},           HG_OPTIONS_END};
    struct listing l = {.since_us = HG_TIME_NONE};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take(&l, option, optarg))
            return EXIT_USAGE;
    if (optind < argc)
        return hg_usage(&hg_command_sightings, "it takes options alone");
    if (l.state == NULL)
        return hg_usage(&hg_command_sightings, "--state DIR says where the list is");
    return list(&l);
}
