/*
 * index.db: segments on disk, beside honeyguide.db and derived from it. Its one writer is the indexer's thread; readers take what fits to the commit
 * that they look at, and read rows where something is wrong with it.
 */
#ifndef HG_STORE_INDEX_H
#define HG_STORE_INDEX_H

#include "store/segment.h"

/* ---- idx_read.c: for readers */
/* Segments by sequence that a look at commit `newest` may use, of one state of the index until index_release; *ret belongs to the caller (free).
 * None where there is no index, or none to trust. */
void index_segments(struct hg_reader_db *reader, uint64_t newest, struct segment **ret, size_t *ret_n);
void index_release(struct hg_reader_db *reader);
/* Something in it is damaged: its writer makes it anew. */
void index_report(struct hg_reader_db *reader);
void index_close(struct index_db *index);

/* ---- idx_file.c */
#define INDEX_VERSION 1
#define INDEX_NAME    "index.db"
#define DAMAGED_NAME  "index.damaged" /* a reader's word to the writer */

struct index_db {
    sqlite3 *handle;
    sqlite3_stmt *list, *part;
    uint64_t device, inode; /* of the file when it was opened: another one may have taken its place */
    bool fits;              /* it was made from this database */
};

enum segment_level {
    LEVEL_CHUNK,   /* of the newest rows, until there are enough for a segment */
    LEVEL_SEGMENT,
    LEVEL_SETTLED, /* rows of the ring that it had are gone */
};

HG_MUST_USE enum hg_rc index_path(const char *state_dir, const char *name, char *ret, size_t size, struct hg_err *reterr);
void index_remove(const char *state_dir);
/* HG_EFORMAT: damaged, or of another version. `write`: made where it is missing. */
HG_MUST_USE enum hg_rc index_open(const char *state_dir, bool write, struct index_db *ret, struct hg_err *reterr);
void index_end(struct index_db *index); /* closes what index_open opened */
HG_MUST_USE enum hg_rc index_exec(struct index_db *index, const char *sql, struct hg_err *reterr);
/* All segments, by sequence; *ret belongs to the caller (free). */
HG_MUST_USE enum hg_rc index_list(struct index_db *index, struct segment **ret, size_t *ret_n, struct hg_err *reterr);
/* In one transaction: the segment in place of those that it covers. ret_bytes: what was written. */
HG_MUST_USE enum hg_rc index_put(struct index_db *index, const struct segment *segment, uint64_t *ret_bytes, struct hg_err *reterr);
/* Those of sequences [first, last] and no others. */
HG_MUST_USE enum hg_rc index_drop(struct index_db *index, uint64_t first, uint64_t last, struct hg_err *reterr);
/* Does the newest of the segments up to the commit of which an event is still stored hold that one? *ret is true of no segments, too. */
HG_MUST_USE enum hg_rc index_fits(struct db *db, uint64_t newest, const struct segment *segments, size_t n, bool *ret, struct hg_err *reterr);

/* ---- idx_part.c: the bytes of a part */
/* A part's bytes, for `codes` false of a column its dictionary. Lives in *buf. */
struct hg_slice part_print(const struct segment *segment, unsigned part, bool codes, struct hg_buf *buf);
/* Takes them up into the segment and its arena. HG_EFORMAT: damaged. */
HG_MUST_USE enum hg_rc part_take(struct segment *segment, unsigned part, bool codes, struct hg_slice bytes, struct hg_err *reterr);
static inline int64_t part_id(int64_t number, unsigned part, bool codes)
{
    return number * 128 + part * 2 + codes;
}

#endif
