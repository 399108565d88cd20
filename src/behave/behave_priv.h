#ifndef HG_BEHAVE_BEHAVE_PRIV_H
#define HG_BEHAVE_BEHAVE_PRIV_H

#include "behave/entities.h"
#include "behave/rules.h"
#include "behave/sightings.h"

#define BEHAVE_AHEAD 64u /* events whose memory is asked for before the first of them is counted */

struct hg_behave {
    struct entities entities;
    struct rules *rules;
    struct hg_sightings *sightings;
    hg_behave_see *see; /* may be NULL */
    void *see_self;
    struct note notes[BEHAVE_AHEAD];
    struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS]; /* of the event at hand */
};

#endif
