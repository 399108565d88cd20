/* What the kinds of listeners share. */
#ifndef HG_SOURCE_LISTENER_PRIV_H
#define HG_SOURCE_LISTENER_PRIV_H

#include "source/framing.h"

#include <sys/socket.h>

struct hg_listener {
    const struct hg_listener_kind *kind;
};

/* A socket of `type` bound to ADDR:PORT or [ADDR]:PORT, both numeric; non-blocking, not listening. what: for messages. */
HG_MUST_USE enum hg_rc listener_bind(const char *what, const char *address, int type, int *ret_fd, struct hg_err *reterr);
/* The port that it is bound to, 0: none. */
uint16_t listener_port(int fd);

/*
 * The peers of a listening stream socket. Each has a buffer of its own. They take turns: a peer gives what its buffer holds, at
 * most FRAMING_BYTES_MAX bytes, and the next read goes on with the one behind the last that was served.
 */
struct peers;

struct peers_settings {
    bool (*frame)(struct hg_slice bytes, bool ended, struct framing *ret);
    struct hg_slice (*message)(struct hg_slice frame); /* takes a header off; NULL: there is none */
};

/* listen_fd: bound, of a stream type. Owned from here on, also on failure. */
HG_MUST_USE enum hg_rc peers_create(int listen_fd, const struct peers_settings *settings, struct peers **ret, struct hg_err *reterr);
void peers_destroy(struct peers *peers);
HG_MUST_USE enum hg_rc peers_read(struct peers *peers, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
void peers_status(const struct peers *peers, struct hg_listener_status *ret);

#endif
