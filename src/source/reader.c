#include "source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define COMPRESSED_BYTES ((size_t)256 * 1024)

struct hg_reader {
    int fd;
    char *path;
    uint64_t taken;
    bool started, gzip, gzip_member_open, at_end;
    bool regular; /* a file: reading it never blocks */
    bool wait;    /* of the read at hand */
    z_stream z;
    unsigned char *compressed; /* gzip only */
    unsigned char head[2];     /* bytes looked at before the kind was known */
    size_t head_len;
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
    if (r->gzip)
        inflateEnd(&r->z);
    if (r->fd >= 0)
        close(r->fd);
    free(r->compressed);
    free(r->path);
    free(r);
}

static enum hg_rc read_some(struct hg_reader *r, void *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct pollfd ready = {.fd = r->fd, .events = POLLIN};
    *ret_len = 0;
    if (!r->wait && !r->regular && poll(&ready, 1, 0) == 0)
        return HG_OK;
    for (;;) {
        ssize_t n = read(r->fd, out, room);
        if (n >= 0) {
            r->taken += (size_t)n;
            *ret_len = (size_t)n;
            return HG_OK;
        }
        if (errno == EAGAIN) {
            *ret_len = 0;
            return HG_OK;
        }
        if (errno != EINTR)
            return hg_fail(reterr, HG_EIO, "%s: can't be read", r->path);
    }
}

/* Looks at the first two bytes once they are there: 1f 8b begins a gzip file (RFC 1952). */
static enum hg_rc start(struct hg_reader *r, struct hg_err *reterr)
{
    while (r->head_len < sizeof r->head) {
        size_t n;
        enum hg_rc rc = read_some(r, r->head + r->head_len, sizeof r->head - r->head_len, &n, reterr);
        if (rc != HG_OK)
            return rc;
        if (n == 0)
            return HG_OK;
        r->head_len += n;
    }
    r->started = true;
    if (r->head[0] != 0x1f || r->head[1] != 0x8b)
        return HG_OK;
    r->compressed = malloc(COMPRESSED_BYTES);
    if (r->compressed == NULL || inflateInit2(&r->z, 16 + MAX_WBITS) != Z_OK)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to decompress", r->path);
    r->gzip = r->gzip_member_open = true;
    memcpy(r->compressed, r->head, r->head_len);
    r->z.next_in = r->compressed;
    r->z.avail_in = (unsigned)r->head_len;
    r->head_len = 0;
    return HG_OK;
}

/* One step of inflate; members follow each other without a gap (as pigz and log rotation write them). */
static enum hg_rc inflate_some(struct hg_reader *r, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    r->z.next_out = (unsigned char *)out;
    r->z.avail_out = room > UINT32_MAX ? UINT32_MAX : (unsigned)room;
    unsigned asked = r->z.avail_out;
    while (r->z.avail_out == asked && !r->at_end) {
        if (r->z.avail_in == 0) {
            size_t n;
            enum hg_rc rc = read_some(r, r->compressed, COMPRESSED_BYTES, &n, reterr);
            if (rc != HG_OK)
                return rc;
            if (n == 0 && !r->wait && !r->regular)
                break; /* more may come */
            if (n == 0) {
                r->at_end = true;
                if (r->gzip_member_open)
                    return hg_fail(reterr, HG_EFORMAT, "%s: the gzip data ends in the middle", r->path);
                break;
            }
            r->z.next_in = r->compressed;
            r->z.avail_in = (unsigned)n;
        }
        if (!r->gzip_member_open) {
            inflateReset(&r->z);
            r->gzip_member_open = true;
        }
        int status = inflate(&r->z, Z_NO_FLUSH);
        *ret_len = asked - r->z.avail_out; /* counts also where it fails: what came before the damage is good */
        if (status == Z_STREAM_END)
            r->gzip_member_open = false;
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return hg_fail(reterr, HG_EFORMAT, "%s: the gzip data is damaged (%s)", r->path, r->z.msg ? r->z.msg : "unknown error");
    }
    return HG_OK;
}

enum hg_rc hg_reader_read(struct hg_reader *r, bool wait, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    *ret_len = 0;
    r->wait = wait;
    if (!r->started) {
        enum hg_rc rc = start(r, reterr);
        if (rc != HG_OK)
            return rc;
    }
    if (r->gzip)
        return inflate_some(r, out, room, ret_len, reterr);
    if (r->head_len > 0 && r->started) {
        size_t n = r->head_len < room ? r->head_len : room;
        memcpy(out, r->head, n);
        memmove(r->head, r->head + n, r->head_len - n);
        r->head_len -= n;
        *ret_len = n;
        return HG_OK;
    }
    if (!r->started) { /* a file of one byte: given once nothing more comes */
        *ret_len = r->head_len < room ? r->head_len : room;
        memcpy(out, r->head, *ret_len);
        r->head_len = 0;
        r->started = *ret_len > 0;
        return HG_OK;
    }
    return read_some(r, out, room, ret_len, reterr);
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
