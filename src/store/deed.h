/* What the events of an incident's source say while it lasted: the facts that its story tells. */
#ifndef HG_STORE_DEED_H
#define HG_STORE_DEED_H

#include "core/incident.h"
#include "store/query.h"

enum hg_deed_field {
    HG_DEED_USER, HG_DEED_PASSWORD, HG_DEED_COMMAND, HG_DEED_SHA256, HG_DEED_URL, HG_DEED_PORT, HG_DEED_DST, HG_DEED_SIGNATURE, HG_DEED_APP,
    HG_DEED_TYPE, HG_DEED_DATASET, HG_DEED_FIELDS
};

struct hg_deed {
    struct hg_query_values values[HG_DEED_FIELDS]; /* most events first; in the arena */
    struct hg_query_values logins;                 /* user names of log-ins that worked */
    bool known;                                    /* counted to the end; else the facts are those of the alert alone */
};

/* Of the incident whose most critical alert is `top`. deadline_us, of hg_time_monotonic_us(): no counting beyond; 0: as long as it takes. */
HG_MUST_USE enum hg_rc hg_deed_read(struct hg_reader_db *reader, const struct hg_incident *incident, const struct hg_alert *top, int64_t deadline_us,
                                    struct hg_arena *arena, struct hg_deed *ret, struct hg_err *reterr);
/* Texts live in `ip` and as long as the deed's arena. */
struct hg_incident_facts hg_deed_facts(const struct hg_alert *top, const struct hg_deed *deed, char ip[HG_IP_TEXT_BYTES]);

#endif
