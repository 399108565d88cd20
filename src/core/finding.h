/*
 * What a named detector (a rule over windows of event time, core/rules.def) found at an event, with its evidence. A finding says what was
 * counted, never what an attacker wrote: names, passwords and hashes stay out of it.
 */
#ifndef HG_CORE_FINDING_H
#define HG_CORE_FINDING_H

#include "base/buf.h"
#include "core/event.h"

enum hg_rule {
    HG_RULE_NONE = 0,
#define HG_RULE(name, words, type, group) HG_RULE_##name,
#include "core/rules.def"
#undef HG_RULE
    HG_RULE_COUNT
};

/* What the alerts of a rule are grouped by: fields left out are missing in the alert. */
enum hg_grouping {
    HG_GROUP_SOURCE_AND_PORT, /* source address and destination port, as by score */
    HG_GROUP_SOURCE,          /* source address: the port is left out */
    HG_GROUP_TARGET,          /* destination address and port: the source address is left out */
};

/* Which of a rule's ways it was, where it has several: hg_finding.trait. */
enum hg_found {
    HG_FOUND_PLAINLY = 0,
    HG_FOUND_FAILURES = 0, /* brute_force, brute_force_success: log-ins that failed by what the record says */
    HG_FOUND_ATTEMPTS,     /* short connections of one address to a log-in service */
    HG_FOUND_SURGE,        /* those of all addresses to one */
    HG_FOUND_SHARES = 1,   /* scan_horizontal: for shared files, of hosts that nobody had asked */
    HG_FOUND_PORTS_OF_HOSTS = 1, /* scan_vertical: not of one host */
    HG_FOUND_RETURNS = 1,        /* surge: of new addresses that come back */
};

struct hg_finding {
    uint32_t row;     /* of the run of events that it was found in */
    uint8_t rule;     /* enum hg_rule; HG_RULE_NONE: nothing was found */
    uint8_t trait;    /* honeypot_sighting: 1 + enum hg_trait, 0 the address; other rules: enum hg_found */
    uint8_t dataset;  /* honeypot_sighting: where it was seen, enum hg_dataset */
    uint16_t also;    /* bits 1 << rule: the others that fired at the same event */
    float counted;    /* what the rule counts (the sentences in finding.c say what), within `seconds` */
    float limit;      /* from which count on it fires: a setting */
    float seconds;    /* of event time from the first to the last that it counted */
    float second;     /* a second figure, where the rule has one: distinct passwords, addresses, events, mean interval in seconds; else 0 */
    float usual;      /* up to what is usual for this target, where the rule compares; beaconing: irregularity in percent; else 0 */
    int64_t seen_us;  /* honeypot_sighting: when it was seen there last; else HG_TIME_NONE */
    double p;         /* how often an ordinary event would be found so: nominal, at most HG_FINDING_P */
};

/* All rules together find at most one ordinary event a day on generated normal traffic (docs/detection.md), of 50,000 and more: that is
 * what a finding at its limit is worth. Beyond, p falls with the square of limit / counted. */
#define HG_FINDING_P 2e-5
#define HG_FINDING_HINT_P 5e-4 /* what a hint is worth at its limit: some alerts a day, of as many events */
double hg_finding_p(double counted, double limit); /* of a named detector */

const char *hg_rule_name(enum hg_rule rule);  /* NULL for none */
const char *hg_rule_words(enum hg_rule rule); /* NULL for none */
bool hg_rule_parse(struct hg_slice name, enum hg_rule *ret);
enum hg_attack_type hg_rule_attack_type(enum hg_rule rule);
enum hg_grouping hg_rule_grouping(enum hg_rule rule);
bool hg_rule_is_hint(enum hg_rule rule); /* no named detector, but a part of the score that can be named */

/* The evidence in a sentence: "412 failed log-ins in 9 minutes with 37 passwords." */
void hg_finding_words(const struct hg_finding *finding, struct hg_buf *buf);

#endif
