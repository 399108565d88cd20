#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/detect/prepared.h"

#define SEED 77031u

extern const struct hg_detector hg_detector_ecod;

struct tails {
    double left, right, skewed;
};

/* From all rows of the column: shares that count the row itself. */
static struct tails by_hand(const struct hg_table *fitted, size_t column, float value)
{
    double at_or_below = 1, at_or_above = 1, mean = 0, cubes = 0;
    for (size_t i = 0; i < fitted->rows; i++) {
        float cell = *prepared_at(fitted, i, column);
        at_or_below += cell <= value;
        at_or_above += cell >= value;
        mean += (double)cell / (double)fitted->rows;
    }
    for (size_t i = 0; i < fitted->rows; i++)
        cubes += pow((double)*prepared_at(fitted, i, column) - mean, 3);
    double left = -log(at_or_below / ((double)fitted->rows + 1)), right = -log(at_or_above / ((double)fitted->rows + 1));
    return (struct tails){left, right, cubes < 0 ? left : right};
}

static double score_by_hand(const struct hg_table *fitted, const float *row)
{
    struct tails sum = {0};
    for (size_t c = 0; c < fitted->columns; c++) {
        struct tails tails = by_hand(fitted, c, row[c]);
        sum.left += tails.left;
        sum.right += tails.right;
        sum.skewed += tails.skewed;
    }
    return fmax(sum.skewed, fmax(sum.left, sum.right));
}

/* Rows of training: all their values are knots where the columns have few, and near to knots where they have many. */
static void check_scores(size_t rows, double tolerance)
{
    struct hg_table table = prepared_table(rows, 10, SEED);
    float *scores = calloc(rows, sizeof *scores), row[10];
    assert_non_null(scores);
    struct hg_detector_state *ecod = prepared_fit(&hg_detector_ecod, &table, 1, 0);
    hg_detector_ecod.score(ecod, &table, scores);
    for (size_t i = 0; i < rows; i += 1 + rows / 300) {
        prepared_row(&table, i, row);
        double expected = score_by_hand(&table, row);
        assert_true(fabs((double)scores[i] - expected) <= tolerance * expected);
    }
    hg_detector_ecod.destroy(ecod);
    prepared_free(&table);
    free(scores);
}

static void test_few_values_are_exact(void **unused)
{
    (void)unused;
    check_scores(2, 1e-6);
    check_scores(30, 1e-6);
    check_scores(256, 1e-6);
}

static void test_many_values_are_near(void **unused)
{
    (void)unused;
    check_scores(20000, 0.02);
}

static void test_what_lies_farther_out_is_odder(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(5000, 1, SEED), points = prepared_table(400, 1, SEED);
    for (size_t i = 0; i < table.rows; i++) /* leans right: its right tail counts */
        *prepared_at(&table, i, 0) = (float)pow((double)i / 5000, 3);
    for (size_t i = 0; i < points.rows; i++)
        *prepared_at(&points, i, 0) = (float)i / 350;
    float scores[400];
    struct hg_detector_state *ecod = prepared_fit(&hg_detector_ecod, &table, 1, 0);
    hg_detector_ecod.score(ecod, &points, scores);
    for (size_t i = 50; i < 350; i++)
        assert_true(scores[i] > scores[i - 1]);
    assert_true(fabsf(scores[399] - logf(5001)) < 1e-4f); /* beyond all rows */
    hg_detector_ecod.destroy(ecod);
    prepared_free(&table);
    prepared_free(&points);
}

static void test_missing_columns_are_made_up_for(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(500, 6, SEED), first = table;
    first.columns = 2;
    struct hg_detector_state *ecod = prepared_fit(&hg_detector_ecod, &table, 1, 0);
    float scores[500], row[6], shares[6];
    hg_detector_ecod.score(ecod, &table, scores);
    for (size_t i = 0; i < table.rows; i++) {
        prepared_row(&table, i, row);
        assert_true(hg_detector_ecod.score_partial(ecod, row) == scores[i]);
        row[2] = row[3] = row[4] = row[5] = NAN;
        double expected = 3 * score_by_hand(&first, row);
        assert_true(fabs((double)hg_detector_ecod.score_partial(ecod, row) - expected) <= 0.05 + 0.02 * expected);
        hg_detector_ecod.explain(ecod, row, shares);
        assert_true(shares[2] == 0 && fabsf(shares[0] + shares[1] - 1) < 1e-6f);
    }
    hg_detector_ecod.destroy(ecod);
    prepared_free(&table);
}

static void test_the_column_that_is_out_is_named(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(2000, 6, SEED);
    struct hg_detector_state *ecod = prepared_fit(&hg_detector_ecod, &table, 1, 0);
    float row[6], shares[6];
    prepared_row(&table, 3, row);
    row[5] = 17;
    hg_detector_ecod.explain(ecod, row, shares);
    for (size_t c = 0; c < 5; c++)
        assert_true(shares[c] < shares[5]);
    hg_detector_ecod.destroy(ecod);
    prepared_free(&table);
}

static void test_counts_that_cannot_be_are_refused(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(100, 1, SEED);
    struct hg_detector_state *ecod = prepared_fit(&hg_detector_ecod, &table, 1, 0), *parsed;
    struct hg_buf buf;
    hg_buf_init(&buf, 1u << 20);
    hg_detector_ecod.serialise(ecod, &buf);
    assert_int_equal(hg_detector_ecod.parse(hg_buf_slice(&buf), 1, &parsed, NULL), HG_OK);
    hg_detector_ecod.destroy(parsed);
    static const size_t highest_bytes[] = {5, 8, 16, 20}; /* of rows, knots, and a knot's counts */
    for (size_t i = 0; i < 4; i++) {
        char was = buf.p[highest_bytes[i]];
        buf.p[highest_bytes[i]] = i == 0 ? (char)0 : (char)0x7f;
        if (i == 0)
            buf.p[2] = 1; /* fewer rows than the knots count */
        assert_int_equal(hg_detector_ecod.parse(hg_buf_slice(&buf), 1, &parsed, NULL), HG_EFORMAT);
        buf.p[highest_bytes[i]] = was;
        buf.p[2] = 100;
    }
    hg_buf_free(&buf);
    hg_detector_ecod.destroy(ecod);
    prepared_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_values_are_exact),
        cmocka_unit_test(test_many_values_are_near),
        cmocka_unit_test(test_what_lies_farther_out_is_odder),
        cmocka_unit_test(test_missing_columns_are_made_up_for),
        cmocka_unit_test(test_the_column_that_is_out_is_named),
        cmocka_unit_test(test_counts_that_cannot_be_are_refused),
    };
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
