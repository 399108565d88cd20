/*
 * A log that is followed through rotation: the bytes of one path as a chain of visits. A visit is one file from its first byte (or
 * from where the caller skips to) to its present end; its offsets count decompressed bytes, as a reader's do.
 *
 * Files are told by device, inode, size and time; that the bytes of two files are the same stream (a copy, or what gzip made of
 * it) is for the caller to see from their first record, who then skips to where that stream was left. Hence visiting a file twice
 * does no harm, and the promise is simple: every byte that was written to the path after `complete_us` is in some visit, before
 * *ret_complete_us of a later hg_follow_status says so, whatever happened between:
 *  - renamed: the old file is read to its end before the new one is begun, which is when the new one has bytes;
 *  - copied and truncated: told by a size below the position, or by a changed head, looked at after each read; the rest comes
 *    from the copy, as a visit of its own, before the truncated file is begun again.
 *    The truncated file stays open meanwhile, and so does the path's whenever a sibling goes before it: it may be the only hold on
 *    bytes whose name is removed before their turn comes;
 *  - replaced, removed and made again, unreadable or absent for a while: tried again at every change and every second;
 *  - compressed behind us (.gz, .zst): the compressed file is visited, unless it is one that was read to its end already;
 *  - rotated several times between two looks, or while nobody looked: siblings (PATH followed by one of . - _) that changed since
 *    `complete_us` are visited in order of their times.
 * Looks at the directory when inotify says so and each 5 seconds besides, each second without it or while something is awaited.
 *
 * Limits. A rotated file that changed less than 2 s ago may be at work still: its visit ends with LEFT, and another one follows
 * when it has rested; so does one of half a line until 2 s after it was seen like that, and compressed data that ends in the
 * middle until a minute after its last change. A compressed sibling is known for one that was read by its first 1,024 bytes and its
 * length, without unpacking it. A sibling's time must not be older than its last byte by more than 2 s (gzip, zstd, cp -p and
 * logrotate keep to that).
 *
 * Not for sharing between threads.
 */
#ifndef HG_SOURCE_FOLLOW_H
#define HG_SOURCE_FOLLOW_H

#include "base/err.h"
#include "base/instant.h"

#include <stddef.h>
#include <stdint.h>

struct hg_follow;

enum hg_got {
    HG_GOT_BYTES,   /* *ret_len > 0 bytes of the file at hand */
    HG_GOT_NOTHING, /* nothing for now; also after 64 MiB were unpacked and dropped on the way to where hg_follow_skip_to asks */
    HG_GOT_LEFT,    /* the file at hand is left for now: bytes after its last newline are no record yet, a later visit brings them */
    HG_GOT_FINAL,   /* the file at hand is finally done: bytes after its last newline are its last record */
}; /* after LEFT and FINAL another visit begins with the next HG_GOT_BYTES */

/* path need not exist yet. complete_us: what an earlier run reported, HG_TIME_NONE where the path was never followed: then older
 * siblings are left alone. */
HG_MUST_USE enum hg_rc hg_follow_open(const char *path, int64_t complete_us, struct hg_follow **ret, struct hg_err *reterr);
void hg_follow_close(struct hg_follow *follow);

/* Up to `room` bytes. Never blocks. Fails only without memory: what is wrong with a file is in the status, and is tried again. */
HG_MUST_USE enum hg_rc hg_follow_read(struct hg_follow *follow, char *out, size_t room, size_t *ret_len, enum hg_got *ret_got,
                                      struct hg_err *reterr);

/* The next byte of this visit is the one at `offset` of the decompressed stream, at or after what was read of it already: a seek
 * in a plain file. A file that ends before it gives no bytes until it has grown beyond. */
void hg_follow_skip_to(struct hg_follow *follow, uint64_t offset);

/* A descriptor that becomes readable when something may have changed, -1 without inotify. Read at least each second all the same:
 * network file systems, and links into other folders, tell nothing; and what rests is told by time alone. */
int hg_follow_fd(const struct hg_follow *follow);

struct hg_follow_status {
    bool present;            /* the path is there and can be read */
    char trouble[256];       /* why it can't be read (or a sibling can't: "" none) */
    char visiting[256];      /* file name at hand, "" none */
    uint64_t behind_bytes;   /* unread, in bytes on disk: of the file at hand and of those to be visited */
    uint64_t lost_bytes;     /* known to be gone: truncated before they were read, and no copy was found */
    uint64_t rotations;      /* seen since opened */
    int64_t complete_us;     /* wall time before which everything written has been given out by hg_follow_read; HG_TIME_NONE: not yet */
};
void hg_follow_status(const struct hg_follow *follow, struct hg_follow_status *ret);

#endif
