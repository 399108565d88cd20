/* Where a filter is wrong, and what is said of it; and how much of one is too much. */
#include "core/filter.h"
#include "support/cmocka_all.h"

static struct hg_arena arena;

static int start(void **state)
{
    (void)state;
    hg_arena_init(&arena, 65536, (size_t)8 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hg_arena_free(&arena);
    return 0;
}

static enum hg_rc parse(struct hg_slice text, struct hg_filter_fault *ret_fault)
{
    const struct hg_filter *filter = NULL;
    struct hg_err err;
    hg_arena_reset(&arena);
    return hg_filter_parse(text, 0, &arena, &filter, ret_fault, &err);
}

static void faults_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset, len;
        const char *expected; /* part of it */
    } faults[] = {
        {"prot:22", 0, 4, "port?"},
        {"x usr:root", 2, 3, "user?"},
        {"desination_ip:1", 0, 13, "dst?"},
        {"passwrod:x", 0, 8, "password?"},
        {"severty>low", 0, 7, "severity?"},
        {"zzzzzzzz:1", 0, 8, "such as src, port"},
        {"port:", 5, 0, "a port: 0 to 65535"},
        {"port: 22", 5, 0, "a port: 0 to 65535"},
        {"port:x", 5, 1, "a port: 0 to 65535"},
        {"port:65536", 5, 5, "a port: 0 to 65535"},
        {"port:-1", 5, 2, "a port"},
        {"port:22,", 8, 0, "a port"},
        {"port:22,x,23", 8, 1, "a port"},
        {"port:22..x", 9, 1, "a port"},
        {"port:x..22", 5, 1, "a port"},
        {"port:..", 5, 2, "a port"},
        {"port:23..22", 5, 6, "from the smaller to the larger"},
        {"port>", 5, 0, "a port"},
        {"port>1..2", 5, 4, "a port"},
        {"port>1,2", 6, 1, "one value"},
        {"port=22", 4, 1, "a colon"},
        {"port!=22", 4, 2, "a colon"},
        {"score:1.5", 6, 3, "from 0 to 1"},
        {"score>x", 6, 1, "from 0 to 1"},
        {"bytes_sent:1.5", 11, 3, "a whole number"},
        {"bytes_sent:9007199254740993", 11, 16, "a whole number"},
        {"duration:-1", 9, 2, "seconds"},
        {"duration:nan", 9, 3, "seconds"},
        {"src:203.0.113", 4, 9, "an address"},
        {"src:203.0.113.0/33", 4, 14, "a network"},
        {"src:2001:db8::/129", 4, 14, "a network"},
        {"src:203.0.113.*", 4, 11, "a network"},
        {"src>203.0.113.7", 3, 1, "no order"},
        {"user>=x", 4, 2, "no order"},
        {"type:brute", 5, 5, "brute_force?"},
        {"type:nonsense", 5, 8, "one of scan, brute_force"},
        {"severity>=hihg", 10, 4, "high? one of none, low, medium, high"},
        {"severity:high..low", 9, 9, "from the smaller to the larger"},
        {"severity:low..hihg", 14, 4, "high?"},
        {"label:bad", 6, 3, "Normal, Attack"},
        {"late:maybe", 5, 5, "no, yes"},
        {"by:all", 3, 3, "label, score, both"},
        {"event:12", 6, 2, "32 hexadecimal digits"},
        {"alert:xyz", 6, 3, "32 hexadecimal digits"},
        {"time:2025", 5, 4, "a time"},
        {"time:2025-13-01", 5, 10, "a time"},
        {"time:2025-02-30..2025-03-01", 5, 10, "a time"},
        {"time:2025-02-01..x", 17, 1, "a time"},
        {"time:2025-01-08T21:13..2025-01-07", 5, 28, "from the smaller"},
        {"time>-15", 5, 3, "a time"},
        {"time>--1m", 5, 4, "a time"},
        {"time:2025-01-08T21", 5, 13, "a time"},
        {"\"open", 0, 5, "a quote"},
        {"x user:\"open", 7, 5, "a quote"},
        {"user:\"open\\\"", 5, 7, "a quote"},
        {"\"\"", 0, 2, "a text"},
        {"user:a\"b\"", 6, 1, "a blank"},
        {"user:\"a\"b", 8, 1, "a blank"},
        {"user:(a or b)", 5, 0, "a text"},
        {"user:f(x)", 6, 1, "a blank"},
        {"(a", 2, 0, ")"},
        {"(a or (b)", 9, 0, ")"},
        {"a)", 1, 1, "parenthesis"},
        {"()", 1, 0, "a term"},
        {"a or", 4, 0, "a term"},
        {"a or ", 5, 0, "a term"},
        {"or a", 0, 0, "a term"},
        {"and a", 0, 0, "a term"},
        {"a and", 5, 0, "a term"},
        {"a or or b", 5, 0, "a term"},
        {"| a", 0, 0, "a term"},
        {"a | | b", 4, 0, "a term"},
        {"-", 1, 0, "a term"},
        {"not", 3, 0, "a term"},
        {"a -)", 3, 0, "a term"},
        {":x", 0, 1, "a field before it"},
        {"a <img", 2, 1, "a field before it"},
        {"http://x", 0, 4, "quotes"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct hg_filter_fault fault;
        if (parse(hg_slice_of(faults[i].text), &fault) != HG_EUSAGE)
            fail_msg("%s: is taken", faults[i].text);
        if (fault.offset != faults[i].offset || fault.len != faults[i].len || strstr(fault.expected, faults[i].expected) == NULL)
            fail_msg("%s: byte %zu + %zu: %s", faults[i].text, fault.offset, fault.len, fault.expected);
    }
}

static void bytes_are_bounded(void **state)
{
    (void)state;
    static char text[HG_FILTER_BYTES_MAX + 8];
    struct hg_filter_fault fault;
    memset(text, 'x', sizeof text);
    assert_int_equal(parse((struct hg_slice){text, HG_FILTER_BYTES_MAX}, &fault), HG_OK);
    assert_int_equal(parse((struct hg_slice){text, HG_FILTER_BYTES_MAX + 3}, &fault), HG_EUSAGE);
    assert_int_equal(fault.offset, HG_FILTER_BYTES_MAX);
    assert_int_equal(fault.len, 3);
    assert_non_null(strstr(fault.expected, "4096 bytes"));
}

static void terms_are_bounded(void **state)
{
    (void)state;
    struct hg_filter_fault fault;
    struct hg_buf buf;
    hg_buf_init(&buf, 65536);
    hg_buf_text(&buf, "port:1");
    for (unsigned i = 1; i < HG_FILTER_TERMS_MAX; i++)
        hg_buf_text(&buf, i % 2 == 0 ? ",1" : " port:1");
    assert_int_equal(parse(hg_buf_slice(&buf), &fault), HG_OK);
    size_t len = buf.len;
    hg_buf_text(&buf, " port:2");
    assert_int_equal(parse(hg_buf_slice(&buf), &fault), HG_EUSAGE);
    assert_int_equal(fault.offset, len + 6);
    assert_int_equal(fault.len, 1);
    assert_non_null(strstr(fault.expected, "256 terms"));
    hg_buf_free(&buf);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct hg_filter_fault fault;
    char text[2 * HG_FILTER_DEPTH_MAX + 8];
    for (unsigned depth = HG_FILTER_DEPTH_MAX; depth <= HG_FILTER_DEPTH_MAX + 1; depth++) {
        size_t n = 0;
        for (unsigned i = 0; i < depth; i++)
            text[n++] = i % 2 == 0 ? '(' : '-';
        text[n++] = 'x';
        for (unsigned i = 0; i < depth; i += 2)
            text[n++] = ')';
        bool fits = depth == HG_FILTER_DEPTH_MAX;
        assert_int_equal(parse((struct hg_slice){text, n}, &fault), fits ? HG_OK : HG_EUSAGE);
        if (!fits) {
            assert_int_equal(fault.offset, HG_FILTER_DEPTH_MAX);
            assert_non_null(strstr(fault.expected, "at most 32"));
        }
    }
}

/* As many negations as there is room for leave no more nodes than there are terms for. */
static void negations_cost_nothing(void **state)
{
    (void)state;
    struct hg_filter_fault fault;
    const struct hg_filter *filter;
    struct hg_buf buf;
    hg_buf_init(&buf, HG_FILTER_BYTES_MAX);
    while (buf.len + HG_FILTER_DEPTH_MAX + 2 <= HG_FILTER_BYTES_MAX) {
        for (unsigned i = 0; i < HG_FILTER_DEPTH_MAX - 1; i++)
            hg_buf_char(&buf, '-');
        hg_buf_text(&buf, "x ");
    }
    hg_arena_reset(&arena);
    assert_int_equal(hg_filter_parse(hg_buf_slice(&buf), 0, &arena, &filter, &fault, NULL), HG_OK);
    assert_int_equal(filter->n_nodes, 2 * filter->n_terms + 1);
    hg_buf_free(&buf);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    for (size_t limit = 64; limit < 4096; limit += 64) {
        struct hg_arena small;
        struct hg_filter_fault fault;
        struct hg_err err;
        const struct hg_filter *filter = NULL;
        hg_arena_init(&small, 64, limit);
        enum hg_rc rc = hg_filter_parse(HG_SLICE("a b (c or -d) user:root port:1,2,3"), 0, &small, &filter, &fault, &err);
        assert_true(rc == HG_OK || rc == HG_ENOMEM);
        assert_int_equal(rc == HG_OK, filter != NULL);
        hg_arena_free(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_have_a_place), cmocka_unit_test(bytes_are_bounded),      cmocka_unit_test(terms_are_bounded),
        cmocka_unit_test(depth_is_bounded),    cmocka_unit_test(negations_cost_nothing), cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests_name("filter faults", tests, start, stop);
}
