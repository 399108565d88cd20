/* Asks the store by filter, and checks each answer against hg_filter_match over every stored row. */
#ifndef TESTS_STORE_DESK_H
#define TESTS_STORE_DESK_H

#include "base/rng.h"
#include "feed.h"
#include "store/query.h"

struct desk {
    struct hg_reader_db *reader;
    struct hg_event_row *rows; /* all that are stored, newest first */
    size_t n;
    struct hg_arena arena;
    struct hg_range extent;
};

void desk_open(struct desk *desk, const char *dir);
void desk_close(struct desk *desk);
/* All questions with a filter (NULL: one made up) and a range made up. */
void desk_check(struct desk *desk, struct hg_rng *rng, const char *filter);

/* Answers that a deadline cuts short are beginnings of the whole ones. */
void desk_check_deadline(struct desk *desk);
/* Without a filter and with every event still stored, sums are those of the rollups. */
void desk_check_rollups(struct desk *desk, struct hg_rng *rng);

#endif
