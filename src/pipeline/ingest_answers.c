/*
 * Idempotent pushes (draft-ietf-httpapi-idempotency-key-header): the answer to a key is kept with the commit of what it brought, so
 * that the same batch sent again counts once and is answered the same, also after a restart.
 */
#include "pipeline/ingest_priv.h"

/* An answer's words. LAYOUT says how many counts by data set and by reason follow: of another version's answer the plain ones are read. */
enum { LAYOUT, READ, DECODED, SKIPPED, MALFORMED, DUPLICATES, LATE, SEQUENCE, BAD_LINE, BAD_REASON, NEGATIVE, UNKNOWN,
       WHOLE, BASE, EVENTS, REJECTS, PLAIN_WORDS };
#define WORDS (PLAIN_WORDS + HG_DATASET_COUNT + HG_REASON_COUNT)
static const uint64_t layout = (uint64_t)HG_DATASET_COUNT << 32 | HG_REASON_COUNT;

static void put_words(const struct hg_ingest *ingest, const struct unit *unit, bool whole, uint64_t words[WORDS])
{
    const struct hg_push_result *result = unit->result;
    const struct hg_counts *c = &result->counts;
    const uint64_t plain[PLAIN_WORDS] = {[LAYOUT] = layout, [READ] = c->read, [DECODED] = c->decoded, [SKIPPED] = c->skipped,
                                         [MALFORMED] = c->malformed, [DUPLICATES] = c->duplicates,
                                         [LATE] = unit->progress.late + ingest->n_late - unit->n_late,
                                         [SEQUENCE] = result->sequence, [BAD_LINE] = result->bad_line, [BAD_REASON] = result->bad_reason,
                                         [NEGATIVE] = c->negative_counters, [UNKNOWN] = c->unknown_applications, [WHOLE] = whole,
                                         [BASE] = unit->progress.base,
                                         [EVENTS] = unit->first_event + unit->progress.events,
                                         [REJECTS] = unit->first_reject + unit->progress.rejects};
    memcpy(words, plain, sizeof plain);
    memcpy(words + PLAIN_WORDS, c->datasets, sizeof c->datasets);
    memcpy(words + PLAIN_WORDS + HG_DATASET_COUNT, c->reasons, sizeof c->reasons);
}

/* False: the push is not whole yet; its progress is told. */
static bool take_words(struct hg_slice bytes, const struct unit *unit, struct progress *ret_progress)
{
    uint64_t words[WORDS] = {0};
    struct hg_push_result *ret = unit->result;
    memcpy(words, bytes.p, bytes.len < sizeof words ? bytes.len : sizeof words);
    if (words[WHOLE] == 0) {
        *ret_progress = (struct progress){.base = words[BASE], .events = words[EVENTS], .rejects = words[REJECTS], .late = words[LATE]};
        return false;
    }
    *ret = (struct hg_push_result){
        .counts = {.read = words[READ], .decoded = words[DECODED], .skipped = words[SKIPPED], .malformed = words[MALFORMED],
                   .duplicates = words[DUPLICATES], .late = words[LATE], .negative_counters = words[NEGATIVE],
                   .unknown_applications = words[UNKNOWN]},
        .sequence = words[SEQUENCE],
        .bad_line = words[BAD_LINE],
        .bad_reason = words[BAD_REASON] < HG_REASON_COUNT ? (enum hg_reason)words[BAD_REASON] : HG_REASON_NONE,
        .repeated = true};
    if (words[LAYOUT] != layout || bytes.len != sizeof words)
        return true;
    memcpy(ret->counts.datasets, words + PLAIN_WORDS, sizeof ret->counts.datasets);
    memcpy(ret->counts.reasons, words + PLAIN_WORDS + HG_DATASET_COUNT, sizeof ret->counts.reasons);
    return true;
}

static const struct hg_answer *in_this_commit(const struct pending *pending, struct hg_slice key)
{
    for (size_t i = 0; i < pending->n_answers; i++)
        if (hg_slice_eq(pending->answers[i].key, key))
            return &pending->answers[i];
    return NULL;
}

enum hg_rc answer_before(struct hg_ingest *ingest, const struct unit *unit, struct progress *ret_progress, bool *ret_known, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    const struct hg_answer *answer = in_this_commit(p, unit->key);
    struct hg_answer stored;
    bool found = answer != NULL;
    if (!found) {
        enum hg_rc rc = hg_store_answer(ingest->store, unit->key, &p->arena, &stored, &found, reterr);
        if (rc != HG_OK)
            return rc;
        answer = &stored;
    }
    *ret_known = found;
    if (!found)
        return HG_OK;
    if (memcmp(answer->body.b, unit->body.b, sizeof unit->body.b) != 0)
        *unit->result = (struct hg_push_result){.key_conflict = true};
    else
        *ret_known = take_words(answer->answer, unit, ret_progress);
    return HG_OK;
}

enum hg_rc answer_keep(struct hg_ingest *ingest, const struct unit *unit, bool whole, struct hg_err *reterr)
{
    struct pending *p = &ingest->pending;
    uint64_t words[WORDS];
    put_words(ingest, unit, whole, words);
    HG_ASSERT(p->n_answers < sizeof p->answers / sizeof p->answers[0]);
    struct hg_answer *answer = &p->answers[p->n_answers];
    *answer = (struct hg_answer){.key = hg_arena_copy(&p->arena, unit->key),
                                 .body = unit->body,
                                 .answer = hg_arena_copy(&p->arena, (struct hg_slice){(const char *)words, sizeof words})};
    if (answer->key.p == NULL || answer->answer.p == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the answer to a push");
    p->n_answers++;
    return HG_OK;
}
