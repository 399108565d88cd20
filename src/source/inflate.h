/*
 * Decompression of one stream, in fixed memory: a source gives the compressed bytes, the caller says how many it has room for.
 * gzip members (RFC 1952) and zstd frames (RFC 8878) may follow each other without a gap, as log rotation, pigz and pzstd write
 * them; zstd's skippable frames are skipped. Private to this folder: see reader.h and follow.h.
 *
 * To add a packing: write its three functions in inflate.c, add a line to `packings`, its magic bytes and its tests.
 */
#ifndef HG_SOURCE_INFLATE_H
#define HG_SOURCE_INFLATE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum hg_packing { HG_PACKING_NONE, HG_PACKING_GZIP, HG_PACKING_ZSTD, HG_PACKING_UNCERTAIN };

/* By a file's first bytes, never by its name. UNCERTAIN: so few bytes that more could make it one of them; an empty head is that. */
#define HG_PACKING_HEAD 4u
enum hg_packing hg_packing_of(const void *head, size_t len);

/* How many bytes the open file holds when decompressed, modulo *ret_modulus (0: exactly), where that is written in it. For
 * gzip that is what its last member holds, for zstd what its first frame does. */
bool hg_packing_length(enum hg_packing packing, int fd, uint64_t *ret_len, uint64_t *ret_modulus);

struct hg_inflate_source {
    /* Up to room bytes; *ret_len 0: none for now. */
    enum hg_rc (*read)(void *self, void *out, size_t room, size_t *ret_len, struct hg_err *reterr);
    void *self;
    const char *name; /* for messages; outlives the inflate */
};

struct hg_inflate;
HG_MUST_USE enum hg_rc hg_inflate_create(enum hg_packing packing, struct hg_inflate_source source, struct hg_inflate **ret,
                                         struct hg_err *reterr);
void hg_inflate_destroy(struct hg_inflate *inflate);

/* Up to room bytes; *ret_len 0: nothing for now, the source has no more. HG_EFORMAT: damaged, or a zstd window beyond
 * HG_READER_WINDOW_LOG_MAX; what came before the damage is good and counts in *ret_len, also in the call that fails. */
HG_MUST_USE enum hg_rc hg_inflate_read(struct hg_inflate *inflate, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
/* Between two members or frames: a stream that ends here is whole. */
bool hg_inflate_whole(const struct hg_inflate *inflate);
const char *hg_inflate_name(const struct hg_inflate *inflate); /* "gzip", "zstd" */

#endif
