/* What is known of the sources while the program runs. */
#include "base/grow.h"
#include "pipeline/ingest_priv.h"

#include <stdio.h>
#include <stdlib.h>

#define PUSH_LIVE_US  (2 * HG_MINUTE) /* a push source counts as live for so long after its last push */
#define PUSH_IDLE_US  HG_MINUTE       /* and is called idle after this */

void rate_add(struct rate_ring *ring, uint64_t n, int64_t now_us)
{
    int64_t now = now_us / HG_SECOND;
    size_t i = (size_t)now % RATE_SECONDS;
    if (ring->second[i] != now) {
        ring->second[i] = now;
        ring->n[i] = 0;
    }
    ring->n[i] += n;
}

/* The second at hand is left out: it isn't over. */
double rate_of(const struct rate_ring *ring, unsigned seconds, int64_t now_us)
{
    int64_t now = now_us / HG_SECOND;
    uint64_t n = 0;
    for (size_t i = 0; i < RATE_SECONDS; i++)
        if (ring->second[i] < now && ring->second[i] >= now - (int64_t)seconds)
            n += ring->n[i];
    return (double)n / seconds;
}

static struct source *create(struct hg_ingest *ingest, struct hg_slice name, const char *kind)
{
    struct source **sources = hg_grow(ingest->sources, ingest->n_sources, &ingest->cap_sources, sizeof(struct source *));
    if (sources == NULL)
        return NULL;
    ingest->sources = sources;
    struct source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return NULL;
    source->status.kind = kind;
    source->status.last_arrival_us = HG_TIME_NONE;
    source->status.state = strcmp(kind, "push") == 0 ? HG_SOURCE_IDLE : HG_SOURCE_WAITING;
    source->unit_newest_us = HG_TIME_NONE;
    size_t len = name.len < sizeof source->status.name ? name.len : sizeof source->status.name - 1;
    memcpy(source->status.name, name.p, len);
    ingest->sources[ingest->n_sources++] = source;
    return source;
}

static struct source *named(const struct hg_ingest *ingest, struct hg_slice name)
{
    if (name.len > sizeof ingest->sources[0]->status.name - 1)
        name.len = sizeof ingest->sources[0]->status.name - 1;
    for (size_t i = 0; i < ingest->n_sources; i++)
        if (hg_slice_is(name, ingest->sources[i]->status.name))
            return ingest->sources[i];
    return NULL;
}

enum hg_rc sources_find(struct hg_ingest *ingest, struct hg_slice name, const char *kind, struct source **ret, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->sources_lock);
    bool full = ingest->n_sources >= HG_SOURCES_MAX && strcmp(kind, "push") == 0;
    struct source *source = named(ingest, full ? HG_SLICE("other pushes") : name);
    if (source == NULL)
        source = create(ingest, full ? HG_SLICE("other pushes") : name, kind);
    else if (strcmp(kind, "push") != 0)
        source->status.kind = kind;
    pthread_mutex_unlock(&ingest->sources_lock);
    *ret = source;
    return source == NULL ? hg_fail(reterr, HG_ENOMEM, "no memory for another source") : HG_OK;
}

void sources_free(struct hg_ingest *ingest)
{
    for (size_t i = 0; i < ingest->n_sources; i++)
        free(ingest->sources[i]);
    free(ingest->sources);
}

/* ---- what a unit brought */

void sources_note(struct hg_ingest *ingest, struct source *source, int64_t time_us)
{
    if (!source->touched) {
        source->touched = true;
        source->next_touched = ingest->touched;
        ingest->touched = source;
    }
    source->unit_records++;
    if (time_us == HG_TIME_NONE)
        return;
    if (source->unit_newest_us == HG_TIME_NONE || time_us > source->unit_newest_us)
        source->unit_newest_us = time_us;
    int64_t ahead = time_us - ingest->now_us;
    if (ahead <= HG_FUTURE_US)
        return;
    source->unit_future++;
    if (ahead > source->unit_future_us)
        source->unit_future_us = ahead;
}

static void publish(struct source *source, bool live, int64_t now_us)
{
    struct hg_source_status *status = &source->status;
    rate_add(&source->rate, source->unit_records, hg_time_monotonic_us());
    status->last_arrival_us = now_us;
    status->future += source->unit_future;
    if (source->unit_future_us > status->future_us)
        status->future_us = source->unit_future_us;
    if (live && source->unit_newest_us != HG_TIME_NONE)
        hg_skew_add(&source->skew, source->unit_newest_us, now_us);
}

void sources_publish(struct hg_ingest *ingest, bool live)
{
    pthread_mutex_lock(&ingest->sources_lock);
    for (struct source *source = ingest->touched, *next; source != NULL; source = next) {
        next = source->next_touched;
        publish(source, live, ingest->now_us);
        source->unit_records = source->unit_future = 0;
        source->unit_newest_us = HG_TIME_NONE;
        source->unit_future_us = 0;
        source->touched = false;
    }
    ingest->touched = NULL;
    pthread_mutex_unlock(&ingest->sources_lock);
}

/* ---- what is told */

static bool is_push(const struct source *source)
{
    return strcmp(source->status.kind, "push") == 0;
}

enum hg_rc sources_list(void *self, struct hg_source_status **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct hg_ingest *ingest = self;
    int64_t now = hg_time_now_us(), monotonic = hg_time_monotonic_us();
    pthread_mutex_lock(&ingest->sources_lock);
    struct hg_source_status *rows = calloc(ingest->n_sources + 1, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < ingest->n_sources; i++) {
        const struct source *source = ingest->sources[i];
        rows[i] = source->status;
        rows[i].rate = rate_of(&source->rate, 10, monotonic);
        rows[i].skew = hg_skew_state(&source->skew, &rows[i].skew_us);
        if (is_push(source))
            rows[i].state = rows[i].last_arrival_us != HG_TIME_NONE && now - rows[i].last_arrival_us < PUSH_IDLE_US ? HG_SOURCE_LIVE : HG_SOURCE_IDLE;
    }
    *ret = rows;
    *ret_n = ingest->n_sources;
    pthread_mutex_unlock(&ingest->sources_lock);
    return rows == NULL ? hg_fail(reterr, HG_ENOMEM, "no memory to list the sources") : HG_OK;
}

bool sources_live(struct hg_ingest *ingest)
{
    int64_t now = hg_time_now_us();
    bool live = false;
    pthread_mutex_lock(&ingest->sources_lock);
    for (size_t i = 0; i < ingest->n_sources && !live; i++) {
        const struct source *source = ingest->sources[i];
        live = hg_skew_is_live(&source->skew) && source->status.state != HG_SOURCE_ENDED &&
               (!is_push(source) || now - source->status.last_arrival_us < PUSH_LIVE_US);
    }
    pthread_mutex_unlock(&ingest->sources_lock);
    return live;
}
