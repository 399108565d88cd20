/* Numbers from and to text: what is taken, what is refused, and that printing reads back the same. */
#include "base/num.h"
#include "support/cmocka_all.h"

#include <float.h>
#include <math.h>

static void takes_and_refuses_integers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(hg_num_parse_u64(HG_SLICE("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(hg_num_parse_u64(HG_SLICE("0"), &u) && u == 0);
    assert_true(hg_num_parse_i64(HG_SLICE("-9223372036854775808"), &i) && i == INT64_MIN);
    const char *bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616", "a", "--1"};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        u = 99;
        assert_false(hg_num_parse_u64(hg_slice_of(bad[k]), &u));
        assert_int_equal(u, 99);
    }
    assert_false(hg_num_parse_u64(HG_SLICE("-1"), &u));
    assert_false(hg_num_parse_i64(HG_SLICE("9223372036854775808"), &i));
    assert_false(hg_num_parse_u64((struct hg_slice){"1\0002", 3}, &u));
}

static void takes_and_refuses_reals(void **state)
{
    (void)state;
    double d = 0;
    assert_true(hg_num_parse_f64(HG_SLICE("-2e-3"), &d) && fabs(d + 0.002) < 1e-18);
    assert_true(hg_num_parse_f64(HG_SLICE("1.5"), &d) && d > 1.49 && d < 1.51);
    const char *bad[] = {"", "nan", "inf", "-inf", "NaN", "1e999", "0x1p3", "1,5", " 1", "1.5x", "Infinity"};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        assert_false(hg_num_parse_f64(hg_slice_of(bad[k]), &d));
}

static void assert_f64(double value, const char *expected)
{
    char text[HG_NUM_BYTES];
    assert_slice(((struct hg_slice){text, hg_num_print_f64(value, text)}), expected);
}

static void prints_the_shortest_form(void **state)
{
    (void)state;
    assert_f64(0.1, "0.1");
    assert_f64(0, "0");
    assert_f64(-0.0, "0"); /* the sign of zero says nothing in a log */
    assert_f64(60, "60");
    assert_f64(123456789012345, "123456789012345");
    assert_f64(1e15, "1e+15");
    assert_f64(0.000125, "0.000125");
    assert_f64(1.0 / 3, "0.3333333333333333");
    char text[HG_NUM_BYTES];
    assert_slice(((struct hg_slice){text, hg_num_print_f32(0.1f, text)}), "0.1");
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void reads_back_what_it_prints(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    double edges[] = {DBL_MIN, DBL_MAX, DBL_EPSILON, DBL_TRUE_MIN, -DBL_MAX, 1e15, 999999999999999, 1e-300, 5e-324};
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = hg_rng_next(&rng);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (i < (int)(sizeof edges / sizeof edges[0]))
            value = edges[i];
        if (!isfinite(value))
            continue;
        char text[HG_NUM_BYTES];
        size_t n = hg_num_print_f64(value, text);
        assert_in_range(n, 1, HG_NUM_BYTES);
        assert_true(hg_num_parse_f64((struct hg_slice){text, n}, &back));
        assert_true(same_bits(value, back));
    }
}

static void floats_read_back_as_floats(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)hg_rng_next(&rng);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[HG_NUM_BYTES + 1];
        text[hg_num_print_f32(value, text)] = '\0';
        float back = strtof(text, NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_and_refuses_integers), cmocka_unit_test(takes_and_refuses_reals),
        cmocka_unit_test(prints_the_shortest_form),   cmocka_unit_test(reads_back_what_it_prints),
        cmocka_unit_test(floats_read_back_as_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
