#include "evaluate/sheet_rows.h"

#include <math.h>
#include <stdlib.h>

static enum hg_rc fit(void *self, const uint32_t *indexes, const uint8_t *as, size_t n, const struct hg_train_settings *settings,
                      struct hg_model **ret, struct hg_err *reterr)
{
    (void)as;
    const struct hg_sheet_rows *rows = self;
    return hg_model_fit_sheet(rows->sheet, indexes, n, settings, ret, reterr);
}

static enum hg_rc score(void *self, const struct hg_model *model, const uint32_t *indexes, const uint8_t *as, size_t n, double rate,
                        struct hg_opinion *ret, struct hg_err *reterr)
{
    (void)as;
    (void)rate;
    struct hg_sheet_rows *rows = self;
    for (size_t start = 0; start < n; start += HG_EVALUATE_BLOCK) {
        size_t some = n - start < HG_EVALUATE_BLOCK ? n - start : HG_EVALUATE_BLOCK;
        enum hg_rc rc = hg_model_score_sheet(model, rows->sheet, indexes + start, some, rows->scores, reterr);
        if (rc != HG_OK)
            return rc;
        for (size_t i = 0; i < some; i++)
            ret[start + i] = (struct hg_opinion){.p = rows->scores[i].p, .scored = rows->scores[i].state != HG_NO_SUBMODEL};
    }
    return HG_OK;
}

/* Column by column, as they lie in memory. */
static void hash_columns(const struct hg_sheet *sheet, struct hg_case *cases, uint64_t *hashes)
{
    for (size_t c = 0; c < sheet->n_columns; c++) {
        const struct hg_sheet_column *column = &sheet->columns[c];
        for (size_t i = 0; i < sheet->rows; i++) {
            bool missing = column->is_category ? column->codes[i] == 0 : isnan(column->numbers[i]);
            uint32_t bits = 0;
            float number = column->is_category || missing || column->numbers[i] == 0 ? 0 : column->numbers[i]; /* -0 is 0 */
            memcpy(&bits, column->is_category ? (const void *)&column->codes[i] : (const void *)&number, sizeof bits);
            hashes[i] = hg_mix64(hashes[i] ^ ((uint64_t)missing << 32 | bits));
            cases[i].mask = cases[i].mask * 16777619u ^ (missing ? (uint32_t)c + 2 : 1);
        }
    }
}

static enum hg_rc make_cases(const struct hg_sheet *sheet, struct hg_case *cases, struct hg_err *reterr)
{
    uint64_t *hashes = calloc(sheet->rows + 1, sizeof *hashes);
    if (hashes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", sheet->rows);
    for (size_t i = 0; i < sheet->rows; i++) {
        uint32_t family = sheet->families[i];
        cases[i] = (struct hg_case){.time_us = HG_TIME_NONE, .truth = sheet->labels[i],
                                    .family = family < HG_NO_FAMILY ? (uint16_t)family : HG_NO_FAMILY};
        hashes[i] = sheet->labels[i];
    }
    hash_columns(sheet, cases, hashes);
    enum hg_rc rc = hg_mark_duplicates(cases, hashes, sheet->rows, reterr);
    free(hashes);
    return rc;
}

enum hg_rc hg_sheet_rows_subject(const struct hg_sheet *sheet, struct hg_sheet_rows *ret_rows, struct hg_subject *ret, struct hg_err *reterr)
{
    static const char *const kinds[] = {"table"};
    HG_ASSERT(sheet->labelled);
    ret_rows->sheet = sheet;
    ret_rows->cases = malloc((sheet->rows + 1) * sizeof *ret_rows->cases);
    if (ret_rows->cases == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", sheet->rows);
    enum hg_rc rc = make_cases(sheet, ret_rows->cases, reterr);
    if (rc != HG_OK)
        return rc;
    *ret = (struct hg_subject){.self = ret_rows, .cases = ret_rows->cases, .n = sheet->rows, .seen = sheet->rows, .n_kinds = 1, .kinds = kinds,
                               .n_families = sheet->n_families, .families = (const char *const *)sheet->family_names,
                               .fit = fit, .score = score};
    return HG_OK;
}

void hg_sheet_rows_free(struct hg_sheet_rows *rows)
{
    free(rows->cases);
    rows->cases = NULL;
}
