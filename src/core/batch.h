/*
 * A batch is a run of whole records of one input, and what became of them. It owns its bytes, arena and arrays; events and
 * rejects borrow from it. Batches are reused: clear keeps all memory warm.
 */
#ifndef HG_CORE_BATCH_H
#define HG_CORE_BATCH_H

#include "base/arena.h"
#include "base/err.h"
#include "core/counts.h"

#define HG_BATCH_PADDING     64u                 /* readable bytes behind the records (simdjson) */
#define HG_BATCH_ARENA_BYTES (64u * 1024 * 1024) /* ceiling of a batch's arena */

struct hg_reject { /* a record that is no event */
    uint64_t offset;
    struct hg_slice record;
    size_t events_before; /* its place among the batch's events */
    uint32_t input;
    enum hg_reason reason;
};

struct hg_batch {
    char *bytes; /* len bytes and HG_BATCH_PADDING more */
    size_t len, cap;
    uint64_t offset; /* of bytes[0] in the decompressed stream */
    uint32_t input;
    struct hg_arena arena;
    struct hg_event *events; /* in the order of their records, as rejects are in theirs */
    size_t n_events, cap_events;
    struct hg_reject *rejects;
    size_t n_rejects, cap_rejects;
    struct hg_counts counts;
};

void hg_batch_init(struct hg_batch *batch);
void hg_batch_free(struct hg_batch *batch); /* of a zeroed or initialised batch */
void hg_batch_clear(struct hg_batch *batch);
HG_MUST_USE enum hg_rc hg_batch_reserve_bytes(struct hg_batch *batch, size_t len, struct hg_err *reterr);
/* The next event, zeroed, or NULL where there is no memory; it counts only once hg_batch_keep_event is called. */
struct hg_event *hg_batch_next_event(struct hg_batch *batch);
void hg_batch_keep_event(struct hg_batch *batch);
/* Counts and keeps a reject. Without memory it is counted all the same. */
void hg_batch_reject(struct hg_batch *batch, uint64_t offset, struct hg_slice record, enum hg_reason reason);

#endif
