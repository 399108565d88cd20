/* One question to stored events: which segments and runs of rows are looked at, in their order, and which of their rows match. */
#ifndef HG_STORE_LOOK_H
#define HG_STORE_LOOK_H

#include "store/segment.h"

struct reader_desk {
    struct segment_builder builder;
    struct hg_arena scratch; /* of one segment */
    struct hg_arena names;   /* of inputs */
    struct index_db *index;  /* NULL: not open */
};

struct fetcher { /* rows of one table by ascending sequences: near ones are stepped to */
    struct binder b;
    uint64_t at;
    bool open;
};

/* Rows of both tables by ascending sequences, of a range of times; close it also where it failed. */
struct row_merge {
    struct binder b[2]; /* of recent, of event */
    uint64_t at[2];     /* UINT64_MAX: at its end */
    int now;            /* whose row was given last; -1: none is to be stepped over */
};
HG_MUST_USE enum hg_rc merge_open(struct row_merge *merge, struct db *db, uint64_t first, uint64_t last, struct hg_range range, struct hg_err *reterr);
/* NULL in *ret: the end; else the row until the next call, and whether it is of table event. */
HG_MUST_USE enum hg_rc merge_next(struct row_merge *merge, sqlite3_stmt **ret, bool *ret_kept, struct hg_err *reterr);
void merge_close(struct row_merge *merge);

struct look {
    struct hg_reader_db *reader;
    const struct hg_query *query;
    uint64_t columns;    /* bits: what the visitor needs of a segment, parts too */
    uint64_t low, high;  /* sequences to look at */
    bool ascending;      /* else newest first */
    bool open_rows;      /* the visitor settles mask.maybe itself; else there is none left */
    bool needs_names;    /* of inputs */
    /* Gets rows of the range that match, or may. */
    enum hg_rc (*visit)(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr);
    void *self;
    bool done;           /* the visitor has enough */

    /* look_run's own; for the visitor to read */
    struct hg_range range;
    struct oldest oldest;
    uint64_t reached;    /* everything before it (behind it, if not ascending) was looked at, and it; low - 1 or high + 1: nothing */
    bool over;           /* the deadline is */
    bool begun;
    struct input_names names;
    struct fetcher fetchers[2]; /* of recent, of event */
};

HG_MUST_USE enum hg_rc reader_desk_make(struct hg_reader_db *reader, struct hg_err *reterr);
HG_MUST_USE enum hg_rc look_run(struct look *look, struct hg_err *reterr);
/* The stored row of a segment, borrowed until the next one; NULL in *ret: it is gone, or doesn't match (asked where `maybe`). */
HG_MUST_USE enum hg_rc look_row(struct look *look, const struct segment *segment, uint32_t row, bool maybe, struct hg_event_row *ret_row,
                                sqlite3_stmt **ret, struct hg_err *reterr);
bool look_is_over(struct look *look);

/* Each row of a bitmap. */
#define FOR_BITS(i, bits, n) \
    for (uint64_t word_ = 0, left_; word_ < SEGMENT_WORDS(n); word_++) \
        for (left_ = (bits)[word_]; left_ != 0; left_ &= left_ - 1) \
            for (uint32_t i = (uint32_t)(64 * word_) + (uint32_t)__builtin_ctzll(left_), once_ = 1; once_; once_ = 0)

#endif
