/* Connections: opening, migrations, statements, and the values that go in and out of them. */
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "honeyguide.db"
#define LOCK_NAME "honeyguide.lock"

/* ---- failures */

enum hg_rc db_fail(struct db *db, const char *what, struct hg_err *reterr)
{
    int code = db->handle == NULL ? SQLITE_NOMEM : sqlite3_errcode(db->handle);
    const char *text = db->handle == NULL ? "no memory" : sqlite3_errmsg(db->handle);
    errno = db->handle == NULL ? 0 : sqlite3_system_errno(db->handle);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return hg_fail(reterr, HG_EBUSY, "store: %s: %s", what, text);
    case SQLITE_NOMEM:
        return hg_fail(reterr, HG_ENOMEM, "store: %s: %s", what, text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return hg_fail(reterr, HG_EFORMAT, "store: %s: %s", what, text);
    default:
        return hg_fail(reterr, HG_EIO, "store: %s: %s", what, text);
    }
}

enum hg_rc db_exec(struct db *db, const char *sql, struct hg_err *reterr)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? HG_OK : db_fail(db, "set-up", reterr);
}

/* ---- statements */

enum hg_rc db_statement(struct db *db, enum sql sql, sqlite3_stmt **ret, struct hg_err *reterr)
{
    static const char *const texts[] = {
#define SQL(name, text) text,
#include "store/statements.def"
#undef SQL
    };
    sqlite3_stmt **statement = &db->statements[sql];
    if (*statement != NULL)
        sqlite3_reset(*statement);
    else if (sqlite3_prepare_v3(db->handle, texts[sql], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return db_fail(db, "prepare", reterr);
    *ret = *statement;
    return HG_OK;
}

enum hg_rc binder_open(struct binder *b, struct db *db, enum sql sql, struct hg_err *reterr)
{
    *b = (struct binder){.db = db};
    return db_statement(db, sql, &b->statement, reterr);
}

void binder_reset(struct binder *b)
{
    sqlite3_reset(b->statement);
}

enum hg_rc binder_step(struct binder *b, bool *ret_row, const char *what, struct hg_err *reterr)
{
    int code = b->failed != 0 ? SQLITE_NOMEM : sqlite3_step(b->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        enum hg_rc rc = b->failed != 0 ? hg_fail(reterr, HG_ENOMEM, "store: %s: no memory", what) : db_fail(b->db, what, reterr);
        binder_reset(b);
        return rc;
    }
    *ret_row = code == SQLITE_ROW;
    if (!*ret_row)
        binder_reset(b);
    return HG_OK;
}

enum hg_rc binder_run(struct binder *b, const char *what, struct hg_err *reterr)
{
    bool row;
    enum hg_rc rc = binder_step(b, &row, what, reterr);
    if (rc == HG_OK)
        binder_reset(b);
    return rc;
}

struct hg_slice row_bytes(struct row *row)
{
    struct hg_slice bytes = HG_SLICE_NONE;
    if (!row_is_null(row)) {
        bytes.p = sqlite3_column_blob(row->statement, row->at);
        bytes.len = (size_t)sqlite3_column_bytes(row->statement, row->at);
        if (bytes.p == NULL)
            bytes.p = "";
    }
    row->at++;
    return bytes;
}

void row_16(struct row *row, uint8_t out[16])
{
    struct hg_slice bytes = row_bytes(row);
    memset(out, 0, 16);
    if (bytes.len == 16)
        memcpy(out, bytes.p, 16);
}

void row_chars(struct row *row, char *out, size_t size)
{
    struct hg_slice bytes = row_bytes(row);
    size_t len = bytes.len < size ? bytes.len : size - 1;
    memset(out, 0, size);
    if (len > 0)
        memcpy(out, bytes.p, len);
}

bool row_copy(struct row *row, struct hg_arena *arena, struct hg_slice *ret)
{
    struct hg_slice bytes = row_bytes(row);
    *ret = bytes.p == NULL || arena == NULL ? bytes : hg_arena_copy(arena, bytes);
    return bytes.p == NULL || ret->p != NULL;
}

const char *row_text(struct row *row, struct hg_arena *arena)
{
    struct hg_slice bytes = row_bytes(row);
    char *text = hg_arena_alloc(arena, bytes.len + 1);
    if (text == NULL)
        return NULL;
    if (bytes.len > 0)
        memcpy(text, bytes.p, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

/* ---- connections */

enum hg_rc db_version(struct db *db, int *ret, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK)
        return db_fail(db, "version", reterr);
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    if (ok)
        *ret = sqlite3_column_int(statement, 0);
    enum hg_rc rc = ok ? HG_OK : db_fail(db, "version", reterr);
    sqlite3_finalize(statement);
    return rc;
}

enum hg_rc db_open(struct db *db, const char *state_dir, bool create, struct hg_err *reterr)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", state_dir, FILE_NAME) >= (int)sizeof path)
        return hg_fail(reterr, HG_EUSAGE, "store: the path of the state directory is too long");
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        enum hg_rc rc = db_fail(db, path, reterr);
        db_close(db);
        return rc;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, 2000);
    return HG_OK;
}

void db_close(struct db *db)
{
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->handle);
    *db = (struct db){.handle = NULL};
}

/* Each migration and its version number in one transaction. */
static enum hg_rc migrate(struct db *db, struct hg_err *reterr)
{
    int version = 0;
    enum hg_rc rc = db_version(db, &version, reterr);
    if (rc != HG_OK)
        return rc;
    if (version > n_migrations)
        return hg_fail(reterr, HG_EFORMAT, "store: the database is of version %d, this program knows %d: use a newer one", version,
                       n_migrations);
    for (; version < n_migrations; version++) {
        char mark[64];
        snprintf(mark, sizeof mark, "PRAGMA user_version = %d; COMMIT", version + 1);
        rc = db_exec(db, "BEGIN IMMEDIATE", reterr);
        if (rc == HG_OK)
            rc = db_exec(db, migrations[version].sql, reterr);
        if (rc == HG_OK)
            rc = db_exec(db, mark, reterr);
        if (rc != HG_OK) {
            sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
            return rc;
        }
    }
    return HG_OK;
}

enum hg_rc state_read(struct db *db, struct store_state *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, db, SQL_STATE, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "state", reterr);
    if (rc != HG_OK)
        return rc;
    if (!found)
        return hg_fail(reterr, HG_EFORMAT, "store: the database has no state");
    struct row row = {b.statement, 0};
    *ret = (struct store_state){.sequence = row_u64(&row)};
    ret->clock_us = row_time(&row);
    ret->ring_events = row_u64(&row);
    ret->ring_dropped_us = row_time(&row);
    ret->quarantine.last = row_u64(&row);
    ret->quarantine.records = row_u64(&row);
    ret->quarantine.bytes = row_u64(&row);
    ret->quarantine.dropped = row_u64(&row);
    ret->dropped_events = row_u64(&row);
    binder_reset(&b);
    return HG_OK;
}

enum hg_rc span_read(struct db *db, enum sql which, struct span *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    *ret = (struct span){0};
    enum hg_rc rc = binder_open(&b, db, which, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "span", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    ret->first = row_u64(&row);
    ret->last = row_u64(&row);
    ret->min_us = row_i64(&row);
    ret->max_us = row_i64(&row);
    binder_reset(&b);
    return HG_OK;
}

/* ---- the writer */

static enum hg_rc lock_directory(const char *state_dir, int *ret, struct hg_err *reterr)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", state_dir, LOCK_NAME) >= (int)sizeof path)
        return hg_fail(reterr, HG_EUSAGE, "store: the path of the state directory is too long");
    if (mkdir(state_dir, 0700) != 0 && errno != EEXIST)
        return hg_fail(reterr, HG_EIO, "store: can't make %s", state_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "store: can't open %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *ret = fd;
        return HG_OK;
    }
    enum hg_rc rc = errno == EWOULDBLOCK ? hg_fail(reterr, HG_EBUSY, "store: %s is in use by another honeyguide", state_dir)
                                         : hg_fail(reterr, HG_EIO, "store: can't lock %s", path);
    close(fd);
    return rc;
}

static enum hg_rc prepare_writer(struct hg_store *store, struct hg_err *reterr)
{
    static const char set_up[] = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                 "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
                                 "PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY";
    enum hg_rc rc = db_exec(&store->db, set_up, reterr);
    if (rc == HG_OK)
        rc = migrate(&store->db, reterr);
    if (rc == HG_OK)
        rc = state_read(&store->db, &store->state, reterr);
    return rc == HG_OK ? span_read(&store->db, SQL_SPAN_LAST, &store->state.span, reterr) : rc;
}

enum hg_rc hg_store_open(const char *state_dir, const struct hg_store_settings *settings, struct hg_store **ret,
                         struct hg_err *reterr)
{
    struct hg_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory");
    store->lock = -1;
    store->settings = *settings;
    hg_buf_init(&store->text, 1u << 20);
    enum hg_rc rc = lock_directory(state_dir, &store->lock, reterr);
    if (rc == HG_OK)
        rc = db_open(&store->db, state_dir, true, reterr);
    if (rc == HG_OK)
        rc = prepare_writer(store, reterr);
    if (rc != HG_OK) {
        hg_store_close(store);
        return rc;
    }
    *ret = store;
    return HG_OK;
}

void hg_store_close(struct hg_store *store)
{
    if (store == NULL)
        return;
    db_close(&store->db);
    if (store->lock >= 0)
        close(store->lock);
    address_set_free(&store->addresses);
    hg_buf_free(&store->text);
    free(store);
}

uint64_t hg_store_sequence(struct hg_store *store)
{
    return store->state.sequence;
}

int64_t hg_store_clock(struct hg_store *store)
{
    return store->state.clock_us;
}
