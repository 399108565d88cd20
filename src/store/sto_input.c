/* Inputs with their bookmarks and accounts; the model. */
#include "base/grow.h"
#include "base/num.h"
#include "store/store_priv.h"

#include <stdlib.h>

/* ---- counts as text: "name number" a line, zeros left out */

static void count_print(struct hg_buf *out, const char *group, const char *name, uint64_t value)
{
    if (value == 0)
        return;
    hg_buf_text(out, group);
    hg_buf_text(out, name);
    hg_buf_char(out, ' ');
    hg_buf_u64(out, value);
    hg_buf_char(out, '\n');
}

static void counts_print(struct hg_buf *out, const struct hg_counts *counts)
{
    count_print(out, "", "read", counts->read);
    count_print(out, "", "decoded", counts->decoded);
    count_print(out, "", "skipped", counts->skipped);
    count_print(out, "", "malformed", counts->malformed);
    count_print(out, "", "duplicates", counts->duplicates);
    count_print(out, "", "late", counts->late);
    count_print(out, "", "negative_counters", counts->negative_counters);
    count_print(out, "", "unknown_applications", counts->unknown_applications);
    for (int i = 0; i < HG_DATASET_COUNT; i++)
        count_print(out, "dataset.", hg_dataset_name((enum hg_dataset)i), counts->datasets[i]);
    for (int i = 1; i < HG_REASON_COUNT; i++)
        count_print(out, "reason.", hg_reason_name((enum hg_reason)i), counts->reasons[i]);
}

static uint64_t *count_named(struct hg_counts *counts, struct hg_slice name)
{
    const struct {
        const char *name;
        uint64_t *value;
    } plain[] = {{"read", &counts->read}, {"decoded", &counts->decoded}, {"skipped", &counts->skipped},
                 {"malformed", &counts->malformed}, {"duplicates", &counts->duplicates}, {"late", &counts->late},
                 {"negative_counters", &counts->negative_counters}, {"unknown_applications", &counts->unknown_applications}};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (hg_slice_is(name, plain[i].name))
            return plain[i].value;
    if (hg_slice_starts(name, HG_SLICE("dataset."))) {
        enum hg_dataset dataset;
        return hg_dataset_parse(hg_slice_from(name, 8), &dataset) ? &counts->datasets[dataset] : NULL;
    }
    if (!hg_slice_starts(name, HG_SLICE("reason.")))
        return NULL;
    for (int i = 1; i < HG_REASON_COUNT; i++)
        if (hg_slice_is(hg_slice_from(name, 7), hg_reason_name((enum hg_reason)i)))
            return &counts->reasons[i];
    return NULL;
}

static void counts_parse(struct hg_slice text, struct hg_counts *ret)
{
    while (text.len > 0) {
        const char *end = memchr(text.p, '\n', text.len);
        struct hg_slice line = {text.p, end == NULL ? text.len : (size_t)(end - text.p)};
        text = hg_slice_from(text, end == NULL ? text.len : line.len + 1);
        const char *space = memchr(line.p, ' ', line.len);
        if (space == NULL)
            continue;
        size_t name_len = (size_t)(space - line.p);
        uint64_t value, *count = count_named(ret, (struct hg_slice){line.p, name_len});
        if (count != NULL && hg_num_parse_u64(hg_slice_from(line, name_len + 1), &value))
            *count = value;
    }
}

/* Duplicates are kept apart from the other counts, so that reading a log again changes nothing that the digest sees. */
static void add_duplicates(struct hg_counts *counts, uint64_t n)
{
    counts->duplicates += n;
    counts->read += n;
    counts->decoded += n;
    for (int i = 0; i < HG_DATASET_COUNT; i++) /* an input has one data set */
        if (counts->datasets[i] > 0)
            counts->datasets[i] += n;
}

/* ---- inputs */

enum hg_rc input_put(struct hg_store *store, const struct hg_input_state *input, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_INPUT_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    hg_buf_clear(&store->text);
    struct hg_counts accepted = input->counts;
    add_duplicates(&accepted, 0 - accepted.duplicates);
    counts_print(&store->text, &accepted);
    if (store->text.failed)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for an input");
    struct hg_slice counts = hg_buf_slice(&store->text);
    bind_16(&b, input->identity.b);
    bind_i64(&b, input->index);
    bind_text(&b, input->name == NULL ? HG_SLICE("") : hg_slice_of(input->name));
    bind_text(&b, input->format == NULL ? HG_SLICE("") : hg_slice_of(input->format));
    bind_blob(&b, input->header);
    bind_u64(&b, input->next_offset);
    bind_i64(&b, input->shift_us);
    bind_text(&b, counts.p == NULL ? HG_SLICE("") : counts); /* none yet */
    bind_u64(&b, input->counts.duplicates);
    bind_time(&b, input->first_event_us);
    bind_time(&b, input->last_event_us);
    bind_time(&b, input->last_arrival_us);
    bind_time(&b, input->timezone_us);
    return binder_run(&b, "input", reterr);
}

static bool input_row(sqlite3_stmt *statement, struct hg_arena *arena, struct hg_input_state *ret)
{
    struct row row = {statement, 0};
    *ret = (struct hg_input_state){.name = NULL};
    row_16(&row, ret->identity.b);
    ret->index = (uint32_t)row_i64(&row);
    ret->name = row_text(&row, arena);
    ret->format = row_text(&row, arena);
    bool copied = row_copy(&row, arena, &ret->header);
    ret->next_offset = row_u64(&row);
    ret->shift_us = row_i64(&row);
    counts_parse(row_bytes(&row), &ret->counts);
    add_duplicates(&ret->counts, row_u64(&row));
    ret->first_event_us = row_time(&row);
    ret->last_event_us = row_time(&row);
    ret->last_arrival_us = row_time(&row);
    ret->timezone_us = row_time(&row);
    return ret->name != NULL && ret->format != NULL && copied;
}

enum hg_rc inputs_read(struct db *db, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct hg_input_state *rows = NULL;
    size_t n = 0, cap = 0;
    bool more;
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_INPUTS, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &more, "inputs", reterr)) == HG_OK && more) {
        struct hg_input_state *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown != NULL)
            rows = grown;
        if (grown == NULL || !input_row(b.statement, arena, &rows[n])) {
            binder_reset(&b);
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for inputs");
            break;
        }
        n++;
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

enum hg_rc hg_store_inputs(struct hg_store *store, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n,
                           struct hg_err *reterr)
{
    return inputs_read(&store->db, arena, ret, ret_n, reterr);
}

enum hg_rc hg_reader_inputs(struct hg_reader_db *reader, struct hg_arena *arena, struct hg_input_state **ret, size_t *ret_n,
                            struct hg_err *reterr)
{
    return inputs_read(&reader->db, arena, ret, ret_n, reterr);
}

/* ---- model */

enum hg_rc model_put(struct db *db, const struct hg_id *digest, struct hg_slice bytes, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_MODEL_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_16(&b, digest->b);
    bind_bytes(&b, bytes);
    return binder_run(&b, "model", reterr);
}

static enum hg_rc model_read(struct db *db, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    enum hg_rc rc = binder_open(&b, db, SQL_MODEL, reterr);
    if (rc == HG_OK)
        rc = binder_step(&b, &found, "model", reterr);
    if (rc != HG_OK)
        return rc;
    if (!found)
        return hg_fail(reterr, HG_ESTATE, "store: no model is kept");
    struct row row = {b.statement, 0};
    hg_buf_clear(ret_bytes);
    hg_buf_put(ret_bytes, row_bytes(&row));
    binder_reset(&b);
    return ret_bytes->failed ? hg_fail(reterr, HG_ENOMEM, "store: no memory for the model") : HG_OK;
}

enum hg_rc hg_store_model(struct hg_store *store, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    return model_read(&store->db, ret_bytes, reterr);
}

enum hg_rc hg_reader_model(struct hg_reader_db *reader, struct hg_buf *ret_bytes, struct hg_err *reterr)
{
    return model_read(&reader->db, ret_bytes, reterr);
}
