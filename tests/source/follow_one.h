/* One followed log, for tests of one kind of change at a time. Time is the test's: pass() moves it. */
#ifndef HG_TESTS_SOURCE_FOLLOW_ONE_H
#define HG_TESTS_SOURCE_FOLLOW_ONE_H

#include "source/follow_support.h"

#include <unistd.h>

#define LOG "eve.json"

static struct taker taker;
static struct hg_follow *follow;
static char got[1 << 16];
static char packed_bytes[1 << 16];

static inline void keep(void *to, const char *line, size_t len, bool whole)
{
    (void)to;
    size_t n = strlen(got);
    snprintf(got + n, sizeof got - n, "%.*s%s", (int)len, line, whole ? "" : "(cut)\n");
}

static inline void pass(int64_t us)
{
    test_now_us += us;
}

static inline void start(int64_t complete_us)
{
    struct hg_err err;
    assert_int_equal(HG_OK, follow_open_clock(LOG, complete_us, test_clock, NULL, &follow, &err));
    taker_reset(&taker);
}

static inline struct hg_follow_status status(void)
{
    struct hg_follow_status s;
    hg_follow_status(follow, &s);
    return s;
}

static inline void stop(void)
{
    hg_follow_close(follow);
    follow = NULL;
}

static inline int64_t stop_and_keep(void)
{
    int64_t complete_us = status().complete_us;
    stop();
    return complete_us;
}

/* What came since the last call. */
static inline const char *taken(void)
{
    static char text[sizeof got];
    taker_drain(&taker, follow, 4096);
    memcpy(text, got, sizeof got);
    got[0] = '\0';
    return text;
}

/* The same after everything had time to settle. */
static inline const char *taken_later(void)
{
    for (int i = 0; i < 5; i++) {
        taker_drain(&taker, follow, 4096);
        pass(1100000);
    }
    return taken();
}

static inline void rename_to(const char *from, const char *to)
{
    assert_int_equal(0, rename(from, to));
}

static inline void truncate_log(void)
{
    assert_int_equal(0, truncate(LOG, 0));
    file_times(LOG, test_now_us);
}

static inline void pack(bool zstd, const char *from, const char *to, size_t member)
{
    static char plain[1 << 16];
    size_t len = file_read(from, plain, sizeof plain);
    file_write(to, packed_bytes, packed(zstd, plain, len, member, packed_bytes, sizeof packed_bytes));
}

static inline int before(void **state)
{
    (void)state;
    test_folder_make();
    memset(&taker, 0, sizeof taker);
    taker.line = keep;
    got[0] = '\0';
    return 0;
}

static inline int after(void **state)
{
    (void)state;
    stop();
    test_folder_remove();
    return 0;
}

#endif
