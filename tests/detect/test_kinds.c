/* Which sub-model an event belongs to, and which of them a model's file holds. */
#include "support/cmocka_all.h"

#include "base/instant.h"
#include "detect/model.h"
#include "tests/detect/rows.h"

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

/* Rows of different logs must never share a sub-model; and what older models lack is read as not learnt. */
static void test_mapped_logs_have_submodels_of_their_own(void **state)
{
    static const enum hg_dataset datasets[] = {HG_DATASET_zeek, HG_DATASET_custom4};
    (void)state;
    for (int d = HG_DATASET_zeek; d < HG_DATASET_COUNT; d++) {
        struct hg_event event = {.dataset = (uint8_t)d};
        assert_string_equal(hg_submodel_name(hg_submodel_of(&event)), hg_dataset_name((enum hg_dataset)d));
    }
    for (size_t d = 0; d < 2; d++) {
        struct rows rows = rows_flows(700, SEED);
        for (size_t i = 0; i < rows.n; i++) {
            rows.events[i].dataset = (uint8_t)(i < 300 ? HG_DATASET_suricata : datasets[d]);
            rows.events[i].label = i < 650 ? HG_LABEL_NONE : HG_LABEL_ATTACK;
        }
        struct hg_model *model = train(&rows, 1), *read;
        struct hg_buf bytes, text;
        hg_buf_init(&bytes, 1 << 24);
        hg_model_serialise(model, &bytes);
        hg_buf_init(&text, 1 << 16);
        assert_int_equal(hg_model_parse(hg_buf_slice(&bytes), &read, NULL), HG_OK);
        for (int kind = 0; kind < HG_SUB_COUNT; kind++) {
            bool learnt = kind == HG_SUB_SURICATA_FLOW || kind == (d == 0 ? HG_SUB_ZEEK : HG_SUB_CUSTOM4);
            assert_int_equal(hg_model_knows(read, (enum hg_submodel_kind)kind), learnt);
        }
        hg_model_describe(read, &text);
        hg_buf_char(&text, '\0');
        assert_non_null(strstr(text.p, d == 0 ? "zeek: 350 rows without label used of 350" : "custom4: 350 rows without label used of 350"));
        assert_non_null(strstr(text.p, "dionaea: not learnt"));
        assert_null(strstr(text.p, "custom1"));
        rows.events[699].dataset = HG_DATASET_custom1;
        struct hg_score scores[700];
        struct hg_score_scratch *scratch;
        assert_int_equal(hg_score_scratch_create(&scratch, NULL), HG_OK);
        hg_model_score(read, scratch, rows.pointers, rows.n, &rows.matrix, scores);
        assert_int_equal(scores[698].state, HG_SCORED);
        assert_int_equal(scores[699].state, HG_NO_SUBMODEL);
        hg_score_scratch_destroy(scratch);
        hg_buf_free(&text);
        hg_buf_free(&bytes);
        hg_model_destroy(model);
        hg_model_destroy(read);
        rows_free(&rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mapped_logs_have_submodels_of_their_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
