/* p-values: that an asked rate of false alarms is the realised one, whatever the scores look like; and the null test of detection.md. */
#include "detect/calibration.h"
#include "detect/model.h"
#include "tests/detect/rows.h"
#include "tests/support/cmocka_all.h"

#define SEED  20260811
#define DRAWS 200

static int compare_f32(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* ---- realised and asked */

struct pool { /* scores of ordinary rows, sorted */
    float *scores;
    size_t n;
};

/* The share of the pool with p < rate. */
static double realised(const struct calibration *calibration, const struct pool *pool, double rate)
{
    size_t low = 0, high = pool->n; /* the first that alarms */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (calibration_p(calibration, pool->scores[middle]) < rate)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)(pool->n - low) / (double)pool->n;
}

/* Quantile of Beta(k, n + 1 - k), which the realised rate of split conformal follows: by bisection on the binomial tail
 * P(Beta <= x) = P(Bin(n, x) >= k). */
static double beta_quantile(double k, double n, double q)
{
    double low = 0, high = 1;
    for (int step = 0; step < 60; step++) {
        double x = (low + high) / 2, term = exp(n * log1p(-x)), below = 0;
        for (int j = 0; j < (int)k; j++) {
            below += term;
            term *= (n - j) / (j + 1) * x / (1 - x);
        }
        if (1 - below < q)
            low = x;
        else
            high = x;
    }
    return (low + high) / 2;
}

static void check_rate(const char *name, const struct pool *pool, size_t n, double rate, struct hg_rng *rng)
{
    struct calibration *calibration = malloc(sizeof *calibration);
    float *drawn = malloc(n * sizeof *drawn);
    assert_true(calibration != NULL && drawn != NULL);
    double k = floor(rate * (double)(n + 1)), low = beta_quantile(k, (double)n, 0.025), high = beta_quantile(k, (double)n, 0.975), sum = 0;
    int inside = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        for (size_t i = 0; i < n; i++)
            drawn[i] = pool->scores[hg_rng_below(rng, pool->n)];
        calibration_make(drawn, n, calibration);
        double got = realised(calibration, pool, rate);
        sum += got;
        inside += got >= low && got <= high;
    }
    double ratio = sum / DRAWS / rate, share = (double)inside / DRAWS;
    print_message("# %s, %zu rows: asked %g, realised %.4g (%.3f times), %.1f %% of %d draws in the 95 %% interval\n", name, n, rate,
                  sum / DRAWS, ratio, share * 100, DRAWS);
    assert_true(ratio > 1 / 1.1 && ratio < 1.1);
    assert_true(share >= 0.90); /* 95 % but for the luck of 200 draws: 3 sigma is 4.6 points */
    free(drawn);
    free(calibration);
}

static struct pool make_pool(size_t n, float (*score)(struct hg_rng *rng), struct hg_rng *rng)
{
    struct pool pool = {malloc(n * sizeof *pool.scores), n};
    assert_non_null(pool.scores);
    for (size_t i = 0; i < n; i++)
        pool.scores[i] = score(rng);
    qsort(pool.scores, n, sizeof *pool.scores, compare_f32);
    return pool;
}

static float bounded(struct hg_rng *rng)
{
    double u = hg_rng_unit(rng);
    return (float)(1 - cbrt(u)) * 0.8f;
}

static float exponential(struct hg_rng *rng)
{
    return (float)-log(1 - hg_rng_unit(rng));
}

static float heavy(struct hg_rng *rng)
{
    return (float)pow(1 - hg_rng_unit(rng), -0.4);
}

static void test_asked_is_realised(void **state)
{
    (void)state;
    print_message("# seed %d\n", SEED);
    struct hg_rng rng = hg_rng_seeded(SEED);
    static const struct {
        const char *name;
        float (*score)(struct hg_rng *rng);
    } shapes[] = {{"bounded scores", bounded}, {"exponential scores", exponential}, {"heavy-tailed scores", heavy}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct pool pool = make_pool(2000000, shapes[i].score, &rng);
        check_rate(shapes[i].name, &pool, 10000, 1e-3, &rng);
        check_rate(shapes[i].name, &pool, 50000, 1e-4, &rng);
        free(pool.scores);
    }
}

/* Beyond what the sample carries the tail goes on: 2,000 rows asked for 1e-4. */
static void test_the_tail_extrapolates(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED + 1);
    struct calibration *calibration = malloc(sizeof *calibration);
    float drawn[10000];
    float (*const shapes[])(struct hg_rng *) = {bounded, exponential, heavy};
    static const size_t sizes[] = {2000, 10000};
    for (size_t s = 0; s < 3; s++) {
        struct pool pool = make_pool(2000000, shapes[s], &rng);
        for (size_t k = 0; k < 2; k++) {
            double sum = 0;
            for (int draw = 0; draw < DRAWS; draw++) {
                for (size_t i = 0; i < sizes[k]; i++)
                    drawn[i] = pool.scores[hg_rng_below(&rng, pool.n)];
                calibration_make(drawn, sizes[k], calibration);
                sum += realised(calibration, &pool, 1e-4);
            }
            print_message("# shape %zu, %zu rows: asked 1e-4, realised %.3g\n", s, sizes[k], sum / DRAWS);
                assert_true(sum / DRAWS < (k == 0 ? 5e-4 : 2e-4) && sum / DRAWS > 0.5e-4);
        }
        free(pool.scores);
    }
    free(calibration);
}

/* ---- shape */

static void test_p_falls_and_never_ends(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED + 2);
    struct calibration *calibration = malloc(sizeof *calibration);
    float scores[3000];
    float (*const shapes[])(struct hg_rng *) = {bounded, exponential, heavy};
    for (size_t s = 0; s < 3; s++) {
        for (size_t i = 0; i < 3000; i++)
            scores[i] = shapes[s](&rng);
        calibration_make(scores, 3000, calibration);
        double last = 1.1, start = (double)scores[0], end = 1000 * (double)scores[2999];
        for (int i = 0; i < 100000; i++) {
            float at = (float)(start * pow(end / start, i / 1e5));
            double p = calibration_p(calibration, at);
            assert_true(p > 0 && p <= 1 && p <= last);
            last = p;
        }
        assert_true(calibration_p(calibration, scores[2999] * 10) > calibration_p(calibration, scores[2999] * 100));
        assert_true(calibration_p(calibration, -1e30f) == 1);
        assert_true(calibration_p(calibration, 3e38f) > 0);
    }
    free(calibration);
}

static void test_ties_never_alarm_more_than_asked(void **state)
{
    (void)state;
    struct calibration *calibration = malloc(sizeof *calibration);
    float scores[1000];
    for (size_t i = 0; i < 1000; i++)
        scores[i] = i < 700 ? 1.0f : 2.0f;
    for (size_t i = 0; i < 5; i++)
        scores[i] = 3.0f;
    calibration_make(scores, 1000, calibration);
    assert_true(fabs(calibration_p(calibration, 3.0f) - 5.0 / 1001) < 1e-12);
    for (size_t i = 0; i < 1000; i++)
        scores[i] = i < 700 ? 1.0f : 2.0f;
    calibration_make(scores, 1000, calibration);
    assert_true(fabs(calibration_p(calibration, 2.0f) - 150.5 / 1001) < 1e-12);
    assert_true(fabs(calibration_p(calibration, 1.0f) - 650.5 / 1001) < 1e-12);
    assert_true(calibration_p(calibration, 2.001f) < 1.0 / 1000); /* nothing like it was ever seen */
    for (size_t i = 0; i < 1000; i++)
        scores[i] = 5;
    calibration_make(scores, 1000, calibration);
    assert_true(calibration_p(calibration, 5) > 0.49 && calibration_p(calibration, 5.5f) < 1e-3 && calibration_p(calibration, 4.9f) == 1);
    float one = 3;
    calibration_make(&one, 1, calibration);
    assert_true(calibration_p(calibration, 3) == 0.5 && calibration_p(calibration, 4) < 0.5 && calibration_p(calibration, 2) == 1);
    free(calibration);
}

static void test_bytes(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED + 3);
    struct calibration *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    float scores[5000];
    for (size_t i = 0; i < 5000; i++)
        scores[i] = heavy(&rng);
    calibration_make(scores, 5000, a);
    struct hg_buf buf;
    hg_buf_init(&buf, 1u << 20);
    calibration_put(a, &buf);
    struct bytes_in in = {.rest = hg_buf_slice(&buf)};
    assert_true(calibration_get(&in, b) && in.rest.len == 0);
    for (int i = 0; i < 10000; i++) {
        float at = heavy(&rng) - 0.5f;
        assert_true(calibration_p(a, at) == calibration_p(b, at));
    }
    for (size_t cut = 0; cut < buf.len; cut += 7) {
        in = (struct bytes_in){.rest = {buf.p, cut}};
        assert_false(calibration_get(&in, b));
    }
    buf.p[8] ^= 0x40; /* the order of knots */
    buf.p[20] = (char)(buf.p[8] ^ 0x7f);
    hg_buf_free(&buf);
    free(a);
    free(b);
}

/* ---- a whole model */

static struct hg_score *score_all(const struct hg_model *model, const struct rows *rows)
{
    struct hg_score *scores = calloc(rows->n, sizeof *scores);
    struct hg_score_scratch *scratch;
    assert_non_null(scores);
    assert_int_equal(hg_score_scratch_create(&scratch, NULL), HG_OK);
    hg_model_score(model, scratch, rows->pointers, rows->n, &rows->matrix, scores);
    hg_score_scratch_destroy(scratch);
    return scores;
}

static struct hg_model *train(const struct rows *rows, const struct hg_detector *detector)
{
    struct hg_trainer *trainer;
    struct hg_model *model;
    assert_int_equal(hg_trainer_create(&(struct hg_train_settings){.seed = 1, .detector = detector}, &trainer, NULL), HG_OK);
    assert_int_equal(hg_trainer_add(trainer, rows->pointers, rows->n, &rows->matrix, NULL), HG_OK);
    assert_int_equal(hg_trainer_fit(trainer, &model, NULL), HG_OK);
    hg_trainer_destroy(trainer);
    return model;
}

/* p-values of rows that the model never saw are uniform: counted at several levels, within five standard deviations of what the size
 * of the calibration leaves open. */
static void test_p_values_of_a_model_are_uniform(void **state)
{
    (void)state;
    for (size_t d = 0; d < hg_detector_count(); d++) {
        struct rows learnt = rows_flows(20000, SEED + 4), fresh = rows_flows(20000, SEED + 5);
        struct hg_model *model = train(&learnt, hg_detector_at(d));
        struct hg_score *scores = score_all(model, &fresh);
        static const double levels[] = {0.5, 0.1, 0.01, 0.001};
        for (size_t k = 0; k < 4; k++) {
            size_t below = 0;
            for (size_t i = 0; i < fresh.n; i++)
                below += scores[i].p < levels[k];
            double share = (double)below / (double)fresh.n, deviation = sqrt(levels[k] * (1 / 5000.0 + 1 / 20000.0));
            print_message("# %s: %.4g of the p-values below %g\n", hg_detector_at(d)->name, share, levels[k]);
            assert_true(fabs(share - levels[k]) < 5 * deviation);
        }
        free(scores);
        hg_model_destroy(model);
        rows_free(&learnt);
        rows_free(&fresh);
    }
}

static double auroc(const double *odd, const double *usual, size_t n)
{
    double wins = 0; /* by ranks of the merged scores */
    float *merged = malloc(2 * n * sizeof *merged);
    float *sorted = malloc(n * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (float)usual[i];
    qsort(sorted, n, sizeof *sorted, compare_f32);
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = n;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (sorted[middle] < (float)odd[i])
                low = middle + 1;
            else
                high = middle;
        }
        size_t ties = 0;
        while (low + ties < n && !(sorted[low + ties] > (float)odd[i]))
            ties++;
        wins += (double)low + (double)ties / 2;
    }
    free(merged);
    free(sorted);
    return wins / ((double)n * (double)n);
}

/* Ordinary rows through another's mask: what is missing must not make them odd. 10,000 rows a side, half of the columns blanked. */
static void test_null(void **state)
{
    (void)state;
    static const enum hg_feature blanked[] = {HG_FEATURE_duration, HG_FEATURE_total_bytes, HG_FEATURE_total_packets, HG_FEATURE_bytes_per_second,
                                              HG_FEATURE_packets_per_second, HG_FEATURE_bytes_per_packet, HG_FEATURE_bytes_ratio,
                                              HG_FEATURE_packets_ratio};
    for (size_t d = 0; d < hg_detector_count(); d++) {
        struct rows learnt = rows_flows(20000, SEED + 6), fresh = rows_flows(20000, SEED + 7);
        for (size_t i = 0; i < 20000; i += 2)
            for (size_t b = 0; b < sizeof blanked / sizeof *blanked; b++) {
                rows_set(&learnt, i, blanked[b], NAN);
                rows_set(&fresh, i, blanked[b], NAN);
            }
        struct hg_model *model = train(&learnt, hg_detector_at(d));
        struct hg_score *scores = score_all(model, &fresh);
        double *with = malloc(10000 * sizeof *with), *without = malloc(10000 * sizeof *without);
        for (size_t i = 0; i < 20000; i += 2) {
            without[i / 2] = scores[i].value;
            with[i / 2] = scores[i + 1].value;
            assert_true(scores[i].columns < scores[i + 1].columns);
        }
        double result = auroc(without, with, 10000);
        print_message("# %s: null test %.4f\n", hg_detector_at(d)->name, result);
        assert_true(result > 0.48 && result < 0.52);
        free(with);
        free(without);
        free(scores);
        hg_model_destroy(model);
        rows_free(&learnt);
        rows_free(&fresh);
    }
}

/* A set of columns is calibrated on the rows that it will be asked about: here those without rates move far more bytes than the
 * others, which have its columns too, and must not look odd for it. */
static void test_own_rows_calibrate(void **state)
{
    (void)state;
    struct rows learnt = rows_flows(20000, SEED + 8), fresh = rows_flows(20000, SEED + 9);
    for (size_t i = 0; i < 20000; i += 16) {
        struct rows *const both[] = {&learnt, &fresh};
        for (size_t k = 0; k < 2; k++) {
            rows_set(both[k], i, HG_FEATURE_bytes_per_second, NAN);
            rows_set(both[k], i, HG_FEATURE_packets_per_second, NAN);
            rows_set(both[k], i, HG_FEATURE_total_bytes, 1e9f + (float)(i % 1000) * 1e6f);
            rows_set(both[k], i, HG_FEATURE_bytes_ratio, 0.99f);
        }
    }
    struct hg_model *model = train(&learnt, hg_detector_named(HG_SLICE("iforest")));
    struct hg_score *scores = score_all(model, &fresh);
    size_t below = 0, without = 0;
    const float *rates = hg_matrix_column(&fresh.matrix, HG_FEATURE_bytes_per_second);
    for (size_t i = 0; i < 20000; i++) {
        below += rates[i] != rates[i] && scores[i].p < 0.1;
        without += rates[i] != rates[i];
    }
    double share = (double)below / (double)without, deviation = sqrt(0.1 * (2.0 / (double)without + 1.0 / (double)without));
    print_message("# %.4f of the p-values of rows without rates below 0.1\n", share);
    assert_true(fabs(share - 0.1) < 4 * deviation);
    free(scores);
    hg_model_destroy(model);
    rows_free(&learnt);
    rows_free(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked_is_realised), cmocka_unit_test(test_the_tail_extrapolates), cmocka_unit_test(test_p_falls_and_never_ends),
        cmocka_unit_test(test_ties_never_alarm_more_than_asked), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_p_values_of_a_model_are_uniform), cmocka_unit_test(test_null), cmocka_unit_test(test_own_rows_calibrate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
