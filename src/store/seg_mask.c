/* A filter over a segment. What a term says of a value is asked of hg_filter_match_term, once a value and not once a row: columns can't say
 * anything else than rows do. */
#include "store/segment.h"

struct looking {
    const struct hg_filter *filter;
    struct segment *segment;
    const struct input_names *names;
    struct hg_arena *arena;
    struct hg_event_row row; /* that a term is asked with: nothing in it but the value */
    size_t words;
};

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for a filter");
}

static bool mask_new(struct looking *looking, struct mask *ret)
{
    ret->yes = hg_arena_alloc(looking->arena, looking->words * sizeof *ret->yes);
    ret->maybe = hg_arena_alloc(looking->arena, looking->words * sizeof *ret->maybe);
    if (ret->yes == NULL || ret->maybe == NULL)
        return false;
    memset(ret->yes, 0, looking->words * sizeof *ret->yes);
    memset(ret->maybe, 0, looking->words * sizeof *ret->maybe);
    return true;
}

static void fill(struct looking *looking, uint64_t *bits)
{
    uint32_t n = looking->segment->n;
    if (n == 0)
        return;
    memset(bits, 0xff, looking->words * sizeof *bits);
    if (n % 64 != 0)
        bits[looking->words - 1] = (UINT64_C(1) << n % 64) - 1;
}

/* ---- a term */

static bool ask(struct looking *looking, const struct hg_filter_term *term)
{
    struct hg_filter_row row = filter_row_of(&looking->row, looking->names);
    return hg_filter_match_term(term, &row);
}

/* Which of the dictionary's values it wants, a byte each; all or none of them: *ret_same. */
static enum hg_rc hits_of(struct looking *looking, const struct hg_filter_term *term, unsigned column, uint8_t **ret, bool *ret_same,
                          struct hg_err *reterr)
{
    enum hg_rc rc = segment_need_values(looking->segment, column, reterr);
    if (rc != HG_OK)
        return rc;
    const struct column *c = &looking->segment->columns[column];
    uint8_t *hits = hg_arena_alloc(looking->arena, c->n + 1);
    if (hits == NULL)
        return no_memory(reterr);
    *ret_same = true;
    value_row_none(&looking->row);
    for (uint32_t code = 0; code < c->n; code++) {
        value_put(&looking->row, column, column_value(c, code));
        hits[code] = ask(looking, term);
        *ret_same = *ret_same && hits[code] == hits[0];
    }
    *ret = hits;
    return HG_OK;
}

static void add_hits(struct looking *looking, const struct column *c, const uint8_t *hits, uint64_t *yes)
{
    uint32_t n = looking->segment->n;
    if (c->codes == NULL) {
        if (hits[c->constant])
            fill(looking, yes);
        return;
    }
    for (size_t word = 0; word < looking->words; word++) {
        uint32_t begin = (uint32_t)word * 64, end = n - begin < 64 ? n : begin + 64;
        uint64_t bits = 0;
        for (uint32_t i = begin; i < end; i++)
            bits |= (uint64_t)hits[c->codes[i]] << (i - begin);
        yes[word] |= bits;
    }
}

static enum hg_rc add_column(struct looking *looking, const struct hg_filter_term *term, unsigned column, uint64_t *yes, struct hg_err *reterr)
{
    uint8_t *hits = NULL;
    bool same = true;
    enum hg_rc rc = hits_of(looking, term, column, &hits, &same, reterr);
    if (rc != HG_OK || looking->segment->columns[column].n == 0)
        return rc;
    if (same) {
        if (hits[0])
            fill(looking, yes);
        return HG_OK;
    }
    rc = segment_need(looking->segment, COLUMN_BIT(column), reterr);
    if (rc == HG_OK)
        add_hits(looking, &looking->segment->columns[column], hits, yes);
    return rc;
}

static enum hg_rc term_time(struct looking *looking, const struct hg_filter_term *term, uint64_t *yes, struct hg_err *reterr)
{
    struct segment *segment = looking->segment;
    value_row_none(&looking->row);
    looking->row.event.time_us = segment->min_us;
    bool first = ask(looking, term);
    looking->row.event.time_us = segment->max_us;
    if (first && ask(looking, term)) { /* a time is of an interval */
        fill(looking, yes);
        return HG_OK;
    }
    enum hg_rc rc = segment_need(segment, COLUMN_BIT(PART_TIMES), reterr);
    for (uint32_t i = 0; rc == HG_OK && i < segment->n; i++) {
        looking->row.event.time_us = segment->times[i];
        yes[i / 64] |= (uint64_t)ask(looking, term) << i % 64;
    }
    return rc;
}

static enum hg_rc term_event(struct looking *looking, const struct hg_filter_term *term, struct mask *mask, struct hg_err *reterr)
{
    uint32_t sought;
    if (term->test == HG_FILTER_HAS) {
        fill(looking, mask->maybe);
        return HG_OK;
    }
    enum hg_rc rc = segment_need(looking->segment, COLUMN_BIT(PART_IDS), reterr);
    memcpy(&sought, term->v.id.b, sizeof sought);
    for (uint32_t i = 0; rc == HG_OK && i < looking->segment->n; i++)
        mask->maybe[i / 64] |= (uint64_t)(looking->segment->ids[i] == sought) << i % 64;
    return rc;
}

static enum hg_rc term_mask(struct looking *looking, const struct hg_filter_term *term, struct mask *ret, struct hg_err *reterr)
{
    unsigned columns[2];
    enum hg_rc rc = HG_OK;
    if (!mask_new(looking, ret))
        return no_memory(reterr);
    if (term->field == HG_FILTER_time)
        return term_time(looking, term, ret->yes, reterr);
    if (term->field == HG_FILTER_event)
        return term_event(looking, term, ret, reterr);
    unsigned n = columns_of_field((enum hg_filter_field)term->field, columns);
    if (n == 0)
        fill(looking, ret->maybe);
    for (unsigned i = 0; i < n && rc == HG_OK; i++) /* of two columns any: ip */
        rc = add_column(looking, term, columns[i], ret->yes, reterr);
    return rc;
}

/* ---- the tree: as deep as HG_FILTER_DEPTH_MAX lets it be */

static enum hg_rc node_mask(struct looking *looking, uint32_t at, struct mask *ret, struct hg_err *reterr);

static void negate(struct looking *looking, struct mask *mask)
{
    uint64_t *all = mask->yes;
    for (size_t i = 0; i < looking->words; i++)
        all[i] = ~(mask->yes[i] | mask->maybe[i]);
    if (looking->segment->n % 64 != 0)
        all[looking->words - 1] &= (UINT64_C(1) << looking->segment->n % 64) - 1;
}

/* Adds a child to what the ones before it say. */
static void combine(struct looking *looking, bool both, struct mask *mask, const struct mask *child)
{
    for (size_t i = 0; i < looking->words; i++) {
        uint64_t could = mask->yes[i] | mask->maybe[i], child_could = child->yes[i] | child->maybe[i];
        mask->yes[i] = both ? mask->yes[i] & child->yes[i] : mask->yes[i] | child->yes[i];
        mask->maybe[i] = (both ? could & child_could : could | child_could) & ~mask->yes[i];
    }
}

static bool is_none(const struct looking *looking, const struct mask *mask)
{
    uint64_t any = 0;
    for (size_t i = 0; i < looking->words; i++)
        any |= mask->yes[i] | mask->maybe[i];
    return any == 0;
}

static enum hg_rc children_mask(struct looking *looking, const struct hg_filter_node *node, struct mask *ret, struct hg_err *reterr)
{
    bool both = node->kind == HG_FILTER_AND;
    enum hg_rc rc = HG_OK;
    if (!mask_new(looking, ret))
        return no_memory(reterr);
    if (both)
        fill(looking, ret->yes);
    for (uint32_t i = 0; i < node->count && rc == HG_OK; i++) {
        struct mask child;
        rc = node_mask(looking, looking->filter->children[node->first + i], &child, reterr);
        if (rc == HG_OK)
            combine(looking, both, ret, &child);
        if (both && rc == HG_OK && is_none(looking, ret)) /* the others' columns needn't even be read */
            break;
    }
    return rc;
}

static enum hg_rc node_mask(struct looking *looking, uint32_t at, struct mask *ret, struct hg_err *reterr)
{
    const struct hg_filter_node *node = &looking->filter->nodes[at];
    if (node->kind == HG_FILTER_TERM)
        return term_mask(looking, &looking->filter->terms[node->first], ret, reterr);
    if (node->kind != HG_FILTER_NOT)
        return children_mask(looking, node, ret, reterr);
    enum hg_rc rc = node_mask(looking, looking->filter->children[node->first], ret, reterr);
    if (rc == HG_OK && looking->words > 0)
        negate(looking, ret);
    return rc;
}

enum hg_rc mask_of_filter(const struct hg_filter *filter, struct segment *segment, const struct input_names *names, struct hg_arena *arena,
                          struct mask *ret, struct hg_err *reterr)
{
    struct looking looking = {.filter = filter, .segment = segment, .names = names, .arena = arena, .words = SEGMENT_WORDS(segment->n)};
    if (filter != NULL)
        return node_mask(&looking, filter->root, ret, reterr);
    if (!mask_new(&looking, ret))
        return no_memory(reterr);
    fill(&looking, ret->yes);
    return HG_OK;
}
