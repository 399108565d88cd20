#include "support/cmocka_all.h"

#include "core/batch.h"
#include "decode/csv.h"

static void check_split(const char *text, size_t n, const char *const *expected)
{
    char padded[512] = {0};
    struct hg_csv_cell cells[HG_CSV_CELLS_MAX];
    struct hg_arena arena;
    size_t got;
    memcpy(padded, text, strlen(text));
    hg_arena_init(&arena, 4096, 65536);
    assert_true(hg_csv_split((struct hg_slice){padded, strlen(text)}, cells, HG_CSV_CELLS_MAX, &got));
    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++)
        assert_slice(hg_csv_text(&cells[i], &arena), expected[i]);
    hg_arena_free(&arena);
}

static void cells_as_rfc_4180_has_them(void **state)
{
    (void)state;
    check_split("a,b,c", 3, (const char *[]){"a", "b", "c"});
    check_split("", 1, (const char *[]){""});
    check_split(",", 2, (const char *[]){"", ""});
    check_split("\"a,b\",c", 2, (const char *[]){"a,b", "c"});
    check_split("\"he said \"\"no\"\"\",x", 2, (const char *[]){"he said \"no\"", "x"});
    check_split("\"two\nlines\",", 2, (const char *[]){"two\nlines", ""});
    check_split("\"\",\"\"\"\"", 2, (const char *[]){"", "\""});
    check_split("a\"b,c\"", 2, (const char *[]){"a\"b", "c\""}); /* quotes inside are ordinary */
}

static void quotes_that_do_not_match(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"a", "a,\"b\"c,d", "\"a\"\"", "\""};
    for (size_t i = 0; i < 4; i++) {
        char padded[128] = {0};
        struct hg_csv_cell cells[4];
        size_t n;
        memcpy(padded, bad[i], strlen(bad[i]));
        assert_false(hg_csv_split((struct hg_slice){padded, strlen(bad[i])}, cells, 4, &n));
        assert_false(hg_csv_split_reference((struct hg_slice){padded, strlen(bad[i])}, cells, 4, &n));
    }
}

static void more_cells_than_room_are_counted(void **state)
{
    (void)state;
    char text[200 + HG_BATCH_PADDING];
    struct hg_csv_cell cells[3];
    size_t n;
    memset(text, ',', sizeof text);
    assert_true(hg_csv_split((struct hg_slice){text, 200}, cells, 3, &n));
    assert_int_equal(n, 201);
}

static size_t record(const char *text, bool final)
{
    return hg_csv_record(text, strlen(text), 40, final);
}

static void records_end_outside_quotes(void **state)
{
    (void)state;
    assert_int_equal(record("a,b\nc", false), 4);
    assert_int_equal(record("a,\"b\nc\"\nd", false), 8);
    assert_int_equal(record("a,b", false), 0);
    assert_int_equal(record("a,b", true), 3);
    assert_int_equal(record("a,b\"\nc", false), 5);
    assert_int_equal(record("a,\"b\nc", false), 0);
    assert_int_equal(record("a,\"b\nc", true), 5); /* the quote is lost: one row */
    assert_int_equal(record("a,\"b\nccccccccccccccccccccccccccccccccccccccccccccccccccccccc", false), 5);
}

/* A random record from few characters, so that quotes and commas meet in every way. */
static size_t random_record(struct hg_rng *rng, char *out, size_t max)
{
    static const char alphabet[] = "\"\",,ab\n";
    size_t len = (size_t)hg_rng_below(rng, max);
    for (size_t i = 0; i < len; i++)
        out[i] = hg_rng_below(rng, 3) == 0 ? alphabet[hg_rng_below(rng, 7)] : 'x';
    return len;
}

static void fast_and_reference_agree(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int round = 0; round < 200000; round++) {
        char text[300 + HG_BATCH_PADDING];
        struct hg_csv_cell fast[32], slow[32];
        size_t len = random_record(&rng, text, 300), n_fast = 0, n_slow = 0;
        memset(text + len, round % 2 ? '"' : ',', HG_BATCH_PADDING); /* what follows must not matter */
        bool ok = hg_csv_split((struct hg_slice){text, len}, fast, 32, &n_fast);
        assert_int_equal(ok, hg_csv_split_reference((struct hg_slice){text, len}, slow, 32, &n_slow));
        if (!ok)
            continue;
        assert_int_equal(n_fast, n_slow);
        for (size_t i = 0; i < n_fast && i < 32; i++) {
            assert_ptr_equal(fast[i].raw.p, slow[i].raw.p);
            assert_int_equal(fast[i].raw.len, slow[i].raw.len);
            assert_int_equal(fast[i].doubled, slow[i].doubled);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_as_rfc_4180_has_them), cmocka_unit_test(quotes_that_do_not_match),
        cmocka_unit_test(more_cells_than_room_are_counted), cmocka_unit_test(records_end_outside_quotes),
        cmocka_unit_test(fast_and_reference_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
