#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum hg_rc hg_fail(struct hg_err *reterr, enum hg_rc rc, const char *format, ...)
{
    int sys = errno;
    if (reterr == NULL)
        return rc;
    reterr->rc = rc;
    reterr->sys = rc == HG_EIO ? sys : 0;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(reterr->msg, sizeof reterr->msg, format, args);
    va_end(args);
    if (rc == HG_EIO && sys != 0 && n >= 0 && (size_t)n < sizeof reterr->msg) {
        char text[128];
        snprintf(reterr->msg + n, sizeof reterr->msg - (size_t)n, ": %s", strerror_r(sys, text, sizeof text));
    }
    return rc;
}

_Noreturn void hg_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "honeyguide: internal error: %s does not hold at %s:%d\n", condition, file, line);
    abort();
}
