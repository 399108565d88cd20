/*
 * Attempts to log in, by source and target: what a honeypot says of them, and short connections to log-in services, of which nobody says
 * how they ended. Attempts with no more than ten minutes between them are one run.
 */
#ifndef HG_BEHAVE_ATTEMPTS_H
#define HG_BEHAVE_ATTEMPTS_H

#include "behave/entries.h"
#include "behave/settings.h"
#include "core/event.h"

enum attempt {
    ATTEMPT_NONE,   /* no log-in at all */
    ATTEMPT_FAILED, /* the record says that it failed, or shows a password where nobody may log in */
    ATTEMPT_WORKED, /* the record says so */
    ATTEMPT_SHORT,  /* a short connection to a log-in service */
    ATTEMPT_LONG,   /* one that is no mere attempt */
};

#define ATTEMPT_MINUTES  10u
#define PASSWORD_WORDS   4u /* 256 bits: passwords told apart by linear counting, within some 10 % up to 500 */
#define ATTEMPT_ENTRIES  16384u

struct attempts {
    struct entry entry;
    int64_t first_us;                  /* of the run */
    uint64_t minute;                   /* the greatest that was counted */
    uint32_t failed, tried;            /* in the run: log-ins that failed, short connections */
    uint16_t recent[ATTEMPT_MINUTES];  /* both, by minute */
    uint64_t passwords[PASSWORD_WORDS];
};

enum attempt attempt_of(const struct hg_event *event, const struct hg_behave_settings *settings);

/* Adds it to its run; the run as it is then. An attempt that worked is no part of it. */
const struct attempts *attempts_add(struct entries *table, uint64_t key, const struct hg_event *event, enum attempt attempt);

unsigned attempts_recent(const struct attempts *attempts); /* within ten minutes */
unsigned attempts_passwords(const struct attempts *attempts);

#endif
