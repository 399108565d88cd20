/* Events made up from a seed and a number, the same every time, and a writer that commits them by aggregate and store. */
#ifndef TESTS_STORE_FEED_H
#define TESTS_STORE_FEED_H

#include "aggregate/aggregate.h"
#include "store/store.h"

struct made { /* one event with all that it borrows */
    struct hg_event event;
    struct hg_score score;
    struct hg_geo geo;
    char record[640], user[32], password[200];
};

struct feed {
    uint64_t seed;
    int64_t start_us, step_us;   /* time of event n: start + n * step, and some jitter */
    uint32_t sources;            /* distinct attackers */
    unsigned anomalous_percent;
    size_t record_len;
    bool extras;                 /* commits hold those of their numbers: see extras.h */
    struct hg_retention retention;
    uint64_t unsettled;          /* events that a restart would still need, at any time */
};

bool feed_late(uint64_t sequence); /* whether the event is stored as late */
void feed_make(const struct feed *feed, uint64_t sequence, struct made *ret);
const char *feed_reason(const struct made *made);

/* Writes events [from, to] in commits of `batch` into the directory's store, taking up where it was. */
void feed_write(const struct feed *feed, const char *dir, uint64_t ring, uint64_t from, uint64_t to, size_t batch);

/* A new empty directory under TMPDIR; remove it with dir_remove. */
void dir_make(char out[64]);
void dir_remove(const char *dir);
uint64_t test_seed(void); /* HG_SEED or the clock; printed */

#endif
