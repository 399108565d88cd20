/*
 * The named detectors (core/rules.def) over the windows: one event at a time, in sequence, with what the windows say of its entities.
 * What they remember is a pure function of the events so far; nothing is allocated per event.
 */
#ifndef HG_BEHAVE_RULES_H
#define HG_BEHAVE_RULES_H

#include "behave/behave.h"

struct rules;

/* settings NULL: the defaults. */
HG_MUST_USE enum hg_rc rules_create(const struct hg_behave_settings *settings, struct rules **ret, struct hg_err *reterr);
void rules_destroy(struct rules *rules);

/* Every event comes by, in sequence; the context counts it already. True: *ret is a finding (all of it but `row`). */
bool rules_judge(struct rules *rules, const struct hg_event *event, const struct hg_context *context, struct hg_finding *ret);

/* The state behind them, as part of hg_behave_put: exactly `bytes` come back, of any content. */
void rules_put(const struct rules *rules, struct hg_buf *out);
HG_MUST_USE enum hg_rc rules_take(struct rules *rules, struct hg_slice bytes, struct hg_err *reterr);

uint64_t rules_bytes(const struct rules *rules); /* memory in use */

#endif
