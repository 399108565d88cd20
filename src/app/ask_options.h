/* What `query` and `report` ask a state for: a filter, within a range of time. */
#ifndef HG_APP_ASK_OPTIONS_H
#define HG_APP_ASK_OPTIONS_H

#include "app/command.h"
#include "store/query.h"

#define HG_OPTIONS_ASK \
    {"state", required_argument, NULL, HG_OPT_STATE}, {"from", required_argument, NULL, HG_OPT_FROM}, {"to", required_argument, NULL, HG_OPT_TO}, \
    {"window", required_argument, NULL, HG_OPT_WINDOW}
#define HG_HELP_ASK \
    "  --state DIR                                 the state of `honeyguide serve`\n" \
    "  --from TIME, --to TIME                      event time: 2025-01-08T21:13:00Z, or a day (default: all that is stored)\n" \
    "  --window DURATION                           1m or more, in whole minutes: the last of it, or what follows --from or leads\n" \
    "                                              up to --to\n"

struct hg_ask {
    const char *state, *filter;   /* filter NULL: everything */
    const char *from, *to, *window;
    int64_t from_us, to_us;       /* HG_TIME_NONE: not given */
    int64_t window_us;            /* 0: none given */
    struct hg_arena arena;        /* of the filter */
    struct hg_query query;        /* known while looking */
    struct hg_filter_fault fault; /* expected[0] != 0: the filter is wrong */
    int64_t clock_us;
};

void hg_ask_init(struct hg_ask *ask);
void hg_ask_free(struct hg_ask *ask);
static inline bool hg_ask_takes(int option)
{
    return option == HG_OPT_STATE || option == HG_OPT_FROM || option == HG_OPT_TO || option == HG_OPT_WINDOW;
}
void hg_ask_option(struct hg_ask *ask, int option, const char *argument);
/* A filter may begin with a minus: takes the first argument with a single one out of argv, NULL where there is none. The
 * values of options stay theirs. */
const char *hg_ask_take_minus(int *argc, char **argv, const struct option *options);
/* After the options: EXIT_DONE, or the status after saying what was wrong. */
int hg_ask_check(const struct hg_command *command, struct hg_ask *ask);
/* `look` reads within one snapshot, in which range and filter are known by the state's own clock. HG_EUSAGE with ask->fault where the filter is
 * wrong; HG_EEND: nothing is stored. */
HG_MUST_USE enum hg_rc hg_ask_look(struct hg_ask *ask, enum hg_rc (*look)(void *self, struct hg_reader_db *reader, struct hg_err *reterr),
                                   void *self, struct hg_err *reterr);
/* Says err, or draws what is wrong with the filter; the status. */
int hg_ask_failed(const struct hg_command *command, const struct hg_ask *ask, const struct hg_err *err);

#endif
