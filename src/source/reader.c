#include "source/reader.h"

#include "source/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hg_reader {
    int fd;
    char *path;
    uint64_t taken;
    bool regular; /* a file: reading it never blocks */
    bool wait;    /* of the read at hand */
    bool sniffed; /* the packing is known */
    bool cut;     /* it was told that the compressed data ends in the middle */
    struct hg_inflate *inflate;          /* NULL: plain */
    unsigned char head[HG_PACKING_HEAD]; /* bytes looked at before the packing was known, not given yet */
    size_t head_len;
    bool ended; /* read() said so */
};

enum hg_rc hg_reader_open(const char *path, struct hg_reader **ret, struct hg_err *reterr)
{
    struct hg_reader *r = calloc(1, sizeof *r);
    if (r == NULL || (r->path = strdup(path)) == NULL) {
        free(r);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to open it", path);
    }
    r->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = {0};
    if (r->fd < 0) {
        enum hg_rc rc = hg_fail(reterr, HG_EIO, "%s: can't be opened", path);
        hg_reader_close(r);
        return rc;
    }
    if (fstat(r->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        hg_reader_close(r);
        return hg_fail(reterr, HG_EUSAGE, "%s: is a folder; name the log files in it", path);
    }
    r->regular = S_ISREG(st.st_mode);
    *ret = r;
    return HG_OK;
}

void hg_reader_close(struct hg_reader *r)
{
    if (r == NULL)
        return;
    hg_inflate_destroy(r->inflate);
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r);
}

static enum hg_rc read_fd(struct hg_reader *r, void *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct pollfd ready = {.fd = r->fd, .events = POLLIN};
    *ret_len = 0;
    if (!r->wait && !r->regular && poll(&ready, 1, 0) == 0)
        return HG_OK;
    for (;;) {
        ssize_t n = read(r->fd, out, room);
        if (n >= 0) {
            r->taken += (size_t)n;
            r->ended = n == 0;
            *ret_len = (size_t)n;
            return HG_OK;
        }
        if (errno == EAGAIN)
            return HG_OK;
        if (errno != EINTR)
            return hg_fail(reterr, HG_EIO, "%s: can't be read", r->path);
    }
}

/* What the file holds: first the bytes that were looked at. */
static enum hg_rc take(void *self, void *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct hg_reader *r = self;
    if (r->head_len == 0)
        return read_fd(r, out, room, ret_len, reterr);
    *ret_len = r->head_len < room ? r->head_len : room;
    memcpy(out, r->head, *ret_len);
    r->head_len -= *ret_len;
    memmove(r->head, r->head + *ret_len, r->head_len);
    return HG_OK;
}

/* Does an empty read mean that nothing more comes? */
static bool at_end(const struct hg_reader *r)
{
    return r->regular || r->wait;
}

/* Looks at as many of the first bytes as it takes to know the packing. */
static enum hg_rc sniff(struct hg_reader *r, struct hg_err *reterr)
{
    enum hg_packing packing;
    while ((packing = hg_packing_of(r->head, r->head_len)) == HG_PACKING_UNCERTAIN) {
        size_t n;
        enum hg_rc rc = read_fd(r, r->head + r->head_len, sizeof r->head - r->head_len, &n, reterr);
        if (rc != HG_OK)
            return rc;
        r->head_len += n;
        if (n == 0 && (r->head_len == 0 || !at_end(r)))
            return HG_OK;
        if (n == 0) {
            packing = HG_PACKING_NONE; /* a log of three bytes at most */
            break;
        }
    }
    r->sniffed = true;
    if (packing == HG_PACKING_NONE)
        return HG_OK;
    struct hg_inflate_source source = {take, r, r->path};
    return hg_inflate_create(packing, source, &r->inflate, reterr);
}

enum hg_rc hg_reader_read(struct hg_reader *r, bool wait, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    *ret_len = 0;
    r->wait = wait;
    if (!r->sniffed) {
        enum hg_rc rc = sniff(r, reterr);
        if (rc != HG_OK || !r->sniffed)
            return rc;
    }
    if (r->inflate == NULL)
        return take(r, out, room, ret_len, reterr);
    enum hg_rc rc = hg_inflate_read(r->inflate, out, room, ret_len, reterr);
    if (rc != HG_OK || *ret_len > 0 || hg_inflate_whole(r->inflate) || !at_end(r) || r->cut)
        return rc;
    r->cut = true;
    return hg_fail(reterr, HG_EFORMAT, "%s: the %s data ends in the middle", r->path, hg_inflate_name(r->inflate));
}

bool hg_reader_ended(const struct hg_reader *r)
{
    return r->ended;
}

int hg_reader_fd(const struct hg_reader *r)
{
    return r->fd;
}

uint64_t hg_reader_taken(const struct hg_reader *r)
{
    return r->taken;
}

uint64_t hg_reader_size(const struct hg_reader *r)
{
    struct stat st;
    return fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}
