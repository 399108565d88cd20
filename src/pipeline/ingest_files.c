/*
 * Logs: one thread merges all of them by event time and follows them through rotation; standard input has a thread to itself. Of a
 * folder or glob each log is followed, but for archives (compressed, or rotated forms of one that is followed), which are read once;
 * what appears there later is added.
 */
#include "pipeline/ingest_priv.h"
#include "pipeline/merge.h"
#include "source/inputs.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UNIT_EVENTS   8192u
#define UNIT_SLOTS    32u
#define UNIT_REJECTS  1024u
#define WAIT_MS       200 /* at most, between looks */
#define GATHER_MS     10  /* after a look that found something new: lines come in runs */
#define RESCAN_US     (5 * HG_SECOND)
#define MARK_EVERY_US HG_MINUTE /* marks alone are worth a commit so often */
#define POLLED_MAX    256u

struct log {
    const struct hg_source_setting *setting;
    struct source *source;
    char *path;
    struct hg_input_settings inputs;
    int64_t mark_us; /* what was last submitted */
    bool follow, told;
};

struct follower {
    struct hg_ingest *ingest;
    struct hg_pool *pool;
    struct hg_merge *merge;
    struct log **logs; /* by the merge's input */
    size_t n_logs, cap_logs;
    const struct hg_source_setting *const *settings; /* that it serves */
    size_t n_settings;
    int64_t rescan_us, marked_us;
    struct hg_source_mark *marks;
    struct hg_event *events[UNIT_EVENTS];
    struct hg_reject rejects[UNIT_REJECTS];
    struct hg_slot *slots[UNIT_SLOTS];
    size_t n_slots;
};

/* ---- which logs */

static bool is_known(const struct follower *f, const char *path)
{
    for (size_t i = 0; i < f->n_logs; i++)
        if (strcmp(f->logs[i]->path, path) == 0)
            return true;
    return false;
}

static bool is_compressed(const char *path)
{
    size_t len = strlen(path);
    return (len > 3 && strcmp(path + len - 3, ".gz") == 0) || (len > 4 && strcmp(path + len - 4, ".zst") == 0);
}

static bool is_archive(const struct hg_paths *all, const char *path)
{
    if (is_compressed(path))
        return true;
    for (size_t i = 0; i < all->n; i++)
        if (hg_path_is_sibling(path, all->paths[i]))
            return true;
    return false;
}

static enum hg_rc make_room(struct follower *f, struct hg_err *reterr)
{
    if (f->n_logs < f->cap_logs)
        return HG_OK;
    size_t cap = f->cap_logs == 0 ? 16 : 2 * f->cap_logs;
    struct log **logs = realloc(f->logs, cap * sizeof(struct log *));
    if (logs != NULL)
        f->logs = logs;
    struct hg_source_mark *marks = realloc(f->marks, cap * sizeof *marks);
    if (marks != NULL)
        f->marks = marks;
    if (logs == NULL || marks == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", cap);
    f->cap_logs = cap;
    return HG_OK;
}

static const char *source_name(const struct log *log)
{
    return log->setting->name != NULL ? log->setting->name : log->path;
}

static void log_free(struct log *log)
{
    if (log != NULL)
        free(log->path);
    free(log);
}

static enum hg_rc log_create(struct follower *f, const struct hg_source_setting *setting, const char *path, bool follow, struct log **ret,
                             struct hg_err *reterr)
{
    struct log *log = calloc(1, sizeof *log);
    if (log == NULL || (log->path = strdup(path)) == NULL) {
        free(log);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to follow it", path);
    }
    log->setting = setting;
    log->follow = follow;
    log->inputs = f->ingest->settings.inputs;
    log->inputs.taken = inputs_taken;
    log->inputs.taken_self = f->ingest;
    enum hg_input_kind kind = hg_input_kind(setting->input);
    log->inputs.skip_unknown = kind == HG_INPUT_FOLDER || kind == HG_INPUT_GLOB;
    if (setting->format != NULL)
        log->inputs.decoder = hg_formats_by_name(log->inputs.formats, hg_slice_of(setting->format));
    for (int i = 0; setting->timezone_us != HG_TIMEZONE_DEFAULT && i < HG_DATASET_COUNT; i++)
        log->inputs.timezone_us[i] = setting->timezone_us;
    *ret = log;
    return HG_OK;
}

static enum hg_rc add(struct follower *f, const struct hg_source_setting *setting, const char *path, bool follow, struct hg_err *reterr)
{
    struct log *log = NULL;
    uint32_t input;
    enum hg_rc rc = make_room(f, reterr);
    if (rc == HG_OK)
        rc = log_create(f, setting, path, follow, &log, reterr);
    if (rc != HG_OK)
        return rc;
    const char *kind = strcmp(path, "-") == 0 ? "stdin" : "file";
    struct hg_merge_log spec = {.path = path, .settings = &log->inputs, .follow = follow, .complete_us = HG_TIME_NONE};
    rc = sources_find(f->ingest, hg_slice_of(source_name(log)), kind, &log->source, reterr);
    if (rc == HG_OK && follow)
        rc = hg_store_mark(f->ingest->store, path, &spec.complete_us, reterr);
    log->mark_us = spec.complete_us;
    if (rc == HG_OK)
        rc = hg_merge_add(f->merge, &spec, &input, reterr);
    if (rc != HG_OK)
        log_free(log);
    else
        f->logs[f->n_logs++] = log;
    return rc;
}

/* A file that can't be opened now doesn't keep the others from being followed; it is tried again at the next scan. */
static void add_found(struct follower *f, const struct hg_source_setting *setting, const struct hg_paths *paths)
{
    for (size_t i = 0; i < paths->n; i++) {
        struct hg_err err;
        if (!is_known(f, paths->paths[i]) && add(f, setting, paths->paths[i], !is_archive(paths, paths->paths[i]), &err) != HG_OK)
            fprintf(stderr, "honeyguide: %s\n", err.msg);
    }
}

static enum hg_rc add_setting(struct follower *f, const struct hg_source_setting *setting, struct hg_err *reterr)
{
    enum hg_input_kind kind = hg_input_kind(setting->input);
    if (kind != HG_INPUT_FOLDER && kind != HG_INPUT_GLOB)
        return add(f, setting, setting->input, kind != HG_INPUT_STDIN, reterr);
    struct hg_paths paths = {0};
    struct hg_err err;
    struct source *source;
    enum hg_rc rc = HG_OK;
    if (hg_paths_add(&paths, setting->input, &err) == HG_OK) {
        add_found(f, setting, &paths);
    } else { /* nothing there yet: it is looked at again */
        rc = sources_find(f->ingest, hg_slice_of(setting->name != NULL ? setting->name : setting->input), "file", &source, reterr);
        fprintf(stderr, "honeyguide: %s; waiting for files there\n", err.msg);
    }
    hg_paths_free(&paths);
    return rc;
}

/* Files that came since into folders and globs; rotated forms of a followed log are its own affair. */
static void rescan(struct follower *f)
{
    int64_t now = hg_time_monotonic_us();
    if (now - f->rescan_us < RESCAN_US)
        return;
    f->rescan_us = now;
    for (size_t i = 0; i < f->n_settings; i++) {
        enum hg_input_kind kind = hg_input_kind(f->settings[i]->input);
        struct hg_paths paths = {0};
        if ((kind == HG_INPUT_FOLDER || kind == HG_INPUT_GLOB) && hg_paths_add(&paths, f->settings[i]->input, NULL) == HG_OK) {
            for (size_t j = 0; j < paths.n; j++)
                for (size_t k = 0; k < f->n_logs && paths.paths[j] != NULL; k++)
                    if (f->logs[k]->follow && hg_path_is_sibling(paths.paths[j], f->logs[k]->path)) {
                        free(paths.paths[j]);
                        paths.paths[j] = strdup(f->logs[k]->path);
                    }
            add_found(f, f->settings[i], &paths);
        }
        hg_paths_free(&paths);
    }
}

/* ---- records */

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
    if (hg_input_ended(hg_merge_input(f->merge, i)))
        return HG_SOURCE_ENDED;
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
    if (shown->trouble[0] == '\0')
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
            rescan(f);
            wait_for_more(f);
        }
    }
    return HG_OK;
}

static void follower_destroy(struct follower *f)
{
    hg_merge_destroy(f->merge);
    hg_pool_destroy(f->pool);
    for (size_t i = 0; i < f->n_logs; i++)
        log_free(f->logs[i]);
    free((void *)(uintptr_t)f->settings);
    free(f->logs);
    free(f->marks);
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
        rc = add_setting(f, settings[i], reterr);
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
