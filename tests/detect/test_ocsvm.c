#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/ocsvm_power.h"
#include "tests/detect/ocsvm_rows.h"

#include <float.h>

#include <libsvm/svm.h>

/* The one-class SVM against libsvm's own training and prediction, its kernels against the reference, and what is far out. */
static void get_row(const struct hg_table *rows, size_t i, float *ret)
{
    for (size_t c = 0; c < rows->columns; c++)
        ret[c] = rows->cells[c * rows->stride + i];
}

/* ---- libsvm by the book: standardise, train, predict; nothing here is shared with the detector */

struct book {
    size_t used, column_of[COLUMNS];
    double means[COLUMNS], deviations[COLUMNS];
    struct svm_node *nodes;
    struct svm_problem problem;
    struct svm_model *model;
};

static void standardise(const struct book *book, const struct hg_table *rows, size_t i, struct svm_node *ret)
{
    for (size_t c = 0; c < book->used; c++) {
        double value = (double)rows->cells[book->column_of[c] * rows->stride + i];
        ret[c] = (struct svm_node){.index = (int)c + 1, .value = (value - book->means[c]) / book->deviations[c]};
    }
    ret[book->used].index = -1;
}

static void measure(struct book *book, const struct hg_table *rows)
{
    for (size_t c = 0; c < rows->columns; c++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < rows->rows; i++)
            mean += (double)rows->cells[c * rows->stride + i] / (double)rows->rows;
        for (size_t i = 0; i < rows->rows; i++)
            variance += pow((double)rows->cells[c * rows->stride + i] - mean, 2) / (double)rows->rows;
        if (c == 5) /* the constant one */
            continue;
        book->column_of[book->used] = c;
        book->means[book->used] = mean;
        book->deviations[book->used++] = sqrt(variance);
    }
}

static void quiet(const char *text)
{
    (void)text;
}

static struct book by_the_book(const struct hg_table *rows, double nu)
{
    struct book book = {0};
    measure(&book, rows);
    book.nodes = calloc(rows->rows * (book.used + 1), sizeof *book.nodes);
    book.problem.l = (int)rows->rows;
    book.problem.y = calloc(rows->rows, sizeof *book.problem.y);
    book.problem.x = calloc(rows->rows, sizeof *book.problem.x);
    assert_true(book.nodes != NULL && book.problem.y != NULL && book.problem.x != NULL);
    for (size_t i = 0; i < rows->rows; i++) {
        book.problem.x[i] = book.nodes + i * (book.used + 1);
        standardise(&book, rows, i, book.problem.x[i]);
    }
    struct svm_parameter parameter = {.svm_type = ONE_CLASS, .kernel_type = RBF, .gamma = 3.0 / (double)book.used, .nu = nu,
                                      .cache_size = 100, .eps = 1e-3, .shrinking = 1};
    assert_null(svm_check_parameter(&book.problem, &parameter));
    svm_set_print_string_function(quiet);
    book.model = svm_train(&book.problem, &parameter);
    return book;
}

static void close_book(struct book *book)
{
    svm_free_and_destroy_model(&book->model);
    free(book->nodes);
    free(book->problem.y);
    free(book->problem.x);
}

static double libsvm_value(const struct book *book, const struct hg_table *rows, size_t i)
{
    struct svm_node nodes[COLUMNS + 1];
    double value;
    standardise(book, rows, i, nodes);
    svm_predict_values(book->model, nodes, &value);
    return value;
}

/* Other rows than those of training: a mixture of two each, some stretched out of the cloud. */
static void make_others(float *others)
{
    struct hg_rng rng = hg_rng_seeded(SEED + 1);
    for (size_t i = 0; i < ROWS; i++) {
        size_t a = hg_rng_below(&rng, ROWS), b = hg_rng_below(&rng, ROWS);
        double stretch = i % 3 == 0 ? 3 * hg_rng_unit(&rng) : hg_rng_unit(&rng);
        for (size_t c = 0; c < COLUMNS; c++) {
            double from = (double)cells[c * ROWS + a], to = (double)cells[c * ROWS + b];
            others[c * ROWS + i] = (float)(from + stretch * (to - from));
        }
    }
}

static void test_decisions_equal_libsvm(void **unused)
{
    (void)unused;
    static float others[ROWS * COLUMNS];
    static double values[ROWS];
    static const double contaminations[] = {0, 0.0625, 0.25}, nus[] = {0.05, 0.125, 0.5};
    make_others(others);
    const struct hg_table tables[] = {table, {.cells = others, .rows = ROWS, .columns = COLUMNS, .stride = ROWS}};
    for (size_t n = 0; n < sizeof contaminations / sizeof contaminations[0]; n++) {
        struct hg_detector_state *state = fit_with(&table, 1, (float)contaminations[n]);
        struct book book = by_the_book(&table, nus[n]);
        double worst = 0;
        assert_int_equal((int)state->vectors, book.model->l);
        for (size_t t = 0; t < 2; t++) {
            ocsvm_decide_with(&ocsvm_kernel_portable, state, &tables[t], values);
            for (size_t i = 0; i < ROWS; i++)
                worst = fmax(worst, fabs(-values[i] - libsvm_value(&book, &tables[t], i)));
        }
        print_message("# nu %.3f: %u support vectors, coefficients' sum %.1f, greatest difference %.1e on %u rows\n",
                      nus[n], state->vectors, state->total, worst, 2 * ROWS);
        assert_true(worst < 1e-6);
        close_book(&book);
        detector->destroy(state);
    }
}

static void test_scores_keep_the_order_of_decisions(void **unused)
{
    (void)unused;
    static double values[ROWS];
    static float scores[ROWS];
    struct hg_detector_state *state = fit_with(&table, 1, 0.1f); /* nu 0.2 */
    ocsvm_decide_with(&ocsvm_kernel_portable, state, &table, values);
    detector->score(state, &table, scores);
    size_t outside = 0;
    for (size_t i = 0; i < ROWS; i++) {
        outside += values[i] > 1e-6;
        double same = -log((state->rho - values[i]) / state->total);
        assert_true(fabs((double)scores[i] - same) < 1e-5 * (1 + fabs(same)));
    }
    assert_true(outside > 0 && outside <= ROWS / 5 + 20); /* nu bounds the share outside, up to the tolerance of training */
    detector->destroy(state);
}

/* ---- kernels */

static void check_kernel(const struct ocsvm_kernel *kernel, const struct hg_detector_state *state, const struct hg_table *rows)
{
    double *expected = calloc(rows->rows, sizeof *expected), *values = calloc(rows->rows, sizeof *values);
    assert_true(expected != NULL && values != NULL);
    ocsvm_decide_with(&ocsvm_kernel_portable, state, rows, expected);
    ocsvm_decide_with(kernel, state, rows, values);
    assert_memory_equal(expected, values, rows->rows * sizeof *values);
    free(expected);
    free(values);
}

static void test_kernels_equal_reference(void **unused)
{
    (void)unused;
    static float wild[ROWS * COLUMNS];
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        wild[i] = i % 7 == 0 ? FLT_MAX : i % 11 == 0 ? -cells[i] : i % 13 == 0 ? FLT_MIN / 16 : cells[i] * (float)(1 + i % 40);
    for (size_t k = 0; k < ocsvm_kernel_count; k++) {
        if (!ocsvm_kernels[k]->runs_here()) {
            print_message("# the processor has no %s: that kernel is not compared\n", ocsvm_kernels[k]->name);
            continue;
        }
        for (uint32_t columns = 1; columns <= COLUMNS; columns += columns < 4 ? 1 : 5) {
            struct hg_table part = {.cells = cells, .rows = ROWS - columns * 41, .columns = columns, .stride = ROWS}, all = table;
            struct hg_detector_state *state = fit_with(&part, columns, 0.05f);
            all.columns = columns;
            check_kernel(ocsvm_kernels[k], state, &all);
            all.cells = wild;
            check_kernel(ocsvm_kernels[k], state, &all);
            for (all.rows = 1; all.rows < 10; all.rows++)
                check_kernel(ocsvm_kernels[k], state, &all);
            detector->destroy(state);
        }
    }
}

/* No product and sum were fused into one rounding in the reference: spelt out by volatile steps. */
static void test_the_reference_rounds_twice(void **unused)
{
    (void)unused;
    struct hg_detector_state *state = fit_with(&table, 1, 0.1f);
    static struct ocsvm_rows rows;
    static struct ocsvm_sums sums;
    for (uint32_t c = 0; c < state->used; c++)
        for (size_t u = 0; u < OCSVM_ROWS; u++)
            rows.cells[c][u] = ocsvm_scaled(state, c, cells[state->column_of[c] * ROWS + u]);
    ocsvm_kernel_portable.sums(state, &rows, &sums);
    for (size_t lane = 0; lane < OCSVM_LANES; lane++) {
        volatile double sum = 0;
        for (size_t b = 0; b < state->blocks; b++) {
            volatile double exponent = state->minus_half[b * OCSVM_LANES + lane];
            for (uint32_t c = 0; c < state->used; c++) {
                volatile double product = rows.cells[c][0] * state->blocked[(b * state->used + c) * OCSVM_LANES + lane];
                exponent = exponent + product;
            }
            volatile double product = state->coefficients[b * OCSVM_LANES + lane] * ocsvm_exp2(exponent);
            sum = sum + product;
        }
        assert_true(sum == sums.lanes[0][lane]);
    }
    detector->destroy(state);
}

static void test_power(void **unused)
{
    (void)unused;
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (int i = 0; i < 100000; i++) {
        double y = -900 * hg_rng_unit(&rng) * hg_rng_unit(&rng);
        assert_true(fabs(ocsvm_exp2(y) / exp2(y) - 1) < 2e-12);
    }
    assert_true(ocsvm_exp2(0) == 1 && ocsvm_exp2(-3) == 0.125);
    assert_true(ocsvm_exp2(-1e300) == 0x1p-900 && ocsvm_exp2(-900.4) == 0x1p-900);
}

/* ---- training */

static void test_same_rows_and_seed_same_bytes(void **unused)
{
    (void)unused;
    const size_t n = 7000;
    float *many = calloc(3 * n, sizeof *many);
    struct hg_rng rng = hg_rng_seeded(SEED);
    assert_non_null(many);
    for (size_t i = 0; i < 3 * n; i++)
        many[i] = (float)(hg_rng_unit(&rng) + hg_rng_unit(&rng));
    struct hg_table rows = {.cells = many, .rows = n, .columns = 3, .stride = n};
    struct hg_detector_state *a = fit_with(&rows, 5, 0), *b = fit_with(&rows, 5, 0), *c = fit_with(&rows, 6, 0);
    struct hg_buf x = bytes_of(a), y = bytes_of(b), z = bytes_of(c);
    assert_true(x.len == y.len && memcmp(x.p, y.p, x.len) == 0);
    assert_true(x.len != z.len || memcmp(x.p, z.p, x.len) != 0); /* another sample */
    hg_buf_free(&x);
    hg_buf_free(&y);
    hg_buf_free(&z);
    detector->destroy(a);
    detector->destroy(b);
    detector->destroy(c);
    free(many);
}

static void test_sample(void **unused)
{
    (void)unused;
    static size_t rows[OCSVM_SAMPLE];
    static unsigned drawn[4 * OCSVM_SAMPLE];
    assert_int_equal(ocsvm_sample(3, 24, 1, rows), 3);
    assert_true(rows[0] == 0 && rows[1] == 1 && rows[2] == 2);
    assert_int_equal(ocsvm_sample(OCSVM_SAMPLE, 24, 1, rows), OCSVM_SAMPLE);
    assert_int_equal(rows[OCSVM_SAMPLE - 1], OCSVM_SAMPLE - 1);
    for (uint64_t seed = 0; seed < 100; seed++) {
        assert_int_equal(ocsvm_sample(4 * OCSVM_SAMPLE, 64, seed, rows), OCSVM_SAMPLE);
        for (size_t i = 0; i < OCSVM_SAMPLE; i++) {
            assert_true(rows[i] < 4 * OCSVM_SAMPLE && (i == 0 || rows[i] > rows[i - 1])); /* none twice */
            drawn[rows[i]]++;
        }
    }
    for (size_t i = 0; i < 4 * OCSVM_SAMPLE; i++)
        assert_true(drawn[i] > 3 && drawn[i] < 55); /* 25 expected, 4.3 the deviation */
}

static void test_too_little_is_refused(void **unused)
{
    (void)unused;
    struct hg_detector_state *state = NULL;
    struct hg_table one = table, none = table;
    one.rows = 1;
    none.columns = 0;
    assert_int_equal(detector->fit(&one, &(struct hg_fit_settings){0}, &state, NULL), HG_ESTATE);
    assert_int_equal(detector->fit(&none, &(struct hg_fit_settings){0}, &state, NULL), HG_ESTATE);
    assert_null(state);
}

/* ---- extremes */

static void check_finite(const struct hg_table *train, const struct hg_table *points, float contamination)
{
    struct hg_detector_state *state = fit_with(train, 1, contamination), *parsed;
    struct hg_buf bytes = bytes_of(state);
    float *scores = calloc(points->rows, sizeof *scores), *row = calloc(points->columns, sizeof *row),
          *shares = calloc(points->columns, sizeof *shares);
    assert_true(scores != NULL && row != NULL && shares != NULL);
    assert_int_equal(detector->parse(hg_buf_slice(&bytes), points->columns, &parsed, NULL), HG_OK);
    detector->score(parsed, points, scores);
    for (size_t i = 0; i < points->rows; i++) {
        float sum = 0;
        assert_true(isfinite(scores[i]) && scores[i] >= 0);
        get_row(points, i, row);
        assert_true(detector->score_partial(state, row) == scores[i]);
        row[0] = NAN;
        assert_true(isfinite(detector->score_partial(state, row)));
        detector->explain(state, row, shares);
        assert_true(shares[0] == 0);
        for (size_t c = 0; c < points->columns; c++) {
            assert_true(shares[c] >= 0 && shares[c] <= 1);
            sum += shares[c];
        }
        assert_true(sum == 0 || fabsf(sum - 1) < 1e-5f);
    }
    detector->destroy(state);
    detector->destroy(parsed);
    hg_buf_free(&bytes);
    free(scores);
    free(row);
    free(shares);
}

static void test_extremes_stay_finite(void **unused)
{
    (void)unused;
    static const float huge[] = {FLT_MAX, -FLT_MAX, FLT_MAX / 2, 1, 0, FLT_MIN / 1024, -FLT_MIN, 1e20f, 1, 1, 1, 2,
                                 1e20f, 0, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8};
    const struct hg_table wide = {.cells = huge, .rows = 8, .columns = 3, .stride = 8};
    const struct hg_table two = {.cells = huge, .rows = 2, .columns = 3, .stride = 2};
    const struct hg_table tiny = {.cells = huge + 4, .rows = 3, .columns = 1, .stride = 3};
    const struct hg_table points = {.cells = huge, .rows = 24, .columns = 1, .stride = 24};
    const struct hg_table plain = {.cells = huge + 8, .rows = 4, .columns = 3, .stride = 4};
    for (float contamination = 0; contamination < 1.1f; contamination += 0.25f) {
        check_finite(&wide, &wide, contamination);
        check_finite(&two, &two, contamination);
        check_finite(&tiny, &points, contamination);
        check_finite(&plain, &wide, contamination);
    }
}

static void test_farther_is_odder_without_end(void **unused)
{
    (void)unused;
    static const float steps[] = {20, 100, 1e3f, 1e4f, 1e6f, 1e12f, 1e24f, FLT_MAX};
    struct hg_detector_state *state = fit_with(&table, 1, 0.1f);
    float row[COLUMNS], before = 0;
    get_row(&table, 1, row);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        row[7] = steps[i];
        float score = detector->score_partial(state, row);
        assert_true(score > before);
        before = score;
    }
    row[7] = cells[7 * ROWS + 1];
    float plain = detector->score_partial(state, row);
    row[5] = 1e9f; /* constant in training */
    assert_true(detector->score_partial(state, row) == plain);
    detector->destroy(state);
}

static void test_nothing_varies(void **unused)
{
    (void)unused;
    static const float same[] = {2, 2, 2, 7, 7, 7}, other[] = {1, 2, 3, 4, 5, 6};
    const struct hg_table rows = {.cells = same, .rows = 3, .columns = 2, .stride = 3};
    const struct hg_table points = {.cells = other, .rows = 3, .columns = 2, .stride = 3};
    float scores[3];
    struct hg_detector_state *state = fit_with(&rows, 1, 0);
    detector->score(state, &points, scores);
    assert_true(scores[0] == 0 && scores[1] == 0 && scores[2] == 0);
    detector->destroy(state);
    check_finite(&rows, &points, 0.1f);
}

static void test_most_columns(void **unused)
{
    (void)unused;
    float *wide = calloc(40 * HG_COLUMNS_MAX, sizeof *wide);
    struct hg_rng rng = hg_rng_seeded(SEED);
    assert_non_null(wide);
    for (size_t i = 0; i < 40 * HG_COLUMNS_MAX; i++)
        wide[i] = (float)hg_rng_unit(&rng);
    struct hg_table rows = {.cells = wide, .rows = 40, .columns = HG_COLUMNS_MAX, .stride = 40};
    struct hg_detector_state *state;
    check_finite(&rows, &rows, 0.1f);
    rows.columns++;
    assert_int_equal(detector->fit(&rows, &(struct hg_fit_settings){0}, &state, NULL), HG_ESTATE);
    free(wide);
}

/* ---- rows with gaps, reasons */

static void test_gaps_widen_the_rest(void **unused)
{
    (void)unused;
    struct hg_detector_state *state = fit_with(&table, 1, 0.1f);
    float row[COLUMNS], gaps[COLUMNS];
    for (size_t i = 0; i < 100; i++) {
        get_row(&table, i, row);
        memcpy(gaps, row, sizeof gaps);
        for (size_t c = 0; c < COLUMNS; c += 3)
            gaps[c] = NAN;
        double sum = 0; /* by the formula */
        for (uint32_t v = 0; v < state->vectors; v++) {
            double distance = 0;
            size_t present = 0;
            for (uint32_t c = 0; c < state->used; c++) {
                float value = gaps[state->column_of[c]];
                double difference = ((double)value - (double)state->cells[v * state->used + c]) / state->deviations[c];
                distance += isnan(value) ? 0 : difference * difference;
                present += isnan(value) ? 0 : 1;
            }
            sum += state->coefficients[v] * exp(-state->gamma * (double)state->used / (double)present * distance);
        }
        double expected = -log(sum / state->total);
        assert_true(fabs((double)detector->score_partial(state, gaps) - expected) < 1e-5 * (1 + expected));
        float whole = detector->score_partial(state, row);
        row[5] = NAN; /* constant in training: not missed */
        assert_true(detector->score_partial(state, row) == whole);
    }
    for (size_t c = 0; c < COLUMNS; c++)
        gaps[c] = NAN;
    assert_true(detector->score_partial(state, gaps) == 0);
    detector->destroy(state);
}

static void test_the_odd_column_is_named(void **unused)
{
    (void)unused;
    struct hg_detector_state *state = fit_with(&table, 1, 0.1f);
    size_t named = 0, n = 0;
    for (size_t i = 1; i < ROWS; i += 7) {
        size_t odd = 6 + i % 18;
        float row[COLUMNS], shares[COLUMNS];
        get_row(&table, i, row);
        row[odd] += 5; /* 10 deviations */
        detector->explain(state, row, shares);
        size_t first = 0;
        for (size_t c = 0; c < COLUMNS; c++)
            first = shares[c] > shares[first] ? c : first;
        named += first == odd;
        n++;
    }
    print_message("# the column that was changed is named first in %zu of %zu rows\n", named, n);
    assert_true(named * 10 > n * 9);
    detector->destroy(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions_equal_libsvm),
        cmocka_unit_test(test_scores_keep_the_order_of_decisions),
        cmocka_unit_test(test_kernels_equal_reference),
        cmocka_unit_test(test_the_reference_rounds_twice),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_same_rows_and_seed_same_bytes),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_too_little_is_refused),
        cmocka_unit_test(test_extremes_stay_finite),
        cmocka_unit_test(test_farther_is_odder_without_end),
        cmocka_unit_test(test_nothing_varies),
        cmocka_unit_test(test_most_columns),
        cmocka_unit_test(test_gaps_widen_the_rest),
        cmocka_unit_test(test_the_odd_column_is_named),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
