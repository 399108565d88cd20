#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/iforest.h"
#include "tests/detect/prepared.h"

/* The forest's kernels and walks against its reference, bit for bit; its file; its coders. */
#define SEED 77101u

static const struct forest_settings settings[] = {{100, 256, 8}, {100, 1024, 10}, {1, 256, 8}, {7, 300, 9}, {13, 2, 1}, {11, 64, 0}};
#define SETTINGS (sizeof settings / sizeof settings[0])

static int say_seed(void **unused)
{
    (void)unused;
    print_message("# seed %u\n", SEED);
    return 0;
}

static struct forest *fit(const struct hg_table *table, const struct forest_settings *wanted, uint64_t seed)
{
    struct forest *forest = NULL;
    assert_int_equal(forest_fit(table, wanted, seed, &forest, NULL), HG_OK);
    return forest;
}

static void get_row(const struct hg_table *table, size_t i, float *ret)
{
    for (size_t c = 0; c < table->columns; c++)
        ret[c] = table->cells[c * table->stride + i];
}

static void references(const struct forest *forest, const struct hg_table *table, float *ret)
{
    float row[HG_COLUMNS_MAX];
    for (size_t i = 0; i < table->rows; i++) {
        get_row(table, i, row);
        ret[i] = forest_reference(forest, row);
    }
}

/* One kernel, from numbers and from codes, any number of rows. */
static void check_kernel(const struct forest_kernel *kernel, const struct forest *forest, const struct hg_table *table,
                         const float *expected)
{
    static const size_t sizes[] = {1, 2, 7, 8, 9, 63, 64, 65, 255, 256, 257, 511, 512, 513, 575, 576, 1100, SIZE_MAX};
    float *scores = malloc(table->rows * sizeof *scores);
    uint8_t *codes = malloc(table->rows * table->columns);
    assert_true(scores != NULL && codes != NULL);
    forest_code(forest, table, table->rows, codes);
    const struct forest_source sources[] = {{.table = table}, {.codes = codes, .stride = table->rows}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t rows = sizes[s] < table->rows ? sizes[s] : table->rows;
        for (int from = 0; from < 2; from++) {
            memset(scores, 0xff, table->rows * sizeof *scores);
            forest_score_with(kernel, forest, &sources[from], rows, scores);
            assert_memory_equal(scores, expected, rows * sizeof *scores);
        }
    }
    free(scores);
    free(codes);
}

static void check_forest(const struct forest *forest, const struct hg_table *table)
{
    float *expected = malloc(table->rows * sizeof *expected);
    assert_non_null(expected);
    references(forest, table, expected);
    for (size_t k = 0; k < forest_kernel_count; k++) {
        if (forest_kernels[k]->runs_here())
            check_kernel(forest_kernels[k], forest, table, expected);
        else
            print_message("# the processor has no %s: that kernel is not compared\n", forest_kernels[k]->name);
    }
    for (size_t i = 0; i < table->rows; i += 97) {
        float row[HG_COLUMNS_MAX];
        get_row(table, i, row);
        assert_true(forest_score_partial(forest, row) == expected[i]);
    }
    free(expected);
}

static void test_kernels_equal_reference(void **unused)
{
    (void)unused;
    static const size_t shapes[][2] = {{1300, 24}, {1300, 1}, {1111, 300}, {2, 5}, {3, 1}, {40, 7}, {257, 2048}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        struct hg_table table = prepared_table(shapes[s][0], shapes[s][1], SEED + s);
        for (size_t k = 0; k < (shapes[s][1] > 100 ? 2 : SETTINGS); k++) {
            struct forest *forest = fit(&table, &settings[k], SEED + k);
            check_forest(forest, &table);
            forest_destroy(forest);
        }
        prepared_free(&table);
    }
}

/* Rows that the forest has not seen, among them the ends of what a float can be and values at the edges of codes. */
static void test_foreign_rows(void **unused)
{
    (void)unused;
    static const float odd[] = {0, -0.0f, 1e-45f, -1e-45f, 3.4e38f, -3.4e38f, 1, -1, 1e30f, 255, 256, 0.5f};
    struct hg_table table = prepared_table(3000, 12, SEED), foreign = prepared_table(700, 12, SEED + 1);
    float *cells = (float *)(uintptr_t)foreign.cells;
    struct forest *forest = fit(&table, &FOREST_DEEP, SEED);
    for (size_t c = 0; c < 12; c++) {
        for (size_t i = 0; i < 600; i += 2)
            cells[c * foreign.stride + i] = odd[(i + c * 5) / 2 % (sizeof odd / sizeof odd[0])];
        for (unsigned i = 0; i < 256; i++)
            cells[c * foreign.stride + 2 * i + 1] = (float)codes_value(&forest->coders[c], i);
    }
    check_forest(forest, &foreign);
    forest_destroy(forest);
    prepared_free(&table);
    prepared_free(&foreign);
}

static void test_constant_columns(void **unused)
{
    (void)unused;
    static float cells[3 * 900];
    struct hg_table table = {.cells = cells, .rows = 900, .columns = 3, .stride = 900};
    for (size_t i = 0; i < 900; i++)
        cells[i] = cells[900 + i] = cells[1800 + i] = 4;
    struct forest *forest = fit(&table, &FOREST_DEEP, SEED); /* nothing to part */
    assert_int_equal(forest->n_nodes, 100);
    check_forest(forest, &table);
    forest_destroy(forest);
    cells[1800 + 450] = 5; /* one row is another, in one column */
    forest = fit(&table, &FOREST_DEEP, SEED);
    check_forest(forest, &table);
    float scores[900];
    forest_score(forest, &table, scores);
    for (size_t i = 0; i < 900; i++)
        assert_true(i == 450 ? scores[i] > scores[0] : scores[i] == scores[0]);
    forest_destroy(forest);
}

static struct hg_buf bytes_of(const struct forest *forest)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 64u << 20);
    forest_serialise(forest, &buf);
    assert_false(buf.failed);
    return buf;
}

static void test_parsed_forests_are_the_same(void **unused)
{
    (void)unused;
    static float before[1200], after[1200];
    struct hg_table table = prepared_table(1200, 24, SEED);
    for (size_t k = 0; k < SETTINGS; k++) {
        struct forest *forest = fit(&table, &settings[k], 5), *again = fit(&table, &settings[k], 5), *parsed;
        struct hg_buf bytes = bytes_of(forest), same = bytes_of(again);
        assert_int_equal(bytes.len, same.len);
        assert_memory_equal(bytes.p, same.p, bytes.len);
        assert_int_equal(forest_parse(hg_buf_slice(&bytes), 24, &parsed, NULL), HG_OK);
        assert_memory_equal(parsed->lengths, forest->lengths, forest->n_nodes * sizeof *forest->lengths);
        assert_memory_equal(parsed->counts, forest->counts, forest->n_nodes * sizeof *forest->counts);
        forest_score(forest, &table, before);
        forest_score(parsed, &table, after);
        assert_memory_equal(before, after, sizeof before);
        hg_buf_free(&bytes);
        hg_buf_free(&same);
        forest_destroy(forest);
        forest_destroy(again);
        forest_destroy(parsed);
    }
    prepared_free(&table);
}

static void refused(struct hg_buf *bytes, size_t at, unsigned char value)
{
    struct forest *parsed;
    char before = bytes->p[at];
    bytes->p[at] = (char)value;
    assert_int_equal(forest_parse(hg_buf_slice(bytes), 3, &parsed, NULL), HG_EFORMAT);
    bytes->p[at] = before;
}

/* Head: columns, sample (2 bytes each), depth, trees; 36 bytes a coder; then the trees. */
static void test_damage(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(500, 3, SEED);
    struct forest *forest = fit(&table, &(struct forest_settings){2, 256, 8}, 5), *parsed;
    struct hg_buf bytes = bytes_of(forest);
    const size_t root = 6 + 36 * 3;
    assert_int_equal(forest_parse(hg_buf_slice(&bytes), 4, &parsed, NULL), HG_EFORMAT);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_equal(forest_parse((struct hg_slice){bytes.p, len}, 3, &parsed, NULL), HG_EFORMAT);
    refused(&bytes, 0, 4);                    /* columns */
    refused(&bytes, 2, 1);                    /* sample: 257 */
    refused(&bytes, 4, 3);                    /* depth */
    refused(&bytes, 4, 11);
    refused(&bytes, 5, 0);                    /* trees */
    refused(&bytes, 5, 1);
    refused(&bytes, 5, 101);
    refused(&bytes, 6 + 7, 0xc0);             /* a coder's scale below 0 */
    refused(&bytes, 6 + 11, 0x7f);            /* a height beyond all codes */
    refused(&bytes, root, 3);                 /* column */
    refused(&bytes, root + 1, 0x80);          /* a leaf in place of a split */
    refused(&bytes, root + 2, 255);           /* no cut */
    refused(&bytes, bytes.len - 2, (unsigned char)(bytes.p[bytes.len - 2] + 1)); /* rows of the last leaf */
    bytes.p[6 + 2] = (char)0x80;
    refused(&bytes, 6 + 3, 0x7f); /* a low end that is infinite */
    hg_buf_char(&bytes, 0);
    assert_int_equal(forest_parse(hg_buf_slice(&bytes), 3, &parsed, NULL), HG_EFORMAT);
    hg_buf_free(&bytes);
    forest_destroy(forest);
    prepared_free(&table);
}

/* Any bytes at all: refused, or a forest that scores. */
static void test_random_damage(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(500, 6, SEED);
    struct forest *forest = fit(&table, &(struct forest_settings){3, 64, 6}, 5);
    struct hg_buf bytes = bytes_of(forest);
    struct hg_rng rng = hg_rng_seeded(SEED);
    static float scores[500];
    for (int i = 0; i < 20000; i++) {
        struct forest *parsed;
        size_t at = (size_t)hg_rng_below(&rng, bytes.len);
        char before = bytes.p[at];
        bytes.p[at] = (char)(uint8_t)hg_rng_below(&rng, 256);
        if (forest_parse(hg_buf_slice(&bytes), 6, &parsed, NULL) == HG_OK) {
            forest_score(parsed, &table, scores);
            forest_destroy(parsed);
        }
        bytes.p[at] = before;
    }
    hg_buf_free(&bytes);
    forest_destroy(forest);
    prepared_free(&table);
}

static void test_coders(void **unused)
{
    (void)unused;
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (int round = 0; round < 500; round++) {
        float values[130];
        uint8_t expected[130], codes[130];
        struct codes_coder coder = {{{-1, 7, 8}, {0.1f, (float)(hg_rng_unit(&rng) * 100), 200}, {5, 1e-3f, 47}}};
        for (int i = 0; i < 130; i++) {
            double u = hg_rng_unit(&rng) - 0.5;
            values[i] = (float)(i % 3 == 0 ? u * 6e38 : i % 3 == 1 ? u * 4 : u * 1e4);
            expected[i] = codes_of_one(&coder, values[i]);
        }
        for (size_t k = 0; k < codes_kernel_count; k++) {
            size_t n = (size_t)hg_rng_below(&rng, 131);
            if (!codes_kernels[k].runs_here())
                continue;
            codes_kernels[k].code(&coder, values, n, codes);
            assert_memory_equal(codes, expected, n);
        }
        for (int i = 0; i + 1 < 130; i++) /* never falls where the value rises */
            assert_true(values[i] <= values[i + 1] ? expected[i] <= expected[i + 1] : expected[i] >= expected[i + 1]);
    }
}

/* Whole numbers, flags and the like: each value is a code of its own. */
static void test_few_values_stay_apart(void **unused)
{
    (void)unused;
    static float cells[4000];
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < 4000; i++)
        cells[i] = (float)hg_rng_below(&rng, 60);
    struct hg_table table = {.cells = cells, .rows = 4000, .columns = 1, .stride = 4000};
    struct forest *forest = fit(&table, &FOREST_DEEP, SEED);
    for (int i = 0; i + 1 < 60; i++)
        assert_true(codes_of_one(&forest->coders[0], (float)i) < codes_of_one(&forest->coders[0], (float)(i + 1)));
    assert_true(forest->slices != NULL);
    assert_true(forest->slices->columns[0].tests < 60);
    forest_destroy(forest);
}

static void test_lengths(void **unused)
{
    (void)unused;
    assert_true(forest_average_path(0) == 0 && forest_average_path(1) == 0 && forest_average_path(2) == 1);
    double of_256 = forest_average_path(256) - 10.2448; /* with the approximate H(n) of the paper */
    assert_true(of_256 < 0.01 && of_256 > -0.01);
    assert_true(forest_length(FOREST_DEPTH_MAX, FOREST_SAMPLE_MAX) < 1u << FOREST_LENGTH_BITS);
    assert_true((uint64_t)FOREST_TREES_MAX << FOREST_LENGTH_BITS <= 1u << FOREST_SUM_BITS);
}

static void test_a_lone_point_is_the_oddest(void **unused)
{
    (void)unused;
    static float two[2 * 600], scores[600];
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < 1200; i++)
        two[i] = (float)(hg_rng_unit(&rng) + hg_rng_unit(&rng));
    two[17] = two[617] = 9;
    struct hg_table points = {.cells = two, .rows = 600, .columns = 2, .stride = 600};
    for (uint64_t seed = 0; seed < 10; seed++) {
        for (size_t k = 0; k < 2; k++) {
            struct forest *forest = fit(&points, &settings[k], seed);
            forest_score(forest, &points, scores);
            for (size_t i = 0; i < 600; i++)
                assert_true(i == 17 || scores[i] < scores[17]);
            forest_destroy(forest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_equal_reference),
        cmocka_unit_test(test_foreign_rows),
        cmocka_unit_test(test_constant_columns),
        cmocka_unit_test(test_parsed_forests_are_the_same),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_coders),
        cmocka_unit_test(test_few_values_stay_apart),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_a_lone_point_is_the_oddest),
    };
    return cmocka_run_group_tests(tests, say_seed, NULL);
}
