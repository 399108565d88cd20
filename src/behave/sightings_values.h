/* The values by which sightings are known again, as an event has them, and what no value is made of (sightings.h). */
#ifndef HG_BEHAVE_SIGHTINGS_VALUES_H
#define HG_BEHAVE_SIGHTINGS_VALUES_H

#include "behave/sightings.h"

struct sighting_value {
    size_t len; /* 0: none */
    char bytes[HG_SIGHTING_VALUE_BYTES]; /* an address: its 16 bytes; hashes: lower case */
};

/* Of any kind but an address; false where the event has none that counts. */
bool sighting_value_of(const struct hg_event *event, enum hg_sighting_kind kind, struct sighting_value *ret);
/* Whether these bytes can be one's: of a state. */
bool sighting_value_valid(enum hg_sighting_kind kind, struct hg_slice value);
/* The 16 bytes that a fingerprint's 32 digits stand for. */
void sighting_fingerprint(struct hg_slice digits, uint8_t ret[16]);

#endif
