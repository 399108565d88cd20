#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/detect/ocsvm_rows.h"

/* The one-class SVM's bytes in a model file: whatever is wrong with them is refused, and nothing crashes. */
static void expect_refused(const char *bytes, size_t len)
{
    struct hg_detector_state *parsed = NULL;
    char *copy = malloc(len + (len == 0)); /* exactly so long, for a sanitizer's eyes */
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    assert_int_equal(detector->parse((struct hg_slice){copy, len}, COLUMNS, &parsed, NULL), HG_EFORMAT);
    assert_null(parsed);
    free(copy);
}

static void test_damage_is_refused(void **unused)
{
    (void)unused;
    struct hg_detector_state *state = fit_with(&table, 1, 0.05f);
    struct hg_buf bytes = bytes_of(state);
    for (size_t len = 0; len < bytes.len; len += len < 700 ? 1 : 331)
        expect_refused(bytes.p, len);
    static const uint8_t counts[] = {0, 1, 0x13, 0x88, 0x89, 0xff};
    for (size_t at = 0; at < 7; at++) { /* version and counts */
        char kept = bytes.p[at];
        for (size_t i = 0; i < sizeof counts; i++) {
            bytes.p[at] = (char)counts[i];
            if (bytes.p[at] != kept)
                expect_refused(bytes.p, bytes.len);
        }
        bytes.p[at] = kept;
    }
    for (size_t at = 7; at < bytes.len; at += at < 700 ? 8 : 92) { /* whatever number it falls on: NaN */
        char kept[12];
        size_t room = bytes.len - at < sizeof kept ? bytes.len - at : sizeof kept;
        memcpy(kept, bytes.p + at, room);
        memset(bytes.p + at, 0xff, room);
        expect_refused(bytes.p, bytes.len);
        memcpy(bytes.p + at, kept, room);
    }
    hg_buf_char(&bytes, 0);
    expect_refused(bytes.p, bytes.len);
    hg_buf_free(&bytes);
    detector->destroy(state);
}

static void test_what_training_never_makes_is_refused(void **unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++) {
        struct hg_detector_state *state = fit_with(&table, 1, 0.02f);
        if (i == 0)
            state->cells[9] = (float)(state->means[9] + 110 * state->deviations[9]); /* farther than 5,000 rows let it be */
        else if (i == 1)
            state->coefficients[3] = -0.5;
        else if (i == 2)
            state->column_of[4] = state->column_of[3];
        else if (i == 3)
            state->deviations[2] = 0;
        else
            state->gamma = 1e6;
        struct hg_buf bytes = bytes_of(state);
        expect_refused(bytes.p, bytes.len);
        hg_buf_free(&bytes);
        detector->destroy(state);
    }
}

/* What damage the checks can't see still scores finitely: a bit of a cell is flipped, not its meaning. */
static void test_any_flipped_bit_is_harmless(void **unused)
{
    (void)unused;
    static float scores[ROWS];
    struct hg_table few = table;
    few.rows = 9;
    struct hg_detector_state *state = fit_with(&table, 1, 0.02f), *parsed;
    struct hg_buf bytes = bytes_of(state);
    struct hg_rng rng = hg_rng_seeded(SEED);
    size_t taken = 0;
    for (int i = 0; i < 20000; i++) {
        size_t at = i % 2 == 0 ? hg_rng_below(&rng, bytes.len) : hg_rng_below(&rng, 23 + 18 * COLUMNS);
        char bit = (char)(1 << hg_rng_below(&rng, 8));
        bytes.p[at] ^= bit;
        enum hg_rc rc = detector->parse(hg_buf_slice(&bytes), COLUMNS, &parsed, NULL);
        bytes.p[at] ^= bit;
        if (rc != HG_OK)
            continue;
        taken++;
        detector->score(parsed, &few, scores);
        for (size_t row = 0; row < few.rows; row++)
            assert_true(isfinite(scores[row]) && scores[row] >= 0);
        detector->destroy(parsed);
    }
    assert_true(taken > 1000);
    hg_buf_free(&bytes);
    detector->destroy(state);
}

static void test_file_of_the_largest_machine(void **unused)
{
    (void)unused;
    struct hg_detector_state *state, *parsed;
    struct hg_buf bytes;
    hg_buf_init(&bytes, 256u << 20);
    assert_int_equal(ocsvm_create(HG_COLUMNS_MAX, HG_COLUMNS_MAX, OCSVM_SAMPLE, &state, NULL), HG_OK);
    state->gamma = 1.0 / HG_COLUMNS_MAX;
    for (uint32_t c = 0; c < HG_COLUMNS_MAX; c++) {
        state->column_of[c] = (uint16_t)c;
        state->deviations[c] = 1;
    }
    for (uint32_t i = 0; i < OCSVM_SAMPLE; i++) {
        state->coefficients[i] = 1;
        state->cells[(size_t)i * HG_COLUMNS_MAX + i % HG_COLUMNS_MAX] = 1;
    }
    detector->serialise(state, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(detector->parse(hg_buf_slice(&bytes), HG_COLUMNS_MAX, &parsed, NULL), HG_OK);
    assert_int_equal(parsed->vectors, OCSVM_SAMPLE);
    hg_buf_free(&bytes);
    detector->destroy(state);
    detector->destroy(parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_what_training_never_makes_is_refused),
        cmocka_unit_test(test_any_flipped_bit_is_harmless),
        cmocka_unit_test(test_file_of_the_largest_machine),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
