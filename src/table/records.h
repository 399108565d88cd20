/* The records of a CSV stream, one after the other, as cells. Private to src/table. */
#ifndef HG_TABLE_RECORDS_H
#define HG_TABLE_RECORDS_H

#include "core/sheet.h"
#include "table/table.h"

enum hg_record_fault { HG_RECORD_WHOLE = 0, HG_RECORD_QUOTES, HG_RECORD_LONG };

struct hg_record_cell {
    size_t at, len; /* from the record's start; without the quotes around it */
    bool doubled;   /* "" stands in it */
};

struct hg_records {
    struct hg_table_source source;
    char *bytes;
    size_t start, end, cap; /* the record at hand begins at start; end: of what was read */
    bool ended;             /* the source has no more */
    bool begun;             /* the byte order mark was looked for */
    uint64_t next_line;

    /* ---- the record at hand, once hg_records_next() gave it */
    uint64_t line; /* where it begins, from 1 */
    enum hg_record_fault fault;
    size_t n_cells; /* may be more than are kept */
    struct hg_slice cells[HG_SHEET_COLUMNS_MAX];

    struct hg_record_cell spans[HG_SHEET_COLUMNS_MAX];
};

/* Allocates; hg_records_close() of a zeroed one is fine. */
HG_MUST_USE enum hg_rc hg_records_open(struct hg_records *records, const struct hg_table_source *source, struct hg_err *reterr);
void hg_records_close(struct hg_records *records);
/* The next record that isn't blank; its cells hold until the next call. HG_EEND: there is none. */
HG_MUST_USE enum hg_rc hg_records_next(struct hg_records *records, struct hg_err *reterr);

#endif
