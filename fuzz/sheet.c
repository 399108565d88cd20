/* Tables: any bytes, in any pieces, give the same sheet or the same refusal, and a sheet is whole. The first byte chooses. */
#include "fuzz.h"

#include "core/event.h"
#include "table/table.h"

#include <math.h>

struct pieces {
    struct hg_slice left;
    size_t step;
};

static enum hg_rc give(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    (void)reterr;
    struct pieces *p = self;
    size_t n = p->left.len < room ? p->left.len : room;
    n = n < p->step ? n : p->step;
    if (n > 0)
        memcpy(out, p->left.p, n);
    p->left = hg_slice_from(p->left, n);
    *ret_len = n;
    return HG_OK;
}

static void say(void *self, const char *message)
{
    *(size_t *)self += strlen(message);
}

static void check_sheet(const struct hg_sheet *sheet)
{
    FUZZ_CHECK(sheet->rows > 0 && sheet->rows == sheet->read - sheet->malformed);
    for (size_t c = 0; c < sheet->n_columns; c++) {
        const struct hg_sheet_column *column = &sheet->columns[c];
        FUZZ_CHECK((column->numbers == NULL) == column->is_category && (column->codes == NULL) == !column->is_category);
        for (size_t i = 0; !column->is_category && i < sheet->rows; i++)
            FUZZ_CHECK(!isinf(column->numbers[i]));
    }
    for (size_t i = 0; sheet->labelled && i < sheet->rows; i++)
        FUZZ_CHECK((sheet->labels[i] == HG_LABEL_ATTACK) == (sheet->families[i] < sheet->n_families));
}

static void check_same(const struct hg_sheet *a, const struct hg_sheet *b)
{
    FUZZ_CHECK(a->rows == b->rows && a->n_columns == b->n_columns && a->malformed == b->malformed && a->infinite == b->infinite);
    for (size_t c = 0; c < a->n_columns; c++) {
        const struct hg_sheet_column *x = &a->columns[c], *y = &b->columns[c];
        FUZZ_CHECK(x->is_category == y->is_category);
        FUZZ_CHECK(memcmp(x->is_category ? (void *)x->codes : (void *)x->numbers, y->is_category ? (void *)y->codes : (void *)y->numbers,
                          a->rows * sizeof(float)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", "b", "gone"};
    static const bool kinds[] = {false, true, false};
    static const struct hg_sheet_schema schema = {3, names, kinds};
    if (size == 0)
        return 0;
    struct hg_slice bytes = {(const char *)data + 1, size - 1};
    size_t said[2] = {0, 0};
    struct hg_sheet sheets[2] = {{0}, {0}};
    enum hg_rc rcs[2];
    for (int i = 0; i < 2; i++) {
        struct pieces pieces = {bytes, i == 0 ? SIZE_MAX : 1u + data[0] / 4};
        struct hg_table_source source = {give, &pieces, "fuzz"};
        struct hg_sheet_settings settings = {.label_column = (data[0] & 1) != 0 ? "y" : NULL, .schema = (data[0] & 2) != 0 ? &schema : NULL,
                                             .say = say, .say_self = &said[i]};
        rcs[i] = hg_sheet_read(&source, &settings, &sheets[i], NULL);
    }
    FUZZ_CHECK(rcs[0] == rcs[1] && said[0] == said[1]);
    if (rcs[0] == HG_OK) {
        check_sheet(&sheets[0]);
        check_same(&sheets[0], &sheets[1]);
    }
    hg_sheet_free(&sheets[0]);
    hg_sheet_free(&sheets[1]);
    return 0;
}
