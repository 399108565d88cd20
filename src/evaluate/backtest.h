/*
 * What another model would change: the same events judged by two models, day by day and family by family.
 *
 * An event is gained where only the second model finds it anomalous, lost where only the first does, and moved where both do but
 * with another severity or leading reason. An alert of the second model is gained where the first finds none of its events anomalous;
 * one of the first is lost where the second finds none of its events so, and moved where one of its events is moved. An alert
 * counts on the day and for the family of its first event.
 */
#ifndef HG_EVALUATE_BACKTEST_H
#define HG_EVALUATE_BACKTEST_H

#include "base/jsonw.h"
#include "core/event.h"
#include "core/score.h"

#define HG_BACKTEST_ALERTS_MAX ((size_t)16 * 1024 * 1024) /* of each model */

struct hg_backtest;

struct hg_verdict_of { /* a model's, on one event */
    uint8_t severity;
    const char *reason;  /* static; of anomalous events */
    struct hg_id alert;  /* the same */
};

HG_MUST_USE enum hg_rc hg_backtest_create(struct hg_backtest **ret, struct hg_err *reterr);
void hg_backtest_destroy(struct hg_backtest *backtest);
/* Events in order. time_us: HG_TIME_NONE is a day of its own. */
HG_MUST_USE enum hg_rc hg_backtest_add(struct hg_backtest *backtest, int64_t time_us, enum hg_attack_type family,
                                       const struct hg_verdict_of verdicts[2], struct hg_err *reterr);

/* "by_day": [{"day", "attack_type", "seen", "events": {…}, "alerts": {…}}], "total": {…}: members into an open object. */
void hg_backtest_json_members(const struct hg_backtest *backtest, struct hg_jsonw *w);
void hg_backtest_text(const struct hg_backtest *backtest, struct hg_buf *buf);

#endif
