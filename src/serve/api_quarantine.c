/* GET /quarantine and POST /quarantine/retry: records that could not be read, and another try at them. */
#include "serve/serve_priv.h"

#include "base/base64.h"
#include "base/num.h"

#include <stdlib.h>

#define ROWS_BYTES_MAX (64u * 1024 * 1024)
#define PAGE_BYTES_MAX (16u * 1024 * 1024) /* an answer is cut to fewer records beyond */

enum hg_rc hg_json_quarantine_sum(struct hg_view *view)
{
    struct hg_jsonw *w = &view->call->w;
    struct hg_quarantine_sum sum;
    enum hg_rc rc = hg_reader_quarantine_sum(view->reader, &sum, &view->err);
    if (rc != HG_OK)
        return rc;
    hg_jsonw_key(w, "quarantine");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "records", sum.records);
    hg_json_count(w, "bytes", sum.bytes);
    hg_json_count(w, "dropped", sum.dropped);
    hg_json_count(w, "records_max", HG_QUARANTINE_MAX);
    hg_json_count(w, "bytes_max", HG_QUARANTINE_BYTES_MAX);
    hg_jsonw_close(w, '}');
    return HG_OK;
}

/* Bytes that are no UTF-8 as \xff, so that each can be seen. */
static void put_escaped(struct hg_jsonw *w, struct hg_slice record)
{
    struct hg_buf text;
    hg_buf_init(&text, 5 * (size_t)HG_RECORD_BYTES_MAX + 4096);
    for (size_t i = 0; i < record.len;) {
        size_t len = hg_utf8_len(record.p + i, record.p + record.len);
        if (len == 0)
            hg_buf_printf(&text, "\\x%02x", (unsigned)(unsigned char)record.p[i]);
        else
            hg_buf_add(&text, record.p + i, len);
        i += len == 0 ? 1 : len;
    }
    hg_jsonw_str(w, text.p == NULL ? HG_SLICE("") : hg_buf_slice(&text));
    hg_buf_free(&text);
}

static enum hg_rc put_base64(struct hg_jsonw *w, struct hg_slice record, struct hg_err *reterr)
{
    char *text = malloc(hg_base64_encoded_len(record.len));
    if (text == NULL)
        return hg_fail(reterr, HG_ENOMEM, "serve: no memory for a record");
    hg_jsonw_key(w, "record_base64");
    hg_jsonw_str(w, (struct hg_slice){text, hg_base64_encode(record, text)});
    free(text);
    return HG_OK;
}

static enum hg_rc put_record(struct hg_view *view, const struct hg_quarantine_row *row)
{
    struct hg_jsonw *w = &view->call->w;
    enum hg_rc rc = HG_OK;
    bool valid = hg_utf8_valid(row->record);
    hg_jsonw_open(w, '{');
    hg_json_count(w, "number", row->number);
    hg_jsonw_key(w, "source");
    hg_jsonw_text(w, row->name);
    hg_jsonw_key(w, "format");
    hg_jsonw_text(w, row->format);
    hg_json_count(w, "offset", row->offset);
    hg_jsonw_key(w, "reason");
    hg_jsonw_text(w, hg_reason_name(row->reason));
    hg_jsonw_key(w, "reason_text");
    hg_jsonw_text(w, hg_reason_text(row->reason));
    hg_jsonw_key(w, "record");
    if (valid)
        hg_jsonw_str(w, row->record.p == NULL ? HG_SLICE("") : row->record);
    else
        put_escaped(w, row->record);
    if (!valid)
        rc = put_base64(w, row->record, &view->err);
    hg_jsonw_close(w, '}');
    return rc;
}

struct page {
    struct hg_slice source; /* {NULL, 0}: all */
    uint64_t before;
    size_t limit;
};

static bool read_page(struct hg_call *call, struct page *ret)
{
    struct hg_args_fault fault = {HG_SLICE("before"), "the next_before of an earlier answer"};
    struct hg_slice before = hg_args_get(&call->args, "before");
    *ret = (struct page){.source = hg_args_get(&call->args, "source")};
    bool good = before.p == NULL || (hg_num_parse_u64(before, &ret->before) && ret->before > 0 && ret->before <= INT64_MAX);
    if (good && memchr(ret->source.p == NULL ? "" : ret->source.p, '\0', ret->source.len) != NULL) {
        fault = (struct hg_args_fault){HG_SLICE("source"), "the name of a source"};
        good = false;
    }
    good = good && hg_args_limit(&call->args, 50, 500, &ret->limit, &fault);
    if (!good)
        hg_call_fault(call, &fault);
    return good;
}

static enum hg_rc answer(struct hg_view *view, const struct page *page, struct hg_arena *arena)
{
    struct hg_jsonw *w = &view->call->w;
    struct hg_quarantine_row *rows = NULL;
    size_t n = 0, i = 0;
    char *name = page->source.p == NULL ? NULL : hg_arena_alloc(arena, page->source.len + 1);
    if (page->source.p != NULL && name == NULL)
        return hg_fail(&view->err, HG_ENOMEM, "serve: no memory for a name");
    if (name != NULL) {
        memcpy(name, page->source.p, page->source.len);
        name[page->source.len] = '\0';
    }
    /* one more than asked for tells whether there is another page */
    enum hg_rc rc = hg_reader_quarantine(view->reader, name, page->before, page->limit + 1, arena, &rows, &n, &view->err);
    if (rc != HG_OK)
        return rc;
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "records");
    hg_jsonw_open(w, '[');
    for (; i < n && i < page->limit && rc == HG_OK && (i == 0 || view->call->out.len < PAGE_BYTES_MAX); i++)
        rc = put_record(view, &rows[i]);
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "next_before");
    if (i < n)
        hg_jsonw_u64(w, rows[i - 1].number);
    else
        hg_jsonw_null(w);
    if (rc == HG_OK)
        rc = hg_json_quarantine_sum(view);
    hg_jsonw_close(w, '}');
    free(rows);
    return rc;
}

void hg_handle_quarantine(struct hg_call *call)
{
    struct hg_view view;
    struct hg_arena arena;
    struct page page;
    if (!read_page(call, &page) || !hg_view_begin(&view, call))
        return;
    hg_arena_init(&arena, 64 * 1024, ROWS_BYTES_MAX);
    enum hg_rc rc = answer(&view, &page, &arena);
    hg_view_end(&view, rc);
    hg_arena_free(&arena);
}

static void skip_space(struct hg_slice *text)
{
    while (text->len > 0 && memchr(" \t\r\n", text->p[0], 4) != NULL)
        *text = hg_slice_from(*text, 1);
}

static bool take(struct hg_slice *text, struct hg_slice word)
{
    skip_space(text);
    if (!hg_slice_starts(*text, word))
        return false;
    *text = hg_slice_from(*text, word.len);
    return true;
}

/* {} or {"number": N}: all that this one route needs of JSON. 0: all. */
static bool read_number(struct hg_slice body, uint64_t *ret)
{
    size_t digits = 0;
    *ret = 0;
    if (!take(&body, HG_SLICE("{")))
        return false;
    if (take(&body, HG_SLICE("\"number\""))) {
        if (!take(&body, HG_SLICE(":")))
            return false;
        skip_space(&body);
        while (digits < body.len && body.p[digits] >= '0' && body.p[digits] <= '9')
            digits++;
        if (!hg_num_parse_u64((struct hg_slice){body.p, digits}, ret) || *ret == 0)
            return false;
        body = hg_slice_from(body, digits);
    }
    if (!take(&body, HG_SLICE("}")))
        return false;
    skip_space(&body);
    return body.len == 0;
}

void hg_handle_quarantine_retry(struct hg_call *call)
{
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_push_result result = {0};
    struct hg_err err = {0};
    uint64_t number;
    if (!read_number(hg_buf_slice(&call->body.bytes), &number)) {
        hg_call_problem(call, 400, "bad body", "Expected {} for all records, or {\"number\": N} for one.");
        return;
    }
    enum hg_rc rc = backend->quarantine_retry == NULL ? hg_fail(&err, HG_ESTATE, "There is nothing that could try again.")
                                                      : backend->quarantine_retry(backend->self, number, &result, &err);
    if (rc == HG_EEND || rc == HG_EUSAGE || (rc == HG_OK && number != 0 && result.counts.read == 0))
        hg_call_problem(call, 404, "not found", "There is no such record in quarantine.");
    else if (rc != HG_OK)
        hg_call_push_failed(call, rc, &err);
    else {
        hg_jsonw_open(&call->w, '{');
        hg_counts_json_members(&result.counts, &call->w);
        hg_json_count(&call->w, "sequence", result.sequence);
        hg_jsonw_close(&call->w, '}');
    }
}
