/* Samples of rows: even over all that came, or with a half-life; the same for the same offers; any bytes are safe. */
#include "support/cmocka_all.h"

#include "detect/reservoir.h"

#include <math.h>
#include <stdlib.h>

#define SEED  20261123u
#define LIMIT 512u

/* Offers n rows, whose first cell says which it is, `step` of the clock apart. */
static void offer(struct reservoir *reservoir, size_t n, int64_t step_us)
{
    for (size_t i = 0; i < n; i++) {
        struct train_row *row;
        int64_t at = (int64_t)i * step_us;
        assert_int_equal(reservoir_offer(reservoir, at, at, &row, NULL), HG_OK);
        if (row != NULL)
            *row = (struct train_row){.features.cells = {(float)i}};
    }
}

/* How many rows of each tenth of the offers are there, over many seeds. */
static void count_tenths(double half_life_us, size_t n, size_t rounds, double ret[10])
{
    memset(ret, 0, 10 * sizeof *ret);
    for (size_t round = 0; round < rounds; round++) {
        struct reservoir reservoir;
        reservoir_init(&reservoir, LIMIT, half_life_us, SEED + round);
        offer(&reservoir, n, HG_SECOND);
        assert_int_equal(reservoir.n, LIMIT);
        for (size_t i = 0; i < LIMIT; i++)
            ret[(size_t)reservoir.rows[i].features.cells[0] * 10 / n] += 1;
        reservoir_free(&reservoir);
    }
}

static void test_without_a_half_life_it_is_even(void **state)
{
    double tenths[10];
    (void)state;
    count_tenths(0, 20000, 40, tenths);
    for (int i = 0; i < 10; i++) /* 2,048 each, standard deviation 43 */
        assert_true(fabs(tenths[i] - LIMIT * 4.0) < 200);
}

static void test_with_one_the_old_fade(void **state)
{
    double tenths[10];
    (void)state;
    count_tenths(2000.0 * HG_SECOND, 20000, 40, tenths); /* each tenth is a half-life */
    for (int i = 5; i < 9; i++) {
        double ratio = tenths[i + 1] / tenths[i];
        assert_true(ratio > 1.6 && ratio < 2.5);
    }
    assert_true(tenths[9] > 0.45 * 40 * LIMIT && tenths[9] < 0.55 * 40 * LIMIT);
}

/* With less than its limit in a half-life, what is there stays, and the newest comes in. */
static void test_few_rows_stay(void **state)
{
    struct reservoir reservoir;
    size_t newest = 0;
    (void)state;
    reservoir_init(&reservoir, LIMIT, 10.0 * HG_SECOND, SEED);
    offer(&reservoir, 4 * LIMIT, HG_SECOND);
    assert_int_equal(reservoir.n, LIMIT);
    for (size_t i = 0; i < LIMIT; i++)
        newest += reservoir.rows[i].features.cells[0] >= 3.0f * LIMIT;
    assert_true(newest > LIMIT / 2);
    reservoir_free(&reservoir);
}

static void test_a_clock_that_goes_back_or_is_not_there(void **state)
{
    struct reservoir reservoir;
    struct train_row *row;
    (void)state;
    reservoir_init(&reservoir, LIMIT, 10.0 * HG_SECOND, SEED);
    static const int64_t clocks[] = {HG_TIME_NONE, 100 * HG_DAY, 0, HG_TIME_NONE, 100 * HG_DAY};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(reservoir_offer(&reservoir, clocks[i], clocks[i], &row, NULL), HG_OK);
        *row = (struct train_row){.source = 0};
    }
    assert_true(reservoir.weight == 5);
    assert_int_equal(reservoir.period.first_us, 0);
    assert_int_equal(reservoir.period.n_days, 2);
    reservoir_free(&reservoir);
}

static void fill_row(struct train_row *row, struct hg_rng *rng)
{
    for (size_t f = 0; f < HG_FEATURE_FIRST_CODE; f++)
        row->features.cells[f] = hg_rng_below(rng, 4) == 0 ? NAN : (float)hg_rng_unit(rng);
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        row->features.codes[c] = (uint32_t)hg_rng_next(rng);
    row->source = (uint16_t)hg_rng_next(rng);
    row->edge = hg_rng_below(rng, 2) == 0;
}

static void test_bytes_give_it_back(void **state)
{
    struct hg_rng rng = hg_rng_seeded(SEED);
    struct train_row row, read;
    struct hg_buf bytes;
    (void)state;
    hg_buf_init(&bytes, 1 << 16);
    fill_row(&row, &rng);
    train_row_put(&row, &bytes);
    assert_int_equal(bytes.len, TRAIN_ROW_BYTES);
    struct bytes_in in = {.rest = hg_buf_slice(&bytes)};
    assert_true(train_row_get(&in, &read));
    assert_memory_equal(&row.features, &read.features, sizeof row.features);
    assert_true(row.source == read.source && row.edge == read.edge);

    struct reservoir whole, taken;
    size_t n;
    reservoir_init(&whole, LIMIT, 3600.0 * HG_SECOND, SEED);
    offer(&whole, 3000, HG_SECOND);
    hg_buf_clear(&bytes);
    reservoir_put(&whole, &bytes);
    reservoir_init(&taken, LIMIT, 3600.0 * HG_SECOND, 0);
    in = (struct bytes_in){.rest = hg_buf_slice(&bytes)};
    assert_true(reservoir_get(&in, &taken, &n));
    assert_int_equal(n, LIMIT);
    assert_int_equal(reservoir_make_room(&taken, n, NULL), HG_OK);
    memcpy(taken.rows, whole.rows, n * sizeof *taken.rows);
    taken.n = n;
    for (size_t i = 3000; i < 6000; i++) { /* both go on alike */
        struct train_row *a, *b;
        int64_t at = (int64_t)i * HG_SECOND;
        assert_int_equal(reservoir_offer(&whole, at, at, &a, NULL), HG_OK);
        assert_int_equal(reservoir_offer(&taken, at, at, &b, NULL), HG_OK);
        assert_true((a == NULL) == (b == NULL) && (a == NULL || a - whole.rows == b - taken.rows));
    }
    reservoir_free(&taken);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        reservoir_init(&taken, LIMIT, 1, 0);
        in = (struct bytes_in){.rest = {bytes.p, cut}};
        assert_false(reservoir_get(&in, &taken, &n));
    }
    for (int round = 0; round < 2000; round++) { /* whatever is in them, a bound holds */
        bytes.p[hg_rng_below(&rng, bytes.len)] = (char)hg_rng_next(&rng);
        reservoir_init(&taken, LIMIT, 1, 0);
        in = (struct bytes_in){.rest = hg_buf_slice(&bytes)};
        if (reservoir_get(&in, &taken, &n))
            assert_true(n <= LIMIT);
    }
    reservoir_free(&whole);
    hg_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_a_half_life_it_is_even), cmocka_unit_test(test_with_one_the_old_fade),
                                       cmocka_unit_test(test_few_rows_stay), cmocka_unit_test(test_a_clock_that_goes_back_or_is_not_there),
                                       cmocka_unit_test(test_bytes_give_it_back)};
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
