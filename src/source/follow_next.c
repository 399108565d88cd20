/* What a followed path is to be read from next: the siblings in the order of writing, the path after them. */
#include "source/follow_priv.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Was its file at the path when that was looked at? */
bool follow_is_path(const struct hg_follow *f, const struct visit *v)
{
    return f->path_there && same_file(f->path_at.id, v->at.id);
}

/* Has the path bytes that belong to a visit which was not begun yet? */
bool follow_path_waits(const struct hg_follow *f)
{
    if (!f->path_there || f->path_at.size == 0 || (f->visit != NULL && follow_is_path(f, f->visit)))
        return false;
    const struct seen *seen = seen_find(&f->seen, f->path_at.id);
    return seen == NULL || !seen->final || seen->at.size != f->path_at.size || seen->at.mtime_ns != f->path_at.mtime_ns;
}

enum hg_rc follow_note(struct hg_follow *f, const struct visit *v, bool final, bool cut, struct hg_err *reterr)
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
enum hg_rc follow_open_sibling(struct hg_follow *f, const struct candidate *c, struct visit **ret, struct hg_err *reterr)
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

/* The first sibling that can be visited. all: also those that are at work still. */
enum hg_rc follow_choose_sibling(struct hg_follow *f, bool all, struct visit **ret, struct hg_err *reterr)
{
    *ret = NULL;
    f->held_back = false;
    for (size_t i = 0; i < f->n_candidates && !f->dirty; i++) {
        const struct candidate *c = &f->candidates[i];
        struct visit *v;
        if (c->wait || (c->young && !all))
            continue;
        enum hg_rc rc = follow_open_sibling(f, c, &v, reterr);
        if (rc != HG_OK)
            return rc;
        if (v == NULL)
            continue;
        if (v->inflate == NULL || (!c->young && !is_known_content(f, v))) {
            visit_rewind(v);
            *ret = v;
            return HG_OK;
        }
        f->held_back = c->young && !has_seen_head(f, v);
        if (!c->young) /* else it is being written: unpacking it again and again would cost much */
            rc = follow_note(f, v, true, false, reterr);
        visit_close(v);
        if (rc != HG_OK || f->held_back) /* what is newer waits for bytes never seen until these have rested: order is kept */
            return rc;
    }
    return HG_OK;
}

/* The path, where it waits for a visit and nothing goes before it. */
enum hg_rc follow_choose_path(struct hg_follow *f, struct visit **ret, struct hg_err *reterr)
{
    struct hg_err err;
    if (f->dirty || f->held_back || !follow_path_waits(f))
        return HG_OK;
    enum hg_rc rc = visit_open(f->path, f->base, true, ret, &err);
    if (rc == HG_ENOMEM)
        return hg_fail(reterr, rc, "%s", err.msg);
    if (rc != HG_OK)
        follow_trouble(f->look_trouble, err.msg);
    return HG_OK;
}

/* Everything was read to its end after a look that found no more. */
void follow_settle(struct hg_follow *f)
{
    if (!f->clear || f->dirty || follow_path_waits(f) || (f->kept != NULL && !follow_is_path(f, f->kept)) || (f->visit != NULL && f->visit->last != '\n'))
        return;
    f->complete_us = f->look_us;
    seen_prune(&f->seen, (f->complete_us - SLACK_US) * 1000);
}

static bool is_newer(const struct visit *v, const struct visit *than)
{
    struct stat st;
    return fstat(than->fd, &st) != 0 || v->at.mtime_ns > file_state_of(&st).mtime_ns;
}

/* The path was chosen while the file before it was read to its end, and may have been copied and truncated since: a sibling that was
 * written to before it was goes first, and it waits; if it is the path still, it is chosen anew after that. */
static void put_before_next(struct hg_follow *f, struct visit **first)
{
    if (f->next == NULL || *first == NULL)
        return;
    if (same_file((*first)->at.id, f->next->at.id) || is_newer(*first, f->next)) {
        visit_close(*first);
        *first = NULL;
    } else if (follow_is_path(f, f->next)) {
        if (f->kept == NULL)
            f->kept = f->next;
        else
            visit_close(f->next);
        f->next = NULL;
    }
}

/* Does the path's file that was left for others come now? As long as it is the path it comes after them; if it isn't any more, in the
 * order of writing, and before the present path. */
static bool kept_comes(const struct hg_follow *f, const struct visit *first)
{
    if (f->kept == NULL || f->dirty || f->held_back)
        return false;
    if (follow_is_path(f, f->kept))
        return first == NULL && f->next == NULL && follow_path_waits(f);
    const struct visit *before = first != NULL ? first : f->next;
    return before == NULL || before->is_path || is_newer(before, f->kept);
}

static void take_kept(struct hg_follow *f)
{
    f->visit = f->kept;
    f->kept = NULL;
    if (f->next == NULL)
        return;
    f->visit->detached = f->visit->draining = true;
    f->visit->detached_us = f->look_us;
    f->rotations++;
}

enum hg_rc follow_begin(struct hg_follow *f, struct hg_err *reterr)
{
    struct visit *first = NULL;
    if (f->next == NULL && !follow_look_due(f))
        return HG_OK;
    enum hg_rc rc = follow_look(f, reterr);
    if (rc == HG_OK)
        rc = follow_choose_sibling(f, true, &first, reterr);
    if (rc == HG_OK && f->next == NULL && first == NULL && (f->kept == NULL || !follow_is_path(f, f->kept)))
        rc = follow_choose_path(f, &f->next, reterr);
    if (rc != HG_OK)
        return rc;
    put_before_next(f, &first);
    if (kept_comes(f, first)) {
        visit_close(first); /* chosen anew after it */
        take_kept(f);
    } else if (first != NULL) {
        f->visit = first;
    } else if (f->kept == NULL || follow_is_path(f, f->kept) || (f->next != NULL && !f->next->is_path)) {
        f->visit = f->next;
        f->next = NULL;
    }
    if (f->visit == NULL) {
        follow_settle(f);
        return HG_OK;
    }
    /* counted as at hand from now on */
    f->waiting_bytes -= f->visit->at.size < f->waiting_bytes ? f->visit->at.size : f->waiting_bytes;
    f->dirty = true; /* what was seen of the folder is told by a look after its end */
    return HG_OK;
}
