/* What a report is made of, asked of one snapshot of the state. */
#include "app/report.h"

#include "core/burst.h"

#include <stdlib.h>

void report_free(struct report *report)
{
    free(report->series);
    free(report->bursts);
    free(report->gaps.rows);
    free(report->alerts);
    free(report->inputs);
    hg_arena_free(&report->arena);
    hg_ask_free(&report->ask);
}

/* The finest of these that leaves the chart at most REPORT_BARS bars. */
static int64_t fitting_bucket(struct hg_range range)
{
    static const int64_t steps[] = {HG_MINUTE, 5 * HG_MINUTE, 10 * HG_MINUTE, 30 * HG_MINUTE, HG_HOUR, 2 * HG_HOUR, 6 * HG_HOUR, 12 * HG_HOUR,
                                    HG_DAY, 2 * HG_DAY, 7 * HG_DAY, 30 * HG_DAY, 365 * HG_DAY};
    const size_t n = sizeof steps / sizeof *steps;
    for (size_t i = 0; i < n; i++)
        if ((-hg_time_floor(-range.to_us, steps[i]) - hg_time_floor(range.from_us, steps[i])) / steps[i] <= REPORT_BARS)
            return steps[i];
    return 100 * steps[n - 1];
}

static enum hg_rc read_series(struct report *report, struct hg_reader_db *reader, struct hg_err *reterr)
{
    bool exact;
    report->bucket_us = fitting_bucket(report->ask.query.range);
    enum hg_rc rc = hg_query_series(reader, &report->ask.query, report->bucket_us, &report->series, &report->n_series, &exact, reterr);
    if (rc != HG_OK)
        return rc;
    uint64_t *counts = calloc(report->n_series + 1, sizeof *counts);
    report->bursts = calloc(report->n_series + 1, sizeof *report->bursts);
    if (counts == NULL || report->bursts == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "no memory for the chart");
    else {
        for (size_t i = 0; i < report->n_series; i++)
            counts[i] = hg_tally_anomalous(&report->series[i]);
        hg_bursts(counts, report->n_series, report->bursts);
    }
    free(counts);
    report->exact &= exact;
    return rc;
}

/* The same number of minutes before, where they were observed. */
static enum hg_rc read_before(struct report *report, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_query before = report->ask.query;
    struct hg_range extent;
    struct hg_unique attackers;
    bool exact, complete;
    before.range.to_us = report->ask.query.range.from_us;
    before.range.from_us -= report->ask.query.range.to_us - report->ask.query.range.from_us;
    enum hg_rc rc = hg_reader_extent(reader, &extent, reterr);
    if (rc == HG_OK)
        rc = hg_reader_complete(reader, before.range, &complete, reterr);
    if (rc != HG_OK || extent.from_us > before.range.from_us || (!complete && before.filter != NULL))
        return rc;
    report->has_before = true;
    return hg_query_total(reader, &before, &report->before, &attackers, &exact, reterr);
}

static const struct {
    enum hg_filter_field field;
    enum hg_query_order order;
} lists[] = {
#define REPORT_LIST(field, title, honeypot, order) {HG_FILTER_##field, order},
    REPORT_LISTS
#undef REPORT_LIST
};

/* One pass for all that have an order; one more than is shown, since events without a value are one too. */
static enum hg_rc read_lists(struct report *report, enum hg_query_order order, struct hg_reader_db *reader, struct hg_err *reterr)
{
    enum hg_filter_field fields[REPORT_N_LISTS];
    struct hg_query_values values[REPORT_N_LISTS];
    size_t n = 0, at = 0;
    for (size_t i = 0; i < REPORT_N_LISTS; i++)
        if (lists[i].order == order)
            fields[n++] = lists[i].field;
    enum hg_rc rc = hg_query_top(reader, &report->ask.query, fields, n, order, REPORT_TOP + 1, &report->arena, values, reterr);
    for (size_t i = 0; i < REPORT_N_LISTS && rc == HG_OK; i++) {
        if (lists[i].order != order)
            continue;
        report->lists[i] = values[at++];
        report->exact &= report->lists[i].exact;
    }
    return rc;
}

static enum hg_rc read_places(struct report *report, struct hg_reader_db *reader, struct hg_err *reterr)
{
    const enum hg_filter_field place = HG_QUERY_PLACE;
    enum hg_rc rc = hg_query_top(reader, &report->ask.query, &place, 1, HG_BY_ANOMALOUS, REPORT_PLACES, &report->arena, &report->places, reterr);
    if (rc == HG_OK)
        report->exact &= report->places.exact;
    return rc;
}

enum hg_rc report_read(void *self, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct report *report = self;
    const struct hg_query *query = &report->ask.query;
    char next[HG_CURSOR_BYTES] = "";
    bool exact[2] = {true, true};
    enum hg_rc rc = hg_query_total(reader, query, &report->total, &report->attackers, &exact[0], reterr);
    report->exact = true;
    if (rc == HG_OK)
        rc = hg_reader_complete(reader, query->range, &report->complete, reterr);
    if (rc == HG_OK)
        rc = read_before(report, reader, reterr);
    if (rc == HG_OK)
        rc = read_series(report, reader, reterr);
    if (rc == HG_OK)
        rc = hg_reader_gaps(reader, NULL, query->range, REPORT_GAPS, &report->gaps, reterr);
    if (rc == HG_OK)
        rc = hg_query_alerts(reader, query, REPORT_GROUPED, "", &report->alerts, &report->n_alerts, next, &report->alert_counts, &exact[1], reterr);
    report->all_grouped = next[0] == '\0';
    if (rc == HG_OK)
        rc = report_read_incidents(report, reader, reterr);
    if (rc == HG_OK)
        rc = read_lists(report, HG_BY_ANOMALOUS, reader, reterr);
    if (rc == HG_OK)
        rc = read_lists(report, HG_BY_EVENTS, reader, reterr);
    if (rc == HG_OK)
        rc = read_places(report, reader, reterr);
    if (rc == HG_OK)
        rc = hg_reader_inputs(reader, &report->arena, &report->inputs, &report->n_inputs, reterr);
    report->exact &= exact[0] && exact[1];
    return rc;
}
