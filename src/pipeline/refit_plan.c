#include "pipeline/refit_plan.h"

#include "detect/model.h"
#include "store/store.h"

#include <stdlib.h>

#define VERSION     1u
#define HEAD_BYTES  11u /* version, paused, reason, effective */
#define MODEL_BYTES ((size_t)256 * 1024 * 1024)

void hg_refit_plan_put(const struct refit_plan *plan, struct hg_buf *out)
{
    char head[HEAD_BYTES] = {VERSION, (char)plan->paused, (char)plan->reason};
    for (int i = 0; i < 8; i++)
        head[3 + i] = (char)(uint8_t)(plan->effective >> 8 * i);
    hg_buf_add(out, head, sizeof head);
    hg_buf_put(out, plan->ledger);
}

struct refit_plan hg_refit_plan_take(struct hg_slice bytes)
{
    struct refit_plan plan = {.paused = false};
    if (bytes.len < HEAD_BYTES || bytes.p[0] != VERSION)
        return plan;
    plan.paused = bytes.p[1] != 0;
    plan.reason = (uint8_t)bytes.p[2] < HG_LEARN_REASONS ? (enum hg_learn_reason)bytes.p[2] : HG_LEARN_NONE;
    for (int i = 0; i < 8; i++)
        plan.effective |= (uint64_t)(uint8_t)bytes.p[3 + i] << 8 * i;
    plan.ledger = hg_slice_from(bytes, HEAD_BYTES);
    return plan;
}

/* ---- while no server runs */

static enum hg_rc open_state(const char *state_dir, struct hg_store **ret, struct hg_err *reterr)
{
    static const struct hg_store_settings settings = {.recent_events = UINT64_MAX}; /* no commit here trims the ring */
    struct hg_reader_db *reader;
    enum hg_rc rc = hg_store_reader_open(state_dir, &reader, reterr); /* creates nothing */
    if (rc != HG_OK)
        return rc;
    hg_store_reader_close(reader);
    return hg_store_open(state_dir, &settings, ret, reterr);
}

static enum hg_rc current_plan(struct hg_store *store, struct hg_arena *arena, struct refit_plan *ret, struct hg_err *reterr)
{
    struct hg_slice kept;
    enum hg_rc rc = hg_store_state(store, REFIT_PLAN_NAME, arena, &kept, reterr);
    if (rc == HG_OK)
        *ret = hg_refit_plan_take(kept);
    return rc;
}

static enum hg_rc commit(struct hg_store *store, struct hg_commit *commit, const struct refit_plan *plan, bool drop, struct hg_err *reterr)
{
    struct hg_buf bytes;
    hg_buf_init(&bytes, 2 * REFIT_LEDGER_BYTES);
    hg_refit_plan_put(plan, &bytes);
    struct hg_named_bytes states[2] = {{REFIT_PLAN_NAME, hg_buf_slice(&bytes)}, {REFIT_TRAINING_NAME, HG_SLICE("")}};
    commit->states = states;
    commit->n_states = drop ? 2 : 1;
    commit->sequence = hg_store_sequence(store);
    enum hg_rc rc = bytes.failed ? hg_fail(reterr, HG_ENOMEM, "no memory for a commit") : hg_store_commit(store, commit, reterr);
    hg_buf_free(&bytes);
    return rc;
}

enum hg_rc hg_refit_pause(const char *state_dir, bool paused, struct hg_err *reterr)
{
    struct hg_store *store;
    struct hg_arena arena;
    struct refit_plan plan;
    enum hg_rc rc = open_state(state_dir, &store, reterr);
    if (rc != HG_OK)
        return rc;
    hg_arena_init(&arena, (size_t)64 * 1024, 2 * REFIT_LEDGER_BYTES);
    rc = current_plan(store, &arena, &plan, reterr);
    plan.paused = paused;
    if (rc == HG_OK)
        rc = commit(store, &(struct hg_commit){.n_events = 0}, &plan, false, reterr);
    hg_arena_free(&arena);
    hg_store_close(store);
    return rc;
}

/* The line that says so; its parent is the model that was in force. */
static enum hg_rc put_back(struct hg_store *store, const struct hg_model *model, struct hg_slice bytes, struct hg_arena *arena, struct hg_err *reterr)
{
    struct hg_id digest = hg_model_digest(model);
    struct hg_model_record *last = NULL;
    size_t n = 0;
    enum hg_rc rc = hg_store_models(store, 1, arena, &last, &n, reterr);
    if (rc != HG_OK)
        return rc;
    struct hg_model_record record = {.digest = digest, .sequence = hg_store_sequence(store) + 1, .clock_us = hg_store_clock(store),
                                     .reason = HG_LEARN_ROLLBACK, .rows = hg_model_rows(model), .ledger = HG_SLICE("null"), .model = bytes};
    if (n > 0)
        record.parent = last[0].digest;
    free(last);
    struct hg_commit change = {.models = &record, .n_models = 1, .model_digest = &digest, .model = bytes};
    return commit(store, &change, &(struct refit_plan){.paused = true}, true, reterr);
}

enum hg_rc hg_refit_rollback(const char *state_dir, const struct hg_id *digest, struct hg_err *reterr)
{
    struct hg_store *store;
    struct hg_arena arena;
    struct hg_buf bytes;
    struct hg_model *model = NULL;
    enum hg_rc rc = open_state(state_dir, &store, reterr);
    if (rc != HG_OK)
        return rc;
    hg_arena_init(&arena, (size_t)64 * 1024, 2 * REFIT_LEDGER_BYTES);
    hg_buf_init(&bytes, MODEL_BYTES);
    rc = hg_store_model_of(store, digest, &bytes, reterr);
    if (rc == HG_OK)
        rc = hg_model_parse(hg_buf_slice(&bytes), &model, reterr); /* of another version it would be refused at the next start */
    if (rc == HG_OK)
        rc = put_back(store, model, hg_buf_slice(&bytes), &arena, reterr);
    hg_model_destroy(model);
    hg_buf_free(&bytes);
    hg_arena_free(&arena);
    hg_store_close(store);
    return rc;
}
