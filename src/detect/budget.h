/*
 * The budget through a live run: how many scored events a day there are, of all sources and of each, and so the p-value below which an
 * event is an alarm (core/budget.h).
 *
 *  - Counted by the hours of the source clock, in sequence: an event counts in the hour in which the clock stands once it was seen,
 *    and is judged by what came before it. So nothing depends on batches, commits, threads or speed.
 *  - Events a day are those of the last 24 whole hours, scaled where there are fewer. The hour in which a source first brought
 *    something isn't whole, and isn't reckoned with. Without a whole hour, or after a day of silence, it is what the model saw in
 *    training, of the kinds of events that the source has brought; where that isn't known either, HG_RATE_UNKNOWN is the rate.
 *  - The estimate changes when the clock enters another hour, with the model, and when a kind of event comes for the first time.
 *    And as soon as there are more than twice as many events as it says: it catches up with them at once, so that a flood brings a
 *    few times the budget and not a thousand times.
 */
#ifndef HG_DETECT_BUDGET_H
#define HG_DETECT_BUDGET_H

#include "base/buf.h"
#include "base/err.h"
#include "core/budget.h"
#include "detect/model.h"

#define HG_BUDGET_ALL UINT32_MAX /* in the place of a source: all together */

struct hg_budget;

HG_MUST_USE enum hg_rc hg_budget_create(const struct hg_budget_settings *settings, struct hg_budget **ret, struct hg_err *reterr);
void hg_budget_destroy(struct hg_budget *budget);

/* A source more; sources are 0, 1, 2 ... in this order. */
HG_MUST_USE enum hg_rc hg_budget_add_source(struct hg_budget *budget, struct hg_err *reterr);

/* What the model saw in training, by kind of event (hg_model_events_a_day; 0: unknown). */
void hg_budget_learnt(struct hg_budget *budget, const double events_a_day[HG_SUB_COUNT]);

/* The p-value below which this scored event is an alarm. hg_budget_count must follow for the same event. */
double hg_budget_judge(struct hg_budget *budget, uint32_t source, enum hg_submodel_kind kind);
/* clock_us: the source clock with this event. alarm: one that counts (core/reliability.h). */
void hg_budget_count(struct hg_budget *budget, uint32_t source, int64_t clock_us, bool alarm);

/* ---- what is told */
double hg_budget_events_a_day(struct hg_budget *budget, uint32_t source); /* 0: unknown */
double hg_budget_rate(struct hg_budget *budget, uint32_t source);         /* asked of its events now */
uint64_t hg_budget_alarms(const struct hg_budget *budget, uint32_t source); /* ever */

/* ---- state, as a commit keeps it, of each source and of all together; this one has the settings with it, for who reads the store
 * while nothing runs: HG_BUDGET_ALL_BYTES */
#define HG_BUDGET_BYTES     240u
#define HG_BUDGET_ALL_BYTES (HG_BUDGET_BYTES + 24u)
/* Did it change since hg_budget_saved? */
bool hg_budget_changed(const struct hg_budget *budget, uint32_t source);
void hg_budget_saved(struct hg_budget *budget);
void hg_budget_put(const struct hg_budget *budget, uint32_t source, char *out);
/* False: not such a state; then nothing changed. */
bool hg_budget_take(struct hg_budget *budget, uint32_t source, struct hg_slice bytes);

/* The settings of a run that kept this state of all. */
bool hg_budget_kept_settings(struct hg_slice bytes, struct hg_budget_settings *ret);

/* ---- without a live run: the rate that a budget means for each kind of event, by what the model saw in training. All sources
 * together are all that it saw, a source by itself is one kind. */
void hg_budget_kind_rates(const struct hg_budget_settings *settings, const double events_a_day[HG_SUB_COUNT], double ret[HG_SUB_COUNT]);

#endif
