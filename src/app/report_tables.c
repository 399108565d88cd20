#include "app/report.h"

#include "detect/model.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- alerts */

void report_severity_cell(struct hg_buf *out, uint8_t severity)
{
    static const char *const signs[] = {"\xc2\xb7", "\xe2\x97\x8b", "\xe2\x96\xb2", "\xe2\x97\x86"}; /* as on the live page */
    const char *name = hg_severity_name((enum hg_severity)severity);
    hg_buf_printf(out, "<td class=\"s %s\"><span aria-hidden=\"true\">%s</span> %s</td>", name, signs[severity], name);
}

struct hg_event report_event_of(const struct hg_alert *alert)
{
    return (struct hg_event){.id = alert->event_id, .time_us = alert->last_us, .missing = alert->missing, .dataset = alert->dataset,
                             .label = alert->by_label + alert->by_both > 0 ? HG_LABEL_ATTACK : HG_LABEL_NONE,
                             .attack_type = alert->attack_type, .direction = HG_DIRECTION_NONE, .source_ip = alert->source_ip,
                             .destination_ip = alert->destination_ip, .source_port = alert->source_port,
                             .destination_port = alert->destination_port, .protocol = hg_slice_of(alert->protocol),
                             .application_protocol = hg_slice_of(alert->application_protocol), .kind = hg_slice_of(alert->kind)};
}

static void put_end(struct hg_buf *out, const struct hg_event *event, enum hg_field field, const struct hg_ip *ip, enum hg_field has_port, uint16_t port)
{
    hg_buf_text(out, "<td>");
    if (hg_event_has(event, field))
        html_ip(out, ip);
    else
        hg_buf_text(out, "several");
    if (has_port != HG_FIELD_COUNT && hg_event_has(event, has_port))
        hg_buf_printf(out, " <span class=\"meta nb\">port %u</span>", port);
    hg_buf_text(out, "</td>");
}

static void put_alert(struct hg_buf *out, const struct hg_alert *alert)
{
    struct hg_event event = report_event_of(alert);
    struct hg_buf words;
    hg_buf_init(&words, 65536);
    hg_reason_words(&event, &alert->score, &words);
    hg_buf_text(out, "<tr>");
    report_severity_cell(out, alert->score.severity);
    hg_buf_text(out, "<td class=\"n\">");
    if (hg_score_has_value(&alert->score))
        hg_buf_printf(out, "%.4f", alert->score.value);
    hg_buf_text(out, "</td><td>");
    html_time(out, alert->first_us);
    hg_buf_text(out, "</td><td>");
    html_time(out, alert->last_us);
    hg_buf_text(out, "</td>");
    put_end(out, &event, HG_FIELD_source_ip, &alert->source_ip, HG_FIELD_COUNT, 0);
    put_end(out, &event, HG_FIELD_destination_ip, &alert->destination_ip, HG_FIELD_destination_port, alert->destination_port);
    hg_buf_text(out, "<td>");
    html_text(out, hg_slice_of(alert->application_protocol[0] != '\0' ? alert->application_protocol : alert->protocol));
    hg_buf_text(out, "</td><td class=\"n\">");
    html_count(out, alert->count);
    hg_buf_text(out, "</td><td class=\"why\">");
    html_text(out, hg_buf_slice(&words));
    hg_buf_text(out, "</td></tr>\n");
    hg_buf_free(&words);
}

void report_alerts(const struct report *report, struct hg_buf *out)
{
    if (report->n_alerts == 0) {
        hg_buf_text(out, "<p>No alerts.</p>\n");
        return;
    }
    hg_buf_text(out, "<p>");
    html_number_of(out, report->alert_counts.total, "alert", "alerts");
    size_t shown = report->n_alerts < REPORT_ALERTS ? report->n_alerts : REPORT_ALERTS;
    if (shown < report->alert_counts.total)
        hg_buf_printf(out, "; these are the %zu with the highest scores", shown);
    hg_buf_text(out, ".</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Alerts\"><table id=\"alerts\">"
                     "<thead><tr><th>Severity</th><th class=\"n\">Score</th>"
                     "<th>First</th><th>Last</th><th>Source</th>"
                     "<th>Target</th><th>Protocol</th><th class=\"n\">Events</th><th>Why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++)
        put_alert(out, &report->alerts[i]);
    hg_buf_text(out, "</tbody></table></div>\n");
}

/* ---- most frequent values */

static const struct {
    const char *name, *title;
    bool honeypot;
    enum hg_query_order order;
} lists[] = {
#define REPORT_LIST(field, title, honeypot, order) {#field, title, honeypot, order},
    REPORT_LISTS
#undef REPORT_LIST
};

bool report_list_is_honeypot(enum report_list list)
{
    return lists[list].honeypot;
}

bool report_list_is_empty(const struct report *report, enum report_list list)
{
    return report->lists[list].distinct == 0;
}

/* What usually answers at a port. */
static const char *service_of(struct hg_slice port)
{
    static const struct {
        const char *port, *name;
    } services[] = {{"21", "FTP"}, {"22", "SSH"}, {"23", "Telnet"}, {"25", "SMTP"}, {"53", "DNS"}, {"80", "HTTP"}, {"110", "POP3"}, {"123", "NTP"},
                    {"135", "MS RPC"}, {"139", "NetBIOS"}, {"143", "IMAP"}, {"389", "LDAP"}, {"443", "HTTPS"}, {"445", "SMB"}, {"1433", "MS SQL"},
                    {"1883", "MQTT"}, {"3306", "MySQL"}, {"3389", "RDP"}, {"5060", "SIP"}, {"5432", "PostgreSQL"}, {"5900", "VNC"}, {"6379", "Redis"},
                    {"8080", "HTTP"}, {"8443", "HTTPS"}, {"9200", "Elasticsearch"}, {"11211", "memcached"}, {"27017", "MongoDB"}};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (hg_slice_is(port, services[i].port))
            return services[i].name;
    return NULL;
}

static uint64_t counted(enum report_list list, const struct hg_tally *tally)
{
    return lists[list].order == HG_BY_EVENTS ? tally->events : hg_tally_anomalous(tally);
}

/* What stands for a country where there is none: core/geo.h. */
static struct hg_slice country_words(struct hg_slice key)
{
    static const char *const words[][2] = {{"-private", "private addresses"}, {"-unknown", "not in the location database"},
                                           {"-nodatabase", "no location database"}, {"-noaddress", "no address"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hg_slice_is(key, words[i][0]))
            return hg_slice_of(words[i][1]);
    return key;
}

static void put_value(enum report_list list, const struct hg_query_value *value, uint64_t most, struct hg_buf *out)
{
    const char *service = list == REPORT_port ? service_of(value->key) : NULL;
    hg_buf_text(out, "<tr><td>");
    if (lists[list].honeypot) {
        hg_buf_text(out, value->key.len == 0 ? "<i>empty</i>" : "<code>");
        html_text(out, value->key);
        hg_buf_text(out, value->key.len == 0 ? "" : "</code>");
    } else {
        html_text(out, list == REPORT_country ? country_words(value->key) : value->key);
    }
    if (service != NULL)
        hg_buf_printf(out, " <span class=\"meta\">%s</span>", service);
    uint64_t n = counted(list, &value->tally);
    hg_buf_printf(out, "</td><td class=\"bar\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                       "aria-hidden=\"true\"><rect width=\"%.1f\" height=\"8\"/></svg></td><td class=\"n\">",
                  most == 0 ? 0 : 100 * (double)n / (double)most);
    html_count(out, n);
    hg_buf_text(out, "</td>");
    if (list == REPORT_src) {
        hg_buf_text(out, "<td class=\"n\">");
        html_count(out, value->tally.events);
        hg_buf_text(out, "</td><td>");
        html_time(out, value->first_us);
        hg_buf_text(out, "</td><td>");
        html_time(out, value->last_us);
        hg_buf_text(out, "</td>");
    }
    hg_buf_text(out, "</tr>\n");
}

/* Is it one to show: a value, and counted? */
static bool is_shown(enum report_list list, const struct hg_query_value *value)
{
    return value->key.p != NULL && counted(list, &value->tally) > 0;
}

static void put_list_foot(const struct hg_query_values *values, size_t shown, struct hg_buf *out)
{
    if (values->distinct <= shown)
        return;
    hg_buf_printf(out, "<p class=\"meta\">%zu of ", shown);
    html_number_of(out, values->distinct, "value", "values");
    hg_buf_text(out, "</p>");
}

void report_list(const struct report *report, enum report_list list, struct hg_buf *out)
{
    const struct hg_query_values *values = &report->lists[list];
    uint64_t most = 0;
    size_t shown = 0;
    for (size_t i = 0; i < values->n; i++)
        if (is_shown(list, &values->rows[i]) && counted(list, &values->rows[i].tally) > most)
            most = counted(list, &values->rows[i].tally);
    hg_buf_printf(out, "<section class=\"list\" id=\"top-%s\"><h3>%s</h3>", lists[list].name, lists[list].title);
    if (most == 0) {
        hg_buf_text(out, "<p class=\"meta\">None.</p></section>\n");
        return;
    }
    if (list == REPORT_src)
        hg_buf_text(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Source addresses\">");
    hg_buf_printf(out, "<table><thead><tr><th>Value</th><td></td><th class=\"n\">%s</th>%s</tr></thead><tbody>\n",
                  lists[list].order == HG_BY_EVENTS ? "Events" : "Anomalous",
                  list == REPORT_src ? "<th class=\"n\">Events</th><th>First</th><th>Last</th>" : "");
    for (size_t i = 0; i < values->n && shown < REPORT_TOP; i++) {
        if (!is_shown(list, &values->rows[i]))
            continue;
        put_value(list, &values->rows[i], most, out);
        shown++;
    }
    hg_buf_text(out, list == REPORT_src ? "</tbody></table></div>" : "</tbody></table>");
    put_list_foot(values, shown, out);
    hg_buf_text(out, "</section>\n");
}

/* ---- the account of what was read */

static int compare_names(const void *a, const void *b)
{
    const struct hg_input_state *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void put_source(struct hg_buf *out, const struct hg_input_state *source)
{
    const struct hg_counts *counts = &source->counts;
    const uint64_t cells[] = {counts->read, counts->decoded, counts->duplicates, counts->late, counts->skipped, counts->malformed};
    hg_buf_text(out, "<tr><td>");
    html_text(out, hg_slice_of(source->name));
    hg_buf_text(out, "</td><td>");
    html_text(out, hg_slice_of(source->format));
    hg_buf_text(out, "</td><td>");
    html_time(out, source->first_event_us);
    hg_buf_text(out, "</td><td>");
    html_time(out, source->last_event_us);
    hg_buf_text(out, "</td>");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        hg_buf_text(out, "<td class=\"n\">");
        html_count(out, cells[i]);
        hg_buf_text(out, "</td>");
    }
    hg_buf_text(out, "</tr>\n");
}

/* A rotated log is one source of several streams. */
static void add_stream(struct hg_input_state *source, const struct hg_input_state *stream)
{
    hg_counts_add(&source->counts, &stream->counts);
    if (source->first_event_us == HG_TIME_NONE || (stream->first_event_us != HG_TIME_NONE && stream->first_event_us < source->first_event_us))
        source->first_event_us = stream->first_event_us;
    if (stream->last_event_us > source->last_event_us) /* HG_TIME_NONE is the least */
        source->last_event_us = stream->last_event_us;
}

void report_sources(const struct report *report, struct hg_buf *out)
{
    qsort(report->inputs, report->n_inputs, sizeof *report->inputs, compare_names);
    hg_buf_text(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Sources\"><table id=\"sources\">"
                     "<thead><tr><th>Source</th><th>Format</th><th>First event</th>"
                     "<th>Last event</th><th class=\"n\">Records read</th>"
                     "<th class=\"n\">Decoded</th><th class=\"n\">Known already</th>"
                     "<th class=\"n\">Late</th><th class=\"n\">No event</th><th class=\"n\">Unreadable</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_inputs;) {
        struct hg_input_state source = report->inputs[i++];
        while (i < report->n_inputs && compare_names(&source, &report->inputs[i]) == 0)
            add_stream(&source, &report->inputs[i++]);
        put_source(out, &source);
    }
    hg_buf_text(out, "</tbody></table></div>\n");
}
