/*
 * Stored events as columns: what questions are answered from. A segment is a run of sequences with, for each column, a dictionary of the values that
 * occur in it and a code for each row; dictionaries are in the order in which values came. Made from rows by a builder, kept in index.db
 * (index.h), and looked at through `struct segment`, which reads of it what is asked for.
 */
#ifndef HG_STORE_SEGMENT_H
#define HG_STORE_SEGMENT_H

#include "store/query.h"
#include "store/store_priv.h"

#define SEGMENT_ROWS (HG_SEGMENT_EVENTS - 1) /* with code 0, "none", all codes fit into 16 bits */

enum {
    COLUMN_SRC,       /* flags (see seg_value.c), 16 bytes */
    COLUMN_DST,       /* the same */
    COLUMN_SPORT,     /* flags, 2 bytes */
    COLUMN_PORT,      /* the same */
    COLUMN_PROTO,     /* flags, text */
    COLUMN_APP,       /* the same */
    COLUMN_TYPE,      /* flags, 1 byte */
    COLUMN_LABEL,     /* the same */
    COLUMN_DIRECTION, /* the same */
    COLUMN_DATASET,   /* 1 byte */
    COLUMN_BY,        /* 1 byte */
    COLUMN_SEVERITY,  /* 1 byte */
    COLUMN_LATE,      /* 1 byte; none: it wasn't */
    COLUMN_INPUT,     /* 4 bytes */
    COLUMN_SCORE,     /* the value's 8 bytes, state, severity */
    COLUMN_RULE,      /* rule, also (2 bytes) */
    COLUMN_ALERT,     /* 16 bytes */
    COLUMN_KIND,      /* text */
    COLUMN_PLACE,     /* text */
    COLUMN_TRAIT,     /* text; one for each trait */
    COLUMN_COUNT = COLUMN_TRAIT + HG_TRAIT_COUNT,
    PART_TIMES = COLUMN_COUNT, /* what every row has, without a dictionary */
    PART_SEQUENCES,
    PART_KEPT,
    PART_IDS,
    PART_COUNT
};
_Static_assert(PART_COUNT <= 64, "a bit each");
#define COLUMN_BIT(column) (UINT64_C(1) << (column))
#define ALL_COLUMNS        (COLUMN_BIT(COLUMN_COUNT) - 1)

struct column {
    uint32_t n;            /* values, with that of code 0, which has no bytes: none */
    const uint32_t *ends;  /* in bytes, by code */
    const char *bytes;
    const uint16_t *codes; /* by row; NULL: `constant` for every row */
    uint16_t constant;
};
static inline struct hg_slice column_value(const struct column *column, uint32_t code)
{
    uint32_t begin = code == 0 ? 0 : column->ends[code - 1];
    return code == 0 ? HG_SLICE_NONE : (struct hg_slice){column->bytes + begin, column->ends[code] - begin};
}
static inline uint16_t column_code(const struct column *column, size_t row)
{
    return column->codes == NULL ? column->constant : column->codes[row];
}

struct oldest { /* sequences of the oldest rows of table event and of the ring; UINT64_MAX: there are none */
    uint64_t kept, recent;
};
HG_MUST_USE enum hg_rc oldest_read(struct db *db, struct oldest *ret, struct hg_err *reterr);

struct index_db;
struct segment {
    uint64_t first, last;      /* sequences that it covers: no other rows of them are stored */
    uint32_t n;                /* rows, by sequence */
    int64_t min_us, max_us;
    uint64_t have, have_values; /* bits: parts that are here; columns whose dictionary is */
    const int64_t *times;
    const uint64_t *sequences;
    const uint64_t *kept;      /* bits: in table event, else recent */
    const uint32_t *ids;       /* the first bytes of the events' identifiers */
    struct column columns[COLUMN_COUNT];
    struct index_db *db;       /* where the rest is; NULL: all that there is is here */
    struct hg_arena *arena;    /* where it is put */
    int64_t number;            /* of the segment there */
    uint32_t n_kept;
    uint8_t level;             /* enum segment_level */
    struct oldest lacks;       /* rows before these were gone when it was made: an older look may still see some of them */
    uint64_t id_sequence;      /* of the last row that is kept, or else of the last, whose event's identifier is this */
    struct hg_id id;
};
#define SEGMENT_WORDS(n) (((size_t)(n) + 63) / 64) /* of a bitmap */

/* What of the parts (bits) isn't here yet is read. HG_EFORMAT: damaged. */
HG_MUST_USE enum hg_rc segment_need(struct segment *segment, uint64_t parts, struct hg_err *reterr);
/* Of a column its dictionary alone. */
HG_MUST_USE enum hg_rc segment_need_values(struct segment *segment, unsigned column, struct hg_err *reterr);

/* ---- seg_build.c: rows in, in order of their sequences; one builder for many segments, one after the other */
struct column_builder {
    uint16_t *codes, *slots; /* slots: codes by the value's hash, 0: free */
    uint32_t *ends;
    char *bytes;
    size_t n, cap_ends, cap_bytes, n_slots;
    uint16_t last; /* code given last: neighbours are often alike */
};
struct segment_builder {
    uint64_t wanted; /* bits of columns */
    size_t n, cap;
    uint32_t n_kept;
    uint64_t id_sequence; /* see struct segment */
    struct hg_id id;
    int64_t *times, min_us, max_us;
    uint64_t *sequences, *kept;
    uint32_t *ids;
    struct column_builder columns[COLUMN_COUNT];
    struct hg_buf scratch;
};
/* Of a zeroed or used builder. */
void segment_begin(struct segment_builder *builder, uint64_t wanted);
/* False: no memory. At most SEGMENT_ROWS of them. */
HG_MUST_USE bool segment_add(struct segment_builder *builder, const struct hg_event_row *row, bool kept);
/* What was added, until the next segment_begin or segment_add. */
struct segment segment_view(const struct segment_builder *builder, uint64_t first, uint64_t last);
void segment_builder_free(struct segment_builder *builder);

/* ---- seg_value.c: a row's values as bytes of a dictionary, and back */
struct input_names { /* by number of the input; NULL: unknown */
    const char **names;
    size_t n;
};
/* In the scratch or in the row; {NULL, 0}: none. */
struct hg_slice value_of(const struct hg_event_row *row, unsigned column, struct hg_buf *scratch);
/* Sets what the column is of, in a row of value_row_none, where it was set from the same column before; nothing else. */
void value_put(struct hg_event_row *row, unsigned column, struct hg_slice value);
void value_row_none(struct hg_event_row *row);
/* Columns that a field is answered from: their number, at most 2; 0: none knows. */
unsigned columns_of_field(enum hg_filter_field field, unsigned ret[2]);
struct hg_filter_row filter_row_of(const struct hg_event_row *row, const struct input_names *names);
/* As a filter says it; {NULL, 0}: the events have none. Lives in *text (one after the other). */
struct hg_slice value_words(enum hg_filter_field field, unsigned column, struct hg_slice value, const struct input_names *names, struct hg_buf *text);

/* ---- seg_mask.c: which rows of a segment a filter wants; Kleene's logic of three values */
struct mask { /* bits by row; those beyond the last are 0 */
    uint64_t *yes, *maybe; /* apart from each other; maybe: columns don't tell */
};
HG_MUST_USE enum hg_rc mask_of_filter(const struct hg_filter *filter, struct segment *segment, const struct input_names *names, struct hg_arena *arena,
                                      struct mask *ret, struct hg_err *reterr);

#endif
