/*
 * Puts probes among the events of logs: HG_PROBES_EACH of each kind and strength, shared out among the kinds of rows, begun at times of
 * chance within each kind's tried half. A probe begins at the first flow that it can be made from once its time has come, and is made from
 * that one. Same events and seed, same probes.
 */
#ifndef HG_EVALUATE_INJECTOR_H
#define HG_EVALUATE_INJECTOR_H

#include "evaluate/quality.h"

struct hg_injector;

/* flows: the kinds of rows that have some (hg_probe_template, and training takes them). */
HG_MUST_USE enum hg_rc hg_injector_create(const struct hg_quality *quality, const bool flows[HG_SUB_COUNT], uint64_t seed,
                                          struct hg_injector **ret, struct hg_err *reterr);
void hg_injector_destroy(struct hg_injector *injector);

/* The next record of a probe that comes no later than until_us; false: there is none. The event lives as long as the injector. */
bool hg_injector_next(struct hg_injector *injector, int64_t until_us, struct hg_event *ret, struct hg_probe_record *ret_record);
/* An event of the logs comes by, in order. */
HG_MUST_USE enum hg_rc hg_injector_see(struct hg_injector *injector, const struct hg_event *event, struct hg_err *reterr);

#endif
