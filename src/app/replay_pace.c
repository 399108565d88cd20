#include "app/replay.h"

#include "base/instant.h"

int64_t hg_pace_due(struct hg_pace *pace, int64_t event_us, int64_t now_us, int64_t *ret_skipped_us)
{
    *ret_skipped_us = 0;
    if (!pace->started) {
        pace->started = true;
        pace->first_event_us = pace->latest_us = event_us;
        pace->first_wall_us = now_us;
    }
    if (event_us > pace->latest_us)
        pace->latest_us = event_us;
    if (pace->speed <= 0)
        return now_us;
    int64_t played = pace->latest_us - pace->first_event_us - pace->skipped_us;
    int64_t due = pace->first_wall_us + (int64_t)((double)played / pace->speed);
    if (due - now_us <= HG_PACE_SILENCE_US)
        return due;
    *ret_skipped_us = (int64_t)((double)(due - now_us) * pace->speed);
    pace->skipped_us += *ret_skipped_us;
    return now_us;
}
