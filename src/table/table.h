/*
 * Other people's tables: a CSV file (RFC 4180) with a header, read as columns of numbers and categories.
 *
 *  - Cells stand between commas; a quoted cell may hold commas, line breaks and "" for a quote. Lines end with \n or \r\n, and a byte
 *    order mark in front is passed over. Blanks around a cell's text are not part of it. Blank lines are no records.
 *  - A cell is missing where it is empty, or in any case of letters one of: ? na n/a nan -nan null.
 *  - A column is one of numbers where all its other cells are numbers or infinite. Infinite, or beyond a float's range: missing,
 *    and counted. Any other column is one of categories.
 *  - Given a schema, the columns are the schema's, found by name and of its kind; a cell that is no number among numbers is missing,
 *    and counted. What the file has more is left out, what it lacks is missing in every row; both are said.
 *  - A record with more or fewer cells than the header, with quotes that don't match, or longer than HG_TABLE_RECORD_MAX is malformed:
 *    counted, left out, and the first HG_TABLE_SAID_MAX are said with their line. A quote that was never closed costs one line.
 *  - It is an error where there is no header or row, where a column has no name or that of another, and where a bound is passed.
 *
 * Labels, case and a dot at the end set aside: 0, normal, benign, false, no, legitimate, legit, inlier, good are Normal; missing is
 * nobody's word; all else is Attack, and its text the family ("attack" for 1, true, yes, attack, anomaly, anomalous, outlier, malicious,
 * bad). A family's name is cut to HG_TABLE_FAMILY_BYTES; those after the first HG_TABLE_FAMILIES_MAX are "other".
 *
 * One pass; it holds at most 8 bytes a cell while a column's kind isn't known, then 4.
 */
#ifndef HG_TABLE_TABLE_H
#define HG_TABLE_TABLE_H

#include "core/sheet.h"

#define HG_TABLE_ROWS_MAX     ((size_t)16 * 1024 * 1024)
#define HG_TABLE_BYTES_MAX    ((uint64_t)4 * 1024 * 1024 * 1024) /* of cells */
#define HG_TABLE_RECORD_MAX   ((size_t)1024 * 1024)
#define HG_TABLE_SAID_MAX     10u
#define HG_TABLE_FAMILIES_MAX 256u
#define HG_TABLE_FAMILY_BYTES 64u

/* Where the bytes come from: up to `room` of them into out; *ret_len 0 is the end. */
struct hg_table_source {
    enum hg_rc (*read)(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr);
    void *self;
    const char *name; /* for messages */
};

struct hg_sheet_settings {
    const char *label_column; /* NULL: none */
    const char *const *drop;  /* names of columns to leave out */
    size_t n_drop;
    const struct hg_sheet_schema *schema;         /* NULL: kinds are told from the data, columns in the file's order */
    void (*say)(void *self, const char *message); /* one line about what was left out; may be NULL. Names in it are as in the file */
    void *say_self;
};

/* HG_EFORMAT: no such table; HG_EUSAGE: label_column or drop name a column that there isn't. *ret is the caller's to free. */
HG_MUST_USE enum hg_rc hg_sheet_read(const struct hg_table_source *source, const struct hg_sheet_settings *settings, struct hg_sheet *ret,
                                     struct hg_err *reterr);

#endif
