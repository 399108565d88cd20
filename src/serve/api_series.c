/* GET /timeseries: what is happening over time. */
#include "serve/serve_priv.h"

#include "core/burst.h"

#include <stdlib.h>

#define BEFORE HG_BURST_HISTORY /* buckets read in front of those shown */

struct series {
    struct hg_tally *tallies; /* BEFORE buckets, then those shown */
    uint64_t *counts;         /* anomalous events of whole buckets */
    bool *bursts;
    size_t n;
    int64_t first_us, bucket_us;
    int64_t seen_us; /* minute of the first event ever */
    bool exact;
};

static enum hg_rc read_part(struct hg_view *view, struct series *series, struct hg_range part, struct hg_tally *ret)
{
    struct hg_query query = {.range = part, .filter = view->query.filter, .deadline_us = hg_time_monotonic_us() + HG_CHART_US};
    struct hg_unique attackers;
    bool exact = true;
    if (query.filter == NULL)
        return hg_reader_total(view->reader, part, ret, &view->err);
    enum hg_rc rc = hg_query_total(view->reader, &query, ret, &attackers, &exact, &view->err);
    series->exact &= exact;
    return rc;
}

static enum hg_rc read_buckets(struct hg_view *view, struct series *series, struct hg_range wide)
{
    struct hg_query query = {.range = wide, .filter = view->query.filter, .deadline_us = hg_time_monotonic_us() + HG_CHART_US};
    if (query.filter == NULL)
        return hg_reader_series(view->reader, wide, series->bucket_us, &series->tallies, &series->n, &view->err);
    return hg_query_series(view->reader, &query, series->bucket_us, &series->tallies, &series->n, &series->exact, &view->err);
}

/* Buckets with too little before them since the first event are none: there is nothing to compare with. */
static bool mark_bursts(struct series *series)
{
    series->counts = calloc(series->n, sizeof *series->counts);
    series->bursts = calloc(series->n, sizeof *series->bursts);
    if (series->counts == NULL || series->bursts == NULL)
        return false;
    int64_t begin_us = hg_time_floor(series->seen_us, series->bucket_us) + BEFORE * series->bucket_us;
    for (size_t i = 0; i < series->n; i++)
        series->counts[i] = hg_tally_anomalous(&series->tallies[i]);
    hg_bursts(series->counts, series->n, series->bursts);
    for (size_t i = 0; i < series->n; i++)
        if (series->first_us + (int64_t)i * series->bucket_us < begin_us)
            series->bursts[i] = false;
    return true;
}

/* A bucket that the range cuts shows what lies in the range, and is a burst only if that much is one; the buckets behind are compared
 * with its full count. */
static enum hg_rc cut_bucket(struct hg_view *view, struct series *series, size_t i)
{
    int64_t from = series->first_us + (int64_t)i * series->bucket_us, to = from + series->bucket_us;
    struct hg_range part = {from > view->range.from_us ? from : view->range.from_us, to < view->range.to_us ? to : view->range.to_us};
    if (part.from_us == from && part.to_us == to)
        return HG_OK;
    enum hg_rc rc = read_part(view, series, part, &series->tallies[i]);
    if (rc == HG_OK)
        series->bursts[i] &= hg_is_burst(&series->counts[i - BEFORE], hg_tally_anomalous(&series->tallies[i]));
    return rc;
}

/* Read over whole buckets; then the first and the last are cut to the range. */
static enum hg_rc read_series(struct hg_view *view, struct series *series)
{
    struct hg_range extent, wide;
    series->first_us = hg_time_floor(view->range.from_us, series->bucket_us) - BEFORE * series->bucket_us;
    wide = (struct hg_range){series->first_us, -hg_time_floor(-view->range.to_us, series->bucket_us)};
    enum hg_rc rc = hg_reader_extent(view->reader, &extent, &view->err);
    if (rc != HG_OK)
        return rc;
    series->seen_us = extent.from_us;
    rc = read_buckets(view, series, wide);
    if (rc == HG_OK && series->n > 0 && !mark_bursts(series))
        return hg_fail(&view->err, HG_ENOMEM, "no memory for %zu buckets", series->n);
    for (size_t i = BEFORE; rc == HG_OK && i < series->n; i++)
        if (i == BEFORE || i + 1 == series->n)
            rc = cut_bucket(view, series, i);
    return rc;
}

static void put_buckets(struct hg_view *view, const struct series *series)
{
    struct hg_jsonw *w = &view->call->w;
    hg_jsonw_open(w, '[');
    for (size_t i = BEFORE; i < series->n; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "time");
        hg_jsonw_time(w, series->first_us + (int64_t)i * series->bucket_us);
        hg_tally_json_members(&series->tallies[i], w);
        hg_jsonw_key(w, "burst");
        hg_jsonw_bool(w, series->bursts[i]);
        hg_jsonw_key(w, "observed");
        hg_jsonw_bool(w, series->tallies[i].events > 0);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static enum hg_rc answer(struct hg_view *view, struct series *series)
{
    bool empty = view->range.from_us >= view->range.to_us;
    enum hg_rc rc = empty ? HG_OK : read_series(view, series);
    if (rc != HG_OK)
        return rc;
    hg_view_open(view);
    hg_jsonw_key(&view->call->w, "bucket_seconds");
    hg_jsonw_i64(&view->call->w, series->bucket_us / HG_SECOND);
    hg_jsonw_key(&view->call->w, "buckets");
    put_buckets(view, series);
    rc = hg_json_unobserved(view);
    if (rc == HG_OK && view->query.filter != NULL)
        rc = hg_view_put_reach(view, series->exact);
    hg_jsonw_close(&view->call->w, '}');
    return rc;
}

void hg_handle_timeseries(struct hg_call *call)
{
    struct hg_view view;
    struct hg_args_fault fault;
    struct series series = {.exact = true};
    enum hg_rc rc = HG_OK;
    if (!hg_view_begin(&view, call))
        return;
    if (hg_args_bucket(&call->args, view.range.from_us, view.range.to_us, &series.bucket_us, &fault))
        rc = answer(&view, &series);
    else
        hg_call_fault(call, &fault);
    free(series.tallies);
    free(series.counts);
    free(series.bursts);
    hg_view_end(&view, rc);
}
