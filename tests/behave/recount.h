/* The windows by their definition, counted anew from all events so far: slow, and nothing like src/behave. */
#ifndef HG_TESTS_RECOUNT_H
#define HG_TESTS_RECOUNT_H

#include "base/rng.h"
#include "behave/behave.h"

/* What is known of the entity of the last of n events; false where it has no such entity. */
bool recount(const struct hg_event *events, size_t n, enum hg_entity kind, struct hg_window ret_windows[HG_SPANS],
             struct hg_entity_view *ret);
/* The same bits, NaN included. */
bool same_float(float a, float b);
bool same_window(const struct hg_window *a, const struct hg_window *b);

/* Events as they might come: so many addresses and ports, within so many seconds from the start on, up to `late` seconds late (0: in order);
 * one in so many jumps forward by an hour or four; and so many seconds are a source's turn (0: all at any time). */
struct made_up {
    uint32_t sources, destinations, ports;
    int64_t seconds, late;
    uint32_t jumps;
    int64_t turn;
};
void make_up(struct hg_rng *rng, const struct made_up *form, struct hg_event *ret, size_t n);

#endif
