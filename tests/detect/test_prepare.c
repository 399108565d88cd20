/* Preparation: the same logarithm at any width, and what becomes of categories. */
#include "base/rng.h"
#include "detect/prepare.h"
#include "tests/support/cmocka_all.h"

#include <math.h>
#include <string.h>

#define SEED 20260812

static float any_float(struct hg_rng *rng)
{
    uint32_t bits = (uint32_t)hg_rng_below(rng, UINT64_C(1) << 32);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value - value == 0.0f ? value : 0;
}

/* Vectors and what is left over behind them, against the reference, bit for bit. */
static void test_log1p_is_the_same_at_any_width(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED);
    float values[1031], logs[1031];
    for (size_t round = 0; round < 200; round++) {
        size_t n = (size_t)hg_rng_below(&rng, 1031) + 1;
        for (size_t i = 0; i < n; i++)
            values[i] = any_float(&rng);
        log1p_of(values, n, logs);
        for (size_t i = 0; i < n; i++) {
            float expected = log1p_reference(values[i]);
            assert_memory_equal(&logs[i], &expected, sizeof expected);
        }
    }
}

static void test_log1p_is_the_logarithm(void **state)
{
    (void)state;
    for (double x = 1e-6; x < 1e30; x *= 1.01) {
        float value = (float)x;
        double exact = log1p((double)value), error = fabs((double)log1p_reference(value) - exact);
        assert_true(error <= 1e-6 * (exact > 1 ? exact : 1));
        assert_true(log1p_reference(-value) == -log1p_reference(value));
    }
    assert_true(log1p_reference(0) == 0 && isnan(log1p_reference(NAN)));
}

#define ROWS 1000u

static void learn(const uint32_t *codes, struct row_list counted, struct column *ret)
{
    static float scratch[ROWS];
    static uint32_t scratch_codes[ROWS];
    const float *numbers = NULL;
    struct rows_view view = {1, &numbers, &codes};
    assert_int_equal(column_learn(&view, 0, ROWS, counted, COLUMN_CATEGORY, false, scratch, scratch_codes, ret, NULL), HG_OK);
}

/* A category that the counted rows don't have is new, also where other rows have it; one that is missing stays so. */
static void test_categories_are_counted_where_they_may_be(void **state)
{
    (void)state;
    uint32_t codes[ROWS], rows[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        codes[i] = i % 4 == 0 ? 7 : i % 4 == 1 ? 0 : 8;
        rows[i] = i;
    }
    codes[ROWS - 1] = 9;
    struct column column;
    learn(codes, (struct row_list){rows, ROWS / 2}, &column);
    assert_int_equal(column.state, COLUMN_KEPT);
    assert_true(fabs((double)categories_share(&column.categories, 7) - 1.0 / 3) < 0.01);
    assert_true(categories_share(&column.categories, 9) == 0);
    const float *numbers = NULL;
    const uint32_t *column_codes = codes;
    struct rows_view view = {1, &numbers, &column_codes};
    static const uint32_t order[] = {0, 1, 2, ROWS - 1};
    float prepared[4];
    column_prepare(&column, &view, 0, order, 4, prepared);
    assert_true(prepared[0] > prepared[2] && isnan(prepared[1]));
    assert_true(fabs((double)prepared[3] - log(375 + 1)) < 1e-3); /* of 500 rows a quarter has none */
    column_free(&column);
}

static void test_even_categories_are_named_so(void **state)
{
    (void)state;
    uint32_t codes[ROWS], rows[ROWS];
    struct column column;
    for (uint32_t i = 0; i < ROWS; i++) {
        codes[i] = 1 + i % 2;
        rows[i] = i;
    }
    learn(codes, (struct row_list){rows, ROWS}, &column);
    assert_int_equal(column.state, COLUMN_EVEN);
    column_free(&column);
    for (uint32_t i = 0; i < ROWS; i++)
        codes[i] = 5;
    learn(codes, (struct row_list){rows, ROWS}, &column);
    assert_int_equal(column.state, COLUMN_CONSTANT);
    column_free(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log1p_is_the_same_at_any_width), cmocka_unit_test(test_log1p_is_the_logarithm),
        cmocka_unit_test(test_categories_are_counted_where_they_may_be), cmocka_unit_test(test_even_categories_are_named_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
