/*
 * Times as a mapping file describes them: epoch_s (with or without a fraction), epoch_ms, epoch_us, iso, or a pattern of
 * %Y %m %d %H %I %p %M %S %f %b %z %% and the characters between them. No locale plays a part: months are English.
 */
#ifndef HG_DECODE_MAPPING_TIME_H
#define HG_DECODE_MAPPING_TIME_H

#include "base/instant.h"

enum mapping_clock { CLOCK_EPOCH_S, CLOCK_EPOCH_MS, CLOCK_EPOCH_US, CLOCK_ISO, CLOCK_PATTERN };

struct mapping_time {
    enum mapping_clock clock;
    struct hg_slice pattern; /* CLOCK_PATTERN only; borrowed */
};

/* NULL, or what is wrong with the text. The pattern borrows it. */
const char *mapping_time_read(struct hg_slice text, struct mapping_time *ret);
/* The whole text, or false. naive_offset_us: zone where the text says none, east positive. */
bool mapping_time_parse(const struct mapping_time *time, struct hg_slice text, int64_t naive_offset_us, int64_t *ret_us);

#endif
