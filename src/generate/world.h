/*
 * The company and the world around it. Two sites: the head office (192.168.0.0/16, seen by the flow exporter) and the
 * branch (10.20.0.0/16, seen by Suricata). Public addresses are drawn from ranges in use on every continent, never from
 * reserved ones.
 */
#ifndef HG_GENERATE_WORLD_H
#define HG_GENERATE_WORLD_H

#include "base/rng.h"

enum hg_gen_group {
    HG_GROUP_CLIENTS,
    HG_GROUP_ADMINS,
    HG_GROUP_WEB,
    HG_GROUP_MAIL,
    HG_GROUP_DNS,
    HG_GROUP_FILES,
    HG_GROUP_DATABASES,
    HG_GROUP_CODE,
    HG_GROUP_GATEWAYS,
    HG_GROUP_PRINTERS,
    HG_GROUP_PHONES,
    HG_GROUP_SERVERS,
    HG_GROUP_ANY,
    HG_GROUP_LOCAL_COUNT,
    HG_GROUP_VISITORS = HG_GROUP_LOCAL_COUNT, /* people and machines anywhere */
    HG_GROUP_CLOUD,                           /* well-visited services */
    HG_GROUP_MULTICAST,
};

#define HG_SITES 2

/* A host of the group, some more often than others. */
uint32_t hg_world_host(struct hg_rng *rng, enum hg_gen_group group, unsigned site);
/* The public address number `index`: the same for the same index. */
uint32_t hg_world_public(uint64_t index);
/* A public address that no visitor or cloud service has. */
uint32_t hg_world_stranger(struct hg_rng *rng);
/* The port that a client's system would choose. */
uint16_t hg_world_ephemeral(struct hg_rng *rng);
/* A port that somebody may try: most of the time a popular one. */
uint16_t hg_world_odd_port(struct hg_rng *rng);

#endif
