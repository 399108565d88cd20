#include "table/builder.h"

#include "base/grow.h"
#include "table/cell.h"
#include "table/table.h"

#include <math.h>

#define FIRST_ROWS 256u
#define ARRAY_CELL ((uint64_t)sizeof(float)) /* a cell of one array */

static enum hg_rc no_memory(const struct hg_builder *b, struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "%s: no memory for the table", b->name);
}

enum hg_rc hg_builder_column(struct hg_builder *b, struct hg_slice name, enum hg_column_kind kind, struct hg_err *reterr)
{
    struct hg_sheet *sheet = &b->sheet;
    if (sheet->n_columns == HG_SHEET_COLUMNS_MAX)
        return hg_fail(reterr, HG_EFORMAT, "%s: more than %u columns", b->name, HG_SHEET_COLUMNS_MAX);
    struct hg_sheet_column *columns = hg_grow(sheet->columns, sheet->n_columns, &b->cap_columns, sizeof *columns);
    if (columns == NULL)
        return no_memory(b, reterr);
    sheet->columns = columns;
    struct hg_sheet_column *column = &columns[sheet->n_columns];
    *column = (struct hg_sheet_column){.name = strndup(name.p, name.len)};
    b->columns[sheet->n_columns++].told = kind != HG_COLUMN_UNTOLD;
    if (kind != HG_COLUMN_CATEGORY)
        column->numbers = malloc(FIRST_ROWS * sizeof *column->numbers);
    if (kind != HG_COLUMN_NUMBER)
        column->codes = malloc(FIRST_ROWS * sizeof *column->codes);
    if (column->name == NULL || (kind != HG_COLUMN_CATEGORY && column->numbers == NULL) || (kind != HG_COLUMN_NUMBER && column->codes == NULL))
        return no_memory(b, reterr);
    b->n_arrays += kind == HG_COLUMN_UNTOLD ? 2 : 1;
    b->cap_rows = FIRST_ROWS;
    return HG_OK;
}

void hg_builder_absent(struct hg_builder *b, size_t column)
{
    b->columns[column].absent = true;
}

static bool grow_column(struct hg_sheet_column *column, size_t rows)
{
    if (column->numbers != NULL) {
        float *numbers = realloc(column->numbers, rows * sizeof *numbers);
        if (numbers == NULL)
            return false;
        column->numbers = numbers;
    }
    if (column->codes != NULL) {
        uint32_t *codes = realloc(column->codes, rows * sizeof *codes);
        if (codes == NULL)
            return false;
        column->codes = codes;
    }
    return true;
}

static bool grow_labels(struct hg_sheet *sheet, size_t rows)
{
    uint8_t *labels = realloc(sheet->labels, rows * sizeof *labels);
    if (labels == NULL)
        return false;
    sheet->labels = labels;
    uint32_t *families = realloc(sheet->families, rows * sizeof *families);
    if (families == NULL)
        return false;
    sheet->families = families;
    return true;
}

static enum hg_rc grow_rows(struct hg_builder *b, struct hg_err *reterr)
{
    size_t rows = 2 * b->cap_rows;
    for (size_t i = 0; i < b->sheet.n_columns; i++)
        if (!grow_column(&b->sheet.columns[i], rows))
            return no_memory(b, reterr);
    if (b->sheet.labelled && !grow_labels(&b->sheet, rows))
        return no_memory(b, reterr);
    b->cap_rows = rows;
    return HG_OK;
}

enum hg_rc hg_builder_row(struct hg_builder *b, struct hg_err *reterr)
{
    struct hg_sheet *sheet = &b->sheet;
    if (sheet->rows == HG_TABLE_ROWS_MAX)
        return hg_fail(reterr, HG_EFORMAT, "%s: more than %zu rows", b->name, HG_TABLE_ROWS_MAX);
    if ((uint64_t)(sheet->rows + 1) * b->n_arrays * ARRAY_CELL > HG_TABLE_BYTES_MAX)
        return hg_fail(reterr, HG_EFORMAT, "%s: more than 4 GiB of cells (%zu rows of %zu columns)", b->name, sheet->rows, sheet->n_columns);
    if (sheet->labelled && sheet->labels == NULL && !grow_labels(sheet, b->cap_rows))
        return no_memory(b, reterr);
    if (sheet->rows == b->cap_rows) {
        enum hg_rc rc = grow_rows(b, reterr);
        if (rc != HG_OK)
            return rc;
    }
    sheet->rows++;
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (b->columns[i].absent)
            hg_builder_cell(b, i, HG_SLICE(""));
    return HG_OK;
}

/* The column turned out to be one of categories. */
static void drop_numbers(struct hg_builder *b, size_t i)
{
    free(b->sheet.columns[i].numbers);
    b->sheet.columns[i].numbers = NULL;
    b->columns[i].told = true;
    b->columns[i].infinite = 0;
    b->n_arrays--;
}

void hg_builder_cell(struct hg_builder *b, size_t i, struct hg_slice text)
{
    struct hg_sheet_column *column = &b->sheet.columns[i];
    size_t row = b->sheet.rows - 1;
    float number;
    enum hg_cell cell = hg_cell_read(text, &number);
    if (column->codes != NULL)
        column->codes[row] = cell == HG_CELL_MISSING ? 0 : hg_cell_code(text);
    if (column->numbers == NULL)
        return;
    if (cell == HG_CELL_TEXT && !b->columns[i].told) {
        drop_numbers(b, i);
        return;
    }
    column->numbers[row] = number;
    b->columns[i].infinite += cell == HG_CELL_INFINITE;
    b->columns[i].no_numbers += cell == HG_CELL_TEXT;
}

/* ---- labels */

static size_t find_family(const struct hg_sheet *sheet, struct hg_slice name)
{
    size_t i = 0;
    while (i < sheet->n_families && !hg_slice_is(name, sheet->family_names[i]))
        i++;
    return i;
}

/* No longer than it may be, and not within a character of UTF-8. */
static struct hg_slice cut_family(struct hg_slice name)
{
    const char *nul = memchr(name.p, '\0', name.len);
    if (nul != NULL)
        name.len = (size_t)(nul - name.p);
    if (name.len <= HG_TABLE_FAMILY_BYTES)
        return name;
    name.len = HG_TABLE_FAMILY_BYTES;
    while (name.len > 0 && ((unsigned char)name.p[name.len] & 0xc0) == 0x80)
        name.len--;
    return name;
}

static enum hg_rc family_of(struct hg_builder *b, struct hg_slice name, uint32_t *ret, struct hg_err *reterr)
{
    struct hg_sheet *sheet = &b->sheet;
    name = cut_family(name);
    size_t i = find_family(sheet, name);
    if (i == sheet->n_families && i >= HG_TABLE_FAMILIES_MAX) {
        name = HG_SLICE("other");
        i = find_family(sheet, name);
    }
    if (i == sheet->n_families) {
        char **names = hg_grow(sheet->family_names, i, &b->cap_families, sizeof *names);
        if (names == NULL)
            return no_memory(b, reterr);
        sheet->family_names = names;
        names[i] = strndup(name.p, name.len);
        if (names[i] == NULL)
            return no_memory(b, reterr);
        sheet->n_families++;
    }
    *ret = (uint32_t)i;
    return HG_OK;
}

enum hg_rc hg_builder_label(struct hg_builder *b, struct hg_slice text, struct hg_err *reterr)
{
    size_t row = b->sheet.rows - 1;
    struct hg_slice family;
    enum hg_label label = hg_cell_label(text, &family);
    b->sheet.labels[row] = (uint8_t)label;
    b->sheet.families[row] = HG_SHEET_NO_FAMILY;
    return label == HG_LABEL_ATTACK ? family_of(b, family, &b->sheet.families[row], reterr) : HG_OK;
}

/* ---- the end */

struct hg_sheet hg_builder_finish(struct hg_builder *b)
{
    struct hg_sheet sheet = b->sheet;
    for (size_t i = 0; i < sheet.n_columns; i++) {
        struct hg_sheet_column *column = &sheet.columns[i];
        column->is_category = column->numbers == NULL;
        if (!column->is_category) {
            free(column->codes);
            column->codes = NULL;
        }
        sheet.infinite += b->columns[i].infinite;
        sheet.no_numbers += b->columns[i].no_numbers;
    }
    b->sheet = (struct hg_sheet){0};
    return sheet;
}

void hg_builder_free(struct hg_builder *b)
{
    hg_sheet_free(&b->sheet);
}
