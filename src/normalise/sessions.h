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

#endif
