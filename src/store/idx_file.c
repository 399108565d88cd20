/* index.db: opening, its table of segments, parts. */
#include "store/index.h"

#include "base/grow.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FITS_MOST      256u /* segments that are tried for an event that is still stored */
#define PART_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS segment (number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, level INTEGER NOT NULL,"
    " events INTEGER NOT NULL, kept INTEGER NOT NULL, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL, columns INTEGER NOT NULL,"
    " lacks_kept INTEGER NOT NULL, lacks_recent INTEGER NOT NULL, id_sequence INTEGER NOT NULL, id BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;" /* columns: bits of those that say something */
    "CREATE TABLE IF NOT EXISTS part (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"; /* id: 128 a segment, see part_id */

enum hg_rc index_path(const char *state_dir, const char *name, char *ret, size_t size, struct hg_err *reterr)
{
    if (snprintf(ret, size, "%s/%s", state_dir, name) >= (int)size)
        return hg_fail(reterr, HG_EUSAGE, "store: the path of the state directory is too long");
    return HG_OK;
}

void index_remove(const char *state_dir)
{
    static const char *const names[] = {INDEX_NAME "-wal", INDEX_NAME "-shm", INDEX_NAME, DAMAGED_NAME};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (index_path(state_dir, names[i], path, sizeof path, NULL) == HG_OK)
            unlink(path);
}

/* What isn't the disk's or the moment's fault is damage: then it is made anew. */
static enum hg_rc index_fail(struct index_db *index, const char *what, struct hg_err *reterr)
{
    struct db db = {.handle = index->handle};
    int code = index->handle == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(index->handle);
    bool unreadable = code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ || (code & 0xff) == SQLITE_ERROR ||
                      (code & 0xff) == SQLITE_CONSTRAINT;
    enum hg_rc rc = db_fail(&db, what, reterr);
    return unreadable ? hg_fail(reterr, HG_EFORMAT, "store: the index can't be read") : rc;
}

enum hg_rc index_exec(struct index_db *index, const char *sql, struct hg_err *reterr)
{
    return sqlite3_exec(index->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? HG_OK : index_fail(index, "index", reterr);
}

static enum hg_rc prepare(struct index_db *index, const char *sql, sqlite3_stmt **ret, struct hg_err *reterr)
{
    return sqlite3_prepare_v2(index->handle, sql, -1, ret, NULL) == SQLITE_OK ? HG_OK : index_fail(index, "index", reterr);
}

/* 0: made just now. */
static enum hg_rc version_of(struct index_db *index, int *ret, struct hg_err *reterr)
{
    struct db db = {.handle = index->handle};
    return db_version(&db, ret, reterr);
}

static enum hg_rc set_up(struct index_db *index, bool write, struct hg_err *reterr)
{
    char mark[64];
    int version = 0;
    enum hg_rc rc = HG_OK;
    if (write)
        rc = index_exec(index, "PRAGMA page_size = 65536; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 256;"
                               "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192", reterr);
    else
        rc = index_exec(index, "PRAGMA query_only = 1; PRAGMA cache_size = -4096", reterr);
    if (rc == HG_OK)
        rc = version_of(index, &version, reterr);
    if (rc == HG_OK && version == 0 && write) {
        snprintf(mark, sizeof mark, "PRAGMA user_version = %d", INDEX_VERSION);
        rc = index_exec(index, schema, reterr);
        if (rc == HG_OK)
            rc = index_exec(index, mark, reterr);
        version = INDEX_VERSION;
    }
    if (rc == HG_OK && version != INDEX_VERSION)
        return hg_fail(reterr, HG_EFORMAT, "store: the index is of another version");
    if (rc == HG_OK)
        rc = prepare(index, "SELECT number, first, last, level, events, kept, min_us, max_us, columns, lacks_kept, lacks_recent, id_sequence, "
                            "id, checksum FROM segment ORDER BY first", &index->list, reterr);
    return rc == HG_OK ? prepare(index, "SELECT bytes FROM part WHERE id = ?", &index->part, reterr) : rc;
}

enum hg_rc index_open(const char *state_dir, bool write, struct index_db *ret, struct hg_err *reterr)
{
    char path[PATH_MAX];
    struct stat status;
    enum hg_rc rc = index_path(state_dir, INDEX_NAME, path, sizeof path, reterr);
    *ret = (struct index_db){0};
    if (rc != HG_OK)
        return rc;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (write ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &ret->handle, flags, NULL) != SQLITE_OK) {
        rc = index_fail(ret, "index", reterr);
    } else {
        sqlite3_extended_result_codes(ret->handle, 1);
        sqlite3_busy_timeout(ret->handle, write ? 2000 : 100);
        rc = set_up(ret, write, reterr);
    }
    if (rc == HG_OK && stat(path, &status) == 0) {
        ret->device = (uint64_t)status.st_dev;
        ret->inode = (uint64_t)status.st_ino;
    }
    if (rc != HG_OK)
        index_end(ret);
    return rc;
}

void index_end(struct index_db *index)
{
    sqlite3_finalize(index->list);
    sqlite3_finalize(index->part);
    sqlite3_close(index->handle);
    *index = (struct index_db){0};
}

/* ---- the table of segments */

static uint64_t check_of(const struct segment *s, uint64_t columns)
{
    const uint64_t numbers[] = {(uint64_t)s->number, s->first,  s->last,          s->level, s->n, s->n_kept, (uint64_t)s->min_us, (uint64_t)s->max_us,
                                columns,             s->lacks.kept, s->lacks.recent, s->id_sequence};
    uint64_t hash = hg_hash64((struct hg_slice){(const char *)numbers, sizeof numbers}, INDEX_VERSION);
    return hg_hash64((struct hg_slice){(const char *)s->id.b, sizeof s->id.b}, hash);
}

static bool segment_row(struct index_db *index, struct segment *ret)
{
    static const uint32_t no_values[1] = {0};
    struct row row = {index->list, 0};
    *ret = (struct segment){.db = index, .number = row_i64(&row)};
    ret->first = row_u64(&row);
    ret->last = row_u64(&row);
    ret->level = (uint8_t)row_u64(&row);
    ret->n = (uint32_t)row_u64(&row);
    ret->n_kept = (uint32_t)row_u64(&row);
    ret->min_us = row_i64(&row);
    ret->max_us = row_i64(&row);
    uint64_t columns = row_u64(&row);
    ret->lacks.kept = row_u64(&row);
    ret->lacks.recent = row_u64(&row);
    ret->id_sequence = row_u64(&row);
    row_16(&row, ret->id.b);
    ret->have = ret->have_values = ALL_COLUMNS & ~columns; /* the others say nothing of any row */
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        ret->columns[i] = (struct column){.n = 1, .ends = no_values, .bytes = ""};
    return row_u64(&row) == check_of(ret, columns) && ret->n > 0 && ret->n <= SEGMENT_ROWS && ret->first <= ret->last;
}

enum hg_rc index_list(struct index_db *index, struct segment **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct segment *segments = NULL;
    size_t n = 0, cap = 0;
    int code;
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && (code = sqlite3_step(index->list)) != SQLITE_DONE) {
        struct segment *grown = code == SQLITE_ROW ? hg_grow(segments, n, &cap, sizeof *segments) : NULL;
        if (code != SQLITE_ROW) {
            rc = index_fail(index, "index", reterr);
        } else if (grown == NULL) {
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for segments");
        } else {
            segments = grown;
            bool fine = segment_row(index, &segments[n]) && (n == 0 || segments[n].first > segments[n - 1].last);
            n++;
            rc = fine ? HG_OK : hg_fail(reterr, HG_EFORMAT, "store: the index is damaged");
        }
    }
    sqlite3_reset(index->list);
    if (rc != HG_OK) {
        free(segments);
        return rc;
    }
    *ret = segments;
    *ret_n = n;
    return HG_OK;
}

static enum hg_rc same_event(struct db *db, const struct segment *segment, bool *ret_found, bool *ret_same, struct hg_err *reterr)
{
    struct hg_id id;
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_EVENT_ID, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, segment->id_sequence);
    rc = binder_step(&b, ret_found, "event", reterr);
    if (rc != HG_OK || !*ret_found)
        return rc;
    struct row row = {b.statement, 0};
    row_16(&row, id.b);
    *ret_same = memcmp(&id, &segment->id, sizeof id) == 0;
    binder_reset(&b);
    return HG_OK;
}

enum hg_rc index_fits(struct db *db, uint64_t newest, const struct segment *segments, size_t n, bool *ret, struct hg_err *reterr)
{
    bool found = false, any = false;
    enum hg_rc rc = HG_OK;
    *ret = false;
    for (unsigned i = 0; rc == HG_OK && !found && n-- > 0 && i < FITS_MOST; i++) {
        if (segments[n].last > newest)
            continue;
        any = true;
        rc = same_event(db, &segments[n], &found, ret, reterr);
    }
    *ret = *ret || !any;
    return rc;
}

/* ---- parts */

static enum hg_rc part_load(struct segment *segment, unsigned part, bool codes, struct hg_err *reterr)
{
    struct index_db *index = segment->db;
    enum hg_rc rc;
    sqlite3_bind_int64(index->part, 1, part_id(segment->number, part, codes));
    int code = sqlite3_step(index->part);
    if (code == SQLITE_ROW) {
        struct row row = {index->part, 0};
        rc = part_take(segment, part, codes, row_bytes(&row), reterr);
    } else {
        rc = code == SQLITE_NOMEM ? index_fail(index, "index", reterr) : hg_fail(reterr, HG_EFORMAT, "store: a part of the index can't be read");
    }
    sqlite3_reset(index->part);
    return rc;
}

enum hg_rc segment_need_values(struct segment *segment, unsigned column, struct hg_err *reterr)
{
    if ((segment->have_values & COLUMN_BIT(column)) != 0)
        return HG_OK;
    enum hg_rc rc = part_load(segment, column, false, reterr);
    if (rc == HG_OK)
        segment->have_values |= COLUMN_BIT(column);
    return rc;
}

enum hg_rc segment_need(struct segment *segment, uint64_t parts, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (uint64_t left = parts & ~segment->have; left != 0 && rc == HG_OK; left &= left - 1) {
        unsigned part = (unsigned)__builtin_ctzll(left);
        if (part < COLUMN_COUNT)
            rc = segment_need_values(segment, part, reterr);
        if (rc == HG_OK)
            rc = part_load(segment, part, true, reterr);
        if (rc == HG_OK)
            segment->have |= COLUMN_BIT(part);
    }
    return rc;
}

/* ---- writing */

static enum hg_rc run(struct index_db *index, sqlite3_stmt *statement, struct hg_err *reterr)
{
    enum hg_rc rc = sqlite3_step(statement) == SQLITE_DONE ? HG_OK : index_fail(index, "index", reterr);
    sqlite3_finalize(statement);
    return rc;
}

static enum hg_rc put_part(struct index_db *index, int64_t id, struct hg_slice bytes, uint64_t *written, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    if (bytes.p == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for a part of the index");
    enum hg_rc rc = prepare(index, "INSERT INTO part (id, bytes) VALUES (?,?)", &statement, reterr);
    if (rc != HG_OK)
        return rc;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_blob(statement, 2, bytes.p, (int)bytes.len, SQLITE_STATIC);
    *written += bytes.len;
    return run(index, statement, reterr);
}

static enum hg_rc put_parts(struct index_db *index, const struct segment *segment, uint64_t columns, uint64_t *written, struct hg_err *reterr)
{
    struct hg_buf buf;
    enum hg_rc rc = HG_OK;
    hg_buf_init(&buf, PART_BYTES_MAX);
    for (unsigned part = 0; part < PART_COUNT && rc == HG_OK; part++) {
        if (part < COLUMN_COUNT && (columns & COLUMN_BIT(part)) == 0)
            continue;
        if (part < COLUMN_COUNT)
            rc = put_part(index, part_id(segment->number, part, false), part_print(segment, part, false, &buf), written, reterr);
        if (rc == HG_OK)
            rc = put_part(index, part_id(segment->number, part, true), part_print(segment, part, true, &buf), written, reterr);
    }
    hg_buf_free(&buf);
    return rc;
}

static enum hg_rc put_row(struct index_db *index, const struct segment *s, uint64_t columns, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    enum hg_rc rc = prepare(index, "INSERT INTO segment VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &statement, reterr);
    if (rc != HG_OK)
        return rc;
    const int64_t numbers[] = {s->number, (int64_t)s->first, (int64_t)s->last, s->level, s->n, s->n_kept, s->min_us, s->max_us, (int64_t)columns,
                               (int64_t)s->lacks.kept, (int64_t)s->lacks.recent, (int64_t)s->id_sequence};
    int at = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sqlite3_bind_int64(statement, ++at, numbers[i]);
    sqlite3_bind_blob(statement, ++at, s->id.b, sizeof s->id.b, SQLITE_STATIC);
    sqlite3_bind_int64(statement, ++at, (int64_t)check_of(s, columns));
    return run(index, statement, reterr);
}

static enum hg_rc next_number(struct index_db *index, int64_t *ret, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    enum hg_rc rc = prepare(index, "SELECT coalesce(max(number), 0) + 1 FROM segment", &statement, reterr);
    if (rc != HG_OK)
        return rc;
    rc = sqlite3_step(statement) == SQLITE_ROW ? HG_OK : index_fail(index, "index", reterr);
    *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc;
}

static enum hg_rc drop_within(struct index_db *index, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    enum hg_rc rc = prepare(index, "SELECT number FROM segment WHERE first >= ?1 AND last <= ?2", &statement, reterr);
    if (rc != HG_OK)
        return rc;
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    sqlite3_bind_int64(statement, 2, (int64_t)last);
    while (rc == HG_OK && sqlite3_step(statement) == SQLITE_ROW) {
        char sql[128];
        long long number = sqlite3_column_int64(statement, 0);
        snprintf(sql, sizeof sql, "DELETE FROM part WHERE id >= %lld AND id < %lld; DELETE FROM segment WHERE number = %lld", number * 128,
                 (number + 1) * 128, number);
        rc = index_exec(index, sql, reterr);
    }
    sqlite3_finalize(statement);
    return rc;
}

static enum hg_rc finish(struct index_db *index, enum hg_rc rc, struct hg_err *reterr)
{
    if (rc == HG_OK)
        rc = index_exec(index, "COMMIT", reterr);
    if (rc != HG_OK && !sqlite3_get_autocommit(index->handle))
        sqlite3_exec(index->handle, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

enum hg_rc index_drop(struct index_db *index, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    enum hg_rc rc = index_exec(index, "BEGIN IMMEDIATE", reterr);
    return rc == HG_OK ? finish(index, drop_within(index, first, last, reterr), reterr) : rc;
}

enum hg_rc index_put(struct index_db *index, const struct segment *segment, uint64_t *ret_bytes, struct hg_err *reterr)
{
    struct segment one = *segment;
    uint64_t columns = 0;
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        columns |= segment->columns[i].n > 1 ? COLUMN_BIT(i) : 0;
    enum hg_rc rc = index_exec(index, "BEGIN IMMEDIATE", reterr);
    if (rc != HG_OK)
        return rc;
    *ret_bytes = 0;
    rc = next_number(index, &one.number, reterr);
    if (rc == HG_OK)
        rc = drop_within(index, one.first, one.last, reterr);
    if (rc == HG_OK && one.n > 0)
        rc = put_row(index, &one, columns, reterr);
    if (rc == HG_OK && one.n > 0)
        rc = put_parts(index, &one, columns, ret_bytes, reterr);
    return finish(index, rc, reterr);
}
