#include "store/find.h"

#include <string.h>

#define STEP 1000u /* events read at once */

static const struct hg_range ever = {INT64_MIN / 4, INT64_MAX / 4};

static bool is(const struct hg_id *a, const struct hg_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The event that made the score stands at a sequence that the alert knows. */
static enum hg_rc top_event(struct hg_reader_db *reader, const struct hg_alert *alert, struct hg_arena *arena, struct hg_event_row **ret,
                            struct hg_err *reterr)
{
    struct hg_alert top = *alert;
    struct hg_event_row *rows;
    size_t n;
    char next[HG_CURSOR_BYTES];
    top.first_sequence = top.last_sequence = alert->event_sequence;
    enum hg_rc rc = hg_reader_events(reader, ever, &top, 1, "", arena, &rows, &n, next, reterr);
    *ret = rc == HG_OK && n == 1 ? rows : NULL;
    return rc;
}

static enum hg_rc look_for(struct hg_reader_db *reader, const struct hg_id *id, size_t most, struct hg_arena *arena, struct hg_event_row **ret,
                           struct hg_err *reterr)
{
    struct hg_event_row *rows;
    char at[HG_CURSOR_BYTES] = "", next[HG_CURSOR_BYTES];
    size_t n;
    *ret = NULL;
    for (size_t seen = 0; *ret == NULL && seen < most; seen += STEP) {
        hg_arena_reset(arena);
        enum hg_rc rc = hg_reader_events(reader, ever, NULL, STEP, at, arena, &rows, &n, next, reterr);
        if (rc != HG_OK)
            return rc;
        for (size_t i = 0; i < n && *ret == NULL; i++)
            *ret = is(&rows[i].event.id, id) ? &rows[i] : NULL;
        if (next[0] == '\0')
            break;
        memcpy(at, next, sizeof at);
    }
    return *ret != NULL ? HG_OK : hg_fail(reterr, HG_EEND, "no alert and no event that is still stored has this identifier");
}

static enum hg_rc find_model(struct hg_reader_db *reader, struct hg_lookup *found, struct hg_err *reterr)
{
    if (found->has_alert && found->row != NULL && is(&found->alert.event_id, &found->row->event.id))
        found->model = found->alert.model;
    if (found->row == NULL || found->row->score.state == HG_NO_SUBMODEL || !is(&found->model, &(struct hg_id){{0}}))
        return HG_OK;
    return hg_reader_model_at(reader, found->row->sequence, &found->model, reterr);
}

enum hg_rc hg_reader_find(struct hg_reader_db *reader, const struct hg_id *id, size_t most, struct hg_arena *arena, struct hg_lookup *ret,
                          struct hg_err *reterr)
{
    static const struct hg_id none;
    *ret = (struct hg_lookup){0};
    enum hg_rc rc = hg_reader_alert(reader, id, &ret->alert, reterr);
    if (rc == HG_OK) {
        ret->has_alert = ret->by_alert = true;
        rc = top_event(reader, &ret->alert, arena, &ret->row, reterr);
    } else if (rc == HG_EEND) {
        rc = look_for(reader, id, most, arena, &ret->row, reterr);
        if (rc == HG_OK && !is(&ret->row->alert, &none)) {
            rc = hg_reader_alert(reader, &ret->row->alert, &ret->alert, reterr);
            ret->has_alert = rc == HG_OK;
            rc = rc == HG_EEND ? HG_OK : rc;
        }
    }
    return rc == HG_OK ? find_model(reader, ret, reterr) : rc;
}
