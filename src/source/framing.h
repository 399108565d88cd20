/*
 * Where the messages of a byte stream end. Pure: what is told depends on the bytes alone, not on how they came in pieces. Private
 * to this folder and its tests.
 *
 * Two framings: lines, and syslog over TCP (RFC 6587), which is told anew for each frame: a decimal number and a space are an octet
 * count, all else is a line (non-transparent framing). A line ends with LF, CRLF or NUL. What looks like a count and can be none is
 * read as a line and said to be bad.
 */
#ifndef HG_SOURCE_FRAMING_H
#define HG_SOURCE_FRAMING_H

#include "base/slice.h"
#include "source/listener.h"

#define FRAMING_BYTES_MAX (HG_LISTENER_LINE_MAX + 4096u) /* of a frame with its syslog header; the rest of a longer one is skipped */
#define FRAMING_COUNT_MAX (16u * 1024 * 1024)            /* a greater octet count is taken for none */

struct framing {
    size_t used;             /* bytes to forget; also where no frame was found (blank lines) */
    struct hg_slice message; /* without count and line end; may be empty */
    uint64_t skip;           /* then forget so many more: the rest of a counted frame that was too long */
    bool skip_line;          /* then forget all through the next line end */
    bool bad;
};

/* The first frame of `bytes`; false: it isn't there as a whole yet, and nothing but `used` counts. ended: nothing will follow, so
 * that what is left is the last frame. With FRAMING_BYTES_MAX bytes there always is a frame, or something to forget. */
bool framing_line(struct hg_slice bytes, bool ended, struct framing *ret);
bool framing_syslog(struct hg_slice bytes, bool ended, struct framing *ret);

/* How much of `bytes` goes when skipping to a line end; *ret_found: it was reached. */
size_t framing_skip_line(struct hg_slice bytes, bool *ret_found);

/* `message` as one line at out, which has room for HG_LISTENER_LINE_MAX + 1: cut to HG_LISTENER_LINE_MAX, without the line ends at
 * its end, those inside as spaces (white space to JSON), and a newline. 0: it is empty. */
size_t framing_put_line(struct hg_slice message, char *out);

#endif
