#include "serve/serve_priv.h"

#include <stdlib.h>

#define GAPS_MAX 100000u
#define REST     10 /* a read that took long isn't repeated before this many times as long */

static bool find_figures(struct hg_figures_cache *cache, uint64_t sequence, struct hg_range range, struct hg_figures *ret)
{
    bool found = false;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->n && !found; i++) {
        const struct hg_figures *row = &cache->rows[i];
        found = row->sequence == sequence && row->range.from_us == range.from_us && row->range.to_us == range.to_us;
        if (found)
            *ret = *row;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static void keep_figures(struct hg_figures_cache *cache, const struct hg_figures *figures)
{
    pthread_mutex_lock(&cache->lock);
    cache->rows[cache->next] = *figures;
    cache->next = (cache->next + 1) % HG_FIGURES_MAX;
    cache->n += cache->n < HG_FIGURES_MAX;
    pthread_mutex_unlock(&cache->lock);
}

/* Of what matches the filter; nobody else asks for it, so it isn't kept. */
static enum hg_rc query_figures(struct hg_view *view, struct hg_range range, struct hg_figures *ret)
{
    struct hg_query query = {.range = range, .filter = view->query.filter, .deadline_us = hg_time_monotonic_us() + HG_CHART_US};
    struct hg_alert *alerts = NULL;
    char next[HG_CURSOR_BYTES];
    size_t n;
    bool exact = true, alerts_exact = true;
    *ret = (struct hg_figures){.sequence = view->sequence, .range = range};
    enum hg_rc rc = hg_query_total(view->reader, &query, &ret->tally, &ret->attackers, &exact, &view->err);
    if (rc == HG_OK)
        rc = hg_query_alerts(view->reader, &query, 1, "", &alerts, &n, next, &ret->alerts, &alerts_exact, &view->err);
    free(alerts);
    ret->partial = !exact || !alerts_exact;
    return rc;
}

enum hg_rc hg_figures_read(struct hg_view *view, struct hg_range range, struct hg_figures *ret)
{
    struct hg_figures_cache *cache = &view->call->serve->figures;
    if (view->query.filter != NULL)
        return query_figures(view, range, ret);
    if (find_figures(cache, view->sequence, range, ret))
        return HG_OK;
    *ret = (struct hg_figures){.sequence = view->sequence, .range = range};
    enum hg_rc rc = hg_reader_total(view->reader, range, &ret->tally, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_attackers(view->reader, range, &ret->attackers, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_alert_counts(view->reader, range, &ret->alerts, &view->err);
    if (rc == HG_OK)
        keep_figures(cache, ret);
    return rc;
}

static enum hg_rc count_sources(struct hg_view *view, struct hg_overview *ret)
{
    struct hg_sources sources;
    *ret = (struct hg_overview){0};
    enum hg_rc rc = hg_sources_read(&view->call->serve->backend, view->reader, hg_time_now_us(), &sources, &view->err);
    for (size_t i = 0; i < sources.n && rc == HG_OK; i++) {
        ret->states[sources.rows[i].state]++;
        ret->late += sources.rows[i].counts.late;
    }
    ret->total = sources.n;
    hg_sources_free(&sources);
    return rc;
}

static int64_t good_until(int64_t began_us)
{
    int64_t now = hg_time_monotonic_us(), rest = REST * (now - began_us);
    return now + (rest > HG_OLD_US ? rest : HG_OLD_US);
}

/* Whether it has to be read; else *ret is filled. Nobody waits for a read by somebody else, but for the first. */
static bool overview_is_old(struct hg_recent *recent, int64_t now_us, struct hg_overview *ret)
{
    pthread_mutex_lock(&recent->lock);
    bool known = recent->overview_until_us != 0;
    bool old = !known || (now_us > recent->overview_until_us && !recent->reading);
    if (old)
        recent->reading = true;
    else
        *ret = recent->overview;
    pthread_mutex_unlock(&recent->lock);
    return old;
}

enum hg_rc hg_overview_read(struct hg_view *view, struct hg_overview *ret)
{
    struct hg_recent *recent = &view->call->serve->recent;
    int64_t began = hg_time_monotonic_us();
    if (!overview_is_old(recent, began, ret))
        return HG_OK;
    enum hg_rc rc = count_sources(view, ret);
    pthread_mutex_lock(&recent->lock);
    recent->reading = false;
    if (rc == HG_OK) {
        recent->overview = *ret;
        recent->overview_until_us = good_until(began);
    }
    pthread_mutex_unlock(&recent->lock);
    return rc;
}

static bool find_unobserved(struct hg_recent *recent, struct hg_range range, int64_t now_us, uint64_t *ret)
{
    bool found = false;
    pthread_mutex_lock(&recent->lock);
    for (size_t i = 0; i < HG_FIGURES_MAX && !found; i++) {
        found = recent->unobserved[i].until_us > now_us && recent->unobserved[i].range.from_us == range.from_us &&
                recent->unobserved[i].range.to_us == range.to_us;
        if (found)
            *ret = recent->unobserved[i].seconds;
    }
    pthread_mutex_unlock(&recent->lock);
    return found;
}

static void keep_unobserved(struct hg_recent *recent, struct hg_range range, int64_t until_us, uint64_t seconds)
{
    pthread_mutex_lock(&recent->lock);
    recent->unobserved[recent->next_unobserved].range = range;
    recent->unobserved[recent->next_unobserved].until_us = until_us;
    recent->unobserved[recent->next_unobserved].seconds = seconds;
    recent->next_unobserved = (recent->next_unobserved + 1) % HG_FIGURES_MAX;
    pthread_mutex_unlock(&recent->lock);
}

enum hg_rc hg_unobserved_read(struct hg_view *view, uint64_t *ret_seconds)
{
    struct hg_recent *recent = &view->call->serve->recent;
    struct hg_range range = view->range;
    struct hg_gaps gaps = {0};
    int64_t began = hg_time_monotonic_us(), sum = 0;
    *ret_seconds = 0;
    if (!view->has_range || range.from_us >= range.to_us || find_unobserved(recent, range, began, ret_seconds))
        return HG_OK;
    enum hg_rc rc = hg_reader_gaps(view->reader, NULL, range, GAPS_MAX, &gaps, &view->err);
    for (size_t i = 0; i < gaps.n && rc == HG_OK; i++) {
        int64_t from = gaps.rows[i].from_us > range.from_us ? gaps.rows[i].from_us : range.from_us;
        int64_t to = gaps.rows[i].to_us < range.to_us ? gaps.rows[i].to_us : range.to_us;
        sum += to > from ? to - from : 0;
    }
    free(gaps.rows);
    *ret_seconds = (uint64_t)(sum / HG_SECOND);
    if (rc == HG_OK)
        keep_unobserved(recent, range, good_until(began), *ret_seconds);
    return rc;
}
