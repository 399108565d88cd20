#include "detect/model_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hg_rc write_all(int fd, struct hg_slice bytes, const char *path, struct hg_err *reterr)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hg_fail(reterr, HG_EIO, "can't write %s", path);
        bytes = hg_slice_from(bytes, (size_t)n);
    }
    return HG_OK;
}

/* The new name lasts only once the directory is on disk too. */
static enum hg_rc sync_directory(const char *path, struct hg_err *reterr)
{
    const char *slash = strrchr(path, '/');
    char directory[4096];
    int n = slash == NULL ? snprintf(directory, sizeof directory, ".")
                          : snprintf(directory, sizeof directory, "%.*s", (int)(slash - path + 1), path);
    if (n < 0 || (size_t)n >= sizeof directory)
        return hg_fail(reterr, HG_EUSAGE, "the path is too long: %s", path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "can't open %s", directory);
    enum hg_rc rc = HG_OK;
    if (fsync(fd) != 0 && errno != EINVAL) /* some file systems can't, and need not */
        rc = hg_fail(reterr, HG_EIO, "can't sync %s", directory);
    close(fd);
    return rc;
}

/* Under a name of its own beside the target first, so that the target is the old model or the new one, never half of
 * it. */
static enum hg_rc write_file(const char *path, struct hg_slice bytes, struct hg_err *reterr)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return hg_fail(reterr, HG_EUSAGE, "the path is too long: %s", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "can't create %s", temporary);
    enum hg_rc rc = write_all(fd, bytes, temporary, reterr);
    if (rc == HG_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
        rc = hg_fail(reterr, HG_EIO, "can't sync %s", temporary);
    if (close(fd) != 0 && rc == HG_OK)
        rc = hg_fail(reterr, HG_EIO, "can't close %s", temporary);
    if (rc == HG_OK && rename(temporary, path) != 0)
        rc = hg_fail(reterr, HG_EIO, "can't rename %s to %s", temporary, path);
    if (rc != HG_OK) {
        unlink(temporary);
        return rc;
    }
    return sync_directory(path, reterr);
}

enum hg_rc hg_model_save(const struct hg_model *model, const char *path, struct hg_err *reterr)
{
    struct hg_buf buf;
    hg_buf_init(&buf, MODEL_BYTES_MAX);
    hg_model_serialise(model, &buf);
    enum hg_rc rc = buf.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to write the model")
                               : write_file(path, hg_buf_slice(&buf), reterr);
    hg_buf_free(&buf);
    return rc;
}

static enum hg_rc read_all(int fd, const char *path, struct hg_buf *buf, struct hg_err *reterr)
{
    for (;;) {
        if (!hg_buf_reserve(buf, 64u * 1024))
            return hg_fail(reterr, HG_EFORMAT, "%s: too large for a model", path);
        ssize_t n = read(fd, buf->p + buf->len, buf->cap - buf->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hg_fail(reterr, HG_EIO, "can't read %s", path);
        if (n == 0)
            return HG_OK;
        buf->len += (size_t)n;
    }
}

enum hg_rc hg_model_load(const char *path, struct hg_model **ret, struct hg_err *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "can't open %s", path);
    struct hg_buf buf;
    hg_buf_init(&buf, MODEL_BYTES_MAX);
    enum hg_rc rc = read_all(fd, path, &buf, reterr);
    close(fd);
    if (rc == HG_OK) {
        struct hg_err why = {0};
        rc = hg_model_parse(hg_buf_slice(&buf), ret, &why);
        if (rc != HG_OK)
            hg_fail(reterr, rc, "%s: %s", path, why.msg);
    }
    hg_buf_free(&buf);
    return rc;
}
