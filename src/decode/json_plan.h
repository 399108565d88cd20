/* A plan as a trie of keys, for json.c and json_plan.c. Each level finds its keys by a hash without collisions. */
#ifndef HG_DECODE_JSON_PLAN_H
#define HG_DECODE_JSON_PLAN_H

#include "decode/json.h"

#define HG_JSON_NODES 24 /* levels of a plan: the root and each object that is looked into */
#define HG_JSON_TABLE 256

struct hg_json_key {
    const char *name;
    uint8_t len;
    int8_t slot;  /* -1: not wanted itself */
    int8_t child; /* node to go on with inside; -1: none */
    uint8_t next; /* 1 + index of another key with the same hash; 0: none, as in nearly every plan */
};

struct hg_json_node {
    uint64_t below; /* slots of everything inside */
    uint64_t factor;
    uint32_t mask;
    int n_keys;
    struct hg_json_key keys[HG_JSON_SLOTS];
    uint8_t table[HG_JSON_TABLE]; /* 1 + index into keys; 0: none */
};

struct hg_json_plan {
    int n_nodes;
    struct hg_json_node nodes[HG_JSON_NODES];
};

static inline uint32_t hg_json_key_hash(const struct hg_json_node *node, const char *p, size_t len)
{
    const unsigned char *b = (const unsigned char *)p;
    uint64_t sample = b[0] | (uint64_t)b[len / 2] << 8 | (uint64_t)b[len * 3 / 4] << 16 | (uint64_t)b[len - 1] << 24 | (uint64_t)len << 32;
    return (uint32_t)(sample * node->factor >> 40) & node->mask;
}

#endif
