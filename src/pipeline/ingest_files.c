/*
 * Records of logs: one thread merges all of them by event time and follows them through rotation; standard input has a thread to itself.
 */
#include "pipeline/ingest_follow.h"
#include "source/inputs.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_MS       200       /* at most, between looks */
#define GATHER_MS     10        /* after a look that found something new: lines come in runs */
#define MARK_EVERY_US HG_MINUTE /* marks alone are worth a commit so often */
#define POLLED_MAX    256u

static enum hg_rc entry_of(struct follower *f, const struct hg_item *item, struct input_entry **ret, struct hg_err *reterr)
{
    struct hg_stream *stream = item->stream;
    if (stream->account == NULL) {
        const struct log *log = f->logs[item->input];
        struct input_entry *entry;
        struct input_spec spec = {.decoder = stream->context == NULL ? NULL : stream->context->decoder,
                                  .name = hg_slice_of(source_name(log)),
                                  .kind = log->source->status.kind,
                                  .header = stream->context == NULL ? HG_SLICE_NONE : stream->context->header,
                                  .identity = stream->identity,
                                  .timezone_us = log->setting->timezone_us};
        enum hg_rc rc = inputs_find(f->ingest, &spec, &entry, reterr);
        if (rc != HG_OK)
            return rc;
        stream->account = entry;
    }
    *ret = stream->account;
    return HG_OK;
}

static bool hold(struct follower *f, struct hg_slot *slot)
{
    for (size_t i = f->n_slots; i > 0; i--)
        if (f->slots[i - 1] == slot)
            return true;
    hg_slot_hold(slot);
    f->slots[f->n_slots++] = slot;
    return f->n_slots < UNIT_SLOTS;
}

/* Takes what the files have now, up to a unit's worth. HG_EEND comes with what there was. */
static enum hg_rc collect(struct follower *f, struct unit *unit, struct hg_err *reterr)
{
    *unit = (struct unit){.events = f->events, .rejects = f->rejects, .rerun = true};
    bool room = true;
    while (room && unit->n_events < UNIT_EVENTS && unit->n_rejects < UNIT_REJECTS) {
        struct hg_item item;
        struct input_entry *entry;
        enum hg_rc rc = hg_merge_next(f->merge, &item, reterr);
        if (rc == HG_OK)
            rc = entry_of(f, &item, &entry, reterr);
        if (rc != HG_OK)
            return rc;
        room = hold(f, item.slot);
        if (item.event != NULL) {
            item.event->input = entry->state.index;
            f->events[unit->n_events++] = item.event;
        } else {
            f->rejects[unit->n_rejects] = *item.reject;
            f->rejects[unit->n_rejects].input = entry->state.index;
            f->rejects[unit->n_rejects++].events_before = unit->n_events;
        }
    }
    return HG_OK;
}

/* ---- what is told of them */

static enum hg_source_state state_of(const struct follower *f, size_t i, const struct hg_follow_status *status)
{
    if (hg_merge_failure(f->merge, i) != NULL || status->trouble[0] != '\0')
        return HG_SOURCE_FAILED;
    const struct hg_input *input = hg_merge_input(f->merge, i);
    if (hg_input_ended(input))
        return HG_SOURCE_ENDED;
    if (hg_input_stream(input) != NULL && hg_input_context(input) == NULL)
        return HG_SOURCE_FAILED; /* of no known format */
    if (f->logs[i]->follow && !status->present && status->behind_bytes == 0)
        return HG_SOURCE_WAITING;
    return status->behind_bytes > 0 ? HG_SOURCE_BEHIND : HG_SOURCE_LIVE;
}

/* Of several logs under one name the state that most needs a look is shown. */
static int urgency(enum hg_source_state state)
{
    static const int by_state[] = {[HG_SOURCE_FAILED] = 5, [HG_SOURCE_BEHIND] = 4, [HG_SOURCE_WAITING] = 2,
                                   [HG_SOURCE_LIVE] = 3,   [HG_SOURCE_IDLE] = 1,   [HG_SOURCE_ENDED] = 0};
    return by_state[state];
}

static void show_log(struct follower *f, size_t i, bool first_of_name)
{
    struct hg_follow_status status = {0};
    struct log *log = f->logs[i];
    const struct hg_err *failure = hg_merge_failure(f->merge, i);
    hg_input_follow_status(hg_merge_input(f->merge, i), &status);
    enum hg_source_state state = state_of(f, i, &status);
    struct hg_source_status *shown = &log->source->status;
    if (first_of_name) {
        shown->behind_bytes = shown->lost = shown->rotations = 0;
        shown->trouble[0] = '\0';
    }
    if (first_of_name || urgency(state) > urgency(shown->state))
        shown->state = state;
    shown->behind_bytes += status.behind_bytes;
    shown->lost += status.lost_bytes;
    shown->rotations += status.rotations;
    const struct hg_stream *stream = hg_input_stream(hg_merge_input(f->merge, i));
    if (shown->trouble[0] == '\0' && failure == NULL && status.trouble[0] == '\0' && stream != NULL && stream->context == NULL)
        snprintf(shown->trouble, sizeof shown->trouble, "%.200s: %s", log->path, hg_reason_text(stream->unknown_reason));
    else if (shown->trouble[0] == '\0')
        snprintf(shown->trouble, sizeof shown->trouble, "%s", failure != NULL ? failure->msg : status.trouble);
    if (failure != NULL && !log->told)
        fprintf(stderr, "honeyguide: %s; it is no longer read, the others are\n", failure->msg);
    log->told = failure != NULL;
}

static bool is_first_of_name(const struct follower *f, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (f->logs[j]->source == f->logs[i]->source)
            return false;
    return true;
}

static void show(struct follower *f)
{
    pthread_mutex_lock(&f->ingest->sources_lock);
    for (size_t i = 0; i < f->n_logs; i++)
        show_log(f, i, f->logs[i]->setting->name == NULL || is_first_of_name(f, i));
    pthread_mutex_unlock(&f->ingest->sources_lock);
}

/* Where everything that was read has been given out, what the logs say of themselves holds once the unit is committed. */
static void put_marks(struct follower *f, struct unit *unit)
{
    int64_t now = hg_time_monotonic_us();
    bool worth_it = unit->n_events + unit->n_rejects > 0 || f->marked_us == 0 || now - f->marked_us >= MARK_EVERY_US || atomic_load(&f->ingest->stop_sources);
    bool idle = hg_merge_idle(f->merge);
    unit->marks = f->marks;
    for (size_t i = 0; i < f->n_logs && worth_it; i++) {
        struct hg_follow_status status;
        struct log *log = f->logs[i];
        const struct hg_input *input = hg_merge_input(f->merge, i);
        if (!idle && log->mark_us != HG_TIME_NONE)
            continue; /* the first one says only since when the log is followed: it holds at any time */
        if (!hg_input_follow_status(input, &status) || status.complete_us == HG_TIME_NONE || status.complete_us == log->mark_us)
            continue;
        log->mark_us = status.complete_us;
        f->marks[unit->n_marks++] = (struct hg_source_mark){log->path, status.complete_us};
    }
    if (worth_it)
        f->marked_us = now;
}

/* ---- the thread */

static void wait_for_more(const struct follower *f)
{
    struct pollfd polled[POLLED_MAX];
    nfds_t n = 0;
    for (size_t i = 0; i < f->n_logs && n < POLLED_MAX; i++) {
        int fd = hg_input_fd(hg_merge_input(f->merge, i));
        if (fd >= 0)
            polled[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    if (poll(polled, n, WAIT_MS) > 0)
        nanosleep(&(struct timespec){.tv_nsec = GATHER_MS * 1000000L}, NULL);
}

static enum hg_rc take(struct follower *f, bool *ret_more, struct hg_err *reterr)
{
    struct unit unit;
    struct hg_err err;
    enum hg_rc rc = collect(f, &unit, &err), sent = HG_OK;
    *ret_more = rc == HG_OK;
    unit.live = rc == HG_EEND;
    put_marks(f, &unit);
    if (unit.n_events + unit.n_rejects + unit.n_marks > 0)
        sent = ingest_submit(f->ingest, &unit, false, reterr);
    for (size_t i = 0; i < f->n_slots; i++)
        hg_slot_release(f->slots[i]);
    f->n_slots = 0;
    show(f);
    if (sent != HG_OK || rc == HG_OK || rc == HG_EEND)
        return sent;
    *reterr = err;
    return rc;
}

/* Before anything is read: since when the logs are followed, so that what is rotated from now on is not taken for an old archive. */
static enum hg_rc submit_first_marks(struct follower *f, struct hg_err *reterr)
{
    struct unit unit = {.rerun = true};
    put_marks(f, &unit);
    return unit.n_marks > 0 ? ingest_submit(f->ingest, &unit, false, reterr) : HG_OK;
}

static enum hg_rc follow(struct follower *f, struct hg_err *reterr)
{
    bool more = true, last = false;
    enum hg_rc first = submit_first_marks(f, reterr);
    if (first != HG_OK)
        return first;
    while (!last) {
        last = atomic_load(&f->ingest->stop_sources);
        enum hg_rc rc = take(f, &more, reterr);
        if (rc != HG_OK)
            return rc;
        if (!more && !last) {
            logs_rescan(f);
            wait_for_more(f);
        }
    }
    return HG_OK;
}

static void follower_destroy(struct follower *f)
{
    hg_merge_destroy(f->merge);
    hg_pool_destroy(f->pool);
    logs_free(f);
    free((void *)(uintptr_t)f->settings);
    free(f);
}

static void *thread_main(void *arg)
{
    struct follower *f = arg;
    struct hg_err err;
    enum hg_rc rc = follow(f, &err);
    if (rc != HG_OK && rc != HG_ESTATE)
        fprintf(stderr, "honeyguide: %s; the files are no longer followed\n", err.msg);
    follower_destroy(f);
    return NULL;
}

/* Takes over settings. */
static enum hg_rc start(struct hg_ingest *ingest, const struct hg_source_setting *const *settings, size_t n, struct hg_err *reterr)
{
    struct follower *f = calloc(1, sizeof *f);
    if (f == NULL) {
        free((void *)(uintptr_t)settings);
        return hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", n);
    }
    f->ingest = ingest;
    f->settings = settings;
    f->n_settings = n;
    f->rescan_us = hg_time_monotonic_us();
    struct hg_merge_settings merge = {.follow = true, .with_rejects = true, .held_max = UNIT_SLOTS + 1};
    enum hg_rc rc = hg_pool_create(1, &f->pool, reterr);
    if (rc == HG_OK)
        rc = hg_merge_create(NULL, 0, NULL, &merge, f->pool, NULL, &f->merge, reterr);
    for (size_t i = 0; i < n && rc == HG_OK; i++)
        rc = logs_add_setting(f, settings[i], reterr);
    if (rc == HG_OK)
        rc = ingest_start_thread(ingest, thread_main, f, reterr);
    if (rc != HG_OK)
        follower_destroy(f);
    return rc;
}

static int by_input(const void *a, const void *b)
{
    const struct hg_source_setting *x = *(const struct hg_source_setting *const *)a, *y = *(const struct hg_source_setting *const *)b;
    const char *p = strrchr(x->input, '/'), *q = strrchr(y->input, '/');
    int order = strcmp(p == NULL ? x->input : p, q == NULL ? y->input : q);
    return order != 0 ? order : strcmp(x->input, y->input);
}

static enum hg_rc start_those(struct hg_ingest *ingest, bool standard_input, struct hg_err *reterr)
{
    size_t n = 0;
    const struct hg_source_setting **settings = calloc(ingest->settings.n_sources + 1, sizeof *settings);
    if (settings == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu sources", ingest->settings.n_sources);
    for (size_t i = 0; i < ingest->settings.n_sources; i++) {
        enum hg_input_kind kind = hg_input_kind(ingest->settings.sources[i].input);
        if (kind != HG_INPUT_LISTENER && (kind == HG_INPUT_STDIN) == standard_input)
            settings[n++] = &ingest->settings.sources[i];
    }
    if (n == 0) {
        free(settings);
        return HG_OK;
    }
    qsort(settings, n, sizeof *settings, by_input); /* of two logs at the same moment the one goes first whose name does */
    return start(ingest, settings, n, reterr);
}

enum hg_rc files_start(struct hg_ingest *ingest, struct hg_err *reterr)
{
    enum hg_rc rc = start_those(ingest, false, reterr);
    return rc == HG_OK ? start_those(ingest, true, reterr) : rc;
}
