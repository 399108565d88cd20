/*
 * Progress of long work on standard error: rate, share done, time left; on a terminal only, at most four times a second.
 */
#ifndef HG_APP_PROGRESS_H
#define HG_APP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct hg_progress {
    const char *what; /* what is counted: "events", "rows" */
    bool shown;
    int64_t start_us, last_us;
};

struct hg_progress hg_progress_start(const char *what);
/* done of total in any unit (total 0: unknown); count is what the rate is of. */
void hg_progress_update(struct hg_progress *progress, uint64_t count, uint64_t done, uint64_t total);
void hg_progress_end(struct hg_progress *progress); /* clears the line */

#endif
