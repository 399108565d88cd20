/*
 * Canaries: made-up attacks (core/probe.h) that try the running detector, `serve --canaries`. One of each kind per period of the source
 * clock: a scan, a brute force and a beacon, each made from the latest ordinary flow, that it ends with.
 *
 *  - Judged by the settings, model and budget of that moment, but in windows of their own, which have seen a day of ordinary flows to the
 *    host that is attacked and nothing else; so they move no real window, and nothing else either: no event, count, alert, rollup, rate or
 *    row to learn from is theirs. What such windows don't have is the crowd of a busy network (docs/detection.md).
 *  - A pure function of the sequence of events: same input, same canaries, at any batches, threads and speed. There is nothing under way
 *    between two events, so that a commit keeps the tallies alone.
 *  - They are flows: where only honeypots are read there are none.
 */
#ifndef HG_PIPELINE_INGEST_CANARY_H
#define HG_PIPELINE_INGEST_CANARY_H

#include "pipeline/ingest_priv.h"

struct canaries;

/* NULL in *ret where none are asked for. */
HG_MUST_USE enum hg_rc canaries_create(const struct hg_ingest_settings *settings, struct canaries **ret, struct hg_err *reterr);
void canaries_free(struct canaries *canaries);

/* Behind each event that had its effect; source: its. */
HG_MUST_USE enum hg_rc canaries_see(struct hg_ingest *ingest, const struct source *source, const struct hg_event *event, struct hg_err *reterr);

/* Into a commit, where something changed: at most CANARY_STATES states. */
#define CANARY_STATES 1u
HG_MUST_USE enum hg_rc canaries_gather(struct hg_ingest *ingest, struct hg_named_bytes *states, size_t *n, struct hg_err *reterr);
void canaries_committed(struct hg_ingest *ingest);
HG_MUST_USE enum hg_rc canaries_restore(struct hg_ingest *ingest, struct hg_arena *arena, struct hg_err *reterr);

/* Members of GET /canaries into an open object, as of the last commit. Any thread. */
void canaries_json(void *self, struct hg_jsonw *w);

#endif
