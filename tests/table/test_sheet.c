/* The rules of tables, one by one. */
#include "support/cmocka_all.h"

#include "table/table.h"

#include <math.h>

struct text { /* a source, a few bytes at a time */
    struct hg_slice left;
    size_t step;
};

static enum hg_rc give(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    (void)reterr;
    struct text *t = self;
    size_t n = t->left.len < room ? t->left.len : room;
    if (t->step > 0 && n > t->step)
        n = t->step;
    if (n > 0)
        memcpy(out, t->left.p, n);
    t->left = hg_slice_from(t->left, n);
    *ret_len = n;
    return HG_OK;
}

static void note(void *self, const char *message)
{
    hg_buf_text(self, message);
    hg_buf_char(self, '\n');
}

struct read { /* what came of reading */
    enum hg_rc rc;
    struct hg_err err;
    struct hg_sheet sheet;
    struct hg_buf said;
};

static struct read read_stepped(struct hg_slice csv, struct hg_sheet_settings settings, size_t step)
{
    struct read got = {.rc = HG_OK};
    struct text text = {csv, step};
    struct hg_table_source source = {give, &text, "t.csv"};
    hg_buf_init(&got.said, 1u << 20);
    settings.say = note;
    settings.say_self = &got.said;
    got.rc = hg_sheet_read(&source, &settings, &got.sheet, &got.err);
    hg_buf_char(&got.said, '\0');
    return got;
}

static struct read read_text(const char *csv, struct hg_sheet_settings settings)
{
    return read_stepped(hg_slice_of(csv), settings, 0);
}

static void forget(struct read *got)
{
    hg_sheet_free(&got->sheet);
    hg_buf_free(&got->said);
}

static struct read expect_sheet(const char *csv, struct hg_sheet_settings settings, size_t columns, size_t rows)
{
    struct read got = read_text(csv, settings);
    if (got.rc != HG_OK)
        fail_msg("%s", got.err.msg);
    assert_int_equal(got.sheet.n_columns, columns);
    assert_int_equal(got.sheet.rows, rows);
    assert_int_equal(got.sheet.read - got.sheet.malformed, rows);
    return got;
}

static void expect_error(const char *csv, struct hg_sheet_settings settings, enum hg_rc rc, const char *words)
{
    struct read got = read_text(csv, settings);
    assert_int_equal(got.rc, rc);
    if (strstr(got.err.msg, words) == NULL)
        fail_msg("'%s' isn't in: %s", words, got.err.msg);
    forget(&got);
}

static const struct hg_sheet_settings plain;

/* The column's cells as numbers; missing ones as -999. */
static void expect_numbers(const struct hg_sheet *sheet, size_t column, const double *expected)
{
    const struct hg_sheet_column *c = &sheet->columns[column];
    assert_false(c->is_category);
    assert_null(c->codes);
    for (size_t i = 0; i < sheet->rows; i++) {
        double value = isnan(c->numbers[i]) ? -999 : (double)c->numbers[i];
        if (value != expected[i])
            fail_msg("row %zu: %g, not %g", i, value, expected[i]);
    }
}

static void expect_codes(const struct hg_sheet *sheet, size_t column, const char *const *expected)
{
    const struct hg_sheet_column *c = &sheet->columns[column];
    assert_true(c->is_category);
    assert_null(c->numbers);
    for (size_t i = 0; i < sheet->rows; i++)
        assert_int_equal(c->codes[i], expected[i] == NULL ? 0 : hg_code32(hg_slice_of(expected[i])));
}

#define NUMBERS(sheet, column, ...) expect_numbers(sheet, column, (const double[]){__VA_ARGS__})
#define CODES(sheet, column, ...)   expect_codes(sheet, column, (const char *const[]){__VA_ARGS__})

static void test_columns_are_numbers_or_categories(void **state)
{
    (void)state;
    struct read got = expect_sheet("a,b,c\n1,x,2\n-2.5e1,,3\n+3,7,z\n", plain, 3, 3);
    assert_string_equal(got.sheet.columns[1].name, "b");
    NUMBERS(&got.sheet, 0, 1, -25, 3);
    CODES(&got.sheet, 1, "x", NULL, "7");
    CODES(&got.sheet, 2, "2", "3", "z");
    assert_false(got.sheet.labelled);
    assert_null(got.sheet.labels);
    assert_string_equal(got.said.p, "");
    forget(&got);
}

static void test_what_is_missing(void **state)
{
    (void)state;
    struct read got = expect_sheet("a,b\n,1\nnan,NaN\nNA,n/a\n?,Null\n-nan,\n  ,x\n", plain, 2, 6);
    NUMBERS(&got.sheet, 0, -999, -999, -999, -999, -999, -999);
    CODES(&got.sheet, 1, "1", NULL, NULL, NULL, NULL, "x");
    forget(&got);
}

static void test_infinite_is_missing_and_counted(void **state)
{
    (void)state;
    struct read got = expect_sheet("a,b\ninf,1\n-Infinity,inf\n1e999,2\n1e39,x\n-1e-999,3\n7,4\n", plain, 2, 6);
    NUMBERS(&got.sheet, 0, -999, -999, -999, -999, 0, 7);
    CODES(&got.sheet, 1, "1", "inf", "2", "x", "3", "4");
    assert_int_equal(got.sheet.infinite, 4);
    forget(&got);
}

static void test_text_that_is_nearly_a_number(void **state)
{
    (void)state;
    struct read got = expect_sheet("a,b,c,d,e,f\n0x1F,1e,-,.,+-1,1 2\n", plain, 6, 1);
    CODES(&got.sheet, 0, "0x1F");
    CODES(&got.sheet, 1, "1e");
    CODES(&got.sheet, 2, "-");
    CODES(&got.sheet, 3, ".");
    CODES(&got.sheet, 4, "+-1");
    CODES(&got.sheet, 5, "1 2");
    forget(&got);
}

static void test_quotes_line_ends_and_mark(void **state)
{
    (void)state;
    struct read got = expect_sheet("\xef\xbb\xbf\"a\", b ,\"c\"\"\n,\"\r\n\"x,\r\ny\",\"1\",\" \"\"q\"\" \"\r\n\r\na\"b,2,\"\"", plain, 3, 2);
    assert_string_equal(got.sheet.columns[0].name, "a");
    assert_string_equal(got.sheet.columns[1].name, "b");
    assert_string_equal(got.sheet.columns[2].name, "c\"\n,");
    CODES(&got.sheet, 0, "x,\r\ny", "a\"b");
    NUMBERS(&got.sheet, 1, 1, 2);
    CODES(&got.sheet, 2, "\"q\"", NULL);
    forget(&got);
    got = expect_sheet("a\r\n\"\"\r\n1\r", plain, 1, 2);
    NUMBERS(&got.sheet, 0, -999, 1);
    forget(&got);
}

static void test_malformed_records_are_counted_and_said(void **state)
{
    (void)state;
    struct read got = expect_sheet("a,b\n1,2\n\"3\n4\",5\n6\n7,8,9\n\"10\"x,11\n12,\"13\n14,15\n16,\"17\"\n", plain, 2, 4);
    assert_int_equal(got.sheet.read, 8);
    assert_string_equal(got.said.p, "t.csv:5: 1 cell where the header has 2; left out\nt.csv:6: 3 cells where the header has 2; left out\n"
                                    "t.csv:7: the quotes don't match; left out\nt.csv:8: the quotes don't match; left out\n");
    CODES(&got.sheet, 0, "1", "3\n4", "14", "16");
    NUMBERS(&got.sheet, 1, 2, 5, 15, 17);
    forget(&got);
}

static void test_only_the_first_malformed_are_said(void **state)
{
    (void)state;
    struct hg_buf csv;
    hg_buf_init(&csv, 1u << 20);
    hg_buf_text(&csv, "a,b\n1,2\n");
    for (int i = 0; i < 30; i++)
        hg_buf_text(&csv, "1\n");
    struct read got = read_stepped(hg_buf_slice(&csv), plain, 0);
    assert_int_equal(got.sheet.malformed, 30);
    size_t lines = 0;
    for (const char *p = got.said.p; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, HG_TABLE_SAID_MAX + 1);
    assert_non_null(strstr(got.said.p, "t.csv:12: 1 cell"));
    assert_null(strstr(got.said.p, "t.csv:13:"));
    forget(&got);
    hg_buf_free(&csv);
}

static void test_a_record_has_a_bound(void **state)
{
    (void)state;
    char *csv = malloc(3 * HG_TABLE_RECORD_MAX);
    assert_non_null(csv);
    memset(csv, 'x', 3 * HG_TABLE_RECORD_MAX);
    memcpy(csv, "a,b\n1,2\n\"", 9);
    memcpy(csv + 2 * HG_TABLE_RECORD_MAX, "\n3,4\n", 5);
    for (size_t step = 1000; step < 3 * HG_TABLE_RECORD_MAX; step *= 7) { /* however it comes */
        struct read got = read_stepped((struct hg_slice){csv, 2 * HG_TABLE_RECORD_MAX + 5}, plain, step);
        assert_int_equal(got.rc, HG_OK);
        NUMBERS(&got.sheet, 0, 1, 3);
        assert_int_equal(got.sheet.malformed, 1);
        assert_string_equal(got.said.p, "t.csv:3: longer than 1 MiB; left out\n");
        forget(&got);
    }
    free(csv);
}

static void test_what_is_no_table(void **state)
{
    (void)state;
    expect_error("", plain, HG_EFORMAT, "is empty");
    expect_error("\n\r\n", plain, HG_EFORMAT, "is empty");
    expect_error("a,b\n", plain, HG_EFORMAT, "no row");
    expect_error("a,b\n1\n2\n", plain, HG_EFORMAT, "none of the 2 records");
    expect_error("a,b,a\n1,2,3\n", plain, HG_EFORMAT, "t.csv:1: columns 1 and 3 have the same name 'a'");
    expect_error("1,0,0,7\n1,2,3,4\n", plain, HG_EFORMAT, "is the first line a header?");
    expect_error("\na,,b\n1,2,3\n", plain, HG_EFORMAT, "t.csv:2: column 2 has no name");
    expect_error("a;b\n1;2\n", plain, HG_EFORMAT, "semicolons");
    expect_error("a\tb\n1\t2\n", plain, HG_EFORMAT, "tabs");
    expect_error("\"a,b\n1,2\n", plain, HG_EFORMAT, "t.csv:1: the header has quotes that don't match");
}

static void test_too_many_columns(void **state)
{
    (void)state;
    struct hg_buf csv;
    hg_buf_init(&csv, 1u << 20);
    for (unsigned i = 0; i < HG_SHEET_COLUMNS_MAX; i++)
        hg_buf_printf(&csv, "%sc%u", i > 0 ? "," : "", i);
    size_t header = csv.len;
    hg_buf_char(&csv, '\n');
    for (unsigned i = 0; i < HG_SHEET_COLUMNS_MAX; i++)
        hg_buf_printf(&csv, "%s%u", i > 0 ? "," : "", i);
    struct read got = read_stepped(hg_buf_slice(&csv), plain, 0);
    assert_int_equal(got.rc, HG_OK);
    NUMBERS(&got.sheet, HG_SHEET_COLUMNS_MAX - 1, HG_SHEET_COLUMNS_MAX - 1);
    forget(&got);
    csv.len = header;
    hg_buf_text(&csv, ",more\n1\n");
    hg_buf_char(&csv, '\0');
    expect_error(csv.p, plain, HG_EFORMAT, "2049 columns; 2048 are read at most");
    hg_buf_free(&csv);
}

static void test_columns_left_out(void **state)
{
    (void)state;
    const char *const drop[] = {"c", "a"}, *const unknown[] = {"A"};
    struct hg_sheet_settings settings = {.drop = drop, .n_drop = 2};
    struct read got = expect_sheet("a,b,c\n1,x,2\n", settings, 1, 1);
    assert_string_equal(got.sheet.columns[0].name, "b");
    forget(&got);
    settings.drop = unknown;
    settings.n_drop = 1;
    expect_error("a,b,c\n1,x,2\n", settings, HG_EUSAGE, "--drop: there is no column 'A'; there are: a, b, c");
    settings = (struct hg_sheet_settings){.label_column = "y"};
    expect_error("a,b,c\n1,x,2\n", settings, HG_EUSAGE, "--label-column: there is no column 'y'; there are: a, b, c");
    settings = (struct hg_sheet_settings){.label_column = "b", .drop = drop, .n_drop = 2};
    expect_error("a,b,c\n1,x,2\n", settings, HG_EFORMAT, "no column is left");
}

static void test_labels(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        enum hg_label label;
        const char *family;
    } cases[] = {{"0", HG_LABEL_NORMAL, NULL}, {"0.0", HG_LABEL_NORMAL, NULL}, {"normal.", HG_LABEL_NORMAL, NULL}, {" BENIGN ", HG_LABEL_NORMAL, NULL},
                 {"False", HG_LABEL_NORMAL, NULL}, {"no", HG_LABEL_NORMAL, NULL}, {"Legitimate", HG_LABEL_NORMAL, NULL},
                 {"legit", HG_LABEL_NORMAL, NULL}, {"inlier", HG_LABEL_NORMAL, NULL}, {"good", HG_LABEL_NORMAL, NULL}, {"", HG_LABEL_NONE, NULL},
                 {"nan", HG_LABEL_NONE, NULL}, {"1", HG_LABEL_ATTACK, "attack"}, {"1.0", HG_LABEL_ATTACK, "attack"},
                 {"True", HG_LABEL_ATTACK, "attack"}, {"yes", HG_LABEL_ATTACK, "attack"}, {"Anomaly", HG_LABEL_ATTACK, "attack"},
                 {"anomalous", HG_LABEL_ATTACK, "attack"}, {"outlier", HG_LABEL_ATTACK, "attack"}, {"malicious", HG_LABEL_ATTACK, "attack"},
                 {"bad", HG_LABEL_ATTACK, "attack"}, {"neptune.", HG_LABEL_ATTACK, "neptune"}, {"Web Attack", HG_LABEL_ATTACK, "Web Attack"},
                 {"2", HG_LABEL_ATTACK, "2"}, {"neptune", HG_LABEL_ATTACK, "neptune"}, {".", HG_LABEL_ATTACK, "attack"}};
    size_t n = sizeof cases / sizeof cases[0];
    struct hg_buf csv;
    hg_buf_init(&csv, 1u << 16);
    hg_buf_text(&csv, "a,y\n");
    for (size_t i = 0; i < n; i++)
        hg_buf_printf(&csv, "1,%s\n", cases[i].cell);
    hg_buf_char(&csv, '\0');
    struct read got = expect_sheet(csv.p, (struct hg_sheet_settings){.label_column = "y"}, 1, n);
    assert_true(got.sheet.labelled);
    assert_int_equal(got.sheet.n_families, 4);
    for (size_t i = 0; i < n; i++) {
        if (got.sheet.labels[i] != cases[i].label)
            fail_msg("label of '%s'", cases[i].cell);
        if (cases[i].family == NULL)
            assert_int_equal(got.sheet.families[i], HG_SHEET_NO_FAMILY);
        else
            assert_string_equal(got.sheet.family_names[got.sheet.families[i]], cases[i].family);
    }
    forget(&got);
    hg_buf_free(&csv);
}

static void test_families_are_bounded(void **state)
{
    (void)state;
    struct hg_buf csv;
    hg_buf_init(&csv, 1u << 16);
    hg_buf_printf(&csv, "a,y\n1,%s\xc3\xa9z\n", "123456789.123456789.123456789.123456789.123456789.123456789.abc"); /* 63 bytes and an é */
    for (unsigned i = 0; i < 300; i++)
        hg_buf_printf(&csv, "1,f%u\n", i);
    hg_buf_char(&csv, '\0');
    struct read got = expect_sheet(csv.p, (struct hg_sheet_settings){.label_column = "y"}, 1, 301);
    assert_int_equal(got.sheet.n_families, HG_TABLE_FAMILIES_MAX + 1);
    assert_string_equal(got.sheet.family_names[0], "123456789.123456789.123456789.123456789.123456789.123456789.abc");
    assert_string_equal(got.sheet.family_names[got.sheet.families[255]], "f254");
    assert_string_equal(got.sheet.family_names[got.sheet.families[256]], "other");
    assert_string_equal(got.sheet.family_names[got.sheet.families[300]], "other");
    forget(&got);
    hg_buf_free(&csv);
}

static void test_columns_of_a_schema(void **state)
{
    (void)state;
    static const char *const names[] = {"n", "gone", "c", "empty"};
    static const bool kinds[] = {false, true, true, false};
    struct hg_sheet_schema schema = {4, names, kinds};
    const char *const drop[] = {"left"};
    struct hg_sheet_settings settings = {.schema = &schema, .label_column = "y", .drop = drop, .n_drop = 1};
    struct read got = expect_sheet("new,c,left,n,y\n1,2,3,4,0\n1,nan,3,text,dos\n1,x,3,inf,\n", settings, 4, 3);
    NUMBERS(&got.sheet, 0, 4, -999, -999);
    CODES(&got.sheet, 1, NULL, NULL, NULL);
    CODES(&got.sheet, 2, "2", NULL, "x");
    NUMBERS(&got.sheet, 3, -999, -999, -999);
    assert_int_equal(got.sheet.no_numbers, 1);
    assert_int_equal(got.sheet.infinite, 1);
    assert_string_equal(got.said.p, "t.csv: the model's column 'gone' isn't there: missing in every row\n"
                                    "t.csv: the model's column 'empty' isn't there: missing in every row\n"
                                    "t.csv: 1 column that the model doesn't know: new\n");
    forget(&got);
}

/* Random bytes of the kind that matters, in any pieces: the same sheet and the same words. */
static void test_pieces_change_nothing(void **state)
{
    (void)state;
    static const char alphabet[] = "\"\",,\n\n\r 1a.";
    struct hg_rng rng = test_rng();
    for (uint64_t turn = 0; turn < 3000; turn++) {
        char csv[4 + 60] = "p,q\n";
        for (size_t i = 4; i < sizeof csv; i++)
            csv[i] = alphabet[hg_rng_next(&rng) % (sizeof alphabet - 1)];
        struct read whole = read_stepped((struct hg_slice){csv, sizeof csv}, plain, 0);
        struct read pieces = read_stepped((struct hg_slice){csv, sizeof csv}, plain, 1 + turn % 9);
        assert_int_equal(whole.rc, pieces.rc);
        assert_string_equal(whole.said.p, pieces.said.p);
        assert_int_equal(whole.sheet.rows, pieces.sheet.rows);
        assert_int_equal(whole.sheet.malformed, pieces.sheet.malformed);
        for (size_t c = 0; whole.rc == HG_OK && c < 2; c++) {
            const struct hg_sheet_column *a = &whole.sheet.columns[c], *b = &pieces.sheet.columns[c];
            assert_int_equal(a->is_category, b->is_category);
            assert_memory_equal(a->is_category ? (void *)a->codes : (void *)a->numbers, b->is_category ? (void *)b->codes : (void *)b->numbers,
                                whole.sheet.rows * 4);
        }
        forget(&whole);
        forget(&pieces);
    }
}

static enum hg_rc fail_late(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    struct text *t = self;
    if (t->left.len == 0)
        return hg_fail(reterr, HG_EFORMAT, "the data ends in the middle");
    return give(self, out, room, ret_len, reterr);
}

static void test_a_cut_file_is_an_error(void **state)
{
    (void)state;
    struct text text = {HG_SLICE("a,b\n1,2\n3"), 0};
    struct hg_table_source source = {fail_late, &text, "t.csv"};
    struct hg_sheet sheet = {0};
    struct hg_err err;
    assert_int_equal(hg_sheet_read(&source, &plain, &sheet, &err), HG_EFORMAT);
    assert_string_equal(err.msg, "the data ends in the middle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_numbers_or_categories),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_infinite_is_missing_and_counted),
        cmocka_unit_test(test_text_that_is_nearly_a_number),
        cmocka_unit_test(test_quotes_line_ends_and_mark),
        cmocka_unit_test(test_malformed_records_are_counted_and_said),
        cmocka_unit_test(test_only_the_first_malformed_are_said),
        cmocka_unit_test(test_a_record_has_a_bound),
        cmocka_unit_test(test_what_is_no_table),
        cmocka_unit_test(test_too_many_columns),
        cmocka_unit_test(test_columns_left_out),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_families_are_bounded),
        cmocka_unit_test(test_columns_of_a_schema),
        cmocka_unit_test(test_pieces_change_nothing),
        cmocka_unit_test(test_a_cut_file_is_an_error),
    };
    return cmocka_run_group_tests_name("table sheet", tests, NULL, NULL);
}
