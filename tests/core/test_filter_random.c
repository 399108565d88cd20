/* Random filters, written in random ways, find what an evaluator finds that walks their tree as it was made, with none of filter.c's code. */
#include "core/filter.h"
#include "support/cmocka_all.h"

#include <ctype.h>

#define DEPTH 5

enum kind { AND, OR, NOT, PORT, BYTES, SEVERITY, SOURCE, USER, TYPE, WORD, KINDS };

struct tree {
    enum kind kind;
    struct tree *children[3];
    unsigned n;
    int low, high;    /* number: low..high; severity */
    unsigned address, bits;
    const char *text; /* user, word: in small letters */
};

static struct tree pool[4096];
static size_t used;

static const char *const users[] = {"root", "admin", "a b", "or", "x\"y", "back\\slash", "star*", "", "-user", "\xc3\xa9"};
static const char *const words[] = {"login", "failed", "session", "root", "[x*y]"};
static const char *const records[] = {"login attempt FAILED", "new Session", "Root [x*y] login", ""};
#define PICK(rng, list) ((list)[hg_rng_below(rng, sizeof(list) / sizeof *(list))])

static struct tree *random_tree(struct hg_rng *rng, unsigned depth)
{
    struct tree *tree = &pool[used++];
    assert_true(used < sizeof pool / sizeof *pool);
    memset(tree, 0, sizeof *tree);
    tree->kind = (enum kind)(depth == 0 ? PORT + (int)hg_rng_below(rng, KINDS - PORT) : (int)hg_rng_below(rng, KINDS));
    if (tree->kind <= NOT) {
        tree->n = tree->kind == NOT ? 1 : 2 + (unsigned)hg_rng_below(rng, 2);
        for (unsigned i = 0; i < tree->n; i++)
            tree->children[i] = random_tree(rng, depth - 1);
    }
    int limit = tree->kind == SEVERITY ? 4 : 8;
    tree->low = (int)hg_rng_below(rng, (uint64_t)limit);
    tree->high = tree->low + (int)hg_rng_below(rng, (uint64_t)(limit - tree->low));
    tree->address = 0xc0000200u + (unsigned)hg_rng_below(rng, 8); /* 192.0.2.0/29 */
    tree->bits = 29 + (unsigned)hg_rng_below(rng, 4);
    tree->text = tree->kind == USER ? PICK(rng, users) : PICK(rng, words);
    return tree;
}

/* ---- as text, in any of the ways that mean the same */

static void put_quoted(struct hg_rng *rng, const char *text, bool is_pattern_field, struct hg_buf *out)
{
    bool plain = text[0] != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz")] == '\0';
    if (plain && hg_rng_below(rng, 2) == 0 && (is_pattern_field || strcmp(text, "or") != 0)) {
        for (const char *c = text; *c != '\0'; c++) /* in any case */
            hg_buf_char(out, hg_rng_below(rng, 2) == 0 ? *c : (char)toupper(*c));
        return;
    }
    hg_buf_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\' || *c == '*')
            hg_buf_char(out, '\\');
        hg_buf_char(out, *c);
    }
    hg_buf_char(out, '"');
}

static void put_range(struct hg_rng *rng, const char *field, int low, int high, int limit, struct hg_buf *out)
{
    switch (hg_rng_below(rng, low == high ? 3 : 1)) {
    case 1:
        hg_buf_printf(out, "%s:%d", field, low);
        return;
    case 2:
        hg_buf_printf(out, "(%s>=%d %s:<%d)", field, low, field, high + 1);
        return;
    default:
        break;
    }
    switch (hg_rng_below(rng, 3)) {
    case 0:
        hg_buf_printf(out, "%s:%d..%d", field, low, high);
        return;
    case 1:
        hg_buf_printf(out, "(%s:%d.. and %s<=%d)", field, low, field, high);
        return;
    default:
        hg_buf_printf(out, "%s:", field);
        for (int i = low; i <= high && i < limit; i++)
            hg_buf_printf(out, "%s%d", i == low ? "" : ",", i);
    }
}

static void put_tree(struct hg_rng *rng, const struct tree *tree, struct hg_buf *out);

static void put_joined(struct hg_rng *rng, const struct tree *tree, struct hg_buf *out)
{
    static const char *const ands[] = {" ", "\t", " and ", "  AND "}, *const ors[] = {" or ", " OR ", "|", " | ", "||"};
    for (unsigned i = 0; i < tree->n; i++) {
        if (i > 0)
            hg_buf_text(out, tree->kind == AND ? PICK(rng, ands) : PICK(rng, ors));
        /* "and" binds closer: a conjunction in an "or" needs no parentheses */
        bool bare = tree->children[i]->kind != OR && (tree->kind == OR || tree->children[i]->kind != AND) && hg_rng_below(rng, 2) == 0;
        hg_buf_text(out, bare ? "" : "(");
        put_tree(rng, tree->children[i], out);
        hg_buf_text(out, bare ? "" : " )");
    }
}

static void put_tree(struct hg_rng *rng, const struct tree *tree, struct hg_buf *out)
{
    static const char *const nots[] = {"-", "not ", "NOT ", "- "}, *const severities[] = {"none", "low", "medium", "high"};
    static const char *const types[] = {"scan", "brute_force", "flood"};
    switch (tree->kind) {
    case AND:
    case OR:
        put_joined(rng, tree, out);
        return;
    case NOT:
        hg_buf_text(out, PICK(rng, nots));
        hg_buf_text(out, tree->children[0]->kind <= OR ? "(" : "");
        put_tree(rng, tree->children[0], out);
        hg_buf_text(out, tree->children[0]->kind <= OR ? ")" : "");
        return;
    case PORT:
        put_range(rng, "port", tree->low, tree->high, 8, out);
        return;
    case BYTES:
        put_range(rng, "bytes_sent", tree->low, tree->high, 8, out);
        return;
    case SEVERITY:
        hg_buf_printf(out, "severity:%s..%s", severities[tree->low], severities[tree->high]);
        return;
    case SOURCE:
        hg_buf_printf(out, "src:192.0.2.%u/%u", tree->address & 0xff, tree->bits);
        return;
    case USER:
        hg_buf_text(out, hg_rng_below(rng, 2) == 0 ? "user:" : "username:");
        put_quoted(rng, tree->text, true, out);
        return;
    case TYPE:
        hg_buf_printf(out, "type:%s", types[tree->low % 3]);
        return;
    case WORD:
        put_quoted(rng, tree->text, false, out);
        return;
    case KINDS:
        break;
    }
}

/* ---- the naive evaluator */

struct facts {
    int port, bytes, severity, type; /* -1: missing */
    unsigned source;                 /* 0: missing */
    const char *user, *record;       /* NULL: missing */
};

static bool has_word(const char *record, const char *word)
{
    return strcasestr(record, word) != NULL;
}

static bool holds(const struct tree *tree, const struct facts *facts)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tree->n; i++)
        n += holds(tree->children[i], facts);
    switch (tree->kind) {
    case AND:
        return n == tree->n;
    case OR:
        return n > 0;
    case NOT:
        return n == 0;
    case PORT:
        return facts->port >= 0 && facts->port >= tree->low && facts->port <= tree->high;
    case BYTES:
        return facts->bytes >= 0 && facts->bytes >= tree->low && facts->bytes <= tree->high;
    case SEVERITY:
        return facts->severity >= tree->low && facts->severity <= tree->high;
    case SOURCE:
        return facts->source != 0 && facts->source >> (32 - tree->bits) == tree->address >> (32 - tree->bits);
    case USER:
        return facts->user != NULL && strcasecmp(facts->user, tree->text) == 0;
    case TYPE:
        return facts->type == tree->low % 3;
    case WORD:
        return has_word(facts->record, tree->text);
    case KINDS:
        break;
    }
    return false;
}

static int maybe(struct hg_rng *rng, uint64_t n)
{
    return (int)hg_rng_below(rng, n + 1) - 1;
}

static struct facts random_facts(struct hg_rng *rng)
{
    return (struct facts){.port = maybe(rng, 8), .bytes = maybe(rng, 8), .severity = (int)hg_rng_below(rng, 4), .type = maybe(rng, 3),
                          .source = hg_rng_below(rng, 5) == 0 ? 0 : 0xc0000200u + (unsigned)hg_rng_below(rng, 8),
                          .user = hg_rng_below(rng, 5) == 0 ? NULL : PICK(rng, users), .record = PICK(rng, records)};
}

static bool finds(const struct hg_filter *filter, const struct facts *facts)
{
    static const uint8_t types[] = {HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_flood};
    struct hg_event event = {.destination_port = (uint16_t)(facts->port < 0 ? 0 : facts->port), .bytes_sent = facts->bytes < 0 ? 0 : facts->bytes,
                             .source_ip = hg_ip_v4(facts->source), .record = hg_slice_of(facts->record)};
    struct hg_score score = {.severity = (uint8_t)facts->severity};
    struct hg_filter_row row = {.event = &event, .score = &score};
    if (facts->port < 0)
        hg_event_set_missing(&event, HG_FIELD_destination_port);
    if (facts->bytes < 0)
        hg_event_set_missing(&event, HG_FIELD_bytes_sent);
    if (facts->source == 0)
        hg_event_set_missing(&event, HG_FIELD_source_ip);
    event.attack_type = facts->type < 0 ? HG_ATTACK_TYPE_none : types[facts->type];
    event.traits[HG_TRAIT_username] = hg_slice_of(facts->user);
    return hg_filter_match(filter, &row);
}

static void as_the_naive_evaluator(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    struct hg_arena arena;
    struct hg_buf text;
    unsigned found = 0, tried = 0;
    hg_arena_init(&arena, 65536, (size_t)8 << 20);
    hg_buf_init(&text, (size_t)1 << 20);
    for (int round = 0; round < 4000; round++) {
        const struct hg_filter *filter = NULL;
        struct hg_filter_fault fault;
        used = 0;
        hg_buf_clear(&text);
        hg_arena_reset(&arena);
        const struct tree *tree = random_tree(&rng, (unsigned)hg_rng_below(&rng, DEPTH));
        put_tree(&rng, tree, &text);
        enum hg_rc rc = hg_filter_parse(hg_buf_slice(&text), 0, &arena, &filter, &fault, NULL);
        if (rc == HG_EUSAGE && (text.len > HG_FILTER_BYTES_MAX || strstr(fault.expected, "at most") != NULL))
            continue;
        if (rc != HG_OK)
            fail_msg("%s: byte %zu: %s", test_text(hg_buf_slice(&text)), fault.offset, fault.expected);
        for (int i = 0; i < 50; i++) {
            struct facts facts = random_facts(&rng);
            bool wanted = holds(tree, &facts);
            if (finds(filter, &facts) != wanted)
                fail_msg("%s: should %sbe found: port %d bytes %d severity %d type %d source %x user %s record %s",
                         test_text(hg_buf_slice(&text)), wanted ? "" : "not ", facts.port, facts.bytes, facts.severity, facts.type, facts.source,
                         facts.user == NULL ? "(none)" : facts.user, facts.record);
            found += wanted;
            tried++;
        }
    }
    assert_in_range(found, tried / 5, tried - tried / 5); /* neither all nor nothing: the comparison says something */
    assert_true(tried > 150000);
    hg_buf_free(&text);
    hg_arena_free(&arena);
}

/* Any bytes give a filter or a fault that lies in the text, and never more than the bounds. */
static void any_bytes(void **state)
{
    (void)state;
    static const char *const pieces[] = {"port", ":", "22", "..", ",", "\"", "(", ")", "-", "not ", "or ", "|", "*", "\\", ">", "<=", " ",
                                         "src:", "203.0.113.0/24", "time:", "2025-01-08", "severity", "high", "x", "\xc3", "2001:db8::", "="};
    struct hg_rng rng = test_rng();
    struct hg_arena arena;
    struct hg_buf text;
    hg_arena_init(&arena, 65536, (size_t)8 << 20);
    hg_buf_init(&text, (size_t)1 << 20);
    for (int round = 0; round < 50000; round++) {
        const struct hg_filter *filter = NULL;
        struct hg_filter_fault fault;
        hg_buf_clear(&text);
        hg_arena_reset(&arena);
        for (uint64_t n = hg_rng_below(&rng, 20); n > 0; n--)
            hg_buf_text(&text, PICK(&rng, pieces));
        enum hg_rc rc = hg_filter_parse(hg_buf_slice(&text), 0, &arena, &filter, &fault, NULL);
        assert_true(rc == HG_OK || rc == HG_EUSAGE);
        assert_true(rc == HG_OK || (fault.offset + fault.len <= text.len && fault.expected[0] != '\0'));
    }
    hg_buf_free(&text);
    hg_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_naive_evaluator), cmocka_unit_test(any_bytes)};
    return cmocka_run_group_tests_name("filter random", tests, NULL, NULL);
}
