#include "core/reliability.h"

#include <inttypes.h>
#include <math.h>

double hg_reliability_tail(int i)
{
    static const double tails[HG_RELIABILITY_TAILS] = {1e-2, 1e-3, 1e-4};
    return tails[i];
}

bool hg_reliability_counts(const struct hg_event *event, const struct hg_score *score)
{
    return score->state == HG_SCORED && (event->label != HG_LABEL_ATTACK || hg_dataset_is_honeypot((enum hg_dataset)event->dataset));
}

void hg_reliability_add(struct hg_reliability *row, double p, double rate, bool alarm, bool alert)
{
    int bin = (int)(p * HG_RELIABILITY_BINS);
    row->events++;
    row->expected += (uint64_t)(rate * HG_RATE_ONE + 0.5);
    row->alarms += alarm;
    row->alerts += alert;
    row->bins[bin < HG_RELIABILITY_BINS ? bin : HG_RELIABILITY_BINS - 1]++;
    for (int i = 0; i < HG_RELIABILITY_TAILS; i++)
        row->tails[i] += p <= hg_reliability_tail(i);
}

static double expected_of(const struct hg_reliability *row)
{
    return (double)row->expected / HG_RATE_ONE;
}

const char *hg_verdict_name(enum hg_verdict verdict)
{
    static const char *const names[] = {"too_few", "as_asked", "more", "fewer"};
    return names[verdict];
}

enum hg_verdict hg_reliability_verdict(const struct hg_reliability *row)
{
    double expected = expected_of(row);
    struct hg_interval interval = hg_poisson_interval(row->alarms);
    if (expected < interval.low) /* an excess shows however few were asked for */
        return HG_VERDICT_MORE;
    if (row->events < HG_VERDICT_EVENTS_MIN || expected < HG_VERDICT_EXPECTED_MIN)
        return HG_VERDICT_TOO_FEW;
    return expected > interval.high ? HG_VERDICT_FEWER : HG_VERDICT_AS_ASKED;
}

double hg_reliability_distance(const struct hg_reliability *row)
{
    double greatest = 0;
    uint64_t below = 0;
    for (int i = 0; i < HG_RELIABILITY_BINS && row->events > 0; i++) {
        below += row->bins[i];
        double off = fabs((double)below / (double)row->events - (double)(i + 1) / HG_RELIABILITY_BINS);
        greatest = off > greatest ? off : greatest;
    }
    return greatest;
}

/* ---- words: only what the counts show is said to be so, the rest that it may be */

/* Chance alone takes the distribution function further than 1.63 / sqrt(n) in one case of a hundred (Kolmogorov). */
static bool has_drifted(const struct hg_reliability *row)
{
    return hg_reliability_distance(row) > HG_VERDICT_DRIFT + 1.63 / sqrt((double)row->events);
}

static bool has_bursts(const struct hg_reliability *row)
{
    return row->alerts > 0 && row->alarms >= 5 * row->alerts;
}

/* Data of few distinct values has few distinct scores: a fifth of the bins stay empty. */
static bool has_ties(const struct hg_reliability *row)
{
    int empty = 0;
    for (int i = 0; i < HG_RELIABILITY_BINS; i++)
        empty += row->bins[i] == 0;
    return empty >= HG_RELIABILITY_BINS / 5;
}

static void put_counts(const struct hg_reliability *row, const char *begin, struct hg_buf *buf)
{
    double expected = expected_of(row);
    hg_buf_printf(buf, "%s: %" PRIu64 " instead of %.*f.", begin, row->alarms, expected < 10 ? 1 : 0, expected);
}

static void put_why_more(const struct hg_reliability *row, struct hg_buf *buf)
{
    bool drift = has_drifted(row), bursts = has_bursts(row);
    if (bursts)
        hg_buf_printf(buf, " They come in bursts: %" PRIu64 " alert%s hold%s them all.", row->alerts, row->alerts == 1 ? "" : "s",
                      row->alerts == 1 ? "s" : "");
    if (drift)
        hg_buf_text(buf, " The traffic has drifted from what was learnt: its p-values are far from uniform.");
    if (!bursts && !drift)
        hg_buf_text(buf, " The traffic has drifted from what was learnt or comes in bursts, or too few rows were learnt from for so small a rate.");
}

static void put_why_fewer(const struct hg_reliability *row, struct hg_buf *buf)
{
    if (has_ties(row))
        hg_buf_text(buf, " Many events have the same score, so a rate between two of them can't be had.");
    else if (has_drifted(row))
        hg_buf_text(buf, " The traffic has drifted from what was learnt: its p-values are far from uniform.");
    else
        hg_buf_text(buf, " The traffic is plainer than what was learnt, or the p-values are cautious, as they are where few rows were learnt from.");
}

void hg_reliability_words(const struct hg_reliability *row, struct hg_buf *buf)
{
    switch (hg_reliability_verdict(row)) {
    case HG_VERDICT_TOO_FEW:
        hg_buf_printf(buf, "Too few to say: %" PRIu64 " event%s, %.*f false alarms to expect.", row->events, row->events == 1 ? "" : "s",
                      expected_of(row) < 10 ? 1 : 0, expected_of(row));
        return;
    case HG_VERDICT_MORE:
        put_counts(row, "More false alarms than asked", buf);
        put_why_more(row, buf);
        return;
    case HG_VERDICT_FEWER:
        put_counts(row, "Fewer false alarms than asked", buf);
        put_why_fewer(row, buf);
        return;
    case HG_VERDICT_AS_ASKED:
        hg_buf_printf(buf, "As asked: %" PRIu64 " false alarms, %.*f expected.", row->alarms, expected_of(row) < 10 ? 1 : 0, expected_of(row));
        if (has_drifted(row) && !has_ties(row))
            hg_buf_text(buf, " But the traffic has drifted from what was learnt: its p-values are far from uniform.");
    }
}

/* ---- JSON */

static void put_counts_json(const struct hg_reliability *row, struct hg_jsonw *w)
{
    struct hg_interval interval = hg_poisson_interval(row->alarms);
    hg_jsonw_key(w, "events");
    hg_jsonw_u64(w, row->events);
    hg_jsonw_key(w, "expected");
    hg_jsonw_f64(w, expected_of(row));
    hg_jsonw_key(w, "alarms");
    hg_jsonw_u64(w, row->alarms);
    hg_jsonw_key(w, "interval");
    hg_jsonw_open(w, '[');
    hg_jsonw_f64(w, interval.low);
    hg_jsonw_f64(w, interval.high);
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "alerts");
    hg_jsonw_u64(w, row->alerts);
}

static void put_p_values_json(const struct hg_reliability *row, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "p_values");
    hg_jsonw_open(w, '[');
    for (int i = 0; i < HG_RELIABILITY_BINS; i++)
        hg_jsonw_u64(w, row->bins[i]);
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "tails");
    hg_jsonw_open(w, '[');
    for (int i = 0; i < HG_RELIABILITY_TAILS; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "p");
        hg_jsonw_f64(w, hg_reliability_tail(i));
        hg_jsonw_key(w, "events");
        hg_jsonw_u64(w, row->tails[i]);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

void hg_reliability_json_members(const struct hg_reliability *row, struct hg_jsonw *w)
{
    struct hg_buf words;
    hg_buf_init(&words, 1024);
    hg_reliability_words(row, &words);
    hg_jsonw_key(w, "from");
    hg_jsonw_time(w, row->week_us);
    put_counts_json(row, w);
    hg_jsonw_key(w, "verdict");
    hg_jsonw_text(w, hg_verdict_name(hg_reliability_verdict(row)));
    hg_jsonw_key(w, "words");
    hg_jsonw_str(w, hg_buf_slice(&words));
    put_p_values_json(row, w);
    hg_buf_free(&words);
}
