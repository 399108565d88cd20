/* A Unix stream socket that others write lines to, as Suricata's eve-log does with `filetype: unix_stream`. */
#include "source/listener_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MODE 0660

struct lis_unix {
    struct hg_listener listener;
    struct peers *peers;
    struct sockaddr_un address;
    dev_t device; /* of the socket file: it is removed if it is still ours */
    ino_t inode;
};

static enum hg_rc unix_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr);
static void unix_close(struct hg_listener *listener);
static enum hg_rc unix_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
static void unix_status(const struct hg_listener *listener, struct hg_listener_status *ret);

extern const struct hg_listener_kind hg_listener_unix;
const struct hg_listener_kind hg_listener_unix = {"unix", "unix:PATH", "a Unix stream socket, as Suricata's eve-log writes to it",
                                                  unix_open, unix_close, unix_read, unix_status};

/* Does nobody listen on the socket that is there? */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat there;
    if (lstat(address->sun_path, &there) != 0 || !S_ISSOCK(there.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return stale;
}

static enum hg_rc bind_fresh(int fd, const struct sockaddr_un *address, struct hg_err *reterr)
{
    const char *path = address->sun_path;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return HG_OK;
        if (errno != EADDRINUSE)
            break;
        struct stat there;
        if (lstat(path, &there) == 0 && !S_ISSOCK(there.st_mode))
            return hg_fail(reterr, HG_EUSAGE, "unix:%s is a file that is no socket", path);
        if (!is_stale(address) || unlink(path) != 0)
            return hg_fail(reterr, HG_ESTATE, "another process listens on unix:%s", path);
    }
    return hg_fail(reterr, HG_EIO, "can't listen on unix:%s", path);
}

static enum hg_rc bind_unix(struct lis_unix *lis, struct hg_err *reterr)
{
    const char *path = lis->address.sun_path;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "can't listen on unix:%s", path);
    fchmod(fd, SOCKET_MODE); /* so that the file is never open to all, whatever the umask */
    enum hg_rc rc = bind_fresh(fd, &lis->address, reterr);
    if (rc != HG_OK) {
        close(fd);
        return rc;
    }
    struct stat made;
    if (chmod(path, SOCKET_MODE) != 0 || lstat(path, &made) != 0) {
        rc = hg_fail(reterr, HG_EIO, "can't listen on unix:%s", path);
        close(fd);
        unlink(path);
        return rc;
    }
    lis->device = made.st_dev;
    lis->inode = made.st_ino;
    static const struct peers_settings settings = {framing_line, NULL};
    return peers_create(fd, &settings, &lis->peers, reterr);
}

static enum hg_rc unix_open(const char *rest, struct hg_listener **ret, struct hg_err *reterr)
{
    size_t len = strlen(rest);
    struct lis_unix *lis = calloc(1, sizeof *lis);
    if (lis == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a listener");
    lis->listener.kind = &hg_listener_unix;
    lis->address.sun_family = AF_UNIX;
    enum hg_rc rc;
    if (len == 0 || len >= sizeof lis->address.sun_path)
        rc = hg_fail(reterr, HG_EUSAGE, "unix:%s: expected a path of 1 to %zu bytes", rest, sizeof lis->address.sun_path - 1);
    else {
        memcpy(lis->address.sun_path, rest, len);
        rc = bind_unix(lis, reterr);
    }
    if (rc != HG_OK) {
        unix_close(&lis->listener);
        return rc;
    }
    *ret = &lis->listener;
    return HG_OK;
}

static void unix_close(struct hg_listener *listener)
{
    struct lis_unix *lis = (struct lis_unix *)listener;
    struct stat there;
    if (lis->inode != 0 && lstat(lis->address.sun_path, &there) == 0 && there.st_dev == lis->device && there.st_ino == lis->inode)
        unlink(lis->address.sun_path);
    peers_destroy(lis->peers);
    free(lis);
}

static enum hg_rc unix_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    return peers_read(((struct lis_unix *)listener)->peers, wait_ms, out, room, ret_len, reterr);
}

static void unix_status(const struct hg_listener *listener, struct hg_listener_status *ret)
{
    peers_status(((const struct lis_unix *)listener)->peers, ret);
}
