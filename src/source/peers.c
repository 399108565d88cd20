#include "source/listener_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct peer {
    int fd;
    bool ended;     /* what is held is all that will come */
    bool skip_line; /* forget all to the next line end */
    bool waits;     /* holds frames for which there was no room */
    uint64_t skip;  /* forget so many bytes */
    size_t len;
    char *buffer;   /* FRAMING_BYTES_MAX */
};

struct peers {
    struct peers_settings settings;
    int listen_fd;
    bool rest;      /* accepting failed: leave it out of one wait, so that it isn't tried in a circle */
    size_t next;    /* whose turn it is */
    size_t n;
    struct peer *at[HG_LISTENER_PEERS_MAX];
    uint64_t refused, bad_frames;
    char trouble[256];
};

enum hg_rc peers_create(int listen_fd, const struct peers_settings *settings, struct peers **ret, struct hg_err *reterr)
{
    struct peers *peers = calloc(1, sizeof *peers);
    enum hg_rc rc = HG_OK;
    if (peers == NULL)
        rc = hg_fail(reterr, HG_ENOMEM, "no memory for a listener");
    else if (listen(listen_fd, SOMAXCONN) != 0)
        rc = hg_fail(reterr, HG_EIO, "can't listen");
    if (rc != HG_OK) {
        close(listen_fd);
        free(peers);
        return rc;
    }
    peers->settings = *settings;
    peers->listen_fd = listen_fd;
    *ret = peers;
    return HG_OK;
}

static void peer_destroy(struct peer *peer)
{
    if (peer == NULL)
        return;
    close(peer->fd);
    free(peer->buffer);
    free(peer);
}

void peers_destroy(struct peers *peers)
{
    if (peers == NULL)
        return;
    for (size_t i = 0; i < peers->n; i++)
        peer_destroy(peers->at[i]);
    close(peers->listen_fd);
    free(peers);
}

/* ---- who comes and goes */

static struct peer *peer_create(int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    int on = 1;
    if (peer == NULL || (peer->buffer = malloc(FRAMING_BYTES_MAX)) == NULL) {
        free(peer);
        return NULL;
    }
    peer->fd = fd;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on); /* or a peer that lost its power keeps its place for ever */
    return peer;
}

/* Has a peer hung up whose last bytes were not all taken? Its place is free soon. */
static bool one_leaves(const struct peers *peers)
{
    struct pollfd polled[HG_LISTENER_PEERS_MAX];
    bool ended = false;
    for (size_t i = 0; i < peers->n; i++) {
        polled[i] = (struct pollfd){.fd = peers->at[i]->fd, .events = POLLRDHUP};
        ended = ended || peers->at[i]->ended;
    }
    return ended || poll(polled, (nfds_t)peers->n, 0) > 0;
}

static void accept_all(struct peers *peers)
{
    for (;;) {
        if (peers->n == HG_LISTENER_PEERS_MAX && one_leaves(peers)) /* short visits in a row: the next one waits, with what it sent */
            return;
        int fd = accept4(peers->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0) {
            peers->rest = errno != EAGAIN;
            char why[128];
            if (peers->rest)
                snprintf(peers->trouble, sizeof peers->trouble, "can't take a peer in: %s", strerror_r(errno, why, sizeof why));
            return;
        }
        peers->trouble[0] = '\0';
        struct peer *peer = peers->n < HG_LISTENER_PEERS_MAX ? peer_create(fd) : NULL;
        if (peer != NULL) {
            peers->at[peers->n++] = peer;
            continue;
        }
        close(fd);
        peers->refused++;
    }
}

static void remove_ended(struct peers *peers)
{
    size_t kept = 0, next = peers->next;
    for (size_t i = 0; i < peers->n; i++) {
        struct peer *peer = peers->at[i];
        if (!peer->ended || peer->waits) {
            peers->at[kept++] = peer;
            continue;
        }
        peer_destroy(peer);
        next -= i < peers->next;
    }
    peers->n = kept;
    peers->next = kept == 0 ? 0 : next % kept;
}

/* ---- bytes to lines */

static void forget(struct peer *peer, size_t used)
{
    peer->len -= used;
    memmove(peer->buffer, peer->buffer + used, peer->len);
}

/* Takes as much as fits into the peer's buffer. */
static void receive(struct peer *peer)
{
    ssize_t n;
    if (peer->ended || peer->len == FRAMING_BYTES_MAX)
        return;
    do
        n = recv(peer->fd, peer->buffer + peer->len, FRAMING_BYTES_MAX - peer->len, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        peer->len += (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        peer->ended = true;
}

/* Bytes at the head of what is held that belong to a frame that was cut. */
static size_t skipped(struct peer *peer, struct hg_slice held)
{
    size_t n = peer->skip < held.len ? (size_t)peer->skip : held.len;
    peer->skip -= n;
    bool found = false;
    if (peer->skip == 0 && peer->skip_line) {
        n += framing_skip_line(hg_slice_from(held, n), &found);
        peer->skip_line = !found;
    }
    return n;
}

/* Writes the peer's whole frames as lines; returns the bytes written. */
static size_t drain(struct peers *peers, struct peer *peer, char *out, size_t room)
{
    size_t used = 0, len = 0;
    peer->waits = false;
    for (;;) {
        struct framing framing;
        used += skipped(peer, (struct hg_slice){peer->buffer + used, peer->len - used});
        if (room - len < HG_LISTENER_LINE_MAX + 1) {
            peer->waits = used < peer->len;
            break;
        }
        bool found = peers->settings.frame((struct hg_slice){peer->buffer + used, peer->len - used}, peer->ended, &framing);
        used += framing.used;
        if (!found)
            break;
        peers->bad_frames += framing.bad;
        peer->skip = framing.skip;
        peer->skip_line = framing.skip_line;
        len += framing_put_line(peers->settings.message == NULL ? framing.message : peers->settings.message(framing.message), out + len);
    }
    forget(peer, used);
    return len;
}

/* ---- waiting */

/* What poll says of the listening socket, then of each peer. */
static int wait_for_any(struct peers *peers, int wait_ms, struct pollfd *polled)
{
    polled[0] = (struct pollfd){.fd = peers->rest ? -1 : peers->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < peers->n; i++) {
        polled[i + 1] = (struct pollfd){.fd = peers->at[i]->fd, .events = POLLIN};
        if (peers->at[i]->waits)
            wait_ms = 0;
    }
    peers->rest = false;
    return poll(polled, (nfds_t)peers->n + 1, wait_ms);
}

enum hg_rc peers_read(struct peers *peers, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct pollfd polled[HG_LISTENER_PEERS_MAX + 1];
    *ret_len = 0;
    if (wait_for_any(peers, wait_ms, polled) < 0)
        return errno == EINTR ? HG_OK : hg_fail(reterr, HG_EIO, "can't wait for peers");
    size_t len = 0, first = peers->next, n = peers->n;
    for (size_t i = 0; i < n && room - len > HG_LISTENER_LINE_MAX; i++) {
        size_t which = (first + i) % n;
        struct peer *peer = peers->at[which];
        if (polled[which + 1].revents != 0)
            receive(peer);
        else if (!peer->waits)
            continue;
        len += drain(peers, peer, out + len, room - len);
        peers->next = (which + 1) % n;
    }
    remove_ended(peers);
    if (polled[0].revents != 0)
        accept_all(peers);
    *ret_len = len;
    return HG_OK;
}

void peers_status(const struct peers *peers, struct hg_listener_status *ret)
{
    ret->peers = (uint32_t)peers->n;
    ret->refused = peers->refused;
    ret->bad_frames = peers->bad_frames;
    ret->port = listener_port(peers->listen_fd);
    snprintf(ret->trouble, sizeof ret->trouble, "%s", peers->trouble);
}
