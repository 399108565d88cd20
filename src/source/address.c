#include "source/listener_priv.h"

#include "base/num.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

/* ADDR:PORT or [ADDR]:PORT, with ADDR as text of its own. */
static bool split(const char *address, char *out, size_t room, const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    uint64_t port;
    if (colon == NULL || !hg_num_parse_u64(hg_slice_of(colon + 1), &port) || port > 65535)
        return false;
    size_t len = (size_t)(colon - address);
    bool bracketed = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    if (bracketed) {
        address++;
        len -= 2;
    }
    if (len == 0 || len >= room || (!bracketed && memchr(address, ':', len) != NULL))
        return false;
    memcpy(out, address, len);
    out[len] = '\0';
    *ret_port = colon + 1;
    return true;
}

enum hg_rc listener_bind(const char *what, const char *address, int type, int *ret_fd, struct hg_err *reterr)
{
    char host[128];
    const char *port;
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    if (!split(address, host, sizeof host, &port) || getaddrinfo(host, port, &wanted, &found) != 0)
        return hg_fail(reterr, HG_EUSAGE, "%s:%s: expected a numeric address and a port, such as %s:127.0.0.1:5514 or %s:[::1]:5514", what,
                       address, what, what);
    int fd = socket(found->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd >= 0 && type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0) {
        enum hg_rc rc = hg_fail(reterr, HG_EIO, "can't listen on %s:%s", what, address);
        if (fd >= 0)
            close(fd);
        freeaddrinfo(found);
        return rc;
    }
    freeaddrinfo(found);
    *ret_fd = fd;
    return HG_OK;
}

uint16_t listener_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    return address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}
