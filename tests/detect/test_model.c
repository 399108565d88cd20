#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "detect/model.h"
#include "tests/detect/rows.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED 20260807u

static struct hg_model *train(const struct rows *rows, uint64_t seed)
{
    struct hg_trainer *trainer;
    struct hg_model *model;
    assert_int_equal(hg_trainer_create(&(struct hg_train_settings){.seed = seed}, &trainer, NULL), HG_OK);
    assert_int_equal(hg_trainer_add(trainer, rows->pointers, rows->n, &rows->matrix, NULL), HG_OK);
    assert_true(hg_trainer_ready(trainer));
    assert_int_equal(hg_trainer_fit(trainer, &model, NULL), HG_OK);
    hg_trainer_destroy(trainer);
    return model;
}

/* In blocks of so many rows; the matrix is cut by shifting its base. */
static struct hg_score *score_blocks(const struct hg_model *model, const struct rows *rows, size_t block)
{
    struct hg_score_scratch *scratch;
    assert_int_equal(hg_score_scratch_create(&scratch, NULL), HG_OK);
    struct hg_score *scores = calloc(rows->n, sizeof *scores);
    assert_non_null(scores);
    for (size_t first = 0; first < rows->n; first += block) {
        size_t n = rows->n - first < block ? rows->n - first : block;
        struct hg_matrix part = {.cells = rows->matrix.cells + first, .codes = rows->matrix.codes + first, .rows = n, .stride = rows->matrix.stride};
        hg_model_score(model, scratch, rows->pointers + first, n, &part, scores + first);
    }
    hg_score_scratch_destroy(scratch);
    for (size_t i = 0; i < rows->n; i++)
        scores[i].severity = (uint8_t)hg_severity_at(scores[i].p, 0.01);
    return scores;
}

static void assert_same_scores(const struct hg_score *a, const struct hg_score *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(&a[i].value, &b[i].value, sizeof a[i].value);
        assert_int_equal(a[i].severity, b[i].severity);
        assert_int_equal(a[i].state, b[i].state);
        assert_int_equal(a[i].columns, b[i].columns);
    }
}

static void test_block_size_does_not_matter(void **state)
{
    (void)state;
    struct rows rows = rows_flows(5000, SEED);
    struct hg_model *model = train(&rows, 1);
    struct hg_score *whole = score_blocks(model, &rows, 65536);
    static const size_t blocks[] = {1, 7, 1000};
    for (size_t i = 0; i < 3; i++) {
        struct hg_score *parts = score_blocks(model, &rows, blocks[i]);
        assert_same_scores(whole, parts, rows.n);
        free(parts);
    }
    free(whole);
    hg_model_destroy(model);
    rows_free(&rows);
}

static struct hg_buf bytes_of(const struct hg_model *model)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 64u << 20);
    hg_model_serialise(model, &buf);
    assert_false(buf.failed);
    return buf;
}

static void test_same_rows_same_bytes(void **state)
{
    (void)state;
    struct rows rows = rows_flows(3000, SEED);
    struct hg_model *a = train(&rows, 5), *b = train(&rows, 5), *c = train(&rows, 6);
    struct hg_buf x = bytes_of(a), y = bytes_of(b);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.p, y.p, x.len);
    struct hg_id da = hg_model_digest(a), db = hg_model_digest(b), dc = hg_model_digest(c);
    assert_memory_equal(&da, &db, sizeof da);
    assert_memory_not_equal(&da, &dc, sizeof da);
    hg_buf_free(&x);
    hg_buf_free(&y);
    hg_model_destroy(a);
    hg_model_destroy(b);
    hg_model_destroy(c);
    rows_free(&rows);
}

static void test_a_loaded_model_scores_the_same(void **state)
{
    (void)state;
    struct rows rows = rows_flows(4000, SEED);
    struct hg_model *model = train(&rows, 1), *loaded;
    char directory[] = "/tmp/hg-model-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/model", directory);
    struct hg_err err = {0};
    assert_int_equal(hg_model_save(model, path, &err), HG_OK);
    assert_int_equal(hg_model_save(model, path, &err), HG_OK); /* over the old one */
    assert_int_equal(hg_model_load(path, &loaded, &err), HG_OK);
    struct hg_id a = hg_model_digest(model), b = hg_model_digest(loaded);
    assert_memory_equal(&a, &b, sizeof a);
    struct hg_score *before = score_blocks(model, &rows, 1000), *after = score_blocks(loaded, &rows, 1000);
    assert_same_scores(before, after, rows.n);
    struct hg_buf x = bytes_of(model), y = bytes_of(loaded);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.p, y.p, x.len);
    hg_buf_free(&x);
    hg_buf_free(&y);
    free(before);
    free(after);
    hg_model_destroy(model);
    hg_model_destroy(loaded);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing temporary is left */
    assert_int_equal(hg_model_load(path, &loaded, &err), HG_EIO);
    rows_free(&rows);
}

/* In a block of exactly that size, so that a sanitizer sees a read past its end. */
static enum hg_rc parse_exact(const char *bytes, size_t len, struct hg_err *ret_err)
{
    char *copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    struct hg_model *model = NULL;
    enum hg_rc rc = hg_model_parse((struct hg_slice){copy, len}, &model, ret_err);
    if (rc == HG_OK)
        hg_model_destroy(model);
    else
        assert_null(model);
    free(copy);
    return rc;
}

/* Every byte changed and every cut where step is 1; else all of the first and last, and some between. */
static void assert_damage_is_refused(struct hg_buf *buf, size_t step)
{
    struct hg_err err;
    assert_int_equal(parse_exact(buf->p, buf->len, &err), HG_OK);
    for (size_t i = 0; i < buf->len; i += i < 1024 || i + 64 > buf->len ? 1 : step) {
        buf->p[i] = (char)(buf->p[i] ^ (1 << i % 8));
        err = (struct hg_err){0};
        assert_int_equal(parse_exact(buf->p, buf->len, &err), HG_EFORMAT);
        assert_true(err.msg[0] != '\0');
        buf->p[i] = (char)(buf->p[i] ^ (1 << i % 8));
    }
    for (size_t len = 0; len < buf->len; len += len < 1024 ? 1 : step)
        assert_int_equal(parse_exact(buf->p, len, &err), HG_EFORMAT);
}

static struct rows alike_rows(size_t n)
{
    struct rows rows = rows_create(n);
    for (size_t i = 0; i < n; i++) {
        rows.events[i].dataset = HG_DATASET_dionaea;
        rows.events[i].label = HG_LABEL_ATTACK; /* a honeypot learns from its own traffic */
        rows_set(&rows, i, HG_FEATURE_src_is_private, 0);
        rows_set_code(&rows, i, HG_FEATURE_port_rarity, 446);
    }
    return rows;
}

static void test_damage_is_refused(void **state)
{
    (void)state;
    struct rows flows = rows_flows(300, SEED), alike = alike_rows(300); /* the second makes a model without trees */
    struct hg_model *large = train(&flows, 1), *small = train(&alike, 1);
    struct hg_buf large_bytes = bytes_of(large), small_bytes = bytes_of(small);
    assert_true(small_bytes.len < 2048);
    assert_damage_is_refused(&small_bytes, 1);
    assert_damage_is_refused(&large_bytes, 151);
    struct hg_err err;
    assert_int_equal(parse_exact("PK\003\004 something else altogether", 30, &err), HG_EFORMAT);
    assert_non_null(strstr(err.msg, "not a honeyguide model"));
    hg_buf_free(&large_bytes);
    hg_buf_free(&small_bytes);
    hg_model_destroy(large);
    hg_model_destroy(small);
    rows_free(&flows);
    rows_free(&alike);
}

/* A damage with a right checksum reaches the parser itself: it may accept what is sound, but never crash. */
static void test_resealed_damage_never_crashes(void **state)
{
    (void)state;
    struct rows rows = rows_flows(300, SEED);
    struct hg_model *model = train(&rows, 1);
    struct hg_buf buf = bytes_of(model);
    struct hg_rng rng = hg_rng_seeded(SEED);
    static const struct hg_id key = {"honeyguide model"};
    size_t refused = 0;
    print_message("# seed %u\n", SEED);
    char *copy = malloc(buf.len);
    assert_non_null(copy);
    for (int round = 0; round < 400; round++) {
        memcpy(copy, buf.p, buf.len);
        size_t span = round % 2 == 0 ? 2048 : buf.len - 60; /* half of them in the head, where the structure is */
        size_t at = 44 + hg_rng_below(&rng, span - 44);
        copy[at] ^= (char)(1 + hg_rng_below(&rng, 255));
        struct hg_id sum = hg_siphash128(&key, (struct hg_slice){copy, buf.len - sizeof sum});
        memcpy(copy + buf.len - sizeof sum, sum.b, sizeof sum);
        struct hg_err err;
        struct hg_model *parsed;
        enum hg_rc rc = hg_model_parse((struct hg_slice){copy, buf.len}, &parsed, &err);
        refused += rc != HG_OK;
        if (rc != HG_OK) {
            assert_int_equal(rc, HG_EFORMAT);
            continue;
        }
        free(score_blocks(parsed, &rows, 1000));
        hg_model_destroy(parsed);
    }
    assert_true(refused > 10);
    free(copy);
    hg_buf_free(&buf);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_alarms_in_training_keep_their_share(void **state)
{
    (void)state;
    struct rows rows = rows_flows(20000, SEED);
    struct hg_model *model = train(&rows, 1);
    struct hg_score *scores = score_blocks(model, &rows, 4096);
    size_t at_least[4] = {0}, in_range = 0;
    for (size_t i = 0; i < rows.n; i++) {
        for (int s = 0; s <= scores[i].severity; s++)
            at_least[s]++;
        in_range += scores[i].p > 0 && scores[i].p <= 1 && scores[i].value == 1 - scores[i].p;
    }
    assert_int_equal(in_range, rows.n);
    assert_true(at_least[HG_SEVERITY_LOW] <= rows.n / 80 && at_least[HG_SEVERITY_LOW] > rows.n / 200);
    assert_true(at_least[HG_SEVERITY_MEDIUM] <= rows.n / 500);
    assert_true(at_least[HG_SEVERITY_HIGH] <= rows.n / 4000);
    free(scores);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_odd_rows_score_high_and_say_why(void **state)
{
    (void)state;
    struct rows rows = rows_flows(20000, SEED);
    struct hg_model *model = train(&rows, 1);
    rows_set(&rows, 7, HG_FEATURE_total_bytes, 4e9f);
    rows_set(&rows, 7, HG_FEATURE_total_packets, 4e5f);
    rows_set(&rows, 7, HG_FEATURE_bytes_per_packet, 10000);
    rows_set(&rows, 7, HG_FEATURE_duration, 90000);
    rows_set(&rows, 7, HG_FEATURE_bytes_ratio, 0.999f);
    rows_set(&rows, 7, HG_FEATURE_packets_ratio, 0.999f);
    rows_set_code(&rows, 7, HG_FEATURE_port_rarity, 4445);
    rows.events[7].destination_port = 4444;
    struct hg_score *scores = score_blocks(model, &rows, 4096);
    assert_int_equal(scores[7].severity, HG_SEVERITY_HIGH);
    struct hg_score_scratch *scratch;
    assert_int_equal(hg_score_scratch_create(&scratch, NULL), HG_OK);
    for (size_t i = 0; i < 200; i++) {
        hg_model_explain(model, scratch, rows.pointers[i], i, &rows.matrix, &scores[i]);
        float sum = 0;
        for (size_t k = 0; k < scores[i].n_top; k++) {
            sum += scores[i].top[k].share;
            assert_true(k == 0 || scores[i].top[k].share <= scores[i].top[k - 1].share);
            assert_true(scores[i].top[k].low <= scores[i].top[k].high);
        }
        assert_true(sum <= 1.000001f);
    }
    bool named = false;
    for (size_t k = 0; k < scores[7].n_top; k++)
        named |= scores[7].top[k].feature == HG_FEATURE_total_bytes || scores[7].top[k].feature == HG_FEATURE_duration;
    assert_true(named);
    struct hg_buf words;
    hg_buf_init(&words, 4096);
    hg_reason_words(rows.pointers[7], &scores[7], &words);
    print_message("# %.*s\n", (int)words.len, words.p);
    assert_true(words.len > 20);
    hg_buf_free(&words);
    hg_score_scratch_destroy(scratch);
    free(scores);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_gaps(void **state)
{
    (void)state;
    struct rows rows = rows_flows(6000, SEED);
    struct hg_model *model = train(&rows, 1);
    /* row 0 has everything; row 1 no rates, which training knew; row 2 gaps that it never saw; row 3 nothing at all */
    struct rows probe = rows_create(4);
    struct hg_rng rng = hg_rng_seeded(SEED + 1);
    for (size_t i = 0; i < 4; i++) {
        do
            rows_fill_flow(&probe, i, &rng);
        while (hg_matrix_column(&probe.matrix, HG_FEATURE_duration)[i] == 0);
    }
    for (size_t i = 1; i < 3; i++) {
        rows_set(&probe, i, HG_FEATURE_duration, 0);
        rows_set(&probe, i, HG_FEATURE_bytes_per_second, NAN);
        rows_set(&probe, i, HG_FEATURE_packets_per_second, INFINITY); /* counts as missing */
    }
    rows_set(&probe, 2, HG_FEATURE_total_bytes, NAN);
    rows_set_code(&probe, 2, HG_FEATURE_port_rarity, 0);
    for (int f = 0; f < HG_FEATURE_COUNT; f++) {
        if (f < HG_FEATURE_FIRST_CODE)
            rows_set(&probe, 3, (enum hg_feature)f, NAN);
        else
            rows_set_code(&probe, 3, (enum hg_feature)f, 0);
    }
    struct hg_score *scores = score_blocks(model, &probe, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scores[i].state, HG_SCORED);
        assert_true(scores[i].value > 0 && scores[i].value < 1);
    }
    assert_int_equal(scores[1].columns, scores[0].columns - 2);
    assert_int_equal(scores[2].columns, scores[1].columns - 2);
    assert_int_equal(scores[3].state, HG_NOTHING_TO_COMPARE);
    struct hg_score_scratch *scratch;
    assert_int_equal(hg_score_scratch_create(&scratch, NULL), HG_OK);
    hg_model_explain(model, scratch, probe.pointers[2], 2, &probe.matrix, &scores[2]);
    for (size_t k = 0; k < scores[2].n_top; k++)
        assert_true(scores[2].top[k].feature != HG_FEATURE_total_bytes &&
                    scores[2].top[k].feature != HG_FEATURE_port_rarity);
    hg_score_scratch_destroy(scratch);
    free(scores);
    rows_free(&probe);
    hg_model_destroy(model);
    rows_free(&rows);
}

static bool has_gap(const struct rows *rows, size_t i)
{
    return hg_matrix_codes(&rows->matrix, HG_FEATURE_application_rarity)[i] == 0;
}

/* Small flows lose a column and look odd besides. */
static void make_gaps(struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (hg_matrix_column(&rows->matrix, HG_FEATURE_total_bytes)[i] >= 100)
            continue;
        rows_set_code(rows, i, HG_FEATURE_application_rarity, 0);
        rows_set(rows, i, HG_FEATURE_bytes_ratio, 1);
        rows_set(rows, i, HG_FEATURE_packets_ratio, 1);
        rows_set(rows, i, HG_FEATURE_direction, 3);
    }
}

/* A quarter of the rows has gaps: too few in training for a set of their own, and unlike the others. They must not
 * alarm more. */
static void test_gaps_are_no_alarm(void **state)
{
    (void)state;
    struct rows rows = rows_flows(600, SEED), fresh = rows_flows(20000, SEED + 1);
    make_gaps(&rows);
    make_gaps(&fresh);
    struct hg_model *model = train(&rows, 1);
    struct hg_score *scores = score_blocks(model, &fresh, 4096);
    size_t alarms[2] = {0}, n[2] = {0};
    for (size_t i = 0; i < fresh.n; i++) {
        alarms[has_gap(&fresh, i)] += scores[i].severity != HG_SEVERITY_NONE;
        n[has_gap(&fresh, i)]++;
    }
    print_message("# %zu alarms of %zu without gaps, %zu of %zu with\n", alarms[0], n[0], alarms[1], n[1]);
    assert_true(n[1] > 4000 && alarms[1] * 40 < n[1] && alarms[0] * 40 < n[0]);
    free(scores);
    rows_free(&fresh);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_columns_that_are_left_out(void **state)
{
    (void)state;
    struct rows rows = rows_flows(1000, SEED);
    for (size_t i = 0; i < 830; i++)
        rows_set(&rows, i, HG_FEATURE_bytes_ratio, NAN);
    struct hg_model *model = train(&rows, 1);
    struct hg_buf text;
    hg_buf_init(&text, 1 << 16);
    hg_model_describe(model, &text);
    hg_buf_char(&text, '\0');
    assert_non_null(strstr(text.p, "bytes_ratio: over 50 % missing (83 %)"));
    assert_non_null(strstr(text.p, "dst_is_private: constant"));
    assert_non_null(strstr(text.p, "hour: less than 14 days of training"));
    assert_non_null(strstr(text.p, "cowrie: not learnt, 0 usable rows"));
    hg_buf_clear(&text);
    struct hg_jsonw w = {.buf = &text};
    hg_model_json(model, &w);
    hg_buf_char(&text, '\0');
    assert_non_null(strstr(text.p, "{\"feature\":\"bytes_ratio\",\"reason\":\"over 50 % missing (83 %)\"}"));
    assert_non_null(strstr(text.p, "\"name\":\"suricata_flow\",\"rows\":1000"));
    hg_buf_free(&text);
    hg_model_destroy(model);

    for (size_t i = 0; i < rows.n; i++) { /* the same over 15 days: the hour may count */
        rows.events[i].time_us += (int64_t)i * 22 * HG_MINUTE;
        rows_set(&rows, i, HG_FEATURE_hour, (float)(i % 24));
    }
    model = train(&rows, 1);
    hg_buf_init(&text, 1 << 16);
    hg_model_describe(model, &text);
    hg_buf_char(&text, '\0');
    assert_null(strstr(text.p, "hour: "));
    hg_buf_free(&text);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_nothing_to_compare(void **state)
{
    (void)state;
    struct rows rows = alike_rows(400);
    struct hg_model *model = train(&rows, 1);
    rows.events[3].dataset = HG_DATASET_iscx;
    struct hg_score *scores = score_blocks(model, &rows, 100);
    assert_int_equal(scores[0].state, HG_NOTHING_TO_COMPARE);
    assert_true(scores[0].value == 0 && scores[0].severity == HG_SEVERITY_NONE);
    assert_int_equal(scores[3].state, HG_NO_SUBMODEL);
    free(scores);
    hg_model_destroy(model);
    rows_free(&rows);
}

static void test_which_labels_are_learnt(void **state)
{
    (void)state;
    struct rows rows = rows_flows(1000, SEED);
    for (size_t i = 0; i < rows.n; i++) {
        rows.events[i].dataset = HG_DATASET_iscx;
        rows.events[i].label = i % 3 == 0 ? HG_LABEL_NORMAL : i % 3 == 1 ? HG_LABEL_ATTACK : HG_LABEL_NONE;
    }
    struct hg_model *model = train(&rows, 1);
    struct hg_buf text;
    hg_buf_init(&text, 1 << 16);
    hg_model_describe(model, &text);
    hg_buf_char(&text, '\0');
    assert_non_null(strstr(text.p, "iscx: 334 rows labelled Normal used of 334"));

    /* a label is no feature: other labels, same scores */
    struct hg_score *before = score_blocks(model, &rows, 1000);
    for (size_t i = 0; i < rows.n; i++)
        rows.events[i].label = (uint8_t)(i * 7 % 3);
    struct hg_score *after = score_blocks(model, &rows, 1000);
    assert_same_scores(before, after, rows.n);
    free(before);
    free(after);
    hg_model_destroy(model);

    struct hg_trainer *trainer;
    assert_int_equal(hg_trainer_create(&(struct hg_train_settings){.seed = 1}, &trainer, NULL), HG_OK);
    for (size_t i = 0; i < rows.n; i++)
        rows.events[i].label = HG_LABEL_ATTACK;
    assert_int_equal(hg_trainer_add(trainer, rows.pointers, rows.n, &rows.matrix, NULL), HG_OK);
    assert_false(hg_trainer_ready(trainer));
    assert_int_equal(hg_trainer_fit(trainer, &model, NULL), HG_ESTATE);
    hg_trainer_destroy(trainer);
    hg_buf_free(&text);
    rows_free(&rows);
}

static void test_the_reservoir_is_bounded(void **state)
{
    (void)state;
    struct rows rows = rows_flows(20000, SEED);
    struct hg_trainer *trainer;
    struct hg_model *model;
    assert_int_equal(hg_trainer_create(&(struct hg_train_settings){.seed = 1}, &trainer, NULL), HG_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(hg_trainer_add(trainer, rows.pointers, rows.n, &rows.matrix, NULL), HG_OK);
    assert_int_equal(hg_trainer_fit(trainer, &model, NULL), HG_OK);
    struct hg_buf text;
    hg_buf_init(&text, 1 << 16);
    hg_model_describe(model, &text);
    hg_buf_char(&text, '\0');
    assert_non_null(strstr(text.p, "suricata_flow: 65536 rows without label used of 80000"));
    hg_buf_free(&text);
    hg_model_destroy(model);
    hg_trainer_destroy(trainer);
    rows_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_size_does_not_matter),
        cmocka_unit_test(test_same_rows_same_bytes),
        cmocka_unit_test(test_a_loaded_model_scores_the_same),
        cmocka_unit_test(test_damage_is_refused),
        cmocka_unit_test(test_resealed_damage_never_crashes),
        cmocka_unit_test(test_alarms_in_training_keep_their_share),
        cmocka_unit_test(test_odd_rows_score_high_and_say_why),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_gaps_are_no_alarm),
        cmocka_unit_test(test_columns_that_are_left_out),
        cmocka_unit_test(test_nothing_to_compare),
        cmocka_unit_test(test_which_labels_are_learnt),
        cmocka_unit_test(test_the_reservoir_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
