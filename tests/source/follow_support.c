#include "source/follow_support.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

int64_t test_now_us;
char test_folder[64];

int64_t test_clock(void *unused)
{
    (void)unused;
    return test_now_us;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(name);
}

void test_folder_make(void)
{
    snprintf(test_folder, sizeof test_folder, "/tmp/hg-follow-XXXXXX");
    assert_non_null(mkdtemp(test_folder));
    assert_int_equal(0, chdir(test_folder));
    test_now_us = hg_time_now_us() + HG_DAY; /* ahead of the times that the kernel gives to folders */
}

void test_folder_remove(void)
{
    assert_int_equal(0, chdir("/"));
    nftw(test_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void file_times(const char *name, int64_t us)
{
    struct timespec t = {us / HG_SECOND, us % HG_SECOND * 1000}, times[2] = {t, t};
    assert_int_equal(0, utimensat(AT_FDCWD, name, times, 0));
}

static void put(const char *name, const void *bytes, size_t len, int flags)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    assert_true(fd >= 0);
    assert_int_equal(len, write(fd, bytes, len));
    close(fd);
    file_times(name, test_now_us);
}

void file_append(const char *name, const char *text)
{
    put(name, text, strlen(text), O_APPEND);
}

void file_write(const char *name, const void *bytes, size_t len)
{
    put(name, bytes, len, O_TRUNC);
}

size_t file_read(const char *name, char *out, size_t room)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out, room);
    assert_true(n >= 0 && (size_t)n < room);
    close(fd);
    return (size_t)n;
}

static size_t gzip(const char *bytes, size_t len, char *out, size_t room)
{
    z_stream z = {0};
    assert_int_equal(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY));
    z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z.avail_in = (unsigned)len;
    z.next_out = (Bytef *)out;
    z.avail_out = (unsigned)room;
    assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
    size_t n = room - z.avail_out;
    deflateEnd(&z);
    return n;
}

size_t packed(bool zstd, const char *bytes, size_t len, size_t member, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < len || i == 0; i += member) {
        size_t some = len - i < member ? len - i : member;
        n += zstd ? ZSTD_compress(out + n, room - n, bytes + i, some, 3) : gzip(bytes + i, some, out + n, room - n);
        assert_true(n <= room);
    }
    return n;
}

void taker_reset(struct taker *t)
{
    t->at = STREAMS_MAX;
    t->offset = 0;
    t->len = 0;
}

static void drop(struct taker *t, size_t n)
{
    memmove(t->bytes, t->bytes + n, t->len - n);
    t->len -= n;
    t->offset += n;
}

/* Which stream the visit is of, once its first line is whole; goes to where that was left. */
static bool identify(struct taker *t, struct hg_follow *follow)
{
    const char *newline = memchr(t->bytes, '\n', t->len);
    if (newline == NULL)
        return false;
    uint64_t identity = hg_hash64((struct hg_slice){t->bytes, (size_t)(newline - t->bytes)}, 1);
    for (t->at = 0; t->at < t->n_streams && t->streams[t->at].identity != identity;)
        t->at++;
    if (t->at == t->n_streams) {
        assert_true(t->n_streams < STREAMS_MAX);
        t->streams[t->n_streams++] = (struct stream){identity, 0};
    }
    uint64_t next = t->streams[t->at].next;
    if (next <= t->offset + t->len) {
        drop(t, (size_t)(next - t->offset));
        return true;
    }
    hg_follow_skip_to(follow, next);
    t->offset = next;
    t->len = 0;
    return true;
}

static void take_lines(struct taker *t, bool last)
{
    const char *newline;
    size_t done = 0;
    while ((newline = memchr(t->bytes + done, '\n', t->len - done)) != NULL) {
        size_t n = (size_t)(newline + 1 - (t->bytes + done));
        t->line(t->to, t->bytes + done, n, true);
        done += n;
    }
    if (last && done < t->len) {
        t->line(t->to, t->bytes + done, t->len - done, false);
        done = t->len;
    }
    drop(t, done);
    if (t->at < STREAMS_MAX)
        t->streams[t->at].next = t->offset;
}

enum hg_got taker_turn(struct taker *t, struct hg_follow *follow, size_t room)
{
    enum hg_got got;
    size_t n;
    struct hg_err err;
    assert_true(room <= sizeof t->bytes - t->len);
    assert_int_equal(HG_OK, hg_follow_read(follow, t->bytes + t->len, room, &n, &got, &err));
    assert_int_equal(got == HG_GOT_BYTES, n > 0);
    t->len += n;
    if (got == HG_GOT_BYTES && (t->at < STREAMS_MAX || identify(t, follow)))
        take_lines(t, false);
    if (got == HG_GOT_FINAL)
        take_lines(t, true);
    t->final += got == HG_GOT_FINAL;
    t->left += got == HG_GOT_LEFT;
    if (got == HG_GOT_FINAL || got == HG_GOT_LEFT)
        taker_reset(t);
    return got;
}

void taker_drain(struct taker *t, struct hg_follow *follow, size_t room)
{
    int turns = 0;
    while (taker_turn(t, follow, room) != HG_GOT_NOTHING)
        assert_true(++turns < 1000000);
}
