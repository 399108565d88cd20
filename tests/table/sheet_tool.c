/*
 * Reads a table from standard input and prints it: a JSON line about it, then a line per row with its cells, label and family.
 *   sheet_tool [--label NAME] [--drop NAME]... [--step BYTES] [--quiet]
 */
#include "base/jsonw.h"
#include "table/table.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static enum hg_rc give(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    size_t step = *(const size_t *)self;
    *ret_len = fread(out, 1, room < step ? room : step, stdin);
    return ferror(stdin) ? hg_fail(reterr, HG_EIO, "standard input can't be read") : HG_OK;
}

static void say(void *self, const char *message)
{
    (void)self;
    fprintf(stderr, "%s\n", message);
}

static void put_head(const struct hg_sheet *sheet, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "columns");
    hg_jsonw_open(&w, '[');
    for (size_t i = 0; i < sheet->n_columns; i++)
        hg_jsonw_text(&w, sheet->columns[i].name);
    hg_jsonw_close(&w, ']');
    hg_jsonw_key(&w, "categories");
    hg_jsonw_open(&w, '[');
    for (size_t i = 0; i < sheet->n_columns; i++)
        hg_jsonw_bool(&w, sheet->columns[i].is_category);
    hg_jsonw_close(&w, ']');
    hg_jsonw_key(&w, "rows");
    hg_jsonw_u64(&w, sheet->rows);
    hg_jsonw_key(&w, "malformed");
    hg_jsonw_u64(&w, sheet->malformed);
    hg_jsonw_key(&w, "infinite");
    hg_jsonw_u64(&w, sheet->infinite);
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

static void put_row(const struct hg_sheet *sheet, size_t row, struct hg_buf *out)
{
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const struct hg_sheet_column *column = &sheet->columns[i];
        if (column->is_category)
            hg_buf_u64(out, column->codes[row]);
        else if (!isnan(column->numbers[row]))
            hg_buf_f32(out, column->numbers[row]);
        hg_buf_char(out, '\t');
    }
    if (sheet->labelled) {
        static const char *const words[] = {[HG_LABEL_NONE] = "", [HG_LABEL_NORMAL] = "normal", [HG_LABEL_ATTACK] = "attack"};
        hg_buf_text(out, words[sheet->labels[row]]);
        hg_buf_char(out, '\t');
        if (sheet->families[row] != HG_SHEET_NO_FAMILY)
            hg_buf_text(out, sheet->family_names[sheet->families[row]]);
    }
    hg_buf_char(out, '\n');
}

static int print(const struct hg_sheet *sheet)
{
    struct hg_buf out;
    hg_buf_init(&out, (size_t)1 << 32);
    put_head(sheet, &out);
    for (size_t i = 0; i < sheet->rows; i++)
        put_row(sheet, i, &out);
    bool whole = !out.failed && fwrite(out.p, 1, out.len, stdout) == out.len;
    hg_buf_free(&out);
    return whole ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"label", required_argument, NULL, 'l'}, {"drop", required_argument, NULL, 'd'},
                                            {"step", required_argument, NULL, 's'}, {"quiet", no_argument, NULL, 'q'}, {NULL, 0, NULL, 0}};
    const char *drop[64];
    struct hg_sheet_settings settings = {.drop = drop, .say = say};
    size_t step = SIZE_MAX;
    bool quiet = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'l')
            settings.label_column = optarg;
        else if (option == 'd' && settings.n_drop < 64)
            drop[settings.n_drop++] = optarg;
        else if (option == 's')
            step = strtoul(optarg, NULL, 10);
        else if (option == 'q')
            quiet = true;
        else
            return 2;
    }
    struct hg_table_source source = {give, &step, "stdin"};
    struct hg_sheet sheet = {0};
    struct hg_err err;
    if (hg_sheet_read(&source, &settings, &sheet, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    int status = quiet ? 0 : print(&sheet);
    hg_sheet_free(&sheet);
    return status;
}
