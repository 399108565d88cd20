/* What the pipeline takes up at its next start: journal, sessions, small states, answers to idempotent pushes, marks of logs. */
#include "base/grow.h"
#include "store/store_priv.h"

#include <stdlib.h>

/* ---- writing */

static enum hg_rc journal_put(struct db *db, const struct hg_journaled *row, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_JOURNAL_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, row->number);
    bind_i64(&b, row->kind);
    bind_i64(&b, row->input);
    bind_u64(&b, row->offset);
    bind_16(&b, row->id.b);
    bind_bytes(&b, row->bytes);
    return binder_run(&b, "journal", reterr);
}

static enum hg_rc journal_done(struct db *db, const struct hg_journal_done *done, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_JOURNAL_DONE, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, done->kind);
    bind_u64(&b, done->number);
    return binder_run(&b, "journal", reterr);
}

static enum hg_rc session_put(struct db *db, const struct hg_slot_bytes *slot, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_SESSION_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, slot->slot);
    bind_bytes(&b, slot->bytes);
    return binder_run(&b, "session", reterr);
}

static enum hg_rc named_put(struct db *db, const struct hg_named_bytes *state, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_NAMED_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_text(&b, hg_slice_of(state->name));
    bind_bytes(&b, state->bytes);
    return binder_run(&b, "state", reterr);
}

static enum hg_rc answers_put(struct db *db, const struct hg_answer *answers, size_t n, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        rc = binder_open(&b, db, SQL_ANSWER_PUT, reterr);
        if (rc != HG_OK)
            return rc;
        bind_bytes(&b, answers[i].key);
        bind_16(&b, answers[i].body.b);
        bind_bytes(&b, answers[i].answer);
        rc = binder_run(&b, "answer", reterr);
    }
    if (rc != HG_OK || n == 0)
        return rc;
    rc = binder_open(&b, db, SQL_ANSWERS_TRIM, reterr);
    if (rc != HG_OK)
        return rc;
    bind_i64(&b, HG_ANSWERS_MAX);
    return binder_run(&b, "answer", reterr);
}

static enum hg_rc mark_put(struct db *db, const struct hg_source_mark *mark, struct hg_err *reterr)
{
    struct binder b;
    enum hg_rc rc = binder_open(&b, db, SQL_MARK_PUT, reterr);
    if (rc != HG_OK)
        return rc;
    bind_text(&b, hg_slice_of(mark->name));
    bind_i64(&b, mark->complete_us);
    return binder_run(&b, "mark", reterr);
}

enum hg_rc kept_put(struct db *db, const struct hg_commit *commit, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < commit->n_journaled && rc == HG_OK; i++)
        rc = journal_put(db, &commit->journaled[i], reterr);
    for (size_t i = 0; i < commit->n_journal_done && rc == HG_OK; i++)
        rc = journal_done(db, &commit->journal_done[i], reterr);
    for (size_t i = 0; i < commit->n_sessions && rc == HG_OK; i++)
        rc = session_put(db, &commit->sessions[i], reterr);
    for (size_t i = 0; i < commit->n_states && rc == HG_OK; i++)
        rc = named_put(db, &commit->states[i], reterr);
    if (rc == HG_OK)
        rc = answers_put(db, commit->answers, commit->n_answers, reterr);
    for (size_t i = 0; i < commit->n_marks && rc == HG_OK; i++)
        rc = mark_put(db, &commit->marks[i], reterr);
    return rc;
}

/* ---- reading */

static enum hg_rc no_memory(struct binder *b, void *rows, struct hg_err *reterr)
{
    binder_reset(b);
    free(rows);
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for what the last commit left");
}

enum hg_rc hg_store_journal(struct hg_store *store, struct hg_arena *arena, struct hg_journaled **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    struct hg_journaled *rows = NULL;
    size_t n = 0, cap = 0;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_JOURNAL, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "journal", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        struct hg_journaled *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown == NULL)
            return no_memory(&b, rows, reterr);
        rows = grown;
        rows[n] = (struct hg_journaled){.number = row_u64(&row), .kind = (uint32_t)row_i64(&row), .input = (uint32_t)row_i64(&row),
                                        .offset = row_u64(&row)};
        row_16(&row, rows[n].id.b);
        if (!row_copy(&row, arena, &rows[n++].bytes))
            return no_memory(&b, rows, reterr);
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

enum hg_rc hg_store_sessions(struct hg_store *store, struct hg_arena *arena, struct hg_slot_bytes **ret, size_t *ret_n, struct hg_err *reterr)
{
    struct binder b;
    struct hg_slot_bytes *rows = NULL;
    size_t n = 0, cap = 0;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_SESSIONS, reterr);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "session", reterr)) == HG_OK && found) {
        struct row row = {b.statement, 0};
        struct hg_slot_bytes *grown = hg_grow(rows, n, &cap, sizeof *rows);
        if (grown == NULL)
            return no_memory(&b, rows, reterr);
        rows = grown;
        rows[n].slot = (uint32_t)row_i64(&row);
        if (!row_copy(&row, arena, &rows[n++].bytes))
            return no_memory(&b, rows, reterr);
    }
    if (rc != HG_OK) {
        free(rows);
        return rc;
    }
    *ret = rows;
    *ret_n = n;
    return HG_OK;
}

static enum hg_rc state_of(struct db *db, const char *name, struct hg_arena *arena, struct hg_slice *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    *ret = HG_SLICE_NONE;
    enum hg_rc rc = binder_open(&b, db, SQL_NAMED, reterr);
    if (rc != HG_OK)
        return rc;
    bind_text(&b, hg_slice_of(name));
    rc = binder_step(&b, &found, "state", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    bool copied = row_copy(&row, arena, ret);
    binder_reset(&b);
    return copied ? HG_OK : hg_fail(reterr, HG_ENOMEM, "store: no memory for the state of %s", name);
}

enum hg_rc hg_store_state(struct hg_store *store, const char *name, struct hg_arena *arena, struct hg_slice *ret, struct hg_err *reterr)
{
    return state_of(&store->db, name, arena, ret, reterr);
}

enum hg_rc hg_reader_state(struct hg_reader_db *reader, const char *name, struct hg_arena *arena, struct hg_slice *ret, struct hg_err *reterr)
{
    return state_of(&reader->db, name, arena, ret, reterr);
}

enum hg_rc hg_store_answer(struct hg_store *store, struct hg_slice key, struct hg_arena *arena, struct hg_answer *ret, bool *ret_found,
                           struct hg_err *reterr)
{
    struct binder b;
    *ret_found = false;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_ANSWER, reterr);
    if (rc != HG_OK)
        return rc;
    bind_bytes(&b, key);
    rc = binder_step(&b, ret_found, "answer", reterr);
    if (rc != HG_OK || !*ret_found)
        return rc;
    struct row row = {b.statement, 0};
    bool copied = row_copy(&row, arena, &ret->key);
    row_16(&row, ret->body.b);
    copied = row_copy(&row, arena, &ret->answer) && copied;
    binder_reset(&b);
    return copied ? HG_OK : hg_fail(reterr, HG_ENOMEM, "store: no memory for an answer");
}

enum hg_rc hg_store_mark(struct hg_store *store, const char *source, int64_t *ret, struct hg_err *reterr)
{
    struct binder b;
    bool found;
    *ret = HG_TIME_NONE;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_MARK, reterr);
    if (rc != HG_OK)
        return rc;
    bind_text(&b, hg_slice_of(source));
    rc = binder_step(&b, &found, "mark", reterr);
    if (rc != HG_OK || !found)
        return rc;
    struct row row = {b.statement, 0};
    *ret = row_i64(&row);
    binder_reset(&b);
    return HG_OK;
}
