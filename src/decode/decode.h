/*
 * Input decoders: one log record in, at most one unified event out.
 *
 * To add a format: write src/decode/dec_<name>.c, define `const struct hg_decoder hg_decoder_<name>` in it, add one line to
 * src/decode/decoders.def, and put samples in tests/golden/<name>/. The contract test, the golden test and
 * `honeyguide formats` follow from that line. A CSV, TSV or JSON-lines log needs no C but a file: docs/mappings.md.
 *
 * Contract, checked for every decoder by tests/contract/:
 *  - pure: same record and same context, same event; no clock, no I/O, no globals. (What needs memory across records, such as
 *    Cowrie's sessions, is src/normalise/.)
 *  - safe: any bytes of any length, embedded NUL included; HG_BATCH_PADDING readable bytes follow the record and never matter;
 *  - borrowed: slices in the event point into the record, the arena, static storage, or what outlives the context (a mapping);
 *  - whole: *ret_event counts only on HG_DECODED; *ret_reason is set otherwise.
 */
#ifndef HG_DECODE_DECODE_H
#define HG_DECODE_DECODE_H

#include "base/jsonw.h"
#include "core/batch.h"

enum hg_framing {
    HG_FRAME_LINES,   /* a record is a line */
    HG_FRAME_CSV,     /* a record is a CSV row, quoted newlines included; the first is the header */
    HG_FRAME_OBJECTS, /* a record is a JSON object, on however many lines; commas and the brackets around them are none */
    HG_FRAME_XML,     /* a record is an element inside <dataroot> */
    HG_FRAME_TABLE,   /* a record is a line; before them hg_frame_head() is the header */
};

static inline bool hg_framing_has_header(enum hg_framing framing)
{
    return framing == HG_FRAME_CSV || framing == HG_FRAME_TABLE;
}

#define HG_TIMEZONE_DEFAULT INT64_MIN

struct hg_columns; /* a header, read: each decoder's own */

/* Everything about one input that decoding needs. Read-only once made, shared by all threads. */
struct hg_decode_context {
    const struct hg_decoder *decoder;
    enum hg_framing framing;        /* of this stream: hg_frame_tell(), or the decoder's own */
    struct hg_columns *columns;     /* of what columns_create made */
    struct hg_slice header;         /* CSV, TABLE: owned copy of the header */
    struct hg_id identity;          /* of the stream: hg_identity_stream() */
    int64_t naive_offset_us;        /* zone of stamps that carry none, east positive */
    uint8_t attack_type;            /* ISCX: what the day in the input's name says of label Attack (enum hg_attack_type) */
};

struct hg_decode_worker; /* what one thread needs: JSON parser, unescape room */

struct hg_decoder {
    const char *name;    /* [a-z0-9_]+; equals the file name and the golden folder */
    const char *summary; /* one line for `honeyguide formats` and the manual */
    enum hg_dataset dataset;
    enum hg_framing framing; /* where a stream doesn't say otherwise; a decoder of JSON lines reads OBJECTS as well */
    int64_t naive_offset_us; /* default zone of stamps without one */
    /* 0..100: how sure that this first record (for CSV and TABLE: the header) is of this format. */
    int (*probe)(struct hg_decode_worker *worker, struct hg_slice record);
    /* CSV, TABLE: reads the header, which the columns may borrow. NULL for line formats. */
    enum hg_rc (*columns_create)(const struct hg_decoder *decoder, struct hg_slice header, struct hg_columns **ret,
                                 struct hg_err *reterr);
    void (*columns_destroy)(struct hg_columns *columns);
    /* Is this line part of a header, so that it is no record? NULL: only what equals the context's header is. */
    bool (*is_header)(const struct hg_decode_context *context, struct hg_slice record);
    /* Fills *ret_event but for id, offset, input and record, which the caller sets. `counts` takes the side counters only. */
    enum hg_decoded (*decode)(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts);
    /* Writes the members of `attributes` of a record that decoded, into an open JSON object. */
    void (*attributes)(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w);
};

/* The registry, in the order of decoders.def. */
size_t hg_decoder_count(void);
const struct hg_decoder *hg_decoder_at(size_t i);
const struct hg_decoder *hg_decoder_by_name(struct hg_slice name); /* NULL: no such */
/* The decoder that is surest of the first record, or NULL with *ret_reason: unknown_format or foreign_export. */
const struct hg_decoder *hg_decoder_probe(struct hg_decode_worker *worker, struct hg_slice first_record, enum hg_reason *ret_reason);

/* Why no decoder knows a record: unknown_format or foreign_export. */
enum hg_reason hg_decoder_none(struct hg_decode_worker *worker, struct hg_slice record);

HG_MUST_USE enum hg_rc hg_decode_worker_create(struct hg_decode_worker **ret, struct hg_err *reterr);
void hg_decode_worker_destroy(struct hg_decode_worker *worker);

/* framing: of the stream. name: the input's name or path (ISCX reads the day from it). header: of CSV and TABLE, else {NULL, 0}. */
HG_MUST_USE enum hg_rc hg_decode_context_create(const struct hg_decoder *decoder, enum hg_framing framing, struct hg_slice name,
                                                struct hg_slice header, const struct hg_id *identity, int64_t naive_offset_us,
                                                struct hg_decode_context **ret, struct hg_err *reterr);
void hg_decode_context_destroy(struct hg_decode_context *context);

/*
 * Decodes a whole batch: batch->bytes[0..len) holds whole records (the last may lack its newline); fills events, rejects and
 * counts. Blank lines are no records. A torn line (a record cut and the next one glued on) is two records: both are tried.
 * A syslog prefix before the JSON is stepped over. Records over HG_RECORD_BYTES_MAX are malformed: too_long.
 * Sets each event's id, offset, input and record.
 */
void hg_decode_batch(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_batch *batch);

/* One record at a time, for pushed envelopes: appends what hg_decode_batch would. `record` must be followed by
 * HG_BATCH_PADDING readable bytes and live as long as the batch's events. */
void hg_decode_record(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                      uint64_t offset, struct hg_batch *batch);

/* What the head of a stream says of its framing. False: too little to tell yet. *ret_skip: bytes before the first record ('[',
 * "<dataroot>", {"dataroot":{"…":[ …). CSV counts as LINES: its decoder tells. */
bool hg_frame_tell(struct hg_slice head, bool final, enum hg_framing *ret, size_t *ret_skip);

/* What a stream's format is told by: its first line, or where that begins with #, all the lines that do, without the last newline.
 * False: it may go on. */
bool hg_frame_head(struct hg_slice bytes, bool final, struct hg_slice *ret);

/* Length of the longest prefix of bytes that ends with a whole record (newline, separators included), 0 if there is none. CSV:
 * newlines inside quotes don't end a record. An unfinished record longer than HG_RECORD_BYTES_MAX ends at its next newline.
 * OBJECTS and XML: a broken record ends where the next one starts, so it waits for that. */
size_t hg_frame_whole(enum hg_framing framing, const char *bytes, size_t len);
/* Bytes to drop of a record too long for any room, whose head was given away: up to where a next one may start; len: all. */
size_t hg_frame_skip(enum hg_framing framing, const char *bytes, size_t len);

/*
 * Identity. A stream is known by (dataset, the bytes of its first record), a record by (stream, its offset in the decompressed
 * stream); for CSV and TABLE the first record is the header and the first row, as they stand in the file, newlines between
 * included, the last newline not. No path, no inode: the same bytes read from anywhere are the same events.
 */
struct hg_id hg_identity_stream(enum hg_dataset dataset, struct hg_slice first_record);
struct hg_id hg_identity_named(enum hg_dataset dataset, struct hg_slice name); /* pushed records without a stream of their own */
struct hg_id hg_identity_event(const struct hg_id *stream, uint64_t offset);
/* The first record's bytes in the sense above: up to the first newline that ends one (CSV, TABLE: of the first row); the first
 * object or element, of bytes that begin behind what hg_frame_tell() skips. bytes must hold it. */
struct hg_slice hg_identity_first_record(enum hg_framing framing, struct hg_slice bytes);

#endif
