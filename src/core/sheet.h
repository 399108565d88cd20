/*
 * A table of other people's data: a CSV file with a header, as columns of numbers and categories (`--format table`). It owns all that
 * it points to.
 */
#ifndef HG_CORE_SHEET_H
#define HG_CORE_SHEET_H

#include "base/err.h"
#include "base/slice.h"
#include "core/event.h"

#include <stddef.h>
#include <stdint.h>

#define HG_SHEET_COLUMNS_MAX 2048u
#define HG_SHEET_NO_FAMILY   UINT32_MAX

struct hg_sheet_column {
    char *name;
    bool is_category;
    float *numbers;  /* rows; NaN: missing. NULL for a category */
    uint32_t *codes; /* rows; hg_code32 of the cell's text, 0: missing. NULL for numbers */
};

struct hg_sheet {
    size_t rows, n_columns;
    struct hg_sheet_column *columns; /* without the label column and those left out by --drop */
    bool labelled;                   /* there is a label column */
    uint8_t *labels;                 /* rows; enum hg_label; HG_LABEL_NONE where the cell is empty. NULL: not labelled */
    uint32_t *families;              /* rows; an attack's index into family_names, else HG_SHEET_NO_FAMILY. NULL: not labelled */
    char **family_names;
    size_t n_families;
    uint64_t read, malformed;        /* records; rows = read - malformed */
    uint64_t infinite, no_numbers;   /* cells of number columns that were infinite or, given a schema, text: missing now */
};

/* The columns that a table is read for: a model's. Borrowed. */
struct hg_sheet_schema {
    size_t n;
    const char *const *names;
    const bool *is_category;
};

void hg_sheet_free(struct hg_sheet *sheet); /* of a zeroed or filled sheet */

#endif
