/* For the tests of following: a folder, a clock that they set, files with times by it, and a reader that does what the pipeline
 * does: a visit's first line says which stream it is, and each stream is taken on from where it was left. */
#ifndef HG_TESTS_SOURCE_FOLLOW_SUPPORT_H
#define HG_TESTS_SOURCE_FOLLOW_SUPPORT_H

#include "support/cmocka_all.h"

#include "source/follow_priv.h"

#define STREAMS_MAX 4096
#define TAKER_BYTES (1u << 20)

struct stream {
    uint64_t identity, next;
};

struct taker {
    void (*line)(void *to, const char *line, size_t len, bool whole);
    void *to;
    struct stream streams[STREAMS_MAX];
    size_t n_streams;
    size_t at;       /* the stream at hand; STREAMS_MAX: not known yet */
    uint64_t offset; /* of bytes[0] */
    size_t len;
    char bytes[TAKER_BYTES];
    unsigned left, final; /* visits that ended so */
};

extern int64_t test_now_us;
int64_t test_clock(void *unused);
extern char test_folder[64];
void test_folder_make(void); /* and goes there */
void test_folder_remove(void);

void file_times(const char *name, int64_t us);
void file_append(const char *name, const char *text); /* now */
void file_write(const char *name, const void *bytes, size_t len);
size_t file_read(const char *name, char *out, size_t room);
/* What gzip and zstd make: members of up to `member` bytes. */
size_t packed(bool zstd, const char *bytes, size_t len, size_t member, char *out, size_t room);

void taker_reset(struct taker *taker); /* forgets the visit at hand, as a restart does */
/* One read. */
enum hg_got taker_turn(struct taker *taker, struct hg_follow *follow, size_t room);
/* Until nothing comes. */
void taker_drain(struct taker *taker, struct hg_follow *follow, size_t room);

#endif
