/* A plan as a trie of keys, for json*.c. Each level finds its keys by a hash without collisions. */
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

static inline bool hg_json_same_bytes(const char *a, const char *b, size_t len)
{
    if (len >= 8 && len <= 16) { /* most keys: two loads that may overlap */
        uint64_t a0, a1, b0, b1;
        memcpy(&a0, a, 8);
        memcpy(&b0, b, 8);
        memcpy(&a1, a + len - 8, 8);
        memcpy(&b1, b + len - 8, 8);
        return ((a0 ^ b0) | (a1 ^ b1)) == 0;
    }
    if (len >= 4 && len < 8) {
        uint32_t a0, a1, b0, b1;
        memcpy(&a0, a, 4);
        memcpy(&b0, b, 4);
        memcpy(&a1, a + len - 4, 4);
        memcpy(&b1, b + len - 4, 4);
        return ((a0 ^ b0) | (a1 ^ b1)) == 0;
    }
    return memcmp(a, b, len) == 0;
}

static inline const struct hg_json_key *hg_json_find_key(const struct hg_json_node *node, struct hg_slice name)
{
    if (name.len == 0)
        return NULL;
    uint8_t index = node->table[hg_json_key_hash(node, name.p, name.len)];
    while (index != 0) {
        const struct hg_json_key *key = &node->keys[index - 1];
        if (key->len == name.len && hg_json_same_bytes(key->name, name.p, name.len))
            return key;
        index = key->next;
    }
    return NULL;
}

/* What a key stands for, with all that is inside: forgotten where the key comes again. */
static inline uint64_t hg_json_key_slots(const struct hg_json_plan *plan, const struct hg_json_key *key)
{
    uint64_t slots = key->slot < 0 ? 0 : UINT64_C(1) << key->slot;
    return key->child < 0 ? slots : slots | plan->nodes[key->child].below;
}

/* Whether the whole slice is a number in JSON's form. */
bool hg_json_valid_number(struct hg_slice s);

#endif
