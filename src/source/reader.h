/*
 * Bytes of one log, plain, gzip or zstd (told by its first bytes, not its name), in fixed memory. Offsets count decompressed
 * bytes. It knows nothing of records. Not for sharing between threads.
 */
#ifndef HG_SOURCE_READER_H
#define HG_SOURCE_READER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The largest zstd window that is unpacked, as a power of two: 32 MiB. zstd's ordinary levels need 8 MiB; --long and --ultra may
 * need more, and are refused with an error that says so. */
#define HG_READER_WINDOW_LOG_MAX 25

struct hg_reader;

/* path "-" is standard input. */
HG_MUST_USE enum hg_rc hg_reader_open(const char *path, struct hg_reader **ret, struct hg_err *reterr);
void hg_reader_close(struct hg_reader *reader);

/* Up to `room` bytes into out; *ret_len 0 means: nothing more for now (the end, for what doesn't grow). wait: whether to block on
 * a pipe that has nothing yet. A cut or damaged compressed file gives what it has, and then HG_EFORMAT; *ret_len counts also in the
 * call that fails. */
HG_MUST_USE enum hg_rc hg_reader_read(struct hg_reader *reader, bool wait, char *out, size_t room, size_t *ret_len,
                                      struct hg_err *reterr);

/* For progress: bytes of the file taken so far, and its size (0 where there is none, as for a pipe). */
uint64_t hg_reader_taken(const struct hg_reader *reader);
uint64_t hg_reader_size(const struct hg_reader *reader);
/* The file or pipe has come to its end: a pipe was closed; a file may yet grow. */
bool hg_reader_ended(const struct hg_reader *reader);
int hg_reader_fd(const struct hg_reader *reader);

#endif
