/*
 * State that is too large for every commit: windows and sightings. It goes into a commit now and then, with the sequence that it is of;
 * all events since are in the store, and a restart runs them through again in their order, to the same state.
 *
 * The ring of other events must reach back to the last snapshot: a commit that would leave half of it behind has one.
 */
#include "behave/sightings.h"
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

#define SNAPSHOT_EVERY_US (60 * HG_SECOND) /* of wall time */
#define SNAPSHOT_BYTES    ((size_t)512 * 1024 * 1024)

static uint64_t events_between(const struct hg_ingest *ingest)
{
    return ingest->settings.store.recent_events / 2;
}

static bool is_due(const struct hg_ingest *ingest)
{
    const struct snapshot *s = &ingest->snapshot;
    if (ingest->sequence == s->sequence)
        return false;
    return s->last || ingest->sequence - s->sequence > events_between(ingest) || hg_time_monotonic_us() - s->monotonic_us >= SNAPSHOT_EVERY_US;
}

enum hg_rc snapshot_gather(struct hg_ingest *ingest, struct hg_named_bytes *states, size_t *n, struct hg_err *reterr)
{
    struct snapshot *s = &ingest->snapshot;
    s->made = is_due(ingest);
    if (!s->made)
        return HG_OK;
    hg_buf_free(&s->behave);
    hg_buf_init(&s->behave, SNAPSHOT_BYTES);
    hg_buf_add(&s->behave, &ingest->sequence, sizeof ingest->sequence);
    hg_behave_put(ingest->behave, &s->behave);
    hg_buf_free(&s->sightings);
    hg_buf_init(&s->sightings, HG_SIGHTINGS_STATE_MAX);
    hg_sightings_put(hg_behave_sightings(ingest->behave), &s->sightings);
    if (s->behave.failed || s->sightings.failed)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a snapshot of the windows");
    states[(*n)++] = (struct hg_named_bytes){"behaviour", hg_buf_slice(&s->behave)};
    states[(*n)++] = (struct hg_named_bytes){"sightings", hg_buf_slice(&s->sightings)}; /* by itself: `honeyguide sightings` reads it */
    return HG_OK;
}

void snapshot_committed(struct hg_ingest *ingest)
{
    struct snapshot *s = &ingest->snapshot;
    if (!s->made)
        return;
    s->made = false;
    s->sequence = ingest->sequence;
    s->monotonic_us = hg_time_monotonic_us();
    hg_buf_free(&s->behave);
    hg_buf_free(&s->sightings);
}

/* ---- taking it up */

struct rerun {
    struct hg_ingest *ingest;
    struct hg_batch batch;
    struct hg_matrix matrix;
};

/* The row has all but what only its record tells: what it is recognised by. Without the record it goes without. */
static void read_traits(struct rerun *rerun, struct hg_event *event)
{
    if (decode_again(rerun->ingest, event->input, event->offset, event->record, &rerun->batch, NULL) == HG_OK)
        memcpy(event->traits, rerun->batch.events[0].traits, sizeof event->traits);
}

static enum hg_rc run_again(void *self, struct hg_event_row *row, struct hg_err *reterr)
{
    struct rerun *rerun = self;
    struct hg_finding findings[1];
    const struct hg_event *events[1] = {&row->event};
    enum hg_rc rc = hg_matrix_reserve(&rerun->matrix, 1, reterr);
    if (rc != HG_OK)
        return rc;
    read_traits(rerun, &row->event);
    (void)hg_behave_run(rerun->ingest->behave, events, 1, &rerun->matrix, findings);
    return HG_OK;
}

/* Where the run begins: behind the snapshot; without one, as far back as there may have been none. */
static enum hg_rc begin(struct hg_ingest *ingest, struct hg_slice kept, uint64_t *ret, struct hg_err *reterr)
{
    uint64_t reach = events_between(ingest);
    *ret = ingest->sequence > reach ? ingest->sequence - reach : 0;
    if (kept.len <= sizeof *ret)
        return HG_OK;
    struct hg_err why;
    enum hg_rc rc = hg_behave_take(ingest->behave, hg_slice_from(kept, sizeof *ret), &why);
    if (rc == HG_EFORMAT) { /* of another version: what was seen before is forgotten */
        hg_behave_destroy(ingest->behave);
        ingest->behave = NULL;
        return hg_behave_create(ingest->settings.behave, &ingest->behave, reterr);
    }
    if (rc == HG_OK)
        memcpy(ret, kept.p, sizeof *ret);
    else
        *reterr = why;
    return rc;
}

enum hg_rc snapshot_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr)
{
    struct rerun rerun = {.ingest = ingest};
    struct hg_slice kept;
    uint64_t since;
    enum hg_rc rc = hg_store_state(ingest->store, "behaviour", arena, &kept, reterr);
    if (rc == HG_OK)
        rc = begin(ingest, kept, &since, reterr);
    if (rc == HG_OK && kept.len > 0)
        rc = hg_store_state(ingest->store, "sightings", arena, &kept, reterr);
    if (rc != HG_OK)
        return rc;
    if (hg_sightings_take(hg_behave_sightings(ingest->behave), kept, NULL) != HG_OK)
        kept = HG_SLICE_NONE; /* of another version: the list is empty, and fills again */
    hg_batch_init(&rerun.batch);
    rc = hg_store_events_since(ingest->store, since, run_again, &rerun, reterr);
    hg_batch_free(&rerun.batch);
    hg_matrix_free(&rerun.matrix);
    ingest->snapshot.sequence = since;
    ingest->snapshot.monotonic_us = hg_time_monotonic_us();
    return rc;
}
