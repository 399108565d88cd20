/*
 * For the rules alone. To add one: a line in core/rules.def, its settings in settings.def, and `bool rule_<name>(…)` in a rule_*.c, which
 * says whether it fires at the event at hand and then fills *ret by `found`. It remembers nothing itself: what must be remembered is in
 * struct rules, and what the event at hand finds there is in the glance.
 */
#ifndef HG_BEHAVE_RULES_PRIV_H
#define HG_BEHAVE_RULES_PRIV_H

#include "behave/attempts.h"
#include "behave/rules.h"
#include "behave/settings.h"
#include "behave/usual.h"

struct glance {
    const struct hg_behave_settings *settings;
    const struct hg_event *event;
    const struct hg_context *context;
    const struct hg_window *source, *target, *pair; /* [HG_SPANS] */
    const struct usual *usual;       /* NULL: of this target nothing is kept */
    const struct attempts *attempts; /* NULL: no log-in */
    enum attempt attempt;
    unsigned unasked;                /* hosts that the source asked for shared files, and nobody before it */
    bool from_inside, to_inside, at_honeypot;
    bool watched;                    /* for an hour and more: what is new and what is usual means something */
};

#define HG_RULE(name, words, type, group) bool rule_##name(const struct glance *glance, struct hg_finding *ret);
#include "core/rules.def"
#undef HG_RULE

/* The finding's common part; true. */
bool found(const struct glance *glance, enum hg_rule rule, double counted, double limit, struct hg_finding *ret);
/* Of an entity: the length of the shortest span in which as much was counted as in ten minutes, and no longer than it has been seen. */
float within(const struct hg_entity_view *view, int64_t now_us, uint32_t at_10s, uint32_t at_1m, uint32_t at_10m);
/* From inside to an address and port outside that is new; since when that is known, in seconds. */
bool leaves_for_new(const struct glance *glance, double seconds);
float age_of_target(const struct glance *glance);
/* New to all: first seen less than `seconds` ago. */
bool is_new(const struct glance *glance, enum hg_entity entity, double seconds);

#endif
