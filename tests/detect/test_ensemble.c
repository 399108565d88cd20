#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/surprise.h"
#include "tests/detect/prepared.h"

#define SEED 31847u

extern const struct hg_detector hg_detector_ensemble;
static const struct hg_detector *const ensemble = &hg_detector_ensemble;

/* ---- surprise */

static struct surprise make(float *scores, size_t n)
{
    struct surprise surprise;
    surprise_make(scores, n, &surprise);
    return surprise;
}

static void check_rises(const struct surprise *surprise, double low, double high)
{
    float last = -INFINITY;
    for (int i = 0; i <= 20000; i++) {
        float now = surprise_of(surprise, (float)(low + (high - low) * i / 20000));
        assert_true(isfinite(now) && now > last);
        last = now;
    }
}

static void test_surprise_is_the_share_of_rows_beyond(void **unused)
{
    (void)unused;
    static float scores[10000];
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < 10000; i++)
        scores[i] = (float)-log(1 - hg_rng_unit(&rng)); /* exponential: the surprise is the score itself */
    struct surprise surprise = make(scores, 10000);
    for (float score = 0.05f; score < 4.5f; score += 0.01f)
        assert_true(fabsf(surprise_of(&surprise, score) - score) < 0.15f);
    for (float score = 4.5f; score < 40; score += 0.5f) /* and goes on where the sample has run out */
        assert_true(fabsf(surprise_of(&surprise, score) / score - 1) < 0.3f);
}

static void test_surprise_rises_everywhere(void **unused)
{
    (void)unused;
    static float scores[4096];
    static const size_t sizes[] = {1, 2, 3, 30, 101, 4096};
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int kind = 0; kind < 4; kind++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                double u = hg_rng_unit(&rng);
                scores[i] = kind == 0   ? (float)u
                            : kind == 1 ? (float)hg_rng_below(&rng, 3)
                            : kind == 2 ? 0.5f /* all one */
                                        : (i % 50 == 7 ? (float)(7 + u) : 0); /* nearly all one */
            }
            struct surprise surprise = make(scores, sizes[s]);
            check_rises(&surprise, -1, 12);
        }
    }
}

/* Where nearly all rows score the same, more than that is rare at once. */
static void test_more_than_nearly_all_is_rare(void **unused)
{
    (void)unused;
    float scores[1000] = {0};
    for (size_t i = 0; i < 5; i++)
        scores[i * 100] = (float)(1 + i);
    struct surprise surprise = make(scores, 1000);
    assert_true(surprise_of(&surprise, 0) < 0.1f);
    assert_true(fabsf(surprise_of(&surprise, 0.01f) - logf(1001.0f / 6)) < 0.1f);
}

static void test_surprise_is_kept_in_files(void **unused)
{
    (void)unused;
    float scores[500];
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < 500; i++)
        scores[i] = (float)hg_rng_unit(&rng);
    struct surprise surprise = make(scores, 500), read;
    struct hg_buf buf;
    hg_buf_init(&buf, 1u << 20);
    surprise_put(&surprise, &buf);
    struct bytes_in in = {.rest = hg_buf_slice(&buf)};
    assert_true(surprise_get(&in, &read));
    assert_int_equal(in.rest.len, 0);
    for (float score = -1; score < 2; score += 0.001f)
        assert_true(surprise_of(&read, score) == surprise_of(&surprise, score));
    static const size_t broken[] = {3, 7, 11, 15, 16 + 4 * SURPRISE_CELLS / 2 + 3}; /* signs: of low, high, ..., a knot */
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char was = buf.p[broken[i]];
        buf.p[broken[i]] = (char)(i == 0 ? 0x7e : 0xfe);
        in = (struct bytes_in){.rest = hg_buf_slice(&buf)};
        assert_false(surprise_get(&in, &read));
        buf.p[broken[i]] = was;
    }
    hg_buf_free(&buf);
}

/* ---- the ensemble */

static double share_below(const float *scores, size_t n, float score)
{
    size_t below = 0;
    for (size_t i = 0; i < n; i++)
        below += scores[i] < score;
    return (double)below / (double)n;
}

/* The middle of a ring is no extreme of either column: a neighbour's matter. */
static void test_clean_training_shows_what_lies_between(void **unused)
{
    (void)unused;
    static float scores[2000];
    struct hg_table ring = prepared_table(2000, 2, SEED), middle = prepared_table(1, 2, SEED);
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < ring.rows; i++) {
        double angle = 6.283185307 * hg_rng_unit(&rng), radius = 1 + 0.05 * hg_rng_unit(&rng);
        *prepared_at(&ring, i, 0) = (float)(radius * cos(angle));
        *prepared_at(&ring, i, 1) = (float)(radius * sin(angle));
    }
    *prepared_at(&middle, 0, 0) = *prepared_at(&middle, 0, 1) = 0;
    struct hg_detector_state *state = prepared_fit(ensemble, &ring, 1, 0);
    float score;
    ensemble->score(state, &ring, scores);
    ensemble->score(state, &middle, &score);
    assert_true(share_below(scores, ring.rows, score) == 1);
    ensemble->destroy(state);
    prepared_free(&ring);
    prepared_free(&middle);
}

/* One row in fifty of training is an attack, all alike: prototypes hide them, unless the forest has dropped them first. */
static double found_among(float contamination)
{
    static float scores[2000];
    struct hg_table table = prepared_table(2000, 6, SEED);
    struct hg_rng rng = hg_rng_seeded(SEED);
    for (size_t i = 0; i < table.rows; i++) {
        bool attack = i % 50 == 0;
        for (size_t c = 0; c < 6; c++) {
            double normal = hg_rng_unit(&rng) + hg_rng_unit(&rng) + hg_rng_unit(&rng) + hg_rng_unit(&rng) - 2;
            *prepared_at(&table, i, c) = (float)(attack && c < 4 ? 3 + 0.02 * normal : normal);
        }
    }
    struct hg_detector_state *state = prepared_fit(ensemble, &table, 2, contamination);
    ensemble->score(state, &table, scores);
    double sum = 0;
    for (size_t i = 0; i < table.rows; i += 50)
        sum += share_below(scores, table.rows, scores[i]);
    ensemble->destroy(state);
    prepared_free(&table);
    return sum / 40;
}

static void test_attacks_in_training_are_trimmed(void **unused)
{
    (void)unused;
    double trusting = found_among(0), wary = found_among(HG_CONTAMINATION);
    print_message("# mean rank of the attacks: contamination 0 %.3f, 0.1 %.3f\n", trusting, wary);
    assert_true(wary > 0.96 && wary > trusting);
}

static void test_few_rows_are_enough(void **unused)
{
    (void)unused;
    static const size_t rows[] = {2, 3, 10, 30};
    static const float contaminations[] = {0, 0.1f, 0.5f, 7, NAN};
    for (size_t i = 0; i < 20; i++) {
        struct hg_table table = prepared_table(rows[i % 4], 3, SEED + i), other = prepared_table(20, 3, SEED);
        float scores[30], row[3] = {9e9f, 9e9f, 9e9f};
        struct hg_detector_state *state = prepared_fit(ensemble, &table, i, contaminations[i / 4]);
        ensemble->score(state, &other, scores);
        for (size_t k = 0; k < 20; k++)
            assert_true(isfinite(scores[k]));
        ensemble->score(state, &table, scores);
        for (size_t k = 0; k < table.rows; k++)
            assert_true(scores[k] < ensemble->score_partial(state, row));
        ensemble->destroy(state);
        prepared_free(&table);
        prepared_free(&other);
    }
}

static void test_equal_rows_teach_that_others_are_odd(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(200, 3, SEED);
    for (size_t i = 0; i < table.rows; i++)
        for (size_t c = 0; c < 3; c++)
            *prepared_at(&table, i, c) = c == 0 ? (float)(i % 2) : 5;
    struct hg_detector_state *state = prepared_fit(ensemble, &table, 1, 0);
    float same[3] = {1, 5, 5}, constant_differs[3] = {1, 7, 5}, differs[3] = {4, 5, 5};
    assert_true(ensemble->score_partial(state, same) < ensemble->score_partial(state, differs));
    assert_true(ensemble->score_partial(state, constant_differs) < ensemble->score_partial(state, differs)); /* pins nothing */
    ensemble->destroy(state);
    prepared_free(&table);
}

static void test_the_column_that_is_out_is_named(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(3000, 12, SEED);
    struct hg_detector_state *state = prepared_fit(ensemble, &table, 1, HG_CONTAMINATION);
    for (size_t c = 1; c < 12; c += 2) {
        float row[12], shares[12];
        for (size_t k = 0; k < 12; k++)
            row[k] = k % 6 == 2 ? -5e5f : k % 6 == 0 ? 1 : 0.25f;
        row[c] = 40;
        ensemble->explain(state, row, shares);
        for (size_t k = 0; k < 12; k++)
            assert_true(k == c || shares[k] < shares[c]);
    }
    ensemble->destroy(state);
    prepared_free(&table);
}

static void test_lengths_that_lie_are_refused(void **unused)
{
    (void)unused;
    struct hg_table table = prepared_table(300, 5, SEED);
    struct hg_detector_state *state = prepared_fit(ensemble, &table, 1, 0), *parsed;
    struct hg_buf buf;
    hg_buf_init(&buf, 16u << 20);
    hg_buf_char(&buf, 'x'); /* lengths are put right wherever the bytes begin */
    ensemble->serialise(state, &buf);
    struct hg_slice bytes = hg_slice_from(hg_buf_slice(&buf), 1);
    assert_int_equal(ensemble->parse(bytes, 5, &parsed, NULL), HG_OK);
    ensemble->destroy(parsed);
    size_t forest = (size_t)(uint8_t)buf.p[1] | (size_t)(uint8_t)buf.p[2] << 8 | (size_t)(uint8_t)buf.p[3] << 16;
    size_t at[] = {1, 2, 4, 5 + forest, 6 + forest, 8 + forest};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        for (int by = -1; by <= 1; by += 2) {
            buf.p[at[i]] = (char)(buf.p[at[i]] + by);
            assert_int_equal(ensemble->parse(bytes, 5, &parsed, NULL), HG_EFORMAT);
            buf.p[at[i]] = (char)(buf.p[at[i]] - by);
        }
    }
    hg_buf_free(&buf);
    hg_buf_init(&buf, 1000); /* too small: it fails and writes nowhere */
    ensemble->serialise(state, &buf);
    assert_true(buf.failed);
    hg_buf_free(&buf);
    ensemble->destroy(state);
    prepared_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_surprise_is_the_share_of_rows_beyond),
        cmocka_unit_test(test_surprise_rises_everywhere),
        cmocka_unit_test(test_more_than_nearly_all_is_rare),
        cmocka_unit_test(test_surprise_is_kept_in_files),
        cmocka_unit_test(test_clean_training_shows_what_lies_between),
        cmocka_unit_test(test_attacks_in_training_are_trimmed),
        cmocka_unit_test(test_few_rows_are_enough),
        cmocka_unit_test(test_equal_rows_teach_that_others_are_odd),
        cmocka_unit_test(test_the_column_that_is_out_is_named),
        cmocka_unit_test(test_lengths_that_lie_are_refused),
    };
    print_message("# seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
