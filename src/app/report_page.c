#include "app/report.h"

/* ---- the answer in a sentence */

static void put_change(struct hg_buf *out, uint64_t now, uint64_t before)
{
    if (now == before)
        hg_buf_text(out, "as many as before");
    else if (before == 0)
        hg_buf_text(out, "none before");
    else if (now > 3 * before)
        hg_buf_printf(out, "%.1f times as many as before", (double)now / (double)before);
    else
        hg_buf_printf(out, "%.0f %% %s than before", 100 * (double)(now > before ? now - before : before - now) / (double)before, now > before ? "more" : "fewer");
}

static void put_status(const struct report *report, struct hg_buf *out)
{
    uint64_t anomalous = hg_tally_anomalous(&report->total), high = report->alert_counts.high, medium = report->alert_counts.medium;
    hg_buf_text(out, "<p class=\"status\">");
    if (report->total.events == 0)
        hg_buf_text(out, "No event in this range.");
    else if (high + medium > 0) {
        html_number_of(out, high + medium, "alert is", "alerts are");
        hg_buf_text(out, " worth a look");
        if (high > 0) {
            hg_buf_text(out, ", ");
            html_count(out, high);
            hg_buf_text(out, " of high severity");
        }
        hg_buf_text(out, ".");
    } else if (report->alert_counts.total > 0)
        hg_buf_text(out, "Nothing stands out by its score.");
    else
        hg_buf_text(out, "All calm: no alert.");
    hg_buf_text(out, "</p>\n<p>");
    html_number_of(out, report->total.events, "event", "events");
    hg_buf_text(out, ", ");
    html_count(out, anomalous);
    hg_buf_text(out, " of them anomalous");
    if (report->has_before) {
        hg_buf_text(out, " (");
        put_change(out, anomalous, hg_tally_anomalous(&report->before));
        hg_buf_text(out, ")");
    }
    hg_buf_text(out, ", from ");
    html_number_of(out, report->attackers.count, "address", "addresses");
    hg_buf_text(out, ".</p>\n");
}

/* ---- tiles */

static void begin_tile(struct hg_buf *out, const char *id, const char *title, uint64_t figure)
{
    hg_buf_printf(out, "<div id=\"%s\"><dt>%s</dt><dd class=\"figure\">", id, title);
    html_count(out, figure);
    hg_buf_text(out, "</dd><dd class=\"meta\">");
}

static void put_parts(struct hg_buf *out, const char *const names[], const uint64_t parts[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hg_buf_text(out, i == 0 ? "" : ", ");
        html_count(out, parts[i]);
        hg_buf_printf(out, " %s", names[i]);
    }
    hg_buf_text(out, "</dd></div>\n");
}

static void put_tiles(const struct report *report, struct hg_buf *out)
{
    static const char *const by[] = {"by label", "by score", "by both"}, *const severities[] = {"high", "medium", "low", "by label alone"};
    const struct hg_tally *total = &report->total;
    hg_buf_text(out, "<dl class=\"tiles\">\n");
    begin_tile(out, "tile-events", "Events", total->events);
    if (report->has_before)
        put_change(out, total->events, report->before.events);
    hg_buf_text(out, "</dd></div>\n");
    begin_tile(out, "tile-anomalous", "Anomalous events", hg_tally_anomalous(total));
    put_parts(out, by, (const uint64_t[]){total->by_label, total->by_score, total->by_both}, 3);
    begin_tile(out, "tile-attackers", "Attacking addresses", report->attackers.count);
    if (report->attackers.estimated)
        hg_buf_printf(out, "estimated, within %.1f %%", 200 * report->attackers.error);
    hg_buf_text(out, "</dd></div>\n");
    begin_tile(out, "tile-alerts", "Alerts", report->alert_counts.total);
    put_parts(out, severities, (const uint64_t[]){report->alert_counts.high, report->alert_counts.medium, report->alert_counts.low, report->alert_counts.none}, 4);
    hg_buf_text(out, "</dl>\n");
}

/* ---- sections */

static void put_key(const struct report *report, struct hg_buf *out)
{
    static const struct {
        const char *class, *words;
    } keys[] = {{"high", "high"}, {"medium", "medium"}, {"low", "low"}, {"label", "by label alone"}, {"all", "all events (below)"}};
    hg_buf_text(out, "<ul class=\"key\">");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        hg_buf_printf(out, "<li><svg class=\"chart\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"%s\" width=\"12\" height=\"12\"/></svg>%s</li>",
                      keys[i].class, keys[i].words);
    hg_buf_text(out, "<li>\xe2\x96\xbe burst: more than chance explains</li>");
    if (report->gaps.n > 0) {
        hg_buf_text(out, "<li>hatched: no source was observed (");
        html_number_of(out, report->gaps.total, "interval", "intervals");
        hg_buf_text(out, ")</li>");
    }
    hg_buf_text(out, "</ul>\n");
}

static void put_lists(const struct report *report, bool honeypot, struct hg_buf *out)
{
    hg_buf_text(out, "<div class=\"lists\">\n");
    for (int i = 0; i < REPORT_N_LISTS; i++)
        if (report_list_is_honeypot((enum report_list)i) == honeypot && !(honeypot && report_list_is_empty(report, (enum report_list)i)))
            report_list(report, (enum report_list)i, out);
    hg_buf_text(out, "</div>\n");
}

static bool has_honeypot_lists(const struct report *report)
{
    for (int i = 0; i < REPORT_N_LISTS; i++)
        if (report_list_is_honeypot((enum report_list)i) && !report_list_is_empty(report, (enum report_list)i))
            return true;
    return false;
}

static void begin_section(struct hg_buf *out, const char *id, const char *title)
{
    hg_buf_printf(out, "<section id=\"%s\"><h2>%s</h2>\n", id, title);
}

static void put_head(const struct report *report, struct hg_buf *out)
{
    struct hg_slice title = hg_slice_of(report->title != NULL ? report->title : "honeyguide report");
    hg_buf_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html_text(out, title);
    hg_buf_printf(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<header>\n<h1>", report_style, report_map_style);
    html_text(out, title);
    hg_buf_text(out, "</h1>\n<p id=\"range\">");
    html_time(out, report->ask.query.range.from_us);
    hg_buf_text(out, " to ");
    html_time(out, report->ask.query.range.to_us);
    hg_buf_text(out, " UTC (");
    html_length(out, report->ask.query.range.to_us - report->ask.query.range.from_us);
    hg_buf_text(out, ")</p>\n<p id=\"filter\">");
    if (report->ask.query.filter == NULL)
        hg_buf_text(out, "All events: no filter.");
    else {
        hg_buf_text(out, "Only what matches: <code>");
        for (struct hg_slice rest = hg_slice_of(report->ask.filter); rest.len > 0;) { /* whole, however long */
            size_t n = rest.len < HTML_TEXT_MAX ? rest.len : HTML_TEXT_MAX;
            while (n < rest.len && n > 1 && ((unsigned char)rest.p[n] & 0xc0) == 0x80)
                n--;
            html_text(out, (struct hg_slice){rest.p, n});
            rest = hg_slice_from(rest, n);
        }
        hg_buf_text(out, "</code>");
    }
    hg_buf_text(out, "</p>\n</header>\n<main>\n");
}

static void put_foot(const struct report *report, struct hg_buf *out)
{
    hg_buf_text(out, "</main>\n<footer>\n");
    if (!report->complete)
        hg_buf_text(out, "<p id=\"incomplete\">Older ordinary events of this range are no longer stored: what is told of values "
                         "and by a filter leaves them out.</p>\n");
    if (!report->exact)
        hg_buf_text(out, "<p id=\"inexact\">More values than are counted: figures of lists are at least so many.</p>\n");
    hg_buf_text(out, "<p>Anomalous: labelled an attack by its data set, or of a score beyond the budget of alerts; severity comes from "
                     "the score alone. Times are UTC. What attackers wrote is shown with control characters as \\uXXXX. Made ");
    html_time(out, hg_time_now_us());
    hg_buf_text(out, " by honeyguide " HG_VERSION ".</p>\n</footer>\n</body>\n</html>\n");
}

void report_page(const struct report *report, struct hg_buf *out)
{
    put_head(report, out);
    put_status(report, out);
    put_tiles(report, out);
    begin_section(out, "time", "What happened over time");
    report_chart(report, out);
    put_key(report, out);
    hg_buf_text(out, "</section>\n");
    begin_section(out, "first", "Where to look first");
    report_incidents(report, out);
    report_alerts(report, out);
    hg_buf_text(out, "</section>\n");
    begin_section(out, "who", "Who attacks, and what");
    report_map(report, out);
    put_lists(report, false, out);
    hg_buf_text(out, "</section>\n");
    if (has_honeypot_lists(report)) {
        begin_section(out, "tried", "What was tried");
        put_lists(report, true, out);
        hg_buf_text(out, "</section>\n");
    }
    begin_section(out, "account", "What was read");
    hg_buf_text(out, "<p class=\"meta\">Since the state began, whatever range and filter say. Records read are decoded, no event, or unreadable.</p>\n");
    report_sources(report, out);
    hg_buf_text(out, "</section>\n");
    put_foot(report, out);
}
