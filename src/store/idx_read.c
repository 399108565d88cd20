/* The index for readers: opened when it is first wanted, and again when another file has taken its place. */
#include "store/index.h"
#include "store/look.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of the reader's database. */
static bool state_dir_of(struct hg_reader_db *reader, char out[PATH_MAX])
{
    const char *file = sqlite3_db_filename(reader->db.handle, "main");
    const char *slash = file == NULL ? NULL : strrchr(file, '/');
    if (slash == NULL || slash - file >= PATH_MAX)
        return false;
    memcpy(out, file, (size_t)(slash - file));
    out[slash - file] = '\0';
    return true;
}

static bool is_same_file(const struct index_db *index, const char *dir)
{
    char path[PATH_MAX];
    struct stat status;
    return index_path(dir, INDEX_NAME, path, sizeof path, NULL) == HG_OK && stat(path, &status) == 0 && index->device == (uint64_t)status.st_dev &&
           index->inode == (uint64_t)status.st_ino;
}

/* NULL: there is none to be had. */
static struct index_db *current(struct hg_reader_db *reader, const char *dir)
{
    struct reader_desk *desk = reader->desk;
    struct hg_err err;
    if (desk->index != NULL && is_same_file(desk->index, dir))
        return desk->index;
    index_close(desk->index);
    desk->index = calloc(1, sizeof *desk->index);
    if (desk->index == NULL)
        return NULL;
    enum hg_rc rc = index_open(dir, false, desk->index, &err);
    if (rc == HG_OK)
        return desk->index;
    free(desk->index);
    desk->index = NULL;
    if (rc == HG_EFORMAT)
        index_report(reader);
    return NULL;
}

void index_close(struct index_db *index)
{
    if (index == NULL)
        return;
    index_end(index);
    free(index);
}

void index_report(struct hg_reader_db *reader)
{
    char dir[PATH_MAX], path[PATH_MAX];
    if (!state_dir_of(reader, dir) || index_path(dir, DAMAGED_NAME, path, sizeof path, NULL) != HG_OK)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

void index_release(struct hg_reader_db *reader)
{
    struct index_db *index = reader->desk == NULL ? NULL : reader->desk->index;
    if (index != NULL && !sqlite3_get_autocommit(index->handle))
        sqlite3_exec(index->handle, "ROLLBACK", NULL, NULL, NULL);
}

void index_segments(struct hg_reader_db *reader, uint64_t newest, struct segment **ret, size_t *ret_n)
{
    char dir[PATH_MAX];
    struct hg_err err;
    *ret = NULL;
    *ret_n = 0;
    struct index_db *index = state_dir_of(reader, dir) ? current(reader, dir) : NULL;
    if (index == NULL)
        return;
    enum hg_rc rc = index_exec(index, "BEGIN", &err);
    if (rc == HG_OK)
        rc = index_list(index, ret, ret_n, &err);
    if (rc == HG_OK && !index->fits)
        rc = index_fits(&reader->db, newest, *ret, *ret_n, &index->fits, &err);
    if (rc == HG_OK && index->fits)
        return;
    if (rc == HG_EFORMAT || rc == HG_EIO || (rc == HG_OK && !index->fits))
        index_report(reader);
    free(*ret);
    *ret = NULL;
    *ret_n = 0;
    index_release(reader);
}

enum hg_rc hg_reader_index_status(struct hg_reader_db *reader, struct hg_index_status *ret, struct hg_err *reterr)
{
    char dir[PATH_MAX], path[PATH_MAX];
    struct segment *segments;
    struct store_state state;
    struct stat status;
    size_t n;
    enum hg_rc rc = reader_desk_make(reader, reterr);
    if (rc == HG_OK)
        rc = state_read(&reader->db, &state, reterr);
    if (rc != HG_OK)
        return rc;
    index_segments(reader, state.sequence, &segments, &n);
    uint64_t last = n > 0 ? segments[n - 1].last : 0;
    *ret = (struct hg_index_status){.behind = state.sequence > last ? state.sequence - last : 0};
    for (size_t i = 0; i < n; i++)
        ret->events += segments[i].n;
    free(segments);
    index_release(reader);
    static const char *const names[] = {INDEX_NAME, INDEX_NAME "-wal"};
    for (int i = 0; i < 2 && state_dir_of(reader, dir); i++)
        if (index_path(dir, names[i], path, sizeof path, NULL) == HG_OK && stat(path, &status) == 0)
            ret->bytes += (uint64_t)status.st_size;
    return HG_OK;
}
