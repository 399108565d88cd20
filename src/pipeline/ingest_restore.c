/* Taking up what the last commit held: the same state as if the program had never ended. */
#include "pipeline/ingest_canary.h"

#include <stdlib.h>

#define JOURNAL_BYTES ((size_t)768 * 1024 * 1024) /* a snapshot included */

static enum hg_rc restore_sessions(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_slice figures;
    struct hg_slot_bytes *rows;
    size_t n;
    enum hg_rc rc = hg_store_state(ingest->store, "sessions", arena, &figures, reterr);
    if (rc != HG_OK || figures.p == NULL || !hg_sessions_take_figures(ingest->sessions, figures))
        return rc;
    rc = hg_store_sessions(ingest->store, arena, &rows, &n, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (!hg_sessions_take_slot(ingest->sessions, rows[i].slot, rows[i].bytes))
            rc = hg_fail(reterr, HG_EFORMAT, "the store's session %u can't be read", rows[i].slot);
    free(rows);
    return rc;
}

enum hg_rc decode_again(struct hg_ingest *ingest, uint32_t input, uint64_t offset, struct hg_slice record, struct hg_batch *batch,
                        struct hg_err *reterr)
{
    if (input >= ingest->n_inputs || ingest->inputs[input]->decoder == NULL)
        return hg_fail(reterr, HG_EFORMAT, "the store has a record of no known log");
    struct input_entry *entry = ingest->inputs[input];
    struct input_spec spec = {.decoder = entry->decoder, .identity = entry->state.identity, .timezone_us = HG_TIMEZONE_DEFAULT};
    struct input_entry *same;
    hg_batch_clear(batch);
    enum hg_rc rc = inputs_find(ingest, &spec, &same, reterr);
    if (rc == HG_OK)
        rc = hg_batch_reserve_bytes(batch, record.len, reterr);
    if (rc != HG_OK)
        return rc;
    if (record.len > 0)
        memcpy(batch->bytes, record.p, record.len);
    memset(batch->bytes + record.len, 0, HG_BATCH_PADDING);
    batch->input = input;
    hg_decode_record(entry->context, ingest->attributes_worker, (struct hg_slice){batch->bytes, record.len}, offset, batch);
    return batch->n_events == 1 ? HG_OK
                                : hg_fail(reterr, HG_EFORMAT, "a record in the store can't be read any more (%s, offset %llu)",
                                          entry->state.name, (unsigned long long)offset);
}

/* An event that was held: decoded again from its record, and fed as it was the first time. Its account was kept then. */
static enum hg_rc restore_held(struct hg_ingest *ingest, const struct hg_journaled *row, struct hg_batch *batch, struct hg_err *reterr)
{
    enum hg_rc rc = decode_again(ingest, row->input, row->offset, row->bytes, batch, reterr);
    if (rc != HG_OK)
        return rc;
    struct input_entry *entry = ingest->inputs[row->input];
    struct hg_event *event = &batch->events[0];
    event->id = row->id;
    event->time_us += entry->state.shift_us;
    hg_sessions_apply(ingest->sessions, event);
    if (ingest->settings.ignore_labels)
        hg_event_drop_label(event);
    ingest->journal_number = row->number - 1;
    return learn_from(ingest, event, reterr);
}

static enum hg_rc restore_journal(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_journaled *rows;
    struct hg_batch batch;
    size_t n;
    enum hg_rc rc = hg_store_journal(ingest->store, arena, &rows, &n, reterr);
    if (rc != HG_OK)
        return rc;
    hg_batch_init(&batch);
    ingest->learning.restoring = true;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        rc = rows[i].kind == 0 ? restore_held(ingest, &rows[i], &batch, reterr) : restore_late_row(ingest, rows[i].bytes, reterr);
        ingest->journal_number = rows[i].number;
    }
    ingest->learning.restoring = false;
    hg_batch_free(&batch);
    free(rows);
    return rc == HG_OK && ingest->model != NULL && ingest->learning.n > 0 ? release_held(ingest, reterr) : rc;
}

static enum hg_rc restore_alerts(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_alert *alerts;
    size_t n;
    enum hg_rc rc = hg_store_open_alerts(ingest->store, HG_TIME_NONE, &alerts, &n, reterr);
    if (rc != HG_OK)
        return rc;
    hg_aggregate_restore(ingest->aggregate, alerts, n, hg_store_clock(ingest->store));
    free(alerts);
    return HG_OK;
}

enum hg_rc restore_all(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_arena arena;
    struct hg_slice late;
    hg_arena_init(&arena, (size_t)1024 * 1024, JOURNAL_BYTES);
    ingest->sequence = hg_store_sequence(ingest->store);
    ingest->now_us = hg_time_now_us();
    enum hg_rc rc = restore_alerts(ingest, reterr);
    if (rc == HG_OK)
        rc = inputs_load(ingest, reterr);
    if (rc == HG_OK)
        rc = restore_sessions(ingest, &arena, reterr);
    if (rc == HG_OK)
        rc = hg_store_state(ingest->store, "late", &arena, &late, reterr);
    if (rc == HG_OK)
        late_take(&ingest->late, late);
    if (rc == HG_OK)
        rc = budget_restore(ingest, &arena, reterr);
    if (rc == HG_OK)
        rc = canaries_restore(ingest, &arena, reterr);
    if (rc == HG_OK)
        rc = snapshot_restore(ingest, &arena, reterr);
    if (rc == HG_OK)
        rc = refit_restore(ingest, &arena, reterr);
    if (rc == HG_OK)
        rc = restore_journal(ingest, &arena, reterr);
    hg_arena_free(&arena);
    if (rc != HG_OK)
        return rc;
    budget_publish(ingest);
    ingest->status.sequence = ingest->sequence;
    ingest->status.clock_us = hg_store_clock(ingest->store);
    ingest->status.sessions = hg_sessions_count(ingest->sessions);
    ingest->status.sessions_evicted = hg_sessions_evicted(ingest->sessions);
    if (ingest->learning.n > 0)
        show_learning(ingest);
    else if (ingest->sequence > 0)
        ingest->status.state = HG_RUN_LIVE;
    return HG_OK;
}
