/*
 * Which logs are read. Of a folder or glob those that changed lately are followed, up to FOLLOWED_MAX; the others and archives
 * (compressed, or rotated forms of another) are read once. What appears there later, or changes after it was read, is added again: its
 * bookmark says what is new.
 */
#include "base/hash.h"
#include "pipeline/ingest_follow.h"
#include "source/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RESCAN_US    (5 * HG_SECOND)
#define FOLLOWED_MAX 100u /* of folders and globs: each has a watch on its folder */
#define LATELY_US    HG_HOUR

static uint32_t *slot_of(const struct follower *f, struct hg_slice path)
{
    size_t i = (size_t)hg_hash64(path, 0) & (f->index_size - 1);
    while (f->index[i] != 0 && !hg_slice_is(path, f->logs[f->index[i] - 1]->path))
        i = (i + 1) & (f->index_size - 1);
    return &f->index[i];
}

/* The newest log of that path; NULL: there is none. */
static struct log *known(const struct follower *f, struct hg_slice path)
{
    uint32_t *slot = f->index_size == 0 ? NULL : slot_of(f, path);
    return slot == NULL || *slot == 0 ? NULL : f->logs[*slot - 1];
}

static bool index_grow(struct follower *f)
{
    if (2 * (f->n_logs + 1) <= f->index_size)
        return true;
    size_t size = f->index_size == 0 ? 64 : 2 * f->index_size;
    uint32_t *index = calloc(size, sizeof *index);
    if (index == NULL)
        return false;
    free(f->index);
    f->index = index;
    f->index_size = size;
    for (size_t i = 0; i < f->n_logs; i++)
        *slot_of(f, hg_slice_of(f->logs[i]->path)) = (uint32_t)i + 1;
    return true;
}

/* The log that the path is a rotated form of: NULL: of none that is known. */
static struct log *base_of(const struct follower *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    for (const char *p = slash == NULL ? path : slash + 1; (p = strpbrk(p, ".-_")) != NULL; p++) {
        struct log *base = known(f, (struct hg_slice){path, (size_t)(p - path)});
        if (base != NULL)
            return base;
    }
    return NULL;
}

static bool is_compressed(const char *path)
{
    size_t len = strlen(path);
    return (len > 3 && strcmp(path + len - 3, ".gz") == 0) || (len > 4 && strcmp(path + len - 4, ".zst") == 0);
}

static enum hg_rc make_room(struct follower *f, struct hg_err *reterr)
{
    if (f->n_logs < f->cap_logs)
        return index_grow(f) ? HG_OK : hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", f->n_logs + 1);
    size_t cap = f->cap_logs == 0 ? 16 : 2 * f->cap_logs;
    struct log **logs = realloc(f->logs, cap * sizeof(struct log *));
    if (logs != NULL)
        f->logs = logs;
    struct hg_source_mark *marks = realloc(f->marks, cap * sizeof *marks);
    if (marks != NULL)
        f->marks = marks;
    if (logs == NULL || marks == NULL || !index_grow(f))
        return hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", cap);
    f->cap_logs = cap;
    return HG_OK;
}

const char *source_name(const struct log *log)
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
    const struct log *before = known(f, hg_slice_of(path));
    const char *kind = strcmp(path, "-") == 0 ? "stdin" : "file";
    struct hg_merge_log spec = {.path = path, .settings = &log->inputs, .follow = follow, .complete_us = HG_TIME_NONE};
    rc = sources_find(f->ingest, hg_slice_of(source_name(log)), kind, &log->source, reterr);
    if (rc == HG_OK && follow)
        rc = hg_store_mark(f->ingest->store, path, &spec.complete_us, reterr);
    log->mark_us = spec.complete_us;
    if (spec.complete_us == HG_TIME_NONE && before != NULL) /* read once then, and changed since: so may its rotated forms have */
        spec.complete_us = before->added_us;
    if (rc == HG_OK)
        rc = hg_merge_add(f->merge, &spec, &input, reterr);
    if (rc != HG_OK) {
        log_free(log);
        return rc;
    }
    f->logs[f->n_logs++] = log;
    *slot_of(f, hg_slice_of(path)) = (uint32_t)f->n_logs;
    return HG_OK;
}

/* Of a folder or glob. A file that can't be opened now doesn't keep the others from being read; it is tried again at the next scan. */
static void add_found(struct follower *f, const struct hg_source_setting *setting, const char *path)
{
    struct stat st;
    struct hg_err err;
    int64_t now_us = hg_time_now_us();
    const struct log *before = known(f, hg_slice_of(path)), *base = base_of(f, path);
    if ((before != NULL && before->follow) || (base != NULL && base->follow) || stat(path, &st) != 0)
        return; /* it is followed, or a rotated form of what is */
    int64_t changed_us = st.st_mtim.tv_sec * HG_SECOND + st.st_mtim.tv_nsec / 1000;
    if (before != NULL && before->size == st.st_size && before->changed_us == changed_us)
        return;
    bool follow = !is_compressed(path) && base == NULL && f->n_followed < FOLLOWED_MAX && now_us - changed_us < LATELY_US;
    if (add(f, setting, path, follow, &err) != HG_OK) {
        fprintf(stderr, "honeyguide: %s\n", err.msg);
        return;
    }
    struct log *log = f->logs[f->n_logs - 1];
    log->added_us = now_us;
    log->changed_us = changed_us;
    log->size = st.st_size;
    f->n_followed += follow;
}

enum hg_rc logs_add_setting(struct follower *f, const struct hg_source_setting *setting, struct hg_err *reterr)
{
    enum hg_input_kind kind = hg_input_kind(setting->input);
    if (kind != HG_INPUT_FOLDER && kind != HG_INPUT_GLOB)
        return add(f, setting, setting->input, kind != HG_INPUT_STDIN, reterr);
    struct hg_paths paths = {0};
    struct hg_err err;
    struct source *source;
    enum hg_rc rc = HG_OK;
    if (hg_paths_add(&paths, setting->input, &err) == HG_OK) {
        for (size_t i = 0; i < paths.n; i++) /* a log stands before its rotated forms */
            add_found(f, setting, paths.paths[i]);
    } else { /* nothing there yet: it is looked at again */
        rc = sources_find(f->ingest, hg_slice_of(setting->name != NULL ? setting->name : setting->input), "file", &source, reterr);
        fprintf(stderr, "honeyguide: %s; waiting for files there\n", err.msg);
    }
    hg_paths_free(&paths);
    return rc;
}

/* Files that came since into folders and globs, or changed after they were read. */
void logs_rescan(struct follower *f)
{
    int64_t now = hg_time_monotonic_us();
    if (now - f->rescan_us < RESCAN_US)
        return;
    f->rescan_us = now;
    for (size_t i = 0; i < f->n_settings; i++) {
        enum hg_input_kind kind = hg_input_kind(f->settings[i]->input);
        struct hg_paths paths = {0};
        if ((kind == HG_INPUT_FOLDER || kind == HG_INPUT_GLOB) && hg_paths_add(&paths, f->settings[i]->input, NULL) == HG_OK)
            for (size_t j = 0; j < paths.n; j++)
                add_found(f, f->settings[i], paths.paths[j]);
        hg_paths_free(&paths);
    }
}

void logs_free(struct follower *f)
{
    for (size_t i = 0; i < f->n_logs; i++)
        log_free(f->logs[i]);
    free(f->logs);
    free(f->index);
    free(f->marks);
}
