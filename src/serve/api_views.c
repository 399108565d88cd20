/* GET and POST /views: the page's addresses, kept under names. They stand in views.jsonl of the state directory, a line each, replaced as a whole. */
#include "serve/members.h"
#include "serve/serve_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define VIEWS_MAX   200u
#define NAME_CHARS  80u
#define QUERY_BYTES 8192u
#define FILE_BYTES  ((size_t)VIEWS_MAX * (6 * 4 * NAME_CHARS + 6 * QUERY_BYTES + 64))

struct views {
    struct {
        struct hg_slice name, query;
    } rows[VIEWS_MAX];
    size_t n;
    struct hg_arena arena;
};

static enum hg_rc fail(struct hg_err *reterr, const char *what, const char *path)
{
    int error = errno;
    char text[128];
    const char *words = strerror_r(error, text, sizeof text);
    return hg_fail(reterr, HG_EIO, "%s can't be %s: %s", path, what, words);
}

static bool view_path(const struct hg_serve *serve, const char *name, char out[4096])
{
    int n = snprintf(out, 4096, "%s/%s", serve->state_dir, name);
    return n > 0 && n < 4096;
}

/* A line that can't be read (somebody edited the file) is left out. */
static void parse_views(struct views *views, struct hg_slice text)
{
    while (text.len > 0 && views->n < VIEWS_MAX) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.p);
        struct hg_member members[] = {{.name = "name"}, {.name = "query"}};
        if (hg_members_read((struct hg_slice){text.p, len}, members, 2, &views->arena) && members[0].value.p != NULL && members[1].value.p != NULL) {
            views->rows[views->n].name = members[0].value;
            views->rows[views->n++].query = members[1].value;
        }
        text = hg_slice_from(text, end == NULL ? len : len + 1);
    }
}

static enum hg_rc read_views(struct hg_serve *serve, struct views *views, struct hg_err *reterr)
{
    char path[4096];
    views->n = 0;
    if (!view_path(serve, "views.jsonl", path))
        return hg_fail(reterr, HG_EIO, "the state directory's path is too long");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT ? HG_OK : fail(reterr, "read", path);
    char *text = hg_arena_alloc(&views->arena, FILE_BYTES);
    size_t len = text == NULL ? 0 : fread(text, 1, FILE_BYTES, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (text == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for saved views");
    if (failed)
        return fail(reterr, "read", path);
    parse_views(views, (struct hg_slice){text, len});
    return HG_OK;
}

static void put_views(const struct views *views, struct hg_jsonw *w, bool as_lines)
{
    for (size_t i = 0; i < views->n; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "name");
        hg_jsonw_str(w, views->rows[i].name);
        hg_jsonw_key(w, "query");
        hg_jsonw_str(w, views->rows[i].query);
        hg_jsonw_close(w, '}');
        if (as_lines) {
            hg_buf_char(w->buf, '\n');
            w->comma = false;
        }
    }
}

static enum hg_rc write_file(const char *path, struct hg_slice text, struct hg_err *reterr)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(reterr, "written", path);
    bool ok = true;
    while (ok && text.len > 0) {
        ssize_t n = write(fd, text.p, text.len);
        ok = n > 0 || (n < 0 && errno == EINTR);
        text = hg_slice_from(text, n > 0 ? (size_t)n : 0);
    }
    ok = ok && fsync(fd) == 0;
    enum hg_rc rc = ok ? HG_OK : fail(reterr, "written", path);
    close(fd);
    return rc;
}

/* Either the old file or the new one is there, whenever it ends. */
static enum hg_rc write_views(struct hg_serve *serve, const struct views *views, struct hg_err *reterr)
{
    char path[4096], fresh[4096];
    struct hg_buf text;
    struct hg_jsonw w = {.buf = &text};
    if (!view_path(serve, "views.jsonl", path) || !view_path(serve, "views.jsonl.new", fresh))
        return hg_fail(reterr, HG_EIO, "the state directory's path is too long");
    hg_buf_init(&text, FILE_BYTES);
    put_views(views, &w, true);
    enum hg_rc rc = text.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for saved views") : write_file(fresh, hg_buf_slice(&text), reterr);
    hg_buf_free(&text);
    if (rc == HG_OK && rename(fresh, path) != 0)
        rc = fail(reterr, "replaced", path);
    if (rc != HG_OK)
        unlink(fresh);
    return rc;
}

static void answer(struct hg_call *call, const struct views *views)
{
    hg_jsonw_open(&call->w, '{');
    hg_jsonw_key(&call->w, "views");
    hg_jsonw_open(&call->w, '[');
    put_views(views, &call->w, false);
    hg_jsonw_close(&call->w, ']');
    hg_jsonw_close(&call->w, '}');
}

static void failed(struct hg_call *call, const struct hg_err *err)
{
    call->retry_after = "1";
    hg_call_problem(call, 503, "saved views are out of reach", "%s", err->msg);
}

/* query {NULL, 0}: the view goes. */
static bool change(struct views *views, struct hg_slice name, struct hg_slice query)
{
    size_t at = 0;
    while (at < views->n && !hg_slice_eq(views->rows[at].name, name))
        at++;
    if (query.p == NULL) {
        if (at == views->n)
            return false;
        memmove(&views->rows[at], &views->rows[at + 1], (--views->n - at) * sizeof views->rows[0]);
        return true;
    }
    if (at == VIEWS_MAX)
        return false;
    views->n += at == views->n;
    views->rows[at].name = name;
    views->rows[at].query = query;
    return true;
}

static void change_views(struct hg_call *call, struct views *views, struct hg_slice name, struct hg_slice query)
{
    struct hg_serve *serve = call->serve;
    struct hg_err err;
    bool changed = false;
    pthread_mutex_lock(&serve->views_lock);
    enum hg_rc rc = read_views(serve, views, &err);
    if (rc == HG_OK)
        changed = change(views, name, query);
    if (rc == HG_OK && changed)
        rc = write_views(serve, views, &err);
    pthread_mutex_unlock(&serve->views_lock);
    if (rc != HG_OK)
        failed(call, &err);
    else if (!changed && query.p == NULL)
        hg_call_problem(call, 404, "not found", "There is no view of that name.");
    else if (!changed)
        hg_call_problem(call, 400, "too many views", "There are %u saved views; delete one first.", VIEWS_MAX);
    else
        answer(call, views);
}

/* Characters, of UTF-8 without control characters; at most `most`, at least one. */
static bool is_line(struct hg_slice text, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    }
    return n > 0 && n <= most;
}

static void with_views(struct hg_call *call, bool deletes)
{
    struct views views;
    struct hg_member members[] = {{.name = "name"}, {.name = "query"}};
    hg_arena_init(&views.arena, (size_t)16 * 1024, 4 * FILE_BYTES + HG_INFLATED_BYTES_MAX);
    bool read = call->body.bytes.len <= 8 * QUERY_BYTES && hg_members_read(hg_buf_slice(&call->body.bytes), members, deletes ? 1 : 2, &views.arena);
    struct hg_slice query = members[1].value;
    if (!read || !is_line(members[0].value, NAME_CHARS) || (!deletes && (query.p == NULL || query.len > QUERY_BYTES || (query.len > 0 && !is_line(query, QUERY_BYTES)))))
        hg_call_problem(call, 400, "bad body", deletes ? "Expected {\"name\":\"…\"} of 1 to %u characters."
                                                       : "Expected {\"name\":\"…\",\"query\":\"…\"}: a name of 1 to %u characters, and the page's query string.", NAME_CHARS);
    else
        change_views(call, &views, members[0].value, deletes ? HG_SLICE_NONE : query);
    hg_arena_free(&views.arena);
}

void hg_handle_views(struct hg_call *call)
{
    struct views views;
    struct hg_err err;
    hg_arena_init(&views.arena, (size_t)16 * 1024, 4 * FILE_BYTES);
    pthread_mutex_lock(&call->serve->views_lock);
    enum hg_rc rc = read_views(call->serve, &views, &err);
    pthread_mutex_unlock(&call->serve->views_lock);
    if (rc == HG_OK)
        answer(call, &views);
    else
        failed(call, &err);
    hg_arena_free(&views.arena);
}

void hg_handle_views_save(struct hg_call *call)
{
    with_views(call, false);
}

void hg_handle_views_delete(struct hg_call *call)
{
    with_views(call, true);
}
