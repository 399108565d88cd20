/* Looks at the folder of a followed path: which files are to be visited, and in what order. */
#include "source/follow_priv.h"

#include "source/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

void follow_trouble(char trouble[256], const char *text)
{
    if (trouble[0] == '\0')
        snprintf(trouble, 256, "%.255s", text);
}

char *follow_path_of(const struct hg_follow *f, const char *name)
{
    char *path;
    return asprintf(&path, "%s%s", f->folder, name) < 0 ? NULL : path;
}

bool follow_rested(const struct hg_follow *f, int64_t mtime_ns, int64_t us)
{
    int64_t age_us = follow_now(f) - mtime_ns / 1000;
    return age_us >= us || age_us < -us;
}

/* ---- inotify */

void follow_watch_open(struct hg_follow *f)
{
    f->watch = -1;
    f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void follow_watch_close(struct hg_follow *f)
{
    if (f->inotify >= 0)
        close(f->inotify);
}

static void watch(struct hg_follow *f)
{
    if (f->inotify >= 0 && f->watch < 0)
        f->watch = inotify_add_watch(f->inotify, f->folder, IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB |
                                     IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

static void take_event(struct hg_follow *f, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        f->dirty = true;
    if (event->wd != f->watch)
        return;
    if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
        if (!(event->mask & IN_IGNORED))
            inotify_rm_watch(f->inotify, f->watch);
        f->watch = -1;
        f->dirty = true;
        return;
    }
    if (event->len == 0)
        return;
    bool is_base = strcmp(event->name, f->base) == 0;
    bool at_hand = f->visit != NULL && f->visit->is_path && !f->visit->detached;
    if (event->mask & (IN_MODIFY | IN_CLOSE_WRITE))
        f->dirty |= is_base && !at_hand; /* the file at hand is read anyway; a sibling at work is looked at each second */
    else
        f->dirty |= is_base || hg_path_is_sibling(event->name, f->base);
}

static void take_events(struct hg_follow *f)
{
    union {
        char bytes[4096];
        struct inotify_event align;
    } u;
    ssize_t n;
    while (f->inotify >= 0 && (n = read(f->inotify, u.bytes, sizeof u.bytes)) > 0) {
        for (ssize_t i = 0; i < n;) {
            struct inotify_event event; /* copied: its name lies behind it */
            memcpy(&event, u.bytes + i, sizeof event);
            take_event(f, (const struct inotify_event *)(const void *)(u.bytes + i));
            i += (ssize_t)(sizeof event + event.len);
        }
    }
}

bool follow_look_due(struct hg_follow *f)
{
    int64_t now = follow_now(f);
    take_events(f);
    return f->dirty || now >= f->next_look_us || now < f->look_us; /* the last: the clock was set back */
}

/* ---- the path and its siblings */

static void look_at_path(struct hg_follow *f)
{
    struct stat st;
    f->path_there = false;
    if (stat(f->path, &st) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            struct hg_err err;
            (void)!hg_fail(&err, HG_EIO, "%s: can't be read", f->path);
            follow_trouble(f->look_trouble, err.msg);
            f->clear = false;
        }
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        char text[256];
        snprintf(text, sizeof text, "%.200s: is %s", f->path, S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
        follow_trouble(f->look_trouble, text);
        return;
    }
    f->path_there = true;
    f->path_at = file_state_of(&st);
    if (f->complete_us == HG_TIME_NONE && f->path_at.mtime_ns / 1000 < f->look_us)
        f->complete_us = f->path_at.mtime_ns / 1000; /* after a kill it is visited, also if it was renamed */
}

static bool add_candidate(struct hg_follow *f, const char *name, struct file_state at, bool young, bool wait)
{
    if (f->n_candidates == f->cap_candidates) {
        size_t cap = f->cap_candidates == 0 ? 16 : f->cap_candidates * 2;
        struct candidate *larger = realloc(f->candidates, cap * sizeof *larger);
        if (larger == NULL)
            return false;
        f->candidates = larger;
        f->cap_candidates = cap;
    }
    struct candidate *c = &f->candidates[f->n_candidates++];
    *c = (struct candidate){.at = at, .young = young, .wait = wait};
    snprintf(c->name, sizeof c->name, "%s", name);
    f->waiting_bytes += at.size;
    return true;
}

/* Nothing that was written after complete_us can be in a file that is older. */
static bool is_old(const struct hg_follow *f, int64_t mtime_ns)
{
    int64_t since = f->complete_us < f->look_us ? f->complete_us : f->look_us; /* a clock that was set back */
    return since != HG_TIME_NONE && mtime_ns / 1000 < since - SLACK_US;
}

/* One sibling; false without memory. */
static bool look_at_sibling(struct hg_follow *f, const char *name, const struct stat *st)
{
    struct file_state at = file_state_of(st);
    if (f->visit != NULL && same_file(f->visit->at.id, at.id)) { /* renamed meanwhile, perhaps */
        snprintf(f->visit->name, sizeof f->visit->name, "%s", name);
        return true;
    }
    if (f->kept != NULL && same_file(f->kept->at.id, at.id) && !(f->path_there && same_file(f->path_at.id, at.id))) {
        snprintf(f->kept->name, sizeof f->kept->name, "%s", name);
        f->waiting_bytes += at.size;
        f->clear = false; /* it comes as what it is */
        return true;
    }
    if ((f->path_there && same_file(f->path_at.id, at.id)) || is_old(f, at.mtime_ns))
        return true;
    struct seen *seen = seen_find(&f->seen, at.id);
    if (f->first) {
        struct seen left_alone = {.at = at, .final = true};
        return seen_put(&f->seen, &left_alone);
    }
    bool same = seen != NULL && seen->at.size == at.size && seen->at.mtime_ns == at.mtime_ns;
    if (same && seen->whole_lines && !seen->cut && follow_rested(f, at.mtime_ns, SLACK_US))
        seen->final = true; /* nothing was left for another visit */
    if (same && seen->final)
        return true;
    f->clear = false;
    int64_t since_us = seen == NULL || seen->final ? INT64_MAX : f->look_us - seen->left_us;
    if (same && since_us >= 0 && (since_us < SLACK_US || !follow_rested(f, at.mtime_ns, seen->cut ? CUT_US : SLACK_US)))
        return true; /* visited as it is; finally when it has rested */
    /* One that grows is visited each second at most. */
    return add_candidate(f, name, at, !follow_rested(f, at.mtime_ns, SLACK_US), since_us >= 0 && since_us < LOOK_US);
}

static int by_time(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->at.mtime_ns != y->at.mtime_ns)
        return x->at.mtime_ns < y->at.mtime_ns ? -1 : 1;
    return strcmp(x->name, y->name);
}

static enum hg_rc look_at_siblings(struct hg_follow *f, struct hg_err *reterr)
{
    DIR *dir = opendir(f->folder);
    if (dir == NULL) {
        struct hg_err err;
        if (errno != ENOENT && errno != ENOTDIR) {
            (void)!hg_fail(&err, HG_EIO, "%s: rotated files can't be seen, the folder can't be read", f->folder);
            follow_trouble(f->look_trouble, err.msg);
        }
        return HG_OK;
    }
    bool memory = true;
    for (struct dirent *entry; memory && (entry = readdir(dir)) != NULL;) {
        struct stat st;
        if (!hg_path_is_sibling(entry->d_name, f->base) || hg_name_is_temporary(entry->d_name))
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            memory = look_at_sibling(f, entry->d_name, &st);
    }
    closedir(dir);
    if (!memory)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for its rotated files", f->path);
    if (f->n_candidates > 1)
        qsort(f->candidates, f->n_candidates, sizeof *f->candidates, by_time);
    return HG_OK;
}

/* When the folder last changed, in nanoseconds; 0: it isn't there. */
static int64_t folder_ns(const struct hg_follow *f)
{
    struct stat st;
    return stat(f->folder, &st) == 0 ? file_state_of(&st).mtime_ns : 0;
}

/* A sibling that never rests must not wait for ever. */
static void note_unsettled(struct hg_follow *f)
{
    bool young = false;
    for (size_t i = 0; i < f->n_candidates; i++)
        young |= f->candidates[i].young;
    if (!young)
        f->unsettled_us = HG_TIME_NONE;
    else if (f->unsettled_us == HG_TIME_NONE || f->unsettled_us > f->look_us)
        f->unsettled_us = f->look_us;
    if (young && f->look_us - f->unsettled_us >= UNSETTLED_US) {
        f->unsettled_us = f->look_us;
        for (size_t i = 0; i < f->n_candidates; i++)
            f->candidates[i].young = false;
    }
}

enum hg_rc follow_look(struct hg_follow *f, struct hg_err *reterr)
{
    watch(f);
    f->dirty = false;
    f->look_us = follow_now(f);
    f->look_trouble[0] = '\0';
    f->n_candidates = 0;
    f->waiting_bytes = 0;
    /* A name that moves while the folder is read may be missed: what this look says counts only if nothing moved. */
    int64_t before_ns = folder_ns(f);
    f->clear = f->look_us - before_ns / 1000 > HG_SECOND / 10;
    look_at_path(f);
    enum hg_rc rc = look_at_siblings(f, reterr);
    if (rc != HG_OK)
        return rc;
    note_unsettled(f);
    f->clear = f->clear && folder_ns(f) == before_ns && f->look_trouble[0] == '\0';
    if (f->first && f->complete_us == HG_TIME_NONE)
        f->complete_us = f->look_us;
    f->first = false;
    bool at_hand = f->visit != NULL && f->path_there && same_file(f->visit->at.id, f->path_at.id);
    if (f->path_there && !at_hand && f->path_at.size > 0)
        f->waiting_bytes += f->path_at.size;
    bool quiet = f->watch >= 0 && f->clear && at_hand;
    f->next_look_us = f->look_us + (quiet ? QUIET_LOOK_US : LOOK_US);
    return HG_OK;
}
