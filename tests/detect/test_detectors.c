#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "detect/detect.h"
#include "detect/plain_math.h"

#include <math.h>
#include <stdlib.h>

/* The contract of detect.h, for every detector. */
#define SEED    99173u
#define ROWS    1500u
#define COLUMNS 11u

static float cells[ROWS * COLUMNS];
static const struct hg_table table = {
    .cells = cells, .rows = ROWS, .columns = COLUMNS, .stride = ROWS};

static int make_rows(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(SEED);
    print_message("# seed %u\n", SEED);
    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t i = 0; i < ROWS; i++) {
            double u = hg_rng_unit(&rng);
            double value = c == 0 ? (double)hg_rng_below(&rng, 3) : c == 1 ? 1e30 * u : c == 5 ? exp(u * 20) : u - 0.5;
            cells[c * ROWS + i] = (float)value;
        }
    }
    return 0;
}

static struct hg_detector_state *fit(const struct hg_detector *detector, uint64_t seed)
{
    struct hg_detector_state *state = NULL;
    assert_int_equal(detector->fit(&table, &(struct hg_fit_settings){.seed = seed, .contamination = HG_CONTAMINATION}, &state, NULL), HG_OK);
    return state;
}

static struct hg_buf bytes_of(const struct hg_detector *detector, const struct hg_detector_state *state)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 64u << 20);
    detector->serialise(state, &buf);
    assert_false(buf.failed);
    return buf;
}

static void get_row(size_t i, float *ret)
{
    for (size_t c = 0; c < COLUMNS; c++)
        ret[c] = cells[c * ROWS + i];
}

static void test_same_seed_same_bytes(void **unused)
{
    (void)unused;
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *a = fit(detector, 3), *b = fit(detector, 3);
        struct hg_buf x = bytes_of(detector, a), y = bytes_of(detector, b);
        assert_int_equal(x.len, y.len);
        assert_memory_equal(x.p, y.p, x.len);
        hg_buf_free(&x);
        hg_buf_free(&y);
        detector->destroy(a);
        detector->destroy(b);
        detector->destroy(NULL);
    }
}

static void test_parsed_scores_the_same_bits(void **unused)
{
    (void)unused;
    static float before[ROWS], after[ROWS];
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *state = fit(detector, 3), *parsed;
        struct hg_buf bytes = bytes_of(detector, state);
        assert_int_equal(detector->parse(hg_buf_slice(&bytes), COLUMNS, &parsed, NULL), HG_OK);
        detector->score(state, &table, before);
        detector->score(parsed, &table, after);
        assert_memory_equal(before, after, sizeof before);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(isfinite(before[i]));
        hg_buf_free(&bytes);
        detector->destroy(state);
        detector->destroy(parsed);
    }
}

static void test_damage_is_refused(void **unused)
{
    (void)unused;
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *state = fit(detector, 3), *parsed;
        struct hg_buf bytes = bytes_of(detector, state);
        assert_int_equal(detector->parse(hg_buf_slice(&bytes), COLUMNS + 1, &parsed, NULL), HG_EFORMAT);
        for (size_t len = 0; len < bytes.len; len += len < 500 ? 1 : 997) {
            char *copy = malloc(len + (len == 0)); /* exactly so long, for a sanitizer's eyes */
            assert_non_null(copy);
            memcpy(copy, bytes.p, len);
            assert_int_equal(detector->parse((struct hg_slice){copy, len}, COLUMNS, &parsed, NULL), HG_EFORMAT);
            free(copy);
        }
        hg_buf_char(&bytes, 0);
        assert_int_equal(detector->parse(hg_buf_slice(&bytes), COLUMNS, &parsed, NULL), HG_EFORMAT);
        hg_buf_free(&bytes);
        detector->destroy(state);
    }
}

static void test_any_block_size_gives_the_same_bits(void **unused)
{
    (void)unused;
    static float whole[ROWS], parts[ROWS];
    static const size_t blocks[] = {1, 7, 100, 1000};
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *state = fit(detector, 3);
        detector->score(state, &table, whole);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            for (size_t i = 0; i < ROWS; i += blocks[b]) {
                struct hg_table part = table;
                part.cells += i;
                part.rows = ROWS - i < blocks[b] ? ROWS - i : blocks[b];
                detector->score(state, &part, parts + i);
            }
            assert_memory_equal(whole, parts, sizeof whole);
        }
        detector->destroy(state);
    }
}

static void test_shares_sum_to_one(void **unused)
{
    (void)unused;
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *state = fit(detector, 3);
        for (size_t i = 0; i < ROWS; i++) {
            float row[COLUMNS], shares[COLUMNS], sum = 0;
            get_row(i, row);
            row[i % COLUMNS] = i % 2 == 0 ? NAN : row[i % COLUMNS];
            detector->explain(state, row, shares);
            for (size_t c = 0; c < COLUMNS; c++) {
                assert_true(shares[c] >= 0);
                sum += shares[c];
            }
            assert_true(sum == 0 || fabsf(sum - 1) < 1e-6f);
            assert_true(i % 2 != 0 || shares[i % COLUMNS] == 0);
        }
        detector->destroy(state);
    }
}

static void test_partial_scores(void **unused)
{
    (void)unused;
    static float scores[ROWS];
    for (size_t d = 0; d < hg_detector_count(); d++) {
        const struct hg_detector *detector = hg_detector_at(d);
        struct hg_detector_state *state = fit(detector, 3);
        detector->score(state, &table, scores);
        for (size_t i = 0; i < ROWS; i++) {
            float row[COLUMNS];
            get_row(i, row);
            assert_true(detector->score_partial(state, row) == scores[i]); /* nothing is missing: the same */
            row[3] = row[7] = NAN;
            float partial = detector->score_partial(state, row);
            assert_true(isfinite(partial));
        }
        detector->destroy(state);
    }
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
    struct hg_detector_state *state;
    assert_int_equal(hg_detector_at(0)->fit(&points, &(struct hg_fit_settings){.seed = 1}, &state, NULL), HG_OK);
    hg_detector_at(0)->score(state, &points, scores);
    for (size_t i = 0; i < 600; i++)
        assert_true(i == 17 || scores[i] < scores[17]);
    hg_detector_at(0)->destroy(state);
}

static void test_plain_math(void **unused)
{
    (void)unused;
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (int i = 0; i < 100000; i++) {
        double x = exp((hg_rng_unit(&rng) - 0.5) * 170), y = (hg_rng_unit(&rng) - 0.5) * 250;
        assert_true(fabs(plain_log(x) - log(x)) <= 1e-15 * (1 + fabs(log(x))));
        assert_true(fabs(plain_exp2(y) / exp2(y) - 1) < 4e-15);
    }
    assert_true(plain_log(1) == 0 && plain_exp2(0) == 1 && plain_exp2(-3) == 0.125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_parsed_scores_the_same_bits),
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_any_block_size_gives_the_same_bits),
        cmocka_unit_test(test_shares_sum_to_one),
        cmocka_unit_test(test_partial_scores),
        cmocka_unit_test(test_a_lone_point_is_the_oddest),
        cmocka_unit_test(test_plain_math),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
