/*
 * Sources that bring records to us and can't be read again: sockets. A listener gives whole records, each a line; what was cut
 * when a peer went away comes as a line of its own.
 *
 * To add one: write src/source/lis_<name>.c, define `const struct hg_listener_kind hg_listener_<name>` in it, add one line to
 * listeners.def, and its tests.
 *
 * Contract: records of one peer come in its order; a line longer than HG_LISTENER_LINE_MAX is cut to that and the rest skipped to
 * its newline (so that it is counted as too long); memory is bounded by HG_LISTENER_PEERS_MAX peers; when nobody calls read,
 * stream peers wait (back-pressure) and datagrams are dropped by the kernel and counted. Not for sharing between threads.
 */
#ifndef HG_SOURCE_LISTENER_H
#define HG_SOURCE_LISTENER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define HG_LISTENER_LINE_MAX  (64u * 1024 + 1) /* one more than the longest record taken: decode counts such a line as too long */
#define HG_LISTENER_PEERS_MAX 64u

struct hg_listener; /* each kind's own; begins with its kind */

struct hg_listener_status {
    uint32_t peers;         /* connected now */
    uint64_t lost;          /* datagrams that the kernel dropped */
    uint64_t refused;       /* peers turned away because there were too many */
    uint64_t bad_frames;    /* syslog framing that could not be read; the bytes went to the next newline */
    uint16_t port;          /* that it listens on, also where the URI says 0; 0: it has none */
    char trouble[256];      /* "" none */
};

struct hg_listener_kind {
    const char *name;    /* "unix", "syslog+udp", "syslog+tcp": the URI's scheme */
    const char *form;    /* for --help: "unix:PATH" */
    const char *summary; /* one line */
    enum hg_rc (*open)(const char *rest, struct hg_listener **ret, struct hg_err *reterr); /* rest: what follows the colon */
    void (*close)(struct hg_listener *listener);
    /* Waits up to wait_ms for something, then gives whole lines, newline included, as many as there are and as fit into room
     * (at least 2 * HG_LISTENER_LINE_MAX); *ret_len 0: nothing came. Syslog headers are taken off. A message is one line: line breaks
     * inside become spaces, which are the same to JSON. */
    enum hg_rc (*read)(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
    void (*status)(const struct hg_listener *listener, struct hg_listener_status *ret);
};

size_t hg_listener_kind_count(void);
const struct hg_listener_kind *hg_listener_kind_at(size_t i);
/* The kind that a URI names, and what follows the colon (ret_rest may be NULL); NULL: it is no listener's URI. */
const struct hg_listener_kind *hg_listener_kind_of(const char *uri, const char **ret_rest);
/* HG_EUSAGE: a wrong URI; HG_EIO: can't listen there, and why. */
HG_MUST_USE enum hg_rc hg_listener_open(const char *uri, struct hg_listener **ret, struct hg_err *reterr);
void hg_listener_close(struct hg_listener *listener);
HG_MUST_USE enum hg_rc hg_listener_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len,
                                        struct hg_err *reterr);
void hg_listener_status(const struct hg_listener *listener, struct hg_listener_status *ret);
const char *hg_listener_name(const struct hg_listener *listener); /* of its kind */

#endif
