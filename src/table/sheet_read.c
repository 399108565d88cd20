#include "table/table.h"

#include "base/buf.h"
#include "base/num.h"
#include "table/builder.h"
#include "table/records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
    const struct hg_sheet_settings *settings;
    const char *name;
    struct hg_records records;
    struct hg_builder builder;
    int places[HG_SHEET_COLUMNS_MAX]; /* of the file's columns: PLACE_…, or an index into the sheet's columns */
    size_t n_cells;                   /* of the header */
};

enum { PLACE_LEFT_OUT = -1, PLACE_LABEL = -2 };

__attribute__((format(printf, 2, 3))) static void say(const struct reading *r, const char *format, ...)
{
    if (r->settings->say == NULL)
        return;
    char line[HG_ERR_MSG_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    r->settings->say(r->settings->say_self, line);
}

/* ---- the header */

static struct hg_slice column_name(const struct reading *r, size_t i)
{
    return r->records.cells[i];
}

#define SHOWN(slice) (int)((slice).len < 80 ? (slice).len : 80), (slice).p

static enum hg_rc find_column(const struct reading *r, const char *option, const char *name, size_t *ret, struct hg_err *reterr)
{
    for (*ret = 0; *ret < r->n_cells; ++*ret)
        if (hg_slice_is(column_name(r, *ret), name))
            return HG_OK;
    struct hg_buf names;
    hg_buf_init(&names, (size_t)1024 * 1024);
    for (size_t i = 0; i < r->n_cells && names.len < 300; i++)
        hg_buf_printf(&names, "%s%.*s", i > 0 ? ", " : "", SHOWN(column_name(r, i)));
    enum hg_rc rc = hg_fail(reterr, HG_EUSAGE, "%s: %s: there is no column '%.80s'; there are: %.*s%s", r->name, option, name,
                            names.len > 300 ? 300 : (int)names.len, names.p == NULL ? "" : names.p, names.len >= 300 ? ", ..." : "");
    hg_buf_free(&names);
    return rc;
}

static enum hg_rc check_names(const struct reading *r, struct hg_err *reterr)
{
    unsigned long long line = r->records.line;
    if (r->n_cells > HG_SHEET_COLUMNS_MAX)
        return hg_fail(reterr, HG_EFORMAT, "%s:%llu: the header has %zu columns; %u are read at most", r->name, line, r->n_cells,
                       HG_SHEET_COLUMNS_MAX);
    struct hg_slice first = column_name(r, 0);
    if (r->n_cells == 1 && memchr(first.p, ';', first.len) != NULL)
        return hg_fail(reterr, HG_EFORMAT, "%s:%llu: the header has no comma but semicolons: cells have to stand between commas", r->name, line);
    if (r->n_cells == 1 && memchr(first.p, '\t', first.len) != NULL)
        return hg_fail(reterr, HG_EFORMAT, "%s:%llu: the header has no comma but tabs: cells have to stand between commas", r->name, line);
    for (size_t i = 0; i < r->n_cells; i++) {
        struct hg_slice name = column_name(r, i);
        double number;
        const char *hint = hg_num_parse_f64(name, &number) ? " (is the first line a header?)" : "";
        if (name.len == 0)
            return hg_fail(reterr, HG_EFORMAT, "%s:%llu: column %zu has no name in the header", r->name, line, i + 1);
        if (memchr(name.p, '\0', name.len) != NULL)
            return hg_fail(reterr, HG_EFORMAT, "%s:%llu: the name of column %zu holds a zero byte: the table should be UTF-8", r->name, line, i + 1);
        for (size_t j = 0; j < i; j++)
            if (hg_slice_eq(name, column_name(r, j)))
                return hg_fail(reterr, HG_EFORMAT, "%s:%llu: columns %zu and %zu have the same name '%.*s'%s", r->name, line, j + 1, i + 1,
                               SHOWN(name), hint);
    }
    return HG_OK;
}

/* Says which of the file's columns the schema doesn't know. */
static void say_extra(const struct reading *r, const bool *extra, size_t n)
{
    struct hg_buf names;
    hg_buf_init(&names, (size_t)1024 * 1024);
    for (size_t i = 0; i < r->n_cells && names.len < 300; i++)
        if (extra[i])
            hg_buf_printf(&names, "%s%.*s", names.len > 0 ? ", " : "", SHOWN(column_name(r, i)));
    say(r, "%s: %zu %s the model doesn't know: %.*s%s", r->name, n, n == 1 ? "column that" : "columns that",
        names.len > 300 ? 300 : (int)names.len, names.p == NULL ? "" : names.p, names.len >= 300 ? ", ..." : "");
    hg_buf_free(&names);
}

/* The model's columns, and which of the file's goes into each. */
static enum hg_rc place_by_schema(struct reading *r, const struct hg_sheet_schema *schema, struct hg_err *reterr)
{
    bool extra[HG_SHEET_COLUMNS_MAX] = {false};
    size_t n_extra = 0, n_absent = 0;
    for (size_t i = 0; i < r->n_cells; i++)
        n_extra += extra[i] = r->places[i] == 0;
    for (size_t i = 0; i < r->n_cells; i++)
        r->places[i] = r->places[i] == 0 ? PLACE_LEFT_OUT : r->places[i];
    for (size_t k = 0; k < schema->n; k++) {
        enum hg_column_kind kind = schema->is_category[k] ? HG_COLUMN_CATEGORY : HG_COLUMN_NUMBER;
        enum hg_rc rc = hg_builder_column(&r->builder, hg_slice_of(schema->names[k]), kind, reterr);
        if (rc != HG_OK)
            return rc;
        size_t i = 0;
        while (i < r->n_cells && !(extra[i] && hg_slice_is(column_name(r, i), schema->names[k])))
            i++;
        if (i == r->n_cells) {
            hg_builder_absent(&r->builder, k);
            n_absent++;
            say(r, "%s: the model's column '%.80s' isn't there: missing in every row", r->name, schema->names[k]);
            continue;
        }
        r->places[i] = (int)k;
        extra[i] = false;
        n_extra--;
    }
    if (n_extra > 0)
        say_extra(r, extra, n_extra);
    if (n_absent == schema->n)
        return hg_fail(reterr, HG_EFORMAT, "%s: none of the model's columns is there: it was made of another table", r->name);
    return HG_OK;
}

static enum hg_rc place_as_found(struct reading *r, struct hg_err *reterr)
{
    int next = 0;
    for (size_t i = 0; i < r->n_cells; i++) {
        if (r->places[i] != 0)
            continue;
        enum hg_rc rc = hg_builder_column(&r->builder, column_name(r, i), HG_COLUMN_UNTOLD, reterr);
        if (rc != HG_OK)
            return rc;
        r->places[i] = next++;
    }
    return next > 0 ? HG_OK : hg_fail(reterr, HG_EFORMAT, "%s: no column is left but the label", r->name);
}

static enum hg_rc place_columns(struct reading *r, struct hg_err *reterr)
{
    const struct hg_sheet_settings *settings = r->settings;
    size_t at;
    for (size_t i = 0; i < settings->n_drop; i++) {
        enum hg_rc rc = find_column(r, "--drop", settings->drop[i], &at, reterr);
        if (rc != HG_OK)
            return rc;
        r->places[at] = PLACE_LEFT_OUT;
    }
    if (settings->label_column != NULL) {
        enum hg_rc rc = find_column(r, "--label-column", settings->label_column, &at, reterr);
        if (rc != HG_OK)
            return rc;
        r->places[at] = PLACE_LABEL;
        r->builder.sheet.labelled = true;
    }
    return settings->schema != NULL ? place_by_schema(r, settings->schema, reterr) : place_as_found(r, reterr);
}

static enum hg_rc read_header(struct reading *r, struct hg_err *reterr)
{
    enum hg_rc rc = hg_records_next(&r->records, reterr);
    if (rc == HG_EEND)
        return hg_fail(reterr, HG_EFORMAT, "%s: is empty: a table begins with a header", r->name);
    if (rc != HG_OK)
        return rc;
    if (r->records.fault != HG_RECORD_WHOLE)
        return hg_fail(reterr, HG_EFORMAT, "%s:%llu: the header %s", r->name, (unsigned long long)r->records.line,
                       r->records.fault == HG_RECORD_LONG ? "is longer than 1 MiB" : "has quotes that don't match");
    r->n_cells = r->records.n_cells;
    rc = check_names(r, reterr);
    return rc == HG_OK ? place_columns(r, reterr) : rc;
}

/* ---- the rows */

static void say_malformed(const struct reading *r, uint64_t how_many)
{
    unsigned long long line = r->records.line;
    if (how_many > HG_TABLE_SAID_MAX)
        return;
    if (r->records.fault == HG_RECORD_QUOTES)
        say(r, "%s:%llu: the quotes don't match; left out", r->name, line);
    else if (r->records.fault == HG_RECORD_LONG)
        say(r, "%s:%llu: longer than 1 MiB; left out", r->name, line);
    else
        say(r, "%s:%llu: %zu %s where the header has %zu; left out", r->name, line, r->records.n_cells, r->records.n_cells == 1 ? "cell" : "cells",
            r->n_cells);
    if (how_many == HG_TABLE_SAID_MAX)
        say(r, "%s: further malformed records are only counted", r->name);
}

static enum hg_rc add_row(struct reading *r, struct hg_err *reterr)
{
    struct hg_builder *b = &r->builder;
    enum hg_rc rc = hg_builder_row(b, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; i < r->n_cells && rc == HG_OK; i++) {
        if (r->places[i] >= 0)
            hg_builder_cell(b, (size_t)r->places[i], r->records.cells[i]);
        else if (r->places[i] == PLACE_LABEL)
            rc = hg_builder_label(b, r->records.cells[i], reterr);
    }
    return rc;
}

static enum hg_rc read_rows(struct reading *r, struct hg_err *reterr)
{
    struct hg_sheet *sheet = &r->builder.sheet;
    enum hg_rc rc;
    while ((rc = hg_records_next(&r->records, reterr)) == HG_OK) {
        sheet->read++;
        if (r->records.fault != HG_RECORD_WHOLE || r->records.n_cells != r->n_cells)
            say_malformed(r, ++sheet->malformed);
        else if ((rc = add_row(r, reterr)) != HG_OK)
            return rc;
    }
    if (rc != HG_EEND)
        return rc;
    if (sheet->read == 0)
        return hg_fail(reterr, HG_EFORMAT, "%s: there is no row behind the header", r->name);
    if (sheet->rows == 0)
        return hg_fail(reterr, HG_EFORMAT, "%s: none of the %llu records could be read", r->name, (unsigned long long)sheet->read);
    return HG_OK;
}

enum hg_rc hg_sheet_read(const struct hg_table_source *source, const struct hg_sheet_settings *settings, struct hg_sheet *ret,
                         struct hg_err *reterr)
{
    struct reading *r = calloc(1, sizeof *r);
    if (r == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", source->name);
    r->settings = settings;
    r->name = r->builder.name = source->name;
    enum hg_rc rc = hg_records_open(&r->records, source, reterr);
    if (rc == HG_OK)
        rc = read_header(r, reterr);
    if (rc == HG_OK)
        rc = read_rows(r, reterr);
    if (rc == HG_OK)
        *ret = hg_builder_finish(&r->builder);
    hg_builder_free(&r->builder);
    hg_records_close(&r->records);
    free(r);
    return rc;
}
