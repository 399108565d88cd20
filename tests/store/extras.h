/* What a commit holds besides events: made from their numbers, so that what must be there after number n is known. */
#ifndef TESTS_STORE_EXTRAS_H
#define TESTS_STORE_EXTRAS_H

#include "store/store.h"

struct extras {
    struct hg_arena arena;
    struct hg_journal_done done[3];
    struct hg_named_bytes state;
    struct hg_source_mark mark;
    struct hg_id digest;
};

/* Adds all that goes with events [from, to], at most 1,999 (a commit releases what earlier ones quarantined); extras_free after it. */
void extras_add(struct extras *extras, struct hg_commit *commit, uint64_t from, uint64_t to);
void extras_free(struct extras *extras);
/* Fails the test unless the store holds exactly what goes with events [1, to]. */
void extras_check(const char *dir, uint64_t to);
/* The same of asked and achieved by week, the one of the extras that is in the digest. */
void extras_check_weeks(const char *dir, uint64_t to);

#endif
