#include "source/follow_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURNS_MAX 64 /* visits that give nothing, in one read */

static int64_t wall_clock(void *clock)
{
    (void)clock;
    return hg_time_now_us();
}

enum hg_rc hg_follow_open(const char *path, int64_t complete_us, struct hg_follow **ret, struct hg_err *reterr)
{
    return follow_open_clock(path, complete_us, wall_clock, NULL, ret, reterr);
}

enum hg_rc follow_open_clock(const char *path, int64_t complete_us, int64_t (*now)(void *clock), void *clock, struct hg_follow **ret,
                             struct hg_err *reterr)
{
    struct hg_follow *f = calloc(1, sizeof *f);
    const char *slash = strrchr(path, '/');
    if (f == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to follow it", path);
    f->inotify = -1;
    f->path = strdup(path);
    f->folder = slash == NULL ? strdup("./") : strndup(path, (size_t)(slash + 1 - path));
    if (f->path == NULL || f->folder == NULL) {
        hg_follow_close(f);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to follow it", path);
    }
    f->base = slash == NULL ? f->path : f->path + (slash + 1 - path);
    f->now = now;
    f->clock = clock;
    f->complete_us = complete_us;
    f->first = complete_us == HG_TIME_NONE;
    f->dirty = true;
    f->unsettled_us = HG_TIME_NONE;
    follow_watch_open(f);
    enum hg_rc rc = follow_look(f, reterr);
    if (rc != HG_OK) {
        hg_follow_close(f);
        return rc;
    }
    f->dirty = true;
    *ret = f;
    return HG_OK;
}

void hg_follow_close(struct hg_follow *f)
{
    if (f == NULL)
        return;
    follow_watch_close(f);
    visit_close(f->visit);
    visit_close(f->next);
    visit_close(f->kept);
    free(f->seen.p);
    free(f->candidates);
    free(f->folder);
    free(f->path);
    free(f);
}

/* ---- how a visit ends */

enum turn { TURN_ON, TURN_NOTHING, TURN_LEFT, TURN_FINAL };

static void end(struct hg_follow *f, enum turn how)
{
    struct visit *v = f->visit;
    if (v->is_path && how == TURN_LEFT && !v->changed) {
        const unsigned char *head = visit_head_bytes(v, &f->path_head_len);
        memcpy(f->path_head, head, f->path_head_len);
    } else if (v->is_path) {
        f->path_head_len = 0;
    }
    /* Others go first, or it holds new bytes. It stays open: it may lose its name before its turn comes. */
    if (v->is_path && f->kept == NULL && (v->changed || (how == TURN_LEFT && !v->draining))) {
        visit_anew(v);
        f->kept = v;
    } else {
        visit_close(v);
    }
    f->visit = NULL;
    f->dirty = true;
}

/* A copy of what the path holds still: its last line may be cut where the path's goes on. */
static bool copies_path(const struct hg_follow *f, const struct visit *v)
{
    size_t len;
    const unsigned char *head = visit_head_bytes(v, &len);
    size_t n = len < f->path_head_len ? len : f->path_head_len;
    return n > 0 && memcmp(head, f->path_head, n) == 0;
}

static bool was_left_so(const struct hg_follow *f, const struct visit *v)
{
    const struct seen *s = seen_find(&f->seen, v->at.id);
    return s != NULL && s->at.size == v->at.size && s->at.mtime_ns == v->at.mtime_ns && follow_now(f) - s->left_us >= SLACK_US;
}

static enum hg_rc end_of_sibling(struct hg_follow *f, enum visit_got got, enum turn *ret, struct hg_err *reterr)
{
    struct visit *v = f->visit;
    bool cut = got == VISIT_CUT;
    bool final = follow_rested(f, v->at.mtime_ns, cut ? CUT_US : SLACK_US) || got == VISIT_CHANGED;
    if (v->inflate == NULL && v->last != '\n' && got == VISIT_END && !was_left_so(f, v))
        final = false; /* who writes it may yet end the line, however long ago it was begun */
    if (final && v->packing == HG_PACKING_UNCERTAIN && v->at.size > 0 && !v->flush) {
        v->flush = true;
        *ret = TURN_ON;
        return HG_OK;
    }
    if (cut) {
        char text[256];
        snprintf(text, sizeof text, "%.180s: the compressed data ends in the middle%s", v->path, final ? "" : " (so far)");
        f->file_trouble[0] = '\0';
        follow_trouble(f->file_trouble, text);
    } else if (v->inflate != NULL && final) {
        f->file_trouble[0] = '\0';
    }
    *ret = final && !copies_path(f, v) ? TURN_FINAL : TURN_LEFT;
    return follow_note(f, v, final, cut, reterr);
}

/* Does some sibling begin with what the truncated file held? Those that were visited already are visited again: they were left
 * without their last line. */
static enum hg_rc find_copy(struct hg_follow *f, const struct visit *gone, bool *ret, struct hg_err *reterr)
{
    size_t len;
    const unsigned char *head = visit_head_bytes(gone, &len);
    *ret = false;
    for (size_t i = 0; i < f->n_candidates && len > 0 && !*ret && !f->dirty; i++) {
        struct visit *v;
        enum hg_rc rc = follow_open_sibling(f, &f->candidates[i], &v, reterr);
        if (rc != HG_OK)
            return rc;
        size_t v_len = 0;
        const unsigned char *v_head = v == NULL ? NULL : visit_head_bytes(v, &v_len);
        *ret = v_len >= len && memcmp(v_head, head, len) == 0;
        visit_close(v);
    }
    for (size_t i = 0; i < f->seen.n; i++) {
        struct seen *s = &f->seen.p[i];
        if (s->at.id.ino == 0 || same_file(s->at.id, gone->at.id) || s->head.len == 0 || s->head.len > len || s->length < gone->given)
            continue;
        if (head_of(head, s->head.len).hash == s->head.hash) {
            s->final = false;
            *ret = true;
        }
    }
    return HG_OK;
}

static enum hg_rc end_of_changed(struct hg_follow *f, enum turn *ret, struct hg_err *reterr)
{
    struct visit *v = f->visit;
    bool copied;
    enum hg_rc rc = follow_look(f, reterr);
    if (rc == HG_OK)
        rc = find_copy(f, v, &copied, reterr);
    if (rc != HG_OK)
        return rc;
    f->rotations++;
    if (!copied && v->known_size > v->read_end)
        f->lost_bytes += v->known_size - v->read_end;
    *ret = copied ? TURN_LEFT : TURN_FINAL;
    return follow_note(f, v, false, false, reterr);
}

/* The path's present end: stay at it, or go on to its successor. */
static enum hg_rc end_of_path(struct hg_follow *f, enum turn *ret, struct hg_err *reterr)
{
    struct visit *v = f->visit;
    *ret = TURN_NOTHING;
    if (v->draining) {
        int64_t since_us = follow_now(f) - v->detached_us;
        bool rested = follow_rested(f, v->at.mtime_ns, SLACK_US) && (since_us < 0 || since_us >= SLACK_US);
        if (v->gave && v->last != '\n' && !rested)
            return HG_OK; /* its writer may yet end the line */
        *ret = TURN_FINAL;
        if (v->packing == HG_PACKING_UNCERTAIN && v->at.size > 0 && !v->flush) {
            v->flush = true;
            *ret = TURN_ON;
            return HG_OK;
        }
        return follow_note(f, v, true, false, reterr);
    }
    if (!follow_look_due(f)) {
        follow_settle(f);
        return HG_OK;
    }
    enum hg_rc rc = follow_look(f, reterr);
    if (rc != HG_OK)
        return rc;
    bool live = follow_is_path(f, v);
    if (!live && !v->detached) {
        f->rotations++;
        v->detached_us = f->look_us;
    }
    v->detached = !live;
    bool successor = !live && follow_path_waits(f);
    rc = follow_choose_sibling(f, successor, &f->next, reterr);
    if (rc == HG_OK && f->next == NULL && successor)
        rc = follow_choose_path(f, &f->next, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = TURN_ON; /* read once more: what came before the look */
    if (f->next == NULL)
        return HG_OK;
    v->draining = !live;
    if (live) { /* siblings that were not visited yet; the path comes again after them */
        *ret = TURN_LEFT;
        return follow_note(f, v, false, false, reterr);
    }
    return HG_OK;
}

static enum hg_rc at_end(struct hg_follow *f, enum visit_got got, enum turn *ret, struct hg_err *reterr)
{
    struct visit *v = f->visit;
    *ret = TURN_NOTHING;
    switch (got) {
    case VISIT_BUSY:
    case VISIT_BYTES:
        return HG_OK;
    case VISIT_FAILED:
        follow_trouble(f->look_trouble, v->err.msg);
        f->clear = false;
        if (v->is_path && (f->next == NULL || !v->draining)) {
            if (!follow_look_due(f))
                return HG_OK;
            return follow_look(f, reterr);
        }
        *ret = TURN_LEFT;
        return follow_note(f, v, false, false, reterr);
    case VISIT_DAMAGED:
        f->file_trouble[0] = '\0';
        follow_trouble(f->file_trouble, v->err.msg);
        *ret = TURN_FINAL;
        return follow_note(f, v, true, false, reterr);
    case VISIT_CHANGED:
        if (v->is_path)
            return end_of_changed(f, ret, reterr);
        break;
    case VISIT_END:
    case VISIT_CUT:
        if (v->is_path)
            return end_of_path(f, ret, reterr);
        break;
    }
    return end_of_sibling(f, got, ret, reterr);
}

enum hg_rc hg_follow_read(struct hg_follow *f, char *out, size_t room, size_t *ret_len, enum hg_got *ret_got, struct hg_err *reterr)
{
    *ret_len = 0;
    *ret_got = HG_GOT_NOTHING;
    for (int turns = 0; turns < TURNS_MAX; turns++) {
        enum visit_got got;
        enum turn turn;
        enum hg_rc rc = f->visit == NULL ? follow_begin(f, reterr) : HG_OK;
        if (rc != HG_OK || f->visit == NULL)
            return rc;
        rc = visit_read(f->visit, out, room, ret_len, &got, reterr);
        if (rc == HG_OK && *ret_len > 0)
            *ret_got = HG_GOT_BYTES;
        if (rc != HG_OK || *ret_len > 0)
            return rc;
        rc = at_end(f, got, &turn, reterr);
        if (rc != HG_OK || turn == TURN_NOTHING)
            return rc;
        if (turn == TURN_ON)
            continue;
        bool gave = f->visit->gave;
        end(f, turn);
        if (gave) {
            *ret_got = turn == TURN_LEFT ? HG_GOT_LEFT : HG_GOT_FINAL;
            return HG_OK;
        }
    }
    return HG_OK;
}

void hg_follow_skip_to(struct hg_follow *f, uint64_t offset)
{
    if (f->visit != NULL)
        visit_skip_to(f->visit, offset);
}

int hg_follow_fd(const struct hg_follow *f)
{
    return f->inotify;
}

void hg_follow_status(const struct hg_follow *f, struct hg_follow_status *ret)
{
    const struct visit *v = f->visit;
    struct stat st;
    *ret = (struct hg_follow_status){.present = f->path_there,
                                     .lost_bytes = f->lost_bytes,
                                     .rotations = f->rotations,
                                     .complete_us = f->complete_us,
                                     .behind_bytes = f->waiting_bytes};
    const char *trouble = f->look_trouble[0] != '\0' ? f->look_trouble : f->file_trouble;
    snprintf(ret->trouble, sizeof ret->trouble, "%s", trouble);
    if (v == NULL)
        return;
    snprintf(ret->visiting, sizeof ret->visiting, "%s", v->name);
    if (fstat(v->fd, &st) == 0 && (uint64_t)st.st_size > v->pos)
        ret->behind_bytes += (uint64_t)st.st_size - v->pos;
}
