/* Alerts of one source that belong together, and what happened in a sentence. */
#include "app/report.h"

#include "detect/model.h"
#include "store/deed.h"

#include <stdlib.h>

#define STORY_BYTES 4096u

/* ---- reading */

static enum hg_rc tell(struct report *report, struct hg_reader_db *reader, struct report_incident *row, struct hg_err *reterr)
{
    char ip[HG_IP_TEXT_BYTES];
    struct hg_event event = report_event_of(&row->top);
    struct hg_deed deed;
    struct hg_buf story, reason;
    enum hg_rc rc = hg_deed_read(reader, &row->incident, &row->top, 0, &report->arena, &deed, reterr);
    if (rc != HG_OK)
        return rc;
    struct hg_incident_facts facts = hg_deed_facts(&row->top, &deed, ip);
    hg_buf_init(&story, STORY_BYTES);
    hg_buf_init(&reason, STORY_BYTES);
    hg_reason_words(&event, &row->top.score, &reason);
    hg_incident_story(&row->incident, &facts, &row->top.score.finding, hg_buf_slice(&reason), &story);
    row->story = hg_arena_copy(&report->arena, hg_buf_slice(&story));
    hg_buf_free(&reason);
    hg_buf_free(&story);
    return HG_OK;
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
