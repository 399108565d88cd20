/* What an identifier names: an alert, with the event that made its score, or an event. */
#ifndef HG_STORE_FIND_H
#define HG_STORE_FIND_H

#include "store/store.h"

struct hg_lookup {
    bool has_alert; /* named, or that of the event named */
    bool by_alert;  /* the alert was named: row is the event that made its score */
    struct hg_alert alert;
    struct hg_event_row *row; /* NULL: no longer stored */
    struct hg_id model;       /* digest of the model that scored the event; zeros: none, or nobody knows */
};

/* An alert's identifier is that of its first event; it goes before. Events are looked for among the newest `most`, since they have no index;
 * those that an alert leads to are found at once. The row lives in *arena. HG_EEND: it names neither. */
HG_MUST_USE enum hg_rc hg_reader_find(struct hg_reader_db *reader, const struct hg_id *id, size_t most, struct hg_arena *arena,
                                      struct hg_lookup *ret, struct hg_err *reterr);

#endif
