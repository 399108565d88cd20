/* A sheet while it grows: kinds of columns are told, memory is bounded, families are gathered. Private to src/table. */
#ifndef HG_TABLE_BUILDER_H
#define HG_TABLE_BUILDER_H

#include "core/sheet.h"

enum hg_column_kind { HG_COLUMN_UNTOLD, HG_COLUMN_NUMBER, HG_COLUMN_CATEGORY };

struct hg_builder {
    const char *name;      /* for messages */
    struct hg_sheet sheet; /* a column has numbers, codes, or while its kind isn't told both */
    size_t cap_rows, n_arrays;
    size_t cap_columns, cap_families;
    struct hg_builder_column {
        bool told, absent;
        uint64_t infinite, no_numbers;
    } columns[HG_SHEET_COLUMNS_MAX];
};

/* A column more; all before the first row, as is sheet.labelled. */
HG_MUST_USE enum hg_rc hg_builder_column(struct hg_builder *builder, struct hg_slice name, enum hg_column_kind kind, struct hg_err *reterr);
/* The column has no cells: it is missing in every row. */
void hg_builder_absent(struct hg_builder *builder, size_t column);
/* A row more, whose cells follow. */
HG_MUST_USE enum hg_rc hg_builder_row(struct hg_builder *builder, struct hg_err *reterr);
void hg_builder_cell(struct hg_builder *builder, size_t column, struct hg_slice text);
HG_MUST_USE enum hg_rc hg_builder_label(struct hg_builder *builder, struct hg_slice text, struct hg_err *reterr);
/* The sheet, which is the caller's now. */
struct hg_sheet hg_builder_finish(struct hg_builder *builder);
void hg_builder_free(struct hg_builder *builder); /* of a zeroed or used one */

#endif
