/*
 * Cowrie's sessions: only session.connect says ports, destination and protocol; the session's other records get them from here.
 * Apply in sequence order. Bounded: HG_SESSIONS_MAX sessions, oldest out, counted.
 */
#ifndef HG_NORMALISE_SESSIONS_H
#define HG_NORMALISE_SESSIONS_H

#include "base/err.h"
#include "core/event.h"

#define HG_SESSIONS_MAX 100000u

struct hg_sessions;

HG_MUST_USE enum hg_rc hg_sessions_create(struct hg_sessions **ret, struct hg_err *reterr);
void hg_sessions_destroy(struct hg_sessions *sessions);
/* Remembers session.connect, fills source_port, destination_ip, destination_port, protocols and direction of the others
 * where they are missing, and clears their bits in `missing`. Other datasets pass untouched. */
void hg_sessions_apply(struct hg_sessions *sessions, struct hg_event *event);
uint64_t hg_sessions_evicted(const struct hg_sessions *sessions);
size_t hg_sessions_count(const struct hg_sessions *sessions);

/* ---- to keep them across a restart: slots that changed, and a few figures about all of them */
#define HG_SESSION_BYTES  80u
#define HG_SESSIONS_BYTES 24u
/* Slots that changed since the last hg_sessions_saved, each once, in the order of their first change; borrowed. */
size_t hg_sessions_changed(const struct hg_sessions *sessions, const uint32_t **ret_slots);
void hg_sessions_put_slot(const struct hg_sessions *sessions, uint32_t slot, char out[HG_SESSION_BYTES]);
void hg_sessions_put_figures(const struct hg_sessions *sessions, char out[HG_SESSIONS_BYTES]);
void hg_sessions_saved(struct hg_sessions *sessions);
/* Of an empty table: figures first, then each slot once. False: these are no such bytes. */
bool hg_sessions_take_figures(struct hg_sessions *sessions, struct hg_slice bytes);
bool hg_sessions_take_slot(struct hg_sessions *sessions, uint32_t slot, struct hg_slice bytes);

#endif
