/* Syslog over TCP (RFC 6587), without TLS. */
#include "source/listener_priv.h"
#include "source/syslog.h"

#include <stdlib.h>

struct syslog_tcp {
    struct hg_listener listener;
    struct peers *peers;
};

static enum hg_rc tcp_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr);
static void tcp_close(struct hg_listener *listener);
static enum hg_rc tcp_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
static void tcp_status(const struct hg_listener *listener, struct hg_listener_status *ret);

extern const struct hg_listener_kind hg_listener_syslog_tcp;
const struct hg_listener_kind hg_listener_syslog_tcp = {"syslog+tcp", "syslog+tcp:ADDR:PORT",
                                                        "syslog over TCP, octet-counted or by lines, with JSON after the header",
                                                        tcp_open, tcp_close, tcp_read, tcp_status};

static enum hg_rc tcp_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr)
{
    static const struct peers_settings settings = {framing_syslog, hg_syslog_message};
    int fd;
    enum hg_rc rc = listener_bind(hg_listener_syslog_tcp.name, rest, SOCK_STREAM, &fd, reterr);
    if (rc != HG_OK)
        return rc;
    struct peers *peers;
    rc = peers_create(fd, &settings, &peers, reterr);
    if (rc != HG_OK)
        return rc;
    struct syslog_tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL) {
        peers_destroy(peers);
        return hg_fail(reterr, HG_ENOMEM, "no memory for a listener");
    }
    *tcp = (struct syslog_tcp){{&hg_listener_syslog_tcp}, peers};
    *ret = &tcp->listener;
    return HG_OK;
}

static void tcp_close(struct hg_listener *listener)
{
    struct syslog_tcp *tcp = (struct syslog_tcp *)listener;
    peers_destroy(tcp->peers);
    free(tcp);
}

static enum hg_rc tcp_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    return peers_read(((struct syslog_tcp *)listener)->peers, wait_ms, out, room, ret_len, reterr);
}

static void tcp_status(const struct hg_listener *listener, struct hg_listener_status *ret)
{
    peers_status(((const struct syslog_tcp *)listener)->peers, ret);
}
