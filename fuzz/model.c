/*
 * Model files: any bytes are refused or make a model that scores without a crash. The first byte chooses the detector of a small real
 * model, or that the rest stands for a file itself; else the rest are edits of the model's bytes (where, two bytes, and what to xor,
 * one byte), which are sealed again with a right checksum so that they reach the parser.
 */
#include "fuzz.h"

#include "detect/model.h"

#define ROWS    40u
#define COLUMNS 4u

static struct hg_sheet *made_up_sheet(void)
{
    static float numbers[3][ROWS];
    static uint32_t codes[ROWS];
    static struct hg_sheet_column columns[COLUMNS];
    static struct hg_sheet sheet = {.rows = ROWS, .n_columns = COLUMNS, .columns = columns};
    static char names[COLUMNS][2] = {"a", "b", "c", "d"};
    for (uint32_t i = 0; i < ROWS; i++) {
        numbers[0][i] = (float)(i * i % 23);
        numbers[1][i] = (float)(1u << i % 20);
        numbers[2][i] = i % 3 == 0 ? __builtin_nanf("") : (float)i;
        codes[i] = 1 + i % 5 * (i % 2);
    }
    for (uint32_t c = 0; c < COLUMNS; c++)
        columns[c] = (struct hg_sheet_column){.name = names[c], .is_category = c == 3, .numbers = c < 3 ? numbers[c] : NULL,
                                              .codes = c == 3 ? codes : NULL};
    return &sheet;
}

static const struct hg_buf *made_up_model(size_t detector)
{
    static struct hg_buf models[16];
    struct hg_buf *model = &models[detector];
    if (model->len > 0)
        return model;
    struct hg_train_settings settings = {.seed = 1, .detector = hg_detector_at(detector)};
    struct hg_model *made = NULL;
    FUZZ_CHECK(hg_model_fit_sheet(made_up_sheet(), NULL, ROWS, &settings, &made, NULL) == HG_OK);
    hg_buf_init(model, (size_t)64 * 1024 * 1024);
    hg_model_serialise(made, model);
    FUZZ_CHECK(!model->failed);
    hg_model_destroy(made);
    return model;
}

static void reseal(char *bytes, size_t len)
{
    static const struct hg_id key = {"honeyguide model"};
    struct hg_id sum = hg_siphash128(&key, (struct hg_slice){bytes, len - sizeof sum});
    memcpy(bytes + len - sizeof sum, sum.b, sizeof sum);
}

static void try_model(const char *bytes, size_t len)
{
    struct hg_err err = {0};
    struct hg_model *model = NULL;
    enum hg_rc rc = hg_model_parse((struct hg_slice){bytes, len}, &model, &err);
    FUZZ_CHECK((rc == HG_OK) == (model != NULL) && (rc == HG_OK || err.msg[0] != '\0'));
    if (rc != HG_OK)
        return;
    struct hg_score scores[ROWS];
    rc = hg_model_score_sheet(model, made_up_sheet(), NULL, ROWS, scores, &err);
    for (size_t i = 0; rc == HG_OK && i < ROWS; i++)
        FUZZ_CHECK(scores[i].p >= 0 && scores[i].p <= 1);
    hg_model_destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t choice = data[0] % (hg_detector_count() + 1);
    if (choice == hg_detector_count()) {
        char *copy = fuzz_copy(data + 1, size - 1, 0, 0);
        try_model(copy, size - 1);
        free(copy);
        return 0;
    }
    const struct hg_buf *model = made_up_model(choice);
    char *copy = fuzz_copy(model->p, model->len, 0, 0);
    for (size_t i = 1; i + 3 <= size; i += 3)
        copy[((size_t)data[i] << 8 | data[i + 1]) % model->len] ^= (char)data[i + 2];
    reseal(copy, model->len);
    try_model(copy, model->len);
    free(copy);
    return 0;
}
