/*
 * The grammar:
 *
 *     or    = and { ("or" | "|") and }
 *     and   = unary { ["and"] unary }
 *     unary = ("-" | "not") unary | "(" or ")" | term
 *     term  = field ":" value { "," value } | field ("<" | "<=" | ">" | ">=") value | word | "phrase"
 */
#include "core/filter_priv.h"

/* A node with one child is that child, and two negations are none: at most a term and what joins it, each with one negation. */
#define NODES_MAX (4 * HG_FILTER_TERMS_MAX)
#define NO_NODE UINT32_MAX

struct parser {
    struct hg_slice text;
    size_t at;
    int64_t now_us;
    struct hg_arena *arena;
    struct hg_filter_fault *fault;
    struct hg_err *reterr;
    enum hg_rc rc; /* why a function returned NO_NODE */
    uint32_t n_nodes, n_children, n_terms, n_pending, depth;
    uint64_t fields;
    struct hg_filter_node nodes[NODES_MAX];
    uint32_t children[NODES_MAX];
    uint32_t pending[HG_FILTER_TERMS_MAX]; /* nodes that aren't joined yet; each has a term at least */
    struct hg_filter_term terms[HG_FILTER_TERMS_MAX];
};

#define FAULT(parser, offset, len, ...) (hg_filter_fault_set((parser)->fault, offset, len, __VA_ARGS__), (parser)->rc = HG_EUSAGE, NO_NODE)

static uint32_t parse_or(struct parser *parser);

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->text.len && hg_filter_is_blank(parser->text.p[parser->at]))
        parser->at++;
}

static bool next_is(const struct parser *parser, char c)
{
    return parser->at < parser->text.len && parser->text.p[parser->at] == c;
}

/* A word of the language, standing alone: steps behind it. */
static bool take_word(struct parser *parser, const char *word)
{
    size_t end = hg_filter_word_end(parser->text, parser->at, false);
    if (!hg_filter_same((struct hg_slice){parser->text.p + parser->at, end - parser->at}, word))
        return false;
    parser->at = end;
    return true;
}

/* ---- the tree */

static uint32_t add_node(struct parser *parser, enum hg_filter_node_kind kind, uint32_t first, uint32_t count)
{
    HG_ASSERT(parser->n_nodes < NODES_MAX);
    parser->nodes[parser->n_nodes] = (struct hg_filter_node){(uint8_t)kind, first, count};
    return parser->n_nodes++;
}

/* The pending nodes from `base` on under one. */
static uint32_t join(struct parser *parser, enum hg_filter_node_kind kind, uint32_t base)
{
    uint32_t count = parser->n_pending - base, first = parser->n_children;
    parser->n_pending = base;
    if (count == 1)
        return parser->pending[base];
    HG_ASSERT(first + count <= NODES_MAX);
    memcpy(parser->children + first, parser->pending + base, count * sizeof parser->pending[0]);
    parser->n_children += count;
    return add_node(parser, kind, first, count);
}

static uint32_t negate(struct parser *parser, uint32_t node)
{
    if (parser->nodes[node].kind == HG_FILTER_NOT) { /* the last that was made: taken back */
        HG_ASSERT(node + 1 == parser->n_nodes && parser->nodes[node].first + 1 == parser->n_children);
        parser->n_nodes--;
        return parser->children[--parser->n_children];
    }
    parser->children[parser->n_children++] = node;
    return add_node(parser, HG_FILTER_NOT, parser->n_children - 1, 1);
}

static uint32_t add_term(struct parser *parser, enum hg_filter_field field, enum hg_filter_op op, struct hg_slice value)
{
    size_t offset = (size_t)(value.p - parser->text.p);
    if (parser->n_terms == HG_FILTER_TERMS_MAX)
        return FAULT(parser, offset, value.len, "at most %u terms", HG_FILTER_TERMS_MAX);
    parser->rc = hg_filter_read_value(field, op, value, parser->now_us, parser->arena, &parser->terms[parser->n_terms], parser->fault,
                                      parser->reterr);
    if (parser->rc != HG_OK) {
        parser->fault->offset += offset;
        return NO_NODE;
    }
    parser->fields |= UINT64_C(1) << field;
    return add_node(parser, HG_FILTER_TERM, parser->n_terms++, 0);
}

/* ---- terms */

/* The bytes of a value or a word, without its quotes; false: a fault is told. */
static bool take_value(struct parser *parser, bool is_value, struct hg_slice *ret)
{
    size_t from = parser->at;
    if (next_is(parser, '"')) {
        size_t end = hg_filter_quote_end(parser->text, from + 1);
        if (end >= parser->text.len)
            return FAULT(parser, from, parser->text.len - from, "a quote at its end: \"") != NO_NODE;
        *ret = (struct hg_slice){parser->text.p + from + 1, end - from - 1};
        parser->at = end + 1;
    } else {
        parser->at = hg_filter_word_end(parser->text, from, is_value);
        *ret = (struct hg_slice){parser->text.p + from, parser->at - from};
    }
    char next = parser->at < parser->text.len ? parser->text.p[parser->at] : ' ';
    if (ret->p + ret->len > parser->text.p + from && (next == '(' || next == '"' || !(hg_filter_ends_word(next) || (is_value && next == ','))))
        return FAULT(parser, parser->at, 1, "a blank here, or quotes round the whole value") != NO_NODE;
    return true;
}

/* One value, or several with commas between: any of them. */
static uint32_t parse_values(struct parser *parser, enum hg_filter_field field, enum hg_filter_op op)
{
    uint32_t base = parser->n_pending;
    for (;;) {
        struct hg_slice value;
        bool quoted = next_is(parser, '"');
        if (!take_value(parser, true, &value))
            return NO_NODE;
        if (value.len == 0 && !quoted) {
            hg_filter_expect(field, parser->fault);
            parser->fault->offset = parser->at;
            parser->fault->len = 0;
            parser->rc = HG_EUSAGE;
            return NO_NODE;
        }
        uint32_t node = add_term(parser, field, op, value);
        if (node == NO_NODE)
            return NO_NODE;
        parser->pending[parser->n_pending++] = node;
        if (!next_is(parser, ','))
            return join(parser, HG_FILTER_OR, base);
        if (op != HG_FILTER_EQUALS)
            return FAULT(parser, parser->at, 1, "one value behind < and >");
        parser->at++;
    }
}

static enum hg_filter_op take_op(struct parser *parser, bool is_ordered)
{
    char c = parser->text.p[parser->at++];
    if (c == ':' && is_ordered && (next_is(parser, '<') || next_is(parser, '>'))) /* score:>0.8 */
        c = parser->text.p[parser->at++];
    if (c == ':')
        return HG_FILTER_EQUALS;
    bool or_equal = next_is(parser, '=');
    parser->at += or_equal;
    return c == '<' ? or_equal ? HG_FILTER_AT_MOST : HG_FILTER_LESS : or_equal ? HG_FILTER_AT_LEAST : HG_FILTER_MORE;
}

static uint32_t parse_field(struct parser *parser, struct hg_slice name)
{
    enum hg_filter_field field = hg_filter_field_of(name);
    if (field == HG_FILTER_FIELD_COUNT) {
        const char *nearest = hg_filter_nearest_field(name);
        return nearest != NULL ? FAULT(parser, parser->at, name.len, "a field: %s? A text with : < or > goes in quotes", nearest)
                               : FAULT(parser, parser->at, name.len, "a field, such as src, port, type or user. A text with : < or > goes in quotes");
    }
    parser->at += name.len;
    size_t op_at = parser->at;
    enum hg_filter_op op = take_op(parser, hg_filter_is_ordered(field));
    if (op != HG_FILTER_EQUALS && !hg_filter_is_ordered(field))
        return FAULT(parser, op_at, parser->at - op_at, "a colon: %s has no order", hg_filter_field_name(field));
    return parse_values(parser, field, op);
}

/* Does the word, or its part before a comma, look like an address? */
static bool is_address(struct hg_slice word)
{
    struct hg_ip ip;
    uint8_t bits;
    const char *comma = memchr(word.p, ',', word.len);
    return hg_filter_parse_network((struct hg_slice){word.p, comma != NULL ? (size_t)(comma - word.p) : word.len}, &ip, &bits);
}

static uint32_t parse_term(struct parser *parser)
{
    struct hg_slice rest = hg_slice_from(parser->text, parser->at);
    struct hg_slice word = {rest.p, hg_filter_word_end(rest, 0, false)};
    if (rest.p[0] != '"') {
        if (is_address(word))
            return parse_values(parser, HG_FILTER_ip, HG_FILTER_EQUALS);
        size_t len = hg_filter_name_length(word);
        char next = len < word.len ? word.p[len] : ' ';
        struct hg_slice name = {word.p, len};
        if (next == ':' || next == '<' || next == '>')
            return len > 0 ? parse_field(parser, name) : FAULT(parser, parser->at, 1, "a field before it; a text that begins so goes in quotes");
        if ((next == '=' || (next == '!' && len + 1 < word.len && word.p[len + 1] == '=')) && hg_filter_field_of(name) < HG_FILTER_FIELD_COUNT)
            return FAULT(parser, parser->at + len, next == '=' ? 1 : 2, "a colon (with - before the field for all others)");
    }
    struct hg_slice value;
    size_t from = parser->at;
    if (!take_value(parser, false, &value))
        return NO_NODE;
    if (value.len == 0)
        return FAULT(parser, from, parser->at - from, "a text between the quotes");
    return add_term(parser, HG_FILTER_TEXT, HG_FILTER_EQUALS, value);
}

/* ---- what joins them */

static uint32_t parse_parentheses(struct parser *parser)
{
    parser->at++;
    uint32_t node = parse_or(parser);
    if (node == NO_NODE)
        return NO_NODE;
    if (!next_is(parser, ')'))
        return FAULT(parser, parser->at, 0, "a closing parenthesis: )");
    parser->at++;
    return node;
}

static uint32_t parse_unary(struct parser *parser)
{
    skip_blanks(parser);
    if (parser->at == parser->text.len || next_is(parser, ')') || next_is(parser, '|'))
        return FAULT(parser, parser->at, 0, "a term here: field:value, a word, or a parenthesis");
    size_t from = parser->at;
    bool is_not = next_is(parser, '-') || take_word(parser, "not");
    if (!is_not && !next_is(parser, '(')) {
        if (take_word(parser, "or") || take_word(parser, "and"))
            return FAULT(parser, from, 0, "a term here: field:value, a word, or a parenthesis");
        return parse_term(parser);
    }
    if (parser->depth == HG_FILTER_DEPTH_MAX)
        return FAULT(parser, from, 1, "at most %u parentheses and negations in one another", HG_FILTER_DEPTH_MAX);
    parser->depth++;
    parser->at += is_not && parser->at == from; /* the minus */
    uint32_t node = is_not ? parse_unary(parser) : parse_parentheses(parser);
    parser->depth--;
    return node == NO_NODE || !is_not ? node : negate(parser, node);
}

static bool ends_and(struct parser *parser)
{
    skip_blanks(parser);
    size_t from = parser->at;
    bool ends = from == parser->text.len || next_is(parser, ')') || next_is(parser, '|') || take_word(parser, "or");
    parser->at = from;
    return ends;
}

static uint32_t parse_and(struct parser *parser)
{
    uint32_t base = parser->n_pending;
    do {
        uint32_t node = parse_unary(parser);
        if (node == NO_NODE)
            return NO_NODE;
        parser->pending[parser->n_pending++] = node;
        skip_blanks(parser);
    } while (take_word(parser, "and") || !ends_and(parser));
    return join(parser, HG_FILTER_AND, base);
}

static bool take_or(struct parser *parser)
{
    skip_blanks(parser);
    if (!next_is(parser, '|'))
        return take_word(parser, "or");
    parser->at += parser->at + 1 < parser->text.len && parser->text.p[parser->at + 1] == '|' ? 2 : 1;
    return true;
}

static uint32_t parse_or(struct parser *parser)
{
    uint32_t base = parser->n_pending;
    do {
        uint32_t node = parse_and(parser);
        if (node == NO_NODE)
            return NO_NODE;
        parser->pending[parser->n_pending++] = node;
    } while (take_or(parser));
    return join(parser, HG_FILTER_OR, base);
}

/* ---- as a whole */

static void *keep(struct hg_arena *arena, const void *from, size_t n, size_t size)
{
    void *kept = hg_arena_alloc(arena, n * size + 1);
    if (kept != NULL && n > 0)
        memcpy(kept, from, n * size);
    return kept;
}

static enum hg_rc keep_filter(const struct parser *parser, uint32_t root, const struct hg_filter **ret, struct hg_err *reterr)
{
    struct hg_filter *filter = hg_arena_alloc(parser->arena, sizeof *filter);
    if (filter == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a filter");
    *filter = (struct hg_filter){
        .nodes = keep(parser->arena, parser->nodes, parser->n_nodes, sizeof parser->nodes[0]),
        .children = keep(parser->arena, parser->children, parser->n_children, sizeof parser->children[0]),
        .terms = keep(parser->arena, parser->terms, parser->n_terms, sizeof parser->terms[0]),
        .n_nodes = parser->n_nodes,
        .n_terms = parser->n_terms,
        .root = root,
        .fields = parser->fields,
    };
    if (filter->nodes == NULL || filter->children == NULL || filter->terms == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a filter");
    *ret = filter;
    return HG_OK;
}

enum hg_rc hg_filter_parse(struct hg_slice text, int64_t now_us, struct hg_arena *arena, const struct hg_filter **ret,
                           struct hg_filter_fault *ret_fault, struct hg_err *reterr)
{
    memset(ret_fault, 0, sizeof *ret_fault);
    if (text.len > HG_FILTER_BYTES_MAX) {
        hg_filter_fault_set(ret_fault, HG_FILTER_BYTES_MAX, text.len - HG_FILTER_BYTES_MAX, "at most %u bytes", HG_FILTER_BYTES_MAX);
        return hg_fail(reterr, HG_EUSAGE, "filter: expected %s", ret_fault->expected);
    }
    struct parser parser;
    memset(&parser, 0, offsetof(struct parser, nodes));
    parser.text = text;
    parser.now_us = now_us;
    parser.arena = arena;
    parser.fault = ret_fault;
    parser.reterr = reterr;
    skip_blanks(&parser);
    if (parser.at == text.len) {
        *ret = NULL;
        return HG_OK;
    }
    uint32_t root = parse_or(&parser);
    if (root != NO_NODE && parser.at < text.len)
        root = FAULT(&parser, parser.at, 1, "an opening parenthesis before it, or none here");
    if (root != NO_NODE)
        return keep_filter(&parser, root, ret, reterr);
    if (parser.rc == HG_EUSAGE)
        return hg_fail(reterr, HG_EUSAGE, "filter, byte %zu: expected %s", ret_fault->offset, ret_fault->expected);
    return parser.rc;
}
