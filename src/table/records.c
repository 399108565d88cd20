#include "table/records.h"

#include <stdlib.h>

#define FIRST_BYTES ((size_t)256 * 1024)

enum state { CELL, PLAIN, QUOTED, CLOSED, CLOSED_RETURN, BROKEN, DONE };

struct walk { /* through the record at hand; positions count from its start */
    enum state state;
    size_t at, cell;
    size_t first_break; /* behind the first line break, 0: none yet */
    uint64_t breaks;
    bool doubled, quoted;
    bool was_quoted; /* any cell */
};

enum hg_rc hg_records_open(struct hg_records *r, const struct hg_table_source *source, struct hg_err *reterr)
{
    r->source = *source;
    r->start = r->end = 0;
    r->ended = r->begun = false;
    r->next_line = 1;
    r->cap = FIRST_BYTES;
    r->bytes = malloc(r->cap);
    return r->bytes != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", source->name);
}

void hg_records_close(struct hg_records *r)
{
    free(r->bytes);
    r->bytes = NULL;
}

/* More bytes behind those at hand, which move to the front. */
static enum hg_rc fill(struct hg_records *r, struct hg_err *reterr)
{
    if (r->start > 0) {
        memmove(r->bytes, r->bytes + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    if (r->end == r->cap) {
        char *more = realloc(r->bytes, 2 * r->cap);
        if (more == NULL)
            return hg_fail(reterr, HG_ENOMEM, "%s: no memory for a record of %zu bytes", r->source.name, r->cap);
        r->bytes = more;
        r->cap *= 2;
    }
    size_t n = 0;
    enum hg_rc rc = r->source.read(r->source.self, r->bytes + r->end, r->cap - r->end, &n, reterr);
    if (rc != HG_OK)
        return rc;
    r->end += n;
    r->ended = n == 0;
    return HG_OK;
}

static enum hg_rc skip_mark(struct hg_records *r, struct hg_err *reterr)
{
    r->begun = true;
    while (r->end < 3 && !r->ended) {
        enum hg_rc rc = fill(r, reterr);
        if (rc != HG_OK)
            return rc;
    }
    if (r->end >= 3 && memcmp(r->bytes, "\xef\xbb\xbf", 3) == 0)
        r->start = 3;
    return HG_OK;
}

static void add_cell(struct hg_records *r, struct walk *w, size_t end)
{
    if (r->n_cells < HG_SHEET_COLUMNS_MAX)
        r->spans[r->n_cells] = (struct hg_record_cell){w->cell, end - w->cell, w->doubled};
    r->n_cells++;
    w->was_quoted |= w->quoted;
    w->quoted = w->doubled = false;
    w->state = CELL;
}

static void note_break(struct walk *w)
{
    w->breaks++;
    if (w->first_break == 0)
        w->first_break = w->at + 1;
}

static void end_plain(struct hg_records *r, struct walk *w)
{
    size_t end = w->at;
    if (end > w->cell && r->bytes[r->start + end - 1] == '\r')
        end--;
    add_cell(r, w, end);
}

/* What follows the quote that closed a cell (which ends before it). */
static void after_quote(struct hg_records *r, struct walk *w, char c)
{
    if (c == '"' && w->state == CLOSED) {
        w->doubled = true;
        w->state = QUOTED;
    } else if (c == ',' && w->state == CLOSED) {
        add_cell(r, w, w->at - 1);
    } else if (c == '\r' && w->state == CLOSED) {
        w->state = CLOSED_RETURN;
    } else if (c == '\n') {
        note_break(w);
        add_cell(r, w, w->at - (w->state == CLOSED_RETURN ? 2 : 1));
        w->state = DONE;
    } else {
        w->state = BROKEN; /* text behind a closing quote */
    }
}

static void begin_cell(struct walk *w, char c)
{
    w->quoted = c == '"';
    w->cell = w->at + w->quoted;
    w->state = w->quoted ? QUOTED : PLAIN;
}

static void walk_plain(struct hg_records *r, struct walk *w, const char *bytes, size_t len)
{
    while (w->at < len && bytes[w->at] != ',' && bytes[w->at] != '\n')
        w->at++;
    if (w->at == len)
        return;
    bool ends = bytes[w->at] == '\n';
    end_plain(r, w);
    if (ends) {
        note_break(w);
        w->state = DONE;
    }
    w->at++;
}

static void walk_quoted(struct walk *w, const char *bytes, size_t len)
{
    for (; w->at < len && bytes[w->at] != '"'; w->at++)
        if (bytes[w->at] == '\n')
            note_break(w);
    if (w->at == len)
        return;
    w->state = CLOSED;
    w->at++;
}

/* Through what is there, as far as the record goes. */
static void walk(struct hg_records *r, struct walk *w)
{
    const char *bytes = r->bytes + r->start;
    size_t len = r->end - r->start;
    while (w->at < len && w->at <= HG_TABLE_RECORD_MAX && w->state != DONE && w->state != BROKEN) {
        if (w->state == CELL) {
            begin_cell(w, bytes[w->at]);
            w->at += w->quoted;
        } else if (w->state == PLAIN) {
            walk_plain(r, w, bytes, len);
        } else if (w->state == QUOTED) {
            walk_quoted(w, bytes, len);
        } else {
            after_quote(r, w, bytes[w->at]);
            w->at++;
        }
    }
}

/* The source has ended within the record. */
static void end_record(struct hg_records *r, struct walk *w)
{
    if (w->state == PLAIN || w->state == CELL) {
        if (w->state == CELL)
            w->cell = w->at;
        end_plain(r, w);
        w->state = DONE;
    } else if (w->state == CLOSED || w->state == CLOSED_RETURN) {
        add_cell(r, w, w->at - (w->state == CLOSED_RETURN ? 2 : 1));
        w->state = DONE;
    } else {
        w->state = BROKEN;
    }
}

/* A record without an end that can be found: it is its first line, of which nothing is kept in memory. */
static enum hg_rc drop_line(struct hg_records *r, size_t first_break, struct hg_err *reterr)
{
    r->next_line++;
    if (first_break > 0) {
        r->start += first_break;
        return HG_OK;
    }
    for (;;) {
        const char *end = memchr(r->bytes + r->start, '\n', r->end - r->start);
        r->start = end != NULL ? (size_t)(end - r->bytes) + 1 : r->end;
        if (end != NULL || r->ended)
            return HG_OK;
        enum hg_rc rc = fill(r, reterr);
        if (rc != HG_OK)
            return rc;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct hg_slice text_of(struct hg_records *r, const struct hg_record_cell *span)
{
    char *p = r->bytes + r->start + span->at;
    size_t len = span->len;
    if (span->doubled) {
        len = 0;
        for (size_t i = 0; i < span->len; i++) {
            p[len++] = p[i];
            i += p[i] == '"';
        }
    }
    for (; len > 0 && is_blank(p[0]); len--)
        p++;
    while (len > 0 && is_blank(p[len - 1]))
        len--;
    return (struct hg_slice){p, len};
}

static bool take(struct hg_records *r, const struct walk *w)
{
    size_t kept = r->n_cells < HG_SHEET_COLUMNS_MAX ? r->n_cells : HG_SHEET_COLUMNS_MAX;
    for (size_t i = 0; i < kept; i++)
        r->cells[i] = text_of(r, &r->spans[i]);
    r->start += w->at;
    r->next_line += w->breaks;
    return r->n_cells > 1 || r->cells[0].len > 0 || w->was_quoted;
}

/* Walks to the record's end, reading on as it must. HG_EEND: there is none. */
static enum hg_rc find_end(struct hg_records *r, struct walk *w, struct hg_err *reterr)
{
    enum hg_rc rc;
    for (;;) {
        walk(r, w);
        if (w->state == BROKEN || w->state == DONE || w->at > HG_TABLE_RECORD_MAX)
            return HG_OK;
        if (r->ended && w->at == 0)
            return HG_EEND;
        if (r->ended)
            end_record(r, w);
        else if ((rc = fill(r, reterr)) != HG_OK)
            return rc;
    }
}

enum hg_rc hg_records_next(struct hg_records *r, struct hg_err *reterr)
{
    enum hg_rc rc = r->begun ? HG_OK : skip_mark(r, reterr);
    while (rc == HG_OK) {
        struct walk w = {.state = CELL};
        r->n_cells = 0;
        r->line = r->next_line;
        rc = find_end(r, &w, reterr);
        if (rc != HG_OK)
            break;
        r->fault = w.at > HG_TABLE_RECORD_MAX ? HG_RECORD_LONG : w.state == BROKEN ? HG_RECORD_QUOTES : HG_RECORD_WHOLE;
        if (r->fault != HG_RECORD_WHOLE)
            return drop_line(r, w.first_break, reterr);
        if (take(r, &w))
            return HG_OK;
    }
    return rc;
}
