/*
 * Seen on the honeypot: what attacked a honeypot source, remembered so that it is known again when it shows up in other traffic.
 *
 * What is noted of an event of a honeypot's dataset; nobody has a reason to be there, so one record is enough:
 *  - address: the source address, if it is public (not own scanners, containers, hosts behind a gateway);
 *  - credential: user name and password together, "name:password", where the password has at least HG_SIGHTING_PASSWORD_MIN bytes,
 *    isn't the user name and is none that every list has (sightings_values.c);
 *  - file: the SHA-256 of what was brought or fetched;
 *  - hassh, ja3: the fingerprint of the client, if its source address is public or unknown.
 *
 * An event of another dataset matches, where
 *  - it has such a value (an address: at either end), first sighted not after it, and last no longer before it than the ageing limit;
 *  - neither end is a honeypot: what goes there is no other traffic (sightings_hosts.h);
 *  - an address was no acquaintance: met in other traffic that was answered, and not labelled an attack, more than a day before its first
 *    sighting; it may be a partner's who was taken over, a gateway's or a scanner of one's own, and nobody can shut it out unlooked;
 *  - a fingerprint wasn't met in other traffic before its first sighting, nor on the first day of other traffic: HASSH and JA3 name a
 *    program, and many programs are everywhere.
 *
 * A pure function of the sequence of events; event time alone counts. Bounded: so many of a kind as HG_SIGHTING_KINDS_LIST says, the one
 * noted longest ago out; what is known of other traffic likewise (sightings_known.h). One thread at a time; nothing is allocated per event.
 */
#ifndef HG_BEHAVE_SIGHTINGS_H
#define HG_BEHAVE_SIGHTINGS_H

#include "base/buf.h"
#include "base/err.h"
#include "core/finding.h"

#define HG_SIGHTINGS_MAX         65536u /* of all kinds together */
#define HG_SIGHTING_VALUE_BYTES  128u   /* a longer one isn't noted */
#define HG_SIGHTING_PASSWORD_MIN 6u
#define HG_SIGHTINGS_DAYS        30.0   /* the ageing limit, unless set */
#define HG_SIGHTINGS_STATE_MAX   (16u << 20) /* bytes of hg_sightings_put, at most */

/* X(name, most entries, most bytes of a value): a state's order, append only */
#define HG_SIGHTING_KINDS_LIST(X) \
    X(address, 32768, 16) \
    X(credential, 16384, HG_SIGHTING_VALUE_BYTES) \
    X(file, 8192, 64) \
    X(hassh, 4096, 32) \
    X(ja3, 4096, 32)

enum hg_sighting_kind {
#define HG_SIGHTING_KIND(name, most, bytes) HG_SIGHTING_##name,
    HG_SIGHTING_KINDS_LIST(HG_SIGHTING_KIND)
#undef HG_SIGHTING_KIND
    HG_SIGHTING_KINDS
};

const char *hg_sighting_kind_name(enum hg_sighting_kind kind);
bool hg_sighting_kind_parse(struct hg_slice name, enum hg_sighting_kind *ret);

struct hg_sightings;

/* days: the ageing limit, of event time. */
HG_MUST_USE enum hg_rc hg_sightings_create(double days, struct hg_sightings **ret, struct hg_err *reterr);
void hg_sightings_destroy(struct hg_sightings *sightings);

/* Every event comes by, in sequence: those of honeypots here … */
void hg_sightings_note(struct hg_sightings *sightings, const struct hg_event *event);
/* … and all others here. True: *ret is the finding, all of it but `row` and `also`: rule, trait (a credential's is the password's),
 * dataset, counted (times seen there), limit 1, second (distinct sources there, estimated), seconds since it was seen
 * there last, seen_us, p. */
bool hg_sightings_match(struct hg_sightings *sightings, const struct hg_event *event, struct hg_finding *ret);

/* The whole state; taken back it goes on as if nothing had been. Empty bytes are the empty state; after a failure it is empty too. */
void hg_sightings_put(const struct hg_sightings *sightings, struct hg_buf *out);
HG_MUST_USE enum hg_rc hg_sightings_take(struct hg_sightings *sightings, struct hg_slice bytes, struct hg_err *reterr);
void hg_sightings_clear(struct hg_sightings *sightings);

uint64_t hg_sightings_bytes(const struct hg_sightings *sightings); /* of memory, all taken at the start */

/* ---- the list */
struct hg_sighting {
    enum hg_sighting_kind kind;
    enum hg_dataset dataset; /* where it was seen last */
    int64_t first_us, last_us;
    uint32_t count;          /* events */
    bool usual;              /* an acquaintance's, or of a program met in other traffic before: it matches nothing */
    uint32_t sources;        /* distinct source addresses: exact for few, within about 10 % up to 1,000, at most HG_SIGHTING_SOURCES_MAX */
    size_t value_bytes;
    char value[HG_SIGHTING_VALUE_BYTES]; /* text without NUL, an attacker's: any bytes */
};
#define HG_SIGHTING_SOURCES_MAX 1568u

size_t hg_sightings_count(const struct hg_sightings *sightings, enum hg_sighting_kind kind);
/* Those of a kind in the order in which they were seen last, the latest first. *cursor is 0 at the start; false after the last. */
bool hg_sightings_next(const struct hg_sightings *sightings, enum hg_sighting_kind kind, uint32_t *cursor, struct hg_sighting *ret);

#endif
