/*
 * `honeyguide report`: what is known of a range, as one HTML page that needs nothing else: no script, no network, no server.
 *
 * report_read.c asks the state, report_page.c puts the page together, report_chart.c, report_map.c, report_incidents.c and report_tables.c draw its parts, report_html.c writes what
 * a page is made of. Everything an attacker wrote goes through html_text.
 */
#ifndef HG_APP_REPORT_H
#define HG_APP_REPORT_H

#include "app/ask_options.h"
#include "core/incident.h"

#define REPORT_ALERTS 50u /* listed */
#define REPORT_GROUPED 20000u /* alerts that incidents are made of: the most critical ones */
#define REPORT_INCIDENTS 20u /* listed */
#define REPORT_TOP    10u  /* values of a list */
#define REPORT_PLACES 20000u
#define REPORT_BARS   120u /* of the time chart, at most */
#define REPORT_GAPS   200u

/* What is listed by value: REPORT_LIST(field, title, is of the honeypot, order). */
#define REPORT_LISTS \
    REPORT_LIST(src, "Source addresses", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(country, "Countries", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(port, "Destination ports", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(app, "Application protocols", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(proto, "Transport protocols", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(type, "Kinds of attack", false, HG_BY_ANOMALOUS) \
    REPORT_LIST(user, "User names tried", true, HG_BY_EVENTS) \
    REPORT_LIST(password, "Passwords tried", true, HG_BY_EVENTS) \
    REPORT_LIST(command, "Commands typed", true, HG_BY_EVENTS) \
    REPORT_LIST(url, "Downloads", true, HG_BY_EVENTS) \
    REPORT_LIST(sha256, "Files (SHA-256)", true, HG_BY_EVENTS) \
    REPORT_LIST(client, "Client versions", true, HG_BY_EVENTS) \
    REPORT_LIST(hassh, "HASSH of SSH clients", true, HG_BY_EVENTS) \
    REPORT_LIST(signature, "Suricata signatures", true, HG_BY_EVENTS)

enum report_list {
#define REPORT_LIST(field, title, honeypot, order) REPORT_##field,
    REPORT_LISTS
#undef REPORT_LIST
    REPORT_N_LISTS
};

struct report {
    struct hg_ask ask;
    const char *title;        /* NULL: none given */
    struct hg_tally total, before;
    bool has_before;          /* the period of the same length before it was observed from its beginning */
    bool complete;            /* every event of the range is still stored */
    bool exact;               /* nothing left a bound of counting */
    struct hg_unique attackers;
    int64_t bucket_us;
    struct hg_tally *series;  /* free */
    size_t n_series;
    bool *bursts;             /* free */
    struct hg_gaps gaps;      /* free rows: time in which no source was observed */
    struct hg_alert *alerts;  /* free; the most critical first */
    size_t n_alerts;
    struct report_incident {
        struct hg_alert top;
        struct hg_incident incident;
        struct hg_slice story; /* in the arena */
    } *incidents;             /* in the arena; the most critical first */
    size_t n_incidents, all_incidents;
    bool all_grouped;         /* no alert was left out of them */
    struct hg_alert_counts alert_counts;
    struct hg_query_values lists[REPORT_N_LISTS]; /* in the arena */
    struct hg_query_values places;                /* by HG_QUERY_PLACE; in the arena */
    struct hg_input_state *inputs;                /* free; their texts in the arena */
    size_t n_inputs;
    struct hg_arena arena;
};

/* A look for hg_ask_look: self is a struct report with its ask. What it read is freed by report_free. */
HG_MUST_USE enum hg_rc report_read(void *self, struct hg_reader_db *reader, struct hg_err *reterr);
void report_free(struct report *report);
/* Groups report->alerts into incidents and tells their stories. */
HG_MUST_USE enum hg_rc report_read_incidents(struct report *report, struct hg_reader_db *reader, struct hg_err *reterr);

/* The whole page. */
void report_page(const struct report *report, struct hg_buf *out);
extern const char report_style[], report_map_style[];

void report_map(const struct report *report, struct hg_buf *out);
void report_chart(const struct report *report, struct hg_buf *out);
void report_incidents(const struct report *report, struct hg_buf *out);
void report_alerts(const struct report *report, struct hg_buf *out);
void report_severity_cell(struct hg_buf *out, uint8_t severity);
struct hg_event report_event_of(const struct hg_alert *alert); /* that made its score, as far as it is known */
void report_list(const struct report *report, enum report_list list, struct hg_buf *out);
bool report_list_is_empty(const struct report *report, enum report_list list);
bool report_list_is_honeypot(enum report_list list);
void report_sources(const struct report *report, struct hg_buf *out);

/* ---- what a page is made of */

/* Text for an element or a quoted attribute: markup escaped, control characters and what is no UTF-8 written as \uXXXX, cut with "..." where
 * it is longer than HTML_TEXT_MAX bytes. */
void html_text(struct hg_buf *out, struct hg_slice text);
#define HTML_TEXT_MAX 240u
void html_count(struct hg_buf *out, uint64_t n);           /* 41,207 */
void html_time(struct hg_buf *out, int64_t us);            /* <time>2025-03-10 11:56:11</time>; nothing where there is none */
void html_ip(struct hg_buf *out, const struct hg_ip *ip);
void html_length(struct hg_buf *out, int64_t us);          /* 5 minutes, 2 hours, 3 days */
/* "1 alert", "2 alerts" */
void html_number_of(struct hg_buf *out, uint64_t n, const char *one, const char *many);

#endif
