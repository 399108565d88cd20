/* Syslog over UDP (RFC 5426): a datagram is a message. What the kernel had no room for is lost, and counted. */
#include "source/listener_priv.h"
#include "source/syslog.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (4 * 1024 * 1024) /* asked for; net.core.rmem_max may say less */

struct syslog_udp {
    struct hg_listener listener;
    int fd;
    uint32_t drops; /* as the kernel's counter stood at the last read: it wraps, lost doesn't */
    uint64_t lost;
    char datagram[HG_LISTENER_LINE_MAX];
};

static enum hg_rc udp_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr);
static void udp_close(struct hg_listener *listener);
static enum hg_rc udp_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
static void udp_status(const struct hg_listener *listener, struct hg_listener_status *ret);

extern const struct hg_listener_kind hg_listener_syslog_udp;
const struct hg_listener_kind hg_listener_syslog_udp = {"syslog+udp", "syslog+udp:ADDR:PORT",
                                                        "syslog over UDP, with JSON after the header; what the kernel drops is counted",
                                                        udp_open, udp_close, udp_read, udp_status};

static enum hg_rc udp_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr)
{
    int fd, bytes = RECEIVE_BUFFER_BYTES;
    enum hg_rc rc = listener_bind(hg_listener_syslog_udp.name, rest, SOCK_DGRAM, &fd, reterr);
    if (rc != HG_OK)
        return rc;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    struct syslog_udp *udp = calloc(1, sizeof *udp);
    if (udp == NULL) {
        close(fd);
        return hg_fail(reterr, HG_ENOMEM, "no memory for a listener");
    }
    udp->listener.kind = &hg_listener_syslog_udp;
    udp->fd = fd;
    *ret = &udp->listener;
    return HG_OK;
}

static void udp_close(struct hg_listener *listener)
{
    struct syslog_udp *udp = (struct syslog_udp *)listener;
    close(udp->fd);
    free(udp);
}

/* The kernel's count. SO_RXQ_OVFL would say the same, but only with the next datagram, which may never come. */
static uint32_t kernel_drops(const struct syslog_udp *udp)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    return getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0 ? info[SK_MEMINFO_DROPS] : udp->drops;
}

static uint64_t lost_now(const struct syslog_udp *udp)
{
    return udp->lost + (uint32_t)(kernel_drops(udp) - udp->drops);
}

static enum hg_rc udp_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct syslog_udp *udp = (struct syslog_udp *)listener;
    struct pollfd polled = {.fd = udp->fd, .events = POLLIN};
    size_t len = 0;
    *ret_len = 0;
    if (poll(&polled, 1, wait_ms) < 0 && errno != EINTR)
        return hg_fail(reterr, HG_EIO, "can't wait for datagrams");
    while (room - len > HG_LISTENER_LINE_MAX) {
        ssize_t n = recv(udp->fd, udp->datagram, sizeof udp->datagram, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* nothing more; a failure of the network shows again at the next call, or is over */
        len += framing_put_line(hg_syslog_message((struct hg_slice){udp->datagram, (size_t)n}), out + len);
    }
    uint64_t lost = lost_now(udp);
    udp->drops += (uint32_t)(lost - udp->lost);
    udp->lost = lost;
    *ret_len = len;
    return HG_OK;
}

static void udp_status(const struct hg_listener *listener, struct hg_listener_status *ret)
{
    const struct syslog_udp *udp = (const struct syslog_udp *)listener;
    ret->lost = lost_now(udp);
    ret->port = listener_port(udp->fd);
}
