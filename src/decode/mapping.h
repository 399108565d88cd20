/*
 * A mapping: a decoder that a file describes (docs/mappings.md). mapping_file.c reads the file, mapping.c decodes by it,
 * mapping_table.c knows rows and headers, mapping_fields.c fills the event. Read-only once made, shared by all threads.
 */
#ifndef HG_DECODE_MAPPING_H
#define HG_DECODE_MAPPING_H

#include "decode/csv.h"
#include "decode/json.h"
#include "decode/mapping_time.h"
#include "decode/worker.h"

#define MAPPING_SOURCES 64  /* columns or keys that a mapping names */
#define MAPPING_CELLS   256 /* cells of a row */
#define MAPPING_NULLS   16
#define MAPPING_TIMES   4
#define MAPPING_MATCHES 16
#define MAPPING_ATTRIBUTES 64 /* of a record, at most */
#define MAPPING_FILE_BYTES ((size_t)256 * 1024)

_Static_assert(MAPPING_SOURCES <= HG_JSON_SLOTS, "a source is a slot of the plan");

enum mapping_log { LOG_CSV, LOG_TSV, LOG_JSONL };
enum mapping_header { HEADER_FIRST, HEADER_NONE, HEADER_ZEEK };
enum mapping_flags { FLAGS_COUNTS, FLAGS_LETTERS, FLAGS_NUMBER, FLAGS_HEX };
enum mapping_class { CLASS_ADDRESS, CLASS_INTEGER, CLASS_NUMBER };

/* Where a value comes from: a column's name or number, a key's path. */
struct mapping_source {
    struct hg_slice name; /* ends with NUL */
    uint32_t number;      /* of a column, from 1; 0: it is known by name */
    size_t line;          /* of the mapping file */
    bool optional;        /* a header may lack it */
};

/* One entry of a vocabulary. */
struct mapping_word {
    struct hg_slice from, to; /* to.p NULL: says nothing */
    uint32_t code;            /* hg_code32 of `to` */
    uint8_t value;            /* direction, label or attack type */
};

struct mapping_words {
    struct mapping_word *words;
    size_t n;
};

struct mapping_match { /* what a cell of a log without header must look like */
    uint16_t cell;
    enum mapping_class class;
};

struct mapping {
    struct hg_decoder decoder; /* first: context->decoder is one of these */
    struct hg_arena arena;     /* of everything below that is pointed to */
    const char *file;
    bool tried, shipped;
    enum mapping_log log;
    enum mapping_header header;
    char separator;
    struct hg_slice kind;

    size_t n_sources, n_used; /* the first n_used are made into fields, the rest only recognised by */
    struct mapping_source sources[MAPPING_SOURCES];
    uint64_t recognised; /* bit per source that a log of this kind must have */
    struct mapping_match matches[MAPPING_MATCHES];
    size_t n_matches;
    struct hg_slice *columns; /* without a header: the names, or NULL */
    size_t n_columns;
    struct hg_json_plan *plan; /* JSON only: slot i is sources[i] */

    struct hg_slice nulls[MAPPING_NULLS];
    size_t n_nulls;
    uint64_t null_lengths; /* bit per length (63: that or longer) of the null words */

    int8_t at[HG_FIELD_COUNT]; /* source of a field, -1: none */
    struct mapping_time times[MAPPING_TIMES];
    size_t n_times;
    double duration_unit; /* how many of them are a second */
    struct mapping_words protocols, applications, directions, labels, attack_types;
    char first_of; /* what stands between several applications; '\0': there is one */
    int8_t flags[6];
    enum mapping_flags flags_as;
    int8_t local[2]; /* sources that say whether source and destination are local; -1: none */
    uint8_t label_else, attack_type_else;
    uint8_t payload_form;
};

struct mapping_values { /* of one record */
    struct hg_slice at[MAPPING_SOURCES]; /* trimmed; {NULL, 0} for nulls */
};

/* Compiles the text of a mapping file; `file` is its name for errors: HG_EUSAGE, "FILE:LINE: expected …, found …". shipped: one
 * of this program's own, which may say any data set. */
HG_MUST_USE enum hg_rc mapping_parse(const char *file, bool shipped, struct hg_slice text, struct mapping **ret, struct hg_err *reterr);
void mapping_destroy(struct mapping *mapping);

struct mapping_shipped { /* a file of mappings/, built in */
    const char *name;
    struct hg_slice text;
};
extern const struct mapping_shipped mapping_shipped[];
extern const size_t n_mapping_shipped;

/* 0..100, as hg_decoder.probe. */
int mapping_probe(const struct mapping *mapping, struct hg_decode_worker *worker, struct hg_slice record);
extern const struct hg_decoder mapping_decoder; /* the functions of every mapping */

/* The value without spaces around it, {NULL, 0} where it is a null word. */
struct hg_slice mapping_value(const struct mapping *mapping, struct hg_slice text);
/* The entry for a value, or NULL. */
const struct mapping_word *mapping_word(const struct mapping_words *words, struct hg_slice value);
/* HG_REASON_NONE, or why the record is no event. */
enum hg_reason mapping_take(const struct mapping *mapping, const struct hg_decode_context *context, struct hg_decode_worker *worker,
                            const struct mapping_values *values, struct hg_arena *arena, struct hg_event *event,
                            struct hg_counts *counts);

/* ---- tables */

struct hg_columns { /* which cell of a row is what */
    const struct mapping *mapping;
    size_t n; /* cells of a row */
    uint16_t at[MAPPING_SOURCES]; /* the cell of each source; MAPPING_CELLS where the log lacks it */
    bool mapped[MAPPING_CELLS];
    struct hg_slice names[MAPPING_CELLS]; /* into the context's header or the mapping; {NULL, 0}: unnamed */
    struct hg_slice fields;               /* Zeek: the line that names them */
};

HG_MUST_USE enum hg_rc mapping_columns_create(const struct hg_decoder *decoder, struct hg_slice header, struct hg_columns **ret,
                                              struct hg_err *reterr);
void mapping_columns_destroy(struct hg_columns *columns);
/* Is it a line of the header, so that it is no record? */
bool mapping_is_header(const struct hg_decode_context *context, struct hg_slice record);
/* Cells of a row; more than MAPPING_CELLS are counted, not kept. */
enum hg_reason mapping_split(const struct mapping *mapping, struct hg_slice record, struct hg_csv_cell *cells, size_t *ret_n);
/* Have the header's names, or the row's cells, what this mapping is recognised by? */
bool mapping_knows_table(const struct mapping *mapping, struct hg_slice head);

#endif
