/*
 * A probe: a made-up attack to try the detector with, its events made from one ordinary flow of the log itself (the template), so that
 * they have its kind, its columns and what is missing in it. What makes the attack is changed, and nothing else:
 *
 *  - scan: one source to many neighbours at one port, or to many ports of one host; nine of ten unanswered;
 *  - brute_force: short conversations of one pair, one after the other, at a login port;
 *  - flood: many sources to one target, most unanswered;
 *  - exfiltration: some flows to an outside host that send a multiple of what is usual;
 *  - beacon: a small flow to an outside host at even intervals, within 5 % of them.
 *
 * Strength 1 is the full attack (probes.def); less means fewer events in the same time, and of exfiltration less that is sent. A pure
 * function of the probe, the template and the number of the event. The label is left out, and identities are of no record.
 */
#ifndef HG_CORE_PROBE_H
#define HG_CORE_PROBE_H

#include "core/event.h"

enum hg_probe_kind {
#define HG_PROBE(name, words, events, seconds) HG_PROBE_##name,
#include "core/probes.def"
#undef HG_PROBE
    HG_PROBE_COUNT
};

struct hg_probe {
    enum hg_probe_kind kind;
    double strength;         /* 0 to 1 */
    int64_t start_us;
    uint64_t key;            /* of its random choices: ports, neighbours, jitter */
    int64_t usual_sent;      /* bytes of an ordinary flow, for exfiltration; at least what the template sent */
    struct hg_ip inside, outside; /* hg_probe_aim */
    bool in_test_block;      /* both are of 198.18.0.0/15 (RFC 2544), and neighbours too: nobody's real ones */
};

const char *hg_probe_name(enum hg_probe_kind kind);
const char *hg_probe_words(enum hg_probe_kind kind);

/* Can probes be made from it? An answered TCP flow with both ends, a time and counts, not of a honeypot. */
bool hg_probe_template(const struct hg_event *event);
/* Chooses who attacks whom: the host inside is the template's, unless all are of the test block; the one outside is of the block in any
 * case. Scans, brute forces and floods come from outside; exfiltration and beacons go there. Key and in_test_block are set before. */
void hg_probe_aim(struct hg_probe *probe, const struct hg_event *template);

unsigned hg_probe_events(const struct hg_probe *probe); /* at least 1 */
/* Time of event i; they don't fall. */
int64_t hg_probe_time(const struct hg_probe *probe, unsigned i);
/* Event i. It borrows from the template. */
void hg_probe_event(const struct hg_probe *probe, const struct hg_event *template, unsigned i, struct hg_event *ret);

#endif
