/* Events for who takes them up again: see hg_store_events_since. */
#include "store/store_priv.h"

#define ROW_BYTES ((size_t)1024 * 1024) /* of one row's texts, at most */

enum hg_rc hg_store_events_since(struct hg_store *store, uint64_t sequence,
                                 enum hg_rc (*visit)(void *self, struct hg_event_row *row, struct hg_err *reterr), void *self,
                                 struct hg_err *reterr)
{
    struct binder b;
    struct hg_arena arena;
    bool found;
    enum hg_rc rc = binder_open(&b, &store->db, SQL_EVENTS_SINCE, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, sequence);
    hg_arena_init(&arena, (size_t)64 * 1024, ROW_BYTES);
    while ((rc = binder_step(&b, &found, "events", reterr)) == HG_OK && found) {
        struct hg_event_row row;
        hg_arena_reset(&arena);
        rc = event_row(b.statement, &arena, &row) ? visit(self, &row, reterr) : hg_fail(reterr, HG_ENOMEM, "store: no memory for an event");
        if (rc != HG_OK)
            break;
    }
    binder_reset(&b);
    hg_arena_free(&arena);
    return rc;
}
