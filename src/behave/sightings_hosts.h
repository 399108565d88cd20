/*
 * Which addresses are a honeypot's own: what goes there is no other traffic, whoever writes it down.
 *  - Named: a honeypot's record says it as its target.
 *  - Shared: behind a translation the honeypot knows itself by another address (a container's) than the sensor before it. Both see the
 *    same connections, though, from the same source address and port; a host to which connections of at least HOSTS_PROOFS sources were
 *    shared so, and no fewer than one in HOSTS_SHARE of those that sources seen on the honeypot within the hour make to it, is the
 *    honeypot. By chance it is one in 7,000 (4 ports remembered of a source, of 28,000 that a client takes).
 * Bounded: HOSTS_MAX addresses; the one that only might be and was used longest ago out, then the named one used longest ago.
 */
#ifndef HG_BEHAVE_SIGHTINGS_HOSTS_H
#define HG_BEHAVE_SIGHTINGS_HOSTS_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/ip.h"

#define HOSTS_MAX    256u
#define HOSTS_PROOFS 3
#define HOSTS_SHARE  100u

struct host {
    struct hg_ip ip;
    uint64_t used;    /* when, by hosts.clock */
    uint64_t sources; /* of shared connections: a bit by their hash */
    uint32_t tries, shared;
    uint8_t named;
};

struct hosts {
    uint64_t clock;
    uint32_t n;
    struct host hosts[HOSTS_MAX];
};

bool hosts_have(const struct hosts *hosts, const struct hg_ip *ip);
void hosts_name(struct hosts *hosts, const struct hg_ip *ip);
/* A TCP connection to the address by a source that was on the honeypot just now; shared: the honeypot saw the same one. */
void hosts_try(struct hosts *hosts, const struct hg_ip *ip, const struct hg_ip *source, bool shared);

void hosts_put(const struct hosts *hosts, struct hg_buf *out);
/* As known_take. */
bool hosts_take(struct hosts *hosts, struct hg_slice *io_bytes);

static inline uint64_t ip_hash(const struct hg_ip *ip)
{
    uint64_t high, low;
    memcpy(&high, ip->b, 8);
    memcpy(&low, ip->b + 8, 8);
    return hg_mix64(low ^ hg_mix64(high));
}

#endif
