/* The range over time: anomalous events in stacked bars by severity, all events below, unobserved time hatched, bursts marked. */
#include "app/report.h"

#define WIDTH   1120.0
#define LEFT    56.0
#define TOP     14.0
#define HEIGHT  150.0 /* of the anomalous ones */
#define BELOW   34.0  /* of all of them */
#define SPACE   22.0
#define LABELS  6

struct chart {
    const struct report *report;
    struct hg_buf *out;
    int64_t from_us, to_us;   /* of whole buckets */
    uint64_t most, most_below; /* the axes' ends */
};

static double x_of(const struct chart *chart, int64_t us)
{
    return LEFT + (WIDTH - LEFT) * (double)(us - chart->from_us) / (double)(chart->to_us - chart->from_us);
}

/* 1, 2 or 5 times a power of ten. */
static uint64_t round_up(uint64_t n)
{
    for (uint64_t unit = 1; unit < UINT64_MAX / 100; unit *= 10)
        for (uint64_t k = 1; k <= 5; k += k == 1 ? 1 : 3)
            if (k * unit >= n)
                return k * unit;
    return n;
}

static void put_rect(struct chart *chart, const char *class, double x, double y, double width, double height)
{
    hg_buf_printf(chart->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", class, x, y, width, height);
}

static void put_bar_title(struct chart *chart, int64_t us, const struct hg_tally *tally)
{
    char from[HG_TIME_TEXT_BYTES], to[HG_TIME_TEXT_BYTES];
    hg_time_print(us, from);
    hg_time_print(us + chart->report->bucket_us, to);
    hg_buf_printf(chart->out, "<title>%.10s %.5s to %.10s %.5s: ", from, from + 11, to, to + 11);
    html_number_of(chart->out, hg_tally_anomalous(tally), "anomalous event", "anomalous events");
    hg_buf_text(chart->out, " of ");
    html_count(chart->out, tally->events);
    hg_buf_text(chart->out, "</title>");
}

static void put_bar(struct chart *chart, size_t i)
{
    const struct hg_tally *tally = &chart->report->series[i];
    int64_t us = chart->from_us + (int64_t)i * chart->report->bucket_us;
    double x = x_of(chart, us), width = x_of(chart, us + chart->report->bucket_us) - x;
    double bar = width > 3 ? width - 1 : width, y = TOP + HEIGHT;
    const struct {
        const char *class;
        uint64_t n;
    } parts[] = {{"high", tally->high}, {"medium", tally->medium}, {"low", tally->low},
                 {"label", hg_tally_anomalous(tally) - tally->high - tally->medium - tally->low}};
    if (tally->events == 0)
        return;
    hg_buf_text(chart->out, "<g>");
    put_bar_title(chart, us, tally);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        double height = HEIGHT * (double)parts[k].n / (double)chart->most;
        if (parts[k].n > 0)
            put_rect(chart, parts[k].class, x, y -= height, bar, height);
    }
    double below = BELOW * (double)tally->events / (double)chart->most_below;
    put_rect(chart, "all", x, TOP + HEIGHT + SPACE + BELOW - below, bar, below);
    if (chart->report->bursts[i])
        hg_buf_printf(chart->out, "<path class=\"burst\" d=\"M%.1f %.1fl4 -6h-8z\"/>", x + bar / 2, y - 3);
    hg_buf_text(chart->out, "</g>\n");
}

static void put_axis(struct chart *chart)
{
    static const double at[] = {0, 0.5, 1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double y = TOP + HEIGHT * (1 - at[i]);
        if (i == 1 && chart->most % 2 != 0)
            continue;
        hg_buf_printf(chart->out, "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"y\" x=\"%.0f\" y=\"%.1f\">", LEFT, WIDTH, y,
                      y, LEFT - 8, y + 4);
        html_count(chart->out, (uint64_t)((double)chart->most * at[i]));
        hg_buf_text(chart->out, "</text>");
    }
    hg_buf_printf(chart->out, "<text class=\"y\" x=\"%.0f\" y=\"%.1f\">", LEFT - 8, TOP + HEIGHT + SPACE + 8);
    html_count(chart->out, chart->most_below);
    hg_buf_text(chart->out, "</text>\n");
}

static void put_times(struct chart *chart)
{
    size_t n = chart->report->n_series, step = (n + LABELS - 1) / LABELS;
    for (size_t i = 0; i < n; i += step > 0 ? step : 1) {
        char text[HG_TIME_TEXT_BYTES];
        int64_t us = chart->from_us + (int64_t)i * chart->report->bucket_us;
        hg_time_print(us, text);
        hg_buf_printf(chart->out, "<text x=\"%.1f\" y=\"%.1f\">%.10s", x_of(chart, us), TOP + HEIGHT + SPACE + BELOW + 16, text);
        if (chart->report->bucket_us < HG_DAY)
            hg_buf_printf(chart->out, " %.5s", text + 11);
        hg_buf_text(chart->out, "</text>");
    }
}

static void put_gaps(struct chart *chart)
{
    for (size_t i = 0; i < chart->report->gaps.n; i++) {
        const struct hg_range *gap = &chart->report->gaps.rows[i];
        double x = x_of(chart, gap->from_us);
        put_rect(chart, "gap", x, TOP, x_of(chart, gap->to_us) - x, HEIGHT);
    }
}

void report_chart(const struct report *report, struct hg_buf *out)
{
    struct chart chart = {.report = report, .out = out, .from_us = hg_time_floor(report->ask.query.range.from_us, report->bucket_us), .most = 1, .most_below = 1};
    if (report->n_series == 0)
        return;
    chart.to_us = chart.from_us + (int64_t)report->n_series * report->bucket_us;
    for (size_t i = 0; i < report->n_series; i++) {
        uint64_t anomalous = hg_tally_anomalous(&report->series[i]);
        chart.most = anomalous > chart.most ? anomalous : chart.most;
        chart.most_below = report->series[i].events > chart.most_below ? report->series[i].events : chart.most_below;
    }
    chart.most = round_up(chart.most);
    hg_buf_printf(out, "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Anomalous events over time, in steps of ", WIDTH,
                  TOP + HEIGHT + SPACE + BELOW + 22);
    html_length(out, report->bucket_us);
    hg_buf_text(out, ", by severity; all events below\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
                     "patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"6\"/></pattern></defs>\n");
    put_axis(&chart);
    put_gaps(&chart);
    for (size_t i = 0; i < report->n_series; i++)
        put_bar(&chart, i);
    put_times(&chart);
    hg_buf_text(out, "</svg>\n");
}
