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
    free(f->seen.p);
    free(f->candidates);
    free(f->folder);
    free(f->path);
    free(f);
}

static bool is_live(const struct hg_follow *f)
{
    return f->path_there && same_file(f->path_at.id, f->visit->at.id);
}

/* Has the path bytes that belong to a visit which was not begun yet? */
static bool path_waits(const struct hg_follow *f)
{
    if (!f->path_there || f->path_at.size == 0 || (f->visit != NULL && is_live(f)))
        return false;
    const struct seen *seen = seen_find(&f->seen, f->path_at.id);
    return seen == NULL || !seen->final || seen->at.size != f->path_at.size || seen->at.mtime_ns != f->path_at.mtime_ns;
}

static enum hg_rc note(struct hg_follow *f, const struct visit *v, bool final, bool cut, struct hg_err *reterr)
{
    struct seen seen = {.at = v->at,
                        .head = visit_head(v),
                        .length = visit_length(v),
                        .final = final,
                        .whole_lines = v->last == '\n',
                        .cut = cut,
                        .left_us = follow_now(f)};
    const struct seen *before = seen_find(&f->seen, v->at.id);
    if (before != NULL && !before->final && before->at.size == v->at.size && before->at.mtime_ns == v->at.mtime_ns)
        seen.left_us = before->left_us;
    if (v->changed)
        seen.at = (struct file_state){0};
    return seen_put(&f->seen, &seen) ? HG_OK : hg_fail(reterr, HG_ENOMEM, "%s: no memory for its rotated files", f->path);
}

/* ---- what comes next */

/* Is that compressed file what became of bytes that were given out? Told by its head and length, without unpacking it. */
static bool is_known_content(const struct hg_follow *f, const struct visit *packed)
{
    uint64_t length, modulus;
    if (!hg_packing_length(packed->packing, packed->fd, &length, &modulus))
        return false;
    struct head head = visit_head(packed);
    if (seen_content(&f->seen, head, length, modulus))
        return true;
    if (f->visit == NULL || !f->visit->is_path)
        return false;
    struct head at_hand = visit_head(f->visit); /* which is at its end */
    uint64_t have = modulus == 0 ? visit_length(f->visit) : visit_length(f->visit) % modulus;
    return head.len > 0 && head.len == at_hand.len && head.hash == at_hand.hash && have == length;
}

/* Does it begin as a file does that was given out? */
static bool has_seen_head(const struct hg_follow *f, const struct visit *v)
{
    size_t len;
    const unsigned char *head = visit_head_bytes(v, &len);
    for (size_t i = 0; i < f->seen.n; i++) {
        const struct head *seen = &f->seen.p[i].head;
        if (seen->len > 0 && seen->len <= len && head_of(head, seen->len).hash == seen->hash)
            return true;
    }
    return false;
}

/* Opens a sibling to be visited; *ret NULL: not now. */
static enum hg_rc open_sibling(struct hg_follow *f, const struct candidate *c, struct visit **ret, struct hg_err *reterr)
{
    struct visit *v = NULL;
    struct hg_err err;
    *ret = NULL;
    char *path = follow_path_of(f, c->name);
    if (path == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to open a sibling", f->path);
    enum hg_rc rc = visit_open(path, c->name, false, &v, &err);
    free(path);
    if (rc == HG_OK && same_file(v->at.id, c->at.id))
        rc = visit_peek(v, &err);
    else if (rc == HG_OK)
        f->dirty = true; /* another file has that name by now */
    if (rc == HG_ENOMEM)
        *reterr = err;
    else if (rc != HG_OK)
        follow_trouble(f->look_trouble, err.msg);
    if (rc != HG_OK || f->dirty) {
        visit_close(v);
        return rc == HG_ENOMEM ? rc : HG_OK;
    }
    *ret = v;
    return HG_OK;
}

/* The first candidate that can be visited. all: also those that are at work still, and the path itself after them. */
static enum hg_rc choose(struct hg_follow *f, bool all, struct visit **ret, struct hg_err *reterr)
{
    *ret = NULL;
    for (size_t i = 0; i < f->n_candidates && !f->dirty; i++) {
        const struct candidate *c = &f->candidates[i];
        struct visit *v;
        if (c->wait || (c->young && !all))
            continue;
        enum hg_rc rc = open_sibling(f, c, &v, reterr);
        if (rc != HG_OK)
            return rc;
        if (v == NULL)
            continue;
        if (v->inflate == NULL || (!c->young && !is_known_content(f, v))) {
            visit_rewind(v);
            *ret = v;
            return HG_OK;
        }
        bool wait = c->young && !has_seen_head(f, v);
        if (!c->young) /* else it is being written: unpacking it again and again would cost much */
            rc = note(f, v, true, false, reterr);
        visit_close(v);
        if (rc != HG_OK || wait) /* what is newer waits for bytes never seen until these have rested: order is kept */
            return rc;
    }
    if (!all || f->dirty || !path_waits(f))
        return HG_OK;
    struct hg_err err;
    enum hg_rc rc = visit_open(f->path, f->base, true, ret, &err);
    if (rc == HG_ENOMEM)
        return hg_fail(reterr, rc, "%s", err.msg);
    if (rc != HG_OK)
        follow_trouble(f->look_trouble, err.msg);
    return HG_OK;
}

/* Everything was read to its end after a look that found no more. */
static void settle(struct hg_follow *f)
{
    if (!f->clear || f->dirty || path_waits(f) || (f->visit != NULL && f->visit->last != '\n'))
        return;
    f->complete_us = f->look_us;
    seen_prune(&f->seen, (f->complete_us - SLACK_US) * 1000);
}

/* The path was chosen while the file before it was read to its end, and may have been copied and truncated since: a sibling that was
 * written to before it was goes first, and it waits; if it is the path still, it is chosen anew after that. *ret NULL: it goes first. */
static enum hg_rc choose_before(struct hg_follow *f, struct visit **ret, struct hg_err *reterr)
{
    struct visit *first = NULL;
    struct stat st;
    *ret = NULL;
    enum hg_rc rc = follow_look(f, reterr);
    if (rc == HG_OK)
        rc = choose(f, true, &first, reterr);
    if (rc != HG_OK || first == NULL)
        return rc;
    if (first->is_path || fstat(f->next->fd, &st) != 0 || first->at.mtime_ns > file_state_of(&st).mtime_ns) {
        visit_close(first);
        return HG_OK;
    }
    if (f->path_there && same_file(f->path_at.id, f->next->at.id)) {
        visit_close(f->next);
        f->next = NULL;
    }
    *ret = first;
    return HG_OK;
}

static enum hg_rc begin(struct hg_follow *f, struct hg_err *reterr)
{
    struct visit *first = NULL;
    enum hg_rc rc = HG_OK;
    if (f->next != NULL) {
        rc = choose_before(f, &first, reterr);
    } else {
        if (!follow_look_due(f))
            return HG_OK;
        rc = follow_look(f, reterr);
        if (rc == HG_OK)
            rc = choose(f, true, &f->next, reterr);
        if (rc == HG_OK && f->next == NULL)
            settle(f);
    }
    if (rc != HG_OK)
        return rc;
    f->visit = first != NULL ? first : f->next;
    f->next = first != NULL ? f->next : NULL;
    if (f->visit != NULL) /* counted as at hand from now on */
        f->waiting_bytes -= f->visit->at.size < f->waiting_bytes ? f->visit->at.size : f->waiting_bytes;
    f->dirty = f->dirty || f->visit != NULL; /* what was seen of the folder is told by a look after its end */
    return HG_OK;
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
    visit_close(v);
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
    return note(f, v, final, cut, reterr);
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
        enum hg_rc rc = open_sibling(f, &f->candidates[i], &v, reterr);
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
    return note(f, v, false, false, reterr);
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
        return note(f, v, true, false, reterr);
    }
    if (!follow_look_due(f)) {
        settle(f);
        return HG_OK;
    }
    enum hg_rc rc = follow_look(f, reterr);
    if (rc != HG_OK)
        return rc;
    bool live = is_live(f);
    if (!live && !v->detached) {
        f->rotations++;
        v->detached_us = f->look_us;
    }
    v->detached = !live;
    rc = choose(f, !live && path_waits(f), &f->next, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = TURN_ON; /* read once more: what came before the look */
    if (f->next == NULL)
        return HG_OK;
    v->draining = !live;
    if (live) { /* siblings that were not visited yet; the path comes again after them */
        *ret = TURN_LEFT;
        return note(f, v, false, false, reterr);
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
        return note(f, v, false, false, reterr);
    case VISIT_DAMAGED:
        f->file_trouble[0] = '\0';
        follow_trouble(f->file_trouble, v->err.msg);
        *ret = TURN_FINAL;
        return note(f, v, true, false, reterr);
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
        enum hg_rc rc = f->visit == NULL ? begin(f, reterr) : HG_OK;
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
