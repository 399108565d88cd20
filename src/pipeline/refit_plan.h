/* What is kept of a refit under way, and whether there may be any: the state "refit". And what changes it while no server runs. */
#ifndef HG_PIPELINE_REFIT_PLAN_H
#define HG_PIPELINE_REFIT_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "core/learning.h"

struct refit_plan {
    bool paused;           /* no refit starts by itself */
    uint64_t effective;    /* sequence of the first event that it scores; 0: none is under way */
    enum hg_learn_reason reason;
    struct hg_slice ledger; /* its line's JSON; belongs to whoever keeps the plan */
};
#define REFIT_PLAN_NAME     "refit"
#define REFIT_TRAINING_NAME "refit_training"
#define REFIT_LEDGER_BYTES  (1024u * 1024)

void hg_refit_plan_put(const struct refit_plan *plan, struct hg_buf *out);
/* Borrows from bytes. Bytes of another version are no plan. */
struct refit_plan hg_refit_plan_take(struct hg_slice bytes);

/* Puts a model of the ledger back in force from the next event on, drops a refit that is under way and pauses refits, in one commit.
 * HG_EBUSY: a server has the state open; HG_ESTATE: the ledger doesn't keep such a model. */
HG_MUST_USE enum hg_rc hg_refit_rollback(const char *state_dir, const struct hg_id *digest, struct hg_err *reterr);
/* Refits go on, or pause. HG_EBUSY as above. */
HG_MUST_USE enum hg_rc hg_refit_pause(const char *state_dir, bool paused, struct hg_err *reterr);

#endif
