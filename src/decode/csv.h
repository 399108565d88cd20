/*
 * CSV (RFC 4180): cells between commas; a cell that starts with a quote goes on to its closing quote, newlines and commas
 * included, and "" in it is one quote. Quotes inside other cells are ordinary bytes. Line ends are \n or \r\n.
 */
#ifndef HG_DECODE_CSV_H
#define HG_DECODE_CSV_H

#include "base/arena.h"

#define HG_CSV_CELLS_MAX 64

struct hg_csv_cell {
    struct hg_slice raw; /* without the quotes around it */
    bool doubled;        /* "" stands in it */
};

/* Length of the first record of bytes, its newline included; 0 where its end isn't there. A record that is still inside quotes
 * after limit bytes, or whose quotes over several lines don't match, has lost a quote: it ends at its first newline, so that one
 * bad row costs one row. final: nothing follows the bytes, so that a record may end with them. */
size_t hg_csv_record(const char *bytes, size_t len, size_t limit, bool final);

/* Cells of one record (without its newline); more than `max` are counted, not kept. false: quotes don't match.
 * HG_BATCH_PADDING readable bytes follow the record. */
bool hg_csv_split(struct hg_slice record, struct hg_csv_cell *cells, size_t max, size_t *ret_n);
/* The same, byte by byte: what the fast one is tested against. */
bool hg_csv_split_reference(struct hg_slice record, struct hg_csv_cell *cells, size_t max, size_t *ret_n);

/* A cell's text: borrowed, or in the arena where "" has to become ". */
struct hg_slice hg_csv_text(const struct hg_csv_cell *cell, struct hg_arena *arena);

#endif
