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
};

struct hg_json_node {
    uint64_t below; /* slots of everything inside */
    uint32_t factor[5];
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
    uint32_t h = b[0] * node->factor[0] + b[len / 2] * node->factor[1] + b[len * 3 / 4] * node->factor[2] +
                 b[len - 1] * node->factor[3] + (uint32_t)len * node->factor[4];
    return h >> 16 & node->mask;
}

#endif
