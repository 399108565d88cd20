#include "source/inflate.h"

#include "source/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define COMPRESSED_BYTES ((size_t)128 * 1024)

struct packing {
    const char *name;
    bool (*create)(struct hg_inflate *inflate);
    void (*destroy)(struct hg_inflate *inflate);
    /* One step: takes from next and left, gives *ret_len bytes, says in `whole` whether a member ends here. */
    enum hg_rc (*step)(struct hg_inflate *inflate, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
};

struct hg_inflate {
    const struct packing *packing;
    struct hg_inflate_source source;
    bool whole;
    bool more; /* the last step filled the room: it may have more without more input */
    bool failed;
    const unsigned char *next; /* of the compressed bytes */
    size_t left;
    z_stream z;
    ZSTD_DStream *zstd;
    unsigned char compressed[COMPRESSED_BYTES];
};

/* ---- gzip */

static bool gzip_create(struct hg_inflate *i)
{
    return inflateInit2(&i->z, 16 + MAX_WBITS) == Z_OK;
}

static void gzip_destroy(struct hg_inflate *i)
{
    inflateEnd(&i->z);
}

static enum hg_rc gzip_step(struct hg_inflate *i, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    if (i->whole)
        inflateReset(&i->z);
    i->whole = false;
    i->z.next_in = (z_const Bytef *)(uintptr_t)i->next; /* zlib only reads it, and says so only under ZLIB_CONST */
    i->z.avail_in = (unsigned)i->left;
    i->z.next_out = (unsigned char *)out;
    i->z.avail_out = room > UINT32_MAX ? UINT32_MAX : (unsigned)room;
    unsigned asked = i->z.avail_out;
    int status = inflate(&i->z, Z_NO_FLUSH);
    *ret_len = asked - i->z.avail_out;
    i->next += i->left - i->z.avail_in;
    i->left = i->z.avail_in;
    i->whole = status == Z_STREAM_END;
    if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
        return hg_fail(reterr, HG_EFORMAT, "%s: the gzip data is damaged (%s)", i->source.name, i->z.msg ? i->z.msg : "unknown error");
    return HG_OK;
}

/* ---- zstd */

static bool zstd_create(struct hg_inflate *i)
{
    i->zstd = ZSTD_createDStream();
    return i->zstd != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(i->zstd, ZSTD_d_windowLogMax, HG_READER_WINDOW_LOG_MAX));
}

static void zstd_destroy(struct hg_inflate *i)
{
    ZSTD_freeDStream(i->zstd);
}

static enum hg_rc zstd_failed(const struct hg_inflate *i, size_t status, struct hg_err *reterr)
{
    switch ((int)ZSTD_getErrorCode(status)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return hg_fail(reterr, HG_EFORMAT, "%s: its zstd window is larger than %u MiB; compress it again with zstd --long=%d or less",
                       i->source.name, 1u << (HG_READER_WINDOW_LOG_MAX - 20), HG_READER_WINDOW_LOG_MAX);
    case ZSTD_error_memory_allocation:
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to decompress", i->source.name);
    default:
        return hg_fail(reterr, HG_EFORMAT, "%s: the zstd data is damaged (%s)", i->source.name, ZSTD_getErrorName(status));
    }
}

static enum hg_rc zstd_step(struct hg_inflate *i, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    ZSTD_inBuffer in = {i->next, i->left, 0};
    ZSTD_outBuffer to = {out, room, 0};
    size_t status = ZSTD_decompressStream(i->zstd, &to, &in);
    *ret_len = to.pos;
    i->next += in.pos;
    i->left -= in.pos;
    i->whole = status == 0;
    return ZSTD_isError(status) ? zstd_failed(i, status, reterr) : HG_OK;
}

/* ---- both */

static const struct packing packings[] = {
    [HG_PACKING_GZIP] = {"gzip", gzip_create, gzip_destroy, gzip_step},
    [HG_PACKING_ZSTD] = {"zstd", zstd_create, zstd_destroy, zstd_step},
};

/* Skippable frames (which pzstd begins with) have sixteen magic numbers: 50 to 5f in the first byte. */
static const struct magic {
    enum hg_packing packing;
    unsigned len;
    unsigned char bytes[HG_PACKING_HEAD], mask0;
} magics[] = {
    {HG_PACKING_GZIP, 2, {0x1f, 0x8b}, 0xff},
    {HG_PACKING_ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}, 0xff},
    {HG_PACKING_ZSTD, 4, {0x50, 0x2a, 0x4d, 0x18}, 0xf0},
};

enum hg_packing hg_packing_of(const void *head, size_t len)
{
    const unsigned char *p = head;
    enum hg_packing found = len == 0 ? HG_PACKING_UNCERTAIN : HG_PACKING_NONE;
    for (size_t i = 0; i < sizeof magics / sizeof *magics && len > 0; i++) {
        size_t n = len < magics[i].len ? len : magics[i].len;
        if ((p[0] & magics[i].mask0) != magics[i].bytes[0] || memcmp(p + 1, magics[i].bytes + 1, n - 1) != 0)
            continue;
        if (n == magics[i].len)
            return magics[i].packing;
        found = HG_PACKING_UNCERTAIN;
    }
    return found;
}

bool hg_packing_length(enum hg_packing packing, int fd, uint64_t *ret_len, uint64_t *ret_modulus)
{
    struct stat st;
    unsigned char b[18]; /* the longest frame header of zstd */
    if (packing == HG_PACKING_GZIP && fstat(fd, &st) == 0 && st.st_size >= 18 && pread(fd, b, 4, st.st_size - 4) == 4) {
        *ret_len = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
        *ret_modulus = UINT64_C(1) << 32;
        return true;
    }
    if (packing != HG_PACKING_ZSTD)
        return false;
    ssize_t n = pread(fd, b, sizeof b, 0);
    unsigned long long len = n > 0 ? ZSTD_getFrameContentSize(b, (size_t)n) : ZSTD_CONTENTSIZE_UNKNOWN;
    *ret_len = len;
    *ret_modulus = 0;
    return len != ZSTD_CONTENTSIZE_UNKNOWN && len != ZSTD_CONTENTSIZE_ERROR && len > 0; /* 0: a skippable frame says nothing */
}

enum hg_rc hg_inflate_create(enum hg_packing packing, struct hg_inflate_source source, struct hg_inflate **ret, struct hg_err *reterr)
{
    HG_ASSERT(packing == HG_PACKING_GZIP || packing == HG_PACKING_ZSTD);
    struct hg_inflate *i = calloc(1, sizeof *i);
    if (i == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to decompress", source.name);
    i->packing = &packings[packing];
    i->source = source;
    if (!i->packing->create(i)) {
        hg_inflate_destroy(i);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to decompress", source.name);
    }
    *ret = i;
    return HG_OK;
}

void hg_inflate_destroy(struct hg_inflate *i)
{
    if (i == NULL)
        return;
    i->packing->destroy(i);
    free(i);
}

enum hg_rc hg_inflate_read(struct hg_inflate *i, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    *ret_len = 0;
    while (*ret_len == 0 && room > 0 && !i->failed) {
        if (i->left == 0 && !i->more) {
            enum hg_rc rc = i->source.read(i->source.self, i->compressed, sizeof i->compressed, &i->left, reterr);
            if (rc != HG_OK || i->left == 0)
                return rc;
            i->next = i->compressed;
        }
        enum hg_rc rc = i->packing->step(i, out, room, ret_len, reterr);
        i->more = *ret_len == room && !i->whole;
        i->failed = rc != HG_OK;
        if (rc != HG_OK)
            return rc;
    }
    return i->failed ? hg_fail(reterr, HG_EFORMAT, "%s: the %s data is damaged", i->source.name, i->packing->name) : HG_OK;
}

bool hg_inflate_whole(const struct hg_inflate *i)
{
    return i->whole;
}

const char *hg_inflate_name(const struct hg_inflate *i)
{
    return i->packing->name;
}
