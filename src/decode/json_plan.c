#include "decode/json_plan.h"

#include "base/rng.h"

#include <stdlib.h>

/* Fills the table with the node's factor; false where two keys meet. */
static bool fill_table(struct hg_json_node *node)
{
    memset(node->table, 0, sizeof node->table);
    for (int i = 0; i < node->n_keys; i++) {
        uint8_t *cell = &node->table[hg_json_key_hash(node, node->keys[i].name, node->keys[i].len)];
        if (*cell != 0)
            return false;
        *cell = (uint8_t)(i + 1);
    }
    return true;
}

/* Some keys meet at any factor, since the hash looks at four bytes of them: those are chained. */
static void fill_chained(struct hg_json_node *node)
{
    memset(node->table, 0, sizeof node->table);
    for (int i = 0; i < node->n_keys; i++) {
        uint8_t *cell = &node->table[hg_json_key_hash(node, node->keys[i].name, node->keys[i].len)];
        node->keys[i].next = *cell;
        *cell = (uint8_t)(i + 1);
    }
}

/* Tries factors at random, then larger tables, until no two keys meet. The numbers are the same in every run. */
static void find_factor(struct hg_json_node *node)
{
    struct hg_rng rng = hg_rng_seeded(1);
    uint32_t size = 4;
    while (size < HG_JSON_TABLE && size < 2 * (uint32_t)node->n_keys)
        size *= 2;
    for (; size <= HG_JSON_TABLE; size *= 2) {
        node->mask = size - 1;
        for (int tries = 0; tries < 4000; tries++) {
            node->factor = hg_rng_next(&rng) | 1;
            if (fill_table(node))
                return;
        }
    }
    node->mask = HG_JSON_TABLE - 1;
    fill_chained(node);
}

static struct hg_json_key *find_or_add(struct hg_json_node *node, const char *name, size_t len)
{
    for (int i = 0; i < node->n_keys; i++)
        if (node->keys[i].len == len && memcmp(node->keys[i].name, name, len) == 0)
            return &node->keys[i];
    HG_ASSERT(node->n_keys < HG_JSON_SLOTS && len > 0 && len < 256);
    struct hg_json_key *key = &node->keys[node->n_keys++];
    *key = (struct hg_json_key){name, (uint8_t)len, -1, -1, 0};
    return key;
}

static void add_path(struct hg_json_plan *plan, const char *path, int slot)
{
    struct hg_json_node *node = &plan->nodes[0];
    const char *between = *path == '/' ? "/" : ".";
    path += *path == '/';
    for (;;) {
        size_t len = strcspn(path, between);
        struct hg_json_key *key = find_or_add(node, path, len);
        node->below |= UINT64_C(1) << slot;
        if (path[len] == '\0') {
            key->slot = (int8_t)slot;
            return;
        }
        if (key->child < 0) {
            HG_ASSERT(plan->n_nodes < HG_JSON_NODES);
            key->child = (int8_t)plan->n_nodes++;
        }
        node = &plan->nodes[key->child];
        path += len + 1;
    }
}

enum hg_rc hg_json_plan_create(const char *const *paths, size_t n, struct hg_json_plan **ret, struct hg_err *reterr)
{
    HG_ASSERT(n <= HG_JSON_SLOTS);
    struct hg_json_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return hg_fail(reterr, HG_ENOMEM, "json: no memory for a plan of %zu paths", n);
    plan->n_nodes = 1;
    for (size_t i = 0; i < n; i++)
        add_path(plan, paths[i], (int)i);
    for (int i = 0; i < plan->n_nodes; i++)
        find_factor(&plan->nodes[i]);
    *ret = plan;
    return HG_OK;
}

void hg_json_plan_destroy(struct hg_json_plan *plan)
{
    free(plan);
}
