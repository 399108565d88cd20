/* Alerts of one source that belong together, and what happened in a sentence. */
#include "app/report.h"

#include "base/num.h"
#include "detect/model.h"

#include <stdlib.h>

#define STORY_BYTES 4096u
#define COMMANDS    500u

enum { USER, PASSWORD, COMMAND, FILES, URL, PORT, TARGET, SIGNATURE, APP, N_FIELDS };

/* ---- reading */

static bool has_source(const struct hg_alert *alert)
{
    return (alert->missing & 1u << HG_FIELD_source_ip) == 0;
}

/* What the events of its source say while it lasted. */
static enum hg_rc ask_source(struct report *report, struct hg_reader_db *reader, const struct report_incident *row, const char *more,
                             const enum hg_filter_field *fields, size_t n, struct hg_query_values *ret, struct hg_err *reterr)
{
    struct hg_query query = {.range = {row->incident.first_us, row->incident.last_us + 1}};
    struct hg_filter_fault fault;
    struct hg_buf text;
    hg_buf_init(&text, 256);
    hg_buf_text(&text, "src:");
    html_ip(&text, &row->top.source_ip);
    hg_buf_text(&text, more);
    enum hg_rc rc = hg_filter_parse(hg_buf_slice(&text), 0, &report->arena, &query.filter, &fault, reterr);
    hg_buf_free(&text);
    return rc == HG_OK ? hg_query_top(reader, &query, fields, n, HG_BY_EVENTS, COMMANDS, &report->arena, ret, reterr) : rc;
}

static const struct hg_query_value *first_of(const struct hg_query_values *values)
{
    for (size_t i = 0; i < values->n; i++)
        if (values->rows[i].key.p != NULL)
            return &values->rows[i];
    return NULL;
}

static struct hg_slice key_of(const struct hg_query_values *values)
{
    const struct hg_query_value *first = first_of(values);
    return first == NULL ? HG_SLICE_NONE : first->key;
}

static void take_values(struct hg_incident_facts *facts, const struct hg_query_values *values)
{
    const struct hg_query_value *signature = first_of(&values[SIGNATURE]);
    facts->users = values[USER].distinct;
    facts->passwords = values[PASSWORD].distinct;
    facts->files = values[FILES].distinct > values[URL].distinct ? values[FILES].distinct : values[URL].distinct;
    facts->targets = values[TARGET].distinct;
    facts->ports = values[PORT].distinct;
    facts->application = key_of(&values[APP]);
    (void)hg_num_parse_u64(key_of(&values[PORT]), &facts->port);
    for (size_t i = 0; i < values[COMMAND].n; i++)
        facts->commands += values[COMMAND].rows[i].key.p != NULL ? values[COMMAND].rows[i].tally.events : 0;
    if (signature != NULL) {
        facts->signature = signature->key;
        facts->signature_events = signature->tally.events;
    }
}

static enum hg_rc read_facts(struct report *report, struct hg_reader_db *reader, const struct report_incident *row, struct hg_incident_facts *facts,
                             struct hg_err *reterr)
{
    static const enum hg_filter_field fields[N_FIELDS] = {
        [USER] = HG_FILTER_user, [PASSWORD] = HG_FILTER_password, [COMMAND] = HG_FILTER_command,     [FILES] = HG_FILTER_sha256, [URL] = HG_FILTER_url,
        [PORT] = HG_FILTER_port, [TARGET] = HG_FILTER_dst,        [SIGNATURE] = HG_FILTER_signature, [APP] = HG_FILTER_app,
    };
    struct hg_query_values values[N_FIELDS], logins;
    enum hg_rc rc = ask_source(report, reader, row, "", fields, N_FIELDS, values, reterr);
    if (rc == HG_OK)
        rc = ask_source(report, reader, row, " kind:login.success", fields, 1, &logins, reterr);
    if (rc != HG_OK)
        return rc;
    take_values(facts, values);
    facts->logged_in = logins.sum.events > 0;
    facts->got_in_as = key_of(&logins);
    return HG_OK;
}

static enum hg_rc tell(struct report *report, struct hg_reader_db *reader, struct report_incident *row, struct hg_err *reterr)
{
    char ip[HG_IP_TEXT_BYTES];
    struct hg_event event = report_event_of(&row->top);
    struct hg_incident_facts facts = {.country = hg_slice_of(row->top.geo.country[0] == '\0' ? NULL : row->top.geo.country),
                                      .type = hg_slice_of(hg_attack_type_words((enum hg_attack_type)row->top.attack_type))};
    struct hg_buf story, reason;
    enum hg_rc rc = HG_OK;
    if (has_source(&row->top)) {
        facts.source = (struct hg_slice){ip, hg_ip_print(&row->top.source_ip, ip)};
        facts.own = hg_ip_is_private(&row->top.source_ip);
        rc = read_facts(report, reader, row, &facts, reterr);
    }
    hg_buf_init(&story, STORY_BYTES);
    hg_buf_init(&reason, STORY_BYTES);
    hg_reason_words(&event, &row->top.score, &reason);
    hg_incident_story(&row->incident, &facts, &row->top.score.finding, hg_buf_slice(&reason), &story);
    row->story = hg_arena_copy(&report->arena, hg_buf_slice(&story));
    hg_buf_free(&reason);
    hg_buf_free(&story);
    return rc;
}

enum hg_rc report_read_incidents(struct report *report, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_alert *alerts = calloc(report->n_alerts + 1, sizeof *alerts);
    struct hg_incident *incidents = calloc(report->n_alerts + 1, sizeof *incidents);
    report->incidents = hg_arena_alloc(&report->arena, REPORT_INCIDENTS * sizeof *report->incidents);
    enum hg_rc rc = HG_OK;
    if (alerts == NULL || incidents == NULL || report->incidents == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "no memory for incidents");
    if (rc == HG_OK && report->n_alerts > 0) {
        memcpy(alerts, report->alerts, report->n_alerts * sizeof *alerts); /* grouping sorts them */
        report->all_incidents = hg_incidents_group(alerts, report->n_alerts, incidents);
    }
    for (size_t i = 0; rc == HG_OK && i < report->all_incidents && i < REPORT_INCIDENTS; i++) {
        struct report_incident *row = &report->incidents[report->n_incidents++];
        *row = (struct report_incident){.top = alerts[incidents[i].top], .incident = incidents[i]};
        rc = tell(report, reader, row, reterr);
    }
    free(incidents);
    free(alerts);
    return rc;
}

/* ---- on the page */

static void put_incident(struct hg_buf *out, const struct report_incident *row)
{
    hg_buf_text(out, "<tr>");
    report_severity_cell(out, row->top.score.severity);
    hg_buf_text(out, "<td>");
    html_time(out, row->incident.first_us);
    hg_buf_text(out, "</td><td>");
    html_time(out, row->incident.last_us);
    hg_buf_text(out, "</td><td class=\"why\">");
    html_text(out, row->story);
    hg_buf_text(out, "</td><td class=\"n\">");
    html_count(out, row->incident.n);
    hg_buf_text(out, "</td><td class=\"n\">");
    html_count(out, row->incident.events);
    hg_buf_text(out, "</td></tr>\n");
}

void report_incidents(const struct report *report, struct hg_buf *out)
{
    if (report->n_incidents == 0)
        return;
    hg_buf_text(out, "<p>");
    if (!report->all_grouped)
        hg_buf_text(out, "At least ");
    html_number_of(out, report->all_incidents, "incident", "incidents");
    hg_buf_text(out, ": alerts of one source within an hour of each other");
    if (report->n_incidents < report->all_incidents)
        hg_buf_printf(out, "; these are the %zu most critical", report->n_incidents);
    hg_buf_text(out, ".</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Incidents\"><table id=\"incidents\">"
                     "<thead><tr><th>Severity</th><th>First</th><th>Last</th><th>What happened</th>"
                     "<th class=\"n\">Alerts</th><th class=\"n\">Events</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_incidents; i++)
        put_incident(out, &report->incidents[i]);
    hg_buf_text(out, "</tbody></table></div>\n");
}
