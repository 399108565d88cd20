/* Rows and headers of the tables that a mapping describes: CSV, lines split at a separator, Zeek's. */
#include "decode/mapping.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>

struct names { /* of a table's columns */
    size_t n;
    struct hg_csv_cell cells[MAPPING_CELLS];
    struct hg_slice line; /* that they stand in */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct hg_slice trimmed(struct hg_slice s)
{
    while (s.len > 0 && is_space(s.p[0]))
        s = hg_slice_from(s, 1);
    while (s.len > 0 && is_space(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct hg_slice mapping_value(const struct mapping *mapping, struct hg_slice text)
{
    text = trimmed(text);
    if (text.len == 0)
        return HG_SLICE_NONE;
    if ((mapping->null_lengths >> (text.len < 63 ? text.len : 63) & 1) != 0)
        for (size_t i = 0; i < mapping->n_nulls; i++)
            if (hg_slice_eq(text, mapping->nulls[i]))
                return HG_SLICE_NONE;
    return text;
}

/* ---- rows */

static size_t split_lines(char separator, struct hg_slice record, struct hg_csv_cell *cells)
{
    size_t n = 0;
    for (;;) {
        const char *stop = record.len == 0 ? NULL : memchr(record.p, separator, record.len);
        size_t len = stop == NULL ? record.len : (size_t)(stop - record.p);
        if (n < MAPPING_CELLS)
            cells[n] = (struct hg_csv_cell){{record.p, len}, false};
        n++;
        if (stop == NULL)
            return n;
        record = hg_slice_from(record, len + 1);
    }
}

enum hg_reason mapping_split(const struct mapping *mapping, struct hg_slice record, struct hg_csv_cell *cells, size_t *ret_n)
{
    if (mapping->log == LOG_TSV) {
        *ret_n = split_lines(mapping->separator, record, cells);
        return HG_REASON_NONE;
    }
    return hg_csv_split(record, cells, MAPPING_CELLS, ret_n) ? HG_REASON_NONE : HG_REASON_bad_quoting;
}

/* ---- headers */

/* The next line of a header of several, without its end; *head moves behind it. */
static struct hg_slice next_line(struct hg_slice *head)
{
    const char *newline = memchr(head->p, '\n', head->len);
    size_t len = newline == NULL ? head->len : (size_t)(newline - head->p);
    struct hg_slice line = {head->p, len};
    *head = hg_slice_from(*head, newline == NULL ? len : len + 1);
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* What follows `#word` and a separator in a line of Zeek's header. */
static bool zeek_line(struct hg_slice line, const char *word, char separator, struct hg_slice *ret)
{
    size_t len = strlen(word);
    if (line.len <= len || memcmp(line.p, word, len) != 0 || line.p[len] != separator)
        return false;
    *ret = hg_slice_from(line, len + 1);
    return true;
}

static struct hg_slice zeek_find(struct hg_slice head, const char *word, char separator, struct hg_slice *ret_line)
{
    while (head.len > 0) {
        struct hg_slice line = next_line(&head), rest;
        if (zeek_line(line, word, separator, &rest)) {
            *ret_line = line;
            return rest;
        }
    }
    return HG_SLICE_NONE;
}

static struct hg_slice without_bom(struct hg_slice head)
{
    return hg_slice_starts(head, HG_SLICE("\xef\xbb\xbf")) ? hg_slice_from(head, 3) : head;
}

/* The names in a header; of a table without one its first row instead. */
static bool read_names(const struct mapping *mapping, struct hg_slice head, struct names *ret)
{
    head = without_bom(head);
    struct hg_slice text = head, names = head;
    ret->line = HG_SLICE_NONE;
    if (mapping->header == HEADER_ZEEK)
        names = zeek_find(head, "#fields", mapping->separator, &ret->line);
    else
        names = next_line(&text);
    if (mapping->header != HEADER_ZEEK && mapping->log == LOG_CSV)
        names = head; /* quoted newlines included */
    if (names.len == 0 || mapping_split(mapping, names, ret->cells, &ret->n) != HG_REASON_NONE)
        return false;
    return ret->n <= MAPPING_CELLS;
}

static size_t find_name(const struct names *names, struct hg_slice name)
{
    for (size_t i = 0; i < names->n; i++)
        if (hg_slice_eq(trimmed(names->cells[i].raw), name))
            return i;
    return MAPPING_CELLS;
}

static bool looks_like(enum mapping_class class, struct hg_slice text)
{
    struct hg_ip ip;
    int64_t integer;
    double number;
    switch (class) {
    case CLASS_ADDRESS:
        return hg_ip_parse(text, &ip);
    case CLASS_INTEGER:
        return hg_num_parse_i64(text, &integer);
    case CLASS_NUMBER:
        break;
    }
    return hg_num_parse_f64(text, &number);
}

bool mapping_knows_table(const struct mapping *mapping, struct hg_slice head)
{
    struct names names;
    if (!read_names(mapping, head, &names))
        return false;
    if (mapping->header == HEADER_NONE) {
        bool same = names.n == mapping->n_columns;
        for (size_t i = 0; same && i < mapping->n_matches; i++)
            same = looks_like(mapping->matches[i].class, trimmed(names.cells[mapping->matches[i].cell].raw));
        return same;
    }
    for (size_t i = 0; i < mapping->n_sources; i++)
        if ((mapping->recognised >> i & 1) != 0 && find_name(&names, mapping->sources[i].name) == MAPPING_CELLS)
            return false;
    return true;
}

static enum hg_rc lacks(const struct mapping *mapping, const struct mapping_source *source, struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EUSAGE, "%s: the log has no column '%s', which %s:%zu names", mapping->decoder.name, source->name.p,
                   mapping->file, source->line);
}

static enum hg_rc place_sources(const struct mapping *mapping, const struct names *names, struct hg_columns *columns,
                                struct hg_err *reterr)
{
    for (size_t i = 0; i < mapping->n_sources; i++) {
        const struct mapping_source *source = &mapping->sources[i];
        size_t cell = source->number > 0 ? source->number - 1 : find_name(names, source->name);
        if (cell == MAPPING_CELLS && !source->optional)
            return lacks(mapping, source, reterr);
        columns->at[i] = (uint16_t)cell;
        if (cell < MAPPING_CELLS && i < mapping->n_used)
            columns->mapped[cell] = true;
    }
    return HG_OK;
}

/* Zeek says its separator and what stands for nothing: both must be what the mapping was written for. */
static enum hg_rc check_zeek(const struct mapping *mapping, struct hg_slice head, struct hg_err *reterr)
{
    char expected[8];
    struct hg_slice line, unset = zeek_find(head, "#unset_field", mapping->separator, &line);
    struct hg_slice separator = zeek_find(head, "#separator", ' ', &line);
    snprintf(expected, sizeof expected, "\\x%02x", (unsigned)(unsigned char)mapping->separator);
    if (separator.p != NULL && !hg_slice_is(separator, expected))
        return hg_fail(reterr, HG_EUSAGE, "%s: the log's separator is '%.*s', the mapping's %s", mapping->decoder.name,
                       (int)(separator.len & 63), separator.p, expected);
    if (unset.p != NULL && mapping_value(mapping, unset).p != NULL)
        return hg_fail(reterr, HG_EUSAGE, "%s: the log's #unset_field '%.*s' is none of the mapping's null words", mapping->decoder.name,
                       (int)(unset.len & 63), unset.p);
    return HG_OK;
}

static enum hg_rc read_header(const struct mapping *mapping, struct hg_slice head, struct hg_columns *columns, struct hg_err *reterr)
{
    struct names names = {.n = 0};
    if (mapping->header != HEADER_NONE && !read_names(mapping, head, &names))
        return hg_fail(reterr, HG_EUSAGE, "%s: the log has no header that can be read, or more than %d columns", mapping->decoder.name,
                       MAPPING_CELLS);
    columns->n = mapping->header == HEADER_NONE ? mapping->n_columns : names.n;
    columns->fields = names.line;
    for (size_t i = 0; i < columns->n; i++)
        columns->names[i] = mapping->header != HEADER_NONE ? trimmed(names.cells[i].raw)
                            : mapping->columns != NULL     ? mapping->columns[i]
                                                           : HG_SLICE_NONE;
    enum hg_rc rc = mapping->header == HEADER_ZEEK ? check_zeek(mapping, head, reterr) : HG_OK;
    return rc == HG_OK ? place_sources(mapping, &names, columns, reterr) : rc;
}

enum hg_rc mapping_columns_create(const struct hg_decoder *decoder, struct hg_slice header, struct hg_columns **ret, struct hg_err *reterr)
{
    const struct mapping *mapping = (const struct mapping *)decoder;
    struct hg_columns *columns = calloc(1, sizeof *columns);
    if (columns == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for the columns", decoder->name);
    columns->mapping = mapping;
    enum hg_rc rc = read_header(mapping, header, columns, reterr);
    if (rc != HG_OK) {
        free(columns);
        return rc;
    }
    *ret = columns;
    return HG_OK;
}

void mapping_columns_destroy(struct hg_columns *columns)
{
    free(columns);
}

bool mapping_is_header(const struct hg_decode_context *context, struct hg_slice record)
{
    const struct mapping *mapping = (const struct mapping *)context->decoder;
    struct hg_slice names;
    if (mapping->header == HEADER_FIRST)
        return hg_slice_eq(record, context->header);
    if (mapping->header == HEADER_NONE || record.len == 0 || record.p[0] != '#')
        return false;
    /* A #fields of other columns is no header of this stream: its rows would be misread. It is counted as malformed. */
    return !zeek_line(record, "#fields", mapping->separator, &names) || hg_slice_eq(record, context->columns->fields);
}
