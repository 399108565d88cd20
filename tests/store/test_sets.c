/* Sets of addresses and the sketch: exactness, error, order, damaged bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "feed.h"
#include "store/attackers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct hg_attacker *addresses(uint32_t from, uint32_t n)
{
    struct hg_attacker *rows = calloc(n, sizeof *rows);
    assert_non_null(rows);
    for (uint32_t i = 0; i < n; i++) {
        rows[i].ip = hg_ip_v4(from + i);
        if ((from + i) % 8 == 3)
            rows[i].ip.b[0] = 0x20; /* an IPv6 address */
    }
    return rows;
}

static struct hg_slice bytes_of(struct address_set *set, struct hg_slice start, uint32_t from, uint32_t n)
{
    struct hg_slice bytes;
    struct hg_attacker *rows = addresses(from, n);
    assert_int_equal(address_set_load(set, start, NULL), HG_OK);
    assert_int_equal(address_set_add(set, rows, n, NULL), HG_OK);
    assert_int_equal(address_set_bytes(set, &bytes, NULL), HG_OK);
    free(rows);
    return bytes;
}

static uint64_t count_of(const struct hg_slice *parts, size_t n, bool *ret_estimated)
{
    static struct address_union u;
    uint64_t count;
    assert_int_equal(address_union_begin(&u, NULL), HG_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(address_union_add(&u, parts[i], NULL), HG_OK);
    address_union_count(&u, &count, ret_estimated);
    return count;
}

static void test_exact_to_the_last(void **state)
{
    (void)state;
    static struct address_set a, b, c;
    bool estimated;
    struct hg_slice full = bytes_of(&a, HG_SLICE_NONE, 1000, HG_ATTACKERS_EXACT);
    assert_int_equal(count_of(&full, 1, &estimated), HG_ATTACKERS_EXACT);
    assert_false(estimated);
    struct hg_slice again = bytes_of(&b, full, 1500, 100); /* nothing new */
    assert_true(hg_slice_eq(full, again));
    struct hg_slice over = bytes_of(&c, full, 0, 1); /* one more */
    uint64_t count = count_of(&over, 1, &estimated);
    assert_true(estimated);
    assert_true(fabs((double)count / HG_ATTACKERS_EXACT - 1) < 4 * HLL_ERROR);
    address_set_free(&a);
    address_set_free(&b);
    address_set_free(&c);
}

static void test_union(void **state)
{
    (void)state;
    static struct address_set a, b, c;
    bool estimated;
    struct hg_slice parts[3] = {bytes_of(&a, HG_SLICE_NONE, 0, 40000), bytes_of(&b, HG_SLICE_NONE, 20000, 40000),
                                bytes_of(&c, HG_SLICE_NONE, 100000, 300000)};
    assert_int_equal(count_of(parts, 2, &estimated), 60000);
    assert_false(estimated);
    uint64_t count = count_of(parts, 3, &estimated);
    assert_true(estimated);
    assert_true(fabs((double)count / 360000 - 1) < 4 * HLL_ERROR);
    struct hg_slice turned[3] = {parts[2], parts[1], parts[0]};
    assert_int_equal(count_of(turned, 3, &estimated), count);
    address_set_free(&a);
    address_set_free(&b);
    address_set_free(&c);
}

/* The estimate's relative error over many sketches has the spread that is claimed, and no bias. */
static void test_error(void **state)
{
    (void)state;
    static uint8_t registers[HLL_REGISTERS];
    struct hg_rng rng = hg_rng_seeded(test_seed());
    const uint64_t sizes[] = {100, 20000, 70000, 200000};
    for (size_t s = 0; s < 4; s++) {
        double sum = 0, squares = 0;
        for (int run = 0; run < 60; run++) {
            memset(registers, 0, sizeof registers);
            for (uint64_t i = 0; i < sizes[s]; i++)
                hll_add(registers, hg_rng_next(&rng));
            double error = hll_estimate(registers) / (double)sizes[s] - 1;
            sum += error;
            squares += error * error;
        }
        fprintf(stderr, "# %llu: bias %.5f, error %.5f\n", (unsigned long long)sizes[s], sum / 60, sqrt(squares / 60));
        assert_true(sqrt(squares / 60) < 1.5 * HLL_ERROR);
        assert_true(fabs(sum / 60) < 4 * HLL_ERROR / sqrt(60));
    }
}

static void test_damaged(void **state)
{
    (void)state;
    static struct address_set set;
    static struct address_union u;
    const struct hg_slice bad[] = {HG_SLICE(""), HG_SLICE("\0"), HG_SLICE("\0\1\0\0\0abc"), HG_SLICE("\2\0\0\0\0"), HG_SLICE("\1abc"),
                                   HG_SLICE("\0\xff\xff\xff\xff"), HG_SLICE("\0\1\0\0\0abcdx")};
    assert_int_equal(address_union_begin(&u, NULL), HG_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(address_set_load(&set, bad[i], NULL), HG_EFORMAT);
        assert_int_equal(address_union_add(&u, bad[i], NULL), HG_EFORMAT);
    }
    address_set_free(&set);
    address_union_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact_to_the_last), cmocka_unit_test(test_union),
                                       cmocka_unit_test(test_error), cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
