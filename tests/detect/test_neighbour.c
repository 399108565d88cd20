#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/neighbour.h"
#include "tests/detect/prepared.h"

#include <float.h>

#define SEED 60219u

static struct neighbour *fit(const struct hg_table *table, uint32_t *rows)
{
    struct neighbour *neighbour = NULL;
    for (size_t i = 0; i < table->rows; i++)
        rows[i] = (uint32_t)i;
    assert_int_equal(neighbour_fit(table, rows, table->rows, 5, &neighbour, NULL), HG_OK);
    return neighbour;
}

/* By the book, from the table's rows that were drawn. `skip` is no neighbour. */
static uint32_t by_hand(const struct neighbour *neighbour, const struct hg_table *fitted, const uint32_t *drawn, const float *row,
                        size_t skip)
{
    uint32_t least = UINT32_MAX;
    for (size_t p = 0; p < neighbour->prototypes; p++) {
        uint32_t sum = 0;
        for (size_t c = 0; c < fitted->columns; c++) {
            int a = codes_of_one(&neighbour->coders[c], row[c]);
            int b = codes_of_one(&neighbour->coders[c], *prepared_at(fitted, drawn[p], c));
            sum += (uint32_t)abs(a - b);
        }
        if (drawn[p] != skip && sum < least)
            least = sum;
    }
    return least;
}

static void check_kernel(const struct neighbour_kernel *kernel, const struct neighbour *neighbour, const struct hg_table *table,
                         const uint32_t *expected)
{
    uint32_t *distances = calloc(table->rows, sizeof *distances);
    assert_non_null(distances);
    static const size_t sizes[] = {1, 2, 3, 4, 5, 63, 64, 65};
    neighbour_distances_with(kernel, neighbour, table, distances);
    assert_memory_equal(distances, expected, table->rows * sizeof *distances);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= table->rows; s++) {
        struct hg_table part = *table;
        part.rows = sizes[s];
        memset(distances, 0xff, table->rows * sizeof *distances);
        neighbour_distances_with(kernel, neighbour, &part, distances);
        assert_memory_equal(distances, expected, part.rows * sizeof *distances);
        assert_true(part.rows == table->rows || distances[part.rows] == UINT32_MAX);
    }
    free(distances);
}

/* Every number of words a row that has a loop of its own, and more; prototypes that fill their last block and that don't. */
static void test_kernels_equal_reference(void **unused)
{
    (void)unused;
    static const size_t columns[] = {1, 8, 9, 16, 24, 31, 33, 70, 300}, rows[] = {2, 7, 8, 9, 90, 1024, 1500};
    for (size_t k = 0; k < neighbour_kernel_count; k++)
        if (!neighbour_kernels[k]->runs_here())
            print_message("# the processor has no %s: that kernel is not compared\n", neighbour_kernels[k]->name);
    for (size_t n = 0; n < sizeof columns / sizeof *columns * (sizeof rows / sizeof *rows); n++) {
        struct hg_table fitted = prepared_table(rows[n % 7], columns[n / 7], SEED + n), table = prepared_table(70, columns[n / 7], n);
        uint32_t drawn[1500], expected[70];
        struct neighbour *neighbour = fit(&fitted, drawn);
        for (size_t i = 0; i < table.rows; i++) {
            float row[300];
            prepared_row(&table, i, row);
            expected[i] = by_hand(neighbour, &fitted, drawn, row, SIZE_MAX);
        }
        for (size_t k = 0; k < neighbour_kernel_count; k++)
            if (neighbour_kernels[k]->runs_here())
                check_kernel(neighbour_kernels[k], neighbour, &table, expected);
        neighbour_destroy(neighbour);
        prepared_free(&fitted);
        prepared_free(&table);
    }
}

static void test_as_many_columns_as_there_can_be(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(40, HG_COLUMNS_MAX, SEED);
    uint32_t drawn[40], distances[40];
    struct neighbour *neighbour = fit(&table, drawn);
    for (size_t c = 0; c < HG_COLUMNS_MAX; c++) /* as far as can be: the sum must hold it */
        *prepared_at(&table, 7, c) = c % 2 == 0 ? 3e38f : -3e38f;
    for (size_t k = 0; k < neighbour_kernel_count; k++) {
        if (!neighbour_kernels[k]->runs_here())
            continue;
        neighbour_distances_with(neighbour_kernels[k], neighbour, &table, distances);
        for (size_t i = 0; i < 40; i++)
            assert_true(i == 7 || distances[i] == 0);
        assert_true(distances[7] > HG_COLUMNS_MAX * 90);
    }
    neighbour_destroy(neighbour);
    prepared_free(&table);
}

static void test_a_prototype_is_left_out_for_itself(void **unused)
{
    (void)unused;
    static const size_t rows[] = {2, 9, 64, 1400};
    for (size_t n = 0; n < 4; n++) {
        struct hg_table table = prepared_table(rows[n], 13, SEED + n);
        uint32_t drawn[1400], before[1400], left_out[1400];
        struct neighbour *neighbour = fit(&table, drawn);
        neighbour_distances(neighbour, &table, before);
        neighbour_distances_left_out(neighbour, &table, drawn, left_out);
        for (size_t i = 0; i < table.rows; i++) {
            float row[13];
            prepared_row(&table, i, row);
            assert_int_equal(left_out[i], by_hand(neighbour, &table, drawn, row, i));
        }
        uint32_t *after = malloc(table.rows * sizeof *after); /* and all is back in its place */
        assert_non_null(after);
        neighbour_distances(neighbour, &table, after);
        assert_memory_equal(before, after, table.rows * sizeof *after);
        free(after);
        neighbour_destroy(neighbour);
        prepared_free(&table);
    }
}

static void test_one_deviation_is_its_levels(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(4000, 2, SEED);
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < table.rows; i++) {
        double sum = 0;
        for (int k = 0; k < 12; k++)
            sum += hg_rng_unit(&rng);
        *prepared_at(&table, i, 0) = (float)(100 + 5 * (sum - 6)); /* mean 100, deviation 5 */
        *prepared_at(&table, i, 1) = 42;
    }
    *prepared_at(&table, 17, 0) = 1e20f; /* one that is far out must not make all others look the same */
    static uint32_t drawn[4000];
    struct neighbour *neighbour = fit(&table, drawn);
    const struct codes_coder *coder = &neighbour->coders[0];
    assert_int_equal(codes_of_one(coder, 100), NEIGHBOUR_MIDDLE);
    assert_true(fabs(codes_value(coder, NEIGHBOUR_MIDDLE) - 100) < 0.5);
    assert_true(fabsf(coder->ramps[0].scale * 5 - NEIGHBOUR_LEVELS) < 1);
    assert_true(neighbour->coders[1].ramps[0].scale == 0); /* constant */
    assert_int_equal(codes_of_one(coder, 1e38f), NEIGHBOUR_CODE_MAX);
    assert_int_equal(codes_of_one(coder, -1e38f), 0);
    neighbour_destroy(neighbour);
    prepared_free(&table);
}

/* What differs at the far ends alone is no constant. */
static void test_a_rare_flag_counts(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(3000, 1, SEED);
    for (size_t i = 0; i < table.rows; i++)
        *prepared_at(&table, i, 0) = i == 5;
    static uint32_t drawn[3000];
    struct neighbour *neighbour = fit(&table, drawn);
    assert_true(neighbour->coders[0].ramps[0].scale > 0);
    assert_true(codes_of_one(&neighbour->coders[0], 1) > codes_of_one(&neighbour->coders[0], 0));
    neighbour_destroy(neighbour);
    prepared_free(&table);
}

/* Kernels tell distances alone: the prototype is looked for by halves. Few values make many that are equally near. */
static void test_the_nearest_is_the_first_of_them(void **unused)
{
    (void)unused;
    static const size_t rows[] = {2, 8, 9, 63, 500, 1024};
    for (size_t n = 0; n < 6; n++) {
        struct hg_table fitted = prepared_table(rows[n], 3, SEED + n), others = prepared_table(80, 3, n);
        uint32_t drawn[1024];
        for (size_t i = 0; i < rows[n] * 3; i++)
            *prepared_at(&fitted, i / 3, i % 3) = (float)(int)(4 * *prepared_at(&fitted, i / 3, i % 3 == 2 ? 1 : i % 3));
        struct neighbour *neighbour = fit(&fitted, drawn);
        for (size_t i = 0; i < others.rows; i++) {
            float row[3], near[3];
            uint32_t least = UINT32_MAX, first = 0;
            prepared_row(&others, i, row);
            for (uint32_t p = 0; p < neighbour->prototypes; p++) {
                uint32_t distance = 0;
                for (size_t c = 0; c < 3; c++)
                    distance += (uint32_t)abs(codes_of_one(&neighbour->coders[c], row[c]) - *neighbour_at(neighbour, p, c));
                first = distance < least ? p : first;
                least = distance < least ? distance : least;
            }
            neighbour_nearest_row(neighbour, row, near);
            for (size_t c = 0; c < 3; c++) {
                float deviation = NEIGHBOUR_LEVELS / neighbour->coders[c].ramps[0].scale, at = *prepared_at(&fitted, drawn[first], c);
                assert_true(isnan(near[c]) == !(deviation <= FLT_MAX));
                assert_true(isnan(near[c]) || fabsf(near[c] - at) <= 1.01f * deviation / (2 * NEIGHBOUR_LEVELS));
            }
        }
        neighbour_destroy(neighbour);
        prepared_free(&fitted);
        prepared_free(&others);
    }
}

static void test_missing_columns_are_made_up_for(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(300, 19, SEED), others = prepared_table(50, 19, SEED + 1);
    uint32_t drawn[300];
    float scores[50], row[19], shares[19];
    struct neighbour *neighbour = fit(&table, drawn);
    neighbour_score(neighbour, &others, scores);
    for (size_t i = 0; i < others.rows; i++) {
        prepared_row(&others, i, row);
        assert_true(neighbour_score_partial(neighbour, row) == scores[i]);
        for (size_t c = 2; c < 19; c++)
            row[c] = NAN;
        uint32_t least = UINT32_MAX, part = 0;
        for (size_t p = 0; p < neighbour->prototypes; p++) {
            int first = abs(codes_of_one(&neighbour->coders[0], row[0]) - *neighbour_at(neighbour, p, 0));
            int second = abs(codes_of_one(&neighbour->coders[1], row[1]) - *neighbour_at(neighbour, p, 1));
            if ((uint32_t)(first + second) < least) {
                least = (uint32_t)(first + second);
                part = (uint32_t)first;
            }
        }
        assert_true(neighbour_score_partial(neighbour, row) == neighbour_score_of(least, 2));
        neighbour_explain(neighbour, row, shares);
        assert_true(least == 0 || fabsf(shares[0] - (float)part / (float)least) < 1e-6f);
        assert_true(shares[2] == 0 && shares[18] == 0);
    }
    for (size_t c = 0; c < 19; c++)
        row[c] = NAN;
    assert_true(neighbour_score_partial(neighbour, row) == 0);
    neighbour_explain(neighbour, row, shares);
    assert_true(shares[0] == 0);
    neighbour_destroy(neighbour);
    prepared_free(&table);
    prepared_free(&others);
}

static void test_prototypes_are_drawn_once_and_from_the_rows_named(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(3000, 4, SEED);
    uint32_t rows[1500];
    for (uint32_t i = 0; i < 1500; i++)
        rows[i] = 2 * i;
    struct neighbour *neighbour;
    assert_int_equal(neighbour_fit(&table, rows, 1500, 1, &neighbour, NULL), HG_OK);
    assert_int_equal(neighbour->prototypes, NEIGHBOUR_PROTOTYPES);
    static bool seen[3000];
    for (size_t p = 0; p < neighbour->prototypes; p++) {
        assert_true(rows[p] % 2 == 0 && !seen[rows[p]]);
        seen[rows[p]] = true;
    }
    neighbour_destroy(neighbour);
    prepared_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_equal_reference),
        cmocka_unit_test(test_as_many_columns_as_there_can_be),
        cmocka_unit_test(test_a_prototype_is_left_out_for_itself),
        cmocka_unit_test(test_one_deviation_is_its_levels),
        cmocka_unit_test(test_a_rare_flag_counts),
        cmocka_unit_test(test_the_nearest_is_the_first_of_them),
        cmocka_unit_test(test_missing_columns_are_made_up_for),
        cmocka_unit_test(test_prototypes_are_drawn_once_and_from_the_rows_named),
    };
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
