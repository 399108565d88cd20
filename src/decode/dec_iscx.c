/* ISCX IDS 2012 flows as CSV. Columns are found by name: the exports differ in which they have and in what order. */
#include "decode/csv.h"
#include "decode/iscx.h"

#include <stdlib.h>

struct hg_columns {
    size_t n;                    /* cells of a row */
    uint8_t at[HG_ISCX_COLUMNS]; /* the cell of each column; NOWHERE where the file lacks it */
};
#define NOWHERE HG_CSV_CELLS_MAX

/* ---- header */

static struct hg_slice without_bom(struct hg_slice header)
{
    return hg_slice_starts(header, HG_SLICE("\xef\xbb\xbf")) ? hg_slice_from(header, 3) : header;
}

static struct hg_slice trimmed(struct hg_slice s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hg_slice_from(s, 1);
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool read_header(struct hg_slice header, struct hg_columns *columns)
{
    struct hg_csv_cell cells[HG_CSV_CELLS_MAX];
    if (!hg_csv_split(without_bom(header), cells, HG_CSV_CELLS_MAX, &columns->n) || columns->n > HG_CSV_CELLS_MAX)
        return false;
    memset(columns->at, NOWHERE, sizeof columns->at);
    for (size_t i = 0; i < columns->n; i++) {
        int column = hg_iscx_column(trimmed(cells[i].raw));
        if (column >= 0 && columns->at[column] == NOWHERE)
            columns->at[column] = (uint8_t)i;
    }
    return columns->at[HG_ISCX_START] != NOWHERE && columns->at[HG_ISCX_SOURCE] != NOWHERE && columns->at[HG_ISCX_DESTINATION] != NOWHERE;
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    (void)worker;
    struct hg_columns columns;
    return record.len > 0 && read_header(record, &columns) ? 100 : 0;
}

static enum hg_rc columns_create(const struct hg_decoder *decoder, struct hg_slice header, struct hg_columns **ret,
                                 struct hg_err *reterr)
{
    (void)decoder;
    struct hg_columns *columns = calloc(1, sizeof *columns);
    if (columns == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iscx: no memory for the columns");
    if (header.len == 0 || !read_header(header, columns)) {
        free(columns);
        return hg_fail(reterr, HG_EUSAGE, "iscx: the header lacks startDateTime, source or destination");
    }
    *ret = columns;
    return HG_OK;
}

static void columns_destroy(struct hg_columns *columns)
{
    free(columns);
}

/* ---- rows */

struct row {
    struct hg_csv_cell cells[HG_CSV_CELLS_MAX + 1];
    struct hg_iscx_flow flow; /* made of them */
};

static bool read_row(const struct hg_columns *columns, struct hg_slice record, struct row *row, enum hg_reason *ret_reason)
{
    size_t n;
    if (!hg_csv_split(record, row->cells, HG_CSV_CELLS_MAX, &n)) {
        *ret_reason = HG_REASON_bad_quoting;
        return false;
    }
    if (n != columns->n) {
        *ret_reason = HG_REASON_column_count;
        return false;
    }
    row->cells[NOWHERE] = (struct hg_csv_cell){HG_SLICE_NONE, false};
    row->flow = (struct hg_iscx_flow){.cells = row->cells, .at = columns->at, .has_base64 = columns->at[HG_ISCX_SOURCE_BASE64] != NOWHERE};
    return true;
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    struct row row;
    if (!read_row(context->columns, record, &row, ret_reason))
        return HG_MALFORMED;
    row.flow.attack = (enum hg_attack_type)context->attack_type;
    return hg_iscx_decode(context, worker, &row.flow, arena, ret_event, ret_reason, counts);
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    struct row row;
    enum hg_reason reason;
    (void)worker;
    if (read_row(context->columns, record, &row, &reason))
        hg_iscx_attributes(&row.flow, arena, w);
}

const struct hg_decoder hg_decoder_iscx = {
    .name = "iscx",
    .summary = "ISCX IDS 2012 labelled flows, CSV with a header",
    .dataset = HG_DATASET_iscx,
    .framing = HG_FRAME_CSV,
    .naive_offset_us = HG_ISCX_ZONE,
    .probe = probe,
    .columns_create = columns_create,
    .columns_destroy = columns_destroy,
    .decode = decode,
    .attributes = attributes,
};
