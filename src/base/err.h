/*
 * Failures of the world (disk full, socket gone, bad configuration) travel up as an enum hg_rc with their story in a
 * struct hg_err of the caller; only app/ prints, retries or exits. Bad input data is no error: see core/counts.h.
 *
 *   return hg_fail(reterr, HG_ENOMEM, "forest: no memory for %zu trees", n);
 *
 * reterr may be NULL. Results are must-use.
 */
#ifndef HG_BASE_ERR_H
#define HG_BASE_ERR_H

#include <stdbool.h>

enum hg_rc {
    HG_OK = 0,
    HG_ENOMEM,  /* no memory, or a stated bound reached */
    HG_EIO,     /* read, write, network */
    HG_EUSAGE,  /* the caller of the program asked for something impossible: exit status 2 */
    HG_EFORMAT, /* a file is not what it should be (model, database) */
    HG_ESTATE,  /* asked at the wrong time (shutting down, no model yet) */
    HG_EBUSY,   /* full for now: try again */
    HG_EEND,    /* nothing more will come */
};

#define HG_ERR_MSG_BYTES 512

struct hg_err {
    enum hg_rc rc;
    int sys; /* errno, or 0 */
    char msg[HG_ERR_MSG_BYTES];
};

#define HG_MUST_USE __attribute__((warn_unused_result))

/* Fills *reterr (if not NULL) and returns rc, so that `return hg_fail(…)` reads as one thought. errno is kept in sys and
 * its text appended when rc is HG_EIO. */
enum hg_rc hg_fail(struct hg_err *reterr, enum hg_rc rc, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A programmer's mistake: stays on in release builds. */
#define HG_ASSERT(condition) \
    do { \
        if (__builtin_expect(!(condition), 0)) \
            hg_assert_failed(#condition, __FILE__, __LINE__); \
    } while (0)
_Noreturn void hg_assert_failed(const char *condition, const char *file, int line);

#endif
