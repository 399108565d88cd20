/* What `honeyguide replay` is made of: a clock that paces events, and a client that pushes batches. */
#ifndef HG_APP_REPLAY_H
#define HG_APP_REPLAY_H

#include "base/buf.h"
#include "base/err.h"
#include "core/counts.h"

/* ---- pace: event time against wall time */
struct hg_pace {
    double speed;          /* event seconds a wall second; 0: as fast as it goes */
    bool started;
    int64_t first_event_us, first_wall_us;
    int64_t latest_us;     /* greatest event time so far */
    int64_t skipped_us;    /* silences left out, in event time */
};
#define HG_PACE_SILENCE_US (5 * HG_SECOND) /* of wall time; longer silences are skipped */

/* When the event is due, in monotonic wall time. *ret_skipped_us: the silence that was left out before it, in event time, or 0. */
int64_t hg_pace_due(struct hg_pace *pace, int64_t event_us, int64_t now_us, int64_t *ret_skipped_us);

/* ---- client */
struct hg_client;

struct hg_answers { /* summed over all batches */
    struct hg_counts counts; /* read, decoded, skipped, malformed and duplicates only */
    uint64_t batches, waits; /* waits: times the server asked to come back later */
    uint64_t resent;         /* batches sent again since the server had gone away before it answered */
    uint64_t resent_new;     /* of them, those of which it had not kept everything */
};

/* url: of the server, without /api. token NULL: none. */
HG_MUST_USE enum hg_rc hg_client_create(const char *url, const char *token, struct hg_client **ret, struct hg_err *reterr);
void hg_client_destroy(struct hg_client *client);
/* Sends envelopes and waits for the answer; again after 429, and for up to 10 s where the server can't be reached (it knows a
 * record that it has already). stop: give up between attempts. */
HG_MUST_USE enum hg_rc hg_client_push(struct hg_client *client, struct hg_slice body, const volatile int *stop, struct hg_err *reterr);
const struct hg_answers *hg_client_answers(const struct hg_client *client);

#endif
