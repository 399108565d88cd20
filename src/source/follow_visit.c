#include "source/follow_priv.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_state file_state_of(const struct stat *st)
{
    return (struct file_state){{st->st_dev, st->st_ino}, (uint64_t)st->st_size,
                               (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec};
}

struct head head_of(const void *bytes, size_t len)
{
    size_t n = len < HEAD_BYTES ? len : HEAD_BYTES;
    return (struct head){hg_hash64((struct hg_slice){bytes, n}, 0), n};
}

enum hg_rc visit_open(const char *path, const char *name, bool is_path, struct visit **ret, struct hg_err *reterr)
{
    struct visit *v = calloc(1, sizeof *v);
    if (v == NULL || (v->path = strdup(path)) == NULL) {
        free(v);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to open it", path);
    }
    struct stat st;
    enum hg_rc rc = HG_OK;
    v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* NONBLOCK: a pipe in its place must not hold us */
    if (v->fd < 0 || fstat(v->fd, &st) != 0)
        rc = hg_fail(reterr, HG_EIO, "%s: can't be opened", path);
    else if (!S_ISREG(st.st_mode))
        rc = hg_fail(reterr, HG_EUSAGE, "%s: is no regular file", path);
    if (rc != HG_OK) {
        visit_close(v);
        return rc;
    }
    snprintf(v->name, sizeof v->name, "%s", name);
    v->is_path = is_path;
    v->at = file_state_of(&st);
    v->known_size = v->at.size;
    visit_rewind(v);
    *ret = v;
    return HG_OK;
}

void visit_rewind(struct visit *v)
{
    hg_inflate_destroy(v->inflate);
    v->inflate = NULL;
    v->packing = HG_PACKING_UNCERTAIN;
    v->last = '\n';
    v->pos = v->read_end = v->given = 0;
    v->raw_len = v->head_len = 0;
    v->changed = v->dropping = false;
}

void visit_anew(struct visit *v)
{
    visit_rewind(v);
    v->gave = v->draining = v->detached = v->flush = false;
    v->skip_to = 0;
    v->checked_ns = 0;
    struct stat st;
    if (fstat(v->fd, &st) == 0)
        v->at = file_state_of(&st);
    v->known_size = v->at.size;
}

void visit_close(struct visit *v)
{
    if (v == NULL)
        return;
    hg_inflate_destroy(v->inflate);
    if (v->fd >= 0)
        close(v->fd);
    free(v->path);
    free(v);
}

static ssize_t read_at(int fd, void *out, size_t room, uint64_t pos)
{
    ssize_t n;
    do
        n = pread(fd, out, room, (off_t)pos);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Does the file still begin as it did? Takes more of its beginning where there is more. */
static bool head_same(struct visit *v)
{
    unsigned char now[HEAD_BYTES];
    if (v->raw_len == HEAD_BYTES || v->pos > 0) { /* else nothing is known yet */
        ssize_t n = read_at(v->fd, now, sizeof now, 0);
        if (n < 0 || (size_t)n < v->raw_len || memcmp(now, v->raw, v->raw_len) != 0)
            return false;
        memcpy(v->raw, now, (size_t)n);
        v->raw_len = (size_t)n;
    }
    v->checked_ns = v->at.mtime_ns;
    return true;
}

/* Bytes from the disk. The beginning is compared after the bytes are read and before they are given: they can't be those of a new
 * content then, since that was there when its head was. */
static enum hg_rc read_raw(void *self, void *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct visit *v = self;
    struct stat st;
    *ret_len = 0;
    if (fstat(v->fd, &st) != 0)
        return hg_fail(reterr, HG_EIO, "%s: can't be read", v->path);
    v->at = file_state_of(&st);
    if (v->at.size < v->read_end) {
        v->changed = true;
        return HG_OK;
    }
    ssize_t n = read_at(v->fd, out, room, v->pos);
    if (n < 0)
        return hg_fail(reterr, HG_EIO, "%s: can't be read", v->path);
    if (n > 0 && v->pos == 0) {
        v->raw_len = (size_t)n < HEAD_BYTES ? (size_t)n : HEAD_BYTES;
        memcpy(v->raw, out, v->raw_len);
        v->pos = (uint64_t)n; /* so that it is compared */
        v->changed = !head_same(v);
        v->pos = 0;
    } else if (n > 0 || v->at.mtime_ns != v->checked_ns) {
        v->changed = !head_same(v);
    }
    if (v->changed)
        return HG_OK;
    v->known_size = v->at.size;
    v->pos += (size_t)n;
    if (n > 0) {
        v->read_end = v->pos;
        (void)lseek(v->fd, (off_t)v->pos, SEEK_SET); /* nobody here needs it: lsof and the like show how far it is */
    }
    *ret_len = (size_t)n;
    return HG_OK;
}

/* Looks at the first bytes; the packing stays uncertain while there are too few. */
static enum hg_rc sniff(struct visit *v, struct hg_err *reterr)
{
    unsigned char first[HG_PACKING_HEAD];
    struct stat st;
    if (fstat(v->fd, &st) == 0)
        v->at = file_state_of(&st);
    ssize_t n = read_at(v->fd, first, sizeof first, 0);
    if (n < 0)
        return hg_fail(reterr, HG_EIO, "%s: can't be read", v->path);
    v->packing = hg_packing_of(first, (size_t)n);
    if (v->packing == HG_PACKING_UNCERTAIN && n > 0 && v->flush)
        v->packing = HG_PACKING_NONE;
    if (v->packing == HG_PACKING_NONE || v->packing == HG_PACKING_UNCERTAIN) {
        v->pos = v->packing == HG_PACKING_NONE && v->skip_to > v->pos ? v->skip_to : v->pos;
        return HG_OK;
    }
    struct hg_inflate_source source = {read_raw, v, v->path};
    return hg_inflate_create(v->packing, source, &v->inflate, reterr);
}

static enum hg_rc read_packed(struct visit *v, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    uint64_t dropped = 0;
    for (;;) {
        size_t n;
        enum hg_rc rc = hg_inflate_read(v->inflate, out, room, &n, reterr);
        if (v->head_len < HEAD_BYTES && n > 0) {
            size_t more = n < HEAD_BYTES - v->head_len ? n : HEAD_BYTES - v->head_len;
            memcpy(v->head + v->head_len, out, more);
            v->head_len += more;
        }
        size_t drop = v->given >= v->skip_to ? 0 : v->skip_to - v->given < n ? (size_t)(v->skip_to - v->given) : n;
        v->given += n;
        dropped += drop;
        *ret_len = n - drop;
        if (drop > 0)
            memmove(out, out + drop, *ret_len);
        v->dropping = n > 0 && *ret_len == 0;
        if (rc != HG_OK || !v->dropping || dropped > DROP_MAX)
            return rc;
    }
}

enum hg_rc visit_read(struct visit *v, char *out, size_t room, size_t *ret_len, enum visit_got *ret_got, struct hg_err *reterr)
{
    *ret_len = 0;
    *ret_got = VISIT_FAILED;
    enum hg_rc rc = v->packing == HG_PACKING_UNCERTAIN ? sniff(v, &v->err) : HG_OK;
    if (rc == HG_OK && v->packing == HG_PACKING_NONE) {
        rc = read_raw(v, out, room, ret_len, &v->err);
        v->given = v->pos;
    } else if (rc == HG_OK && v->inflate != NULL) {
        rc = read_packed(v, out, room, ret_len, &v->err);
    }
    if (*ret_len > 0) { /* an error comes again with the next read */
        v->gave = true;
        v->last = out[*ret_len - 1];
        *ret_got = VISIT_BYTES;
        return HG_OK;
    }
    if (rc == HG_ENOMEM)
        return hg_fail(reterr, HG_ENOMEM, "%s", v->err.msg);
    if (v->changed)
        *ret_got = VISIT_CHANGED;
    else if (rc == HG_OK && v->dropping)
        *ret_got = VISIT_BUSY;
    else if (rc != HG_OK)
        *ret_got = rc == HG_EFORMAT ? VISIT_DAMAGED : VISIT_FAILED;
    else
        *ret_got = v->inflate != NULL && !hg_inflate_whole(v->inflate) ? VISIT_CUT : VISIT_END;
    return HG_OK;
}

void visit_skip_to(struct visit *v, uint64_t offset)
{
    if (offset > v->skip_to)
        v->skip_to = offset;
    if (v->packing == HG_PACKING_NONE && offset > v->pos)
        v->given = v->pos = offset;
    v->last = '\n'; /* the caller goes on with a record */
}

const unsigned char *visit_head_bytes(const struct visit *v, size_t *ret_len)
{
    *ret_len = v->inflate != NULL ? v->head_len : v->raw_len;
    return v->inflate != NULL ? v->head : v->raw;
}

struct head visit_head(const struct visit *v)
{
    size_t len;
    const unsigned char *bytes = visit_head_bytes(v, &len);
    return head_of(bytes, len);
}

uint64_t visit_length(const struct visit *v)
{
    return v->inflate != NULL ? v->given : v->changed ? v->read_end : v->at.size;
}

enum hg_rc visit_peek(struct visit *v, struct hg_err *reterr)
{
    char out[HEAD_BYTES];
    size_t n;
    enum visit_got got;
    v->flush = true;
    do {
        enum hg_rc rc = visit_read(v, out, sizeof out, &n, &got, reterr);
        if (rc != HG_OK)
            return rc;
    } while (got == VISIT_BYTES && v->inflate != NULL && v->head_len < HEAD_BYTES);
    v->flush = v->gave = false;
    return HG_OK;
}
